import { closeSync, openSync, writeSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Command } from "commander";
import { UserError } from "../linux/errors.ts";
import { type HourReport, type SimulationReport, simulateHours } from "../tools/simulate/index.ts";
import type { Outcome } from "./command.ts";
import { IMPAIR, type ImpairFlags } from "./impair.ts";
import { integer, nonEmpty } from "./options.ts";

interface Flags extends ImpairFlags {
  readonly hosts: number;
  readonly hours: number;
  readonly seed: number;
  readonly write?: string;
  readonly json?: boolean;
}

export function define(command: Command, outcome: Outcome): void {
  command
    .option("--hosts <count>", "stations on the segment (50)", integer(2, 200), 50)
    .option("--hours <count>", "simulated hours (24)", integer(1, 8760), 24)
    .option("--seed <number>", "everything follows from it (1)", integer(0, 0xffff_ffff), 1)
    .option(...IMPAIR)
    .option("-w, --write <file>", "a pcapng file of every frame: the same seed writes the same bytes", nonEmpty)
    .option("-j, --json", "one JSON object a line")
    .addHelpText(
      "before",
      "Examples:\n  vethlab simulate\n  vethlab simulate --hosts 10 --hours 1 --seed 7 -w hour.pcapng\n" +
        "  vethlab simulate --impair 'both loss gemodel 1% 20%'\n",
    )
    .addHelpText(
      "after",
      "\nHosts of our own share a switch, on a virtual clock. They come and go, change address and card, collide and ping" +
        "\neach other; links lose frames in bursts, double and corrupt some. Exit 1 if a reply ever carried wrong data.",
    )
    .action(async (flags: Flags) => {
      outcome.code = await run(flags);
    });
}

async function run(flags: Flags): Promise<number> {
  const { hosts, hours, seed, impair, json = false } = flags;
  const file = flags.write === undefined ? null : open(flags.write);
  try {
    const simulation = simulateHours({
      hosts,
      hours,
      seed,
      ...(impair === undefined ? {} : { impairments: impair }),
      ...(file === null ? {} : { write: (bytes: Uint8Array) => writeAll(file, flags.write ?? "", bytes) }),
      memory: memoryInUse(),
    });
    let next = simulation.next();
    if (!json) process.stdout.write(`${HEADINGS.join("  ")}\n`);
    for (; next.done !== true; next = simulation.next()) {
      process.stdout.write(json ? `${JSON.stringify({ event: "hour", ...next.value })}\n` : hourLine(next.value));
      // Whoever reads may have seen enough.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const report = next.value;
    process.stdout.write(json ? totalsJson(report, seed) : totals(report, hosts, seed));
    return report.wrong === 0 ? 0 : 1;
  } catch (error) {
    throw error instanceof RangeError ? new UserError(error.message) : error;
  } finally {
    if (file !== null) closeSync(file);
  }
}

function open(path: string): number {
  try {
    return openSync(path, "w");
  } catch (error) {
    throw new UserError(`cannot write ${path}: ${(error as Error).message}`);
  }
}

function writeAll(fd: number, path: string, bytes: Uint8Array): void {
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
  } catch (error) {
    throw new UserError(`cannot write ${path}: ${(error as Error).message}`);
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
