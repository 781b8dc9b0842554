/**
 * Encapsulating Security Payload (RFC 4303): an encrypted payload. Without its key, two fields can be read.
 *
 *     +---------------------------------------------------------------+
 *     |                security parameters index (SPI)                |
 *     |                        sequence number                        |
 *     +---------------------------------------------------------------+
 *     |     payload, padding, pad length, next header (encrypted),    |
 *     |                  integrity check value (ICV)                  |
 *     +---------------------------------------------------------------+
 */
import { copyOf, getU32 } from "./bytes.ts";
import { Fault } from "./fault.ts";
import { header } from "./layout.ts";

/** Lengths and offsets in bytes; read from here and not from the exports, so that V8 folds them (see arp.ts). */
const WIRE = { HEADER_LENGTH: 8, SPI: 0, SEQUENCE: 4, DATA: 8 } as const;
export const { HEADER_LENGTH, SPI, SEQUENCE, DATA } = WIRE;

/** Checks that a header lies at `off`. @returns Truncated, or None: then both accessors are in bounds. */
export function check(_buf: Uint8Array, off: number, end: number): Fault {
  return end - off < WIRE.HEADER_LENGTH ? Fault.Truncated : Fault.None;
}

/** Which security association this packet belongs to. */
export function spi(buf: Uint8Array, off: number): number {
  return getU32(buf, off);
}

/** The packet's number within its association, which must not come twice. */
export function sequence(buf: Uint8Array, off: number): number {
  return getU32(buf, off + WIRE.SEQUENCE);
}

/** The declared header. */
export const layout = header("esp", { spi: "u32", sequence: "u32" });

/** A payload as a plain object. */
export interface EncapsulatedPayload {
  spi: number;
  sequence: number;
  /** What is encrypted, and the integrity check value. */
  data: Uint8Array;
}

/** Takes a payload apart, or says with a fault why it cannot be: for tools and tests. */
export function parse(buf: Uint8Array, off = 0, end = buf.length): EncapsulatedPayload | Fault {
  const fault = check(buf, off, end);
  if (fault !== Fault.None) return fault;
  return { ...layout.decode(buf, off), data: copyOf(buf, off + WIRE.DATA, end) };
}

/**
 * The bytes of a payload.
 * @throws {RangeError} on a value that does not fit its field.
 */
export function build({ spi, sequence, data }: EncapsulatedPayload): Uint8Array {
  const buf = new Uint8Array(WIRE.HEADER_LENGTH + data.length);
  layout.encode({ spi, sequence }, buf);
  buf.set(data, WIRE.DATA);
  return buf;
}
