/** Lengths of time in the form that several of tcpdump's printers share. */

const UNITS = [
  [31_536_000, "y"],
  [604_800, "w"],
  [86_400, "d"],
  [3_600, "h"],
  [60, "m"],
  [1, "s"],
] as const;

/** Seconds as `1y1w1d1h1m1s`, without the units that are 0; `0s`. */
export function relativeTime(seconds: number): string {
  let text = "";
  let left = seconds;
  for (const [unit, letter] of UNITS) {
    if (left < unit) continue;
    text += `${Math.floor(left / unit)}${letter}`;
    left %= unit;
  }
  return text === "" ? "0s" : text;
}
