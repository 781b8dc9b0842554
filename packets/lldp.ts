/**
 * Link Layer Discovery Protocol (IEEE 802.1AB): a station tells its neighbour on the cable what it is, in frames to a
 * multicast address that bridges do not forward. A data unit is a list of TLVs: first chassis, port and time to live,
 * then what the sender likes, and an end that may be missing.
 *
 *      0                   1
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
 *     +-------------+-----------------+
 *     |  TLV type   |     length      |  of the value, 0 to 511
 *     +-------------+-----------------+
 *     |             value             |
 *     +-------------------------------+
 */
import { copyOf, getU16, setU16 } from "./bytes.ts";
import { Fault } from "./fault.ts";
import { header, requireBits } from "./layout.ts";

/** Lengths and offsets in bytes; read from here and not from the exports, so that V8 folds them (see arp.ts). */
const WIRE = {
  /** Bytes before a value. */
  TLV_HEADER_LENGTH: 2,
  /** Longest value. */
  MAX_VALUE_LENGTH: 511,
  /** Longest chassis or port identifier, without its subtype. */
  MAX_ID_LENGTH: 255,
  /** Bytes of organisation and subtype before an organisationally specific TLV's own data. */
  ORGANISATION_LENGTH: 4,
} as const;
export const { TLV_HEADER_LENGTH, MAX_VALUE_LENGTH, MAX_ID_LENGTH, ORGANISATION_LENGTH } = WIRE;

/** TLV types (IEEE 802.1AB, table 8-1); 9 to 126 are reserved. Unknown ones stay numbers. */
export const TlvType = {
  End: 0,
  ChassisId: 1,
  PortId: 2,
  TimeToLive: 3,
  PortDescription: 4,
  SystemName: 5,
  SystemDescription: 6,
  SystemCapabilities: 7,
  ManagementAddress: 8,
  Organisation: 127,
} as const;

/** What a chassis identifier is (table 8-2). */
export const ChassisSubtype = {
  ChassisComponent: 1,
  InterfaceAlias: 2,
  PortComponent: 3,
  Mac: 4,
  NetworkAddress: 5,
  InterfaceName: 6,
  Local: 7,
} as const;

/** What a port identifier is (table 8-3). */
export const PortSubtype = {
  InterfaceAlias: 1,
  PortComponent: 2,
  Mac: 3,
  NetworkAddress: 4,
  InterfaceName: 5,
  AgentCircuitId: 6,
  Local: 7,
} as const;

/** Bits of a system's capabilities, and of those that are enabled (table 8-4). */
export const Capability = {
  Other: 0x0001,
  Repeater: 0x0002,
  Bridge: 0x0004,
  AccessPoint: 0x0008,
  Router: 0x0010,
  Telephone: 0x0020,
  Docsis: 0x0040,
  StationOnly: 0x0080,
} as const;

/** Organisations that define TLVs of their own, 24 bits. */
export const Organisation = {
  Ieee8021: 0x0080c2,
  Ieee8023: 0x00120f,
  Tia: 0x0012bb,
  Dcbx: 0x001b21,
  Iana: 0x00005e,
} as const;

const TYPE_NAMES: Readonly<Record<number, string>> = {
  0: "end",
  1: "chassis-id",
  2: "port-id",
  3: "time-to-live",
  4: "port-description",
  5: "system-name",
  6: "system-description",
  7: "system-capabilities",
  8: "management-address",
  127: "organisation",
};

/** The TLV type's name; an unknown one stays a number, as `tlv-9`. */
export function typeName(type: number): string {
  return TYPE_NAMES[type] ?? `tlv-${type}`;
}

/** True if a whole TLV lies at `off`: then its type, length and value are in bounds. */
export function hasTlv(buf: Uint8Array, off: number, end: number): boolean {
  return end - off >= WIRE.TLV_HEADER_LENGTH && end - off >= WIRE.TLV_HEADER_LENGTH + tlvLength(buf, off);
}

/** A TLV's type, 0 to 127, see {@link TlvType}. */
export function tlvType(buf: Uint8Array, off: number): number {
  return buf[off]! >> 1;
}

/** Bytes of a TLV's value, 0 to 511. */
export function tlvLength(buf: Uint8Array, off: number): number {
  return getU16(buf, off) & WIRE.MAX_VALUE_LENGTH;
}

/** Where a TLV's value begins. */
export function valueOffset(off: number): number {
  return off + WIRE.TLV_HEADER_LENGTH;
}

/** Where the next TLV begins. */
export function nextTlv(buf: Uint8Array, off: number): number {
  return off + WIRE.TLV_HEADER_LENGTH + tlvLength(buf, off);
}

/** Shortest value of each of the types that have one. */
const MIN_LENGTHS: Readonly<Record<number, number>> = { 1: 2, 2: 2, 3: 2, 7: 4, 8: 9, 127: 4 };

