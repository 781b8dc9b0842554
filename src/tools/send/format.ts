/** send's lines, for people and for programs. */
import type { SendCounters } from "./send.ts";

/** `1,234,567`. */
function grouped(n: number): string {
  return Math.round(n).toLocaleString("en");
}

/** `389.9 Mbit/s`. */
function bitRate(bits: number): string {
  if (bits >= 1e9) return `${(bits / 1e9).toFixed(2)} Gbit/s`;
  if (bits >= 1e6) return `${(bits / 1e6).toFixed(1)} Mbit/s`;
  return `${(bits / 1e3).toFixed(1)} kbit/s`;
}

/** One line without its end, to be overwritten by the next; `before` is what the counters were at the last one. */
export function progressLine(now: SendCounters, before: SendCounters): string {
  const seconds = now.seconds - before.seconds;
  const rate = seconds > 0 ? (now.sent - before.sent) / seconds : 0;
  const bits = seconds > 0 ? (8 * (now.bytes - before.bytes)) / seconds : 0;
  const failed = now.failed > 0 ? `, ${grouped(now.failed)} failed (${now.lastError})` : "";
  return `${grouped(now.sent)} frames sent, ${grouped(rate)}/s, ${bitRate(bits)}${failed}`;
}

/** Why frames could not be sent. */
function failureText(error: string): string {
  return error === "ENXIO" ? "ENXIO: the interface is gone" : error;
}

/** The closing lines. */
export function closingLines(result: SendCounters): string {
  const { sent, bytes, failed, lastError, seconds } = result;
  const mean =
    seconds > 0 && sent > 1 ? `: ${grouped(sent / seconds)} frames/s, ${bitRate((8 * bytes) / seconds)}` : "";
  return `${grouped(sent)} frames sent in ${seconds.toFixed(3)} s${mean}\n${grouped(failed)} could not be sent${failed > 0 ? ` (${failureText(lastError)})` : ""}\n`;
}

/** The same as one JSON object and a newline. */
export function closingJson({ sent, bytes, failed, lastError, seconds }: SendCounters): string {
  const rates =
    seconds > 0 ? { rate: Math.round(sent / seconds), bits_per_second: Math.round((8 * bytes) / seconds) } : {};
  const time = Math.round(1e6 * seconds) / 1e6;
  return `${JSON.stringify({ event: "totals", sent, bytes, failed, seconds: time, ...rates, ...(failed > 0 ? { error: lastError } : {}) })}\n`;
}
