/** What `claim` can be told. */
import type { Prefix } from "../../../packets/ipv4-address.ts";
import { ACD_DEFAULTS, type AcdOptions, type Defence } from "../../stack/claim/acd-options.ts";
import type { Clock } from "../../stack/clock.ts";

export interface ClaimToolOptions {
  /** The address to claim; null: a link-local one (RFC 3927), the first that nobody has. */
  readonly address: Prefix | null;
  /** The link-local address to try first. */
  readonly first?: number;
  readonly defence: Defence;
  /** What all of RFC 5227's times are multiplied by; 1 unless given. */
  readonly scale?: number;
  /** End after so many milliseconds, counted from the start. */
  readonly timeoutMs?: number;
  /** End as soon as the address is claimed, the last announcement included. */
  readonly once?: boolean;
  /** One JSON object a line. */
  readonly json?: boolean;
  /** The outcome only. */
  readonly quiet?: boolean;
  readonly colour?: boolean;
  /** Columns of the terminal, which lines are broken to fit; not broken unless given. */
  readonly width?: number;
  /** Lines a second, at most; 50 unless given. */
  readonly linesPerSecond?: number;
}

export interface ClaimIo {
  readonly clock: Clock;
  /** Writes to standard output. */
  out(text: string): void;
  /** Writes to standard error. */
  err(text: string): void;
}

/** RFC 5227's numbers, with its times multiplied. */
export function scaled(factor: number): AcdOptions {
  const entries = Object.entries(ACD_DEFAULTS).map(([name, value]) => [
    name,
    name.endsWith("Ms") ? value * factor : value,
  ]);
  return Object.fromEntries(entries) as AcdOptions;
}
