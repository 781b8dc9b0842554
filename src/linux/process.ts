/** Processes that must not outlive the one that started them, and replacing this process by another. */
import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { SystemError } from "./errors.ts";
import { errno, libc, must } from "./libc.ts";

const PR_SET_PDEATHSIG = 1;
const SIGTERM = 15;
const FIONCLEX = 0x5450;
const NOTHING = new Uint8Array(8);

/** The full path of a program on PATH (and in the sbin folders, which an ordinary user's PATH often lacks), or null. */
export function findProgram(name: string): string | null {
  for (const folder of [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/bin", "/bin"]) {
    if (folder === "") continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not here: look on.
    }
  }
  return null;
}

let setpriv: string | null | undefined;

/**
 * A command line that the kernel kills when this process dies, by SIGKILL too: through setpriv(1), which replaces itself
 * by the command. Without setpriv (util-linux) the command stays as it is, and ends when it next finds its pipes closed.
 */
export function withParentDeathSignal(command: readonly string[]): string[] {
  setpriv ??= findProgram("setpriv");
  return setpriv === null ? [...command] : [setpriv, "--pdeathsig", "KILL", ...command];
}

/**
 * Asks the kernel for SIGTERM when the parent dies. `npm run` cannot pass a SIGKILL on; the kernel can.
 * @param parent the PID that was the parent when this was decided: if it is gone already, the process ends now.
 */
export function dieWithParent(parent: number): void {
  must("prctl", libc.prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0));
  if (process.ppid !== parent) process.kill(process.pid, "SIGTERM");
}

/**
 * Replaces this process by another program: one PID, one terminal, the signals go where they went. Call it before
 * anything was read from or written to standard streams, and with nothing open that must be closed.
 * @throws {SystemError} when the program cannot be executed; otherwise it does not return.
 */
export function replaceProcess(path: string, argv: readonly string[], env: NodeJS.ProcessEnv): never {
  const environment = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  // node marks the standard streams close-on-exec; the new program needs them.
  for (const fd of [0, 1, 2]) libc.ioctl(fd, FIONCLEX, NOTHING);
  libc.execve(path, [...argv, null], [...environment, null]);
  throw new SystemError("execve", errno(), path);
}

/** PIDs of the processes in a network namespace, given by its inode number; those of others, as far as one may see them. */
export function processesIn(inode: number): number[] {
  const found: number[] = [];
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      if (statSync(`/proc/${entry}/ns/net`).ino === inode) found.push(Number(entry));
    } catch {
      // Ended meanwhile, or not ours to see.
    }
  }
  return found;
}
