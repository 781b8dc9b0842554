/** Neighbor discovery explained (RFC 4861, RFC 4862): what ARP is to IPv4, and how hosts find their routers. */
import * as ethernet from "../../../packets/ethernet.ts";
import { Fault } from "../../../packets/fault.ts";
import * as icmp from "../../../packets/icmpv6.ts";
import * as ipv6 from "../../../packets/ipv6.ts";
import * as address from "../../../packets/ipv6-address.ts";
import * as mac from "../../../packets/mac.ts";
import * as ndp from "../../../packets/ndp.ts";
import * as option from "../../../packets/ndp-option.ts";
import { cutShort, Draft, malformed, type Subject } from "./explanation.ts";
import { Memory } from "./memory.ts";
import { Owners } from "./owners.ts";
import type { IpPacket } from "./transport.ts";
import { count, duration, list, ordinal } from "./words.ts";

interface Question {
  readonly number: number;
  /** Who asked: an address, or of a probe the MAC. */
  readonly from: string;
  /** When it was last asked, and the frame that did. */
  last: number;
  lastNumber: number;
  times: number;
  /** The frame that answered it, or 0, and who did. */
  answer: number;
  answerer: string;
}

const { Type } = icmp;
const UNSPECIFIED = "::";
/** Prefixes that one sentence names. */
const NAMED = 2;

export class NdpExplainer {
  private readonly questions: Memory<string, Question>;
  private readonly solicitations: Memory<string, { readonly number: number; readonly time: number }>;
  private readonly owners: Owners;

  constructor(memory: number) {
    this.questions = new Memory(memory);
    this.solicitations = new Memory(memory);
    this.owners = new Owners(memory);
  }

  explain(subject: Subject, packet: IpPacket): Draft {
    const { buf } = subject;
    const { payload: at, end, src } = packet;
    const fault = ndp.check(buf, at, end);
    const name = icmp.typeName(icmp.type(buf, at));
    if (fault === Fault.Truncated) return cutShort(subject, "NDP, cut", `A ${name} from ${src}, cut short.`);
    if (fault !== Fault.None) {
      return malformed(
        "NDP, malformed",
        `A ${name} from ${src} with an option of length 0 or too long: hosts drop it silently.`,
      );
    }
    const draft = this.explainType(subject, packet);
    const limit = ipv6.hopLimit(buf, subject.at);
    if (limit !== ndp.REQUIRED_HOP_LIMIT) {
      draft.find("not-from-here", `Its hop limit is ${limit} and must be 255: hosts drop it silently (RFC 4861, 7.1).`);
    }
    return draft;
  }

  private explainType(subject: Subject, packet: IpPacket): Draft {
    const { buf } = subject;
    const { payload: at, src } = packet;
    switch (icmp.type(buf, at)) {
      case Type.NeighborSolicitation:
        return this.explainSolicitation(subject, packet);
      case Type.NeighborAdvertisement:
        return this.explainAdvertisement(subject, packet);
      case Type.RouterSolicitation: {
        this.solicitations.set(subject.segment, { number: subject.number, time: subject.time });
        const draft = new Draft("router-solicitation", "any routers?");
        return draft.say(
          `${src === UNSPECIFIED ? "A host" : src} asks all routers of this link to make themselves known.`,
        );
      }
      case Type.RouterAdvertisement:
        return this.explainRouter(subject, packet);
      default: {
        const target = address.format(buf, at + ndp.TARGET);
        const destination = address.format(buf, at + ndp.DESTINATION);
        const draft = new Draft("icmp-other", `ICMPv6 redirect: ${destination}`);
        const way = target === destination ? "on this link itself" : `by ${target}`;
        return draft.find("icmp-redirect", `${src} tells ${packet.dst}: the better way to ${destination} is ${way}.`);
      }
    }
  }

  private explainSolicitation(subject: Subject, packet: IpPacket): Draft {
    const { buf, segment, number, time, observe } = subject;
    const { payload: at, src } = packet;
    const target = address.format(buf, at + ndp.TARGET);
    const sender = mac.format(buf, subject.frame + ethernet.SRC);
    const isProbe = src === UNSPECIFIED;
    const draft = new Draft("neighbor-solicitation", isProbe ? `anybody at ${target}?` : `who has ${target}?`);
    const from = isProbe ? sender : src;
    const key = keyOf(segment, isProbe ? UNSPECIFIED : src, target);
    const before = this.questions.get(key);
    const again = before !== undefined && before.answer === 0;
    const what = isProbe ? "duplicate-address" : "neighbor";
    observe?.({ type: "asked", what, segment, from, to: target, number, time, again });
    if (!again) {
      this.questions.set(key, { number, from, last: time, lastNumber: number, times: 1, answer: 0, answerer: "" });
      const isToOne = !ethernet.isMulticast(buf, subject.frame);
      if (isProbe) draft.say(`${sender} probes whether anybody uses ${target} before it takes it (RFC 4862, 5.4).`);
      else if (isToOne) draft.say(`${src} asks ${target} itself whether it is still there (RFC 4861, 7.3).`);
      else draft.say(`${src} at ${sender} asks who has ${target}, as ARP does for IPv4 (RFC 4861, 7.2).`);
      this.claimSource(subject, draft, packet);
      return draft;
    }
    before.times++;
    const since = duration(time - before.last);
    before.last = time;
    before.lastNumber = number;
    const verb = isProbe ? `${sender} probes ${target}` : `${src} asks for ${target}`;
    draft.say(
      `${verb} again after ${since}, the ${ordinal(before.times)} time: nobody answered #${before.number}.`,
      before.number,
    );
    return draft;
  }

