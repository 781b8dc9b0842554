import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { TextOptions } from "../../../packets/text/index.ts";
import { needs } from "../../support/privilege.ts";
import {
  ourText,
  readPcap,
  splitByNumber,
  TCPDUMP_VERSION,
  tcpdumpText,
  tcpdumpVersion,
  textOptions,
  writePcap,
} from "../../support/tcpdump.ts";
import { textFrames } from "../../support/text-frames.ts";

const CAPTURES = new URL("../../captures/text/", import.meta.url);
/** Recorded with tcpdump 4.99.3, see the README beside them. */
const RECORDED = [
  ["", "plain"],
  ["-e", "e"],
  ["-vv -e", "vve"],
  ["-XX -t", "XXt"],
] as const;
const ALL = [
  "",
  "-e",
  "-v",
  "-vv -e",
  "-vvv",
  "-q",
  "-q -e",
  "-x",
  "-xx -e",
  "-X",
  "-XX",
  "-A",
  "-AA -e",
  "-v -K",
  "-v -x",
  "-S",
  "-tt",
  "-ttt",
  "-tttt",
  "-ttttt",
  "--nano",
];

/**
 * Protocols that tcpdump follows further than our printer does: their text cannot agree beyond the addresses.
 * Random changes turn a few frames into such.
 */
const BEYOND = / ip-proto-|UDP, (bad )?length|IPX 802|ethertype (?!IPv4|ARP|Reverse ARP|Unknown)/;

beforeAll(() => {
  process.env.TZ = "UTC";
});

describe("frames as tcpdump prints them", () => {
  for (const name of ["kernel", "odd", "ipv6"]) {
    for (const [args, suffix] of RECORDED) {
      test(`${name}.pcap with ${args === "" ? "no option" : args}, against what tcpdump 4.99.3 printed`, () => {
        const frames = readPcap(readFileSync(new URL(`${name}.pcap`, CAPTURES)));
        const expected = splitByNumber(readFileSync(new URL(`${name}.${suffix}.txt`, CAPTURES), "latin1"));
        expect(frames.length).toBe(expected.length);
        const ours = ourText(frames, { ...textOptions(args.split(" ")), number: true });
        for (const [i, text] of ours.entries())
          if (!BEYOND.test(text) || name === "kernel") expect(text).toBe(expected[i]);
      });
    }
  }
});

needs({ commands: ["tcpdump"] }).describe("side by side with tcpdump", () => {
  const version = tcpdumpVersion();
  if (version !== TCPDUMP_VERSION) {
    test.skip(`skipped: tcpdump is ${version}, and the lines are those of ${TCPDUMP_VERSION}`);
    return;
  }
  const frames = textFrames(1, 2100);
  const capture = writePcap(frames);

  test.each(ALL)("2,100 frames, whole, cut and damaged, with '%s'", (text) => {
    const args = [...text.split(" ").filter((arg) => arg !== ""), "-#"];
    const theirs = tcpdumpText(capture, args);
    const ours = ourText(frames, textOptions(args));
    let compared = 0;
    for (const [i, line] of ours.entries()) {
      if (line === theirs[i]) compared++;
      else if (!BEYOND.test(line)) expect(line).toBe(theirs[i]);
    }
    // What is excused stays a small part.
    expect(compared).toBeGreaterThan(0.98 * frames.length);
  });
});

describe("whatever comes", () => {
  const options = fc.record({
    linkHeader: fc.boolean(),
    verbose: fc.integer({ min: 0, max: 3 }),
    hex: fc.constantFrom("none", "x", "xx", "X", "XX", "A", "AA"),
    timestamp: fc.constantFrom("time", "none", "epoch", "delta", "date", "elapsed"),
    quiet: fc.boolean(),
  }) satisfies fc.Arbitrary<TextOptions>;

  test("prints one or more lines, and never throws", () => {
    const start = fc.constantFrom(
      [0x08, 0x00, 0x45],
      [0x08, 0x06, 0],
      [0x81, 0x00, 0, 1, 0x08, 0],
      [0x86, 0xdd, 0x60],
      [],
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), start, options, fc.nat(3000), (rest, type, chosen, more) => {
        const bytes = Uint8Array.from([...new Uint8Array(12), ...type, ...rest]);
        const frame = { bytes, length: bytes.length + more, second: 1, microsecond: 2 };
        const [text] = ourText([frame], chosen);
        expect(text).toMatch(/\n$/);
      }),
      { numRuns: 2000 },
    );
  });

  test("packets nested a thousand deep do not exhaust the stack", () => {
    const bytes = new Uint8Array(14 + 20 * 3000);
    bytes.set([8, 0], 12);
    for (let i = 0; i < 3000; i++) {
      const at = 14 + 20 * i;
      const length = 20 * (3000 - i);
      bytes.set([0x45, 0, length >> 8, length & 255, 0, 0, 0, 0, 64, 4], at);
    }
    const [text] = ourText([{ bytes, length: bytes.length, second: 0, microsecond: 0 }], {});
    expect(text).toContain("ip-proto-4");
  });

  test("says what is wrong with a capture's header", () => {
    const frame = { bytes: new Uint8Array(20), length: 10, second: 0, microsecond: 0 };
    expect(ourText([frame], {})).toEqual(["[Invalid header: len(10) < caplen(20)]\n"]);
    expect(ourText([{ ...frame, bytes: new Uint8Array(0), length: 0 }], {})).toEqual([
      "[Invalid header: caplen==0, len==0]\n",
    ]);
  });
});
