import { readdirSync, readFileSync, statSync } from "node:fs";
import { release } from "node:os";
import { dirname, join, relative } from "node:path";
import type { Command } from "commander";
import { UserError } from "../linux/errors.ts";
import { requireLabPrivileges } from "../linux/privilege.ts";
import {
  type Colours,
  conformanceText,
  DEVICE_KINDS,
  type DeviceKind,
  failureText,
  headLine,
  isBad,
  judgeAll,
  PLAIN,
  parseScripts,
  ScriptError,
  summary,
  type Verdict,
  verdictLine,
} from "../script/index.ts";
import type { Outcome } from "./command.ts";
import { checkFile, openFile, reasonOf, TO_STDOUT, writeTo } from "./files.ts";
import { choice, nonEmpty } from "./options.ts";
import { ScriptCapture } from "./script-capture.ts";
import { wantsColour } from "./terminal.ts";

interface Flags {
  readonly on: DeviceKind | "all";
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly report?: string;
  readonly write?: string;
  readonly color: boolean;
}

const SUFFIX = ".frames";
const ANSI: Colours = {
  good: (text) => `\x1b[32m${text}\x1b[0m`,
  bad: (text) => `\x1b[31m${text}\x1b[0m`,
  dim: (text) => `\x1b[2m${text}\x1b[0m`,
};

export function define(command: Command, outcome: Outcome): void {
  command
    .argument("<file...>", `scripts, or folders of them (*${SUFFIX})`)
    .option(
      "--on <device>",
      "simulated: our host on a wire in memory, virtual time; host: our host on a veth; kernel: Linux; all: each of them",
      choice(...DEVICE_KINDS, "all"),
      "simulated",
    )
    .option("-j, --json", "one JSON object a line: a verdict for each script and device")
    .option("-v, --verbose", "of what failed, also the fields that are right; of what differs, how")
    .option(
      "--report <file>",
      "write a table of what is required and who keeps it (Markdown); goes with --on all",
      nonEmpty,
    )
    .option("-w, --write <file>", "a pcapng file of every frame, its test's title as a comment", nonEmpty)
    .option("--no-color", "plain text")
    .addHelpText(
      "before",
      "Examples:\n  vethlab script conformance/arp\n  vethlab script --on all my.frames\n\nThe language: docs/scripts.md\n",
    )
    .action(async (files: string[], flags: Flags) => {
      try {
        outcome.code = await run(files, flags);
      } catch (error) {
        if (error instanceof ScriptError) throw new UserError(error.text);
        throw error;
      }
    });
}

async function run(files: readonly string[], flags: Flags): Promise<number> {
  const { report } = flags;
  if (report !== undefined && flags.on !== "all") throw new UserError("--report compares all devices: add --on all");
  const scripts = files.flatMap(filesIn).flatMap((file) => parseScripts(readFileSync(file, "utf8"), file));
  const kinds = flags.on === "all" ? DEVICE_KINDS : [flags.on];
  if (kinds.some((kind) => kind !== "simulated")) requireLabPrivileges();
  const colours = wantsColour(flags.color) ? ANSI : PLAIN;
  const isJson = flags.json === true;
  if (report !== undefined) checkFile(report);
  const capture = flags.write === undefined ? null : new ScriptCapture(flags.write);
  // What is written is for a program, what is told for whoever started it.
  const told = [report, flags.write].includes(TO_STDOUT) ? process.stderr : process.stdout;
  if (!isJson) told.write(headLine(kinds, colours));
  const progress = new Progress();
  const tell = (done: readonly Verdict[]): void => {
    progress.hide();
    told.write(isJson ? done.map(jsonLine).join("") : describe(done, colours, flags.verbose === true));
  };
  const verdicts = await judgeAll(scripts, kinds, {
    onDone: tell,
    onProgress: (done, of) => progress.show(done, of),
    ...(capture === null ? {} : { onFrame: (...frame) => capture.add(...frame) }),
  });
  progress.hide();
  capture?.save(verdicts);
  if (!isJson) told.write(summary(verdicts));
  if (report !== undefined) {
    const sheet = openFile(report);
    writeTo(sheet, report, new TextEncoder().encode(reportText(report, verdicts)));
    sheet.close();
  }
  return verdicts.some(isBad) ? 1 : 0;
}

/** A line that comes and goes on a terminal, since the first lines wait for the longest scripts. */
class Progress {
  readonly #isWanted = process.stderr.isTTY === true && process.stdout.isTTY === true && process.env.TERM !== "dumb";
  #isShown = false;

  show(done: number, of: number): void {
    if (!this.#isWanted || done === of) return;
    process.stderr.write(`\r${done} of ${of}`);
    this.#isShown = true;
  }

  hide(): void {
    if (this.#isShown) process.stderr.write("\r\x1b[K");
    this.#isShown = false;
  }
}

function describe(verdicts: readonly Verdict[], colours: Colours, isVerbose: boolean): string {
  const shown = verdicts.filter(({ result }) => result === "fail" || (isVerbose && result === "differs"));
  return verdictLine(verdicts, colours) + shown.map((verdict) => failureText(verdict, colours, isVerbose)).join("");
}

function reportText(path: string, verdicts: readonly Verdict[]): string {
  const [major, minor] = release().split(".");
  return conformanceText(verdicts, { kernel: `${major}.${minor}`, link: (file) => relative(dirname(path), file) });
}

function jsonLine({ script, device, result, reason, failure }: Verdict): string {
  const { file, line, id, level, source, title } = script;
  const shown =
    failure === null ? {} : { failure: { line: failure.line, message: failure.message, fields: failure.rows } };
  return `${JSON.stringify({ file, line, id, level, source, title, device, result, reason, ...shown })}\n`;
}

/** @throws {UserError} when there is no such file. */
function filesIn(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(SUFFIX));
    if (names.length === 0) throw new UserError(`no script in ${path}: they end in ${SUFFIX}`);
    return names.sort().map((name) => join(path, name));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot read ${path}: ${reasonOf(error)}`);
  }
}
