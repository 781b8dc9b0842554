/** Option sets such as `-n -vv -e`: given to tcpdump as they are, and to our printer as what they mean there. */
import type { HexMode, TextOptions, TimestampMode } from "../../packets/text/index.ts";

/** What is compared unless told otherwise. */
export const DEFAULT_SETS: readonly string[] = ["-n -e", "-n -v", "-n -vv -e", "-n -XX"];

export interface OptionSet {
  /** As it was given. */
  readonly name: string;
  readonly args: readonly string[];
  readonly text: TextOptions;
  /** True if every frame is dumped. */
  readonly isHex: boolean;
}

const TIMESTAMPS: readonly TimestampMode[] = ["time", "none", "epoch", "delta", "date", "elapsed"];
const LONG: Readonly<Record<string, string>> = { "--nano": "", "--number": "", "--absolute-tcp-sequence-numbers": "S" };
const LETTERS = "envqxXAtSK#";

/** @throws {Error} for an option that does not belong to tcpdump's lines. */
export function optionSet(name: string): OptionSet {
  const args = name.split(/\s+/).filter((arg) => arg !== "");
  const letters = args.flatMap((arg) => lettersOf(arg)).join("");
  const count = (letter: string) => letters.split(letter).length - 1;
  return {
    name: args.join(" "),
    args,
    isHex: /[xXA]/.test(letters),
    text: {
      linkHeader: count("e") > 0,
      verbose: Math.min(count("v"), 3),
      hex: hexMode(count),
      timestamp: TIMESTAMPS[Math.min(count("t"), TIMESTAMPS.length - 1)]!,
      number: true,
      nano: args.includes("--nano"),
      quiet: count("q") > 0,
      absoluteSequence: count("S") > 0,
      checksums: count("K") === 0,
    },
  };
}

function lettersOf(arg: string): string[] {
  const long = LONG[arg];
  if (long !== undefined) return [long];
  const letters = /^-([^-].*)$/.exec(arg)?.[1] ?? "";
  const strange = [...letters].find((letter) => !LETTERS.includes(letter));
  if (letters === "" || strange !== undefined)
    throw new Error(`--options takes what changes tcpdump's lines (-${[...LETTERS].join(" -")} --nano), not '${arg}'`);
  return [...letters];
}

/** tcpdump shows -A only without -x and -X, and -x only without -X. */
function hexMode(count: (letter: string) => number): HexMode {
  if (count("X") > 0) return count("X") > 1 ? "XX" : "X";
  if (count("x") > 0) return count("x") > 1 ? "xx" : "x";
  if (count("A") > 0) return count("A") > 1 ? "AA" : "A";
  return "none";
}
