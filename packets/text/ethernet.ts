/** Ethernet II, IEEE 802.3 and stacked VLAN tags: the line's beginning with -e, and the way to what is inside. */
import { getU16 } from "../bytes.ts";
import { DST, EtherType, HEADER_LENGTH, MAX_LENGTH, SRC, TYPE } from "../ethernet.ts";
import { isTagType, LENGTH as TAG_LENGTH, tciDei, tciPcp, tciVid } from "../vlan.ts";
import { printArp } from "./arp.ts";
import type { Dissection } from "./dissection.ts";
import { printEapol } from "./eapol.ts";
import { ETHERTYPE_NAMES } from "./ethertype-names.ts";
import { dumpUnknown } from "./hexdump.ts";
import { printIpv4 } from "./ipv4.ts";
import { printIpv6 } from "./ipv6.ts";
import { printLlc } from "./llc.ts";
import { printLldp } from "./lldp.ts";
import { printLoopback } from "./loopback.ts";
import { MacsecPayload, printMacsec } from "./macsec.ts";
import { printMpls } from "./mpls.ts";
import { type Literal, literal } from "./writer.ts";

const PROTOCOL = literal("ether");
const VLAN_PROTOCOL = literal("vlan");
const TO = literal(" > ");
const ETHERTYPE = literal("ethertype ");
const SEPARATOR = literal(", ");
const LENGTH = literal(", length ");
const COLON = literal(": ");
const IEEE_802_3 = literal("802.3");
const VLAN = literal("vlan ");
const PRIORITY = literal(", p ");
const DROP_ELIGIBLE = literal(", DEI");
const UNKNOWN = literal("Unknown");
const OPEN_HEX = literal(" (0x");
const CLOSE = 0x29;

/** Alteon's jumbo frames: LLC follows the type. */
const TYPE_JUMBO = 0x8870;

const MACSEC = new MacsecPayload();

/** `ethertype ARP (0x0806)` for every type with a name, made once. */
const TYPE_TEXTS: ReadonlyMap<number, Literal> = new Map(
  Array.from(ETHERTYPE_NAMES, ([type, name]) => {
    const hex = type.toString(16).padStart(4, "0");
    return [type, literal(`ethertype ${name} (0x${hex})`)];
  }),
);

/**
 * A whole frame.
 * @param off its first byte. @param captured bytes there are. @param length bytes that it had on the wire.
 * @returns false if a printer met the end of the captured bytes.
 */
export function printEthernet(d: Dissection, off: number, captured: number, length: number): boolean {
  d.protocol = PROTOCOL;
  const { out, buf } = d;
  d.headerLength = 0;
  if (captured < HEADER_LENGTH || length < HEADER_LENGTH) {
    d.truncated();
    d.headerLength = Math.min(captured, length);
    return true;
  }
  if (d.linkHeader) printAddresses(d, off);
  let type = getU16(buf, off + TYPE);
  let at = off + HEADER_LENGTH;
  let rest = length - HEADER_LENGTH;
  let there = captured - HEADER_LENGTH;
  let isLengthPrinted = false;
  // Only next to the addresses; behind a VLAN tag its type is an unknown one.
  if (type === EtherType.MacSec) {
    if (d.linkHeader) {
      printType(d, type);
      printLength(d, length);
      isLengthPrinted = true;
    }
    const printed = printMacsec(d, at, rest, there, off, MACSEC);
    if (printed !== "type") d.headerLength = printed === "end" ? captured : HEADER_LENGTH + MACSEC.header;
    if (printed === "end") return true;
    at += MACSEC.header;
    rest = MACSEC.length;
    there = MACSEC.captured;
    if (printed === "encrypted") return dumpUnknown(d, at, there);
    if (!d.has(at, 2)) return false;
    if (there < 2) {
      out.ascii(` [caplen ${there} < 2]`);
      d.headerLength = at - off;
      return true;
    }
    type = getU16(buf, at);
    at += 2;
    rest -= 2;
    there -= 2;
  }
  while (isTagType(type)) {
    if (there < TAG_LENGTH || rest < TAG_LENGTH) {
      d.protocol = VLAN_PROTOCOL;
      d.truncated();
      d.headerLength = captured;
      return true;
    }
    if (d.linkHeader) {
      printType(d, type);
      if (isLengthPrinted) out.put(SEPARATOR);
      else printLength(d, length);
      isLengthPrinted = true;
      printTci(d, getU16(buf, at));
      out.put(SEPARATOR);
    }
    type = getU16(buf, at + 2);
    at += TAG_LENGTH;
    rest -= TAG_LENGTH;
    there -= TAG_LENGTH;
  }

  if (type <= MAX_LENGTH) {
    const bytes = Math.min(type, rest);
    const before = d.narrow(at, bytes);
    if (d.linkHeader) {
      out.put(IEEE_802_3);
      if (!isLengthPrinted) printLength(d, bytes);
    }
    const header = printLlc(d, at, bytes, Math.min(there, bytes), off);
    if (header === null) return false;
    d.end = before;
    d.headerLength = at - off + header;
    return true;
  }
  if (type === TYPE_JUMBO) {
    const header = printLlc(d, at, rest, there, off);
    if (header === null) return false;
    d.headerLength = at - off + header;
    return true;
  }
  if (d.linkHeader) {
    printType(d, type);
    if (isLengthPrinted) out.put(SEPARATOR);
    else printLength(d, length);
  }
  const done = printEtherType(d, type, at, rest, there);
  if (done === "cut") return false;
  if (done === "unknown") {
    if (!d.linkHeader) {
      printAddresses(d, off);
      printType(d, type);
      printLength(d, length);
    }
    if (!dumpUnknown(d, at, there)) return false;
  }
  d.headerLength = at - off;
  return true;
}

