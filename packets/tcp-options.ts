/**
 * TCP options (RFC 9293, 3.1): what lies between the fixed header and the data, up to 40 bytes. Two kinds are a single
 * byte; all others tell their own length, which must be guarded: 0 and 1 would never move on.
 *
 *     +---------------+---------------+-----------//
 *     |     kind      |    length     |   data         length counts all bytes
 *     +---------------+---------------+-----------//
 *
 * They are walked as those of IPv4, see ipv4-options.ts.
 */
import { copyOf, getU16, getU32 } from "./bytes.ts";
import { Fault } from "./fault.ts";
import { requireBits } from "./layout.ts";
import { headerLength, OPTIONS } from "./tcp.ts";

/** IANA: TCP option kind numbers. Unknown ones stay numbers. */
export const OptionKind = {
  /** End of the list: what follows is padding. A single byte. */
  EndOfList: 0,
  /** Padding between options. A single byte. */
  NoOperation: 1,
  /** Longest segment that the sender takes, without headers; with SYN only. */
  MaxSegmentSize: 2,
  /** RFC 7323; with SYN only. */
  WindowScale: 3,
  /** RFC 2018; with SYN only. */
  SackPermitted: 4,
  Sack: 5,
  /** RFC 7323. */
  Timestamps: 8,
  /** RFC 2385. */
  Md5Signature: 19,
  /** RFC 5482. */
  UserTimeout: 28,
  /** RFC 5925. */
  Authentication: 29,
  /** RFC 8684. */
  Multipath: 30,
  /** RFC 7413. */
  FastOpenCookie: 34,
  /** RFC 4727, RFC 6994. */
  Experiment1: 253,
  Experiment2: 254,
} as const;

const NAMES: Readonly<Record<number, string>> = {
  0: "eol",
  1: "nop",
  2: "mss",
  3: "window-scale",
  4: "sack-permitted",
  5: "sack",
  8: "timestamps",
  19: "md5",
  28: "user-timeout",
  29: "tcp-ao",
  30: "mptcp",
  34: "fast-open",
  253: "experiment-1",
  254: "experiment-2",
};

/** The option's name; an unknown one stays a number, as `option-69`. */
export function optionName(kind: number): string {
  return NAMES[kind] ?? `option-${kind}`;
}

/** First byte of the options of the header at `off`. */
export function start(off: number): number {
  return off + OPTIONS;
}

/** The byte after them; equal to `start` if there are none. */
export function end(buf: Uint8Array, off: number): number {
  return off + headerLength(buf, off);
}

/**
 * Bytes of the option at `at`, its kind and length included.
 * @returns 1 to 40, or 0 if the option is malformed: a length below 2 or beyond `end`.
 */
export function optionLength(buf: Uint8Array, at: number, end: number): number {
  const kind = buf[at]!;
  if (kind === OptionKind.EndOfList || kind === OptionKind.NoOperation) return 1;
  if (end - at < 2) return 0;
  const length = buf[at + 1]!;
  return length < 2 || length > end - at ? 0 : length;
}

/**
 * Checks that every option of the header at `off` up to the end of the list has a sound length.
 * @returns Length, or None. The header itself must have passed its check.
 */
export function check(buf: Uint8Array, off: number): Fault {
  const stop = end(buf, off);
  for (let at = start(off); at < stop && buf[at] !== OptionKind.EndOfList; ) {
    const length = optionLength(buf, at, stop);
    if (length === 0) return Fault.Length;
    at += length;
  }
  return Fault.None;
}

/** Offset of the first option of a kind, or -1 if there is none before the list ends or turns malformed. */
export function find(buf: Uint8Array, off: number, kind: number): number {
  const stop = end(buf, off);
  for (let at = start(off); at < stop; ) {
    const length = optionLength(buf, at, stop);
    if (length === 0) return -1;
    if (buf[at] === kind) return at;
    if (buf[at] === OptionKind.EndOfList) return -1;
    at += length;
  }
  return -1;
}

/** Offset of the first option of a kind with exactly `length` bytes, or -1. */
function findExact(buf: Uint8Array, off: number, kind: number, length: number): number {
  const at = find(buf, off, kind);
  return at >= 0 && optionLength(buf, at, end(buf, off)) === length ? at : -1;
}

/** The maximum segment size, or -1 if the header does not state one. */
export function maxSegmentSize(buf: Uint8Array, off: number): number {
  const at = findExact(buf, off, OptionKind.MaxSegmentSize, 4);
  return at < 0 ? -1 : getU16(buf, at + 2);
}

/** By how many bits windows are shifted, as stated: 0 to 255 (RFC 7323 allows 14); -1 if the header does not say. */
export function windowScale(buf: Uint8Array, off: number): number {
  const at = findExact(buf, off, OptionKind.WindowScale, 3);
  return at < 0 ? -1 : buf[at + 2]!;
}

/** The sender's timestamp, or -1 without the option; the echoed one with `echo`. */
export function timestamp(buf: Uint8Array, off: number, echo = false): number {
  const at = findExact(buf, off, OptionKind.Timestamps, 10);
  return at < 0 ? -1 : getU32(buf, at + (echo ? 6 : 2));
}

/** An option as a plain object; `data` is what follows kind and length, empty for the single-byte kinds. */
export interface TcpOption {
  kind: number;
  data: Uint8Array;
}

/**
 * The options of the header at `off`, up to the end of the list (which is listed), or Length if one is malformed: for
 * tools and tests. The header itself must have passed its check.
 */
export function parse(buf: Uint8Array, off: number): TcpOption[] | Fault {
  if (check(buf, off) !== Fault.None) return Fault.Length;
  const stop = end(buf, off);
  const options: TcpOption[] = [];
  for (let at = start(off); at < stop; ) {
    const kind = buf[at]!;
    const length = optionLength(buf, at, stop);
    options.push({ kind, data: copyOf(buf, Math.min(at + 2, at + length), at + length) });
    if (kind === OptionKind.EndOfList) break;
    at += length;
  }
  return options;
}

/**
 * The bytes of options, filled up with zeros (end of list) to a multiple of 4: what `tcp.build` takes.
 * @throws {RangeError} if they exceed 40 bytes or a kind does not fit.
 */
export function build(options: readonly TcpOption[]): Uint8Array {
  const bytes: number[] = [];
  for (const { kind, data } of options) {
    requireBits("option.kind", kind, 255);
    const isSingle = kind === OptionKind.EndOfList || kind === OptionKind.NoOperation;
    if (isSingle && data.length > 0) throw new RangeError(`${optionName(kind)} is a single byte and takes no data`);
    if (isSingle) bytes.push(kind);
    else bytes.push(kind, data.length + 2, ...data);
  }
  while (bytes.length % 4 !== 0) bytes.push(OptionKind.EndOfList);
  if (bytes.length > 40) throw new RangeError(`options take at most 40 bytes, not ${bytes.length}`);
  return Uint8Array.from(bytes);
}
