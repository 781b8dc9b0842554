/** Numbers as people read them. */

/** A time between two frames, in nanoseconds: `4 µs`, `0.02 ms`, `12 ms`, `1.0 s`. Clocks may go back: that is `0 µs`. */
export function duration(nanoseconds: number): string {
  const us = Math.max(0, nanoseconds) / 1000;
  if (us < 9.5) return `${us.toFixed(0)} µs`;
  if (us < 9_950) return `${(us / 1000).toFixed(2)} ms`;
  if (us < 999_500) return `${(us / 1000).toFixed(0)} ms`;
  return `${(us / 1e6).toFixed(1)} s`;
}

/** `1 byte`, `2 bytes`. */
export function count(number: number, one: string, more = `${one}s`): string {
  return `${number} ${number === 1 ? one : more}`;
}

const ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];

/** `first` to `tenth`, then `11th`. */
export function ordinal(number: number): string {
  const word = ORDINALS[number - 1];
  if (word !== undefined) return word;
  const last = number % 10;
  const isTeen = Math.floor(number / 10) % 10 === 1;
  return `${number}${isTeen || last === 0 || last > 3 ? "th" : ["st", "nd", "rd"][last - 1]}`;
}

/** `#3`, `#3 and #4`, `#3, #4 and #5`; of more than `limit`, the first ones and how many follow. */
export function hashes(numbers: readonly number[], limit = 8): string {
  const shown = numbers.slice(0, limit).map((number) => `#${number}`);
  const left = numbers.length - shown.length;
  if (left > 0) return `${shown.join(", ")} and ${left} more`;
  const last = shown.pop();
  if (last === undefined) return "";
  return shown.length === 0 ? last : `${shown.join(", ")} and ${last}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function list(parts: readonly string[]): string {
  return parts.length < 2 ? (parts[0] ?? "") : `${parts.slice(0, -1).join(", ")} and ${parts[parts.length - 1]}`;
}

const LONGEST_QUOTE = 64;
const utf8 = new TextDecoder();

/** Text that somebody sent, within quotes and on one line: what is not printable is shown as `?`. */
export function quoted(text: Uint8Array | string): string {
  const whole = typeof text === "string" ? text : utf8.decode(text.subarray(0, 4 * LONGEST_QUOTE));
  const clean = whole.replace(/[\p{C}\p{Zl}\p{Zp}\ufffd]/gu, "?");
  const characters = [...clean];
  const shown = characters.length > LONGEST_QUOTE ? `${characters.slice(0, LONGEST_QUOTE).join("")}…` : clean;
  return `"${shown}"`;
}

/** Text of others on one line of a terminal: a line break is shown as a space, what would move the cursor as U+FFFD. */
export function oneLine(text: string): string {
  return text.replace(/[\r\n\t]+/g, " ").replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, "\ufffd");
}
