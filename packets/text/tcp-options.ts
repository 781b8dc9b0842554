/** TCP options (IANA: TCP parameters). */
import { getU16, getU32 } from "../bytes.ts";
import type { Dissection } from "./dissection.ts";
import { printMptcp } from "./mptcp.ts";

const MIN_HEADER_LENGTH = 20;
/** Where the segment's flags lie. */
const FLAGS = 13;

const Kind = {
  End: 0,
  Nop: 1,
  MaxSegment: 2,
  WindowScale: 3,
  SackPermitted: 4,
  Sack: 5,
  Echo: 6,
  EchoReply: 7,
  Timestamps: 8,
  Cc: 11,
  CcNew: 12,
  CcEcho: 13,
  Md5: 19,
  Scps: 20,
  UserTimeout: 28,
  Authentication: 29,
  Multipath: 30,
  FastOpen: 34,
  Experiment2: 254,
} as const;

const NAMES: Readonly<Record<number, string>> = {
  [Kind.End]: "eol",
  [Kind.Nop]: "nop",
  [Kind.MaxSegment]: "mss",
  [Kind.WindowScale]: "wscale",
  [Kind.SackPermitted]: "sackOK",
  [Kind.Sack]: "sack",
  [Kind.Echo]: "echo",
  [Kind.EchoReply]: "echoreply",
  [Kind.Timestamps]: "TS",
  [Kind.Cc]: "cc",
  [Kind.CcNew]: "ccnew",
  // tcpdump has an empty word for it.
  [Kind.CcEcho]: "",
  [Kind.Md5]: "md5",
  [Kind.Scps]: "scps",
  [Kind.UserTimeout]: "uto",
  [Kind.Authentication]: "tcp-ao",
  [Kind.Multipath]: "mptcp",
  [Kind.FastOpen]: "tfo",
  [Kind.Experiment2]: "exp",
};

/** What became of the options: printed; ended the segment's text; or cut by the end of the captured bytes. */
type OptionsPrinted = "done" | "end" | "cut";

/** How an option's data ended: as its kind wants, longer than the header has room for, or cut. */
type DataPrinted = "done" | "bad" | "truncated";

/** The options of the segment at `segment`, whose header of `header` bytes is followed by `data` bytes. */
export function printTcpOptions(d: Dissection, segment: number, header: number, data: number): OptionsPrinted {
  const { buf, out } = d;
  out.ascii(", options [");
  let at = segment + MIN_HEADER_LENGTH;
  let left = header - MIN_HEADER_LENGTH;
  const isWhole = d.has(segment, header + data);
  for (let first = true; left > 0; first = false) {
    if (!first) out.ascii(",");
    if (!d.has(at, 1)) return "cut";
    const kind = buf[at]!;
    const head = kind === Kind.End || kind === Kind.Nop ? 1 : 2;
    let size = 1;
    if (head === 2) {
      if (!d.has(at, 2)) return "cut";
      size = buf[at + 1]!;
      if (size < 2 || size > left) return bad(d, first);
    }
    out.ascii(NAMES[kind] ?? `unknown-${kind}`);
    const declared = size - head;
    const wanted = dataLength(kind, declared);
    const printed = printData(d, kind, at + head, declared, wanted, left - head, buf[segment + FLAGS]!, isWhole);
    if (printed === "bad") return bad(d, first);
    if (printed === "truncated") {
      d.truncated();
      if (!first) out.ascii(">");
      return "end";
    }
    at += head + wanted;
    left -= head + wanted;
    if (wanted !== declared) out.ascii(`[len ${size}]`);
    if (kind === Kind.End) break;
  }
  out.ascii("]");
  return "done";
}

function bad(d: Dissection, first: boolean): "end" {
  d.out.ascii(first ? "[bad opt]" : "[bad opt]]");
  return "end";
}

/** Bytes of data that an option has by its kind, where that is fixed; else those that its length declares. */
function dataLength(kind: number, declared: number): number {
  switch (kind) {
    case Kind.End:
    case Kind.Nop:
    case Kind.SackPermitted:
      return 0;
    case Kind.WindowScale:
      return 1;
    case Kind.MaxSegment:
    case Kind.Scps:
    case Kind.UserTimeout:
      return 2;
    case Kind.Cc:
    case Kind.CcNew:
    case Kind.CcEcho:
    case Kind.Echo:
    case Kind.EchoReply:
      return 4;
    case Kind.Timestamps:
      return 8;
    case Kind.Md5:
      return 16;
    default:
      return declared;
  }
}

