/** IPv4 explained: what is wrong with the header, which fragments belong together, and the way to ICMP, UDP and TCP. */
import * as inet from "../../../packets/checksum.ts";
import * as ethernet from "../../../packets/ethernet.ts";
import { Fault } from "../../../packets/fault.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as address from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import { IcmpExplainer } from "./explain-icmp.ts";
import { IgmpExplainer } from "./explain-igmp.ts";
import { cutShort, Draft, malformed, plain, type Subject } from "./explanation.ts";
import { Fragments } from "./fragments.ts";
import { Hops } from "./hops.ts";
import { PacketMemory } from "./packet-memory.ts";
import type { IpPacket } from "./transport.ts";
import type { Transports } from "./transports.ts";
import { count } from "./words.ts";

const { Protocol } = ipv4;

export class Ipv4Explainer {
  private readonly icmp: IcmpExplainer;
  private readonly igmp: IgmpExplainer;
  private readonly transports: Transports;
  private readonly packets: PacketMemory;
  private readonly fragments: Fragments;
  private readonly hops: Hops;

  constructor(memory: number, transports: Transports) {
    this.packets = new PacketMemory(memory);
    this.icmp = new IcmpExplainer(memory, this.packets);
    this.igmp = new IgmpExplainer(memory);
    this.transports = transports;
    this.fragments = new Fragments(memory);
    this.hops = new Hops(memory);
  }

  explain(subject: Subject): Draft {
    const { buf, at, end } = subject;
    switch (ipv4.checkHeader(buf, at, end)) {
      case Fault.None:
        break;
      case Fault.Version:
        return malformed("IPv4, malformed", "Said to be IPv4, but another version is in it: hosts drop it silently.");
      case Fault.Length:
        return malformed(
          "IPv4, malformed",
          "An IPv4 header whose lengths contradict themselves: hosts drop it silently.",
        );
      default:
        return cutShort(subject, "IPv4, cut", "An IPv4 header that is cut short.");
    }
    const packet = packetAt(subject);
    const draft = this.explainPayload(subject, packet);
    if (ipv4.isFragment(buf, at)) this.noteFragment(subject, draft, packet);
    this.noteHeader(subject, draft, packet);
    return draft;
  }

  private explainPayload(subject: Subject, packet: IpPacket): Draft {
    const { buf, at } = subject;
    const { src, dst, payload, end, protocol } = packet;
    if (ipv4.fragmentOffset(buf, at) > 0) return explainFragment(subject, packet);
    switch (protocol) {
      case Protocol.Icmp:
        return this.icmp.explain(subject, payload, end, src, dst, packet.isFragment);
      case Protocol.Igmp:
        return this.igmp.explain(subject, packet);
      case Protocol.Udp:
        return this.transports.udp.explain(subject, packet);
      case Protocol.Tcp:
        return this.transports.tcp.explain(subject, packet);
      default: {
        const name = ipv4.protocolName(protocol);
        return plain("ipv4-other", name, `${src} sends ${count(packet.length, "byte")} to ${dst} by IPv4 (${name}).`);
      }
    }
  }

  private noteFragment(subject: Subject, draft: Draft, packet: IpPacket): void {
    const { buf, at } = subject;
    const { src, dst, protocol } = packet;
    const start = ipv4.fragmentOffset(buf, at);
    const isLast = !ipv4.moreFragments(buf, at);
    if (start === 0) draft.say("The first fragment of its datagram: more follow.");
    const id = `${src} ${dst} ${protocol} ${ipv4.identification(buf, at)}`;
    this.fragments.note(subject, draft, id, start, packet.length, isLast);
  }

