/** What an impairment decides, counted over many frames; seeded, so that what holds once holds always. */
import { describe, expect, test } from "vitest";
import type { Impairment } from "../../../src/link/impair/index.ts";
import { Path } from "../../../src/link/impair/path.ts";

const MANY = 200_000;

function path(settings: Impairment, seed = 7): Path {
  const made = new Path(seed, 0);
  made.change(settings);
  return made;
}

function losses(loss: Impairment["loss"] & object, count = MANY, seed = 7): boolean[] {
  const made = path({ loss }, seed);
  return Array.from({ length: count }, () => made.copies(false) === 0);
}

const share = (all: readonly boolean[]) => all.filter(Boolean).length / all.length;

/** Mean length of the runs of true. */
function meanRun(all: readonly boolean[]): number {
  let runs = 0;
  for (let i = 0; i < all.length; i++) if (all[i] && !all[i - 1]) runs++;
  return all.filter(Boolean).length / runs;
}

function correlation(values: readonly number[]): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  let together = 0;
  let variance = 0;
  for (let i = 1; i < values.length; i++) {
    together += (values[i]! - mean) * (values[i - 1]! - mean);
    variance += (values[i]! - mean) ** 2;
  }
  return together / variance;
}

describe("loss", () => {
  test.each([0.1, 1, 5, 25, 50, 99])("random, %d %%", (percent) => {
    const lost = losses({ model: "random", percent });
    // Six standard deviations to each side.
    const p = percent / 100;
    expect(Math.abs(share(lost) - p)).toBeLessThan(6 * Math.sqrt((p * (1 - p)) / MANY));
    expect(Math.abs(meanRun(lost) - 1 / (1 - p))).toBeLessThan(0.2 / (1 - p));
  });

  test("all and nothing, exactly", () => {
    expect(share(losses({ model: "random", percent: 0 }, 1000))).toBe(0);
    expect(share(losses({ model: "random", percent: 100 }, 1000))).toBe(1);
  });

  test("correlated as netem does it: draws gather around the middle, and losses come together", () => {
    // Half of all draws are below the half, whatever their correlation; runs grow with it.
    const half = losses({ model: "random", percent: 50, correlation: 60 });
    expect(share(half)).toBeCloseTo(0.5, 1);
    expect(meanRun(half)).toBeGreaterThan(2.4);
    expect(share(losses({ model: "random", percent: 5, correlation: 25 }))).toBeLessThan(0.04);
  });

  test("Gilbert-Elliott: its rate and its bursts", () => {
    // Bad for p / (p + r) of the time, 1 / r frames on end.
    const simple = losses({ model: "gemodel", p: 1, r: 10 });
    expect(Math.abs(share(simple) - 1 / 11)).toBeLessThan(0.01);
    expect(Math.abs(meanRun(simple) - 10)).toBeLessThan(1);
    const full = losses({ model: "gemodel", p: 1, r: 10, lossBad: 70, lossGood: 2 });
    expect(Math.abs(share(full) - (0.7 / 11 + (0.02 * 10) / 11))).toBeLessThan(0.01);
    // With p alone it is independent losses (Bernoulli).
    const bernoulli = losses({ model: "gemodel", p: 5 });
    expect(Math.abs(share(bernoulli) - 0.05)).toBeLessThan(0.004);
    expect(meanRun(bernoulli)).toBeLessThan(1.15);
  });

  test("four states: its rate and its bursts", () => {
    // p13 alone: independent losses.
    const bernoulli = losses({ model: "state", p13: 5 });
    expect(Math.abs(share(bernoulli) - 0.05)).toBeLessThan(0.004);
    expect(meanRun(bernoulli)).toBeLessThan(1.15);
    // Two states: bursts of 1 / p31.
    const bursts = losses({ model: "state", p13: 1, p31: 20 });
    expect(Math.abs(share(bursts) - 1 / 21)).toBeLessThan(0.008);
    expect(Math.abs(meanRun(bursts) - 5)).toBeLessThan(0.5);
    // p14: lost alone, never twice.
    const alone = losses({ model: "state", p13: 0, p14: 10 });
    expect(Math.abs(share(alone) - 1 / 11)).toBeLessThan(0.006);
    expect(meanRun(alone)).toBe(1);
    // Within a burst frames pass (p32, p23): losses of 3 : 1 there as long as it lasts.
    const all = losses({ model: "state", p13: 1, p31: 10, p32: 20, p23: 60, p14: 0 });
    // Flow in and out of the states: pi1 * p13 = pi3 * p31, pi2 * p23 = pi3 * p32.
    expect(Math.abs(share(all) - 1 / (1 + 10 + 20 / 60))).toBeLessThan(0.01);
  });

  test("one seed, one sequence; another, another", () => {
    const run = (seed: number) => losses({ model: "gemodel", p: 5, r: 30 }, 2000, seed);
    expect(run(3)).toEqual(run(3));
    expect(run(3)).not.toEqual(run(4));
  });

  test("the two directions of one seed differ", () => {
    const both = [0, 1].map((way) => {
      const one = new Path(5, way);
      one.change({ loss: { model: "random", percent: 50 } });
      return Array.from({ length: 200 }, () => one.copies(false));
    });
    expect(both[0]).not.toEqual(both[1]);
  });
});

