/**
 * Datagrams that are for somebody else (RFC 1812, 5.2): what several interfaces of one machine have in common, and whether
 * and where what comes in at one goes out at another. A datagram that passes is copied once, from the slot that it came in
 * to the slot that it leaves in, and allocates nothing.
 */
import * as inet from "../../packets/checksum.ts";
import * as icmp from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as address from "../../packets/ipv4-address.ts";
import type { Clock } from "./clock.ts";
import type { Core } from "./core.ts";
import { ACCEPTED, Drop, type Verdict } from "./drop.ts";
import type { EchoHandler } from "./echo.ts";
import { type IcmpErrorOptions, type IcmpErrors, IcmpLimits } from "./icmp-errors.ts";
import type { Ipv4Output } from "./ipv4-output.ts";
import type { NeighbourCache } from "./neighbour.ts";
import { PathMtu } from "./path-mtu.ts";
import { AddressBuckets } from "./rate-limit.ts";
import { fragments } from "./refragment.ts";
import type { Relay } from "./relay.ts";
import { type Route, RouteTable } from "./routes.ts";
import { isSent, SendResult } from "./send-result.ts";
import type { UdpSocket } from "./udp.ts";
import { finishChecksum, segmentCount, segments, segmentTotal } from "./unfinished.ts";

export interface ForwardingOptions {
  /** Pass on what is for others (Linux: ip_forward). */
  readonly forwarding: boolean;
  /** Tell a sender of a better first hop on its own network (Linux: send_redirects). */
  readonly sendRedirects: boolean;
  /** Pass on broadcasts to a whole network of ours. RFC 2644: no, unless told (Linux: bc_forwarding). */
  readonly directedBroadcasts: boolean;
}

export const FORWARDING_DEFAULTS: ForwardingOptions = {
  forwarding: true,
  sendRedirects: true,
  directedBroadcasts: false,
};

/** Redirects a second to one sender, and at once. */
const REDIRECTS_PER_SECOND = 1;
const REDIRECT_BURST = 4;

const TTL_AND_PROTOCOL = 8;
const CHECKSUM = 10;
const ONE_HOP = 0x100;

/** One interface, as the others see it. */
export interface Port {
  readonly core: Core;
  readonly neighbours: NeighbourCache;
  readonly output: Ipv4Output;
  readonly errors: IcmpErrors;
  readonly relay: Relay;
}

export class Forwarding {
  /** May be changed at any time. */
  options: ForwardingOptions;
  readonly routes = new RouteTable();
  readonly pathMtu: PathMtu;
  readonly limits: IcmpLimits;
  /** Addresses of all interfaces: each answers for every one (RFC 1122, 3.3.4.2: the weak model, as Linux has it). */
  readonly addresses = new Set<number>();
  readonly broadcasts = new Set<number>([address.LIMITED_BROADCAST]);
  readonly echoHandlers = new Map<number, EchoHandler>();
  readonly udpPorts = new Map<number, UdpSocket[]>();
  readonly ports: Port[] = [];
  readonly #redirects: AddressBuckets;
  #forwarded = 0;
  #fragmented = 0;
  #redirectsSent = 0;

  constructor(clock: Clock, options: Partial<ForwardingOptions> = {}, errors: Partial<IcmpErrorOptions> = {}) {
    this.options = { ...FORWARDING_DEFAULTS, ...options };
    this.pathMtu = new PathMtu(clock);
    this.limits = new IcmpLimits(clock, errors);
    this.#redirects = new AddressBuckets(clock, REDIRECTS_PER_SECOND, REDIRECT_BURST);
  }

  /** Datagrams passed on. */
  get forwarded(): number {
    return this.#forwarded;
  }

  /** Of these, those that left in fragments. */
  get fragmented(): number {
    return this.#fragmented;
  }

  get redirects(): number {
    return this.#redirectsSent;
  }