  private noteHeader(subject: Subject, draft: Draft, packet: IpPacket): void {
    const { buf, at } = subject;
    const { src, dst } = packet;
    if (at + ipv4.totalLength(buf, at) > subject.end && !subject.isCut) {
      draft.find("malformed", "The header promises more bytes than the frame has: hosts drop it silently.");
    }
    if (!ipv4.checksumOk(buf, at)) {
      // Any field may be the wrong one: nothing is concluded from them.
      draft.find("bad-checksum", "Its IPv4 header checksum is wrong: hosts drop it silently (RFC 1122, 3.2.1.2).");
      return;
    }
    const from = ipv4.src(buf, at);
    const isLocal = address.isLoopback(from) && isLoopbackFrame(subject);
    const isNobody = from !== address.UNSPECIFIED && !address.isUnicast(from) && !isLocal;
    if (isNobody) {
      draft.find("bad-source", `Nobody can have the address ${src}: hosts drop it silently (RFC 1122, 3.2.1.3).`);
    }
    const isGroup = this.noteGroup(subject, draft, dst);
    this.hops.note(subject, draft, src, dst, ipv4.ttl(buf, at), "time to live", isGroup);
    const sender = mac.format(buf, subject.frame + ethernet.SRC);
    if (!isNobody)
      subject.observe?.({ type: "sent", segment: subject.segment, mac: sender, ip: src, number: subject.number });
    const id = ipv4.identification(buf, at) + 65_536 * ipv4.fragmentOffset(buf, at);
    const ttl = ipv4.ttl(buf, at);
    const before = this.packets.note(
      subject,
      { src, dst, protocol: packet.protocol, id, payload: packet.payload, end: packet.end },
      ttl,
    );
    if (before === undefined || before.ttl <= ttl || before.mac === sender) return;
    const text = `It is #${before.number} once more, ${count(before.ttl - ttl, "router")} later (time to live ${before.ttl}, now ${ttl}).`;
    draft.find("routing-loop", text, before.number);
  }

  /** @returns true if the packet goes to a group. */
  private noteGroup(subject: Subject, draft: Draft, dst: string): boolean {
    const { buf, at, frame } = subject;
    const to = ipv4.dst(buf, at);
    const isGroup = address.isMulticast(to) || to === address.LIMITED_BROADCAST;
    const station = mac.format(buf, frame + ethernet.DST);
    if (!ethernet.isMulticast(buf, frame)) return isGroup;
    // Ending in 255, it may be a network's broadcast address; whose network is not known here.
    if (!isGroup && (to & 0xff) !== 0xff) {
      const text = `It is for ${dst} alone, and yet goes to the group ${station}: hosts should drop it (RFC 1122, 3.3.6).`;
      draft.find("group-mac-mismatch", text);
    } else if (address.isMulticast(to) && station !== groupMac(to)) {
      draft.find("group-mac-mismatch", `The group ${dst} has the MAC ${groupMac(to)}, not ${station} (RFC 1112, 6.4).`);
    }
    return true;
  }
}

/** A host's loopback interface has frames without addresses. */
function isLoopbackFrame({ buf, frame }: Subject): boolean {
  return mac.isZero(buf, frame + ethernet.SRC) && mac.isZero(buf, frame + ethernet.DST);
}

function packetAt(subject: Subject): IpPacket {
  const { buf, at } = subject;
  return {
    src: address.format(ipv4.src(buf, at)),
    dst: address.format(ipv4.dst(buf, at)),
    protocol: ipv4.protocol(buf, at),
    addressSum: inet.add(buf, at + ipv4.SRC, at + ipv4.SRC + 8, 0),
    payload: ipv4.payloadOffset(buf, at),
    end: ipv4.payloadEnd(buf, at, subject.end),
    length: ipv4.totalLength(buf, at) - ipv4.headerLength(buf, at),
    isFragment: ipv4.isFragment(buf, at),
  };
}

function explainFragment(subject: Subject, packet: IpPacket): Draft {
  const { buf, at } = subject;
  const { src, dst, length } = packet;
  const start = ipv4.fragmentOffset(buf, at);
  const rest = ipv4.moreFragments(buf, at) ? "more follow" : "the last one";
  const range = length > 0 ? `bytes ${start} to ${start + length - 1}` : `nothing, from byte ${start} on`;
  const id = ipv4.identification(buf, at);
  const draft = new Draft("ipv4-fragment", `fragment of ${id}`);
  return draft.say(`A fragment of datagram ${id} from ${src} to ${dst}: ${range}, ${rest}.`);
}

/** 01:00:5e and the address's low 23 bits (RFC 1112, 6.4). */
function groupMac(ip: number): string {
  return mac.format(Uint8Array.of(0x01, 0x00, 0x5e, (ip >>> 16) & 0x7f, ip >>> 8, ip));
}