/**
 * Checks that a data unit lies at `off`: chassis, port and time to live in this order (IEEE 802.1AB, 9.2.7.7.1), and
 * TLVs that fit, up to an end or to `end`.
 * @param end the end of the captured bytes; what follows the end TLV is padding.
 * @returns Truncated, Length, or None: then every TLV from `off` to {@link unitEnd} is in bounds.
 */
export function check(buf: Uint8Array, off: number, end: number): Fault {
  let at = off;
  let index = 1;
  for (; at < end; index++) {
    if (!hasTlv(buf, at, end)) return Fault.Truncated;
    const type = tlvType(buf, at);
    if (index <= TlvType.TimeToLive && type !== index) return Fault.Length;
    if (type === TlvType.End) return Fault.None;
    if (tlvLength(buf, at) < (MIN_LENGTHS[type] ?? 0)) return Fault.Length;
    if (type === TlvType.ManagementAddress && isManagementWrong(buf, at)) return Fault.Length;
    at = nextTlv(buf, at);
  }
  return index > TlvType.TimeToLive ? Fault.None : Fault.Truncated;
}

/** Where the TLVs of a data unit that passed {@link check} end: at the end TLV, or at `end` without one. */
export function unitEnd(buf: Uint8Array, off: number, end: number): number {
  let at = off;
  while (at < end && tlvType(buf, at) !== TlvType.End) at = nextTlv(buf, at);
  return at;
}

/** True if a management address TLV's inner lengths do not add up. */
function isManagementWrong(buf: Uint8Array, off: number): boolean {
  const length = tlvLength(buf, off);
  const value = valueOffset(off);
  const address = buf[value]!;
  // The address with its subtype, the interface's numbering and number, and the length of the object identifier.
  if (address < 2 || length < 1 + address + 6) return true;
  return length < 1 + address + 6 + buf[value + 1 + address + 5]!;
}

/** The declared header of a TLV: type (7 bits) and length (9 bits) in one word. */
export const layout = header("lldp.tlv", { typeLength: "u16" });

/** The declared head of an organisationally specific value. */
export const organisationLayout = header("lldp.organisation", { oui: { bytes: 3 }, subtype: "u8" });

/** What a chassis or a port is called: `subtype` says how to read the bytes, 1 to 255 of them. */
export interface LldpId {
  subtype: number;
  id: Uint8Array;
}

/** One optional TLV. */
export type LldpTlv =
  | { kind: "port-description" | "system-name" | "system-description"; text: Uint8Array }
  | { kind: "system-capabilities"; system: number; enabled: number }
  | {
      kind: "management-address";
      /** Address family (IANA): 1 for IPv4, 2 for IPv6. */
      family: number;
      address: Uint8Array;
      /** How the interface is numbered: 1 unknown, 2 by its index, 3 by the system's port. */
      numbering: number;
      interfaceNumber: number;
      oid: Uint8Array;
    }
  | { kind: "organisation"; oui: number; subtype: number; data: Uint8Array }
  | { kind: "other"; type: number; value: Uint8Array };

/** A data unit as a plain object. */
export interface LldpUnit {
  chassis: LldpId;
  port: LldpId;
  /** Seconds that the receiver may believe it, 0 to 65,535; 0 takes everything back. */
  ttl: number;
  tlvs: LldpTlv[];
}

/** Takes a data unit apart, or says with a fault why it cannot be: for tools and tests. */
export function parse(buf: Uint8Array, off = 0, end = buf.length): LldpUnit | Fault {
  const fault = check(buf, off, end);
  if (fault !== Fault.None) return fault;
  const stop = unitEnd(buf, off, end);
  const port = nextTlv(buf, off);
  const ttl = nextTlv(buf, port);
  const tlvs: LldpTlv[] = [];
  for (let at = nextTlv(buf, ttl); at < stop; at = nextTlv(buf, at)) tlvs.push(parseTlv(buf, at));
  return { chassis: parseId(buf, off), port: parseId(buf, port), ttl: getU16(buf, valueOffset(ttl)), tlvs };
}

function parseId(buf: Uint8Array, off: number): LldpId {
  const value = valueOffset(off);
  return { subtype: buf[value]!, id: copyOf(buf, value + 1, nextTlv(buf, off)) };
}