  /** What leaves while a batch is handled leaves together, whichever way. */
  cork(): void {
    for (const { core, neighbours } of this.ports) {
      neighbours.touch();
      core.output.cork();
    }
  }

  uncork(): void {
    for (const { core } of this.ports) core.output.uncork();
  }

  /**
   * Decides about the datagram being handled by `core`, which is not for us; its header has been checked.
   * @param payload its first byte after the header.
   */
  forward(core: Core, payload: number): Verdict {
    const { received, routes } = core;
    const { cursor, network: off } = received;
    // RFC 1812, 5.3.4: what came in a broadcast or multicast frame stays on its link.
    if (!this.options.forwarding || received.isGroup) return Drop.IpNotForUs;
    const dst = cursor.ipv4Dst(off);
    if (!mayTravel(dst) || !mayTravel(cursor.ipv4Src(off))) return Drop.IpNotForUs;
    const route = routes.lookup(dst);
    const out = route === null ? undefined : this.ports[route.out];
    if (route === null || out === undefined)
      return this.#refuse(core, icmp.Type.DestinationUnreachable, icmp.UnreachableCode.Network, 0, Drop.NoRoute);
    if (cursor.ipv4Ttl(off) <= 1)
      return this.#refuse(core, icmp.Type.TimeExceeded, icmp.TimeExceededCode.InTransit, 0, Drop.TtlExceeded);
    if (this.broadcasts.has(dst)) return this.#broadcast(core, out);
    const hop = route.gateway === 0 ? dst : route.gateway;
    const total = cursor.ipv4PayloadEnd(off) - off;
    if (total > out.core.link.mtu && !this.#fitsInSegments(core, out)) return this.#tooLong(core, out, hop, payload);
    if (out.core === core && this.options.sendRedirects) this.#redirect(core, hop);
    return this.#pass(core, out, hop, total);
  }

  /** RFC 1812, 5.2.2 and 5.3.1: one hop less to live, and the checksum brought up to date (RFC 1624). */
  #pass(core: Core, out: Port, hop: number, total: number): Verdict {
    const { buf, cursor, network: off } = core.received;
    const word = cursor.u16(off + TTL_AND_PROTOCOL);
    const checksum = inet.update(cursor.u16(off + CHECKSUM), word, word - ONE_HOP);
    if (core.received.isChecksumOpen) return this.#passUnfinished(core, out, hop, total, word - ONE_HOP, checksum);
    const result = out.relay.pass(hop, buf, off, total, word - ONE_HOP, checksum);
    if (!isSent(result)) return notSent(result);
    this.#forwarded++;
    if (core.observers.listening) this.#report(core, out, hop);
    return ACCEPTED;
  }

