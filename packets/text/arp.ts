/** ARP, RARP and InARP (RFC 826, 903, 2390) in tcpdump's words, for any hardware and protocol type. */
import * as arp from "../arp.ts";
import { printAtmArp } from "./atm-arp.ts";
import type { Dissection } from "./dissection.ts";
import { ETHERTYPE_NAMES } from "./ethertype-names.ts";
import { dumpPayload } from "./hexdump.ts";
import { type Literal, literal } from "./writer.ts";

const PROTOCOL = literal("arp");
const ARP = literal("ARP, ");
const LEN = literal(" (len ");
const LEN_NEXT = literal("), ");
const SEPARATOR = literal(", ");
const LENGTH = literal(", length ");
const WHO_HAS = literal("who-has ");
const TELL = literal(" tell ");
const IS_AT = literal(" is-at ");
const WHO_IS = literal("who-is ");
const AT = literal(" at ");
const OPEN = literal(" (");
const EMPTY = literal("<empty>");
const WRONG_TYPE = literal("<wrong proto type>");
const WRONG_LENGTH = literal("<wrong len>");
const CLOSE = 0x29;
const SPACE = 0x20;

/** Hardware types with a name (IANA); ATM's has a format of its own. */
export const HARDWARE_NAMES: ReadonlyMap<number, Literal> = new Map([
  [1, literal("Ethernet")],
  [6, literal("TokenRing")],
  [7, literal("ArcNet")],
  [15, literal("FrameRelay")],
  [19, literal("ATM")],
  [23, literal("Strip")],
  [24, literal("IEEE 1394")],
  [32, literal("InfiniBand")],
]);
const HTYPE_FRAME_RELAY = 15;
const HTYPE_ATM = 19;
/** Trailer encapsulation (RFC 893) carries IPv4 addresses as well. */
const PTYPE_TRAILERS = 0x1000;

/** NAK exists for ATM only (RFC 2225). */
export const OPERATION_NAK = 10;
const OPERATION_NAMES: ReadonlyMap<number, Literal> = new Map([
  [arp.Operation.Request, literal("Request")],
  [arp.Operation.Reply, literal("Reply")],
  [arp.Operation.ReverseRequest, literal("Reverse Request")],
  [arp.Operation.ReverseReply, literal("Reverse Reply")],
  [arp.Operation.InverseRequest, literal("Inverse Request")],
  [arp.Operation.InverseReply, literal("Inverse Reply")],
  [OPERATION_NAK, literal("NACK Reply")],
]);

/**
 * @param off the ARP packet's first byte. @param length bytes on the wire from there. @param captured those there are.
 */
export function printArp(d: Dissection, off: number, length: number, captured: number): boolean {
  d.protocol = PROTOCOL;
  const { out, buf } = d;
  if (!d.has(off, arp.FIXED_LENGTH)) return false;
  const hardware = arp.hardwareType(buf, off);
  if (hardware === HTYPE_ATM) return printAtmArp(d, off, length, captured);
  const hlen = arp.hardwareLength(buf, off);
  const plen = arp.protocolLength(buf, off);
  const sha = off + arp.FIXED_LENGTH;
  const spa = sha + hlen;
  const tha = spa + plen;
  const tpa = tha + hlen;
  if (!d.has(tpa, plen)) return false;

  const protocol = arp.protocolType(buf, off);
  const known = carriesIpv4(protocol);
  if (!d.linkHeader) out.put(ARP);
  if (!known || plen !== 4 || hlen === 0 || d.verbose > 0) {
    printHardware(d, hardware);
    out.put(LEN);
    out.decimal(hlen);
    out.put(LEN_NEXT);
    printProtocol(d, protocol);
    out.put(LEN);
    out.decimal(plen);
    out.byte(CLOSE);
    if (d.verbose === 0) {
      out.put(LENGTH);
      out.decimal(length);
      return true;
    }
    out.put(SEPARATOR);
  }

  const oper = arp.operation(buf, off);
  printOperation(d, oper);
  switch (oper) {
    case arp.Operation.Request:
      out.put(WHO_HAS);
      printIpv4(d, tpa, protocol, plen);
      if (isNonzero(buf, tha, hlen)) {
        out.put(OPEN);
        printHardwareAddress(d, hardware, tha, hlen);
        out.byte(CLOSE);
      }
      out.put(TELL);
      printIpv4(d, spa, protocol, plen);
      break;
    case arp.Operation.Reply:
      printIpv4(d, spa, protocol, plen);
      out.put(IS_AT);
      printHardwareAddress(d, hardware, sha, hlen);
      break;
    case arp.Operation.ReverseRequest:
    case arp.Operation.InverseRequest:
      out.put(WHO_IS);
      printHardwareAddress(d, hardware, tha, hlen);
      out.put(TELL);
      printHardwareAddress(d, hardware, sha, hlen);
      break;
    case arp.Operation.ReverseReply:
      printHardwareAddress(d, hardware, tha, hlen);
      out.put(AT);
      printIpv4(d, tpa, protocol, plen);
      break;
    case arp.Operation.InverseReply:
      printHardwareAddress(d, hardware, sha, hlen);
      out.put(AT);
      printIpv4(d, spa, protocol, plen);
      break;
    default:
      return dumpPayload(d, off, captured);
  }
  out.put(LENGTH);
  out.decimal(length);
  return true;
}

