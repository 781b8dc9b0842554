import { describe, expect, test, vi } from "vitest";
import { realClock, VirtualClock } from "../../src/stack/clock.ts";
import { between, seededRandom, systemRandom } from "../../src/stack/random.ts";

describe("the virtual clock", () => {
  test("timers fire when due, those due together in the order they were set", () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    const note = (name: string) => () => fired.push(`${name}@${clock.now()}`);
    clock.setTimer(20, note("c"));
    clock.setTimer(10, note("a"));
    clock.setTimer(10, note("b"));
    clock.setTimer(-5, note("past"));
    clock.advance(0);
    expect(fired).toEqual(["past@0"]);
    clock.advance(9.5);
    expect(fired).toHaveLength(1);
    clock.advance(100);
    expect(fired.slice(1)).toEqual(["a@10", "b@10", "c@20"]);
    expect(clock.now()).toBe(109.5);
  });

  test("many timers in any order fire sorted", () => {
    const clock = new VirtualClock();
    const random = seededRandom(7);
    const fired: number[] = [];
    for (let i = 0; i < 1000; i++) clock.setTimer(between(random, 0, 500), () => fired.push(clock.now()));
    clock.advance(500);
    expect(fired).toHaveLength(1000);
    expect(fired).toEqual(fired.toSorted((a, b) => a - b));
  });

  test("timers set by timers fire within the same advance", () => {
    const clock = new VirtualClock();
    let count = 0;
    const again = () => {
      count++;
      clock.setTimer(10, again);
    };
    again();
    clock.advance(100);
    expect(count).toBe(11);
    expect(clock.pending).toBe(1);
  });

  test("a cleared timer does not fire", () => {
    const clock = new VirtualClock();
    const timer = clock.setTimer(1, () => expect.unreachable());
    clock.clearTimer(timer);
    clock.clearTimer(null);
    clock.advance(10);
    expect(clock.pending).toBe(0);
  });

  test("until moves on to whatever settles a promise, and says when nothing can", async () => {
    const clock = new VirtualClock();
    const sleep = (ms: number) => new Promise<void>((resolve) => clock.setTimer(ms, resolve));
    const twice = async () => {
      await sleep(1000);
      await sleep(2000);
      return "done";
    };
    expect(await clock.until(twice())).toBe("done");
    expect(clock.now()).toBe(3000);
    await expect(clock.until(new Promise(() => {}))).rejects.toThrow("nothing happens any more at 3000 ms");
    await expect(clock.until(sleep(10), 5)).rejects.toThrow("nothing happens any more");
  });
});

describe("the real clock", () => {
  test.each([0, 1, 3])("waits at least %d ms, and not at all when cleared", async (ms) => {
    const start = realClock.now();
    realClock.clearTimer(realClock.setTimer(ms, () => expect.unreachable()));
    await new Promise<void>((resolve) => realClock.setTimer(ms, resolve));
    // Node's timers count in whole milliseconds of their own.
    expect(realClock.now() - start).toBeGreaterThan(ms - 1);
  });

  test("waits longer than Node's timers can, 24.8 days, and is cleared in the middle", () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const day = 86_400_000;
      const fired: number[] = [];
      realClock.setTimer(60 * day, () => fired.push(60));
      const other = realClock.setTimer(50 * day, () => fired.push(50));
      realClock.setTimer(Number.POSITIVE_INFINITY, () => fired.push(Number.POSITIVE_INFINITY));
      vi.advanceTimersByTime(49 * day);
      expect(fired).toEqual([]);
      realClock.clearTimer(other);
      vi.advanceTimersByTime(11 * day - 1);
      expect(fired).toEqual([]);
      vi.advanceTimersByTime(1);
      expect(fired).toEqual([60]);
      vi.advanceTimersByTime(1_000 * day);
      expect(fired).toEqual([60]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("chance", () => {
  test("a seed gives the same numbers, another one others", () => {
    const draw = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 5 }, () => random.uint32());
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  test("the machine's and the seeded stay in range and differ from draw to draw", () => {
    for (const random of [systemRandom, seededRandom(3)]) {
      const drawn = Array.from({ length: 1000 }, () => between(random, 10, 20));
      expect(Math.min(...drawn)).toBeGreaterThanOrEqual(10);
      expect(Math.max(...drawn)).toBeLessThan(20);
      expect(new Set(drawn).size).toBeGreaterThan(990);
      expect(drawn.reduce((a, b) => a + b) / 1000).toBeCloseTo(15, 0);
    }
  });
});
