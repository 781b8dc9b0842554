/** The fields of IPv6 (RFC 8200) and its extension headers. */
import { getU16 } from "../bytes.ts";
import * as ipv4 from "../ipv4.ts";
import { declareOptions, visitTlvOptions } from "./ipv6-options.ts";
import { dscpName, ecnName, named } from "./names.ts";
import { type Container, layer } from "./spec.ts";
import { MAX_NESTING, type Walker } from "./walker.ts";

/** Extension headers of one packet that are followed; RFC 8200 has each but one appear once. */
const MAX_EXTENSIONS = 32;
const HEADER = 40;

/** Next header values (IANA: protocol numbers). */
const Next = { HopByHop: 0, Routing: 43, Fragment: 44, Esp: 50, Auth: 51, None: 59, Destination: 60, Mobility: 135 };
const NEXT_NAMES: Readonly<Record<number, string>> = {
  0: "hop-by-hop options",
  43: "routing",
  44: "fragment",
  58: "ICMPv6",
  59: "no next header",
  60: "destination options",
  135: "mobility",
  139: "HIP",
  140: "Shim6",
};
/** The protocol's or extension header's name; an unknown one stays a number. */
export function nextHeaderName(value: number): string {
  return NEXT_NAMES[value] ?? ipv4.protocolName(value);
}
const NEXT = { names: nextHeaderName, nameKey: "nextHeaderName" };

const IPV6 = layer("ipv6", "Internet Protocol version 6", "RFC 8200, 3");
const VERSION = IPV6.number("version", "Version", 1, { bits: [0, 4] });
const TRAFFIC_CLASS = IPV6.number("trafficClass", "Traffic class", 2, { bits: [4, 8], inTree: false });
const DSCP = IPV6.number("dscp", "Differentiated services", 2, {
  bits: [4, 6],
  names: dscpName,
  source: "RFC 2474, 3",
});
const ECN = IPV6.number("ecn", "Congestion notification", 2, { bits: [10, 2], names: ecnName, source: "RFC 3168, 5" });
const FLOW_LABEL = IPV6.hex("flowLabel", "Flow label", 3, { bits: [4, 20], digits: 5, source: "RFC 6437, 2" });
const PAYLOAD_LENGTH = IPV6.number("payloadLength", "Payload length", 2, { unit: "bytes" });
const NEXT_HEADER = IPV6.number("nextHeader", "Next header", 1, NEXT);
const HOP_LIMIT = IPV6.number("hopLimit", "Hop limit", 1, { unit: "hops" });
const SOURCE = IPV6.ipv6("source", "Source address");
const DESTINATION = IPV6.ipv6("destination", "Destination address");
const MISSING = IPV6.number("missing", "Missing", 0, {
  unit: "bytes",
  note: "by how many the payload length exceeds what is there",
});

const lengthOptions = { unit: "bytes", note: "of the whole extension header" };
const HOP_BY_HOP = layer("ipv6-hop-by-hop", "Hop-by-hop options", "RFC 8200, 4.3");
const HOP_NEXT = HOP_BY_HOP.number("nextHeader", "Next header", 1, NEXT);
const HOP_LENGTH = HOP_BY_HOP.number("length", "Header extension length", 1, lengthOptions);
const HOP_OPTIONS = declareOptions(HOP_BY_HOP.list("options", "Options", "RFC 8200, 4.2"));
const DESTINATION_OPTIONS = layer("ipv6-destination-options", "Destination options", "RFC 8200, 4.6");
const DST_NEXT = DESTINATION_OPTIONS.number("nextHeader", "Next header", 1, NEXT);
const DST_LENGTH = DESTINATION_OPTIONS.number("length", "Header extension length", 1, lengthOptions);
const DST_OPTIONS = declareOptions(DESTINATION_OPTIONS.list("options", "Options", "RFC 8200, 4.2"));

