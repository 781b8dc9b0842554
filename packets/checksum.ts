/**
 * The Internet checksum: the ones' complement of the ones' complement sum of 16-bit words (RFC 1071). Over data that
 * carries its own correct checksum the result is 0.
 */

/**
 * Adds the words of a range to a running sum, which may be carried on over further ranges (each of even length but the
 * last). An odd last byte counts as the upper half of a word whose lower half is 0.
 * @param sum what came before, 0 at the start; stays below 2^53 for any data that fits in memory.
 * @returns the sum, not folded yet.
 */
export function add(buf: Uint8Array, off: number, end: number, sum: number): number {
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
