/** The fields of DHCP's options (RFC 2132 and successors). */
import { DHCP } from "./dhcp-spec.ts";
import { named } from "./names.ts";
import type { Walker } from "./walker.ts";

/** How an option's data are read. */
const Form = { Bytes: 0, Address: 1, Addresses: 2, Text: 3, U8: 4, U16: 5, U32: 6, Seconds: 7, Codes: 8 } as const;
type Form = (typeof Form)[keyof typeof Form];

const OPTION_FORMS: Readonly<Record<number, readonly [string, Form]>> = {
  0: ["pad", Form.Bytes],
  1: ["subnet mask", Form.Address],
  2: ["time offset", Form.U32],
  3: ["routers", Form.Addresses],
  4: ["time servers", Form.Addresses],
  5: ["name servers", Form.Addresses],
  6: ["domain name servers", Form.Addresses],
  7: ["log servers", Form.Addresses],
  12: ["host name", Form.Text],
  13: ["boot file size", Form.U16],
  15: ["domain name", Form.Text],
  17: ["root path", Form.Text],
  19: ["IP forwarding", Form.U8],
  23: ["default TTL", Form.U8],
  26: ["interface MTU", Form.U16],
  28: ["broadcast address", Form.Address],
  33: ["static routes", Form.Addresses],
  35: ["ARP cache timeout", Form.Seconds],
  40: ["NIS domain", Form.Text],
  41: ["NIS servers", Form.Addresses],
  42: ["NTP servers", Form.Addresses],
  43: ["vendor-specific information", Form.Bytes],
  44: ["NetBIOS name servers", Form.Addresses],
  46: ["NetBIOS node type", Form.U8],
  50: ["requested IP address", Form.Address],
  51: ["IP address lease time", Form.Seconds],
  52: ["option overload", Form.U8],
  53: ["message type", Form.U8],
  54: ["server identifier", Form.Address],
  55: ["parameter request list", Form.Codes],
  56: ["message", Form.Text],
  57: ["maximum message size", Form.U16],
  58: ["renewal time", Form.Seconds],
  59: ["rebinding time", Form.Seconds],
  60: ["vendor class", Form.Text],
  61: ["client identifier", Form.Bytes],
  66: ["TFTP server name", Form.Text],
  67: ["bootfile name", Form.Text],
  81: ["client FQDN", Form.Bytes],
  82: ["relay agent information", Form.Bytes],
  93: ["client system architecture", Form.U16],
  108: ["IPv6-only preferred", Form.Seconds],
  114: ["captive portal", Form.Text],
  116: ["auto-configure", Form.U8],
  118: ["subnet selection", Form.Address],
  119: ["domain search", Form.Bytes],
  121: ["classless static routes", Form.Bytes],
  150: ["TFTP server addresses", Form.Addresses],
  252: ["web proxy auto-discovery", Form.Text],
  255: ["end", Form.Bytes],
};
function optionName(code: number): string {
  return OPTION_FORMS[code]?.[0] ?? `option-${code}`;
}
const messageName = named({
  1: "DISCOVER",
  2: "OFFER",
  3: "REQUEST",
  4: "DECLINE",
  5: "ACK",
  6: "NAK",
  7: "RELEASE",
  8: "INFORM",
  9: "FORCERENEW",
  10: "LEASEQUERY",
  11: "LEASEUNASSIGNED",
  12: "LEASEUNKNOWN",
  13: "LEASEACTIVE",
});

const SOURCE = "RFC 2132";
const OPTIONS = DHCP.list("options", "Options", SOURCE);
const CODE = OPTIONS.number("code", "Code", 1, { names: optionName, nameKey: "name" });
const LENGTH = OPTIONS.number("length", "Length", 1, { unit: "bytes" });
const MESSAGE = OPTIONS.number("messageType", "Message type", 1, {
  names: messageName,
  nameKey: "messageTypeName",
  source: "RFC 2132, 9.6",
});
const ADDRESS = OPTIONS.ipv4("address", "Address");
const ADDRESSES = OPTIONS.list("addresses", "Addresses");
const ONE_ADDRESS = ADDRESSES.ipv4("", "Address");
const TEXT = OPTIONS.text("text", "Text");
const VALUE_8 = OPTIONS.number("value", "Value", 1);
const VALUE_16 = OPTIONS.number("value", "Value", 2);
const VALUE_32 = OPTIONS.number("value", "Value", 4);
const SECONDS = OPTIONS.number("seconds", "Time", 4, { unit: "s" });
const CODES = OPTIONS.list("requested", "Options asked for", "RFC 2132, 9.8");
const ONE_CODE = CODES.number("", "Code", 1, { names: optionName });
const CLIENT_TYPE = OPTIONS.number("hardwareType", "Hardware type", 1, { source: "RFC 2132, 9.14" });
const CLIENT_MAC = OPTIONS.mac("mac", "Hardware address", { source: "RFC 2132, 9.14" });
const DATA = OPTIONS.bytes("data", "Data");

const PAD = 0;
const END = 255;
const MESSAGE_TYPE = 53;
const CLIENT_IDENTIFIER = 61;

export function visitDhcpOptions(w: Walker, at: number): void {
  w.open(OPTIONS, at);
  for (let next = at; next < w.end && !w.failed; ) {
    const code = w.buf[next]!;
    if (code === PAD) {
      next++;
      continue;
    }
    w.item(OPTIONS, next, optionName(code));
    w.u8(CODE, next);
    let length = 1;
    if (code !== END) {
      const data = w.u8(LENGTH, next + 1);
      length = 2 + data;
      w.need("the option", next, length);
      if (!w.failed) visitData(w, code, next + 2, data);
    }
    next += length;
    if (!w.close(next) || code === END) break;
  }
  w.close(w.end);
}

function visitData(w: Walker, code: number, at: number, length: number): void {
  const form = OPTION_FORMS[code]?.[1] ?? Form.Bytes;
  if (code === MESSAGE_TYPE && length === 1) w.u8(MESSAGE, at);
  else if (code === CLIENT_IDENTIFIER && length === 7 && w.buf[at] === 1) {
    w.u8(CLIENT_TYPE, at);
    w.place(CLIENT_MAC, at + 1);
  } else if (form === Form.Address && length === 4) w.place(ADDRESS, at);
  else if (form === Form.Addresses && length % 4 === 0) {
    w.open(ADDRESSES, at);
    for (let i = 0; i < length && !w.failed; i += 4) w.place(ONE_ADDRESS, at + i);
    w.close(at + length);
  } else if (form === Form.Codes) {
    w.open(CODES, at);
    for (let i = 0; i < length && !w.failed; i++) w.u8(ONE_CODE, at + i);
    w.close(at + length);
  } else if (form === Form.Text) w.place(TEXT, at, length);
  else if (form === Form.Seconds && length === 4) w.u32(SECONDS, at);
  else if (form === Form.U8 && length === 1) w.u8(VALUE_8, at);
  else if (form === Form.U16 && length === 2) w.u16(VALUE_16, at);
  else if (form === Form.U32 && length === 4) w.u32(VALUE_32, at);
  else if (length > 0) w.place(DATA, at, length);
}
