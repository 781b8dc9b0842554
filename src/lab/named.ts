/**
 * Lasting labs, for root: the namespaces NAME-a with ve0 and NAME-b with ve1, which outlive the command that made them.
 * What belongs to a lab is marked with the interface alias `vethlab:NAME` (lo of both namespaces, and both ends), and
 * nothing without that mark is ever removed.
 */
import { existsSync, readdirSync } from "node:fs";
import { UserError } from "../linux/errors.ts";
import { readCounters } from "../linux/interface.ts";
import { IpError, ipBatch, ipJson } from "../linux/iproute.ts";
import { NetworkNamespace } from "../linux/namespace.ts";
import { canBuildLabs } from "../linux/privilege.ts";
import { processesIn } from "../linux/process.ts";
import { writeDefaults } from "./namespace.ts";

const NETNS_FOLDER = "/run/netns";
const MARK = "vethlab:";

/** One end of a lasting lab, as `status` shows it. */
export interface NamedEnd {
  readonly namespace: string;
  readonly interface: string;
  readonly present: boolean;
  readonly up: boolean;
  readonly running: boolean;
  readonly mac: string;
  readonly mtu: number;
  readonly addresses: readonly string[];
  readonly rxPackets: number;
  readonly txPackets: number;
}

export interface NamedLab {
  readonly name: string;
  readonly ends: readonly NamedEnd[];
}

export interface UpOptions {
  /** Address of ve0, as `10.0.0.1/24`; none unless given. */
  readonly address0?: string | undefined;
  /** Address of ve1. */
  readonly address1?: string | undefined;
}

interface LinkEntry {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly address?: string;
  readonly mtu: number;
  readonly ifalias?: string;
  readonly addr_info?: readonly { readonly family: string; readonly local: string; readonly prefixlen: number }[];
}

/**
 * Makes a lasting lab. When a step fails, what was made so far is taken away again.
 * @throws {UserError} when the name is taken or cannot be one, or one is not root.
 */
export function up(name: string, options: UpOptions = {}): void {
  requireLabName(name);
  requireRoot();
  for (const netns of namespaces(name))
    if (existsSync(`${NETNS_FOLDER}/${netns}`))
      throw new UserError(
        `the namespace ${netns} exists already: \`vethlab down ${name}\` removes a lab, or choose another name`,
      );
  const [a, b] = namespaces(name);
  const made: string[] = [];
  try {
    // One by one: what is taken back when a step fails is ours, not another's who was faster.
    for (const netns of [a, b]) {
      ipBatch([`netns add ${netns}`]);
      made.push(netns);
    }
    ipBatch([`link add name ve0 netns ${a} type veth peer name ve1 netns ${b}`]);
    for (const [netns, port, address] of [
      [a, "ve0", options.address0],
      [b, "ve1", options.address1],
    ] as const)
      inNamespace(netns, (namespace) => {
        namespace.run(() => {
          writeDefaults(false);
          ipBatch([
            `link set dev lo alias ${MARK}${name}`,
            `link set dev ${port} alias ${MARK}${name}`,
            "link set dev lo up",
            `link set dev ${port} up`,
            ...(address === undefined ? [] : [`address add ${address} dev ${port}`]),
          ]);
        });
      });
  } catch (error) {
    for (const netns of made) ipBatch([`netns delete ${netns}`]);
    if (error instanceof IpError) throw new UserError(error.message);
    throw error;
  }
}

/** What `down` did. */
export interface DownResult {
  readonly removed: readonly string[];
  /** PIDs that still run in a removed namespace: it lives on without a name until they end. */
  readonly remaining: readonly number[];
}

/**
 * Removes a lasting lab, and only what `up` marked.
 * @throws {UserError} when there is no such lab, or the namespaces of that name are not vethlab's, or one is not root.
 */
