/**
 * The neighbour cache: which MAC address an IPv4 address on the link has, how sure that is, and what waits for it. The
 * states are those of RFC 4861, 7.3.2, as Linux uses them for ARP. Every operation takes constant time; looking up
 * allocates nothing. It sends nothing itself: its {@link NeighbourUser} does.
 */
import * as mac from "../../packets/mac.ts";
import type { Clock } from "./clock.ts";
import type { NeighbourOptions, NeighbourStats, NeighbourUser, NeighbourView } from "./neighbour-options.ts";
import { NEIGHBOUR_DEFAULTS, NeighbourState } from "./neighbour-options.ts";
import { NeighbourTable } from "./neighbour-table.ts";
import { PacketPool } from "./packet-pool.ts";
import { between, type Random } from "./random.ts";

const { Incomplete, Reachable, Stale, Delay, Probe, Failed, Permanent } = NeighbourState;

/** Slots that one eviction looks at, so that a flood of strangers costs the same whatever the table's size. */
const SCAN = 16;
/** How long one draw of the reachable time holds (RFC 4861, 6.3.2: some hours; Linux: 5 minutes). */
const REDRAW_MS = 300_000;

export class NeighbourCache {
  readonly options: NeighbourOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #user: NeighbourUser;
  readonly #pool: PacketPool;

  readonly #table: NeighbourTable;
  #hand = 0;

  /** [0] the present, [1] the time that a confirmation holds, [2] when that was drawn: doubles that are never boxed. */
  readonly #time = Float64Array.of(0, 0, Number.NEGATIVE_INFINITY);
  #requests = 0;
  #evicted = 0;
  #refused = 0;
  #queueDropped = 0;
  #changesRefused = 0;
  #closed = false;

  /** @param frameSize bytes of the longest frame that may wait. */
  constructor(
    clock: Clock,
    random: Random,
    user: NeighbourUser,
    frameSize: number,
    options: Partial<NeighbourOptions> = {},
  ) {
    this.options = { ...NEIGHBOUR_DEFAULTS, ...options };
    this.#clock = clock;
    this.#random = random;
    this.#user = user;
    const { limit, queueBytes } = this.options;
    this.#pool = new PacketPool(frameSize, Math.floor(queueBytes / frameSize));
    this.#table = new NeighbourTable(limit);
    this.touch();
  }

  /** Reads the clock. The other operations go by the last reading: one a batch of frames, or a packet sent, is enough. */
  touch(): void {
    this.#time[0] = this.#clock.now();
  }

