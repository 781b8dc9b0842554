/** One direction of an impaired link: each frame's way from where it comes in to where it goes on, at once or later. */
import type { WireClock } from "../simulated.ts";
import { HeldFrames } from "./held.ts";
import type { Path } from "./path.ts";

/** What an impairment needs of a clock; the stack's `Clock` fits. */
export interface ImpairmentClock extends WireClock {
  clearTimer(timer: unknown): void;
}

/** A timer's instant and a frame's are computed apart: half a microsecond, in ms, forgives their rounding. */
const ROUNDING = 0.0005;

export abstract class Way {
  readonly path: Path;
  readonly held: HeldFrames;
  readonly #clock: ImpairmentClock;
  #timer: unknown = null;
  #wakesAt = Number.POSITIVE_INFINITY;
  readonly #wake = (): void => {
    this.#timer = null;
    this.#wakesAt = Number.POSITIVE_INFINITY;
    this.passDue();
    this.finish();
    this.arm();
  };

  constructor(path: Path, slotSize: number, clock: ImpairmentClock) {
    this.path = path;
    this.held = new HeldFrames(slotSize);
    this.#clock = clock;
  }

  /** Hands on a frame from where it lies. */
  protected abstract pass(
    buf: Uint8Array,
    off: number,
    length: number,
    original: number,
    direction: number,
    flags: number,
    time: number,
  ): void;

  /** Hands on a frame that was copied into `held`, and releases its slot when that is done. `time` is -1 if it was delayed. */
  protected abstract passHeld(slot: number, time: number): void;

  /** Ends a row of frames handed on. */
  protected abstract finish(): void;

  /** True if frames are neither changed nor held, and none is held any more. */
  get isIdle(): boolean {
    return this.path.isIdle && this.held.count === 0;
  }

  /** The present in ms, if anything here depends on it; else 0. */
  protected now(): number {
    return this.path.mayHold || this.held.count > 0 ? this.#clock.now() : 0;
  }

  /** Decides what becomes of a frame, and does it. */
  protected take(
    now: number,
    buf: Uint8Array,
    off: number,
    length: number,
    original: number,
    direction: number,
    flags: number,
    time: number,
    isCopy = false,
  ): void {
    const { path, held } = this;
    if (!isCopy) {
      path.taken++;
      if (path.exceedsMtu(buf, off, original)) return;
    }
    const copies = path.copies(isCopy);
    if (copies === 0) return;
    // The copy goes first, and has its own fate but for being copied again.
    if (copies === 2) this.take(now, buf, off, length, original, direction, flags, time, true);
    if (path.isFull(held.count)) return;
    const due = path.due(now, original);
    const corrupts = path.corrupts();
    if (due <= now) {
      path.passed++;
      if (!isCopy && !corrupts) {
        this.pass(buf, off, length, original, direction, flags, time);
        return;
      }
    }
    // What comes in belongs to the kernel, and other handlers look at it: nothing is kept or changed there.
    const slot = held.take(buf, off, length, original, direction, flags);
    if (corrupts) path.corrupt(held.buffer, held.offset(slot), held.length(slot));
    if (due <= now) this.passHeld(slot, time);
    else {
      path.delayed++;
      held.hold(slot, due);
    }
  }

  /** Hands on what is due, the earliest first. */
  protected passDue(): void {
    if (this.held.count === 0) return;
    const now = this.#clock.now() + ROUNDING;
    while (this.held.nextDue <= now) {
      this.path.passed++;
      this.passHeld(this.held.pop(), -1);
    }
  }

  /** Sees to it that somebody wakes when the next frame is due. */
  protected arm(): void {
    const due = this.held.nextDue;
    if (due === Number.POSITIVE_INFINITY || due >= this.#wakesAt) return;
    if (this.#timer !== null) this.#clock.clearTimer(this.#timer);
    this.#wakesAt = due;
    this.#timer = this.#clock.setTimer(due - this.#clock.now(), this.#wake);
  }

  /** Forgets what is held. */
  discard(): void {
    this.path.discard(this.held.clear());
    if (this.#timer !== null) this.#clock.clearTimer(this.#timer);
    this.#timer = null;
    this.#wakesAt = Number.POSITIVE_INFINITY;
  }
}
