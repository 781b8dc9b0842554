/** ping's words: iputils' lines to the byte, or JSON with its keys. */
import { COUNTED_OPTIONS } from "./ip-options.ts";
import type { PingOptions } from "./options.ts";
import type { Statistics } from "./statistics.ts";

/** µs as milliseconds with three decimals. */
export function millis(micros: number): string {
  return `${Math.trunc(micros / 1000)}.${String(micros % 1000).padStart(3, "0")}`;
}

/** A round-trip time as iputils shows it: four digits that count. */
export function timeText(micros: number): string {
  if (micros >= 100_000 - 50) return String(Math.trunc((micros + 500) / 1000));
  if (micros >= 10_000 - 5) {
    const tenths = Math.trunc((micros + 50) / 100);
    return `${Math.trunc(tenths / 10)}.${tenths % 10}`;
  }
  if (micros >= 1000) {
    const hundredths = Math.trunc((micros + 5) / 10);
    return `${Math.trunc(hundredths / 100)}.${String(hundredths % 100).padStart(2, "0")}`;
  }
  return millis(micros);
}

/** C's `%g` of a number from 0 up: six digits that count. */
export function general(value: number): string {
  const rounded = Number(Math.fround(value).toPrecision(6));
  if (rounded === 0 || rounded >= 1e-4) return String(rounded);
  return rounded.toExponential().replace(/e-(\d)$/, "e-0$1");
}

/** `[1795436324.336614] `, what -D puts before a line. */
export function timestamp(micros: number): string {
  return `[${Math.trunc(micros / 1e6)}.${String(Math.trunc(micros % 1e6)).padStart(6, "0")}] `;
}

export function headline(options: PingOptions): string {
  const { target, address, from, size = 56, pattern, quiet } = options;
  const hex = pattern === undefined ? "" : Array.from(pattern, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const first = pattern === undefined || quiet === true ? "" : `PATTERN: 0x${hex}\n`;
  const source = from === undefined ? "" : `from ${from.address} ${from.device}: `;
  const all = size + 28 + (options.withOptions === true ? COUNTED_OPTIONS : 0);
  return `${first}PING ${target} (${address}) ${source}${size}(${all}) bytes of data.\n`;
}

/** The comparison's result as iputils prints it: the first wrong byte, then all of the data after the time. */
export function wrongData(index: number, expected: number, buf: Uint8Array, off: number, size: number): string {
  const hex = (byte: number) => byte.toString(16);
  let text = `\nwrong data byte #${index} should be 0x${hex(expected)} but was 0x${hex(buf[off + index]!)}`;
  for (let i = 16; i < size; i++) {
    if (i % 32 === 16) text += `\n#${i}\t`;
    text += `${hex(buf[off + i]!)} `;
  }
  return text;
}

export interface RunTimes {
  /** From the start to the last request, in µs. */
  readonly elapsedMicros: number;
  /** True if round-trip times were taken. */
  readonly timing: boolean;
  /** True if the time between requests is worth showing: flood, adaptive, or no interval. */
  readonly showGap: boolean;
}

function gap(stats: Statistics, times: RunTimes): string | null {
  if (!times.showGap || stats.received === 0 || stats.transmitted < 2) return null;
  return millis(Math.trunc(times.elapsedMicros / (stats.transmitted - 1)));
}

export function summary(options: PingOptions, stats: Statistics, times: RunTimes): string {
  let text = `\n--- ${options.target} ping statistics ---\n${stats.transmitted} packets transmitted, ${stats.received} received`;
  if (stats.duplicates > 0) text += `, +${stats.duplicates} duplicates`;
  if (stats.errors > 0) text += `, +${stats.errors} errors`;
  if (stats.transmitted > 0)
    text += `, ${general(stats.loss)}% packet loss, time ${Math.trunc((times.elapsedMicros + 500) / 1000)}ms`;
  const parts: string[] = [];
  if (stats.received > 0 && times.timing) {
    const values = [stats.min, stats.average, stats.max, stats.deviation].map(millis);
    parts.push(`rtt min/avg/max/mdev = ${values.join("/")} ms`);
  }
  if (stats.pipe > 1) parts.push(`pipe ${stats.pipe}`);
  const between = gap(stats, times);
  if (between !== null) parts.push(`ipg/ewma ${between}/${millis(stats.ewma)} ms`);
  return `${text}\n${parts.join(", ")}\n`;
}

/** SIGQUIT's line. */
export function interim(stats: Statistics, timing: boolean): string {
  let text = `\r${stats.received}/${stats.transmitted} packets, ${Math.trunc(stats.loss)}% loss`;
  if (stats.received > 0 && timing) {
    const values = [stats.min, stats.average, stats.ewma, stats.max].map(millis);
    text += `, min/avg/ewma/max = ${values.join("/")} ms`;
  }
  return `${text}\n`;
}

/** The summary as an object: iputils' keys, numbers as numbers, times in ms. */
export function summaryObject(options: PingOptions, stats: Statistics, times: RunTimes): Record<string, unknown> {
  const object: Record<string, unknown> = {
    host: options.target,
    transmitted: stats.transmitted,
    received: stats.received,
    duplicates: stats.duplicates,
    corrupted: 0,
    errors: stats.errors,
    loss: Number(general(stats.loss)),
    time: Math.trunc((times.elapsedMicros + 500) / 1000),
  };
  if (stats.received > 0 && times.timing)
    object.rtt = {
      min: stats.min / 1000,
      avg: stats.average / 1000,
      max: stats.max / 1000,
      mdev: stats.deviation / 1000,
    };
  if (stats.pipe > 1) object.pipe = stats.pipe;
  const between = gap(stats, times);
  if (between !== null) Object.assign(object, { ipg: Number(between), ewma: stats.ewma / 1000 });
  return object;
}
