/**
 * IPv4 addresses (RFC 791) and prefixes (RFC 4632). An address travels as a signed 32-bit integer, because V8 boxes
 * unsigned ones above 2^30 on the hot path; it becomes text only where somebody reads it.
 */

/** 0.0.0.0: "this host", the sender of an ARP probe (RFC 5227). */
export const UNSPECIFIED = 0;
/** 255.255.255.255: limited broadcast (RFC 919). */
export const LIMITED_BROADCAST = -1;

/** An address with the length of its network prefix, 0 to 32 bits. */
export interface Prefix {
  readonly address: number;
  readonly length: number;
}

/** Dotted decimal. Takes the address signed or unsigned. */
export function format(ip: number): string {
  return `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`;
}

/**
 * Reads four decimal numbers from 0 to 255 with dots between; no leading zeros, which some tools read as octal.
 * @returns the address as a signed 32-bit integer, or null when the text is none.
 */
export function parse(text: string): number | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  let ip = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part)) return null;
    const byte = Number(part);
    if (byte > 255) return null;
    ip = (ip << 8) | byte;
  }
  return ip;
}

/**
 * Reads `10.0.0.1/24`. Without a length the prefix is the address alone (/32).
 * @returns null when either part is malformed.
 */
export function parsePrefix(text: string): Prefix | null {
  const slash = text.indexOf("/");
  const address = parse(slash < 0 ? text : text.slice(0, slash));
  if (address === null) return null;
  if (slash < 0) return { address, length: 32 };
  const digits = text.slice(slash + 1);
  if (!/^(0|[1-9]\d?)$/.test(digits) || Number(digits) > 32) return null;
  return { address, length: Number(digits) };
}

/** `10.0.0.1/24`. */
export function formatPrefix(prefix: Prefix): string {
  return `${format(prefix.address)}/${prefix.length}`;
}

/** The netmask of a prefix length from 0 to 32, as a signed 32-bit integer: 24 gives 255.255.255.0. */
export function mask(length: number): number {
  return length === 0 ? 0 : (-1 << (32 - length)) | 0;
}

/** The network's own address: the host bits cleared. */
export function network(prefix: Prefix): number {
  return prefix.address & mask(prefix.length);
}

/** The directed broadcast address (RFC 922): the host bits all ones. A /31 (RFC 3021) and a /32 have none: null. */
export function broadcast(prefix: Prefix): number | null {
  return prefix.length >= 31 ? null : prefix.address | ~mask(prefix.length);
}

/** True if `ip` lies within the prefix's network. */
export function contains(prefix: Prefix, ip: number): boolean {
  return ((prefix.address ^ ip) & mask(prefix.length)) === 0;
}

/** True for 224.0.0.0/4 (RFC 5771). */
export function isMulticast(ip: number): boolean {
  return (ip & 0xf0000000) === (0xe0000000 | 0);
}

/** True for 127.0.0.0/8, which must never be seen on a wire (RFC 1122, 3.2.1.3). */
export function isLoopback(ip: number): boolean {
  return ip >>> 24 === 127;
}

/** True for 169.254.0.0/16: an address that holds on one link alone (RFC 3927). */
export function isLinkLocal(ip: number): boolean {
  return ip >>> 16 === 0xa9fe;
}

/** True for 240.0.0.0/4 without the limited broadcast: reserved (RFC 1112), never a source. */
export function isReserved(ip: number): boolean {
  return ip >>> 28 === 15 && ip !== LIMITED_BROADCAST;
}

/** True if the address may name one host: not 0/8, not loopback, multicast, reserved or broadcast. */
export function isUnicast(ip: number): boolean {
  return ip >>> 24 !== 0 && !isLoopback(ip) && ip >>> 28 < 14;
}
