/**
 * This build against another one. Rounds of one process share its luck (where code and memory came to lie, what the
 * compiler guessed), so more rounds do not help: both are started afresh again and again, each time with the same work,
 * one after the other, in turns first. Each start gives one ratio.
 *
 * The rule: a case has moved when all but one of the ratios (of few starts: all) lie on the same side of 1, and their
 * median lies more than {@link LEAST} from it. Where nothing has changed, 12 starts say so wrongly in 26 of 4,096 cases.
 */
import type { Case, Contender, Effort, Session } from "./harness.ts";
import { figure } from "./report.ts";
import { median, type Summary, summarize } from "./statistics.ts";

/** Less than this share is not worth a word, however certain it is. */
export const LEAST = 0.03;
/** With fewer starts than this every single one has to agree. */
const MANY = 10;

export interface Comparison {
  readonly case: string;
  readonly unit: string;
  /** Medians of the other build and of this one. */
  readonly before: number;
  readonly now: number;
  /** This build's figures divided by the other's, start by start. */
  readonly ratio: Summary;
  readonly verdict: "slower" | "faster" | "same";
}

/** A case that could not be compared, and why. */
export interface Incomparable {
  readonly case: string;
  readonly why: string;
}

/** The rule, for ratios of this build's times to the other's. */
export function verdict(ratios: readonly number[]): Comparison["verdict"] {
  const middle = median(ratios);
  if (Math.abs(middle - 1) <= LEAST) return "same";
  const outliers = ratios.filter((ratio) => (middle > 1 ? ratio <= 1 : ratio >= 1)).length;
  if (outliers > (ratios.length >= MANY ? 1 : 0)) return "same";
  return middle > 1 ? "slower" : "faster";
}

/** Runs vethlab's contender of one case in both builds. Each has a directory of its own for the case's files. */
export async function compareCase(
  ours: Case,
  theirs: Case | undefined,
  effort: Effort,
  directories: { readonly ours: string; readonly theirs: string },
  starts: number,
  progress: (what: string) => void,
): Promise<Comparison | Incomparable> {
  const [now, before] = [ours.contenders[0], theirs?.contenders[0]];
  if (now === undefined || theirs === undefined || before === undefined)
    return { case: ours.name, why: "the other revision does not have this case" };
  progress(`${ours.name}: getting ready`);
  await ours.prepare(directories.ours);
  await theirs.prepare(directories.theirs);
  const figures: { now: number[]; before: number[] } = { now: [], before: [] };
  for (let start = 0; start < starts; start++) {
    progress(`${ours.name}: start ${start + 1} of ${starts}`);
    const one = await open(now, directories.ours);
    if ("why" in one) return { case: ours.name, why: one.why };
    const other = await open(before, directories.theirs).catch((error: Error) => ({ why: error.message }));
    if ("why" in other) {
      one.close();
      return { case: ours.name, why: `in the other revision: ${other.why}` };
    }
    try {
      await one.warm(effort.warm);
      await other.warm(effort.warm);
      if (start === 0) {
        const [mine, its] = [await one.check(), await other.check()];
        if (mine !== its) return { case: ours.name, why: `the work is another: ${mine} here, ${its} there` };
      }
      // Whoever comes second finds the caches as the first has left them: in turns.
      const isFirst = start % 2 === 0;
      if (isFirst) figures.now.push((await one.round(effort.round)).value);
      figures.before.push((await other.round(effort.round)).value);
      if (!isFirst) figures.now.push((await one.round(effort.round)).value);
    } finally {
      one.close();
      other.close();
    }
  }
  const ratios = figures.now.map((value, i) => value / figures.before[i]!);
  return {
    case: ours.name,
    unit: ours.unit,
    before: median(figures.before),
    now: median(figures.now),
    ratio: summarize(ratios),
    verdict: verdict(ratios),
  };
}

async function open(contender: Contender, directory: string): Promise<Session | { readonly why: string }> {
  const session = await contender.open(directory);
  return "absent" in session ? { why: session.absent } : session;
}

const HEAD = ["case", "before", "now", "unit", "now ÷ before", "min–max", ""] as const;
const LEFT: ReadonlySet<number> = new Set([0, 3, 6]);

/** One line a case. */
export function comparisonTable(results: readonly (Comparison | Incomparable)[]): string {
  const rows: (readonly string[])[] = [HEAD];
  for (const one of results) {
    if ("why" in one) continue;
    const { ratio } = one;
    const range = `${figure(ratio.min)}–${figure(ratio.max)}`;
    const moved = one.verdict === "same" ? "" : one.verdict;
    rows.push([one.case, figure(one.before), figure(one.now), one.unit, figure(ratio.median), range, moved]);
  }
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => (LEFT.has(i) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
  for (const one of results) if ("why" in one) lines.push(`${one.case} was not compared: ${one.why}`);
  return lines.join("\n");
}
