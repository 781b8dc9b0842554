/**
 * User Datagram Protocol (RFC 768).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------------------------------+-------------------------------+
 *     |          source port          |        destination port       |
 *     +-------------------------------+-------------------------------+
 *     |       length, header too      |   checksum (0: none)          |
 *     +-------------------------------+-------------------------------+
 */
import { copyOf, getU16, setU16 } from "./bytes.ts";
import * as inet from "./checksum.ts";
import { Fault } from "./fault.ts";
import { Protocol } from "./ipv4.ts";
import { header } from "./layout.ts";

/** Lengths and offsets in bytes; read from here and not from the exports, so that V8 folds them (see arp.ts). */
const WIRE = {
  /** Bytes of the header. */
  HEADER_LENGTH: 8,
  SRC_PORT: 0,
  DST_PORT: 2,
  LENGTH: 4,
  CHECKSUM: 6,
} as const;
export const { HEADER_LENGTH, SRC_PORT, DST_PORT, LENGTH, CHECKSUM } = WIRE;

/**
 * Checks that a whole datagram lies at `off`.
 * @param end the end of the IPv4 payload; bytes after the UDP length are no fault.
 * @returns Truncated; Length if the length field is below 8; or None: then every accessor below is in bounds.
 */
export function check(buf: Uint8Array, off: number, end: number): Fault {
  if (end - off < WIRE.HEADER_LENGTH) return Fault.Truncated;
  const bytes = getU16(buf, off + WIRE.LENGTH);
  if (bytes < WIRE.HEADER_LENGTH) return Fault.Length;
  return end - off < bytes ? Fault.Truncated : Fault.None;
}

export function srcPort(buf: Uint8Array, off: number): number {
  return getU16(buf, off);
}

export function dstPort(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.DST_PORT);
}

/** Length of header and data in bytes. */
export function length(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.LENGTH);
}

/** The checksum as it stands there; 0 if the sender computed none. */
export function checksum(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.CHECKSUM);
}

export function setSrcPort(buf: Uint8Array, off: number, port: number): void {
  setU16(buf, off, port);
}

export function setDstPort(buf: Uint8Array, off: number, port: number): void {
  setU16(buf, off + WIRE.DST_PORT, port);
}

export function setLength(buf: Uint8Array, off: number, bytes: number): void {
  setU16(buf, off + WIRE.LENGTH, bytes);
}

/** The sum of the pseudo header and the datagram, for a datagram that passed `check`. Addresses as 32 bits. */
function sum(buf: Uint8Array, off: number, src: number, dst: number): number {
  const bytes = length(buf, off);
  const pseudo = (src >>> 16) + (src & 0xffff) + (dst >>> 16) + (dst & 0xffff) + Protocol.Udp + bytes;
  return inet.fold(inet.add(buf, off, off + bytes, pseudo));
}

/** True if the checksum is right, or absent. `src` and `dst` are the IPv4 header's addresses. */
export function checksumOk(buf: Uint8Array, off: number, src: number, dst: number): boolean {
  return checksum(buf, off) === 0 || sum(buf, off, src, dst) === 0xffff;
}

/** Computes the checksum and writes it; one that comes out as 0 is written as 0xffff, since 0 means none. */
export function updateChecksum(buf: Uint8Array, off: number, src: number, dst: number): void {
  setU16(buf, off + WIRE.CHECKSUM, 0);
  const value = ~sum(buf, off, src, dst) & 0xffff;
  setU16(buf, off + WIRE.CHECKSUM, value === 0 ? 0xffff : value);
}

/** The declared header: field table, and the checked slow path below. */
export const layout = header("udp", { srcPort: "u16", dstPort: "u16", length: "u16", checksum: "u16" });

/** A datagram as a plain object. */
export interface UdpDatagram {
  srcPort: number;
  dstPort: number;
  payload: Uint8Array;
}

/** Takes a datagram apart, or says with a fault why it cannot be: for tools and tests. The checksum is not verified. */
export function parse(buf: Uint8Array, off = 0, end = buf.length): UdpDatagram | Fault {
  const fault = check(buf, off, end);
  if (fault !== Fault.None) return fault;
  const { srcPort, dstPort, length } = layout.decode(buf, off);
  return { srcPort, dstPort, payload: copyOf(buf, off + WIRE.HEADER_LENGTH, off + length) };
}

/**
 * The bytes of a datagram with its checksum, between two IPv4 addresses.
 * @throws {RangeError} on a value that does not fit its field.
 */
export function build({ srcPort, dstPort, payload }: UdpDatagram, src: number, dst: number): Uint8Array {
  const buf = new Uint8Array(WIRE.HEADER_LENGTH + payload.length);
  layout.encode({ srcPort, dstPort, length: buf.length, checksum: 0 }, buf);
  buf.set(payload, WIRE.HEADER_LENGTH);
  updateChecksum(buf, 0, src, dst);
  return buf;
}
