/**
 * Domain Name System, the message's header (RFC 1035, 4.1.1; AD and CD: RFC 4035). Multicast DNS (RFC 6762) has the same
 * one. Over TCP two bytes with the message's length stand before it (RFC 1035, 4.2.2).
 *
 *      0  1  2  3  4  5  6  7  8  9  0  1  2  3  4  5
 *     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *     |                      ID                       |
 *     |QR|   OPCODE  |AA|TC|RD|RA| Z|AD|CD|   RCODE   |
 *     |                    QDCOUNT                    |  questions
 *     |                    ANCOUNT                    |  answers
 *     |                    NSCOUNT                    |  authorities
 *     |                    ARCOUNT                    |  additional records
 *     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 */
import { getU16 } from "./bytes.ts";
import { Fault } from "./fault.ts";
import { header } from "./layout.ts";

/** Lengths and offsets in bytes; read from here and not from the exports, so that V8 folds them (see arp.ts). */
const WIRE = {
  /** Bytes of the header. */
  HEADER_LENGTH: 12,
  ID: 0,
  FLAGS: 2,
  QDCOUNT: 4,
  ANCOUNT: 6,
  NSCOUNT: 8,
  ARCOUNT: 10,
} as const;
export const { HEADER_LENGTH, ID, FLAGS, QDCOUNT, ANCOUNT, NSCOUNT, ARCOUNT } = WIRE;

/** UDP and TCP port of name servers. */
export const PORT = 53;
/** UDP port of Multicast DNS (RFC 6762). */
export const MULTICAST_PORT = 5353;

/** Bits of the flags word. */
export const Flag = {
  /** QR: a response. */
  Response: 0x8000,
  /** AA: authoritative answer. */
  Authoritative: 0x0400,
  /** TC: cut to fit the transport. */
  Truncated: 0x0200,
  /** RD: recursion desired. */
  RecursionDesired: 0x0100,
  /** RA: recursion available. */
  RecursionAvailable: 0x0080,
  /** AD: all data is authentic (RFC 4035, 3.2.3). */
  AuthenticData: 0x0020,
  /** CD: checking disabled (RFC 4035, 3.2.2). */
  CheckingDisabled: 0x0010,
} as const;

/** Checks that a header lies at `off`. What it announces may still be missing: see `RecordCursor`. */
export function check(_buf: Uint8Array, off: number, end: number): Fault {
  return end - off < WIRE.HEADER_LENGTH ? Fault.Truncated : Fault.None;
}

/** Identifier, 0 to 65,535: the response bears its query's. */
export function id(buf: Uint8Array, off: number): number {
  return getU16(buf, off);
}

/** The whole flags word, see {@link Flag}; opcode and response code included. */
export function flags(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.FLAGS);
}

export function isResponse(buf: Uint8Array, off: number): boolean {
  return (buf[off + WIRE.FLAGS]! & 0x80) !== 0;
}

/** Kind of query, 0 to 15, see `Opcode`. */
export function opcode(buf: Uint8Array, off: number): number {
  return (buf[off + WIRE.FLAGS]! >> 3) & 15;
}

/** Response code, 0 to 15, see `ResponseCode`; EDNS adds eight bits above it (see `extendedResponseCode`). */
export function responseCode(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.FLAGS + 1]! & 15;
}

/** Entries that the question section is said to have. */
export function questionCount(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.QDCOUNT);
}

/** Records that the answer section is said to have. */
export function answerCount(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.ANCOUNT);
}

/** Records that the authority section is said to have. */
export function authorityCount(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.NSCOUNT);
}

/** Records that the additional section is said to have. */
export function additionalCount(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.ARCOUNT);
}

/** The declared header: field table, and the checked slow path of `parse` and `build`. */
export const layout = header("dns", {
  id: "u16",
  flags: "u16",
  qdcount: "u16",
  ancount: "u16",
  nscount: "u16",
  arcount: "u16",
});
