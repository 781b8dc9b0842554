/** What IPv4 and IPv6 carry: the names, and the way to each protocol's printer. */
import { Protocol } from "../ipv4.ts";
import type { Dissection } from "./dissection.ts";
import { printEthernet } from "./ethernet.ts";
import { printIcmp } from "./icmp.ts";
import { printIcmp6 } from "./icmp6.ts";
import { printIgmp } from "./igmp.ts";
import { printAh, printEsp, printIpComp } from "./ipsec.ts";
import { printIpv4 } from "./ipv4.ts";
import { printIpv6 } from "./ipv6.ts";
import { printTcp } from "./tcp.ts";
import { printUdp } from "./udp.ts";
import { type Literal, literal } from "./writer.ts";

const PROTOCOL = literal(" ip-proto-");
const SPACE = 0x20;
const NO_NEXT_HEADER = literal("no next header");

/** No more is inside (RFC 8200, 4.7). */
const NONE = 59;
const ICMPV6 = 58;
const SUN_ND = 77;
const IPCOMP = 108;
const ETHERNET = 143;
const AH_NAME = literal("ah");
/** Packets within packets within packets: nobody nests so deep but to exhaust the stack. */
const MAX_DEPTH = 128;

/** Protocols that tcpdump has a word for, as in `proto ICMP (1)`. */
const NAMES: ReadonlyMap<number, Literal> = new Map(
  (
    [
      [0, "Options"],
      [1, "ICMP"],
      [2, "IGMP"],
      [4, "IPIP"],
      [6, "TCP"],
      [8, "EGP"],
      [9, "IGRP"],
      [17, "UDP"],
      [33, "DCCP"],
      [41, "IPv6"],
      [43, "Routing"],
      [44, "Fragment"],
      [46, "RSVP"],
      [47, "GRE"],
      [50, "ESP"],
      [51, "AH"],
      [55, "Mobile IP"],
      [58, "ICMPv6"],
      [62, "Mobile IP (old)"],
      [88, "EIGRP"],
      [89, "OSPF"],
      [103, "PIM"],
      [108, "Compressed IP"],
      [112, "VRRP"],
      [113, "PGM"],
      [132, "SCTP"],
      [135, "Mobility"],
      [143, "Ethernet"],
    ] as const
  ).map(([number, name]) => [number, literal(name)]),
);
const UNKNOWN = literal("unknown");

/** The protocol's name as bytes, `unknown` for one without. */
export function protocolName(protocol: number): Literal {
  return NAMES.get(protocol) ?? UNKNOWN;
}

/** True for the protocols that print the addresses themselves, with the ports. */
export function printsAddresses(protocol: number): boolean {
  return protocol === Protocol.Tcp || protocol === Protocol.Udp;
}

/**
 * The payload of an IP packet.
 * @param ip the IP header's first byte, @param version its version: 4 or 6. @param length bytes of the payload as the
 * header says. @param fragmented true if it is only the first part of a message.
 */
export function printPayload(
  d: Dissection,
  ip: number,
  version: number,
  protocol: number,
  at: number,
  length: number,
  fragmented: boolean,
): boolean {
  switch (protocol) {
    case Protocol.Icmp:
      if (version === 4) return printIcmp(d, at, length, fragmented);
      return wrongVersion(d, protocol, 4);
    case Protocol.Udp:
      return printUdp(d, ip, version, at, length, fragmented);
    case Protocol.Tcp:
      return printTcp(d, ip, version, at, length, fragmented);
    case Protocol.Igmp:
      if (version === 4) return printIgmp(d, at, length);
      return wrongVersion(d, protocol, 4);
    case ICMPV6:
      if (version === 6) return printIcmp6(d, ip, at, length, fragmented);
      return wrongVersion(d, protocol, 6);
    case Protocol.Ah:
      return printBehindAh(d, ip, version, at, length, fragmented);
    case Protocol.Esp:
      printEsp(d, at, length);
      return true;
    case IPCOMP:
      return printIpComp(d, at);
    case ETHERNET: {
      if (version === 4) return wrongVersion(d, protocol, 6);
      if (d.depth >= MAX_DEPTH) break;
      d.depth++;
      const done = printEthernet(d, at, Math.max(0, d.end - at), length);
      d.depth--;
      return done;
    }
    case Protocol.Ipv4:
    case Protocol.Ipv6: {
      if (d.depth >= MAX_DEPTH) break;
      d.depth++;
      const done = protocol === Protocol.Ipv4 ? printIpv4(d, at, length) : printIpv6(d, at, length);
      d.depth--;
      return done;
    }
    case NONE:
      d.out.put(NO_NEXT_HEADER);
      return true;
    case SUN_ND:
      d.out.ascii(` nd ${length}`);
      return true;
  }
  const { out } = d;
  out.put(PROTOCOL);
  out.decimal(protocol);
  out.byte(SPACE);
  out.decimal(length);
  return true;
}

/** Authentication headers, one behind the other, and what the last one protects. */
function printBehindAh(
  d: Dissection,
  ip: number,
  version: number,
  first: number,
  length: number,
  fragmented: boolean,
): boolean {
  let protocol: number = Protocol.Ah;
  let at = first;
  while (protocol === Protocol.Ah) {
    if (!d.has(at, 1)) {
      d.protocol = AH_NAME;
      d.truncated();
      return true;
    }
    if (!printAh(d, at)) return false;
    protocol = d.buf[at]!;
    at += (d.buf[at + 1]! + 2) << 2;
  }
  // A length that the header exceeds wraps around, as in tcpdump.
  return printPayload(d, ip, version, protocol, at, (length - (at - first)) >>> 0, fragmented);
}

function wrongVersion(d: Dissection, protocol: number, version: number): boolean {
  d.out.ascii("[");
  d.out.put(protocolName(protocol));
  d.out.ascii(` requires IPv${version}]`);
  d.invalid();
  return true;
}
