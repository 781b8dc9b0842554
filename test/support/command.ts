/** The command as users start it: bin/vethlab, which runs what `npm test` has just built. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { MARK } from "./machine.ts";

export const VETHLAB = fileURLToPath(new URL("../../bin/vethlab", import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it to its end, without input. */
export function vethlab(...args: string[]): Finished {
  const result = spawnSync(process.execPath, [VETHLAB, ...args], {
    encoding: "utf8",
    input: "",
    timeout: 60_000,
    maxBuffer: 1 << 28,
    env: { ...process.env, ...MARK, NO_COLOR: "1" },
  });
  return { code: result.status, signal: result.signal, stdout: result.stdout, stderr: result.stderr };
}

/** A running command: what it has printed so far, and its end. */
export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  readonly done: Promise<Finished>;
}

/** Starts it (or another program) and goes on. */
export function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...MARK, NO_COLOR: "1", ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const done = new Promise<Finished>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, pid: child.pid ?? 0, stdout: () => stdout, stderr: () => stderr, done };
}

/** Starts `vethlab …`. */
export function startVethlab(...args: string[]): Running {
  return start(process.execPath, [VETHLAB, ...args]);
}
