/** A namespace of a lab: commands, settings and processes inside it. */
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { UserError } from "../linux/errors.ts";
import { readSnmp } from "../linux/interface.ts";
import { ipBatch, ipJson } from "../linux/iproute.ts";
import type { NetworkNamespace } from "../linux/namespace.ts";
import { findProgram, withParentDeathSignal } from "../linux/process.ts";
import { RouteSocket } from "../linux/route-socket.ts";

/** One entry of the kernel's neighbour table, as `ip -json neigh` shows it. */
export interface NeighbourEntry {
  readonly dst: string;
  readonly dev: string;
  readonly lladdr?: string;
  readonly state: readonly string[];
}

/** The kernel's documented defaults (ip-sysctl.rst) of what decides about ARP and echo. */
const IPV4_DEFAULTS: Readonly<Record<string, string>> = {
  "net.ipv4.ip_forward": "0",
  "net.ipv4.icmp_echo_ignore_all": "0",
  "net.ipv4.icmp_echo_ignore_broadcasts": "1",
};
/** A sysctl and the value that it should have. */
export type Setting = readonly [name: string, value: string];

const IPV4_INTERFACE_DEFAULTS: Readonly<Record<string, string>> = {
  rp_filter: "0",
  arp_ignore: "0",
  arp_announce: "0",
  arp_accept: "0",
  arp_filter: "0",
  arp_notify: "0",
  proxy_arp: "0",
  accept_local: "0",
};

export class LabNamespace {
  readonly label: string;
  /** What a shell command calls it (`ip link … netns NAME`): the label, or the PID of a process inside. */
  shownAs: string;
  /** The kernel's namespace: to enter, or to name by its path. */
  readonly kernel: NetworkNamespace;
  readonly #onStep: (command: string) => void;
  readonly #children = new Set<ChildProcess>();

  constructor(kernel: NetworkNamespace, label: string, onStep: (command: string) => void) {
    this.kernel = kernel;
    this.label = label;
    this.shownAs = label;
    this.#onStep = onStep;
  }

  /** Runs `ip` commands (without the leading `ip`), in order, in one process. */
  ip(...commands: string[]): void {
    this.kernel.run(() => ipBatch(commands));
    for (const command of commands) this.#onStep(`ip ${command}`);
  }

  /** Runs one `ip -json` query; a question, so it is no step. */
  query<T>(...args: string[]): T[] {
    return this.kernel.run(() => ipJson<T>(...args));
  }

  /** The kernel's neighbour table here. */
  neighbours(): NeighbourEntry[] {
    return this.query<NeighbourEntry>("neigh", "show");
  }

  /** The kernel's IPv4 routes here, connected ones too, a line each as `ip route` prints them. */
  routes(): { dst: string; dev: string; prefsrc?: string }[] {
    return this.query("route", "show");
  }

  /** The kernel's protocol counters here, as `Icmp.OutEchoReps`. */
  snmp(): Map<string, number> {
    return this.kernel.run(readSnmp);
  }

  /** Writes a sysctl, named as sysctl(8) names it. */
  sysctl(name: string, value: string | number): void {
    this.kernel.run(() => writeFileSync(sysctlPath(name), String(value)));
    this.#onStep(`sysctl -w ${name}=${value}`);
  }

  /** Reads a sysctl. */
  readSysctl(name: string): string {
    return this.kernel.run(() => readFileSync(sysctlPath(name), "utf8").trim());
  }

  /** Makes interfaces, brings them up and addresses them without a process. @throws {SystemError} where the kernel refuses. */
  configure(change: (route: RouteSocket) => void): void {
    using route = this.kernel.run(() => new RouteSocket(this.label));
    change(route);
    route.flush();
  }

  /**
   * Starts a program inside the namespace. It is killed when the lab closes, and by the kernel when this process dies.
   * @throws {UserError} when there is no such program.
   */
  spawn(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const path = command.includes("/") ? command : findProgram(command);
    if (path === null) throw new UserError(`no program \`${command}\` on this machine`);
    const [program, ...rest] = withParentDeathSignal([path, ...args]);
    // Loaded when it is needed: it takes Node several milliseconds, and many a lab starts no program.
    const { spawn } = process.getBuiltinModule("node:child_process");
    const child = this.kernel.run(() => spawn(program!, rest, options));
    this.#children.add(child);
    const forget = () => this.#children.delete(child);
    child.once("exit", forget);
    child.once("error", forget);
    return child;
  }

  /**
   * Starts a process that does nothing but be here, so that the namespace can be named by its PID, as the article does
   * with a shell. It ends by itself when this process does: it waits for input that never comes.
   */
  hold(): ChildProcess & { readonly pid: number } {
    const child = this.spawn("cat", [], { stdio: ["pipe", "ignore", "ignore"] });
    if (child.pid === undefined) throw new Error("cannot start `cat`");
    return child as ChildProcess & { readonly pid: number };
  }

  /** Ends the processes started here and lets go of the namespace. */
  close(): void {
    for (const child of this.#children) child.kill("SIGKILL");
    this.#children.clear();
    this.kernel.close();
  }
}

/**
 * Sets the kernel's documented defaults in the namespace that the thread is in now.
 * @param settings what there is to set, as an earlier call for a namespace made under the same host returned it.
 * @returns what had to be set.
 */
export function writeDefaults(ipv6: boolean, settings?: readonly Setting[]): readonly Setting[] {
  // One after the other: setting it for all switches IPv6 off by default as well (net/ipv6/addrconf.c).
  return (settings ?? defaults(ipv6)).filter(([name, value]) => {
    const set = settings !== undefined || isOther(name, value);
    if (set) writeFileSync(sysctlPath(name), value);
    return set;
  });
}

function defaults(ipv6: boolean): Setting[] {
  const perInterface = Object.entries(IPV4_INTERFACE_DEFAULTS);
  const scoped = ["all", "default"].flatMap((scope) =>
    perInterface.map(([name, value]): Setting => [`net.ipv4.conf.${scope}.${name}`, value]),
  );
  const scopes = ["all", "default"] as const;
  const noIpv6: Setting[] = ipv6 ? [] : scopes.map((scope) => [`net.ipv6.conf.${scope}.disable_ipv6`, "1"]);
  return [...Object.entries(IPV4_DEFAULTS), ...scoped, ...noIpv6];
}

/** True if there is such a setting and it has another value. A kernel built without IPv6 has nothing to switch off. */
function isOther(name: string, value: string): boolean {
  try {
    return readFileSync(sysctlPath(name), "utf8").trim() !== value;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

function sysctlPath(name: string): string {
  return `/proc/sys/${name.replaceAll(".", "/")}`;
}
