/** DNS, Multicast DNS and DHCP as tcpdump prints them. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { dhcp, dns } from "../../../packets/index.ts";
import { Dissection } from "../../../packets/text/dissection.ts";
import { FramePrinter, TextWriter } from "../../../packets/text/index.ts";
import { Conversations } from "../../../packets/text/tcp-conversations.ts";
import { printUdp } from "../../../packets/text/udp.ts";
import { applicationFrames, udpFrame } from "../../support/application-frames.ts";
import { guarded } from "../../support/guarded.ts";
import { needs } from "../../support/privilege.ts";
import {
  ourText,
  readPcap,
  splitByNumber,
  TCPDUMP_VERSION,
  type TextFrame,
  tcpdumpText,
  tcpdumpVersion,
  textOptions,
  writePcap,
} from "../../support/tcpdump.ts";

const CAPTURES = new URL("../../captures/text/", import.meta.url);
const RECORDED = [
  ["", "plain"],
  ["-v", "v"],
  ["-vvv", "vvv"],
] as const;
const ALL = ["", "-e", "-v", "-vv -e", "-vvv", "-q", "-x", "-v -xx", "-vv -X", "-e -XX"];

const whole = (bytes: Uint8Array): TextFrame => ({ bytes, length: bytes.length, second: 1, microsecond: 0 });

describe("frames of others' programs", () => {
  for (const name of ["dhcp", "dns", "mdns"]) {
    const frames = readPcap(readFileSync(new URL(`${name}.pcap`, CAPTURES)));
    for (const [args, suffix] of RECORDED) {
      test(`${name}.pcap with ${args === "" ? "no option" : args}, against what tcpdump 4.99.3 printed`, () => {
        const expected = splitByNumber(readFileSync(new URL(`${name}.${suffix}.txt`, CAPTURES), "latin1"));
        expect(ourText(frames, { ...textOptions(args.split(" ")), number: true })).toEqual(expected);
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

  const same = (frames: readonly TextFrame[], options: string) => {
    const args = [...options.split(" ").filter((arg) => arg !== ""), "-#", "-t"];
    const theirs = tcpdumpText(writePcap(frames), args);
    const ours = ourText(frames, textOptions(args));
    // The first that differs, not all of them.
    const at = ours.findIndex((text, i) => text !== theirs[i]);
    expect(ours[at]).toBe(theirs[at]);
    expect(theirs.length).toBe(ours.length);
  };

  const mixed = applicationFrames(1, 1500);
  test.each(ALL)("1,500 frames, whole, cut and damaged, with '%s'", (options) => same(mixed, options));

  const cut = ["dhcp", "dns", "mdns"].flatMap((name) => {
    const frames = readPcap(readFileSync(new URL(`${name}.pcap`, CAPTURES)));
    return [frames[1]!, frames[5]!].flatMap(({ bytes, length }) =>
      Array.from({ length: length - 14 }, (_, i) => ({ ...whole(bytes.slice(0, 14 + i)), length })),
    );
  });
  test.each(["", "-v", "-vvv -x"])("cut at every length, with '%s'", (options) => same(cut, options));

  test("every type and class of a question", () => {
    const header = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
    const types = Array.from({ length: 600 }, (_, i) => Uint8Array.of(...header, i >> 8, i & 255, 0, 1));
    const classes = Array.from({ length: 300 }, (_, i) => Uint8Array.of(...header, 0, 1, i >> 8, i & 255));
    const messages = [...types, ...classes];
    same([...messages.map((m) => udpFrame(m, 53)), ...messages.map((m) => udpFrame(m, 5353))].map(whole), "-v");
  });

  test("every opcode, response code and flag", () => {
    const message = (flags: number, extended: number) =>
      dns.build({
        id: 7,
        flags,
        questions: [{ name: "a.", type: 1, recordClass: 1 }],
        answers: [],
        authorities: [],
        additionals: [{ name: ".", type: 41, recordClass: 1232, ttl: extended * 2 ** 24, data: new Uint8Array(0) }],
      });
    const flags = Array.from({ length: 16 }, (_, i) => [0x800 * i, 0x800 * i + 0x8000, i, 0x8000 + i, 1 << i]).flat();
    const messages = [
      ...flags.map((word) => message(word, 0)),
      ...Array.from({ length: 256 }, (_, i) => message(0x8180 + (i & 15), i)),
    ];
    same(
      messages.map((m) => whole(udpFrame(m, 53))),
      "",
    );
  });

  test("every DHCP option with data of every length up to 10", () => {
    const header = new Uint8Array(dhcp.OPTIONS);
    header.set([1, 1, 6]);
    header.set([99, 130, 83, 99], dhcp.VEND);
    const frames = Array.from({ length: 254 * 11 }, (_, i) => {
      const code = 1 + Math.floor(i / 11);
      const data = Uint8Array.from({ length: i % 11 }, (_, at) => (i * 31 + at * 7) % (at % 2 === 0 ? 4 : 256));
      return whole(udpFrame(Uint8Array.of(...header, code, data.length, ...data, 255), 67));
    });
    same(frames, "-v");
  });

  test("whose port has the say", () => {
    const message = Uint8Array.of(0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x80, 1);
    const ports = [53, 5353, 67, 68, 137, 138, 40_000];
    same(
      ports.flatMap((src) => ports.map((dst) => whole(udpFrame(message, dst, src)))),
      "-vv",
    );
  });

  test("lengths of UDP that do not fit", () => {
    const frames = [53, 67, 5353, 40_000].flatMap((port) =>
      [0, 1, 7, 8, 9, 19, 20, 30, 60, 100, 65_535].flatMap((length) =>
        [0, 1].map((moreFragments) => {
          const frame = udpFrame(new Uint8Array(40).fill(1), port);
          frame.set([length >> 8, length & 0xff], 38);
          frame[20] = moreFragments << 5;
          return whole(frame);
        }),
      ),
    );
    for (const options of ["", "-vv", "-q"]) same(frames, options);
  });
});

describe("whatever comes", () => {
  test("nothing outside the frame is read", () => {
    for (const verbose of [0, 1, 2, 3]) {
      // Relative sequence numbers of TCP copy addresses out of the frame in one piece, which `guarded` refuses.
      const printer = new FramePrinter({ verbose, absoluteSequence: true });
      for (const { bytes, length } of applicationFrames(2, 600)) {
        const around = Uint8Array.of(...new Uint8Array(7).fill(0xee), ...bytes, ...new Uint8Array(9).fill(0xee));
        printer.out.clear();
        printer.print(guarded(around, 7, 7 + bytes.length), 7, bytes.length, length, 1, 0);
        expect(printer.out.toString()).toMatch(/\n$/);
      }
    }
  });

  test("nor beyond an EDNS option that ends with it", () => {
    for (let length = 0; length < 5; length++) {
      const data = Uint8Array.of(0, 8, 0, length, ...new Uint8Array(length).fill(1));
      const opt = { name: ".", type: 41, recordClass: 512, ttl: 0, data };
      const message = { id: 1, flags: 0x8180, questions: [], answers: [opt], authorities: [], additionals: [] };
      const bytes = udpFrame(dns.build(message), 53);
      const printer = new FramePrinter({});
      printer.print(guarded(bytes, 0, bytes.length), 0, bytes.length, bytes.length, 1, 0);
      expect(printer.out.toString()).toMatch(length === 0 ? /UDPsize=512 \[ECS\]/ : /\[ECS {2}\(invalid\)\]/);
    }
  });

  test("a UDP length of 0 is a jumbogram's if IPv6 says that it is longer (RFC 2675, 4)", () => {
    const out = new TextWriter();
    const d = new Dissection(out, {}, new Conversations());
    d.buf = new Uint8Array(48);
    d.buf.set([0x60, 0, 0, 0, 0, 0, 17], 0);
    d.end = 48;
    for (const length of [0xffff, 0x10000]) expect(printUdp(d, 0, 6, 40, length, false)).toBe(true);
    expect(out.toString()).toBe(
      ":: > ::: truncated-udplength 0:: > ::: UDP, length 65528".replaceAll(":: > ::", "::.0 > ::.0"),
    );
  });

  test("counts of 65,535 and names that point at each other end soon", () => {
    const counts = [0x80, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    const loop = Uint8Array.of(0, 1, ...counts, ...Array.from({ length: 500 }, (_, i) => [0xc0, 12 + 2 * i]).flat());
    const [text] = ourText([whole(udpFrame(loop, 53))], { verbose: 3 });
    expect(text!.length).toBeLessThan(100_000);
  });
});
