import { describe, expect, test } from "vitest";
import type { HostOptions } from "../../../src/stack/host.ts";
import { type AnswerRun, startAnswer } from "../../../src/tools/answer/answer.ts";
import { clockText, grouped } from "../../../src/tools/answer/format.ts";
import type { AnswerToolOptions } from "../../../src/tools/answer/options.ts";
import { arpFrame, Bench, echoFrame, HOST_IP, ip } from "../../stack/support.ts";

interface Scene {
  bench: Bench;
  run: AnswerRun;
  out: string;
  err: string;
}

function scene(options: AnswerToolOptions = {}, host: Partial<HostOptions> = {}): Scene {
  // Without the bench's own observer, so that only answer listens.
  const bench = new Bench({ ...host, observer: () => {} });
  const s = { bench, out: "", err: "" } as Scene;
  s.run = startAnswer(bench.host, options, {
    clock: bench.clock,
    out: (text) => {
      s.out += text;
    },
    err: (text) => {
      s.err += text;
    },
  });
  return s;
}

/** The lines without their times of day. */
const lines = (text: string) => text.replace(/^\d\d:\d\d:\d\d\.\d{6} /gm, "").split("\n");

describe("answer", () => {
  test("tells what it answers, and sums up", async () => {
    const s = scene();
    s.bench.send(arpFrame(), echoFrame(), arpFrame({ tpa: ip("10.0.0.7") }));
    s.run.interrupt();
    expect(await s.run.done).toBe(0);
    expect(lines(s.out)).toEqual([
      "ANSWERING for 10.0.0.2 at 02:00:00:00:00:bb on ve1",
      "ARP: told 10.0.0.1 (02:00:00:00:00:aa) where 10.0.0.2 is",
      "echo: answered 10.0.0.1 (02:00:00:00:00:aa) as 10.0.0.2, id 4660, seq 1, length 64",
      "",
      "--- 10.0.0.2 answer statistics ---",
      "3 frames received",
      "1 ARP requests answered, 1 echo requests answered, 1 frames dropped",
      "  1 ARP asks for somebody else",
      "",
    ]);
  });

  test("after its end it answers nobody", async () => {
    const s = scene();
    s.run.interrupt();
    await s.run.done;
    expect(s.bench.send(arpFrame())).toEqual([]);
  });

  test("names who uses its address", () => {
    const s = scene();
    s.bench.send(arpFrame({ spa: HOST_IP }));
    expect(lines(s.out)[1]).toBe("address conflict: 02:00:00:00:00:aa uses 10.0.0.2, which is ours");
  });

  test("verbose tells of drops too", () => {
    const s = scene({ verbose: true });
    s.bench.send(arpFrame({ tpa: ip("10.0.0.7") }));
    expect(lines(s.out)[1]).toBe("dropped 42 bytes from 02:00:00:00:00:aa: ARP asks for somebody else");
  });

  test("quiet tells the totals alone", () => {
    const s = scene({ quiet: true });
    s.bench.send(arpFrame());
    expect(lines(s.out)).toEqual(["ANSWERING for 10.0.0.2 at 02:00:00:00:00:bb on ve1", ""]);
    s.run.interim();
    expect(s.err).toContain("1 ARP requests answered");
  });

  test("a flood is summed up once a second, and answered all the same", async () => {
    const s = scene({ linesPerSecond: 3 });
    for (let i = 0; i < 100; i++) s.bench.send(...Array.from({ length: 15 }, () => echoFrame()));
    expect(s.bench.seen.length).toBe(1500);
    const shown = () => lines(s.out).filter((line) => line.startsWith("echo:")).length;
    expect(shown()).toBe(3);
    s.bench.clock.advance(1000);
    expect(lines(s.out).at(-2)).toBe("… and 1,497 more in the last second");
    s.bench.send(echoFrame());
    expect(shown()).toBe(4);
    s.run.interrupt();
    await s.run.done;
    expect(s.out).toContain("1,501 echo requests answered");
  });

  test("a flood of conflicts is counted right as well", () => {
    const s = scene({ linesPerSecond: 2 });
    s.bench.send(...Array.from({ length: 10 }, () => arpFrame({ spa: HOST_IP })));
    s.bench.clock.advance(1000);
    expect(lines(s.out).at(-2)).toBe("… and 8 more in the last second");
  });

  test("what was not shown when it ends is told", async () => {
    const s = scene({ linesPerSecond: 1 });
    s.bench.send(echoFrame(), echoFrame(), echoFrame());
    s.run.interrupt();
    await s.run.done;
    expect(s.out).toContain("… and 2 more in the last second\n\n---");
  });

  test("--json: one object a line", async () => {
    const s = scene({ json: true, linesPerSecond: 2 });
    s.bench.send(arpFrame(), echoFrame(), echoFrame());
    s.bench.clock.advance(1000);
    s.run.interrupt();
    await s.run.done;
    const objects = s.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const mac = "02:00:00:00:00:aa";
    expect(objects).toEqual([
      { event: "answering", interface: "ve1", mac: "02:00:00:00:00:bb", addresses: ["10.0.0.2"] },
      { event: "arp-answered", time: 0.00005, ip: "10.0.0.2", to: "10.0.0.1", mac },
      {
        event: "echo-answered",
        time: 0.00005,
        from: "10.0.0.1",
        to: "10.0.0.2",
        mac,
        id: 0x1234,
        seq: 1,
        length: 64,
        ttl: 64,
      },
      { event: "not-shown", count: 1 },
      { event: "totals", received: 3, lost: 0, arp_answered: 1, echo_answered: 2, tx_failed: 0, drops: {} },
    ]);
  });

  test("the interface is deleted: one line, the totals, exit 2", async () => {
    const s = scene();
    s.bench.link.remove();
    expect(await s.run.done).toBe(2);
    expect(s.err).toBe("vethlab answer: ve1 is gone: deleted, or moved to another namespace\n");
    expect(s.out).toContain("answer statistics");
  });

  test("set down it ends as well, unless told to wait", async () => {
    const ends = scene();
    ends.bench.link.setUp(false);
    expect(await ends.run.done).toBe(2);
    const waits = scene({ surviveDown: true });
    waits.bench.link.setUp(false);
    waits.bench.link.setUp(true);
    expect(waits.err).toBe("vethlab answer: ve1 is down: waiting for it\nvethlab answer: ve1 is up again\n");
    expect(waits.bench.send(arpFrame())).toHaveLength(1);
  });
});

test("numbers and times as people read them", () => {
  expect(grouped(1234567)).toBe("1,234,567");
  expect(grouped(999)).toBe("999");
  const noon = new Date(2026, 10, 23, 12, 5, 9).getTime() / 1000;
  expect(clockText(noon - 3, 3_000_042_999)).toBe("12:05:09.000042");
});
