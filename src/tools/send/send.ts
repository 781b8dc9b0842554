/**
 * send as a function: takes frames from a source and puts them on a link, as fast as it goes or at a rate. It works in
 * slices between which the event loop turns, so that signals and progress are served while it floods.
 */
import type { Link } from "../../link/link.ts";
import type { FrameSource } from "./source.ts";

/** Milliseconds of one slice, and frames between two looks at the clock. */
const SLICE_MS = 5;
const BURST = 64;
/** Closer than this to its time a frame is waited for by turning the event loop; timers are a millisecond late. */
const NEAR_MS = 1.5;

export interface SendOptions {
  /** Frames to send; all that the source has, or no end, unless given. */
  readonly count?: number | undefined;
  /** Frames a second; `max` for as fast as it goes. The source's own pace unless given, or `max` if it has none. */
  readonly rate?: number | "max" | undefined;
}

export interface SendCounters {
  readonly sent: number;
  /** Bytes of the frames sent, frame check sequence not included. */
  readonly bytes: number;
  /** Frames that could not be sent. */
  readonly failed: number;
  /** The last failure's name, such as ENETDOWN; empty if there was none. */
  readonly lastError: string;
  /** From the first frame on. */
  readonly seconds: number;
}

export interface SendRun {
  readonly done: Promise<SendCounters>;
  /** Ends the run after the batch that is under way. */
  interrupt(): void;
  counters(): SendCounters;
}

/** Begins to send at the next turn of the event loop. */
export function startSend(link: Link, source: FrameSource, options: SendOptions = {}): SendRun {
  const sender = new Sender(link, source, options);
  return { done: sender.done, interrupt: () => sender.interrupt(), counters: () => sender.counters() };
}

class Sender {
  readonly done: Promise<SendCounters>;
  readonly #link: Link;
  readonly #source: FrameSource;
  readonly #count: number;
  /** Milliseconds from one frame to the next: 0 as fast as it goes, -1 by the source's own pace. */
  readonly #gap: number;
  #resolve: (counters: SendCounters) => void = () => {};
  #next = 0;
  #start = 0;
  #end = 0;
  #isStopped = false;

  constructor(link: Link, source: FrameSource, { count, rate }: SendOptions) {
    this.#link = link;
    this.#source = source;
    this.#count = Math.min(count ?? Number.POSITIVE_INFINITY, source.count);
    this.#gap = typeof rate === "number" ? 1000 / rate : rate === "max" || source.due === undefined ? 0 : -1;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    setImmediate(() => {
      this.#start = performance.now();
      this.#turn();
    });
  }

  interrupt(): void {
    this.#isStopped = true;
  }

  counters(): SendCounters {
    const { txFrames, txBytes, txErrors, lastTxError } = this.#link.stats();
    const end = this.#end === 0 ? performance.now() : this.#end;
    const seconds = this.#start === 0 ? 0 : (end - this.#start) / 1000;
    return { sent: txFrames, bytes: txBytes, failed: txErrors, lastError: lastTxError, seconds };
  }

  /** The interface will never take another frame: it was deleted, or moved to another namespace. */
  get #isGone(): boolean {
    return this.#link.stats().lastTxError === "ENXIO";
  }

  #turn(): void {
    const until = performance.now() + SLICE_MS;
    let now = performance.now();
    while (!this.#isStopped && this.#next < this.#count && now < until) {
      const ready = this.#ready(now);
      if (ready === 0) break;
      this.#burst(ready);
      now = performance.now();
    }
    if (this.#isStopped || this.#next >= this.#count || this.#isGone) {
      this.#finish();
      return;
    }
    const wait = this.#dueAt(this.#next) - now;
    // A long wait is cut, so that an interruption is seen.
    if (wait > NEAR_MS) setTimeout(() => this.#turn(), Math.min(wait - 1, 50));
    else setImmediate(() => this.#turn());
  }

  /** Frames that are due now, up to a burst. */
  #ready(now: number): number {
    const most = Math.min(BURST, this.#count - this.#next);
    if (this.#gap === 0) return most;
    let ready = 0;
    while (ready < most && this.#dueAt(this.#next + ready) <= now) ready++;
    return ready;
  }

  #dueAt(n: number): number {
    if (this.#gap >= 0) return this.#start + n * this.#gap;
    return this.#start + (this.#source.due?.(n) ?? 0);
  }

  #burst(frames: number): void {
    const link = this.#link;
    const source = this.#source;
    const end = this.#next + frames;
    for (let n = this.#next; n < end; n++) {
      const length = source.length(n);
      const at = link.reserve(length);
      if (at < 0) continue;
      source.write(n, link.tx, at);
      link.commit(length);
    }
    this.#next = end;
    link.flush();
  }

  #finish(): void {
    this.#end = performance.now();
    this.#resolve(this.counters());
  }
}
