/** What `ping` can be told: iputils' options, and what they must not be. */
import type { Clock } from "../../stack/clock.ts";

export interface PingOptions {
  /** The destination as the user typed it. */
  readonly target: string;
  /** The destination, dotted decimal. */
  readonly address: string;
  /** What the first line says after `from`: as iputils with -I. */
  readonly from?: { readonly address: string; readonly device: string };
  /** The requests carry IPv4 options: -R, -T or a source route. */
  readonly withOptions?: boolean;
  /** -c: stop after so many replies (with a deadline) or requests. */
  readonly count?: number;
  /** -i, in ms: 1,000 unless given; 0 sends as fast as replies come. Whole milliseconds count. */
  readonly intervalMs?: number;
  /** -s: bytes of data; 56 unless given. From 16 on, round-trip times are shown, as iputils does. */
  readonly size?: number;
  /** -W, in ms: how long to wait after the last request when nothing came back; 0 for ever; 10,000 unless given. */
  readonly lingerMs?: number;
  /** -w, in ms: stop then, however many requests were sent. */
  readonly deadlineMs?: number;
  /** -q */
  readonly quiet?: boolean;
  /** -f: a dot for each request, a backspace for each reply; interval 0 unless given. */
  readonly flood?: boolean;
  /** -A: the interval adapts to the round-trip time. */
  readonly adaptive?: boolean;
  /** -D: the time of day before each line. */
  readonly timestamps?: boolean;
  /** -O: say which request was not answered before the next one. */
  readonly outstanding?: boolean;
  /** -p: bytes that fill the data over and over, 1 to 16; see {@link parsePattern}. */
  readonly pattern?: Uint8Array;
  /** -j: one JSON object a line. */
  readonly json?: boolean;
  /** The shortest interval that this user may choose, in ms: 0 for root, 2 for others ({@link USER_INTERVAL_MS}). */
  readonly minIntervalMs?: number;
}

/** Where `ping` writes and how it tells the time. */
export interface PingIo {
  readonly clock: Clock;
  /** Writes to standard output. */
  out(text: string): void;
  /** Writes to standard error. */
  err(text: string): void;
  /** Microseconds since 1970: for -D, and for the time that the data carries. */
  unixMicros(): number;
  /** Width of the terminal, if it is one. */
  readonly columns?: number;
}

/** The shortest interval for users other than root. */
export const USER_INTERVAL_MS = 2;

/** Bytes at the start of the data that hold the sending time (a C `struct timeval`), and are not compared. */
export const TIMEVAL_LENGTH = 16;

/**
 * Reads -p: up to 16 bytes in hexadecimal; an odd last digit is a byte of its own, and more than 16 bytes are ignored.
 * @returns the bytes, or the message for the user, in iputils' words.
 */
export function parsePattern(text: string): Uint8Array | string {
  const bad = text.search(/[^0-9a-fA-F]/);
  if (bad >= 0 || text === "") return `patterns must be specified as hex digits: ${text.slice(Math.max(0, bad))}`;
  return Uint8Array.from(text.slice(0, 32).match(/..?/g) ?? [], (digits) => Number.parseInt(digits, 16));
}

/** The message for options that cannot be, in iputils' words; null if they can. */
export function checkPingOptions(options: PingOptions): string | null {
  const { intervalMs, size, count, lingerMs, deadlineMs, minIntervalMs = 0, adaptive } = options;
  const interval = effectiveInterval(options);
  if (intervalMs !== undefined && !(intervalMs >= 0)) return `bad timing interval: ${intervalMs / 1000}`;
  if (interval < minIntervalMs && adaptive !== true)
    return `cannot flood; minimal interval allowed for user is ${minIntervalMs}ms`;
  if (size !== undefined && !(Number.isInteger(size) && size >= 0 && size <= 65_507))
    return `invalid argument: '${size}': out of range: 0 <= value <= 65507`;
  if (count !== undefined && !(Number.isInteger(count) && count >= 1))
    return `invalid argument: '${count}': out of range: 1 <= value`;
  if (lingerMs !== undefined && !(lingerMs >= 0)) return `bad linger time: ${lingerMs / 1000}`;
  if (deadlineMs !== undefined && !(deadlineMs >= 0)) return `bad deadline: ${deadlineMs / 1000}`;
  return null;
}

/** Whole milliseconds between requests. */
export function effectiveInterval(options: PingOptions): number {
  return Math.trunc(options.intervalMs ?? (options.flood === true ? 0 : 1000));
}
