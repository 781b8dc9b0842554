/** What the fuzzer looks at: anything that makes something of a frame. */
import type { Random } from "../bench/random.ts";
import type { TextWriter } from "../packets/text/index.ts";
import type { FuzzFrame, Place } from "./frame.ts";

/**
 * Makes what there is to be made of a frame, and writes it to `out`: the same for the same frame, wherever it lies.
 * @param number counts the frames from 1.
 */
export type Runner = (place: Place, frame: FuzzFrame, number: number, out: TextWriter) => void;

/** How long a line may get: a constant, and so many characters for each captured byte. */
export interface LineBound {
  readonly constant: number;
  readonly perByte: number;
}

export interface Target {
  /** Short, and the same for ever: kept findings name it. */
  readonly name: string;
  /** For targets that write lines. */
  readonly line?: LineBound;
  /** A fresh runner; two that were made from the same random numbers do the same. */
  start(random: Random): Runner;
}
