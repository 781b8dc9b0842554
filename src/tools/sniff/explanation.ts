/** What the explainers of each protocol are given, and what they give. */
import type { Fact } from "./facts.ts";
import { type FindingCode, type Severity, severityOf } from "./findings.ts";

/** What a frame is, whatever it refers to. */
export type FrameKind =
  /** A request for somebody's MAC address, repeated or not, to everybody or to one station. */
  | "arp-request"
  /** An answer, asked for or not. */
  | "arp-reply"
  /** Asks whether an address is free (RFC 5227); the sender's address is 0.0.0.0. */
  | "arp-probe"
  /** Says by a request for its own address who has it (RFC 5227); also called gratuitous ARP. */
  | "arp-announcement"
  /** The same by a reply. */
  | "arp-gratuitous-reply"
  /** Reverse and inverse ARP, and operations without a name. */
  | "arp-other"
  | "echo-request"
  | "echo-reply"
  /** Destination unreachable, time exceeded, redirect, parameter problem, source quench. */
  | "icmp-error"
  | "icmp-other"
  /** A part of an IPv4 datagram that is not its first. */
  | "ipv4-fragment"
  /** UDP that is neither of the two below. */
  | "udp"
  | "dhcp"
  /** Multicast DNS as well. */
  | "dns"
  | "tcp"
  | "ipv4-other"
  /** Who has an IPv6 address, as ARP asks; with a sender of :: a probe (RFC 4862). */
  | "neighbor-solicitation"
  /** An answer to it, or an announcement. */
  | "neighbor-advertisement"
  | "router-solicitation"
  | "router-advertisement"
  /** A part of an IPv6 packet that is not its first. */
  | "ipv6-fragment"
  /** Other IPv6 packets, and other ICMPv6. */
  | "ipv6-other"
  /** Which groups' packets are wanted: IGMP and MLD. */
  | "igmp"
  | "mld"
  /** Spanning tree. */
  | "stp"
  | "lldp"
  | "llc"
  | "other"
  /** Its headers are cut off or contradict themselves. */
  | "malformed";

/** Something unusual or wrong that a frame shows, alone or together with others. */
export interface Finding {
  readonly code: FindingCode;
  /** `note`: unusual, and may be as it should. `warning`: something does not work, or somebody lies. */
  readonly severity: Severity;
  /** A sentence; it is part of the explanation's text. */
  readonly text: string;
  /** Numbers of the earlier frames that it rests on. */
  readonly refersTo: readonly number[];
}

/** A frame explained. */
export interface Explanation {
  /** One line, a sentence or a few. */
  readonly text: string;
  readonly kind: FrameKind;
  /** Numbers of the frames that the text mentions: the question that this answers, say. */
  readonly refersTo: readonly number[];
  /** Left out if there are none. */
  readonly findings?: readonly Finding[];
}

/** A frame as the explainers of each protocol get it. */
export interface Subject {
  readonly buf: Uint8Array;
  /** The Ethernet header. */
  readonly frame: number;
  /** The network layer's first byte, and the byte after its last captured one. */
  readonly at: number;
  readonly end: number;
  /** Nanoseconds since any fixed moment. */
  readonly time: number;
  readonly number: number;
  /** The wire and the VLANs that the frame is in, as text: addresses in different ones do not meet. */
  readonly segment: string;
  /** True if the capture cut the frame. */
  readonly isCut: boolean;
  /** True if the sender left the transport checksum to the hardware. */
  readonly isChecksumOpen: boolean;
  /** Told what was found, for those who count; null if nobody does. */
  readonly observe: ((fact: Fact) => void) | null;
}

/** An explanation in the making: sentences, the frames that they name, and what is odd. */
export class Draft {
  kind: FrameKind;
  /** A few words for a drawing's arrow: `who has 10.0.0.2?`. */
  label: string;
  private readonly sentences: string[] = [];
  private readonly numbers = new Set<number>();
  private readonly findings: Finding[] = [];

  constructor(kind: FrameKind, label: string) {
    this.kind = kind;
    this.label = label;
  }

  /** Adds a sentence, and the frames that it names (0 for none). */
  say(text: string, ...numbers: readonly number[]): this {
    this.sentences.push(text);
    this.refer(numbers);
    return this;
  }

  /** Adds a sentence about something odd. */
  find(code: FindingCode, text: string, ...numbers: readonly number[]): this {
    this.say(text, ...numbers);
    const refersTo = numbers.filter((number) => number > 0);
    this.findings.push({ code, severity: severityOf(code), text, refersTo });
    return this;
  }

  private refer(numbers: readonly number[]): void {
    for (const number of numbers) if (number > 0) this.numbers.add(number);
  }

  /** @param before text ahead of the first sentence. */
  done(before: string): Explanation {
    const { kind, findings } = this;
    const text = before + this.sentences.join(" ");
    const refersTo = [...this.numbers];
    return { kind, text, refersTo, ...(findings.length === 0 ? {} : { findings }) };
  }
}

/** An explanation of one sentence that mentions no other frame. */
export function plain(kind: FrameKind, label: string, text: string): Draft {
  return new Draft(kind, label).say(text);
}

/** Headers that are cut off (`label` says of what) or contradict themselves. */
export function malformed(label: string, text: string): Draft {
  return new Draft("malformed", label).find("malformed", text);
}

/** A header that ends before its time: by the capture's limit, which is nobody's fault, or on the wire. */
export function cutShort(subject: Subject, label: string, text: string): Draft {
  return subject.isCut ? new Draft("malformed", label).say(text) : malformed(label, text);
}