function parseTlv(buf: Uint8Array, off: number): LldpTlv {
  const type = tlvType(buf, off);
  const at = valueOffset(off);
  const stop = nextTlv(buf, off);
  switch (type) {
    case TlvType.PortDescription:
      return { kind: "port-description", text: copyOf(buf, at, stop) };
    case TlvType.SystemName:
      return { kind: "system-name", text: copyOf(buf, at, stop) };
    case TlvType.SystemDescription:
      return { kind: "system-description", text: copyOf(buf, at, stop) };
    case TlvType.SystemCapabilities:
      if (stop - at !== 4) break;
      return { kind: "system-capabilities", system: getU16(buf, at), enabled: getU16(buf, at + 2) };
    case TlvType.ManagementAddress: {
      const number = at + 1 + buf[at]!;
      const oid = number + 6;
      if (stop !== oid + buf[oid - 1]!) break;
      return {
        kind: "management-address",
        family: buf[at + 1]!,
        address: copyOf(buf, at + 2, number),
        numbering: buf[number]!,
        interfaceNumber: getU16(buf, number + 1) * 0x10000 + getU16(buf, number + 3),
        oid: copyOf(buf, oid, stop),
      };
    }
    case TlvType.Organisation: {
      const oui = (buf[at]! << 16) | getU16(buf, at + 1);
      return { kind: "organisation", oui, subtype: buf[at + 3]!, data: copyOf(buf, at + 4, stop) };
    }
  }
  return { kind: "other", type, value: copyOf(buf, at, stop) };
}

const TEXT_TYPES = { "port-description": 4, "system-name": 5, "system-description": 6 } as const;

/**
 * The bytes of a data unit, its end TLV included.
 * @throws {RangeError} on a value that does not fit its field.
 */
export function build(unit: LldpUnit): Uint8Array {
  requireBits("lldp.ttl", unit.ttl, 0xffff);
  const tlvs = [
    buildTlv(TlvType.ChassisId, idValue("lldp.chassis", unit.chassis)),
    buildTlv(TlvType.PortId, idValue("lldp.port", unit.port)),
    buildTlv(TlvType.TimeToLive, [unit.ttl >>> 8, unit.ttl & 0xff]),
    ...unit.tlvs.map(buildOptional),
    buildTlv(TlvType.End, []),
  ];
  const buf = new Uint8Array(tlvs.reduce((sum, tlv) => sum + tlv.length, 0));
  let at = 0;
  for (const tlv of tlvs) {
    buf.set(tlv, at);
    at += tlv.length;
  }
  return buf;
}

/** Writes a TLV's header: type 0 to 127, and the length of its value, 0 to 511. */
export function writeTlvHeader(buf: Uint8Array, off: number, type: number, length: number): void {
  setU16(buf, off, (type << 9) | length);
}

function buildTlv(type: number, value: ArrayLike<number>): Uint8Array {
  requireBits("lldp.tlv.type", type, 127);
  requireBits("lldp.tlv.length", value.length, WIRE.MAX_VALUE_LENGTH);
  const buf = new Uint8Array(WIRE.TLV_HEADER_LENGTH + value.length);
  writeTlvHeader(buf, 0, type, value.length);
  buf.set(value, WIRE.TLV_HEADER_LENGTH);
  return buf;
}

function idValue(name: string, { subtype, id }: LldpId): Uint8Array {
  requireBits(`${name}.subtype`, subtype, 0xff);
  if (id.length < 1 || id.length > WIRE.MAX_ID_LENGTH) throw new RangeError(`${name}.id takes 1 to 255 bytes`);
  return Uint8Array.of(subtype, ...id);
}

function buildOptional(tlv: LldpTlv): Uint8Array {
  switch (tlv.kind) {
    case "system-capabilities": {
      requireBits("lldp.capabilities.system", tlv.system, 0xffff);
      requireBits("lldp.capabilities.enabled", tlv.enabled, 0xffff);
      const words = [tlv.system >>> 8, tlv.system & 0xff, tlv.enabled >>> 8, tlv.enabled & 0xff];
      return buildTlv(TlvType.SystemCapabilities, words);
    }
    case "management-address": {
      const { family, address, numbering, interfaceNumber, oid } = tlv;
      requireBits("lldp.management.family", family, 0xff);
      requireBits("lldp.management.numbering", numbering, 0xff);
      requireBits("lldp.management.interfaceNumber", interfaceNumber, 0xffffffff);
      if (address.length < 1 || address.length > 31)
        throw new RangeError("lldp.management.address takes 1 to 31 bytes");
      if (oid.length > 128) throw new RangeError("lldp.management.oid takes up to 128 bytes");
      const number = [24, 16, 8, 0].map((shift) => (interfaceNumber >>> shift) & 0xff);
      const value = [address.length + 1, family, ...address, numbering, ...number, oid.length, ...oid];
      return buildTlv(TlvType.ManagementAddress, value);
    }
    case "organisation": {
      const { oui, subtype, data } = tlv;
      requireBits("lldp.organisation.oui", oui, 0xffffff);
      const value = new Uint8Array(WIRE.ORGANISATION_LENGTH + data.length);
      organisationLayout.encode({ oui: Uint8Array.of(oui >>> 16, oui >>> 8, oui), subtype }, value);
      value.set(data, WIRE.ORGANISATION_LENGTH);
      return buildTlv(TlvType.Organisation, value);
    }
    case "other":
      return buildTlv(tlv.type, tlv.value);
    default:
      return buildTlv(TEXT_TYPES[tlv.kind], tlv.text);
  }
}
