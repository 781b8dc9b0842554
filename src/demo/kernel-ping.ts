/** The kernel asking for an echo: its own `ping` program, or where there is none, ours over the kernel's IP stack. */
import { createInterface } from "node:readline";
import type { LabNamespace } from "../lab/namespace.ts";
import { findProgram } from "../linux/process.ts";
import { pingThroughKernel } from "./own-kernel-ping.ts";

export interface KernelPing {
  readonly transmitted: number;
  readonly received: number;
  /** It was told that the host cannot be reached. */
  readonly unreachable: boolean;
  /** ping's exit code: 0 answered, 1 not. */
  readonly code: number;
  readonly seconds: number;
}

/** True if this machine has a `ping` of its own. */
export function hasPing(): boolean {
  return findProgram("ping") !== null;
}

/** Runs ping in a namespace. @param onLine is given each line that it prints. */
export async function runKernelPing(
  namespace: LabNamespace,
  args: readonly string[],
  onLine: (line: string) => void,
): Promise<KernelPing> {
  const started = performance.now();
  const lines: string[] = [];
  const take = (line: string) => {
    lines.push(line);
    onLine(line);
  };
  const code = hasPing() ? await runProgram(namespace, args, take) : await pingThroughKernel(namespace, args, take);
  const counts = /(\d+) packets transmitted, (\d+) (?:packets )?received/.exec(lines.join("\n"));
  return {
    transmitted: Number(counts?.[1] ?? 0),
    received: Number(counts?.[2] ?? 0),
    unreachable: lines.some((line) => line.includes("Unreachable")),
    code,
    seconds: (performance.now() - started) / 1000,
  };
}

function runProgram(namespace: LabNamespace, args: readonly string[], take: (line: string) => void): Promise<number> {
  const child = namespace.spawn("ping", args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C" },
  });
  for (const stream of [child.stdout, child.stderr]) if (stream !== null) createInterface(stream).on("line", take);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    // `close` comes after the last line was read.
    child.once("close", (code, signal) => resolve(code ?? (signal === null ? 2 : 128)));
  });
}
