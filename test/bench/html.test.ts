import { describe, expect, test } from "vitest";
import { bars, curves, percentiles, rate } from "../../bench/charts.ts";
import type { Case, Result } from "../../bench/harness.ts";
import { page } from "../../bench/html.ts";
import { machine } from "../../bench/machine.ts";
import type { Report } from "../../bench/report.ts";

const result = (change: Partial<Result>): Result => ({
  case: "parse/arp",
  who: "vethlab",
  unit: "ns/frame",
  median: 4,
  min: 3,
  max: 5,
  version: "0.1.0",
  rounds: [3, 4, 5],
  ...change,
});
const CAP = result({ who: "cap", median: 1200, min: 1000, max: 1500, ratio: { median: 300, min: 250, max: 350 } });
const CASE: Case = { name: "parse/arp", about: "a <b> & c", unit: "ns/frame", prepare: async () => {}, contenders: [] };

function report(results: readonly Result[]): Report {
  return {
    machine: machine(),
    results,
    absent: [{ case: "parse/arp", who: "c", why: "get gcc" }],
    warnings: ["<noisy>"],
  };
}

/** The numbers of an attribute of all elements of a kind. */
function numbers(svg: string, element: string, attribute: string): number[] {
  const each = svg.matchAll(new RegExp(`<${element} [^>]*\\b${attribute}="([\\d.]+)"`, "g"));
  return Array.from(each, (match) => Number(match[1]));
}

describe("the page", () => {
  const html = page(report([result({}), CAP]), [CASE]);

  test("needs nothing but itself, and runs nothing", () => {
    expect(html).not.toMatch(/<(script|link|img|iframe|object)|https?:|url\(|@import|\bon\w+=/i);
    expect(html).toMatch(/^<!doctype html>/);
  });

  test("has light, dark and paper", () => {
    for (const said of ["color-scheme: light dark", "prefers-color-scheme: dark", "@media print"])
      expect(html).toContain(said);
  });

  test("says everything: machine, warnings, who, how fast, who is absent", () => {
    const said = [machine().kernel, "parse/arp", "cap", "1,200 ns", "833 k/s", "300×", "c is absent: get gcc"];
    for (const text of said) expect(html).toContain(text);
  });

  test("takes text for text", () => {
    expect(html).toContain("a &#60;b&#62; &#38; c");
    expect(html).toContain("&#60;noisy&#62;");
    expect(html).not.toContain("<noisy>");
  });
});

describe("bars", () => {
  test("are in proportion to their medians, from zero", () => {
    const [ours, theirs] = numbers(
      bars([result({ median: 10, min: 9, max: 11 }), result({ who: "c", median: 20, min: 19, max: 21 })]),
      "rect",
      "width",
    );
    expect(theirs! / ours!).toBeCloseTo(2, 2);
  });

  test("far apart are points, on a scale that says so", () => {
    const svg = bars([result({}), CAP]);
    expect(numbers(svg, "rect", "width")).toEqual([]);
    expect(numbers(svg, "circle", "cx")).toHaveLength(2);
    expect(svg).toContain("ns/frame, logarithmic");
  });

  test("stay within the picture", () => {
    const svg = bars([result({}), CAP, result({ who: "slow", median: 9e6, min: 1e3, max: 9e7 })]);
    for (const place of numbers(svg, "circle", "cx")) {
      expect(place).toBeGreaterThanOrEqual(190);
      expect(place).toBeLessThanOrEqual(660);
    }
  });
});

describe("other plots", () => {
  test("a cost that grows with the size climbs; one that does not is level", () => {
    const points = (cost: (size: number) => number) =>
      [10, 100, 1000].map((size) => ({
        size,
        result: result({ median: cost(size), min: cost(size), max: cost(size) }),
      }));
    const svg = curves(
      [
        { who: "vethlab", points: points(() => 5) },
        { who: "c", points: points((size) => size) },
      ],
      "ns/look-up",
    );
    const [a, b, c, d, e, f] = numbers(svg, "circle", "cy");
    expect([a, b]).toEqual([c, c]);
    expect(d!).toBeGreaterThan(e!);
    expect(e!).toBeGreaterThan(f!);
  });

  test("groups of sizes get a curve, others do not", () => {
    const sizes = [10, 1000, 1_000_000].map((size) => result({ case: `table/${size}`, unit: "ns/look-up" }));
    expect(page(report(sizes), [])).toContain("Cost against size");
    expect(page(report(sizes.slice(1)), [])).not.toContain("Cost against size");
  });

  test("percentiles where there are any", () => {
    expect(percentiles([result({})])).toBe("");
    const svg = percentiles([result({ unit: "µs", median: 3, detail: { p90Us: 4, p99Us: 20, p999Us: 300, lost: 0 } })]);
    const places = numbers(svg, "circle", "cx");
    expect(places).toHaveLength(4);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(svg).toContain("3.00 · 4.00 · 20.0 · 300");
  });

  test.each([
    ["ns/line", 483, "2.07 M/s"],
    ["ns/frame", 0.5, "2.00 G/s"],
    ["ns/frame", 2e6, "500/s"],
    ["ms", 5, ""],
  ])("%s: %d is %j", (unit, value, text) => expect(rate(unit, value)).toBe(text));
});
