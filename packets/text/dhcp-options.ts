/** The options of a DHCP message, each on a line of its own. */
import { getI32, getU16, getU32 } from "../bytes.ts";
import { Option } from "../dhcp-options.ts";
import {
  AGENT_SUBOPTIONS,
  Format,
  HARDWARE,
  MESSAGES,
  NODES,
  OVERLOADS,
  optionFormat,
  optionWord,
} from "./dhcp-words.ts";
import type { Dissection } from "./dissection.ts";
import { hexDump } from "./hexdump.ts";
import { printVisible } from "./visible.ts";
import { literal } from "./writer.ts";

const COOKIE = literal("\n\t  Vendor-rfc1048 Extensions\n\t    Magic Cookie 0x");
const NEXT_LINE = literal("\n\t    ");
const NEXT_LIST_LINE = literal("\n\t      ");
const LENGTH = literal("), length ");
const OPEN = literal(" (");
const COLON_SPACE = literal(": ");
const SEPARATOR = literal(", ");
const HEX_INDENT = literal("\n\t\t0x");
const QUOTE = 0x22;
const CLOSE = 0x29;
const COMMA = 0x2c;
const DOT = 0x2e;
const COLON = 0x3a;
/** Options of a parameter request list on a line. */
const PER_LINE = 4;
const MAX_PREFIX = 32;

/**
 * Prints the options after the magic cookie at `off`. Those in overloaded fields are not looked at, and with -vvv what
 * follows the End is.
 */
export function printDhcpOptions(d: Dissection, off: number): boolean {
  const { buf, out } = d;
  out.put(COOKIE);
  out.hexPadded(getI32(buf, off), 8);
  for (let at = off + 4; at < d.end; ) {
    const code = buf[at++]!;
    const isSingle = code === Option.Pad || code === Option.End;
    if (isSingle && d.verbose < 3) {
      if (code === Option.End) return true;
      continue;
    }
    if (!isSingle && at >= d.end) return false;
    const length = isSingle ? 0 : buf[at++]!;
    out.put(NEXT_LINE);
    out.put(optionWord(code));
    out.put(OPEN);
    out.decimal(code);
    out.put(LENGTH);
    out.decimal(length);
    if (length > 0) out.put(COLON_SPACE);
    if (code === Option.Pad) at = passPads(d, at);
    if (!d.has(at, length)) {
      d.truncated();
      return true;
    }
    const left = printOption(d, code, at, length);
    if (left > 0) out.ascii(`\n\t  trailing data length ${left}`);
    at += length;
  }
  return true;
}

/** Pads that follow one are counted only. */
function passPads(d: Dissection, off: number): number {
  let at = off;
  while (at < d.end && d.buf[at] === Option.Pad) at++;
  if (at > off) d.out.ascii(`, occurs ${at - off + 1}`);
  return at;
}

/** @returns bytes at the option's end that were not printed. */
function printOption(d: Dissection, code: number, at: number, length: number): number {
  const { buf, out } = d;
  if (code === Option.MessageType && length === 1) {
    out.ascii(MESSAGES[buf[at]!] ?? `Unknown (${buf[at]!})`);
    return 0;
  }
  if (code === Option.ParameterRequestList) {
    printRequestList(d, at, length);
    return 0;
  }
  const format = optionFormat(code);
  switch (format) {
    case Format.Text:
      quote(d, at, length);
      return 0;
    case Format.Addresses:
    case Format.Longs:
    case Format.SignedLongs:
      return printLongs(d, format, at, length);
    case Format.AddressPairs:
      return printPairs(d, at, length);
    case Format.Shorts:
      return printShorts(d, at, length);
    case Format.Flags:
      for (let i = 0; i < length; i++) {
        if (i > 0) out.byte(COMMA);
        const flag = buf[at + i]!;
        out.ascii(flag === 0 ? "N" : flag === 1 ? "Y" : `${flag}?`);
      }
      return 0;
    case Format.Special:
      return printSpecial(d, code, at, length);
    case Format.Unknown:
      if ((length & 1) !== 0) return printBytes(d, at, length);
      return (length & 2) !== 0 ? printShorts(d, at, length) : printLongs(d, Format.Longs, at, length);
    default:
      return printBytes(d, at, length);
  }
}

function quote(d: Dissection, at: number, length: number): void {
  d.out.byte(QUOTE);
  printVisible(d, at, length);
  d.out.byte(QUOTE);
}

function printRequestList(d: Dissection, at: number, length: number): void {
  const { buf, out } = d;
  for (let i = 0; i < length; i++) {
    out.put(i % PER_LINE === 0 ? NEXT_LIST_LINE : SEPARATOR);
    const code = buf[at + i]!;
    out.put(optionWord(code));
    out.put(OPEN);
    out.decimal(code);
    out.byte(CLOSE);
  }
}

function printBytes(d: Dissection, at: number, length: number): number {
  for (let i = 0; i < length; i++) {
    if (i > 0) d.out.byte(DOT);
    d.out.decimal(d.buf[at + i]!);
  }
  return 0;
}

function printShorts(d: Dissection, at: number, length: number): number {
  for (let i = 0; i + 2 <= length; i += 2) {
    if (i > 0) d.out.byte(COMMA);
    d.out.decimal(getU16(d.buf, at + i));
  }
  return length % 2;
}

