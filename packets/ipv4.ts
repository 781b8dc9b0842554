/**
 * Internet Protocol version 4 (RFC 791): carries a datagram from one address to another, over many links, in fragments
 * where one of them needs it.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------+-------+---------------+-------------------------------+
 *     |version|  IHL  |type of service|          total length         |  IHL: header length in 32-bit words
 *     +-------+-------+---------------+-----+-------------------------+
 *     |         identification        |flags|     fragment offset     |  flags: reserved, DF, MF; offset in 8 bytes
 *     +---------------+---------------+-----+-------------------------+
 *     |  time to live |    protocol   |        header checksum        |
 *     +---------------+---------------+-------------------------------+
 *     |                         source address                        |
 *     |                      destination address                      |
 *     |                    options, 0 to 40 bytes                     |  see ipv4-options.ts
 *     +---------------------------------------------------------------+
 */
import { copyOf, getI32, getU16, setU16, setU32 } from "./bytes.ts";
import * as inet from "./checksum.ts";
import { Fault } from "./fault.ts";
import { header, requireBits } from "./layout.ts";

/** Lengths and offsets in bytes; read from here and not from the exports, so that V8 folds them (see arp.ts). */
const WIRE = {
  /** Bytes of a header without options. */
  MIN_HEADER_LENGTH: 20,
  VERSION_IHL: 0,
  TOS: 1,
  TOTAL_LENGTH: 2,
  ID: 4,
  FLAGS_FRAGMENT: 6,
  TTL: 8,
  PROTOCOL: 9,
  CHECKSUM: 10,
  SRC: 12,
  DST: 16,
  OPTIONS: 20,
} as const;
export const {
  MIN_HEADER_LENGTH,
  VERSION_IHL,
  TOS,
  TOTAL_LENGTH,
  ID,
  FLAGS_FRAGMENT,
  TTL,
  PROTOCOL,
  CHECKSUM,
  SRC,
  DST,
  OPTIONS,
} = WIRE;

/** Bytes of the longest header: an IHL of 15. */
export const MAX_HEADER_LENGTH = 60;
/** Longest datagram in bytes, header included. */
export const MAX_LENGTH = 65_535;
/** Every host must take datagrams of this many bytes (RFC 791, 3.1). */
export const MIN_REASSEMBLY_LENGTH = 576;

/** The three flags as a number from 0 to 7. */
export const Flag = { MoreFragments: 1, DontFragment: 2, Reserved: 4 } as const;

/** IANA: protocol numbers. Unknown ones stay numbers. */
export const Protocol = {
  Icmp: 1,
  Igmp: 2,
  Ipv4: 4,
  Tcp: 6,
  Udp: 17,
  Ipv6: 41,
  Gre: 47,
  Esp: 50,
  Ah: 51,
  Ospf: 89,
  Pim: 103,
  Vrrp: 112,
  Sctp: 132,
  UdpLite: 136,
} as const;

const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  1: "ICMP",
  2: "IGMP",
  4: "IPv4",
  6: "TCP",
  17: "UDP",
  41: "IPv6",
  47: "GRE",
  50: "ESP",
  51: "AH",
  89: "OSPF",
  103: "PIM",
  112: "VRRP",
  132: "SCTP",
  136: "UDP-Lite",
};

/** The protocol's name; an unknown one stays a number, as `protocol-253`. */
export function protocolName(protocol: number): string {
  return PROTOCOL_NAMES[protocol] ?? `protocol-${protocol}`;
}

/**
 * Checks that a whole datagram lies at `off` (RFC 1812, 5.2.2, but for the checksum: see {@link checksumOk}).
 * @param end the end of the captured bytes; what follows the total length is padding, and no fault.
 * @returns None: then every accessor below is in bounds, and so is the payload; Version; Length if the header
 * contradicts itself (IHL below 5, or a total length below the header's); Truncated if the header or the total length
 * reaches beyond `end`, because the capture was cut or because the sender lied: nobody can tell which.
 */
