/**
 * The work in pieces: a round is a few hundred frames through targets that begin afresh. A round follows from the seed and
 * its number alone, so rounds can be done in any order, by any thread, and one can be done again.
 */
import { Random } from "../bench/random.ts";
import { Checker, type Finding } from "./check.ts";
import type { FuzzFrame } from "./frame.ts";
import { nextFrame } from "./mutate.ts";
import type { Target } from "./target.ts";

/** Frames of a round: enough for a conversation, few enough to be looked through when one goes wrong. */
export const ROUND_FRAMES = 512;

export interface Round {
  readonly seed: number;
  readonly round: number;
  /** At most {@link ROUND_FRAMES}. */
  readonly frames: number;
}

/** Where the round's own random numbers begin. */
export function roundSeed({ seed, round }: Round): number {
  return Math.imul(seed, 0x9e3779b1) ^ Math.imul(round + 1, 0x85ebca77);
}

/** The round's frames, one after the other. */
export function* framesOf(round: Round, corpus: readonly Uint8Array[]): Generator<FuzzFrame, void, void> {
  const random = new Random(roundSeed(round));
  for (let i = 0; i < round.frames; i++) yield nextFrame(random, corpus, i);
}

/**
 * Does one round. @param onFrame told before each frame. @returns the first finding, with all frames up to it; else how
 * long the slowest frame took, in milliseconds.
 */
export function runRound(
  round: Round,
  corpus: readonly Uint8Array[],
  targets: readonly Target[],
  onFrame: (index: number) => void = () => {},
): Finding | number {
  const checker = new Checker(targets, roundSeed(round));
  const before: FuzzFrame[] = [];
  for (const frame of framesOf(round, corpus)) {
    onFrame(before.length);
    before.push(frame);
    const wrong = checker.check(frame);
    if (wrong !== null) return { ...wrong, frames: before };
  }
  return checker.slowest;
}