function printLongs(d: Dissection, format: Format, at: number, length: number): number {
  const { buf, out } = d;
  for (let i = 0; i + 4 <= length; i += 4) {
    if (i > 0) out.byte(COMMA);
    if (format === Format.Addresses) out.ipv4(buf, at + i);
    else if (format === Format.Longs) out.decimal(getU32(buf, at + i));
    else out.ascii(String(getI32(buf, at + i)));
  }
  return length % 4;
}

function printPairs(d: Dissection, at: number, length: number): number {
  const { buf, out } = d;
  for (let i = 0; i + 8 <= length; i += 8) {
    out.ascii(i > 0 ? ",(" : "(");
    out.ipv4(buf, at + i);
    out.byte(COLON);
    out.ipv4(buf, at + i + 4);
    out.byte(CLOSE);
  }
  return length % 8;
}

/** @returns bytes at the option's end that were not printed. */
function printSpecial(d: Dissection, code: number, at: number, length: number): number {
  const { buf, out } = d;
  switch (code) {
    case Option.NetbiosNodeType:
    case Option.Overload: {
      if (!hasLength(d, length, 1)) return 0;
      const value = buf[at]!;
      out.ascii((code === Option.Overload ? OVERLOADS : NODES)[value] ?? `#${value}`);
      return length - 1;
    }
    case Option.ClientFqdn:
      if (hasLength(d, length, 3)) printFqdn(d, at, length);
      return 0;
    case Option.ClientId:
      if (hasLength(d, length, 1)) printClientId(d, at, length);
      return 0;
    case Option.RelayAgentInformation:
      return printAgentInformation(d, at, at + length);
    case Option.UserClass:
      if (hasLength(d, length, 2)) printUserClasses(d, at, at + length);
      return 0;
    default:
      if (hasLength(d, length, 5)) printRoutes(d, at, at + length);
      return 0;
  }
}

function hasLength(d: Dissection, length: number, least: number): boolean {
  if (length < least) d.out.ascii(`[ERROR: length < ${least} bytes]`);
  return length >= least;
}

/** RFC 4702: flags, two response codes that are obsolete, the name. */
function printFqdn(d: Dissection, at: number, length: number): void {
  const { buf, out } = d;
  const flags = buf[at]!;
  if (flags >> 4 !== 0) out.ascii(`[ERROR: MBZ nibble 0x${(flags >> 4).toString(16)} != 0] `);
  if ((flags & 15) !== 0) out.ascii(`[${["S", "O", "E", "N"].filter((_, i) => (flags & (1 << i)) !== 0).join("")}] `);
  if (buf[at + 1] !== 0 || buf[at + 2] !== 0) out.ascii(`${buf[at + 1]}/${buf[at + 2]} `);
  quote(d, at + 3, length - 3);
}

function printClientId(d: Dissection, at: number, length: number): void {
  const { buf, out } = d;
  const type = buf[at]!;
  if (type === 0) {
    quote(d, at + 1, length - 1);
    return;
  }
  out.ascii(`${HARDWARE[type] ?? `hardware-type ${type},`} `);
  out.colonHex(buf, at + 1, length - 1);
}

/** RFC 3046: what the relay knows of the circuit. */
function printAgentInformation(d: Dissection, off: number, end: number): number {
  const { buf, out } = d;
  let at = off;
  while (end - at >= 2) {
    const code = buf[at]!;
    const length = buf[at + 1]!;
    at += 2;
    out.put(NEXT_LIST_LINE);
    out.ascii(`${AGENT_SUBOPTIONS[code] ?? "Unknown"} SubOption ${code}, length ${length}: `);
    if (length > end - at) {
      out.ascii("length goes past end of option");
      return 0;
    }
    if (AGENT_SUBOPTIONS[code] !== undefined) printVisible(d, at, length);
    else hexDump(out, buf, at, at + length, false, HEX_INDENT);
    at += length;
  }
  return end - at;
}

/** RFC 3004: classes, each with its length before it. */
function printUserClasses(d: Dissection, off: number, end: number): void {
  const { buf, out } = d;
  let number = 1;
  for (let at = off; at < end; number++) {
    const length = buf[at++]!;
    out.put(NEXT_LIST_LINE);
    out.ascii(`instance#${number}: `);
    if (length === 0) {
      out.ascii("[ERROR: suboption length must be non-zero]");
      return;
    }
    if (length > end - at) {
      out.ascii("[ERROR: invalid option]");
      return;
    }
    quote(d, at, length);
    out.ascii(`, length ${length}`);
    at += length;
  }
}

/** RFC 3442: prefix length, the prefix's bytes that are not zero for certain, the router. */
function printRoutes(d: Dissection, off: number, end: number): void {
  const { buf, out } = d;
  for (let at = off; at < end; ) {
    if (at > off) out.byte(COMMA);
    const prefix = buf[at++]!;
    if (prefix > MAX_PREFIX) {
      out.ascii(`[ERROR: Mask width (${prefix}) > 32]`);
      return;
    }
    const bytes = (prefix + 7) >> 3;
    if (end - at < bytes + 4) {
      out.ascii(`[ERROR: Remaining length (${end - at}) < ${bytes + 4} bytes]`);
      return;
    }
    out.ascii("(");
    if (prefix === 0) out.ascii("default");
    else {
      for (let i = 0; i < 4; i++) {
        if (i > 0) out.byte(DOT);
        out.decimal(i < bytes ? buf[at + i]! : 0);
      }
      out.ascii(`/${prefix}`);
    }
    out.byte(COLON);
    out.ipv4(buf, at + bytes);
    out.byte(CLOSE);
    at += bytes + 4;
  }
}
