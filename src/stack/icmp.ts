/** ICMP for one host: answers echo, hands replies and errors to whoever asked (RFC 792, RFC 1122 3.2.2). */
import { EtherType, SRC } from "../../packets/ethernet.ts";
import { Fault } from "../../packets/fault.ts";
import * as icmp from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as mac from "../../packets/mac.ts";
import type { Core } from "./core.ts";
import { ACCEPTED, Drop, type Verdict } from "./drop.ts";
import type { EchoSockets } from "./echo.ts";
import type { NeighbourCache } from "./neighbour.ts";

/** Time to live of what the host sends (IANA's recommendation, and Linux's default). */
export const DEFAULT_TTL = 64;

const { Type } = icmp;

export class IcmpHandler {
  readonly #core: Core;
  readonly #neighbours: NeighbourCache;
  readonly #sockets: EchoSockets;
  #identification: number;
  #answered = 0;

  constructor(core: Core, neighbours: NeighbourCache, sockets: EchoSockets) {
    this.#core = core;
    this.#neighbours = neighbours;
    this.#sockets = sockets;
    this.#identification = core.random.uint32() & 0xffff;
  }

  /** Echo requests answered. */
  get answered(): number {
    return this.#answered;
  }

  /** The next IPv4 identification. */
  nextIdentification(): number {
    this.#identification = (this.#identification + 1) & 0xffff;
    return this.#identification;
  }

  /** Takes in the message from `off` to `end` in the frame being handled. */
  input(off: number, end: number, isUnicast: boolean): Verdict {
    const { buf } = this.#core.received;
    if (end - off < icmp.HEADER_LENGTH) return Drop.IcmpTruncated;
    if (!icmp.checksumOk(buf, off, end)) return Drop.IcmpChecksum;
    if (icmp.check(buf, off, end) !== Fault.None) return Drop.IcmpTruncated;
    switch (icmp.type(buf, off)) {
      case Type.EchoRequest:
        if (!isUnicast) return Drop.EchoBroadcast;
        return this.#core.answer.echo ? this.#reply(off, end) : Drop.EchoOff;
      case Type.EchoReply:
        return this.#replied(off, end);
      case Type.DestinationUnreachable:
      case Type.TimeExceeded:
      case Type.ParameterProblem:
        return this.#error(off, end);
      case Type.Redirect:
        return Drop.IcmpRedirect;
      case Type.SourceQuench:
        return Drop.IcmpSourceQuench;
      default:
        return Drop.IcmpType;
    }
  }

  /**
   * Answers an echo request from the address asked, with all its data (RFC 1122, 3.2.2.6). The answer goes back to the
   * station that delivered the request, not through the neighbour cache: so a flood of senders cannot push anybody out
   * of it, nor make us send requests. IPv4 options are not returned.
   */
  #reply(off: number, end: number): Verdict {
    const core = this.#core;
    const { buf, frame, network } = core.received;
    const length = ipv4.MIN_HEADER_LENGTH + end - off;
    if (length > core.link.mtu) return Drop.TooLong;
    const at = core.output.reserve(length);
    if (at < 0) return Drop.TxFull;
    const tx = core.link.tx;
    const source = frame + SRC;
    core.output.writeHeader(tx, at, mac.high16(buf, source), mac.low32(buf, source), EtherType.Ipv4);
    const ip = at + core.output.headerLength;
    const from = ipv4.src(buf, network);
    const to = ipv4.dst(buf, network);
    const flags = ipv4.flags(buf, network) & ipv4.Flag.DontFragment;
    const id = this.nextIdentification();
    const tos = ipv4.tos(buf, network);
    ipv4.writeHeader(tx, ip, length, id, flags, DEFAULT_TTL, ipv4.Protocol.Icmp, to, from, tos);
    const message = ip + ipv4.MIN_HEADER_LENGTH;
    core.output.copy(buf, off, tx, message, end - off);
    icmp.replyInPlace(tx, message, message + end - off);
    core.output.commit(length);
    this.#answered++;
    if (core.observers.listening)
      core.observers.emit({
        type: "echo-answered",
        time: core.time(),
        from,
        to,
        mac: buf.slice(source, source + mac.LENGTH),
        id: icmp.identifier(buf, off),
        seq: icmp.sequence(buf, off),
        length: end - off,
        ttl: ipv4.ttl(buf, network),
      });
    return ACCEPTED;
  }

  #replied(off: number, end: number): Verdict {
    const core = this.#core;
    const { buf, frame, network } = core.received;
    const from = ipv4.src(buf, network);
    if (!this.#sockets.deliver(off, end)) return Drop.EchoUnsolicited;
    const source = frame + SRC;
    this.#neighbours.confirm(core.identity.nextHop(from), mac.high16(buf, source), mac.low32(buf, source));
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
    const isEcho = this.#sockets.fail(buf, quoted, from, type, code, mtu);
    return isEcho ? ACCEPTED : Drop.IcmpErrorForeign;
  }
}
