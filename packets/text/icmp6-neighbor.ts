/** Neighbor discovery (RFC 4861): who has an address, who routes, and with -v the options, each on a line of its own. */
import { getU16, getU32 } from "../bytes.ts";
import { Type } from "../icmpv6-types.ts";
import * as ndp from "../ndp.ts";
import * as option from "../ndp-option.ts";
import type { Dissection } from "./dissection.ts";
import { CUT, printName } from "./dns-name.ts";
import { hexDump } from "./hexdump.ts";
import type { HeaderPrinted } from "./ipv6-options.ts";
import { type FlagNames, flagNames } from "./names.ts";
import { type Literal, literal } from "./writer.ts";

const WHO_HAS = literal(", who has ");
const TARGET_IS = literal(", tgt is ");
const FLAGS = literal(", Flags [");
const CLOSE = 0x5d;
const SLASH = 0x2f;
const NEXT_LINE = literal("\n\t  ");
const OPTION = literal(" option (");
const LENGTH = literal("), length ");
const UNITS = literal(" (");
const COLON = literal("): ");
/** Where bytes are shown: the rest of the message at an unknown option, each option's with -vv, a redirect's packet. */
const REST = literal("\n\t  0x");
const BYTES = literal("\n\t    0x");

const { ADVERTISEMENT_LENGTH, DESTINATION, NEIGHBOR_LENGTH, REDIRECT_LENGTH, TARGET } = ndp;

const ROUTER_FLAGS: FlagNames = [
  [0x80, "managed"],
  [0x40, "other stateful"],
  [0x20, "home agent"],
  [0x02, "ipv6 only"],
];
const NEIGHBOR_FLAGS: FlagNames = [
  [0x80, "router"],
  [0x40, "solicited"],
  [0x20, "override"],
];
const PREFIX_FLAGS: FlagNames = [
  [0x80, "onlink"],
  [0x40, "auto"],
  [0x20, "router"],
];
/** `router, solicited` and so on, made once: by the three highest bits. */
const NEIGHBOR_FLAG_TEXTS = Array.from({ length: 8 }, (_, bits) => literal(flagNames(NEIGHBOR_FLAGS, bits << 5)));

const PREFERENCES = ["medium", "high", "rsv", "low"];

const { OptionType } = option;
const OPTION_NAMES: ReadonlyMap<number, Literal> = new Map(
  (
    [
      [OptionType.SourceLinkAddress, "source link-address"],
      [OptionType.TargetLinkAddress, "destination link-address"],
      [OptionType.PrefixInformation, "prefix info"],
      [OptionType.RedirectedHeader, "redirected header"],
      [OptionType.Mtu, "mtu"],
      [OptionType.Rdnss, "rdnss"],
      [OptionType.Dnssl, "dnssl"],
      [OptionType.AdvertisementInterval, "advertisement interval"],
      [OptionType.HomeAgentInformation, "homeagent information"],
      [OptionType.RouteInformation, "route info"],
    ] as const
  ).map(([type, name]) => [type, literal(name)]),
);
const UNKNOWN = literal("unknown");

function preference(flags: number): string {
  return PREFERENCES[(flags >> 3) & 3]!;
}

function lifetime(seconds: number): string {
  return seconds === option.INFINITY ? "infinity" : `${seconds}s`;
}

/** A router advertisement's second line and its options, for -v. */
export function printAdvertisement(d: Dissection, at: number, length: number): HeaderPrinted {
  const { buf, out } = d;
  if (!d.has(at + 4, ADVERTISEMENT_LENGTH - 4)) return "cut";
  const flags = buf[at + 5]!;
  out.ascii(`\n\thop limit ${buf[at + 4]}, Flags [${flagNames(ROUTER_FLAGS, flags)}], pref ${preference(flags)}`);
  out.ascii(`, router lifetime ${getU16(buf, at + 6)}s, reachable time ${getU32(buf, at + 8)}ms`);
  out.ascii(`, retrans timer ${getU32(buf, at + 12)}ms`);
  return printNdpOptions(d, at + ADVERTISEMENT_LENGTH, length - ADVERTISEMENT_LENGTH);
}

/** A neighbor solicitation or advertisement. */
export function printNeighbor(d: Dissection, at: number, length: number, type: number): HeaderPrinted {
  const { buf, out } = d;
  if (!d.has(at + TARGET, 16)) return "cut";
  out.put(type === Type.NeighborSolicitation ? WHO_HAS : TARGET_IS);
  out.ipv6(buf, at + TARGET);
  if (d.verbose === 0) return "done";
  if (type === Type.NeighborAdvertisement) {
    out.put(FLAGS);
    out.put(NEIGHBOR_FLAG_TEXTS[buf[at + 4]! >> 5]!);
    out.byte(CLOSE);
  }
  return printNdpOptions(d, at + NEIGHBOR_LENGTH, length - NEIGHBOR_LENGTH);
}

