/** What an answering thread and its owner both see: whether to stop, and the counters. */

/** Counters since the start. */
export interface AnswerCounters {
  /** Frames received. */
  readonly received: number;
  /** Frames that the kernel dropped because they were not read in time. */
  readonly lost: number;
  readonly arpAnswered: number;
  readonly echoAnswered: number;
  /** Answers that could not be sent. */
  readonly txFailed: number;
}

const FIELDS = ["received", "lost", "arpAnswered", "echoAnswered", "txFailed"] as const;

export class SharedCounters {
  readonly memory: SharedArrayBuffer;
  readonly #stop: Int32Array;
  readonly #counters: Float64Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(8 + 8 * FIELDS.length)) {
    this.memory = memory;
    this.#stop = new Int32Array(memory, 0, 1);
    this.#counters = new Float64Array(memory, 8);
  }

  stop(): void {
    Atomics.store(this.#stop, 0, 1);
  }

  get isStopped(): boolean {
    return Atomics.load(this.#stop, 0) !== 0;
  }

  /** Called by the thread alone, once a slice: nothing is written for a frame. */
  write(counters: AnswerCounters): void {
    for (let i = 0; i < FIELDS.length; i++) this.#counters[i] = counters[FIELDS[i]!];
  }

  read(): AnswerCounters {
    const [received = 0, lost = 0, arpAnswered = 0, echoAnswered = 0, txFailed = 0] = this.#counters;
    return { received, lost, arpAnswered, echoAnswered, txFailed };
  }
}
