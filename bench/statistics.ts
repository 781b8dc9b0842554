/**
 * What a handful of noisy timings says: the middle, the ends, and how two contenders compare when each round of one is
 * set against the round of the other that ran beside it.
 */

/** Figures of one contender, or ratios of two, over all rounds. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * The middle value; of an even number of values the mean of the two in the middle.
 * @throws {RangeError} when there is none.
 */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("no values, no median");
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Median, least and greatest. */
export function summarize(values: readonly number[]): Summary {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * How far the rounds lie apart, as a share of the median: the middle half of the rounds (third quartile less first).
 * One interrupted round does not move it, a machine that is busy all the time does.
 */
export function spread(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / median(values);
}

/**
 * `values[i] / reference[i]` for each round i, summarized. Rounds that ran beside each other saw the same machine, so
 * these ratios hold where the figures themselves drift.
 * @throws {RangeError} when the two have not run the same rounds.
 */
export function ratios(values: readonly number[], reference: readonly number[]): Summary {
  if (values.length !== reference.length) {
    throw new RangeError(`${values.length} rounds cannot be paired with ${reference.length}`);
  }
  return summarize(values.map((value, i) => value / reference[i]!));
}

/** Linear between the neighbours, as most tools compute it. */
function quantile(sorted: readonly number[], q: number): number {
  const place = (sorted.length - 1) * q;
  const low = Math.floor(place);
  const above = sorted[Math.min(low + 1, sorted.length - 1)]!;
  return sorted[low]! + (above - sorted[low]!) * (place - low);
}
