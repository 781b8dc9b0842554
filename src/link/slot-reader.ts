/** Reads a TPACKET_V2 ring: a slot a frame, each given back to the kernel for itself. */
import { PACKET_OUTGOING, Slot, type SlotRing, SlotStatus } from "../linux/packet-ring.ts";
import { MutableBatch } from "./batch.ts";
import { systemEpoch } from "./clock.ts";
import { Direction, type FrameBatch, FrameFlag } from "./link.ts";
import { type RingReader, restoreVlan } from "./ring-reader.ts";

export class SlotReader implements RingReader {
  frames = 0;
  bytes = 0;
  truncated = 0;
  readonly #batch: MutableBatch;
  readonly #view: DataView;
  readonly #words: Int32Array;
  readonly #slots: number;
  readonly #slotSize: number;
  readonly #limit: number;
  readonly #skipOutgoing: boolean;
  /** Next slot to look at. */
  #next = 0;
  /** First slot not given back yet, and how many follow it that are ours. */
  #held = 0;
  #holding = 0;

  /** @param skipOutgoing every frame on a loopback interface is seen twice, going out and coming in: once is enough. */
  constructor(ring: SlotRing, limit: number, skipOutgoing: boolean) {
    const { buffer } = ring.memory;
    this.#batch = new MutableBatch(new Uint8Array(buffer), limit);
    this.#view = new DataView(buffer);
    this.#words = new Int32Array(buffer);
    this.#slots = ring.slots;
    this.#slotSize = ring.slotSize;
    this.#limit = limit;
    this.#skipOutgoing = skipOutgoing;
  }

  fill(): FrameBatch {
    const batch = this.#batch;
    batch.count = 0;
    while (batch.count < this.#limit && this.#holding < this.#slots) {
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
    const i = batch.count++;
    const length = view.getInt32(slot + Slot.SNAPLEN, true);
    const original = view.getInt32(slot + Slot.LEN, true);
    let flags = (status & SlotStatus.ChecksumNotReady) === 0 ? 0 : FrameFlag.ChecksumNotReady;
    if (length < original) {
      flags |= FrameFlag.Truncated;
      this.truncated++;
    }
    batch.offset[i] = slot + view.getUint16(slot + Slot.MAC, true);
    batch.length[i] = length;
    batch.originalLength[i] = original;
    batch.direction[i] = outgoing ? Direction.Out : Direction.In;
    batch.flags[i] = flags;
    batch.time[i] =
      (view.getUint32(slot + Slot.SEC, true) - systemEpoch) * 1e9 + view.getUint32(slot + Slot.NSEC, true);
    if ((status & SlotStatus.VlanValid) !== 0) {
      const tci = view.getUint16(slot + Slot.VLAN_TCI, true);
      restoreVlan(batch, i, status, tci, view.getUint16(slot + Slot.VLAN_TPID, true));
    }
    this.frames++;
    this.bytes += batch.originalLength[i]!;
  }
}
