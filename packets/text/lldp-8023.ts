/** LLDP's TLVs of IEEE 802.3: the transceiver, power over the cable, aggregation, the longest frame. */
import { getU16, getU32 } from "../bytes.ts";
import type { Dissection } from "./dissection.ts";
import type { TlvPrinted } from "./lldp.ts";
import { type FlagNames, flagNames, hex, type Names } from "./names.ts";

const Subtype = { MacPhy: 1, Power: 2, LinkAggregation: 3, MaxFrameSize: 4 } as const;

const SUBTYPES: Names = {
  [Subtype.MacPhy]: "MAC/PHY configuration/status",
  [Subtype.Power]: "Power via MDI",
  [Subtype.LinkAggregation]: "Link aggregation",
  [Subtype.MaxFrameSize]: "Max frame size",
};

const SUPPORTED_ENABLED: FlagNames = [
  [1, "supported"],
  [2, "enabled"],
];

/** Modes that a transceiver offers (RFC 3636, ifMauAutoNegCapAdvertisedBits). */
const PMD: FlagNames = [
  [0x4000, "10BASE-T hdx"],
  [0x2000, "10BASE-T fdx"],
  [0x1000, "100BASE-T4"],
  [0x0800, "100BASE-TX hdx"],
  [0x0400, "100BASE-TX fdx"],
  [0x0200, "100BASE-T2 hdx"],
  [0x0100, "100BASE-T2 fdx"],
  [0x0080, "Pause for fdx links"],
  [0x0040, "Asym PAUSE for fdx"],
  [0x0020, "Sym PAUSE for fdx"],
  [0x0010, "Asym and Sym PAUSE for fdx"],
  [0x0008, "1000BASE-{X LX SX CX} hdx"],
  [0x0004, "1000BASE-{X LX SX CX} fdx"],
  [0x0002, "1000BASE-T hdx"],
  [0x0001, "1000BASE-T fdx"],
];

/** The mode in use, by its number from 0 (RFC 3636, dot3MauType). */
const MAU_TYPES = [
  "Unknown",
  "AUI",
  "10BASE_5",
  "FOIRL",
  "10BASE2",
  "10BASET duplex mode unknown",
  "10BASEFP",
  "10BASEFB",
  "10BASEFL duplex mode unknown",
  "10BROAD36",
  "10BASET hdx",
  "10BASET fdx",
  "10BASEFL hdx",
  "10BASEFL fdx",
  "100BASET4",
  ...["100BASETX", "100BASEFX", "100BASET2"].flatMap(halfAndFull),
  ...["1000BASEX", "1000BASELX", "1000BASESX", "1000BASECX", "1000BASET"].flatMap(halfAndFull),
  ...["X", "LX4", "R", "ER", "LR", "SR", "W", "EW", "LW", "SW"].map((kind) => `10GBASE${kind}`),
];

const POWER: FlagNames = [
  [1, "PSE"],
  [2, "supported"],
  [4, "enabled"],
  [8, "can be controlled"],
];
const POWER_PAIRS: Names = { 1: "signal", 2: "spare" };
const POWER_CLASSES: Names = { 1: "class0", 2: "class1", 3: "class2", 4: "class3", 5: "class4" };

function halfAndFull(name: string): string[] {
  return [`${name} hdx`, `${name} fdx`];
}

/** The value of `length` bytes at `at`, organisation included. */
export function print8023(d: Dissection, at: number, length: number): TlvPrinted {
  if (length < 4) return "done";
  const { buf, out } = d;
  const subtype = buf[at + 3]!;
  out.ascii(`\n\t  ${SUBTYPES[subtype] ?? "unknown"} Subtype (${subtype})`);
  switch (subtype) {
    case Subtype.MacPhy: {
      if (length < 9) return "done";
      const negotiation = buf[at + 4]!;
      const pmd = getU16(buf, at + 5);
      const mau = getU16(buf, at + 7);
      out.ascii(`\n\t    autonegotiation [${flagNames(SUPPORTED_ENABLED, negotiation)}] (0x${hex(negotiation, 2)})`);
      out.ascii(`\n\t    PMD autoneg capability [${flagNames(PMD, pmd, "unknown")}] (0x${hex(pmd, 4)})`);
      out.ascii(`\n\t    MAU type ${MAU_TYPES[mau] ?? "unknown"} (0x${hex(mau, 4)})`);
      return "done";
    }
    case Subtype.Power: {
      if (length < 7) return "done";
      const pair = POWER_PAIRS[buf[at + 5]!] ?? "unknown";
      const powerClass = POWER_CLASSES[buf[at + 6]!] ?? "unknown";
      out.ascii(`\n\t    MDI power support [${flagNames(POWER, buf[at + 4]!)}], power pair ${pair}`);
      out.ascii(`, power class ${powerClass}`);
      return "done";
    }
    case Subtype.LinkAggregation:
      if (length < 9) return "done";
      printLinkAggregation(d, at);
      return "done";
    case Subtype.MaxFrameSize:
      if (length < 6) return "done";
      out.ascii(`\n\t    MTU size ${getU16(buf, at + 4)}`);
      return "done";
    default:
      return "unknown";
  }
}

/** The same data under a subtype of either organisation: it moved from 802.3 to 802.1. */
export function printLinkAggregation({ buf, out }: Dissection, at: number): void {
  out.ascii(`\n\t    aggregation status [${flagNames(SUPPORTED_ENABLED, buf[at + 4]!)}]`);
  out.ascii(`, aggregation port ID ${getU32(buf, at + 5)}`);
}