const ROUTING = layer("ipv6-routing", "Routing header", "RFC 8200, 4.4");
const ROUTING_NEXT = ROUTING.number("nextHeader", "Next header", 1, NEXT);
const ROUTING_LENGTH = ROUTING.number("length", "Header extension length", 1, lengthOptions);
const ROUTING_TYPE = ROUTING.number("type", "Routing type", 1, {
  names: named({ 0: "source route (deprecated by RFC 5095)", 2: "mobile IPv6", 3: "RPL", 4: "segment routing" }),
});
const SEGMENTS_LEFT = ROUTING.number("segmentsLeft", "Segments left", 1);
const LAST_ENTRY = ROUTING.number("lastEntry", "Last entry", 1, { source: "RFC 8754, 2" });
const ROUTING_FLAGS = ROUTING.unused("Flags", { source: "RFC 8754, 2" });
const ROUTING_UNUSED = ROUTING.unused();
const ROUTING_TLVS = ROUTING.bytes("tlvs", "TLVs", { source: "RFC 8754, 2.1" });
const ROUTING_TAG = ROUTING.hex("tag", "Tag", 2, { source: "RFC 8754, 2" });
const ADDRESSES = ROUTING.list("addresses", "Addresses", "RFC 8200, 4.4");
const ADDRESS = ADDRESSES.ipv6("", "Address");
const ROUTING_DATA = ROUTING.bytes("data", "Type-specific data");

const FRAGMENT = layer("ipv6-fragment", "Fragment header", "RFC 8200, 4.5");
const FRAGMENT_NEXT = FRAGMENT.number("nextHeader", "Next header", 1, NEXT);
const FRAGMENT_UNUSED = FRAGMENT.unused();
const FRAGMENT_OFFSET = FRAGMENT.number("fragmentOffset", "Fragment offset", 2, { bits: [0, 13], unit: "bytes" });
const FRAGMENT_MORE = FRAGMENT.flag("moreFragments", "More fragments (M)", 2, 15);
const FRAGMENT_ID = FRAGMENT.number("id", "Identification", 4);

const AUTH = layer("ah", "Authentication Header", "RFC 4302, 2");
const AUTH_NEXT = AUTH.number("nextHeader", "Next header", 1, NEXT);
const AUTH_LENGTH = AUTH.number("length", "Payload length", 1, lengthOptions);
const AUTH_UNUSED = AUTH.unused();
const AUTH_SPI = AUTH.number("spi", "Security parameters index", 4);
const AUTH_SEQUENCE = AUTH.number("sequence", "Sequence number", 4);
const AUTH_ICV = AUTH.bytes("icv", "Integrity check value");

export function visitIpv6(w: Walker, at: number): void {
  w.open(IPV6, at);
  const version = w.bits(VERSION, at);
  if (!w.failed && version !== 6) w.problem(at, "version", `version ${version} under the EtherType of IPv6`);
  w.bits(TRAFFIC_CLASS, at);
  w.bits(DSCP, at);
  w.bits(ECN, at);
  w.bits(FLOW_LABEL, at + 1);
  const length = w.u16(PAYLOAD_LENGTH, at + 4);
  const next = w.u8(NEXT_HEADER, at + 6);
  w.u8(HOP_LIMIT, at + 7);
  w.place(SOURCE, at + 8);
  w.place(DESTINATION, at + 24);
  // A jumbogram (RFC 2675) has 0, and segmentation offload leaves it.
  const isJumbo = length === 0 && next === Next.HopByHop;
  const stop = isJumbo ? w.end : at + HEADER + length;
  if (stop > w.end && w.quoted === 0) w.value(MISSING, at, 0, stop - w.end);
  w.narrow(stop, "IPv6 payload length");
  const canRead = w.nesting < MAX_NESTING && (isExtension(next) || w.dispatch.knows(6, next));
  if (!canRead) w.payload(IPV6, at + HEADER);
  const isSound = w.close(at + HEADER);
  if (w.nesting === 0 && isSound && !isJumbo) w.trailer = stop;
  if (isSound && canRead) {
    const { ip, ipVersion, ipSource, ipDestination, isWhole } = w;
    w.ip = at;
    w.ipVersion = 6;
    w.ipSource = at + 8;
    w.ipDestination = at + 24;
    w.isWhole = stop <= w.end && w.quoted === 0;
    w.nesting++;
    visitExtensions(w, next, at + HEADER);
    w.nesting--;
    w.isWhole = isWhole;
    w.ip = ip;
    w.ipVersion = ipVersion;
    w.ipSource = ipSource;
    w.ipDestination = ipDestination;
  }
  w.widen();
}

function isExtension(next: number): boolean {
  return (
    next === Next.HopByHop ||
    next === Next.Routing ||
    next === Next.Fragment ||
    next === Next.Destination ||
    next === Next.Auth
  );
}

