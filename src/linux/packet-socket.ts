/**
 * AF_PACKET sockets (packet(7)): a ring that the kernel writes received frames into, and batches of frames out through one
 * sendmmsg. This is the mechanism; src/link/packet.ts makes a link of it.
 */
import { Errno, SystemError, UserError } from "./errors.ts";
import { ARPHRD_ETHER, ARPHRD_LOOPBACK, InterfaceQuery } from "./interface.ts";
import { closeLater, errno, libc, map, must } from "./libc.ts";
import { LONGEST_FRAME, LongFrames, OFFLOAD_LEAD } from "./offload.ts";
import { LINK_HEADER, openRing, type ReceiveRing } from "./packet-ring.ts";
import { TxBatch } from "./tx-batch.ts";

const AF_PACKET = 17;
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0x80000 | 0x800;
const ETH_P_ALL = 0x0003;
const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SO_RCVBUF = 8;
const SO_ATTACH_FILTER = 26;
const SO_RCVBUFFORCE = 33;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_STATISTICS = 6;
const PACKET_COPY_THRESH = 7;
const PACKET_VNET_HDR = 15;
const PACKET_IGNORE_OUTGOING = 23;
const PACKET_MR_PROMISC = 1;
/** Queue for frames that are too long for a slot: a hundred or so. */
const LONG_QUEUE = 8 << 20;

/** A compiled filter: `count` instructions of struct sock_filter, eight bytes each, as SO_ATTACH_FILTER takes them. */
export interface SocketFilter {
  readonly count: number;
  readonly code: Uint8Array;
}

export interface PacketSocketOptions {
  /** Interface name, in the namespace that the thread is in. */
  readonly interface: string;
  /** Also deliver frames that others on this machine send through the interface. Own frames never come back. */
  readonly outgoing: boolean;
  /** Receive frames for other stations' MAC addresses on a real card; veth delivers them anyway. */
  readonly promiscuous: boolean;
  /** Slots that wake for every frame, blocks of many frames, or `none`: to send only, which costs the kernel least. */
  readonly ring: ReceiveRing["kind"] | "none";
  /** Ring size in bytes; rounded down to whole slots or blocks. */
  readonly ringBytes: number;
  /** Frames that one sendmmsg carries, or one batch of received frames holds, at most. */
  readonly batch: number;
  /** Attached before the socket is bound, so that no foreign frame slips in. */
  readonly filter?: SocketFilter | undefined;
  /**
   * Take and send what senders leave to a network card: frames that stand for several, and unfinished checksums. For a ring
   * of slots only.
   */
  readonly offload?: boolean;
  /** Close without waiting for the kernel, see `closeLater`. */
  readonly closeLater?: boolean | undefined;
}

export interface PacketSocket {
  readonly fd: number;
  readonly index: number;
  readonly mac: Uint8Array;
  readonly mtu: number;
  readonly loopback: boolean;
  readonly query: InterfaceQuery;
  /** Null if the socket sends only. */
  readonly ring: ReceiveRing | null;
  /** Null unless asked for. */
  readonly long: LongFrames | null;
  readonly tx: TxBatch;
  close(): void;
}

/**
 * Opens a packet socket on an interface of the namespace that the thread is in.
 * @throws {UserError} no such interface, not an Ethernet, no permission: one line with what to do.
 * @throws {SystemError} when the kernel refuses anything else.
 */
