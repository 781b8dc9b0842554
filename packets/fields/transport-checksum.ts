/** Checksums that cover a pseudo-header: UDP, TCP, ICMPv6 (RFC 768, RFC 9293 3.1, RFC 8200 8.1). */
import { getU16 } from "../bytes.ts";
import * as inet from "../checksum.ts";
import * as ipv4 from "../ipv4.ts";
import { Verdict } from "./sink.ts";
import type { FieldSpec } from "./spec.ts";
import type { Walker } from "./walker.ts";

/** Bytes of an IPv6 address. */
const IPV6_ADDRESS = 16;
const UDP = 17;

/**
 * Hands on the checksum at `place` of the message from `at` to `end`, verified if all of it is there.
 * @param isOpen true if hardware was to compute it. @param mayBeAbsent true if a zero says that there is none.
 */
export function visitTransportChecksum(
  w: Walker,
  field: FieldSpec,
  place: number,
  at: number,
  end: number,
  protocol: number,
  isOpen: boolean,
  mayBeAbsent = false,
): void {
  if (!w.isWhole || end > w.end || place + 2 > end) {
    w.checksum(field, place, Verdict.Unknown);
    return;
  }
  const stored = getU16(w.buf, place);
  if (stored === 0 && mayBeAbsent) {
    w.checksum(field, place, Verdict.Absent);
    return;
  }
  if (isOpen) {
    w.checksum(field, place, Verdict.NotReady);
    return;
  }
  const sum = inet.add(w.buf, at, end, pseudoHeader(w, protocol, end - at));
  if (inet.fold(sum) === 0xffff) {
    w.checksum(field, place, Verdict.Right);
    return;
  }
  const expected = ~inet.fold(sum + 0xffff - stored) & 0xffff;
  // UDP sends 0xffff where the sum gives 0.
  w.checksum(field, place, Verdict.Wrong, expected === 0 && protocol === UDP ? 0xffff : expected);
}

function pseudoHeader(w: Walker, protocol: number, length: number): number {
  const rest = protocol + (length & 0xffff) + (length >>> 16);
  if (w.ipVersion === 4) return inet.add(w.buf, w.ip + ipv4.SRC, w.ip + ipv4.SRC + 8, rest);
  const sum = inet.add(w.buf, w.ipSource, w.ipSource + IPV6_ADDRESS, rest);
  return inet.add(w.buf, w.ipDestination, w.ipDestination + IPV6_ADDRESS, sum);
}
