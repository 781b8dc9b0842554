/**
 * What the kernel knows of an interface, asked through ioctl (netdevice(7)) on any socket of its namespace: no process is
 * started, so it may be asked often.
 */
import { readFileSync } from "node:fs";
import { Errno, SystemError } from "./errors.ts";
import { errno, libc, map, must, type Pointer } from "./libc.ts";

/** Names take 15 bytes and a closing zero (IFNAMSIZ). */
export const MAX_NAME = 15;

const IFREQ = 40;
const SIOCGIFNAME = 0x8910;
const SIOCGIFFLAGS = 0x8913;
const SIOCGIFADDR = 0x8915;
const SIOCGIFNETMASK = 0x891b;
const SIOCGIFMTU = 0x8921;
const SIOCGIFHWADDR = 0x8927;
const SIOCGIFINDEX = 0x8933;
const SIOCETHTOOL = 0x8946;
const ETHTOOL_GLINK = 0x0a;
const ETHTOOL_STXCSUM = 0x17;

/** Interface flags (netdevice(7)). */
export const InterfaceFlag = { Up: 0x1, Loopback: 0x8, Running: 0x40, NoArp: 0x80, Promiscuous: 0x100 } as const;

/** Hardware types (ARPHRD_*): what an interface's frames look like. */
export const ARPHRD_ETHER = 1;
export const ARPHRD_LOOPBACK = 772;

let ethtool: { words: Uint32Array; address: Pointer } | null = null;

/** Memory at a fixed address for a question that goes behind a pointer. */
function ethtoolValue(): { words: Uint32Array; address: Pointer } {
  if (ethtool === null) {
    const { buffer, address } = map(-1, 4096);
    ethtool = { words: new Uint32Array(buffer), address };
  }
  return ethtool;
}

/** Questions to the namespace that `fd` (any socket) was made in. */
export class InterfaceQuery {
  readonly #fd: number;
  readonly #request = new Uint8Array(IFREQ);
  readonly #view = new DataView(this.#request.buffer);

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** The interface's index, or 0 if there is none of that name. */
  index(name: string): number {
    if (Buffer.byteLength(name) > MAX_NAME || name === "") return 0;
    return this.#ask(SIOCGIFINDEX, name) ? this.#view.getInt32(16, true) : 0;
  }