describe("duplicating and corrupting", () => {
  test("as often as asked", () => {
    const made = path({ duplicate: { percent: 5 }, corrupt: { percent: 2 } });
    let copies = 0;
    let corrupted = 0;
    for (let i = 0; i < MANY; i++) {
      copies += made.copies(false) - 1;
      if (made.corrupts()) corrupted++;
    }
    expect(made.duplicated).toBe(copies);
    expect(made.corrupted).toBe(corrupted);
    expect(Math.abs(copies / MANY - 0.05)).toBeLessThan(0.004);
    expect(Math.abs(corrupted / MANY - 0.02)).toBeLessThan(0.003);
  });

  test("a copy is not copied", () => {
    const made = path({ duplicate: { percent: 100 } });
    expect([made.copies(false), made.copies(true)]).toEqual([2, 1]);
  });

  test("one bit, anywhere in the frame, and nowhere else", () => {
    const made = path({ corrupt: { percent: 100 } });
    const hit = new Set<number>();
    const buf = new Uint8Array(80);
    for (let i = 0; i < 10_000; i++) {
      buf.fill(0);
      made.corrupt(buf, 10, 60);
      const bytes = [...buf.keys()].filter((at) => buf[at] !== 0);
      const bit = Math.log2(buf[bytes[0]!]!);
      if (bytes.length !== 1 || !Number.isInteger(bit)) throw new Error(`more than one bit: ${buf}`);
      hit.add(bytes[0]! * 8 + bit);
    }
    expect(hit.size).toBe(480);
    expect(Math.min(...hit)).toBe(80);
    expect(Math.max(...hit)).toBe(70 * 8 - 1);
  });
});

describe("delay", () => {
  function delays(settings: Impairment, count = MANY): number[] {
    const made = path(settings);
    return Array.from({ length: count }, (_, i) => made.due(i * 1000, 100) - i * 1000);
  }

  const mean = (all: readonly number[]) => all.reduce((sum, x) => sum + x, 0) / all.length;
  const deviation = (all: readonly number[]) => {
    const m = mean(all);
    return Math.sqrt(mean(all.map((x) => (x - m) ** 2)));
  };

  test("without jitter, to the nanosecond", () => {
    expect(new Set(delays({ delay: { ms: 10 } }, 100))).toEqual(new Set([10]));
  });

  test.each([
    // A uniform distribution's deviation is its half width / sqrt(3).
    ["uniform", 100, 10 / Math.sqrt(3), 90, 110],
    ["normal", 100, 10, 60, 140],
    // iproute2's pareto is scaled by 4/3, and cut at four deviations.
    ["pareto", 99.1, 8.6, 93.3, 140],
    ["paretonormal", 99.5, 8.6, 84, 140],
  ] as const)("%s", (distribution, average, spread, least, most) => {
    const all = delays({ delay: { ms: 100, jitterMs: 10 }, distribution });
    expect(Math.abs(mean(all) - average)).toBeLessThan(1);
    expect(Math.abs(deviation(all) - spread)).toBeLessThan(1);
    const sorted = all.toSorted((a, b) => a - b);
    expect(sorted[0]!).toBeGreaterThanOrEqual(least);
    expect(sorted.at(-1)!).toBeLessThanOrEqual(most);
  });

  test("uniform unless told", () => {
    const settings = { delay: { ms: 100, jitterMs: 10 } };
    expect(delays(settings, 100)).toEqual(delays({ ...settings, distribution: "uniform" }, 100));
  });

  test.each([0, 25, 75])("correlation %d %%", (percent) => {
    const all = delays({ delay: { ms: 100, jitterMs: 10, correlation: percent } });
    expect(Math.abs(correlation(all) - percent / 100)).toBeLessThan(0.03);
  });
});

