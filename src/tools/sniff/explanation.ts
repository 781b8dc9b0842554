/** What the explainers of each protocol are given, and what they give. */

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
  | "udp"
  | "tcp"
  | "ipv4-other"
  | "ipv6"
  | "llc"
  | "other"
  /** Its headers are cut off or contradict themselves. */
  | "malformed";

/** A frame explained. */
export interface Explanation {
  /** One line, a sentence or two. */
  readonly text: string;
  readonly kind: FrameKind;
  /** Numbers of the frames that the text mentions: the question that this answers, say. */
  readonly refersTo: readonly number[];
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
  /** The VLANs that the frame is in, as text: addresses in different ones do not meet. Empty without tags. */
  readonly vlan: string;
  /** True if the capture cut the frame. */
  readonly isCut: boolean;
  /** True if the sender left the transport checksum to the hardware. */
  readonly isChecksumOpen: boolean;
}

/** An explanation that mentions no other frame. */
export function plain(kind: FrameKind, text: string): Explanation {
  return { kind, text, refersTo: [] };
}

export function malformed(text: string): Explanation {
  return plain("malformed", text);
}
