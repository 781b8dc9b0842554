/**
 * Transmission Control Protocol (RFC 9293): its header, and the segment as a whole. Nothing here follows a conversation.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------------------------------+-------------------------------+
 *     |          source port          |        destination port       |
 *     +-------------------------------+-------------------------------+
 *     |                        sequence number                        |
 *     +---------------------------------------------------------------+
 *     |                     acknowledgement number                    |
 *     +-------+-----+-+-+-+-+-+-+-+-+-+-------------------------------+
 *     | data  | res |A|C|E|U|A|P|R|S|F|                               |
 *     | offset|     |E|W|C|R|C|S|S|Y|I|            window             |
 *     +-------+-----+-+-+-+-+-+-+-+-+-+-------------------------------+
 *     |           checksum            |         urgent pointer        |
 *     +-------------------------------+-------------------------------+
 *     |                    options, up to 40 bytes                    |
 *     +---------------------------------------------------------------+
 */
import { copyOf, getU16, getU32, setU16, setU32 } from "./bytes.ts";
import * as inet from "./checksum.ts";
import { Fault } from "./fault.ts";
import { Protocol } from "./ipv4.ts";
import { header, requireBits } from "./layout.ts";

/** Lengths and offsets in bytes; read from here and not from the exports, so that V8 folds them (see arp.ts). */
const WIRE = {
  /** Bytes of the header without options, and with the most of them. */
  MIN_HEADER_LENGTH: 20,
  MAX_HEADER_LENGTH: 60,
  SRC_PORT: 0,
  DST_PORT: 2,
  SEQUENCE: 4,
  ACKNOWLEDGEMENT: 8,
  /** Data offset in the upper four bits; then reserved bits, the lowest of which is AE. */
  DATA_OFFSET: 12,
  FLAGS: 13,
  WINDOW: 14,
  CHECKSUM: 16,
  URGENT_POINTER: 18,
  OPTIONS: 20,
} as const;
export const { MIN_HEADER_LENGTH, MAX_HEADER_LENGTH, SRC_PORT, DST_PORT, SEQUENCE, ACKNOWLEDGEMENT } = WIRE;
export const { DATA_OFFSET, FLAGS, WINDOW, CHECKSUM, URGENT_POINTER, OPTIONS } = WIRE;

/** The flags (RFC 9293, 3.1; RFC 3168; the accurate ECN bit: RFC 9768), as {@link flags} has them: 12 bits with the reserved ones. */
export const Flag = {
  Fin: 0x001,
  Syn: 0x002,
  Rst: 0x004,
  Psh: 0x008,
  Ack: 0x010,
  Urg: 0x020,
  Ece: 0x040,
  Cwr: 0x080,
  Ae: 0x100,
} as const;

/**
 * Checks that a header lies at `off`.
 * @param end the end of the IP payload, or of the captured bytes, whichever is first.
 * @returns Truncated; Length if the data offset is below 5; or None: then every accessor below is in bounds.
 */
export function check(buf: Uint8Array, off: number, end: number): Fault {
  if (end - off < WIRE.MIN_HEADER_LENGTH) return Fault.Truncated;
  const bytes = headerLength(buf, off);
  if (bytes < WIRE.MIN_HEADER_LENGTH) return Fault.Length;
  return end - off < bytes ? Fault.Truncated : Fault.None;
}

export function srcPort(buf: Uint8Array, off: number): number {
  return getU16(buf, off);
}

export function dstPort(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.DST_PORT);
}

/** Sequence number of the first byte of data, or of SYN, 0 to 2^32 - 1. */
export function sequence(buf: Uint8Array, off: number): number {
  return getU32(buf, off + WIRE.SEQUENCE);
}

/** The next sequence number that the sender expects; means something with {@link Flag.Ack} only. */
export function acknowledgement(buf: Uint8Array, off: number): number {
  return getU32(buf, off + WIRE.ACKNOWLEDGEMENT);
}

/** Bytes of the header, options included: 0 to 60. */
export function headerLength(buf: Uint8Array, off: number): number {
  return (buf[off + WIRE.DATA_OFFSET]! >> 4) << 2;
}

/** The flags and the three reserved bits above them, 12 bits, see {@link Flag}. */
export function flags(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.DATA_OFFSET) & 0xfff;
}

/** True if all of `bits` are set. */
export function hasFlags(buf: Uint8Array, off: number, bits: number): boolean {
  return (getU16(buf, off + WIRE.DATA_OFFSET) & bits) === bits;
}

/** Window as it stands there, not scaled (RFC 7323). */
export function window(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.WINDOW);
}

