/** ICMP explained: echo requests and their replies, and what errors complain about. */
import * as inet from "../../../packets/checksum.ts";
import { Fault } from "../../../packets/fault.ts";
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as address from "../../../packets/ipv4-address.ts";
import * as udp from "../../../packets/udp.ts";
import { type Explanation, malformed, plain, type Subject } from "./explanation.ts";
import { Memory } from "./memory.ts";
import { count, duration, ordinal } from "./words.ts";

/** An echo request that was seen. */
interface Echo {
  readonly number: number;
  readonly time: number;
  readonly bytes: number;
  /** The Internet checksum of its data, to see whether all of it comes back; -1 if not all of it was captured. */
  readonly sum: number;
  replies: number;
}

const { Type, UnreachableCode } = icmp;

export class IcmpExplainer {
  private readonly echoes: Memory<string, Echo>;

  constructor(memory: number) {
    this.echoes = new Memory(memory);
  }

  /**
   * @param at the message, @param end the byte after its last captured one. @param src and @param dst as text.
   * @param isFirst true if it is only a message's first fragment.
   */
  explain(subject: Subject, at: number, end: number, src: string, dst: string, isFirst: boolean): Explanation {
    const { buf } = subject;
    if (icmp.check(buf, at, end) !== Fault.None) return malformed(`ICMP from ${src} to ${dst}, cut short.`);
    const isWhole = !isFirst && !subject.isCut;
    const found = this.explainType(subject, at, end, src, dst, isWhole);
    if (!isWhole || subject.isChecksumOpen || icmp.checksumOk(buf, at, end)) return found;
    return { ...found, text: `${found.text} Its ICMP checksum is wrong: hosts drop it silently.` };
  }

  private explainType(
    subject: Subject,
    at: number,
    end: number,
    src: string,
    dst: string,
    isWhole: boolean,
  ): Explanation {
    const { buf } = subject;
    const type = icmp.type(buf, at);
    if (type === Type.EchoRequest) return this.explainRequest(subject, at, end, src, dst, isWhole);
    if (type === Type.EchoReply) return this.explainReply(subject, at, end, src, dst, isWhole);
    if (icmp.isError(type)) return this.explainError(subject, at, end, src, dst);
    return plain("icmp-other", `${src} sends ${dst} an ICMP ${icmp.typeName(type)}.`);
  }

  private explainRequest(
    subject: Subject,
    at: number,
    end: number,
    src: string,
    dst: string,
    isWhole: boolean,
  ): Explanation {
    const { buf, number, time } = subject;
    const sequence = icmp.sequence(buf, at);
    const id = key(subject.vlan, src, dst, icmp.identifier(buf, at), sequence);
    const before = this.echoes.get(id);
    const bytes = end - at - icmp.DATA;
    const sum = isWhole ? inet.checksum(buf, at + icmp.DATA, end) : -1;
    this.echoes.set(id, { number, time, bytes, sum, replies: 0 });
    const question = `${src} pings ${dst}: echo request ${sequence}`;
    if (before === undefined || before.replies > 0) {
      return plain("echo-request", `${question} with ${count(bytes, "byte")} of data.`);
    }
    const text = `${question} again, ${duration(time - before.time)} after #${before.number}, which got no reply.`;
    return { kind: "echo-request", text, refersTo: [before.number] };
  }

  private explainReply(
    subject: Subject,
    at: number,
    end: number,
    src: string,
    dst: string,
    isWhole: boolean,
  ): Explanation {
    const { buf, time } = subject;
    const sequence = icmp.sequence(buf, at);
    const request = this.echoes.get(key(subject.vlan, dst, src, icmp.identifier(buf, at), sequence));
    if (request === undefined) {
      const text = `${src} sends ${dst} echo reply ${sequence}, to a request that was not seen here.`;
      return plain("echo-reply", text);
    }
    request.replies++;
    const refersTo = [request.number];
    if (request.replies > 1) {
      const text = `${src} answers #${request.number} for the ${ordinal(request.replies)} time: a duplicate.`;
      return { kind: "echo-reply", text, refersTo };
    }
    const answer = `${src} answers #${request.number} after ${duration(time - request.time)}`;
    const bytes = end - at - icmp.DATA;
    if (!isWhole || request.sum < 0) return { kind: "echo-reply", text: `${answer}.`, refersTo };
    if (bytes !== request.bytes) {
      const text = `${answer}, but with ${count(bytes, "byte")} of data instead of ${request.bytes}.`;
      return { kind: "echo-reply", text, refersTo };
    }
    const isSame = inet.checksum(buf, at + icmp.DATA, end) === request.sum;
    const data = isSame ? `and returns the ${count(bytes, "byte")} of data` : "but the data have changed on the way";
    return { kind: "echo-reply", text: `${answer}, ${data}.`, refersTo };
  }

