/**
 * A lab: network namespaces and veth pairs as one object with a lifetime. Namespaces are anonymous, held by descriptors, so
 * that when the process dies, by SIGKILL too, the kernel takes everything away. A lab removes only what it made, and every
 * step that it takes can be seen as the shell command that does the same.
 */
import * as ipv4 from "../../packets/ipv4-address.ts";
import { UserError } from "../linux/errors.ts";
import { MAX_NAME } from "../linux/interface.ts";
import { NetworkNamespace } from "../linux/namespace.ts";
import { type FirstEnd, type NewEnd, RouteSocket } from "../linux/route-socket.ts";
import { LabNamespace, type Setting, writeDefaults } from "./namespace.ts";
import { Port } from "./port.ts";

/** One thing that a lab did, as somebody would type it. */
export interface Step {
  /** The namespace's label it was done in. */
  readonly namespace: string;
  /** The shell command that does the same. */
  readonly command: string;
}

export interface LabOptions {
  /** Told of every step, after it was taken. */
  readonly onStep?: (step: Step) => void;
  /** Leave IPv6 on. Default false: its neighbour and multicast discovery is noise on a wire that one wants to read. */
  readonly ipv6?: boolean;
}

/** One end of a pair to be made. */
export interface PortOptions {
  /** Interface name, 15 bytes at most. */
  readonly name: string;
  readonly namespace: LabNamespace;
  /** A bridge in the same namespace to plug it into. */
  readonly bridge?: string;
  /** An address for the kernel, as `10.0.0.1/24`. */
  readonly address?: string;
  /** Bring it up. Default: it stays down. */
  readonly up?: boolean;
}

export class Lab {
  readonly #options: LabOptions;
  readonly #namespaces: LabNamespace[] = [];
  #closed = false;

  private constructor(options: LabOptions) {
    this.#options = options;
  }

  /** An empty lab: add namespaces and pairs. */
  static create(options: LabOptions = {}): Lab {
    return new Lab(options);
  }

  /**
   * The usual bench: ve0 and ve1, the two ends of one virtual cable, each in a namespace of its own, up and unaddressed.
   * @throws {UserError} without the privileges, saying how to get them.
   */
  static pair(options: LabOptions = {}): { lab: Lab; ve0: Port; ve1: Port } & Disposable {
    const lab = Lab.create(options);
    try {
      const [left, right] = lab.addNamespaces(["left", "right"]);
      const [ve0, ve1] = lab.addPair(
        { name: "ve0", namespace: left!, up: true },
        { name: "ve1", namespace: right!, up: true },
      );
      return { lab, ve0, ve1, [Symbol.dispose]: () => lab.close() };
    } catch (error) {
      lab.close();
      throw error;
    }
  }

  /**
   * Makes a namespace with lo up, and with the IPv4 settings that the kernel documents as defaults: a new namespace
   * would inherit the host's.
   * @throws {UserError} without the privileges, saying how to get them.
   */
  addNamespace(label: string): LabNamespace {
    return this.addNamespaces([label])[0]!;
  }

