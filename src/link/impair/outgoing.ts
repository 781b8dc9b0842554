/** Sent frames on their way from the user's slots to the inner link. */
import { FrameCopier } from "../copy.ts";
import { Direction, type Link } from "../link.ts";
import type { Path } from "./path.ts";
import { type ImpairmentClock, Way } from "./way.ts";

/** The user's slots. */
const SLOTS = 64;
/** Frames handed to the inner link before it is flushed: no link has fewer slots but libpcap's, which has one. */
const BURST = 32;

export class OutgoingWay extends Way {
  /** The user's slots: apart from the inner link's, since what a slot holds is the user's and must stay as he left it. */
  readonly tx: Uint8Array;
  readonly #slotSize: number;
  readonly #inner: Link;
  readonly #length = new Int32Array(SLOTS);
  /** One for each memory that is copied from: changing between them would make it anew each time. */
  readonly #copier = new FrameCopier();
  readonly #heldCopier = new FrameCopier();
  #count = 0;
  /** Frames handed to the inner link and not flushed yet. */
  #unflushed = 0;
  /** Frames taken from the user since he last flushed, and frames that the inner link did not send since then. */
  #accepted = 0;
  #failed = 0;
  /** Frames refused for their length. */
  tooLong = 0;

  constructor(inner: Link, path: Path, slotSize: number, clock: ImpairmentClock) {
    super(path, slotSize, clock);
    this.#inner = inner;
    this.#slotSize = slotSize;
    this.tx = new Uint8Array(SLOTS * slotSize);
  }

  reserve(length: number): number {
    if (length > this.#slotSize) {
      this.tooLong++;
      return -1;
    }
    if (this.#count === SLOTS) this.#drain();
    return this.#count * this.#slotSize;
  }

  commit(length: number): void {
    this.#length[this.#count++] = length;
  }

  /** Puts a received frame, rewritten where it lies, after those committed before. */
  commitReceived(offset: number, length: number): void {
    this.#drain();
    this.path.taken++;
    this.path.passed++;
    this.#accepted++;
    this.#inner.commitReceived?.(offset, length);
    this.#handed();
  }

  /** @returns the number of frames that were sent, or taken by the impairment: of those nobody tells the sender more. */
  flush(): number {
    this.#drain();
    this.finish();
    const sent = this.#accepted - this.#failed;
    this.#accepted = 0;
    this.#failed = 0;
    return Math.max(0, sent);
  }

  #drain(): void {
    this.passDue();
    const now = this.now();
    const count = this.#count;
    this.#count = 0;
    this.#accepted += count;
    for (let i = 0; i < count; i++) {
      const length = this.#length[i]!;
      this.take(now, this.tx, i * this.#slotSize, length, length, Direction.Out, 0, 0);
    }
    this.arm();
  }

  protected override pass(buf: Uint8Array, off: number, length: number): void {
    this.#hand(this.#copier, buf, off, length);
  }

  protected override passHeld(slot: number): void {
    this.#hand(this.#heldCopier, this.held.buffer, this.held.offset(slot), this.held.length(slot));
    this.held.release(slot);
  }

  #hand(copier: FrameCopier, buf: Uint8Array, off: number, length: number): void {
    const at = this.#inner.reserve(length);
    if (at < 0) {
      this.#failed++;
      return;
    }
    copier.copy(buf, off, this.#inner.tx, at, length);
    this.#inner.commit(length);
    this.#handed();
  }

  #handed(): void {
    if (++this.#unflushed === BURST) this.finish();
  }

  protected override finish(): void {
    if (this.#unflushed === 0) return;
    this.#failed += this.#unflushed - this.#inner.flush();
    this.#unflushed = 0;
  }
}
