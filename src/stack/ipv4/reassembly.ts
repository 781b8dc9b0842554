/**
 * Fragments put together (RFC 791, 3.2; RFC 815), for any protocol that fragments: a datagram is known by a key of so many
 * words, and a fragment by its place, its size and whether more follow. Fragments lie in slots of one size, in a list in
 * order of place, so that a hole is a gap in the list.
 *
 * What an attacker may do: fill the memory, which is bounded and gives way from the oldest datagram on; overlap fragments,
 * which loses that datagram, those of its fragments that are still to come included (RFC 5722, 4; RFC 8200, 4.5); send a
 * great many small ones, whose number a datagram bounds.
 */
import type { Clock, Timer } from "../clock.ts";
import { hashKey } from "../key-hash.ts";
import { PacketPool } from "../packet-pool.ts";

export interface ReassemblyOptions {
  /** From the first fragment that came to giving up, in milliseconds. RFC 1122, 3.3.2: fixed; Linux: 30 s. */
  readonly timeoutMs: number;
  /** Bytes of memory for fragments, all datagrams together. Linux: 4 MiB. */
  readonly bytes: number;
  /** Fragments of one datagram at most. */
  readonly fragments: number;
}

export const REASSEMBLY_DEFAULTS: ReassemblyOptions = { timeoutMs: 30_000, bytes: 4 << 20, fragments: 2048 };

/** What became of a fragment; a datagram's number, 0 or more, if it is complete with it. */
export const Fragment = {
  /** Others are missing. */
  Waiting: -1,
  /** It was there already, byte for byte. */
  Duplicate: -2,
  /** It overlaps another one, or belongs to a datagram that an overlap has lost. */
  Overlap: -3,
  /** Its place or size cannot be, or contradicts the datagram's end. */
  Invalid: -4,
  /** One more than a datagram may have, or longer than a slot. */
  Refused: -5,
} as const;

export interface ReassemblyStats {
  readonly fragments: number;
  readonly completed: number;
  /** Datagrams given up after the time. */
  readonly expired: number;
  /** Datagrams lost to overlapping fragments, or to contradicting ends. */
  readonly overlapped: number;
  /** Datagrams that made room for newer ones. */
  readonly evicted: number;
  /** Datagrams that are incomplete now. */
  readonly pending: number;
  /** Bytes of memory in use, and the bound. */
  readonly bytes: number;
  readonly limit: number;
}

const MAX_END = 65_535;
const BUCKETS = 1024;
const NONE = -1;

/** Called when a datagram is given up: its first fragment (place 0) if that had come, else -1 for `off`. */
export type Expired = (buf: Uint8Array, off: number, length: number) => void;

export class Reassembler {
  /** The key of the datagram that the next call of {@link add} is about: its owner fills it in. */
  readonly key: Int32Array;
  readonly options: ReassemblyOptions;
  readonly #clock: Clock;
  readonly #expired: Expired;
  readonly #pool: PacketPool;

  // Of each slot: the place of its payload in the datagram, its size, and where in the slot it begins.
  readonly #place: Int32Array;
  readonly #size: Int32Array;
  readonly #header: Int32Array;

  // Of each datagram.
  readonly #keys: Int32Array;
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  /** The one that came last: the next one's place is mostly behind it. */
  readonly #recent: Int32Array;
  readonly #count: Int32Array;
  /** Bytes of payload that have come, and how many there will be: -1 unless the last fragment has come. */
  readonly #have: Int32Array;
  readonly #total: Int32Array;
  readonly #dead: Uint8Array;
  readonly #due: Float64Array;
  /** The bucket that it is in, and the next datagram there, or in the list of free ones. */
  readonly #bucket: Int32Array;
  readonly #chain: Int32Array;
  /** Neighbours in order of age. */
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  readonly #buckets = new Int32Array(BUCKETS).fill(NONE);
  /** Strangers choose keys: they must not know which ones meet in a bucket. It shows in nothing but time. */
  readonly #seed = Math.floor(Math.random() * 2 ** 32) | 0;
  #free = 0;
  #oldest = NONE;
  #newest = NONE;
  #timer: Timer | null = null;
  #closed = false;

  #fragments = 0;
  #completed = 0;
  #expiredCount = 0;
  #overlapped = 0;
  #evicted = 0;
  #pending = 0;

  /**
   * @param keyWords words of a key. @param slotSize bytes of the longest fragment, its header included.
   */
  constructor(
    clock: Clock,
    keyWords: number,
    slotSize: number,
    expired: Expired,
    options: Partial<ReassemblyOptions> = {},
  ) {
    this.options = { ...REASSEMBLY_DEFAULTS, ...options };
    this.#clock = clock;
    this.#expired = expired;
    this.key = new Int32Array(keyWords);
    const slots = Math.max(1, Math.floor(this.options.bytes / slotSize));
    this.#pool = new PacketPool(slotSize, slots);
    this.#place = new Int32Array(slots);
    this.#size = new Int32Array(slots);
    this.#header = new Int32Array(slots);
    this.#keys = new Int32Array(slots * keyWords);
    this.#first = new Int32Array(slots);
    this.#last = new Int32Array(slots);
    this.#recent = new Int32Array(slots);
    this.#count = new Int32Array(slots);
    this.#have = new Int32Array(slots);
    this.#total = new Int32Array(slots);
    this.#dead = new Uint8Array(slots);
    this.#due = new Float64Array(slots);
    this.#bucket = new Int32Array(slots);
    this.#chain = Int32Array.from({ length: slots }, (_, i) => (i + 1 < slots ? i + 1 : NONE));
    this.#older = new Int32Array(slots);
    this.#newer = new Int32Array(slots);
  }

