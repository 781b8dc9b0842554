/** DCBX before IEEE 802.1Qaz (version 1.01): TLVs within one of LLDP's. */
import { getU16, getU32 } from "../bytes.ts";
import { TLV_HEADER_LENGTH, tlvLength, tlvType, valueOffset } from "../lldp.ts";
import type { Dissection } from "./dissection.ts";
import { hexDump } from "./hexdump.ts";
import type { TlvPrinted } from "./lldp.ts";
import { hex, type Names } from "./names.ts";
import { literal, type TextWriter } from "./writer.ts";

const SUBTYPES: Names = { 1: "DCB Capability Exchange Protocol Rev 1", 2: "DCB Capability Exchange Protocol Rev 1.01" };
const SUBTYPE_OLD = 1;
const Tlv = { Control: 1, PriorityGroups: 2, FlowControl: 3, Application: 4 } as const;
const MIN_LENGTHS: Names<number> = {
  [Tlv.Control]: 10,
  [Tlv.PriorityGroups]: 17,
  [Tlv.FlowControl]: 6,
  [Tlv.Application]: 4,
};
const FEATURES: Names = {
  [Tlv.Control]: "Control - Protocol Control",
  [Tlv.PriorityGroups]: "Feature - Priority Group",
  [Tlv.FlowControl]: "Feature - Priority Flow Control",
  [Tlv.Application]: "Feature - Application",
};
const INDENT = literal("\n\t    0x");

/** The value of `length` bytes at `at`, organisation included. */
export function printDcbx(d: Dissection, at: number, length: number): TlvPrinted {
  if (length < 4) return "done";
  const { buf, out } = d;
  const subtype = buf[at + 3]!;
  out.ascii(`\n\t  ${SUBTYPES[subtype] ?? "unknown"} Subtype (${subtype})`);
  if (subtype === SUBTYPE_OLD) return "unknown";
  let printed: TlvPrinted = "done";
  let left = length - 4;
  for (let off = at + 4; left >= TLV_HEADER_LENGTH; ) {
    const type = tlvType(buf, off);
    const bytes = tlvLength(buf, off);
    const value = valueOffset(off);
    printed = "done";
    left -= TLV_HEADER_LENGTH;
    if (type === 0 || bytes === 0 || bytes > left) break;
    const minimum = MIN_LENGTHS[type];
    if (minimum === undefined) {
      printed = "unknown";
    } else {
      if (bytes < minimum) break;
      printFeature(out, buf, type, value, bytes);
    }
    if (d.verbose > 1 || printed === "unknown") hexDump(out, buf, value, value + bytes, false, INDENT);
    left -= bytes;
    off = value + bytes;
  }
  return printed;
}

function printFeature(out: TextWriter, buf: Uint8Array, type: number, at: number, length: number): void {
  out.ascii(`\n\t    ${FEATURES[type]} (type 0x${type}, length ${length})`);
  out.ascii(`\n\t      Oper_Version: ${buf[at]}\n\t      Max_Version: ${buf[at + 1]}`);
  if (type === Tlv.Control) {
    out.ascii(`\n\t      Sequence Number: ${getU32(buf, at + 2)}`);
    out.ascii(`\n\t      Acknowledgement Number: ${getU32(buf, at + 6)}`);
    return;
  }
  const flags = buf[at + 2]!;
  out.ascii(`\n\t      Info block(0x${hex(flags, 2).toUpperCase()}): `);
  out.ascii(`Enable bit: ${flags >> 7}, Willing bit: ${(flags >> 6) & 1}, Error Bit: ${(flags >> 5) & 1}`);
  out.ascii(`\n\t      SubType: ${buf[at + 3]}`);
  if (type === Tlv.PriorityGroups) printGroups(out, buf, at);
  else if (type === Tlv.FlowControl) printFlowControl(out, buf, at);
  else printApplications(out, buf, at, length);
}

function printGroups(out: TextWriter, buf: Uint8Array, at: number): void {
  out.ascii("\n\t      Priority Allocation");
  for (let i = 0; i < 8; i++) out.ascii(`\n\t          PgId_${i}: ${(getU32(buf, at + 4) >>> (28 - 4 * i)) & 15}`);
  out.ascii("\n\t      Priority Group Allocation");
  for (let i = 0; i < 8; i++) out.ascii(`\n\t          Pg percentage[${i}]: ${buf[at + 8 + i]}`);
  out.ascii(`\n\t      NumTCsSupported: ${buf[at + 16]}`);
}

function printFlowControl(out: TextWriter, buf: Uint8Array, at: number): void {
  const priorities = buf[at + 4]!;
  out.ascii(`\n\t      PFC Config (0x${hex(priorities, 2).toUpperCase()})`);
  for (let i = 0; i < 8; i++)
    out.ascii(`\n\t          Priority Bit ${i}: ${(priorities >> i) & 1 ? "Enabled" : "Disabled"}`);
  out.ascii(`\n\t      NumTCPFCSupported: ${buf[at + 5]}`);
}

function printApplications(out: TextWriter, buf: Uint8Array, at: number, length: number): void {
  // tcpdump counts the bytes that are left in eight bits.
  const stop = at + 4 + ((length - 4) & 0xff);
  for (let i = at + 4; i + 6 <= stop; i += 6) {
    const selector = buf[i + 2]! >> 6;
    const oui = ((buf[i + 2]! & 0x3f) << 16) | getU16(buf, i + 3);
    out.ascii(`\n\t      Application Value\n\t          Application Protocol ID: 0x${hex(getU16(buf, i), 4)}`);
    out.ascii(`\n\t          SF (0x${selector.toString(16)}) Application Protocol ID is `);
    out.ascii(`${selector === 0 ? "L2 EtherType" : "Socket Number"}\n\t          OUI: 0x${hex(oui, 6)}`);
    out.ascii(`\n\t          User Priority Map: 0x${hex(buf[i + 5]!, 2)}`);
  }
}
