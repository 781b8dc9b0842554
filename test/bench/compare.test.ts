import { describe, expect, test } from "vitest";
import { type Comparison, compareCase, comparisonTable, verdict } from "../../bench/compare.ts";
import type { Case, Contender } from "../../bench/harness.ts";

const EFFORT = { rounds: 1, round: 1, warm: 1, memory: 1 };
const DIRECTORIES = { ours: "/ours", theirs: "/theirs" };
const times = (count: number, ratio: number) => Array.from({ length: count }, () => ratio);

describe("the rule", () => {
  test.each([
    [times(12, 1.1), "slower"],
    [times(12, 0.9), "faster"],
    [times(12, 1.02), "same"],
    [times(12, 1), "same"],
    // One start may have had other luck; two are doubt.
    [[...times(11, 1.1), 0.9], "slower"],
    [[...times(10, 1.1), 0.9, 0.9], "same"],
    [[...times(11, 0.9), 1.1], "faster"],
    // Of few starts all have to agree.
    [times(8, 1.1), "slower"],
    [[...times(7, 1.1), 0.9], "same"],
    [[...times(6, 1.5), ...times(6, 0.5)], "same"],
  ] as const)("%j: %s", (ratios, expected) => expect(verdict(ratios)).toBe(expected));
});

function subject(name: string, figure: number, log: string[], value = "42"): Case {
  const contender: Contender = {
    who: "vethlab",
    open: async (workdir) => {
      log.push(`open ${workdir}`);
      return {
        version: "1",
        warm: async () => {},
        check: async () => value,
        round: async () => {
          log.push(`round ${workdir}`);
          return { value: figure };
        },
        memory: async () => null,
        close: () => void log.push(`close ${workdir}`),
      };
    },
  };
  return { name, about: "", unit: "ns", prepare: async () => {}, contenders: [contender] };
}

function compare(ours: Case, theirs: Case | undefined, starts = 12) {
  return compareCase(ours, theirs, EFFORT, DIRECTORIES, starts, () => {});
}

describe("comparing", () => {
  test("finds what is slower, with both figures", async () => {
    const compared = await compare(subject("a/b", 20, []), subject("a/b", 10, []));
    const ratio = { median: 2, min: 2, max: 2 };
    expect(compared).toEqual({ case: "a/b", unit: "ns", before: 10, now: 20, ratio, verdict: "slower" });
  });

  test("starts both afresh each time, and lets them take turns at being first", async () => {
    const log: string[] = [];
    await compare(subject("a", 1, log), subject("a", 1, log), 2);
    const [ours, theirs] = ["/ours", "/theirs"];
    const start = (...order: string[]) => [
      ...[ours, theirs].map((where) => `open ${where}`),
      ...order.map((where) => `round ${where}`),
      ...[ours, theirs].map((where) => `close ${where}`),
    ];
    expect(log).toEqual([...start(ours, theirs), ...start(theirs, ours)]);
  });

  test("compares only the same work", async () => {
    const log: string[] = [];
    const compared = await compare(subject("a", 1, log, "1"), subject("a", 1, log, "2"));
    expect(compared).toEqual({ case: "a", why: "the work is another: 1 here, 2 there" });
    expect(log.filter((line) => line.startsWith("close"))).toHaveLength(2);
  });

  test("says so where the other has no such case, or cannot run it", async () => {
    expect(await compare(subject("a", 1, []), undefined)).toHaveProperty(
      "why",
      "the other revision does not have this case",
    );
    const log: string[] = [];
    const broken = subject("a", 1, []);
    const failing = { ...broken, contenders: [{ who: "vethlab", open: () => Promise.reject(new Error("it broke")) }] };
    expect(await compare(subject("a", 1, log), failing)).toHaveProperty("why", "in the other revision: it broke");
    expect(log).toEqual(["open /ours", "close /ours"]);
  });

  test("the table names what moved", () => {
    const one: Comparison = {
      case: "parse/arp",
      unit: "ns/frame",
      before: 4,
      now: 5,
      ratio: { median: 1.25, min: 1.2, max: 1.3 },
      verdict: "slower",
    };
    const lines = comparisonTable([one, { ...one, case: "tx", verdict: "same" }, { case: "rx", why: "no root" }]).split(
      "\n",
    );
    expect(lines[1]).toMatch(/^parse\/arp +4\.00 +5\.00 +ns\/frame +1\.25 +1\.20–1\.30 +slower$/);
    expect(lines[2]).toMatch(/^tx .*1\.30$/);
    expect(lines[3]).toBe("rx was not compared: no root");
  });
});
