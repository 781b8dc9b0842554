/** ICMP explained: echo requests and their replies, and what errors complain about. */
import * as inet from "../../../packets/checksum.ts";
import { Fault } from "../../../packets/fault.ts";
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as address from "../../../packets/ipv4-address.ts";
import * as udp from "../../../packets/udp.ts";
import { Echoes, type EchoMessage } from "./echoes.ts";
import { cutShort, Draft, plain, type Subject } from "./explanation.ts";
import type { PacketMemory } from "./packet-memory.ts";
import { count } from "./words.ts";

const { Type, UnreachableCode } = icmp;

export class IcmpExplainer {
  private readonly echoes: Echoes;
  private readonly packets: PacketMemory;

  /** @param packets what errors may quote. */
  constructor(memory: number, packets: PacketMemory) {
    this.echoes = new Echoes(memory);
    this.packets = packets;
  }

  /**
   * @param at the message, @param end the byte after its last captured one. @param src and @param dst as text.
   * @param isFirst true if it is only a message's first fragment.
   */
  explain(subject: Subject, at: number, end: number, src: string, dst: string, isFirst: boolean): Draft {
    const { buf } = subject;
    if (icmp.check(buf, at, end) !== Fault.None) {
      return cutShort(subject, "ICMP, cut", `ICMP from ${src} to ${dst}, cut short.`);
    }
    const isWhole = !isFirst && !subject.isCut;
    const draft = this.explainType(subject, at, end, src, dst, isWhole);
    if (isWhole && !subject.isChecksumOpen && !icmp.checksumOk(buf, at, end)) {
      draft.find("bad-checksum", "Its ICMP checksum is wrong: hosts drop it silently (RFC 1122, 3.2.2).");
    }
    return draft;
  }

  private explainType(subject: Subject, at: number, end: number, src: string, dst: string, isWhole: boolean): Draft {
    const { buf } = subject;
    const type = icmp.type(buf, at);
    if (type === Type.EchoRequest || type === Type.EchoReply) {
      const message: EchoMessage = {
        src,
        dst,
        identifier: icmp.identifier(buf, at),
        sequence: icmp.sequence(buf, at),
        bytes: end - at - icmp.DATA,
        sum: isWhole ? inet.checksum(buf, at + icmp.DATA, end) : -1,
      };
      const isRequest = type === Type.EchoRequest;
      return isRequest ? this.echoes.request(subject, message) : this.echoes.reply(subject, message);
    }
    if (icmp.isError(type)) return this.explainError(subject, at, end, src, dst);
    const name = icmp.typeName(type);
    return plain("icmp-other", `ICMP ${name}`, `${src} sends ${dst} an ICMP ${name}.`);
  }

  private explainError(subject: Subject, at: number, end: number, src: string, dst: string): Draft {
    const { buf } = subject;
    const quoted = icmp.quotedOffset(at);
    const type = icmp.type(buf, at);
    const what = icmp.codeName(type, icmp.code(buf, at));
    const draft = new Draft("icmp-error", `ICMP: ${what}`);
    if (icmp.checkQuoted(buf, at, end) !== Fault.None) {
      draft.say(`${src} complains to ${dst}: ${what}. What about cannot be told: the quoted packet is cut.`);
      return draft;
    }
    const cause = this.findCause(subject, quoted, end);
    const text = `${src} tells ${dst}: ${complaint(buf, at)}. It is about ${cause.text}.`;
    if (type === Type.Redirect) return draft.find("icmp-redirect", text, cause.number);
    if (type === Type.SourceQuench) return draft.find("source-quench", text, cause.number);
    return draft.find("icmp-error", text, cause.number);
  }

  /** The packet that an error quotes: its number, if it was seen, or 0; and what it is. */
  private findCause(subject: Subject, quoted: number, end: number): { number: number; text: string } {
    const { buf } = subject;
    const src = address.format(ipv4.src(buf, quoted));
    const dst = address.format(ipv4.dst(buf, quoted));
    const payload = ipv4.payloadOffset(buf, quoted);
    const protocol = ipv4.protocol(buf, quoted);
    const offset = ipv4.fragmentOffset(buf, quoted);
    const id = ipv4.identification(buf, quoted) + 65_536 * offset;
    const number = this.packets.find(subject, { src, dst, protocol, id, payload, end })?.number ?? 0;
    const seen = number === 0 ? "" : `#${number}, `;
    if (offset > 0) return { number, text: `${seen}a fragment from ${src} to ${dst}` };
    if (protocol === ipv4.Protocol.Icmp && icmp.type(buf, payload) === Type.EchoRequest) {
      if (number > 0) return { number, text: `${seen}the echo request to ${dst}` };
      return { number, text: `echo request ${icmp.sequence(buf, payload)} from ${src} to ${dst}` };
    }
    const name = ipv4.protocolName(protocol);
    if (protocol === ipv4.Protocol.Udp || protocol === ipv4.Protocol.Tcp) {
      return { number, text: `${seen}${name} from ${src} to ${dst} port ${udp.dstPort(buf, payload)}` };
    }
    return { number, text: `${seen}a packet (${name}) from ${src} to ${dst}` };
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
