/** Who a host is: its MAC address, its IPv4 addresses, and what follows from them for a packet's way. */
import * as ipv4 from "../../packets/ipv4-address.ts";
import * as mac from "../../packets/mac.ts";
import type { RouteTable } from "./ipv4/routes.ts";

export interface IdentityOptions {
  /** The host's addresses: text such as `10.0.0.2/24`, or parsed. The first is the preferred source. May be empty. */
  readonly addresses: readonly (string | ipv4.Prefix)[];
  /** Text or six bytes; unless given, a locally administered one that is always the same for the first address. */
  readonly mac?: string | Uint8Array | undefined;
  /** Where packets go that are for no network of ours. */
  readonly gateway?: string | number | undefined;
  /** VLAN identifier, 1 to 4094: the host then lives in that VLAN alone. */
  readonly vlan?: number | undefined;
}

/** 224.0.0.1, all hosts: every host belongs to it (RFC 1112). */
export const ALL_HOSTS = 0xe0000001 | 0;

const EVERYTHING: ipv4.Prefix = { address: 0, length: 0 };

export class Identity {
  readonly mac: Uint8Array;
  readonly macHigh: number;
  readonly macLow: number;
  /** 0 if there is none. */
  readonly gateway: number;
  /** -1 if the host is in no VLAN. */
  readonly vlan: number;
  readonly #own: Set<number>;
  #prefixes: readonly ipv4.Prefix[];
  readonly #broadcasts = new Set<number>([ipv4.LIMITED_BROADCAST]);
  readonly #anyBroadcasts: Set<number>;
  readonly #members: Identity[];

