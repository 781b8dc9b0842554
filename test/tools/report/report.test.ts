import { describe, expect, test } from "vitest";
import * as ipv4Address from "../../../packets/ipv4-address.ts";
import { type SimulatedLink, SimulatedWire } from "../../../src/link/simulated.ts";
import { VirtualClock } from "../../../src/stack/clock.ts";
import { Host } from "../../../src/stack/host.ts";
import { HostTransport } from "../../../src/tools/ping/host-transport.ts";
import { startPing } from "../../../src/tools/ping/ping.ts";
import { textFrames } from "../../support/text-frames.ts";
import { ACK, answer, arpFrame, ask, B, C, echo, FIN, probe, RST, SYN, tcpFrame } from "../sniff/explain-support.ts";
import { captureOf, report, reportOf, type Taken } from "./support.ts";

describe("what our own hosts say to each other on the simulated wire", () => {
  /** Every frame that arrives at either end, while 10.0.0.1 pings `to` twice. */
  async function pinging(to: string): Promise<Taken[]> {
    const clock = new VirtualClock();
    const [ve0, ve1] = SimulatedWire.pair({ clock, latencyMs: 0.5 });
    const frames: Taken[] = [];
    const watch = (link: SimulatedLink) =>
      link.onFrames(({ count, buffer, offset, length }) => {
        for (let i = 0; i < count; i++) {
          frames.push({ bytes: buffer.slice(offset[i]!, offset[i]! + length[i]!), at: clock.now() });
        }
      });
    watch(ve0);
    watch(ve1);
    const asker = new Host(ve0, { addresses: ["10.0.0.1/24"], clock });
    new Host(ve1, { addresses: ["10.0.0.2/24"], clock });
    const transport = new HostTransport(asker, { dst: ipv4Address.parse(to)! });
    const io = { clock, out: () => {}, err: () => {}, unixMicros: () => 0 };
    await clock.until(startPing(transport, { target: to, address: to, count: 2 }, io).done);
    return frames;
  }

  test("an answered ping", async () => {
    const found = await reportOf(captureOf(await pinging("10.0.0.2")));
    expect(found).toMatchObject({ schema: "vethlab-report-1", damage: null, findings: [], comments: [] });
    expect(found.summary).toMatchObject({ format: "pcapng", frames: 6, cut: 0, malformed: 0, warnings: 0, notes: 0 });
    expect(found.protocols.map(({ protocol, frames }) => [protocol, frames])).toEqual([
      ["ICMP", 4],
      ["ARP", 2],
    ]);
    expect(found.hosts.map(({ addresses, frames }) => [addresses, frames])).toEqual([
      [["10.0.0.1"], 3],
      [["10.0.0.2"], 3],
    ]);
    expect(found.owners).toMatchObject([
      { address: "10.0.0.1", claims: [{ count: 1, firstFrame: 1, how: ["request"] }] },
      { address: "10.0.0.2", claims: [{ count: 1, firstFrame: 2, how: ["reply"] }] },
    ]);
    const [arp, pings] = found.exchanges;
    expect(arp).toMatchObject({ what: "arp", from: "10.0.0.1", to: "10.0.0.2", asked: 1, answered: 1, unanswered: [] });
    expect(pings).toMatchObject({ what: "echo", from: "10.0.0.1", to: "10.0.0.2", asked: 2, answered: 2 });
    expect(pings!.min).toBeGreaterThan(0);
    expect(pings!.min).toBeLessThanOrEqual(pings!.average!);
    expect(pings!.average).toBeLessThanOrEqual(pings!.max!);
    const [scene] = found.diagram.scenes;
    expect(scene!.events.map(({ from, to, label }) => [from, to, label])).toEqual([
      [0, -1, "who has 10.0.0.2?"],
      [1, 0, expect.stringMatching(/^10\.0\.0\.2 is at /)],
      [0, 1, "ping 10.0.0.2, 1"],
      [1, 0, "echo reply 1"],
      [0, 1, "ping 10.0.0.2, 2"],
      [1, 0, "echo reply 2"],
    ]);
  });

  test("one that nobody answers", async () => {
    const found = await reportOf(captureOf(await pinging("10.0.0.9")));
    const [arp] = found.exchanges;
    expect(arp).toMatchObject({ what: "arp", asked: 1, answered: 0, min: null });
    expect(arp!.repeated).toBeGreaterThan(0);
    expect(found.findings).toMatchObject([{ code: "unanswered", severity: "warning", count: 1 }]);
    expect(found.findings[0]!.examples[0]).toMatchObject({ frame: 1 });
    // Drawn as what they are.
    expect(found.diagram.scenes[0]!.events.every(({ severity }) => severity === "warning")).toBe(true);
  });
});

