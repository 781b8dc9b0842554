/** Spanning tree (IEEE 802.1D, 802.1w, 802.1s, 802.1aq); with -v the timers, the root and the instances. */
import { getU16, getU32 } from "../bytes.ts";
import * as stp from "../stp.ts";
import type { Dissection } from "./dissection.ts";
import { type FlagNames, flagNames, hex, type Names } from "./names.ts";
import { printString } from "./strings.ts";
import { literal } from "./writer.ts";

const PROTOCOL = literal("stp");
const VERSIONS: Names = {
  [stp.Version.Stp]: "802.1d",
  [stp.Version.Rapid]: "802.1w",
  [stp.Version.Multiple]: "802.1s",
  [stp.Version.ShortestPath]: "802.1aq",
};
const TYPES: Names = {
  [stp.BpduType.Config]: "Config",
  [stp.BpduType.Rapid]: "Rapid STP",
  [stp.BpduType.TopologyChange]: "Topology Change",
};
const FLAGS: FlagNames = [
  [stp.Flag.TopologyChange, "Topology change"],
  [stp.Flag.Proposal, "Proposal"],
  [stp.Flag.Learning, "Learn"],
  [stp.Flag.Forwarding, "Forward"],
  [stp.Flag.Agreement, "Agreement"],
  [stp.Flag.TopologyChangeAck, "Topology change ACK"],
];
const ROLES = ["Unknown", "Alternate", "Root", "Designated"];

/** Bytes of configuration name, revision and digest in the version 3 length; what follows them are instances. */
const CONFIG_INFO_LENGTH = 64;
/** Bytes that a shortest path bridging part has at least, its length field included. */
const MIN_SPB_LENGTH = 87;

/** A bridge protocol data unit of `length` bytes. @returns false if the captured bytes end within. */
export function printStp(d: Dissection, at: number, length: number): boolean {
  d.protocol = PROTOCOL;
  const { buf, out } = d;
  if (length < 4) return invalid(d);
  if (!d.has(at, 2)) return false;
  if (getU16(buf, at) !== 0) {
    out.ascii(`unknown STP version, length ${length}`);
    return true;
  }
  if (!d.has(at, 3)) return false;
  const version = buf[at + stp.VERSION]!;
  const name = VERSIONS[version];
  out.ascii(`STP ${name ?? `Unknown STP protocol (0x${hex(version, 2)})`}`);
  if (name === undefined) return true;
  if (!d.has(at, 4)) return false;
  const type = buf[at + stp.TYPE]!;
  out.ascii(`, ${TYPES[type] ?? `Unknown BPDU Type (0x${hex(type, 2)})`}`);
  if (type === stp.BpduType.Config) return printConfig(d, at, length, version, stp.CONFIG_LENGTH);
  if (type !== stp.BpduType.Rapid) return true;
  if (version === stp.Version.Rapid) return printConfig(d, at, length, version, stp.RAPID_LENGTH);
  if (version > stp.Version.Rapid) return printMultiple(d, at, length, version);
  return true;
}

function invalid(d: Dissection): true {
  d.invalid();
  return true;
}

function printConfig(d: Dissection, at: number, length: number, version: number, minimum: number): boolean {
  const { buf, out } = d;
  if (length < minimum) return invalid(d);
  if (!d.has(at, stp.FLAGS + 1)) return false;
  const flags = buf[at + stp.FLAGS]!;
  out.ascii(`, Flags [${flagNames(FLAGS, flags)}]`);
  if (!d.has(at, stp.PORT_ID + 2)) return false;
  out.ascii(", bridge-id ");
  printBridge(d, at + stp.BRIDGE_ID);
  out.ascii(`.${hex(getU16(buf, at + stp.PORT_ID), 4)}, length ${length}`);
  if (d.verbose === 0) return true;
  if (!d.has(at, stp.CONFIG_LENGTH)) return false;
  printTimers(d, at);
  out.ascii("\n\troot-id ");
  printBridge(d, at + stp.ROOT_ID);
  out.ascii(`, root-pathcost ${getU32(buf, at + stp.ROOT_PATH_COST)}`);
  if (version === stp.Version.Rapid) out.ascii(`, port-role ${role(flags)}`);
  return true;
}

function printMultiple(d: Dissection, at: number, length: number, version: number): boolean {
  const { buf } = d;
  if (length < stp.MULTIPLE_LENGTH) return invalid(d);
  if (!d.has(at, stp.RAPID_LENGTH)) return false;
  if (buf[at + stp.VERSION_1_LENGTH] !== 0) return invalid(d);
  if (!d.has(at, stp.VERSION_3_LENGTH + 2)) return false;
  const part = getU16(buf, at + stp.VERSION_3_LENGTH) + 2;
  if (length < stp.RAPID_LENGTH + part) return invalid(d);
  if (!printMstp(d, at, length)) return false;
  if (version !== stp.Version.ShortestPath) return true;
  const next = stp.RAPID_LENGTH + part;
  if (!d.has(at, next + 2)) return false;
  const bytes = getU16(buf, at + next) + 2;
  if (length < next + bytes || bytes < MIN_SPB_LENGTH) return invalid(d);
  return d.verbose === 0 || printShortestPath(d, at + next);
}

