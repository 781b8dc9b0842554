/**
 * Impairments as text, in netem's words (tc-netem(8)): `loss 5% 25% delay 10ms 2ms distribution normal rate 1mbit`. What
 * follows `in`, `out` or `both` holds for received, sent or all frames; before any of them it is for sent ones, as netem's.
 */
import {
  type Delay,
  DISTRIBUTIONS,
  type Distribution,
  type Impairment,
  type Impairments,
  type Loss,
  merge,
  type Rate,
  type Reorder,
  type Share,
  UNIMPAIRED,
} from "./settings.ts";

/** Thrown and caught in here. */
class Mistake extends Error {}

const OPTIONS = ["loss", "delay", "distribution", "reorder", "duplicate", "corrupt", "rate", "limit", "mtu"];
const WAYS = ["in", "out", "both"];
/** In nanoseconds. */
const TIMES = new Map([
  ...["s", "sec", "secs"].map((unit) => [unit, 1e9] as const),
  ...["ms", "msec", "msecs"].map((unit) => [unit, 1e6] as const),
  ...["us", "usec", "usecs"].map((unit) => [unit, 1e3] as const),
  ...["ns", "nsec", "nsecs"].map((unit) => [unit, 1] as const),
]);
const SCALE = new Map([
  ["", 1],
  ["k", 1e3],
  ["m", 1e6],
  ["g", 1e9],
  ["t", 1e12],
  ["ki", 2 ** 10],
  ["mi", 2 ** 20],
  ["gi", 2 ** 30],
  ["ti", 2 ** 40],
]);

/**
 * What a text asks for: only what it names, for {@link ImpairedLink.change}.
 * @returns the error in one line, as text, if it cannot be read. Whether it goes with what is set already, `change` says.
 */
export function parseImpairments(text: string): Impairments | string {
  const words = new Words(text);
  const found: { in?: Impairment; out?: Impairment } = {};
  try {
    if (words.peek() === "") throw new Mistake("nothing is asked for: write it as `loss 5% delay 10ms 2ms`");
    let ways: readonly ("in" | "out")[] = ["out"];
    while (words.peek() !== "") {
      const word = words.next();
      if (WAYS.includes(word)) {
        ways = word === "both" ? ["in", "out"] : [word as "in" | "out"];
        if (words.peek() === "") throw new Mistake(`${word}: and then? Options follow it: ${OPTIONS.join(", ")}`);
        continue;
      }
      const option = readOption(word, words);
      for (const way of ways) found[way] = { ...found[way], ...option };
    }
    for (const change of [found.in, found.out]) if (change !== undefined) merge(fitting(change), change);
    return found;
  } catch (error) {
    if (error instanceof Mistake || error instanceof RangeError) return error.message;
    throw error;
  }
}

/** Settings that a change is checked with by itself: a reordering alone may find a delay that was set before. */
function fitting({ delay }: Impairment): typeof UNIMPAIRED {
  return delay === undefined ? { ...UNIMPAIRED, delay: { ms: 1 } } : UNIMPAIRED;
}

function readOption(option: string, words: Words): Impairment {
  switch (option) {
    case "loss":
      return { loss: readLoss(words) };
    case "delay":
      return { delay: readDelay(words) };
    case "distribution":
      return { distribution: readDistribution(words) };
    case "reorder":
      return { reorder: readReorder(words) };
    case "duplicate":
      return { duplicate: readShare(option, words) };
    case "corrupt":
      return { corrupt: readShare(option, words) };
    case "rate":
      return { rate: readRate(words) };
    case "limit":
      return { limit: words.whole("limit", "frames, such as 1000") };
    case "mtu":
      return { mtu: words.whole("mtu", "bytes, such as 1400") };
    default:
      throw new Mistake(`no option ${option}: ${OPTIONS.join(", ")}, and in, out or both before them`);
  }
}

function readLoss(words: Words): Loss {
  const word = words.peek();
  if (word === "gemodel") {
    words.next();
    const p = words.percent("loss gemodel");
    const [r, lossBad, lossGood] = words.percents("loss gemodel", 3);
    return { model: "gemodel", p, ...named({ r, lossBad, lossGood }) };
  }
  if (word === "state") {
    words.next();
    const p13 = words.percent("loss state");
    const [p31, p32, p23, p14] = words.percents("loss state", 4);
    return { model: "state", p13, ...named({ p31, p32, p23, p14 }) };
  }
  if (word === "random") words.next();
  return { model: "random", ...readShare("loss", words) };
}

function readShare(option: string, words: Words): Share {
  const percent = words.percent(option);
  const [correlation] = words.percents(option, 1);
  return { percent, ...named({ correlation }) };
}

function readDelay(words: Words): Delay {
  const ms = words.time("delay");
  if (!words.hasNumber()) return { ms };
  const jitterMs = words.time("delay");
  const [correlation] = words.percents("delay", 1);
  return { ms, jitterMs, ...named({ correlation }) };
}

function readDistribution(words: Words): Distribution {
  const word = words.next();
  const found = DISTRIBUTIONS.find((name) => name === word);
  if (found !== undefined) return found;
  throw new Mistake(`distribution${word === "" ? "" : ` ${word}`}: it must be one of ${DISTRIBUTIONS.join(", ")}`);
}

function readReorder(words: Words): Reorder {
  const share = readShare("reorder", words);
  if (words.peek() !== "gap") return share;
  words.next();
  return { ...share, gap: words.whole("reorder gap", "frames, such as 5") };
}

function readRate(words: Words): Rate {
  const bitsPerSecond = words.rate();
  const [overhead, cellSize, cellOverhead] = words.wholes("rate", 3);
  return { bitsPerSecond, ...named({ overhead, cellSize, cellOverhead }) };
}

