/** What the parts of a host share. */
import * as mac from "../../packets/mac.ts";
import type { Link } from "../link/link.ts";
import type { ArpOptions } from "./arp/arp-options.ts";
import { ArpSwitches } from "./arp/arp-switches.ts";
import type { Clock } from "./clock.ts";
import { DROP_COUNT, type Drop, dropName } from "./drop.ts";
import type { Identity } from "./identity.ts";
import { RouteTable } from "./ipv4/routes.ts";
import type { NeighbourCache } from "./neighbour/neighbour.ts";
import { Observers } from "./observer.ts";
import { Output } from "./output.ts";
import type { Random } from "./random.ts";
import { Received } from "./received.ts";
import type { Forwarding } from "./router/forwarding.ts";

const SECONDS_A_DAY = 86_400;

/** Which questions a host answers. */
export interface AnswerOptions {
  readonly arp: boolean;
  /** Echo, and ICMP's timestamps. */
  readonly echo: boolean;
  /** Tell senders, by ICMP errors, what became of what they sent: not where the kernel, whose address it is, does. */
  readonly errors: boolean;
}

export const ANSWER_DEFAULTS: AnswerOptions = { arp: true, echo: true, errors: true };

/** Which interface of which machine a host is. */
export interface Membership {
  readonly forwarding: Forwarding;
  readonly index: number;
}

export class Core {
  readonly link: Link;
  readonly clock: Clock;
  readonly random: Random;
  readonly identity: Identity;
  readonly answer: AnswerOptions;
  readonly observers = new Observers();
  readonly output: Output;
  readonly received = new Received();
  /** Where datagrams go. */
  readonly routes: RouteTable;
  /** The machine that this is one interface of, and which one; null for a host of a single interface. */
  readonly forwarding: Forwarding | null;
  readonly index: number;
  /** Whether source-routed datagrams are taken, and passed on along their route (Linux: accept_source_route). */
  acceptSourceRoute = false;
  readonly switches: ArpSwitches;
  readonly #drops = new Float64Array(DROP_COUNT);

  constructor(
    link: Link,
    clock: Clock,
    random: Random,
    identity: Identity,
    answer: AnswerOptions,
    membership: Membership | null = null,
    arp: Partial<ArpOptions> = {},
  ) {
    this.link = link;
    this.clock = clock;
    this.random = random;
    this.identity = identity;
    this.answer = answer;
    this.forwarding = membership?.forwarding ?? null;
    this.index = membership?.index ?? 0;
    this.routes = identity.addRoutes(membership?.forwarding.routes ?? new RouteTable(), this.index);
    this.switches = new ArpSwitches(identity, this.routes, this.index, arp);
    this.output = new Output(link, identity, this.observers);
  }

  /** The time of what is happening: the arrival of the frame being handled, or the present. */
  time(): number {
    return this.received.batch === null ? this.link.now() : this.received.time;
  }

  /** Milliseconds since midnight UT, what timestamps are in (RFC 1122, 3.2.2.8). */
  timeOfDay(): number {
    const { link } = this;
    return ((link.epoch % SECONDS_A_DAY) * 1000 + Math.floor(link.now() / 1e6)) % (SECONDS_A_DAY * 1000);
  }

  /**
   * The address of ours to speak from to `dst`: one of the interface that the way there leads through, on the network of
   * the first hop if there is one (RFC 1122, 3.3.4.3; Linux: inet_select_addr). 0 if we have none.
   */
  sourceFor(dst: number): number {
    const route = this.routes.lookup(dst);
    if (route === null) return this.identity.sourceFor(dst);
    const { identity } = this.forwarding?.ports[route.out]?.core ?? this;
    return identity.sourceFor(route.gateway === 0 ? dst : route.gateway);
  }

  /** Tells whoever listens that the MAC address of `hop` is not known, unless that was told before. */
  reportMiss(neighbours: NeighbourCache, hop: number): void {
    neighbours.touch();
    const entry = neighbours.find(hop);
    if (entry < 0 || (!neighbours.usable(entry) && neighbours.waiting(entry) === 0))
      this.observers.emit({ type: "arp-miss", time: this.time(), ip: hop });
  }

  /** Counts the frame being handled as dropped, and tells whoever listens why. */
  drop(reason: Drop): void {
    this.#drops[reason]!++;
    if (this.observers.listening) this.#report(reason);
  }

  #report(reason: Drop): void {
    const { buf, frame, length } = this.received;
    const source = length >= 12 ? buf.slice(frame + mac.LENGTH, frame + 2 * mac.LENGTH) : null;
    this.observers.emit({ type: "drop", time: this.time(), reason, length, mac: source });
  }

  /** Drops by reason's name, those that happened only. */
  drops(): Record<string, number> {
    const counts: Record<string, number> = {};
    this.#drops.forEach((count, reason) => {
      if (count > 0) counts[dropName(reason)] = count;
    });
    return counts;
  }
}
