/**
 * The neighbour cache's memory: columns of numbers, so that an entry is a slot and looking at one allocates nothing. 76 to
 * 84 bytes an entry, its place in the index included; all of it is taken at the beginning.
 */
import { AddressIndex } from "./address-index.ts";
import type { Timer } from "./clock.ts";

export class NeighbourTable {
  readonly #index: AddressIndex;
  readonly ip: Int32Array;
  /** A `NeighbourState`; 0 for none. */
  readonly state: Uint8Array;
  /** Upper 16 and lower 32 bits of the MAC. */
  readonly high: Uint16Array;
  readonly low: Int32Array;
  /** Requests sent in this state. */
  readonly attempts: Uint8Array;
  // Moments in ms, -Infinity for never: last confirmed, sent to, MAC changed or failed, asked for.
  readonly confirmed: Float64Array;
  readonly used: Float64Array;
  readonly updated: Float64Array;
  readonly requested: Float64Array;
  /** First and last waiting packet, meaningless unless `queued` is above 0. */
  readonly queueHead: Int32Array;
  readonly queueTail: Int32Array;
  readonly queued: Int32Array;
  readonly timers: (Timer | null)[];
  readonly #free: Int32Array;
  #freeCount: number;

  constructor(limit: number) {
    this.ip = new Int32Array(limit);
    this.#index = new AddressIndex(this.ip, limit);
    this.state = new Uint8Array(limit);
    this.high = new Uint16Array(limit);
    this.low = new Int32Array(limit);
    this.attempts = new Uint8Array(limit);
    this.confirmed = new Float64Array(limit);
    this.used = new Float64Array(limit);
    this.updated = new Float64Array(limit);
    this.requested = new Float64Array(limit);
    this.queueHead = new Int32Array(limit);
    this.queueTail = new Int32Array(limit);
    this.queued = new Int32Array(limit);
    this.timers = new Array<Timer | null>(limit).fill(null);
    this.#free = Int32Array.from({ length: limit }, (_, i) => limit - 1 - i);
    this.#freeCount = limit;
  }

  /** Entries. */
  get size(): number {
    return this.#index.size;
  }

  /** The slot of an address, or -1. */
  find(ip: number): number {
    return this.#index.find(ip);
  }

  /** All slots in use. */
  slots(): number[] {
    const slots: number[] = [];
    for (let slot = 0; slot < this.ip.length; slot++) if (this.state[slot] !== 0) slots.push(slot);
    return slots;
  }

  get isFull(): boolean {
    return this.#freeCount === 0;
  }

  /** A fresh entry for an address that has none; the table must not be full. */
  add(ip: number): number {
    const slot = this.#free[--this.#freeCount]!;
    this.ip[slot] = ip;
    this.#index.add(slot);
    this.state[slot] = 0;
    this.attempts[slot] = 0;
    this.confirmed[slot] = Number.NEGATIVE_INFINITY;
    this.used[slot] = Number.NEGATIVE_INFINITY;
    this.updated[slot] = Number.NEGATIVE_INFINITY;
    this.requested[slot] = Number.NEGATIVE_INFINITY;
    this.queued[slot] = 0;
    return slot;
  }

  delete(slot: number): void {
    this.#index.delete(slot);
    this.#free[this.#freeCount++] = slot;
  }
}
