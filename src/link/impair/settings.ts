/**
 * What an impairment can be told: netem's options under netem's names (tc-netem(8)), for one direction of a link.
 * Percentages go from 0 to 100, times are in milliseconds.
 */

/** Something that happens to a share of the frames. */
export interface Share {
  /** 0 to 100. */
  readonly percent: number;
  /**
   * 0 to 100: how far each draw repeats the one before. The draw is that share of the last one and the rest new, as in
   * netem, so that draws gather around the middle: the more they correlate, the fewer of them are below a small percentage.
   */
  readonly correlation?: number;
}

/** Each frame is lost with the same probability. */
export interface RandomLoss extends Share {
  readonly model: "random";
}

/** Gilbert-Elliott: a good and a bad state, each with a loss of its own. */
export interface GilbertElliottLoss {
  readonly model: "gemodel";
  /** From the good state to the bad one, a frame. */
  readonly p: number;
  /** Back; 100 - p unless given, which makes losses independent. */
  readonly r?: number;
  /** netem's 1-h: loss in the bad state; 100 unless given. */
  readonly lossBad?: number;
  /** netem's 1-k: loss in the good state; 0 unless given. */
  readonly lossGood?: number;
}

/**
 * Four states: 1 good, 2 good within a burst, 3 lost within a burst, 4 lost alone. The numbers are the probabilities of
 * going from one to another, a frame.
 */
export interface StateLoss {
  readonly model: "state";
  readonly p13: number;
  /** 100 - p13 unless given. */
  readonly p31?: number;
  /** 0 unless given. */
  readonly p32?: number;
  /** 100 unless given. */
  readonly p23?: number;
  /** 0 unless given. */
  readonly p14?: number;
}

export type Loss = RandomLoss | GilbertElliottLoss | StateLoss;

export interface Delay {
  readonly ms: number;
  /** How far the delay varies: see {@link Distribution}. 0 unless given. */
  readonly jitterMs?: number;
  readonly correlation?: number;
}

/** How jitter spreads: `uniform` within it to both sides; the others have it as their deviation and end at four of it. */
export const DISTRIBUTIONS = ["uniform", "normal", "pareto", "paretonormal"] as const;
export type Distribution = (typeof DISTRIBUTIONS)[number];

export interface Reorder extends Share {
  /** Only every so many frames one may go ahead; 1 unless given. */
  readonly gap?: number;
}

export interface Rate {
  /** 0: unlimited. */
  readonly bitsPerSecond: number;
  /** Bytes added to each frame, may be negative. */
  readonly overhead?: number;
  /** Payload of a link layer's cells, in bytes; 0: no cells. */
  readonly cellSize?: number;
  /** Bytes added to each cell, may be negative. */
  readonly cellOverhead?: number;
}

/** What becomes of the frames that go one way. What is not named is left as it is. */
export interface Impairment {
  readonly loss?: Loss;
  readonly delay?: Delay;
  /** Of the delay's jitter; `uniform` unless given, as netem does it whatever its manual says. */
  readonly distribution?: Distribution;
  /** Frames that go ahead of those that are delayed; needs a delay. */
  readonly reorder?: Reorder;
  readonly duplicate?: Share;
  /** Frames of which one bit is turned. */
  readonly corrupt?: Share;
  readonly rate?: Rate;
  /** Frames held at once, at least 1; what comes beyond is dropped. 1,000 unless given. */
  readonly limit?: number;
  /** Frames with a longer payload, in bytes without the Ethernet header and its tags, are dropped. 0: no limit. */
  readonly mtu?: number;
}

/** Both directions, as seen from the link's user. */
export interface Impairments {
  /** Of received frames. */
  readonly in?: Impairment;
  /** Of sent frames. */
  readonly out?: Impairment;
}

export type Settings = Required<Impairment>;

/** Nothing happens. */
export const UNIMPAIRED: Settings = {
  loss: { model: "random", percent: 0 },
  delay: { ms: 0 },
  distribution: "uniform",
  reorder: { percent: 0 },
  duplicate: { percent: 0 },
  corrupt: { percent: 0 },
  rate: { bitsPerSecond: 0 },
  limit: 1000,
  mtu: 0,
};

/** A day: more than anybody waits. */
const LONGEST_MS = 86_400_000;
const MOST_FRAMES = 1_000_000;

/**
 * The settings after a change: each one named replaces the one before, as a whole.
 * @throws {RangeError} in one line, on a value out of bounds and on what makes no sense together.
 */
export function merge(settings: Settings, change: Impairment): Settings {
  const merged: Settings = { ...settings, ...defined(change) };
  const problem = problemOf(merged);
  if (problem !== null) throw new RangeError(problem);
  return merged;
}

function defined(change: Impairment): Impairment {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

/** What is wrong with settings, in one line; null if nothing is. */
export function problemOf(settings: Settings): string | null {
  const { loss, delay, distribution, reorder, duplicate, corrupt, rate, limit, mtu } = settings;
  const { model, ...probabilities } = loss;
  const shares = { reorder: shareOf(reorder), duplicate: shareOf(duplicate), corrupt: shareOf(corrupt) };
  for (const [option, values] of Object.entries({ loss: probabilities, ...shares }))
    for (const [name, value] of Object.entries(values))
      if (value !== undefined && !within(value, 0, 100))
        return `${option}: ${name} ${value} is none: percentages go from 0 to 100`;
  if (!within(delay.correlation ?? 0, 0, 100))
    return `delay: correlation ${delay.correlation} is none: percentages go from 0 to 100`;
  if (!["random", "gemodel", "state"].includes(model)) return `loss: no model ${model}: random, gemodel or state`;
  if (!within(delay.ms, 0, LONGEST_MS) || !within(delay.jitterMs ?? 0, 0, LONGEST_MS))
    return "delay: times go from 0 to a day";
  if (!DISTRIBUTIONS.includes(distribution))
    return `distribution: no ${distribution}: one of ${DISTRIBUTIONS.join(", ")}`;
  if (reorder.percent > 0 && delay.ms === 0) return "reorder: it needs a delay that frames can go ahead of";
  if (!isWhole(reorder.gap ?? 1, 1, MOST_FRAMES)) return `reorder: gap ${reorder.gap} is none: a number from 1`;
  if (!within(rate.bitsPerSecond, 0, 1e13)) return "rate: it goes from 0, unlimited, to 10 Tbit/s";
  for (const [name, least] of [
    ["overhead", -65_535],
    ["cellSize", 0],
    ["cellOverhead", -65_535],
  ] as const)
    if (!isWhole(rate[name] ?? 0, least, 65_535))
      return `rate: ${name} ${rate[name]} is none: bytes from ${least} to 65535`;
  if (!isWhole(limit, 1, MOST_FRAMES)) return `limit: ${limit} is none: frames from 1 to ${MOST_FRAMES}`;
  if (!isWhole(mtu, 0, 65_535)) return `mtu: ${mtu} is none: bytes up to 65535, 0 for no limit`;
  return null;
}

function shareOf({ percent, correlation }: Share): Share {
  return { percent, ...(correlation === undefined ? {} : { correlation }) };
}

function within(value: number, low: number, high: number): boolean {
  return value >= low && value <= high;
}

function isWhole(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && within(value, low, high);
}
