/** How a host of our own is made, and what it counts. */

import type { ArpOptions } from "./arp/arp-options.ts";
import type { ClaimStats } from "./claim/acd.ts";
import type { AcdOptions } from "./claim/acd-options.ts";
import type { Clock } from "./clock.ts";
import type { AnswerOptions } from "./core.ts";
import type { IcmpErrorOptions, IcmpErrorStats } from "./icmp/icmp-errors.ts";
import type { IdentityOptions } from "./identity.ts";
import type { ReassemblyOptions, ReassemblyStats } from "./ipv4/reassembly.ts";
import type { NeighbourOptions, NeighbourStats } from "./neighbour/neighbour-options.ts";
import type { Observer } from "./observer.ts";
import type { Random } from "./random.ts";

export interface HostOptions extends IdentityOptions {
  /** What the host answers; everything unless told. */
  readonly answer?: Partial<AnswerOptions>;
  readonly neighbours?: Partial<NeighbourOptions>;
  /** Linux's switches for ARP; `LINUX_ARP` is a host that does as Linux does. */
  readonly arp?: Partial<ArpOptions>;
  /** How fragments are put together; null: they are dropped. */
  readonly reassembly?: Partial<ReassemblyOptions> | null;
  /** How often the host sends ICMP errors. */
  readonly errors?: Partial<IcmpErrorOptions>;
  /** Believe a router that names a better first hop (Linux: accept_redirects). A host does unless told. */
  readonly acceptRedirects?: boolean;
  /**
   * Take source-routed datagrams, and answer them along the way that they came (Linux: accept_source_route); a router
   * passes them on along their route. No, unless told: the sender chooses whom we seem to speak with (RFC 7126, 4.3).
   */
  readonly acceptSourceRoute?: boolean;
  /** How addresses are claimed; RFC 5227's numbers unless given. */
  readonly acd?: Partial<AcdOptions>;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly observer?: Observer;
}

/** Counters since the host was made. */
export interface HostStats {
  /** Frames that the link delivered. */
  readonly received: number;
  readonly arpAnswered: number;
  /** Requests, probes and announcements. */
  readonly arpSent: number;
  readonly echoAnswered: number;
  readonly timestampsAnswered: number;
  readonly echoSent: number;
  readonly echoReplies: number;
  /** Frames dropped, by reason's name; see `dropText`. */
  readonly drops: Readonly<Record<string, number>>;
  readonly txFailed: number;
  readonly neighbours: NeighbourStats;
  readonly udpSent: number;
  readonly udpReceived: number;
  /** Datagrams sent in fragments. */
  readonly fragmented: number;
  /** Null if the host puts no fragments together. */
  readonly reassembly: ReassemblyStats | null;
  readonly errors: IcmpErrorStats;
  /** Null if no address was ever claimed. */
  readonly claims: ClaimStats | null;
}