export function check(buf: Uint8Array, off: number, end: number): Fault {
  const room = end - off;
  if (room < WIRE.MIN_HEADER_LENGTH) return Fault.Truncated;
  const bytes = getU16(buf, off + WIRE.TOTAL_LENGTH);
  // Nearly every datagram: version 4, no options.
  if (buf[off] === 0x45 && bytes >= WIRE.MIN_HEADER_LENGTH && bytes <= room) return Fault.None;
  const fault = checkHeader(buf, off, end);
  if (fault !== Fault.None) return fault;
  return bytes > room ? Fault.Truncated : Fault.None;
}

/**
 * As {@link check}, but content with the header: for captures that were cut, and for the beginning of a datagram that
 * an ICMP error quotes. After it, `payloadEnd` needs `end` to say how much there is.
 */
export function checkHeader(buf: Uint8Array, off: number, end: number): Fault {
  if (end - off < WIRE.MIN_HEADER_LENGTH) return Fault.Truncated;
  const first = buf[off]!;
  if (first >>> 4 !== 4) return Fault.Version;
  const length = (first & 15) << 2;
  if (length < WIRE.MIN_HEADER_LENGTH || getU16(buf, off + WIRE.TOTAL_LENGTH) < length) return Fault.Length;
  return end - off < length ? Fault.Truncated : Fault.None;
}

/** True if the header checksum is right. Needs a header that passed a check. */
export function checksumOk(buf: Uint8Array, off: number): boolean {
  return inet.checksum(buf, off, off + headerLength(buf, off)) === 0;
}

/** Version, 4 after a check. */
export function version(buf: Uint8Array, off: number): number {
  return buf[off]! >>> 4;
}

/** Length of the header with its options in bytes, 20 to 60. */
export function headerLength(buf: Uint8Array, off: number): number {
  return (buf[off]! & 15) << 2;
}

/** Type of service, today DSCP and ECN, 0 to 255. */
export function tos(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.TOS]!;
}

/** Differentiated services code point, 0 to 63 (RFC 2474). */
export function dscp(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.TOS]! >>> 2;
}

/** Explicit congestion notification, 0 to 3 (RFC 3168). */
export function ecn(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.TOS]! & 3;
}

/** Length of this datagram or fragment in bytes, header included. */
export function totalLength(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.TOTAL_LENGTH);
}

/** Identification, which a datagram's fragments share; without meaning in one that is whole (RFC 6864). */
export function identification(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.ID);
}

/** The three flags, see {@link Flag}. */
export function flags(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.FLAGS_FRAGMENT]! >>> 5;
}

/** True if nobody may fragment this datagram. */
export function dontFragment(buf: Uint8Array, off: number): boolean {
  return (buf[off + WIRE.FLAGS_FRAGMENT]! & 0x40) !== 0;
}

/** True if this is a fragment and not the last one. */
export function moreFragments(buf: Uint8Array, off: number): boolean {
  return (buf[off + WIRE.FLAGS_FRAGMENT]! & 0x20) !== 0;
}

/** Where this fragment's payload begins within the whole one, in bytes: a multiple of 8 up to 65,528. */
export function fragmentOffset(buf: Uint8Array, off: number): number {
  return (getU16(buf, off + WIRE.FLAGS_FRAGMENT) & 0x1fff) << 3;
}

/** True if this is a fragment, the first included: its payload is no whole message. */
export function isFragment(buf: Uint8Array, off: number): boolean {
  return (getU16(buf, off + WIRE.FLAGS_FRAGMENT) & 0x3fff) !== 0;
}

/** Time to live: the routers that this datagram may still pass, 0 to 255. */
export function ttl(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.TTL]!;
}

/** What the payload is, see {@link Protocol}. */
export function protocol(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.PROTOCOL]!;
}

/** The header checksum as it stands there. */
export function headerChecksum(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.CHECKSUM);
}

