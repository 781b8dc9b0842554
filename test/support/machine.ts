/**
 * What a command must leave as it found it: links, named namespaces, and processes. Others may use the machine at the
 * same time, so our processes are known by a mark in their environment, which everything they start inherits; a
 * namespace without a name lives only as long as a process of its own.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import { until } from "./until.ts";

/** In the environment of every command that a test starts. */
export const MARK = { VETHLAB_TEST_MARK: `${process.pid}-${Date.now()}` } as const;

export interface MachineState {
  readonly links: string;
  readonly names: readonly string[];
  /** Processes that bear the mark: their PID and command. */
  readonly processes: readonly string[];
}

/** The state now. */
export function machineState(): MachineState {
  return {
    links: execFileSync("ip", ["-brief", "link"], { encoding: "utf8" }),
    names: execFileSync("ip", ["netns", "list"], { encoding: "utf8" }).split("\n").filter(isOurs).sort(),
    processes: readdirSync("/proc")
      .filter((entry) => /^\d+$/.test(entry))
      .flatMap(markedProcess),
  };
}

/** Other tests' named namespaces, running at the same time, are not ours to judge. */
function isOurs(name: string): boolean {
  return name.startsWith("vltest") || name.startsWith("lab-");
}

function markedProcess(pid: string): string[] {
  try {
    if (!readFileSync(`/proc/${pid}/environ`, "utf8").includes(`VETHLAB_TEST_MARK=${MARK.VETHLAB_TEST_MARK}`))
      return [];
    return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()}`];
  } catch {
    // Ended meanwhile, or not ours to see.
    return [];
  }
}

/** What `after` has and `before` had not. */
export function leftBehind(before: MachineState, after: MachineState): string[] {
  const extra = (was: readonly string[], is: readonly string[]) => is.filter((item) => !was.includes(item));
  return [
    ...(before.links === after.links ? [] : [`links: ${after.links}`]),
    ...extra(before.names, after.names),
    ...extra(before.processes, after.processes),
  ];
}

/** Fails unless, within a few seconds, nothing is left of what was started since `before`. */
export async function nothingLeft(before: MachineState): Promise<void> {
  let left: string[] = [];
  await until(() => {
    left = leftBehind(before, machineState());
    return left.length === 0;
  }).catch(() => {});
  expect(left).toEqual([]);
}
