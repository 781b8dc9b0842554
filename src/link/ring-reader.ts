/** What reading a receive ring takes, whatever the ring. */
import { copyBytes, setU16 } from "../../packets/bytes.ts";
import { SlotStatus } from "../linux/packet-ring.ts";
import { MutableBatch } from "./batch.ts";
import { type FrameBatch, FrameFlag } from "./link.ts";

/** Walks a ring's frames in order; those of a batch stay ours until `release`. */
export interface RingReader {
  /** Counters since the ring was opened. */
  readonly frames: number;
  readonly bytes: number;
  readonly truncated: number;
  /** Collects frames that have arrived into the one batch there is, in place. Its count is 0 if there are none. */
  fill(): FrameBatch;
  /** Gives the last batch's memory back to the kernel. */
  release(): void;
}

/** For a link that sends only. */
export class NoReader implements RingReader {
  readonly frames = 0;
  readonly bytes = 0;
  readonly truncated = 0;
  readonly #nothing = new MutableBatch(new Uint8Array(0), 0);

  fill(): FrameBatch {
    return this.#nothing;
  }

  release(): void {}
}

const VLAN_TAG = 4;
const MACS = 12;
const TPID_8021Q = 0x8100;

/**
 * Puts back the 802.1Q tag that the kernel took off the batch's frame `i`. There are 14 bytes of room before a frame in
 * both kinds of ring: the addresses move down and the tag is written behind them.
 * @param tpid what the kernel says the tag's type was; only meaningful if the status says so.
 */
export function restoreVlan(batch: MutableBatch, i: number, status: number, tci: number, tpid: number): void {
  if (batch.length[i]! < MACS) return;
  const { buffer } = batch;
  const offset = batch.offset[i]! - VLAN_TAG;
  copyBytes(buffer, offset + VLAN_TAG, buffer, offset, MACS);
  setU16(buffer, offset + MACS, (status & SlotStatus.VlanTpidValid) === 0 ? TPID_8021Q : tpid);
  setU16(buffer, offset + MACS + 2, tci);
  batch.offset[i] = offset;
  batch.length[i]! += VLAN_TAG;
  batch.originalLength[i]! += VLAN_TAG;
  batch.flags[i]! |= FrameFlag.VlanRestored;
}
