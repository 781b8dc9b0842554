/**
 * IEEE 802.2 Logical Link Control, which follows an IEEE 802.3 length, and its Subnetwork Access Protocol (SNAP), which
 * carries EtherTypes over it (RFC 1042). Spanning tree, IS-IS, CDP and the like travel so.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +---------------+---------------+---------------+---------------+
 *     |     DSAP      |     SSAP      |    control (1 or 2 bytes)     |
 *     +---------------+---------------+---------------+---------------+
 *     |   0xaa (SNAP) |   0xaa (SNAP) |   0x03 (UI)   |               |
 *     +---------------+---------------+---------------+               |
 *     |       organisation (OUI)      |       protocol (PID)          |
 *     +-------------------------------+-------------------------------+
 */
import { getU16, setU16 } from "./bytes.ts";
import { Fault } from "./fault.ts";
import { header, requireBits } from "./layout.ts";

/** Lengths and offsets in bytes; read from here and not from the exports, so that V8 folds them (see arp.ts). */
const WIRE = {
  /** Bytes with a control field of one byte (unnumbered format); the other formats take one more. */
  MIN_HEADER_LENGTH: 3,
  /** Bytes of LLC and SNAP together. */
  SNAP_HEADER_LENGTH: 8,
  DSAP: 0,
  SSAP: 1,
  CONTROL: 2,
  OUI: 3,
  PID: 6,
} as const;
export const { MIN_HEADER_LENGTH, SNAP_HEADER_LENGTH, DSAP, SSAP, CONTROL, OUI, PID } = WIRE;

/** Service access points (IEEE 802.2; the list is the IEEE's). Unknown ones stay numbers. */
export const Sap = {
  Null: 0x00,
  /** Bridge protocols: spanning tree. */
  SpanningTree: 0x42,
  Snap: 0xaa,
  Ipx: 0xe0,
  NetBeui: 0xf0,
  IsoClns: 0xfe,
  Global: 0xff,
} as const;

/** Control field of unnumbered information, the only kind that SNAP uses. */
export const CONTROL_UI = 0x03;
/** Organisation 00-00-00: the PID is an EtherType (RFC 1042). */
export const OUI_ETHERNET = 0x000000;
/** Organisation 00-00-f8: an EtherType bridged over 802.3 (IEEE 802.1H). */
export const OUI_BRIDGED = 0x0000f8;
/** Cisco: CDP, VTP and others by their PID. */
export const OUI_CISCO = 0x00000c;

const SAP_NAMES: Readonly<Record<number, string>> = {
  0: "null",
  66: "spanning-tree",
  170: "snap",
  224: "ipx",
  240: "netbeui",
  254: "iso-clns",
  255: "global",
};

/** The service access point's name; an unknown one stays a number, as `sap-0x7e`. */
export function sapName(sap: number): string {
  return SAP_NAMES[sap] ?? `sap-0x${sap.toString(16).padStart(2, "0")}`;
}

/**
 * Checks that an LLC header lies at `off`, with SNAP if it announces that.
 * @param end where the 802.3 length or the capture ends, whichever is first.
 * @returns Truncated, or None: then every accessor below is in bounds, those for SNAP if {@link isSnap} is true.
 */
export function check(buf: Uint8Array, off: number, end: number): Fault {
  if (end - off < WIRE.MIN_HEADER_LENGTH) return Fault.Truncated;
  return end - off < headerLength(buf, off) ? Fault.Truncated : Fault.None;
}

/** Destination service access point; its lowest bit marks a group. */
export function dsap(buf: Uint8Array, off: number): number {
  return buf[off]!;
}

/** Source service access point; its lowest bit marks a response. */
export function ssap(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.SSAP]!;
}

/** Bytes of the control field: 1 in the unnumbered format (lowest two bits set), else 2. */
export function controlLength(buf: Uint8Array, off: number): number {
  return (buf[off + WIRE.CONTROL]! & 3) === 3 ? 1 : 2;
}

/** The control field. One of two bytes reads its first byte as the lower one, as IEEE 802.2 numbers its bits. */
export function control(buf: Uint8Array, off: number): number {
  const first = buf[off + WIRE.CONTROL]!;
  return (first & 3) === 3 ? first : first | (buf[off + WIRE.CONTROL + 1]! << 8);
}

