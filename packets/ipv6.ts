/**
 * Internet Protocol version 6 (RFC 8200): the fixed header. What IPv4 has as options lies in extension headers between
 * it and the payload, each naming the next (ipv6-extension.ts).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------+---------------+---------------------------------------+
 *     |version| traffic class |              flow label               |
 *     +-------+---------------+-------+---------------+---------------+
 *     |        payload length         |  next header  |   hop limit   |  length: all after these 40 bytes
 *     +-------------------------------+---------------+---------------+
 *     |                   source address, 16 bytes                    |
 *     |                 destination address, 16 bytes                 |
 *     +---------------------------------------------------------------+
 */
import { copyOf, getU16, getU32, setU16, setU32 } from "./bytes.ts";
import * as inet from "./checksum.ts";
import { Fault } from "./fault.ts";
import { header, requireBits } from "./layout.ts";

/** Lengths and offsets in bytes; read from here and not from the exports, so that V8 folds them (see arp.ts). */
const WIRE = {
  /** Bytes of the fixed header. */
  HEADER_LENGTH: 40,
  /** Bytes of an address. */
  ADDRESS_LENGTH: 16,
  VERSION_CLASS_LABEL: 0,
  PAYLOAD_LENGTH: 4,
  NEXT_HEADER: 6,
  HOP_LIMIT: 7,
  SRC: 8,
  DST: 24,
} as const;
export const { HEADER_LENGTH, ADDRESS_LENGTH, VERSION_CLASS_LABEL, PAYLOAD_LENGTH, NEXT_HEADER, HOP_LIMIT, SRC, DST } =
  WIRE;

/** Longest payload in bytes without the jumbo payload option (RFC 2675). */
export const MAX_PAYLOAD_LENGTH = 65_535;
/** Every link carries packets of this many bytes (RFC 8200, 5). */
export const MIN_MTU = 1280;

/** What a next header field names (IANA: protocol numbers): extension headers, and what only IPv6 carries. */
export const NextHeader = {
  HopByHop: 0,
  Routing: 43,
  Fragment: 44,
  Esp: 50,
  Ah: 51,
  Icmpv6: 58,
  None: 59,
  DestinationOptions: 60,
  /** A number that drafts of Mobile IPv6 used. */
  MobilityOld: 62,
  Mobility: 135,
  Ethernet: 143,
} as const;

const NEXT_HEADER_NAMES: Readonly<Record<number, string>> = {
  0: "hop-by-hop options",
  4: "IPv4",
  6: "TCP",
  17: "UDP",
  41: "IPv6",
  43: "routing",
  44: "fragment",
  47: "GRE",
  50: "ESP",
  51: "AH",
  58: "ICMPv6",
  59: "no next header",
  60: "destination options",
  89: "OSPF",
  103: "PIM",
  112: "VRRP",
  132: "SCTP",
  135: "mobility",
  143: "Ethernet",
};

/** The next header's name; an unknown one stays a number, as `protocol-253`. */
export function nextHeaderName(next: number): string {
  return NEXT_HEADER_NAMES[next] ?? `protocol-${next}`;
}

/**
 * Checks that a whole packet lies at `off`.
 * @param end the end of the captured bytes; what follows the payload length is padding, and no fault.
 * @returns None: then every accessor below is in bounds, and so is the payload; Version; Truncated if the header or the
 * payload reaches beyond `end`. A payload length of 0 with a hop-by-hop header announces a jumbogram (RFC 2675), whose
 * length an option tells: it passes, and `payloadEnd` gives `end`.
 */
export function check(buf: Uint8Array, off: number, end: number): Fault {
  const fault = checkHeader(buf, off, end);
  if (fault !== Fault.None) return fault;
  return getU16(buf, off + WIRE.PAYLOAD_LENGTH) > end - off - WIRE.HEADER_LENGTH ? Fault.Truncated : Fault.None;
}

/** As {@link check}, but content with the header: for captures that were cut, and for what an ICMPv6 error quotes. */
export function checkHeader(buf: Uint8Array, off: number, end: number): Fault {
  if (end - off < WIRE.HEADER_LENGTH) return Fault.Truncated;
  return buf[off]! >>> 4 === 6 ? Fault.None : Fault.Version;
}

/** Version, 6 after a check. */
export function version(buf: Uint8Array, off: number): number {
  return buf[off]! >>> 4;
}

/** Traffic class: DSCP and ECN, 0 to 255. */
export function trafficClass(buf: Uint8Array, off: number): number {
  return (getU16(buf, off) >>> 4) & 0xff;
}

/** Differentiated services code point, 0 to 63 (RFC 2474). */
export function dscp(buf: Uint8Array, off: number): number {
  return (getU16(buf, off) >>> 6) & 0x3f;
}

/** Explicit congestion notification, 0 to 3 (RFC 3168). */
export function ecn(buf: Uint8Array, off: number): number {
  return (buf[off + 1]! >>> 4) & 3;
}

