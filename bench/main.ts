/** `npm run bench -- [CASE…] [--json FILE] [--quick] [--peers]`: runs the cases and reports. */
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CASES, selectCases } from "./cases.ts";
import { type Case, FULL, NOISY, type Outcome, QUICK, runCase } from "./harness.ts";
import { type Machine, machine } from "./machine.ts";
import { absences, describeMachine, json, peers, type Report, table } from "./report.ts";

const USAGE = `usage: npm run bench -- [CASE…] [--json FILE] [--quick] [--peers]

  npm run bench                        everything, about a minute
  npm run bench -- parse --quick       the parse cases, in a few seconds
  npm run bench -- parse/arp --json arp.json

Each case is done by vethlab and by others on the same bytes. The figure is the median of several interleaved rounds, with
the least and the greatest; "÷ vethlab" is how many times vethlab's time another took, round by round.

  --json FILE   writes the results with all rounds, and the machine
  --quick       fewer and shorter rounds
  --peers       lists every peer as well: its version, or how to get it

Cases:
${CASES.map((one) => `  ${one.name.padEnd(16)} ${one.about}`).join("\n")}
`;

/** Noisy figures that a warning names. */
const SHOWN = 6;

interface Options {
  readonly cases: readonly Case[];
  /** Path, or empty. */
  readonly json: string;
  readonly quick: boolean;
  readonly peers: boolean;
}

/**
 * Runs what the arguments ask for.
 * @returns the exit code: 0, or 2 after a mistake in the arguments, or if a contender failed or got another result.
 */
export async function main(argv: string[]): Promise<number> {
  // Whoever read us may have gone (head, less); the JSON still gets written.
  process.stdout.on("error", () => {});
  let options: Options | null;
  try {
    options = readArguments(argv);
  } catch (error) {
    return fail(messageOf(error));
  }
  if (options === null) {
    process.stdout.write(USAGE);
    return 0;
  }
  const workdir = mkdtempSync(join(tmpdir(), "vethlab-bench-"));
  const remove = () => rmSync(workdir, { recursive: true, force: true });
  const interrupted = (signal: NodeJS.Signals) => {
    remove();
    clearProgress();
    process.exit(signal === "SIGINT" ? 130 : 143);
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    return await run(options, workdir);
  } catch (error) {
    return fail(messageOf(error));
  } finally {
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
    clearProgress();
    remove();
  }
}

async function run(options: Options, workdir: string): Promise<number> {
  // Opened first: a path that cannot be written should not cost a whole run.
  if (options.json !== "") closeSync(openSync(options.json, "w"));
  const host = machine();
  process.stdout.write(`${describeMachine(host)}\n\n`);
  const outcomes: Outcome[] = [];
  for (const one of options.cases) {
    outcomes.push(await runCase(one, options.quick ? QUICK : FULL, workdir, showProgress));
  }
  clearProgress();
  const report: Report = {
    machine: host,
    results: outcomes.flatMap((outcome) => outcome.results),
    absent: outcomes.flatMap((outcome) => outcome.absent),
    warnings: warnings(host, outcomes),
  };
  const lines = [table(report.results), ""];
  lines.push(...(options.peers ? peers(report) : absences(report)));
  lines.push(...report.warnings.map((warning) => `warning: ${warning}`));
  process.stdout.write(`${lines.join("\n").trimEnd()}\n`);
  if (options.json !== "") writeFileSync(options.json, json(report));
  return outcomes.some((outcome) => outcome.wrong.length > 0) ? 2 : 0;
}

/** Reads the arguments; null if help was asked for. */
function readArguments(argv: readonly string[]): Options | null {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      json: { type: "string", default: "" },
      quick: { type: "boolean", default: false },
      peers: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  const cases = selectCases(positionals);
  if ("unknown" in cases) {
    const meant = cases.meant === undefined ? "" : ` (did you mean ${cases.meant}?)`;
    throw new Error(`no case ${cases.unknown}${meant}; there are ${CASES.map((one) => one.name).join(", ")}`);
  }
  return { cases, json: values.json, quick: values.quick, peers: values.peers };
}

function warnings(host: Machine, outcomes: readonly Outcome[]): string[] {
  const lines = outcomes.flatMap((outcome) => outcome.wrong);
  const noisy = outcomes.flatMap((outcome) => outcome.noisy);
  if (host.load > host.cores / 2) {
    lines.push(
      `other work was running (load ${host.load} on ${host.cores} cores): trust the ratios more than the times`,
    );
  }
  if (noisy.length > 0) {
    const share = `the middle half of their rounds lies more than ${NOISY * 100}% of the median apart`;
    const more = noisy.length > SHOWN ? ` and ${noisy.length - SHOWN} more` : "";
    lines.push(`the machine is too noisy for ${noisy.slice(0, SHOWN).join(", ")}${more}: ${share}`);
  }
  return lines;
}

function showProgress(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`);
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
}

function fail(message: string): number {
  process.stderr.write(`bench: ${message}\n`);
  return 2;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.split("\n")[0]! : String(error);
}
