/** Limits that nobody on the network can talk the host out of: token buckets (RFC 1812, 4.3.2.8). */
import type { Clock } from "./clock.ts";

/** So many a second on average, and so many at once. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #state = Float64Array.of(0, 0);
  readonly #clock: Clock;

  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#clock = clock;
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#state[0] = burst;
    this.#state[1] = clock.now();
  }

  /** Takes one. @returns false if there is none. */
  take(): boolean {
    const now = this.#clock.now();
    const state = this.#state;
    state[0] = Math.min(this.#burst, state[0]! + (now - state[1]!) * this.#perMs);
    state[1] = now;
    if (state[0]! < 1) return false;
    state[0]!--;
    return true;
  }
}

/** Buckets of one kind, one for each address; those of addresses that fall together are shared: memory is constant. */
export class AddressBuckets {
  static readonly #SLOTS = 1024;
  readonly #perMs: number;
  readonly #burst: number;
  readonly #tokens: Float64Array;
  readonly #last: Float64Array;
  readonly #clock: Clock;

  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#clock = clock;
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = new Float64Array(AddressBuckets.#SLOTS).fill(burst);
    this.#last = new Float64Array(AddressBuckets.#SLOTS).fill(clock.now());
  }

  /** Takes one of the address's. @returns false if there is none. */
  take(ip: number): boolean {
    const slot = Math.imul(ip, 0x9e3779b1) >>> 22;
    const now = this.#clock.now();
    const tokens = Math.min(this.#burst, this.#tokens[slot]! + (now - this.#last[slot]!) * this.#perMs);
    this.#last[slot] = now;
    this.#tokens[slot] = tokens < 1 ? tokens : tokens - 1;
    return tokens >= 1;
  }
}
