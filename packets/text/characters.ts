/** Characters and times in the forms that several of tcpdump's printers share. */
import type { TextWriter } from "./writer.ts";

/** A byte as a character; `M-` before one above 127, `^` before one that cannot be printed. */
export function printCharacter(out: TextWriter, byte: number): void {
  let code = byte;
  if (code >= 0x80) {
    code &= 0x7f;
    out.ascii("M-");
  }
  if (code < 0x20 || code === 0x7f) {
    code ^= 0x40;
    out.ascii("^");
  }
  out.byte(code);
}

const UNITS = [
  [31_536_000, "y"],
  [604_800, "w"],
  [86_400, "d"],
  [3600, "h"],
  [60, "m"],
  [1, "s"],
] as const;

/** Seconds as `1y1w1d1h1m1s`, without the units that are 0; `0s`. */
export function relativeTime(seconds: number): string {
  if (seconds === 0) return "0s";
  let text = "";
  let left = seconds;
  for (const [unit, name] of UNITS) {
    if (left < unit) continue;
    text += `${Math.floor(left / unit)}${name}`;
    left %= unit;
  }
  return text;
}
