/** IPv4 explained: what is wrong with the header, fragments, and the way to ICMP, UDP and TCP. */
import { getU16 } from "../../../packets/bytes.ts";
import { Fault } from "../../../packets/fault.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as address from "../../../packets/ipv4-address.ts";
import * as udp from "../../../packets/udp.ts";
import { IcmpExplainer } from "./explain-icmp.ts";
import { type Explanation, malformed, plain, type Subject } from "./explanation.ts";
import { count } from "./words.ts";

const OPEN_CHECKSUM =
  " Its checksum is not finished: the sender left that to hardware, which a veth pair does not have. No error.";

export class Ipv4Explainer {
  private readonly icmp: IcmpExplainer;

  constructor(memory: number) {
    this.icmp = new IcmpExplainer(memory);
  }

  explain(subject: Subject): Explanation {
    const { buf, at, end } = subject;
    switch (ipv4.checkHeader(buf, at, end)) {
      case Fault.None:
        break;
      case Fault.Version:
        return malformed("Said to be IPv4, but another version is in it: hosts drop it silently.");
      case Fault.Length:
        return malformed("An IPv4 header whose lengths contradict themselves: hosts drop it silently.");
      default:
        return malformed("An IPv4 header that is cut short.");
    }
    const found = this.explainPayload(subject);
    const notes: string[] = [];
    if (!ipv4.checksumOk(buf, at)) notes.push(" Its IPv4 header checksum is wrong: hosts drop it silently.");
    if (at + ipv4.totalLength(buf, at) > end && !subject.isCut) {
      notes.push(" The header promises more bytes than the frame has: hosts drop it silently.");
    }
    if (subject.isChecksumOpen && (found.kind === "udp" || found.kind === "tcp")) notes.push(OPEN_CHECKSUM);
    return notes.length === 0 ? found : { ...found, text: found.text + notes.join("") };
  }

  private explainPayload(subject: Subject): Explanation {
    const { buf, at } = subject;
    const payload = ipv4.payloadOffset(buf, at);
    const end = ipv4.payloadEnd(buf, at, subject.end);
    const protocol = ipv4.protocol(buf, at);
    const src = address.format(ipv4.src(buf, at));
    const dst = address.format(ipv4.dst(buf, at));
    const start = ipv4.fragmentOffset(buf, at);
    if (start > 0) return explainFragment(subject, src, dst, start);
    const isFirst = ipv4.moreFragments(buf, at);
    const first = isFirst ? " The first fragment of its datagram: more follow." : "";
    switch (protocol) {
      case ipv4.Protocol.Icmp: {
        const found = this.icmp.explain(subject, payload, end, src, dst, isFirst);
        return { ...found, text: found.text + first };
      }
      case ipv4.Protocol.Udp: {
        if (end - payload < udp.HEADER_LENGTH) return malformed(`UDP from ${src} to ${dst}, cut short.`);
        const from = `${src} port ${udp.srcPort(buf, payload)}`;
        const to = `${dst} port ${udp.dstPort(buf, payload)}`;
        const bytes = count(Math.max(0, udp.length(buf, payload) - udp.HEADER_LENGTH), "byte");
        return plain("udp", `${from} sends ${bytes} to ${to} by UDP.${first}`);
      }
      case ipv4.Protocol.Tcp: {
        if (end - payload < 14) return malformed(`TCP from ${src} to ${dst}, cut short.`);
        const from = `${src} port ${getU16(buf, payload)}`;
        const to = `${dst} port ${getU16(buf, payload + 2)}`;
        return plain("tcp", `${from} ${tcpMeaning(buf[payload + 13]!)} ${to} by TCP.${first}`);
      }
      default: {
        const name = ipv4.protocolName(protocol);
        const bytes = ipv4.totalLength(buf, at) - ipv4.headerLength(buf, at);
        return plain("ipv4-other", `${src} sends ${count(bytes, "byte")} to ${dst} by IPv4 (${name}).${first}`);
      }
    }
  }
}

function explainFragment(subject: Subject, src: string, dst: string, start: number): Explanation {
  const { buf, at } = subject;
  const length = ipv4.totalLength(buf, at) - ipv4.headerLength(buf, at);
  const rest = ipv4.moreFragments(buf, at) ? "more follow" : "the last one";
  const range = length > 0 ? `bytes ${start} to ${start + length - 1}` : `nothing, from byte ${start} on`;
  const id = ipv4.identification(buf, at);
  return plain("ipv4-fragment", `A fragment of datagram ${id} from ${src} to ${dst}: ${range}, ${rest}.`);
}

const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;

function tcpMeaning(flags: number): string {
  if ((flags & RST) !== 0) return "refuses or breaks off the connection to";
  if ((flags & SYN) !== 0) return (flags & ACK) !== 0 ? "accepts the connection of" : "asks for a connection to";
  return (flags & FIN) !== 0 ? "has nothing more to send to" : "sends or acknowledges data to";
}
