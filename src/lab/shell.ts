/**
 * A shell (or any command) inside a lab's namespace, in a process namespace of its own where the machine allows it: then
 * whatever was started in there ends when the shell does, or when the process that started it is killed.
 */
import { type ChildProcess, spawnSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { UserError } from "../linux/errors.ts";
import { findProgram, replaceProcess } from "../linux/process.ts";
import type { LabNamespace } from "./namespace.ts";

/** A mount namespace in which /sys shows the lab's interfaces, and `ip netns add` leaves nothing on the machine. */
const PREPARE =
  'mount -t sysfs sysfs /sys 2>/dev/null; mount -t tmpfs tmpfs /run/netns 2>/dev/null || mount -t tmpfs tmpfs /run 2>/dev/null; exec "$@"';

/** How unshare(1) is asked for a namespace of processes whose end is the end of all of them. */
const CONTAIN = ["--pid", "--fork", "--mount-proc", "--kill-child=KILL"] as const;

/** The package's folder, from the sources and from a bundle alike. */
const ROOT = dirname(createRequire(import.meta.url).resolve("vethlab/package.json"));
/** The folder of the `vethlab` command, so that it can be typed inside. */
const BIN = join(ROOT, "bin");

/** Starts the command in the namespace, on this process's terminal. */
export function startShell(namespace: LabNamespace, command: readonly string[]): ChildProcess {
  const inside = [...(canContain() ? ["unshare", ...CONTAIN, "--"] : []), "sh", "-c", PREPARE, "sh", ...command];
  return namespace.spawn(inside[0]!, inside.slice(1), { stdio: "inherit", env: shellEnvironment() });
}

/** The user's shell with a prompt that says where it is, or plain sh where there is no bash. */
export function shellCommand(): string[] {
  const bash = findProgram("bash");
  return bash === null ? ["sh"] : [bash, "--rcfile", join(ROOT, "scripts/shellrc")];
}

function shellEnvironment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: `${BIN}:${process.env.PATH ?? "/usr/bin:/bin"}:/usr/sbin:/sbin`,
    VETHLAB_SHELL: "lab",
  };
}

function canContain(): boolean {
  const unshare = findProgram("unshare");
  return unshare !== null && spawnSync(unshare, [...CONTAIN, "--", "true"], { stdio: "ignore" }).status === 0;
}

/**
 * Replaces this process by a shell inside the lab of another `vethlab shell`: its user, process, mount and network
 * namespaces.
 * @param pid of that vethlab, as its banner says, or of any process inside.
 * @throws {UserError} when there is no such process, or it is not in a lab, or is somebody else's.
 */
export function joinShell(pid: number, command: readonly string[]): never {
  const inside = findInside(pid);
  const nsenter = findProgram("nsenter");
  if (nsenter === null) throw new UserError("`nsenter` is missing: install it with `apt-get install util-linux`");
  const differs = (type: string) => namespaceOf(inside, type) !== namespaceOf(process.pid, type);
  const options = ["--net", "--mount", "--pid"].filter((option) =>
    differs(option.slice(2) === "mount" ? "mnt" : option.slice(2)),
  );
  if (differs("user")) options.push("--user", "--preserve-credentials");
  const setpriv = findProgram("setpriv");
  const tied = setpriv === null ? command : [setpriv, "--pdeathsig", "KILL", ...command];
  // Another mount namespace is entered at its root: back to where the user is.
  const there = ["sh", "-c", 'cd "$0" 2>/dev/null; exec "$@"', process.cwd(), ...tied];
  replaceProcess(nsenter, [nsenter, "--target", String(inside), ...options, "--", ...there], shellEnvironment());
}

/** The first process at or below `pid` that lives in another network and process namespace than this one. */
function findInside(pid: number): number {
  const home = namespaceOf(process.pid, "net");
  let candidate = pid;
  let found = 0;
  for (;;) {
    const net = namespaceOf(candidate, "net");
    if (net === "") {
      throw new UserError(`no process ${pid} that you may join: give the PID that the first \`vethlab shell\` printed`);
    }
    if (net !== home) found = candidate;
    const children = childrenOf(candidate);
    if (found !== 0 && (namespaceOf(found, "pid") !== namespaceOf(process.pid, "pid") || children.length === 0)) break;
    if (children.length === 0) break;
    candidate = children[0]!;
  }
  if (found === 0)
    throw new UserError(`process ${pid} is not in a lab: give the PID that the first \`vethlab shell\` printed`);
  return found;
}

function namespaceOf(pid: number, type: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/${type}`);
  } catch {
    return "";
  }
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return text === "" ? [] : text.split(" ").map(Number);
  } catch {
    return [];
  }
}