export function openPacketSocket(options: PacketSocketOptions): PacketSocket {
  const name = options.interface;
  // Protocol 0: nothing is received until bind names one, when filter and ring are in place.
  const fd = libc.socket(AF_PACKET, SOCK_RAW_CLOEXEC_NONBLOCK, 0);
  if (fd < 0) {
    if (errno() === Errno.EPERM)
      throw new UserError(
        `no permission to open a packet socket on ${name}: run as root, or inside \`vethlab shell\`, which needs no root`,
      );
    throw new SystemError("socket", errno(), "AF_PACKET");
  }
  try {
    const query = new InterfaceQuery(fd);
    const index = query.index(name);
    if (index === 0) throw new UserError(`no interface ${name} here: \`ip link\` shows those that exist`);
    const hardware = query.hardware(name);
    if (hardware === null || (hardware.type !== ARPHRD_ETHER && hardware.type !== ARPHRD_LOOPBACK))
      throw new UserError(`${name} is not an Ethernet (hardware type ${hardware?.type}): only those can be used here`);
    const mtu = query.mtu(name);

    if (!options.outgoing) setInt(fd, PACKET_IGNORE_OUTGOING, 1);
    if (options.filter !== undefined) attachFilter(fd, options.filter);
    const isOffloading = options.offload === true && options.ring === "latency";
    if (isOffloading) leaveToCard(fd);
    const spare = isOffloading ? LongFrames.memory(options.batch) : 0;
    const ring = options.ring === "none" ? null : openRing(fd, options.ring, mtu, options.ringBytes, spare);
    const buffer = ring?.memory.buffer;
    const long =
      isOffloading && buffer !== undefined
        ? new LongFrames(fd, buffer, buffer.byteLength - spare, options.batch)
        : null;
    // Bound to no protocol, a socket is none of those that the kernel shows each frame.
    bind(fd, index, ring === null ? 0 : ETH_P_ALL);
    if (options.promiscuous) setPromiscuous(fd, index);
    // An interface that is down reports it as a pending error at once; it is no failure to have opened it.
    takeError(fd);
    const longest = long === null ? mtu + LINK_HEADER : LONGEST_FRAME;
    const tx = new TxBatch(fd, options.batch, longest, ring?.memory ?? null, long === null ? 0 : OFFLOAD_LEAD);
    return {
      fd,
      index,
      mac: hardware.mac,
      mtu,
      loopback: hardware.type === ARPHRD_LOOPBACK,
      query,
      ring,
      long,
      tx,
      close() {
        if (options.closeLater === true) closeLater(fd);
        else libc.close(fd);
        ring?.memory.release();
        tx.release();
      },
    };
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** Reads and clears the socket's pending error: an errno, 0 if there is none. */
export function takeError(fd: number): number {
  const value = new Int32Array(1);
  const length = Uint32Array.of(4);
  libc.getsockopt(fd, SOL_SOCKET, SO_ERROR, new Uint8Array(value.buffer), new Uint8Array(length.buffer));
  return value[0]!;
}

/** Frames seen and dropped by the kernel since the last call, which sets both back to zero (PACKET_STATISTICS). */
export function takeStatistics(fd: number, into: Uint32Array): void {
  const length = Uint32Array.of(8);
  into.fill(0);
  libc.getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, new Uint8Array(into.buffer), new Uint8Array(length.buffer));
}

/** Before the ring: packet(7). */
function leaveToCard(fd: number): void {
  setInt(fd, PACKET_VNET_HDR, 1);
  setInt(fd, PACKET_COPY_THRESH, 1);
  const bytes = new Uint8Array(Int32Array.of(LONG_QUEUE).buffer);
  // Root of a user namespace may not exceed net.core.rmem_max: half a dozen frames then.
  if (libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes, 4) < 0)
    libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, bytes, 4);
}

function setInt(fd: number, option: number, value: number): void {
  const bytes = new Uint8Array(Int32Array.of(value).buffer);
  must("setsockopt", libc.setsockopt(fd, SOL_PACKET, option, bytes, 4), `packet option ${option}`);
}

function attachFilter(fd: number, filter: SocketFilter): void {
  // struct sock_fprog: u16 length, padding, pointer. The program lies in memory that does not move while we ask.
  const program = map(-1, 65_536);
  new Uint8Array(program.buffer).set(filter.code);
  const fprog = new DataView(new ArrayBuffer(16));
  fprog.setUint16(0, filter.count, true);
  fprog.setBigUint64(8, program.address, true);
  const result = libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, new Uint8Array(fprog.buffer), 16);
  const failure = result < 0 ? new SystemError("setsockopt", errno(), "attaching the filter") : null;
  program.release();
  if (failure !== null) throw failure;
}

function bind(fd: number, index: number, protocol: number): void {
  const address = new DataView(new ArrayBuffer(20));
  address.setUint16(0, AF_PACKET, true);
  address.setUint16(2, protocol, false);
  address.setInt32(4, index, true);
  const result = libc.bind(fd, new Uint8Array(address.buffer), 20);
  // Binding to an interface that is down succeeds, and tells so by ENETDOWN.
  if (result < 0 && errno() !== Errno.ENETDOWN) throw new SystemError("bind", errno());
}

function setPromiscuous(fd: number, index: number): void {
  const request = new DataView(new ArrayBuffer(16));
  request.setInt32(0, index, true);
  request.setUint16(4, PACKET_MR_PROMISC, true);
  must("setsockopt", libc.setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, new Uint8Array(request.buffer), 16));
}
