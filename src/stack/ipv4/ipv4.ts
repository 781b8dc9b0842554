/** IPv4 for one host: what RFC 1122 (3.2.1) and RFC 1812 (5.2.2) have a host check before it believes a datagram. */
import { Fault } from "../../../packets/fault.ts";
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as address from "../../../packets/ipv4-address.ts";
import * as options from "../../../packets/ipv4-options.ts";
import * as routeOptions from "../../../packets/ipv4-route-options.ts";
import { FrameFlag } from "../../link/link.ts";
import type { Core } from "../core.ts";
import { ACCEPTED, Drop, type Verdict } from "../drop.ts";
import type { IcmpHandler } from "../icmp/icmp.ts";
import type { IcmpErrors } from "../icmp/icmp-errors.ts";
import { ALL_HOSTS } from "../identity.ts";
import type { UdpSockets } from "../udp.ts";
import { type Expired, Fragment, Reassembler, type ReassemblyOptions, type ReassemblyStats } from "./reassembly.ts";

/** Words of a datagram's key: source, destination, and identification with protocol. */
const KEY = 3;

/** No verdict yet. */
const GO_ON = -2;

/** Memory for a datagram put together: its link-layer header before it. */
const LARGEST = ipv4.MAX_LENGTH + 64;

export class Ipv4Handler {
  readonly #core: Core;
  readonly #icmp: IcmpHandler;
  readonly #udp: UdpSockets;
  readonly #errors: IcmpErrors;
  readonly #reassembler: Reassembler | null;
  #assembled: Uint8Array | null = null;

  /** @param reassembly null: fragments are dropped. */
  constructor(
    core: Core,
    icmp: IcmpHandler,
    udp: UdpSockets,
    errors: IcmpErrors,
    reassembly: Partial<ReassemblyOptions> | null,
  ) {
    this.#core = core;
    this.#icmp = icmp;
    this.#udp = udp;
    this.#errors = errors;
    const slot = core.link.mtu;
    const expired: Expired = (buf, off, length) => this.#expired(buf, off, length);
    this.#reassembler = reassembly === null ? null : new Reassembler(core.clock, KEY, slot, expired, reassembly);
  }

  /** Null if fragments are not put together. */
  reassembly(): ReassemblyStats | null {
    return this.#reassembler?.stats() ?? null;
  }

  /** Stops the timer. */
  close(): void {
    this.#reassembler?.close();
  }

  /** Takes in the datagram in the frame being handled. */
  input(): Verdict {
    const { received, identity } = this.#core;
    const { cursor, network: off, end } = received;
    const payload = cursor.ipv4Payload(off, end);
    if (payload < 0) return this.#faulty(-payload as Fault);
    if (cursor.checksum(off, payload) !== 0) return Drop.IpChecksum;
    const src = cursor.ipv4Src(off);
    const dst = cursor.ipv4Dst(off);
    if (address.isLoopback(src) || address.isLoopback(dst)) return Drop.IpLoopback;
    if (!address.isUnicast(src) || identity.isAnyBroadcast(src)) return Drop.IpSource;
    if (identity.owns(src)) return Drop.IpSourceOwn;
    const isUnicast = identity.owns(dst);
    if (!isUnicast && !identity.isBroadcast(dst) && dst !== ALL_HOSTS) {
      const { forwarding } = this.#core;
      return forwarding === null ? Drop.IpNotForUs : forwarding.forward(this.#core, payload);
    }
    if (isUnicast && received.isGroup) return Drop.IpGroupFrame;
    // TTL is no matter here: a host never drops for it (RFC 1122, 3.2.1.7).
    if (payload - off > ipv4.MIN_HEADER_LENGTH) {
      const refused = this.#options(payload, isUnicast);
      if (refused !== GO_ON) return refused;
    }
    if (cursor.ipv4IsFragment(off)) return this.#fragment(payload, isUnicast);
    return this.#deliver(payload, isUnicast);
  }

  /** Options of a datagram for us. @returns what became of it, or that it goes on as any other. */
  #options(payload: number, isUnicast: boolean): Verdict | typeof GO_ON {
    const core = this.#core;
    const { buf, network: off } = core.received;
    const problem = routeOptions.problem(buf, off);
    if (problem > 0) return this.#parameterProblem(problem);
    const route = routeOptions.findSourceRoute(buf, options.start(off), payload);
    if (route < 0) return GO_ON;
    if (!core.acceptSourceRoute) return Drop.IpSourceRoute;
    // A completed route, whose pointer is beyond it, has led here (RFC 1122, 3.2.1.8c).
    if (!routeOptions.hasRoom(buf, route)) return GO_ON;
    return isUnicast ? this.#along(payload, route) : Drop.IpSourceRoute;
  }

