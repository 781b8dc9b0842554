/** Runs scripts on devices and says what became of each: also whether a known difference still is one. */

import { type DeviceUnderTest, type OpenDevice, Unsupported } from "./device.ts";
import { HostBenches, openHost, settle } from "./devices/host.ts";
import { openKernel } from "./devices/kernel.ts";
import { openSimulated } from "./devices/simulated.ts";
import type { Failure } from "./failure.ts";
import { runScript } from "./run.ts";
import type { DeviceKind, Script } from "./script.ts";
import { ScriptError } from "./tokens.ts";

/**
 * - `pass`: as the script says.
 * - `fail`: otherwise.
 * - `differs`: it fails, and the script says that it does on this device.
 * - `stale`: it passes, although the script says that it fails.
 * - `skipped`: it cannot be run on this device.
 */
export type Result = "pass" | "fail" | "differs" | "stale" | "skipped";

export interface Verdict {
  readonly script: Script;
  readonly device: DeviceKind;
  readonly result: Result;
  /** Why it differs or was skipped; empty otherwise. */
  readonly reason: string;
  /** What went wrong, of `fail` and `differs`. */
  readonly failure: Failure | null;
}

export const OPEN: Readonly<Record<DeviceKind, OpenDevice>> = {
  simulated: openSimulated,
  host: openHost,
  kernel: openKernel,
};

/** True for results that are not as they should be. */
export function isBad({ result }: Verdict): boolean {
  return result === "fail" || result === "stale";
}

/**
 * Runs one script on a device of its own.
 * @param open makes the device, unless the usual one is wanted.
 * @throws {UserError} without the privileges that it takes. @throws {ScriptError} for a device that cannot be.
 */
export async function judge(script: Script, device: DeviceKind, open: OpenDevice = OPEN[device]): Promise<Verdict> {
  const verdict = (result: Result, reason = "", failure: Failure | null = null): Verdict => ({
    script,
    device,
    result,
    reason,
    failure,
  });
  const skipped = script.skipped.get(device);
  if (skipped !== undefined) return verdict("skipped", skipped);
  let failure: Failure | null;
  try {
    failure = await runOn(open(script.setup), script);
  } catch (error) {
    if (error instanceof Unsupported) return verdict("skipped", error.message);
    // What a host of ours cannot be made of.
    if (error instanceof RangeError) throw new ScriptError(error.message, script.line, 1, script.file);
    throw error;
  }
  const reason = script.differs.get(device);
  if (reason === undefined) return verdict(failure === null ? "pass" : "fail", "", failure);
  return verdict(failure === null ? "stale" : "differs", reason, failure);
}

async function runOn(device: DeviceUnderTest, script: Script): Promise<Failure | null> {
  try {
    return await runScript(script, device);
  } finally {
    device.close();
  }
}

/** Runs on real wires at once: most of their time is spent waiting. */
const AT_ONCE = 16;

/**
 * Runs scripts on several kinds of device each: on simulated wires one after the other, on real ones many at a time.
 * @param onDone told of each script's verdicts, in the order of `kinds`, script after script.
 */
export async function judgeAll(
  scripts: readonly Script[],
  kinds: readonly DeviceKind[],
  onDone?: (verdicts: readonly Verdict[]) => void,
): Promise<Verdict[]> {
  const jobs = scripts.flatMap((script) => kinds.map((device) => ({ script, device })));
  const verdicts: (Verdict | undefined)[] = new Array(jobs.length).fill(undefined);
  const benches = new HostBenches();
  let told = 0;
  const run = async (i: number): Promise<void> => {
    const { script, device } = jobs[i]!;
    verdicts[i] = await judge(script, device, device === "host" ? (setup) => benches.open(setup) : OPEN[device]);
    for (; told < jobs.length; told += kinds.length) {
      const done = verdicts.slice(told, told + kinds.length).filter((verdict) => verdict !== undefined);
      if (done.length < kinds.length) break;
      onDone?.(done);
    }
  };
  const isVirtual = (i: number): boolean => jobs[i]!.device === "simulated";
  const all = jobs.map((_, i) => i);
  for (const i of all.filter(isVirtual)) await run(i);
  const waiting = all.filter((i) => !isVirtual(i));
  // Making a device holds everybody up for some milliseconds: one at a time, and between two the frames that came are seen.
  let turn = Promise.resolve();
  const worker = async (): Promise<void> => {
    for (let i = waiting.shift(); i !== undefined; i = waiting.shift()) {
      turn = turn.then(settle);
      await turn;
      await run(i);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, waiting.length) }, worker));
  } finally {
    benches.close();
  }
  return verdicts as Verdict[];
}
