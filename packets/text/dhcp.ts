/** BOOTP and DHCP: one line, and with -v the header's fields and the options below it. */
import { getI32, getU32 } from "../bytes.ts";
import * as dhcp from "../dhcp-header.ts";
import { printDhcpOptions } from "./dhcp-options.ts";
import type { Dissection } from "./dissection.ts";
import { putVisible } from "./visible.ts";
import { type Literal, literal } from "./writer.ts";

const PROTOCOL = literal("bootp");
const BOOTP = literal("BOOTP/DHCP, ");
const REQUEST = literal("Request");
const REPLY = literal("Reply");
const FROM = literal(" from ");
const LENGTH = literal(", length ");
const BROADCAST = literal(", Flags [Broadcast]");
const NO_FLAGS = literal(", Flags [none]");
const ADDRESSES: readonly (readonly [offset: number, word: Literal])[] = [
  [dhcp.CIADDR, literal("\n\t  Client-IP ")],
  [dhcp.YIADDR, literal("\n\t  Your-IP ")],
  [dhcp.SIADDR, literal("\n\t  Server-IP ")],
  [dhcp.GIADDR, literal("\n\t  Gateway-IP ")],
];
const CLIENT_MAC = literal("\n\t  Client-Ethernet-Address ");
const SNAME = literal('\n\t  sname "');
const FILE = literal('\n\t  file "');
const QUOTE = 0x22;

const ETHERNET = 1;
const MAC_LENGTH = 6;

/** `CMU`, with a zero byte: the vendor's data of Carnegie Mellon's clients, from before there were options. */
const CMU_COOKIE = 0x434d5500;
/** Where its fields are, counted from the cookie, in the order in which they are printed. */
const CMU_FLAGS = 4;
const CMU_ADDRESSES = [
  [12, "DG"],
  [8, "SM"],
  [16, "NS1"],
  [20, "NS2"],
  [24, "IEN1"],
  [28, "IEN2"],
  [32, "TS1"],
  [36, "TS2"],
] as const;
/** The subnet mask is valid. */
const CMU_HAS_MASK = 1;

/** The message at `at`, of `length` bytes. */
export function printDhcp(d: Dissection, at: number, length: number): boolean {
  d.protocol = PROTOCOL;
  const { buf, out } = d;
  if (!d.has(at, 1)) return false;
  const op = dhcp.op(buf, at);
  out.put(BOOTP);
  if (op === dhcp.Op.Request) out.put(REQUEST);
  else if (op === dhcp.Op.Reply) out.put(REPLY);
  else out.ascii(`unknown (0x${op.toString(16).padStart(2, "0")})`);
  if (!d.has(at, dhcp.HLEN + 1)) return false;
  const isEthernet = dhcp.hardwareType(buf, at) === ETHERNET && dhcp.hardwareLength(buf, at) === MAC_LENGTH;
  if (isEthernet && op === dhcp.Op.Request) {
    if (!d.has(at, dhcp.CHADDR + MAC_LENGTH)) return false;
    out.put(FROM);
    out.mac(buf, at + dhcp.CHADDR);
  }
  out.put(LENGTH);
  out.decimal(length);
  return d.verbose === 0 || printFields(d, at, isEthernet);
}

function printFields(d: Dissection, at: number, isEthernet: boolean): boolean {
  const { buf, out } = d;
  if (!d.has(at, dhcp.SECS + 2)) {
    d.truncated();
    return true;
  }
  if (dhcp.hardwareType(buf, at) !== ETHERNET) out.ascii(`, htype ${dhcp.hardwareType(buf, at)}`);
  if (!isEthernet) out.ascii(`, hlen ${dhcp.hardwareLength(buf, at)}`);
  if (dhcp.hops(buf, at) !== 0) out.ascii(`, hops ${dhcp.hops(buf, at)}`);
  const xid = dhcp.transactionId(buf, at);
  if (xid !== 0) out.ascii(`, xid 0x${xid.toString(16)}`);
  if (dhcp.seconds(buf, at) !== 0) out.ascii(`, secs ${dhcp.seconds(buf, at)}`);
  if (!d.has(at, dhcp.FLAGS + 2)) return false;
  const flags = dhcp.flags(buf, at);
  out.put((flags & dhcp.BROADCAST) !== 0 ? BROADCAST : NO_FLAGS);
  if (d.verbose > 1) out.ascii(` (0x${flags.toString(16).padStart(4, "0")})`);
  for (const [offset, word] of ADDRESSES) {
    if (!d.has(at + offset, 4)) return false;
    if (getI32(buf, at + offset) === 0) continue;
    out.put(word);
    out.ipv4(buf, at + offset);
  }
  if (isEthernet) {
    if (!d.has(at + dhcp.CHADDR, MAC_LENGTH)) return false;
    out.put(CLIENT_MAC);
    out.mac(buf, at + dhcp.CHADDR);
  }
  for (const [offset, size, word] of STRINGS) {
    if (!d.has(at + offset, 1)) return false;
    if (buf[at + offset] !== 0 && !printTerminated(d, at + offset, size, word)) {
      d.truncated();
      return true;
    }
  }
  return printVendor(d, at + dhcp.VEND);
}

const STRINGS = [
  [dhcp.SNAME, dhcp.SNAME_LENGTH, SNAME],
  [dhcp.FILE, dhcp.FILE_LENGTH, FILE],
] as const;

/** Text that ends with a zero byte. @returns false if that is missing, or was not captured. */
function printTerminated(d: Dissection, off: number, size: number, word: Literal): boolean {
  const { buf, out } = d;
  out.put(word);
  const end = Math.min(off + size, d.end);
  let at = off;
  for (; at < end && buf[at] !== 0; at++) putVisible(out, buf[at]!);
  out.byte(QUOTE);
  return at < end;
}

function printVendor(d: Dissection, at: number): boolean {
  const { buf, out } = d;
  if (!d.has(at, 4)) {
    d.truncated();
    return true;
  }
  switch (getI32(buf, at)) {
    case dhcp.MAGIC_COOKIE:
      return printDhcpOptions(d, at);
    case CMU_COOKIE:
      printCmu(d, at);
      return true;
    case 0:
      return true;
    default:
      out.ascii(`\n\t  Vendor-#0x${getU32(buf, at).toString(16)}`);
      return true;
  }
}

function printCmu(d: Dissection, at: number): void {
  const { buf, out } = d;
  out.ascii(" vend-cmu");
  if (!d.has(at + CMU_FLAGS, 4)) {
    d.truncated();
    return;
  }
  const flags = buf[at + CMU_FLAGS]!;
  if ((flags & ~CMU_HAS_MASK) !== 0) out.ascii(` F:0x${flags.toString(16)}`);
  for (const [offset, word] of CMU_ADDRESSES) {
    if (!d.has(at + offset, 4)) {
      d.truncated();
      return;
    }
    if (getI32(buf, at + offset) === 0) continue;
    out.ascii(word === "SM" && (flags & CMU_HAS_MASK) === 0 ? " SM*:" : ` ${word}:`);
    out.ipv4(buf, at + offset);
  }
}
