/** IPv6 (RFC 8200): the fixed header, and the way along the extension headers to what they lead to. */
import * as ipv6 from "../ipv6.ts";
import * as extension from "../ipv6-extension.ts";
import type { Dissection } from "./dissection.ts";
import { printPayload, printsAddresses, protocolName } from "./ip-protocol.ts";
import { printOptions } from "./ipv6-options.ts";
import { printFragment, printRouting } from "./ipv6-routing.ts";
import { printMobility } from "./mobility.ts";
import { literal } from "./writer.ts";

const PROTOCOL = literal("ip6");
const HOP_BY_HOP = literal("hbhopt");
const DESTINATION = literal("dstopt");
const HBH = literal("HBH ");
const DSTOPT = literal("DSTOPT ");
const IP6 = literal("IP6 ");
const TO = literal(" > ");
const COLON = literal(": ");
const CLASS = literal("class 0x");
const FLOW_LABEL = literal("flowlabel 0x");
const SEPARATOR = literal(", ");
const HOP_LIMIT = literal("hlim ");
const NEXT_HEADER = literal(", next-header ");
const PAYLOAD_LENGTH = literal(") payload length: ");
const CLOSE = literal(") ");
const OPEN_NUMBER = literal(" (");
const OPEN = 0x28;
/** No next header before it: what stands directly behind the fixed header. */
const NOTHING = 255;

const { HEADER_LENGTH } = ipv6;
const { HopByHop, DestinationOptions, Fragment, MobilityOld, Mobility, Routing } = ipv6.NextHeader;

/** The packet at `off`; `length` bytes from there were on the wire. */
export function printIpv6(d: Dissection, off: number, length: number): boolean {
  d.protocol = PROTOCOL;
  const { buf, out } = d;
  if (!d.has(off, HEADER_LENGTH)) {
    d.truncated();
    return true;
  }
  if (length < HEADER_LENGTH) {
    out.ascii(`truncated-ip6 ${length}`);
    return true;
  }
  if (!d.linkHeader) out.put(IP6);
  const version = ipv6.version(buf, off);
  if (version !== 6) {
    out.ascii(`version error: ${version} != 6`);
    return true;
  }
  const payload = ipv6.payloadLength(buf, off);
  // A payload length of 0 may announce a jumbogram: for now, all that is there counts.
  const total = payload === 0 ? length + HEADER_LENGTH : payload + HEADER_LENGTH;
  if (payload !== 0 && length < total) printMissing(d, total - length);
  if (d.verbose > 0) printHeader(d, off);
  const before = d.narrow(off, total);
  const done = printChain(d, off, length, total);
  if (done) d.end = before;
  return done;
}

function printMissing(d: Dissection, bytes: number): void {
  d.out.ascii(`truncated-ip6 - ${bytes} bytes missing!`);
}

function printHeader(d: Dissection, off: number): void {
  const { buf, out } = d;
  out.byte(OPEN);
  const trafficClass = ipv6.trafficClass(buf, off);
  if (trafficClass !== 0) {
    out.put(CLASS);
    out.hexPadded(trafficClass, 2);
    out.put(SEPARATOR);
  }
  const label = ipv6.flowLabel(buf, off);
  if (label !== 0) {
    out.put(FLOW_LABEL);
    out.hexPadded(label, 5);
    out.put(SEPARATOR);
  }
  out.put(HOP_LIMIT);
  out.decimal(ipv6.hopLimit(buf, off));
  out.put(NEXT_HEADER);
  const next = ipv6.nextHeader(buf, off);
  out.put(protocolName(next));
  out.put(OPEN_NUMBER);
  out.decimal(next);
  out.put(PAYLOAD_LENGTH);
  out.decimal(ipv6.payloadLength(buf, off));
  out.put(CLOSE);
}

