/**
 * The `ip` command of iproute2: how links are made, moved, addressed and taken away. Commands go in one batch, so a whole
 * lab costs one process; they run in the namespace that the thread is in.
 */
import { UserError } from "./errors.ts";

/** `ip` said no. `message` is iproute2's own first line, with the command that it refused. */
export class IpError extends Error {
  override readonly name = "IpError";
  readonly command: string;

  constructor(command: string, message: string) {
    super(`ip ${command}: ${message}`);
    this.command = command;
  }
}

const SEARCH_PATH = `${process.env.PATH ?? ""}:/usr/sbin:/sbin:/usr/bin:/bin`;

/**
 * Runs `ip` commands, in order, in one process; the first that fails ends the batch.
 * @param commands without the leading `ip`, as `link set dev ve0 up`.
 * @throws {IpError} naming the command that failed and iproute2's own words. @throws {UserError} when `ip` is missing.
 */
export function ipBatch(commands: readonly string[]): void {
  if (commands.length === 0) return;
  const result = runIp(["-batch", "-"], `${commands.join("\n")}\n`);
  if (result.status === 0) return;
  const failed = /Command failed -:(\d+)/.exec(result.stderr);
  const command = commands[failed === null ? 0 : Number(failed[1]) - 1] ?? commands.join("; ");
  throw new IpError(command, firstLine(result.stderr));
}

/**
 * Runs one `ip -json` query.
 * @throws {IpError} with iproute2's own words. @throws {UserError} when `ip` is missing.
 */
export function ipJson<T>(...args: string[]): T[] {
  const result = runIp(["-json", ...args], "");
  if (result.status !== 0) throw new IpError(args.join(" "), firstLine(result.stderr));
  return result.stdout.trim() === "" ? [] : (JSON.parse(result.stdout) as T[]);
}

function runIp(args: string[], input: string): { status: number | null; stdout: string; stderr: string } {
  // Loaded when it is needed: it takes Node several milliseconds.
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const result = spawnSync("ip", args, {
    input,
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, PATH: SEARCH_PATH, LC_ALL: "C" },
  });
  if (result.error !== undefined) {
    if ((result.error as NodeJS.ErrnoException).code === "ENOENT")
      throw new UserError("the `ip` command is missing: install it with `apt-get install iproute2`");
    throw result.error;
  }
  return result;
}

function firstLine(text: string): string {
  const line = text.split("\n").find((candidate) => candidate.trim() !== "" && !candidate.startsWith("Command failed"));
  return (line ?? "failed without a message").replace(/^(Error: |RTNETLINK answers: )/, "").trim();
}
