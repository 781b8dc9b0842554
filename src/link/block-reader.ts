/** Reads a TPACKET_V3 ring: blocks of many frames, handed on in batches, each block given back as a whole. */
import { Block, BlockFrame, type BlockRing, PACKET_OUTGOING, SlotStatus } from "../linux/packet-ring.ts";
import { MutableBatch } from "./batch.ts";
import { systemEpoch } from "./clock.ts";
import { Direction, type FrameBatch, FrameFlag } from "./link.ts";
import { type RingReader, restoreVlan } from "./ring-reader.ts";

/** Where a frame's fields lie, in words of four bytes; those of two bytes are the lower half on a little-endian machine. */
const Word = {
  NEXT_OFFSET: BlockFrame.NEXT_OFFSET >> 2,
  SEC: BlockFrame.SEC >> 2,
  NSEC: BlockFrame.NSEC >> 2,
  SNAPLEN: BlockFrame.SNAPLEN >> 2,
  LEN: BlockFrame.LEN >> 2,
  STATUS: BlockFrame.STATUS >> 2,
  MAC: BlockFrame.MAC >> 2,
  VLAN_TCI: BlockFrame.VLAN_TCI >> 2,
  VLAN_TPID: BlockFrame.VLAN_TPID >> 2,
} as const;

/** The byte of a frame that is looked at beforehand, the EtherType: every frame has it. */
const TOUCH = 12;

export class BlockReader implements RingReader {
  frames = 0;
  bytes = 0;
  truncated = 0;
  /** Means nothing; it is kept so that what it is made of is read. */
  touched = 0;
  readonly #batch: MutableBatch;
  readonly #view: DataView;
  readonly #words: Int32Array;
  readonly #blocks: number;
  readonly #blockSize: number;
  readonly #limit: number;
  readonly #skipOutgoing: boolean;
  /** The block being read, or the next one to be. */
  #block = 0;
  #isHeld = false;
  /** Frames of it that are still to be read, and where the first of those lies. */
  #left = 0;
  #at = 0;

  /** @param skipOutgoing every frame on a loopback interface is seen twice, going out and coming in: once is enough. */
  constructor(ring: BlockRing, limit: number, skipOutgoing: boolean) {
    const { buffer } = ring.memory;
    this.#batch = new MutableBatch(new Uint8Array(buffer), limit);
    this.#view = new DataView(buffer);
    this.#words = new Int32Array(buffer);
    this.#blocks = ring.blocks;
    this.#blockSize = ring.blockSize;
    this.#limit = limit;
    this.#skipOutgoing = skipOutgoing;
  }

  /** A batch ends with its block, so that the block can be given back. */
  fill(): FrameBatch {
    const batch = this.#batch;
    batch.count = 0;
    while (batch.count === 0) {
      if (this.#left === 0) {
        this.release();
        if (!this.#open()) break;
      }
      this.#collect();
    }
    return batch;
  }

  release(): void {
    if (!this.#isHeld || this.#left > 0) return;
    Atomics.store(this.#words, (this.#block * this.#blockSize + Block.STATUS) >> 2, 0);
    this.#block = this.#block + 1 === this.#blocks ? 0 : this.#block + 1;
    this.#isHeld = false;
  }

  #open(): boolean {
    const block = this.#block * this.#blockSize;
    // Acquire: what the kernel wrote before it set the status is seen after it was read.
    if ((Atomics.load(this.#words, (block + Block.STATUS) >> 2) & SlotStatus.User) === 0) return false;
    this.#isHeld = true;
    this.#left = this.#view.getInt32(block + Block.NUM_PKTS, true);
    this.#at = block + this.#view.getInt32(block + Block.OFFSET_TO_FIRST_PKT, true);
    return true;
  }

  #collect(): void {
    // Words instead of a DataView's bytes: the kernel aligns frames to 16 bytes.
    const words = this.#words;
    const batch = this.#batch;
    const { buffer, offset, length, originalLength, direction, flags, time } = batch;
    const limit = this.#limit;
    const skipOutgoing = this.#skipOutgoing;
    let at = this.#at;
    let left = this.#left;
    let i = 0;
    let bytes = 0;
    let touched = 0;
    while (left > 0 && i < limit) {
      const frame = at;
      const word = frame >> 2;
      left--;
      at += words[word + Word.NEXT_OFFSET]!;
      const outgoing = buffer[frame + BlockFrame.PKTTYPE] === PACKET_OUTGOING;
      if (outgoing && skipOutgoing) continue;
      const status = words[word + Word.STATUS]!;
      const captured = words[word + Word.SNAPLEN]!;
      const original = words[word + Word.LEN]!;
      const first = frame + (words[word + Word.MAC]! & 0xffff);
      // Fetches the frame's own line from memory while the others' headers are read: waiting for it later costs more.
      touched ^= buffer[first + TOUCH]!;
      offset[i] = first;
      length[i] = captured;
      originalLength[i] = original;
      direction[i] = outgoing ? Direction.Out : Direction.In;
      flags[i] = (status & SlotStatus.ChecksumNotReady) === 0 ? 0 : FrameFlag.ChecksumNotReady;
      time[i] = ((words[word + Word.SEC]! >>> 0) - systemEpoch) * 1e9 + words[word + Word.NSEC]!;
      if (captured < original) {
        flags[i]! |= FrameFlag.Truncated;
        this.truncated++;
      }
      if ((status & SlotStatus.VlanValid) !== 0) {
        const tci = words[word + Word.VLAN_TCI]! & 0xffff;
        restoreVlan(batch, i, status, tci, words[word + Word.VLAN_TPID]! & 0xffff);
      }
      bytes += originalLength[i]!;
      i++;
    }
    this.touched = touched;
    this.#at = at;
    this.#left = left;
    batch.count = i;
    this.frames += i;
    this.bytes += bytes;
  }
}
