import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { run } from "./child.js";
import { findCommand, ROOT } from "./paths.js";
import { SetUpError, say, step } from "./report.js";

const LOCK = join(ROOT, "package-lock.json");
const MODULES = join(ROOT, "node_modules");
/** npm writes it when everything else is in place, so a half-finished `npm ci` has none. */
const INSTALLED = join(MODULES, ".package-lock.json");
/** Ours. It lies in node_modules, so that it goes when they go. */
const STAMP = join(MODULES, ".vethlab-set-up.json");

/** The lock file's hashes vouch for what npm has in its cache; and no network is told in half a minute, not in three. */
const PATIENCE = [
  "--prefer-offline",
  "--fetch-retries=2",
  "--fetch-retry-mintimeout=1000",
  "--fetch-retry-maxtimeout=8000",
];

/** Optional packages that are compiled on the spot, what is lost without each, and how it shows that it was built. */
const NATIVE = [
  { name: "cap", file: "build/Release/cap.node", loss: "links over libpcap (--via cap)" },
  { name: "raw-socket", file: "build/Release/raw.node", loss: "ping --via kernel" },
];

/** True if node_modules is what package-lock.json asks for; npm need not be asked. */
export function dependenciesInstalled() {
  const lock = readFileSync(LOCK);
  const installed = statSync(INSTALLED, { throwIfNoEntry: false });
  if (installed === undefined) return false;
  const state = { lock: hash(lock), installed: installed.mtimeMs };
  const stamp = readStamp();
  if (stamp.lock === state.lock && stamp.installed === state.installed) return true;
  // Installed by hand, by `npm ci` say: look, and remember.
  if (missingPackages(JSON.parse(lock)).length > 0) return false;
  writeStamp({ ...stamp, ...state });
  return true;
}

/** Installs what package-lock.json says. */
export async function installDependencies(lockFd) {
  const holder = existsSync(MODULES) ? MODULES : ROOT;
  requireWritable(holder);
  rmSync(STAMP, { force: true });
  const { code, output } = await step("installing dependencies (npm ci)", () =>
    npm(["ci", "--no-audit", "--no-fund", "--include=dev", "--include=optional", ...PATIENCE], lockFd),
  );
  if (code !== 0) throw new SetUpError("npm ci failed; what it said is below", output);
  const missing = missingPackages(JSON.parse(readFileSync(LOCK)));
  if (missing.length > 0) {
    throw new SetUpError(`npm ci left out ${missing.join(", ")}: try again, and look at \`npm config ls\``, output);
  }
  writeStamp({
    lock: hash(readFileSync(LOCK)),
    installed: statSync(INSTALLED).mtimeMs,
    attempted: buildConditions(),
  });
}

/**
 * Packages that the lock file asks for on this machine and node_modules lacks. Optional ones count if they are there for
 * this very platform (koffi's and TypeScript's binaries): npm drops those silently when a download fails.
 */
function missingPackages(lock) {
  let have;
  try {
    have = JSON.parse(readFileSync(INSTALLED, "utf8")).packages;
  } catch {
    return ["everything"];
  }
  return Object.entries(lock.packages)
    .filter(([path, entry]) => path !== "" && isNeeded(entry))
    .filter(([path, entry]) => have[path]?.version !== entry.version || !existsSync(join(ROOT, path, "package.json")))
    .map(([path]) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length));
}

function isNeeded(entry) {
  if (!entry.optional) return true;
  if (entry.os === undefined || entry.cpu === undefined) return false;
  return (
    entry.os.includes(process.platform) &&
    entry.cpu.includes(process.arch) &&
    (entry.libc === undefined || entry.libc.includes(libc()))
  );
}

let knownLibc;
function libc() {
  process.report.excludeNetwork = true;
  knownLibc ??= process.report.getReport().header.glibcVersionRuntime === undefined ? "musl" : "glibc";
  return knownLibc;
}

/** True if optional packages may be built by now that were not before: a compiler, headers or another Node came. */
export function nativeToBuild() {
  return readStamp().attempted !== buildConditions() && canWrite(MODULES);
}

