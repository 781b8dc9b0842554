/**
 * Neighbor Discovery for IPv6 (RFC 4861): who has an address and what MAC goes with it (ARP's part), which routers and
 * prefixes the link has, and which first hop is better. All of it is ICMPv6; each message ends in options (ndp-option.ts).
 *
 *     router solicitation (133)         router advertisement (134)        neighbor solicitation (135)
 *     +-------------------------------+ +-------------------------------+ +-------------------------------+
 *     | type, code, checksum          | | type, code, checksum          | | type, code, checksum          |
 *     | reserved                      | | hop limit, MOHPrf, lifetime   | | reserved                      |
 *     | options                       | | reachable time                | | target address                |
 *     +-------------------------------+ | retransmission timer          | | options                       |
 *                                       | options                       | +-------------------------------+
 *                                       +-------------------------------+
 *     neighbor advertisement (136): flags RSO in the second word, target address, options
 *     redirect (137): reserved, target address (the better first hop), destination address, options
 */
import { copyOf, getU16, getU32, setU32 } from "./bytes.ts";
import { Fault } from "./fault.ts";
import { seal, Type } from "./icmpv6.ts";
import { type Decoded, header } from "./layout.ts";
import * as option from "./ndp-option.ts";

/** Lengths and offsets in bytes; read from here and not from the exports, so that V8 folds them (see arp.ts). */
const WIRE = {
  SOLICITATION_LENGTH: 8,
  ADVERTISEMENT_LENGTH: 16,
  NEIGHBOR_LENGTH: 24,
  REDIRECT_LENGTH: 40,
  HOP_LIMIT: 4,
  ROUTER_FLAGS: 5,
  ROUTER_LIFETIME: 6,
  REACHABLE_TIME: 8,
  RETRANSMIT_TIMER: 12,
  NEIGHBOR_FLAGS: 4,
  TARGET: 8,
  DESTINATION: 24,
} as const;
export const {
  SOLICITATION_LENGTH,
  ADVERTISEMENT_LENGTH,
  NEIGHBOR_LENGTH,
  REDIRECT_LENGTH,
  HOP_LIMIT,
  ROUTER_FLAGS,
  ROUTER_LIFETIME,
  REACHABLE_TIME,
  RETRANSMIT_TIMER,
  NEIGHBOR_FLAGS,
  TARGET,
  DESTINATION,
} = WIRE;

/** Hop limit that every message must arrive with: nobody beyond a router can have sent it (RFC 4861, 6.1 and 7.1). */
export const REQUIRED_HOP_LIMIT = 255;

/** Flags of a router advertisement: addresses by DHCPv6, other things by it, home agent; the preference lies between. */
export const RouterFlag = { Managed: 0x80, Other: 0x40, HomeAgent: 0x20, Proxy: 0x04 } as const;
/** Flags of a neighbor advertisement, the highest bits of its second word: as one byte. */
export const NeighborFlag = { Router: 0x80, Solicited: 0x40, Override: 0x20 } as const;

/** True for the five types of neighbor discovery. */
export function isNdp(type: number): boolean {
  return type >= Type.RouterSolicitation && type <= Type.Redirect;
}

/** Bytes before the options of a message of this type; 0 for others. */
export function fixedLength(type: number): number {
  switch (type) {
    case Type.RouterSolicitation:
      return WIRE.SOLICITATION_LENGTH;
    case Type.RouterAdvertisement:
      return WIRE.ADVERTISEMENT_LENGTH;
    case Type.NeighborSolicitation:
    case Type.NeighborAdvertisement:
      return WIRE.NEIGHBOR_LENGTH;
    case Type.Redirect:
      return WIRE.REDIRECT_LENGTH;
    default:
      return 0;
  }
}

/**
 * Checks that a message of neighbor discovery lies at `off`, sound options included (RFC 4861, 6.1 and 7.1).
 * @param end the end of the IPv6 payload.
 * @returns Truncated, also for other types; Length if an option is malformed; or None: then every accessor below that
 * fits the type is in bounds. Hop limit and checksum are the caller's to verify.
 */
export function check(buf: Uint8Array, off: number, end: number): Fault {
  if (end - off < WIRE.SOLICITATION_LENGTH) return Fault.Truncated;
  const fixed = fixedLength(buf[off]!);
  if (fixed === 0 || end - off < fixed) return Fault.Truncated;
  return option.check(buf, off + fixed, end);
}

/** First byte of the options. */
export function optionsOffset(buf: Uint8Array, off: number): number {
  return off + fixedLength(buf[off]!);
}

/** Hop limit that a router advises; 0 if it does not say. */
export function hopLimit(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.HOP_LIMIT]!;
}

/** Flags of a router advertisement, see {@link RouterFlag}. */
export function routerFlags(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.ROUTER_FLAGS]!;
}

/** Preference of a router (RFC 4191): 1 high, 0 medium, -1 low; the reserved value counts as medium. */
export function routerPreference(buf: Uint8Array, off: number): number {
  return [0, 1, 0, -1][(buf[off + WIRE.ROUTER_FLAGS]! >>> 3) & 3]!;
}

/** Seconds for which a router offers itself as the default; 0 if it does not. */
export function routerLifetime(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.ROUTER_LIFETIME);
}

