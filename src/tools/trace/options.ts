/** What `trace` can be told: traceroute's options, and what they must not be. */
import type { Clock } from "../../stack/clock.ts";

export interface TraceOptions {
  /** The destination as the user typed it. */
  readonly target: string;
  /** Where to, a signed 32-bit integer. */
  readonly dst: number;
  /** -I: echo requests instead of UDP. */
  readonly echo?: boolean;
  /** -f: time to live of the first probes; 1 unless given. */
  readonly first?: number;
  /** -m: time to live of the last; 30 unless given. */
  readonly max?: number;
  /** -q: probes a hop; 3 unless given. */
  readonly queries?: number;
  /** -N: probes that are out at once; 16 unless given. */
  readonly simultaneous?: number;
  /** -w, in ms: how long to wait for an answer; 5,000 unless given. */
  readonly waitMs?: number;
  /** Second of -w: no longer than so many times what an answer from the same hop took; 3, and 0 for no such rule. */
  readonly here?: number;
  /** Third of -w: no longer than so many times what an answer from a later hop took; 10, and 0 for no such rule. */
  readonly near?: number;
  /** -p: UDP port of the first probe, each next goes to the next one (33434); with -I the first sequence number (1). */
  readonly port?: number;
  /** -F: routers must not fragment probes. */
  readonly dontFragment?: boolean;
  /** -t: type of service, 0 to 255. */
  readonly tos?: number;
  /** Bytes of a probe, its headers included; 60 unless given. */
  readonly length?: number;
  /** -j: one JSON object a line. */
  readonly json?: boolean;
}

/** Where `trace` writes, and how it tells the time. */
export interface TraceIo {
  readonly clock: Clock;
  out(text: string): void;
  err(text: string): void;
}

export const FIRST_PORT = 33_434;
/** IPv4 and UDP, or ICMP. */
export const HEADERS = 28;

/** The options with what holds where they were left out. */
export function complete(options: TraceOptions) {
  return {
    echo: false,
    first: 1,
    max: 30,
    queries: 3,
    simultaneous: 16,
    waitMs: 5000,
    here: 3,
    near: 10,
    port: options.echo === true ? 1 : FIRST_PORT,
    dontFragment: false,
    tos: 0,
    length: 60,
    json: false,
    ...options,
  };
}

export type CompleteOptions = ReturnType<typeof complete>;

/** The message for options that cannot be, in traceroute's words where it has some; null if they can. */
export function checkTraceOptions(options: TraceOptions): string | null {
  const { first, max, queries, simultaneous, waitMs, here, near, port, tos, length } = complete(options);
  if (!within(first, 1, 255) || first > max) return "first hop out of range";
  if (!within(max, 1, 255)) return "max hops cannot be more than 255";
  if (!within(queries, 1, 10)) return "no more than 10 probes per hop";
  if (!within(simultaneous, 1, 255)) return "number of simultaneous probes out of range: 1 to 255";
  if (!(waitMs >= 0 && here >= 0 && near >= 0)) return "bad wait specifications";
  if (!within(length, HEADERS, 65_000)) return `too big packetlen ${length} specified: ${HEADERS} to 65000`;
  if (!within(tos, 0, 255)) return "bad type of service: 0 to 255";
  if (!within(port, 0, 65_536 - max * queries)) return `port ${port} leaves too few ports behind it for all probes`;
  return null;
}

function within(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
