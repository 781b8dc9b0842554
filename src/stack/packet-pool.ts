/**
 * Memory for packets that wait: slots of one size in one buffer, chained into queues. The buffer is made at the first
 * use and never grows, so that nobody on the network can make it.
 */
export class PacketPool {
  /** Bytes that a slot takes. */
  readonly slotSize: number;
  readonly #slots: number;
  #buffer: Uint8Array | null = null;
  readonly #length: Int32Array;
  readonly #next: Int32Array;
  #free = -1;
  #available: number;

  /** @param slotSize bytes a packet may have. @param slots packets that fit at once, at least 1. */
  constructor(slotSize: number, slots: number) {
    this.slotSize = slotSize;
    this.#slots = Math.max(1, slots);
    this.#length = new Int32Array(this.#slots);
    this.#next = new Int32Array(this.#slots);
    this.#available = this.#slots;
  }

  /** Free slots. */
  get available(): number {
    return this.#available;
  }

  /** The memory that {@link offset} points into. */
  get buffer(): Uint8Array {
    return this.#buffer ?? this.#allocate();
  }

  #allocate(): Uint8Array {
    this.#buffer = new Uint8Array(this.#slots * this.slotSize);
    for (let slot = 0; slot < this.#slots; slot++) this.#next[slot] = slot + 1;
    this.#next[this.#slots - 1] = -1;
    this.#free = 0;
    return this.#buffer;
  }

  /** Takes a slot for a packet of `length` bytes, chained to none; -1 if all are taken or the packet is too long. */
  take(length: number): number {
    if (length > this.slotSize) return -1;
    if (this.#buffer === null) this.#allocate();
    const slot = this.#free;
    if (slot < 0) return -1;
    this.#free = this.#next[slot]!;
    this.#next[slot] = -1;
    this.#length[slot] = length;
    this.#available--;
    return slot;
  }

  /** Gives a slot back. */
  release(slot: number): void {
    this.#next[slot] = this.#free;
    this.#free = slot;
    this.#available++;
  }

  /** First byte of a slot's packet within {@link buffer}. */
  offset(slot: number): number {
    return slot * this.slotSize;
  }

  /** Bytes of a slot's packet. */
  length(slot: number): number {
    return this.#length[slot]!;
  }

  /** The slot chained after this one, or -1. */
  next(slot: number): number {
    return this.#next[slot]!;
  }

  /** Chains `slot` after `before`. */
  chain(before: number, slot: number): void {
    this.#next[before] = slot;
  }
}
