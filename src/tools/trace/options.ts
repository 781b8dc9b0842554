/** What `trace` can be told: traceroute's options, and what they must not be. */
import type { Clock } from "../../stack/clock.ts";

/**
 * Kinds of probes. `default`: UDP, each to the next port. `udp`: UDP to one port, each from a port of its own. `icmp`: echo
 * requests.
 */
export type Method = "default" | "udp" | "icmp";

export interface TraceOptions {
  /** The destination as the user typed it. */
  readonly target: string;
  /** Where to, a signed 32-bit integer. */
  readonly dst: number;
  /** -I, -U; `default` unless given. */
  readonly method?: Method;
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
  /** -z, in ms: between two probes at least; 0 unless given. */
  readonly sendWaitMs?: number;
  /**
   * -p: UDP port of the first probe, each next goes to the next one (33434); with `udp` the port of all (53), with `icmp`
   * the first sequence number (1).
   */
  readonly port?: number;
  /** --sport: the UDP port that all probes come from; as traceroute has it, they then go one by one. */
  readonly sourcePort?: number;
  /** -F: routers must not fragment probes. */
  readonly dontFragment?: boolean;
  /** --mtu: find out what passes whole, beginning with `length`, 65,000 unless given; one by one. */
  readonly discoverMtu?: boolean;
  /** -t: type of service, 0 to 255. */
  readonly tos?: number;
  /** Bytes of a probe, its headers included; 60 unless given, and 28 at least. */
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

const FIRST_PORT = { default: 33_434, udp: 53, icmp: 1 } as const;
/** IPv4 and UDP, or ICMP. */
export const HEADERS = 28;
const LONGEST = 65_000;

/** The options with what holds where they were left out. */
export function complete(options: TraceOptions) {
  const { method = "default", discoverMtu = false, sourcePort = 0 } = options;
  const full = {
    first: 1,
    max: 30,
    queries: 3,
    simultaneous: 16,
    waitMs: 5000,
    here: 3,
    near: 10,
    sendWaitMs: 0,
    port: FIRST_PORT[method],
    dontFragment: false,
    tos: 0,
    json: false,
    ...options,
    method,
    discoverMtu,
    sourcePort,
    length: Math.max(HEADERS, options.length ?? (discoverMtu ? LONGEST : 60)),
  };
  if (discoverMtu) Object.assign(full, { dontFragment: true, simultaneous: 1 });
  if (sourcePort !== 0) Object.assign(full, { simultaneous: 1, here: 0, near: 0 });
  return full;
}

export type CompleteOptions = ReturnType<typeof complete>;

/** The message for options that cannot be, in traceroute's words where it has some; null if they can. */
export function checkTraceOptions(options: TraceOptions): string | null {
  const { first, max, queries, simultaneous, waitMs, here, near, sendWaitMs, port, sourcePort, tos, length, method } =
    complete(options);
  if (!within(max, 1, 255)) return "max hops cannot be more than 255";
  if (!within(first, 1, max)) return `first hop out of range: 1 to ${max}, the last (-m)`;
  if (!within(queries, 1, 10)) return "no more than 10 probes per hop";
  if (!within(simultaneous, 1, 255)) return "number of simultaneous probes out of range: 1 to 255";
  if (!(waitMs >= 0 && here >= 0 && near >= 0)) return "bad wait specifications";
  if (!(sendWaitMs >= 0)) return "bad sendtime";
  if (!within(length, HEADERS, LONGEST)) return `too big packetlen ${length} specified: ${LONGEST} at most`;
  if (!within(tos, 0, 255)) return "bad type of service: 0 to 255";
  if (!within(port, 0, 65_535) || !within(sourcePort, 0, 65_535)) return "bad port: 1 to 65535";
  if (sourcePort !== 0 && method === "icmp") return "echo requests have no port: --sport goes with UDP";
  return null;
}

function within(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
