/**
 * Options of IPv6's hop-by-hop and destination options headers (RFC 8200, 4.2). One kind is a single byte; all others
 * tell the length of their data.
 *
 *     +---+-+---------+---------------+-----------//
 *     |act|C| number  |     length    |   data         act: what to do if unknown; C: may change on the way
 *     +---+-+---------+---------------+-----------//   length counts the data alone
 *
 * Walking them without allocating:
 *
 * @example
 * const end = at + extension.headerLength(buf, at, next);
 * for (let i = options.start(at); i < end; ) {
 *   const length = options.optionLength(buf, i, end);
 *   if (length === 0) break; // malformed
 *   i += length;
 * }
 */
import { copyOf, getU16, getU32 } from "./bytes.ts";
import { Fault } from "./fault.ts";
import { OPTIONS } from "./ipv6-extension.ts";
import { requireBits } from "./layout.ts";

/** IANA: option types, action and change bits included. Unknown ones stay numbers. */
export const OptionType = {
  /** Padding of a single byte. */
  Pad1: 0x00,
  /** Padding of two bytes and more. */
  PadN: 0x01,
  /** RFC 2473. */
  TunnelEncapsulationLimit: 0x04,
  /** RFC 2711: routers look into this packet. */
  RouterAlert: 0x05,
  /** RFC 5570. */
  Calipso: 0x07,
  /** RFC 6553. */
  Rpl: 0x63,
  /** RFC 2675: a payload of more than 65,535 bytes. */
  JumboPayload: 0xc2,
  /** RFC 6275. */
  HomeAddress: 0xc9,
} as const;

const NAMES: Readonly<Record<number, string>> = {
  0: "pad1",
  1: "padn",
  4: "tunnel-encapsulation-limit",
  5: "router-alert",
  7: "calipso",
  99: "rpl",
  194: "jumbo-payload",
  201: "home-address",
};

/** The option's name; an unknown one stays a number, as `option-222`. */
export function optionName(type: number): string {
  return NAMES[type] ?? `option-${type}`;
}

/** What a router alert asks attention for (IANA). */
export const RouterAlertValue = { Mld: 0, Rsvp: 1, ActiveNetworks: 2 } as const;

/** First byte of the options of the extension header at `at`. */
export function start(at: number): number {
  return at + OPTIONS;
}

/**
 * Bytes of the option at `at`, its type and length included.
 * @returns 1 to 257, or 0 if the option is malformed: it reaches beyond `end`.
 */
export function optionLength(buf: Uint8Array, at: number, end: number): number {
  if (buf[at] === OptionType.Pad1) return 1;
  if (end - at < 2) return 0;
  const length = buf[at + 1]! + 2;
  return length > end - at ? 0 : length;
}

/** Checks that every option from `at` to `end` has a sound length. @returns Length, or None. */
export function check(buf: Uint8Array, at: number, end: number): Fault {
  for (let i = at; i < end; ) {
    const length = optionLength(buf, i, end);
    if (length === 0) return Fault.Length;
    i += length;
  }
  return Fault.None;
}

/** Offset of the first option of a type, or -1 if there is none before the options end or turn malformed. */
export function find(buf: Uint8Array, at: number, end: number, type: number): number {
  for (let i = at; i < end; ) {
    const length = optionLength(buf, i, end);
    if (length === 0) return -1;
    if (buf[i] === type) return i;
    i += length;
  }
  return -1;
}

/** Value of the router alert option at `at`, or -1 if its length is not 2. */
export function routerAlert(buf: Uint8Array, at: number): number {
  return buf[at + 1] === 2 ? getU16(buf, at + 2) : -1;
}

/** Payload length in bytes of the jumbo payload option at `at`, or 0 if it is no valid one. */
export function jumboLength(buf: Uint8Array, at: number): number {
  if (buf[at + 1] !== 4) return 0;
  const length = getU32(buf, at + 2);
  return length > 0xffff ? length : 0;
}

/** An option as a plain object; `data` is what follows type and length, empty for Pad1. */
export interface Ipv6Option {
  type: number;
  data: Uint8Array;
}

/** The options from `at` to `end`, padding included, or Length if one is malformed: for tools and tests. */
export function parse(buf: Uint8Array, at = 0, end = buf.length): Ipv6Option[] | Fault {
  if (check(buf, at, end) !== Fault.None) return Fault.Length;
  const options: Ipv6Option[] = [];
  for (let i = at; i < end; ) {
    const length = optionLength(buf, i, end);
    options.push({ type: buf[i]!, data: copyOf(buf, Math.min(i + 2, i + length), i + length) });
    i += length;
  }
  return options;
}

/**
 * A whole hop-by-hop or destination options header, padded to a multiple of 8 bytes.
 * @param next what follows it.
 * @throws {RangeError} if an option or the header grows too long, or a type does not fit.
 */
export function build(next: number, options: readonly Ipv6Option[]): Uint8Array {
  requireBits("ipv6-options.next", next, 0xff);
  const bytes: number[] = [next, 0];
  for (const { type, data } of options) {
    requireBits("ipv6-options.type", type, 0xff);
    requireBits("ipv6-options.length", data.length, 0xff);
    if (type === OptionType.Pad1) bytes.push(0);
    else bytes.push(type, data.length, ...data);
  }
  const missing = -bytes.length & 7;
  if (missing === 1) bytes.push(0);
  else if (missing > 1) bytes.push(OptionType.PadN, missing - 2, ...new Uint8Array(missing - 2));
  requireBits("ipv6-options.units", bytes.length / 8 - 1, 0xff);
  bytes[1] = bytes.length / 8 - 1;
  return Uint8Array.from(bytes);
}
