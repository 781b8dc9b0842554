/** Chance for impairments: seeded, and without an object or a boxed number for a frame that nothing happens to. */
import type { Share } from "./settings.ts";

const TWO_31 = 0x8000_0000;

/**
 * Repeatable numbers (xoshiro128**, by Blackman and Vigna). Each kind of decision has a sequence of its own, so that a
 * change to one of them while frames pass leaves the others as they would have been.
 */
export class Sequence {
  readonly #state = new Int32Array(4);

  /** @param seed 32 bits. @param stream tells sequences of one seed apart. */
  constructor(seed: number, stream: number) {
    // splitmix32 fills the state; the streams start far apart within it.
    let x = (seed ^ Math.imul(stream + 1, 0x85ebca6b)) | 0;
    for (let i = 0; i < 4; i++) {
      x = (x + 0x9e3779b9) | 0;
      let z = x;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      this.#state[i] = z ^ (z >>> 15);
    }
  }

  /** 31 bits: V8 boxes more. */
  next(): number {
    const s = this.#state;
    const s1 = s[1]!;
    const product = Math.imul(s1, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const s2 = s[2]! ^ s[0]!;
    const s3 = s[3]! ^ s1;
    s[1] = s1 ^ s2;
    s[0] = s[0]! ^ s3;
    s[2] = s2 ^ (s1 << 9);
    s[3] = (s3 << 11) | (s3 >>> 21);
    return result >>> 1;
  }

  /** A whole number from 0 to `limit` - 1, `limit` below 65,536. */
  below(limit: number): number {
    return Math.floor((this.next() / TWO_31) * limit);
  }
}

/** Draws that may depend on the last one, as netem's do: `x = new * (1 - correlation) + last * correlation`. */
export class Draws {
  readonly #sequence: Sequence;
  /** [0] the last draw, [1] the correlation, [2] the share below which {@link hits}; all from 0 to 1. */
  readonly #numbers = new Float64Array(3);

  constructor(seed: number, stream: number) {
    this.#sequence = new Sequence(seed, stream);
  }

  /** Sets what happens how often; the sequence goes on. */
  set({ percent, correlation = 0 }: Share): void {
    this.#numbers[1] = correlation / 100;
    this.#numbers[2] = percent / 100;
  }

  /** Decides once. Where nothing or everything happens, nothing is drawn. */
  hits(): boolean {
    const numbers = this.#numbers;
    if (numbers[2] === 0) return false;
    if (numbers[2] === 1) return true;
    this.#draw();
    return numbers[0]! < numbers[2]!;
  }

  /** A number from 0 (included) to 1 (excluded). */
  value(): number {
    this.#draw();
    return this.#numbers[0]!;
  }

  #draw(): void {
    const numbers = this.#numbers;
    const fresh = this.#sequence.next() / TWO_31;
    const correlation = numbers[1]!;
    numbers[0] = correlation === 0 ? fresh : fresh * (1 - correlation) + numbers[0]! * correlation;
  }
}
