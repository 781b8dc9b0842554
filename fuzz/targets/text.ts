/** tcpdump's lines, with options drawn anew for each run: every combination comes up. */
import type { Random } from "../../bench/random.ts";
import { FramePrinter, type HexMode, type TextOptions, type TimestampMode } from "../../packets/text/index.ts";
import type { LineBound, Target } from "../target.ts";

const HEX: readonly HexMode[] = ["none", "none", "x", "xx", "X", "XX", "A", "AA"];
const TIMESTAMPS: readonly TimestampMode[] = ["none", "time", "epoch", "delta", "date", "elapsed"];

/**
 * A line says little that does not stand in the frame: fixed words (the longest are those of -e -v for a frame within a
 * frame within an ICMP error), and for each byte at most a long name, or a share of a domain name that a pointer of two
 * bytes in a question of six stands for (255 characters, RFC 1035 2.3.4).
 */
export const TEXT_LINE: LineBound = { constant: 2048, perByte: 48 };

function draw(random: Random): TextOptions {
  const flip = () => random.below(2) === 0;
  return {
    linkHeader: flip(),
    verbose: random.below(4),
    hex: random.pick(HEX),
    timestamp: random.pick(TIMESTAMPS),
    number: flip(),
    nano: flip(),
    quiet: random.below(4) === 0,
    absoluteSequence: flip(),
    checksums: random.below(4) > 0,
  };
}

export const text: Target = {
  name: "text",
  line: TEXT_LINE,
  start(random) {
    // Three at once, of which one as most people have it.
    const printers = [draw(random), draw(random), { linkHeader: true, verbose: 2 }].map((o) => new FramePrinter(o));
    return ({ buf, off, end }, { originalLength, second, nanosecond }, number, out) => {
      for (const printer of printers) {
        printer.out.clear();
        printer.print(buf, off, end - off, originalLength, second, nanosecond, number);
        out.raw(printer.out.bytes());
      }
    };
  },
};