/** True if the protocol type means IPv4 addresses. */
export function carriesIpv4(protocol: number): boolean {
  return protocol === arp.PTYPE_IPV4 || protocol === PTYPE_TRAILERS;
}

export function printHardware(d: Dissection, hardware: number): void {
  const name = HARDWARE_NAMES.get(hardware);
  if (name) d.out.put(name);
  else d.out.ascii(`Unknown Hardware (${hardware})`);
}

export function printProtocol(d: Dissection, protocol: number): void {
  const name = ETHERTYPE_NAMES.get(protocol);
  if (name) d.out.put(name);
  else d.out.ascii(`Unknown Protocol (0x${protocol.toString(16).padStart(4, "0")})`);
}

/** The operation's name and a space. */
export function printOperation(d: Dissection, oper: number): void {
  const name = OPERATION_NAMES.get(oper);
  if (name) d.out.put(name);
  else d.out.ascii(`Unknown (${oper})`);
  d.out.byte(SPACE);
}

function printIpv4(d: Dissection, off: number, protocol: number, plen: number): void {
  if (!carriesIpv4(protocol)) d.out.put(WRONG_TYPE);
  else if (plen !== 4) d.out.put(WRONG_LENGTH);
  else d.out.ipv4(d.buf, off);
}

function printHardwareAddress(d: Dissection, hardware: number, off: number, hlen: number): void {
  if (hlen === 0) d.out.put(EMPTY);
  else if (hardware === HTYPE_FRAME_RELAY) printDlci(d, off, hlen);
  else d.out.colonHex(d.buf, off, hlen);
}

/** A frame relay address (Q.922) of 2, 3 or 4 bytes, each of which ends in a bit that says whether it is the last. */
function printDlci(d: Dissection, off: number, length: number): void {
  const dlci = readDlci(d.buf, off, length);
  if (dlci === CUT) d.out.ascii("<Truncated>");
  else if (dlci === MALFORMED) d.out.ascii("<Invalid DLCI>");
  else d.out.ascii(`DLCI ${dlci}`);
}

const CUT = -1;
const MALFORMED = -2;

function readDlci(buf: Uint8Array, off: number, length: number): number {
  if ((buf[off]! & 1) === 1) return MALFORMED;
  if (length < 2) return CUT;
  let dlci = ((buf[off]! & 0xfc) << 2) | ((buf[off + 1]! & 0xf0) >> 4);
  if ((buf[off + 1]! & 1) === 1) return dlci;
  if (length < 3) return CUT;
  let at = off + 2;
  if ((buf[at]! & 1) === 0) {
    dlci = (dlci << 7) | (buf[at]! >> 1);
    at++;
  }
  if (at >= off + length) return CUT;
  if ((buf[at]! & 1) === 0) return MALFORMED;
  return (dlci << 6) | (buf[at]! >> 2);
}

function isNonzero(buf: Uint8Array, off: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (buf[off + i] !== 0) return true;
  return false;
}