  /** The name that goes with an index now (interfaces can be renamed), or empty if the interface is gone. */
  name(index: number): string {
    this.#request.fill(0);
    this.#view.setInt32(16, index, true);
    if (libc.ioctl(this.#fd, SIOCGIFNAME, this.#request) < 0) return "";
    return Buffer.from(this.#request.subarray(0, this.#request.indexOf(0))).toString();
  }

  /** Flags, see {@link InterfaceFlag}; -1 if there is no such interface. */
  flags(name: string): number {
    return this.#ask(SIOCGIFFLAGS, name) ? this.#view.getUint16(16, true) : -1;
  }

  /**
   * True if the interface is up and the cable carries: for veth, the other end is up as well. The Running flag says the
   * same up to a second later.
   */
  carries(name: string): boolean {
    if ((this.flags(name) & InterfaceFlag.Up) === 0) return false;
    // struct ethtool_value { u32 command, answer }, behind a pointer.
    const { words, address } = ethtoolValue();
    words[0] = ETHTOOL_GLINK;
    words[1] = 0;
    return this.#ask(SIOCETHTOOL, name, address) ? words[1] === 1 : (this.flags(name) & InterfaceFlag.Running) !== 0;
  }

  /**
   * Whether the kernel leaves transport checksums to this interface (`ethtool -K NAME tx on|off`). veth takes them and
   * never fills them in, since the other end is the same machine.
   * @returns false if that cannot be set here.
   */
  setChecksumOffload(name: string, on: boolean): boolean {
    const { words, address } = ethtoolValue();
    words[0] = ETHTOOL_STXCSUM;
    words[1] = on ? 1 : 0;
    return this.#ask(SIOCETHTOOL, name, address);
  }

  /** The largest payload in bytes, Ethernet header not included; 0 if there is no such interface. */
  mtu(name: string): number {
    return this.#ask(SIOCGIFMTU, name) ? this.#view.getInt32(16, true) : 0;
  }

  /** Hardware type (ARPHRD_*) and address; null if there is no such interface. */
  hardware(name: string): { readonly type: number; readonly mac: Uint8Array } | null {
    if (!this.#ask(SIOCGIFHWADDR, name)) return null;
    return { type: this.#view.getUint16(16, true), mac: this.#request.slice(18, 24) };
  }

  /** The first IPv4 address (signed 32 bits) with its prefix length, or null if it has none. */
  ipv4(name: string): { readonly address: number; readonly length: number } | null {
    if (!this.#ask(SIOCGIFADDR, name)) return null;
    const address = this.#view.getInt32(20, false);
    if (!this.#ask(SIOCGIFNETMASK, name)) return null;
    return { address, length: Math.clz32(~this.#view.getInt32(20, false)) };
  }

  /** @param pointer what the request's union holds, where it is a pointer. */
  #ask(request: number, name: string, pointer: Pointer = 0n): boolean {
    this.#request.fill(0);
    if (Buffer.from(this.#request.buffer, 0, MAX_NAME).write(name) === 0) return false;
    this.#view.setBigUint64(16, pointer, true);
    return libc.ioctl(this.#fd, request, this.#request) >= 0;
  }
}

/** Runs questions in the namespace that the thread is in now. */
export function queryInterfaces<T>(ask: (query: InterfaceQuery) => T): T {
  const AF_INET = 2;
  const SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
  const fd = must("socket", libc.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0));
  try {
    return ask(new InterfaceQuery(fd));
  } finally {
    libc.close(fd);
  }
}

/** An interface's counters, as /proc/net/dev shows them. */
export interface InterfaceCounters {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly rxErrors: number;
  readonly rxDropped: number;
  readonly txBytes: number;
  readonly txPackets: number;
  readonly txErrors: number;
  readonly txDropped: number;
}

/** Counters of an interface in the namespace that the thread is in now; null if there is none of that name. */
export function readCounters(name: string): InterfaceCounters | null {
  for (const line of readFileSync("/proc/thread-self/net/dev", "utf8").split("\n")) {
    const colon = line.indexOf(":");
    if (colon < 0 || line.slice(0, colon).trim() !== name) continue;
    const n = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    return {
      rxBytes: n[0]!,
      rxPackets: n[1]!,
      rxErrors: n[2]!,
      rxDropped: n[3]!,
      txBytes: n[8]!,
      txPackets: n[9]!,
      txErrors: n[10]!,
      txDropped: n[11]!,
    };
  }
  return null;
}

/** Names of all interfaces of the namespace that the thread is in now. */
export function readNames(): string[] {
  const lines = readFileSync("/proc/thread-self/net/dev", "utf8").split("\n");
  return lines.flatMap((line) => /^\s*([^:]+):/.exec(line)?.[1] ?? []);
}

/**
 * The kernel's own protocol counters in the namespace that the thread is in now (/proc/net/snmp), as `Icmp.OutEchoReps`.
 */
export function readSnmp(): Map<string, number> {
  const counters = new Map<string, number>();
  const lines = readFileSync("/proc/thread-self/net/snmp", "utf8").split("\n");
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const names = lines[i]!.split(/\s+/);
    const values = lines[i + 1]!.split(/\s+/);
    const protocol = names[0]!.replace(":", "");
    for (let k = 1; k < names.length; k++) counters.set(`${protocol}.${names[k]}`, Number(values[k]));
  }
  return counters;
}

/** Reports that something about the namespace's interfaces changed: a netlink socket (rtnetlink(7), RTMGRP_LINK). */
export function openLinkMonitor(): number {
  const AF_NETLINK = 16;
  const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0x80000 | 0x800;
  const RTMGRP_LINK = 1;
  const fd = must("socket", libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC_NONBLOCK, 0), "NETLINK_ROUTE");
  const address = new Uint8Array(12);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_NETLINK, true);
  view.setUint32(8, RTMGRP_LINK, true);
  if (libc.bind(fd, address, address.length) < 0) {
    const error = new SystemError("bind", errno(), "NETLINK_ROUTE");
    libc.close(fd);
    throw error;
  }
  return fd;
}

const scratch = new Uint8Array(8192);

/** Reads a monitor empty; what changed is asked of {@link InterfaceQuery}. */
export function drainLinkMonitor(fd: number): void {
  for (;;) {
    if (libc.recv(fd, scratch, scratch.length, 0) > 0) continue;
    // ENOBUFS: messages were lost, more may follow; any other error means that there are none.
    if (errno() !== Errno.ENOBUFS) return;
  }
}
