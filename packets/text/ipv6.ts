/** IPv6 (RFC 8200): the fixed header, and what follows it directly. Extension headers are not followed. */
import { getU16, getU32 } from "../bytes.ts";
import * as inet from "../checksum.ts";
import type { Dissection } from "./dissection.ts";
import { printPayload, printsAddresses, protocolName } from "./ip-protocol.ts";
import { literal } from "./writer.ts";

const PROTOCOL = literal("ip6");
const IP6 = literal("IP6 ");
const TO = literal(" > ");
const COLON = literal(": ");
const HEADER_LENGTH = 40;
const NEXT_HEADER = 6;
const HOP_LIMIT = 7;
const SRC = 8;
const DST = 24;

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
  const version = buf[off]! >> 4;
  if (version !== 6) {
    out.ascii(`version error: ${version} != 6`);
    return true;
  }
  const payload = getU16(buf, off + 4);
  const total = payload + HEADER_LENGTH;
  if (length < total) out.ascii(`truncated-ip6 - ${total - length} bytes missing!`);
  const protocol = buf[off + NEXT_HEADER]!;
  if (d.verbose > 0) {
    const flow = getU32(buf, off);
    out.ascii("(");
    const trafficClass = (flow >>> 20) & 0xff;
    if (trafficClass !== 0) out.ascii(`class 0x${trafficClass.toString(16).padStart(2, "0")}, `);
    const label = flow & 0xfffff;
    if (label !== 0) out.ascii(`flowlabel 0x${label.toString(16).padStart(5, "0")}, `);
    out.ascii(`hlim ${buf[off + HOP_LIMIT]}, next-header `);
    out.put(protocolName(protocol));
    out.ascii(` (${protocol}) payload length: ${payload}) `);
  }
  const before = d.narrow(off, total);
  if (!printsAddresses(protocol)) {
    out.ipv6(buf, off + SRC);
    out.put(TO);
    out.ipv6(buf, off + DST);
    out.put(COLON);
  }
  const done = printPayload(d, off, 6, protocol, off + HEADER_LENGTH, payload, false);
  if (done) d.end = before;
  return done;
}

/** The sum of the pseudo header (RFC 8200, 8.1), not folded. */
export function ipv6PseudoHeaderSum(buf: Uint8Array, ip: number, protocol: number, length: number): number {
  return inet.add(buf, ip + SRC, ip + HEADER_LENGTH, protocol + length);
}
