/**
 * Packets that wait for neighbours: a queue for each entry, bounded in packets and bytes, all of them in one bounded
 * memory (RFC 1122, 2.3.2.2: at least the latest is kept). What it drops for newer ones, or for want of memory, it counts.
 */
import { PacketPool } from "../packet-pool.ts";

export class PacketQueues {
  readonly #pool: PacketPool;
  /** Slots that others' packets leave to ours. */
  readonly #reserve: number;
  readonly #limit: number;
  readonly #bytesEach: number;
  /** First and last packet by entry, meaningless unless `#count` is above 0. */
  readonly #head: Int32Array;
  readonly #tail: Int32Array;
  readonly #count: Int32Array;
  readonly #bytes: Int32Array;
  #dropped = 0;

  /**
   * @param entries queues. @param frameSize bytes of the longest frame. @param bytes of memory for all of them.
   * @param limit packets in one queue, and @param bytesEach bytes.
   */
  constructor(entries: number, frameSize: number, bytes: number, limit: number, bytesEach: number) {
    this.#pool = new PacketPool(frameSize, Math.floor(bytes / frameSize));
    this.#reserve = this.#pool.available >> 1;
    this.#limit = limit;
    this.#bytesEach = bytesEach;
    this.#head = new Int32Array(entries);
    this.#tail = new Int32Array(entries);
    this.#count = new Int32Array(entries);
    this.#bytes = new Int32Array(entries);
  }

  /** The memory that offsets point into. */
  get buffer(): Uint8Array {
    return this.#pool.buffer;
  }

  /** Packets that were dropped. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Packets that wait in an entry's queue. */
  waiting(entry: number): number {
    return this.#count[entry]!;
  }

  /**
   * Room for a packet at the end of an entry's queue; the oldest of that queue make room where a bound demands it.
   * @param byUs false for a packet of others': they may have half of the memory.
   * @returns its offset within {@link buffer}, or -1 if there is none.
   */
  enqueue(entry: number, length: number, byUs = true): number {
    if (length > this.#bytesEach) return this.#refuse();
    while (
      this.#count[entry]! > 0 &&
      (this.#count[entry]! >= this.#limit || this.#bytes[entry]! + length > this.#bytesEach)
    )
      this.#dropOldest(entry);
    let packet = byUs || this.#pool.available > this.#reserve ? this.#pool.take(length) : -1;
    if (packet < 0 && this.#count[entry]! > 0 && length <= this.#pool.slotSize) {
      this.#dropOldest(entry);
      packet = this.#pool.take(length);
    }
    if (packet < 0) return this.#refuse();
    if (this.#count[entry] === 0) this.#head[entry] = packet;
    else this.#pool.chain(this.#tail[entry]!, packet);
    this.#tail[entry] = packet;
    this.#count[entry]!++;
    this.#bytes[entry]! += length;
    return this.#pool.offset(packet);
  }

  /**
   * Empties the queue and returns its first packet, or -1: what its owner does with it may fill the queue anew. Go
   * through them with {@link next}.
   */
  detach(entry: number): number {
    if (this.#count[entry] === 0) return -1;
    this.#count[entry] = 0;
    this.#bytes[entry] = 0;
    return this.#head[entry]!;
  }

  /** First byte of a packet within {@link buffer}. */
  offset(packet: number): number {
    return this.#pool.offset(packet);
  }

  length(packet: number): number {
    return this.#pool.length(packet);
  }

  /** Gives a detached packet's memory back. @returns the one after it, or -1. */
  next(packet: number): number {
    const next = this.#pool.next(packet);
    this.#pool.release(packet);
    return next;
  }

  /** Drops all that wait in an entry's queue. */
  drop(entry: number): void {
    while (this.#count[entry]! > 0) this.#dropOldest(entry);
  }

  #refuse(): number {
    this.#dropped++;
    return -1;
  }

  #dropOldest(entry: number): void {
    const oldest = this.#head[entry]!;
    this.#bytes[entry]! -= this.#pool.length(oldest);
    this.#head[entry] = this.#pool.next(oldest);
    this.#count[entry]!--;
    this.#pool.release(oldest);
    this.#dropped++;
  }
}
