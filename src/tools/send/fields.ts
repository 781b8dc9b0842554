/** Parts of a frame that differ from one frame to the next: counters and random numbers, written in place. */
import { setU16, setU32 } from "../../../packets/bytes.ts";

/** How a field goes on. `inc` counts up from the template's value, `random` draws anew for every frame. */
export type Variation = "inc" | "random";

export interface Field {
  /** First byte within the frame. */
  readonly offset: number;
  /** 1, 2 or 4; six bytes of a MAC address vary in their lower four. */
  readonly width: 1 | 2 | 4;
  readonly variation: Variation;
  /** Different values, after which counting begins again; 2^32 at most. */
  readonly count: number;
  /** The first value, a whole number; signed 32-bit for four bytes. */
  readonly first: number;
  /** Frames for which a counter stays as it is; 1 unless given. */
  readonly every?: number;
}

const ALL = 2 ** 32;

/** Small and fast, and the same again from the same seed: Marsaglia's xorshift of 32 bits. */
export class Xorshift {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 0x9e3779b9 | 0;
  }

  /** 32 bits, signed: never boxed. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x;
  }

  /** A number from 0 to `limit` - 1; `limit` 2^32 at most. */
  below(limit: number): number {
    const bits = this.next() >>> 0;
    return limit === ALL ? bits : bits % limit;
  }
}

/** Writes the field of frame number `n` into the frame at `off`. */
export function writeField(field: Field, n: number, random: Xorshift, buf: Uint8Array, off: number): void {
  if (field.count === ALL && field.variation === "random") {
    setU32(buf, off + field.offset, (field.first + random.next()) | 0);
    return;
  }
  const turn = field.every === undefined ? n : Math.floor(n / field.every);
  const step = field.variation === "inc" ? turn % field.count : random.below(field.count);
  const at = off + field.offset;
  const value = field.first + step;
  if (field.width === 4) setU32(buf, at, value);
  else if (field.width === 2) setU16(buf, at, value);
  else buf[at] = value;
}
