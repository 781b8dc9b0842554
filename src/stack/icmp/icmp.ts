/** ICMP for one host: answers echo, hands replies and errors to whoever asked (RFC 792, RFC 1122 3.2.2). */
import { copyBytes } from "../../../packets/bytes.ts";
import { EtherType, SRC } from "../../../packets/ethernet.ts";
import { Fault } from "../../../packets/fault.ts";
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as address from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import { FrameCopier } from "../copy.ts";
import type { Core } from "../core.ts";
import { ACCEPTED, Drop, type Verdict } from "../drop.ts";
import { HostOptionBuffers } from "../ipv4/host-options.ts";
import { DatagramHeader, DEFAULT_TTL, type Ipv4Output, NO_OPTIONS } from "../ipv4/ipv4-output.ts";
import type { PathMtu } from "../ipv4/path-mtu.ts";
import type { NeighbourCache } from "../neighbour/neighbour.ts";
import { TokenBucket } from "../rate-limit.ts";
import { SendResult } from "../send-result.ts";
import type { UdpSockets } from "../udp.ts";
import type { EchoSockets } from "./echo.ts";
import type { IcmpErrors } from "./icmp-errors.ts";

const { Type } = icmp;
/** Redirects believed a second, and at once: each changes a table, and a gateway that names so many is none. */
const REDIRECTS_PER_SECOND = 100;
const REDIRECT_BURST = 100;

export class IcmpHandler {
  readonly #core: Core;
  readonly #neighbours: NeighbourCache;
  readonly #sockets: EchoSockets;
  readonly #output: Ipv4Output;
  readonly #udp: UdpSockets;
  readonly #pathMtu: PathMtu;
  readonly #acceptRedirects: boolean;
  readonly #redirects: TokenBucket;
  readonly #errors: IcmpErrors;
  readonly #options: HostOptionBuffers;
  readonly #header = new DatagramHeader();
  readonly #copier = new FrameCopier();
  #answered = 0;
  #timesAnswered = 0;

  constructor(
    core: Core,
    neighbours: NeighbourCache,
    output: Ipv4Output,
    pathMtu: PathMtu,
    sockets: EchoSockets,
    udp: UdpSockets,
    acceptRedirects: boolean,
    errors: IcmpErrors,
  ) {
    this.#core = core;
    this.#neighbours = neighbours;
    this.#output = output;
    this.#pathMtu = pathMtu;
    this.#sockets = sockets;
    this.#udp = udp;
    this.#acceptRedirects = acceptRedirects;
    this.#redirects = new TokenBucket(core.clock, REDIRECTS_PER_SECOND, REDIRECT_BURST);
    this.#errors = errors;
    this.#options = new HostOptionBuffers(core);
    this.#header.protocol = ipv4.Protocol.Icmp;
  }

  /** Echo requests answered. */
  get answered(): number {
    return this.#answered;
  }

  /** Timestamp requests answered. */
  get timesAnswered(): number {
    return this.#timesAnswered;
  }

  /** Takes in the message from `off` to `end` in the frame being handled. */
  input(off: number, end: number, isUnicast: boolean): Verdict {
    const { cursor } = this.#core.received;
    if (end - off < icmp.HEADER_LENGTH) return Drop.IcmpTruncated;
    if (cursor.checksum(off, end) !== 0) return Drop.IcmpChecksum;
    if (cursor.checkIcmp(off, end) !== Fault.None) return Drop.IcmpTruncated;
    const type = cursor.icmpType(off);
    // Nobody answers or fails to everybody at once: what comes so was not asked for.
    if (!isUnicast) return type === Type.EchoRequest ? Drop.EchoBroadcast : Drop.IcmpBroadcast;
    switch (type) {
      case Type.EchoRequest:
        return this.#core.answer.echo ? this.#reply(off, end) : Drop.EchoOff;
      case Type.EchoReply:
        return this.#replied(off, end);
      case Type.DestinationUnreachable:
      case Type.TimeExceeded:
      case Type.ParameterProblem:
        return this.#error(off, end);
      case Type.TimestampRequest:
        return this.#core.answer.echo ? this.#tellTime(off) : Drop.EchoOff;
      case Type.Redirect:
        return this.#redirect(off, end);
      case Type.SourceQuench:
        return Drop.IcmpSourceQuench;
      default:
        return Drop.IcmpType;
    }
  }

