/** Runs scripts on devices and says what became of each: also whether a known difference still is one. */

import type { OpenDevice } from "./device.ts";
import { openHost } from "./devices/host.ts";
import { openKernel } from "./devices/kernel.ts";
import { openSimulated } from "./devices/simulated.ts";
import type { Failure } from "./failure.ts";
import { runScript } from "./run.ts";
import type { DeviceKind, Script } from "./script.ts";

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
 * @throws {UserError} without the privileges that it takes.
 */
export async function judge(script: Script, kind: DeviceKind, open: OpenDevice = OPEN[kind]): Promise<Verdict> {
  const skipped = script.skipped.get(kind);
  if (skipped !== undefined) return { script, device: kind, result: "skipped", reason: skipped, failure: null };
  const device = open(script.setup);
  let failure: Failure | null;
  try {
    failure = await runScript(script, device);
  } finally {
    device.close();
  }
  const reason = script.differs.get(kind);
  if (reason === undefined)
    return { script, device: kind, result: failure === null ? "pass" : "fail", reason: "", failure };
  return { script, device: kind, result: failure === null ? "stale" : "differs", reason, failure };
}

/** A script and what to run it on. */
export interface Job {
  readonly script: Script;
  readonly device: DeviceKind;
}

/** Runs on real wires at once: most of their time is spent waiting. */
const AT_ONCE = 12;

/**
 * Runs many, several at a time where they wait for real time.
 * @param onVerdict told of each as it is done. @returns the verdicts in the order of the jobs.
 */
export async function judgeAll(jobs: readonly Job[], onVerdict?: (verdict: Verdict) => void): Promise<Verdict[]> {
  const verdicts: Verdict[] = new Array(jobs.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < jobs.length) {
      const i = next++;
      const { script, device } = jobs[i]!;
      verdicts[i] = await judge(script, device);
      onVerdict?.(verdicts[i]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, jobs.length) }, worker));
  return verdicts;
}
