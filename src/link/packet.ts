/**
 * The link over an AF_PACKET socket: frames are read in place from the kernel's TPACKET_V2 ring, woken by the event loop,
 * and sent in batches.
 */
import { copyBytes, setU16 } from "../../packets/bytes.ts";
import { errnoName } from "../linux/errors.ts";
import { type Watch, watchReadable } from "../linux/libc.ts";
import type { NetworkNamespace } from "../linux/namespace.ts";
import {
  openPacketSocket,
  PACKET_OUTGOING,
  type PacketSocket,
  Slot,
  SlotStatus,
  type SocketFilter,
  takeError,
  takeStatistics,
} from "../linux/packet-socket.ts";
import { MutableBatch } from "./batch.ts";
import { systemEpoch, systemNow } from "./clock.ts";
import { Handlers } from "./handlers.ts";
import {
  Direction,
  type FrameBatch,
  FrameFlag,
  type FrameHandler,
  type Link,
  type LinkEventHandler,
  type LinkStats,
} from "./link.ts";
import { LinkState } from "./link-state.ts";

export interface PacketLinkOptions {
  /** The namespace that holds the interface; the thread's own if left out. */
  readonly namespace?: NetworkNamespace | undefined;
  /** Show frames that others on this machine send through the interface, too (a sniffer wants them, a host does not). */
  readonly outgoing?: boolean;
  /** Ask a real card for frames to any MAC address. Default true. */
  readonly promiscuous?: boolean;
  /** Receive ring in bytes, default 4 MiB (2,048 frames of an Ethernet with the usual MTU). */
  readonly ringBytes?: number;
  /** Only frames that pass this program are received. */
  readonly filter?: SocketFilter | undefined;
}

/** Frames handed over at once. */
const BATCH = 64;
/** Frames read in one wake-up, so that timers and signals get their turn under a flood. */
const BUDGET = 1024;
const VLAN_TAG = 4;
const MACS = 12;
const TPID_8021Q = 0x8100;

/**
 * Opens an interface.
 * @throws {UserError} no such interface or namespace, not an Ethernet, no permission.
 */
export function openPacketLink(name: string, options: PacketLinkOptions = {}): Link {
  const open = () => {
    const socket = openPacketSocket({
      interface: name,
      outgoing: options.outgoing ?? false,
      promiscuous: options.promiscuous ?? true,
      ringBytes: options.ringBytes ?? 4 << 20,
      txBatch: BATCH,
      filter: options.filter,
    });
    try {
      return new PacketLink(socket, new LinkState(name));
    } catch (error) {
      socket.close();
      throw error;
    }
  };
  return options.namespace === undefined ? open() : options.namespace.run(open);
}

class PacketLink implements Link {
  readonly mac: Uint8Array;
  readonly mtu: number;
  readonly epoch = systemEpoch;
  readonly now = systemNow;
  readonly tx: Uint8Array;

  readonly #socket: PacketSocket;
  readonly #ring: RingReader;
  readonly #frames = new Handlers<FrameBatch>();
  #watch: Watch | null = null;
  readonly #state: LinkState;
  #closed = false;
  readonly #kernel = new Uint32Array(2);
  #dropped = 0;
  #txFrames = 0;
  #txBytes = 0;
  #tooLong = 0;

  constructor(socket: PacketSocket, state: LinkState) {
    this.#socket = socket;
    this.#state = state;
    this.mac = socket.mac;
    this.mtu = socket.mtu;
    this.tx = socket.tx.bytes;
    this.#ring = new RingReader(socket);
  }

  get name(): string {
    return this.#state.name;
  }

