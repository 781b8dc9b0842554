/**
 * Ethernet II (DIX) and IEEE 802.3 frames without preamble and frame check sequence, as Linux hands them over.
 *
 *      0                   1
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
 *     +-------------------------------+
 *     |          destination          |  6 bytes
 *     |            source             |  6 bytes
 *     +-------------------------------+
 *     |        type or length         |  0x0600 and above: EtherType; 1,500 and below: IEEE 802.3 length
 *     +-------------------------------+
 *
 * A frame with VLAN tags has the first tag where the type is (see vlan.ts); with a length, an LLC header follows (see
 * llc.ts). `FrameCursor` in frame.ts walks all of that.
 */
import { copyOf, getU16, setU16 } from "./bytes.ts";
import { Fault } from "./fault.ts";
import { type Decoded, header } from "./layout.ts";
import * as mac from "./mac.ts";

/** Lengths and offsets in bytes; read from here and not from the exports, so that V8 folds them (see arp.ts). */
const WIRE = {
  /** Bytes of the header: two addresses and the type. */
  HEADER_LENGTH: 14,
  DST: 0,
  SRC: 6,
  TYPE: 12,
} as const;
export const { HEADER_LENGTH, DST, SRC, TYPE } = WIRE;

/** Shortest frame on a physical wire, without its check sequence; veth pads nothing. */
export const MIN_FRAME_LENGTH = 60;

/** Largest value of the type field that is an IEEE 802.3 length (IEEE 802.3-2022, 3.2.6). */
export const MAX_LENGTH = 1500;
/** Smallest value that is an EtherType; what lies between the two means neither. */
export const MIN_ETHER_TYPE = 0x0600;

/** IANA and IEEE: EtherTypes. Unknown ones stay numbers. */
export const EtherType = {
  Ipv4: 0x0800,
  Arp: 0x0806,
  WakeOnLan: 0x0842,
  TransparentBridging: 0x6558,
  ReverseArp: 0x8035,
  /** IEEE 802.1Q: customer tag. */
  Vlan: 0x8100,
  Ipv6: 0x86dd,
  FlowControl: 0x8808,
  SlowProtocols: 0x8809,
  MplsUnicast: 0x8847,
  MplsMulticast: 0x8848,
  PppoeDiscovery: 0x8863,
  PppoeSession: 0x8864,
  Eapol: 0x888e,
  /** IEEE 802.1ad: service tag, the outer one of two. */
  ServiceVlan: 0x88a8,
  /** Local experiments, for anybody's use (IEEE 802, 9.2.3). */
  Experimental1: 0x88b5,
  Experimental2: 0x88b6,
  Lldp: 0x88cc,
  MacSec: 0x88e5,
  Ptp: 0x88f7,
  Cfm: 0x8902,
  Loopback: 0x9000,
  /** Outer tags of stacked VLANs before 802.1ad. */
  Vlan9100: 0x9100,
  Vlan9200: 0x9200,
} as const;

// The words are tcpdump's where it has one, so that its readers recognise them.
const ETHER_TYPE_NAMES: Readonly<Record<number, string>> = {
  2048: "IPv4",
  2054: "ARP",
  2114: "Wake-on-LAN",
  25944: "TEB",
  32821: "Reverse ARP",
  33024: "802.1Q",
  34525: "IPv6",
  34824: "Flow control",
  34825: "Slow Protocols",
  34887: "MPLS unicast",
  34888: "MPLS multicast",
  34915: "PPPoE D",
  34916: "PPPoE S",
  34958: "EAPOL",
  34984: "802.1Q-QinQ",
  34997: "Experimental 1",
  34998: "Experimental 2",
  35020: "LLDP",
  35045: "802.1AE MACsec",
  35063: "PTP",
  35074: "CFM",
  36864: "Loopback",
  37120: "802.1Q-9100",
  37376: "802.1Q-9200",
};

/** The EtherType's name; an unknown one stays a number, as `0x88b7`. */
export function etherTypeName(type: number): string {
  return ETHER_TYPE_NAMES[type] ?? `0x${type.toString(16).padStart(4, "0")}`;
}

/**
 * Checks that an Ethernet header lies at `off`.
 * @param end the end of the captured bytes.
 * @returns Truncated, or None: then every accessor below is in bounds.
 */
export function check(_buf: Uint8Array, off: number, end: number): Fault {
  return end - off < WIRE.HEADER_LENGTH ? Fault.Truncated : Fault.None;
}

/** The type field, 0 to 65,535: an EtherType, or a length if {@link isLength} says so. */
export function etherType(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.TYPE);
}

/** True if a type field's value is an IEEE 802.3 length: the bytes that follow it, without padding. */
export function isLength(type: number): boolean {
  return type <= MAX_LENGTH;
}

/** True if the frame is for every station. */
export function isBroadcast(buf: Uint8Array, off: number): boolean {
  return mac.isBroadcast(buf, off + WIRE.DST);
}

/** True if the frame is for a group of stations, or for all. */
export function isMulticast(buf: Uint8Array, off: number): boolean {
  return mac.isMulticast(buf, off + WIRE.DST);
}

export function setEtherType(buf: Uint8Array, off: number, type: number): void {
  setU16(buf, off + WIRE.TYPE, type);
}

/** Writes the destination from the six bytes at `fromOff`. */
export function setDst(buf: Uint8Array, off: number, from: Uint8Array, fromOff = 0): void {
  mac.copy(from, fromOff, buf, off + WIRE.DST);
}

/** Writes the source from the six bytes at `fromOff`. */
export function setSrc(buf: Uint8Array, off: number, from: Uint8Array, fromOff = 0): void {
  mac.copy(from, fromOff, buf, off + WIRE.SRC);
}

/** Writes the whole header. */
export function writeHeader(buf: Uint8Array, off: number, dst: Uint8Array, src: Uint8Array, type: number): void {
  mac.copy(dst, 0, buf, off + WIRE.DST);
  mac.copy(src, 0, buf, off + WIRE.SRC);
  setU16(buf, off + WIRE.TYPE, type);
}

/** The declared header: field table, and the checked slow path below. */
export const layout = header("ethernet", {
  dst: { bytes: 6 },
  src: { bytes: 6 },
  type: "u16",
});

/** A frame as a plain object. `type` is the field after the source, whatever it means; `payload` is what follows it. */
export type EthernetFrame = Decoded<{
  dst: { bytes: 6 };
  src: { bytes: 6 };
  type: "u16";
}> & { payload: Uint8Array };

/** Takes a frame apart, or says with a fault why it cannot be: for tools and tests. The payload is a copy. */
export function parse(buf: Uint8Array, off = 0, end = buf.length): EthernetFrame | Fault {
  const fault = check(buf, off, end);
  if (fault !== Fault.None) return fault;
  return { ...layout.decode(buf, off), payload: copyOf(buf, off + WIRE.HEADER_LENGTH, end) };
}

/**
 * The bytes of a frame; nothing is padded.
 * @throws {RangeError} on a value that does not fit its field.
 */
export function build(frame: EthernetFrame): Uint8Array {
  const buf = new Uint8Array(WIRE.HEADER_LENGTH + frame.payload.length);
  layout.encode(frame, buf);
  buf.set(frame.payload, WIRE.HEADER_LENGTH);
  return buf;
}
