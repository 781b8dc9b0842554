import { describe, expect, test } from "vitest";
import { diagramSvg, reportHtml, reportText } from "../../../src/tools/report/index.ts";
import { answer, arpFrame, ask, B, C, echo, probe } from "../sniff/explain-support.ts";
import { report } from "./support.ts";

const plain = { width: 80, colour: false };

describe("text", () => {
  test("a small capture, to the letter", async () => {
    const found = await report([ask(), answer(), echo("echo-request", 1), echo("echo-reply", 1)]);
    expect(reportText(found, plain)).toBe(`Summary
  test.pcapng: 4 frames of 280 bytes in all, from 2023-11-14 22:13:20 UTC on,
  for 0.003 s (pcapng).
  Captured on ve0.
  Written by test.
  Nothing odd was found.
  protocol  frames  bytes
  ARP       2       84
  ICMP      2       196

Hosts
  MAC                addresses           sent  seen
  02:00:00:00:00:01  10.0.0.1, 10.0.0.2  3     #1–#4
  02:00:00:00:00:02  10.0.0.2            1     #2–#2

What happened
    #      seconds  10.0.0.1                                    10.0.0.2
                    02:00:00:00:00:01                           02:00:00:00:00:02
    1     0.000000  ●─ who has 10.0.0.2? ───────────────────────┼────────►
    2     0.001000  │◄ 10.0.0.2 is at 02:00:00:00:00:02 ────────┤
    3     0.002000  ├─ ping 10.0.0.2, 1 ───────────────────────►│
    4     0.003000  ├─ echo reply 1 ───────────────────────────►│

Who owns which address
  address   MAC                says so by  evidence
  10.0.0.1  02:00:00:00:00:01  request     #1
  10.0.0.2  02:00:00:00:00:02  reply       #2

ARP: who asked for whom
  from      for       asked  answered  min/avg/max ms         answer
  10.0.0.1  10.0.0.2  1      1         1.000 / 1.000 / 1.000  02:00:00:00:00:02

Echo: round-trip times
  from      for       asked  answered     min/avg/max ms
  10.0.0.1  10.0.0.2  1      1 (0% lost)  1.000 / 1.000 / 1.000
`);
  });

  test("a probe that nobody objects to is no question in vain", async () => {
    const text = reportText(await report([probe(), probe()]), { width: 120, colour: false });
    expect(text).toMatch(/02:00:00:00:00:01 \(probing\) +10\.0\.0\.9 +1 \+ 1 again +nobody objects\n/);
  });

  test.each([40, 60, 80, 120, 200])("no line of text is longer than %i columns", async (width) => {
    const stations = Array.from({ length: 12 }, (_, i) => Uint8Array.of(2, 0, 0, 0, 1, i));
    const frames = stations.map((sha, i) =>
      arpFrame(2, sha, `10.0.0.${i + 1}`, i % 2 === 0 ? B : stations[0]!, "10.0.0.99"),
    );
    const found = await report([...frames, answer(B), answer(C), answer(B), ...frames]);
    for (const line of reportText(found, { width, colour: false }).split("\n")) {
      expect([...line].length, line).toBeLessThanOrEqual(Math.max(width, 100));
    }
    const drawing = reportText(found, { width, colour: false }).split("What happened\n")[1]!.split("\n\n")[0]!;
    for (const line of drawing.split("\n")) expect([...line].length, line).toBeLessThanOrEqual(Math.max(width, 65));
  });

  test("colour only where it is wanted, and nothing of others' moves the cursor", async () => {
    const found = await report([
      { bytes: ask(), at: 0, comment: "\x1b[2Jgone\nnext \u202e line" },
      answer(B),
      answer(C),
    ]);
    const text = reportText(found, plain);
    // Escapes and controls other than line breaks would be somebody else's.
    expect([...text].filter((one) => one < " " && one !== "\n")).toEqual([]);
    expect(text).toContain("\ufffd[2Jgone next \ufffd line");
    expect(reportText(found, { width: 80, colour: true })).toContain("\x1b[1mSummary\x1b[0m");
  });
});

describe("SVG and HTML", () => {
  test("well-formed, self-contained, and what others wrote is only text", async () => {
    const found = await report([
      { bytes: ask(), at: 0, comment: `<script>alert("1")</script>&\u0001` },
      answer(B),
      answer(C),
    ]);
    const evil = { ...found, file: "<b>&.pcap" };
    const svg = diagramSvg(evil.diagram, evil.file);
    const html = reportHtml(evil);
    expect(svg).toContain("&lt;b&gt;&amp;.pcap");
    expect(html).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;\ufffd");
    expect(html).not.toMatch(/<script|<b>|src=|href=|url\(/);
    for (const text of [svg, html.slice(html.indexOf("<html"))]) expect(tagsBalance(text)).toBe(true);
    // Who says what to whom, as an arrow with its words.
    expect(svg.match(/<g>/g)).toHaveLength(3);
    expect(svg).toContain("who has 10.0.0.2?");
    expect(svg).toContain("⚠ 10.0.0.2 is at 02:00:00:00:00:03");
  });

  test("a capture without frames", async () => {
    const found = await report([]);
    expect(reportText(found, plain)).toContain("(no frames to draw)");
    expect(tagsBalance(diagramSvg(found.diagram, "x"))).toBe(true);
  });
});

/** True if every element is closed in its turn; meta is the only void one that pages have. */
function tagsBalance(text: string): boolean {
  const open: string[] = [];
  for (const [, close, name, , isVoid] of text.matchAll(/<(\/?)([a-z0-9]+)((?:\s[^<>]*?)?)(\/?)>/g)) {
    if (isVoid === "/" || name === "meta") continue;
    if (close === "") open.push(name!);
    else if (open.pop() !== name) return false;
  }
  return open.length === 0;
}
