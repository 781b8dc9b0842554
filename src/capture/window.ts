/**
 * The part of a file that is in memory: decoders take whole records from its front, the reader fills it at its end. Its
 * size stays the same however long the file is; only a single block that does not fit makes it larger.
 */

/** Large enough that reading costs little beside decoding, small enough for the second-level cache. */
const SIZE = 512 * 1024;

export class Window {
  buffer: Uint8Array;
  view: DataView;
  /** The bytes not decoded yet lie from `start` to `end`. */
  start = 0;
  end = 0;
  /** Where in the file `buffer` begins. */
  #base = 0;
  /** Bytes to come that nobody wants to see. */
  #skip = 0;

  constructor(size = SIZE) {
    this.buffer = new Uint8Array(size);
    this.view = new DataView(this.buffer.buffer);
  }

  /** Bytes that are there to be decoded. */
  get available(): number {
    return this.end - this.start;
  }

  /** Where in the file the next byte to be decoded lies. */
  get position(): number {
    return this.#base + this.start + this.#skip;
  }

  /** Bytes that must still come and be skipped; 0 once they have. */
  get skipping(): number {
    return this.#skip;
  }

  /** Takes the next `count` bytes away, also those that have not been read yet. */
  skip(count: number): void {
    const here = Math.min(count, this.available);
    this.start += here;
    this.#skip += count - here;
  }

  /** Makes room for more: moves what is left to the front, and grows if `need` bytes at once would not fit. */
  makeRoom(need: number): void {
    const left = this.available;
    if (need > this.buffer.length) {
      const larger = new Uint8Array(need);
      larger.set(this.buffer.subarray(this.start, this.end));
      this.buffer = larger;
      this.view = new DataView(larger.buffer);
    } else if (this.start > 0) {
      this.buffer.copyWithin(0, this.start, this.end);
    }
    this.#base += this.start;
    this.start = 0;
    this.end = left;
  }

  /** Tells that `count` bytes were read into `buffer` at `end`. */
  filled(count: number): void {
    this.end += count;
    if (this.#skip === 0) return;
    const skipped = Math.min(this.#skip, this.available);
    this.#skip -= skipped;
    this.start += skipped;
  }
}
