/** Reads a TPACKET_V2 ring: a slot a frame, each given back to the kernel for itself. */
import { type LongFrames, segmentSize } from "../linux/offload.ts";
import { PACKET_OUTGOING, Slot, type SlotRing, SlotStatus } from "../linux/packet-ring.ts";
import { MutableBatch } from "./batch.ts";
import { systemEpoch } from "./clock.ts";
import { Direction, type FrameBatch, FrameFlag } from "./link.ts";
import { type RingReader, restoreVlan } from "./ring-reader.ts";

/** Where a slot's fields lie, in words of four bytes; of two fields in a word the first is the lower half. */
const Word = {
  LEN: Slot.LEN >> 2,
  SNAPLEN: Slot.SNAPLEN >> 2,
  MAC: Slot.MAC >> 2,
  SEC: Slot.SEC >> 2,
  NSEC: Slot.NSEC >> 2,
  VLAN: Slot.VLAN_TCI >> 2,
} as const;

/** The byte of a frame that is looked at beforehand, the EtherType: every frame has it. */
const TOUCH = 12;

export class SlotReader implements RingReader {
  frames = 0;
  bytes = 0;
  truncated = 0;
  /** Means nothing; it is kept so that what it is made of is read. */
  touched = 0;
  readonly #batch: MutableBatch;
  readonly #words: Int32Array;
  readonly #slots: number;
  readonly #slotSize: number;
  readonly #limit: number;
  readonly #skipOutgoing: boolean;
  readonly #long: LongFrames | null;
  /** Next slot to look at. */
  #next = 0;
  /** First slot not given back yet, and how many follow it that are ours. */
  #held = 0;
  #holding = 0;

  /**
   * @param skipOutgoing every frame on a loopback interface is seen twice, going out and coming in: once is enough.
   * @param long where frames come from that no slot holds, if the kernel was told to keep them.
   */
  constructor(ring: SlotRing, limit: number, skipOutgoing: boolean, long: LongFrames | null = null) {
    const { buffer } = ring.memory;
    this.#batch = new MutableBatch(new Uint8Array(buffer), limit);
    this.#words = new Int32Array(buffer);
    this.#slots = ring.slots;
    this.#slotSize = ring.slotSize;
    this.#limit = limit;
    this.#skipOutgoing = skipOutgoing;
    this.#long = long;
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

  /** What is left to do in frame `i` of the batch, which begins at `first`. */
  #unfinished(i: number, first: number): number {
    if (this.#long === null) return FrameFlag.ChecksumNotReady;
    const size = segmentSize(this.#long.words, first);
    this.#batch.segment[i] = size;
    return size === 0 ? FrameFlag.ChecksumNotReady : FrameFlag.ChecksumNotReady | FrameFlag.Segments;
  }

  #describe(slot: number, status: number): void {
    const words = this.#words;
    const batch = this.#batch;
    const outgoing = batch.buffer[slot + Slot.PKTTYPE] === PACKET_OUTGOING;
    if (outgoing && this.#skipOutgoing) return;
    const word = slot >> 2;
    const i = batch.count++;
    let length = words[word + Word.SNAPLEN]!;
    const original = words[word + Word.LEN]!;
    let first = slot + (words[word + Word.MAC]! & 0xffff);
    // Fetches the frame's own line from memory while the others' headers are read: waiting for it later costs more.
    this.touched ^= batch.buffer[first + TOUCH]!;
    let flags = (status & SlotStatus.ChecksumNotReady) === 0 ? 0 : this.#unfinished(i, first);
    if (length < original) {
      const whole = (status & SlotStatus.Copy) === 0 || this.#long === null ? -1 : this.#long.fetch(i, original);
      if (whole >= 0) {
        first = whole;
        length = original;
      } else {
        flags |= FrameFlag.Truncated;
        this.truncated++;
      }
    }
    batch.offset[i] = first;
    batch.length[i] = length;
    batch.originalLength[i] = original;
    batch.direction[i] = outgoing ? Direction.Out : Direction.In;
    batch.flags[i] = flags;
    batch.time[i] = ((words[word + Word.SEC]! >>> 0) - systemEpoch) * 1e9 + words[word + Word.NSEC]!;
    if ((status & SlotStatus.VlanValid) !== 0) {
      const vlan = words[word + Word.VLAN]!;
      restoreVlan(batch, i, status, vlan & 0xffff, vlan >>> 16);
    }
    this.frames++;
    this.bytes += batch.originalLength[i]!;
  }
}