describe("reorder", () => {
  function ahead(settings: Impairment, count: number): boolean[] {
    const made = path({ delay: { ms: 10 }, ...settings });
    return Array.from({ length: count }, (_, i) => made.due(i * 1000, 100) === i * 1000);
  }

  test("by percentage", () => {
    const all = ahead({ reorder: { percent: 25 } }, MANY);
    expect(Math.abs(share(all) - 0.25)).toBeLessThan(0.01);
    expect(meanRun(all)).toBeLessThan(1.5);
  });

  test("a gap of 5 at 100 %: every fifth", () => {
    const all = ahead({ reorder: { percent: 100, gap: 5 } }, 20);
    expect(all.map((one, i) => (one ? i : -1)).filter((i) => i >= 0)).toEqual([4, 9, 14, 19]);
  });

  test("a gap keeps them apart", () => {
    const all = ahead({ reorder: { percent: 50, gap: 3 } }, 3000);
    const places = all.map((one, i) => (one ? i : -1)).filter((i) => i >= 0);
    for (let i = 1; i < places.length; i++) expect(places[i]! - places[i - 1]!).toBeGreaterThanOrEqual(3);
  });

  test("correlated: those that go ahead come together", () => {
    const together = ahead({ reorder: { percent: 50, correlation: 70 } }, MANY);
    expect(meanRun(together)).toBeGreaterThan(2.5);
  });
});

describe("rate", () => {
  test("frames leave one after another, each taking its time", () => {
    // 1 Mbit/s: 125 bytes a millisecond.
    const made = path({ rate: { bitsPerSecond: 1e6 } });
    expect([125, 250, 125].map((length) => made.due(5, length))).toEqual([6, 8, 9]);
    expect(made.due(100, 125)).toBe(101);
  });

  test("the wait counts towards the delay, as in netem", () => {
    const made = path({ rate: { bitsPerSecond: 1e6 }, delay: { ms: 10 } });
    expect([125, 125, 125].map((length) => made.due(0, length))).toEqual([11, 12, 13]);
  });

  test("overhead and cells: netem's manual has 50 bytes in two ATM cells of 53", () => {
    const made = path({ rate: { bitsPerSecond: 8000, overhead: 0, cellSize: 48, cellOverhead: 5 } });
    expect(made.due(0, 50)).toBe(106);
    const longer = path({ rate: { bitsPerSecond: 8000, overhead: 20 } });
    expect(longer.due(0, 80)).toBe(100);
    const shorter = path({ rate: { bitsPerSecond: 8000, overhead: -14 } });
    expect([shorter.due(0, 114), shorter.due(1000, 5)]).toEqual([100, 1000]);
  });
});

describe("a change", () => {
  test("touches what it names, and the other decisions go on as they would have", () => {
    const decide = (changes: (made: Path) => void) => {
      const made = path({ loss: { model: "random", percent: 30 }, duplicate: { percent: 10 } });
      const first = Array.from({ length: 50 }, () => [made.copies(false), made.corrupts()]);
      changes(made);
      return [...first, ...Array.from({ length: 50 }, () => [made.copies(false), made.corrupts()])].map(([c]) => c);
    };
    const undisturbed = decide(() => {});
    expect(decide((made) => made.change({ corrupt: { percent: 50 }, delay: { ms: 3 } }))).toEqual(undisturbed);
    expect(decide((made) => made.change({ duplicate: { percent: 0 } }))).not.toEqual(undisturbed);
  });

  test("a burst goes on when its numbers change", () => {
    const made = path({ loss: { model: "gemodel", p: 100, r: 0 } });
    made.copies(false);
    expect(made.copies(false)).toBe(0);
    made.change({ loss: { model: "gemodel", p: 0, r: 0 } });
    expect(made.copies(false)).toBe(0);
    made.change({ loss: { model: "random", percent: 0 } });
    made.change({ loss: { model: "gemodel", p: 0, r: 0 } });
    expect(made.copies(false)).toBe(1);
  });

  test("what makes no sense changes nothing", () => {
    const made = path({ mtu: 100 });
    for (const wrong of [
      { loss: { model: "random", percent: 101 } },
      { loss: { model: "random", percent: Number.NaN } },
      { duplicate: { percent: -1 } },
      { corrupt: { percent: 1, correlation: 200 } },
      { delay: { ms: -1 } },
      { delay: { ms: 1, jitterMs: Number.POSITIVE_INFINITY } },
      { delay: { ms: 1, correlation: -5 } },
      { reorder: { percent: 1 } },
      { limit: 0 },
      { mtu: 1.5 },
      { rate: { bitsPerSecond: -1 } },
    ] as Impairment[]) {
      expect(() => made.change({ limit: 5, ...wrong })).toThrow(RangeError);
      expect(made.settings).toMatchObject({ mtu: 100, limit: 1000 });
    }
  });
});
