/**
 * Quantiles of netem's jitter distributions, in deviations from the mean: what iproute2's tables (`/usr/lib/tc/*.dist`)
 * hold in 4,096 or more steps. As there, all end at four deviations.
 */
import type { Distribution } from "./settings.ts";

/** Largest entry of a table of 16-bit numbers whose unit is 8,192. */
const FURTHEST = 32_767 / 8192;

/** @param u 0 (included) to 1 (excluded). */
export function quantile(distribution: Distribution, u: number): number {
  switch (distribution) {
    case "uniform":
      return 2 * u - 1;
    case "normal":
      return clamp(normal(u));
    case "pareto":
      return pareto(u);
    default:
      return clamp(normal(u) / 4 + (pareto(u) * 3) / 4);
  }
}

/** With the exponent 3, moved to the mean 0 and scaled as NIST Net did. */
function pareto(u: number): number {
  return clamp(((1 - u) ** (-1 / 3) - 1.5) * (4 / 3));
}

function clamp(x: number): number {
  return Math.min(FURTHEST, Math.max(-FURTHEST, x));
}

// Rational approximations of the inverse normal distribution by Peter Acklam; relative error below 1.15e-9.
const CENTRE = [
  [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239],
  [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1],
] as const;
const TAIL = [
  [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ],
  [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1],
] as const;
const TAIL_BEGINS = 0.02425;

function normal(u: number): number {
  if (u <= 0) return -FURTHEST;
  if (u > 1 - TAIL_BEGINS) return -normal(1 - u);
  if (u < TAIL_BEGINS) {
    const q = Math.sqrt(-2 * Math.log(u));
    return polynomial(TAIL[0], q) / polynomial(TAIL[1], q);
  }
  const q = u - 0.5;
  const r = q * q;
  return (polynomial(CENTRE[0], r) * q) / polynomial(CENTRE[1], r);
}

function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = 0; i < coefficients.length; i++) sum = sum * x + coefficients[i]!;
  return sum;
}
