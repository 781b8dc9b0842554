/**
 * IEEE 802 MAC addresses: six bytes, in transmission order. In frames they stay bytes; where a number is needed (a table
 * key) they travel as the upper 16 and lower 32 bits, which V8 does not box.
 */
import { getI32, getU16, setU16, setU32 } from "./bytes.ts";

/** Length in bytes. */
export const LENGTH = 6;

/** A MAC address that owns its six bytes. */
export type Mac = Uint8Array;

/** ff:ff:ff:ff:ff:ff, every station on the segment. */
export const BROADCAST: Mac = Uint8Array.of(255, 255, 255, 255, 255, 255);
/** 00:00:00:00:00:00: "not known", as the target of an ARP request. */
export const ZERO: Mac = new Uint8Array(LENGTH);

/** The upper 16 bits (first two bytes) of the address at `off`. */
export function high16(buf: Uint8Array, off: number): number {
  return getU16(buf, off);
}

/** The lower 32 bits (last four bytes) of the address at `off`, signed. */
export function low32(buf: Uint8Array, off: number): number {
  return getI32(buf, off + 2);
}

/** Writes an address given as upper 16 and lower 32 bits. */
export function set(buf: Uint8Array, off: number, high: number, low: number): void {
  setU16(buf, off, high);
  setU32(buf, off + 2, low);
}

/** Copies the six bytes of an address: one by one, since a loop costs more than they do. */
export function copy(from: Uint8Array, fromOff: number, to: Uint8Array, toOff: number): void {
  to[toOff] = from[fromOff]!;
  to[toOff + 1] = from[fromOff + 1]!;
  to[toOff + 2] = from[fromOff + 2]!;
  to[toOff + 3] = from[fromOff + 3]!;
  to[toOff + 4] = from[fromOff + 4]!;
  to[toOff + 5] = from[fromOff + 5]!;
}

/** True if the two addresses are the same. */
export function equal(a: Uint8Array, aOff: number, b: Uint8Array, bOff: number): boolean {
  return high16(a, aOff) === high16(b, bOff) && low32(a, aOff) === low32(b, bOff);
}

/** True for ff:ff:ff:ff:ff:ff. */
export function isBroadcast(buf: Uint8Array, off: number): boolean {
  return high16(buf, off) === 0xffff && low32(buf, off) === -1;
}

/** True if the group bit (the first byte's lowest) is set: multicast, broadcast included. */
export function isMulticast(buf: Uint8Array, off: number): boolean {
  return (buf[off]! & 1) === 1;
}

/** True for 00:00:00:00:00:00. */
export function isZero(buf: Uint8Array, off: number): boolean {
  return high16(buf, off) === 0 && low32(buf, off) === 0;
}

/** True if the address was chosen locally (second-lowest bit of the first byte), not assigned by a vendor. */
export function isLocal(buf: Uint8Array, off: number): boolean {
  return (buf[off]! & 2) === 2;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** `02:00:00:00:00:01`: lower case, as tcpdump and ip write it. */
export function format(buf: Uint8Array, off = 0): string {
  let text = HEX[buf[off]!]!;
  for (let i = 1; i < LENGTH; i++) text += `:${HEX[buf[off + i]!]}`;
  return text;
}

/**
 * Reads `02:00:00:00:00:01`, `2:0:0:0:0:1` or the same with hyphens, in either case.
 * @returns the address, or null when the text is none: it is the user's, so the caller words the message.
 */
export function parse(text: string): Mac | null {
  const parts = text.split(text.includes("-") ? "-" : ":");
  if (parts.length !== LENGTH || !parts.every((part) => /^[0-9a-fA-F]{1,2}$/.test(part))) return null;
  return Uint8Array.from(parts, (part) => Number.parseInt(part, 16));
}

/**
 * A locally administered unicast address that is always the same for one IPv4 address: 02:76 ("v"), then the address.
 * @param ip IPv4 address as 32 bits, signed or unsigned.
 */
export function forIpv4(ip: number): Mac {
  const mac = new Uint8Array(LENGTH);
  set(mac, 0, 0x0276, ip);
  return mac;
}