/** What became of a payload: printed, unknown here, or cut off by the end of the captured bytes. */
export type Printed = "done" | "unknown" | "cut";

/** The payload of an EtherType. */
export function printEtherType(d: Dissection, type: number, at: number, length: number, captured: number): Printed {
  switch (type) {
    case EtherType.Ipv4:
      return printIpv4(d, at, length) ? "done" : "cut";
    case EtherType.Ipv6:
      return printIpv6(d, at, length) ? "done" : "cut";
    case EtherType.Arp:
    case EtherType.ReverseArp:
      return printArp(d, at, length, captured) ? "done" : "cut";
    case EtherType.Lldp:
      return printLldp(d, at, length) ? "done" : "cut";
    case EtherType.Eapol:
      return printEapol(d, at) ? "done" : "cut";
    case EtherType.Loopback:
      return printLoopback(d, at, length) ? "done" : "cut";
    case EtherType.MplsUnicast:
    case EtherType.MplsMulticast:
      return printMpls(d, at, length) ? "done" : "cut";
    default:
      return "unknown";
  }
}

/** `source > destination, ` of the Ethernet header at `off`. */
export function printAddresses(d: Dissection, off: number): void {
  const { out, buf } = d;
  out.mac(buf, off + SRC);
  out.put(TO);
  out.mac(buf, off + DST);
  out.put(SEPARATOR);
}

function printLength(d: Dissection, length: number): void {
  d.out.put(LENGTH);
  d.out.decimal(length);
  d.out.put(COLON);
}

function printType(d: Dissection, type: number): void {
  const { out } = d;
  if (d.quiet) {
    const name = ETHERTYPE_NAMES.get(type);
    if (name !== undefined) out.put(name);
    else out.ascii(`Unknown Ethertype (0x${type.toString(16).padStart(4, "0")})`);
    return;
  }
  const text = TYPE_TEXTS.get(type);
  if (text !== undefined) {
    out.put(text);
    return;
  }
  out.put(ETHERTYPE);
  out.put(UNKNOWN);
  out.put(OPEN_HEX);
  out.hexPadded(type, 4);
  out.byte(CLOSE);
}

function printTci(d: Dissection, tci: number): void {
  const { out } = d;
  out.put(VLAN);
  out.decimal(tciVid(tci));
  out.put(PRIORITY);
  out.decimal(tciPcp(tci));
  if (tciDei(tci) === 1) out.put(DROP_ELIGIBLE);
}
