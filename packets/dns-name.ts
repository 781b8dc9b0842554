/**
 * Domain names as DNS writes them (RFC 1035, 3.1 and 4.1.4): labels, each with its length before it, up to one of length
 * 0, which is the root. A length with both high bits set is a pointer instead: the rest of the name is at that offset from
 * the message's first byte, where an earlier name stands.
 *
 *     +--+--+--+--+--+--+--+--+--+     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *     | 0  0|  length  |  bytes …      | 1  1|                offset                   |
 *     +--+--+--+--+--+--+--+--+--+     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *
 * A pointer that does not lead backwards is refused, so no name can be read for ever.
 */
import { Fault } from "./fault.ts";

/** Bytes that a name may take, its lengths and the root included. */
export const MAX_NAME_LENGTH = 255;
/** Bytes that a label may have. */
export const MAX_LABEL_LENGTH = 63;
/** Highest offset that a pointer can name. */
export const MAX_POINTER = 0x3fff;

const POINTER = 0xc0;

/**
 * The byte after the name at `off`, or -1 if `end` comes first or a label is of a kind that does not exist.
 * Pointers are not followed: the name ends with one.
 */
export function skipName(buf: Uint8Array, off: number, end: number): number {
  for (let at = off; at < end; ) {
    const length = buf[at]!;
    if (length === 0) return at + 1;
    if (length >= POINTER) return at + 2 <= end ? at + 2 : -1;
    if (length > MAX_LABEL_LENGTH) return -1;
    at += 1 + length;
  }
  return -1;
}

/**
 * Visits the labels of the name at `off` in their order.
 * @param message the message's first byte, from which pointers count. @param end the end of the message.
 * @param visit called with each label's first byte and its length, 1 to 63.
 * @returns Truncated; Length if a label is of an unknown kind, a pointer leads nowhere or not backwards, or the name is
 * longer than 255 bytes; or None.
 */
export function eachLabel(
  buf: Uint8Array,
  message: number,
  off: number,
  end: number,
  visit: (at: number, length: number) => void,
): Fault {
  let limit = off;
  let bytes = 1;
  for (let at = off; at < end; ) {
    const length = buf[at]!;
    if (length === 0) return Fault.None;
    if (length >= POINTER) {
      if (at + 2 > end) return Fault.Truncated;
      const target = message + (((length & 0x3f) << 8) | buf[at + 1]!);
      if (target >= limit) return Fault.Length;
      limit = target;
      at = target;
      continue;
    }
    if (length > MAX_LABEL_LENGTH) return Fault.Length;
    if (at + 1 + length > end) return Fault.Truncated;
    bytes += 1 + length;
    if (bytes > MAX_NAME_LENGTH) return Fault.Length;
    visit(at + 1, length);
    at += 1 + length;
  }
  return Fault.Truncated;
}

/**
 * The name at `off` as text, as in `www.example.com.`, and `.` for the root. A dot or a backslash within a label has a
 * backslash before it, and what is no visible ASCII is written `\DDD` in decimal (RFC 1035, 5.1; RFC 4343, 2.1), so that
 * {@link encodeName} gives back the same bytes. See {@link eachLabel} for the parameters and faults.
 */
export function readName(buf: Uint8Array, message: number, off: number, end: number): string | Fault {
  let text = "";
  const fault = eachLabel(buf, message, off, end, (at, length) => {
    for (let i = at; i < at + length; i++) text += escaped(buf[i]!);
    text += ".";
  });
  if (fault !== Fault.None) return fault;
  return text === "" ? "." : text;
}

function escaped(byte: number): string {
  if (byte === 0x2e || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
  if (byte > 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\${String(byte).padStart(3, "0")}`;
}

/**
 * The labels of a name written as {@link readName} does; the last dot may be missing.
 * @throws {RangeError} on an empty label, one of more than 63 bytes, a name of more than 255, or an escape that is none.
 */
export function labels(name: string): Uint8Array[] {
  const list: Uint8Array[] = [];
  let label: number[] = [];
  const finish = () => {
    if (label.length === 0 || label.length > MAX_LABEL_LENGTH)
      throw new RangeError(`a label takes 1 to 63 bytes, not ${label.length}: ${name}`);
    list.push(Uint8Array.from(label));
    label = [];
  };
  if (name !== ".") {
    for (let at = 0; at < name.length; ) {
      const [, digits, other, dot, plain] = /^(?:\\(\d{3})|\\([^\d])|(\.)|([^\\]))/.exec(name.slice(at, at + 4)) ?? [];
      const code = digits === undefined ? (other ?? plain ?? dot)?.charCodeAt(0) : Number(digits);
      if (code === undefined || code > 255) throw new RangeError(`not a domain name: ${name}`);
      if (dot === undefined) label.push(code);
      else finish();
      at += digits === undefined ? (other === undefined ? 1 : 2) : 4;
    }
    if (label.length > 0 || name === "") finish();
  }
  const bytes = list.reduce((sum, { length }) => sum + 1 + length, 1);
  if (bytes > MAX_NAME_LENGTH) throw new RangeError(`a domain name takes at most 255 bytes, not ${bytes}`);
  return list;
}

/**
 * The bytes of a name, without pointers.
 * @throws {RangeError} as {@link labels} does.
 */
export function encodeName(name: string): Uint8Array {
  const bytes: number[] = [];
  for (const label of labels(name)) bytes.push(label.length, ...label);
  bytes.push(0);
  return Uint8Array.from(bytes);
}
