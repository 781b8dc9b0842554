/** A thread that does rounds until there are none left, and says through shared memory how far it is. */
import { parentPort, workerData } from "node:worker_threads";
import type { Finding } from "./check.ts";
import { minimise } from "./minimise.ts";
import { ROUND_FRAMES, roundSeed, runRound } from "./rounds.ts";
import { TARGETS } from "./targets/index.ts";

/** Words of the memory that all threads share. */
export const Shared = {
  /** The next round that nobody has begun. */
  NextRound: 0,
  /** Set to end. */
  Stop: 1,
  /** From here on, two words for each thread: its round, and the frame within it that it is at. */
  Threads: 2,
} as const;

export interface WorkerTask {
  readonly shared: SharedArrayBuffer;
  /** Which of the threads this is. */
  readonly thread: number;
  readonly seed: number;
  readonly count: number;
  readonly corpus: readonly Uint8Array[];
}

export type WorkerMessage =
  | { readonly type: "round"; readonly frames: number; readonly slowest: number }
  | { readonly type: "finding"; readonly finding: Finding; readonly round: number; readonly seed: number }
  | { readonly type: "done" };

const RUNNING_MINIMISER = -1;

/** Does the thread's share. */
export function work(task: WorkerTask, tell: (message: WorkerMessage) => void): void {
  const words = new Int32Array(task.shared);
  const mine = Shared.Threads + 2 * task.thread;
  const rounds = Math.ceil(task.count / ROUND_FRAMES);
  while (Atomics.load(words, Shared.Stop) === 0) {
    const number = Atomics.add(words, Shared.NextRound, 1);
    if (number >= rounds) break;
    const frames = Math.min(ROUND_FRAMES, task.count - number * ROUND_FRAMES);
    const round = { seed: task.seed, round: number, frames };
    Atomics.store(words, mine, number);
    const result = runRound(round, task.corpus, TARGETS, (index) => Atomics.store(words, mine + 1, index));
    if (typeof result === "number") {
      tell({ type: "round", frames, slowest: result });
      continue;
    }
    // It takes a while, and every attempt ends.
    Atomics.store(words, mine + 1, RUNNING_MINIMISER);
    const seed = roundSeed(round);
    tell({ type: "round", frames: result.frames.length, slowest: 0 });
    tell({ type: "finding", finding: minimise(result, TARGETS, seed), round: number, seed });
  }
  tell({ type: "done" });
}

if (parentPort !== null) work(workerData as WorkerTask, (message) => parentPort?.postMessage(message));
