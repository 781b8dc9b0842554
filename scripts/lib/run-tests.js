import { spawn, spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import { findCommand, ROOT, SBIN } from "./paths.js";

// Tests run in a network namespace and a mount namespace of their own, as root too: interfaces, named namespaces (in
// /run/netns) and sysctls of the machine stay untouched, and what a killed test leaves behind goes with it. A veth pair
// made and removed is the proof: on some machines `unshare` succeeds and the first `ip link add` is refused.
const PREPARE = `
mount -t tmpfs -o mode=755 tmpfs /run &&
ip link set dev lo up &&
ip link add name vltry0 type veth peer name vltry1 &&
ip link del dev vltry0`;

// The other loader writes a file beside vitest.config.ts, in a checkout that may be somebody else's.
const READ_ONLY = ["--configLoader", "runner"];

const AS_ROOT = ["--net", "--mount"];
const IN_USERNS = ["--user", "--map-root-user", "--net", "--mount"];

/** Runs vitest; further arguments are its own. @returns its exit code. */
export async function runTests(args) {
  process.env.PATH = [process.env.PATH, ...SBIN].join(delimiter);
  const { privilege, reason, flags } = findPrivilege();
  const vitest = [process.execPath, join(ROOT, "node_modules/vitest/vitest.mjs"), "run", ...READ_ONLY, ...args];
  const command =
    flags === undefined ? vitest : ["unshare", ...flags, "sh", "-c", `${PREPARE} && exec "$@"`, "sh", ...vitest];
  process.stderr.write(`tests: ${reason}\n`);
  const env = { ...process.env, VETHLAB_TEST_PRIVILEGE: privilege, VETHLAB_TEST_REASON: reason };
  const child = spawn(command[0], command.slice(1), { cwd: ROOT, stdio: "inherit", env });
  return outcome(child);
}

function findPrivilege() {
  if (findCommand("unshare") === undefined || findCommand("ip") === undefined) {
    return { privilege: "none", reason: "no network namespaces: the command ip or unshare is missing" };
  }
  const root = process.geteuid() === 0 ? attempt(AS_ROOT) : "not root";
  if (root === "")
    return { privilege: "root", reason: "as root, in network and mount namespaces of their own", flags: AS_ROOT };
  const userns = attempt(IN_USERNS);
  if (userns === "")
    return { privilege: "userns", reason: "in user, network and mount namespaces of their own", flags: IN_USERNS };
  return { privilege: "none", reason: `no network namespaces: ${userns} (\`bin/vethlab doctor\` says more)` };
}

function attempt(flags) {
  const { status, stderr } = spawnSync("unshare", [...flags, "sh", "-c", PREPARE], { encoding: "utf8" });
  return status === 0 ? "" : stderr.trim().split("\n").pop() || `unshare ${flags.join(" ")} failed`;
}

// Ctrl-C at a terminal reaches vitest by itself; a signal for this process alone is passed on. If npm is killed, vitest
// ends as well.
function outcome(child) {
  const parent = process.ppid;
  const end = (signal) => child.kill(signal);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => end(signal));
  const watch = setInterval(() => {
    if (process.ppid !== parent) end("SIGTERM");
  }, 500);
  return new Promise((resolve) => {
    child.on("error", (error) => {
      process.stderr.write(`tests: ${error.message}\n`);
      resolve(2);
    });
    child.on("exit", (code, signal) => {
      clearInterval(watch);
      resolve(code ?? (signal === "SIGINT" ? 130 : 143));
    });
  });
}
