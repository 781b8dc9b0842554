/** IPv6's routing header, as a source route or as a segment list, and its fragment header. */
import { getU16, getU32 } from "../bytes.ts";
import * as ipv6 from "../ipv6.ts";
import * as extension from "../ipv6-extension.ts";
import type { Dissection } from "./dissection.ts";
import type { HeaderPrinted } from "./ipv6-options.ts";
import { literal } from "./writer.ts";

const ROUTING = literal("rt6");
const FRAGMENT = literal("frag6");
const FRAG = literal("frag (");
const COLON = 0x3a;
const PIPE = 0x7c;
const CLOSE = 0x29;
const SPACE = 0x20;

/** The routing header at `at`. */
export function printRouting(d: Dissection, at: number): HeaderPrinted {
  const { buf, out } = d;
  d.protocol = ROUTING;
  out.ascii("RT6");
  if (!d.has(at + extension.LENGTH, 1)) return "cut";
  const length = buf[at + extension.LENGTH]!;
  out.ascii(` (len=${length}`);
  if (!d.has(at + extension.ROUTING_TYPE, 1)) return "cut";
  const type = extension.routingType(buf, at);
  out.ascii(`, type=${type}`);
  if (type === extension.RoutingType.SourceRoute) out.ascii(" [Deprecated]");
  if (!d.has(at + extension.SEGMENTS_LEFT, 1)) return "cut";
  out.ascii(`, segleft=${extension.segmentsLeft(buf, at)}`);
  switch (type) {
    case extension.RoutingType.SourceRoute:
    case extension.RoutingType.Mobile: {
      if (!d.has(at + extension.LAST_ENTRY, 4)) return "cut";
      const reserved = getU32(buf, at + extension.LAST_ENTRY);
      if (reserved !== 0 || d.verbose > 0) out.ascii(`, rsv=0x${reserved.toString(16)}`);
      break;
    }
    case extension.RoutingType.SegmentRouting: {
      if (!d.has(at + extension.LAST_ENTRY, 1)) return "cut";
      out.ascii(`, last-entry=${buf[at + extension.LAST_ENTRY]}`);
      if (!d.has(at + extension.FLAGS, 1)) return "cut";
      const flags = buf[at + extension.FLAGS]!;
      if (flags !== 0 || d.verbose > 0) out.ascii(`, flags=0x${flags.toString(16)}`);
      if (!d.has(at + extension.TAG, 2)) return "cut";
      out.ascii(`, tag=${getU16(buf, at + extension.TAG).toString(16)}`);
      break;
    }
    default:
      out.ascii(" (unknown type)");
      d.invalid();
      return "invalid";
  }
  if (length % 2 === 1) {
    out.ascii(` (invalid length ${length})`);
    d.invalid();
    return "invalid";
  }
  for (let i = 0; i < length >> 1; i++) {
    const address = at + extension.ADDRESSES + 16 * i;
    if (!d.has(address, 16)) return "cut";
    out.ascii(`, [${i}]`);
    out.ipv6(buf, address);
  }
  out.ascii(") ");
  return "done";
}

/**
 * The fragment header at `at` of the packet at `ip`.
 * @returns done if this is the first fragment, later for another, whose data is no message's beginning.
 */
export function printFragment(d: Dissection, ip: number, at: number): "done" | "later" | "cut" {
  const { buf, out } = d;
  d.protocol = FRAGMENT;
  if (!d.has(at + extension.FRAGMENT_OFFSET, d.verbose > 0 ? 6 : 2)) return "cut";
  out.put(FRAG);
  if (d.verbose > 0) {
    out.ascii("0x");
    out.hexPadded(extension.fragmentId(buf, at), 8);
    out.byte(COLON);
  }
  const offset = extension.fragmentOffset(buf, at);
  out.decimal(offset);
  out.byte(PIPE);
  const bytes = ipv6.HEADER_LENGTH + ipv6.payloadLength(buf, ip) - (at - ip) - extension.FRAGMENT_LENGTH;
  // tcpdump counts with 64 bits and no sign.
  if (bytes >= 0) out.decimal(bytes);
  else out.ascii(String(BigInt.asUintN(64, BigInt(bytes))));
  out.byte(CLOSE);
  if (offset !== 0) return "later";
  out.byte(SPACE);
  return "done";
}
