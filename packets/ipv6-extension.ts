/**
 * IPv6 extension headers (RFC 8200, 4): each names what follows it, so that reading a packet means walking from one to
 * the next. All but two have this form:
 *
 *     +---------------+---------------+-------------------------------+
 *     |  next header  |  hdr ext len  |  options, or what the type    |  length: in 8 bytes, without the first 8
 *     +---------------+---------------+  has: ipv6-options.ts         |
 *     |                              ...                              |
 *     +---------------------------------------------------------------+
 *
 * The fragment header is always 8 bytes long, and the authentication header (ah.ts) counts in 4 bytes, without 2 of them:
 *
 *     +---------------+---------------+-------------------------+---+-+
 *     |  next header  |   reserved    |     fragment offset     |res|M|  offset in 8 bytes; M: more fragments
 *     +---------------+---------------+-------------------------+---+-+
 *     |                        identification                         |
 *     +---------------------------------------------------------------+
 *
 * A routing header's second half depends on its type; all have the segments left in common. Type 4 is the segment
 * routing header (RFC 8754), whose list runs backwards: the last destination comes first.
 *
 *     +---------------+---------------+---------------+---------------+
 *     |  next header  |  hdr ext len  | routing type  | segments left |
 *     +---------------+---------------+---------------+---------------+
 *     |   type 0 and 2: reserved; type 4: last entry, flags, tag      |
 *     +---------------------------------------------------------------+
 *     |                    addresses, 16 bytes each                   |
 *     +---------------------------------------------------------------+
 */
import { getU16, getU32, setU16, setU32 } from "./bytes.ts";
import { Fault } from "./fault.ts";
import * as ipv6 from "./ipv6.ts";
import { header } from "./layout.ts";

/** Lengths and offsets in bytes; read from here and not from the exports, so that V8 folds them (see arp.ts). */
const WIRE = {
  /** Bytes of the shortest header, and of every fragment header. */
  MIN_LENGTH: 8,
  FRAGMENT_LENGTH: 8,
  NEXT_HEADER: 0,
  LENGTH: 1,
  /** Options of a hop-by-hop or destination options header. */
  OPTIONS: 2,
  FRAGMENT_OFFSET: 2,
  FRAGMENT_ID: 4,
  ROUTING_TYPE: 2,
  SEGMENTS_LEFT: 3,
  LAST_ENTRY: 4,
  FLAGS: 5,
  TAG: 6,
  ADDRESSES: 8,
} as const;
export const {
  MIN_LENGTH,
  FRAGMENT_LENGTH,
  NEXT_HEADER,
  LENGTH,
  OPTIONS,
  FRAGMENT_OFFSET,
  FRAGMENT_ID,
  ROUTING_TYPE,
  SEGMENTS_LEFT,
  LAST_ENTRY,
  FLAGS,
  TAG,
  ADDRESSES,
} = WIRE;

/** IANA: routing types. */
export const RoutingType = {
  /** Deprecated: it lets traffic be sent to and fro (RFC 5095). */
  SourceRoute: 0,
  /** Mobile IPv6: one address, the home address (RFC 6275). */
  Mobile: 2,
  /** RFC 8754. */
  SegmentRouting: 4,
} as const;

const { HopByHop, DestinationOptions, Routing, Fragment, Ah, MobilityOld, Mobility } = ipv6.NextHeader;

/** True if a next header of this number is an extension header that names what follows it. ESP's does so encrypted. */
export function isExtension(next: number): boolean {
  switch (next) {
    case HopByHop:
    case DestinationOptions:
    case Routing:
    case Fragment:
    case Ah:
    case MobilityOld:
    case Mobility:
      return true;
    default:
      return false;
  }
}

/**
 * Checks that an extension header lies whole at `at`.
 * @param next what the header before calls it. @param end the end of the packet's payload.
 * @returns Truncated, or None: then every accessor below that fits its kind is in bounds. Options may still be malformed.
 */
export function check(buf: Uint8Array, at: number, end: number, next: number): Fault {
  if (end - at < WIRE.MIN_LENGTH) return Fault.Truncated;
  return headerLength(buf, at, next) > end - at ? Fault.Truncated : Fault.None;
}

/** Bytes of the extension header that `next` calls it: 8 to 2048. */
export function headerLength(buf: Uint8Array, at: number, next: number): number {
  if (next === Fragment) return WIRE.FRAGMENT_LENGTH;
  const units = buf[at + WIRE.LENGTH]!;
  return next === Ah ? (units + 2) << 2 : (units + 1) << 3;
}

/** What follows this extension header. */
export function nextHeader(buf: Uint8Array, at: number): number {
  return buf[at]!;
}

/** Where this fragment's part begins within the whole packet's, in bytes: a multiple of 8 up to 65,528. */
export function fragmentOffset(buf: Uint8Array, at: number): number {
  return getU16(buf, at + WIRE.FRAGMENT_OFFSET) & 0xfff8;
}

/** True if this is not the last fragment. */
export function moreFragments(buf: Uint8Array, at: number): boolean {
  return (buf[at + WIRE.FRAGMENT_OFFSET + 1]! & 1) !== 0;
}

