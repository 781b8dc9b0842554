import fc from "fast-check";

/** Exactly `length` bytes, each free. */
export function bytes(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

/** The object that a `parse` gave; fails the test if it gave a fault instead. */
export function parsed<T>(result: T | number): T {
  if (typeof result === "number") throw new Error(`expected a packet, got fault ${result}`);
  return result;
}
