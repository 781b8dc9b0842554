/**
 * Time, injected: everything in the stack that waits or measures takes a {@link Clock}, so that the same code runs on the
 * machine's clock, or on a virtual one where hours pass in no time and every run is the same.
 */

/** Names one pending timer; means nothing to anybody but the clock that gave it. */
export type Timer = object;

export interface Clock {
  /** Milliseconds since an arbitrary start, with fractions; never goes back. */
  now(): number;
  /** Calls `fn` once, when at least `ms` milliseconds have passed (0 or less: as soon as possible, never at once). */
  setTimer(ms: number, fn: () => void): Timer;
  /** Forgets a timer. One that has fired, or null, is no mistake. */
  clearTimer(timer: Timer | null): void;
}

/** Node's timers count whole milliseconds, one at least, and at most 2^31 - 1 (24.8 days). */
const LONGEST_MS = 0x7fffffff;

/** A wait longer than Node's timers can be: one after another. */
class LongWait {
  #timer: NodeJS.Timeout;

  constructor(ms: number, fn: () => void) {
    const next = (left: number): NodeJS.Timeout =>
      setTimeout(
        () => {
          if (left <= LONGEST_MS) fn();
          else this.#timer = next(left - LONGEST_MS);
        },
        Math.min(left, LONGEST_MS),
      );
    this.#timer = next(ms);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}

class MachineClock implements Clock {
  now(): number {
    return performance.now();
  }

  setTimer(ms: number, fn: () => void): Timer {
    // Shorter than a timer can wait: the next turn of the event loop comes nearer to it than a whole millisecond.
    if (ms < 0.5) return setImmediate(fn);
    return ms > LONGEST_MS ? new LongWait(ms, fn) : setTimeout(fn, ms);
  }

  clearTimer(timer: Timer | null): void {
    if (timer === null) return;
    if (timer instanceof Immediate) clearImmediate(timer as NodeJS.Immediate);
    else if (timer instanceof LongWait) timer.clear();
    else clearTimeout(timer as NodeJS.Timeout);
  }
}

/** Node does not export the class of its immediates. */
const Immediate: abstract new () => object = (() => {
  const immediate = setImmediate(() => {});
  clearImmediate(immediate);
  return immediate.constructor as abstract new () => object;
})();

/** The machine's own monotonic clock with Node's timers. */
export const realClock: Clock = new MachineClock();

interface VirtualTimer {
  readonly due: number;
  readonly order: number;
  readonly fn: () => void;
  cancelled: boolean;
}

/**
 * A clock that moves only when told to. Timers fire in the order in which they are due, those due together in the order
 * in which they were set; while one fires, `now()` is the moment it was due.
 */
export class VirtualClock implements Clock {
  #now = 0;
  #order = 0;
  /** A binary heap, the earliest first. */
  readonly #heap: VirtualTimer[] = [];

  now(): number {
    return this.#now;
  }

  setTimer(ms: number, fn: () => void): Timer {
    const timer = { due: this.#now + Math.max(0, ms), order: this.#order++, fn, cancelled: false };
    this.#push(timer);
    return timer;
  }

  clearTimer(timer: Timer | null): void {
    // It stays in the heap until its time; taking it out of the middle would cost more than it saves.
    if (timer !== null) (timer as VirtualTimer).cancelled = true;
  }

  /** Timers that have not fired and were not cleared. */
  get pending(): number {
    return this.#heap.filter((timer) => !timer.cancelled).length;
  }

  /** Lets `ms` milliseconds pass, firing what falls due, also what those timers set within the span. */
  advance(ms: number): void {
    const end = this.#now + ms;
    while (this.#fireNext(end));
    this.#now = end;
  }

  /** As {@link advance}, but lets promises settle after each timer: for code that awaits. */
  async run(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    while (this.#fireNext(end)) await settle();
    this.#now = end;
  }

  /**
   * Moves from timer to timer until the promise settles.
   * @param limitMs virtual time after which it gives up.
   * @throws {Error} if time runs out, or nothing is left that could settle the promise.
   */
  async until<T>(promise: Promise<T>, limitMs = 3_600_000): Promise<T> {
    let settled = false;
    const done = () => {
      settled = true;
    };
    promise.then(done, done);
    const end = this.#now + limitMs;
    await settle();
    while (!settled) {
      if (!this.#fireNext(end)) throw new Error(`nothing happens any more at ${this.#now} ms of virtual time`);
      await settle();
    }
    return promise;
  }

  #fireNext(end: number): boolean {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.due > end) return false;
      this.#pop();
      if (first.cancelled) continue;
      this.#now = first.due;
      first.fn();
      return true;
    }
  }

  #push(timer: VirtualTimer): void {
    const heap = this.#heap;
    let i = heap.push(timer) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(timer, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}

function before(a: VirtualTimer, b: VirtualTimer): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}

/** Runs the promise jobs that are ready, and those that they make ready. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