  /**
   * Takes in a fragment of the datagram that {@link key} names.
   * @param off its header's first byte in `buf`. @param header bytes of that. @param size bytes of payload after it.
   * @param place of the payload in the datagram, in bytes. @param more false for the last one.
   * @returns the datagram's number if it is complete: {@link write} it and {@link release} it; else one of {@link Fragment}.
   */
  add(buf: Uint8Array, off: number, header: number, size: number, place: number, more: boolean): number {
    this.#fragments++;
    const end = place + size;
    // RFC 791: all but the last are multiples of 8 bytes; the end fits the length field.
    if (size === 0 || end > MAX_END || (more && (size & 7) !== 0)) return Fragment.Invalid;
    const hash = this.#hash();
    let datagram = this.#find(hash);
    if (datagram === NONE) datagram = this.#insert(hash);
    if (this.#dead[datagram] === 1) return Fragment.Overlap;
    const total = this.#total[datagram]!;
    const last = this.#last[datagram]!;
    const known = last === NONE ? 0 : this.#place[last]! + this.#size[last]!;
    if (total >= 0 ? end > total || (!more && end !== total) : !more && known > end) return this.#lose(datagram);

    const before = this.#before(datagram, place);
    const after = before === NONE ? this.#first[datagram]! : this.#pool.next(before);
    if (after !== NONE && this.#place[after]! === place && this.#size[after] === size)
      return this.#isSame(after, buf, off + header, size) ? Fragment.Duplicate : this.#lose(datagram);
    if (before !== NONE && this.#place[before]! + this.#size[before]! > place) return this.#lose(datagram);
    if (after !== NONE && this.#place[after]! < end) return this.#lose(datagram);

    if (header + size > this.#pool.slotSize || this.#count[datagram]! >= this.options.fragments)
      return Fragment.Refused;
    const slot = this.#take(datagram, header + size);
    if (slot === NONE) return Fragment.Refused;
    this.#pool.buffer.set(buf.subarray(off, off + header + size), this.#pool.offset(slot));
    this.#place[slot] = place;
    this.#size[slot] = size;
    this.#header[slot] = header;
    this.#pool.chain(slot, after);
    if (before === NONE) this.#first[datagram] = slot;
    else this.#pool.chain(before, slot);
    if (after === NONE) this.#last[datagram] = slot;
    this.#recent[datagram] = slot;
    this.#count[datagram]!++;
    this.#have[datagram]! += size;
    if (!more) this.#total[datagram] = end;
    // Nothing overlaps, so as many bytes as there will be are all of them.
    return this.#have[datagram] === this.#total[datagram] ? datagram : Fragment.Waiting;
  }

  /** Bytes that {@link write} writes: the first fragment's header, and the whole payload. */
  length(datagram: number): number {
    return this.#header[this.#first[datagram]!]! + this.#total[datagram]!;
  }

  /** Writes the first fragment's header as it was, and the payload behind it, to `at` in `into`. */
  write(datagram: number, into: Uint8Array, at: number): void {
    const { buffer } = this.#pool;
    let slot = this.#first[datagram]!;
    const header = this.#header[slot]!;
    const from = this.#pool.offset(slot);
    into.set(buffer.subarray(from, from + header), at);
    for (; slot !== NONE; slot = this.#pool.next(slot)) {
      const start = this.#pool.offset(slot) + this.#header[slot]!;
      into.set(buffer.subarray(start, start + this.#size[slot]!), at + header + this.#place[slot]!);
    }
  }

  /** Forgets a complete datagram. */
  release(datagram: number): void {
    this.#completed++;
    this.#remove(datagram);
  }

  stats(): ReassemblyStats {
    const { slotSize, available } = this.#pool;
    const slots = this.#place.length;
    return {
      fragments: this.#fragments,
      completed: this.#completed,
      expired: this.#expiredCount,
      overlapped: this.#overlapped,
      evicted: this.#evicted,
      pending: this.#pending,
      bytes: (slots - available) * slotSize,
      limit: slots * slotSize,
    };
  }

  /** Stops the timer. */
  close(): void {
    this.#closed = true;
    this.#clock.clearTimer(this.#timer);
    this.#timer = null;
  }

  #hash(): number {
    return hashKey(this.key, this.#seed) & (BUCKETS - 1);
  }

  #find(hash: number): number {
    const words = this.key.length;
    for (let datagram = this.#buckets[hash]!; datagram !== NONE; datagram = this.#chain[datagram]!) {
      let i = 0;
      while (i < words && this.#keys[datagram * words + i] === this.key[i]) i++;
      if (i === words) return datagram;
    }
    return NONE;
  }

  #insert(hash: number): number {
    if (this.#free === NONE) {
      this.#evicted++;
      this.#remove(this.#oldest);
    }
    const datagram = this.#free;
    this.#free = this.#chain[datagram]!;
    this.#keys.set(this.key, datagram * this.key.length);
    this.#first[datagram] = NONE;
    this.#last[datagram] = NONE;
    this.#recent[datagram] = NONE;
    this.#count[datagram] = 0;
    this.#have[datagram] = 0;
    this.#total[datagram] = NONE;
    this.#dead[datagram] = 0;
    this.#due[datagram] = this.#clock.now() + this.options.timeoutMs;
    this.#bucket[datagram] = hash;
    this.#chain[datagram] = this.#buckets[hash]!;
    this.#buckets[hash] = datagram;
    this.#older[datagram] = this.#newest;
    this.#newer[datagram] = NONE;
    if (this.#newest === NONE) this.#oldest = datagram;
    else this.#newer[this.#newest] = datagram;
    this.#newest = datagram;
    this.#pending++;
    if (this.#timer === null) this.#arm();
    return datagram;
  }

  /** A slot; the oldest datagrams but this one make room. */
  #take(datagram: number, length: number): number {
    let slot = this.#pool.take(length);
    while (slot < 0) {
      const victim = this.#oldest === datagram ? this.#newer[datagram]! : this.#oldest;
      if (victim === NONE) return NONE;
      this.#evicted++;
      this.#remove(victim);
      slot = this.#pool.take(length);
    }
    return slot;
  }

  /**
   * The last slot whose place lies before `place`, or none. Fragments mostly come in order, or in the reverse of it; also
   * behind a last one that came first, which would make each of them walk past all others.
   */
  #before(datagram: number, place: number): number {
    const last = this.#last[datagram]!;
    if (last === NONE) return NONE;
    if (this.#place[last]! < place) return last;
    const recent = this.#recent[datagram]!;
    let before: number = recent !== NONE && this.#place[recent]! < place ? recent : NONE;
    let slot = before === NONE ? this.#first[datagram]! : this.#pool.next(before);
    for (; slot !== NONE && this.#place[slot]! < place; slot = this.#pool.next(slot)) before = slot;
    return before;
  }

  #isSame(slot: number, buf: Uint8Array, off: number, size: number): boolean {
    const { buffer } = this.#pool;
    const at = this.#pool.offset(slot) + this.#header[slot]!;
    for (let i = 0; i < size; i++) if (buffer[at + i] !== buf[off + i]) return false;
    return true;
  }

  /** Gives the datagram's memory back, and remembers until its time is over that it is lost. */
  #lose(datagram: number): number {
    this.#overlapped++;
    this.#dead[datagram] = 1;
    this.#clear(datagram);
    return Fragment.Overlap;
  }

  #clear(datagram: number): void {
    for (let slot = this.#first[datagram]!; slot !== NONE; ) {
      const next = this.#pool.next(slot);
      this.#pool.release(slot);
      slot = next;
    }
    this.#first[datagram] = NONE;
    this.#last[datagram] = NONE;
    this.#recent[datagram] = NONE;
  }

  #remove(datagram: number): void {
    this.#clear(datagram);
    this.#unlink(datagram);
    const older = this.#older[datagram]!;
    const newer = this.#newer[datagram]!;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
    this.#chain[datagram] = this.#free;
    this.#free = datagram;
    this.#pending--;
  }

  #unlink(datagram: number): void {
    const hash = this.#bucket[datagram]!;
    let at = this.#buckets[hash]!;
    if (at === datagram) {
      this.#buckets[hash] = this.#chain[datagram]!;
      return;
    }
    while (this.#chain[at] !== datagram) at = this.#chain[at]!;
    this.#chain[at] = this.#chain[datagram]!;
  }

  #arm(): void {
    if (this.#closed || this.#oldest === NONE) return;
    this.#timer = this.#clock.setTimer(this.#due[this.#oldest]! - this.#clock.now(), () => {
      this.#timer = null;
      this.#expire();
      this.#arm();
    });
  }

  #expire(): void {
    const now = this.#clock.now();
    while (this.#oldest !== NONE && this.#due[this.#oldest]! <= now) {
      const datagram = this.#oldest;
      if (this.#dead[datagram] === 0) {
        this.#expiredCount++;
        const slot = this.#first[datagram]!;
        const hasFirst = slot !== NONE && this.#place[slot] === 0;
        const length = hasFirst ? this.#header[slot]! + this.#size[slot]! : 0;
        this.#expired(this.#pool.buffer, hasFirst ? this.#pool.offset(slot) : NONE, length);
      }
      this.#remove(datagram);
    }
  }
}