  /**
   * Answers an echo request from the address asked, with all its data (RFC 1122, 3.2.2.6). The answer goes back to the
   * station that delivered the request, not through the neighbour cache: so a flood of senders cannot push anybody out
   * of it, nor make us send requests. Where the link lets it, the request becomes the answer where it lies.
   */
  #reply(off: number, end: number): Verdict {
    const core = this.#core;
    const { buf, frame } = core.received;
    const length = ipv4.MIN_HEADER_LENGTH + end - off;
    if (length > core.link.mtu) return this.#replyOtherwise(off, end);
    if (
      core.output.canReturn &&
      !core.received.isReassembled &&
      off - frame === core.output.headerLength + ipv4.MIN_HEADER_LENGTH
    ) {
      this.#count(off, end);
      this.#writeReply(buf, frame, off, length);
      core.output.commitReceived(frame, length);
      return ACCEPTED;
    }
    if (off - core.received.network > ipv4.MIN_HEADER_LENGTH) return this.#replyOtherwise(off, end);
    const at = core.output.reserve(length);
    if (at < 0) return Drop.TxFull;
    this.#count(off, end);
    const message = at + core.output.headerLength + ipv4.MIN_HEADER_LENGTH;
    core.output.copy(buf, off, core.link.tx, message, end - off);
    this.#writeReply(core.link.tx, at, message, length);
    core.output.commit(length);
    return ACCEPTED;
  }

  /** An answer that no frame holds, or that has options. */
  #replyOtherwise(off: number, end: number): Verdict {
    const problem = this.#address(off);
    if (problem > 0) return this.#problem(problem);
    this.#count(off, end);
    // In a copy: others may read the frame.
    const { scratch } = this.#output;
    this.#copier.copy(this.#core.received.buf, off, scratch, 0, end - off);
    icmp.replyInPlace(scratch, 0, end - off);
    return this.#answer(scratch, end - off);
  }

  /**
   * Answers a timestamp request (RFC 792; RFC 1122, 3.2.2.8) by the rules of echo: both of our times are the present, as in
   * Linux.
   */
  #tellTime(off: number): Verdict {
    const core = this.#core;
    const { buf, frame, network } = core.received;
    const problem = this.#address(off);
    if (problem > 0) return this.#problem(problem);
    this.#timesAnswered++;
    const message = this.#output.scratch;
    copyBytes(buf, off, message, 0, icmp.TIMESTAMP_LENGTH);
    icmp.setType(message, 0, Type.TimestampReply);
    icmp.setCode(message, 0, 0);
    const now = core.timeOfDay();
    icmp.setReceiveTimestamp(message, 0, now);
    icmp.setTransmitTimestamp(message, 0, now);
    icmp.updateChecksum(message, 0, icmp.TIMESTAMP_LENGTH);
    if (core.observers.listening) {
      const source = frame + SRC;
      core.observers.emit({
        type: "timestamp-answered",
        time: core.time(),
        from: ipv4.src(buf, network),
        to: ipv4.dst(buf, network),
        mac: buf.slice(source, source + mac.LENGTH),
        id: icmp.identifier(buf, off),
        seq: icmp.sequence(buf, off),
      });
    }
    return this.#answer(message, icmp.TIMESTAMP_LENGTH);
  }

  /**
   * Makes the header of an answer to the message at `off`: addresses exchanged, options returned.
   * @returns 0, or the byte of the request's header that makes an answer impossible.
   */
  #address(off: number): number {
    const { buf, network } = this.#core.received;
    const header = this.#header;
    header.src = ipv4.dst(buf, network);
    header.dst = ipv4.src(buf, network);
    header.tos = ipv4.tos(buf, network);
    header.options = NO_OPTIONS;
    header.dontFragment = ipv4.dontFragment(buf, network);
    return off - network > ipv4.MIN_HEADER_LENGTH ? this.#options.answer(header) : 0;
  }

  /** Sends the answer back to the station that asked. */
  #answer(message: Uint8Array, length: number): Verdict {
    const { buf, frame } = this.#core.received;
    const source = frame + SRC;
    const header = this.#header;
    // A request that came whole with DF through a larger MTU is answered all the same.
    const total = ipv4.MIN_HEADER_LENGTH + header.options.length + length;
    if (total > this.#output.mtuTo(header.dst)) header.dontFragment = false;
    const result = this.#output.sendTo(mac.high16(buf, source), mac.low32(buf, source), header, message, 0, length);
    return result === SendResult.Sent ? ACCEPTED : result === SendResult.TooLong ? Drop.TooLong : Drop.TxFull;
  }

  #problem(pointer: number): Verdict {
    const { buf, cursor, network, isGroup } = this.#core.received;
    const end = cursor.ipv4PayloadEnd(network);
    this.#errors.send(Type.ParameterProblem, 0, pointer << 24, buf, network, end, isGroup);
    return Drop.IpOptions;
  }

  /**
   * Writes the headers around a copy of the request's message, or around the message itself where it lies.
   * @param out the reply's first byte. @param length of its datagram in bytes.
   */
  #writeReply(tx: Uint8Array, out: number, message: number, length: number): void {
    const { output, received } = this.#core;
    const { buf, frame, network } = received;
    const from = ipv4.src(buf, network);
    const to = ipv4.dst(buf, network);
    const flags = ipv4.flags(buf, network) & ipv4.Flag.DontFragment;
    const tos = ipv4.tos(buf, network);
    const source = frame + SRC;
    output.writeHeader(tx, out, mac.high16(buf, source), mac.low32(buf, source), EtherType.Ipv4);
    const id = this.#output.nextIdentification();
    const ip = out + output.headerLength;
    output.writer.ipv4(ip, length, id, flags, DEFAULT_TTL, ipv4.Protocol.Icmp, to, from, tos);
    icmp.replyInPlace(tx, message, out + output.headerLength + length);
  }

  /** Counts an answer and tells of it, before the request may be overwritten. */
  #count(off: number, end: number): void {
    this.#answered++;
    if (this.#core.observers.listening) this.#reportAnswer(off, end);
  }

  #reportAnswer(off: number, end: number): void {
    const core = this.#core;
    const { buf, frame, network } = core.received;
    const source = frame + SRC;
    core.observers.emit({
      type: "echo-answered",
      time: core.time(),
      from: ipv4.src(buf, network),
      to: ipv4.dst(buf, network),
      mac: buf.slice(source, source + mac.LENGTH),
      id: icmp.identifier(buf, off),
      seq: icmp.sequence(buf, off),
      length: end - off,
      ttl: ipv4.ttl(buf, network),
    });
  }

  #replied(off: number, end: number): Verdict {
    const core = this.#core;
    const { buf, frame, network } = core.received;
    const from = ipv4.src(buf, network);
    const hasOptions = off - network > ipv4.MIN_HEADER_LENGTH;
    if (!this.#sockets.deliver(off, end, hasOptions ? this.#options.received() : NO_OPTIONS))
      return Drop.EchoUnsolicited;
    const source = frame + SRC;
    this.#neighbours.confirm(core.routes.nextHop(from), mac.high16(buf, source), mac.low32(buf, source));
    if (core.observers.listening)
      core.observers.emit({
        type: "echo-reply",
        time: core.time(),
        from,
        id: icmp.identifier(buf, off),
        seq: icmp.sequence(buf, off),
        length: end - off,
        ttl: ipv4.ttl(buf, network),
      });
    return ACCEPTED;
  }

  /**
   * RFC 1122, 3.2.2.2: believed only from the present first hop, about what goes through it, if the new one is on the
   * same link. What it quotes must be from us; whether we sent it nobody knows any more, as in Linux.
   */
  #redirect(off: number, end: number): Verdict {
    const core = this.#core;
    const { buf, network } = core.received;
    if (!this.#acceptRedirects || icmp.checkQuoted(buf, off, end) !== Fault.None) return Drop.IcmpRedirect;
    const quoted = icmp.quotedOffset(off);
    const gateway = icmp.gateway(buf, off);
    const { identity, routes } = core;
    if (!identity.owns(ipv4.src(buf, quoted)) || !address.isUnicast(gateway)) return Drop.IcmpRedirect;
    if (identity.owns(gateway) || identity.isAnyBroadcast(gateway)) return Drop.IcmpRedirect;
    const about = ipv4.dst(buf, quoted);
    const from = ipv4.src(buf, network);
    // What does not come from the present first hop takes no turn from what does.
    if (routes.lookup(about)?.gateway !== from || !this.#redirects.take()) return Drop.IcmpRedirect;
    if (!routes.redirect(about, gateway, from)) return Drop.IcmpRedirect;
    if (core.observers.listening) core.observers.emit({ type: "redirected", time: core.time(), from, about, gateway });
    return ACCEPTED;
  }

  #error(off: number, end: number): Verdict {
    const core = this.#core;
    const { buf, network } = core.received;
    if (icmp.checkQuoted(buf, off, end) !== Fault.None) return Drop.IcmpErrorForeign;
    const quoted = icmp.quotedOffset(off);
    if (!core.identity.owns(ipv4.src(buf, quoted))) return Drop.IcmpErrorForeign;
    const type = icmp.type(buf, off);
    const code = icmp.code(buf, off);
    const from = ipv4.src(buf, network);
    const isTooBig = type === Type.DestinationUnreachable && code === icmp.UnreachableCode.FragmentationNeeded;
    const mtu = isTooBig ? icmp.nextHopMtu(buf, off) : 0;
    const info = type === Type.ParameterProblem ? icmp.pointer(buf, off) : mtu;
    if (core.observers.listening)
      core.observers.emit({
        type: "icmp-error",
        time: core.time(),
        from,
        icmpType: type,
        icmpCode: code,
        about: ipv4.dst(buf, quoted),
        mtu,
      });
    const isOurs =
      this.#sockets.fail(buf, quoted, from, type, code, info) || this.#udp.fail(buf, quoted, from, type, code, info);
    // Believed only of what a socket of ours sent: anybody can make up an error (RFC 5927).
    if (isTooBig && isOurs) this.#pathMtu.lower(ipv4.dst(buf, quoted), mtu, ipv4.totalLength(buf, quoted));
    return isOurs ? ACCEPTED : Drop.IcmpErrorForeign;
  }
}
