/** The fields of LLDP (IEEE 802.1AB): the basic TLVs, and what organisations add, by their number. */
import { getU16 } from "../bytes.ts";
import { named } from "./names.ts";
import { layer } from "./spec.ts";
import type { Walker } from "./walker.ts";

const NAMES: Readonly<Record<number, string>> = {
  0: "end of LLDPDU",
  1: "chassis ID",
  2: "port ID",
  3: "time to live",
  4: "port description",
  5: "system name",
  6: "system description",
  7: "system capabilities",
  8: "management address",
  127: "organizationally specific",
};
function tlvName(type: number): string {
  return NAMES[type] ?? `tlv-${type}`;
}

const Tlv = { End: 0, Chassis: 1, Port: 2, Ttl: 3, PortText: 4, Name: 5, SystemText: 6, Capabilities: 7, Address: 8 };
const ORGANISATION = 127;

const CAPABILITIES: Readonly<Record<number, string>> = {
  1: "other",
  2: "repeater",
  4: "bridge",
  8: "wlan-access-point",
  16: "router",
  32: "telephone",
  64: "docsis-cable-device",
  128: "station-only",
  256: "c-vlan",
  512: "s-vlan",
  1024: "two-port-mac-relay",
};
function capabilityName(bit: number): string {
  return CAPABILITIES[bit] ?? "";
}

const SUBTYPES = {
  chassis: named({
    1: "chassis component",
    2: "interface alias",
    3: "port component",
    4: "MAC address",
    5: "network address",
    6: "interface name",
    7: "locally assigned",
  }),
  port: named({
    1: "interface alias",
    2: "port component",
    3: "MAC address",
    4: "network address",
    5: "interface name",
    6: "agent circuit ID",
    7: "locally assigned",
  }),
};
const MAC_OF_CHASSIS = 4;
const NETWORK_OF_CHASSIS = 5;
const MAC_OF_PORT = 3;
const NETWORK_OF_PORT = 4;

const LLDP = layer("lldp", "Link Layer Discovery Protocol", "IEEE 802.1AB, 8.5");
const TLVS = LLDP.list("tlvs", "TLVs", "IEEE 802.1AB, 8.4");
const TYPE = TLVS.number("type", "Type", 2, { bits: [0, 7], names: tlvName, nameKey: "name" });
const LENGTH = TLVS.number("length", "Length", 2, { bits: [7, 9], unit: "bytes" });
const CHASSIS_SUBTYPE = TLVS.number("subtype", "Chassis ID subtype", 1, {
  names: SUBTYPES.chassis,
  nameKey: "subtypeName",
  source: "IEEE 802.1AB, 8.5.2",
});
const PORT_SUBTYPE = TLVS.number("subtype", "Port ID subtype", 1, {
  names: SUBTYPES.port,
  nameKey: "subtypeName",
  source: "IEEE 802.1AB, 8.5.3",
});
const MAC = TLVS.mac("mac", "MAC address");
const FAMILY = TLVS.number("family", "Address family", 1, { names: named({ 1: "IPv4", 2: "IPv6" }) });
const IPV4 = TLVS.ipv4("ipv4", "IPv4 address");
const IPV6 = TLVS.ipv6("ipv6", "IPv6 address");
const TEXT = TLVS.text("text", "Text");
const TTL = TLVS.number("ttl", "Time to live", 2, { unit: "s", source: "IEEE 802.1AB, 8.5.4" });
const CAPABLE = TLVS.set("capabilities", "System capabilities", 2, capabilityName, { source: "IEEE 802.1AB, 8.5.8" });
const ENABLED = TLVS.set("enabled", "Enabled capabilities", 2, capabilityName, { source: "IEEE 802.1AB, 8.5.8" });
const ADDRESS = "IEEE 802.1AB, 8.5.9";
const ADDRESS_LENGTH = TLVS.number("addressLength", "Address string length", 1, { unit: "bytes", source: ADDRESS });
const NUMBERING = TLVS.number("interfaceNumbering", "Interface numbering subtype", 1, {
  source: ADDRESS,
  names: named({ 1: "unknown", 2: "ifIndex", 3: "system port number" }),
});
const INTERFACE = TLVS.number("interface", "Interface number", 4, { source: ADDRESS });
const OID_LENGTH = TLVS.number("oidLength", "OID string length", 1, { unit: "bytes", source: ADDRESS });
const OUI = TLVS.hex("organisation", "Organization identifier", 3, {
  source: "IEEE 802.1AB, 8.6",
  names: named({ 32962: "IEEE 802.1", 4623: "IEEE 802.3", 4795: "TIA (LLDP-MED)", 3791: "Profinet" }),
});
const ORGANISATION_SUBTYPE = TLVS.number("subtype", "Subtype", 1, { source: "IEEE 802.1AB, 8.6" });
const DATA = TLVS.bytes("data", "Data");

