/** Linux's ARP switches at work on one interface: what is not answered, what is learnt all the same, and as whom we ask. */
import * as ipv4 from "../../../packets/ipv4-address.ts";
import { ACCEPTED, Drop, type Verdict } from "../drop.ts";
import type { Identity } from "../identity.ts";
import type { RouteTable } from "../ipv4/routes.ts";
import { ARP_DEFAULTS, type ArpOptions, checkArpOptions, readProxies } from "./arp-options.ts";

export class ArpSwitches {
  /** True if nothing of what follows changes what is done with a packet: looked at for each. */
  isPlain = true;
  /** True if some address of others may be answered for. */
  isProxy = false;
  /** True if Linux's rules hold. */
  isLinux = false;
  /** True if our requests may name the address of the packet that waits. */
  namesAsker = false;
  proxies: readonly ipv4.Prefix[] = [];
  #options: ArpOptions = ARP_DEFAULTS;
  readonly #identity: Identity;
  readonly #routes: RouteTable;
  readonly #index: number;

  /** @param index which interface of the machine this is. @throws {RangeError} on a value that a switch does not have. */
  constructor(identity: Identity, routes: RouteTable, index: number, given: Partial<ArpOptions>) {
    this.#identity = identity;
    this.#routes = routes;
    this.#index = index;
    this.set(given);
  }

  get options(): ArpOptions {
    return this.#options;
  }

  /** Changes what is named. @throws {RangeError} on a value that a switch does not have; then nothing is changed. */
  set(given: Partial<ArpOptions>): void {
    const options = { ...this.#options, ...given };
    checkArpOptions(options);
    this.#options = options;
    const { rules, arpAccept, arpIgnore, arpFilter, dropGratuitousArp } = options;
    this.proxies = readProxies(options.proxies);
    this.isLinux = rules === "linux";
    this.isProxy = options.proxyArp || options.proxyArpPvlan || this.proxies.length > 0;
    const isStrict = arpIgnore !== 0 || arpFilter || dropGratuitousArp;
    this.isPlain = !this.isLinux && arpAccept === 0 && !isStrict && !this.isProxy;
    this.namesAsker = options.arpAnnounce !== 2;
  }

  /** Whether a packet is heeded at all. @param isForUs it is a request for an address of ours. */
  check(sender: number, target: number, isForUs: boolean): Verdict {
    if (this.#options.dropGratuitousArp && sender === target) return Drop.ArpGratuitous;
    return isForUs && (this.#ignores(sender, target) || this.#filters(sender)) ? Drop.ArpIgnored : ACCEPTED;
  }

  #ignores(sender: number, target: number): boolean {
    const isHere = this.#isHere(target);
    switch (this.#options.arpIgnore) {
      case 1:
        return !isHere;
      case 2:
        // Linux asks for a network with both of them, whichever address it is that of (confirm_addr_indev).
        return !isHere || (sender !== 0 && !this.#areTogether(target, sender));
      case 8:
        return true;
      default:
        return false;
    }
  }

  #filters(sender: number): boolean {
    // A probe has no sender whom the way could lead to.
    return this.#options.arpFilter && sender !== 0 && this.#routes.lookup(sender)?.out !== this.#index;
  }

  /** Whether what nobody asked for makes an entry. */
  accepts(sender: number, isReply: boolean, isGratuitous: boolean): boolean {
    if (this.#options.arpAccept === 0 || !(isReply || isGratuitous)) return false;
    return this.#options.arpAccept === 1 || containedInAny(this.#identity.prefixes, sender);
  }

  /** Our address in a request. @param asker the source of the packet that waits; 0 if none does. */
  source(target: number, asker: number): number {
    const { arpAnnounce } = this.#options;
    const best = this.#bestSource(target);
    if (arpAnnounce === 2 || asker === 0 || !this.#identity.owns(asker)) return best;
    if (arpAnnounce === 0) return asker;
    return this.#areTogether(target, asker) ? asker : best;
  }

  /** Linux takes the first that shares a network with the target (inet_select_addr), we the one that shares the longest. */
  #bestSource(target: number): number {
    const { prefixes } = this.#identity;
    const first = this.isLinux ? prefixes.find((one) => ipv4.contains(one, target)) : undefined;
    return first?.address ?? this.#identity.sourceFor(target);
  }

  /** True if both are on one network of this interface. */
  #areTogether(one: number, other: number): boolean {
    const { prefixes } = this.#identity;
    for (let i = 0; i < prefixes.length; i++)
      if (ipv4.contains(prefixes[i]!, one) && ipv4.contains(prefixes[i]!, other)) return true;
    return false;
  }

  /** True if the address is one of this interface's. */
  #isHere(ip: number): boolean {
    const { prefixes } = this.#identity;
    for (let i = 0; i < prefixes.length; i++) if (prefixes[i]!.address === ip) return true;
    return false;
  }
}

/** Whether an address is in one of the networks: a loop, since this is done for each packet and must allocate nothing. */
export function containedInAny(prefixes: readonly ipv4.Prefix[], ip: number): boolean {
  for (let i = 0; i < prefixes.length; i++) if (ipv4.contains(prefixes[i]!, ip)) return true;
  return false;
}
