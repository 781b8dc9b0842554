/**
 * Datagrams that are for somebody else (RFC 1812, 5.2): what several interfaces of one machine have in common, and whether
 * and where what comes in at one goes out at another. A datagram that passes is copied once, from the slot that it came in
 * to the slot that it leaves in, and allocates nothing.
 */
import * as inet from "../../../packets/checksum.ts";
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as address from "../../../packets/ipv4-address.ts";
import * as options from "../../../packets/ipv4-options.ts";
import * as routeOptions from "../../../packets/ipv4-route-options.ts";
import type { Clock } from "../clock.ts";
import type { Core } from "../core.ts";
import { ACCEPTED, Drop, type Verdict } from "../drop.ts";
import type { EchoHandler } from "../icmp/echo.ts";
import { type IcmpErrorOptions, type IcmpErrors, IcmpLimits } from "../icmp/icmp-errors.ts";
import type { Identity } from "../identity.ts";
import type { Ipv4Output } from "../ipv4/ipv4-output.ts";
import { PathMtu } from "../ipv4/path-mtu.ts";
import { type Route, RouteTable } from "../ipv4/routes.ts";
import { finishChecksum, segmentCount, segments, segmentTotal } from "../ipv4/unfinished.ts";
import type { NeighbourCache } from "../neighbour/neighbour.ts";
import { AddressBuckets } from "../rate-limit.ts";
import { isSent, SendResult } from "../send-result.ts";
import type { UdpSocket } from "../udp.ts";
import { ForwardedOptions } from "./forwarded-options.ts";
import { fragments } from "./refragment.ts";
import type { Relay } from "./relay.ts";

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
  readonly identities: Identity[] = [];
  /** Addresses that some interface claims (RFC 5227), or got by a claim. */
  readonly claimed = new Set<number>();
  readonly echoHandlers = new Map<number, EchoHandler>();
  readonly udpPorts = new Map<number, UdpSocket[]>();
  readonly ports: Port[] = [];
  readonly #redirects: AddressBuckets;
  readonly #rewritten = new ForwardedOptions();
  #forwarded = 0;
  #fragmented = 0;
  #redirectsSent = 0;
  #alerts = 0;

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

  /** Of the datagrams passed on, those that asked routers to look at them (RFC 2113). */
  get alerts(): number {
    return this.#alerts;
  }

  /** What leaves while a batch is handled leaves together, whichever way. */
  cork(): void {
    // By index: an iterator is memory for every batch until V8 has optimised it away.
    for (let i = 0; i < this.ports.length; i++) {
      const { core, neighbours } = this.ports[i]!;
      neighbours.touch();
      core.output.cork();
    }
  }

  uncork(): void {
    for (let i = 0; i < this.ports.length; i++) this.ports[i]!.core.output.uncork();
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
    if (payload - off > ipv4.MIN_HEADER_LENGTH) return this.#withOptions(core, payload, dst);
    const route = routes.lookup(dst);
    const out = route === null ? undefined : this.ports[route.out];
    if (route === null || out === undefined)
      return this.#refuse(core, icmp.Type.DestinationUnreachable, icmp.UnreachableCode.Network, 0, Drop.NoRoute);
    if (cursor.ipv4Ttl(off) <= 1)
      return this.#refuse(core, icmp.Type.TimeExceeded, icmp.TimeExceededCode.InTransit, 0, Drop.TtlExceeded);
    if (this.broadcasts.has(dst)) return this.#broadcast(core, out);
    const hop = route.gateway === 0 ? dst : route.gateway;
    const total = cursor.ipv4PayloadEnd(off) - off;
    if (total > out.core.link.mtu && !this.#fitsInSegments(core, out))
      return this.#tooLong(core, out, hop, received.buf, off, payload);
    if (out.core === core && this.options.sendRedirects) this.#redirect(core, hop);
    return this.#pass(core, out, hop, total);
  }

  /** RFC 1812, 5.2.4.1 and 5.3.13: the same for what has options, which are looked at first. */
  #withOptions(core: Core, payload: number, dst: number): Verdict {
    const { buf, network: off } = core.received;
    const problem = routeOptions.problem(buf, off);
    if (problem > 0) return this.#parameterProblem(core, problem, Drop.IpOptions);
    const route = routeOptions.findSourceRoute(buf, options.start(off), payload);
    if (route >= 0) {
      if (!core.acceptSourceRoute) return Drop.IpSourceRoute;
      // Between two hops of a strict route there is nobody: we have no business with it.
      if (buf[route] === options.OptionType.StrictSourceRoute)
        return this.#parameterProblem(core, ipv4.DST, Drop.SourceRouteFailed);
    }
    return this.#along(core, payload, dst, -1, route >= 0);
  }

  /**
   * Passes on the datagram being handled by `core`, whose destination is ours, along its source route.
   * @param route the option's offset. @param dst the next address of the route, which is not ours.
   */
  forwardAlong(core: Core, payload: number, dst: number, route: number): Verdict {
    const { received } = core;
    if (!this.options.forwarding || !mayTravel(dst) || !mayTravel(received.cursor.ipv4Src(received.network)))
      return this.#routeFailed(core);
    if (this.broadcasts.has(dst)) return this.#routeFailed(core);
    return this.#along(core, payload, dst, route, true);
  }

  /** @param sourceRoute offset of the option that `dst` is the next address of, or -1. */
  #along(core: Core, payload: number, dst: number, sourceRoute: number, isRouted: boolean): Verdict {
    const { received, routes } = core;
    const { cursor, network: off } = received;
    const { Type, UnreachableCode, TimeExceededCode } = icmp;
    const route = routes.lookup(dst);
    const out = route === null ? undefined : this.ports[route.out];
    if (route === null || out === undefined) {
      if (sourceRoute >= 0) return this.#routeFailed(core);
      return this.#refuse(core, Type.DestinationUnreachable, UnreachableCode.Network, 0, Drop.NoRoute);
    }
    if (cursor.ipv4Ttl(off) <= 1)
      return this.#refuse(core, Type.TimeExceeded, TimeExceededCode.InTransit, 0, Drop.TtlExceeded);
    // A strict route's next hop is on a network of ours (RFC 791, 3.1).
    const isStrict = sourceRoute >= 0 && received.buf[sourceRoute] === options.OptionType.StrictSourceRoute;
    if (isStrict && route.gateway !== 0) return this.#routeFailed(core);
    const isBroadcast = this.broadcasts.has(dst);
    if (isBroadcast && !this.options.directedBroadcasts) return Drop.DirectedBroadcast;
    const hop = route.gateway === 0 ? dst : route.gateway;
    const total = cursor.ipv4PayloadEnd(off) - off;
    const { segment } = received;
    const copy = this.#rewritten.rewrite(core, out.core, payload, total, hop, dst, sourceRoute);
    if (copy === null) return Drop.IpOptions;
    if (total > out.core.link.mtu && !this.#fitsInSegments(core, out))
      return isBroadcast ? Drop.TooLong : this.#tooLong(core, out, hop, copy, 0, payload - off);
    // RFC 1812, 5.2.7.2: whoever chose the way is not told of a better one.
    if (out.core === core && this.options.sendRedirects && !isRouted && !isBroadcast) this.#redirect(core, hop);
    const word = (ipv4.ttl(copy, 0) << 8) | ipv4.protocol(copy, 0);
    const checksum = inet.update(ipv4.headerChecksum(copy, 0), word, word - ONE_HOP);
    const to = isBroadcast ? address.LIMITED_BROADCAST : hop;
    if (routeOptions.hasRouterAlert(copy, 0)) this.#alert(core);
    if (segment > 0)
      return this.#passed(
        core,
        out,
        hop,
        out.relay.passUnfinished(to, copy, 0, total, word - ONE_HOP, checksum, segment),
      );
    return this.#passed(core, out, hop, out.relay.pass(to, copy, 0, total, word - ONE_HOP, checksum));
  }

  #alert(core: Core): void {
    const { cursor, network: off } = core.received;
    this.#alerts++;
    if (!core.observers.listening) return;
    const from = cursor.ipv4Src(off);
    const protocol = cursor.ipv4Protocol(off);
    core.observers.emit({ type: "router-alert", time: core.time(), from, to: cursor.ipv4Dst(off), protocol });
  }

  #parameterProblem(core: Core, pointer: number, reason: Drop): Verdict {
    return this.#refuse(core, icmp.Type.ParameterProblem, 0, pointer << 24, reason);
  }

  #routeFailed(core: Core): Verdict {
    const { Type, UnreachableCode } = icmp;
    return this.#refuse(
      core,
      Type.DestinationUnreachable,
      UnreachableCode.SourceRouteFailed,
      0,
      Drop.SourceRouteFailed,
    );
  }

  /** RFC 1812, 5.2.2 and 5.3.1: one hop less to live, and the checksum brought up to date (RFC 1624). */
  #pass(core: Core, out: Port, hop: number, total: number): Verdict {
    const { buf, cursor, network: off } = core.received;
    const word = cursor.u16(off + TTL_AND_PROTOCOL);
    const checksum = inet.update(cursor.u16(off + CHECKSUM), word, word - ONE_HOP);
    if (core.received.isChecksumOpen) return this.#passUnfinished(core, out, hop, total, word - ONE_HOP, checksum);
    return this.#passed(core, out, hop, out.relay.pass(hop, buf, off, total, word - ONE_HOP, checksum));
  }

  #passed(core: Core, out: Port, hop: number, result: SendResult): Verdict {
    if (!isSent(result)) return reasonFor(result);
    this.#forwarded++;
    if (core.observers.listening) this.#report(core, out, hop);
    return ACCEPTED;
  }

  /** What a sender left to its card to finish, and perhaps to cut, is left to the next one where the link can. */
  #passUnfinished(core: Core, out: Port, hop: number, total: number, word: number, checksum: number): Verdict {
    const { buf, network: off, segment } = core.received;
    const verdict = this.#passed(
      core,
      out,
      hop,
      out.relay.passUnfinished(hop, buf, off, total, word, checksum, segment),
    );
    if (verdict === ACCEPTED) this.#forwarded += segmentCount(buf, off, segment) - 1;
    return verdict;
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

  /** RFC 1812, 5.2.6; RFC 1191, 4. The datagram is the one being handled, or a copy of it with other options. */
  #tooLong(core: Core, out: Port, hop: number, buf: Uint8Array, off: number, payload: number): Verdict {
    const { segment, isChecksumOpen } = core.received;
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
      if (!isSent(result)) return reasonFor(result);
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

/** Why a datagram could not be passed on. */
function reasonFor(result: SendResult): Drop {
  if (result === SendResult.TableFull) return Drop.NeighboursFull;
  if (result === SendResult.TooLong) return Drop.TooLong;
  return result === SendResult.QueueFull ? Drop.NeighbourQueueFull : Drop.TxFull;
}

/** RFC 1812, 5.3.7, and RFC 3927, 2.7: only what names one host, and not one of a link alone. */
function mayTravel(ip: number): boolean {
  return address.isUnicast(ip) && (ip & 0xffff0000) !== (0xa9fe0000 | 0);
}
