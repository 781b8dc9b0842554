/**
 * Memory for frames that are held, and the order in which they leave: slots of one size in one buffer that doubles when
 * it is full, up to a bound, and a binary heap of slots by the time they are due.
 */
import { FrameCopier } from "../copy.ts";
import { FrameFlag } from "../link.ts";

const FIRST_SLOTS = 16;

export class HeldFrames {
  /** Holds the frames. Another one after it has grown: a view of the old one stays as it is. */
  buffer: Uint8Array = new Uint8Array(0);
  readonly slotSize: number;
  readonly #copier = new FrameCopier();
  #slots = 0;
  #length = new Int32Array(0);
  #original = new Int32Array(0);
  #flags = new Uint8Array(0);
  #direction = new Uint8Array(0);
  #due = new Float64Array(0);
  #order = new Float64Array(0);
  /** Free slots: the first `#freeCount` of them. */
  #free = new Int32Array(0);
  #freeCount = 0;
  #heap = new Int32Array(0);
  #count = 0;
  #taken = 0;

  /** @param slotSize bytes kept of a frame. */
  constructor(slotSize: number) {
    this.slotSize = slotSize;
  }

  /** Frames waiting to be due. */
  get count(): number {
    return this.#count;
  }

  /** When the next frame is due, in ms; Infinity if none is held. */
  get nextDue(): number {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : this.#due[this.#heap[0]!]!;
  }

  /** Copies a frame, as much as a slot holds, into a slot that is the caller's until he gives it to {@link hold} or {@link release}. */
  take(buf: Uint8Array, off: number, length: number, original: number, direction: number, flags: number): number {
    if (this.#freeCount === 0) this.#grow();
    const slot = this.#free[--this.#freeCount]!;
    const kept = Math.min(length, this.slotSize);
    this.#copier.copy(buf, off, this.buffer, slot * this.slotSize, kept);
    this.#length[slot] = kept;
    this.#original[slot] = original;
    this.#direction[slot] = direction;
    this.#flags[slot] = kept < length ? flags | FrameFlag.Truncated : flags;
    return slot;
  }

  release(slot: number): void {
    this.#free[this.#freeCount++] = slot;
  }

  offset(slot: number): number {
    return slot * this.slotSize;
  }

  length(slot: number): number {
    return this.#length[slot]!;
  }

  originalLength(slot: number): number {
    return this.#original[slot]!;
  }

  direction(slot: number): number {
    return this.#direction[slot]!;
  }

  flags(slot: number): number {
    return this.#flags[slot]!;
  }

  /** Holds a slot until it is due, in ms; those due at once leave in the order in which they came. */
  hold(slot: number, due: number): void {
    this.#due[slot] = due;
    this.#order[slot] = this.#taken++;
    let i = this.#count++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#before(slot, this.#heap[parent]!)) break;
      this.#heap[i] = this.#heap[parent]!;
      i = parent;
    }
    this.#heap[i] = slot;
  }

  /** Takes out the slot that is due first; there must be one. It is the caller's then. */
  pop(): number {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap[--this.#count]!;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= this.#count) break;
      if (child + 1 < this.#count && this.#before(heap[child + 1]!, heap[child]!)) child++;
      if (!this.#before(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
    return first;
  }

  /** Forgets all that is held. @returns how many frames that were. */
  clear(): number {
    const count = this.#count;
    for (let i = 0; i < count; i++) this.release(this.#heap[i]!);
    this.#count = 0;
    return count;
  }

  #before(a: number, b: number): boolean {
    return this.#due[a]! < this.#due[b]! || (this.#due[a] === this.#due[b] && this.#order[a]! < this.#order[b]!);
  }

  #grow(): void {
    const before = this.#slots;
    const slots = Math.max(FIRST_SLOTS, before * 2);
    this.#slots = slots;
    this.buffer = enlarged(this.buffer, new Uint8Array(slots * this.slotSize));
    this.#length = enlarged(this.#length, new Int32Array(slots));
    this.#original = enlarged(this.#original, new Int32Array(slots));
    this.#flags = enlarged(this.#flags, new Uint8Array(slots));
    this.#direction = enlarged(this.#direction, new Uint8Array(slots));
    this.#due = enlarged(this.#due, new Float64Array(slots));
    this.#order = enlarged(this.#order, new Float64Array(slots));
    this.#heap = enlarged(this.#heap, new Int32Array(slots));
    this.#free = new Int32Array(slots);
    for (let slot = slots - 1; slot >= before; slot--) this.#free[this.#freeCount++] = slot;
  }
}

function enlarged<T extends Uint8Array | Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