/** Source address, a signed 32-bit integer. */
export function src(buf: Uint8Array, off: number): number {
  return getI32(buf, off + WIRE.SRC);
}

/** Destination address, a signed 32-bit integer. */
export function dst(buf: Uint8Array, off: number): number {
  return getI32(buf, off + WIRE.DST);
}

/** First byte of the payload. */
export function payloadOffset(buf: Uint8Array, off: number): number {
  return off + headerLength(buf, off);
}

/** The byte after the payload: where the total length ends, padding cut off, or `end` if the capture ends before. */
export function payloadEnd(buf: Uint8Array, off: number, end: number): number {
  return Math.min(off + getU16(buf, off + WIRE.TOTAL_LENGTH), end);
}

/** Writes version 4 and a header length of 20 to 60 bytes, a multiple of 4. */
export function setHeaderLength(buf: Uint8Array, off: number, bytes: number): void {
  buf[off] = 0x40 | ((bytes >>> 2) & 15);
}

export function setTos(buf: Uint8Array, off: number, value: number): void {
  buf[off + WIRE.TOS] = value;
}

export function setTotalLength(buf: Uint8Array, off: number, bytes: number): void {
  setU16(buf, off + WIRE.TOTAL_LENGTH, bytes);
}

export function setIdentification(buf: Uint8Array, off: number, value: number): void {
  setU16(buf, off + WIRE.ID, value);
}

/** Writes the flags (0 to 7) and the fragment offset (in bytes, a multiple of 8). */
export function setFragment(buf: Uint8Array, off: number, flags: number, offset: number): void {
  setU16(buf, off + WIRE.FLAGS_FRAGMENT, (flags << 13) | (offset >>> 3));
}

export function setTtl(buf: Uint8Array, off: number, value: number): void {
  buf[off + WIRE.TTL] = value;
}

export function setProtocol(buf: Uint8Array, off: number, value: number): void {
  buf[off + WIRE.PROTOCOL] = value;
}

export function setHeaderChecksum(buf: Uint8Array, off: number, value: number): void {
  setU16(buf, off + WIRE.CHECKSUM, value);
}

export function setSrc(buf: Uint8Array, off: number, ip: number): void {
  setU32(buf, off + WIRE.SRC, ip);
}

export function setDst(buf: Uint8Array, off: number, ip: number): void {
  setU32(buf, off + WIRE.DST, ip);
}

/** Computes the header checksum over the header as it stands, and writes it. */
export function updateChecksum(buf: Uint8Array, off: number): void {
  setU16(buf, off + WIRE.CHECKSUM, 0);
  setU16(buf, off + WIRE.CHECKSUM, inet.checksum(buf, off, off + headerLength(buf, off)));
}

/** Exchanges source and destination; the checksum stays right, since a sum does not know an order. */
export function swapAddresses(buf: Uint8Array, off: number): void {
  const source = src(buf, off);
  setU32(buf, off + WIRE.SRC, dst(buf, off));
  setU32(buf, off + WIRE.DST, source);
}

/**
 * Writes a header without options for a datagram that is no fragment, checksum included, in one go: the sending side's
 * hot path. Values are cut to their fields.
 * @param length total length in bytes, header included.
 * @param flags 0, or `Flag.DontFragment`.
 */
export function writeHeader(
  buf: Uint8Array,
  off: number,
  length: number,
  id: number,
  flags: number,
  ttl: number,
  protocol: number,
  src: number,
  dst: number,
  tos = 0,
): void {
  buf[off] = 0x45;
  buf[off + WIRE.TOS] = tos;
  setU16(buf, off + WIRE.TOTAL_LENGTH, length);
  setU16(buf, off + WIRE.ID, id);
  setU16(buf, off + WIRE.FLAGS_FRAGMENT, flags << 13);
  buf[off + WIRE.TTL] = ttl;
  buf[off + WIRE.PROTOCOL] = protocol;
  // Summed from the values at hand: reading them back from the buffer takes twice as long.
  const fixed = 0x4500 + (tos & 0xff) + (length & 0xffff) + (id & 0xffff) + ((flags & 7) << 13);
  const addresses = (src >>> 16) + (src & 0xffff) + (dst >>> 16) + (dst & 0xffff);
  const sum = inet.fold(fixed + ((ttl & 0xff) << 8) + (protocol & 0xff) + addresses);
  setU16(buf, off + WIRE.CHECKSUM, ~sum);
  setU32(buf, off + WIRE.SRC, src);
  setU32(buf, off + WIRE.DST, dst);
}

