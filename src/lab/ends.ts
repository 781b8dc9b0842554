/** The ends of all labs that run on this machine: lasting ones, and those of running `vethlab shell`s. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { UserError } from "../linux/errors.ts";
import { list } from "./named.ts";

/** One end of a cable in a lab. */
export interface LabEnd {
  /** The lab's name; `shell-PID` for a shell's, PID being of a process in there. */
  readonly lab: string;
  /** What `--netns` takes for its namespace: a name or a PID. */
  readonly netns: string;
  readonly interface: string;
}

/** Set by `vethlab shell` for everything that runs inside. */
const SHELL_MARK = "VETHLAB_SHELL=lab";

/** The ends that this user may look at: those of lasting labs take root. */
export function runningEnds(): LabEnd[] {
  return [...namedEnds(), ...shellEnds()];
}

function namedEnds(): LabEnd[] {
  try {
    return list().flatMap(({ name, ends }) =>
      ends
        .filter(({ present }) => present)
        .map(({ namespace, interface: port }) => ({ lab: name, netns: namespace, interface: port })),
    );
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}

function shellEnds(): LabEnd[] {
  const home = namespaceOf("self");
  const seen = new Set([home]);
  const found: LabEnd[] = [];
  const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  // A shell's first process is there as long as its lab is.
  for (const pid of pids.sort((a, b) => Number(a) - Number(b))) {
    const namespace = namespaceOf(pid);
    if (namespace === null || seen.has(namespace) || !isMarked(pid)) continue;
    seen.add(namespace);
    for (const name of interfacesOf(pid)) found.push({ lab: `shell-${pid}`, netns: pid, interface: name });
  }
  return found;
}

/** Null for processes that have ended, or are not ours to see. */
function namespaceOf(pid: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return null;
  }
}

function isMarked(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(SHELL_MARK);
  } catch {
    return false;
  }
}

/** The interfaces of a process's namespace but its loopback, in their order. */
function interfacesOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/net/dev`, "utf8")
      .split("\n")
      .slice(2)
      .flatMap((line) => /^\s*([^\s:]+):/.exec(line)?.[1] ?? [])
      .filter((name) => name !== "lo")
      .sort();
  } catch {
    return [];
  }
}
