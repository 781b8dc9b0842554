/** IPv4 options, which -v prints. */
import { getU16, getU32 } from "../bytes.ts";
import { OptionType } from "../ipv4-options.ts";
import type { Dissection } from "./dissection.ts";

const NAMES: Readonly<Record<number, string>> = {
  0: "EOL",
  1: "NOP",
  7: "RR",
  68: "timestamp",
  82: "traceroute",
  130: "security",
  131: "LSRR",
  137: "SSRR",
  148: "RA",
};

/** Where this returns "truncated", tcpdump says so within the line; with "cut" it ends the line. */
type OptionsPrinted = "done" | "truncated" | "cut";

/** The options from `at` to `stop`, commas between. */
export function printIpv4Options(d: Dissection, at: number, stop: number): OptionsPrinted {
  const { buf, out } = d;
  for (let i = at; i < stop; ) {
    if (i > at) out.ascii(",");
    if (!d.has(i, 1)) return "cut";
    const type = buf[i]!;
    out.ascii(NAMES[type] ?? `unknown ${type}`);
    let length = 1;
    if (type !== OptionType.NoOperation && type !== OptionType.EndOfList) {
      if (!d.has(i, 2)) return "cut";
      length = buf[i + 1]!;
      if (length < 2) {
        out.ascii(` [bad length ${length}]`);
        return "done";
      }
    }
    if (length > stop - i) {
      out.ascii(` [bad length ${length}]`);
      return "done";
    }
    if (!d.has(i, length)) return "truncated";
    switch (type) {
      case OptionType.EndOfList:
        return "done";
      case OptionType.Timestamp:
        if (!printTimestamps(d, i, length)) return "truncated";
        break;
      case OptionType.RecordRoute:
      case OptionType.StrictSourceRoute:
      case OptionType.LooseSourceRoute:
        if (!printRoute(d, i, length)) return "truncated";
        break;
      case OptionType.RouterAlert:
        if (length < 4) out.ascii(` [bad length ${length}]`);
        else if (getU16(buf, i + 2) !== 0) out.ascii(` value ${getU16(buf, i + 2)}`);
        break;
    }
    i += length;
  }
  return "done";
}

/** A recorded or prescribed route: a comma follows each address that has been passed. */
function printRoute(d: Dissection, at: number, length: number): boolean {
  const { buf, out } = d;
  if (length < 3) {
    out.ascii(` [bad length ${length}]`);
    return true;
  }
  if (((length + 1) & 3) !== 0) out.ascii(` [bad length ${length}]`);
  // A pointer of 0 wraps around, and so lies beyond every address.
  const pointer = (buf[at + 2]! - 1) >>> 0;
  if (pointer < 3 || ((pointer + 1) & 3) !== 0 || pointer > length + 1) out.ascii(` [bad ptr ${buf[at + 2]}]`);
  for (let i = 3; i < length; i += 4) {
    if (!d.has(at + i, 4)) return false;
    out.ascii(" ");
    out.ipv4(buf, at + i);
    if (pointer > i) out.ascii(",");
  }
  return true;
}

const ONLY_TIMES = 0;
const WITH_ADDRESSES = 1;
const PRESCRIBED = 3;

function printTimestamps(d: Dissection, at: number, length: number): boolean {
  const { buf, out } = d;
  if (length < 4) {
    out.ascii(`[bad length ${length}]`);
    return true;
  }
  out.ascii(" TS{");
  const flags = buf[at + 3]! & 15;
  const step = flags === ONLY_TIMES ? 4 : 8;
  if (((length - 4) & (step - 1)) !== 0) out.ascii(`[bad length ${length}]`);
  const pointer = (buf[at + 2]! - 1) >>> 0;
  let i = 0;
  if (pointer < 4 || ((pointer - 4) & (step - 1)) !== 0 || pointer > length + 1) {
    out.ascii(`[bad ptr ${buf[at + 2]}]`);
  }
  const kind = timestampKind(flags);
  out.ascii(kind ?? `[bad ts type ${flags}]`);
  if (kind !== undefined) {
    for (i = 4; i < length; i += step) {
      if (!d.has(at + i, step)) return false;
      out.ascii(pointer === i ? " ^ " : " ");
      out.decimal(getU32(buf, at + i + step - 4));
      out.ascii("@");
      if (step === 8) out.ipv4(buf, at + i);
    }
  }
  if (pointer === i) out.ascii(" ^ ");
  const missed = buf[at + 3]! >> 4;
  out.ascii(missed === 0 ? "}" : ` [${missed} hops not recorded]} `);
  return true;
}

function timestampKind(flags: number): string | undefined {
  if (flags === ONLY_TIMES) return "TSONLY";
  if (flags === WITH_ADDRESSES) return "TS+ADDR";
  return flags === PRESCRIBED ? "PRESPEC" : undefined;
}
