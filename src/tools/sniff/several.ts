/**
 * Several interfaces as one source: their frames in the order of their time stamps, each with the interface it came from.
 *
 * Every link delivers its own frames in order, up to some milliseconds late and in blocks; so frames are copied, and handed
 * on when no older one can come from another link any more.
 */
import type { FrameBatch, Link, LinkEvent, LinkStats } from "../../link/link.ts";

/** An interface, by the name that the user gave it. */
export interface Member {
  readonly link: Link;
  readonly label: string;
}

/** Frames of several interfaces. */
export interface SeveralBatch extends FrameBatch {
  /** Index into the members. */
  readonly interfaceIndex: Int32Array;
}

/** Blocks are handed over when they are 8 ms old; the event loop adds to it. */
const PATIENCE_NS = 25e6;
const TICK_MS = 10;
/** Frames and bytes that wait at most. */
const MAX_FRAMES = 16_384;
const MAX_BYTES = 4 << 20;

export class SeveralLinks {
  readonly members: Member[] = [];
  readonly epoch: number;
  #handler: ((batch: SeveralBatch) => void) | null = null;
  #onEvent: ((event: LinkEvent, member: Member) => void) | null = null;
  readonly #removers: (() => void)[] = [];
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  #bytes = new Uint8Array(MAX_BYTES);
  #used = 0;
  #count = 0;
  readonly #at = new Int32Array(MAX_FRAMES);
  readonly #length = new Int32Array(MAX_FRAMES);
  readonly #original = new Int32Array(MAX_FRAMES);
  readonly #direction = new Uint8Array(MAX_FRAMES);
  readonly #flags = new Uint8Array(MAX_FRAMES);
  readonly #time = new Float64Array(MAX_FRAMES);
  readonly #member = new Int32Array(MAX_FRAMES);

  /** @param epoch what all links' times count from: {@link Link.epoch}. */
  constructor(epoch: number) {
    this.epoch = epoch;
  }

  /** Adds an interface, now or later. @returns its index. */
  add(member: Member): number {
    const index = this.members.push(member) - 1;
    if (this.#handler !== null) this.#listen(member, index);
    return index;
  }

  /** Frames flow from now on. Events name the interface that they happened to. */
  start(handler: (batch: SeveralBatch) => void, onEvent: (event: LinkEvent, member: Member) => void): void {
    this.#handler = handler;
    this.#onEvent = onEvent;
    this.members.forEach((member, index) => {
      this.#listen(member, index);
    });
  }

  /** Frames received and dropped, of all of them. */
  stats(): Pick<LinkStats, "rxFrames" | "rxDropped"> {
    const all = this.members.map(({ link }) => link.stats());
    return {
      rxFrames: all.reduce((sum, one) => sum + one.rxFrames, 0),
      rxDropped: all.reduce((sum, one) => sum + one.rxDropped, 0),
    };
  }

  /** Hands on what waits, and listens no more. */
  stop(): void {
    if (this.#isClosed) return;
    for (const remove of this.#removers) remove();
    this.#flush(Number.POSITIVE_INFINITY);
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #listen(member: Member, index: number): void {
    this.#removers.push(
      member.link.onFrames((batch) => this.#take(batch, index)),
      member.link.onEvent((event) => {
        this.#onEvent?.(event, member);
        // Its memory goes back, after what is still in it has been read.
        if (event.type === "gone") setTimeout(() => member.link.close(), 100).unref();
      }),
    );
  }

  #take(batch: FrameBatch, member: number): void {
    if (this.#isClosed) return;
    for (let i = 0; i < batch.count; i++) {
      const length = batch.length[i]!;
      if (this.#count === MAX_FRAMES || this.#used + length > this.#bytes.length) {
        this.#flush(Number.POSITIVE_INFINITY);
        if (length > this.#bytes.length) this.#bytes = new Uint8Array(length);
      }
      const at = this.#used;
      const from = batch.offset[i]!;
      this.#bytes.set(batch.buffer.subarray(from, from + length), at);
      this.#used = at + length;
      const n = this.#count++;
      this.#at[n] = at;
      this.#length[n] = length;
      this.#original[n] = batch.originalLength[i]!;
      this.#direction[n] = batch.direction[i]!;
      this.#flags[n] = batch.flags[i]!;
      this.#time[n] = batch.time[i]!;
      this.#member[n] = member;
    }
    if (this.#count > 0 && this.#timer === null) this.#timer = setTimeout(() => this.#tick(), TICK_MS);
  }

  #tick(): void {
    this.#timer = null;
    const now = this.members[0]?.link.now() ?? Number.POSITIVE_INFINITY;
    this.#flush(now - PATIENCE_NS);
    if (this.#count > 0 && !this.#isClosed) this.#timer = setTimeout(() => this.#tick(), TICK_MS);
  }

  /** Hands on the frames that are older than `before`, in order; the others move to the front. */
  #flush(before: number): void {
    const time = this.#time;
    const due: number[] = [];
    const left: number[] = [];
    for (let n = 0; n < this.#count; n++) (time[n]! < before ? due : left).push(n);
    if (due.length === 0) return;
    due.sort((a, b) => time[a]! - time[b]! || a - b);
    const pick = <T extends Int32Array | Uint8Array | Float64Array>(from: T, order: readonly number[], into: T): T => {
      order.forEach((n, i) => {
        into[i] = from[n]!;
      });
      return into;
    };
    const { length: count } = due;
    const batch: SeveralBatch = {
      count,
      buffer: this.#bytes,
      offset: pick(this.#at, due, new Int32Array(count)),
      length: pick(this.#length, due, new Int32Array(count)),
      originalLength: pick(this.#original, due, new Int32Array(count)),
      direction: pick(this.#direction, due, new Uint8Array(count)),
      flags: pick(this.#flags, due, new Uint8Array(count)),
      time: pick(time, due, new Float64Array(count)),
      interfaceIndex: pick(this.#member, due, new Int32Array(count)),
    };
    this.#handler?.(batch);
    // In ascending order, so nothing is overwritten before it has moved.
    this.#used = 0;
    left.forEach((n, i) => {
      const at = this.#at[n]!;
      const length = this.#length[n]!;
      this.#bytes.copyWithin(this.#used, at, at + length);
      this.#at[i] = this.#used;
      this.#used += length;
      this.#length[i] = length;
      this.#original[i] = this.#original[n]!;
      this.#direction[i] = this.#direction[n]!;
      this.#flags[i] = this.#flags[n]!;
      time[i] = time[n]!;
      this.#member[i] = this.#member[n]!;
    });
    this.#count = left.length;
  }
}
