/**
 * Internet Control Message Protocol for IPv6 (RFC 4443): errors about packets, echo, and the carrier of neighbor
 * discovery (ndp.ts) and multicast listener discovery (mld.ts).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +---------------+---------------+-------------------------------+
 *     |      type     |      code     |            checksum           |
 *     +---------------+---------------+-------------------------------+
 *     |          identifier           |        sequence number        |  echo
 *     |                              MTU                              |  packet too big
 *     |                            pointer                            |  parameter problem
 *     +---------------------------------------------------------------+
 *     |  data to return (echo), or as much of the packet that caused the error as fits into 1280 bytes
 *
 * Unlike ICMP's, the checksum covers a pseudo header as well, so that it needs the addresses.
 */
import { copyOf, getU16, getU32, setU16, setU32 } from "./bytes.ts";
import * as inet from "./checksum.ts";
import { Fault } from "./fault.ts";
import { isError, Type } from "./icmpv6-types.ts";
import * as ipv6 from "./ipv6.ts";
import { header } from "./layout.ts";

export * from "./icmpv6-types.ts";

/** Lengths and offsets in bytes; read from here and not from the exports, so that V8 folds them (see arp.ts). */
const WIRE = {
  /** Bytes that every message of RFC 4443 has at least. */
  HEADER_LENGTH: 8,
  TYPE: 0,
  CODE: 1,
  CHECKSUM: 2,
  /** The second word, which each type uses in its own way. */
  WORD: 4,
  ID: 4,
  SEQUENCE: 6,
  MTU: 4,
  POINTER: 4,
  /** Data of an echo; the quoted packet of an error. */
  DATA: 8,
} as const;
export const { HEADER_LENGTH, TYPE, CODE, CHECKSUM, WORD, ID, SEQUENCE, MTU, POINTER, DATA } = WIRE;

/**
 * Checks that a message lies at `off`.
 * @param end the end of the IPv6 payload.
 * @returns Truncated, or None: then the accessors below are in bounds. The checksum is not verified, see
 * {@link checksumOk}; neighbor and multicast listener discovery have checks of their own.
 */
export function check(_buf: Uint8Array, off: number, end: number): Fault {
  return end - off < WIRE.HEADER_LENGTH ? Fault.Truncated : Fault.None;
}

/** The sum of pseudo header and message, folded: 0xffff if the checksum is right. */
function sum(buf: Uint8Array, off: number, end: number, ip: number, dst: number): number {
  const pseudo = ipv6.pseudoHeaderSum(buf, ip, dst, ipv6.NextHeader.Icmpv6, end - off);
  return inet.fold(inet.add(buf, off, end, pseudo));
}

/**
 * True if the checksum is right.
 * @param end the end of the whole message. @param ip the IPv6 header before it in the same buffer.
 * @param dst its final destination's 16 bytes, if a routing header names another than the IPv6 header.
 */
export function checksumOk(buf: Uint8Array, off: number, end: number, ip: number, dst = ip + ipv6.DST): boolean {
  return sum(buf, off, end, ip, dst) === 0xffff;
}

/** Computes the checksum and writes it; parameters as for {@link checksumOk}. */
export function updateChecksum(buf: Uint8Array, off: number, end: number, ip: number, dst = ip + ipv6.DST): void {
  setU16(buf, off + WIRE.CHECKSUM, 0);
  setU16(buf, off + WIRE.CHECKSUM, ~sum(buf, off, end, ip, dst));
}

/** As {@link updateChecksum}, for a message alone in its buffer that will go from `src` to `dst`, 16 bytes each. */
export function seal(message: Uint8Array, src: Uint8Array, dst: Uint8Array): Uint8Array {
  const fixed = inet.add(src, 0, 16, ipv6.NextHeader.Icmpv6 + (message.length >>> 16) + (message.length & 0xffff));
  setU16(message, WIRE.CHECKSUM, 0);
  const pseudo = inet.add(dst, 0, 16, fixed);
  setU16(message, WIRE.CHECKSUM, ~inet.fold(inet.add(message, 0, message.length, pseudo)));
  return message;
}

/** What the message is, see `Type`. */
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

/** Identifier of an echo: which program asked. */
export function identifier(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.ID);
}

/** Sequence number of an echo: which of its questions. */
export function sequence(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.SEQUENCE);
}

/** MTU of the next hop in bytes, in packet too big. */
export function mtu(buf: Uint8Array, off: number): number {
  return getU32(buf, off + WIRE.MTU);
}

/** The byte of the quoted packet that a parameter problem complains of, counted from 0. */
export function pointer(buf: Uint8Array, off: number): number {
  return getU32(buf, off + WIRE.POINTER);
}

/** First byte of the packet that an error quotes. */
export function quotedOffset(off: number): number {
  return off + WIRE.DATA;
}