/** What a packet's fragments have in common, with source and destination. */
export function fragmentId(buf: Uint8Array, at: number): number {
  return getU32(buf, at + WIRE.FRAGMENT_ID);
}

/** Writes offset (in bytes, a multiple of 8), more fragments, and identification. */
export function setFragment(buf: Uint8Array, at: number, offset: number, more: boolean, id: number): void {
  setU16(buf, at + WIRE.FRAGMENT_OFFSET, (offset & 0xfff8) | (more ? 1 : 0));
  setU32(buf, at + WIRE.FRAGMENT_ID, id);
}

/** Kind of a routing header, see {@link RoutingType}. */
export function routingType(buf: Uint8Array, at: number): number {
  return buf[at + WIRE.ROUTING_TYPE]!;
}

/** Stations of the route that are still to be visited. */
export function segmentsLeft(buf: Uint8Array, at: number): number {
  return buf[at + WIRE.SEGMENTS_LEFT]!;
}

/** Whole addresses in a routing header of type 0, 2 or 4; in type 4, type-length-values may follow them. */
export function addressCount(buf: Uint8Array, at: number): number {
  const room = buf[at + WIRE.LENGTH]! >>> 1;
  if (buf[at + WIRE.ROUTING_TYPE] !== RoutingType.SegmentRouting) return room;
  return Math.min(room, buf[at + WIRE.LAST_ENTRY]! + 1);
}

/** The declared fragment header. */
export const fragmentLayout = header("ipv6-fragment", { nextHeader: "u8", reserved: "u8", offset: "u16", id: "u32" });

/** The declared first 8 bytes of a segment routing header; those of the older types differ in the second half. */
export const routingLayout = header("ipv6-routing", {
  nextHeader: "u8",
  length: "u8",
  type: "u8",
  segmentsLeft: "u8",
  lastEntry: "u8",
  flags: "u8",
  tag: "u16",
});

/**
 * Where a packet's upper layer lies, behind all extension headers. One object serves any number of packets.
 *
 * @example
 * const upper = new UpperLayer();
 * if (upper.find(buf, ip, end) === Fault.None && upper.protocol === 6 && !upper.isFragment) tcp.srcPort(buf, upper.offset);
 */
export class UpperLayer {
  /** What it is; `NextHeader.Esp` if the rest is encrypted. After a fault, the header that could not be read. */
  protocol = 0;
  /** Its first byte. */
  offset = 0;
  /** The byte after it: the end of the payload, padding cut off, or of the captured bytes. */
  end = 0;
  /** True behind a fragment header that is not alone (RFC 6946): what lies there is no whole message. */
  isFragment = false;
  /** True for a fragment other than the first: the upper layer's header is in another packet. */
  isLaterFragment = false;
  /** The final destination's 16 bytes: the IPv6 header's, or the last of a routing header's. */
  destination = 0;
  /** Number of extension headers before it. */
  count = 0;

  /**
   * Walks the packet whose fixed header has passed a check.
   * @param end the end of the captured bytes.
   * @returns None, or Truncated if an extension header is cut.
   */
  find(buf: Uint8Array, off: number, end: number): Fault {
    this.protocol = ipv6.nextHeader(buf, off);
    this.offset = ipv6.payloadOffset(off);
    this.end = ipv6.payloadEnd(buf, off, end);
    this.isFragment = false;
    this.isLaterFragment = false;
    this.destination = off + ipv6.DST;
    this.count = 0;
    // Each header takes at least 8 bytes, so that the payload's length bounds the walk.
    while (isExtension(this.protocol) && !this.isLaterFragment) {
      const fault = check(buf, this.offset, this.end, this.protocol);
      if (fault !== Fault.None) return fault;
      this.pass(buf, this.offset);
    }
    return Fault.None;
  }

  private pass(buf: Uint8Array, at: number): void {
    if (this.protocol === Fragment) {
      this.isLaterFragment = fragmentOffset(buf, at) !== 0;
      this.isFragment ||= this.isLaterFragment || moreFragments(buf, at);
    } else if (this.protocol === Routing) {
      const last = finalDestination(buf, at);
      if (last >= 0) this.destination = last;
    }
    this.offset = at + headerLength(buf, at, this.protocol);
    this.protocol = nextHeader(buf, at);
    this.count++;
  }
}

/**
 * The last destination that a routing header of type 0, 2 or 4 names: what upper layers' checksums cover (RFC 8200, 8.1).
 * @returns the first of its 16 bytes in `buf`, or -1 if there is none. The header must have passed its check.
 */
export function finalDestination(buf: Uint8Array, at: number): number {
  const count = addressCount(buf, at);
  if (count === 0) return -1;
  switch (buf[at + WIRE.ROUTING_TYPE]) {
    case RoutingType.SourceRoute:
    case RoutingType.Mobile:
      return at + WIRE.ADDRESSES + (count - 1) * ipv6.ADDRESS_LENGTH;
    case RoutingType.SegmentRouting:
      return at + WIRE.ADDRESSES;
    default:
      return -1;
  }
}
