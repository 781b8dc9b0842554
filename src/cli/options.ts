/** Option values that several commands take: text in, checked value out, or one line that says what is wrong with it. */
import { InvalidArgumentError } from "commander";
import * as ipv4 from "../../packets/ipv4-address.ts";
import * as mac from "../../packets/mac.ts";

/** A parser for whole numbers within bounds. */
export function integer(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`It must be a whole number ${range}.`);
  };
}

/** A parser for a number of seconds, fractions allowed. */
export function seconds(min: number): (text: string) => number {
  return (text) => {
    const value = /^\d+(\.\d*)?$|^\.\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min) return value;
    throw new InvalidArgumentError(`It must be a number of seconds${min > 0 ? `, at least ${min}` : ""}.`);
  };
}

/** A parser for one of a few words. */
export function choice<const T extends string>(...words: T[]): (text: string) => T {
  return (text) => {
    const word = words.find((one) => one === text);
    if (word !== undefined) return word;
    throw new InvalidArgumentError(`It must be one of ${words.join(", ")}.`);
  };
}

/** An IPv4 address, as a signed 32-bit integer. */
export function address(text: string): number {
  const value = ipv4.parse(text);
  if (value !== null) return value;
  throw new InvalidArgumentError("It must be an IPv4 address such as 10.0.0.2.");
}

/** An IPv4 address that one host may have, as a signed 32-bit integer. */
export function hostAddress(text: string): number {
  return host({ address: address(text), length: 32 }).address;
}

/** An IPv4 address that one host may have, with or without a prefix length, such as 10.0.0.1/24. */
export function prefix(text: string): ipv4.Prefix {
  const value = ipv4.parsePrefix(text);
  if (value !== null) return host(value);
  throw new InvalidArgumentError("It must be an IPv4 address, with or without a prefix length, such as 10.0.0.1/24.");
}

function host(value: ipv4.Prefix): ipv4.Prefix {
  if (!ipv4.isUnicast(value.address))
    throw new InvalidArgumentError("It must be an address of one host: not loopback, multicast, broadcast or 0.0.0.0.");
  if (value.length < 31 && (value.address === ipv4.broadcast(value) || value.address === ipv4.network(value)))
    throw new InvalidArgumentError("It must be an address of one host: this one stands for its whole network.");
  return value;
}

/** An interface's name as the kernel has them (dev_valid_name): 1 to 15 bytes, no slash, colon or space. */
export function interfaceName(text: string): string {
  if (text !== "" && Buffer.byteLength(text) <= 15 && !/[\s/:]/.test(text) && !/^\.\.?$/.test(text)) return text;
  throw new InvalidArgumentError("It must be an interface's name: 1 to 15 letters or digits, as `ip link` shows them.");
}

/** An interface's name, alone or with a namespace after an @: `ve0@lab-a`. */
export function interfacePlace(text: string): string {
  const at = text.indexOf("@");
  if (at < 0) return interfaceName(text);
  nonEmpty(text.slice(at + 1));
  return `${interfaceName(text.slice(0, at))}${text.slice(at)}`;
}

/** A file's name, or whatever else must not be empty. */
export function nonEmpty(text: string): string {
  if (text !== "") return text;
  throw new InvalidArgumentError("It must not be empty.");
}

/** A MAC address that a station may have: not a group's, not all zeros. */
export function stationMac(text: string): mac.Mac {
  const value = mac.parse(text);
  if (value === null) throw new InvalidArgumentError("It must be a MAC address such as 02:00:00:00:00:01.");
  if (mac.isMulticast(value, 0))
    throw new InvalidArgumentError("It is a group address: a station's own has an even first byte, such as 02.");
  if (mac.isZero(value, 0)) throw new InvalidArgumentError("A station's address is not all zeros.");
  return value;
}

/** The text of `--netns` in every command's help. */
export const NETNS_HELP = "the interface is in this network namespace: a name, a PID, or a path";

/** An option only where it was given, so that the tool's own default holds where it was not. */
export function given<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [P in K]: V });
}

/** Seconds as milliseconds, if given. */
export function milliseconds(value: number | undefined): number | undefined {
  return value === undefined ? undefined : value * 1000;
}
