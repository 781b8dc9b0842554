/**
 * Which slot of a table an IPv4 address has: open addressing with linear probing in one Int32Array (Knuth, TAOCP 3,
 * 6.4, algorithms L and R). Half as full at most as it could be, so a look-up takes one or two steps however many
 * addresses there are, and never allocates. A Map takes 29 bytes an address for these 8, and a third longer to ask.
 */

/** Fibonacci hashing: 2^32 divided by the golden ratio, odd. */
const MULTIPLIER = 0x9e3779b1 | 0;

export class AddressIndex {
  /** Slot + 1, or 0: free. */
  readonly #places: Int32Array;
  readonly #ip: Int32Array;
  readonly #mask: number;
  readonly #shift: number;
  /** Strangers choose addresses: they must not know which ones meet. It shows in nothing but time. */
  readonly #seed = Math.floor(Math.random() * 2 ** 32) | 0;
  #size = 0;

  /** @param ip the address in each slot, kept by the table. @param limit slots that may be in use at once. */
  constructor(ip: Int32Array, limit: number) {
    const bits = Math.max(3, 33 - Math.clz32(Math.max(1, limit - 1)));
    this.#ip = ip;
    this.#places = new Int32Array(2 ** bits);
    this.#mask = 2 ** bits - 1;
    this.#shift = 32 - bits;
  }

  /** Addresses in the index. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of memory. */
  get byteLength(): number {
    return this.#places.byteLength;
  }

  /** The slot of an address, or -1. */
  find(ip: number): number {
    const places = this.#places;
    for (let at = this.#home(ip); ; at = (at + 1) & this.#mask) {
      const slot = places[at]! - 1;
      if (slot < 0 || this.#ip[slot] === ip) return slot;
    }
  }

  /** Adds a slot whose address is in the table already, and not yet in the index. */
  add(slot: number): void {
    let at = this.#home(this.#ip[slot]!);
    while (this.#places[at] !== 0) at = (at + 1) & this.#mask;
    this.#places[at] = slot + 1;
    this.#size++;
  }

  /** Takes a slot out; its address must still be in the table. */
  delete(slot: number): void {
    const places = this.#places;
    let hole = this.#home(this.#ip[slot]!);
    while (places[hole] !== slot + 1) hole = (hole + 1) & this.#mask;
    // What lies behind must not be cut off from its home by the hole: whatever may move up does.
    for (let at = (hole + 1) & this.#mask; places[at] !== 0; at = (at + 1) & this.#mask) {
      const home = this.#home(this.#ip[places[at]! - 1]!);
      if (((at - home) & this.#mask) < ((at - hole) & this.#mask)) continue;
      places[hole] = places[at]!;
      hole = at;
    }
    places[hole] = 0;
    this.#size--;
  }

  #home(ip: number): number {
    return Math.imul(ip ^ this.#seed, MULTIPLIER) >>> this.#shift;
  }
}
