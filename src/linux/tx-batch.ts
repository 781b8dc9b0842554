/**
 * Outgoing frames, many in one system call: sendmmsg over message headers that are written once. A frame lies in a slot of
 * the batch's own, or wherever it was received: the kernel copies from there, user space does not.
 */
import { Errno } from "./errors.ts";
import { errno, libc, type Mapping, map } from "./libc.ts";
import { OFFLOAD_HEADER, writeFinished, writeUnfinished } from "./offload.ts";

const MSG_DONTWAIT = 0x40;
const MMSGHDR = 64;
const IOVEC = 16;

/** What {@link TxBatch} knows of a message. */
const State = { Plain: 0, InRing: 1, Unfinished: 2 } as const;

/** A batch: slots side by side in one piece of memory, with the message headers that point at them. */
export class TxBatch {
  readonly bytes: Uint8Array;
  readonly slotSize: number;
  /** Where a frame begins in its slot, and the most that one has. */
  readonly lead: number;
  readonly frameSize: number;
  readonly capacity: number;
  readonly #fd: number;
  readonly #memory: Mapping;
  readonly #iovecs: DataView;
  readonly #headerAddress: readonly bigint[];
  /** Where the slots and the ring begin, as two halves: arithmetic on bigints allocates. */
  readonly #slotsLow: number;
  readonly #slotsHigh: number;
  readonly #ringLow: number;
  readonly #ringHigh: number;
  /** How each message was pointed and headed last. */
  readonly #state: Uint8Array;
  /** Bytes sent before each frame. */
  readonly #extra: number;
  readonly #words: DataView;
  count = 0;
  /** errno of the last frame that could not be sent, 0 if none. */
  lastError = 0;
  /** Frames that could not be sent. */
  errors = 0;

  /**
   * @param ring where received frames lie, for those that are sent from there; null if none are.
   * @param lead room before each frame for the header that says what is left to a card; 0 if the socket takes none.
   */
  constructor(fd: number, capacity: number, frameLength: number, ring: Mapping | null, lead = 0) {
    this.#fd = fd;
    this.capacity = capacity;
    this.lead = lead;
    this.#extra = lead === 0 ? 0 : OFFLOAD_HEADER;
    this.slotSize = (lead + frameLength + 63) & ~63;
    this.frameSize = this.slotSize - lead;
    const data = capacity * this.slotSize;
    const total = (data + capacity * (MMSGHDR + IOVEC) + 4095) & ~4095;
    this.#memory = map(-1, total);
    this.bytes = new Uint8Array(this.#memory.buffer, 0, data);
    const headers = new DataView(this.#memory.buffer, data, capacity * MMSGHDR);
    this.#iovecs = new DataView(this.#memory.buffer, data + capacity * MMSGHDR, capacity * IOVEC);
    const headersAt = this.#memory.address + BigInt(data);
    const iovecsAt = headersAt + BigInt(capacity * MMSGHDR);
    this.#slotsLow = low(this.#memory.address);
    this.#slotsHigh = high(this.#memory.address);
    this.#ringLow = low(ring?.address ?? 0n);
    this.#ringHigh = high(ring?.address ?? 0n);
    this.#state = new Uint8Array(capacity);
    this.#words = new DataView(this.#memory.buffer);
    for (let i = 0; i < capacity; i++) {
      headers.setBigUint64(i * MMSGHDR + 16, iovecsAt + BigInt(i * IOVEC), true);
      headers.setBigUint64(i * MMSGHDR + 24, 1n, true);
      this.#iovecs.setBigUint64(i * IOVEC, this.#memory.address + BigInt(this.#slotAt(i)), true);
    }
    this.#headerAddress = Array.from({ length: capacity }, (_, i) => headersAt + BigInt(i * MMSGHDR));
  }

  /** Where the message in a slot of our own begins. */
  #slotAt(i: number): number {
    return i * this.slotSize + this.lead - this.#extra;
  }

  /** Appends the frame that was written into the slot `count`. */
  push(length: number): void {
    const i = this.count++;
    if (this.#state[i] !== State.Plain) this.#restore(i);
    this.#iovecs.setUint32(i * IOVEC + 8, length + this.#extra, true);
  }

  #restore(i: number): void {
    if (this.#state[i] === State.InRing) this.#point(i, this.#slotsLow, this.#slotsHigh, this.#slotAt(i));
    else writeFinished(this.#words, i * this.slotSize + this.lead);
    this.#state[i] = State.Plain;
  }

  /** As {@link push}, in a batch with room for that header: see `writeUnfinished`. */
  pushUnfinished(length: number, network: number, segment: number): void {
    const i = this.count++;
    this.#state[i] = State.Unfinished;
    writeUnfinished(this.#words, this.bytes, i * this.slotSize + this.lead, network, segment);
    this.#iovecs.setUint32(i * IOVEC + 8, length + this.#extra, true);
  }

  /** Appends the frame at an offset of the receive ring, whose slot must stay ours until the batch is sent. */
  pushReceived(offset: number, length: number): void {
    const i = this.count++;
    this.#state[i] = State.InRing;
    this.#point(i, this.#ringLow, this.#ringHigh, offset);
    this.#iovecs.setUint32(i * IOVEC + 8, length, true);
  }

  #point(i: number, baseLow: number, baseHigh: number, offset: number): void {
    const sum = baseLow + offset;
    const carry = sum >= 0x1_0000_0000 ? 1 : 0;
    this.#iovecs.setUint32(i * IOVEC, carry === 0 ? sum : sum - 0x1_0000_0000, true);
    this.#iovecs.setUint32(i * IOVEC + 4, baseHigh + carry, true);
  }

  /** The length in bytes of the frame in a slot. */
  lengthAt(slot: number): number {
    return this.#iovecs.getUint32(slot * IOVEC + 8, true) - this.#extra;
  }

  /**
   * Sends all that was pushed; a frame that the kernel refuses is counted and left out, the rest goes on.
   * @returns the number of frames sent.
   */
  send(): number {
    let next = 0;
    let sent = 0;
    let retried = false;
    while (next < this.count) {
      const n = libc.sendmmsg(this.#fd, this.#headerAddress[next]!, this.count - next, MSG_DONTWAIT);
      if (n > 0) {
        sent += n;
        next += n;
        continue;
      }
      const code = errno();
      if (code === Errno.EINTR) continue;
      if (code === Errno.ENETDOWN && !retried) {
        // An error left over from an earlier link down is reported once, even when the link is up again.
        retried = true;
        continue;
      }
      this.lastError = code;
      // The interface itself cannot send: no frame of this batch will fare better.
      const rest = code === Errno.ENETDOWN || code === Errno.ENXIO || code === Errno.EBADF;
      const lost = rest ? this.count - next : 1;
      this.errors += lost;
      next += lost;
    }
    this.count = 0;
    return sent;
  }

  /** Gives up what was pushed, for the reason given. */
  discard(code: number): void {
    if (this.count === 0) return;
    this.errors += this.count;
    this.lastError = code;
    this.count = 0;
  }

  release(): void {
    this.#memory.release();
  }
}

function low(address: bigint): number {
  return Number(address & 0xffff_ffffn);
}

function high(address: bigint): number {
  return Number(address >> 32n);
}