function printMstp(d: Dissection, at: number, length: number): boolean {
  const { buf, out } = d;
  const flags = buf[at + stp.FLAGS]!;
  out.ascii(`, CIST Flags [${flagNames(FLAGS, flags)}], length ${length}`);
  if (d.verbose === 0) return true;
  out.ascii(`\n\tport-role ${role(flags)}, `);
  out.ascii("CIST root-id ");
  printBridge(d, at + stp.ROOT_ID);
  out.ascii(`, CIST ext-pathcost ${getU32(buf, at + stp.ROOT_PATH_COST)}`);
  out.ascii("\n\tCIST regional-root-id ");
  printBridge(d, at + stp.BRIDGE_ID);
  out.ascii(`, CIST port-id ${hex(getU16(buf, at + stp.PORT_ID), 4)},`);
  printTimers(d, at);
  const part = getU16(buf, at + stp.VERSION_3_LENGTH);
  out.ascii(`\n\tv3len ${part}, `);
  out.ascii("MCID Name ");
  printName(d, at + stp.CONFIG_NAME);
  if (!d.has(at, stp.INTERNAL_PATH_COST)) return false;
  out.ascii(`, rev ${getU16(buf, at + stp.CONFIG_REVISION)},\n\t\tdigest `);
  out.hexBytes(buf, at + stp.CONFIG_DIGEST, stp.CONFIG_DIGEST_LENGTH);
  out.ascii(", ");
  if (!d.has(at, stp.CIST_BRIDGE_ID)) return false;
  out.ascii(`CIST int-root-pathcost ${getU32(buf, at + stp.INTERNAL_PATH_COST)},`);
  if (!d.has(at, stp.REMAINING_HOPS)) return false;
  out.ascii("\n\tCIST bridge-id ");
  printBridge(d, at + stp.CIST_BRIDGE_ID);
  out.ascii(", ");
  if (!d.has(at, stp.MULTIPLE_LENGTH)) return false;
  out.ascii(`CIST remaining-hops ${buf[at + stp.REMAINING_HOPS]}`);
  let left = part - CONFIG_INFO_LENGTH;
  for (let i = at + stp.MULTIPLE_LENGTH; left >= stp.INSTANCE_LENGTH; i += stp.INSTANCE_LENGTH) {
    if (!printInstance(d, i)) return false;
    left -= stp.INSTANCE_LENGTH;
  }
  return true;
}

function printInstance(d: Dissection, at: number): boolean {
  const { buf, out } = d;
  if (!d.has(at, 3)) return false;
  const flags = buf[at]!;
  out.ascii(`\n\tMSTI ${getU16(buf, at + 1) & 0xfff}, Flags [${flagNames(FLAGS, flags)}], port-role ${role(flags)}`);
  if (!d.has(at, 13)) return false;
  out.ascii("\n\t\tMSTI regional-root-id ");
  printBridge(d, at + 1);
  out.ascii(`, pathcost ${getU32(buf, at + 9)}`);
  if (!d.has(at, stp.INSTANCE_LENGTH)) return false;
  out.ascii(`\n\t\tMSTI bridge-prio ${buf[at + 13]! >> 4}, port-prio ${buf[at + 14]! >> 4}, hops ${buf[at + 15]}`);
  return true;
}

/** A region's name, as far as it was captured. */
function printName(d: Dissection, at: number): void {
  const there = Math.max(0, Math.min(stp.CONFIG_NAME_LENGTH, d.end - at));
  printString(d.out, d.buf, at, there);
}

/** Shortest path bridging's part (IEEE 802.1aq, 14), from its length on. */
function printShortestPath(d: Dissection, at: number): boolean {
  const { buf, out } = d;
  out.ascii(`\n\tv4len ${getU16(buf, at)}, AUXMCID Name `);
  printName(d, at + 3);
  if (!d.has(at, 53)) return false;
  out.ascii(`, Rev ${getU16(buf, at + 35)},\n\t\tdigest `);
  out.hexBytes(buf, at + 37, stp.CONFIG_DIGEST_LENGTH);
  if (!d.has(at, MIN_SPB_LENGTH)) return false;
  const agreement = buf[at + 53]!;
  out.ascii(`\n\tAgreement num ${agreement >> 6}, Discarded Agreement num ${(agreement >> 4) & 3}`);
  out.ascii(`, Agreement valid-flag ${(agreement >> 3) & 1},\n\tRestricted role-flag: ${(agreement >> 2) & 1}`);
  const format = buf[at + 55]!;
  const convention = buf[at + 56]!;
  out.ascii(`, Format id ${format >> 4} cap ${format}, Convention id ${convention >> 4} cap ${convention}`);
  out.ascii(`,\n\tEdge count ${getU16(buf, at + 57)}, Agreement digest `);
  out.hexBytes(buf, at + 67, 20);
  return true;
}

/** Priority and address of a bridge, eight bytes. */
function printBridge(d: Dissection, at: number): void {
  d.out.hexPadded(getU16(d.buf, at), 4);
  d.out.byte(0x2e);
  d.out.mac(d.buf, at + 2);
}

function printTimers({ buf, out }: Dissection, at: number): void {
  out.ascii(`\n\tmessage-age ${seconds(buf, at + stp.MESSAGE_AGE)}, max-age ${seconds(buf, at + stp.MAX_AGE)}`);
  out.ascii(`, hello-time ${seconds(buf, at + stp.HELLO_TIME)}`);
  out.ascii(`, forwarding-delay ${seconds(buf, at + stp.FORWARD_DELAY)}`);
}

/** STP counts in 1/256 s. Two digits, a half to the even one as C does it. */
function seconds(buf: Uint8Array, at: number): string {
  const exact = (getU16(buf, at) * 100) / 256;
  const below = Math.floor(exact);
  const isUp = exact - below > 0.5 || (exact - below === 0.5 && below % 2 === 1);
  return `${((below + (isUp ? 1 : 0)) / 100).toFixed(2)}s`;
}

function role(flags: number): string {
  return ROLES[(flags >> 2) & 3]!;
}
