import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./child.js";
import { hasPcapHeaders } from "./dependencies.js";
import { findCommand } from "./paths.js";
import { SetUpError, say, step } from "./report.js";

/** What vethlab itself cannot do without. */
const IPROUTE2 = [{ name: "iproute2", there: () => findCommand("ip") !== undefined }];

/** What the tests compare with, as Debian packages. */
const ORACLES = [
  ...IPROUTE2,
  { name: "iputils-ping", there: () => says("ping", "iputils") },
  { name: "iputils-arping", there: () => says("arping", "iputils") },
  { name: "iputils-tracepath", there: () => findCommand("tracepath") !== undefined },
  { name: "traceroute", there: () => findCommand("traceroute") !== undefined },
  { name: "tcpdump", there: () => findCommand("tcpdump") !== undefined },
  { name: "tshark", there: () => findCommand("tshark") !== undefined },
  { name: "libpcap0.8", there: hasPcap },
  { name: "libpcap-dev", there: hasPcapHeaders },
];

/** How other distributions install iproute2. */
const OTHER_MANAGERS = [
  ["dnf", "dnf install -y iproute"],
  ["pacman", "pacman -S --noconfirm iproute2"],
  ["zypper", "zypper install -y iproute2"],
  ["apk", "apk add iproute2"],
];

/**
 * Sees to the `ip` command: installs it as root with apt-get.
 * @throws {SetUpError} with the command to type where that cannot be.
 */
export async function needIproute2() {
  const missing = namesOf(IPROUTE2);
  if (missing.length === 0) return;
  if (canInstall()) {
    const output = await install(missing);
    if (namesOf(IPROUTE2).length > 0) throw new SetUpError("apt-get could not install iproute2", output);
    return;
  }
  const other = OTHER_MANAGERS.find(([manager]) => findCommand(manager) !== undefined)?.[1];
  const command = other === undefined ? aptCommand(missing) : `${isRoot() ? "" : "sudo "}${other}`;
  throw new SetUpError(`the command \`ip\` is missing; type: ${command}`);
}

/** Sees to what the tests compare with. What cannot be had is named; the tests that need it are skipped and say so. */
export async function wantOracles() {
  let wanted = namesOf(ORACLES);
  // Debian's other arping and iputils' exclude each other: the user's own choice stays.
  if (wanted.includes("iputils-arping") && findCommand("arping") !== undefined) {
    say("tests that need iputils' arping are skipped: another arping is installed, and apt-get would remove it");
    wanted = wanted.filter((name) => name !== "iputils-arping");
  }
  if (wanted.length === 0) return;
  if (!canInstall()) {
    say(`tests that need ${wanted.join(", ")} are skipped; to run them too: ${aptCommand(wanted)}`);
    return;
  }
  const output = await install(wanted);
  const missing = namesOf(ORACLES).filter((name) => wanted.includes(name));
  if (missing.length > 0)
    say(`apt-get could not install ${missing.join(", ")}: tests that need them are skipped. ${lastLine(output)}`);
}

function namesOf(packages) {
  return packages.filter(({ there }) => !there()).map(({ name }) => name);
}

// The command for a user to type; a machine without package lists needs them first.
function aptCommand(names) {
  const sudo = isRoot() ? "" : "sudo ";
  const install = `${sudo}apt-get install -y --no-install-recommends ${names.join(" ")}`;
  return hasPackageLists() ? install : `${sudo}apt-get update && ${install}`;
}

function hasPackageLists() {
  try {
    return readdirSync("/var/lib/apt/lists").some((name) => name.includes("_Packages"));
  } catch {
    return false;
  }
}

// Package lists are missing on a fresh container, and old ones name files that are gone: then fetch them, once.
async function install(names) {
  return step(`installing ${names.join(", ")} (apt-get)`, async () => {
    const first = await apt("install", "-y", "--no-install-recommends", ...names);
    if (first.code === 0) return first.output;
    const update = await apt("update");
    if (update.code !== 0) return update.output;
    return (await apt("install", "-y", "--no-install-recommends", ...names)).output;
  });
}

function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return run("apt-get", ["-q", "-o", "DPkg::Lock::Timeout=120", ...args], { env, gentle: true });
}

function canInstall() {
  return isRoot() && findCommand("apt-get") !== undefined;
}

/** Root of a machine or container; not the lone mapped user that `unshare --map-root-user` makes. */
function isRoot() {
  if (process.geteuid() !== 0) return false;
  const ranges = readFileSync("/proc/self/uid_map", "utf8").trim().split("\n");
  return ranges.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[2]), 0) > 1;
}

function says(command, word) {
  const path = findCommand(command);
  if (path === undefined) return false;
  try {
    return execFileSync(path, ["-V"], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).includes(word);
  } catch {
    return false;
  }
}

// Debian keeps libraries in a folder named after the architecture.
function hasPcap() {
  return ["/usr/lib", "/lib", "/usr/lib64"]
    .filter(existsSync)
    .flatMap((folder) => [
      folder,
      ...readdirSync(folder)
        .filter((name) => name.includes("-linux-"))
        .map((name) => join(folder, name)),
    ])
    .some((folder) => existsSync(join(folder, "libpcap.so.0.8")) || existsSync(join(folder, "libpcap.so.1")));
}

function lastLine(output) {
  return (
    output
      .split("\n")
      .filter((line) => /^[EW]:/.test(line))
      .pop() ?? ""
  );
}
