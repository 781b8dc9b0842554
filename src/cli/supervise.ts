/**
 * Running a command over libpcap in a process of its own. The package `cap` ends its process by an assertion when the
 * interface goes down; the user gets one line instead.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { UserError } from "../linux/errors.ts";
import { withParentDeathSignal } from "../linux/process.ts";

const MARK = "VETHLAB_CAP";
/** What `cap` and the C library print that helps nobody here. */
const NOISE = /no IPv4 address assigned|Assertion `.*' failed/;

/**
 * Runs this very command line again, as a child that dies with us.
 * @param name the interface, for the message. @returns the child's exit code.
 * @throws {UserError} when the interface went down under it.
 */
export async function superviseCap(name: string): Promise<number> {
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const [program, ...args] = withParentDeathSignal(again);
  const child = spawn(program!, args, { stdio: ["inherit", "inherit", "pipe"], env: { ...process.env, [MARK]: "1" } });
  let hasExplained = false;
  createInterface(child.stderr).on("line", (line) => {
    if (NOISE.test(line)) return;
    hasExplained ||= line.startsWith("vethlab ");
    process.stderr.write(`${line}\n`);
  });
  // The terminal sends Ctrl-C and Ctrl-\ to the child itself; what is sent to us alone is passed on.
  const forward = (signal: NodeJS.Signals) => process.on(signal, () => child.kill(signal));
  for (const signal of ["SIGINT", "SIGQUIT"] as const)
    process.on(signal, () => process.stdin.isTTY || child.kill(signal));
  forward("SIGTERM");
  forward("SIGHUP");
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (signal === "SIGABRT" && !hasExplained)
        reject(new UserError(`${name} went down, which libpcap's binding \`cap\` does not survive; --via packet does`));
      else resolve(code ?? 2);
    });
  });
}

/** True in the child. */
superviseCap.inside = (): boolean => process.env[MARK] !== undefined;
