/** ICMP in place: offsets, checks, accessors and setters. The diagram is in icmp.ts. */
import { getI32, getU16, getU32, setU16, setU32 } from "./bytes.ts";
import * as inet from "./checksum.ts";
import { Fault } from "./fault.ts";
import { isError, Type } from "./icmp-types.ts";
import * as ipv4 from "./ipv4.ts";

/** Lengths and offsets in bytes; read from here and not from the exports, so that V8 folds them (see arp.ts). */
const WIRE = {
  /** Bytes that every message has at least. */
  HEADER_LENGTH: 8,
  /** Bytes of a timestamp message. */
  TIMESTAMP_LENGTH: 20,
  /** Bytes of an address mask message. */
  ADDRESS_MASK_LENGTH: 12,
  TYPE: 0,
  CODE: 1,
  CHECKSUM: 2,
  /** Identifier of echo, timestamp and address mask; what else the second word is depends on the type. */
  ID: 4,
  SEQUENCE: 6,
  POINTER: 4,
  GATEWAY: 4,
  /** Length of the quoted datagram in 32-bit words, if extensions follow it (RFC 4884). */
  QUOTED_LENGTH: 5,
  NEXT_HOP_MTU: 6,
  /** Data of an echo; the quoted datagram of an error. */
  DATA: 8,
  ORIGINATE_TIMESTAMP: 8,
  RECEIVE_TIMESTAMP: 12,
  TRANSMIT_TIMESTAMP: 16,
  ADDRESS_MASK: 8,
  ADDRESS_COUNT: 4,
  ADDRESS_ENTRY_SIZE: 5,
  LIFETIME: 6,
} as const;
export const {
  HEADER_LENGTH,
  TIMESTAMP_LENGTH,
  ADDRESS_MASK_LENGTH,
  TYPE,
  CODE,
  CHECKSUM,
  ID,
  SEQUENCE,
  POINTER,
  GATEWAY,
  QUOTED_LENGTH,
  NEXT_HOP_MTU,
  DATA,
  ORIGINATE_TIMESTAMP,
  RECEIVE_TIMESTAMP,
  TRANSMIT_TIMESTAMP,
  ADDRESS_MASK,
  ADDRESS_COUNT,
  ADDRESS_ENTRY_SIZE,
  LIFETIME,
} = WIRE;

/**
 * Checks that a message lies at `off`, as long as its type needs; an unknown type needs 8 bytes. The checksum is not
 * verified, see {@link checksumOk}.
 * @param end the end of the IPv4 payload (`ipv4.payloadEnd`).
 * @returns Truncated; Length for a router advertisement whose entries are shorter than two words; or None: then every
 * accessor below that fits the type is in bounds.
 */
export function check(buf: Uint8Array, off: number, end: number): Fault {
  if (end - off < WIRE.HEADER_LENGTH) return Fault.Truncated;
  return buf[off]! <= Type.EchoRequest ? Fault.None : checkLonger(buf, off, end);
}

/** The types above echo request, apart: V8 inlines so many bytes of code into a caller, and echoes should get them. */
function checkLonger(buf: Uint8Array, off: number, end: number): Fault {
  const length = end - off;
  switch (buf[off]) {
    case Type.TimestampRequest:
    case Type.TimestampReply:
      return length < WIRE.TIMESTAMP_LENGTH ? Fault.Truncated : Fault.None;
    case Type.AddressMaskRequest:
    case Type.AddressMaskReply:
      return length < WIRE.ADDRESS_MASK_LENGTH ? Fault.Truncated : Fault.None;
    case Type.RouterAdvertisement: {
      const count = buf[off + WIRE.ADDRESS_COUNT]!;
      const entry = buf[off + WIRE.ADDRESS_ENTRY_SIZE]!;
      if (count > 0 && entry < 2) return Fault.Length;
      return length < WIRE.DATA + count * entry * 4 ? Fault.Truncated : Fault.None;
    }
    default:
      return Fault.None;
  }
}

