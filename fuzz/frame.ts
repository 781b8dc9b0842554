/** Frames as the fuzzer makes them, and the two places in memory that it puts each into. */

/** A frame with what a capture says about it. */
export interface FuzzFrame {
  /** The captured bytes. */
  readonly bytes: Uint8Array;
  /** Bytes on the wire; normally as many or more, but files say what they like. */
  readonly originalLength: number;
  /** Unix time. */
  readonly second: number;
  readonly nanosecond: number;
  /** The Link's direction: 0 in, 1 out. */
  readonly direction: number;
  /** The Link's flags: 1, the sender left the checksum open. */
  readonly flags: number;
}

/** A frame in memory: from `off` to `end` within `buf`, with other bytes around it. */
export interface Place {
  readonly buf: Uint8Array;
  readonly off: number;
  readonly end: number;
}

/** Memory around a frame: more than any single read reaches, and enough for what treats large buffers differently. */
const ROOM = 1 << 15;
const BEFORE = 64;

/**
 * Puts a frame into two places: in the middle of a large buffer, and at the very end of a small one. The bytes around
 * differ in every bit, so whoever reads them cannot make the same of both; beyond the small one's end there is nothing.
 */
export class Places {
  #large = new Uint8Array(0);
  #small = new Uint8Array(0);

  put(bytes: Uint8Array): [Place, Place] {
    const { length } = bytes;
    if (this.#large.length < 2 * ROOM + length) {
      this.#large = new Uint8Array(2 * ROOM + 2 * length);
      this.#small = new Uint8Array(BEFORE + 2 * length + ROOM);
      for (let i = 0; i < this.#large.length; i++) this.#large[i] = junk(i);
      for (let i = 0; i < this.#small.length; i++) this.#small[i] = ~junk(i + ROOM - BEFORE);
    }
    const end = BEFORE + length;
    this.#large.set(bytes, ROOM);
    this.#small.set(bytes, BEFORE);
    return [
      { buf: this.#large, off: ROOM, end: ROOM + length },
      { buf: this.#small.subarray(0, end), off: BEFORE, end },
    ];
  }

  /** True if the frame lies there unchanged. Takes it away again. */
  take(bytes: Uint8Array): boolean {
    const { length } = bytes;
    const isSame =
      Buffer.compare(this.#large.subarray(ROOM, ROOM + length), bytes) === 0 &&
      Buffer.compare(this.#small.subarray(BEFORE, BEFORE + length), bytes) === 0;
    for (let i = 0; i < length; i++) {
      this.#large[ROOM + i] = junk(ROOM + i);
      this.#small[BEFORE + i] = ~junk(ROOM + i);
    }
    return isSame;
  }
}

/** Bytes that are neither zeros nor alike, and plausible as the continuation of many a header. */
function junk(i: number): number {
  return (i * 37 + (i >> 3)) & 0xff;
}
