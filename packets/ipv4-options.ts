/**
 * IPv4 options (RFC 791, 3.1): what lies between the fixed header and the payload, up to 40 bytes. Two kinds are a
 * single byte; all others tell their own length, which must be guarded: 0 and 1 would never move on.
 *
 *     +-+---+---------+---------------+-----------//
 *     |C|cls| number  |     length    |   data         C: copied into every fragment; length counts all bytes
 *     +-+---+---------+---------------+-----------//
 *
 * Walking them without allocating:
 *
 * @example
 * const end = options.end(buf, ip);
 * for (let at = options.start(ip); at < end; ) {
 *   const length = options.optionLength(buf, at, end);
 *   if (length === 0) break; // malformed
 *   at += length;
 * }
 */
import { copyOf } from "./bytes.ts";
import { Fault } from "./fault.ts";
import { headerLength, OPTIONS } from "./ipv4.ts";
import { requireBits } from "./layout.ts";

/** IANA: option types, copied flag and class included. Unknown ones stay numbers. */
export const OptionType = {
  /** End of the list: what follows is padding. A single byte. */
  EndOfList: 0,
  /** Padding between options. A single byte. */
  NoOperation: 1,
  RecordRoute: 7,
  Timestamp: 68,
  Security: 130,
  LooseSourceRoute: 131,
  StreamId: 136,
  StrictSourceRoute: 137,
  /** RFC 2113. */
  RouterAlert: 148,
} as const;

const NAMES: Readonly<Record<number, string>> = {
  0: "EOL",
  1: "NOP",
  7: "RR",
  68: "timestamp",
  130: "security",
  131: "LSRR",
  136: "stream-id",
  137: "SSRR",
  148: "RA",
};

/** The option's name; an unknown one stays a number, as `option-222`. */
export function optionName(type: number): string {
  return NAMES[type] ?? `option-${type}`;
}

/** First byte of the options of the IPv4 header at `off`. */
export function start(off: number): number {
  return off + OPTIONS;
}

/** The byte after them; equal to `start` if there are none. */
export function end(buf: Uint8Array, off: number): number {
  return off + headerLength(buf, off);
}

/**
 * Bytes of the option at `at`, its type and length included.
 * @returns 1 to 40, or 0 if the option is malformed: a length below 2 or beyond `end`.
 */
export function optionLength(buf: Uint8Array, at: number, end: number): number {
  const type = buf[at]!;
  if (type === OptionType.EndOfList || type === OptionType.NoOperation) return 1;
  if (end - at < 2) return 0;
  const length = buf[at + 1]!;
  return length < 2 || length > end - at ? 0 : length;
}

/**
 * Checks that every option of the IPv4 header at `off` up to the end of the list has a sound length.
 * @returns Length, or None. The header itself must have passed its check.
 */
export function check(buf: Uint8Array, off: number): Fault {
  const stop = end(buf, off);
  for (let at = start(off); at < stop && buf[at] !== OptionType.EndOfList; ) {
    const length = optionLength(buf, at, stop);
    if (length === 0) return Fault.Length;
    at += length;
  }
  return Fault.None;
}

/** Offset of the first option of a type, or -1 if there is none before the list ends or turns malformed. */
export function find(buf: Uint8Array, off: number, type: number): number {
  const stop = end(buf, off);
  for (let at = start(off); at < stop; ) {
    if (buf[at] === type) return optionLength(buf, at, stop) === 0 ? -1 : at;
    if (buf[at] === OptionType.EndOfList) return -1;
    const length = optionLength(buf, at, stop);
    if (length === 0) return -1;
    at += length;
  }
  return -1;
}

/** True if the option is copied into every fragment (RFC 791, 3.1). */
export function isCopied(type: number): boolean {
  return (type & 0x80) !== 0;
}

/** Of options as they lie in a header, those that every fragment has, padded to a multiple of 4 bytes. */
export function copied(options: Uint8Array): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < options.length && options[at] !== OptionType.EndOfList; ) {
    const length = optionLength(options, at, options.length);
    if (length === 0) break;
    if (isCopied(options[at]!)) bytes.push(...options.subarray(at, at + length));
    at += length;
  }
  while (bytes.length % 4 !== 0) bytes.push(OptionType.EndOfList);
  return Uint8Array.from(bytes);
}

/** An option as a plain object; `data` is what follows type and length, empty for the single-byte kinds. */
export interface Ipv4Option {
  type: number;
  data: Uint8Array;
}

/**
 * The options of the IPv4 header at `off`, up to the end of the list (which is listed), or Length if one is malformed:
 * for tools and tests. The header itself must have passed its check.
 */
export function parse(buf: Uint8Array, off: number): Ipv4Option[] | Fault {
  if (check(buf, off) !== Fault.None) return Fault.Length;
  const stop = end(buf, off);
  const options: Ipv4Option[] = [];
  for (let at = start(off); at < stop; ) {
    const type = buf[at]!;
    const length = optionLength(buf, at, stop);
    options.push({ type, data: copyOf(buf, at + 2, at + length) });
    if (type === OptionType.EndOfList) break;
    at += length;
  }
  return options;
}

/**
 * The bytes of options, filled up with zeros (end of list) to a multiple of 4: what `ipv4.build` takes.
 * @throws {RangeError} if they exceed 40 bytes or a type does not fit.
 */
export function build(options: readonly Ipv4Option[]): Uint8Array {
  const bytes: number[] = [];
  for (const { type, data } of options) {
    requireBits("option.type", type, 255);
    const isSingle = type === OptionType.EndOfList || type === OptionType.NoOperation;
    if (isSingle && data.length > 0) throw new RangeError(`${optionName(type)} is a single byte and takes no data`);
    if (isSingle) bytes.push(type);
    else bytes.push(type, data.length + 2, ...data);
  }
  while (bytes.length % 4 !== 0) bytes.push(OptionType.EndOfList);
  if (bytes.length > 40) throw new RangeError(`options take at most 40 bytes, not ${bytes.length}`);
  return Uint8Array.from(bytes);
}
