/** Chance, injected: the machine's, or a seeded sequence that makes a run repeatable. */
export interface Random {
  /** The next 32 bits, 0 to 4,294,967,295. */
  uint32(): number;
}

const words = new Uint32Array(64);
let used = words.length;

/** The machine's random numbers: nobody on the network can foretell an identifier drawn from them. */
export const systemRandom: Random = {
  uint32() {
    if (used === words.length) {
      crypto.getRandomValues(words);
      used = 0;
    }
    return words[used++]!;
  },
};

/** A repeatable sequence (Mulberry32): good for tests and simulations, worthless as a secret. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    uint32() {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return (t ^ (t >>> 14)) >>> 0;
    },
  };
}

/** A number from `low` (included) to `high` (excluded), with fractions. */
export function between(random: Random, low: number, high: number): number {
  return low + ((high - low) * random.uint32()) / 0x1_0000_0000;
}
