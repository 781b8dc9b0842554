/**
 * Authentication Header (RFC 4302): proves who sent a packet and that nobody changed it; what it protects follows it in
 * the clear.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +---------------+---------------+-------------------------------+
 *     |  next header  |  payload len  |           reserved            |  length: of the header in 4 bytes, less 2
 *     +---------------+---------------+-------------------------------+
 *     |                security parameters index (SPI)                |
 *     |                     sequence number field                     |
 *     |             integrity check value (ICV), variable             |
 *     +---------------------------------------------------------------+
 */
import { copyOf, getU32 } from "./bytes.ts";
import { Fault } from "./fault.ts";
import { header, requireBits } from "./layout.ts";

/** Lengths and offsets in bytes; read from here and not from the exports, so that V8 folds them (see arp.ts). */
const WIRE = {
  /** Bytes before the integrity check value. */
  FIXED_LENGTH: 12,
  NEXT_HEADER: 0,
  LENGTH: 1,
  RESERVED: 2,
  SPI: 4,
  SEQUENCE: 8,
  ICV: 12,
} as const;
export const { FIXED_LENGTH, NEXT_HEADER, LENGTH, RESERVED, SPI, SEQUENCE, ICV } = WIRE;

/**
 * Checks that a whole header lies at `off`.
 * @returns Truncated; Length if its length is below that of the fixed fields; or None: then every accessor is in bounds.
 */
export function check(buf: Uint8Array, off: number, end: number): Fault {
  if (end - off < WIRE.FIXED_LENGTH) return Fault.Truncated;
  const bytes = headerLength(buf, off);
  if (bytes < WIRE.FIXED_LENGTH) return Fault.Length;
  return bytes > end - off ? Fault.Truncated : Fault.None;
}

/** Bytes of the header, 12 to 1028. */
export function headerLength(buf: Uint8Array, off: number): number {
  return (buf[off + WIRE.LENGTH]! + 2) << 2;
}

/** What follows the header: a protocol number. */
export function nextHeader(buf: Uint8Array, off: number): number {
  return buf[off]!;
}

/** Which security association this packet belongs to. */
export function spi(buf: Uint8Array, off: number): number {
  return getU32(buf, off + WIRE.SPI);
}

/** The packet's number within its association, which must not come twice. */
export function sequence(buf: Uint8Array, off: number): number {
  return getU32(buf, off + WIRE.SEQUENCE);
}

/** The declared header without the integrity check value. */
export const layout = header("ah", { nextHeader: "u8", length: "u8", reserved: "u16", spi: "u32", sequence: "u32" });

/** A header as a plain object. */
export interface AuthenticationHeader {
  nextHeader: number;
  spi: number;
  sequence: number;
  /** A multiple of 4 bytes, its padding included. */
  icv: Uint8Array;
}

/** Takes a header apart, or says with a fault why it cannot be: for tools and tests. */
export function parse(buf: Uint8Array, off = 0, end = buf.length): AuthenticationHeader | Fault {
  const fault = check(buf, off, end);
  if (fault !== Fault.None) return fault;
  const { nextHeader, spi, sequence } = layout.decode(buf, off);
  return { nextHeader, spi, sequence, icv: copyOf(buf, off + WIRE.ICV, off + headerLength(buf, off)) };
}

/**
 * The bytes of a header.
 * @throws {RangeError} on a value that does not fit its field.
 */
export function build({ nextHeader, spi, sequence, icv }: AuthenticationHeader): Uint8Array {
  if (icv.length % 4 !== 0) throw new RangeError("ah.icv takes a multiple of 4 bytes");
  const length = (WIRE.FIXED_LENGTH + icv.length) / 4 - 2;
  requireBits("ah.length", length, 0xff);
  const buf = new Uint8Array(WIRE.FIXED_LENGTH + icv.length);
  layout.encode({ nextHeader, length, reserved: 0, spi, sequence }, buf);
  buf.set(icv, WIRE.ICV);
  return buf;
}
