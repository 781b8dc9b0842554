/** One end of a lab's cable. */
import { openPacketLink, type PacketLink, type PacketLinkOptions } from "../link/packet.ts";
import { type InterfaceCounters, readCounters } from "../linux/interface.ts";
import type { LabNamespace } from "./namespace.ts";

/** What an interface looks like at one moment. */
export interface PortState {
  readonly up: boolean;
  /** The cable carries: this end and the other are up. */
  readonly running: boolean;
  readonly noArp: boolean;
  readonly mac: string;
  readonly mtu: number;
  /** IPv4 addresses as `10.0.0.1/24`. */
  readonly addresses: readonly string[];
}

/** What `ip -json address show` says of one interface. */
interface LinkEntry {
  readonly flags: readonly string[];
  readonly address: string;
  readonly mtu: number;
  readonly addr_info?: readonly { readonly family: string; readonly local: string; readonly prefixlen: number }[];
}

export class Port {
  readonly name: string;
  #namespace: LabNamespace;

  constructor(name: string, namespace: LabNamespace) {
    this.name = name;
    this.#namespace = namespace;
  }

  /** The namespace that the interface is in now. */
  get namespace(): LabNamespace {
    return this.#namespace;
  }

  up(): this {
    this.#namespace.ip(`link set dev ${this.name} up`);
    return this;
  }

  down(): this {
    this.#namespace.ip(`link set dev ${this.name} down`);
    return this;
  }

  /** Gives the kernel an address on this interface, as `10.0.0.1/24`. */
  addAddress(address: string): this {
    this.#namespace.ip(`address add ${address} dev ${this.name}`);
    return this;
  }

  /** Takes all the kernel's addresses off. */
  flushAddresses(): this {
    this.#namespace.ip(`address flush dev ${this.name}`);
    return this;
  }

  /** Stops (false) or lets the kernel take part in ARP on this interface: the NOARP flag. */
  setArp(on: boolean): this {
    this.#namespace.ip(`link set dev ${this.name} arp ${on ? "on" : "off"}`);
    return this;
  }

  setMac(address: string): this {
    this.#namespace.ip(`link set dev ${this.name} address ${address}`);
    return this;
  }

  setMtu(mtu: number): this {
    this.#namespace.ip(`link set dev ${this.name} mtu ${mtu}`);
    return this;
  }

  /**
   * Moves the interface to another namespace, named by the PID of a process there if one is given, as the article does.
   * The kernel takes its addresses and its up flag away on the way; MAC, MTU and NOARP survive.
   */
  moveTo(target: LabNamespace, pid?: number): this {
    this.#namespace.ip(`link set dev ${this.name} netns ${pid ?? target.kernel.path}`);
    this.#namespace = target;
    return this;
  }

  state(): PortState {
    const [entry] = this.#namespace.query<LinkEntry>("address", "show", "dev", this.name);
    if (entry === undefined) throw new Error(`${this.name} is not in ${this.#namespace.label} any more`);
    const addresses = (entry.addr_info ?? []).filter((info) => info.family === "inet");
    return {
      up: entry.flags.includes("UP"),
      running: entry.flags.includes("LOWER_UP"),
      noArp: entry.flags.includes("NOARP"),
      mac: entry.address,
      mtu: entry.mtu,
      addresses: addresses.map((info) => `${info.local}/${info.prefixlen}`),
    };
  }

  /** The kernel's packet and byte counters of this interface. */
  counters(): InterfaceCounters {
    const counters = this.#namespace.kernel.run(() => readCounters(this.name));
    if (counters === null) throw new Error(`${this.name} is not in ${this.#namespace.label} any more`);
    return counters;
  }

  /** Opens the interface for our own stack or sniffer. */
  openLink(options: Omit<PacketLinkOptions, "namespace"> = {}): PacketLink {
    return openPacketLink(this.name, { ...options, namespace: this.#namespace.kernel });
  }
}
