/** The lines of one frame, ours beside tcpdump's: how many agree, and where they first differ. */
import { headerOf } from "./scope.ts";

export interface Tally {
  agree: number;
  total: number;
}

/** Where two texts of a frame differ first. */
export interface Difference {
  /** Counted from 1. */
  readonly frame: number;
  /** The line, or empty where there is none. */
  readonly theirs: string;
  readonly ours: string;
}

/** A line of bytes in hexadecimal, as -x and -X print them and -v does for unknown payload. */
const HEX_LINE = /^\t*\s*0x[0-9a-f]{4,}: /;

/** A frame's lines, hexadecimal ones apart from the others. */
export function linesOf(text: string): { readonly text: string[]; readonly hex: string[] } {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return {
    text: lines.filter((line) => !HEX_LINE.test(line)),
    hex: lines.filter((line) => HEX_LINE.test(line)),
  };
}

/** Counts lines that both sides have, in the same order, out of the longer side's. @returns the first difference or null. */
export function compareLines(theirs: readonly string[], ours: readonly string[], tally: Tally, frame: number) {
  tally.agree += common(theirs, ours);
  const count = Math.max(theirs.length, ours.length);
  tally.total += count;
  for (let i = 0; i < count; i++) {
    if (theirs[i] !== ours[i]) return { frame, theirs: theirs[i] ?? "", ours: ours[i] ?? "" };
  }
  return null;
}

/** Counts a frame as agreeing if ours begins with tcpdump's text up to the transport header. */
export function compareHeader(theirs: string, ours: string, tally: Tally, frame: number): Difference | null {
  tally.total++;
  const header = headerOf(theirs);
  if (ours.startsWith(header)) {
    tally.agree++;
    return null;
  }
  const [left, right] = [header.split("\n"), ours.split("\n")];
  const at = left.findIndex((line, i) => line !== right[i]?.slice(0, line.length));
  return { frame, theirs: left[at] ?? "", ours: right[at] ?? "" };
}

/** Length of the longest common subsequence: what `diff` would leave unmarked. */
function common(a: readonly string[], b: readonly string[]): number {
  let from = 0;
  while (from < a.length && a[from] === b[from]) from++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - from && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const [left, right] = [a.slice(from, a.length - end), b.slice(from, b.length - end)];
  let row = new Array<number>(right.length + 1).fill(0);
  for (const line of left) {
    const next = [0];
    right.forEach((other, i) => {
      next.push(line === other ? row[i]! + 1 : Math.max(row[i + 1]!, next[i]!));
    });
    row = next;
  }
  return from + end + row[right.length]!;
}

/** Splits what tcpdump printed with -# by frame; what follows a frame's first line belongs to it. */
export function splitFrames(text: string): string[] {
  const frames: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf("\n", at);
    const next = end < 0 ? text.length : end + 1;
    if (at > 0 && startsWithNumber(text, at, frames.length + 2)) {
      frames.push(text.slice(from, at));
      from = at;
    }
    at = next;
  }
  if (text.length > 0) frames.push(text.slice(from));
  return frames;
}

function startsWithNumber(text: string, at: number, number: number): boolean {
  return text.startsWith(`${String(number).padStart(5)}  `, at);
}
