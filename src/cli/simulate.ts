import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Command } from "commander";
import { UserError } from "../linux/errors.ts";
import { type HourReport, type SimulationReport, simulateHours } from "../tools/simulate/index.ts";
import type { Outcome } from "./command.ts";
import { openFile, TO_STDOUT, writeTo } from "./files.ts";
import { IMPAIR, type ImpairFlags } from "./impair.ts";
import { integer, nonEmpty } from "./options.ts";
import { onEnd } from "./signals.ts";

interface Flags extends ImpairFlags {
  readonly hosts: number;
  readonly hours: number;
  readonly seed: number;
  readonly write?: string;
  readonly json?: boolean;
}

export function define(command: Command, outcome: Outcome): void {
  command
    .option("--hosts <count>", "stations on the segment", integer(2, 200), 50)
    .option("--hours <count>", "simulated hours", integer(1, 8760), 24)
    .option("--seed <number>", "everything follows from it", integer(0, 0xffff_ffff), 1)
    .option(...IMPAIR)
    .option(
      "-w, --write <file>",
      "a pcapng file of every frame, - for standard output: the same seed writes the same bytes",
      nonEmpty,
    )
    .option("-j, --json", "one JSON object a line")
    .addHelpText(
      "before",
      "Examples:\n  vethlab simulate\n  vethlab simulate --hosts 10 --hours 1 --seed 7 -w hour.pcapng\n" +
        "  vethlab simulate --impair 'both loss gemodel 1% 20%'\n",
    )
    .addHelpText(
      "after",
      "\nHosts of our own share a switch, on a virtual clock. They come and go, change\naddress and card, collide and ping " +
        "each other; links lose frames in bursts,\ndouble and corrupt some. Exit 1 if a reply ever carried wrong data." +
        "\nCtrl-C ends after the hour under way, with the totals of those that are over.",
    )
    .action(async (flags: Flags) => {
      outcome.code = await run(flags);
    });
}

async function run(flags: Flags): Promise<number> {
  const { hosts, hours, seed, impair, json = false, write: path = "" } = flags;
  const file = path === "" ? null : openFile(path);
  // What is written is for a program, what is told for whoever started it.
  const told = path === TO_STDOUT ? process.stderr : process.stdout;
  let isOver = false;
  const stopListening = onEnd(() => {
    isOver = true;
  });
  try {
    const simulation = simulateHours({
      hosts,
      hours,
      seed,
      ...(impair === undefined ? {} : { impairments: impair }),
      ...(file === null ? {} : { write: (bytes: Uint8Array) => writeTo(file, path, bytes) }),
      memory: memoryInUse(),
    });
    let next = simulation.next();
    if (!json) told.write(`${HEADINGS.join("  ")}\n`);
    for (; next.done !== true; next = simulation.next(isOver)) {
      told.write(json ? `${JSON.stringify({ event: "hour", ...next.value })}\n` : hourLine(next.value));
      // Whoever reads may have seen enough, whoever waits may have waited enough.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const report = next.value;
    told.write(json ? totalsJson(report, seed) : totals(report, hosts, seed));
    return report.wrong === 0 ? 0 : 1;
  } catch (error) {
    throw error instanceof RangeError ? new UserError(error.message) : error;
  } finally {
    stopListening();
    file?.close();
  }
}

/** Reads what is really in use: garbage is collected first, which Node does not offer unasked. */
function memoryInUse(): () => number {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  return () => {
    gc();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
}

const HEADINGS = [
  "hour",
  " frames",
  "  pings",
  "answered",
  "unreachable",
  "joined",
  "left",
  "conflicts",
  "taken",
  "  lost",
  "memory",
];

function hourLine(hour: HourReport): string {
  const { frames, pings, answered, unreachable, joined, left, conflicts, taken, lost } = hour;
  const values = [hour.hour, frames, pings, answered, unreachable, joined, left, conflicts, taken, lost];
  const cells = values.map((value, i) => String(value).padStart(HEADINGS[i]!.length));
  return `${cells.join("  ")}  ${(hour.memory / 1e6).toFixed(1)} MB\n`;
}

function totals(report: SimulationReport, hosts: number, seed: number): string {
  const { hours, frames, pings, answered, duplicates, wrong, conflicts, taken, changed } = report;
  return (
    `\n${hosts} hosts, ${hours.length} h, seed ${seed}: ${frames} frames, ${pings} pings, ${answered} answered, ` +
    `${duplicates} duplicates, ${wrong} with wrong data\n` +
    `${changed} came back changed, ${conflicts} gave up an address that another used, ${taken} found one taken\n` +
    `fingerprint ${report.fingerprint}\n`
  );
}

function totalsJson({ hours: _, ...report }: SimulationReport, seed: number): string {
  return `${JSON.stringify({ event: "totals", seed, ...report })}\n`;
}
