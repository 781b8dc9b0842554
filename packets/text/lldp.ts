/** LLDP (IEEE 802.1AB): the system's name; with -v every TLV, with -vv its bytes as well. */
import { getU16, getU32 } from "../bytes.ts";
import {
  ChassisSubtype,
  Organisation,
  PortSubtype,
  TLV_HEADER_LENGTH,
  TlvType,
  tlvLength,
  tlvType,
  valueOffset,
} from "../lldp.ts";
import { AddressFamily, addressFamilyName } from "./address-families.ts";
import type { Dissection } from "./dissection.ts";
import { hexDump } from "./hexdump.ts";
import { print8021 } from "./lldp-8021.ts";
import { print8023 } from "./lldp-8023.ts";
import { printDcbx } from "./lldp-dcbx.ts";
import { printTia } from "./lldp-tia.ts";
import { type FlagNames, flagNames, hex, type Names } from "./names.ts";
import { OUI_NAMES } from "./oui-names.ts";
import { printString } from "./strings.ts";
import { printVisible } from "./visible.ts";
import { literal } from "./writer.ts";

const PROTOCOL = literal("lldp");
const LLDP_LENGTH = literal("LLDP, length ");
const COLON = literal(": ");
const INDENT = literal("\n\t  0x");

const TYPES: Names = {
  [TlvType.End]: "End",
  [TlvType.ChassisId]: "Chassis ID",
  [TlvType.PortId]: "Port ID",
  [TlvType.TimeToLive]: "Time to Live",
  [TlvType.PortDescription]: "Port Description",
  [TlvType.SystemName]: "System Name",
  [TlvType.SystemDescription]: "System Description",
  [TlvType.SystemCapabilities]: "System Capabilities",
  [TlvType.ManagementAddress]: "Management Address",
  [TlvType.Organisation]: "Organization specific",
};

/** The words of a subtype, and how the identifier behind it is written. */
interface IdSubtypes {
  readonly names: Names;
  readonly mac: number;
  readonly network: number;
}

const CHASSIS: IdSubtypes = {
  names: {
    [ChassisSubtype.ChassisComponent]: "Chassis component",
    [ChassisSubtype.InterfaceAlias]: "Interface alias",
    [ChassisSubtype.PortComponent]: "Port component",
    [ChassisSubtype.Mac]: "MAC address",
    [ChassisSubtype.NetworkAddress]: "Network address",
    [ChassisSubtype.InterfaceName]: "Interface name",
    [ChassisSubtype.Local]: "Local",
  },
  mac: ChassisSubtype.Mac,
  network: ChassisSubtype.NetworkAddress,
};

const PORT: IdSubtypes = {
  names: {
    [PortSubtype.InterfaceAlias]: "Interface alias",
    [PortSubtype.PortComponent]: "Port component",
    [PortSubtype.Mac]: "MAC address",
    [PortSubtype.NetworkAddress]: "Network Address",
    [PortSubtype.InterfaceName]: "Interface Name",
    [PortSubtype.AgentCircuitId]: "Agent circuit ID",
    [PortSubtype.Local]: "Local",
  },
  mac: PortSubtype.Mac,
  network: PortSubtype.NetworkAddress,
};

const CAPABILITIES: FlagNames = [
  [0x01, "Other"],
  [0x02, "Repeater"],
  [0x04, "Bridge"],
  [0x08, "WLAN AP"],
  [0x10, "Router"],
  [0x20, "Telephone"],
  [0x40, "Docsis"],
  [0x80, "Station Only"],
];

const NUMBERINGS: Names = { 2: "Interface Index", 3: "System Port Number" };
/** Bytes of an interface's numbering and number. */
const INTERFACE_LENGTH = 5;
const IANA_MUD_URL = 1;

/** What became of a TLV: printed, to be shown in hexadecimal as well, or its lengths do not add up. */
export type TlvPrinted = "done" | "unknown" | "bad";

/** A data unit of `length` bytes. @returns false if the captured bytes end within. */
export function printLldp(d: Dissection, at: number, length: number): boolean {
  d.protocol = PROTOCOL;
  const { buf, out } = d;
  out.put(LLDP_LENGTH);
  out.decimal(length);
  let off = at;
  let left = length;
  while (left >= TLV_HEADER_LENGTH) {
    if (!d.has(off, TLV_HEADER_LENGTH)) {
      d.truncated();
      return true;
    }
    const type = tlvType(buf, off);
    const bytes = tlvLength(buf, off);
    const value = valueOffset(off);
    left -= TLV_HEADER_LENGTH;
    if (d.verbose > 0) out.ascii(`\n\t${TYPES[type] ?? "Unknown"} TLV (${type}), length ${bytes}`);
    if (type === TlvType.End || bytes === 0) return true;
    if (!d.has(value, bytes) || bytes > left) {
      d.truncated();
      return true;
    }
    const printed = printTlv(d, type, value, bytes);
    if (printed === "bad") {
      d.truncated();
      return true;
    }
    if (d.verbose > 1 || (d.verbose > 0 && printed === "unknown"))
      hexDump(out, buf, value, value + bytes, false, INDENT);
    left -= bytes;
    off = value + bytes;
  }
  return true;
}

