/**
 * `npm run fuzz -- [options]`: hostile frames through every codec, printer, explanation and filter. Nothing may be thrown,
 * no byte beside the frame read, no byte of it written, no line longer than its bound, no frame take long.
 *
 * Exit codes: 0 nothing found, 1 something found (and written down), 2 a mistake on the command line.
 */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import type { Finding } from "./check.ts";
import { fingerprint, readCaptures, readSeeds, unique } from "./corpus.ts";
import { keep } from "./record.ts";
import { framesOf, ROUND_FRAMES, roundSeed } from "./rounds.ts";
import { CODECS, TARGETS } from "./targets/index.ts";
import { Shared, type WorkerMessage, type WorkerTask } from "./worker.ts";

/** From dist/fuzz, and from fuzz. */
const ROOT = fileURLToPath(new URL(import.meta.url.includes("/dist/") ? "../.." : "..", import.meta.url));

const HELP = `npm run fuzz -- [--count N] [--time S] [--seed N] [--jobs N] [--findings DIR] [CAPTURE…]

  --count N       frames (100,000; without limit if --time is given)
  --time S        end after S seconds
  --seed N        another seed gives other frames; the same gives the same (1)
  --jobs N        threads (1); what is found does not depend on it
  --all           go on after a finding; each kind of each target is told once
  --findings DIR  where findings are written (test/fuzz/findings, where the tests replay them)
  CAPTURE         captures, or folders of them, whose frames are begun with as well as the own ones
`;

/** A thread that is at the same frame for so long is taken to be in it for ever. */
const HANGING_MS = 20_000;
const LOOK_MS = 1000;
const MAX_THREADS = 64;

interface Options {
  readonly count: number;
  readonly seconds: number;
  readonly seed: number;
  readonly jobs: number;
  readonly all: boolean;
  readonly findings: string;
  readonly captures: readonly string[];
}

/** @param argv the arguments. @returns the exit code. */
export async function main(argv: string[]): Promise<number> {
  const options = readOptions(argv);
  if (typeof options === "string") {
    process.stderr.write(options);
    return options === HELP ? 0 : 2;
  }
  let corpus: Uint8Array[];
  try {
    corpus = await readCorpus(options.captures);
  } catch (error) {
    process.stderr.write(`fuzz: ${(error as Error).message}\n`);
    return 2;
  }
  const names = [...TARGETS.map((target) => target.name), ...CODECS.map((codec) => codec.name)];
  process.stdout.write(
    `fuzz: seed ${options.seed}, ${corpus.length} frames to begin with (${fingerprint(corpus)}), ${options.jobs} ` +
      `thread${options.jobs === 1 ? "" : "s"}, ${TARGETS.length} targets, ${CODECS.length} codecs: ${names.join(" ")}\n`,
  );
  return new Run(options, corpus).result();
}

/** @returns the options, or what is to be printed instead. */
function readOptions(argv: string[]): Options | string {
  const text = { type: "string" } as const;
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        count: text,
        time: text,
        seed: text,
        jobs: text,
        findings: text,
        all: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help === true) return HELP;
    const seconds = number("time", values.time, Number.POSITIVE_INFINITY, 1);
    return {
      count: number("count", values.count, values.time === undefined ? 100_000 : 2 ** 31 * ROUND_FRAMES, 1),
      seconds,
      seed: number("seed", values.seed, 1, 0),
      jobs: Math.min(number("jobs", values.jobs, 1, 1), Math.max(1, availableParallelism()), MAX_THREADS),
      all: values.all ?? false,
      findings: values.findings ?? `${ROOT}/test/fuzz/findings`,
      captures: positionals,
    };
  } catch (error) {
    return `fuzz: ${(error as Error).message}; \`npm run fuzz -- --help\` shows what it takes\n`;
  }
}

function number(name: string, value: string | undefined, otherwise: number, least: number): number {
  if (value === undefined) return otherwise;
  if (/^\d+$/.test(value) && Number(value) >= least) return Number(value);
  throw new Error(`--${name} takes a whole number of at least ${least}, not ${value}`);
}

async function readCorpus(captures: readonly string[]): Promise<Uint8Array[]> {
  const frames = readSeeds(`${ROOT}/fuzz/seeds.txt`);
  for (const path of [`${ROOT}/test/captures`, ...captures]) frames.push(...(await readCaptures(path)));
  return unique(frames);
}

interface Thread {
  readonly worker: Worker;
  /** Round and frame when last looked at, and since when (ms). */
  at: string;
  since: number;
  isDone: boolean;
}