/** Builds optional packages that were not built, or were for another Node. Failing is no failure. */
export async function buildNative(lockFd) {
  const names = NATIVE.filter((native) => !loads(native)).map(({ name }) => name);
  // A package that failed to build was taken away by npm; only a new installation brings it back.
  if (names.some((name) => !existsSync(join(MODULES, name)))) {
    await installDependencies(lockFd);
    return;
  }
  if (names.length > 0) {
    await step(`building ${names.join(" and ")}`, async () => {
      for (const name of names) await npm(["rebuild", name], lockFd);
    });
  }
  writeStamp({ ...readStamp(), installed: statSync(INSTALLED).mtimeMs, attempted: buildConditions() });
}

/** Says what is lost with each optional package that was not built, and the likely reason. */
export function sayWhatIsNotBuilt() {
  for (const native of NATIVE.filter((native) => !loads(native))) {
    say(`the optional package ${native.name} is not built (${whyNotBuilt(native)}): no ${native.loss}; all else works`);
  }
}

// Asked of another process: a binary built for another Node may take this one down.
function loads({ name, file }) {
  const path = join(MODULES, name, file);
  return existsSync(path) && spawnSync(process.execPath, ["--require", path, "--eval", ""]).status === 0;
}

function whyNotBuilt({ name, file }) {
  if (existsSync(join(MODULES, name, file))) return "what was built is for another Node; is npm's nodedir set?";
  if (existsSync(join(MODULES, name))) return "npm's ignore-scripts is set";
  if (!hasCompiler()) return "no compiler: apt-get install -y g++ make python3";
  if (name === "cap" && !hasPcapHeaders()) return "no libpcap headers: apt-get install -y libpcap-dev";
  return `its build fails with Node ${process.versions.node}`;
}

// What decides whether the optional packages can be built: tried again only when it changes.
function buildConditions() {
  const scripts = process.env.npm_config_ignore_scripts === "true" ? "no scripts" : "scripts";
  const headers = hasPcapHeaders() ? "headers" : "no headers";
  return [process.versions.modules, process.arch, scripts, hasCompiler() ? "compiler" : "no compiler", headers].join();
}

function hasCompiler() {
  return [process.env.CXX ?? "g++", "make", "python3"].every((name) => findCommand(name) !== undefined);
}

export function hasPcapHeaders() {
  return existsSync("/usr/include/pcap/pcap.h") || existsSync("/usr/local/include/pcap/pcap.h");
}

// Through the npm that started us, if one did: it goes with this Node.
function npm(args, lock) {
  const script = process.env.npm_execpath;
  const [command, first] =
    script !== undefined && basename(script) === "npm-cli.js" ? [process.execPath, [script]] : ["npm", []];
  // Node's own headers, where it brought them: nothing to download for what is compiled.
  const prefix = dirname(dirname(process.execPath));
  const env = hasHeaders(prefix) ? { ...process.env, npm_config_nodedir: prefix } : process.env;
  return run(command, [...first, ...args, "--loglevel=error"], { cwd: ROOT, env, lock });
}

function hasHeaders(prefix) {
  try {
    const text = readFileSync(join(prefix, "include/node/node_version.h"), "utf8");
    const [major, minor] = ["MAJOR", "MINOR"].map((part) => new RegExp(`NODE_${part}_VERSION (\\d+)`).exec(text)?.[1]);
    return process.version.startsWith(`v${major}.${minor}.`);
  } catch {
    return false;
  }
}

function hash(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(STAMP, "utf8"));
  } catch {
    return {};
  }
}

// Only a shortcut for the next run: who may not write it goes the long way each time.
function writeStamp(stamp) {
  try {
    writeFileSync(STAMP, `${JSON.stringify(stamp)}\n`);
  } catch {}
}

function canWrite(path) {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** @throws {SetUpError} if this user may not write there. */
export function requireWritable(path) {
  if (canWrite(path)) return;
  const { uid } = statSync(path);
  throw new SetUpError(
    `cannot write to ${path}, which user ${uid} owns: run \`npm run setup\` as that user, or clone the repository yourself`,
  );
}
