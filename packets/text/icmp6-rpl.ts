/** Routing for low-power and lossy networks (RFC 6550, 6): the names of its messages, with -v their fixed parts. */
import { getU16 } from "../bytes.ts";
import type { Dissection } from "./dissection.ts";
import { hexDump } from "./hexdump.ts";
import type { HeaderPrinted } from "./ipv6-options.ts";
import { literal } from "./writer.ts";

const SECURED = 0x80;
const Message = { Solicitation: 0, Information: 1, Advertisement: 2, Acknowledgement: 3 } as const;
const NAMES = [
  "DODAG Information Solicitation",
  "DODAG Information Object",
  "Destination Advertisement Object",
  "Destination Advertisement Object Ack",
];
const MODES = ["nonstoring", "storing", "nonstoring-multicast", "storing-multicast"];
const OPTIONS: Readonly<Record<number, string>> = {
  1: "padN",
  2: "metrics",
  3: "routinginfo",
  4: "config",
  5: "rpltarget",
  6: "transitinfo",
  8: "destprefix",
  9: "rpltargetdesc",
};
const INFORMATION_LENGTH = 24;
const DAG_ID_LENGTH = 16;
const BYTES = literal(" 0x");

/** The message at `at`; its fixed part begins in ICMPv6's second word. */
export function printRpl(d: Dissection, at: number, length: number, code: number): HeaderPrinted {
  const { out } = d;
  if ((code & SECURED) !== 0) {
    out.ascii(", (SEC) [worktodo]");
    return "done";
  }
  out.ascii(`, (CLR)${NAMES[code] ?? `RPL message, unknown code ${code}`}`);
  if (d.verbose === 0) return "done";
  // A length below 4 wraps around, as in tcpdump.
  const bytes = (length - 4) >>> 0;
  switch (code) {
    case Message.Information:
      return printInformation(d, at + 4, bytes);
    case Message.Advertisement:
    case Message.Acknowledgement:
      return printDestination(d, at + 4, bytes, code);
    default:
      return "done";
  }
}

function printInformation(d: Dissection, at: number, length: number): HeaderPrinted {
  const { buf, out } = d;
  if (length < INFORMATION_LENGTH) {
    out.ascii(` [length ${length} < ${INFORMATION_LENGTH}]`);
    d.invalid();
    return "done";
  }
  if (!d.has(at, INFORMATION_LENGTH)) return "cut";
  const mode = buf[at + 4]!;
  out.ascii(" [dagid:");
  out.ipv6(buf, at + 8);
  out.ascii(`,seq:${buf[at + 5]},instance:${buf[at]},rank:${getU16(buf, at + 2)}`);
  const operation = (mode >> 3) & 7;
  out.ascii(`,${(mode & 0x80) !== 0 ? "grounded," : ""}mop:${MODES[operation] ?? `mop${operation}`},prf:${mode & 7}]`);
  return d.verbose > 1 ? printOptions(d, at + INFORMATION_LENGTH, length - INFORMATION_LENGTH) : "done";
}

/** An advertisement of destinations, or its acknowledgement: they differ in the flag for the DAG's id, and in the end. */
function printDestination(d: Dissection, at: number, length: number, code: number): HeaderPrinted {
  const { buf, out } = d;
  const isAcknowledgement = code === Message.Acknowledgement;
  const tooShort = isAcknowledgement ? " [|dao-length too short]" : " [|length too short]";
  if (!d.has(at, isAcknowledgement ? 4 : 4 + DAG_ID_LENGTH)) {
    d.truncated();
    return "done";
  }
  if (length < 4) {
    out.ascii(tooShort);
    return "done";
  }
  const flags = buf[at + 1]!;
  const hasId = (flags & (isAcknowledgement ? 0x80 : 0x40)) !== 0;
  if (hasId) {
    if (!d.has(at + 4, DAG_ID_LENGTH)) {
      d.truncated();
      return "done";
    }
    if (length < 4 + DAG_ID_LENGTH) {
      out.ascii(tooShort);
      return "done";
    }
  }
  out.ascii(" [dagid:");
  if (hasId) out.ipv6(buf, at + 4);
  else out.ascii("<elided>");
  out.ascii(`,seq:${buf[at + (isAcknowledgement ? 2 : 3)]},instance:${buf[at]}`);
  if (isAcknowledgement) out.ascii(`,status:${buf[at + 3]}]`);
  else {
    const keeps = (flags & 0x80) !== 0 ? ",acK" : "";
    out.ascii(`${keeps}${hasId ? ",Dagid" : ""},${flags.toString(16).padStart(2, "0")}]`);
  }
  const fixed = hasId ? 4 + DAG_ID_LENGTH : 4;
  return d.verbose > 1 ? printOptions(d, at + fixed, length - fixed) : "done";
}

function printOptions(d: Dissection, at: number, length: number): HeaderPrinted {
  const { buf, out } = d;
  let left = length;
  for (let i = at; left > 0; ) {
    if (!d.has(i, 1)) return "cut";
    const type = buf[i]!;
    let bytes = 1;
    if (type === 0) out.ascii(" opt:pad1");
    else {
      if (left < 2) {
        d.truncated();
        return "done";
      }
      if (!d.has(i + 1, 1)) return "cut";
      bytes = buf[i + 1]! + 2;
      out.ascii(` opt:${OPTIONS[type] ?? `subopt:${type}`} len:${bytes} `);
      if (!d.has(i, bytes) || left < bytes) {
        d.truncated();
        return "done";
      }
      if (d.verbose > 2) hexDump(out, buf, i + 2, i + bytes, false, BYTES);
    }
    i += bytes;
    left -= bytes;
  }
  return "done";
}
