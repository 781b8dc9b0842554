/**
 * Reading and writing integers in network byte order (big endian), in place. None of these checks bounds: the `check`
 * function of each header does that once, for all of its fields.
 */

/** Unsigned 16-bit integer at `off`, 0 to 65,535. */
export function getU16(buf: Uint8Array, off: number): number {
  return (buf[off]! << 8) | buf[off + 1]!;
}

/** Writes the low 16 bits of `value` at `off`. */
export function setU16(buf: Uint8Array, off: number, value: number): void {
  buf[off] = value >>> 8;
  buf[off + 1] = value;
}

/** Unsigned 32-bit integer at `off`, 0 to 4,294,967,295. V8 boxes values above 2^30: on a hot path use {@link getI32}. */
export function getU32(buf: Uint8Array, off: number): number {
  return getI32(buf, off) >>> 0;
}

/** The same 32 bits as a signed integer: how IPv4 addresses travel, since it is never boxed where it matters. */
export function getI32(buf: Uint8Array, off: number): number {
  return (buf[off]! << 24) | (buf[off + 1]! << 16) | (buf[off + 2]! << 8) | buf[off + 3]!;
}

/** Writes 32 bits at `off`; takes signed and unsigned alike. */
export function setU32(buf: Uint8Array, off: number, value: number): void {
  buf[off] = value >>> 24;
  buf[off + 1] = value >>> 16;
  buf[off + 2] = value >>> 8;
  buf[off + 3] = value;
}

/**
 * Copies `length` bytes without allocating a view. For a few bytes this beats `Uint8Array.set` with a subarray.
 * Source and target may be one array if they do not overlap, or if the target lies before the source.
 */
export function copyBytes(from: Uint8Array, fromOff: number, to: Uint8Array, toOff: number, length: number): void {
  for (let i = 0; i < length; i++) to[toOff + i] = from[fromOff + i]!;
}

/** A copy of the bytes from `off` to `end`. `slice` would do, but Node's Buffer gives that name to a view. */
export function copyOf(buf: Uint8Array, off: number, end: number): Uint8Array {
  return new Uint8Array(buf.subarray(off, end));
}

/** True if both ranges hold the same `length` bytes. */
export function sameBytes(a: Uint8Array, aOff: number, b: Uint8Array, bOff: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[aOff + i] !== b[bOff + i]) return false;
  return true;
}

/** Bytes as lower-case hexadecimal digits, `separator` between them: for messages and tests, not for the hot path. */
export function toHex(buf: Uint8Array, separator = ""): string {
  return Array.from(buf, (byte) => byte.toString(16).padStart(2, "0")).join(separator);
}

/**
 * The bytes that hexadecimal text names; white space, `:` and `-` between digits are ignored.
 * @throws {SyntaxError} on anything else, or on half a byte: the text is the programmer's.
 */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/[\s:-]/g, "");
  if (!/^([0-9a-fA-F]{2})*$/.test(digits)) throw new SyntaxError(`not hexadecimal bytes: ${text}`);
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}