describe("findings", () => {
  test("by their kind, warnings first, with their frames", async () => {
    const found = await report([ask(), answer(B), answer(C), answer(B), echo("echo-reply", 1)]);
    expect(found.findings.map(({ code, count }) => [code, count])).toEqual([["duplicate-address", 2]]);
    const [conflict] = found.findings;
    expect(conflict!.examples).toMatchObject([
      { frame: 3, refersTo: [2] },
      { frame: 4, refersTo: [3] },
    ]);
    expect(conflict).toMatchObject({ source: "RFC 5227, 2.4", advice: expect.stringContaining("another address") });
    expect(found.owners.find(({ address }) => address === "10.0.0.2")!.claims).toHaveLength(2);
  });

  test("probes hope for silence, broadcasts and groups need not answer", async () => {
    expect((await report([probe(), probe()])).findings).toEqual([]);
  });

  test("only the first examples are kept, and all are counted", async () => {
    const frames = Array.from({ length: 30 }, (_, i) => arpFrame(2, i % 2 === 0 ? B : C, "10.0.0.2", B, "10.0.0.1"));
    const found = await report(frames);
    const conflict = found.findings.find(({ code }) => code === "duplicate-address")!;
    expect(conflict.count).toBe(28);
    expect(conflict.examples).toHaveLength(5);
  });
});

test("TCP connections and how they ended", async () => {
  const found = await report([
    tcpFrame(SYN, 100, 0),
    tcpFrame(SYN | ACK, 500, 101, 0, true),
    tcpFrame(ACK, 101, 501),
    tcpFrame(ACK, 101, 501, 50),
    tcpFrame(ACK, 101, 501, 50),
    tcpFrame(ACK, 501, 151, 7, true),
    tcpFrame(FIN | ACK, 151, 508),
    tcpFrame(FIN | ACK, 508, 152, 0, true),
  ]);
  expect(found.connections).toMatchObject([
    {
      client: "10.0.0.1 port 40000",
      server: "10.0.0.2 port 80",
      state: "closed",
      segments: 8,
      clientBytes: 100,
      serverBytes: 7,
      resent: 1,
      firstFrame: 1,
      lastFrame: 8,
    },
  ]);
  const refused = await report([tcpFrame(SYN, 100, 0), tcpFrame(RST | ACK, 0, 101, 0, true)]);
  expect(refused.connections).toMatchObject([{ state: "refused" }]);
  expect(refused.findings.map(({ code }) => code)).toEqual(["tcp-refused"]);
});

describe("several interfaces", () => {
  test("the same frame seen at both ends of a cable is drawn once, and neither asks nor answers again", async () => {
    const both = [ask(), answer()].flatMap((bytes, i) => [
      { bytes, at: i, wire: 0 },
      { bytes, at: i + 0.1, wire: 1 },
    ]);
    const found = await reportOf(captureOf(both, [{ name: "ve0" }, { name: "ve1" }]));
    expect(found.summary.frames).toBe(4);
    expect(found.findings).toEqual([]);
    expect(found.exchanges.map(({ segment, asked, answered }) => [segment, asked, answered])).toEqual([
      ["", 1, 1],
      ["wire 1", 1, 1],
    ]);
    expect(found.diagram.scenes).toHaveLength(1);
    expect(found.diagram.scenes[0]!.events.map(({ frame }) => frame)).toEqual([1, 3]);
  });

  test("stations that never meet are drawn apart", async () => {
    const other = arpFrame(1, C, "10.0.9.1", Uint8Array.of(255, 255, 255, 255, 255, 255), "10.0.9.2");
    const frames = [
      { bytes: ask(), at: 0 },
      { bytes: other, at: 1, wire: 1 },
    ];
    const interfaces = [{ name: "ve0" }, { name: "ve0", description: "act 2" }];
    const found = await reportOf(captureOf(frames, interfaces));
    expect(found.diagram.scenes.map(({ title, events }) => [title, events.length])).toEqual([
      ["ve0", 1],
      ["ve0 (act 2)", 1],
    ]);
  });
});