/** True if the checksum over the whole message is right. A fragment's, or a cut capture's, cannot be. */
export function checksumOk(buf: Uint8Array, off: number, end: number): boolean {
  return inet.checksum(buf, off, end) === 0;
}

/** What the message is, see {@link Type}. */
export function type(buf: Uint8Array, off: number): number {
  return buf[off]!;
}

/** What kind of its type. */
export function code(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.CODE]!;
}

/** The checksum as it stands there. */
export function checksum(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.CHECKSUM);
}

/** Identifier of echo, timestamp and address mask messages: which program asked. */
export function identifier(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.ID);
}

/** Sequence number of the same: which of its questions. */
export function sequence(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.SEQUENCE);
}

/** The next hop's MTU in bytes, in "fragmentation needed" (RFC 1191); 0 from routers older than that. */
export function nextHopMtu(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.NEXT_HOP_MTU);
}

/** The better gateway that a redirect names, a signed 32-bit integer. */
export function gateway(buf: Uint8Array, off: number): number {
  return getI32(buf, off + WIRE.GATEWAY);
}

/** The byte of the quoted header that a parameter problem complains of, counted from 0. */
export function pointer(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.POINTER]!;
}

/** When the asker last touched a timestamp request: ms since midnight UT; a set highest bit says that it is not. */
export function originateTimestamp(buf: Uint8Array, off: number): number {
  return getU32(buf, off + WIRE.ORIGINATE_TIMESTAMP);
}

/** When the answerer first touched it. */
export function receiveTimestamp(buf: Uint8Array, off: number): number {
  return getU32(buf, off + WIRE.RECEIVE_TIMESTAMP);
}

/** When the answerer sent its reply. */
export function transmitTimestamp(buf: Uint8Array, off: number): number {
  return getU32(buf, off + WIRE.TRANSMIT_TIMESTAMP);
}

/** The mask of an address mask message (RFC 950), a signed 32-bit integer. */
export function addressMask(buf: Uint8Array, off: number): number {
  return getI32(buf, off + WIRE.ADDRESS_MASK);
}

/** Number of routers in a router advertisement (RFC 1256). */
export function addressCount(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.ADDRESS_COUNT]!;
}

/** Seconds for which a router advertisement holds. */
export function lifetime(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.LIFETIME);
}

/** Address of router `i` of an advertisement, 0 to `addressCount` - 1, a signed 32-bit integer. */
export function routerAddress(buf: Uint8Array, off: number, i: number): number {
  return getI32(buf, off + WIRE.DATA + i * buf[off + WIRE.ADDRESS_ENTRY_SIZE]! * 4);
}

/** Preference of router `i`, a signed 32-bit integer: the higher the better; the lowest means never by default. */
export function routerPreference(buf: Uint8Array, off: number, i: number): number {
  return getI32(buf, off + WIRE.DATA + 4 + i * buf[off + WIRE.ADDRESS_ENTRY_SIZE]! * 4);
}

/** First byte of the datagram that an error quotes. */
export function quotedOffset(off: number): number {
  return off + WIRE.DATA;
}

/**
 * The byte after the quoted datagram: `end`, or where the extensions of RFC 4884 begin if the message declares them
 * (unreachable, time exceeded and parameter problem; the quoted part is then at least 128 bytes).
 */
export function quotedEnd(buf: Uint8Array, off: number, end: number): number {
  const kind = buf[off];
  if (kind === Type.SourceQuench || kind === Type.Redirect) return end;
  const declared = buf[off + WIRE.QUOTED_LENGTH]! * 4;
  return declared >= 128 && off + WIRE.DATA + declared <= end ? off + WIRE.DATA + declared : end;
}