/** Flow label, 0 to 0xfffff (RFC 6437). */
export function flowLabel(buf: Uint8Array, off: number): number {
  return getU32(buf, off) & 0xfffff;
}

/** Bytes after the fixed header, extension headers included; 0 in a jumbogram. */
export function payloadLength(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.PAYLOAD_LENGTH);
}

/** What follows the fixed header, see {@link NextHeader}. */
export function nextHeader(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.NEXT_HEADER]!;
}

/** The routers that this packet may still pass, 0 to 255. */
export function hopLimit(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.HOP_LIMIT]!;
}

/** First byte after the fixed header. */
export function payloadOffset(off: number): number {
  return off + WIRE.HEADER_LENGTH;
}

/** The byte after the payload: where the payload length ends, padding cut off; or `end`, see {@link check}. */
export function payloadEnd(buf: Uint8Array, off: number, end: number): number {
  const bytes = getU16(buf, off + WIRE.PAYLOAD_LENGTH);
  if (bytes === 0 && buf[off + WIRE.NEXT_HEADER] === NextHeader.HopByHop) return end;
  return Math.min(off + WIRE.HEADER_LENGTH + bytes, end);
}

/** Writes version 6, the traffic class (0 to 255) and the flow label (0 to 0xfffff). */
export function setClassAndLabel(buf: Uint8Array, off: number, trafficClass: number, label: number): void {
  setU32(buf, off, 0x60000000 | ((trafficClass & 0xff) << 20) | (label & 0xfffff));
}

export function setPayloadLength(buf: Uint8Array, off: number, bytes: number): void {
  setU16(buf, off + WIRE.PAYLOAD_LENGTH, bytes);
}

export function setNextHeader(buf: Uint8Array, off: number, next: number): void {
  buf[off + WIRE.NEXT_HEADER] = next;
}

export function setHopLimit(buf: Uint8Array, off: number, hops: number): void {
  buf[off + WIRE.HOP_LIMIT] = hops;
}

/**
 * The sum of the pseudo header (RFC 8200, 8.1) that upper layers' checksums cover, not folded.
 * @param off the fixed header. @param dst the final destination's 16 bytes in `buf`: the header's own, or with a routing
 * header the route's last. @param protocol the upper layer's number. @param length its header and data in bytes.
 */
export function pseudoHeaderSum(buf: Uint8Array, off: number, dst: number, protocol: number, length: number): number {
  const sum = inet.add(buf, off + WIRE.SRC, off + WIRE.DST, protocol + (length >>> 16) + (length & 0xffff));
  return inet.add(buf, dst, dst + WIRE.ADDRESS_LENGTH, sum);
}

/** The declared header: field table, and the checked slow path below. */
export const layout = header("ipv6", {
  versionClassLabel: "u32",
  payloadLength: "u16",
  nextHeader: "u8",
  hopLimit: "u8",
  src: { bytes: 16 },
  dst: { bytes: 16 },
});

/** A packet as a plain object. The payload length follows from the payload. */
export interface Ipv6Packet {
  trafficClass: number;
  flowLabel: number;
  nextHeader: number;
  hopLimit: number;
  /** 16 bytes. */
  src: Uint8Array;
  /** 16 bytes. */
  dst: Uint8Array;
  /** Extension headers included. */
  payload: Uint8Array;
}

/** Takes a packet apart, or says with a fault why it cannot be: for tools and tests. */
export function parse(buf: Uint8Array, off = 0, end = buf.length): Ipv6Packet | Fault {
  const fault = check(buf, off, end);
  if (fault !== Fault.None) return fault;
  const { versionClassLabel, nextHeader, hopLimit, src, dst } = layout.decode(buf, off);
  return {
    trafficClass: (versionClassLabel >>> 20) & 0xff,
    flowLabel: versionClassLabel & 0xfffff,
    nextHeader,
    hopLimit,
    src,
    dst,
    payload: copyOf(buf, off + WIRE.HEADER_LENGTH, payloadEnd(buf, off, end)),
  };
}

/**
 * The bytes of a packet.
 * @param wrong a payload length to write instead of the right one: to make wrong packets on purpose, and jumbograms.
 * @throws {RangeError} on a value that does not fit its field.
 */
export function build(packet: Ipv6Packet, wrong: { payloadLength?: number } = {}): Uint8Array {
  const { trafficClass, flowLabel, nextHeader, hopLimit, src, dst, payload } = packet;
  requireBits("ipv6.trafficClass", trafficClass, 0xff);
  requireBits("ipv6.flowLabel", flowLabel, 0xfffff);
  const buf = new Uint8Array(WIRE.HEADER_LENGTH + payload.length);
  const versionClassLabel = (0x60000000 | (trafficClass << 20) | flowLabel) >>> 0;
  const length = wrong.payloadLength ?? payload.length;
  layout.encode({ versionClassLabel, payloadLength: length, nextHeader, hopLimit, src, dst }, buf);
  buf.set(payload, WIRE.HEADER_LENGTH);
  return buf;
}
