/** All cases, in the order of the report. */
import { answerCases } from "./cases/answer.ts";
import { bringUpCases } from "./cases/bring-up.ts";
import { buildCases } from "./cases/build.ts";
import { checksumCases } from "./cases/checksum.ts";
import { fileCases } from "./cases/file.ts";
import { parseCases } from "./cases/parse.ts";
import { printCases } from "./cases/print.ts";
import { rttCases } from "./cases/rtt.ts";
import { rxCases } from "./cases/rx.ts";
import { tableCases } from "./cases/table.ts";
import { txCases } from "./cases/tx.ts";
import type { Case } from "./harness.ts";

export const CASES: readonly Case[] = [
  ...parseCases,
  ...buildCases,
  ...checksumCases,
  ...tableCases,
  ...printCases,
  ...fileCases,
  ...rxCases,
  ...txCases,
  ...rttCases,
  ...answerCases,
  ...bringUpCases,
];

/** A name that is no case's and no group's. */
export interface Unknown {
  readonly unknown: string;
  /** The name that was probably meant, if any is near. */
  readonly meant: string | undefined;
}

/**
 * The cases that names stand for: a case's own name, or its part before the slash for the whole group. Without names,
 * all of them. Each once, in the order of the report.
 */
export function selectCases(names: readonly string[], cases: readonly Case[] = CASES): readonly Case[] | Unknown {
  for (const name of names) {
    if (!cases.some((one) => isNamed(one, name))) return { unknown: name, meant: nearest(name, cases) };
  }
  return names.length === 0 ? cases : cases.filter((one) => names.some((name) => isNamed(one, name)));
}

function isNamed(one: Case, name: string): boolean {
  return one.name === name || one.name.startsWith(`${name}/`);
}

function nearest(name: string, cases: readonly Case[]): string | undefined {
  const names = new Set(cases.flatMap((one) => [one.name, one.name.replace(/\/.*/, "")]));
  const [first] = [...names]
    .map((candidate) => ({ candidate, distance: distance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  // Letters that were all replaced are another word.
  const near = first && first.distance <= Math.max(2, name.length / 3) && first.distance < first.candidate.length;
  return near ? first.candidate : undefined;
}

/** Levenshtein: letters inserted, left out or replaced. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
