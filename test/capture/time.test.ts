import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RecordBatch } from "../../src/capture/batch.ts";
import { nanoTicks, setTicks, tickClock } from "../../src/capture/time.ts";

const batch = new RecordBatch();

function split(ticks: bigint, resolution: number): bigint {
  setTicks(batch, tickClock(resolution, 0), Number(ticks >> 32n), Number(ticks & 0xffffffffn));
  const nanoseconds = batch.nanoseconds[0]!;
  if (nanoseconds < 0 || nanoseconds > 999_999_999) throw new Error(`${nanoseconds} ns after ${ticks} ticks`);
  return BigInt(batch.seconds[0]!) * 1_000_000_000n + BigInt(nanoseconds);
}

describe("time", () => {
  test("nanoseconds around whole seconds, where an estimated quotient is off by one", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 18_446_744_072n }), fc.bigInt({ min: -3n, max: 3n }), (seconds, near) => {
        const ticks = seconds * 1_000_000_000n + near;
        expect(split(ticks, 9)).toBe(ticks);
        expect(split(ticks / 1000n, 6)).toBe((ticks / 1000n) * 1000n);
      }),
      { numRuns: 50_000 },
    );
  });

  test("nanoTicks is the inverse", () => {
    const words = { high: 0, low: 0 };
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(999_999_999), (seconds, nanoseconds) => {
        nanoTicks(seconds, nanoseconds, words);
        const ticks = (BigInt(words.high) << 32n) | BigInt(words.low);
        expect(ticks).toBe(BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds));
      }),
    );
    nanoTicks(-1, 999_999_999, words);
    expect(words).toEqual({ high: 0, low: 0 });
  });

  test("a batch counts from the first time that the file gives", () => {
    const fresh = new RecordBatch();
    fresh.setTime(0, 0);
    fresh.setTime(1_700_000_000, 5);
    expect(fresh.epoch).toBe(1_700_000_000);
    expect(fresh.time[0]).toBe(5);
    fresh.setTime(1_700_000_002, 1);
    expect(fresh.time[0]).toBe(2_000_000_001);
  });
});
