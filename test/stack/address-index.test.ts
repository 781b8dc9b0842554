import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AddressIndex } from "../../src/stack/address-index.ts";

const LIMIT = 32;

describe("AddressIndex", () => {
  test("finds what a Map finds, whatever is added and taken out", () => {
    // Few addresses, so that the same come and go; as many as fit and without order, so that they meet.
    const pool = Array.from({ length: 40 }, (_, n) => Math.imul(n * n * n + 1, 0x5bd1e995));
    const address = fc.constantFrom(...pool);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), address), { minLength: 100, maxLength: 300 }), (steps) => {
        const ip = new Int32Array(LIMIT);
        const index = new AddressIndex(ip, LIMIT);
        const model = new Map<number, number>();
        const free = Array.from({ length: LIMIT }, (_, i) => i);
        for (const [adds, one] of steps) {
          const slot = model.get(one);
          if (adds && slot === undefined && free.length > 0) {
            const taken = free.pop()!;
            ip[taken] = one;
            index.add(taken);
            model.set(one, taken);
          } else if (!adds && slot !== undefined) {
            index.delete(slot);
            model.delete(one);
            free.push(slot);
          }
          expect(index.size).toBe(model.size);
        }
        for (const one of pool) expect(index.find(one)).toBe(model.get(one) ?? -1);
      }),
    );
  });

  test.each([1, 2, 3, 1024, 1025])("is never more than half full with %i addresses", (limit) => {
    const ip = Int32Array.from({ length: limit }, (_, i) => i);
    const index = new AddressIndex(ip, limit);
    for (let slot = 0; slot < limit; slot++) index.add(slot);
    expect(index.byteLength / 4).toBeGreaterThanOrEqual(2 * limit);
    expect(index.byteLength / 4).toBeLessThanOrEqual(Math.max(8, 4 * limit));
    expect(index.find(limit)).toBe(-1);
    expect(index.find(limit - 1)).toBe(limit - 1);
  });
});
