/** LLDP's TLVs of IEEE 802.1: VLANs and protocols of a port, and data centre bridging (802.1Qau, Qaz, Qbb, Qbg). */
import { getU16 } from "../bytes.ts";
import type { Dissection } from "./dissection.ts";
import type { TlvPrinted } from "./lldp.ts";
import { printLinkAggregation } from "./lldp-8023.ts";
import { type FlagNames, flagNames, hex, type Names } from "./names.ts";
import { printString } from "./strings.ts";
import type { TextWriter } from "./writer.ts";

const Subtype = {
  PortVlan: 1,
  ProtocolVlan: 2,
  VlanName: 3,
  ProtocolIdentity: 4,
  LinkAggregation: 7,
  CongestionNotification: 8,
  EtsConfiguration: 9,
  EtsRecommendation: 10,
  PriorityFlowControl: 11,
  ApplicationPriority: 12,
  EdgeVirtualBridging: 13,
  ChannelDiscovery: 14,
} as const;

const SUBTYPES: Names = {
  [Subtype.PortVlan]: "Port VLAN Id",
  [Subtype.ProtocolVlan]: "Port and Protocol VLAN ID",
  [Subtype.VlanName]: "VLAN name",
  [Subtype.ProtocolIdentity]: "Protocol Identity",
  [Subtype.LinkAggregation]: "Link aggregation",
  [Subtype.CongestionNotification]: "Congestion Notification",
  [Subtype.EtsConfiguration]: "ETS Configuration",
  [Subtype.EtsRecommendation]: "ETS Recommendation",
  [Subtype.PriorityFlowControl]: "Priority Flow Control Configuration",
  [Subtype.ApplicationPriority]: "Application Priority",
  [Subtype.EdgeVirtualBridging]: "EVB",
  [Subtype.ChannelDiscovery]: "CDCP",
};

/** Shortest value that shows more than its subtype. */
const MIN_LENGTHS: Names<number> = {
  [Subtype.PortVlan]: 6,
  [Subtype.ProtocolVlan]: 7,
  [Subtype.VlanName]: 6,
  [Subtype.ProtocolIdentity]: 5,
  [Subtype.LinkAggregation]: 9,
  [Subtype.CongestionNotification]: 6,
  [Subtype.EtsConfiguration]: 25,
  [Subtype.EtsRecommendation]: 25,
  [Subtype.PriorityFlowControl]: 6,
  [Subtype.ApplicationPriority]: 5,
  [Subtype.EdgeVirtualBridging]: 9,
  [Subtype.ChannelDiscovery]: 8,
};

const PROTOCOL_VLAN: FlagNames = [
  [2, "supported"],
  [4, "enabled"],
];
const EVB_MODES = ["Not Supported", "EVB Bridge", "EVB Station", "Reserved for future Standardization"];

/** The value of `length` bytes at `at`, organisation included. */
export function print8021(d: Dissection, at: number, length: number): TlvPrinted {
  if (length < 4) return "done";
  const { buf, out } = d;
  const subtype = buf[at + 3]!;
  out.ascii(`\n\t  ${SUBTYPES[subtype] ?? "unknown"} Subtype (${subtype})`);
  const minimum = MIN_LENGTHS[subtype];
  if (minimum === undefined) return "unknown";
  if (length < minimum) return "done";
  const first = buf[at + 4]!;
  switch (subtype) {
    case Subtype.PortVlan:
      out.ascii(`\n\t    port vlan id (PVID): ${getU16(buf, at + 4)}`);
      break;
    case Subtype.ProtocolVlan:
      out.ascii(`\n\t    port and protocol vlan id (PPVID): ${getU16(buf, at + 5)}`);
      out.ascii(`, flags [${flagNames(PROTOCOL_VLAN, first)}] (0x${hex(first, 2)})`);
      break;
    case Subtype.VlanName:
      out.ascii(`\n\t    vlan id (VID): ${getU16(buf, at + 4)}`);
      printCounted(d, at + 6, length - 6, "\n\t    vlan name: ");
      break;
    case Subtype.ProtocolIdentity:
      printCounted(d, at + 4, length - 4, "\n\t    protocol identity: ");
      break;
    case Subtype.LinkAggregation:
      printLinkAggregation(d, at);
      break;
    case Subtype.CongestionNotification:
      out.ascii("\n\t    Pre-Priority CNPV Indicator");
      printBits(out, first);
      out.ascii("\n\t    Pre-Priority Ready Indicator");
      printBits(out, buf[at + 5]!);
      break;
    case Subtype.EtsConfiguration:
      out.ascii(
        `\n\t    Willing:${first >> 7}, CBS:${(first >> 6) & 2}, RES:${(first >> 3) & 7}, Max TCs:${first & 7}`,
      );
      printEts(out, buf, at + 5);
      break;
    case Subtype.EtsRecommendation:
      out.ascii(`\n\t    RES: ${first}`);
      printEts(out, buf, at + 5);
      break;
    case Subtype.PriorityFlowControl:
      out.ascii(`\n\t    Willing: ${first >> 7}, MBC: ${(first >> 6) & 1}, RES: ${(first >> 4) & 3}`);
      out.ascii(`, PFC cap:${first & 15} \n\t    PFC Enable`);
      printBits(out, buf[at + 5]!);
      break;
    case Subtype.ApplicationPriority:
      printApplications(out, buf, at, length);
      break;
    case Subtype.EdgeVirtualBridging:
      printEvb(out, buf, at);
      break;
    case Subtype.ChannelDiscovery:
      printChannels(out, buf, at, length);
      break;
  }
  return "done";
}