export function visitLldp(w: Walker, at: number): void {
  w.open(LLDP, at);
  let next = at;
  w.open(TLVS, at);
  while (next < w.end && !w.failed) {
    const head = w.left(next) >= 2 ? getU16(w.buf, next) : 0;
    const type = head >> 9;
    const length = head & 0x1ff;
    w.item(TLVS, next, tlvName(type));
    w.bits(TYPE, next);
    w.bits(LENGTH, next);
    w.need("the TLV", next, 2 + length);
    w.narrow(next + 2 + length, "TLV length");
    visitTlv(w, type, next + 2, length);
    w.widen();
    next += 2 + length;
    if (!w.close(next) || type === Tlv.End) break;
  }
  w.close(next);
  if (w.close(next)) w.trailer = next;
}

function visitTlv(w: Walker, type: number, at: number, length: number): void {
  switch (type) {
    case Tlv.Chassis:
    case Tlv.Port: {
      const isChassis = type === Tlv.Chassis;
      const subtype = w.u8(isChassis ? CHASSIS_SUBTYPE : PORT_SUBTYPE, at);
      const mac = isChassis ? MAC_OF_CHASSIS : MAC_OF_PORT;
      const network = isChassis ? NETWORK_OF_CHASSIS : NETWORK_OF_PORT;
      if (subtype === mac && length === 7) w.place(MAC, at + 1);
      else if (subtype === network) visitAddress(w, at + 1, length - 1);
      else if (length > 1) w.place(TEXT, at + 1, length - 1);
      return;
    }
    case Tlv.Ttl:
      w.u16(TTL, at);
      return;
    case Tlv.PortText:
    case Tlv.Name:
    case Tlv.SystemText:
      w.place(TEXT, at, length);
      return;
    case Tlv.Capabilities:
      w.u16(CAPABLE, at);
      w.u16(ENABLED, at + 2);
      return;
    case Tlv.Address: {
      const size = w.u8(ADDRESS_LENGTH, at);
      visitAddress(w, at + 1, size);
      w.u8(NUMBERING, at + 1 + size);
      w.u32(INTERFACE, at + 2 + size);
      const oid = w.u8(OID_LENGTH, at + 6 + size);
      if (oid > 0) w.place(DATA, at + 7 + size, oid);
      return;
    }
    case ORGANISATION:
      w.u24(OUI, at);
      w.u8(ORGANISATION_SUBTYPE, at + 3);
      if (length > 4) w.place(DATA, at + 4, length - 4);
      return;
    default:
      if (length > 0) w.place(DATA, at, length);
  }
}

/** An address family (IANA) and an address, `length` bytes together. */
function visitAddress(w: Walker, at: number, length: number): void {
  const family = w.u8(FAMILY, at);
  if (family === 1 && length === 5) w.place(IPV4, at + 1);
  else if (family === 2 && length === 17) w.place(IPV6, at + 1);
  else if (length > 1) w.place(DATA, at + 1, length - 1);
}
