import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import type { Command } from "commander";
import { isCaptureError, openCapture } from "../capture/index.ts";
import { UserError } from "../linux/errors.ts";
import { diagramSvg, type Report, reportHtml, reportOn, reportText } from "../tools/report/index.ts";
import type { Outcome } from "./command.ts";
import { given, integer, nonEmpty } from "./options.ts";
import { terminalOutput } from "./terminal.ts";

interface Flags {
  readonly json?: boolean;
  readonly svg?: string;
  readonly html?: string;
  readonly events?: number;
  readonly width?: number;
  readonly color: boolean;
}

export function define(command: Command, outcome: Outcome): void {
  command
    .argument("<file>", "a capture file (pcap or pcapng, compressed or not); - for standard input")
    .option("-j, --json", "the report as one JSON object")
    .option("--svg <file>", "draw the sequence diagram into this file", nonEmpty)
    .option("--html <file>", "write the report as a page into this file", nonEmpty)
    .option("--events <count>", "frames in the sequence diagram, at most (40)", integer(1, 10_000))
    .option("--width <columns>", "how wide the text is; the terminal's width if not given", integer(40, 1000))
    .option("--no-color", "plain text")
    .addHelpText(
      "before",
      "Examples:\n  vethlab explain lab.pcapng\n  vethlab explain lab.pcapng --html lab.html\n" +
        "  vethlab explain lab.pcapng --json | jq '.findings[] | {code, count}'\n",
    )
    .addHelpText(
      "after",
      "\nExit code: 0 nothing is wrong in it (there may be notes), 1 there are warnings,\n2 the file cannot be read to its end " +
        "(what came before the damage is reported\nall the same).",
    )
    .action(async (file: string, flags: Flags) => {
      outcome.code = await explain(file, flags);
    });
}

async function explain(file: string, flags: Flags): Promise<number> {
  const reader = await openCapture(file);
  if (isCaptureError(reader)) throw new UserError(`${file}: ${reader.message}`);
  const name = file === "-" ? "standard input" : basename(file);
  const progress = showProgress();
  const report = await reportOn(reader, name, { progress: progress.update, ...given("events", flags.events) });
  progress.clear();
  write(flags.svg, () => diagramSvg(report.diagram, name));
  write(flags.html, () => reportHtml(report));
  if (flags.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else if (flags.svg === undefined && flags.html === undefined) print(report, flags);
  if (report.damage === null) return report.summary.warnings > 0 ? 1 : 0;
  process.stderr.write(`vethlab explain: ${file}: ${report.damage}\n`);
  return 2;
}

function print(report: Report, flags: Flags): void {
  const { write: out, colour, width } = terminalOutput(flags.color);
  out(reportText(report, { width: flags.width ?? width, colour }));
}

function write(path: string | undefined, content: () => string): void {
  if (path === undefined) return;
  try {
    writeFileSync(path, content());
  } catch (error) {
    throw new UserError(`cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** How far it is, on a terminal, a few times a second at most. */
function showProgress(): { update: (frames: number) => void; clear: () => void } {
  if (process.stderr.isTTY !== true) return { update: () => {}, clear: () => {} };
  let shown = Date.now();
  let isShown = false;
  const update = (frames: number) => {
    const now = Date.now();
    if (now - shown < 500) return;
    shown = now;
    isShown = true;
    process.stderr.write(`\r${frames} frames read `);
  };
  return { update, clear: () => void (isShown && process.stderr.write("\r\x1b[K")) };
}