/** True if SNAP follows. */
export function isSnap(buf: Uint8Array, off: number): boolean {
  return buf[off] === Sap.Snap && buf[off + WIRE.SSAP] === Sap.Snap && buf[off + WIRE.CONTROL] === CONTROL_UI;
}

/** Bytes of the header, SNAP included. */
export function headerLength(buf: Uint8Array, off: number): number {
  return isSnap(buf, off) ? WIRE.SNAP_HEADER_LENGTH : WIRE.CONTROL + controlLength(buf, off);
}

/** SNAP's organisation, 24 bits. */
export function oui(buf: Uint8Array, off: number): number {
  return (buf[off + WIRE.OUI]! << 16) | getU16(buf, off + WIRE.OUI + 1);
}

/** SNAP's protocol: an EtherType if the organisation is {@link OUI_ETHERNET} or {@link OUI_BRIDGED}. */
export function pid(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.PID);
}

/** Writes an LLC header with an unnumbered control field, 3 bytes. */
export function writeHeader(buf: Uint8Array, off: number, dsap: number, ssap: number, control = CONTROL_UI): void {
  buf[off] = dsap;
  buf[off + WIRE.SSAP] = ssap;
  buf[off + WIRE.CONTROL] = control;
}

/** Writes LLC and SNAP, 8 bytes. */
export function writeSnap(buf: Uint8Array, off: number, oui: number, pid: number): void {
  writeHeader(buf, off, Sap.Snap, Sap.Snap);
  buf[off + WIRE.OUI] = oui >>> 16;
  setU16(buf, off + WIRE.OUI + 1, oui);
  setU16(buf, off + WIRE.PID, pid);
}

/** The declared header with a control field of one byte. */
export const layout = header("llc", { dsap: "u8", ssap: "u8", control: "u8" });

/** The declared header of LLC and SNAP. */
export const snapLayout = header("snap", { dsap: "u8", ssap: "u8", control: "u8", oui: { bytes: 3 }, pid: "u16" });

/** An LLC header as a plain object. */
export interface LlcHeader {
  dsap: number;
  ssap: number;
  /** One byte if its lowest two bits are set, else 16 bits of which the lower half comes first. */
  control: number;
  /** Present with SNAP, that is with both access points 0xaa and control 0x03. */
  snap?: { oui: number; pid: number };
}

/** Takes a header apart, or says with a fault why it cannot be: for tools and tests. */
export function parse(buf: Uint8Array, off = 0, end = buf.length): LlcHeader | Fault {
  const fault = check(buf, off, end);
  if (fault !== Fault.None) return fault;
  const llc = { dsap: dsap(buf, off), ssap: ssap(buf, off), control: control(buf, off) };
  return isSnap(buf, off) ? { ...llc, snap: { oui: oui(buf, off), pid: pid(buf, off) } } : llc;
}

/**
 * The bytes of a header: 3, 4 or 8.
 * @throws {RangeError} on a value that does not fit its field, or SNAP without its access points.
 */
export function build(llc: LlcHeader): Uint8Array {
  const isUnnumbered = (llc.control & 3) === 3;
  requireBits("llc.control", llc.control, isUnnumbered ? 0xff : 0xffff);
  const first = isUnnumbered ? llc.control : llc.control & 0xff;
  const fixed = { dsap: llc.dsap, ssap: llc.ssap, control: first };
  const announced = llc.dsap === Sap.Snap && llc.ssap === Sap.Snap && llc.control === CONTROL_UI;
  if (announced !== (llc.snap !== undefined)) throw new RangeError("llc.snap goes with 0xaa, 0xaa, 0x03, and only so");
  if (llc.snap !== undefined) {
    const { oui, pid } = llc.snap;
    requireBits("snap.oui", oui, 0xffffff);
    const buf = new Uint8Array(WIRE.SNAP_HEADER_LENGTH);
    snapLayout.encode({ ...fixed, oui: Uint8Array.of(oui >>> 16, oui >>> 8, oui), pid }, buf);
    return buf;
  }
  const buf = new Uint8Array(isUnnumbered ? WIRE.MIN_HEADER_LENGTH : WIRE.MIN_HEADER_LENGTH + 1);
  layout.encode(fixed, buf);
  if (!isUnnumbered) buf[WIRE.CONTROL + 1] = llc.control >>> 8;
  return buf;
}
