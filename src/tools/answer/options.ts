/** What `answer` can be told. */
import type { Clock } from "../../stack/clock.ts";

/** A neighbour set by hand. */
export interface StaticNeighbour {
  /** Signed 32-bit integer. */
  readonly ip: number;
  readonly mac: Uint8Array;
}

export interface AnswerToolOptions {
  /** One JSON object a line. */
  readonly json?: boolean;
  /** No lines but the first and the totals. */
  readonly quiet?: boolean;
  /** Tell of everything that happens, drops included, not of answers and conflicts alone. */
  readonly verbose?: boolean;
  /** Show the neighbour table at the end, as `ip -s neigh` does. */
  readonly neigh?: boolean;
  /** Neighbours that are known from the beginning, for good. */
  readonly neighbours?: readonly StaticNeighbour[];
  /** Lines a second, at most; what exceeds them is counted in a line of its own. 50 unless given. */
  readonly linesPerSecond?: number;
  /** Whether to go on when the interface is set down; it ends the run unless told. */
  readonly surviveDown?: boolean;
}

export interface AnswerIo {
  readonly clock: Clock;
  /** Writes to standard output. */
  out(text: string): void;
  /** Writes to standard error. */
  err(text: string): void;
}
