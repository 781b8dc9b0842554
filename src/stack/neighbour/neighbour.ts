/**
 * The neighbour cache: which MAC address an IPv4 address on the link has, how sure that is, and what waits for it. The
 * states are those of RFC 4861, 7.3.2, as Linux uses them for ARP. Every operation takes constant time; looking up
 * allocates nothing. It sends nothing itself: its {@link NeighbourUser} does.
 */
import * as mac from "../../../packets/mac.ts";
import type { Clock, Timer } from "../clock.ts";
import { between, type Random } from "../random.ts";
import type { NeighbourOptions, NeighbourStats, NeighbourUser, NeighbourView } from "./neighbour-options.ts";
import {
  CLEAR_MS,
  NEIGHBOUR_DEFAULTS,
  NeighbourState,
  REDRAW_MS,
  SCAN,
  type SettableState,
  SHORTEST_RETRANS_MS,
} from "./neighbour-options.ts";
import { NeighbourTable } from "./neighbour-table.ts";
import { PacketQueues } from "./packet-queues.ts";

const { Incomplete, Reachable, Stale, Delay, Probe, Failed, Permanent, Noarp } = NeighbourState;

export class NeighbourCache {
  readonly options: NeighbourOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #user: NeighbourUser;
  readonly #queues: PacketQueues;

  readonly #table: NeighbourTable;
  #hand = 0;

