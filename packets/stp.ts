/**
 * Spanning tree (IEEE 802.1D; rapid, 802.1w; multiple, 802.1s): bridges tell each other over LLC which of them is the
 * root and what the way to it costs, so that all but one tree of a looped network falls silent.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------------------------------+---------------+---------------+
 *     |     protocol identifier, 0    |    version    |   BPDU type   |  a topology change ends here
 *     +---------------+---------------+---------------+---------------+
 *     |     flags     |  root identifier: priority and MAC, 8 bytes   |
 *     +---------------+                                               |
 *     |                                                               |
 *     |               +-----------------------------------------------+
 *     |               |  root path cost, 4 bytes                      |
 *     |               +-----------------------------------------------+
 *     |               |  bridge identifier, 8 bytes                   |
 *     |               |                                               |
 *     |               +-------------------------------+---------------+
 *     |               |        port identifier        |  message age  |
 *     +---------------+-------------------------------+---------------+
 *     |               |         maximum age           |  hello time   |
 *     +---------------+-------------------------------+---------------+
 *     |               |        forward delay          |  length (v1)  |  rapid: 0
 *     +---------------+-------------------------------+---------------+
 *
 * Times are in 1/256 s. In a multiple spanning tree the bridge identifier above is the regional root's, and there follow
 * a length, the region's name, revision and digest, the path cost within the region, the bridge's own identifier, the
 * hops that are left, and 16 bytes for each instance.
 */
import { copyOf, getU16, getU32 } from "./bytes.ts";
import { Fault } from "./fault.ts";
import { type Decoded, header, requireBits } from "./layout.ts";

/** Lengths and offsets in bytes; read from here and not from the exports, so that V8 folds them (see arp.ts). */
const WIRE = {
  /** Bytes of a topology change notification, and of what all BPDUs begin with. */
  MIN_LENGTH: 4,
  /** Bytes of a configuration BPDU; of a rapid one; of a multiple one without instances. */
  CONFIG_LENGTH: 35,
  RAPID_LENGTH: 36,
  MULTIPLE_LENGTH: 102,
  /** Bytes of one instance. */
  INSTANCE_LENGTH: 16,
  PROTOCOL_ID: 0,
  VERSION: 2,
  TYPE: 3,
  FLAGS: 4,
  ROOT_ID: 5,
  ROOT_PATH_COST: 13,
  BRIDGE_ID: 17,
  PORT_ID: 25,
  MESSAGE_AGE: 27,
  MAX_AGE: 29,
  HELLO_TIME: 31,
  FORWARD_DELAY: 33,
  VERSION_1_LENGTH: 35,
  VERSION_3_LENGTH: 36,
  CONFIG_SELECTOR: 38,
  CONFIG_NAME: 39,
  CONFIG_NAME_LENGTH: 32,
  CONFIG_REVISION: 71,
  CONFIG_DIGEST: 73,
  CONFIG_DIGEST_LENGTH: 16,
  INTERNAL_PATH_COST: 89,
  CIST_BRIDGE_ID: 93,
  REMAINING_HOPS: 101,
} as const;
export const { MIN_LENGTH, CONFIG_LENGTH, RAPID_LENGTH, MULTIPLE_LENGTH, INSTANCE_LENGTH } = WIRE;
export const { PROTOCOL_ID, VERSION, TYPE, FLAGS, ROOT_ID, ROOT_PATH_COST, BRIDGE_ID, PORT_ID } = WIRE;
export const { MESSAGE_AGE, MAX_AGE, HELLO_TIME, FORWARD_DELAY, VERSION_1_LENGTH, VERSION_3_LENGTH } = WIRE;
export const { CONFIG_SELECTOR, CONFIG_NAME, CONFIG_NAME_LENGTH, CONFIG_REVISION } = WIRE;
export const { CONFIG_DIGEST, CONFIG_DIGEST_LENGTH, INTERNAL_PATH_COST, CIST_BRIDGE_ID, REMAINING_HOPS } = WIRE;

/** Protocol versions; a bridge reads a later one as the last that it knows. */
export const Version = { Stp: 0, Rapid: 2, Multiple: 3, ShortestPath: 4 } as const;

/** BPDU types. Rapid and multiple spanning trees share one. Unknown ones stay numbers. */
export const BpduType = { Config: 0x00, Rapid: 0x02, TopologyChange: 0x80 } as const;

/** Bits of the flags; two more are the port's role. A plain configuration BPDU has the first and the last only. */
export const Flag = {
  TopologyChange: 0x01,
  Proposal: 0x02,
  Learning: 0x10,
  Forwarding: 0x20,
  Agreement: 0x40,
  TopologyChangeAck: 0x80,
} as const;

/** What a port of a rapid spanning tree is. */
export const PortRole = { Unknown: 0, AlternateOrBackup: 1, Root: 2, Designated: 3 } as const;

