/**
 * The neighbour cache's memory: columns of numbers, so that an entry is a slot and looking at one allocates nothing. 85 to
 * 93 bytes an entry, its place in the index included (and 16 for its queue); all of it is taken at the beginning.
 */
import * as mac from "../../../packets/mac.ts";
import { AddressIndex } from "../address-index.ts";
import type { Timer } from "../clock.ts";
import { NeighbourState, type NeighbourView } from "./neighbour-options.ts";

export class NeighbourTable {
  readonly #index: AddressIndex;
  readonly ip: Int32Array;
  /** A `NeighbourState`; 0 for none. */
  readonly state: Uint8Array;
  /** Upper 16 and lower 32 bits of the MAC. */
  readonly high: Uint16Array;
  readonly low: Int32Array;
  /** Requests sent, as Linux counts them: see `NeighbourView.probes`. */
  readonly probes: Uint16Array;
  /** Who wants to send there: see `NeighbourCache.use`. */
  readonly asker: Int32Array;
  // Moments in ms, -Infinity for never: last confirmed, sent to, MAC changed or failed, asked for.
  readonly confirmed: Float64Array;
  readonly used: Float64Array;
  readonly updated: Float64Array;
  readonly requested: Float64Array;
  /** Since when it has been in its state, and since when there has been this entry with this MAC. */
  readonly since: Float64Array;
  readonly made: Float64Array;
  readonly timers: (Timer | null)[];
  readonly #free: Int32Array;
  #freeCount: number;

  constructor(limit: number) {
    this.ip = new Int32Array(limit);
    this.#index = new AddressIndex(this.ip, limit);
    this.state = new Uint8Array(limit);
    this.high = new Uint16Array(limit);
    this.low = new Int32Array(limit);
    this.probes = new Uint16Array(limit);
    this.asker = new Int32Array(limit);
    this.confirmed = new Float64Array(limit);
    this.used = new Float64Array(limit);
    this.updated = new Float64Array(limit);
    this.requested = new Float64Array(limit);
    this.since = new Float64Array(limit);
    this.made = new Float64Array(limit);
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

  /** A fresh entry for an address that has none, made at `now`; the table must not be full. */
  add(ip: number, now: number): number {
    const slot = this.#free[--this.#freeCount]!;
    this.ip[slot] = ip;
    this.#index.add(slot);
    this.state[slot] = 0;
    this.probes[slot] = 0;
    this.asker[slot] = 0;
    this.confirmed[slot] = Number.NEGATIVE_INFINITY;
    this.used[slot] = Number.NEGATIVE_INFINITY;
    this.updated[slot] = Number.NEGATIVE_INFINITY;
    this.requested[slot] = Number.NEGATIVE_INFINITY;
    this.since[slot] = now;
    this.made[slot] = now;
    return slot;
  }

  /** Milliseconds since anything happened to the entry. */
  idle(slot: number, now: number): number {
    return (
      now -
      Math.max(this.used[slot]!, this.confirmed[slot]!, this.updated[slot]!, this.requested[slot]!, this.made[slot]!)
    );
  }

  /** True for an entry that another one may push out: nobody has sent there for `ms` milliseconds, or it is worth nothing. */
  mayGo(slot: number, now: number, ms: number): boolean {
    const state = this.state[slot]!;
    if (state === NeighbourState.Failed || state === NeighbourState.Noarp) return true;
    if (state !== NeighbourState.Stale && state !== NeighbourState.Reachable) return false;
    return now - this.used[slot]! >= ms;
  }

  /** One entry, for people. @param isKnown whether it has a MAC address. @param waiting packets. */
  view(slot: number, now: number, isKnown: boolean, waiting: number): NeighbourView {
    const address = isKnown ? new Uint8Array(mac.LENGTH) : null;
    if (address !== null) mac.set(address, 0, this.high[slot]!, this.low[slot]!);
    const since = (moment: number) => (moment === Number.NEGATIVE_INFINITY ? null : now - moment);
    return {
      ip: this.ip[slot]!,
      mac: address,
      state: this.state[slot] as NeighbourState,
      confirmedMs: since(this.confirmed[slot]!),
      usedMs: since(this.used[slot]!),
      updatedMs: now - this.since[slot]!,
      ageMs: now - this.made[slot]!,
      probes: this.probes[slot]!,
      waiting,
    };
  }

  delete(slot: number): void {
    this.#index.delete(slot);
    this.#free[this.#freeCount++] = slot;
  }
}