/** A string after a byte with its length, if both fit into `room`. */
function printCounted(d: Dissection, at: number, room: number, before: string): void {
  if (room < 1 || room < 1 + d.buf[at]!) return;
  d.out.ascii(before);
  printString(d.out, d.buf, at + 1, d.buf[at]!);
}

/** The eight bits of a byte, the lowest first. */
function printBits(out: TextWriter, byte: number): void {
  out.ascii("\n\t     Priority : 0  1  2  3  4  5  6  7\n\t     Value    : ");
  for (let i = 0; i < 8; i++) out.ascii(`${(byte >> i) & 1}  `);
}

/** Enhanced transmission selection: priorities to classes, the classes' bandwidth, and their algorithms. */
function printEts(out: TextWriter, buf: Uint8Array, at: number): void {
  out.ascii("\n\t    Priority Assignment Table\n\t     Priority : 0   1   2   3   4   5   6   7");
  const priorities = Array.from({ length: 8 }, (_, i) => (buf[at + (i >> 1)]! >> (4 * (~i & 1))) & 15);
  out.ascii(`\n\t     Value    : ${columns(priorities)}`);
  out.ascii("\n\t    TC Bandwidth Table\n\t     TC%   : 0   1   2   3   4   5   6   7");
  out.ascii(`\n\t     Value : ${columns(buf.subarray(at + 4, at + 12))}`);
  out.ascii("\n\t    TSA Assignment Table\n\t     Traffic Class: 0   1   2   3   4   5   6   7");
  out.ascii(`\n\t     Value        : ${columns(buf.subarray(at + 12, at + 20))}`);
}

function columns(values: ArrayLike<number>): string {
  return Array.from(values, (value) => String(value).padEnd(3)).join(" ");
}

function printApplications(out: TextWriter, buf: Uint8Array, at: number, length: number): void {
  out.ascii(`\n\t    RES: ${buf[at + 4]}`);
  const bytes = length - 5;
  if (bytes === 0 || bytes % 3 !== 0) return;
  out.ascii("\n\t    Application Priority Table");
  for (let i = at + 5; i < at + length; i += 3) {
    const first = buf[i]!;
    out.ascii(`\n\t      Priority: ${first >> 5}, RES: ${(first >> 3) & 3}, Sel: ${first & 7}`);
    out.ascii(`, Protocol ID: ${getU16(buf, i + 1)}`);
  }
}

function printEvb(out: TextWriter, buf: Uint8Array, at: number): void {
  const bridge = buf[at + 4]!;
  out.ascii(`\n\t    EVB Bridge Status\n\t      RES: ${bridge >> 3}, BGID: ${(bridge >> 2) & 1}`);
  out.ascii(`, RRCAP: ${(bridge >> 1) & 1}, RRCTR: ${bridge & 1}`);
  const station = buf[at + 5]!;
  out.ascii(`\n\t    EVB Station Status\n\t      RES: ${station >> 4}, SGID: ${(station >> 3) & 1}`);
  out.ascii(`, RRREQ: ${(station >> 2) & 1},RRSTAT: ${station & 3}`);
  const retry = buf[at + 6]!;
  out.ascii(`\n\t    R: ${retry >> 5}, RTE: ${retry & 31}, `);
  const mode = buf[at + 7]!;
  out.ascii(`EVB Mode: ${EVB_MODES[mode >> 6]} [${mode >> 6}]`);
  out.ascii(`\n\t    ROL: ${(mode >> 5) & 1}, RWD: ${mode & 31}, `);
  const keep = buf[at + 8]!;
  out.ascii(`RES: ${keep >> 6}, ROL: ${(keep >> 5) & 1}, RKA: ${keep & 31}`);
}

function printChannels(out: TextWriter, buf: Uint8Array, at: number, length: number): void {
  const first = buf[at + 4]!;
  out.ascii(`\n\t    Role: ${first >> 7}, RES: ${(first >> 4) & 7}, Scomp: ${(first >> 3) & 1} `);
  out.ascii(`ChnCap: ${getU16(buf, at + 6) & 0xfff}`);
  if ((length - 8) % 3 !== 0) return;
  for (let i = at + 8; i < at + length; i += 3) {
    out.ascii(`\n\t    SCID: ${getU16(buf, i) >> 4}, SVID: ${getU16(buf, i + 1) & 0xfff}`);
  }
}
