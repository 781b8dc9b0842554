/** The fields of ARP, RARP and InARP (RFC 826, 903, 2390), of any hardware and protocol. */
import * as arp from "../arp.ts";
import { etherTypeName } from "../ethernet.ts";
import { Fault } from "../fault.ts";
import { named } from "./names.ts";
import { layer } from "./spec.ts";
import type { Walker } from "./walker.ts";

const PURPOSE = "RFC 5227, 1.1";
const ARP = layer("arp", "Address Resolution Protocol", "RFC 826");
const HARDWARE_TYPE = ARP.number("hardwareType", "Hardware type (ar$hrd)", 2, {
  names: named({ 1: "Ethernet", 6: "IEEE 802", 15: "Frame Relay", 16: "ATM", 18: "Fibre Channel", 19: "ATM" }),
});
const PROTOCOL_TYPE = ARP.hex("protocolType", "Protocol type (ar$pro)", 2, { names: etherTypeName });
const HARDWARE_LENGTH = ARP.number("hardwareLength", "Hardware address length (ar$hln)", 1, { unit: "bytes" });
const PROTOCOL_LENGTH = ARP.number("protocolLength", "Protocol address length (ar$pln)", 1, { unit: "bytes" });
const OPERATION = ARP.number("operation", "Operation (ar$op)", 2, {
  names: arp.operationName,
  nameKey: "operationName",
});
const PURPOSE_FIELD = ARP.made("purpose", "Purpose", { source: PURPOSE, note: "what the addresses make of it" });
const SENDER_MAC = ARP.mac("senderMac", "Sender hardware address");
const SENDER_IP = ARP.ipv4("senderIp", "Sender protocol address");
const TARGET_MAC = ARP.mac("targetMac", "Target hardware address");
const TARGET_IP = ARP.ipv4("targetIp", "Target protocol address");
const SENDER_HARDWARE = ARP.bytes("senderHardware", "Sender hardware address", { note: "of another length than 6" });
const SENDER_PROTOCOL = ARP.bytes("senderProtocol", "Sender protocol address", { note: "if it is no IPv4 address" });
const TARGET_HARDWARE = ARP.bytes("targetHardware", "Target hardware address");
const TARGET_PROTOCOL = ARP.bytes("targetProtocol", "Target protocol address");

/** ATM's addresses have types and lengths of their own (RFC 2225, 8.7.1): only the beginning is the same. */
const HTYPE_ATM = 19;
const HTYPE_ATM_OLD = 16;

export function visitArp(w: Walker, at: number): void {
  w.open(ARP, at);
  const type = w.u16(HARDWARE_TYPE, at);
  const protocol = w.u16(PROTOCOL_TYPE, at + arp.PTYPE);
  if (type === HTYPE_ATM || type === HTYPE_ATM_OLD) {
    w.payload(ARP, at + 4);
    w.close(w.end);
    return;
  }
  const hlen = w.u8(HARDWARE_LENGTH, at + arp.HLEN);
  const plen = w.u8(PROTOCOL_LENGTH, at + arp.PLEN);
  w.u16(OPERATION, at + arp.OPER);
  if (arp.check(w.buf, at, w.end) === Fault.None) w.made(PURPOSE_FIELD, at, 0, arp.purpose(w.buf, at));
  const isMac = hlen === 6;
  const isIp = plen === 4 && protocol === arp.PTYPE_IPV4;
  let next = at + arp.FIXED_LENGTH;
  if (hlen > 0) w.place(isMac ? SENDER_MAC : SENDER_HARDWARE, next, hlen);
  next += hlen;
  if (plen > 0) w.place(isIp ? SENDER_IP : SENDER_PROTOCOL, next, plen);
  next += plen;
  if (hlen > 0) w.place(isMac ? TARGET_MAC : TARGET_HARDWARE, next, hlen);
  next += hlen;
  if (plen > 0) w.place(isIp ? TARGET_IP : TARGET_PROTOCOL, next, plen);
  next += plen;
  if (w.close(next)) w.trailer = next;
}