/** The value of a TLV, `length` bytes that are all there. */
function printTlv(d: Dissection, type: number, at: number, length: number): TlvPrinted {
  const { buf, out } = d;
  if (type === TlvType.SystemName) {
    out.put(COLON);
    printString(out, buf, at, length);
    return "done";
  }
  if (d.verbose === 0) return "done";
  switch (type) {
    case TlvType.ChassisId:
      return printId(d, at, length, CHASSIS);
    case TlvType.PortId:
      return printId(d, at, length, PORT);
    case TlvType.TimeToLive:
      if (length < 2) return "bad";
      out.ascii(`: TTL ${getU16(buf, at)}s`);
      return "done";
    case TlvType.PortDescription:
      out.put(COLON);
      printString(out, buf, at, length);
      return "done";
    case TlvType.SystemDescription:
      out.ascii("\n\t  ");
      printString(out, buf, at, length);
      return "done";
    case TlvType.SystemCapabilities: {
      if (length < 4) return "bad";
      const system = getU16(buf, at);
      const enabled = getU16(buf, at + 2);
      out.ascii(`\n\t  System  Capabilities [${flagNames(CAPABILITIES, system)}] (0x${hex(system, 4)})`);
      out.ascii(`\n\t  Enabled Capabilities [${flagNames(CAPABILITIES, enabled)}] (0x${hex(enabled, 4)})`);
      return "done";
    }
    case TlvType.ManagementAddress:
      return printManagement(d, at, length);
    case TlvType.Organisation:
      return printOrganisation(d, at, length);
    default:
      return "unknown";
  }
}

function printId(d: Dissection, at: number, length: number, { names, mac, network }: IdSubtypes): TlvPrinted {
  if (length < 2) return "bad";
  const { buf, out } = d;
  const subtype = buf[at]!;
  const name = names[subtype];
  out.ascii(`\n\t  Subtype ${name ?? "Unknown"} (${subtype}): `);
  if (name === undefined) return "unknown";
  if (subtype === network) return printNetworkAddress(d, at + 1, length - 1, "") ? "done" : "bad";
  if (subtype !== mac) {
    printString(out, buf, at + 1, length - 1);
    return "done";
  }
  if (length < 7) return "bad";
  out.mac(buf, at + 1);
  return "done";
}

/** An address after its family. @param before printed first. @returns false if it is too short for its family. */
function printNetworkAddress(d: Dissection, at: number, length: number, before: string): boolean {
  const { buf, out } = d;
  if (length < 1) return false;
  const family = buf[at]!;
  const bytes = length - 1;
  if (family === AddressFamily.Ipv4 && bytes < 4) return false;
  if (family === AddressFamily.Ipv6 && bytes < 16) return false;
  if (family === AddressFamily.Ieee802 && bytes < 6) return false;
  out.ascii(`${before}AFI ${addressFamilyName(family)} (${family})`);
  if (family === AddressFamily.Ipv4) {
    out.put(COLON);
    out.ipv4(buf, at + 1);
  } else if (family === AddressFamily.Ipv6) {
    out.put(COLON);
    out.ipv6(buf, at + 1);
  } else if (family === AddressFamily.Ieee802) {
    out.put(COLON);
    out.mac(buf, at + 1);
  } else {
    out.ascii(", no AF printer !");
  }
  return true;
}

function printManagement(d: Dissection, at: number, length: number): TlvPrinted {
  const { buf, out } = d;
  const bytes = buf[at]!;
  if (length - 1 < bytes) return "bad";
  if (!printNetworkAddress(d, at + 1, bytes, `\n\t  Management Address length ${bytes}, `)) return "bad";
  const number = at + 1 + bytes;
  const rest = length - 1 - bytes - INTERFACE_LENGTH;
  if (rest < 0) return "bad";
  const numbering = buf[number]!;
  const name = NUMBERINGS[numbering] ?? "Unknown";
  out.ascii(`\n\t  ${name} Interface Numbering (${numbering}): ${getU32(buf, number + 1)}`);
  if (rest === 0) return "done";
  const oid = number + INTERFACE_LENGTH;
  const oidLength = buf[oid]!;
  if (rest < 1 + oidLength) return "bad";
  if (oidLength > 0) {
    out.ascii(`\n\t  OID length ${oidLength}`);
    printString(out, buf, oid + 1, oidLength);
  }
  return "done";
}

function printOrganisation(d: Dissection, at: number, length: number): TlvPrinted {
  if (length < 3) return "bad";
  const { buf, out } = d;
  const oui = (buf[at]! << 16) | getU16(buf, at + 1);
  out.ascii(`: OUI ${OUI_NAMES[oui] ?? "Unknown"} (0x${hex(oui, 6)})`);
  switch (oui) {
    case Organisation.Ieee8021:
      return print8021(d, at, length);
    case Organisation.Ieee8023:
      return print8023(d, at, length);
    case Organisation.Iana:
      return printIana(d, at, length);
    case Organisation.Tia:
      return printTia(d, at, length);
    case Organisation.Dcbx:
      return printDcbx(d, at, length);
    default:
      return "unknown";
  }
}

/** The manufacturer's usage description (RFC 8520, 11). */
function printIana(d: Dissection, at: number, length: number): TlvPrinted {
  if (length < 8) return "done";
  const { buf, out } = d;
  const subtype = buf[at + 3]!;
  if (subtype !== IANA_MUD_URL) {
    out.ascii(`\n\t  unknown Subtype (${subtype})`);
    return "unknown";
  }
  out.ascii(`\n\t  MUD-URL Subtype (${subtype})\n\t  MUD-URL=`);
  printVisible(d, at + 4, length - 4);
  return "done";
}