  private explainAdvertisement(subject: Subject, packet: IpPacket): Draft {
    const { buf, segment, number, time, observe } = subject;
    const { payload: at, end, dst } = packet;
    const target = address.format(buf, at + ndp.TARGET);
    const flags = ndp.neighborFlags(buf, at);
    const owner = linkAddress(subject, at, end, option.OptionType.TargetLinkAddress);
    const claim = `${target} is at ${owner}`;
    const draft = new Draft("neighbor-advertisement", claim);
    if ((flags & ndp.NeighborFlag.Router) !== 0) observe?.({ type: "role", mac: owner, role: "router", number });
    const isSolicited = (flags & ndp.NeighborFlag.Solicited) !== 0;
    // A probe has no address to be answered at: the answer goes to all nodes (RFC 4861, 7.2.4).
    const probe = isSolicited ? undefined : this.questions.get(keyOf(segment, UNSPECIFIED, target));
    const question = isSolicited ? this.questions.get(keyOf(segment, dst, target)) : probe;
    const isSecond = question !== undefined && question.answer !== 0 && question.answerer !== owner;
    if (question === undefined) {
      if (isSolicited) draft.say(`${claim}, says an answer to a question that was not seen here.`);
      else draft.say(`${owner} announces to everybody that ${target} is its own.`);
    } else if (question.answer !== 0) {
      const which = isSecond ? `a second station answers #${question.number}` : `answers #${question.number} once more`;
      draft.say(`${claim}: ${which}.`, question.number, question.answer);
    } else {
      question.answer = number;
      question.answerer = owner;
      const delay = time - question.last;
      const isProbe = question === probe;
      const what = isProbe ? "duplicate-address" : "neighbor";
      const { from, lastNumber: asked } = question;
      observe?.({ type: "answered", what, segment, from, to: target, number, question: asked, delay, answer: owner });
      const after = `#${question.number} after ${duration(delay)}`;
      if (isProbe) {
        draft.find(
          "address-taken",
          `Answers the probe ${after}: ${target} is taken, by ${owner} (RFC 4862, 5.4.4).`,
          question.number,
        );
      } else draft.say(`Answers ${after}: ${claim}.`, question.number);
    }
    this.owners.claim(subject, draft, {
      ip: target,
      mac: owner,
      how: "neighbor discovery",
      isAnswer: question !== undefined,
      isSecondAnswer: isSecond,
      isAnnounced: !isSolicited,
      isReply: isSolicited,
    });
    return draft;
  }

  /** A solicitation tells who its sender is. */
  private claimSource(subject: Subject, draft: Draft, { payload: at, end, src }: IpPacket): void {
    if (src === UNSPECIFIED) return;
    const own = option.find(subject.buf, at + ndp.NEIGHBOR_LENGTH, end, option.OptionType.SourceLinkAddress);
    if (own < 0) return;
    const owner = mac.format(subject.buf, own + option.LINK_ADDRESS);
    const how = "neighbor discovery";
    const flags = { isAnswer: false, isSecondAnswer: false, isAnnounced: false, isReply: false };
    this.owners.claim(subject, draft, { ip: src, mac: owner, how, ...flags });
  }

  private explainRouter(subject: Subject, packet: IpPacket): Draft {
    const { buf, segment, number, time, observe } = subject;
    const { payload: at, end, src, dst } = packet;
    const draft = new Draft("router-advertisement", "I am a router");
    const sender = mac.format(buf, subject.frame + ethernet.SRC);
    observe?.({ type: "role", mac: sender, role: "router", number });
    const lifetime = ndp.routerLifetime(buf, at);
    const offer =
      lifetime > 0 ? `offers itself as the way out for ${lifetime} s` : "is a router here, but not the way out";
    const prefixes = prefixesOf(buf, at + ndp.ADVERTISEMENT_LENGTH, end);
    const told =
      prefixes.length > 0
        ? `, and tells that ${list(prefixes)} ${prefixes.length === 1 ? "is" : "are"} on this link`
        : "";
    const managed =
      (ndp.routerFlags(buf, at) & ndp.RouterFlag.Managed) !== 0 ? " Addresses are to be had by DHCPv6." : "";
    draft.say(`${src} ${offer}${told} (RFC 4861, 6.2).${managed}`);
    const asked = this.solicitations.get(segment);
    if (asked === undefined) return draft;
    this.solicitations.delete(segment);
    const who = dst === "ff02::1" ? "" : `, for ${dst} alone`;
    return draft.say(`It answers #${asked.number} after ${duration(time - asked.time)}${who}.`, asked.number);
  }
}

/** The link-layer address that an option of this type names, or else the frame's sender. */
function linkAddress({ buf, frame }: Subject, at: number, end: number, type: number): string {
  const found = option.find(buf, at + ndp.NEIGHBOR_LENGTH, end, type);
  return mac.format(buf, found < 0 ? frame + ethernet.SRC : found + option.LINK_ADDRESS);
}

/** `2001:db8::/64` and so on. */
function prefixesOf(buf: Uint8Array, options: number, end: number): string[] {
  const found: string[] = [];
  let left = 0;
  for (let at = options; at < end; ) {
    const length = option.optionLength(buf, at, end);
    if (length === 0) break;
    if (buf[at] === option.OptionType.PrefixInformation && length >= 32) {
      if (found.length < NAMED)
        found.push(`${address.format(buf, at + option.PREFIX)}/${option.prefixLength(buf, at)}`);
      else left++;
    }
    at += length;
  }
  if (left > 0) found.push(count(left, "more prefix", "more prefixes"));
  return found;
}

function keyOf(segment: string, asker: string, target: string): string {
  return `${segment}${asker} ${target}`;
}
