/** ICMPv6 explained (RFC 4443): echoes, errors, and the way to neighbor and listener discovery. */
import * as inet from "../../../packets/checksum.ts";
import { Fault } from "../../../packets/fault.ts";
import * as icmp from "../../../packets/icmpv6.ts";
import { Protocol } from "../../../packets/ipv4.ts";
import * as ipv6 from "../../../packets/ipv6.ts";
import { UpperLayer } from "../../../packets/ipv6-extension.ts";
import * as mld from "../../../packets/mld.ts";
import * as ndp from "../../../packets/ndp.ts";
import * as udp from "../../../packets/udp.ts";
import { Echoes, type EchoMessage } from "./echoes.ts";
import { MldExplainer } from "./explain-mld.ts";
import { NdpExplainer } from "./explain-ndp.ts";
import { cutShort, Draft, plain, type Subject } from "./explanation.ts";
import { identityOf } from "./ipv6-identity.ts";
import type { PacketMemory } from "./packet-memory.ts";
import { type IpPacket, noteChecksum } from "./transport.ts";
import { count } from "./words.ts";

const { Type, UnreachableCode } = icmp;

export class Icmpv6Explainer {
  private readonly echoes: Echoes;
  private readonly ndp: NdpExplainer;
  private readonly mld: MldExplainer;
  private readonly packets: PacketMemory;
  private readonly quoted = new UpperLayer();

  /** @param packets what errors may quote. */
  constructor(memory: number, packets: PacketMemory) {
    this.echoes = new Echoes(memory);
    this.ndp = new NdpExplainer(memory);
    this.mld = new MldExplainer(memory);
    this.packets = packets;
  }

  explain(subject: Subject, packet: IpPacket): Draft {
    const { buf } = subject;
    const { payload: at, end, src, dst } = packet;
    if (icmp.check(buf, at, end) !== Fault.None) {
      return cutShort(subject, "ICMPv6, cut", `ICMPv6 from ${src} to ${dst}, cut short.`);
    }
    const draft = this.explainType(subject, packet);
    noteChecksum(subject, draft, packet, icmp.CHECKSUM, "ICMPv6");
    return draft;
  }

  private explainType(subject: Subject, packet: IpPacket): Draft {
    const { buf } = subject;
    const { payload: at, end, src, dst } = packet;
    const type = icmp.type(buf, at);
    if (type === Type.EchoRequest || type === Type.EchoReply) {
      const isWhole = !packet.isFragment && !subject.isCut;
      const message: EchoMessage = {
        src,
        dst,
        identifier: icmp.identifier(buf, at),
        sequence: icmp.sequence(buf, at),
        bytes: end - at - icmp.DATA,
        sum: isWhole ? inet.checksum(buf, at + icmp.DATA, end) : -1,
      };
      return type === Type.EchoRequest ? this.echoes.request(subject, message) : this.echoes.reply(subject, message);
    }
    if (icmp.isError(type)) return this.explainError(subject, packet);
    if (ndp.isNdp(type)) return this.ndp.explain(subject, packet);
    if (mld.isMld(type)) return this.mld.explain(subject, packet);
    const name = icmp.typeName(type);
    return plain("icmp-other", `ICMPv6 ${name}`, `${src} sends ${dst} an ICMPv6 ${name}.`);
  }

  private explainError(subject: Subject, packet: IpPacket): Draft {
    const { buf } = subject;
    const { payload: at, end, src, dst } = packet;
    const type = icmp.type(buf, at);
    const what = icmp.typeName(type);
    const draft = new Draft("icmp-error", `ICMPv6: ${what}`);
    if (icmp.checkQuoted(buf, at, end) !== Fault.None) {
      return draft.say(`${src} complains to ${dst}: ${what}. What about cannot be told: the quoted packet is cut.`);
    }
    const quoted = icmp.quotedOffset(at);
    const { identity } = identityOf(subject, quoted, end, this.quoted);
    const number = this.packets.find(subject, identity)?.number ?? 0;
    const hasPort = identity.end - identity.payload >= 4 && !this.quoted.isLaterFragment;
    const port = hasPort ? udp.dstPort(buf, identity.payload) : -1;
    const name = ipv6.nextHeaderName(identity.protocol);
    const isPorted = identity.protocol === Protocol.Udp || identity.protocol === Protocol.Tcp;
    const whither = isPorted && port >= 0 ? ` port ${port}` : "";
    const seen = number === 0 ? "" : `#${number}, `;
    const about = `${seen}a packet (${name}) from ${identity.src} to ${identity.dst}${whither}`;
    const text = `${src} tells ${dst}: ${complaint(buf, at, identity.dst, whither)}. It is about ${about}.`;
    return draft.find("icmp-error", text, number);
  }
}

/** What an error says, in words. @param port ` port 7` if the packet had one, else empty. */
function complaint(buf: Uint8Array, at: number, target: string, port: string): string {
  const code = icmp.code(buf, at);
  switch (icmp.type(buf, at)) {
    case Type.DestinationUnreachable:
      if (code === UnreachableCode.NoRoute) return `there is no way to ${target}`;
      if (code === UnreachableCode.Address) return `${target} cannot be reached`;
      if (code === UnreachableCode.Port) return `nobody listens at${port === "" ? " that port" : port} of ${target}`;
      return `${target} is unreachable: ${icmp.unreachableName(code)}`;
    case Type.PacketTooBig:
      return `the packet is too long for the next link, which takes ${count(icmp.mtu(buf, at), "byte")} at most`;
    case Type.TimeExceeded:
      if (code === icmp.TimeExceededCode.Reassembly) return "not all fragments of the packet came in time";
      return "the packet's hop limit ran out before it arrived";
    default:
      return `byte ${icmp.pointer(buf, at)} of the packet makes no sense`;
  }
}
