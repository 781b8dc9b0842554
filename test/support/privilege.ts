/**
 * What a test needs of the machine. Where it is absent the test is skipped and its title says why; with REQUIRE_NETNS=1
 * it fails instead, so that a machine that is meant to have everything cannot pass by skipping.
 *
 * `npm test` gives the tests a network and a mount namespace of their own, as root or in a user namespace, and says so in
 * VETHLAB_TEST_PRIVILEGE and VETHLAB_TEST_REASON. Vitest started by hand is looked at here.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, test } from "vitest";

/**
 * - `root`: real root, of the machine or a container; can become an ordinary user.
 * - `userns`: root of a user namespace in which nobody else exists; tcpdump and tshark read files there, but do not capture.
 * - `none`: no namespaces.
 */
export type Privilege = "root" | "userns" | "none";

export interface Requirements {
  /** Network namespaces, veth pairs and packet sockets. */
  readonly netns?: true;
  /** Real root, who alone lets tcpdump and tshark capture. Absence skips, whatever REQUIRE_NETNS says. */
  readonly root?: true;
  /** Commands, as `tcpdump`; `ping` and `arping` are iputils'. */
  readonly commands?: readonly string[];
  /** npm's optional packages, built for this Node: their absence skips, whatever REQUIRE_NETNS says. */
  readonly packages?: readonly string[];
}

/** Debian's package for a command whose package has another name. */
const DEBIAN_PACKAGE: Readonly<Record<string, string>> = {
  ip: "iproute2",
  ping: "iputils-ping",
  arping: "iputils-arping",
  unshare: "util-linux",
  setpriv: "util-linux",
};

const found = findPrivilege();

/** What the tests may do. */
export const privilege: Privilege = found.privilege;

/** A `describe` for tests that make namespaces. */
export function describeNetns(name: string, define: () => void): void {
  needs({ netns: true }).describe(name, define);
}

/** `describe` and `test` that run where all that is named is there, and say why not where it is not. */
export function needs(requirements: Requirements): {
  describe(name: string, define: () => void): void;
  test(name: string, run: () => unknown, timeout?: number): void;
} {
  const reason = missing(requirements);
  if (reason === "") {
    return {
      describe: (name, define) => void describe(name, define),
      test: (name, run, timeout) => void test(name, async () => void (await run()), timeout),
    };
  }
  const absent = (name: string): void => {
    if (process.env.REQUIRE_NETNS === "1" && !lacksNothingElse(requirements)) {
      test(name, () => {
        throw new Error(`REQUIRE_NETNS=1, but: ${reason}`);
      });
    } else {
      test.skip(`${name} (skipped: ${reason})`);
    }
  };
  return { describe: (name) => absent(name), test: (name) => absent(name) };
}

// Nobody need be root, and optional packages are optional.
function lacksNothingElse({ root: _, packages: __, ...others }: Requirements): boolean {
  return missing(others) === "";
}

/** What is absent, as `no tcpdump (apt-get install tcpdump)`; empty if nothing is. */
export function missing({ netns, root, commands = [], packages = [] }: Requirements): string {
  if (netns && privilege === "none") return found.reason;
  if (root && privilege !== "root") return "not root";
  const command = commands.find((name) => !hasCommand(name));
  if (command !== undefined) return `no ${command} (apt-get install ${DEBIAN_PACKAGE[command] ?? command})`;
  const absent = packages.find((name) => !hasPackage(name));
  return absent === undefined ? "" : `no optional package ${absent} (npm run setup says why)`;
}

function findPrivilege(): { privilege: Privilege; reason: string } {
  const told = process.env.VETHLAB_TEST_PRIVILEGE;
  if (told === "root" || told === "userns" || told === "none") {
    return { privilege: told, reason: process.env.VETHLAB_TEST_REASON ?? "" };
  }
  if (process.geteuid?.() === 0 && spawnSync("unshare", ["--net", "true"]).status === 0) {
    return { privilege: "root", reason: "" };
  }
  return { privilege: "none", reason: "no network namespaces: not root (npm test finds a way)" };
}

function hasCommand(name: string): boolean {
  const folders = `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`.split(":");
  const path = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (path === undefined) return false;
  // There is another arping, and other pings.
  return (name !== "ping" && name !== "arping") || execFileSync(path, ["-V"], { encoding: "utf8" }).includes("iputils");
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function hasPackage(name: string): boolean {
  try {
    createRequire(import.meta.url)(name);
    return true;
  } catch {
    return false;
  }
}
