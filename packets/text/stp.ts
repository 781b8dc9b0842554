/** Spanning tree (IEEE 802.1D, 802.1w); of 802.1s and 802.1aq the first line. */
import { getU16, getU32 } from "../bytes.ts";
import type { Dissection } from "./dissection.ts";
import { literal } from "./writer.ts";

const PROTOCOL = literal("stp");
const VERSIONS: Readonly<Record<number, string>> = { 0: "802.1d", 2: "802.1w", 3: "802.1s", 4: "802.1aq" };
const TYPE_CONFIG = 0x00;
const TYPE_RAPID = 0x02;
const TYPES: Readonly<Record<number, string>> = { 0: "Config", 2: "Rapid STP", 128: "Topology Change" };
const FLAGS = [
  [0x01, "Topology change"],
  [0x02, "Proposal"],
  [0x10, "Learn"],
  [0x20, "Forward"],
  [0x40, "Agreement"],
  [0x80, "Topology change ACK"],
] as const;
const ROLES = ["Unknown", "Alternate", "Root", "Designated"];
const VERSION_RAPID = 2;
/** Bytes of a configuration BPDU; a rapid one has one more. */
const CONFIG_LENGTH = 35;
const MSTP_MIN_LENGTH = 102;

/** A bridge protocol data unit of `length` bytes. @returns false if the captured bytes end within. */
export function printStp(d: Dissection, at: number, length: number): boolean {
  d.protocol = PROTOCOL;
  const { buf, out } = d;
  if (length < 4) {
    d.invalid();
    return true;
  }
  if (!d.has(at, 2)) return false;
  if (getU16(buf, at) !== 0) {
    out.ascii(`unknown STP version, length ${length}`);
    return true;
  }
  if (!d.has(at, 3)) return false;
  const version = buf[at + 2]!;
  const name = VERSIONS[version];
  out.ascii(`STP ${name ?? `Unknown STP protocol (0x${version.toString(16).padStart(2, "0")})`}`);
  if (name === undefined) return true;
  if (!d.has(at, 4)) return false;
  const type = buf[at + 3]!;
  out.ascii(`, ${TYPES[type] ?? `Unknown BPDU Type (0x${type.toString(16).padStart(2, "0")})`}`);
  if (type === TYPE_CONFIG) return printConfig(d, at, length, version, CONFIG_LENGTH);
  if (type !== TYPE_RAPID) return true;
  if (version === VERSION_RAPID) return printConfig(d, at, length, version, CONFIG_LENGTH + 1);
  if (version > VERSION_RAPID) return printMultiple(d, at, length);
  return true;
}

function printConfig(d: Dissection, at: number, length: number, version: number, minimum: number): boolean {
  const { buf, out } = d;
  if (length < minimum) {
    d.invalid();
    return true;
  }
  if (!d.has(at, 5)) return false;
  const flags = buf[at + 4]!;
  out.ascii(`, Flags [${flagNames(flags)}]`);
  if (!d.has(at, 27)) return false;
  out.ascii(", bridge-id ");
  printBridge(d, at + 17);
  out.ascii(
    `.${getU16(buf, at + 25)
      .toString(16)
      .padStart(4, "0")}, length ${length}`,
  );
  if (d.verbose === 0) return true;
  if (!d.has(at, CONFIG_LENGTH)) return false;
  out.ascii(`\n\tmessage-age ${seconds(buf, at + 27)}, max-age ${seconds(buf, at + 29)}`);
  out.ascii(`, hello-time ${seconds(buf, at + 31)}, forwarding-delay ${seconds(buf, at + 33)}`);
  out.ascii("\n\troot-id ");
  printBridge(d, at + 5);
  out.ascii(`, root-pathcost ${getU32(buf, at + 13)}`);
  if (version === VERSION_RAPID) out.ascii(`, port-role ${ROLES[(flags >> 2) & 3]}`);
  return true;
}

function printMultiple(d: Dissection, at: number, length: number): boolean {
  if (length < MSTP_MIN_LENGTH) {
    d.invalid();
    return true;
  }
  if (!d.has(at, 5)) return false;
  d.out.ascii(`, CIST Flags [${flagNames(d.buf[at + 4]!)}], length ${length}`);
  return true;
}

/** Priority and address of a bridge, eight bytes. */
function printBridge(d: Dissection, at: number): void {
  d.out.hexPadded(getU16(d.buf, at), 4);
  d.out.byte(0x2e);
  d.out.mac(d.buf, at + 2);
}

/** STP counts in 1/256 s. */
function seconds(buf: Uint8Array, at: number): string {
  return `${(getU16(buf, at) / 256).toFixed(2)}s`;
}

function flagNames(flags: number): string {
  const names = FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  return names.length === 0 ? "none" : names.join(", ");
}
