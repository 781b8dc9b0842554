/**
 * What decides about ARP on one interface beyond the RFCs: Linux's switches under Linux's names
 * (Documentation/networking/ip-sysctl.rst, net/ipv4/arp.c), in our spelling: `arp_ignore` is `arpIgnore`. `locktime` and the
 * other times of an entry are `NeighbourOptions`.
 */
import * as ipv4 from "../../../packets/ipv4-address.ts";

export interface ArpOptions {
  /**
   * Whose rules hold where no switch says anything. `rfc`: RFC 826, with what RFC 5227 and RFC 1122 add. `linux`, what
   * differs: a request to us changes the asker's MAC address also within the lock time; a reply in a unicast frame
   * confirms its sender whomever it names as its target; a reply is gratuitous only if it names its sender's MAC address
   * twice; our request to one station names no target MAC address; of several addresses of ours that share a network with
   * the target it comes from the first, not from that of the smallest network; and a router answers also an announcement of
   * an address that it proxies.
   */
  readonly rules: "rfc" | "linux";
  /**
   * Whether a gratuitous ARP, or a reply that nobody asked for, makes an entry: 0 never, 1 always, 2 if the sender is on a
   * network of ours on this interface. Linux: 0.
   */
  readonly arpAccept: 0 | 1 | 2;
  /**
   * Which requests for addresses of ours are answered: 0 all; 1 those for an address on the interface that they came in
   * by; 2 of these, those whose sender is on the same network; 3 all but those for addresses of scope host, which a host
   * of ours does not have; 8 none. 4 to 7 are as 0. Who is not answered is not learnt. Linux: 0.
   */
  readonly arpIgnore: number;
  /**
   * The sender's address in our requests: 0 that of the packet that waits; 1 the same, if it is on one network with the
   * target on this interface, else as 2; 2 the address on this interface that fits the target best. Linux: 0.
   */
  readonly arpAnnounce: 0 | 1 | 2;
  /** Tell everybody our addresses when the interface comes up: at the beginning, and when its link is up again. Linux: no. */
  readonly arpNotify: boolean;
  /** Answer only for what is asked through the interface that our answer to the sender would leave by. Linux: no. */
  readonly arpFilter: boolean;
  /** Forget the neighbours when the link goes down (`arp_evict_nocarrier`). Linux: yes. */
  readonly arpEvictNocarrier: boolean;
  /** Drop every gratuitous ARP. Linux: no. */
  readonly dropGratuitousArp: boolean;
  /** Answer for what this router would pass on through another interface (RFC 1027). Linux: no. */
  readonly proxyArp: boolean;
  /** Answer also for what it would send back through the same one (RFC 3069). Linux: no. */
  readonly proxyArpPvlan: boolean;
  /**
   * Interfaces on one medium have one number, and nobody answers there for what is on the same medium; 0: the interface is
   * a medium of its own, -1: `proxyArp` is off here, and for what is reached through here. Linux: 0.
   */
  readonly mediumId: number;
  /**
   * Networks and addresses to answer for (`ip neigh add proxy`): by a router only where it would pass the packets on
   * through another interface, by a host in any case.
   */
  readonly proxies: readonly (string | ipv4.Prefix)[];
  /** A proxy's answer to a broadcast request waits for a random time of up to so many milliseconds. Linux: 800. */
  readonly proxyDelayMs: number;
  /** Answers that may wait at once; what exceeds them is dropped. Linux: 64. */
  readonly proxyQlen: number;
}

/** What a host of ours does unless told. */
export const ARP_DEFAULTS: ArpOptions = {
  rules: "rfc",
  arpAccept: 0,
  arpIgnore: 0,
  arpAnnounce: 2,
  arpNotify: false,
  arpFilter: false,
  arpEvictNocarrier: false,
  dropGratuitousArp: false,
  proxyArp: false,
  proxyArpPvlan: false,
  mediumId: 0,
  proxies: [],
  proxyDelayMs: 800,
  proxyQlen: 64,
};

/** What Linux does unless told. */
export const LINUX_ARP: ArpOptions = { ...ARP_DEFAULTS, rules: "linux", arpAnnounce: 0, arpEvictNocarrier: true };

const WHOLE: readonly [keyof ArpOptions, number, number][] = [
  ["arpAccept", 0, 2],
  ["arpIgnore", 0, 8],
  ["arpAnnounce", 0, 2],
  ["mediumId", -1, 0x7fffffff],
  ["proxyQlen", 0, 65_536],
];

/** @throws {RangeError} on a value that a switch does not have. */
export function checkArpOptions(options: ArpOptions): void {
  for (const [name, min, max] of WHOLE) {
    const value = options[name] as number;
    if (!Number.isInteger(value) || value < min || value > max)
      throw new RangeError(`${name} is a whole number from ${min} to ${max}, not ${value}`);
  }
  if (!(options.proxyDelayMs >= 0))
    throw new RangeError(`proxyDelayMs is a time of 0 or more, not ${options.proxyDelayMs}`);
  readProxies(options.proxies);
}

/** @throws {RangeError} on text that is no network. */
export function readProxies(given: ArpOptions["proxies"]): ipv4.Prefix[] {
  return given.map((one) => {
    const prefix = typeof one === "string" ? ipv4.parsePrefix(one) : one;
    if (prefix === null) throw new RangeError(`${one} is no IPv4 network: write it as 10.0.9.0/24`);
    return prefix;
  });
}
