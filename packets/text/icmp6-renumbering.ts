/** Router renumbering (RFC 2894): which prefixes to look for, and which to use in their place. */
import { getU16, getU32 } from "../bytes.ts";
import type { Dissection } from "./dissection.ts";
import type { HeaderPrinted } from "./ipv6-options.ts";

const HEADER_LENGTH = 16;
const COMMAND = 0;
const CODES: Readonly<Record<number, string>> = { 0: "command", 1: "result", 255: "sequence number reset" };
const FLAGS = ["T", "R", "A", "S", "P"];
const OPERATIONS: Readonly<Record<number, string>> = { 1: "add", 2: "change", 3: "setglobal" };
const MATCH_LENGTH = 24;
const USE_LENGTH = 32;

export function printRenumbering(d: Dissection, at: number): HeaderPrinted {
  const { buf, out } = d;
  if (!d.has(at, HEADER_LENGTH)) {
    d.truncated();
    return "done";
  }
  const code = buf[at + 1]!;
  out.ascii(`, ${CODES[code] ?? `code-#${code}`}, seq=${getU32(buf, at + 4)}`);
  if (d.verbose > 0) {
    const flags = buf[at + 9]!;
    out.ascii("[");
    if (flags !== 0) out.ascii(`${FLAGS.filter((_, i) => (flags & (0x80 >> i)) !== 0).join("")},`);
    out.ascii(`seg=${buf[at + 8]},maxdelay=${getU16(buf, at + 10)}`);
    const reserved = getU32(buf, at + 12);
    if (reserved !== 0) out.ascii(`rsvd=0x${reserved.toString(16)}`);
    out.ascii("]");
  }
  if (code === COMMAND) printMatch(d, at + HEADER_LENGTH);
  return "done";
}

function printMatch(d: Dissection, at: number): void {
  const { buf, out } = d;
  if (!d.has(at, MATCH_LENGTH)) {
    d.truncated();
    return;
  }
  out.ascii(d.verbose > 1 ? "\n\t" : " ");
  out.ascii(`match(${OPERATIONS[buf[at]!] ?? `#${buf[at]}`}`);
  if (d.verbose > 0) out.ascii(`,ord=${buf[at + 2]},min=${buf[at + 4]},max=${buf[at + 5]}`);
  out.ascii(",");
  out.ipv6(buf, at + 8);
  out.ascii(`/${buf[at + 3]})`);
  const uses = buf[at + 1]! - 3;
  if (uses % 4 !== 0) {
    d.truncated();
    return;
  }
  for (let i = 0; i < uses / 4; i++) {
    const use = at + MATCH_LENGTH + USE_LENGTH * i;
    if (!d.has(use, USE_LENGTH)) {
      d.truncated();
      return;
    }
    printUse(d, use);
  }
}

function printUse(d: Dissection, at: number): void {
  const { buf, out } = d;
  out.ascii(d.verbose > 1 ? "\n\t" : " ");
  out.ascii("use(");
  const flags = buf[at + 12]!;
  if (flags !== 0) out.ascii(`${(flags & 0x80) !== 0 ? "V" : ""}${(flags & 0x40) !== 0 ? "P" : ""},`);
  if (d.verbose > 0) {
    out.ascii(`mask=0x${buf[at + 2]!.toString(16)},raflags=0x${buf[at + 3]!.toString(16)},`);
    out.ascii(`vltime=${lifetime(getU32(buf, at + 4))},pltime=${lifetime(getU32(buf, at + 8))},`);
  }
  out.ipv6(buf, at + 16);
  out.ascii(`/${buf[at]}/${buf[at + 1]})`);
}

function lifetime(seconds: number): string {
  return seconds === 0xffffffff ? "infty" : String(seconds);
}
