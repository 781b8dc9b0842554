/** Received frames on their way from the inner link to the handlers. */
import { Handlers } from "../handlers.ts";
import type { FrameBatch, Link } from "../link.ts";
import type { Path } from "./path.ts";
import { type ImpairmentClock, Way } from "./way.ts";

/** Frames handed over at once. */
const BATCH = 64;
/** In `slot`: the frame lies where the inner link received it. */
const IN_PLACE = -1;

/** Frames of one memory that are handed over together. */
class Run implements FrameBatch {
  count = 0;
  buffer: Uint8Array = new Uint8Array(0);
  readonly offset = new Int32Array(BATCH);
  readonly length = new Int32Array(BATCH);
  readonly originalLength = new Int32Array(BATCH);
  readonly direction = new Uint8Array(BATCH);
  readonly flags = new Uint8Array(BATCH);
  readonly time = new Float64Array(BATCH);
  /** Where each frame is held, or {@link IN_PLACE}. */
  readonly slot = new Int32Array(BATCH);
}

export class IncomingWay extends Way {
  readonly handlers = new Handlers<FrameBatch>();
  readonly #inner: Link;
  readonly #run = new Run();
  /** True while a handler sees frames where the inner link received them. */
  inPlace = false;
  #closed = false;
  frames = 0;
  bytes = 0;

  constructor(inner: Link, path: Path, slotSize: number, clock: ImpairmentClock) {
    super(path, slotSize, clock);
    this.#inner = inner;
  }

  input(batch: FrameBatch): void {
    this.passDue();
    this.finish();
    if (this.path.isIdle) {
      this.path.taken += batch.count;
      this.path.passed += batch.count;
      this.#emit(batch, true);
      return;
    }
    const now = this.now();
    for (let i = 0; i < batch.count; i++)
      this.take(
        now,
        batch.buffer,
        batch.offset[i]!,
        batch.length[i]!,
        batch.originalLength[i]!,
        batch.direction[i]!,
        batch.flags[i]!,
        batch.time[i]!,
      );
    this.finish();
    this.arm();
  }

  protected override pass(
    buf: Uint8Array,
    off: number,
    length: number,
    original: number,
    direction: number,
    flags: number,
    time: number,
  ): void {
    this.#append(IN_PLACE, buf, off, length, original, direction, flags, time);
  }

  protected override passHeld(slot: number, time: number): void {
    const { held } = this;
    const at = time < 0 ? this.#inner.now() : time;
    const length = held.length(slot);
    const original = held.originalLength(slot);
    this.#append(slot, held.buffer, held.offset(slot), length, original, held.direction(slot), held.flags(slot), at);
  }

  #append(
    slot: number,
    buf: Uint8Array,
    off: number,
    length: number,
    original: number,
    direction: number,
    flags: number,
    time: number,
  ): void {
    const run = this.#run;
    if (run.count === BATCH || run.buffer !== buf) this.finish();
    run.buffer = buf;
    const i = run.count++;
    run.offset[i] = off;
    run.length[i] = length;
    run.originalLength[i] = original;
    run.direction[i] = direction;
    run.flags[i] = flags;
    run.time[i] = time;
    run.slot[i] = slot;
  }

  protected override finish(): void {
    const run = this.#run;
    if (run.count === 0) return;
    this.#emit(run, run.slot[0] === IN_PLACE);
    for (let i = 0; i < run.count; i++) if (run.slot[i] !== IN_PLACE) this.held.release(run.slot[i]!);
    run.count = 0;
  }

  /** Hands nothing on any more. */
  close(): void {
    this.#closed = true;
  }

  #emit(batch: FrameBatch, inPlace: boolean): void {
    if (this.#closed) return;
    this.frames += batch.count;
    for (let i = 0; i < batch.count; i++) this.bytes += batch.originalLength[i]!;
    this.inPlace = inPlace;
    try {
      this.handlers.emit(batch);
    } finally {
      this.inPlace = false;
    }
  }
}