const TYPE_NAMES: Readonly<Record<number, string>> = { 0: "config", 2: "rapid", 128: "topology-change" };

/** The BPDU type's name; an unknown one stays a number, as `bpdu-0x81`. */
export function typeName(type: number): string {
  return TYPE_NAMES[type] ?? `bpdu-0x${type.toString(16).padStart(2, "0")}`;
}

/**
 * Checks that a BPDU lies at `off`.
 * @param end where the 802.3 length or the capture ends, whichever is first.
 * @returns Truncated; Version if the protocol is another; Length if a multiple spanning tree's length does not fit; or
 * None: then the accessors that its type has are in bounds. An unknown type has the first three only.
 */
export function check(buf: Uint8Array, off: number, end: number): Fault {
  if (end - off < WIRE.MIN_LENGTH) return Fault.Truncated;
  if (getU16(buf, off) !== 0) return Fault.Version;
  if (type(buf, off) === BpduType.Config) return end - off < WIRE.CONFIG_LENGTH ? Fault.Truncated : Fault.None;
  if (type(buf, off) !== BpduType.Rapid) return Fault.None;
  if (end - off < WIRE.RAPID_LENGTH) return Fault.Truncated;
  if (!isMultiple(buf, off)) return Fault.None;
  if (end - off < WIRE.MULTIPLE_LENGTH) return Fault.Truncated;
  const part = getU16(buf, off + WIRE.VERSION_3_LENGTH);
  if (buf[off + WIRE.VERSION_1_LENGTH] !== 0 || part < WIRE.MULTIPLE_LENGTH - WIRE.CONFIG_SELECTOR) return Fault.Length;
  return end - off < WIRE.CONFIG_SELECTOR + part ? Fault.Truncated : Fault.None;
}

/** Protocol version, see {@link Version}. */
export function version(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.VERSION]!;
}

/** BPDU type, see {@link BpduType}. */
export function type(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.TYPE]!;
}

/** True if instances may follow: a rapid BPDU of version 3 or later. */
export function isMultiple(buf: Uint8Array, off: number): boolean {
  return type(buf, off) === BpduType.Rapid && version(buf, off) >= Version.Multiple;
}

/** Flags and port role in one byte. */
export function flags(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.FLAGS]!;
}

/** The port's role, see {@link PortRole}; plain spanning tree has none and sends 0. */
export function portRole(buf: Uint8Array, off: number): number {
  return (buf[off + WIRE.FLAGS]! >> 2) & 3;
}

/** Priority of the bridge whose identifier lies at `ROOT_ID`, `BRIDGE_ID` or `CIST_BRIDGE_ID` from `off`; its MAC follows. */
export function priority(buf: Uint8Array, off: number, id: number): number {
  return getU16(buf, off + id);
}

/** Cost of the way to the root. */
export function rootPathCost(buf: Uint8Array, off: number): number {
  return getU32(buf, off + WIRE.ROOT_PATH_COST);
}

/** Identifier of the sending port: priority and number. */
export function portId(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.PORT_ID);
}

/** The time at `MESSAGE_AGE`, `MAX_AGE`, `HELLO_TIME` or `FORWARD_DELAY` from `off`, in seconds (1/256 s exact). */
export function time(buf: Uint8Array, off: number, which: number): number {
  return getU16(buf, off + which) / 256;
}

/** Instances in a multiple spanning tree's BPDU that passed {@link check}. */
export function instanceCount(buf: Uint8Array, off: number): number {
  const part = getU16(buf, off + WIRE.VERSION_3_LENGTH);
  return Math.floor((part - (WIRE.MULTIPLE_LENGTH - WIRE.CONFIG_SELECTOR)) / WIRE.INSTANCE_LENGTH);
}

/** Where an instance lies, counted from 0. */
export function instanceOffset(off: number, index: number): number {
  return off + WIRE.MULTIPLE_LENGTH + index * WIRE.INSTANCE_LENGTH;
}

const BEGINNING = { protocolId: "u16", version: "u8", type: "u8" } as const;
const CONFIG = {
  flags: "u8",
  rootId: { bytes: 8 },
  rootPathCost: "u32",
  bridgeId: { bytes: 8 },
  portId: "u16",
  messageAge: "u16",
  maxAge: "u16",
  helloTime: "u16",
  forwardDelay: "u16",
} as const;
const REGION = {
  name: { bytes: 32 },
  revision: "u16",
  digest: { bytes: 16 },
  internalPathCost: "u32",
  bridgeId: { bytes: 8 },
  remainingHops: "u8",
} as const;
const INSTANCE = {
  flags: "u8",
  regionalRootId: { bytes: 8 },
  internalPathCost: "u32",
  bridgePriority: "u8",
  portPriority: "u8",
  remainingHops: "u8",
} as const;