  #parameterProblem(pointer: number): Verdict {
    const { buf, cursor, network: off, isGroup } = this.#core.received;
    this.#errors.send(icmp.Type.ParameterProblem, 0, pointer << 24, buf, off, cursor.ipv4PayloadEnd(off), isGroup);
    return Drop.IpOptions;
  }

  /** Follows a source route, whose present hop we are: to its next address that is not ours, if there is one. */
  #along(payload: number, route: number): Verdict {
    const core = this.#core;
    const { buf, cursor, network: off } = core.received;
    const stop = routeOptions.routeEnd(buf, route);
    let last = ipv4.dst(buf, off);
    for (let at = routeOptions.nextOffset(buf, route); at < stop; at += 4) {
      if (at + 4 > stop) return this.#parameterProblem(routeOptions.pointerOffset(route) - off);
      last = cursor.i32(at);
      if (core.identity.owns(last)) continue;
      if (core.forwarding !== null) return core.forwarding.forwardAlong(core, payload, last, route);
      // RFC 1122, 3.3.5: a host that does not pass it on says so.
      const { Type, UnreachableCode } = icmp;
      const end = cursor.ipv4PayloadEnd(off);
      this.#errors.send(Type.DestinationUnreachable, UnreachableCode.SourceRouteFailed, 0, buf, off, end, false);
      return Drop.SourceRouteFailed;
    }
    return this.#arrived(route, last);
  }

  /** The rest of a source route was addresses of ours: it is handled as if it had come to the last of them. */
  #arrived(route: number, dst: number): Verdict {
    const { buf, frame, network, end } = this.#core.received;
    this.#assembled ??= new Uint8Array(LARGEST);
    const whole = this.#assembled;
    whole.set(buf.subarray(frame, end));
    const ip = network - frame;
    ipv4.setDst(whole, ip, dst);
    routeOptions.complete(whole, route - frame);
    ipv4.updateChecksum(whole, ip);
    return this.#handle(whole, ip, end - frame, true);
  }

  /** Hands the whole datagram being handled to its protocol. */
  #deliver(payload: number, isUnicast: boolean): Verdict {
    const { received } = this.#core;
    const { buf, cursor, network: off } = received;
    const end = cursor.ipv4PayloadEnd(off);
    const protocol = cursor.ipv4Protocol(off);
    if (protocol === ipv4.Protocol.Icmp) return this.#icmp.input(payload, end, isUnicast);
    if (protocol === ipv4.Protocol.Udp) return this.#udp.input(payload, end);
    // RFC 1122, 3.2.2.1.
    const { Type, UnreachableCode } = icmp;
    this.#errors.send(Type.DestinationUnreachable, UnreachableCode.Protocol, 0, buf, off, end, received.isGroup);
    return Drop.IpProtocol;
  }

  /** The fragment being handled; with the last one that was missing, its datagram. */
  #fragment(payload: number, isUnicast: boolean): Verdict {
    const reassembler = this.#reassembler;
    if (reassembler === null) return Drop.IpFragment;
    const { buf, cursor, network: off } = this.#core.received;
    const { key } = reassembler;
    // RFC 791, 3.2: what belongs together has source, destination, protocol and identification in common.
    key[0] = cursor.ipv4Src(off);
    key[1] = cursor.ipv4Dst(off);
    key[2] = (ipv4.identification(buf, off) << 8) | cursor.ipv4Protocol(off);
    const header = payload - off;
    const place = ipv4.fragmentOffset(buf, off);
    const size = cursor.ipv4PayloadEnd(off) - payload;
    if (header + place + size > ipv4.MAX_LENGTH) return Drop.FragmentInvalid;
    const result = reassembler.add(buf, off, header, size, place, ipv4.moreFragments(buf, off));
    if (result >= 0) return this.#assemble(reassembler, result, isUnicast);
    if (result === Fragment.Waiting) return ACCEPTED;
    if (result === Fragment.Duplicate) return Drop.FragmentDuplicate;
    return result === Fragment.Overlap ? Drop.FragmentOverlap : Drop.FragmentInvalid;
  }

  /** Handles a datagram that is complete as if it had come whole in the frame that completed it. */
  #assemble(reassembler: Reassembler, datagram: number, isUnicast: boolean): Verdict {
    const { received } = this.#core;
    const { buf, frame, network } = received;
    this.#assembled ??= new Uint8Array(LARGEST);
    const whole = this.#assembled;
    const link = network - frame;
    const length = reassembler.length(datagram);
    if (length > ipv4.MAX_LENGTH) {
      // The first fragment had the longer header.
      reassembler.release(datagram);
      return Drop.FragmentInvalid;
    }
    whole.set(buf.subarray(frame, network));
    reassembler.write(datagram, whole, link);
    reassembler.release(datagram);
    ipv4.setTotalLength(whole, link, length);
    ipv4.setFragment(whole, link, 0, 0);
    ipv4.updateChecksum(whole, link);
    return this.#handle(whole, link, link + length, isUnicast);
  }

  /** Handles the datagram at `network` in `whole`, a frame in memory of ours, as if it had come in the one being handled. */
  #handle(whole: Uint8Array, network: number, end: number, isUnicast: boolean): Verdict {
    const { received } = this.#core;
    const { buf, frame, network: networkBefore, end: endBefore, isReassembled, cursor } = received;
    received.buf = whole;
    received.frame = 0;
    received.network = network;
    received.end = end;
    received.isReassembled = true;
    cursor.attach(whole);
    const payload = ipv4.payloadOffset(whole, network);
    const verdict = cursor.ipv4IsFragment(network)
      ? this.#fragment(payload, isUnicast)
      : this.#deliver(payload, isUnicast);
    received.buf = buf;
    received.frame = frame;
    received.network = networkBefore;
    received.end = endBefore;
    received.isReassembled = isReassembled;
    cursor.attach(buf);
    return verdict;
  }

  /** RFC 1122, 3.3.2: told only if the first fragment has come. */
  #expired(buf: Uint8Array, off: number, length: number): void {
    const core = this.#core;
    if (core.observers.listening) core.observers.emit({ type: "reassembly-expired", time: core.time() });
    if (off < 0) return;
    const { Type, TimeExceededCode } = icmp;
    this.#errors.send(Type.TimeExceeded, TimeExceededCode.Reassembly, 0, buf, off, off + length, false);
  }

  #faulty(fault: Fault): Verdict {
    if (fault === Fault.Version) return Drop.IpVersion;
    if (fault === Fault.Length) return Drop.IpLength;
    const { batch, index } = this.#core.received;
    return batch !== null && (batch.flags[index]! & FrameFlag.Truncated) !== 0 ? Drop.FrameCut : Drop.IpTruncated;
  }
}
