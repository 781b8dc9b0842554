/**
 * VLAN tags: IEEE 802.1Q (customer, 0x8100) and 802.1ad (service, 0x88a8), and 0x9100 and 0x9200 from before 802.1ad.
 * A tag stands between the source address and what was the type field, so that the frame's type follows the last tag.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------------------------------+-----+-+-----------------------+
 *     |     tag protocol id (TPID)    | PCP |D|  VLAN identifier (VID)|  D: drop eligible (DEI)
 *     +-------------------------------+-----+-+-----------------------+
 *     |    next tag's TPID, or type   |
 *     +-------------------------------+
 *
 * The offset that these functions take is that of the TPID: 12 in a frame with one tag.
 */
import { getU16, setU16 } from "./bytes.ts";
import { DST, EtherType, HEADER_LENGTH, TYPE } from "./ethernet.ts";
import { Fault } from "./fault.ts";
import { header, requireBits } from "./layout.ts";

/** Lengths and offsets in bytes; read from here and not from the exports, so that V8 folds them (see arp.ts). */
const WIRE = {
  /** Bytes that one tag adds to a frame. */
  LENGTH: 4,
  TPID: 0,
  TCI: 2,
} as const;
export const { LENGTH, TPID, TCI } = WIRE;

/** VID 0: the tag carries a priority only, and the frame is in no VLAN. */
export const VID_PRIORITY_ONLY = 0;
/** VID 4095: reserved, never on a wire. */
export const VID_RESERVED = 4095;

/** True if a type field announces a tag. */
export function isTagType(type: number): boolean {
  return (
    type === EtherType.Vlan ||
    type === EtherType.ServiceVlan ||
    type === EtherType.Vlan9100 ||
    type === EtherType.Vlan9200
  );
}

/**
 * Checks that a tag and the type after it lie at `off`. The TPID is not looked at: it is what led here.
 * @param end the end of the captured bytes.
 * @returns Truncated, or None: then every accessor below is in bounds.
 */
export function check(_buf: Uint8Array, off: number, end: number): Fault {
  return end - off < WIRE.LENGTH + 2 ? Fault.Truncated : Fault.None;
}

/** Tag protocol identifier. */
export function tpid(buf: Uint8Array, off: number): number {
  return getU16(buf, off);
}

/** Tag control information: PCP, DEI and VID in one 16-bit number. */
export function tci(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.TCI);
}

/** Priority code point, 0 to 7. */
export function pcp(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.TCI]! >>> 5;
}

/** Drop eligible indicator, 0 or 1. */
export function dei(buf: Uint8Array, off: number): number {
  return (buf[off + WIRE.TCI]! >>> 4) & 1;
}

/** VLAN identifier, 0 to 4,095. */
export function vid(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.TCI) & 0x0fff;
}

/** The type field after the tag: the next tag's TPID, an EtherType or a length. */
export function nextType(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.LENGTH);
}

/** Priority code point of a TCI. */
export function tciPcp(value: number): number {
  return (value >>> 13) & 7;
}

/** Drop eligible indicator of a TCI, 0 or 1. */
export function tciDei(value: number): number {
  return (value >>> 12) & 1;
}

/** VLAN identifier of a TCI. */
export function tciVid(value: number): number {
  return value & 0x0fff;
}

/** A TCI from its parts: `vid` 0 to 4,095, `pcp` 0 to 7, `dei` 0 or 1. */
export function makeTci(vid: number, pcp = 0, dei = 0): number {
  return ((pcp & 7) << 13) | ((dei & 1) << 12) | (vid & 0x0fff);
}

export function setTpid(buf: Uint8Array, off: number, value: number): void {
  setU16(buf, off, value);
}

export function setTci(buf: Uint8Array, off: number, value: number): void {
  setU16(buf, off + WIRE.TCI, value);
}

/**
 * Makes a tag the outermost one of the frame at `frame`, moving the rest of the frame up.
 * @param end the frame's end; four more bytes must be free after it.
 * @returns the frame's new end.
 * @throws {RangeError} when the buffer has no room.
 */
export function insert(buf: Uint8Array, frame: number, end: number, tpid: number, tci: number): number {
  if (end + WIRE.LENGTH > buf.length) throw new RangeError(`a tag needs ${WIRE.LENGTH} free bytes after the frame`);
  buf.copyWithin(frame + TYPE + WIRE.LENGTH, frame + TYPE, end);
  setU16(buf, frame + TYPE, tpid);
  setU16(buf, frame + TYPE + WIRE.TCI, tci);
  return end + WIRE.LENGTH;
}

/**
 * Takes the outermost tag out of the frame at `frame`, moving the rest of the frame down. The frame must have one.
 * @returns the frame's new end.
 */
export function remove(buf: Uint8Array, frame: number, end: number): number {
  buf.copyWithin(frame + TYPE, frame + TYPE + WIRE.LENGTH, end);
  return end - WIRE.LENGTH;
}

/**
 * As {@link insert}, but moves the two addresses into four free bytes before the frame, which costs the same whatever
 * the frame's length: how a tag that the kernel took off is put back within a ring slot.
 * @returns the frame's new offset.
 * @throws {RangeError} when no four bytes lie before it.
 */
export function insertBefore(buf: Uint8Array, frame: number, tpid: number, tci: number): number {
  const start = frame - WIRE.LENGTH;
  if (start < 0) throw new RangeError(`a tag needs ${WIRE.LENGTH} free bytes before the frame`);
  buf.copyWithin(start + DST, frame + DST, frame + TYPE);
  setU16(buf, start + TYPE, tpid);
  setU16(buf, start + TYPE + WIRE.TCI, tci);
  return start;
}

/**
 * As {@link remove}, but moves the two addresses up.
 * @returns the frame's new offset.
 */
export function removeBefore(buf: Uint8Array, frame: number): number {
  buf.copyWithin(frame + WIRE.LENGTH, frame, frame + TYPE);
  return frame + WIRE.LENGTH;
}

/** The declared header: field table, and the checked slow path below. */
export const layout = header("vlan", {
  tpid: "u16",
  tci: "u16",
  type: "u16",
});

/** A tag as a plain object, with the type field that follows it. */
export interface VlanTag {
  tpid: number;
  pcp: number;
  dei: number;
  vid: number;
  type: number;
}

/** Takes a tag apart, or says with a fault why it cannot be: for tools and tests. */
export function parse(buf: Uint8Array, off = 0, end = buf.length): VlanTag | Fault {
  const fault = check(buf, off, end);
  if (fault !== Fault.None) return fault;
  const { tpid, tci, type } = layout.decode(buf, off);
  return { tpid, pcp: tciPcp(tci), dei: tciDei(tci), vid: tciVid(tci), type };
}

/**
 * The six bytes of a tag and the type after it.
 * @throws {RangeError} on a value that does not fit its field.
 */
export function build({ tpid, pcp, dei, vid, type }: VlanTag): Uint8Array {
  requireBits("vlan.pcp", pcp, 7);
  requireBits("vlan.dei", dei, 1);
  requireBits("vlan.vid", vid, 4095);
  const buf = new Uint8Array(WIRE.LENGTH + 2);
  layout.encode({ tpid, tci: makeTci(vid, pcp, dei), type }, buf);
  return buf;
}

/** Length of an Ethernet header with `count` tags, in bytes. */
export function headerLength(count: number): number {
  return HEADER_LENGTH + count * WIRE.LENGTH;
}
