/** Times in a script: seconds, or with a unit. */
import type { When } from "./script.ts";
import type { Words } from "./tokens.ts";

const UNITS: Readonly<Record<string, number>> = { "": 1, ms: 0.001, s: 1, min: 60, h: 3600 };
const TIME = /^(\d+(?:\.\d+)?|\.\d+)(ms|s|min|h)?$/;

/** A month, in seconds: what a single step waits at most. */
const LONGEST = 31 * 86_400;

/** @returns seconds; NaN if the text is no time. */
function secondsOf(text: string): number {
  const match = TIME.exec(text);
  return match === null ? Number.NaN : Number(match[1]) * UNITS[match[2] ?? ""]!;
}

/** A span such as `0.1`, `100ms`, `1min`. @returns seconds. */
export function parseSpan(words: Words): number {
  const column = words.column;
  const text = words.take("a time in seconds");
  const seconds = secondsOf(text);
  if (Number.isNaN(seconds)) words.fail(`a time is written 0.1, 100ms or 1min, not \`${text}\``, column);
  if (seconds > LONGEST) words.fail(`a time is at most ${LONGEST / 3600}h, not \`${text}\``, column);
  return seconds;
}

/** A moment, or a window: `+1`, `2.5`, `+1..+2`, `+1..`. */
export function parseWhen(words: Words): When {
  const column = words.column;
  const text = words.take("a time such as +0.1");
  const [first = "", second, ...rest] = text.split("..");
  const isRelative = first.startsWith("+");
  const from = secondsOf(first.replace(/^\+/, ""));
  const to =
    second === undefined ? from : second === "" ? Number.POSITIVE_INFINITY : secondsOf(second.replace(/^\+/, ""));
  const isMixed = second !== undefined && second !== "" && second.startsWith("+") !== isRelative;
  if (rest.length > 0 || isMixed || Number.isNaN(from) || Number.isNaN(to))
    words.fail(
      `a moment is written +0.1 (after the last event), 2.5 (after the start) or +1..+2, not \`${text}\``,
      column,
    );
  if (from > LONGEST || (to > LONGEST && to !== Number.POSITIVE_INFINITY))
    words.fail(`a time is at most ${LONGEST / 3600}h, not \`${text}\``, column);
  if (to < from) words.fail(`the window ${text} ends before it begins`, column);
  return { isRelative, from, to };
}
