/** sniff's options as they come from the command line, and what they mean. */
import { InvalidArgumentError } from "commander";
import type { HexMode, TimestampMode } from "../../packets/text/index.ts";
import { UserError } from "../linux/errors.ts";
import { choice, interfacePlace } from "./options.ts";

/** Options that are counted: `-vv`, `-ttt`, `-xx`, `-dd`. */
export const COUNTED = ["v", "t", "x", "X", "A", "d"] as const;
export type Counts = Record<(typeof COUNTED)[number], number>;

export interface Flags {
  readonly interface?: readonly string[];
  readonly r?: string;
  readonly w?: string;
  readonly c?: number;
  readonly e?: boolean;
  readonly l?: boolean;
  readonly promiscuousMode?: boolean;
  readonly q?: boolean;
  readonly snapshotLength?: number;
  readonly absoluteTcpSequenceNumbers?: boolean;
  readonly dontVerifyChecksums?: boolean;
  readonly direction?: "in" | "out" | "inout";
  readonly packetBuffered?: boolean;
  readonly bufferSize?: number;
  readonly number?: boolean;
  readonly nano?: boolean;
  readonly micro?: boolean;
  readonly timeStampPrecision?: "micro" | "nano";
  readonly count?: boolean;
  readonly print?: boolean;
  readonly json?: boolean;
  readonly explain?: boolean;
  readonly tree?: boolean;
  readonly color?: boolean;
  readonly netns?: string;
  readonly C?: number;
  readonly G?: number;
  readonly W?: number;
  readonly z?: string;
  readonly F?: string;
  readonly O?: boolean;
  readonly linktype?: string;
  readonly listInterfaces?: boolean;
  readonly listDataLinkTypes?: boolean;
}

/** As tcpdump: X before x before A. */
export function hexMode({ x, X, A }: Counts): HexMode {
  if (X > 0) return X > 1 ? "XX" : "X";
  if (x > 0) return x > 1 ? "xx" : "x";
  return A > 1 ? "AA" : A === 1 ? "A" : "none";
}

/** @throws {UserError} as tcpdump, for more than five. */
export function timestampMode(count: number): TimestampMode {
  if (count > 5) throw new UserError("only -t, -tt, -ttt, -tttt and -ttttt are supported");
  const modes: readonly TimestampMode[] = ["time", "none", "epoch", "delta", "date", "elapsed"];
  return modes[count]!;
}

export function collect(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), interfacePlace(text)];
}

export function direction(text: string): "in" | "out" | "inout" {
  return choice("in", "out", "inout")(text.toLowerCase());
}

export function linkType(text: string): string {
  if (/^EN10MB$/i.test(text)) return text;
  throw new InvalidArgumentError("It must be EN10MB: only Ethernet is looked at here.");
}

export function snapLength(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value > 262_144 || Number.isNaN(value))
    throw new InvalidArgumentError("It must be a whole number from 0 to 262144.");
  // 0 means all of it, as with tcpdump.
  return value === 0 ? 262_144 : value;
}