  /** The entry of an address, brought up to date, or -1. */
  find(ip: number): number {
    const slot = this.#table.find(ip);
    if (slot < 0) return -1;
    const state = this.#table.state[slot]!;
    const now = this.#time[0]!;
    if (state === Reachable && now - this.#table.confirmed[slot]! >= this.#time[1]!) this.#become(slot, Stale);
    else if ((state === Stale || state === Failed) && this.#idle(slot) >= this.options.gcStaleMs) {
      this.#remove(slot);
      return -1;
    }
    return slot;
  }

  /** State of the entry, brought up to date by {@link find}. */
  state(slot: number): number {
    return this.#table.state[slot]!;
  }

  /** Upper 16 bits of the entry's MAC; meaningless unless it is {@link usable}. */
  high(slot: number): number {
    return this.#table.high[slot]!;
  }

  /** Lower 32 bits of the entry's MAC, signed. */
  low(slot: number): number {
    return this.#table.low[slot]!;
  }

  /** True if packets can be sent to the entry now. */
  usable(slot: number): boolean {
    const state = this.#table.state[slot]!;
    return state !== Incomplete && state !== Failed;
  }

  /** Packets that wait for the entry. */
  waiting(slot: number): number {
    return this.#table.queued[slot]!;
  }

  /**
   * The entry to send a packet through; one is made, and the address asked for, if there is none. Unless it is
   * {@link usable} then, {@link enqueue} the packet.
   * @returns -1 if the table is full of entries in use.
   */
  use(ip: number): number {
    this.touch();
    return this.useNow(ip);
  }

  /** As {@link use}, by the last reading of the clock. */
  useNow(ip: number): number {
    let slot = this.find(ip);
    if (slot < 0) {
      slot = this.#insert(ip, true);
      if (slot < 0) return -1;
    }
    this.#table.used[slot] = this.#time[0]!;
    const state = this.#table.state[slot]!;
    if (state === 0 || state === Failed) {
      this.#table.attempts[slot] = 0;
      this.#become(slot, Incomplete);
      // A destination fails a whole interval after its last request: asking again at once keeps the limit.
      this.#solicit(slot);
    } else if (state === Stale) {
      this.#become(slot, Delay);
      this.#arm(slot, this.options.delayFirstProbeMs);
    }
    return slot;
  }

  /**
   * Room for a frame of `length` bytes that waits for an incomplete entry, to be written at the offset returned within
   * {@link queueBuffer}. The oldest waiting frame makes room where the limit or the memory demands it.
   * @returns -1 if there is none.
   */
  enqueue(slot: number, length: number): number {
    if (this.#table.queued[slot]! >= this.options.queueLimit) this.#dropOldest(slot);
    let packet = this.#pool.take(length);
    if (packet < 0 && this.#table.queued[slot]! > 0 && length <= this.#pool.slotSize) {
      this.#dropOldest(slot);
      packet = this.#pool.take(length);
    }
    if (packet < 0) {
      this.#queueDropped++;
      return -1;
    }
    if (this.#table.queued[slot] === 0) this.#table.queueHead[slot] = packet;
    else this.#pool.chain(this.#table.queueTail[slot]!, packet);
    this.#table.queueTail[slot] = packet;
    this.#table.queued[slot]!++;
    return this.#pool.offset(packet);
  }

  /** The memory that {@link enqueue} gives room in. */
  get queueBuffer(): Uint8Array {
    return this.#pool.buffer;
  }

  /**
   * Takes in what an ARP packet says of its sender (RFC 826: merge, or insert if it was meant for us). The caller has
   * made sure that the address and the MAC are a single host's.
   * @param insert make an entry if there is none. @param confirms it answers a request of ours: reachable, else stale.
   * @param override also within the lock time: the sender announces a change.
   * @returns the entry if it says so now, or -1 if nothing was learnt.
   */
  learn(ip: number, high: number, low: number, insert: boolean, confirms: boolean, override: boolean): number {
    let slot = this.find(ip);
    if (slot < 0) {
      if (!insert) return -1;
      slot = this.#insert(ip, false);
      if (slot < 0) return -1;
    }
    const state = this.#table.state[slot]!;
    if (state === Permanent) return -1;
    const now = this.#time[0]!;
    const isKnown = state !== 0 && state !== Incomplete && state !== Failed;
    const isSame = isKnown && this.#table.high[slot] === high && this.#table.low[slot] === low;
    if (!isSame) {
      if (isKnown && !override && now - this.#table.updated[slot]! < this.options.lockMs) {
        this.#changesRefused++;
        return -1;
      }
      this.#table.high[slot] = high;
      this.#table.low[slot] = low;
      this.#table.updated[slot] = now;
    }
    if (confirms) this.#confirm(slot);
    else if (!isSame) {
      this.#disarm(slot);
      this.#become(slot, Stale);
    }
    if (this.#table.queued[slot]! > 0) this.#release(slot);
    return slot;
  }

  /** The upper layers had an answer through this neighbour (RFC 4861, 7.3.1): it is reachable if its MAC is the same. */
  confirm(ip: number, high: number, low: number): void {
    const slot = this.find(ip);
    if (slot < 0 || !this.usable(slot) || this.#table.state[slot] === Permanent) return;
    if (this.#table.high[slot] === high && this.#table.low[slot] === low) this.#confirm(slot);
  }

  /**
   * Sets an entry by hand, for good.
   * @returns false if the table is full.
   */
  setPermanent(ip: number, address: Uint8Array): boolean {
    this.touch();
    let slot = this.find(ip);
    if (slot < 0) slot = this.#insert(ip, true);
    if (slot < 0) return false;
    this.#disarm(slot);
    this.#table.high[slot] = mac.high16(address, 0);
    this.#table.low[slot] = mac.low32(address, 0);
    this.#become(slot, Permanent);
    if (this.#table.queued[slot]! > 0) this.#release(slot);
    return true;
  }

  /** Forgets an address; what waits for it is dropped without a word. */
  remove(ip: number): void {
    const slot = this.#table.find(ip);
    if (slot >= 0) this.#remove(slot);
  }

  /** Forgets everything but what was set by hand. */
  clear(): void {
    for (const slot of this.#table.slots()) if (this.#table.state[slot] !== Permanent) this.#remove(slot);
  }

  /** All entries, brought up to date: for people. */
  list(): NeighbourView[] {
    this.touch();
    const views: NeighbourView[] = [];
    const now = this.#time[0]!;
    for (const used of this.#table.slots()) {
      const slot = this.find(this.#table.ip[used]!);
      if (slot >= 0) views.push(this.#view(slot, now));
    }
    return views;
  }

  stats(): NeighbourStats {
    return {
      entries: this.#table.size,
      requests: this.#requests,
      evicted: this.#evicted,
      refused: this.#refused,
      queueDropped: this.#queueDropped,
      changesRefused: this.#changesRefused,
    };
  }

  /** Stops all timers. */
  close(): void {
    this.#closed = true;
    for (let slot = 0; slot < this.#table.timers.length; slot++) this.#disarm(slot);
  }

  #view(slot: number, now: number): NeighbourView {
    const state = this.#table.state[slot] as NeighbourState;
    let address: Uint8Array | null = null;
    if (this.usable(slot)) {
      address = new Uint8Array(mac.LENGTH);
      mac.set(address, 0, this.#table.high[slot]!, this.#table.low[slot]!);
    }
    const since = (moment: number) => (moment === Number.NEGATIVE_INFINITY ? null : now - moment);
    return {
      ip: this.#table.ip[slot]!,
      mac: address,
      state,
      confirmedMs: since(this.#table.confirmed[slot]!),
      usedMs: since(this.#table.used[slot]!),
      waiting: this.#table.queued[slot]!,
    };
  }

  #insert(ip: number, byUs: boolean): number {
    if (this.#table.isFull) {
      const victim = this.#victim(byUs);
      if (victim < 0) {
        this.#refused++;
        return -1;
      }
      this.#evicted++;
      this.#remove(victim);
    }
    return this.#table.add(ip);
  }

  /** An entry that may go, or -1. We look everywhere when we need one ourselves; for strangers only a few steps on. */
  #victim(byUs: boolean): number {
    const limit = this.options.limit;
    for (let steps = byUs ? limit : Math.min(SCAN, limit); steps > 0; steps--) {
      const slot = this.#hand;
      this.#hand = slot + 1 === limit ? 0 : slot + 1;
      if (this.#evictable(slot)) return slot;
    }
    return -1;
  }

  #evictable(slot: number): boolean {
    const state = this.#table.state[slot]!;
    if (state === Failed) return true;
    if (state !== Stale && state !== Reachable) return false;
    return this.#time[0]! - this.#table.used[slot]! >= this.options.gcStaleMs;
  }

  #idle(slot: number): number {
    const last = Math.max(
      this.#table.used[slot]!,
      this.#table.confirmed[slot]!,
      this.#table.updated[slot]!,
      this.#table.requested[slot]!,
    );
    return this.#time[0]! - last;
  }

  #remove(slot: number): void {
    this.#disarm(slot);
    while (this.#table.queued[slot]! > 0) this.#dropOldest(slot);
    this.#become(slot, 0);
    this.#table.delete(slot);
  }

  #become(slot: number, state: number): void {
    const before = this.#table.state[slot]!;
    this.#table.state[slot] = state;
    if (before !== state) this.#user.changed(this.#table.ip[slot]!, before, state);
  }

  #confirm(slot: number): void {
    const now = this.#time[0]!;
    if (now - this.#time[2]! >= REDRAW_MS) {
      const base = this.options.baseReachableMs;
      this.#time[1] = between(this.#random, base / 2, base * 1.5);
      this.#time[2] = now;
    }
    this.#table.confirmed[slot] = now;
    if (this.#table.state[slot] === Reachable) return;
    this.#disarm(slot);
    this.#become(slot, Reachable);
  }

  #solicit(slot: number): void {
    const attempt = ++this.#table.attempts[slot]!;
    this.#table.requested[slot] = this.#time[0]!;
    this.#requests++;
    this.#arm(slot, this.options.retransMs);
    const isKnown = this.#table.state[slot] === Probe;
    this.#user.solicit(this.#table.ip[slot]!, attempt, isKnown ? this.#table.high[slot]! : -1, this.#table.low[slot]!);
  }

  #arm(slot: number, ms: number): void {
    this.#disarm(slot);
    if (this.#closed) return;
    this.#table.timers[slot] = this.#clock.setTimer(ms, () => {
      this.#table.timers[slot] = null;
      this.#expire(slot);
    });
  }

  #disarm(slot: number): void {
    const timer = this.#table.timers[slot] ?? null;
    if (timer === null) return;
    this.#clock.clearTimer(timer);
    this.#table.timers[slot] = null;
  }

  #expire(slot: number): void {
    this.touch();
    const state = this.#table.state[slot]!;
    if (state === Delay) {
      this.#table.attempts[slot] = 0;
      this.#become(slot, Probe);
      this.#solicit(slot);
      return;
    }
    if (state !== Incomplete && state !== Probe) return;
    const most = state === Probe ? this.options.unicastRequests : this.options.broadcastRequests;
    if (this.#table.attempts[slot]! < most) this.#solicit(slot);
    else this.#fail(slot);
  }

  #fail(slot: number): void {
    const ip = this.#table.ip[slot]!;
    const waiting = this.#table.queued[slot]!;
    let packet = this.#detach(slot);
    this.#table.updated[slot] = this.#time[0]!;
    this.#become(slot, Failed);
    this.#user.failed(ip, waiting);
    while (packet >= 0) {
      const next = this.#pool.next(packet);
      this.#user.unreachable(ip, this.#pool.buffer, this.#pool.offset(packet), this.#pool.length(packet));
      this.#pool.release(packet);
      packet = next;
    }
  }

  /** Sends what waited. */
  #release(slot: number): void {
    const high = this.#table.high[slot]!;
    const low = this.#table.low[slot]!;
    for (let packet = this.#detach(slot); packet >= 0; ) {
      const next = this.#pool.next(packet);
      this.#user.transmit(this.#pool.buffer, this.#pool.offset(packet), this.#pool.length(packet), high, low);
      this.#pool.release(packet);
      packet = next;
    }
  }

  /** Empties the queue and returns its first packet: what its owner does with it may fill the queue anew. */
  #detach(slot: number): number {
    if (this.#table.queued[slot] === 0) return -1;
    this.#table.queued[slot] = 0;
    return this.#table.queueHead[slot]!;
  }

  #dropOldest(slot: number): void {
    const oldest = this.#table.queueHead[slot]!;
    this.#table.queueHead[slot] = this.#pool.next(oldest);
    this.#table.queued[slot]!--;
    this.#pool.release(oldest);
    this.#queueDropped++;
  }
}
