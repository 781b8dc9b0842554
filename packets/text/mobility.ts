/** The mobility header of Mobile IPv6 (RFC 6275, 6.1). */
import { getU16, getU32 } from "../bytes.ts";
import type { Dissection } from "./dissection.ts";
import type { HeaderPrinted } from "./ipv6-options.ts";
import { literal } from "./writer.ts";

const PROTOCOL = literal("mobility");
const HEADER_LENGTH = 8;
const LENGTH = 1;
const TYPE = 2;
const DATA = 6;

const Message = {
  HomeTestInit: 1,
  CareOfTestInit: 2,
  HomeTest: 3,
  CareOfTest: 4,
  BindingUpdate: 5,
  BindingAcknowledgement: 6,
  BindingError: 7,
} as const;
const NAMES = ["BRR", "HoTI", "CoTI", "HoT", "CoT", "BU", "BA", "BE"];
/** Bytes before the options, by type. */
const FIXED_LENGTHS = [8, 16, 16, 24, 24, 12, 12, 24];

/** The header at `at`; nothing may follow it. */
export function printMobility(d: Dissection, at: number): boolean {
  d.protocol = PROTOCOL;
  const { buf, out } = d;
  if (!d.has(at + LENGTH, 1)) {
    d.truncated();
    return true;
  }
  if (!d.has(at + TYPE, 1)) return false;
  const bytes = (buf[at + LENGTH]! + 1) << 3;
  const type = buf[at + TYPE]!;
  const fixed = FIXED_LENGTHS[type];
  if (fixed === undefined) {
    out.ascii(`mobility: type-#${type} len=${buf[at + LENGTH]}`);
    return true;
  }
  if (bytes < fixed) {
    out.ascii(`(header length ${bytes} is too small for type ${type})`);
    d.truncated();
    return true;
  }
  out.ascii(`mobility: ${NAMES[type]}`);
  let done = printMessage(d, at, type);
  if (done === "done" && d.verbose > 0) done = printOptions(d, at + fixed, at + bytes);
  if (done === "invalid") d.truncated();
  return done !== "cut";
}

function printMessage(d: Dissection, at: number, type: number): HeaderPrinted {
  const { buf, out } = d;
  const data = at + HEADER_LENGTH;
  switch (type) {
    case Message.HomeTestInit:
    case Message.CareOfTestInit: {
      if (d.verbose === 0) break;
      const who = type === Message.HomeTestInit ? "Home" : "Care-of";
      if (!printCookie(d, `${who} Init Cookie`, data)) return "cut";
      break;
    }
    case Message.HomeTest:
    case Message.CareOfTest: {
      if (!d.has(at + DATA, 2)) return "cut";
      out.ascii(` nonce id=0x${getU16(buf, at + DATA).toString(16)}`);
      if (d.verbose === 0) break;
      const who = type === Message.HomeTest ? "Home" : "Care-of";
      if (!printCookie(d, `${who} Init Cookie`, data)) return "cut";
      if (!printCookie(d, `${who} Keygen Token`, data + 8)) return "cut";
      break;
    }
    case Message.BindingUpdate: {
      if (!d.has(at + DATA, 2)) return "cut";
      out.ascii(` seq#=${getU16(buf, at + DATA)}`);
      if (!d.has(data, 2)) return "invalid";
      const flags = ["A", "H", "L", "K"].filter((_, i) => (buf[data]! & (0x80 >> i)) !== 0);
      if (flags.length > 0) out.ascii(` ${flags.join("")}`);
      if (!d.has(data + 2, 2)) return "cut";
      out.ascii(` lifetime=${getU16(buf, data + 2) << 2}`);
      break;
    }
    case Message.BindingAcknowledgement:
      if (!d.has(at + DATA, 1)) return "cut";
      out.ascii(` status=${buf[at + DATA]}`);
      if (!d.has(at + DATA + 1, 1)) return "cut";
      if ((buf[at + DATA + 1]! & 0x80) !== 0) out.ascii(" K");
      if (!d.has(data, 2)) return "cut";
      out.ascii(` seq#=${getU16(buf, data)}`);
      if (!d.has(data + 2, 2)) return "cut";
      out.ascii(` lifetime=${getU16(buf, data + 2) << 2}`);
      break;
    case Message.BindingError:
      if (!d.has(at + DATA, 1)) return "cut";
      out.ascii(` status=${buf[at + DATA]}`);
      if (!d.has(data, 16)) return "cut";
      out.ascii(" homeaddr ");
      out.ipv6(buf, data);
      break;
  }
  return "done";
}

function printCookie(d: Dissection, name: string, at: number): boolean {
  const { buf, out } = d;
  if (!d.has(at, 8)) return false;
  out.ascii(` ${name}=`);
  out.hexPadded(getU32(buf, at), 8);
  out.ascii(":");
  out.hexPadded(getU32(buf, at + 4), 8);
  return true;
}

const Option = { Pad1: 0, PadN: 1, Refresh: 2, AlternateCareOf: 3, NonceIndices: 4, Authorization: 5 } as const;

function printOptions(d: Dissection, at: number, stop: number): HeaderPrinted {
  const { buf, out } = d;
  let length = 1;
  for (let i = at; i < stop; i += length) {
    if (!d.has(i, 1)) return "cut";
    const type = buf[i]!;
    length = 1;
    if (type !== Option.Pad1) {
      if (i + 1 >= stop) return "invalid";
      if (!d.has(i + 1, 1)) return "cut";
      length = buf[i + 1]! + 2;
    }
    // tcpdump wants a byte beyond the option as well.
    if (i + length > stop || !d.has(i + length, 1)) return "invalid";
    const left = stop - i;
    switch (type) {
      case Option.Pad1:
        out.ascii("(pad1)");
        break;
      case Option.PadN:
        out.ascii("(padn)");
        break;
      case Option.Refresh:
        if (left < 4) return short(d, "refresh");
        if (!d.has(i + 2, 2)) return "cut";
        out.ascii(`(refresh: ${getU16(buf, i + 2) << 2})`);
        break;
      case Option.AlternateCareOf:
        if (left < 18) return short(d, "altcoa");
        if (!d.has(i + 2, 16)) return "cut";
        out.ascii("(alt-CoA: ");
        out.ipv6(buf, i + 2);
        out.ascii(")");
        break;
      case Option.NonceIndices:
        if (left < 6) return short(d, "ni");
        if (!d.has(i + 2, 4)) return "cut";
        out.ascii("(ni: ho=0x");
        out.hexPadded(getU16(buf, i + 2), 4);
        out.ascii(" co=0x");
        out.hexPadded(getU16(buf, i + 4), 4);
        out.ascii(")");
        break;
      case Option.Authorization:
        if (left < 12) return short(d, "auth");
        out.ascii("(auth)");
        break;
      default:
        out.ascii(`(type-0x${type.toString(16).padStart(2, "0")}: len=${length - 2})`);
    }
  }
  return "done";
}

function short(d: Dissection, name: string): HeaderPrinted {
  d.out.ascii(`(${name}: trunc)`);
  return "invalid";
}