export function printRedirect(d: Dissection, at: number, length: number): HeaderPrinted {
  const { buf, out } = d;
  // The destination comes first on the line and last in the message.
  if (!d.has(at + DESTINATION, 16)) return "cut";
  out.ascii(", ");
  out.ipv6(buf, at + DESTINATION);
  out.ascii(" to ");
  out.ipv6(buf, at + TARGET);
  return d.verbose > 0 ? printNdpOptions(d, at + REDIRECT_LENGTH, length - REDIRECT_LENGTH) : "done";
}

/** The options from `start` on, `length` bytes of them as the message's length says. */
export function printNdpOptions(d: Dissection, start: number, length: number): HeaderPrinted {
  const { buf, out } = d;
  let left = length;
  for (let at = start; at < d.end; ) {
    if (!d.has(at + option.LENGTH, 1)) return "invalid";
    if (left <= 0) return "done";
    const type = buf[at]!;
    const units = buf[at + option.LENGTH]!;
    const bytes = units << 3;
    if (units === 0 || !d.has(at, bytes)) return "invalid";
    out.put(NEXT_LINE);
    out.put(OPTION_NAMES.get(type) ?? UNKNOWN);
    out.put(OPTION);
    out.decimal(type);
    out.put(LENGTH);
    out.decimal(bytes);
    out.put(UNITS);
    out.decimal(units);
    out.put(COLON);
    const known = printOption(d, start, at, type, units);
    if (known === "cut" || known === "invalid") return known;
    if (known === "unknown" && d.verbose <= 1) {
      hexDump(out, buf, at + 2, at + bytes, false, REST);
      return "done";
    }
    if (d.verbose > 1) hexDump(out, buf, at + 2, at + bytes, false, BYTES);
    at += bytes;
    left -= bytes;
  }
  return "done";
}

/** The option at `at`, whose bytes were all captured. */
function printOption(d: Dissection, start: number, at: number, type: number, units: number): HeaderPrinted | "unknown" {
  const { buf, out } = d;
  const bytes = units << 3;
  switch (type) {
    case OptionType.SourceLinkAddress:
    case OptionType.TargetLinkAddress:
      out.colonHex(buf, at + option.LINK_ADDRESS, bytes - 2);
      return "done";
    case OptionType.PrefixInformation:
      return printPrefix(d, at, units);
    case OptionType.RedirectedHeader:
      // tcpdump shows as many bytes from the first option on.
      hexDump(out, buf, start, Math.min(start + bytes, d.end), false, BYTES);
      return "done";
    case OptionType.Mtu:
      out.ascii(` ${option.mtu(buf, at)}${units === 1 ? "" : "bad option length"}`);
      return "done";
    case OptionType.Rdnss:
      out.ascii(` lifetime ${option.lifetime(buf, at)}s,`);
      for (let i = 0; i < (units - 1) >> 1; i++) {
        out.ascii(" addr: ");
        out.ipv6(buf, at + option.SERVERS + 16 * i);
      }
      return "done";
    case OptionType.Dnssl:
      out.ascii(` lifetime ${option.lifetime(buf, at)}s, domain(s):`);
      for (let i = at + option.DOMAINS; i < at + bytes && buf[i] !== 0; ) {
        out.ascii(" ");
        i = printName(d, i, start);
        if (i < 0) return i === CUT ? "cut" : "invalid";
        if (i < at + bytes && !d.has(i, 1)) return "cut";
      }
      return "done";
    case OptionType.AdvertisementInterval:
      out.ascii(` ${getU32(buf, at + 4)}ms`);
      return "done";
    case OptionType.HomeAgentInformation:
      out.ascii(` preference ${getU16(buf, at + 4)}, lifetime ${getU16(buf, at + 6)}`);
      return "done";
    case OptionType.RouteInformation:
      return printRoute(d, at, units);
    default:
      return "unknown";
  }
}

function printPrefix(d: Dissection, at: number, units: number): HeaderPrinted {
  const { buf, out } = d;
  if (!d.has(at + option.PREFIX, 16)) return "cut";
  out.ipv6(buf, at + option.PREFIX);
  out.byte(SLASH);
  out.decimal(option.prefixLength(buf, at));
  out.ascii(`${units === 4 ? "" : "badlen"}, Flags [${flagNames(PREFIX_FLAGS, buf[at + option.PREFIX_FLAGS]!)}]`);
  out.ascii(`, valid time ${lifetime(option.validLifetime(buf, at))}`);
  out.ascii(`, pref. time ${lifetime(option.preferredLifetime(buf, at))}`);
  return "done";
}

/** What is left out of a route's prefix is zero. */
function printRoute(d: Dissection, at: number, units: number): HeaderPrinted {
  const { buf, out } = d;
  if (units > 3) return "invalid";
  const prefix = new Uint8Array(16);
  prefix.set(buf.subarray(at + option.ROUTE_PREFIX, at + option.ROUTE_PREFIX + 8 * (units - 1)));
  out.ascii(" ");
  out.ipv6(prefix, 0);
  out.byte(SLASH);
  out.decimal(option.prefixLength(buf, at));
  out.ascii(`, pref=${preference(buf[at + 3]!)}, lifetime=${lifetime(option.lifetime(buf, at))}`);
  return "done";
}