/** `length` bytes were on the wire, `total` of them belong to the packet. */
function printChain(d: Dissection, off: number, length: number, total: number): boolean {
  const { buf, out } = d;
  let next = ipv6.nextHeader(buf, off);
  let payload = ipv6.payloadLength(buf, off);
  let isJumbogram = false;
  let isFragmented = false;
  let previous = NOTHING;
  let hasHopByHop = false;
  let at = off;
  let rest = total;
  for (let advance: number = HEADER_LENGTH; at < d.end && advance > 0; ) {
    if (rest < advance) {
      d.truncated();
      return true;
    }
    at += advance;
    rest -= advance;
    if (at === off + HEADER_LENGTH && !printsAddresses(next)) {
      out.ipv6(buf, off + ipv6.SRC);
      out.put(TO);
      out.ipv6(buf, off + ipv6.DST);
      out.put(COLON);
    }
    switch (next) {
      case HopByHop: {
        if (hasHopByHop || previous !== NOTHING) {
          const fault = hasHopByHop ? "was already found" : "don't follow the IPv6 header";
          out.ascii(`[The Hop-by-Hop Options header ${fault}]`);
          d.invalid();
          return true;
        }
        d.protocol = HOP_BY_HOP;
        const done = printOptions(d, at, HBH, payload);
        if (done === "cut") return false;
        isJumbogram = d.jumboLength > 0;
        if (isJumbogram) payload = d.jumboLength;
        if (payload === 0) {
          out.ascii("[No valid Jumbo Payload Hop-by-Hop option found]");
          d.invalid();
          return true;
        }
        if (done === "invalid") return true;
        hasHopByHop = true;
        advance = extension.headerLength(buf, at, next);
        break;
      }
      case DestinationOptions: {
        d.protocol = DESTINATION;
        const done = printOptions(d, at, DSTOPT, -1);
        if (done === "cut") return false;
        if (done === "invalid") return true;
        advance = extension.headerLength(buf, at, next);
        break;
      }
      case Fragment: {
        const done = printFragment(d, off, at);
        if (done === "cut") return false;
        if (done === "later" || d.end <= at + extension.FRAGMENT_LENGTH) return true;
        isFragmented = true;
        advance = extension.FRAGMENT_LENGTH;
        break;
      }
      case MobilityOld:
      case Mobility:
        return printMobility(d, at);
      case Routing: {
        if (!d.has(at, 1)) {
          d.truncated();
          return true;
        }
        const done = printRouting(d, at);
        if (done === "cut") return false;
        if (done === "invalid") return true;
        advance = extension.headerLength(buf, at, next);
        break;
      }
      default:
        if (isJumbogram) {
          rest = payload + HEADER_LENGTH;
          if (rest < at - off) {
            d.truncated();
            return true;
          }
          if (length < rest) printMissing(d, rest - length);
          d.narrow(off, rest);
          rest -= at - off;
        } else if (payload === 0) {
          if (previous !== NOTHING) {
            d.truncated();
            return true;
          }
          d.narrow(off, HEADER_LENGTH);
          rest = 0;
        }
        return printPayload(d, off, 6, next, at, rest, isFragmented);
    }
    previous = next;
    next = buf[at]!;
    d.protocol = PROTOCOL;
  }
  return true;
}

/**
 * The sum of the pseudo header (RFC 8200, 8.1), not folded. The destination is the final one, as far as tcpdump looks
 * for it: behind extension headers up to the first routing header.
 */
export function ipv6PseudoHeaderSum(d: Dissection, ip: number, protocol: number, length: number): number {
  return ipv6.pseudoHeaderSum(d.buf, ip, finalDestination(d, ip), protocol, length);
}

function finalDestination(d: Dissection, ip: number): number {
  const { buf } = d;
  let next = ipv6.nextHeader(buf, ip);
  for (let at = ip + HEADER_LENGTH; d.has(at, extension.MIN_LENGTH); ) {
    switch (next) {
      case HopByHop:
      case DestinationOptions:
      case MobilityOld:
      case Mobility:
      case Fragment: {
        const bytes = extension.headerLength(buf, at, next);
        next = buf[at]!;
        at += bytes;
        break;
      }
      case Routing:
        return routeEnd(d, at) ?? ip + ipv6.DST;
      default:
        return ip + ipv6.DST;
    }
  }
  return ip + ipv6.DST;
}

/** The last address of a route of which at least that much was captured. */
function routeEnd(d: Dissection, at: number): number | undefined {
  const { buf } = d;
  const units = buf[at + extension.LENGTH]!;
  if (units % 2 === 1) return undefined;
  const first = at + extension.ADDRESSES;
  switch (extension.routingType(buf, at)) {
    case extension.RoutingType.SourceRoute:
    case extension.RoutingType.Mobile: {
      const there = Math.min(units >> 1, Math.floor((d.end - first) / 16));
      return there > 0 ? first + 16 * (there - 1) : undefined;
    }
    case extension.RoutingType.SegmentRouting:
      return d.has(first, 16) ? first : undefined;
    default:
      return undefined;
  }
}