  /** What a sender left to its card to finish, and perhaps to cut, is left to the next one where the link can. */
  #passUnfinished(core: Core, out: Port, hop: number, total: number, word: number, checksum: number): Verdict {
    const { buf, network: off, segment } = core.received;
    const result = out.relay.passUnfinished(hop, buf, off, total, word, checksum, segment);
    if (!isSent(result)) return notSent(result);
    this.#forwarded += segmentCount(buf, off, segment);
    if (core.observers.listening) this.#report(core, out, hop);
    return ACCEPTED;
  }

  /** True if what is too long stands for datagrams that are not (Linux: skb_gso_validate_network_len). */
  #fitsInSegments({ received }: Core, out: Port): boolean {
    const { buf, network: off, segment } = received;
    return segment > 0 && segmentTotal(buf, off, segment) <= out.core.link.mtu;
  }

  #report(core: Core, out: Port, hop: number): void {
    const { cursor, network: off } = core.received;
    const from = cursor.ipv4Src(off);
    const to = cursor.ipv4Dst(off);
    const { name } = out.core.link;
    core.observers.emit({
      type: "forwarded",
      time: core.time(),
      from,
      to,
      hop,
      out: name,
      ttl: cursor.ipv4Ttl(off) - 1,
    });
  }

  /** RFC 1812, 5.3.5.2, and RFC 2644. */
  #broadcast(core: Core, out: Port): Verdict {
    if (!this.options.directedBroadcasts) return Drop.DirectedBroadcast;
    const { cursor, network: off } = core.received;
    const total = cursor.ipv4PayloadEnd(off) - off;
    // Linux does not fragment a broadcast either.
    if (total > out.core.link.mtu) return Drop.TooLong;
    return this.#pass(core, out, address.LIMITED_BROADCAST, total);
  }

  /** RFC 1812, 5.2.6; RFC 1191, 4. */
  #tooLong(core: Core, out: Port, hop: number, payload: number): Verdict {
    const { buf, network: off, segment, isChecksumOpen } = core.received;
    const { mtu } = out.core.link;
    const { Type, UnreachableCode } = icmp;
    if (ipv4.dontFragment(buf, off))
      return this.#refuse(core, Type.DestinationUnreachable, UnreachableCode.FragmentationNeeded, mtu, Drop.TooLong);
    if (segment > 0) {
      for (const one of segments(buf, off, segment)) {
        const verdict = this.#fragment(one, 0, payload - off, out, hop);
        if (verdict !== ACCEPTED) return verdict;
      }
    } else {
      // In place: no part of it can be finished alone.
      if (isChecksumOpen) finishChecksum(buf, off);
      const verdict = this.#fragment(buf, off, payload, out, hop);
      if (verdict !== ACCEPTED) return verdict;
    }
    if (core.observers.listening) this.#report(core, out, hop);
    return ACCEPTED;
  }

  #fragment(buf: Uint8Array, off: number, payload: number, out: Port, hop: number): Verdict {
    for (const piece of fragments(buf, off, payload, out.core.link.mtu)) {
      ipv4.setTtl(piece, 0, ipv4.ttl(buf, off) - 1);
      ipv4.updateChecksum(piece, 0);
      const word = (ipv4.ttl(piece, 0) << 8) | ipv4.protocol(piece, 0);
      const result = out.relay.pass(hop, piece, 0, piece.length, word, ipv4.headerChecksum(piece, 0));
      if (!isSent(result)) return notSent(result);
    }
    this.#forwarded++;
    this.#fragmented++;
    return ACCEPTED;
  }

  /** RFC 1812, 5.2.7.2: the sender is told of `hop` if both are on the network that the datagram came from. */
  #redirect(core: Core, hop: number): void {
    const { buf, cursor, network: off } = core.received;
    const src = cursor.ipv4Src(off);
    const isShared = core.identity.prefixes.some((one) => address.contains(one, src) && address.contains(one, hop));
    if (!isShared || hop === src || !this.#redirects.take(src)) return;
    const end = cursor.ipv4PayloadEnd(off);
    const { Type, RedirectCode } = icmp;
    if (this.ports[core.index]!.errors.send(Type.Redirect, RedirectCode.Host, hop, buf, off, end, false))
      this.#redirectsSent++;
  }

  #refuse(core: Core, type: number, code: number, word: number, reason: Drop): Verdict {
    const { buf, cursor, network: off } = core.received;
    this.ports[core.index]!.errors.send(type, code, word, buf, off, cursor.ipv4PayloadEnd(off), false);
    return reason;
  }

  /** The way to `dst`, or null. */
  lookup(dst: number): Route | null {
    return this.routes.lookup(dst);
  }
}

/** Why the link or its neighbours did not take a datagram. */
function notSent(result: SendResult): Drop {
  if (result === SendResult.TableFull) return Drop.NeighboursFull;
  return result === SendResult.TooLong ? Drop.TooLong : Drop.TxFull;
}

/** RFC 1812, 5.3.7, and RFC 3927, 2.7: only what names one host, and not one of a link alone. */
function mayTravel(ip: number): boolean {
  return address.isUnicast(ip) && (ip & 0xffff0000) !== (0xa9fe0000 | 0);
}