export function down(name: string): DownResult {
  requireLabName(name);
  requireRoot();
  const found = namespaces(name).filter((netns) => existsSync(`${NETNS_FOLDER}/${netns}`));
  if (found.length === 0) throw new UserError(`no lab named ${name}: \`vethlab status\` shows those that are up`);
  for (const netns of found)
    if (markOf(netns) !== name)
      throw new UserError(
        `the namespace ${netns} was not made by \`vethlab up ${name}\`, or not to its end: left alone; \`ip netns delete ${netns}\` removes it`,
      );
  const remaining: number[] = [];
  for (const netns of found) {
    inNamespace(netns, (namespace) => remaining.push(...processesIn(namespace.inode)));
    // A process inside would keep the namespace, and with it the cable: the link goes first.
    for (const link of linksOf(netns))
      if (link.ifalias === `${MARK}${name}` && link.ifname !== "lo")
        inNamespace(netns, (namespace) => namespace.run(() => ipBatch([`link delete dev ${link.ifname}`])));
    ipBatch([`netns delete ${netns}`]);
  }
  return { removed: found, remaining };
}

/**
 * All lasting labs of this machine.
 * @throws {UserError} when there are named namespaces, and one may not look into them.
 */
export function list(): NamedLab[] {
  const labs = new Map<string, NamedEnd[]>();
  const names = existsSync(NETNS_FOLDER) ? readdirSync(NETNS_FOLDER).sort() : [];
  if (names.length > 0) requireRoot();
  for (const netns of names) {
    const name = markOf(netns);
    if (name === null) continue;
    const ends = labs.get(name) ?? [];
    ends.push(describeEnd(netns, netns === namespaces(name)[0] ? "ve0" : "ve1"));
    labs.set(name, ends);
  }
  return [...labs].map(([name, ends]) => ({ name, ends }));
}

function describeEnd(netns: string, port: string): NamedEnd {
  const link = linksOf(netns).find((entry) => entry.ifname === port);
  let counters = null as ReturnType<typeof readCounters>;
  inNamespace(netns, (namespace) => {
    counters = namespace.run(() => readCounters(port));
  });
  return {
    namespace: netns,
    interface: port,
    present: link !== undefined,
    up: link?.flags.includes("UP") ?? false,
    running: link?.flags.includes("LOWER_UP") ?? false,
    mac: link?.address ?? "",
    mtu: link?.mtu ?? 0,
    addresses: (link?.addr_info ?? [])
      .filter((info) => info.family === "inet")
      .map((info) => `${info.local}/${info.prefixlen}`),
    rxPackets: counters?.rxPackets ?? 0,
    txPackets: counters?.txPackets ?? 0,
  };
}

/** The lab that a named namespace belongs to, by the alias of its lo; null if it is not vethlab's. */
function markOf(netns: string): string | null {
  try {
    const alias = linksOf(netns).find((entry) => entry.ifname === "lo")?.ifalias ?? "";
    return alias.startsWith(MARK) ? alias.slice(MARK.length) : null;
  } catch (error) {
    // A name whose namespace is gone (left by a crash of something else) is nobody's lab.
    if (error instanceof UserError) return null;
    throw error;
  }
}

function linksOf(netns: string): LinkEntry[] {
  let links: LinkEntry[] = [];
  inNamespace(netns, (namespace) => {
    links = namespace.run(() => ipJson<LinkEntry>("-details", "address", "show"));
  });
  return links;
}

function inNamespace(netns: string, action: (namespace: NetworkNamespace) => void): void {
  const namespace = NetworkNamespace.open(netns);
  try {
    action(namespace);
  } finally {
    namespace.close();
  }
}

function namespaces(name: string): [string, string] {
  return [`${name}-a`, `${name}-b`];
}

function requireRoot(): void {
  if (!canBuildLabs())
    throw new UserError("lasting labs need root: use sudo, or `vethlab shell`, a lab of your own that needs none");
}

function requireLabName(name: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(name))
    throw new UserError(`"${name}" cannot be a lab's name: letters, digits, dots, dashes and underscores, 64 at most`);
}
