/** The options of IPv6's hop-by-hop and destination options headers (RFC 8200, 4.2), which -v prints. */
import { getU16, getU32 } from "../bytes.ts";
import * as extension from "../ipv6-extension.ts";
import { OptionType } from "../ipv6-options.ts";
import type { Dissection } from "./dissection.ts";
import { type Literal, literal } from "./writer.ts";

const HOME_ADDRESS_LENGTH = 18;
const ROUTER_ALERT_LENGTH = 4;
const JUMBO_LENGTH = 6;
/** What fits into the IPv6 header's own length is no jumbogram. */
const MIN_JUMBO = 65_536;

const PAD1 = literal("(pad1)");
const PADN = literal("(padn)");
const ROUTER_ALERT = literal("(rtalert: 0x");
const CLOSE = literal(") ");
const SPACE = 0x20;

/** What became of a header: printed; malformed, and said so; or cut off by the end of the captured bytes. */
export type HeaderPrinted = "done" | "invalid" | "cut";

/**
 * An options header with its name; sets `jumboLength`.
 * @param payload the IPv6 payload length, which must be 0 for a jumbo payload option to be valid; -1 in a destination
 * options header, where there is no such option, and whose options nobody looks at without -v.
 */
export function printOptions(d: Dissection, at: number, name: Literal, payload: number): HeaderPrinted {
  const { buf, out } = d;
  d.jumboLength = 0;
  if (!d.has(at + extension.LENGTH, 1)) return "cut";
  const bytes = (buf[at + extension.LENGTH]! + 1) << 3;
  if (!d.has(at, bytes)) {
    d.truncated();
    return "invalid";
  }
  out.put(name);
  if (payload < 0 && d.verbose === 0) return "done";
  if (printEach(d, at + extension.OPTIONS, at + bytes, payload)) return "done";
  d.truncated();
  return "invalid";
}

/** All bytes up to `stop` were captured. @returns false if an option is malformed. */
function printEach(d: Dissection, at: number, stop: number, payload: number): boolean {
  const { buf, out } = d;
  const isShown = d.verbose > 0;
  let hasJumbo = false;
  for (let i = at; i < stop; ) {
    const type = buf[i]!;
    if (type === OptionType.Pad1) {
      if (isShown) out.put(PAD1);
      i++;
      continue;
    }
    if (i + 1 >= stop) return false;
    const length = buf[i + 1]! + 2;
    if (i + length > stop) return false;
    switch (type) {
      case OptionType.PadN:
        if (isShown) out.put(PADN);
        break;
      case OptionType.RouterAlert:
        if (!hasLength(d, "rtalert", i, stop, ROUTER_ALERT_LENGTH, length === ROUTER_ALERT_LENGTH)) return false;
        if (!isShown) break;
        out.put(ROUTER_ALERT);
        out.hexPadded(getU16(buf, i + 2), 4);
        out.put(CLOSE);
        break;
      case OptionType.JumboPayload:
        if (!hasLength(d, "jumbo", i, stop, JUMBO_LENGTH, length === JUMBO_LENGTH)) return false;
        if (isShown) out.ascii(jumboText(getU32(buf, i + 2), payload, hasJumbo));
        if (!hasJumbo && payload === 0 && getU32(buf, i + 2) >= MIN_JUMBO) d.jumboLength = getU32(buf, i + 2);
        hasJumbo = true;
        break;
      case OptionType.HomeAddress:
        if (!hasLength(d, "homeaddr", i, stop, HOME_ADDRESS_LENGTH, length >= HOME_ADDRESS_LENGTH)) return false;
        if (!isShown) break;
        out.ascii("(homeaddr: ");
        out.ipv6(buf, i + 2);
        if (!printSubOptions(d, i + HOME_ADDRESS_LENGTH, i + length)) return false;
        out.ascii(")");
        break;
      default:
        if (isShown) out.ascii(`(opt_type 0x${type.toString(16).padStart(2, "0")}: len=${length - 2})`);
    }
    i += length;
  }
  if (isShown) out.byte(SPACE);
  return true;
}

/** Says so if an option is too short for its type, or has another length than its type's. */
function hasLength(d: Dissection, name: string, at: number, stop: number, least: number, isRight: boolean): boolean {
  if (stop - at < least) d.out.ascii(`(${name}: trunc)`);
  else if (!isRight) d.out.ascii(`(${name}: invalid len ${d.buf[at + 1]})`);
  else return true;
  return false;
}

function jumboText(length: number, payload: number, isSecond: boolean): string {
  if (isSecond) return `(jumbo: ${length} - already seen) `;
  if (payload < 0) return `(jumbo: ${length} - not a hop-by-hop option) `;
  if (payload > 0) return `(jumbo: ${length} - payload len != 0) `;
  return length < MIN_JUMBO ? `(jumbo: ${length} - < 65536) ` : `(jumbo: ${length}) `;
}

/** Options within a home address option. */
function printSubOptions(d: Dissection, at: number, stop: number): boolean {
  const { buf, out } = d;
  for (let i = at; i < stop; ) {
    const type = buf[i]!;
    if (type === OptionType.Pad1) {
      out.ascii(", pad1");
      i++;
      continue;
    }
    if (i + 1 >= stop) return false;
    const length = buf[i + 1]! + 2;
    if (i + length > stop) return false;
    if (type === OptionType.PadN) out.ascii(", padn");
    else out.ascii(`, sopt_type 0x${type.toString(16).padStart(2, "0")}: len=${length - 2}`);
    i += length;
  }
  return true;
}