/** The declared header without options: field table, and the checked slow path below. */
export const layout = header("ipv4", {
  versionIhl: "u8",
  tos: "u8",
  totalLength: "u16",
  id: "u16",
  flagsFragment: "u16",
  ttl: "u8",
  protocol: "u8",
  checksum: "u16",
  src: "ip",
  dst: "ip",
});

/** A datagram as a plain object; addresses as signed 32-bit integers. Lengths and checksum follow from the rest. */
export interface Ipv4Packet {
  tos: number;
  id: number;
  /** See {@link Flag}. */
  flags: number;
  /** In bytes, a multiple of 8. */
  fragmentOffset: number;
  ttl: number;
  protocol: number;
  src: number;
  dst: number;
  /** As on the wire, a multiple of 4 bytes up to 40. */
  options: Uint8Array;
  payload: Uint8Array;
}

/** Takes a datagram apart, or says with a fault why it cannot be: for tools and tests. The checksum is not verified. */
export function parse(buf: Uint8Array, off = 0, end = buf.length): Ipv4Packet | Fault {
  const fault = check(buf, off, end);
  if (fault !== Fault.None) return fault;
  const { tos, id, flagsFragment, ttl, protocol, src, dst } = layout.decode(buf, off);
  const at = payloadOffset(buf, off);
  return {
    tos,
    id,
    flags: flagsFragment >>> 13,
    fragmentOffset: (flagsFragment & 0x1fff) << 3,
    ttl,
    protocol,
    src,
    dst,
    options: copyOf(buf, off + WIRE.OPTIONS, at),
    payload: copyOf(buf, at, payloadEnd(buf, off, end)),
  };
}

/**
 * The bytes of a datagram, with lengths and checksum.
 * @param wrong values to write instead of the right ones, to make wrong datagrams on purpose.
 * @throws {RangeError} on a value that does not fit its field.
 */
export function build(packet: Ipv4Packet, wrong: { totalLength?: number; checksum?: number } = {}): Uint8Array {
  const { tos, id, flags, fragmentOffset, ttl, protocol, src, dst, options, payload } = packet;
  requireBits("ipv4.flags", flags, 7);
  requireBits("ipv4.checksum", wrong.checksum ?? 0, 0xffff);
  if (!(fragmentOffset >= 0 && fragmentOffset <= 65_528 && fragmentOffset % 8 === 0))
    throw new RangeError("ipv4.fragmentOffset takes a multiple of 8 from 0 to 65528");
  if (options.length > 40 || options.length % 4 !== 0)
    throw new RangeError("ipv4.options takes a multiple of 4 bytes up to 40");
  const headerBytes = WIRE.MIN_HEADER_LENGTH + options.length;
  const buf = new Uint8Array(headerBytes + payload.length);
  const fixed = { tos, id, ttl, protocol, checksum: 0, src, dst };
  const versionIhl = 0x40 | (headerBytes >>> 2);
  const flagsFragment = (flags << 13) | (fragmentOffset >>> 3);
  layout.encode({ ...fixed, versionIhl, flagsFragment, totalLength: wrong.totalLength ?? buf.length }, buf);
  buf.set(options, WIRE.OPTIONS);
  buf.set(payload, headerBytes);
  if (wrong.checksum === undefined) updateChecksum(buf, 0);
  else setHeaderChecksum(buf, 0, wrong.checksum);
  return buf;
}
