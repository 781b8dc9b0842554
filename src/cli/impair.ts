/** `--impair` and `--seed`: an impairment on the link that a command opens, and the line that says what it did. */
import { InvalidArgumentError } from "commander";
import { ImpairedLink, type Impairments, type PathStats, parseImpairments } from "../link/impair/index.ts";
import type { Link } from "../link/link.ts";
import { UserError } from "../linux/errors.ts";
import { realClock } from "../stack/clock.ts";
import { integer } from "./options.ts";

export interface ImpairFlags {
  readonly impair?: Impairments;
  readonly seed?: number;
}

/** The two options, for `Command.option`. */
export const IMPAIR = [
  "--impair <text>",
  "impair what is sent, in netem's words, such as `loss 5% delay 10ms 2ms`; after `in` what is received, after `both` both",
  impairments,
] as const;
export const SEED = [
  "--seed <number>",
  "with --impair: the same decisions in every run",
  integer(0, 0xffff_ffff),
] as const;

function impairments(text: string): Impairments {
  const result = parseImpairments(text);
  if (typeof result !== "string") return result;
  throw new InvalidArgumentError(`It cannot be read: ${result}.`);
}

/** The link with its impairment around it; the link itself if none was asked for. @throws {UserError} */
export function impaired(link: Link, { impair, seed }: ImpairFlags): Link {
  if (impair === undefined && seed === undefined) return link;
  try {
    if (impair === undefined) throw new RangeError("--seed alone decides nothing: say what it is for");
    return new ImpairedLink(link, { clock: realClock, seed, ...impair });
  } catch (error) {
    link.close();
    throw error instanceof RangeError ? new UserError(`--impair: ${error.message}`) : error;
  }
}

/** What an impairment did, a line for each direction that frames came to; empty for a link without. */
export function impairmentLines(command: string, link: Link): string {
  if (!(link instanceof ImpairedLink)) return "";
  const { in: received, out: sent } = link.impairments();
  const lines = [line("received", received), line("sent", sent)].filter((text) => text !== "");
  return lines.map((text) => `vethlab ${command}: ${text} (seed ${link.seed})\n`).join("");
}

function line(way: string, stats: PathStats): string {
  if (stats.taken === 0) return "";
  const { lost, duplicated, corrupted, reordered, delayed, overLimit, overMtu } = stats;
  const parts = Object.entries({
    lost,
    duplicated,
    corrupted,
    reordered,
    delayed,
    "dropped by the queue's limit": overLimit,
    "dropped by the MTU": overMtu,
  });
  const told = parts.filter(([, count]) => count > 0).map(([what, count]) => `${count} ${what}`);
  return `${stats.taken} frame${stats.taken === 1 ? "" : "s"} ${way}: ${told.join(", ") || "nothing happened to any"}`;
}
