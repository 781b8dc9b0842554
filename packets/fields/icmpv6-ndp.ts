/** The fields of neighbour discovery (RFC 4861) and its options. */
import { ICMPV6 } from "./icmpv6-spec.ts";
import { named } from "./names.ts";
import type { Walker } from "./walker.ts";

const RA = "RFC 4861, 4.2";
const HOP_LIMIT = ICMPV6.number("hopLimit", "Cur hop limit", 1, { source: RA, unit: "hops" });
const MANAGED = ICMPV6.flag("managed", "M: addresses by DHCPv6", 1, 0, { source: RA });
const OTHER = ICMPV6.flag("other", "O: other configuration by DHCPv6", 1, 1, { source: RA });
const HOME_AGENT = ICMPV6.flag("homeAgent", "H: home agent", 1, 2, { source: "RFC 6275, 7.1" });
const PREFERENCE = ICMPV6.number("preference", "Prf: default router preference", 1, {
  bits: [3, 2],
  source: "RFC 4191, 2.2",
  names: named({ 0: "medium", 1: "high", 2: "reserved", 3: "low" }),
});
const LIFETIME = ICMPV6.number("routerLifetime", "Router lifetime", 2, { source: RA, unit: "s" });
const REACHABLE = ICMPV6.number("reachableTime", "Reachable time", 4, { source: RA, unit: "ms" });
const RETRANS = ICMPV6.number("retransTimer", "Retrans timer", 4, { source: RA, unit: "ms" });
const ROUTER = ICMPV6.flag("router", "R: the sender is a router", 1, 0, { source: "RFC 4861, 4.4" });
const SOLICITED = ICMPV6.flag("solicited", "S: an answer", 1, 1, { source: "RFC 4861, 4.4" });
const OVERRIDE = ICMPV6.flag("override", "O: override the cache", 1, 2, { source: "RFC 4861, 4.4" });
const UNUSED = ICMPV6.unused();
const TARGET = ICMPV6.ipv6("target", "Target address", { source: "RFC 4861, 4.3" });
const REDIRECT_DESTINATION = ICMPV6.ipv6("redirected", "Destination address", { source: "RFC 4861, 4.5" });

const OPTION_NAMES: Readonly<Record<number, string>> = {
  1: "source link-layer address",
  2: "target link-layer address",
  3: "prefix information",
  4: "redirected header",
  5: "MTU",
  7: "advertisement interval",
  8: "home agent information",
  14: "nonce",
  24: "route information",
  25: "recursive DNS server",
  31: "DNS search list",
  33: "address registration",
  37: "captive portal",
  38: "PREF64",
};
function optionName(type: number): string {
  return OPTION_NAMES[type] ?? `option-${type}`;
}

const OPTIONS = ICMPV6.list("options", "Options", "RFC 4861, 4.6");
const TYPE = OPTIONS.number("type", "Type", 1, { names: optionName, nameKey: "name" });
const LENGTH = OPTIONS.number("length", "Length", 1, { unit: "bytes", note: "of the whole option" });
const MAC = OPTIONS.mac("mac", "Link-layer address", { source: "RFC 4861, 4.6.1" });
const PREFIX_LENGTH = OPTIONS.number("prefixLength", "Prefix length", 1, { unit: "bits" });
const ON_LINK = OPTIONS.flag("onLink", "L: on-link", 1, 0, { source: "RFC 4861, 4.6.2" });
const AUTONOMOUS = OPTIONS.flag("autonomous", "A: for address configuration", 1, 1, { source: "RFC 4861, 4.6.2" });
const ROUTER_ADDRESS = OPTIONS.flag("routerAddress", "R: router's address", 1, 2, { source: "RFC 6275, 7.2" });
const VALID = OPTIONS.number("validLifetime", "Valid lifetime", 4, { unit: "s", source: "RFC 4861, 4.6.2" });
const PREFERRED = OPTIONS.number("preferredLifetime", "Preferred lifetime", 4, {
  unit: "s",
  source: "RFC 4861, 4.6.2",
});
const PREFIX = OPTIONS.ipv6("prefix", "Prefix", { source: "RFC 4861, 4.6.2" });
const OPTION_UNUSED = OPTIONS.unused();
const MTU = OPTIONS.number("mtu", "MTU", 4, { unit: "bytes", source: "RFC 4861, 4.6.4" });
const OPTION_LIFETIME = OPTIONS.number("lifetime", "Lifetime", 4, { unit: "s", source: "RFC 8106, 5.1" });
const SERVERS = OPTIONS.list("servers", "Addresses of servers", "RFC 8106, 5.1");
const SERVER = SERVERS.ipv6("", "Address");
const NONCE = OPTIONS.bytes("nonce", "Nonce", { source: "RFC 3971, 5.3.2" });
const DATA = OPTIONS.bytes("data", "Data");

