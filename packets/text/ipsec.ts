/** IPsec's headers: authentication (RFC 4302), encapsulation (RFC 4303), and IP compression (RFC 3173). */
import { getU16, getU32 } from "../bytes.ts";
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
  if (!d.has(at + 1, 1)) return false;
  const units = buf[at + 1]!;
  const bytes = (units + 2) * 4;
  out.ascii("(");
  if (d.verbose > 0) out.ascii(`length=${units}(${bytes}-bytes),`);
  if (!d.has(at + 2, 2)) return false;
  const reserved = getU16(buf, at + 2);
  if (reserved !== 0) out.ascii(`reserved=0x${reserved.toString(16)}[MustBeZero],`);
  if (!d.has(at + 4, 4)) return false;
  out.ascii("spi=0x");
  out.hexPadded(getU32(buf, at + 4), 8);
  if (!d.has(at + 8, 4)) {
    out.ascii(",");
    return false;
  }
  out.ascii(`,seq=0x${getU32(buf, at + 8).toString(16)},icv=0x`);
  const stop = Math.min(at + bytes, d.end);
  out.hexBytes(buf, at + 12, Math.max(0, stop - at - 12));
  if (at + bytes > d.end) return false;
  out.ascii("): ");
  return true;
}

/** An encrypted payload of `length` bytes: its association and its number. */
export function printEsp(d: Dissection, at: number, length: number): void {
  const { buf, out } = d;
  d.protocol = ESP;
  // tcpdump wants a byte beyond the header.
  if (!d.has(at, 9)) {
    d.truncated();
    return;
  }
  out.ascii("ESP(spi=0x");
  out.hexPadded(getU32(buf, at), 8);
  out.ascii(`,seq=0x${getU32(buf, at + 4).toString(16)}), length ${length}`);
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
