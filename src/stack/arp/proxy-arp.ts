/**
 * Answering for others: a router for what it would pass on (RFC 1027), and anybody for addresses chosen by hand. Whoever
 * asks by broadcast may be answered by the owner or by other proxies as well: the answer waits for a random time, and
 * the first wins.
 */
import * as ipv4 from "../../../packets/ipv4-address.ts";
import type { Timer } from "../clock.ts";
import type { Core } from "../core.ts";
import { ACCEPTED, Drop, type Verdict } from "../drop.ts";
import { between } from "../random.ts";
import { containedInAny } from "./arp-switches.ts";

/** Tells `sender`, at that MAC address (upper 16, lower 32 bits), that `target` is here. */
export type ProxyReply = (target: number, sender: number, high: number, low: number) => Verdict;

/** Answers that wait. */
interface Waiting {
  readonly due: Float64Array;
  readonly target: Int32Array;
  readonly sender: Int32Array;
  readonly high: Uint16Array;
  readonly low: Int32Array;
}

export class ProxyArp {
  readonly #core: Core;
  readonly #reply: ProxyReply;
  readonly #isClaimed: (ip: number) => boolean;
  #waiting: Waiting = room(0);
  #count = 0;
  #timer: Timer | null = null;
  /** When it fires. */
  #first = 0;

  /** @param isClaimed whether we claim the address ourselves (RFC 5227). */
  constructor(core: Core, reply: ProxyReply, isClaimed: (ip: number) => boolean) {
    this.#core = core;
    this.#isClaimed = isClaimed;
    this.#reply = reply;
  }

  /** True if a request for `target`, which is not ours, is to be answered. */
  covers(sender: number, target: number): boolean {
    const { forwarding, routes, index, identity, switches } = this.#core;
    // Who looks whether an address is free (RFC 5227) is for its owner to answer.
    if (sender === 0 || !ipv4.isUnicast(target) || identity.isAnyBroadcast(target)) return false;
    // To who says that it is his, an answer would be a conflict (2.4). Linux answers all the same.
    if (sender === target && (forwarding === null || !switches.isLinux)) return false;
    // Nor is what we are probing for: we do not know yet whose it is.
    if (this.#isClaimed(target)) return false;
    const isChosen = containedInAny(switches.proxies, target);
    if (forwarding === null) return isChosen;
    // RFC 3927, 2.7: what is for a link-local address is not passed on.
    const mayTravel = forwarding.options.forwarding && !ipv4.isLinkLocal(target);
    const route = mayTravel ? routes.lookup(target) : null;
    if (route === null) return false;
    // RFC 3069: stations on one link that may not speak to each other directly.
    if (route.out === index) return switches.options.proxyArpPvlan && sender !== target;
    return isChosen || (switches.options.proxyArp && this.#isOtherMedium(route.out));
  }

  #isOtherMedium(out: number): boolean {
    const { mediumId } = this.#core.switches.options;
    if (mediumId <= 0) return mediumId === 0;
    const other = this.#core.forwarding?.ports[out]?.core.switches.options.mediumId;
    return other !== mediumId && other !== -1;
  }

  /** Answers a request that {@link covers}: at once if it came to us alone, else later. */
  answer(target: number, sender: number, high: number, low: number): Verdict {
    const { switches, received, clock, random } = this.#core;
    const { proxyDelayMs, proxyQlen } = switches.options;
    if (!received.isGroup || proxyDelayMs === 0) return this.#reply(target, sender, high, low);
    if (this.#count >= proxyQlen) return Drop.ArpProxyFull;
    if (this.#count === this.#waiting.due.length) this.#grow(proxyQlen);
    const waiting = this.#waiting;
    const i = this.#count++;
    waiting.due[i] = clock.now() + between(random, 0, proxyDelayMs);
    waiting.target[i] = target;
    waiting.sender[i] = sender;
    waiting.high[i] = high;
    waiting.low[i] = low;
    if (this.#timer === null || waiting.due[i]! < this.#first) this.#arm();
    return ACCEPTED;
  }

  /** Forgets what waits. */
  close(): void {
    this.#count = 0;
    this.#arm();
  }

  /** Doubles the room, up to what the queue may hold. */
  #grow(limit: number): void {
    const larger = room(Math.min(limit, Math.max(8, 2 * this.#count)));
    for (const name of Object.keys(larger) as (keyof Waiting)[]) larger[name].set(this.#waiting[name]);
    this.#waiting = larger;
  }

  #arm(): void {
    const { clock } = this.#core;
    clock.clearTimer(this.#timer);
    this.#timer = null;
    if (this.#count === 0) return;
    let first = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#count; i++) first = Math.min(first, this.#waiting.due[i]!);
    this.#first = first;
    this.#timer = clock.setTimer(first - clock.now(), () => this.#fire());
  }

  #fire(): void {
    const { clock, output } = this.#core;
    const now = clock.now();
    output.cork();
    for (let i = 0; i < this.#count; ) {
      if (this.#waiting.due[i]! > now) {
        i++;
        continue;
      }
      const target = this.#waiting.target[i]!;
      const sender = this.#waiting.sender[i]!;
      const high = this.#waiting.high[i]!;
      const low = this.#waiting.low[i]!;
      // First, since whoever is told of the answer may close the host.
      this.#remove(i);
      // What leads where may have changed meanwhile.
      if (this.covers(sender, target)) this.#reply(target, sender, high, low);
    }
    output.uncork();
    this.#arm();
  }

  /** The last takes the place of the one that went. */
  #remove(i: number): void {
    const last = --this.#count;
    for (const column of Object.values(this.#waiting) as Waiting[keyof Waiting][]) column[i] = column[last]!;
  }
}

function room(length: number): Waiting {
  return {
    due: new Float64Array(length),
    target: new Int32Array(length),
    sender: new Int32Array(length),
    high: new Uint16Array(length),
    low: new Int32Array(length),
  };
}
