/** Programs as contenders and as helpers: found, asked for their version, run from beginning to end. */
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import type { Absent } from "./harness.ts";

/** One program with its arguments. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** Variables beside this process's own; undefined for one to be left out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const running = new Set<ChildProcess>();

/** Ends every program that is running, and all that it started: for a way out that waits for nothing. */
export function killRunning(): void {
  for (const { pid } of running)
    try {
      if (pid !== undefined) process.kill(-pid, "SIGKILL");
    } catch {
      // It has just ended by itself.
    }
}

/**
 * The version that a program tells with `args`, or how to get it.
 * @param pattern what to look for in its output; the first group is the version.
 */
export function versionOf(program: string, args: readonly string[], pattern: RegExp, remedy: string): string | Absent {
  const { error, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", env: environment({}) });
  const version = error ? undefined : pattern.exec(`${stdout}\n${stderr}`)?.[1];
  return version ?? { absent: remedy };
}

/**
 * Certificates that this machine's proxy may need, which Node 20 reads before anything else, whether it makes a connection
 * or not: 30 to 50 ms. Nothing that is timed makes one.
 */
const TIMED = { NODE_EXTRA_CA_CERTS: undefined };

/**
 * Runs a program to its end, its output thrown away.
 * @returns nanoseconds from before it was started until it had ended.
 * @throws {Error} if it cannot be started or fails, with its own first words.
 */
export async function time(command: Command): Promise<number> {
  const start = process.hrtime.bigint();
  await run({ ...command, env: { ...TIMED, ...command.env } }, "ignore");
  return Number(process.hrtime.bigint() - start);
}

/** What a program prints: how many lines, and a digest of them. @throws {Error} as {@link time}. */
export async function digest(command: Command): Promise<{ readonly lines: number; readonly sha256: string }> {
  const hash = createHash("sha256");
  let lines = 0;
  await run(command, "pipe", (chunk) => {
    hash.update(chunk);
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
  });
  return { lines, sha256: hash.digest("hex") };
}

/** What a program prints, as text. @throws {Error} as {@link time}. */
export async function output(command: Command): Promise<string> {
  const chunks: Buffer[] = [];
  await run(command, "pipe", (chunk) => chunks.push(chunk));
  return Buffer.concat(chunks).toString();
}

/** What a program printed, whatever its exit code. */
export interface Printed {
  /** Each byte a character. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, which may be a failure: its complaint is part of the answer. @throws {Error} if it cannot be started. */
export function printed({ program, args, env = {} }: Command): Promise<Printed> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: environment(env) });
    const chunks: { readonly stdout: Buffer[]; readonly stderr: Buffer[] } = { stdout: [], stderr: [] };
    child.stdout.on("data", (chunk: Buffer) => chunks.stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.stderr.push(chunk));
    child.once("error", reject);
    child.once("close", () =>
      resolve({
        stdout: Buffer.concat(chunks.stdout).toString("latin1"),
        stderr: Buffer.concat(chunks.stderr).toString("latin1"),
      }),
    );
  });
}

function run(command: Command, stdout: "ignore" | "pipe", take: (chunk: Buffer) => void = () => {}): Promise<void> {
  const { program, args, env = {} } = command;
  return new Promise((resolve, reject) => {
    // A group of its own: `tsc` is a script that starts the compiler, and killing the script would leave that running.
    const options: SpawnOptions = { stdio: ["ignore", stdout, "pipe"], env: environment(env), detached: true };
    const child = spawn(program, args, options);
    running.add(child);
    let complaint = "";
    child.stdout?.on("data", take);
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      complaint = (complaint + text).slice(0, 4096);
    });
    child.once("error", (error) => {
      running.delete(child);
      reject(error);
    });
    // `exit` may come before the last output; `close` does not.
    child.once(stdout === "pipe" ? "close" : "exit", (status, signal) => {
      running.delete(child);
      if (status === 0) resolve();
      else reject(new Error(`${nameOf(command)}: ${lastWords(complaint) || (signal ?? `exit ${status}`)}`));
    });
  });
}

/** Everybody speaks the same language, and finds what an ordinary user's PATH often lacks. */
function environment(more: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: "C", PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin`, ...more };
}

/** A command in one line: of a script only where it begins. */
function nameOf({ program, args }: Command): string {
  const line = [program, ...args].join(" ").replace(/\s+/g, " ");
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}

/** What a program said before it failed, in one line: of a traceback, its end. */
function lastWords(text: string): string {
  const lines = text.trim().split("\n");
  return (/^Traceback/.test(text) ? lines.at(-1) : lines[0]) ?? "";
}