test("comments of others are kept, and told from explanations that were saved as comments", async () => {
  const explanation = "10.0.0.1 at 02:00:00:00:00:01 asks everybody: who has 10.0.0.2?";
  const found = await report([
    { bytes: ask(), at: 0, comment: explanation },
    { bytes: answer(), at: 1, comment: "look here" },
    { bytes: answer(), at: 2, comment: "x".repeat(2000) },
  ]);
  expect(found.comments).toMatchObject([
    { frame: 1, text: explanation, isExplanation: true },
    { frame: 2, text: "look here", isExplanation: false },
    { frame: 3, text: `${"x".repeat(500)}…` },
  ]);
});

test("a damaged file is reported on up to the damage", async () => {
  const file = captureOf([
    { bytes: ask(), at: 0 },
    { bytes: answer(), at: 1 },
  ]);
  const found = await reportOf(file.slice(0, file.length - 10));
  expect(found.damage).toMatch(/ends inside a block.* \(at byte \d+\)$/);
  expect(found.summary.frames).toBe(1);
});

test("tables are bounded, and say what they left out", async () => {
  const frames = Array.from({ length: 3000 }, (_, i) => {
    const sha = Uint8Array.of(2, 0, 0, 1, i >> 8, i & 255);
    return arpFrame(1, sha, `10.${1 + (i >> 8)}.${i & 255}.1`, Uint8Array.of(255, 255, 255, 255, 255, 255), "10.0.0.2");
  });
  const found = await report(frames);
  expect(found.hosts).toHaveLength(256);
  expect(found.owners).toHaveLength(1024);
  expect(found.exchanges).toHaveLength(1024);
  expect(found.leftOut).toMatchObject({ owners: 3000 - 1024, exchanges: 3000 - 1024 });
  expect(found.summary.frames).toBe(3000);
  const { scenes, leftOut } = found.diagram;
  expect(scenes[0]!.events).toHaveLength(40);
  expect(scenes[0]!.lifelines).toHaveLength(8);
  expect(leftOut).toBe(3000 - 40);
});

test("later frames are drawn if they are odd", async () => {
  const calm = Array.from({ length: 60 }, (_, i) => [echo("echo-request", i), echo("echo-reply", i)]).flat();
  const found = await report([...calm, answer(B), answer(C), ...calm.slice(0, 1)], { events: 12 });
  const { events } = found.diagram.scenes[0]!;
  expect(events.map(({ frame }) => frame)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 121, 122]);
  expect(events[10]).toMatchObject({ skipped: 110 });
  expect(events[11]).toMatchObject({ skipped: 0, severity: "warning" });
});

test("whatever is in a capture, there is a report", async () => {
  const frames = textFrames(11, 3000).map(({ bytes, length }, i) => ({
    bytes: pad(bytes, length),
    at: i,
    captured: bytes.length,
  }));
  const found = await reportOf(captureOf(frames));
  expect(found.summary.frames).toBe(3000);
  expect(JSON.parse(JSON.stringify(found))).toEqual(found);
});

/** The frame as long as it was on the wire. */
function pad(bytes: Uint8Array, length: number): Uint8Array {
  const whole = new Uint8Array(Math.max(length, bytes.length));
  whole.set(bytes);
  return whole;
}