  /**
   * @param shared the addresses of a machine that this is one interface of: its own are added.
   * @throws {RangeError} on an address, MAC, gateway or VLAN that is none, in words for the user.
   */
  constructor(
    options: IdentityOptions,
    shared?: { addresses: Set<number>; broadcasts: Set<number>; identities?: Identity[] },
  ) {
    this.#own = shared?.addresses ?? new Set();
    this.#anyBroadcasts = shared?.broadcasts ?? this.#broadcasts;
    this.#members = shared?.identities ?? [];
    this.#members.push(this);
    this.#prefixes = options.addresses.map(readPrefix);
    this.mac = readMac(options.mac, this.#prefixes);
    this.macHigh = mac.high16(this.mac, 0);
    this.macLow = mac.low32(this.mac, 0);
    this.gateway = options.gateway === undefined ? 0 : readAddress(options.gateway, "gateway");
    this.vlan = options.vlan ?? -1;
    if (options.vlan !== undefined && !(Number.isInteger(this.vlan) && this.vlan >= 1 && this.vlan <= 4094))
      throw new RangeError(`VLAN ${options.vlan} is none: identifiers go from 1 to 4094`);
    for (const prefix of this.#prefixes) this.#enter(prefix);
  }

  #enter(prefix: ipv4.Prefix): void {
    this.#own.add(prefix.address);
    const broadcast = ipv4.broadcast(prefix);
    if (broadcast === null) return;
    this.#broadcasts.add(broadcast);
    this.#anyBroadcasts.add(broadcast);
  }

  /** The addresses and their networks, the preferred source first. */
  get prefixes(): readonly ipv4.Prefix[] {
    return this.#prefixes;
  }

  /**
   * True if every address is on the link: for a host without gateway all of whose addresses came without a network
   * (/32). It could reach nobody otherwise.
   */
  get everythingOnLink(): boolean {
    return this.gateway === 0 && this.#prefixes.length > 0 && this.#prefixes.every((prefix) => prefix.length === 32);
  }

  /** Takes an address on, the last among those that there are, with the routes that follow from it. */
  add(prefix: ipv4.Prefix, routes: RouteTable, out: number): void {
    this.#change([...this.#prefixes, prefix], routes, out);
    this.#enter(prefix);
  }

  /** Gives an address up, and its routes unless another one has them too. */
  remove(address: number, routes: RouteTable, out: number): void {
    const gone = this.#prefixes.filter((prefix) => prefix.address === address);
    this.#own.delete(address);
    for (const prefix of gone) {
      const broadcast = ipv4.broadcast(prefix);
      if (broadcast === null || broadcast === ipv4.LIMITED_BROADCAST) continue;
      this.#broadcasts.delete(broadcast);
      this.#anyBroadcasts.delete(broadcast);
    }
    const left = this.#prefixes.filter((prefix) => prefix.address !== address);
    this.#change(left, routes, out);
    // The same may be another address's, or another interface's.
    for (const one of this.#members) for (const prefix of one.#prefixes) one.#enter(prefix);
  }

  #change(prefixes: readonly ipv4.Prefix[], routes: RouteTable, out: number): void {
    for (const prefix of this.#onLink()) routes.remove(prefix, (one) => one.origin === "link" && one.out === out);
    this.#prefixes = prefixes;
    // What was set by hand stands.
    const others = routes.list().filter((one) => one.out === out && one.metric === 0);
    for (const prefix of this.#onLink())
      if (!others.some((one) => one.prefix.length === prefix.length && one.prefix.address === ipv4.network(prefix)))
        routes.add({ prefix, out, origin: "link" });
  }

  /** The networks that are on the link. */
  #onLink(): ipv4.Prefix[] {
    const networks = this.#prefixes.filter((prefix) => prefix.length < 32);
    return this.everythingOnLink ? [EVERYTHING, ...networks] : networks;
  }

  /** True if the address is one of ours, of whichever interface. */
  owns(ip: number): boolean {
    return this.#own.has(ip);
  }

  /** True for the limited broadcast, and for the directed ones of our networks (RFC 1122, 3.3.6). */
  isBroadcast(ip: number): boolean {
    return this.#broadcasts.has(ip);
  }

  /** As {@link isBroadcast}, of all interfaces of the machine: no host's address either. */
  isAnyBroadcast(ip: number): boolean {
    return this.#anyBroadcasts.has(ip);
  }

  /** True for an address that one host may have, as far as anybody can tell: to it an answer may go. */
  mayBeHost(ip: number): boolean {
    return ipv4.isUnicast(ip) && !this.isAnyBroadcast(ip);
  }

  /** Adds the routes that follow from the addresses and the gateway (RFC 1122, 3.3.1). */
  addRoutes(table: RouteTable, out: number): RouteTable {
    for (const prefix of this.#onLink()) table.add({ prefix, out, origin: "link" });
    if (this.gateway !== 0) table.add({ prefix: EVERYTHING, gateway: this.gateway, out });
    return table;
  }

  /**
   * The address of ours to speak from to `dst`: that with the longest common network, else the first.
   * @returns 0 if we have none.
   */
  sourceFor(dst: number): number {
    let best = -1;
    let source = this.#prefixes[0]?.address ?? 0;
    for (const prefix of this.#prefixes) {
      if (prefix.length <= best || !ipv4.contains(prefix, dst)) continue;
      best = prefix.length;
      source = prefix.address;
    }
    return source;
  }
}

/**
 * An address with its network.
 * @throws {RangeError} when the text is none, or no host can have it.
 */
export function readPrefix(given: string | ipv4.Prefix): ipv4.Prefix {
  const prefix = typeof given === "string" ? ipv4.parsePrefix(given) : given;
  if (prefix === null) throw new RangeError(`${given} is no IPv4 address: write it as 10.0.0.2/24`);
  if (!ipv4.isUnicast(prefix.address))
    throw new RangeError(`${ipv4.format(prefix.address)} cannot be a host's address`);
  return prefix;
}

/**
 * An address as a signed 32-bit integer.
 * @param what the word for it in the message.
 * @throws {RangeError} when the text is none.
 */
export function readAddress(given: string | number, what = "address"): number {
  if (typeof given === "number") return given | 0;
  const ip = ipv4.parse(given);
  if (ip === null) throw new RangeError(`${what} ${given} is no IPv4 address: write it as 10.0.0.2`);
  return ip;
}

function readMac(given: string | Uint8Array | undefined, prefixes: readonly ipv4.Prefix[]): Uint8Array {
  const address = typeof given === "string" ? mac.parse(given) : (given ?? mac.forIpv4(prefixes[0]?.address ?? 0));
  if (address === null || address.length !== mac.LENGTH)
    throw new RangeError(`${given} is no MAC address: write it as 02:00:00:00:00:01`);
  if (mac.isMulticast(address, 0) || mac.isZero(address, 0))
    throw new RangeError(`${mac.format(address)} cannot be a station's MAC address: it names a group, or nobody`);
  return Uint8Array.from(address);
}
