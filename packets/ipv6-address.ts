/**
 * IPv6 addresses (RFC 4291). An address is 16 bytes where it lies in a packet; it becomes text (RFC 5952) only where
 * somebody reads it.
 */
import { getU16, setU16 } from "./bytes.ts";
import * as ipv4 from "./ipv4-address.ts";

/** Bytes of an address. */
export const LENGTH = 16;
/** `::`: no address, the sender of a duplicate address detection. */
export const UNSPECIFIED: Uint8Array = new Uint8Array(LENGTH);
/** `ff02::1`: every node on the link. */
export const ALL_NODES: Uint8Array = bytes(0xff02, 1);
/** `ff02::2`: every router on the link. */
export const ALL_ROUTERS: Uint8Array = bytes(0xff02, 2);
/** `ff02::16`: whoever hears MLDv2 reports (RFC 3810). */
export const ALL_MLDV2_ROUTERS: Uint8Array = bytes(0xff02, 0x16);

function bytes(first: number, last: number): Uint8Array {
  const address = new Uint8Array(LENGTH);
  setU16(address, 0, first);
  setU16(address, 14, last);
  return address;
}

/**
 * The address at `off` as text: lower case, the longest run of two and more zero words (the first of equals) as `::`,
 * IPv4-mapped and IPv4-compatible addresses with dots at their end.
 */
export function format(buf: Uint8Array, off = 0): string {
  const words = Array.from({ length: 8 }, (_, i) => getU16(buf, off + 2 * i));
  let runAt = -1;
  let runLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (words[i + length] === 0) length++;
    if (length > runLength) {
      runAt = i;
      runLength = length;
    }
    if (length > 0) i += length - 1;
  }
  const text = (from: number, to: number) =>
    words
      .slice(from, to)
      .map((word) => word.toString(16))
      .join(":");
  if (runAt < 0) return text(0, 8);
  if (runAt === 0 && (runLength === 6 || (runLength === 5 && words[5] === 0xffff))) {
    const dotted = ipv4.format((words[6]! << 16) | words[7]!);
    return runLength === 6 ? `::${dotted}` : `::ffff:${dotted}`;
  }
  return `${text(0, runAt)}::${text(runAt + runLength, 8)}`;
}

/**
 * Reads an address in any of the forms of RFC 4291, 2.2; without a zone (`%eth0`) and without a prefix length.
 * @returns its 16 bytes, or null when the text is none.
 */
export function parse(text: string): Uint8Array | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const head = words(halves[0]!);
  const tail = halves.length === 2 ? words(halves[1]!) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  // Dots end an address, so that they cannot stand before the gap.
  if (halves.length === 2 && halves[0]!.includes(".")) return null;
  const address = new Uint8Array(LENGTH);
  for (const [i, word] of head.entries()) setU16(address, 2 * i, word);
  for (const [i, word] of tail.entries()) setU16(address, 2 * (8 - tail.length + i), word);
  return address;
}

/** The words between colons, the last two perhaps as four decimal numbers; null if there is anything else. */
function words(text: string): number[] | null {
  if (text === "") return [];
  const found: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (i === parts.length - 1 && part.includes(".")) {
      const dotted = ipv4.parse(part);
      if (dotted === null) return null;
      found.push(dotted >>> 16, dotted & 0xffff);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) found.push(Number.parseInt(part, 16));
    else return null;
  }
  return found;
}

/** True for `::`. */
export function isUnspecified(buf: Uint8Array, off = 0): boolean {
  for (let i = 0; i < LENGTH; i++) if (buf[off + i] !== 0) return false;
  return true;
}

/** True for `::1`. */
export function isLoopback(buf: Uint8Array, off = 0): boolean {
  for (let i = 0; i < LENGTH - 1; i++) if (buf[off + i] !== 0) return false;
  return buf[off + LENGTH - 1] === 1;
}

/** True for ff00::/8. */
export function isMulticast(buf: Uint8Array, off = 0): boolean {
  return buf[off] === 0xff;
}

/** How far a multicast address reaches: 1 the interface, 2 the link, 5 the site, 14 everywhere. */
export function multicastScope(buf: Uint8Array, off = 0): number {
  return buf[off + 1]! & 15;
}

/** True for fe80::/10: valid on this link only. */
export function isLinkLocal(buf: Uint8Array, off = 0): boolean {
  return buf[off] === 0xfe && (buf[off + 1]! & 0xc0) === 0x80;
}

/** True for fc00::/7 (RFC 4193). */
export function isUniqueLocal(buf: Uint8Array, off = 0): boolean {
  return (buf[off]! & 0xfe) === 0xfc;
}

/** True for ff02::1:ff00:0/104: where a neighbor solicitation for an address goes. */
export function isSolicitedNode(buf: Uint8Array, off = 0): boolean {
  if (getU16(buf, off) !== 0xff02) return false;
  for (let i = 2; i < 11; i++) if (buf[off + i] !== 0) return false;
  return buf[off + 11] === 1 && buf[off + 12] === 0xff;
}

/** The solicited-node multicast address of the address at `off`: its last three bytes behind ff02::1:ff00:0/104. */
export function solicitedNode(buf: Uint8Array, off = 0): Uint8Array {
  const address = new Uint8Array(LENGTH);
  address.set([0xff, 2]);
  address.set([1, 0xff, buf[off + 13]!, buf[off + 14]!, buf[off + 15]!], 11);
  return address;
}

/** The MAC address that a multicast address goes to on Ethernet (RFC 2464, 7): 33:33 and its last four bytes. */
export function multicastMac(buf: Uint8Array, off = 0): Uint8Array {
  return Uint8Array.of(0x33, 0x33, buf[off + 12]!, buf[off + 13]!, buf[off + 14]!, buf[off + 15]!);
}
