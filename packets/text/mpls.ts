/** MPLS (RFC 3032): the label stack, and IP behind it. */
import { getU32 } from "../bytes.ts";
import type { Dissection } from "./dissection.ts";
import { dumpUnknown } from "./hexdump.ts";
import { printIpv4 } from "./ipv4.ts";
import { printIpv6 } from "./ipv6.ts";
import { literal } from "./writer.ts";

const PROTOCOL = literal("mpls");
const NAMES = ["IPv4 explicit NULL", "router alert", "IPv6 explicit NULL", "implicit NULL"];
/** Labels below are reserved. */
const FIRST_LABEL = 16;
const ENTRY_LENGTH = 4;
const BOTTOM = 0x100;

/** Labels and payload, `length` bytes. @returns false if the captured bytes end within. */
export function printMpls(d: Dissection, at: number, length: number): boolean {
  d.protocol = PROTOCOL;
  const { buf, out } = d;
  out.ascii("MPLS");
  let off = at;
  let left = length;
  for (;;) {
    if (left < ENTRY_LENGTH) {
      d.invalid();
      return d.has(off, left);
    }
    if (!d.has(off, ENTRY_LENGTH)) return false;
    const entry = getU32(buf, off);
    printEntry(d, entry, off > at);
    off += ENTRY_LENGTH;
    left -= ENTRY_LENGTH;
    if ((entry & BOTTOM) !== 0) break;
  }
  return printPayload(d, off, left, getU32(buf, off - ENTRY_LENGTH) >>> 12);
}

function printEntry(d: Dissection, entry: number, isNext: boolean): void {
  const { out } = d;
  const label = entry >>> 12;
  out.ascii(`${isNext && d.verbose > 0 ? "\n\t" : " "}(label ${label}`);
  if (d.verbose > 0 && label < FIRST_LABEL) out.ascii(` (${NAMES[label] ?? "rsvd"})`);
  out.ascii(`, tc ${(entry >>> 9) & 7}`);
  if ((entry & BOTTOM) !== 0) out.ascii(", [S]");
  out.ascii(`, ttl ${entry & 0xff})`);
}

/** The label says what follows, or else the first byte of it does (0x45 and 0x60 and on: RFC 4928). */
function printPayload(d: Dissection, at: number, length: number, label: number): boolean {
  const { buf, out } = d;
  let version = label === 0 || label === 3 ? 4 : label === 2 ? 6 : 0;
  if (version === 0) {
    if (length < 1) return true;
    if (!d.has(at, 1)) return false;
    const first = buf[at]!;
    if (first >= 0x45 && first <= 0x4f) version = 4;
    else if (first >> 4 === 6) version = 6;
    else return dumpUnknown(d, at, length);
  }
  out.ascii(d.verbose > 0 ? "\n\t" : " ");
  return version === 4 ? printIpv4(d, at, length) : printIpv6(d, at, length);
}
