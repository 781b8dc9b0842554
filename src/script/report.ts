/** What became of scripts, in words: a line for each, and of a failure all that helps. */
import { FramePrinter } from "../../packets/text/index.ts";
import type { LoggedFrame } from "./failure.ts";
import type { Row } from "./match-frame.ts";
import type { DeviceKind } from "./script.ts";
import type { Result, Verdict } from "./verdict.ts";

/** Written around words on a terminal. */
export interface Colours {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly dim: (text: string) => string;
}

export const PLAIN: Colours = { good: (text) => text, bad: (text) => text, dim: (text) => text };

const WORDS: Readonly<Record<Result, string>> = {
  pass: "PASS",
  fail: "FAIL",
  differs: "differs",
  stale: "STALE",
  skipped: "skipped",
};
const INDENT = "    ";

/** One script's line: what became of it on each device, its number, its title; below it why it differs or was skipped. */
export function verdictLine(verdicts: readonly Verdict[], colours: Colours = PLAIN): string {
  const { script } = verdicts[0]!;
  const columns = verdicts.map((verdict) => painted(verdict.result, colours)).join("");
  const name = `${script.id === "" ? "" : `${script.id.padEnd(4)} `}${script.title}`;
  const reasons = verdicts
    .filter(({ reason }) => reason !== "")
    .map(({ device, result, reason }) => {
      const said = result === "stale" ? `it passes, but the script says: ${reason}` : reason;
      return `${" ".repeat(WIDTH * verdicts.length)}${colours.dim(`${device}: ${said}`)}\n`;
    });
  return `${columns}${name}\n${[...new Set(reasons)].join("")}`;
}

/** The devices' names over the columns of {@link verdictLine}. */
export function headLine(kinds: readonly DeviceKind[], colours: Colours = PLAIN): string {
  return `${colours.dim(kinds.map((kind) => kind.padEnd(WIDTH)).join(""))}\n`;
}

const WIDTH = 11;

function painted(result: Result, { good, bad, dim }: Colours): string {
  const paint = result === "pass" ? good : result === "fail" || result === "stale" ? bad : dim;
  return `${paint(WORDS[result])}${" ".repeat(WIDTH - WORDS[result].length)}`;
}

/** Where it failed, expected and seen side by side, and the last frames. */
export function failureText(verdict: Verdict, colours: Colours = PLAIN, isVerbose = false): string {
  if (verdict.failure === null) return "";
  const { line, text, message, rows, frames } = verdict.failure;
  return [
    `${INDENT}${verdict.device}: ${verdict.script.file}:${line}: ${text}\n`,
    `${INDENT}${colours.bad(message)}\n`,
    sideBySide(isVerbose ? rows : rows.filter(({ ok, named }) => named || !ok), colours),
    framesText(frames, colours),
  ].join("");
}

function sideBySide(rows: readonly Row[], colours: Colours): string {
  if (rows.length === 0) return "";
  const head = { field: "", expected: "expected", seen: "seen" };
  const width = (of: (row: Pick<Row, "field" | "expected" | "seen">) => string): number =>
    Math.max(...[head, ...rows].map((row) => of(row).length));
  const [field, expected] = [width((row) => row.field), width((row) => row.expected)];
  const line = (mark: string, row: Pick<Row, "field" | "expected" | "seen">): string =>
    `${INDENT}${mark} ${row.field.padEnd(field)}  ${row.expected.padEnd(expected)}  ${row.seen}`;
  const lines = rows.map((row) => (row.ok ? line(" ", row) : colours.bad(line("!", row))));
  return `${[colours.dim(line(" ", head)), ...lines].join("\n")}\n`;
}

function framesText(frames: readonly LoggedFrame[], colours: Colours): string {
  if (frames.length === 0) return `${INDENT}${colours.dim("no frame was on the wire")}\n`;
  const isSeveral = new Set(frames.map(({ port }) => port)).size > 1;
  const lines = frames.map(({ time, isOurs, port, bytes }) => {
    const seconds = (time / 1e9).toFixed(6).padStart(10);
    return `${INDENT}${seconds} ${isSeveral ? `${port} ` : ""}${isOurs ? "inject" : "seen  "} ${frameLine(bytes)}\n`;
  });
  return `${INDENT}${colours.dim("the last frames, seconds since the start:")}\n${lines.join("")}`;
}

const printer = new FramePrinter({ linkHeader: true, timestamp: "none" });

/** A frame as `tcpdump -te` prints it. */
export function frameLine(bytes: Uint8Array): string {
  printer.print(bytes, 0, bytes.length, bytes.length, 0, 0);
  const text = new TextDecoder().decode(printer.out.bytes());
  printer.out.clear();
  return text.split("\n")[0]!;
}

/** `12 passed, 1 failed, 2 differ as they say, 1 skipped`. */
export function summary(verdicts: readonly Verdict[]): string {
  const count = (result: Result): number => verdicts.filter((verdict) => verdict.result === result).length;
  const parts = [
    `${count("pass")} passed`,
    `${count("fail")} failed`,
    ...some(count("differs"), "differ as they say"),
    ...some(count("stale"), "no longer differ"),
    ...some(count("skipped"), "skipped"),
  ];
  return `${parts.join(", ")}\n`;
}

function some(count: number, what: string): string[] {
  return count === 0 ? [] : [`${count} ${what}`];
}
