import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { UserError } from "../linux/errors.ts";
import { requireLabPrivileges } from "../linux/privilege.ts";
import {
  type Colours,
  DEVICE_KINDS,
  type DeviceKind,
  failureText,
  isBad,
  type Job,
  judgeAll,
  PLAIN,
  parseScripts,
  type Script,
  ScriptError,
  summary,
  type Verdict,
  verdictLine,
} from "../script/index.ts";
import type { Outcome } from "./command.ts";
import { choice } from "./options.ts";
import { wantsColour } from "./terminal.ts";

interface Flags {
  readonly on: DeviceKind | "all";
  readonly json?: boolean;
  readonly verbose?: boolean;
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
    .option("--no-color", "plain text")
    .addHelpText(
      "before",
      "Examples:\n  vethlab script conformance/arp\n  vethlab script --on all my.frames\n\nThe language: docs/scripts.md\n",
    )
    .action(async (files: string[], flags: Flags) => {
      const scripts = files.flatMap(filesIn).flatMap(read);
      const kinds = flags.on === "all" ? DEVICE_KINDS : [flags.on];
      if (kinds.some((kind) => kind !== "simulated")) requireLabPrivileges();
      const jobs = scripts.flatMap((script) => kinds.map((device): Job => ({ script, device })));
      const colours = wantsColour(flags.color) ? ANSI : PLAIN;
      const verdicts = await judgeAll(jobs, (verdict) => {
        process.stdout.write(
          flags.json === true ? jsonLine(verdict) : describe(verdict, colours, flags.verbose === true),
        );
      });
      if (flags.json !== true) process.stdout.write(summary(verdicts));
      outcome.code = verdicts.some(isBad) ? 1 : 0;
    });
}

function describe(verdict: Verdict, colours: Colours, isVerbose: boolean): string {
  const line = verdictLine(verdict, colours);
  const { failure, result, script } = verdict;
  if (failure === null || (result === "differs" && !isVerbose)) return line;
  return line + failureText(script.file, failure, colours, isVerbose);
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
    throw new UserError(`cannot read ${path}: ${(error as NodeJS.ErrnoException).code ?? error}`);
  }
}

function read(file: string): Script[] {
  try {
    return parseScripts(readFileSync(file, "utf8"), file);
  } catch (error) {
    if (error instanceof ScriptError) throw new UserError(error.text);
    throw error;
  }
}
