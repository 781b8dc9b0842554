/**
 * Compares one capture: tcpdump is run once an option set (and once to tell the protocols), our printer prints the same
 * frames in this process. Frames are paired by number, so that one line too many spoils its own frame only.
 */
import { FramePrinter } from "../../packets/text/index.ts";
import { isCaptureError, openCapture } from "../../src/capture/index.ts";
import { tcpdump } from "../cases/sniffers.ts";
import { type Printed, printed } from "../command.ts";
import { compareHeader, compareLines, type Difference, linesOf, splitFrames, type Tally } from "./lines.ts";
import type { OptionSet } from "./options.ts";
import { outOfScope } from "./scope.ts";

/** How the lines of one file with one option set compare. */
export interface SetResult {
  readonly options: string;
  /** Lines of frames whose protocols are all in scope, hexadecimal dumps not counted. */
  readonly text: Tally;
  /** Lines of hexadecimal dumps; with -x and -X also those of frames out of scope. */
  readonly hex: Tally;
  /** Frames out of scope, compared up to the transport header. */
  readonly headers: Tally;
  /** The first difference, or null. */
  readonly first: Difference | null;
}

export interface FileResult {
  readonly file: string;
  /** Why it was not compared at all, or null. */
  readonly skipped: string | null;
  /** What is wrong with the file (everything before that was compared), or null. */
  readonly damage: string | null;
  readonly frames: number;
  /** Protocols out of scope, with how many frames they are the reason for. */
  readonly outside: Readonly<Record<string, number>>;
  readonly sets: readonly SetResult[];
}

interface Frame {
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly seconds: number;
  readonly nanoseconds: number;
}

export async function compareFile(file: string, sets: readonly OptionSet[]): Promise<FileResult> {
  const nothing = { file, damage: null, frames: 0, outside: {}, sets: [] };
  const read = await readFrames(file);
  if (typeof read === "string") return { ...nothing, skipped: read };
  const { frames, damage } = read;
  if (frames.length === 0) return { ...nothing, skipped: damage ?? "no frames" };
  const plain = await run(file, ["-n", "-t"]);
  const names = splitFrames(plain.stdout).map((text) => outOfScope(text.replace(/^ *\d+ {2}/, "")));
  const outside: Record<string, number> = {};
  for (const name of names) if (name !== null) outside[name] = (outside[name] ?? 0) + 1;
  const results: SetResult[] = [];
  for (const set of sets) results.push(compareSet(set, splitFrames((await run(file, set.args)).stdout), frames, names));
  const complaint = plain.stderr.split("\n").find((line) => /^tcpdump: /.test(line)) ?? null;
  return { file, skipped: null, damage: damage ?? complaint, frames: frames.length, outside, sets: results };
}

function run(file: string, args: readonly string[]): Promise<Printed> {
  return printed({ ...tcpdump(...args, "-#", "-r", file), env: { TZ: "UTC" } });
}

function compareSet(set: OptionSet, theirs: string[], frames: readonly Frame[], names: (string | null)[]): SetResult {
  const result = { text: tally(), hex: tally(), headers: tally() };
  let first: Difference | null = null;
  const printer = new FramePrinter(set.text);
  for (let i = 0; i < Math.max(theirs.length, frames.length); i++) {
    const [their, our] = [theirs[i] ?? "", i < frames.length ? print(printer, frames[i]!, i + 1) : ""];
    const [left, right] = [linesOf(their), linesOf(our)];
    const isOutside = names[i] != null;
    const difference =
      isOutside && their !== our
        ? compareHeader(left.text.join("\n"), right.text.join("\n"), result.headers, i + 1)
        : compareLines(left.text, right.text, isOutside ? tally() : result.text, i + 1);
    if (isOutside && their === our) {
      result.headers.agree++;
      result.headers.total++;
    }
    first ??= difference;
    if (isOutside && !set.isHex) continue;
    // Of a protocol out of scope tcpdump may dump parts before the whole frame.
    const theirHex = isOutside ? left.hex.slice(-right.hex.length) : left.hex;
    const bytes = compareLines(theirHex, right.hex, result.hex, i + 1);
    first ??= bytes;
  }
  return { options: set.name, ...result, first };
}

function tally(): Tally {
  return { agree: 0, total: 0 };
}

function print(printer: FramePrinter, { bytes, length, seconds, nanoseconds }: Frame, number: number): string {
  printer.out.clear();
  printer.print(bytes, 0, bytes.length, length, seconds, nanoseconds, number);
  return Buffer.from(printer.out.bytes()).toString("latin1");
}

/** All frames of a file, or why it cannot be opened. */
async function readFrames(file: string): Promise<{ frames: Frame[]; damage: string | null } | string> {
  const reader = await openCapture(file);
  if (isCaptureError(reader)) return reader.message;
  const frames: Frame[] = [];
  for await (const batch of reader) {
    for (let i = 0; i < batch.count; i++) {
      frames.push({
        bytes: batch.buffer.slice(batch.offset[i]!, batch.offset[i]! + batch.length[i]!),
        length: batch.originalLength[i]!,
        seconds: batch.seconds[i]!,
        nanoseconds: batch.nanoseconds[i]!,
      });
    }
  }
  const { error } = reader;
  return { frames, damage: error === null ? null : `${error.message} (at byte ${error.offset})` };
}
