import { describe, expect, test } from "vitest";
import type { Result } from "../../bench/harness.ts";
import { machine } from "../../bench/machine.ts";
import { absences, describeMachine, details, figure, json, peers, type Report, table } from "../../bench/report.ts";

const result = (change: Partial<Result>): Result => ({
  case: "parse/arp",
  who: "vethlab",
  unit: "ns/frame",
  median: 3.4567,
  min: 3,
  max: 4,
  version: "0.1.0",
  rounds: [3, 3.4567, 4],
  ...change,
});

const RESULTS = [
  result({ bytesPerFrame: 0, collectionsPerMillion: 0 }),
  result({ who: "cap", median: 1234.5, ratio: { median: 357, min: 300, max: 400 }, bytesPerFrame: 2860 }),
  result({ case: "parse/icmp" }),
];

const REPORT: Report = {
  machine: machine(),
  results: RESULTS,
  absent: ["parse/arp", "parse/icmp"].map((name) => ({ case: name, who: "c", why: "no C compiler" })),
  warnings: [],
};

describe("report", () => {
  test("three significant digits", () => {
    const shown = [0, 0.0004, 0.01, 0.4216, 3.4567, 86.42, 912.3, 1234.5, 12_345].map(figure);
    expect(shown).toEqual(["0", "0", "0.0100", "0.422", "3.46", "86.4", "912", "1,230", "12,300"]);
  });

  test("a line for each result, in columns, a case named once", () => {
    const lines = table(RESULTS).split("\n");
    expect(lines).toHaveLength(6);
    expect(lines[2]).toMatch(/^parse\/arp +vethlab +3\.46 +3\.00–4\.00 +ns\/frame +1 +0 +0 +0\.1\.0$/);
    expect(lines[3]).toMatch(/^ +cap +1,230 +3\.00–4\.00 +ns\/frame +357 +300–400 +2,860 +- +0\.1\.0$/);
    expect(lines[5]).toMatch(/^parse\/icmp/);
    const version = lines[0]!.indexOf("version");
    for (const line of [lines[2]!, lines[3]!, lines[5]!]) expect(line.indexOf("0.1.0")).toBe(version);
  });

  test("further figures are told, a line for each result that has some", () => {
    const some = result({ case: "rtt/spin", detail: { p99Us: 4.567, lost: 0 } });
    expect(details([...RESULTS, some])).toEqual(["rtt/spin vethlab: p99Us 4.57, lost 0"]);
  });

  test("JSON has the machine and the results under the names that scripts depend on", () => {
    const { machine: host, results } = JSON.parse(json(REPORT)) as Report;
    for (const fact of ["cpu", "cores", "kernel", "node", "v8", "date"]) expect(host).toHaveProperty(fact);
    expect(new Date(host.date).toISOString()).toBe(host.date);
    expect(results[0]).toEqual(RESULTS[0]);
    for (const key of ["case", "who", "unit", "median", "min", "max", "bytesPerFrame", "version"]) {
      expect(results[1]).toHaveProperty(key);
    }
  });

  test("who is absent is named once", () => {
    expect(absences(REPORT)).toEqual(["c is absent: no C compiler"]);
    expect(peers(REPORT)).toEqual(["vethlab: 0.1.0", "cap: 0.1.0", "c is absent: no C compiler"]);
  });

  test("the machine fits on a line", () => {
    expect(describeMachine(REPORT.machine)).toMatch(/^[^\n]+ cores, .*Linux .*Node .*V8 [^\n]+$/);
  });
});