  /** The same for many at once: a thousand take a quarter of a second. @throws {UserError} as {@link addNamespace}. */
  addNamespaces(labels: readonly string[]): LabNamespace[] {
    this.#mustBeOpen();
    const ipv6 = this.#options.ipv6 ?? false;
    let missing: readonly Setting[] | undefined;
    return labels.map((label) => {
      const kernel = create(label, () => {
        // They all inherit the same from the host: what the first lacks, each lacks.
        missing = writeDefaults(ipv6, missing);
        using route = new RouteSocket(label);
        route.up("lo");
        route.flush();
      });
      const namespace = new LabNamespace(kernel, label, (command) => this.#step(label, command));
      this.#namespaces.push(namespace);
      this.#step(label, "unshare --net");
      if (!ipv6) this.#step(label, "sysctl -w net.ipv6.conf.all.disable_ipv6=1");
      this.#step(label, "ip link set dev lo up");
      return namespace;
    });
  }

  /** Makes a bridge, up, into which the ends of pairs in the same namespace can be plugged. */
  addBridge(name: string, namespace: LabNamespace): void {
    this.#mustBeOpen();
    requireInterfaceName(name);
    namespace.configure((route) => route.addBridge(name));
    this.#step(namespace.label, `ip link add name ${name} type bridge`);
    this.#step(namespace.label, `ip link set dev ${name} up`);
  }

  /**
   * Makes a veth pair; each end appears in its namespace, down unless its options say otherwise.
   * @throws {UserError} for a name that cannot be one, or an address that is none.
   */
  addPair(a: PortOptions, b: PortOptions): [Port, Port] {
    return this.addPairs([[a, b]])[0]!;
  }

  /**
   * The same for many at once, without a process: a pair takes the kernel a third of a millisecond. Only the first end of a
   * pair can be plugged into a bridge.
   */
  addPairs(pairs: readonly (readonly [PortOptions, PortOptions])[]): [Port, Port][] {
    this.#mustBeOpen();
    const ends = pairs.flat();
    for (const { name } of ends) requireInterfaceName(name);
    const addresses = new Map(ends.map((end) => [end, end.address === undefined ? null : requirePrefix(end.address)]));
    const first = new Set(pairs.map(([a]) => a));
    // A bridge is known only where it is; everything else can be made from anywhere.
    for (const [place, here] of groupBy(pairs, ([a]) => (a.bridge === undefined ? ends[0]!.namespace : a.namespace)))
      place.configure((route) => {
        for (const pair of here) route.addPair(...newEnds(pair, place), pairCommand(pair, place));
      });
    for (const pair of pairs) this.#step(pair[0].namespace.label, pairCommand(pair, pair[0].namespace));
    const toDo = ends.filter((end) => end.address !== undefined || end.up === true);
    for (const [namespace, here] of groupBy(toDo, (end) => end.namespace)) {
      const commands: string[] = [];
      namespace.configure((route) => {
        for (const end of here) {
          const prefix = addresses.get(end);
          if (prefix) {
            route.addAddress(end.name, prefix.address, prefix.length);
            commands.push(`ip address add ${end.address} dev ${end.name}`);
          }
          if (end.up !== true) continue;
          // The first ones came up as they were made.
          if (!first.has(end)) route.up(end.name);
          commands.push(`ip link set dev ${end.name} up`);
        }
      });
      for (const command of commands) this.#step(namespace.label, command);
    }
    return pairs.map(([a, b]) => [new Port(a.name, a.namespace), new Port(b.name, b.namespace)]);
  }

  /** Takes everything away: child processes that the lab holds, then the namespaces with all that is in them. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const namespace of this.#namespaces) namespace.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new Error("this lab is closed");
  }

  #step(namespace: string, command: string): void {
    this.#options.onStep?.({ namespace, command });
  }
}

/** @throws {UserError} for a name that the kernel would refuse. */
export function requireInterfaceName(name: string): void {
  if (/^[^\s/:]{1,15}$/.test(name) && name !== "." && name !== ".." && Buffer.byteLength(name) <= MAX_NAME) return;
  throw new UserError(
    `"${name}" cannot be an interface's name: 1 to ${MAX_NAME} bytes, without spaces, slashes or colons`,
  );
}

/** @throws {UserError} without the privileges, saying how to get them. */
function create(label: string, inside: () => void): NetworkNamespace {
  try {
    return NetworkNamespace.create(label, inside);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "EPERM")
      throw new UserError(
        "no permission to make a network namespace: run as root, or inside `vethlab shell`, or start the program with " +
          "`unshare --user --map-root-user --net --mount`",
      );
    if (code === "EMFILE")
      throw new UserError(
        "too many open files: each namespace takes one; allow more with `ulimit -n`, up to what `ulimit -Hn` says",
      );
    throw error;
  }
}

/** The command that makes the pair, as it is typed in the namespace `here`. */
function pairCommand([a, b]: readonly [PortOptions, PortOptions], here: LabNamespace): string {
  const bridge = a.bridge === undefined ? "" : ` master ${a.bridge}`;
  const [near, far] = [a, b].map(({ namespace }) => (namespace === here ? "" : ` netns ${namespace.shownAs}`));
  return `ip link add name ${a.name}${near}${bridge} type veth peer name ${b.name}${far}`;
}

/** What is said to the kernel by a socket in the namespace `here`. */
function newEnds([a, b]: readonly [PortOptions, PortOptions], here: LabNamespace): [FirstEnd, NewEnd] {
  const [near, far] = [a, b].map(({ namespace }) => (namespace === here ? undefined : namespace.kernel.descriptor));
  return [
    { name: a.name, namespace: near, bridge: a.bridge, up: a.up },
    { name: b.name, namespace: far },
  ];
}

/** @throws {UserError} unless it is an address with a prefix length. */
function requirePrefix(text: string): ipv4.Prefix {
  const prefix = ipv4.parsePrefix(text);
  if (prefix === null) throw new UserError(`"${text}" is no address with a prefix length, such as 10.0.0.1/24`);
  return prefix;
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
