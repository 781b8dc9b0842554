import fc from "fast-check";

/** Exactly `length` bytes, each free. */
export function bytes(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

/** An IPv4 address as it travels: a signed 32-bit integer. */
export const ip: fc.Arbitrary<number> = fc.integer({ min: -0x80000000, max: 0x7fffffff });
export const u8: fc.Arbitrary<number> = fc.integer({ min: 0, max: 0xff });
export const u16: fc.Arbitrary<number> = fc.integer({ min: 0, max: 0xffff });
export const u32: fc.Arbitrary<number> = fc.integer({ min: 0, max: 0xffffffff });

/** The object that a `parse` gave; fails the test if it gave a fault instead. */
export function parsed<T>(result: T | number): T {
  if (typeof result === "number") throw new Error(`expected a packet, got fault ${result}`);
  return result;
}

/** An IPv6 address: 16 bytes, often with runs of zeros. */
export const ip6: fc.Arbitrary<Uint8Array> = fc
  .array(fc.oneof(fc.constant(0), fc.constant(0), u16), { minLength: 8, maxLength: 8 })
  .map((words) => Uint8Array.from(words.flatMap((word) => [word >>> 8, word & 0xff])));
