import { beforeAll, describe, expect, test } from "vitest";
import type { TextOptions } from "../../../packets/text/index.ts";
import { ipv6Frames, ipv6Samples } from "../../support/ipv6-frames.ts";
import { needs } from "../../support/privilege.ts";
import {
  ourText,
  TCPDUMP_VERSION,
  type TextFrame,
  tcpdumpText,
  tcpdumpVersion,
  textOptions,
  writePcap,
} from "../../support/tcpdump.ts";

beforeAll(() => {
  process.env.TZ = "UTC";
});

const samples = ipv6Samples();
const stamp = { second: 1_700_000_000, microsecond: 0 };

/** tcpdump follows protocols that the printer does not, into which random changes turn a few frames. */
const BEYOND = / ip-proto-|UDP, (bad )?length/;

/** @returns frames whose text is the same; fails at the first that differs without an excuse. */
function compare(frames: readonly TextFrame[], text: string, excused = BEYOND): number {
  const args = [...text.split(" ").filter((arg) => arg !== ""), "-#"];
  const theirs = tcpdumpText(writePcap(frames), args);
  let same = 0;
  for (const [i, line] of ourText(frames, textOptions(args)).entries()) {
    if (line === theirs[i]) same++;
    else if (!excused.test(line)) expect(line).toBe(theirs[i]);
  }
  return same;
}

needs({ commands: ["tcpdump"] }).describe("IPv6, ICMPv6 and IGMP side by side with tcpdump", () => {
  const version = tcpdumpVersion();
  if (version !== TCPDUMP_VERSION) {
    test.skip(`skipped: tcpdump is ${version}, and the lines are those of ${TCPDUMP_VERSION}`);
    return;
  }
  const whole = samples.map((bytes) => ({ bytes, length: bytes.length, ...stamp }));

  test.each(["", "-e", "-v", "-vv -e", "-vvv", "-q", "-q -e", "-x", "-v -xx", "-vv -X", "-XX"])(
    "one frame of every kind with '%s'",
    (text) => {
      expect(whole.length).toBeGreaterThan(500);
      expect(compare(whole, text, /^$/)).toBe(whole.length);
    },
  );

  test.each([
    ["-vvv", 0],
    ["-x", 1],
    ["-v -e", 2],
  ])("every kind cut by the capture at every length, with '%s'", (text, turn) => {
    const frames = samples
      .filter((_, i) => i % 3 === turn)
      .flatMap((bytes) =>
        Array.from({ length: bytes.length - 14 }, (_, i) => ({
          bytes: bytes.slice(0, 14 + i),
          length: bytes.length,
          ...stamp,
        })),
      );
    expect(compare(frames, text, /^$/)).toBe(frames.length);
  });

  test.each(["", "-vv -e", "-vvv", "-q", "-v -X"])("4,000 frames, whole, cut and damaged, with '%s'", (text) => {
    const frames = ipv6Frames(1, 4000);
    expect(compare(frames, text)).toBeGreaterThan(0.99 * frames.length);
  });
});

describe("IPv6's text", () => {
  const one = (bytes: Uint8Array, options: TextOptions) =>
    ourText([{ bytes, length: bytes.length, ...stamp }], { timestamp: "none", ...options })[0]!;
  const frameOf = (next: number, payload: Uint8Array) =>
    Uint8Array.of(
      ...new Uint8Array(12),
      0x86,
      0xdd,
      0x60,
      0,
      0,
      0,
      payload.length >> 8,
      payload.length & 255,
      next,
      64,
      ...new Uint8Array(32),
      ...payload,
    );

  test("packets and frames nested a thousand deep do not exhaust the stack", () => {
    for (const [next, header] of [
      [41, 40],
      [143, 54],
    ] as const) {
      const bytes = new Uint8Array(14 + 1500 * header);
      for (let i = 0; i < 1500; i++) {
        const at = 14 + header * i;
        bytes.set([0x86, 0xdd, 0x60], at - 2);
        const length = bytes.length - at - 40;
        bytes.set([length >> 8, length & 255, next, 64], at + 4);
      }
      expect(one(bytes, {})).toContain(`ip-proto-${next}`);
    }
  });

  test("eight thousand authentication headers in a row are walked, not nested", () => {
    // Each of 8 bytes, and four more behind the last: tcpdump takes the sequence number from there.
    const payload = new Uint8Array(64_004);
    for (let i = 0; i < 64_000; i += 8) payload[i] = i + 8 < 64_000 ? 51 : 59;
    expect(one(frameOf(51, payload), {}).slice(-30)).toMatch(/: no next header\n$/);
  });

  test("options, records and sources that a packet only claims cost nothing", () => {
    const report = new Uint8Array(30);
    report.set([143, 0, 0, 0, 0, 0, 0xff, 0xff, 4, 0, 0xff, 0xff]);
    const text = one(frameOf(58, report), { verbose: 3 });
    expect(text).toContain("65535 group record(s)");
    expect(text.length).toBeLessThan(300);
  });
});
