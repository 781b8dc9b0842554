import { spawn, spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import { findCommand, ROOT, SBIN } from "./paths.js";

// Tests run in network, mount and process namespaces of their own, as root too: interfaces, named namespaces (in
// /run/netns) and sysctls of the machine stay untouched, and what a killed test leaves behind goes when the tests end. A
// veth pair made and removed is the proof: on some machines `unshare` succeeds and the first `ip link add` is refused.
const PREPARE = `
mount -t tmpfs -o mode=755 tmpfs /run &&
ip link set dev lo up &&
ip link add name vltry0 type veth peer name vltry1 &&
ip link del dev vltry0`;
// The shell stays, as the first process of its namespace, to collect orphans that have ended.
const RUN = `
"$@"
exit $?`;
// Started as root, tcpdump becomes another user before it reads a file, or gives up, and tshark complains; a user namespace
// has no other. There they are started in one more, in which their user is not called root: good for files, not to capture.
const READERS = `
mkdir /run/bin
for name in tcpdump tshark; do
  if program=$(command -v $name); then
    printf '#!/bin/sh\\nexec unshare --user --map-user=1000 --map-group=1000 -- %s "$@"\\n' "$program" >/run/bin/$name
    chmod 755 /run/bin/$name
  fi
done
PATH=/run/bin:$PATH`;

const ROOT_FLAGS = ["--net", "--mount"];
const USER_FLAGS = ["--user", "--map-root-user", ...ROOT_FLAGS];
// Refused in containers that mask parts of /proc: not a must.
const PID_FLAGS = ["--pid", "--fork", "--kill-child", "--mount-proc"];

// The other loader writes a file beside vitest.config.ts, in a checkout that may be somebody else's.
const READ_ONLY = ["--configLoader", "runner"];

/** How long vitest may take to end after Ctrl-C, in milliseconds. */
const GRACE = 3000;

/** Runs vitest; further arguments are its own. @returns its exit code. */
export async function runTests(args) {
  process.env.PATH = [process.env.PATH, ...SBIN].join(delimiter);
  const { privilege, reason, flags } = findPrivilege();
  const vitest = [process.execPath, join(ROOT, "node_modules/vitest/vitest.mjs"), "run", ...READ_ONLY, ...args];
  const script = `${PREPARE} || exit 2${privilege === "userns" ? READERS : ""}${RUN}`;
  const command = flags === undefined ? vitest : ["unshare", ...flags, "sh", "-c", script, "sh", ...vitest];
  process.stderr.write(`tests: ${reason}\n`);
  const env = { ...process.env, VETHLAB_TEST_PRIVILEGE: privilege, VETHLAB_TEST_REASON: reason };
  return outcome(spawn(command[0], command.slice(1), { cwd: ROOT, stdio: "inherit", env }));
}

function findPrivilege() {
  if (findCommand("unshare") === undefined || findCommand("ip") === undefined) {
    return { privilege: "none", reason: "no network namespaces: the command ip or unshare is missing" };
  }
  const ways = [
    { privilege: "root", reason: "as root, in namespaces of their own", flags: ROOT_FLAGS },
    { privilege: "userns", reason: "as an ordinary user, in namespaces of their own", flags: USER_FLAGS },
  ].filter(({ privilege }) => privilege !== "root" || process.geteuid() === 0);
  let refusal = "";
  for (const way of ways) {
    for (const flags of [[...way.flags, ...PID_FLAGS], way.flags]) {
      refusal = attempt(flags);
      if (refusal === "") return { ...way, flags };
    }
  }
  return { privilege: "none", reason: `no network namespaces: ${refusal} (\`bin/vethlab doctor\` says more)` };
}

/** Tries to make a veth pair. @returns what the kernel or a command said against it, or nothing. */
function attempt(flags) {
  const { status, stderr } = spawnSync("unshare", [...flags, "sh", "-c", PREPARE], { encoding: "utf8" });
  return status === 0 ? "" : stderr.trim().split("\n").pop() || `unshare ${flags.join(" ")} failed`;
}

// Ctrl-C at a terminal reaches vitest by itself, which then has a moment to end. Otherwise SIGKILL: unshare takes all
// that runs in the process namespace with it. The same if npm is killed.
function outcome(child) {
  const parent = process.ppid;
  const end = () => child.kill("SIGKILL");
  let signalled = 0;
  const onSignal = (signal, number) => {
    signalled = 128 + number;
    setTimeout(end, signal === "SIGINT" ? GRACE : 0).unref();
  };
  for (const [signal, number] of [
    ["SIGHUP", 1],
    ["SIGINT", 2],
    ["SIGTERM", 15],
  ]) {
    process.on(signal, () => onSignal(signal, number));
  }
  const watch = setInterval(() => {
    if (process.ppid !== parent) end();
  }, 300);
  return new Promise((resolve) => {
    child.on("error", (error) => {
      process.stderr.write(`tests: ${error.message}\n`);
      resolve(2);
    });
    child.on("exit", (code) => {
      clearInterval(watch);
      resolve(signalled || (code ?? 1));
    });
  });
}