/** What follows the checksum of types 133 to 137. */
export function visitNeighbour(w: Walker, type: number, at: number): void {
  let next = at + 8;
  switch (type) {
    case 134:
      w.u8(HOP_LIMIT, at + 4);
      w.flag(MANAGED, at + 5);
      w.flag(OTHER, at + 5);
      w.flag(HOME_AGENT, at + 5);
      w.bits(PREFERENCE, at + 5);
      w.u16(LIFETIME, at + 6);
      w.u32(REACHABLE, at + 8);
      w.u32(RETRANS, at + 12);
      next = at + 16;
      break;
    case 135:
      w.place(UNUSED, at + 4, 4);
      w.place(TARGET, at + 8);
      next = at + 24;
      break;
    case 136:
      w.flag(ROUTER, at + 4);
      w.flag(SOLICITED, at + 4);
      w.flag(OVERRIDE, at + 4);
      w.place(UNUSED, at + 5, 3);
      w.place(TARGET, at + 8);
      next = at + 24;
      break;
    case 137:
      w.place(UNUSED, at + 4, 4);
      w.place(TARGET, at + 8);
      w.place(REDIRECT_DESTINATION, at + 24);
      next = at + 40;
      break;
  }
  if (type === 133) w.place(UNUSED, at + 4, 4);
  w.need("the message", at, next - at);
  visitOptions(w, next);
}

function visitOptions(w: Walker, at: number): void {
  w.open(OPTIONS, at);
  for (let next = at; next < w.end && !w.failed; ) {
    const type = w.buf[next]!;
    w.item(OPTIONS, next, optionName(type));
    w.u8(TYPE, next);
    const length = w.left(next) >= 2 ? 8 * w.buf[next + 1]! : 0;
    if (w.need("Length", next + 1, 1)) w.value(LENGTH, next + 1, 1, length);
    if (length === 0) w.problem(next + 1, "length", "an option of 0 bytes, the least is 8");
    w.need("the option", next, length);
    w.narrow(next + length, "option length");
    visitOption(w, type, next, length);
    w.widen();
    next += length;
    if (!w.close(next)) break;
  }
  w.close(w.end);
}

function visitOption(w: Walker, type: number, at: number, length: number): void {
  switch (type) {
    case 1:
    case 2:
      if (length === 8) w.place(MAC, at + 2);
      else w.place(DATA, at + 2, length - 2);
      return;
    case 3:
      w.u8(PREFIX_LENGTH, at + 2);
      w.flag(ON_LINK, at + 3);
      w.flag(AUTONOMOUS, at + 3);
      w.flag(ROUTER_ADDRESS, at + 3);
      w.u32(VALID, at + 4);
      w.u32(PREFERRED, at + 8);
      w.place(OPTION_UNUSED, at + 12, 4);
      w.place(PREFIX, at + 16);
      return;
    case 5:
      w.place(OPTION_UNUSED, at + 2, 2);
      w.u32(MTU, at + 4);
      return;
    case 14:
      w.place(NONCE, at + 2, length - 2);
      return;
    case 25:
      w.place(OPTION_UNUSED, at + 2, 2);
      w.u32(OPTION_LIFETIME, at + 4);
      w.open(SERVERS, at + 8);
      for (let next = at + 8; next + 16 <= at + length && !w.failed; next += 16) w.place(SERVER, next);
      w.close(at + length);
      return;
    default:
      w.place(DATA, at + 2, length - 2);
  }
}
