/** LLDP, spanning tree, LLC and their neighbours, and TCP, as tcpdump prints them. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { FramePrinter, type TextOptions } from "../../../packets/text/index.ts";
import { linkFrames } from "../../support/link-frames.ts";
import { needs } from "../../support/privilege.ts";
import { tcpFrames } from "../../support/tcp-frames.ts";
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

const CAPTURES = new URL("../../captures/text/", import.meta.url);
const RECORDED = [
  ["", "plain"],
  ["-vv -e", "vve"],
] as const;

/** Random changes turn a few frames into protocols that tcpdump follows further. */
const BEYOND =
  / ip-proto-|UDP, (bad )?length|IPX 802|OSI Unnumbered|dsap OSI|ethertype (?!IPv4|802|LLDP|EAPOL|Loop|MPLS)/;

beforeAll(() => {
  process.env.TZ = "UTC";
});

describe("against what tcpdump 4.99.3 printed", () => {
  for (const name of ["link", "segments", "neighbours"]) {
    test.each(RECORDED)(`${name}.pcap with '%s'`, (args, suffix) => {
      const frames = readPcap(readFileSync(new URL(`${name}.pcap`, CAPTURES)));
      const expected = splitByNumber(readFileSync(new URL(`${name}.${suffix}.txt`, CAPTURES), "latin1"));
      expect(frames.length).toBe(expected.length);
      const ours = ourText(frames, { ...textOptions(args.split(" ")), number: true });
      for (const [i, text] of ours.entries()) if (!BEYOND.test(text)) expect(text).toBe(expected[i]);
    });
  }
});

const version = tcpdumpVersion();

needs({ commands: ["tcpdump"] }).describe("side by side with tcpdump", () => {
  if (version !== TCPDUMP_VERSION) {
    test.skip(`skipped: tcpdump is ${version}, and the lines are those of ${TCPDUMP_VERSION}`);
    return;
  }
  const kinds = { link: linkFrames(7, 1320), segments: tcpFrames(7, 1320) };
  for (const [name, frames] of Object.entries(kinds)) {
    const capture = writePcap(frames);
    test.each(["", "-v", "-vv -e", "-vvv -S", "-q", "-q -e", "-x", "-X -v"])(
      `1,320 frames of ${name}, whole, cut and damaged, with '%s'`,
      (text) => {
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
      },
    );
  }
});

describe("whatever comes", () => {
  const options = fc.record({
    linkHeader: fc.boolean(),
    verbose: fc.integer({ min: 0, max: 3 }),
    hex: fc.constantFrom("none", "x", "XX"),
    quiet: fc.boolean(),
  }) satisfies fc.Arbitrary<TextOptions>;
  const types = ["88cc", "888e", "9000", "8847", "88e5", "0026 424203", "0030 aaaa03", "0018 0404af", "0800 45"];
  const random = fc.tuple(fc.constantFrom(...types), fc.uint8Array({ maxLength: 160 })).map(([type, rest]) => {
    const start = Buffer.from(type.replaceAll(" ", ""), "hex");
    const bytes = Uint8Array.of(...new Uint8Array(12), ...start, ...rest);
    return { bytes, length: bytes.length + (rest[0] ?? 0) };
  });
  const made = fc.constantFrom(...linkFrames(9, 500), ...tcpFrames(9, 500));

  /** The frame's text with other bytes on both sides of it. */
  function textAmong(frame: { bytes: Uint8Array; length: number }, around: number, chosen: TextOptions): string {
    const printer = new FramePrinter(chosen);
    const buf = new Uint8Array(frame.bytes.length + 200).fill(around);
    buf.set(frame.bytes, 50);
    printer.print(buf, 50, frame.bytes.length, frame.length, 1, 2);
    return printer.out.toString();
  }

  test("prints one or more lines from the frame's bytes alone, and never throws", () => {
    fc.assert(
      fc.property(fc.oneof(random, made), options, (frame, chosen) => {
        const text = textAmong(frame, 0x00, chosen);
        expect(text).toMatch(/\n$/);
        expect(textAmong(frame, 0xff, chosen)).toBe(text);
        expect(textAmong(frame, 0x41, chosen)).toBe(text);
      }),
      { numRuns: 4000 },
    );
  });
});
