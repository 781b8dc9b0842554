/** One end of a lab's cable. */

import * as mac from "../../packets/mac.ts";
import type { Link } from "../link/link.ts";
import { openPacketLink, type PacketLinkOptions } from "../link/packet.ts";
import { type InterfaceCounters, InterfaceFlag, queryInterfaces, readCounters } from "../linux/interface.ts";
import type { LabNamespace } from "./namespace.ts";

/** What an interface looks like at one moment. */
export interface PortState {
  readonly up: boolean;
  readonly running: boolean;
  readonly noArp: boolean;
  readonly mac: string;
  readonly mtu: number;
  /** IPv4 addresses as `10.0.0.1/24`. */
  readonly addresses: readonly string[];
}

interface AddressEntry {
  readonly addr_info?: readonly { readonly family: string; readonly local: string; readonly prefixlen: number }[];
}

/** Nobody ever wakes it: waiting on it is sleeping. */
const NEVER = new Int32Array(new SharedArrayBuffer(4));

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

  /**
   * Waits until frames can pass: both ends are up, and the kernel has noticed. It does so a moment after the second end
   * was set up, in a work queue of its own, and drops what is sent before.
   * @returns false if that did not happen within `limitMs` (the other end is down).
   */
  waitUntilRunning(limitMs = 200): boolean {
    const end = performance.now() + limitMs;
    while (!this.#isRunning()) {
      if (performance.now() > end) return false;
      Atomics.wait(NEVER, 0, 0, 0.2);
    }
    return true;
  }

  #isRunning(): boolean {
    const flags = this.#namespace.kernel.run(() => queryInterfaces((query) => query.flags(this.name)));
    return flags !== -1 && (flags & InterfaceFlag.Running) !== 0;
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
    const seen = this.#namespace.kernel.run(() =>
      queryInterfaces((query) => ({
        flags: query.flags(this.name),
        hardware: query.hardware(this.name),
        mtu: query.mtu(this.name),
      })),
    );
    if (seen.hardware === null) throw new Error(`${this.name} is not in ${this.#namespace.label} any more`);
    const entries = this.#namespace.query<AddressEntry>("address", "show", "dev", this.name);
    const addresses = entries.flatMap((entry) => entry.addr_info ?? []).filter((info) => info.family === "inet");
    return {
      up: (seen.flags & InterfaceFlag.Up) !== 0,
      running: (seen.flags & InterfaceFlag.Running) !== 0,
      noArp: (seen.flags & InterfaceFlag.NoArp) !== 0,
      mac: mac.format(seen.hardware.mac),
      mtu: seen.mtu,
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
  openLink(options: Omit<PacketLinkOptions, "namespace"> = {}): Link {
    return openPacketLink(this.name, { ...options, namespace: this.#namespace.kernel });
  }
}