/** Checks that the message is an error and quotes at least an IPv6 header. @returns None, or what is wrong. */
export function checkQuoted(buf: Uint8Array, off: number, end: number): Fault {
  if (end - off < WIRE.HEADER_LENGTH || !isError(buf[off]!)) return Fault.Truncated;
  return ipv6.checkHeader(buf, off + WIRE.DATA, end);
}

export function setType(buf: Uint8Array, off: number, value: number): void {
  buf[off] = value;
}

export function setCode(buf: Uint8Array, off: number, value: number): void {
  buf[off + WIRE.CODE] = value;
}

export function setIdentifier(buf: Uint8Array, off: number, value: number): void {
  setU16(buf, off + WIRE.ID, value);
}

export function setSequence(buf: Uint8Array, off: number, value: number): void {
  setU16(buf, off + WIRE.SEQUENCE, value);
}

/** Writes the whole second word: an MTU, a pointer, or 0 where nothing is defined for it. */
export function setWord(buf: Uint8Array, off: number, value: number): void {
  setU32(buf, off + WIRE.WORD, value);
}

/** The declared header of all messages. */
export const layout = header("icmpv6", { type: "u8", code: "u8", checksum: "u16", word: "u32" });
/** The declared header of an echo. */
export const echoLayout = header("icmpv6-echo", {
  type: "u8",
  code: "u8",
  checksum: "u16",
  identifier: "u16",
  sequence: "u16",
});

/** A message as a plain object, by `kind`. Neighbor discovery's are in ndp.ts, listeners' in mld.ts. */
export type Icmpv6Message =
  | { kind: "echo-request" | "echo-reply"; code: number; identifier: number; sequence: number; data: Uint8Array }
  | { kind: "unreachable" | "time-exceeded"; code: number; quoted: Uint8Array }
  | { kind: "packet-too-big"; code: number; mtu: number; quoted: Uint8Array }
  | { kind: "parameter-problem"; code: number; pointer: number; quoted: Uint8Array }
  | { kind: "other"; type: number; code: number; word: number; data: Uint8Array };

/** Takes a message apart, or says with a fault why it cannot be: for tools and tests. The checksum is not verified. */
export function parse(buf: Uint8Array, off = 0, end = buf.length): Icmpv6Message | Fault {
  const fault = check(buf, off, end);
  if (fault !== Fault.None) return fault;
  const { type, code, word } = layout.decode(buf, off);
  const rest = copyOf(buf, off + WIRE.DATA, end);
  switch (type) {
    case Type.EchoRequest:
    case Type.EchoReply: {
      const { identifier, sequence } = echoLayout.decode(buf, off);
      const kind = type === Type.EchoRequest ? "echo-request" : "echo-reply";
      return { kind, code, identifier, sequence, data: rest };
    }
    case Type.DestinationUnreachable:
      return { kind: "unreachable", code, quoted: rest };
    case Type.PacketTooBig:
      return { kind: "packet-too-big", code, mtu: word, quoted: rest };
    case Type.TimeExceeded:
      return { kind: "time-exceeded", code, quoted: rest };
    case Type.ParameterProblem:
      return { kind: "parameter-problem", code, pointer: word, quoted: rest };
    default:
      return { kind: "other", type, code, word, data: rest };
  }
}

/**
 * The bytes of a message between two addresses of 16 bytes each, with its checksum.
 * @throws {RangeError} on a value that does not fit its field.
 */
export function build(message: Icmpv6Message, src: Uint8Array, dst: Uint8Array): Uint8Array {
  return seal(write(message), src, dst);
}

function write(message: Icmpv6Message): Uint8Array {
  switch (message.kind) {
    case "echo-request":
    case "echo-reply": {
      const { kind, code, identifier, sequence, data } = message;
      const buf = new Uint8Array(WIRE.HEADER_LENGTH + data.length);
      const type = kind === "echo-request" ? Type.EchoRequest : Type.EchoReply;
      echoLayout.encode({ type, code, checksum: 0, identifier, sequence }, buf);
      buf.set(data, WIRE.DATA);
      return buf;
    }
    case "unreachable":
      return assemble(Type.DestinationUnreachable, message.code, 0, message.quoted);
    case "packet-too-big":
      return assemble(Type.PacketTooBig, message.code, message.mtu, message.quoted);
    case "time-exceeded":
      return assemble(Type.TimeExceeded, message.code, 0, message.quoted);
    case "parameter-problem":
      return assemble(Type.ParameterProblem, message.code, message.pointer, message.quoted);
    case "other":
      return assemble(message.type, message.code, message.word, message.data);
  }
}

function assemble(type: number, code: number, word: number, rest: Uint8Array): Uint8Array {
  const buf = new Uint8Array(WIRE.HEADER_LENGTH + rest.length);
  layout.encode({ type, code, checksum: 0, word }, buf);
  buf.set(rest, WIRE.DATA);
  return buf;
}
