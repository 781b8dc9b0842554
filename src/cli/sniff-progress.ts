/** How far sniff is, on standard error, while nothing else tells. */
import type { SniffCounters } from "../tools/sniff/index.ts";

const EVERY_MS = 500;
const UNITS = ["bytes", "kB", "MB", "GB", "TB"] as const;

/** What is looked at. */
export interface Progressing {
  counters(): SniffCounters;
  /** Bytes read so far of a file of `size` bytes, which is 0 if nobody knows. */
  readonly bytesRead: number;
  readonly size: number;
}

/**
 * Rewrites one line on a terminal every half second: bytes, share of the file, frames, frames a second.
 * @returns a function that ends it and clears the line.
 */
export function showFileProgress(source: Progressing, write: (text: string) => void): () => void {
  const started = process.hrtime.bigint();
  let isShown = false;
  const timer = setInterval(() => {
    isShown = true;
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    write(`\r\x1b[K${fileProgress(source.bytesRead, source.size, source.counters().received, seconds)}`);
  }, EVERY_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    if (isShown) write("\r\x1b[K");
  };
}

/** `512.0 MB of 1.0 GB (50%), 5,200,000 frames, 1,300,000 frames/s` */
export function fileProgress(bytes: number, size: number, frames: number, seconds: number): string {
  const share = size === 0 ? "" : ` of ${amount(size)} (${Math.floor((100 * bytes) / size)}%)`;
  const rate = seconds > 0 ? Math.round(frames / seconds) : 0;
  return `${amount(bytes)}${share}, ${grouped(frames)} frames, ${grouped(rate)} frames/s`;
}

/** tcpdump's -v -w: `Got 12`, rewritten every second if there are more. @returns a function that ends it. */
export function showCaptured(counters: () => SniffCounters, write: (text: string) => void): () => void {
  let before = -1;
  const timer = setInterval(() => {
    const { captured } = counters();
    if (captured === before) return;
    before = captured;
    write(`Got ${captured}\r`);
  }, 1000);
  timer.unref();
  return () => clearInterval(timer);
}

function amount(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}
