import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { quantile } from "../../../src/link/impair/distribution.ts";

const FOLDER = ["/usr/lib/x86_64-linux-gnu/tc", "/usr/lib/aarch64-linux-gnu/tc", "/usr/lib/tc", "/usr/lib64/tc"].find(
  (folder) => existsSync(`${folder}/normal.dist`),
);

/** A table of iproute2: entry i is the quantile (i + something below 1) / size, in 8,192ths of the deviation. */
function table(name: string): number[] {
  return readFileSync(`${FOLDER}/${name}.dist`, "utf8")
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .flatMap((line) => line.trim().split(/\s+/))
    .filter((word) => word !== "")
    .map((word) => Number(word) / 8192);
}

describe("jitter's distributions", () => {
  test.each(["normal", "pareto", "paretonormal"] as const)(
    FOLDER === undefined ? "%s (skipped: iproute2's tables are not here)" : "%s is what iproute2's table holds",
    (name) => {
      if (FOLDER === undefined) return;
      const entries = table(name);
      expect(entries.length).toBeGreaterThan(2000);
      const steps = entries.length;
      // Near the ends one step of a table is a wide one.
      for (let i = Math.ceil(steps / 100); i < steps * 0.99; i++)
        expect(Math.abs(entries[i]! - quantile(name, i / steps)), `${name} ${i}`).toBeLessThan(0.02);
    },
  );

  test("known quantiles", () => {
    expect(quantile("uniform", 0)).toBe(-1);
    expect(quantile("uniform", 0.75)).toBe(0.5);
    expect(quantile("normal", 0.5)).toBeCloseTo(0, 9);
    expect(quantile("normal", 0.975)).toBeCloseTo(1.959963985, 6);
    expect(quantile("normal", 0.001)).toBeCloseTo(-3.090232306, 6);
    expect(quantile("pareto", 0)).toBeCloseTo(-2 / 3, 9);
    expect(quantile("pareto", 7 / 8)).toBeCloseTo(2 / 3, 9);
    expect(quantile("paretonormal", 7 / 8)).toBeCloseTo((1.15034938 + 3 * (2 / 3)) / 4, 6);
  });

  test("all rise, and end at four deviations", () => {
    for (const name of ["uniform", "normal", "pareto", "paretonormal"] as const) {
      const values = Array.from({ length: 10_000 }, (_, i) => quantile(name, i / 10_000));
      expect(values.toSorted((a, b) => a - b)).toEqual(values);
      expect(Math.max(...values.map(Math.abs))).toBeLessThan(4);
      expect(Math.abs(quantile(name, 1 - 2 ** -31))).toBeLessThan(4);
    }
  });
});