/** Milliseconds for which a neighbor counts as reachable; 0 if the router does not say. */
export function reachableTime(buf: Uint8Array, off: number): number {
  return getU32(buf, off + WIRE.REACHABLE_TIME);
}

/** Milliseconds between solicitations; 0 if the router does not say. */
export function retransmitTimer(buf: Uint8Array, off: number): number {
  return getU32(buf, off + WIRE.RETRANSMIT_TIMER);
}

/** Flags of a neighbor advertisement, see {@link NeighborFlag}. */
export function neighborFlags(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.NEIGHBOR_FLAGS]! & 0xe0;
}

/** The declared fixed parts: field tables, and the checked slow path below. */
export const advertisementLayout = header("ndp-router-advertisement", {
  type: "u8",
  code: "u8",
  checksum: "u16",
  hopLimit: "u8",
  flags: "u8",
  lifetime: "u16",
  reachableTime: "u32",
  retransmitTimer: "u32",
});
export const neighborLayout = header("ndp-neighbor", {
  type: "u8",
  code: "u8",
  checksum: "u16",
  flags: "u32",
  target: { bytes: 16 },
});
export const redirectLayout = header("ndp-redirect", {
  type: "u8",
  code: "u8",
  checksum: "u16",
  reserved: "u32",
  target: { bytes: 16 },
  destination: { bytes: 16 },
});

/** What a router advises; times as in the accessors. */
type Advice = Decoded<{ hopLimit: "u8"; flags: "u8"; lifetime: "u16"; reachableTime: "u32"; retransmitTimer: "u32" }>;
type Options = { options: option.NdpOption[] };

/** A message as a plain object; addresses as 16 bytes, flags as in {@link RouterFlag} and {@link NeighborFlag}. */
export type NdpMessage =
  | ({ kind: "router-solicitation" } & Options)
  | ({ kind: "router-advertisement" } & Options & Advice)
  | ({ kind: "neighbor-solicitation"; target: Uint8Array } & Options)
  | ({ kind: "neighbor-advertisement"; flags: number; target: Uint8Array } & Options)
  | ({ kind: "redirect"; target: Uint8Array; destination: Uint8Array } & Options);

/** Takes a message apart, or says with a fault why it cannot be: for tools and tests. The checksum is not verified. */
export function parse(buf: Uint8Array, off = 0, end = buf.length): NdpMessage | Fault {
  const fault = check(buf, off, end);
  if (fault !== Fault.None) return fault;
  const options = option.parse(buf, optionsOffset(buf, off), end);
  if (typeof options === "number") return options;
  const target = () => copyOf(buf, off + WIRE.TARGET, off + WIRE.TARGET + 16);
  switch (buf[off]) {
    case Type.RouterSolicitation:
      return { kind: "router-solicitation", options };
    case Type.RouterAdvertisement: {
      const { hopLimit, flags, lifetime, reachableTime, retransmitTimer } = advertisementLayout.decode(buf, off);
      return { kind: "router-advertisement", hopLimit, flags, lifetime, reachableTime, retransmitTimer, options };
    }
    case Type.NeighborSolicitation:
      return { kind: "neighbor-solicitation", target: target(), options };
    case Type.NeighborAdvertisement:
      return { kind: "neighbor-advertisement", flags: neighborFlags(buf, off), target: target(), options };
    default: {
      const { target, destination } = redirectLayout.decode(buf, off);
      return { kind: "redirect", target, destination, options };
    }
  }
}

/**
 * The bytes of a message between two addresses of 16 bytes each, with its checksum.
 * @throws {RangeError} on a value that does not fit its field.
 */
export function build(message: NdpMessage, src: Uint8Array, dst: Uint8Array): Uint8Array {
  const options = option.build(message.options);
  const buf = new Uint8Array(fixedLength(TYPES[message.kind]) + options.length);
  writeFixed(buf, message);
  buf.set(options, buf.length - options.length);
  return seal(buf, src, dst);
}

const TYPES = {
  "router-solicitation": Type.RouterSolicitation,
  "router-advertisement": Type.RouterAdvertisement,
  "neighbor-solicitation": Type.NeighborSolicitation,
  "neighbor-advertisement": Type.NeighborAdvertisement,
  redirect: Type.Redirect,
} as const;

function writeFixed(buf: Uint8Array, message: NdpMessage): void {
  const start = { type: TYPES[message.kind], code: 0, checksum: 0 };
  switch (message.kind) {
    case "router-solicitation":
      buf[0] = start.type;
      break;
    case "router-advertisement":
      advertisementLayout.encode({ ...message, ...start }, buf);
      break;
    case "neighbor-solicitation":
      neighborLayout.encode({ ...message, ...start, flags: 0 }, buf);
      break;
    case "neighbor-advertisement":
      neighborLayout.encode({ ...message, ...start, flags: (message.flags << 24) >>> 0 }, buf);
      break;
    case "redirect":
      redirectLayout.encode({ ...message, ...start, reserved: 0 }, buf);
      break;
  }
}

/** Writes the target address of a neighbor message, and its flags (0 in a solicitation). */
export function setNeighbor(buf: Uint8Array, off: number, flags: number, target: Uint8Array): void {
  setU32(buf, off + WIRE.NEIGHBOR_FLAGS, (flags & 0xe0) << 24);
  buf.set(target, off + WIRE.TARGET);
}