class Run {
  private readonly options: Options;
  private readonly corpus: readonly Uint8Array[];
  private readonly shared = new SharedArrayBuffer(4 * (Shared.Threads + 2 * MAX_THREADS));
  private readonly words = new Int32Array(this.shared);
  private readonly threads: Thread[] = [];
  private readonly told = new Set<string>();
  private readonly started = performance.now();
  private frames = 0;
  private slowest = 0;
  private shownAt = this.started;
  private end: (code: number) => void = () => {};

  constructor(options: Options, corpus: readonly Uint8Array[]) {
    this.options = options;
    this.corpus = corpus;
  }

  async result(): Promise<number> {
    const ended = new Promise<number>((resolve) => {
      this.end = resolve;
    });
    for (let thread = 0; thread < this.options.jobs; thread++) this.start(thread);
    const looking = setInterval(() => this.look(), LOOK_MS);
    const code = await ended;
    clearInterval(looking);
    await Promise.all(this.threads.map(({ worker }) => worker.terminate()));
    this.progress(true);
    return code;
  }

  private start(thread: number): void {
    const { seed, count } = this.options;
    const task: WorkerTask = { shared: this.shared, thread, seed, count, corpus: this.corpus };
    const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: task });
    const state: Thread = { worker, at: "", since: performance.now(), isDone: false };
    this.threads.push(state);
    worker.on("message", (message: WorkerMessage) => this.hear(message, state));
    worker.on("error", (error) => {
      process.stderr.write(`fuzz: a thread died: ${error.stack ?? error.message}\n`);
      this.end(2);
    });
  }

  private hear(message: WorkerMessage, thread: Thread): void {
    switch (message.type) {
      case "round":
        this.frames += message.frames;
        this.slowest = Math.max(this.slowest, message.slowest);
        break;
      case "finding":
        this.found(message.finding, message.round, message.seed);
        break;
      case "done":
        thread.isDone = true;
        if (this.threads.every(({ isDone }) => isDone)) this.end(this.told.size > 0 ? 1 : 0);
    }
  }

  private found(finding: Finding, round: number, seed: number): void {
    const { target, fault, detail, frames } = finding;
    // The same defect shows in many frames; the words of an exception tell them apart well enough.
    const kind = `${target} ${fault} ${fault === "exception" ? detail : ""}`;
    if (!this.told.has(kind)) {
      this.told.add(kind);
      const path = keep(this.options.findings, { ...finding, seed });
      process.stdout.write(
        `\nfuzz: ${target}: ${fault}: ${detail}\n  seed ${this.options.seed}, round ${round}; kept as ${path}\n` +
          frames.map(({ bytes }) => `  ${Buffer.from(bytes).toString("hex")}\n`).join(""),
      );
    }
    if (!this.options.all) Atomics.store(this.words, Shared.Stop, 1);
  }

  private look(): void {
    const now = performance.now();
    if ((now - this.started) / 1000 >= this.options.seconds) Atomics.store(this.words, Shared.Stop, 1);
    for (const [i, thread] of this.threads.entries()) {
      const round = Atomics.load(this.words, Shared.Threads + 2 * i);
      const index = Atomics.load(this.words, Shared.Threads + 2 * i + 1);
      const at = `${round} ${index}`;
      if (thread.isDone || at !== thread.at || index < 0) {
        thread.at = at;
        thread.since = now;
      } else if (now - thread.since > HANGING_MS) {
        this.hangs(round, index);
        return;
      }
    }
    if (now - this.shownAt >= (process.stderr.isTTY ? 1000 : 30_000)) {
      this.shownAt = now;
      this.progress(false);
    }
  }

  /** A frame that a thread does not come out of; which target it is in, nobody can tell from outside. */
  private hangs(round: number, index: number): void {
    const task = { seed: this.options.seed, round, frames: index + 1 };
    const frames = [...framesOf(task, this.corpus)];
    const finding = { target: "any", fault: "slow", detail: "it never came back", frames } as const;
    const path = keep(this.options.findings, { ...finding, seed: roundSeed(task) });
    const hex = Buffer.from(frames[index]!.bytes).toString("hex");
    process.stdout.write(`\nfuzz: a frame takes for ever: round ${round}, frame ${index}; kept as ${path}\n  ${hex}\n`);
    this.end(1);
  }

  private progress(isLast: boolean): void {
    const seconds = (performance.now() - this.started) / 1000;
    const rate = Math.round(this.frames / seconds);
    const line = `${this.frames.toLocaleString("en")} frames in ${seconds.toFixed(1)} s, ${rate.toLocaleString("en")} a second`;
    const slowest = `the slowest ${this.slowest.toFixed(1)} ms`;
    const findings = `${this.told.size === 0 ? "no" : this.told.size} finding${this.told.size === 1 ? "" : "s"}`;
    if (isLast) process.stdout.write(`fuzz: ${line}, ${slowest}, ${findings}\n`);
    else process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  }
}
