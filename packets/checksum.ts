/**
 * The Internet checksum: the ones' complement of the ones' complement sum of 16-bit words (RFC 1071). Over data that
 * carries its own correct checksum the result is 0.
 */
import { viewOf } from "./view.ts";

/** From this length on, reading words through a DataView pays for looking that up, */
const LONG = 64;
/** in a buffer of this length: a ring, a batch or a file's block, where one DataView serves many packets. */
const SHARED = 0x4000;
/** Bytes, 2^20 words of 32 bits, whose sum stays below 2^53: a double holds it without rounding. */
const EXACT = 0x400000;
/** As long as MAX_BUFFER in view.ts; offsets are cut to it, as in reader.ts. */
const LONGEST = 0x40000000;
const PLACE = 0x3fffffff;

/**
 * Adds a range to a running sum, which may be carried on over further ranges (each of even length but the last). An odd
 * last byte counts as the upper half of a word whose lower half is 0.
 * @param sum what came before, 0 at the start; stays below 2^53 for any data that fits in memory.
 * @returns a sum to be folded; 0 only if all bytes are 0, and `sum` was.
 */
export function add(buf: Uint8Array, off: number, end: number, sum: number): number {
  if (end - off >= LONG && buf.length >= SHARED && buf.length <= LONGEST) return sum + addWords(viewOf(buf), off, end);
  let even = 0;
  let odd = 0;
  let i = off;
  // Sixteen bytes a turn, upper and lower halves summed apart: one addition a byte, no shift. 2^23 bytes of 255 stay
  // below 2^31, so V8 keeps both sums as small integers; longer data folds on the way.
  const last = end - 15;
  while (i < last) {
    const stop = Math.min(last, i + 0x400000);
    for (; i < stop; i += 16) {
      even +=
        buf[i]! + buf[i + 2]! + buf[i + 4]! + buf[i + 6]! + buf[i + 8]! + buf[i + 10]! + buf[i + 12]! + buf[i + 14]!;
      odd +=
        buf[i + 1]! +
        buf[i + 3]! +
        buf[i + 5]! +
        buf[i + 7]! +
        buf[i + 9]! +
        buf[i + 11]! +
        buf[i + 13]! +
        buf[i + 15]!;
    }
    sum += even * 256 + odd;
    even = 0;
    odd = 0;
  }
  for (; i + 1 < end; i += 2) sum += (buf[i]! << 8) | buf[i + 1]!;
  if (i < end) sum += buf[i]! << 8;
  return sum;
}

/**
 * The folded sum of a range, 0 to 65,535, for those who have a DataView: less than half of what bytes take.
 * @param end within the first 2^30 bytes.
 */
export function addWords(view: DataView, off: number, end: number): number {
  if (end - off <= EXACT) return sumOf(view, off, end);
  let sum = 0;
  let at = off;
  for (; end - at > EXACT; at += EXACT) sum += sumOf(view, at, at + EXACT);
  return fold(sum + sumOf(view, at, end));
}

/**
 * RFC 1071, 2: the sum does not depend on the byte order, so words are read as the machine has them and the result's
 * bytes exchanged; and it may be taken of wider words, whose carries are folded last. Numbers hold 2^20 words of 32 bits
 * without rounding, and V8 adds four of them as 64-bit integers before it makes a double of the sum.
 */
function sumOf(view: DataView, off: number, end: number): number {
  let one = 0;
  let two = 0;
  let i = off & PLACE;
  const stop = end & PLACE;
  for (const last = stop - 31; i < last; i = (i + 32) & PLACE) {
    one +=
      view.getUint32(i, true) +
      view.getUint32(i + 4, true) +
      view.getUint32(i + 8, true) +
      view.getUint32(i + 12, true);
    two +=
      view.getUint32(i + 16, true) +
      view.getUint32(i + 20, true) +
      view.getUint32(i + 24, true) +
      view.getUint32(i + 28, true);
  }
  for (const last = stop - 3; i < last; i = (i + 4) & PLACE) one += view.getUint32(i, true);
  let rest = 0;
  if (i + 1 < stop) {
    rest = view.getUint16(i, true);
    i = (i + 2) & PLACE;
  }
  if (i < stop) rest += view.getUint8(i);
  const sum = one + two;
  const low = sum | 0;
  const swapped = fold(((sum / 0x100000000) | 0) + (low >>> 16) + (low & 0xffff) + rest);
  return ((swapped & 0xff) << 8) | (swapped >>> 8);
}

/**
 * Folds the carries of a sum back into 16 bits.
 * @param sum a whole number from 0 to 2^53 - 1.
 * @returns 0 to 65,535; 0 only for 0.
 */
export function fold(sum: number): number {
  // Folding is a remainder of 0xffff that prefers 0xffff to 0. Bits serve as long as V8 keeps the sum as 32 of them.
  if (sum > 0x7fffffff) return sum % 0xffff || 0xffff;
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/**
 * The checksum of the bytes from `off` to `end`.
 * @returns 0 to 65,535, to be stored big endian in a checksum field that was 0 while summing; 0 if the range already
 * holds its own correct checksum.
 */
export function checksum(buf: Uint8Array, off: number, end: number): number {
  return ~fold(add(buf, off, end, 0)) & 0xffff;
}

/**
 * The checksum after one 16-bit word of the data changed, without reading the rest (RFC 1624, equation 3:
 * HC' = ~(~HC + ~m + m')). It gives what a full computation gives, with one exception that no update can know: where all
 * of the data is zero now, it gives 0x0000 instead of 0xffff, and a receiver would refuse that.
 * @param check the checksum field's value before the change.
 * @param before the word's old value. @param after its new value. All three 0 to 65,535.
 */
export function update(check: number, before: number, after: number): number {
  const sum = (~check & 0xffff) + (~before & 0xffff) + after;
  const once = (sum & 0xffff) + (sum >>> 16);
  return ~((once & 0xffff) + (once >>> 16)) & 0xffff;
}
