/**
 * May this process do what a lab takes, and if not, how could it? Root may. An ordinary user may in a user namespace of
 * their own (user_namespaces(7)), where the machine allows it.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { UserError } from "./errors.ts";
import { findProgram, replaceProcess } from "./process.ts";

const CAP_NET_ADMIN = 12n;
const CAP_NET_RAW = 13n;
const CAP_SYS_ADMIN = 21n;

/** Set in the environment of a process that was started again inside a user namespace, so that it happens once. */
const MARK = "VETHLAB_ROOTLESS";

/** How unshare(1) is asked for a user namespace in which a lab can be built. */
const UNSHARE = ["--user", "--map-root-user", "--net", "--mount"] as const;

/** The effective capabilities, as a bit set. */
export function effectiveCapabilities(): bigint {
  const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return BigInt(`0x${line?.[1] ?? "0"}`);
}

/** True if this process may make namespaces, links and packet sockets. */
export function canBuildLabs(): boolean {
  const have = effectiveCapabilities();
  return [CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN].every((bit) => (have & (1n << bit)) !== 0n);
}

/** True if this process runs in a user namespace that it was started again in. */
export function isRootless(): boolean {
  return process.env[MARK] !== undefined;
}

/** What a trial showed: whether an ordinary user can build a lab here, and if not, which setting stands in the way. */
export type RootlessVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string; readonly fix: string };

/** Tries it: makes a veth pair in a user namespace. Reading settings alone would not tell. */
export function tryRootless(): RootlessVerdict {
  const unshare = findProgram("unshare");
  if (unshare === null)
    return { ok: false, reason: "`unshare` is missing", fix: "install it with `apt-get install util-linux`" };
  const trial = spawnSync(
    unshare,
    [...UNSHARE, "ip", "link", "add", "name", "vl0", "type", "veth", "peer", "name", "vl1"],
    {
      encoding: "utf8",
      env: { ...process.env, PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin`, LC_ALL: "C" },
    },
  );
  if (trial.status === 0) return { ok: true };
  return explainRefusal(trial.stderr ?? "", readSetting);
}

/** Finds the setting that forbids it. @internal exported for its tests. */
export function explainRefusal(stderr: string, setting: (name: string) => string | null): RootlessVerdict {
  if (/failed to execute ip|ip: not found|No such file/.test(stderr))
    return { ok: false, reason: "the `ip` command is missing", fix: "install it with `apt-get install iproute2`" };
  if (setting("kernel.unprivileged_userns_clone") === "0")
    return {
      ok: false,
      reason: "kernel.unprivileged_userns_clone is 0: ordinary users may not make user namespaces",
      fix: "as root: `sysctl -w kernel.unprivileged_userns_clone=1`",
    };
  if (setting("user.max_user_namespaces") === "0")
    return {
      ok: false,
      reason: "user.max_user_namespaces is 0: nobody may make user namespaces",
      fix: "as root: `sysctl -w user.max_user_namespaces=15000`",
    };
  if (setting("user.max_net_namespaces") === "0")
    return {
      ok: false,
      reason: "user.max_net_namespaces is 0: nobody may make network namespaces",
      fix: "as root: `sysctl -w user.max_net_namespaces=15000`",
    };
  if (setting("kernel.apparmor_restrict_unprivileged_userns") === "1")
    return {
      ok: false,
      reason: "kernel.apparmor_restrict_unprivileged_userns is 1: AppArmor takes a user namespace's rights away",
      fix:
        "allow it for unshare alone, as root: `apt-get install apparmor-profiles && ln -s " +
        "/usr/share/apparmor/extra-profiles/unshare-userns-restrict /etc/apparmor.d/ && systemctl reload apparmor`; " +
        "or for everybody: `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`",
    };
  const said = stderr.trim().split("\n")[0] ?? "";
  return {
    ok: false,
    reason: `this machine refuses user namespaces${said === "" ? "" : ` (${said})`}; a container often does`,
    fix: "run as root",
  };
}

/** A sysctl's value, or null if this kernel has no such setting. */
export function readSetting(name: string): string | null {
  try {
    return readFileSync(`/proc/sys/${name.replaceAll(".", "/")}`, "utf8").trim();
  } catch {
    return null;
  }
}

/**
 * Makes sure that a lab can be built: returns if it can; otherwise starts this very command line again in a user
 * namespace, in place of this process (same PID, terminal and signals), where it can.
 * @throws {UserError} when the machine forbids it: the setting and the fix.
 */
export function requireLabPrivileges(): void {
  if (canBuildLabs()) return;
  const verdict: RootlessVerdict = isRootless()
    ? { ok: false, reason: "the user namespace lacks the rights to build networks", fix: "run as root" }
    : tryRootless();
  if (!verdict.ok)
    throw new UserError(`building a lab needs root, or a user namespace: ${verdict.reason}. ${verdict.fix}`);
  restartWith([...UNSHARE]);
}

/**
 * Starts this command line again under unshare(1) with other options, in place of this process.
 * @param options unshare's.
 */
function restartWith(options: readonly string[]): never {
  const unshare = findProgram("unshare")!;
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  replaceProcess(unshare, [unshare, ...options, "--", ...again], { ...process.env, [MARK]: "1" });
}

/**
 * Starts this command line again inside the user namespace of another process (an ordinary user's own lab), in place of
 * this process. Returns if there is nothing to enter, or it may not be: opening the namespace then says why.
 * @param pid a process of the lab.
 */
export function joinUserNamespace(pid: number): void {
  if (process.getuid?.() === 0 || isRootless()) return;
  const theirs = userNamespace(pid);
  if (theirs === "" || theirs === userNamespace(process.pid)) return;
  const nsenter = findProgram("nsenter");
  if (nsenter === null) throw new UserError("`nsenter` is missing: install it with `apt-get install util-linux`");
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const options = ["--target", String(pid), "--user", "--preserve-credentials"];
  replaceProcess(nsenter, [nsenter, ...options, "--", ...again], { ...process.env, [MARK]: "1" });
}

function userNamespace(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/user`);
  } catch {
    return "";
  }
}