/**
 * @param room bytes that the header has left for this option and the ones after it. @param flags the segment's.
 * @param isWhole true if all of the segment was captured.
 */
function printData(
  d: Dissection,
  kind: number,
  at: number,
  declared: number,
  wanted: number,
  room: number,
  flags: number,
  isWhole: boolean,
): DataPrinted {
  const { buf, out } = d;
  if (kind === Kind.Sack) return printSack(d, at, declared, room, d.conversations.sackBase);
  if (kind === Kind.Authentication) return printAuthentication(d, at, declared, room);
  if (!isKnown(kind)) return printUnknown(d, at, declared, room);
  if (wanted > room) return "bad";
  if (!d.has(at, wanted)) return "truncated";
  switch (kind) {
    case Kind.MaxSegment:
      out.ascii(` ${getU16(buf, at)}`);
      break;
    case Kind.WindowScale:
      out.ascii(` ${buf[at]}`);
      break;
    case Kind.Cc:
    case Kind.CcNew:
    case Kind.CcEcho:
    case Kind.Echo:
    case Kind.EchoReply:
      out.ascii(` ${getU32(buf, at)}`);
      break;
    case Kind.Timestamps:
      out.ascii(` val ${getU32(buf, at)} ecr ${getU32(buf, at + 4)}`);
      break;
    case Kind.Md5:
      out.ascii(isWhole ? " shared secret not supplied with -M" : " snaplen too short");
      out.ascii(", can't check - ");
      out.hexBytes(buf, at, 16);
      break;
    case Kind.Scps:
      out.ascii(` cap ${buf[at]!.toString(16).padStart(2, "0")} id ${buf[at + 1]}`);
      break;
    case Kind.UserTimeout: {
      const value = getU16(buf, at);
      out.ascii(` 0x${value.toString(16)} ${(value & 1) === 1 ? (value >> 1) * 60 : value >> 1}`);
      break;
    }
    case Kind.Multipath:
      return printMptcp(d, at - 2, declared + 2, flags);
    case Kind.FastOpen:
      out.ascii(" ");
      printFastOpen(d, at, declared);
      break;
    case Kind.Experiment2:
      if (declared < 2) return "bad";
      out.ascii("-");
      if (getU16(buf, at) === 0xf989) {
        out.ascii("tfo");
        printFastOpen(d, at + 2, declared - 2);
      } else {
        out.hexPadded(getU16(buf, at), 4);
      }
      break;
  }
  return "done";
}

function isKnown(kind: number): boolean {
  return kind in NAMES;
}

function printSack(d: Dissection, at: number, length: number, room: number, base: number): DataPrinted {
  const { buf, out } = d;
  if (length % 8 !== 0) {
    out.ascii(" invalid sack");
    return "done";
  }
  out.ascii(` ${length / 8} `);
  for (let i = 0; i < length; i += 8) {
    if (i + 8 > room) return "bad";
    if (!d.has(at, i + 8)) return "truncated";
    out.ascii(`{${(getU32(buf, at + i) - base) >>> 0}:${(getU32(buf, at + i + 4) - base) >>> 0}}`);
  }
  return "done";
}

/** TCP authentication (RFC 5925). */
function printAuthentication(d: Dissection, at: number, length: number, room: number): DataPrinted {
  const { buf, out } = d;
  if (length < 2) {
    d.invalid();
    return "done";
  }
  if (length > room) return "bad";
  if (!d.has(at, 1)) return "truncated";
  out.ascii(` keyid ${buf[at]}`);
  if (!d.has(at, 2)) return "truncated";
  out.ascii(` rnextkeyid ${buf[at + 1]}`);
  if (length === 2) return "done";
  out.ascii(" mac 0x");
  return printHex(d, at + 2, length - 2);
}

function printUnknown(d: Dissection, at: number, length: number, room: number): DataPrinted {
  if (length > room) return "bad";
  if (length > 0) d.out.ascii(" 0x");
  return printHex(d, at, length);
}

/** Bytes as they come, as far as they were captured. */
function printHex(d: Dissection, at: number, length: number): DataPrinted {
  const there = Math.max(0, Math.min(length, d.end - at));
  d.out.hexBytes(d.buf, at, there);
  return there < length ? "truncated" : "done";
}

/** TCP Fast Open (RFC 7413). */
function printFastOpen(d: Dissection, at: number, length: number): void {
  if (length === 0) {
    d.out.ascii(" cookiereq");
  } else if (length % 2 !== 0 || length < 4 || length > 16) {
    d.invalid();
  } else {
    d.out.ascii(" cookie ");
    d.out.hexBytes(d.buf, at, length);
  }
}
