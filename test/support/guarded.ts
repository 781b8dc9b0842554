import fc from "fast-check";
import { expect } from "vitest";

/**
 * The bytes of `buf`, of which only those from `start` to `end` may be read: a read beside them throws. For functions
 * that read by index, such as checks and accessors. A DataView over it reaches from 0 to `end`.
 */
export function guarded(buf: Uint8Array, start: number, end: number): Uint8Array {
  const upToEnd = new Uint8Array(buf.subarray(0, end));
  return new Proxy(buf, {
    get(target, key) {
      if (typeof key === "string" && /^-?\d+$|^NaN$/.test(key)) {
        const index = Number(key);
        if (!(index >= start && index < end)) throw new Error(`reads byte ${key}, outside ${start} to ${end}`);
        return target[index];
      }
      if (key === "buffer" || key === "byteOffset" || key === "length") return upToEnd[key];
      throw new Error(`uses .${String(key)} of the buffer`);
    },
  });
}

/** A stretch of bytes somewhere in a larger buffer. */
export interface Window {
  readonly buf: Uint8Array;
  readonly off: number;
  readonly end: number;
}

/**
 * Bytes as a network may bring them: free ones, and packets of `samples` cut, lengthened and changed in up to four
 * places; in a window with other bytes on both sides.
 */
export function hostile(samples: readonly Uint8Array[]): fc.Arbitrary<Window> {
  const free = fc.uint8Array({ maxLength: 80 });
  const changes = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 255))), { maxLength: 4 });
  const mangled = fc
    .tuple(fc.constantFrom(...samples), changes, fc.nat(), fc.uint8Array({ maxLength: 8 }), fc.boolean())
    .map(([sample, places, cut, extra, isCut]) => {
      const bytes = Uint8Array.of(...sample.subarray(0, isCut ? cut % (sample.length + 1) : sample.length), ...extra);
      for (const [place, value] of places) if (bytes.length > 0) bytes[place % bytes.length] = value;
      return bytes;
    });
  const around = fc.uint8Array({ maxLength: 8 });
  return fc.tuple(fc.oneof(free, mangled), around, around).map(([bytes, before, after]) => ({
    buf: Uint8Array.of(...before, ...bytes, ...after),
    off: before.length,
    end: before.length + bytes.length,
  }));
}

/** Fails unless the value is a whole number or a boolean: `undefined` and NaN are what a stray read gives. */
export function expectSound(value: unknown): void {
  if (typeof value !== "boolean") expect(Number.isInteger(value), `${String(value)} is no whole number`).toBe(true);
}