/** What all BPDUs begin with, declared. */
export const layout = header("stp", BEGINNING);
/** The declared configuration BPDU. */
export const configLayout = header("stp", { ...BEGINNING, ...CONFIG });
/** What a multiple spanning tree's BPDU adds, declared: from VERSION_1_LENGTH to the instances. */
export const regionLayout = header("stp.region", {
  version1Length: "u8",
  version3Length: "u16",
  selector: "u8",
  ...REGION,
});
/** One instance, declared. */
export const instanceLayout = header("stp.instance", INSTANCE);

/** Configuration that plain, rapid and multiple spanning trees share; times in 1/256 s. */
export type StpConfig = Decoded<typeof CONFIG>;
/** The region of a multiple spanning tree. */
export type StpRegion = Decoded<typeof REGION>;
/** One of its instances; its number is in the lower 12 bits of the root's priority. */
export type StpInstance = Decoded<typeof INSTANCE>;

/** A BPDU as a plain object. Shortest path bridging's own part is left out. */
export type StpBpdu =
  | ({ kind: "config" | "rapid"; version: number } & StpConfig)
  | ({ kind: "multiple"; version: number; region: StpRegion; instances: StpInstance[] } & StpConfig)
  | { kind: "topology-change"; version: number }
  | { kind: "other"; version: number; type: number };

/** Takes a BPDU apart, or says with a fault why it cannot be: for tools and tests. */
export function parse(buf: Uint8Array, off = 0, end = buf.length): StpBpdu | Fault {
  const fault = check(buf, off, end);
  if (fault !== Fault.None) return fault;
  const { version, type } = layout.decode(buf, off);
  if (type === BpduType.TopologyChange) return { kind: "topology-change", version };
  if (type !== BpduType.Config && type !== BpduType.Rapid) return { kind: "other", version, type };
  const { protocolId: _protocolId, version: _version, type: _type, ...config } = configLayout.decode(buf, off);
  if (type === BpduType.Config) return { kind: "config", version, ...config };
  if (!isMultiple(buf, off)) return { kind: "rapid", version, ...config };
  const decoded = regionLayout.decode(buf, off + WIRE.VERSION_1_LENGTH);
  const { version1Length: _v1, version3Length: _v3, selector: _selector, ...region } = decoded;
  const instances = Array.from({ length: instanceCount(buf, off) }, (_, i) =>
    instanceLayout.decode(buf, instanceOffset(off, i)),
  );
  return { kind: "multiple", version, ...config, region, instances };
}

/**
 * The bytes of a BPDU.
 * @throws {RangeError} on a value that does not fit its field, or a version that does not have such a BPDU.
 */
export function build(bpdu: StpBpdu): Uint8Array {
  if (bpdu.kind === "topology-change" || bpdu.kind === "other") {
    const type = bpdu.kind === "other" ? bpdu.type : BpduType.TopologyChange;
    if (bpdu.kind === "other" && type in TYPE_NAMES) throw new RangeError("stp.type is one with a kind of its own");
    const buf = new Uint8Array(WIRE.MIN_LENGTH);
    layout.encode({ protocolId: 0, version: bpdu.version, type }, buf);
    return buf;
  }
  const isLater = bpdu.version >= Version.Multiple;
  if (bpdu.kind !== "config" && isLater !== (bpdu.kind === "multiple"))
    throw new RangeError("stp.version from 3 on goes with multiple, and one below with rapid");
  const type = bpdu.kind === "config" ? BpduType.Config : BpduType.Rapid;
  const instances = bpdu.kind === "multiple" ? bpdu.instances : [];
  requireBits("stp.instances", instances.length, 64);
  const lengths = { config: WIRE.CONFIG_LENGTH, rapid: WIRE.RAPID_LENGTH, multiple: WIRE.MULTIPLE_LENGTH };
  const buf = new Uint8Array(lengths[bpdu.kind] + instances.length * WIRE.INSTANCE_LENGTH);
  configLayout.encode({ ...bpdu, protocolId: 0, type }, buf);
  if (bpdu.kind !== "multiple") return buf;
  const version3Length = buf.length - WIRE.CONFIG_SELECTOR;
  regionLayout.encode({ version1Length: 0, version3Length, selector: 0, ...bpdu.region }, buf, WIRE.VERSION_1_LENGTH);
  for (const [i, instance] of instances.entries()) instanceLayout.encode(instance, buf, instanceOffset(0, i));
  return buf;
}

/** The bytes of a bridge's identifier: priority (with the instance's number) and MAC. */
export function bridgeId(priority: number, mac: Uint8Array): Uint8Array {
  requireBits("stp.priority", priority, 0xffff);
  return Uint8Array.of(priority >>> 8, priority & 0xff, ...copyOf(mac, 0, 6));
}
