/** IPsec's headers: authentication (RFC 4302), encapsulation (RFC 4303), and IP compression (RFC 3173). */

import * as ah from "../ah.ts";
import { getU16 } from "../bytes.ts";
import * as esp from "../esp.ts";
import type { Dissection } from "./dissection.ts";
import { literal } from "./writer.ts";

const AH = literal("ah");
const ESP = literal("esp");
const IPCOMP = literal("ipcomp");

/** The authentication header at `at`; false if it was cut. What it protects follows. */
export function printAh(d: Dissection, at: number): boolean {
  const { buf, out } = d;
  d.protocol = AH;
  out.ascii("AH");
  if (!d.has(at + ah.LENGTH, 1)) return false;
  const units = buf[at + ah.LENGTH]!;
  const bytes = ah.headerLength(buf, at);
  out.ascii("(");
  if (d.verbose > 0) out.ascii(`length=${units}(${bytes}-bytes),`);
  if (!d.has(at + ah.RESERVED, 2)) return false;
  const reserved = getU16(buf, at + ah.RESERVED);
  if (reserved !== 0) out.ascii(`reserved=0x${reserved.toString(16)}[MustBeZero],`);
  if (!d.has(at + ah.SPI, 4)) return false;
  out.ascii("spi=0x");
  out.hexPadded(ah.spi(buf, at), 8);
  if (!d.has(at + ah.SEQUENCE, 4)) {
    out.ascii(",");
    return false;
  }
  out.ascii(`,seq=0x${ah.sequence(buf, at).toString(16)},icv=0x`);
  const stop = Math.min(at + bytes, d.end);
  out.hexBytes(buf, at + ah.ICV, Math.max(0, stop - at - ah.ICV));
  if (at + bytes > d.end) return false;
  out.ascii("): ");
  return true;
}

/** An encrypted payload of `length` bytes: its association and its number. */
export function printEsp(d: Dissection, at: number, length: number): void {
  const { buf, out } = d;
  d.protocol = ESP;
  // tcpdump wants a byte beyond the header.
  if (!d.has(at, esp.HEADER_LENGTH + 1)) {
    d.truncated();
    return;
  }
  out.ascii("ESP(spi=0x");
  out.hexPadded(esp.spi(buf, at), 8);
  out.ascii(`,seq=0x${esp.sequence(buf, at).toString(16)}), length ${length}`);
}

/** A compressed payload; false if its header was cut. */
export function printIpComp(d: Dissection, at: number): boolean {
  d.protocol = IPCOMP;
  if (!d.has(at + 2, 2)) return false;
  d.out.ascii("IPComp(cpi=0x");
  d.out.hexPadded(getU16(d.buf, at + 2), 4);
  d.out.ascii(")");
  return true;
}
