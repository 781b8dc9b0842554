/** What happens to the frames that go one way: decisions and counters, in netem's order and with its meanings. */
import { EtherType, HEADER_LENGTH } from "../../../packets/ethernet.ts";
import { Draws, Sequence } from "./chance.ts";
import { quantile } from "./distribution.ts";
import { LossModel } from "./loss.ts";
import { type Impairment, merge, type Settings, UNIMPAIRED } from "./settings.ts";

/** Counters of one direction. `taken + duplicated = passed + lost + overLimit + overMtu + held + discarded`, always. */
export interface PathStats {
  /** Frames that came to it. */
  readonly taken: number;
  /** Frames handed on, copies included. A link that refuses one counts it in its own `txErrors`. */
  readonly passed: number;
  readonly lost: number;
  /** Copies made. */
  readonly duplicated: number;
  readonly corrupted: number;
  /** Frames that went ahead of delayed ones by `reorder`. */
  readonly reordered: number;
  /** Frames that were held for a while. */
  readonly delayed: number;
  /** Frames held now. */
  readonly held: number;
  /** Frames dropped because as many as `limit` were held. */
  readonly overLimit: number;
  /** Frames dropped because they were longer than `mtu`. */
  readonly overMtu: number;
  /** Frames that were held when the link went down or was closed. */
  readonly discarded: number;
}

/** Bytes of a VLAN tag. */
const TAG = 4;

export class Path {
  #settings: Settings = UNIMPAIRED;
  readonly #loss: LossModel;
  readonly #duplicate: Draws;
  readonly #corrupt: Draws;
  readonly #place: Sequence;
  readonly #reorder: Draws;
  readonly #jitter: Draws;
  /** Frames since one went ahead. */
  #sinceAhead = 0;
  /** [0] when the frame last queued leaves, ms: a double that is never boxed. */
  readonly #lastDue = Float64Array.of(Number.NEGATIVE_INFINITY);

  /** True if nothing happens to frames. */
  isIdle = true;
  /** True if frames may be held: a clock is needed. */
  mayHold = false;

  taken = 0;
  passed = 0;
  lost = 0;
  duplicated = 0;
  corrupted = 0;
  reordered = 0;
  delayed = 0;
  overLimit = 0;
  overMtu = 0;
  discarded = 0;

  /** @param way tells the directions of one seed apart: 0 or 1. */
  constructor(seed: number, way: number) {
    const stream = 8 * way;
    this.#loss = new LossModel(seed, stream);
    this.#duplicate = new Draws(seed, stream + 2);
    this.#corrupt = new Draws(seed, stream + 3);
    this.#place = new Sequence(seed, stream + 4);
    this.#reorder = new Draws(seed, stream + 5);
    this.#jitter = new Draws(seed, stream + 6);
  }

  get settings(): Settings {
    return this.#settings;
  }

  /** Changes what is named, from the next frame on. @throws {RangeError} in one line; nothing is changed then. */
  change(change: Impairment): void {
    const settings = merge(this.#settings, change);
    this.#settings = settings;
    if (change.loss !== undefined) this.#loss.set(settings.loss);
    this.#duplicate.set(settings.duplicate);
    this.#corrupt.set(settings.corrupt);
    this.#reorder.set(settings.reorder);
    const { ms, jitterMs = 0, correlation = 0 } = settings.delay;
    this.#jitter.set({ percent: 0, correlation });
    this.mayHold = ms > 0 || jitterMs > 0 || settings.rate.bitsPerSecond > 0;
    const isWhole = settings.duplicate.percent === 0 && settings.corrupt.percent === 0 && this.#loss.isOff;
    this.isIdle = !this.mayHold && isWhole && settings.mtu === 0;
  }

  /** True, and counted, if the frame is too long to go on. */
  exceedsMtu(buf: Uint8Array, off: number, length: number): boolean {
    const { mtu } = this.#settings;
    if (mtu === 0) return false;
    const type = (buf[off + 12]! << 8) | buf[off + 13]!;
    const isTagged = type === EtherType.Vlan || type === EtherType.ServiceVlan;
    if (length <= mtu + HEADER_LENGTH + (isTagged ? TAG : 0)) return false;
    this.overMtu++;
    return true;
  }

  /** How many of the frame and, unless it is one itself, its copy go on: 0, 1 or 2. */
  copies(isCopy: boolean): number {
    let count = 1;
    if (!isCopy && this.#duplicate.hits()) {
      this.duplicated++;
      count++;
    }
    if (this.#loss.loses()) {
      this.lost++;
      count--;
    }
    return count;
  }

  /** True, and counted, if no more frames can be held. */
  isFull(held: number): boolean {
    if (held < this.#settings.limit) return false;
    this.overLimit++;
    return true;
  }

  /** True, and counted, if the frame is to be corrupted. */
  corrupts(): boolean {
    if (!this.#corrupt.hits()) return false;
    this.corrupted++;
    return true;
  }

  /** Turns one bit of a frame. */
  corrupt(buf: Uint8Array, off: number, length: number): void {
    const bit = this.#place.below(8);
    const at = off + this.#place.below(Math.min(length, 0xffff));
    buf[at] = buf[at]! ^ (1 << bit);
  }

  /** When a frame that came at `now` goes on, both in ms: `now` or before is at once. */
  due(now: number, length: number): number {
    if (!this.mayHold) return now;
    const { delay, reorder, rate } = this.#settings;
    // Without a gap of its own, `reorder` has one of 1: every frame may go ahead.
    if (reorder.percent > 0 && this.#sinceAhead >= (reorder.gap ?? 1) - 1 && this.#reorder.hits()) {
      this.#sinceAhead = 0;
      this.reordered++;
      return now;
    }
    this.#sinceAhead++;
    let from = now;
    let wait = delay.ms;
    const jitter = delay.jitterMs ?? 0;
    if (jitter > 0) wait += jitter * quantile(this.#settings.distribution, this.#jitter.value());
    const last = this.#lastDue;
    if (rate.bitsPerSecond > 0) {
      if (last[0]! > now) {
        // The wait in the queue counts towards the delay, as in netem.
        wait = Math.max(0, wait - (last[0]! - now));
        from = last[0]!;
      }
      wait += transmission(length, rate);
    }
    const due = from + wait;
    if (due > last[0]!) last[0] = due;
    return due;
  }

  /** Counts frames that were held and are no more: the next one waits for nobody. */
  discard(count: number): void {
    this.discarded += count;
    this.#lastDue[0] = Number.NEGATIVE_INFINITY;
  }

  stats(held: number): PathStats {
    const { taken, passed, lost, duplicated, corrupted, reordered, delayed, overLimit, overMtu, discarded } = this;
    return { taken, passed, lost, duplicated, corrupted, reordered, delayed, held, overLimit, overMtu, discarded };
  }
}

/** How long a frame takes at a rate, in ms. */
function transmission(length: number, rate: Settings["rate"]): number {
  let bytes = length + (rate.overhead ?? 0);
  const cellSize = rate.cellSize ?? 0;
  if (cellSize > 0) bytes = Math.ceil(bytes / cellSize) * (cellSize + (rate.cellOverhead ?? 0));
  return (Math.max(0, bytes) * 8000) / rate.bitsPerSecond;
}
