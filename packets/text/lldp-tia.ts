/** LLDP's TLVs for media endpoints such as telephones (LLDP-MED, ANSI/TIA-1057). */
import { getU16, getU32 } from "../bytes.ts";
import type { Dissection } from "./dissection.ts";
import { hexDump } from "./hexdump.ts";
import type { TlvPrinted } from "./lldp.ts";
import { type FlagNames, flagNames, hex, type Names } from "./names.ts";
import { printString } from "./strings.ts";
import { literal } from "./writer.ts";

const Subtype = { Capabilities: 1, NetworkPolicy: 2, Location: 3, ExtendedPower: 4 } as const;

/** What an inventory TLV holds, by its subtype. */
const INVENTORY: Names = {
  5: "Hardware revision",
  6: "Firmware revision",
  7: "Software revision",
  8: "Serial number",
  9: "Manufacturer name",
  10: "Model name",
  11: "Asset ID",
};

const SUBTYPES: Names = {
  [Subtype.Capabilities]: "LLDP-MED Capabilities",
  [Subtype.NetworkPolicy]: "Network policy",
  [Subtype.Location]: "Location identification",
  [Subtype.ExtendedPower]: "Extended power-via-MDI",
  5: "Inventory - hardware revision",
  6: "Inventory - firmware revision",
  7: "Inventory - software revision",
  8: "Inventory - serial number",
  9: "Inventory - manufacturer name",
  10: "Inventory - model name",
  11: "Inventory - asset ID",
};

const CAPABILITIES: FlagNames = [
  [0x01, "LLDP-MED capabilities"],
  [0x02, "network policy"],
  [0x04, "location identification"],
  [0x08, "extended power via MDI-PSE"],
  [0x10, "extended power via MDI-PD"],
  [0x20, "Inventory"],
];
const DEVICES: Names = {
  1: "endpoint class 1",
  2: "endpoint class 2",
  3: "endpoint class 3",
  4: "network connectivity",
};
const APPLICATIONS: Names = {
  1: "voice",
  2: "voice signaling",
  3: "guest voice",
  4: "guest voice signaling",
  5: "softphone voice",
  6: "video conferencing",
  7: "streaming video",
  8: "video signaling",
};
const POLICY: FlagNames = [
  [0x80, "Unknown"],
  [0x40, "Tagged"],
  [0x20, "reserved"],
];

const Format = { Coordinates: 1, CivicAddress: 2, EmergencyNumber: 3 } as const;
const FORMATS: Names = {
  [Format.Coordinates]: "coordinate-based LCI",
  [Format.CivicAddress]: "civic address LCI",
  [Format.EmergencyNumber]: "ECS ELIN",
};
const ALTITUDES: Names = { 1: "meters", 2: "floors" };
const DATUMS: Names = {
  1: "World Geodesic System 1984",
  2: "North American Datum 1983 (NAVD88)",
  3: "North American Datum 1983 (MLLW)",
};
const WHERE: Names = {
  0: "location of DHCP server",
  1: "location of the network element believed to be closest to the client",
  2: "location of the client",
};
const CIVIC_TYPES: Names = {
  1: "national subdivisions (state,canton,region,province,prefecture)",
  2: "county, parish, gun, district",
  3: "city, township, shi",
  4: "city division, borough, city district, ward chou",
  5: "neighborhood, block",
  6: "street",
};
const POWER_SOURCES: Names = {
  1: "PSE - primary power source",
  2: "local - backup power source",
  3: "PSE+local - reserved",
};
const POWER_PRIORITIES: Names = { 1: "critical", 2: "high", 3: "low" };
/** From here on the power's values, tenths of a watt, are reserved. */
const POWER_RESERVED = 1024;
const INDENT = literal("\n\t      0x");

/** The value of `length` bytes at `at`, organisation included. */
export function printTia(d: Dissection, at: number, length: number): TlvPrinted {
  if (length < 4) return "done";
  const { buf, out } = d;
  const subtype = buf[at + 3]!;
  out.ascii(`\n\t  ${SUBTYPES[subtype] ?? "unknown"} Subtype (${subtype})`);
  switch (subtype) {
    case Subtype.Capabilities: {
      if (length < 7) return "done";
      const media = getU16(buf, at + 4);
      const device = buf[at + 6]!;
      out.ascii(`\n\t    Media capabilities [${flagNames(CAPABILITIES, media)}] (0x${hex(media, 4)})`);
      out.ascii(`\n\t    Device type [${DEVICES[device] ?? "unknown"}] (0x${hex(device, 2)})`);
      return "done";
    }
    case Subtype.NetworkPolicy: {
      if (length < 8) return "done";
      const application = buf[at + 4]!;
      out.ascii(`\n\t    Application type [${APPLICATIONS[application] ?? "none"}] (0x${hex(application, 2)})`);
      out.ascii(`, Flags [${flagNames(POLICY, buf[at + 5]!)}]`);
      out.ascii(`\n\t    Vlan id ${(getU16(buf, at + 5) & 0x1ffe) >> 1}`);
      out.ascii(`, L2 priority ${(getU16(buf, at + 6) & 0x1ff) >> 6}, DSCP value ${buf[at + 7]! & 0x3f}`);
      return "done";
    }
    case Subtype.Location:
      printLocation(d, at, length);
      return "done";
    case Subtype.ExtendedPower:
      printPower(d, at, length);
      return "done";
    default: {
      const item = INVENTORY[subtype];
      if (item === undefined) return "unknown";
      out.ascii(`\n\t  ${item} `);
      printString(out, buf, at + 4, length - 4);
      return "done";
    }
  }
}

