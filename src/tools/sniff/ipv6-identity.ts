/** What an IPv6 packet is told from others by, be it on the wire or quoted in an error. */
import { Fault } from "../../../packets/fault.ts";
import * as ipv6 from "../../../packets/ipv6.ts";
import * as address from "../../../packets/ipv6-address.ts";
import * as extension from "../../../packets/ipv6-extension.ts";
import type { Subject } from "./explanation.ts";
import type { PacketIdentity } from "./packet-memory.ts";

export interface Ipv6Identity {
  readonly identity: PacketIdentity;
  /** Its fragment header, or -1. */
  readonly fragment: number;
}

/** @param at a header that has passed its check. @param upper walks the packet, and stands at its upper layer then. */
export function identityOf({ buf }: Subject, at: number, end: number, upper: extension.UpperLayer): Ipv6Identity {
  const isWhole = upper.find(buf, at, end) === Fault.None;
  const fragment = upper.isFragment ? fragmentHeader(buf, at, end) : -1;
  // Without a fragment header nothing numbers a packet: its first bytes must do.
  const id = fragment < 0 ? 0 : extension.fragmentId(buf, fragment) * 65_536 + extension.fragmentOffset(buf, fragment);
  const payload = Math.min(isWhole ? upper.offset : ipv6.payloadOffset(at), end);
  const src = address.format(buf, at + ipv6.SRC);
  const dst = address.format(buf, at + ipv6.DST);
  return { identity: { src, dst, protocol: upper.protocol, id, payload, end: Math.min(upper.end, end) }, fragment };
}

/** Each header takes at least 8 bytes, so that the payload's length bounds the walk. */
function fragmentHeader(buf: Uint8Array, at: number, end: number): number {
  let next = ipv6.nextHeader(buf, at);
  let header = ipv6.payloadOffset(at);
  const stop = ipv6.payloadEnd(buf, at, end);
  while (extension.isExtension(next)) {
    if (extension.check(buf, header, stop, next) !== Fault.None) return -1;
    if (next === ipv6.NextHeader.Fragment) return header;
    const length = extension.headerLength(buf, header, next);
    next = extension.nextHeader(buf, header);
    header += length;
  }
  return -1;
}
