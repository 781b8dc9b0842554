/** IPv6 explained: what is wrong with the header, which fragments belong together, and the way to ICMPv6, UDP and TCP. */
import * as inet from "../../../packets/checksum.ts";
import * as ethernet from "../../../packets/ethernet.ts";
import { Fault } from "../../../packets/fault.ts";
import { Protocol } from "../../../packets/ipv4.ts";
import * as ipv6 from "../../../packets/ipv6.ts";
import * as address from "../../../packets/ipv6-address.ts";
import * as extension from "../../../packets/ipv6-extension.ts";
import * as mac from "../../../packets/mac.ts";
import { Icmpv6Explainer } from "./explain-icmpv6.ts";
import { cutShort, Draft, malformed, plain, type Subject } from "./explanation.ts";
import { Fragments } from "./fragments.ts";
import { Hops } from "./hops.ts";
import { identityOf } from "./ipv6-identity.ts";
import { PacketMemory } from "./packet-memory.ts";
import type { IpPacket } from "./transport.ts";
import type { Transports } from "./transports.ts";
import { count } from "./words.ts";

const { NextHeader } = ipv6;

export class Ipv6Explainer {
  private readonly icmp: Icmpv6Explainer;
  private readonly transports: Transports;
  private readonly packets: PacketMemory;
  private readonly fragments: Fragments;
  private readonly hops: Hops;
  private readonly upper = new extension.UpperLayer();

  constructor(memory: number, transports: Transports) {
    this.packets = new PacketMemory(memory);
    this.icmp = new Icmpv6Explainer(memory, this.packets);
    this.transports = transports;
    this.fragments = new Fragments(memory);
    this.hops = new Hops(memory);
  }

  explain(subject: Subject): Draft {
    const { buf, at, end } = subject;
    const { upper } = this;
    const fault = ipv6.checkHeader(buf, at, end);
    if (fault === Fault.Version) {
      return malformed("IPv6, malformed", "Said to be IPv6, but another version is in it: hosts drop it silently.");
    }
    if (fault !== Fault.None) return cutShort(subject, "IPv6, cut", "An IPv6 header that is cut short.");
    const src = address.format(buf, at + ipv6.SRC);
    const dst = address.format(buf, at + ipv6.DST);
    if (upper.find(buf, at, end) !== Fault.None) {
      return cutShort(
        subject,
        "IPv6, cut",
        `An IPv6 packet from ${src} to ${dst}, whose extension headers are cut short.`,
      );
    }
    const packet = this.packetOf(subject, src, dst);
    const draft = this.explainPayload(subject, packet);
    if (upper.isFragment) this.noteFragment(subject, draft, packet);
    this.noteHeader(subject, draft, packet);
    return draft;
  }

  private packetOf({ buf, at }: Subject, src: string, dst: string): IpPacket {
    const { protocol, offset, end, destination, isFragment } = this.upper;
    const announced = ipv6.payloadOffset(at) + ipv6.payloadLength(buf, at);
    const sum = inet.add(buf, at + ipv6.SRC, at + ipv6.SRC + ipv6.ADDRESS_LENGTH, 0);
    return {
      src,
      dst,
      protocol,
      addressSum: inet.add(buf, destination, destination + ipv6.ADDRESS_LENGTH, sum),
      payload: offset,
      end,
      // A jumbogram's length is in an option: what was captured has to do.
      length: ipv6.payloadLength(buf, at) === 0 ? end - offset : Math.max(0, announced - offset),
      isFragment,
    };
  }

  private explainPayload(subject: Subject, packet: IpPacket): Draft {
    const { src, dst, protocol, length } = packet;
    if (this.upper.isLaterFragment) return new Draft("ipv6-fragment", "IPv6 fragment");
    switch (protocol) {
      case NextHeader.Icmpv6:
        return this.icmp.explain(subject, packet);
      case Protocol.Udp:
        return this.transports.udp.explain(subject, packet);
      case Protocol.Tcp:
        return this.transports.tcp.explain(subject, packet);
      case NextHeader.None:
        return plain("ipv6-other", "IPv6, empty", `${src} sends ${dst} an IPv6 packet with nothing in it.`);
      default: {
        const name = ipv6.nextHeaderName(protocol);
        return plain("ipv6-other", name, `${src} sends ${count(length, "byte")} to ${dst} by IPv6 (${name}).`);
      }
    }
  }

  private noteFragment(subject: Subject, draft: Draft, packet: IpPacket): void {
    const { buf } = subject;
    const { src, dst, length } = packet;
    const { fragment } = identityOf(subject, subject.at, subject.end, this.upper);
    if (fragment < 0) return;
    const start = extension.fragmentOffset(buf, fragment);
    const isLast = !extension.moreFragments(buf, fragment);
    const id = extension.fragmentId(buf, fragment);
    if (start === 0) draft.say("The first fragment of its packet: more follow.");
    else {
      const range = length > 0 ? `bytes ${start} to ${start + length - 1}` : `nothing, from byte ${start} on`;
      draft.say(
        `A fragment of packet ${id} from ${src} to ${dst}: ${range}, ${isLast ? "the last one" : "more follow"}.`,
      );
    }
    this.fragments.note(subject, draft, `${src} ${dst} ${id}`, start, length, isLast);
  }

  private noteHeader(subject: Subject, draft: Draft, packet: IpPacket): void {
    const { buf, at, number, segment } = subject;
    const { src, dst } = packet;
    if (packet.payload + packet.length > subject.end && !subject.isCut) {
      draft.find("malformed", "The header promises more bytes than the frame has: hosts drop it silently.");
    }
    const isNobody = address.isMulticast(buf, at + ipv6.SRC);
    if (isNobody)
      draft.find("bad-source", `Nobody can have the address ${src}: hosts drop it silently (RFC 4291, 2.7).`);
    const isGroup = this.noteGroup(subject, draft, dst);
    const limit = ipv6.hopLimit(buf, at);
    this.hops.note(subject, draft, src, dst, limit, "hop limit", isGroup);
    const sender = mac.format(buf, subject.frame + ethernet.SRC);
    if (!isNobody) subject.observe?.({ type: "sent", segment, mac: sender, ip: src, number });
    const { identity } = identityOf(subject, at, subject.end, this.upper);
    const before = this.packets.note(subject, identity, limit);
    if (before === undefined || before.ttl <= limit || before.mac === sender) return;
    const text = `It is #${before.number} once more, ${count(before.ttl - limit, "router")} later (hop limit ${before.ttl}, now ${limit}).`;
    draft.find("routing-loop", text, before.number);
  }

  /** @returns true if the packet goes to a group. */
  private noteGroup(subject: Subject, draft: Draft, dst: string): boolean {
    const { buf, at, frame } = subject;
    const isGroup = address.isMulticast(buf, at + ipv6.DST);
    if (!ethernet.isMulticast(buf, frame)) return isGroup;
    const station = mac.format(buf, frame + ethernet.DST);
    if (!isGroup) {
      draft.find("group-mac-mismatch", `It is for ${dst} alone, and yet goes to the group ${station}.`);
      return true;
    }
    const expected = mac.format(address.multicastMac(buf, at + ipv6.DST));
    if (station !== expected) {
      draft.find("group-mac-mismatch", `The group ${dst} has the MAC ${expected}, not ${station} (RFC 2464, 7).`);
    }
    return true;
  }
}
