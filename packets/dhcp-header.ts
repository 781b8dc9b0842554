/**
 * Bootstrap Protocol (RFC 951, RFC 1542), and Dynamic Host Configuration Protocol on top of it (RFC 2131): the message
 * with which hosts ask for their address and servers answer, over UDP.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +---------------+---------------+---------------+---------------+
 *     |     op (1)    |   htype (1)   |   hlen (1)    |   hops (1)    |
 *     |                            xid (4)                            |
 *     |           secs (2)            |           flags (2)           |  flags: highest bit, broadcast
 *     |                          ciaddr  (4)                          |  client's address, if it has one
 *     |                          yiaddr  (4)                          |  the address that it gets
 *     |                          siaddr  (4)                          |  of the next server to boot from
 *     |                          giaddr  (4)                          |  of the relay
 *     |                          chaddr  (16)                         |  client's hardware address
 *     |                          sname   (64)                         |  server's name
 *     |                          file    (128)                        |  boot file's name
 *     |                  options: magic cookie (4), …                 |
 *     +---------------------------------------------------------------+
 */
import { getI32, getU16, getU32 } from "./bytes.ts";
import { Fault } from "./fault.ts";
import { header } from "./layout.ts";

/** Lengths and offsets in bytes, and values; read from here and not from the exports, so that V8 folds them (see arp.ts). */
const WIRE = {
  OP: 0,
  HTYPE: 1,
  HLEN: 2,
  HOPS: 3,
  XID: 4,
  SECS: 8,
  FLAGS: 10,
  CIADDR: 12,
  YIADDR: 16,
  SIADDR: 20,
  GIADDR: 24,
  CHADDR: 28,
  SNAME: 44,
  FILE: 108,
  /** Magic cookie, or what other vendors put here. */
  VEND: 236,
  /** Bytes before the magic cookie. */
  HEADER_LENGTH: 236,
  /** First option. */
  OPTIONS: 240,
  CHADDR_LENGTH: 16,
  SNAME_LENGTH: 64,
  FILE_LENGTH: 128,
  /** Shortest message that every relay lets through: BOOTP's, with 64 bytes of vendor's data (RFC 1542, 2.1). */
  MIN_LENGTH: 300,
  /** 99, 130, 83, 99: options of RFC 1497 and DHCP follow. */
  MAGIC_COOKIE: 0x63825363,
} as const;
export const {
  OP,
  HTYPE,
  HLEN,
  HOPS,
  XID,
  SECS,
  FLAGS,
  CIADDR,
  YIADDR,
  SIADDR,
  GIADDR,
  CHADDR,
  SNAME,
  FILE,
  VEND,
  HEADER_LENGTH,
  OPTIONS,
  CHADDR_LENGTH,
  SNAME_LENGTH,
  FILE_LENGTH,
  MIN_LENGTH,
  MAGIC_COOKIE,
} = WIRE;

/** UDP ports (RFC 951, 4). */
export const SERVER_PORT = 67;
export const CLIENT_PORT = 68;

/** What the message is. */
export const Op = { Request: 1, Reply: 2 } as const;

/** The bit of `flags` by which a client asks for broadcast replies (RFC 2131, 2). */
export const BROADCAST = 0x8000;

/**
 * Checks that a whole header lies at `off`, up to the magic cookie, which may be missing.
 * @returns Truncated; Length if the hardware address is said to be longer than its field; or None.
 */
export function check(buf: Uint8Array, off: number, end: number): Fault {
  if (end - off < WIRE.HEADER_LENGTH) return Fault.Truncated;
  return buf[off + WIRE.HLEN]! > WIRE.CHADDR_LENGTH ? Fault.Length : Fault.None;
}

/** See {@link Op}. */
export function op(buf: Uint8Array, off: number): number {
  return buf[off]!;
}

/** Hardware type, as in ARP: 1 is Ethernet. */
export function hardwareType(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.HTYPE]!;
}

/** Length of the hardware address in bytes, 0 to 16. */
export function hardwareLength(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.HLEN]!;
}

/** Relays on the way. */
export function hops(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.HOPS]!;
}

/** Transaction: the reply bears its request's. 0 to 4,294,967,295. */
export function transactionId(buf: Uint8Array, off: number): number {
  return getU32(buf, off + WIRE.XID);
}

/** Seconds since the client began. */
export function seconds(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.SECS);
}

/** See {@link BROADCAST}. */
export function flags(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.FLAGS);
}

/** `ciaddr`, a signed 32-bit integer, as are the next three. */
export function clientIp(buf: Uint8Array, off: number): number {
  return getI32(buf, off + WIRE.CIADDR);
}

/** `yiaddr` */
export function yourIp(buf: Uint8Array, off: number): number {
  return getI32(buf, off + WIRE.YIADDR);
}

/** `siaddr` */
export function serverIp(buf: Uint8Array, off: number): number {
  return getI32(buf, off + WIRE.SIADDR);
}

/** `giaddr` */
export function gatewayIp(buf: Uint8Array, off: number): number {
  return getI32(buf, off + WIRE.GIADDR);
}

/** True if the magic cookie of RFC 1497 and DHCP follows the header at `off`, before `end`. */
export function hasOptions(buf: Uint8Array, off: number, end: number): boolean {
  return end - off >= WIRE.OPTIONS && getI32(buf, off + WIRE.VEND) === WIRE.MAGIC_COOKIE;
}

/** The declared header: field table, and the checked slow path of `parse` and `build`. */
export const layout = header("dhcp", {
  op: "u8",
  htype: "u8",
  hlen: "u8",
  hops: "u8",
  xid: "u32",
  secs: "u16",
  flags: "u16",
  ciaddr: "ip",
  yiaddr: "ip",
  siaddr: "ip",
  giaddr: "ip",
  chaddr: { bytes: WIRE.CHADDR_LENGTH },
  sname: { bytes: WIRE.SNAME_LENGTH },
  file: { bytes: WIRE.FILE_LENGTH },
});
