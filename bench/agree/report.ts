/** What the comparison found, as text for people. */
import { basename } from "node:path";
import type { FileResult, SetResult } from "./compare.ts";
import type { Tally } from "./lines.ts";

/** Share of text lines that must agree in files whose protocols are all in scope, averaged over files and options. */
export const BAR = 0.99;

const SHORT = 110;

export interface Summary {
  readonly inScope: readonly FileResult[];
  readonly outside: readonly FileResult[];
  readonly skipped: readonly FileResult[];
  /** Averaged over files in scope and option sets: 0 to 1. */
  readonly text: number;
}

export function summarize(results: readonly FileResult[]): Summary {
  const compared = results.filter((one) => one.skipped === null);
  const inScope = compared.filter((one) => Object.keys(one.outside).length === 0);
  return {
    inScope,
    outside: compared.filter((one) => !inScope.includes(one)),
    skipped: results.filter((one) => one.skipped !== null),
    text: mean(inScope.flatMap((one) => one.sets.map((set) => share(set.text)))),
  };
}

/** The whole report. @param list every difference in full, one for each option set. */
export function report(summary: Summary, list: boolean): string {
  const { inScope, outside, skipped } = summary;
  const lines = [
    `${count(inScope.length, "file")} with protocols in scope only:`,
    ...table(inScope, (set) => set.text, "text lines"),
    "",
    `${count(outside.length, "file")} with others, too; their frames in scope in full, the rest up to the transport header:`,
    ...table(outside, (set) => sum([set.text, set.headers]), "lines"),
  ];
  const different = [...inScope, ...outside].filter((one) => one.sets.some((set) => set.first !== null));
  if (different.length > 0) lines.push("", "Not equal:", ...different.flatMap((one) => differences(one, list)));
  const damaged = [...inScope, ...outside].filter((one) => one.damage !== null);
  if (damaged.length > 0) {
    lines.push("", "Damaged, compared up to there:");
    lines.push(...damaged.map((one) => `  ${basename(one.file)}: ${shorten(one.damage!, list)}`));
  }
  if (skipped.length > 0) {
    lines.push("", "Not compared:");
    lines.push(...skipped.map((one) => `  ${basename(one.file)}: ${shorten(one.skipped!, list)}`));
  }
  if (list && outside.length > 0) {
    lines.push("", "Out of scope:", ...outside.map((one) => `  ${basename(one.file)}: ${outsideOf(one)}`));
  }
  lines.push("", verdict(summary));
  return `${lines.join("\n")}\n`;
}

function verdict({ inScope, text }: Summary): string {
  const word = text >= BAR ? "at least" : "less than";
  return `text lines in scope: ${percent(text)}, averaged over ${count(inScope.length, "file")} and their options (${word} ${percent(BAR)})`;
}

function table(files: readonly FileResult[], lines: (set: SetResult) => Tally, what: string): string[] {
  const sets = files[0]?.sets.map((set) => set.options) ?? [];
  return sets.map((options, i) => {
    const column = files.map((one) => one.sets[i]!);
    const equal = column.filter((set) => set.first === null).length;
    const total = sum(column.map(lines));
    const average = percent(mean(column.map((set) => share(lines(set)))));
    const hex = sum(column.map((set) => set.hex));
    const dumped = hex.total === 0 ? "" : `; hex lines ${ratio(hex)}`;
    return `  ${options.padEnd(10)} files equal ${equal} of ${column.length}; ${what} ${ratio(total)}, ${average} averaged over files${dumped}`;
  });
}

function differences(one: FileResult, list: boolean): string[] {
  const found = one.sets.filter((set) => set.first !== null);
  const shown = list ? found : found.slice(0, 1);
  const outside = outsideOf(one);
  const notes = [...(outside === "" ? [] : [`out of scope: ${outside}`]), ...(one.damage === null ? [] : ["damaged"])];
  const head = `  ${basename(one.file)}${notes.length === 0 ? "" : ` (${notes.join("; ")})`}`;
  const counts = found.map((set) => `${set.options}: ${ratio(sum([set.text, set.headers, set.hex]))}`).join("; ");
  return [
    `${head}: ${shorten(counts, list)}`,
    ...shown.flatMap(({ options, first }) => [
      `    ${options}, frame ${first!.frame}, ${reasonOf(first!.theirs, first!.ours)}`,
      ...pair(first!.theirs, first!.ours, list),
    ]),
  ];
}

/** Both lines; shortened, the window begins shortly before the place where they differ. */
function pair(theirs: string, ours: string, list: boolean): string[] {
  const [left, right] = [JSON.stringify(theirs).slice(1, -1), JSON.stringify(ours).slice(1, -1)];
  let at = 0;
  while (at < left.length && left[at] === right[at]) at++;
  const from = list || at < SHORT / 2 ? 0 : at - SHORT / 4;
  const cut = (text: string) => `${from > 0 ? "…" : ""}${shorten(text.slice(from), list)}`;
  return [`      tcpdump: ${cut(left)}`, `      vethlab: ${cut(right)}`];
}

/** A word for why two lines differ, as far as their text tells. */
function reasonOf(theirs: string, ours: string): string {
  if (theirs === "") return "a line too many";
  if (ours === "") return "a line is missing";
  if (/\[\|[^\]]*\]/.test(theirs) || /\[\|[^\]]*\]/.test(ours)) return "truncated";
  if (/\(invalid\)|\[Invalid|bogus|bad-|\(bad/.test(theirs)) return "invalid field";
  const protocol = /\b(LLDP|STP|ARP|ICMP6|ICMP|igmp|BOOTP|UDP|IP6|IP|LLC|802\.1Q)\b/.exec(
    theirs.replace(/^.*?length \d+: /, ""),
  );
  return `in ${protocol?.[1] ?? "the line"}`;
}

function outsideOf({ outside, frames }: FileResult): string {
  const names = Object.entries(outside).sort((a, b) => b[1] - a[1]);
  const total = names.reduce((all, [, frames]) => all + frames, 0);
  return total === 0 ? "" : `${names.map(([name]) => name).join(", ")} in ${total} of ${count(frames, "frame")}`;
}

function shorten(text: string, list: boolean): string {
  return list || text.length <= SHORT ? text : `${text.slice(0, SHORT)}…`;
}

function sum(tallies: readonly Tally[]): Tally {
  return tallies.reduce((all, { agree, total }) => ({ agree: all.agree + agree, total: all.total + total }), {
    agree: 0,
    total: 0,
  });
}

function share({ agree, total }: Tally): number {
  return total === 0 ? 1 : agree / total;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 1 : values.reduce((a, b) => a + b) / values.length;
}

function ratio(tally: Tally): string {
  return `${tally.agree} of ${tally.total} (${percent(share(tally))})`;
}

/** Rounded down, so that 100% means all. */
function percent(value: number): string {
  return `${(Math.floor(value * 10_000 + 1e-9) / 100).toFixed(2)}%`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