function printLocation(d: Dissection, at: number, length: number): void {
  if (length < 5) return;
  const { buf, out } = d;
  const format = buf[at + 4]!;
  out.ascii(`\n\t    Location data format ${FORMATS[format] ?? "unknown"} (0x${hex(format, 2)})`);
  switch (format) {
    case Format.Coordinates:
      if (length >= 21) printCoordinates(d, at);
      break;
    case Format.CivicAddress:
      printCivicAddress(d, at, length);
      break;
    case Format.EmergencyNumber:
      out.ascii("\n\t    ECS ELIN id ");
      printString(out, buf, at + 5, length - 5);
      break;
    default:
      out.ascii("\n\t    Location ID ");
      hexDump(out, buf, at + 5, at + length, false, INDENT);
  }
}

/** Latitude, longitude and altitude as RFC 3825 has them: a resolution before each value. */
function printCoordinates(d: Dissection, at: number): void {
  const { buf, out } = d;
  out.ascii(`\n\t    Latitude resolution ${buf[at + 5]! >> 2}, latitude value ${degrees(buf, at + 5)}`);
  out.ascii(`\n\t    Longitude resolution ${buf[at + 10]! >> 2}, longitude value ${degrees(buf, at + 10)}`);
  const type = buf[at + 15]! >> 4;
  out.ascii(`\n\t    Altitude type ${ALTITUDES[type] ?? "unknown"} (${type})`);
  const altitude = getU32(buf, at + 16) & 0x3fffffff;
  const resolution = (getU16(buf, at + 15) >> 6) & 0x3f;
  out.ascii(`\n\t    Altitude resolution ${resolution}, altitude value 0x${altitude.toString(16)}`);
  const datum = buf[at + 20]!;
  out.ascii(`\n\t    Datum ${DATUMS[datum] ?? "unknown"} (0x${hex(datum, 2)})`);
}

/** The lower 34 of 40 bits. */
function degrees(buf: Uint8Array, at: number): number {
  return (buf[at]! & 3) * 0x100000000 + getU32(buf, at + 1);
}

function printCivicAddress(d: Dissection, at: number, length: number): void {
  const { buf, out } = d;
  if (length < 6) return;
  const bytes = buf[at + 5]!;
  if (bytes < 3 || length < 7 + bytes) return;
  const where = buf[at + 6]!;
  out.ascii(`\n\t    LCI length ${bytes}, LCI what ${WHERE[where] ?? "unknown"} (0x${hex(where, 2)}), Country-code `);
  printString(out, buf, at + 7, 2);
  let left = bytes - 3;
  for (let i = at + 9; left >= 2; ) {
    const type = buf[i]!;
    const size = buf[i + 1]!;
    left -= 2;
    out.ascii(`\n\t      CA type '${CIVIC_TYPES[type] ?? "unknown"}' (${type}), length ${size}: `);
    if (type === 0 || size === 0 || left < size) return;
    printString(out, buf, i + 2, size);
    i += 2 + size;
    left -= size;
  }
}

function printPower(d: Dissection, at: number, length: number): void {
  if (length < 7) return;
  const { buf, out } = d;
  const first = buf[at + 4]!;
  // tcpdump looks at the lowest two bits, where the type is in the highest.
  out.ascii(`\n\t    Power type [${(first & 3) !== 0 ? "PD" : "PSE"} device]`);
  out.ascii(`, Power source [${POWER_SOURCES[(first >> 4) & 3] ?? "none"}]`);
  const priority = first & 15;
  out.ascii(`\n\t    Power priority [${POWER_PRIORITIES[priority] ?? "none"}] (0x${hex(priority, 2)})`);
  const power = getU16(buf, at + 5);
  out.ascii(power < POWER_RESERVED ? `, Power ${(power / 10).toFixed(1)} Watts` : `, Power ${power} (Reserved)`);
}