  /**
   * [0] the present, [1] the time that a confirmation holds, [2] when that was drawn, [3] when the table was cleared last:
   * doubles that are never boxed.
   */
  readonly #time = Float64Array.of(0, 0, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY);
  #sweeper: Timer | null = null;
  /** Entries that are incomplete. */
  #unresolved = 0;
  #requests = 0;
  #evicted = 0;
  #refused = 0;
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
    const { limit, queueBytes, queueLimit, queueBytesEach } = this.options;
    this.#queues = new PacketQueues(limit, frameSize, queueBytes, queueLimit, queueBytesEach);
    this.#table = new NeighbourTable(limit);
    this.touch();
    if (this.options.gcIntervalMs > 0) this.#sweepLater();
  }

  /** Reads the clock. The other operations go by the last reading: one a batch of frames, or a packet sent, is enough. */
  touch(): void {
    this.#time[0] = this.#clock.now();
  }

  /** The entry of an address, brought up to date, or -1. */
  find(ip: number): number {
    const slot = this.#table.find(ip);
    if (slot < 0) return -1;
    let state = this.#table.state[slot]!;
    const now = this.#time[0]!;
    if (state === Reachable && now - this.#table.confirmed[slot]! >= this.#time[1]!) {
      this.#become(slot, Stale);
      this.#table.since[slot] = this.#table.confirmed[slot]! + this.#time[1]!;
      state = Stale;
    }
    // Nothing is idle for longer than it has been there: one look is enough for most.
    if (state >= Stale && now - this.#table.made[slot]! >= this.options.gcStaleMs && this.#isOld(slot, state)) {
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
    return this.#queues.waiting(slot);
  }

  /**
   * The entry to send a packet through; one is made, and the address asked for, if there is none. Unless it is
   * {@link usable} then, {@link enqueue} the packet.
   * @param asker the address of ours that the packet comes from, 0 if from none: for {@link NeighbourUser.solicit}.
   * @param byUs false for a packet of others', or an answer to one: strangers name its destination, and may have half of
   * the table asked for at once.
   * @returns -1 if the table is full of entries in use.
   */
  use(ip: number, asker = 0, byUs = true): number {
    this.touch();
    return this.useNow(ip, asker, byUs);
  }

  /** As {@link use}, by the last reading of the clock. */
  useNow(ip: number, asker = 0, byUs = true): number {
    let slot = this.find(ip);
    if (!byUs && this.#unresolved >= this.options.limit / 2 && (slot < 0 || this.#table.state[slot] === Failed)) {
      this.#refused++;
      return -1;
    }
    if (slot < 0) {
      slot = this.#insert(ip, byUs);
      if (slot < 0) return -1;
    }
    this.#table.used[slot] = this.#time[0]!;
    this.#table.asker[slot] = asker;
    const state = this.#table.state[slot]!;
    if (state === 0 || state === Failed) {
      this.#table.probes[slot] = this.options.unicastRequests;
      this.#become(slot, Incomplete);
      this.#solicit(slot);
      // Whoever was told of that may have forgotten it.
      if (this.#table.find(ip) !== slot) return -1;
    } else if (state === Stale) {
      this.#become(slot, Delay);
      this.#arm(slot, this.options.delayFirstProbeMs);
    }
    return slot;
  }

  /**
   * Room for a frame of `length` bytes that waits for an incomplete entry, to be written at the offset returned within
   * {@link queueBuffer}. The oldest waiting frame makes room where the limit or the memory demands it.
   * @param byUs as of {@link use}: others' packets may have half of the memory.
   * @returns -1 if there is none.
   */
  enqueue(slot: number, length: number, byUs = true): number {
    return this.#queues.enqueue(slot, length, byUs);
  }

  /** The memory that {@link enqueue} gives room in. */
  get queueBuffer(): Uint8Array {
    return this.#queues.buffer;
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
    if (state >= Permanent) return -1;
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
      this.#table.made[slot] = now;
      this.#table.since[slot] = now;
      // What was confirmed was the other MAC address.
      this.#table.confirmed[slot] = Number.NEGATIVE_INFINITY;
    }
    if (confirms) this.#confirm(slot);
    else if (!isSame) {
      this.#disarm(slot);
      this.#become(slot, Stale);
    }
    if (this.#queues.waiting(slot) > 0 && this.usable(slot)) this.#release(slot);
    return slot;
  }

  /** The upper layers had an answer through this neighbour (RFC 4861, 7.3.1): it is reachable if its MAC is the same. */
  confirm(ip: number, high: number, low: number): void {
    const slot = this.find(ip);
    if (slot < 0 || !this.usable(slot) || this.#table.state[slot]! >= Permanent) return;
    if (this.#table.high[slot] === high && this.#table.low[slot] === low) this.#confirm(slot);
  }

  /**
   * Sets an entry by hand (`ip neigh replace`): for good, or as a state that goes its way from there.
   * @returns false if the table is full.
   */
  set(ip: number, address: Uint8Array, state: SettableState = Permanent): boolean {
    this.touch();
    let slot = this.find(ip);
    if (slot < 0) slot = this.#insert(ip, true);
    if (slot < 0) return false;
    this.#disarm(slot);
    this.#table.high[slot] = mac.high16(address, 0);
    this.#table.low[slot] = mac.low32(address, 0);
    this.#table.made[slot] = this.#time[0]!;
    this.#table.updated[slot] = this.#time[0]!;
    this.#table.confirmed[slot] = state === Stale ? Number.NEGATIVE_INFINITY : this.#time[0]!;
    if (state === Reachable) this.#confirm(slot);
    else this.#become(slot, state);
    if (this.#queues.waiting(slot) > 0) this.#release(slot);
    return true;
  }

  /** Forgets an address; what waits for it is dropped without a word. */
  remove(ip: number): void {
    const slot = this.#table.find(ip);
    if (slot >= 0) this.#remove(slot);
  }

  /** Forgets everything but what was set by hand for good. */
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
      if (slot >= 0) views.push(this.#table.view(slot, now, this.usable(slot), this.#queues.waiting(slot)));
    }
    return views;
  }

  stats(): NeighbourStats {
    return {
      entries: this.#table.size,
      requests: this.#requests,
      evicted: this.#evicted,
      refused: this.#refused,
      queueDropped: this.#queues.dropped,
      changesRefused: this.#changesRefused,
    };
  }

  /** Stops all timers. */
  close(): void {
    this.#closed = true;
    this.#clock.clearTimer(this.#sweeper);
    for (let slot = 0; slot < this.#table.timers.length; slot++) this.#disarm(slot);
  }

  #insert(ip: number, byUs: boolean): number {
    if (this.#table.size >= this.options.gcThresh2) this.#clear();
    if (this.#table.isFull) {
      const victim = this.#victim(byUs);
      if (victim < 0) {
        this.#refused++;
        return -1;
      }
      this.#evicted++;
      this.#remove(victim);
      // Whoever was told of that may have taken the room, or asked for the same address.
      if (this.#table.isFull || this.#table.find(ip) >= 0) {
        this.#refused++;
        return -1;
      }
    }
    return this.#table.add(ip, this.#time[0]!);
  }

  /** An entry that may go, or -1. We look everywhere when we need one ourselves; for strangers only a few steps on. */
  #victim(byUs: boolean): number {
    const limit = this.options.limit;
    for (let steps = byUs ? limit : Math.min(SCAN, limit); steps > 0; steps--) {
      const slot = this.#hand;
      this.#hand = slot + 1 === limit ? 0 : slot + 1;
      if (this.#table.mayGo(slot, this.#time[0]!, this.options.gcStaleMs)) return slot;
    }
    return -1;
  }

  /** Clears away what may go until the table is no fuller than `gcThresh2` again (Linux: neigh_forced_gc). */
  #clear(): void {
    if (this.#time[0]! - this.#time[3]! < CLEAR_MS) return;
    this.#time[3] = this.#time[0]!;
    for (let slot = 0; slot < this.options.limit && this.#table.size >= this.options.gcThresh2; slot++) {
      if (!this.#table.mayGo(slot, this.#time[0]!, this.options.gcStaleMs)) continue;
      this.#evicted++;
      this.#remove(slot);
    }
  }

  #sweepLater(): void {
    this.#sweeper = this.#clock.setTimer(this.options.gcIntervalMs, () => {
      this.touch();
      for (const slot of this.#table.slots()) this.find(this.#table.ip[slot]!);
      if (!this.#closed) this.#sweepLater();
    });
  }

  /** True for what nobody used or confirmed for so long that it may be forgotten. */
  #isOld(slot: number, state: number): boolean {
    if (state !== Stale && state !== Failed && state !== Noarp) return false;
    return (
      this.#table.idle(slot, this.#time[0]!) >= this.options.gcStaleMs && this.#table.size >= this.options.gcThresh1
    );
  }

  #remove(slot: number): void {
    const before = this.#table.state[slot]!;
    // Whoever was told that another one went may have forgotten this one.
    if (before === 0) return;
    this.#disarm(slot);
    this.#queues.drop(slot);
    if (before === Incomplete) this.#unresolved--;
    this.#table.state[slot] = 0;
    this.#table.delete(slot);
    // Told when it is gone: whoever hears it may ask for the address anew.
    this.#user.changed(this.#table.ip[slot]!, before, 0);
  }

  #become(slot: number, state: number): void {
    const before = this.#table.state[slot]!;
    if (before === state) return;
    if (before === Incomplete) this.#unresolved--;
    else if (state === Incomplete) this.#unresolved++;
    this.#table.state[slot] = state;
    this.#table.since[slot] = this.#time[0]!;
    this.#user.changed(this.#table.ip[slot]!, before, state);
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

  /** Asks, unless it asked within the last interval (RFC 1122, 2.3.2.1): then when that is over. */
  #solicit(slot: number): void {
    const now = this.#time[0]!;
    const interval = Math.max(this.options.retransMs, SHORTEST_RETRANS_MS);
    const wait = this.#table.requested[slot]! + interval - now;
    if (wait > 0) {
      this.#arm(slot, wait);
      return;
    }
    this.#table.requested[slot] = now;
    this.#requests++;
    this.#arm(slot, interval);
    const probes = ++this.#table.probes[slot]!;
    const { unicastRequests } = this.options;
    const ip = this.#table.ip[slot]!;
    if (this.#table.state[slot] === Incomplete)
      this.#user.solicit(ip, probes - unicastRequests, -1, 0, this.#table.asker[slot]!);
    else if (probes <= unicastRequests)
      this.#user.solicit(ip, probes, this.#table.high[slot]!, this.#table.low[slot]!, 0);
    else this.#user.solicit(ip, probes, -1, 0, 0);
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
      this.#table.probes[slot] = 0;
      this.#become(slot, Probe);
      this.#solicit(slot);
      return;
    }
    if (state !== Incomplete && state !== Probe) return;
    const { unicastRequests, broadcastRequests, rebroadcastRequests } = this.options;
    const most = unicastRequests + (state === Probe ? rebroadcastRequests : broadcastRequests);
    if (this.#table.probes[slot]! < most) this.#solicit(slot);
    else this.#fail(slot);
  }

  #fail(slot: number): void {
    const ip = this.#table.ip[slot]!;
    const waiting = this.#queues.waiting(slot);
    let packet = this.#queues.detach(slot);
    this.#table.updated[slot] = this.#time[0]!;
    this.#become(slot, Failed);
    this.#user.failed(ip, waiting);
    const queues = this.#queues;
    for (; packet >= 0; packet = queues.next(packet))
      this.#user.unreachable(ip, queues.buffer, queues.offset(packet), queues.length(packet));
  }

  /** Sends what waited. */
  #release(slot: number): void {
    const queues = this.#queues;
    const high = this.#table.high[slot]!;
    const low = this.#table.low[slot]!;
    for (let packet = queues.detach(slot); packet >= 0; packet = queues.next(packet))
      this.#user.transmit(queues.buffer, queues.offset(packet), queues.length(packet), high, low);
  }
}