/**
 * Checks what an error quotes: an IPv4 header and at least 8 bytes of its payload (RFC 792), so that ports or an echo's
 * identifier can be read at `ipv4.payloadOffset(buf, quotedOffset(off))`. The quoted total length is not held against
 * the bytes, which are only its beginning.
 * @returns None, or what is wrong; Truncated also if this message is no error.
 */
export function checkQuoted(buf: Uint8Array, off: number, end: number): Fault {
  if (end - off < WIRE.HEADER_LENGTH || !isError(buf[off]!)) return Fault.Truncated;
  const at = off + WIRE.DATA;
  const stop = quotedEnd(buf, off, end);
  const fault = ipv4.checkHeader(buf, at, stop);
  if (fault !== Fault.None) return fault;
  return stop - ipv4.payloadOffset(buf, at) < 8 ? Fault.Truncated : Fault.None;
}

export function setType(buf: Uint8Array, off: number, value: number): void {
  buf[off] = value;
}

export function setCode(buf: Uint8Array, off: number, value: number): void {
  buf[off + WIRE.CODE] = value;
}

export function setChecksum(buf: Uint8Array, off: number, value: number): void {
  setU16(buf, off + WIRE.CHECKSUM, value);
}

export function setIdentifier(buf: Uint8Array, off: number, value: number): void {
  setU16(buf, off + WIRE.ID, value);
}

export function setSequence(buf: Uint8Array, off: number, value: number): void {
  setU16(buf, off + WIRE.SEQUENCE, value);
}

/** Writes the whole second word: 0 where nothing is defined for it, or a redirect's gateway. */
export function setSecondWord(buf: Uint8Array, off: number, value: number): void {
  setU32(buf, off + WIRE.ID, value);
}

export function setNextHopMtu(buf: Uint8Array, off: number, bytes: number): void {
  setU16(buf, off + WIRE.NEXT_HOP_MTU, bytes);
}

export function setGateway(buf: Uint8Array, off: number, ip: number): void {
  setU32(buf, off + WIRE.GATEWAY, ip);
}

export function setPointer(buf: Uint8Array, off: number, value: number): void {
  buf[off + WIRE.POINTER] = value;
}

export function setOriginateTimestamp(buf: Uint8Array, off: number, ms: number): void {
  setU32(buf, off + WIRE.ORIGINATE_TIMESTAMP, ms);
}

export function setReceiveTimestamp(buf: Uint8Array, off: number, ms: number): void {
  setU32(buf, off + WIRE.RECEIVE_TIMESTAMP, ms);
}

export function setTransmitTimestamp(buf: Uint8Array, off: number, ms: number): void {
  setU32(buf, off + WIRE.TRANSMIT_TIMESTAMP, ms);
}

export function setAddressMask(buf: Uint8Array, off: number, mask: number): void {
  setU32(buf, off + WIRE.ADDRESS_MASK, mask);
}

/** Computes the checksum over the message from `off` to `end` and writes it. */
export function updateChecksum(buf: Uint8Array, off: number, end: number): void {
  setU16(buf, off + WIRE.CHECKSUM, 0);
  setU16(buf, off + WIRE.CHECKSUM, inet.checksum(buf, off, end));
}

/**
 * Turns the echo request at `off` into its reply, in place: type 0, code 0, data untouched. The checksum is brought up
 * to date from the one word that changes (RFC 1624), so that the cost does not depend on the length, and a checksum that
 * was wrong stays wrong.
 */
export function replyInPlace(buf: Uint8Array, off: number, end: number): void {
  const before = getU16(buf, off);
  setU16(buf, off, Type.EchoReply << 8);
  const updated = inet.update(getU16(buf, off + WIRE.CHECKSUM), before, 0);
  setU16(buf, off + WIRE.CHECKSUM, updated);
  // Of a message that is all zeros the checksum is 0xffff, and the update cannot tell (RFC 1624, 3): look.
  if (updated === 0 && inet.add(buf, off, end, 0) === 0) setU16(buf, off + WIRE.CHECKSUM, 0xffff);
}