/** Only what was given. */
function named<T extends Record<string, number | undefined>>(values: T): { [K in keyof T]?: number } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: number;
  };
}

class Words {
  readonly #words: readonly string[];
  #next = 0;

  constructor(text: string) {
    this.#words = text.split(/\s+/).filter((word) => word !== "");
  }

  /** The next word; empty at the end. */
  peek(): string {
    return this.#words[this.#next] ?? "";
  }

  next(): string {
    const word = this.peek();
    this.#next++;
    return word;
  }

  hasNumber(): boolean {
    return /^[-+]?\.?\d/.test(this.peek());
  }

  percent(option: string): number {
    const word = this.next();
    const value = /^(\d+\.?\d*|\.\d+)%?$/.test(word) ? Number.parseFloat(word) : Number.NaN;
    if (value >= 0 && value <= 100) return value;
    throw new Mistake(
      word === ""
        ? `${option}: a percentage is missing, such as 5%`
        : `${option} ${word}: write a percentage, such as 5%`,
    );
  }

  /** As many percentages as follow, at most `most`. */
  percents(option: string, most: number): number[] {
    const values: number[] = [];
    while (values.length < most && this.hasNumber()) values.push(this.percent(option));
    return values;
  }

  /** In milliseconds. */
  time(option: string): number {
    const word = this.next();
    const [, digits, unit] = /^(\d+\.?\d*|\.\d+)([a-z]*)$/i.exec(word) ?? [];
    // tc has taken a bare number for microseconds, for nanoseconds, and its manual for milliseconds.
    const scale = digits !== undefined && Number(digits) === 0 ? 1 : TIMES.get(unit?.toLowerCase() ?? "");
    if (digits !== undefined && scale !== undefined) return (Number(digits) * scale) / 1e6;
    throw new Mistake(
      word === ""
        ? `${option}: a time is missing, such as 10ms`
        : `${option} ${word}: write a time with its unit, such as 10ms`,
    );
  }

  /** In bits a second; tc's units: `bit` is bits, `bps` bytes a second. */
  rate(): number {
    const word = this.next();
    const [, digits, scale = "", unit] = /^(\d+\.?\d*|\.\d+)([kmgt]i?)?(bit|bps)?$/i.exec(word) ?? [];
    if (digits !== undefined && (unit !== undefined || scale === ""))
      return Number(digits) * SCALE.get(scale.toLowerCase())! * (unit?.toLowerCase() === "bps" ? 8 : 1);
    throw new Mistake(
      word === ""
        ? "rate: a rate is missing, such as 1mbit"
        : `rate ${word}: write a rate with its unit, such as 1mbit`,
    );
  }

  whole(option: string, what: string): number {
    const word = this.next();
    if (/^-?\d+$/.test(word)) return Number(word);
    throw new Mistake(
      word === "" ? `${option}: a number of ${what}, is missing` : `${option} ${word}: write a number of ${what}`,
    );
  }

  wholes(option: string, most: number): number[] {
    const values: number[] = [];
    while (values.length < most && this.hasNumber()) values.push(this.whole(option, "bytes, such as 20"));
    return values;
  }
}

/** The text that asks for settings; what is as if nothing was asked is left out. Empty if all is. */
export function formatImpairment(settings: Impairment): string {
  const { loss, delay, distribution, reorder, duplicate, corrupt, rate, limit, mtu } = { ...UNIMPAIRED, ...settings };
  const words: string[] = [];
  if (loss.model === "random") words.push(...shareWords("loss", loss));
  else if (loss.model === "gemodel") {
    const { p, r = 100 - p, lossBad = 100, lossGood = 0 } = loss;
    words.push("loss gemodel", ...[p, r, lossBad, lossGood].map(percentWord));
  } else {
    const { p13, p31 = 100 - p13, p32 = 0, p23 = 100, p14 = 0 } = loss;
    words.push("loss state", ...[p13, p31, p32, p23, p14].map(percentWord));
  }
  const { jitterMs = 0, correlation = 0 } = delay;
  if (delay.ms > 0 || jitterMs > 0) {
    words.push("delay", `${decimal(delay.ms)}ms`);
    if (jitterMs > 0) words.push(`${decimal(jitterMs)}ms`);
    if (jitterMs > 0 && correlation > 0) words.push(percentWord(correlation));
  }
  if (distribution !== "uniform") words.push("distribution", distribution);
  words.push(...shareWords("reorder", reorder));
  if (reorder.percent > 0 && (reorder.gap ?? 1) !== 1) words.push("gap", String(reorder.gap));
  words.push(...shareWords("duplicate", duplicate), ...shareWords("corrupt", corrupt));
  if (rate.bitsPerSecond > 0) {
    const { overhead = 0, cellSize = 0, cellOverhead = 0 } = rate;
    words.push("rate", `${decimal(rate.bitsPerSecond)}bit`);
    if (overhead !== 0 || cellSize !== 0) words.push(String(overhead));
    if (cellSize !== 0) words.push(String(cellSize), String(cellOverhead));
  }
  if (limit !== UNIMPAIRED.limit) words.push("limit", String(limit));
  if (mtu !== 0) words.push("mtu", String(mtu));
  return words.join(" ");
}

function shareWords(option: string, { percent, correlation = 0 }: Share): string[] {
  if (percent === 0) return [];
  return [option, percentWord(percent), ...(correlation > 0 ? [percentWord(correlation)] : [])];
}

function percentWord(value: number): string {
  return `${decimal(value)}%`;
}

/** Without an exponent, which nobody could read back. */
function decimal(value: number): string {
  return value.toFixed(9).replace(/\.?0+$/, "");
}
