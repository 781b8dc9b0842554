/** Runs frames through targets and says what is wrong with what they make of them. */
import { Random } from "../bench/random.ts";
import { TextWriter } from "../packets/text/index.ts";
import { type FuzzFrame, Places } from "./frame.ts";
import type { Runner, Target } from "./target.ts";

/** Milliseconds that one target may take for one frame: a hundred times what the slowest honest frame takes. */
export const SLOW_MS = 100;
/** Slow times in a row that make a finding: once may be the machine's doing. */
const SLOW_RUNS = 3;

export type Fault =
  /** Something was thrown. */
  | "exception"
  /** The frame's place in memory showed in the result: bytes beside it were read. */
  | "outside"
  /** The frame was written to. */
  | "written"
  /** A line was longer than its bound. */
  | "line"
  | "slow";

/** What is wrong: the last of the frames shows it, if the others came before. */
export interface Finding {
  readonly target: string;
  readonly fault: Fault;
  readonly detail: string;
  readonly frames: readonly FuzzFrame[];
}

/** Two runners of one target in the same state, one for each place of a frame. */
interface Pair {
  readonly target: Target;
  readonly first: Runner;
  readonly second: Runner;
}

/** The targets in a fresh state, which follows from the seed. */
export class Checker {
  /** The longest time that all targets together took for a frame, in milliseconds. */
  slowest = 0;
  readonly #pairs: readonly Pair[];
  readonly #places = new Places();
  readonly #one = new TextWriter();
  readonly #two = new TextWriter();
  #number = 0;

  constructor(targets: readonly Target[], seed: number) {
    this.#pairs = targets.map((target) => ({
      target,
      first: target.start(new Random(seed)),
      second: target.start(new Random(seed)),
    }));
  }

  /** @returns what is wrong, the first of it; null if nothing is. */
  check(frame: FuzzFrame): Omit<Finding, "frames"> | null {
    this.#number++;
    let all = 0;
    for (const pair of this.#pairs) {
      const started = performance.now();
      const wrong = this.#run(pair, frame);
      const took = performance.now() - started;
      if (wrong !== null) return { target: pair.target.name, ...wrong };
      if (took > SLOW_MS && this.#isSlow(pair, frame))
        return { target: pair.target.name, fault: "slow", detail: `more than ${SLOW_MS} ms` };
      all += took;
    }
    if (all > this.slowest) this.slowest = all;
    return null;
  }

  #isSlow(pair: Pair, frame: FuzzFrame): boolean {
    for (let i = 0; i < SLOW_RUNS; i++) {
      const started = performance.now();
      this.#run(pair, frame);
      if (performance.now() - started <= SLOW_MS) return false;
    }
    return true;
  }

  #run({ target, first, second }: Pair, frame: FuzzFrame): Pick<Finding, "fault" | "detail"> | null {
    const one = this.#one;
    const two = this.#two;
    one.clear();
    two.clear();
    const [large, small] = this.#places.put(frame.bytes);
    let thrown: unknown = null;
    try {
      first(large, frame, this.#number, one);
      second(small, frame, this.#number, two);
    } catch (error) {
      thrown = error ?? "nothing";
    }
    const isSame = this.#places.take(frame.bytes);
    if (thrown !== null) return { fault: "exception", detail: describe(thrown) };
    if (!isSame) return { fault: "written", detail: "the frame's bytes were changed" };
    if (Buffer.compare(one.bytes(), two.bytes()) !== 0)
      return { fault: "outside", detail: difference(one.toString(), two.toString()) };
    return target.line === undefined ? null : tooLong(one.bytes(), target, frame);
  }
}

const NEWLINE = 0x0a;

function tooLong(text: Uint8Array, { line }: Target, frame: FuzzFrame): Pick<Finding, "fault" | "detail"> | null {
  const limit = line!.constant + line!.perByte * frame.bytes.length;
  let start = 0;
  while (start < text.length) {
    const at = text.indexOf(NEWLINE, start);
    const end = at < 0 ? text.length : at;
    if (end - start > limit) return { fault: "line", detail: `${end - start} characters, ${limit} at most` };
    start = end + 1;
  }
  return null;
}

/** The error and where it came from, without paths. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const where = /at (?:.*[/\\])?([\w.-]+\.[jt]s:\d+)/.exec(error.stack?.split("\n")[1] ?? "")?.[1] ?? "";
  return `${error.name}: ${error.message}${where === "" ? "" : ` (${where})`}`;
}

/** Where two texts part. */
function difference(one: string, two: string): string {
  let at = 0;
  while (at < one.length && one[at] === two[at]) at++;
  const from = Math.max(0, at - 30);
  return JSON.stringify([one.slice(from, at + 30), two.slice(from, at + 30)]);
}
