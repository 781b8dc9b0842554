/** The fields of BOOTP and DHCP (RFC 951, 2131) up to the options. */
import { getU32 } from "../bytes.ts";
import { visitDhcpOptions } from "./dhcp-options.ts";
import { DHCP } from "./dhcp-spec.ts";
import { named } from "./names.ts";
import type { FieldSpec } from "./spec.ts";
import type { Walker } from "./walker.ts";

const OP = DHCP.number("operation", "op", 1, {
  names: named({ 1: "request", 2: "reply" }),
  nameKey: "operationName",
});
const HTYPE = DHCP.number("hardwareType", "htype", 1, { names: named({ 1: "Ethernet", 6: "IEEE 802" }) });
const HLEN = DHCP.number("hardwareLength", "hlen", 1, { unit: "bytes" });
const HOPS = DHCP.number("hops", "hops", 1);
const XID = DHCP.hex("transactionId", "xid", 4);
const SECS = DHCP.number("seconds", "secs", 2, { unit: "s" });
const BROADCAST = DHCP.flag("broadcast", "flags: B, answer by broadcast", 2, 0);
const CIADDR = DHCP.ipv4("clientIp", "ciaddr: the client's own address");
const YIADDR = DHCP.ipv4("yourIp", "yiaddr: your address");
const SIADDR = DHCP.ipv4("serverIp", "siaddr: the next server");
const GIADDR = DHCP.ipv4("gatewayIp", "giaddr: the relay agent");
const CHADDR = DHCP.mac("clientMac", "chaddr: the client's hardware address");
const CHADDR_OTHER = DHCP.bytes("clientHardware", "chaddr: the client's hardware address");
const SNAME = DHCP.text("serverName", "sname");
const FILE = DHCP.text("file", "file");
const UNUSED = DHCP.unused("Unused");
const COOKIE = DHCP.hex("cookie", "Magic cookie", 4, { source: "RFC 2132, 2" });

const HEADER = 236;
const MAGIC = 0x63825363;

export function visitDhcp(w: Walker, at: number): void {
  w.open(DHCP, at);
  w.u8(OP, at);
  w.u8(HTYPE, at + 1);
  const hlen = w.u8(HLEN, at + 2);
  w.u8(HOPS, at + 3);
  w.u32(XID, at + 4);
  w.u16(SECS, at + 8);
  w.flag(BROADCAST, at + 10);
  w.place(CIADDR, at + 12);
  w.place(YIADDR, at + 16);
  w.place(SIADDR, at + 20);
  w.place(GIADDR, at + 24);
  if (hlen === 6) w.place(CHADDR, at + 28);
  else if (hlen > 0) w.place(CHADDR_OTHER, at + 28, Math.min(hlen, 16));
  if (hlen < 16) w.place(UNUSED, at + 28 + hlen, 16 - hlen);
  visitText(w, SNAME, at + 44, 64);
  visitText(w, FILE, at + 108, 128);
  const next = at + HEADER;
  if (!w.failed && w.left(next) > 0) {
    if (w.left(next) >= 4 && getU32(w.buf, next) === MAGIC) {
      w.u32(COOKIE, next);
      visitDhcpOptions(w, next + 4);
    } else w.payload(DHCP, next);
  }
  w.close(w.end);
}

/** Characters up to the first zero; what follows may be the rest of an older name. */
function visitText(w: Walker, field: FieldSpec, at: number, most: number): void {
  let length = 0;
  const there = Math.min(most, Math.max(0, w.left(at)));
  while (length < there && w.buf[at + length] !== 0) length++;
  if (length > 0 || there < most) w.place(field, at, there < most ? most : length);
  if (length < most) w.place(UNUSED, at + length, most - length);
}
