/**
 * A switch's memory of which station is behind which port (IEEE 802.1D, 7.8): sets of four entries, as in a real one, so
 * that it needs no more memory and time whoever floods it with forged addresses.
 */
const WAYS = 4;

export class MacTable<T> {
  readonly #ageingMs: number;
  readonly #mask: number;
  readonly #high: Int32Array;
  readonly #low: Int32Array;
  readonly #seen: Float64Array;
  readonly #ports: (T | null)[];

  /** @param entries rounded up to a power of two. @param ageingMs after which a silent station is forgotten. */
  constructor(entries: number, ageingMs: number) {
    const sets = 2 ** Math.max(0, Math.ceil(Math.log2(entries / WAYS)));
    this.#ageingMs = ageingMs;
    this.#mask = sets - 1;
    this.#high = new Int32Array(sets * WAYS);
    this.#low = new Int32Array(sets * WAYS);
    this.#seen = new Float64Array(sets * WAYS).fill(Number.NEGATIVE_INFINITY);
    this.#ports = new Array<T | null>(sets * WAYS).fill(null);
  }

  /** The station (upper 16 and lower 32 bits of its MAC) is behind this port, as of now (ms). */
  learn(high: number, low: number, port: T, now: number): void {
    const first = this.#set(high, low);
    let slot = first;
    for (let i = first; i < first + WAYS; i++) {
      if (this.#ports[i] !== null && this.#high[i] === high && this.#low[i] === low) {
        slot = i;
        break;
      }
      if (this.#seen[i]! < this.#seen[slot]!) slot = i;
    }
    this.#high[slot] = high;
    this.#low[slot] = low;
    this.#ports[slot] = port;
    this.#seen[slot] = now;
  }

  /** The port of a station, or null: unknown, or not heard of for too long. */
  find(high: number, low: number, now: number): T | null {
    const first = this.#set(high, low);
    for (let i = first; i < first + WAYS; i++) {
      if (this.#high[i] !== high || this.#low[i] !== low || now - this.#seen[i]! > this.#ageingMs) continue;
      return this.#ports[i]!;
    }
    return null;
  }

  /** Forgets all stations behind a port. */
  forget(port: T): void {
    for (let i = 0; i < this.#ports.length; i++) {
      if (this.#ports[i] !== port) continue;
      this.#ports[i] = null;
      this.#seen[i] = Number.NEGATIVE_INFINITY;
    }
  }

  #set(high: number, low: number): number {
    const hash = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
    return ((hash >>> 16) & this.#mask) * WAYS;
  }
}
