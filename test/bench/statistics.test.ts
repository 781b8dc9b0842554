import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { median, ratios, spread, summarize } from "../../bench/statistics.ts";

const figures = fc.array(fc.double({ min: 0.001, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 30 });

describe("statistics", () => {
  test("the median is the middle, or between the two in the middle", () => {
    expect(median([3])).toBe(3);
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 2, 4, 100])).toBe(7);
    // As numbers, not as text: "10" sorts before "9".
    expect(median([9, 10, 11])).toBe(10);
    expect(() => median([])).toThrow(RangeError);
  });

  test("the values stay as they came", () => {
    const values = [3, 1, 2];
    summarize(values);
    spread(values);
    expect(values).toEqual([3, 1, 2]);
  });

  test("half of the values lie on each side of the median, all between least and greatest", () => {
    fc.assert(
      fc.property(figures, (values) => {
        const { median: middle, min, max } = summarize(values);
        expect(values.filter((value) => value < middle).length).toBeLessThanOrEqual(values.length / 2);
        expect(values.filter((value) => value > middle).length).toBeLessThanOrEqual(values.length / 2);
        expect(min).toBeLessThanOrEqual(middle);
        expect(max).toBeGreaterThanOrEqual(middle);
        expect(values).toContain(min);
        expect(values).toContain(max);
      }),
    );
  });

  test("spread is the middle half over the median", () => {
    expect(spread([10, 10, 10])).toBe(0);
    expect(spread([8, 9, 10, 11, 12])).toBeCloseTo(0.2);
    // One round that was interrupted does not count.
    expect(spread([10, 10, 10, 10, 500])).toBe(0);
  });

  test("ratios go round by round", () => {
    // The machine halved its speed after the first round; the ratio did not change.
    expect(ratios([30, 60, 60], [10, 20, 20])).toEqual({ median: 3, min: 3, max: 3 });
    expect(ratios([10, 40, 90], [10, 10, 10])).toEqual({ median: 4, min: 1, max: 9 });
    expect(() => ratios([1, 2], [1])).toThrow(/2 rounds cannot be paired with 1/);
  });
});