  onFrames(handler: FrameHandler): () => void {
    const remove = this.#frames.add(handler);
    if (this.#watch === null && !this.#closed) {
      this.#watch = watchReadable(this.#socket.fd, (status) => {
        if (status < 0) takeError(this.#socket.fd);
        this.#drain();
      });
    }
    return remove;
  }

  onEvent(handler: LinkEventHandler): () => void {
    return this.#state.onEvent(handler);
  }

  reserve(length: number): number {
    const tx = this.#socket.tx;
    if (length > tx.slotSize) {
      this.#tooLong++;
      return -1;
    }
    if (tx.count === tx.capacity) this.flush();
    return tx.count * tx.slotSize;
  }

  commit(length: number): void {
    this.#socket.tx.push(length);
  }

  flush(): number {
    const tx = this.#socket.tx;
    if (tx.count === 0 || this.#closed) return 0;
    let bytes = 0;
    for (let i = 0; i < tx.count; i++) bytes += tx.lengthAt(i);
    const wanted = tx.count;
    const sent = tx.send();
    this.#txFrames += sent;
    if (sent < wanted) this.#state.suspect();
    // Exact unless frames were refused, which is told apart by txErrors.
    this.#txBytes += sent === wanted ? bytes : Math.round((bytes * sent) / wanted);
    return sent;
  }

  stats(): LinkStats {
    if (!this.#closed) {
      takeStatistics(this.#socket.fd, this.#kernel);
      this.#dropped += this.#kernel[1]!;
    }
    const tx = this.#socket.tx;
    return {
      rxFrames: this.#ring.frames,
      rxBytes: this.#ring.bytes,
      rxDropped: this.#dropped,
      rxTruncated: this.#ring.truncated,
      txFrames: this.#txFrames,
      txBytes: this.#txBytes,
      txErrors: tx.errors + this.#tooLong,
      lastTxError: tx.lastError === 0 ? (this.#tooLong > 0 ? "EMSGSIZE" : "") : errnoName(tx.lastError),
    };
  }

  close(): void {
    if (this.#closed) return;
    this.flush();
    this.stats();
    this.#closed = true;
    this.#watch?.close();
    this.#state.close();
    this.#socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #drain(): void {
    for (let read = 0; read < BUDGET && !this.#closed; ) {
      const batch = this.#ring.fill(BATCH);
      if (batch.count === 0) return;
      read += batch.count;
      try {
        this.#frames.emit(batch);
      } finally {
        this.#ring.release();
      }
    }
  }
}

/** Walks the ring's slots in order; slots of a batch stay ours until `release`. */
class RingReader {
  frames = 0;
  bytes = 0;
  truncated = 0;
  readonly #batch: MutableBatch;
  readonly #view: DataView;
  readonly #words: Int32Array;
  readonly #slots: number;
  readonly #slotSize: number;
  readonly #skipOutgoing: boolean;
  /** Next slot to look at. */
  #next = 0;
  /** First slot not given back yet, and how many follow it that are ours. */
  #held = 0;
  #holding = 0;

  constructor(socket: PacketSocket) {
    this.#batch = new MutableBatch(new Uint8Array(socket.ring.buffer), BATCH);
    this.#view = new DataView(socket.ring.buffer);
    this.#words = new Int32Array(socket.ring.buffer);
    this.#slots = socket.slots;
    this.#slotSize = socket.slotSize;
    // Every frame on a loopback interface is seen twice, going out and coming in: once is enough.
    this.#skipOutgoing = socket.loopback;
  }

  /** Collects up to `limit` received frames. */
  fill(limit: number): FrameBatch {
    const batch = this.#batch;
    batch.count = 0;
    while (batch.count < limit && this.#holding < this.#slots) {
      const slot = this.#next * this.#slotSize;
      // Acquire: what the kernel wrote before it set the status is seen after it was read.
      const status = Atomics.load(this.#words, slot >> 2);
      if ((status & SlotStatus.User) === 0) break;
      this.#next = this.#next + 1 === this.#slots ? 0 : this.#next + 1;
      this.#holding++;
      this.#describe(slot, status);
    }
    if (batch.count === 0 && this.#holding > 0) this.release();
    return batch;
  }

  /** Gives the slots of the last batch back to the kernel. */
  release(): void {
    for (; this.#holding > 0; this.#holding--) {
      Atomics.store(this.#words, (this.#held * this.#slotSize) >> 2, 0);
      this.#held = this.#held + 1 === this.#slots ? 0 : this.#held + 1;
    }
  }

  #describe(slot: number, status: number): void {
    const view = this.#view;
    const outgoing = view.getUint8(slot + Slot.PKTTYPE) === PACKET_OUTGOING;
    if (outgoing && this.#skipOutgoing) return;
    const batch = this.#batch;
    let offset = slot + view.getUint16(slot + Slot.MAC, true);
    let length = view.getInt32(slot + Slot.SNAPLEN, true);
    let original = view.getInt32(slot + Slot.LEN, true);
    let flags = (status & SlotStatus.ChecksumNotReady) === 0 ? 0 : FrameFlag.ChecksumNotReady;
    if (length < original) {
      flags |= FrameFlag.Truncated;
      this.truncated++;
    }
    if ((status & SlotStatus.VlanValid) !== 0 && length >= MACS) {
      // The kernel took the tag off. There is room before the frame: move the addresses and write the tag back.
      const tpid = (status & SlotStatus.VlanTpidValid) === 0 ? TPID_8021Q : view.getUint16(slot + Slot.VLAN_TPID, true);
      copyBytes(batch.buffer, offset, batch.buffer, offset - VLAN_TAG, MACS);
      offset -= VLAN_TAG;
      setU16(batch.buffer, offset + MACS, tpid);
      setU16(batch.buffer, offset + MACS + 2, view.getUint16(slot + Slot.VLAN_TCI, true));
      length += VLAN_TAG;
      original += VLAN_TAG;
      flags |= FrameFlag.VlanRestored;
    }
    const i = batch.count++;
    batch.offset[i] = offset;
    batch.length[i] = length;
    batch.originalLength[i] = original;
    batch.direction[i] = outgoing ? Direction.Out : Direction.In;
    batch.flags[i] = flags;
    batch.time[i] =
      (view.getUint32(slot + Slot.SEC, true) - systemEpoch) * 1e9 + view.getUint32(slot + Slot.NSEC, true);
    this.frames++;
    this.bytes += original;
  }
}
