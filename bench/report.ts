/** The results for people, as a table, and for machines, as JSON. */
import type { Outcome, Result } from "./harness.ts";
import type { Machine } from "./machine.ts";

export interface Report {
  readonly machine: Machine;
  readonly results: readonly Result[];
  readonly absent: Outcome["absent"];
  /** Why these figures deserve doubt: a line each. */
  readonly warnings: readonly string[];
}

const HEAD = ["case", "who", "median", "min–max", "unit", "÷ vethlab", "min–max", "B/op", "GC/1M", "version"] as const;
/** Columns of text; the others hold numbers and are aligned right. */
const LEFT: ReadonlySet<number> = new Set([0, 1, 4, 9]);

/** The machine in one line. */
export function describeMachine(m: Machine): string {
  const cpu = `${m.cpu}${m.virtual ? " (virtual)" : ""}, ${m.cores} cores, ${m.memoryGiB} GiB`;
  const governor = m.governor ? `, governor ${m.governor}` : "";
  return `${cpu}, ${m.arch}, Linux ${m.kernel}, Node ${m.node}, V8 ${m.v8}${governor}, load ${m.load}, ${m.date}`;
}

/** One line a result, cases apart by an empty line. */
export function table(results: readonly Result[]): string {
  const rows: string[][] = [[...HEAD]];
  let last = "";
  for (const result of results) {
    if (result.case !== last) rows.push([]);
    rows.push(row(result, result.case === last));
    last = result.case;
  }
  const widths = HEAD.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows
    .map((cells) =>
      cells
        .map((cell, i) => (LEFT.has(i) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function row(result: Result, sameCase: boolean): string[] {
  const { ratio, bytesPerFrame, collectionsPerMillion } = result;
  return [
    sameCase ? "" : result.case,
    result.who,
    figure(result.median),
    `${figure(result.min)}–${figure(result.max)}`,
    result.unit,
    ratio ? figure(ratio.median) : "1",
    ratio ? `${figure(ratio.min)}–${figure(ratio.max)}` : "",
    bytesPerFrame === undefined ? "-" : figure(bytesPerFrame),
    collectionsPerMillion === undefined ? "-" : figure(collectionsPerMillion),
    result.version,
  ];
}

/** Three significant digits, and thousands apart: 0.42, 3.31, 86.4, 912, 12,300. */
export function figure(value: number): string {
  if (value < 0.001) return "0";
  if (value >= 1000) return Number(value.toPrecision(3)).toLocaleString("en");
  return value.toPrecision(3);
}

/** The further figures of the results that have some: a line each. */
export function details(results: readonly Result[]): string[] {
  return results.flatMap(({ case: name, who, detail }) => {
    if (detail === undefined) return [];
    return [
      `${name} ${who}: ${Object.entries(detail)
        .map(([what, value]) => `${what} ${figure(value)}`)
        .join(", ")}`,
    ];
  });
}

/** Who could not run, and how to get it: a line each. */
export function absences(report: Report): string[] {
  const reasons = new Map(report.absent.map(({ who, why }) => [who, why]));
  return [...reasons].map(([who, why]) => `${who} is absent: ${why}`);
}

/** Everybody who was to run: a line each with the version, or how to get it. */
export function peers(report: Report): string[] {
  const versions = new Map(report.results.map(({ who, version }) => [who, version]));
  return [...[...versions].map(([who, version]) => `${who}: ${version}`), ...absences(report)];
}

/** Indented by one space, so that two runs can be compared line by line; ends with a newline. */
export function json(report: Report): string {
  return `${JSON.stringify(report, null, 1)}\n`;
}