  private explainError(subject: Subject, at: number, end: number, src: string, dst: string): Explanation {
    const { buf } = subject;
    const quoted = icmp.quotedOffset(at);
    if (icmp.checkQuoted(buf, at, end) !== Fault.None) {
      const what = icmp.codeName(icmp.type(buf, at), icmp.code(buf, at));
      return plain(
        "icmp-error",
        `${src} complains to ${dst}: ${what}. What about cannot be told: the quoted packet is cut.`,
      );
    }
    const cause = this.findCause(subject, quoted);
    const text = `${src} tells ${dst}: ${complaint(buf, at)}. It is about ${cause.text}.`;
    return { kind: "icmp-error", text, refersTo: cause.number === 0 ? [] : [cause.number] };
  }

  /** The packet that an error quotes: its number, if it was seen and is an echo request, and what it is. */
  private findCause(subject: Subject, quoted: number): { number: number; text: string } {
    const { buf } = subject;
    const from = address.format(ipv4.src(buf, quoted));
    const to = address.format(ipv4.dst(buf, quoted));
    const payload = ipv4.payloadOffset(buf, quoted);
    const protocol = ipv4.protocol(buf, quoted);
    if (ipv4.fragmentOffset(buf, quoted) > 0) return { number: 0, text: `a fragment from ${from} to ${to}` };
    if (protocol === ipv4.Protocol.Icmp && icmp.type(buf, payload) === Type.EchoRequest) {
      const sequence = icmp.sequence(buf, payload);
      const echo = this.echoes.get(key(subject.vlan, from, to, icmp.identifier(buf, payload), sequence));
      if (echo !== undefined) return { number: echo.number, text: `#${echo.number}, the echo request to ${to}` };
      return { number: 0, text: `echo request ${sequence} from ${from} to ${to}` };
    }
    if (protocol === ipv4.Protocol.Udp || protocol === ipv4.Protocol.Tcp) {
      const name = ipv4.protocolName(protocol);
      return { number: 0, text: `${name} from ${from} to ${to} port ${udp.dstPort(buf, payload)}` };
    }
    return { number: 0, text: `a packet (${ipv4.protocolName(protocol)}) from ${from} to ${to}` };
  }
}

/** What an error says, in words. The quoted packet has been checked. */
function complaint(buf: Uint8Array, at: number): string {
  const type = icmp.type(buf, at);
  const code = icmp.code(buf, at);
  const target = address.format(ipv4.dst(buf, icmp.quotedOffset(at)));
  switch (type) {
    case Type.DestinationUnreachable:
      return unreachable(buf, at, code, target);
    case Type.TimeExceeded:
      if (code === icmp.TimeExceededCode.InTransit) return "the packet's time to live ran out before it arrived";
      if (code === icmp.TimeExceededCode.Reassembly) return "not all fragments of the datagram came in time";
      break;
    case Type.Redirect:
      return `the better way to ${target} is by ${address.format(icmp.gateway(buf, at))}`;
    case Type.ParameterProblem:
      if (code === icmp.ParameterProblemCode.Pointer)
        return `byte ${icmp.pointer(buf, at)} of the header makes no sense`;
      break;
    case Type.SourceQuench:
      return "send more slowly (deprecated: nobody should send or heed this, RFC 6633)";
  }
  return icmp.codeName(type, code);
}

function unreachable(buf: Uint8Array, at: number, code: number, target: string): string {
  const quoted = icmp.quotedOffset(at);
  switch (code) {
    case UnreachableCode.Network:
      return `there is no way to the network of ${target}`;
    case UnreachableCode.Host:
      return `${target} cannot be reached`;
    case UnreachableCode.Protocol:
      return `${target} does not know protocol ${ipv4.protocol(buf, quoted)}`;
    case UnreachableCode.Port:
      return `nobody listens at port ${udp.dstPort(buf, ipv4.payloadOffset(buf, quoted))} of ${target}`;
    case UnreachableCode.FragmentationNeeded: {
      const mtu = icmp.nextHopMtu(buf, at);
      const limit = mtu === 0 ? "" : ` of at most ${count(mtu, "byte")}`;
      return `the packet is too long for the next link${limit}, and must not be fragmented`;
    }
    default:
      return `${target} is unreachable: ${icmp.codeName(Type.DestinationUnreachable, code)}`;
  }
}

function key(vlan: string, asker: string, asked: string, identifier: number, sequence: number): string {
  return `${vlan}${asker} ${asked} ${identifier} ${sequence}`;
}
