/** What `arping` can be told: iputils' options, and a few more. */
import type { Clock } from "../../stack/clock.ts";

export interface ArpingOptions {
  /** Whom to ask for, a signed 32-bit integer. */
  readonly target: number;
  /** Who asks: a signed 32-bit integer; 0 with -D unless a source is wanted. With -U and -A: the target. */
  readonly source: number;
  /** The asker's MAC address. */
  readonly mac: Uint8Array;
  /** -c: stop after so many probes. */
  readonly count?: number;
  /** -w, in ms: stop then; with -c, stop when so many replies came, and call fewer a failure. */
  readonly timeoutMs?: number;
  /** -i, in ms; 1,000 unless given. */
  readonly intervalMs?: number;
  /** -b: keep on broadcasting, do not unicast to who answered. */
  readonly broadcast?: boolean;
  /** -D: duplicate address detection (RFC 5227's probe): stops at the first answer; exit 0 if the address is free. */
  readonly detect?: boolean;
  /** -U: announce the target as ours by requests. */
  readonly unsolicited?: boolean;
  /** -A: the same by replies. */
  readonly advertise?: boolean;
  /** -f: stop at the first reply. */
  readonly first?: boolean;
  /** -q */
  readonly quiet?: boolean;
  /** One JSON object a line. */
  readonly json?: boolean;
  /** Watch for a second station that answers for the address: exit 1 if there is one. Keeps on broadcasting. */
  readonly duplicates?: boolean;
  /** Tag the probes for this VLAN, 1 to 4094, and hear only answers from it. */
  readonly vlan?: number;
  /** Whether to go on when the interface is set down; it ends the run unless told. */
  readonly surviveDown?: boolean;
}

export interface ArpingIo {
  readonly clock: Clock;
  /** Writes to standard output. */
  out(text: string): void;
  /** Writes to standard error. */
  err(text: string): void;
}

/** The message for options that cannot be, in iputils' words where it has some; null if they can. */
export function checkArpingOptions(options: ArpingOptions): string | null {
  const { source, detect, unsolicited, advertise, count, timeoutMs, intervalMs } = options;
  if (source === 0 && detect !== true && unsolicited !== true && advertise !== true)
    return "no source address in not-DAD mode";
  if (count !== undefined && !(Number.isInteger(count) && count >= 1))
    return `invalid argument: '${count}': out of range: 1 <= value`;
  if (timeoutMs !== undefined && !(timeoutMs >= 0)) return `bad timeout: ${timeoutMs / 1000}`;
  if (intervalMs !== undefined && !(intervalMs > 0)) return `bad interval: ${intervalMs / 1000}`;
  return null;
}
