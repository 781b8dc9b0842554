/** LLDP, spanning tree, LLC and their neighbours, and TCP, as tcpdump prints them. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
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