/** The headers between IPv6's and what it carries, and that. */
function visitExtensions(w: Walker, first: number, at: number): void {
  let next = first;
  let isFragment = false;
  for (let i = 0; i < MAX_EXTENSIONS && isExtension(next); i++) {
    // An extension header that is not there at all: the one before, which is closed already, cannot say so.
    const known = w.left(at) > 0 ? w.buf[at]! : -1;
    const length = extensionLength(w, next, at);
    const isLater = next === Next.Fragment && w.left(at) >= 4 && (getU16(w.buf, at + 2) & 0xfff8) !== 0;
    const isLast = isLater || i === MAX_EXTENSIONS - 1 || !(isExtension(known) || w.dispatch.knows(6, known));
    const spec = visitExtension(w, next, at, length);
    if (isLast) w.payload(spec, at + length);
    if (!w.close(at + length) || isLast) return;
    if (next === Next.Fragment) {
      isFragment ||= (getU16(w.buf, at + 2) & 0xfff9) !== 0;
      if (isFragment) w.isWhole = false;
    }
    next = known;
    at += length;
  }
  w.dispatch.ipProtocol(w, next, at, isFragment);
}

function extensionLength(w: Walker, kind: number, at: number): number {
  if (kind === Next.Fragment) return 8;
  if (w.left(at) < 2) return 8;
  return kind === Next.Auth ? 4 * (w.buf[at + 1]! + 2) : 8 * (w.buf[at + 1]! + 1);
}

/** Opens the layer, and leaves it open. */
function visitExtension(w: Walker, kind: number, at: number, length: number): Container {
  switch (kind) {
    case Next.HopByHop:
      w.open(HOP_BY_HOP, at);
      w.u8(HOP_NEXT, at);
      if (w.need("Header extension length", at + 1, 1)) w.value(HOP_LENGTH, at + 1, 1, length);
      visitTlvOptions(w, HOP_OPTIONS, at + 2, at + length);
      w.need("the header", at, length);
      return HOP_BY_HOP;
    case Next.Destination:
      w.open(DESTINATION_OPTIONS, at);
      w.u8(DST_NEXT, at);
      if (w.need("Header extension length", at + 1, 1)) w.value(DST_LENGTH, at + 1, 1, length);
      visitTlvOptions(w, DST_OPTIONS, at + 2, at + length);
      w.need("the header", at, length);
      return DESTINATION_OPTIONS;
    case Next.Routing:
      w.open(ROUTING, at);
      w.u8(ROUTING_NEXT, at);
      if (w.need("Header extension length", at + 1, 1)) w.value(ROUTING_LENGTH, at + 1, 1, length);
      visitRouting(w, at, length);
      return ROUTING;
    case Next.Fragment:
      w.open(FRAGMENT, at);
      w.u8(FRAGMENT_NEXT, at);
      w.place(FRAGMENT_UNUSED, at + 1, 1);
      w.bits(FRAGMENT_OFFSET, at + 2, 8);
      w.flag(FRAGMENT_MORE, at + 2);
      w.u32(FRAGMENT_ID, at + 4);
      return FRAGMENT;
    default:
      w.open(AUTH, at);
      w.u8(AUTH_NEXT, at);
      if (w.need("Payload length", at + 1, 1)) w.value(AUTH_LENGTH, at + 1, 1, length);
      w.place(AUTH_UNUSED, at + 2, 2);
      w.u32(AUTH_SPI, at + 4);
      w.u32(AUTH_SEQUENCE, at + 8);
      if (length > 12) w.place(AUTH_ICV, at + 12, length - 12);
      return AUTH;
  }
}

function visitRouting(w: Walker, at: number, length: number): void {
  const type = w.u8(ROUTING_TYPE, at + 2);
  const left = w.u8(SEGMENTS_LEFT, at + 3);
  let first = at + 8;
  let count = length >> 4;
  if (type === 4) {
    count = Math.min(count, w.u8(LAST_ENTRY, at + 4) + 1);
    w.place(ROUTING_FLAGS, at + 5, 1);
    w.u16(ROUTING_TAG, at + 6);
  } else if (type !== 0 && type !== 2) {
    w.place(ROUTING_DATA, at + 4, length - 4);
    return;
  } else w.place(ROUTING_UNUSED, at + 4, 4);
  w.open(ADDRESSES, first);
  for (let i = 0; i < count && !w.failed; i++, first += 16) w.place(ADDRESS, first);
  w.close(first);
  if (first < at + length) w.place(ROUTING_TLVS, first, at + length - first);
  // RFC 8200, 8.1: the pseudo-header has the final destination. Segment routing lists it first, the others last.
  if (left > 0 && count > 0 && !w.failed) w.ipDestination = at + 8 + (type === 4 ? 0 : 16 * (count - 1));
}
