/** `npm run bench -- [CASE…] [--json FILE] [--html FILE] [--quick] [--peers] [--compare REV]`: runs the cases and reports. */
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CASES, selectCases } from "./cases.ts";
import { killRunning } from "./command.ts";
import { type Comparison, compareCase, comparisonTable, type Incomparable, LEAST } from "./compare.ts";
import { type Case, FULL, NOISY, type Outcome, QUICK, runCase } from "./harness.ts";
import { page } from "./html.ts";
import { type Machine, machine } from "./machine.ts";
import { absences, describeMachine, details, json, peers, type Report, table } from "./report.ts";
import { buildRevision } from "./revision.ts";

/** Starts of both builds that a comparison takes. */
const STARTS = 12;
const QUICK_STARTS = 8;

const USAGE = `usage: npm run bench -- [CASE…] [--json FILE] [--html FILE] [--quick] [--peers] [--compare REV]

  npm run bench                        everything, some minutes
  npm run bench -- parse --quick       the parse cases, in a few seconds
  npm run bench -- parse/arp --json arp.json
  npm run bench -- --html report.html  everything, as a page to project or to print
  npm run bench -- --compare HEAD~3 parse

Each case is done by vethlab and by others on the same bytes. The figure is the median of several interleaved rounds, with
the least and the greatest; "÷ vethlab" is how many times vethlab's time another took, round by round.

  --json FILE   writes the results with all rounds, and the machine
  --html FILE   writes the results as one page with plots that needs nothing else
  --quick       fewer and shorter rounds
  --peers       lists every peer as well: its version, or how to get it
  --compare REV builds another revision in a temporary directory and runs vethlab's part of the cases in both, in turns:
                both are started ${STARTS} times, and a case has moved if all starts but one say so (in a quick run of
                ${QUICK_STARTS}: all), and by more than ${LEAST * 100}% in the median. Exit code 1 if something got slower.

Cases:
${CASES.map((one) => `  ${one.name.padEnd(16)} ${one.about}`).join("\n")}
`;

/** Noisy figures that a warning names. */
const SHOWN = 6;

interface Options {
  readonly cases: readonly Case[];
  /** Path, or empty. */
  readonly json: string;
  /** Path, or empty. */
  readonly html: string;
  /** A revision, or empty. */
  readonly compare: string;
  readonly quick: boolean;
  readonly peers: boolean;
}

/**
 * Runs what the arguments ask for.
 * @returns the exit code: 0, 1 if something got slower than in the revision compared with, or 2 after a mistake in the arguments, or if a contender failed or got another result.
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
  // What was just killed may still be writing its last file there.
  const remove = () => rmSync(workdir, { recursive: true, force: true, maxRetries: 20, retryDelay: 10 });
  const interrupted = (signal: NodeJS.Signals) => {
    killRunning();
    remove();
    clearProgress();
    process.exit(signal === "SIGINT" ? 130 : 143);
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    return await (options.compare === "" ? run(options, workdir) : compare(options, workdir));
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
  for (const path of [options.json, options.html]) if (path !== "") closeSync(openSync(path, "w"));
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
  const further = details(report.results);
  const lines = [table(report.results), "", ...(further.length > 0 ? [...further, ""] : [])];
  lines.push(...(options.peers ? peers(report) : absences(report)));
  lines.push(...report.warnings.map((warning) => `warning: ${warning}`));
  process.stdout.write(`${lines.join("\n").trimEnd()}\n`);
  if (options.json !== "") writeFileSync(options.json, json(report));
  if (options.html !== "") writeFileSync(options.html, page(report, options.cases));
  return outcomes.some(({ wrong, failed }) => wrong.length + failed.length > 0) ? 2 : 0;
}

async function compare(options: Options, workdir: string): Promise<number> {
  if (options.json !== "") closeSync(openSync(options.json, "w"));
  const host = machine();
  const other = await buildRevision(options.compare, join(workdir, "revision"), showProgress);
  // Ours leaves it out of what it times (command.ts); an older revision may not.
  delete process.env.NODE_EXTRA_CA_CERTS;
  process.stdout.write(`${describeMachine(host)}\n\nbefore: ${other.name}\nnow: this checkout, as it is\n\n`);
  const directories = { ours: join(workdir, "ours"), theirs: join(workdir, "theirs") };
  for (const directory of Object.values(directories)) mkdirSync(directory);
  const starts = options.quick ? QUICK_STARTS : STARTS;
  const results: (Comparison | Incomparable)[] = [];
  for (const one of options.cases) {
    const theirs = other.cases.find(({ name }) => name === one.name);
    const effort = options.quick ? QUICK : FULL;
    results.push(await compareCase(one, theirs, effort, directories, starts, showProgress));
  }
  clearProgress();
  process.stdout.write(`${comparisonTable(results)}\n`);
  if (options.json !== "")
    writeFileSync(options.json, `${JSON.stringify({ machine: host, before: other.name, results }, null, 1)}\n`);
  return results.some((one) => "verdict" in one && one.verdict === "slower") ? 1 : 0;
}

/** Reads the arguments; null if help was asked for. */
function readArguments(argv: readonly string[]): Options | null {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      json: { type: "string", default: "" },
      html: { type: "string", default: "" },
      compare: { type: "string", default: "" },
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
  if (values.compare !== "" && values.html !== "")
    throw new Error("--html shows results, not a comparison: leave one out");
  const { json, html, compare, quick, peers } = values;
  return { cases, json, html, compare, quick, peers };
}

function warnings(host: Machine, outcomes: readonly Outcome[]): string[] {
  const lines = outcomes.flatMap(({ wrong, failed }) => [...wrong, ...failed]);
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
