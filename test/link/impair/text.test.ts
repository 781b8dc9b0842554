import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatImpairment, type Impairment, parseImpairments } from "../../../src/link/impair/index.ts";

describe("impairments as text", () => {
  test("all of netem's options", () => {
    const text =
      "loss 5% 25% delay 10ms 2ms 30% distribution normal reorder 25% 50% gap 5 corrupt 0.1% duplicate 1% 2% " +
      "rate 1mbit 20 48 5 limit 1000 mtu 1400";
    expect(parseImpairments(text)).toEqual({
      out: {
        loss: { model: "random", percent: 5, correlation: 25 },
        delay: { ms: 10, jitterMs: 2, correlation: 30 },
        distribution: "normal",
        reorder: { percent: 25, correlation: 50, gap: 5 },
        corrupt: { percent: 0.1 },
        duplicate: { percent: 1, correlation: 2 },
        rate: { bitsPerSecond: 1e6, overhead: 20, cellSize: 48, cellOverhead: 5 },
        limit: 1000,
        mtu: 1400,
      },
    });
  });

  test("loss models", () => {
    const loss = (text: string) => (parseImpairments(text) as { out: Impairment }).out.loss;
    expect(loss("loss random 5")).toEqual({ model: "random", percent: 5 });
    expect(loss("loss gemodel 1%")).toEqual({ model: "gemodel", p: 1 });
    expect(loss("loss gemodel 1% 10% 70% 0.1%")).toEqual({ model: "gemodel", p: 1, r: 10, lossBad: 70, lossGood: 0.1 });
    expect(loss("loss state 1% 90%")).toEqual({ model: "state", p13: 1, p31: 90 });
    expect(loss("loss state 1 2 3 4 5")).toEqual({ model: "state", p13: 1, p31: 2, p32: 3, p23: 4, p14: 5 });
  });

  test("directions hold until the next", () => {
    expect(parseImpairments("loss 1% in loss 2% mtu 100 both duplicate 3%")).toEqual({
      out: { loss: { model: "random", percent: 1 }, duplicate: { percent: 3 } },
      in: { loss: { model: "random", percent: 2 }, mtu: 100, duplicate: { percent: 3 } },
    });
  });

  test.each([
    ["1s", 1000],
    ["1.5ms", 1.5],
    [".5msec", 0.5],
    ["250us", 0.25],
    ["100ns", 1e-4],
    ["0", 0],
  ])("the time %s", (text, ms) => {
    expect(parseImpairments(`delay ${text}`)).toEqual({ out: { delay: { ms } } });
  });

  test.each([
    ["1000", 1000],
    ["8bit", 8],
    ["100kbit", 1e5],
    ["2.5Mbit", 2.5e6],
    ["1gbit", 1e9],
    ["1kibit", 1024],
    ["1kbps", 8000],
    ["0", 0],
  ])("the rate %s", (text, bitsPerSecond) => {
    expect(parseImpairments(`rate ${text}`)).toEqual({ out: { rate: { bitsPerSecond } } });
  });

  test.each([
    ["", "nothing is asked for: write it as `loss 5% delay 10ms 2ms`"],
    [
      "lose 5%",
      "no option lose: loss, delay, distribution, reorder, duplicate, corrupt, rate, limit, mtu, and in, out or both before them",
    ],
    ["loss", "loss: a percentage is missing, such as 5%"],
    ["loss delay 5ms", "loss delay: write a percentage, such as 5%"],
    ["loss 101%", "loss 101%: write a percentage, such as 5%"],
    ["loss -1%", "loss -1%: write a percentage, such as 5%"],
    ["loss 5% 10ms", "loss 10ms: write a percentage, such as 5%"],
    ["loss gemodel", "loss gemodel: a percentage is missing, such as 5%"],
    [
      "loss 1% 2% 3%",
      "no option 3%: loss, delay, distribution, reorder, duplicate, corrupt, rate, limit, mtu, and in, out or both before them",
    ],
    ["delay", "delay: a time is missing, such as 10ms"],
    ["delay 10", "delay 10: write a time with its unit, such as 10ms"],
    ["delay 10ms 25%", "delay 25%: write a time with its unit, such as 10ms"],
    ["delay 2days", "delay 2days: write a time with its unit, such as 10ms"],
    ["delay 90000s", "delay: times go from 0 to a day"],
    ["distribution", "distribution: it must be one of uniform, normal, pareto, paretonormal"],
    ["distribution gauss", "distribution gauss: it must be one of uniform, normal, pareto, paretonormal"],
    ["delay 0ms reorder 5%", "reorder: it needs a delay that frames can go ahead of"],
    ["reorder 5% gap 0", "reorder: gap 0 is none: a number from 1"],
    ["reorder 5% gap", "reorder gap: a number of frames, such as 5, is missing"],
    ["rate 1m", "rate 1m: write a rate with its unit, such as 1mbit"],
    ["rate", "rate: a rate is missing, such as 1mbit"],
    ["rate 20tbit", "rate: it goes from 0, unlimited, to 10 Tbit/s"],
    ["rate 1mbit 0 -4", "rate: cellSize -4 is none: bytes from 0 to 65535"],
    ["limit 0", "limit: 0 is none: frames from 1 to 1000000"],
    ["limit 1.5", "limit 1.5: write a number of frames, such as 1000"],
    ["mtu 70000", "mtu: 70000 is none: bytes up to 65535, 0 for no limit"],
    ["in", "in: and then? Options follow it: loss, delay, distribution, reorder, duplicate, corrupt, rate, limit, mtu"],
  ])("refused in one line: `%s`", (text, message) => {
    expect(parseImpairments(text)).toBe(message);
  });

  test("a reordering alone is fine: there may be a delay already", () => {
    expect(parseImpairments("reorder 5%")).toEqual({ out: { reorder: { percent: 5 } } });
  });

  test("any text gives settings or one line", () => {
    const word = fc.constantFrom(
      "loss",
      "delay",
      "5%",
      "10ms",
      "gemodel",
      "in",
      "both",
      "gap",
      "rate",
      "1mbit",
      "7",
      "-",
      "%",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word).map((words) => words.join(" ")),
        ),
        (text) => {
          const result = parseImpairments(text);
          if (typeof result === "string") expect(result).toMatch(/^.+$/s);
          else expect(Object.keys(result).length).toBeGreaterThan(0);
        },
      ),
    );
  });

  test("written and read again it is the same", () => {
    const percent = fc.integer({ min: 1, max: 1000 }).map((n) => n / 10);
    const share = fc.record({ percent, correlation: percent });
    const impairment = fc.record({
      loss: fc.oneof(
        share.map((one) => ({ model: "random" as const, ...one })),
        fc.record({
          model: fc.constant("gemodel" as const),
          p: percent,
          r: percent,
          lossBad: percent,
          lossGood: percent,
        }),
        fc.record({
          model: fc.constant("state" as const),
          p13: percent,
          p31: percent,
          p32: percent,
          p23: percent,
          p14: percent,
        }),
      ),
      delay: fc.record({ ms: percent, jitterMs: percent, correlation: percent }),
      distribution: fc.constantFrom("normal" as const, "pareto" as const, "paretonormal" as const),
      reorder: fc.record({ percent, correlation: percent, gap: fc.integer({ min: 2, max: 9 }) }),
      duplicate: share,
      corrupt: share,
      rate: fc.record({
        bitsPerSecond: fc.integer({ min: 1, max: 1e9 }),
        overhead: fc.integer({ min: -20, max: -1 }),
        cellSize: fc.integer({ min: 1, max: 100 }),
        cellOverhead: fc.integer({ min: 0, max: 9 }),
      }),
      limit: fc.integer({ min: 1, max: 999 }),
      mtu: fc.integer({ min: 1, max: 1500 }),
    });
    fc.assert(
      fc.property(impairment, (out) => {
        expect(parseImpairments(formatImpairment(out))).toEqual({ out });
      }),
    );
    expect(formatImpairment({})).toBe("");
  });
});