/** The checksum as it stands there. */
export function checksum(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.CHECKSUM);
}

/** Means something with {@link Flag.Urg} only. */
export function urgentPointer(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.URGENT_POINTER);
}

/** Where the data begins. */
export function payloadOffset(buf: Uint8Array, off: number): number {
  return off + headerLength(buf, off);
}

/** How far the sequence numbers go on: the bytes of data up to `end`, and one for each of SYN and FIN. */
export function sequenceLength(buf: Uint8Array, off: number, end: number): number {
  const bits = flags(buf, off);
  return end - payloadOffset(buf, off) + ((bits & Flag.Syn) >> 1) + (bits & Flag.Fin);
}

export function setSequence(buf: Uint8Array, off: number, value: number): void {
  setU32(buf, off + WIRE.SEQUENCE, value);
}

export function setAcknowledgement(buf: Uint8Array, off: number, value: number): void {
  setU32(buf, off + WIRE.ACKNOWLEDGEMENT, value);
}

/** The sum of the pseudo header and the segment up to `end`. Addresses as 32 bits. */
function sum(buf: Uint8Array, off: number, end: number, src: number, dst: number): number {
  const pseudo = (src >>> 16) + (src & 0xffff) + (dst >>> 16) + (dst & 0xffff) + Protocol.Tcp + (end - off);
  return inet.fold(inet.add(buf, off, end, pseudo));
}

/** True if the checksum over the segment up to `end` is right. `src` and `dst` are the IPv4 header's addresses. */
export function checksumOk(buf: Uint8Array, off: number, end: number, src: number, dst: number): boolean {
  return sum(buf, off, end, src, dst) === 0xffff;
}

/** Computes the checksum over the segment up to `end`, and writes it. */
export function updateChecksum(buf: Uint8Array, off: number, end: number, src: number, dst: number): void {
  setU16(buf, off + WIRE.CHECKSUM, 0);
  setU16(buf, off + WIRE.CHECKSUM, ~sum(buf, off, end, src, dst) & 0xffff);
}

/** The names of the flags that are set, in the order of the header from the right: `SYN`, `ACK`. */
export function flagNames(bits: number): string[] {
  return Object.entries(Flag)
    .filter(([, bit]) => (bits & bit) !== 0)
    .map(([name]) => name.toUpperCase());
}

/** The declared header: field table, and the checked slow path below. */
export const layout = header("tcp", {
  srcPort: "u16",
  dstPort: "u16",
  sequence: "u32",
  acknowledgement: "u32",
  offsetFlags: "u16",
  window: "u16",
  checksum: "u16",
  urgentPointer: "u16",
});

/** A segment as a plain object; `options` as tcp-options.ts parses and builds them, a multiple of 4 bytes. */
export interface TcpSegment {
  srcPort: number;
  dstPort: number;
  sequence: number;
  acknowledgement: number;
  /** 12 bits, see {@link Flag}. */
  flags: number;
  window: number;
  urgentPointer: number;
  options: Uint8Array;
  payload: Uint8Array;
}

/** Takes a segment up to `end` apart, or says with a fault why it cannot be: for tools and tests. */
export function parse(buf: Uint8Array, off = 0, end = buf.length): TcpSegment | Fault {
  const fault = check(buf, off, end);
  if (fault !== Fault.None) return fault;
  const { offsetFlags, checksum: _checksum, ...fields } = layout.decode(buf, off);
  const data = payloadOffset(buf, off);
  const options = copyOf(buf, off + WIRE.OPTIONS, data);
  return { ...fields, flags: offsetFlags & 0xfff, options, payload: copyOf(buf, data, end) };
}

/**
 * The bytes of a segment with its checksum, between two IPv4 addresses.
 * @throws {RangeError} on a value that does not fit its field.
 */
export function build(segment: TcpSegment, src: number, dst: number): Uint8Array {
  const { options, payload, flags: bits } = segment;
  requireBits("tcp.flags", bits, 0xfff);
  const bytes = WIRE.MIN_HEADER_LENGTH + options.length;
  if (bytes > WIRE.MAX_HEADER_LENGTH || options.length % 4 !== 0)
    throw new RangeError(`tcp.options takes a multiple of 4 up to 40 bytes, not ${options.length}`);
  const buf = new Uint8Array(bytes + payload.length);
  layout.encode({ ...segment, offsetFlags: (bytes << 10) | bits, checksum: 0 }, buf);
  buf.set(options, WIRE.OPTIONS);
  buf.set(payload, bytes);
  updateChecksum(buf, 0, buf.length, src, dst);
  return buf;
}
