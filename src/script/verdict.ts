/** Runs scripts on devices and says what became of each: also whether a known difference still is one. */

import { type DeviceUnderTest, type OpenDevice, Unsupported } from "./device.ts";
import { openHost } from "./devices/host.ts";
import { openKernel } from "./devices/kernel.ts";
import { openSimulated } from "./devices/simulated.ts";
import type { Failure, LoggedFrame } from "./failure.ts";
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

/** A script on a device that was made for it. */
export interface Prepared {
  /** @param onFrame told of every frame. */
  run(onFrame?: (frame: LoggedFrame) => void): Promise<Verdict>;
  /** Takes the device away where it was not run. */
  close(): void;
}

/**
 * Runs one script on a device of its own.
 * @param open makes the device, unless the usual one is wanted.
 * @throws {UserError} without the privileges that it takes. @throws {ScriptError} for a device that cannot be.
 */
export function judge(script: Script, device: DeviceKind, open?: OpenDevice): Promise<Verdict> {
  return prepare(script, device, open).run();
}

/** The first half of {@link judge}: makes the device. @throws {UserError} @throws {ScriptError} as there. */
export function prepare(script: Script, kind: DeviceKind, open: OpenDevice = OPEN[kind]): Prepared {
  const verdict = (result: Result, reason: string, failure: Failure | null = null): Verdict => ({
    script,
    device: kind,
    result,
    reason,
    failure,
  });
  const skip = (reason: string): Prepared => ({ run: async () => verdict("skipped", reason), close: () => {} });
  const skipped = script.skipped.get(kind);
  if (skipped !== undefined) return skip(skipped);
  let device: DeviceUnderTest;
  try {
    device = open(script.setup);
  } catch (error) {
    if (error instanceof Unsupported) return skip(error.message);
    // What a host of ours cannot be made of.
    if (error instanceof RangeError) throw new ScriptError(error.message, script.line, 1, script.file);
    throw error;
  }
  return {
    close: () => device.close(),
    async run(onFrame) {
      let failure: Failure | null;
      try {
        failure = await runScript(script, device, onFrame);
      } catch (error) {
        if (error instanceof Unsupported) return verdict("skipped", error.message);
        throw error;
      } finally {
        device.close();
      }
      const reason = script.differs.get(kind);
      if (reason === undefined) return verdict(failure === null ? "pass" : "fail", "", failure);
      return verdict(failure === null ? "stale" : "differs", reason, failure);
    },
  };
}
