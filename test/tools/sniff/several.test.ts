import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CaptureWriter, isCaptureError, MemorySink, readerOf } from "../../../src/capture/index.ts";
import { MutableBatch } from "../../../src/link/batch.ts";
import { Direction, type FrameHandler, type Link, type LinkEventHandler } from "../../../src/link/link.ts";
import { SeveralLinks, type SniffOptions, sniff } from "../../../src/tools/sniff/index.ts";
import { drain, sourceOf } from "../../capture/files.ts";

const EPOCH = 1_700_000_000;

/** A link that shows what it is told to; its clock stands still unless moved. */
class FakeLink {
  readonly mac: Uint8Array;
  readonly name: string;
  readonly epoch = EPOCH;
  frames: FrameHandler | null = null;
  events: LinkEventHandler | null = null;
  clock = 0;
  closed = false;
  #seen = 0;

  constructor(name: string, last: number) {
    this.name = name;
    this.mac = Uint8Array.of(2, 0, 0, 0, 0, last);
  }

  now(): number {
    return this.clock;
  }

  onFrames(handler: FrameHandler): () => void {
    this.frames = handler;
    return () => {
      this.frames = null;
    };
  }

  onEvent(handler: LinkEventHandler): () => void {
    this.events = handler;
    return () => {
      this.events = null;
    };
  }

  stats(): { rxFrames: number; rxDropped: number } {
    return { rxFrames: this.#seen, rxDropped: 1 };
  }

  close(): void {
    this.closed = true;
  }

  /** One frame to the station whose address ends so (or everybody's, or a group's), `ms` after the epoch. */
  show(ms: number, to: number | "all" | "group", direction: Direction = Direction.In): void {
    const dst =
      to === "all" ? [255, 255, 255, 255, 255, 255] : to === "group" ? [1, 0, 94, 0, 0, 1] : [2, 0, 0, 0, 0, to];
    // The payload is an ARP packet of nothing: it is cut off, which makes a short line.
    const frame = Uint8Array.from([...dst, 2, 0, 0, 0, 0, 9, 8, 6]);
    const batch = new MutableBatch(frame, 1);
    batch.length[0] = frame.length;
    batch.originalLength[0] = frame.length;
    batch.direction[0] = direction;
    batch.time[0] = ms * 1e6;
    batch.count = 1;
    this.#seen++;
    this.frames?.(batch);
    // The memory goes back to the kernel.
    frame.fill(0);
  }
}

function start(options: SniffOptions = {}, sink = new MemorySink()) {
  const links = [new FakeLink("ve0", 1), new FakeLink("ve1", 2)] as const;
  const several = new SeveralLinks(EPOCH);
  links.forEach((link, i) => {
    several.add({ link: link as unknown as Link, label: i === 0 ? "ve0" : "ve1@lab-b" });
  });
  const notes: string[] = [];
  const io = { out: sink, isTerminal: true, note: (message: string) => void notes.push(message) };
  const sniffing = sniff(several, { text: { timestamp: "epoch" }, ...options }, io);
  const text = () => Buffer.from(sink.bytes).toString();
  return { links, several, sniffing, notes, text };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("several interfaces", () => {
  test("lines are in the order of time, and name the interface and where the frame went, as tcpdump's -i any", async () => {
    const { links, sniffing, text } = start();
    const [ve0, ve1] = links;
    ve1.show(3, 2);
    ve1.show(5, "all");
    ve0.show(1, 2, Direction.Out);
    ve0.show(4, "group");
    ve0.show(6, 7);
    sniffing.stop();
    expect(text().replaceAll(" [|arp]", "")).toBe(
      "1700000000.001000 ve0   Out \n1700000000.003000 ve1@lab-b In  \n1700000000.004000 ve0   M   \n" +
        "1700000000.005000 ve1@lab-b B   \n1700000000.006000 ve0   P   \n",
    );
    expect(await sniffing.done).toEqual({ captured: 5, received: 7, dropped: 2, ended: "stop", error: null });
  });

  test("a frame waits until no older one can come any more", () => {
    const { links, sniffing, text } = start({ text: { timestamp: "none" } });
    const [ve0, ve1] = links;
    ve0.show(10, 1);
    ve0.clock = 20e6;
    vi.advanceTimersByTime(10);
    expect(text()).toBe("");
    ve1.show(9, 2);
    ve1.show(12, "group");
    ve0.clock = 34.5e6;
    vi.advanceTimersByTime(10);
    const first = "ve1@lab-b In   [|arp]\n";
    expect(text()).toBe(first);
    ve1.show(30, 7);
    ve0.clock = 40e6;
    vi.advanceTimersByTime(10);
    const second = "ve0   In   [|arp]\nve1@lab-b M    [|arp]\n";
    expect(text()).toBe(first + second);
    sniffing.stop();
    expect(text()).toBe(`${first}${second}ve1@lab-b P    [|arp]\n`);
  });

  test("many frames are all there, in order", async () => {
    const { links, sniffing, text } = start({ text: { timestamp: "epoch", linkHeader: true } });
    const times: number[] = [];
    for (let i = 0; i < 40_000; i++) {
      const ms = (i * 7919) % 40_000;
      times.push(ms);
      links[i & 1]!.show(ms, 1);
      if (i % 1000 === 0) vi.advanceTimersByTime(10);
    }
    sniffing.stop();
    expect((await sniffing.done).captured).toBe(40_000);
    const seen = text()
      .trimEnd()
      .split("\n")
      .map((line) => Math.round((Number(line.split(" ")[0]) - EPOCH) * 1000));
    expect(seen.toSorted((a, b) => a - b)).toEqual(times.toSorted((a, b) => a - b));
    expect(text()).not.toContain("00:00:00:00:00:00");
  });

  test("the capture describes each, the later ones too, and their counters", async () => {
    const sink = new MemorySink();
    const writer = new CaptureWriter(sink, { interfaces: [{ name: "ve0" }, { name: "ve1@lab-b" }] });
    const { links, several, sniffing } = start({ writer, format: "none" });
    links[1].show(1, 2);
    const late = new FakeLink("ve2", 3);
    several.add({ link: late as unknown as Link, label: "ve2" });
    late.show(2, 3);
    links[0].show(3, 1);
    sniffing.stop();
    await sniffing.done;
    vi.useRealTimers();
    const reader = await readerOf(sourceOf(sink.bytes));
    if (isCaptureError(reader)) throw new Error(reader.message);
    const { records } = await drain(reader);
    expect(records.map((one) => reader.interfaces[one.interfaceIndex]!.name)).toEqual(["ve1@lab-b", "ve2", "ve0"]);
    expect(reader.interfaces.map(({ statistics }) => [statistics?.received, statistics?.dropped])).toEqual([
      [2, 1],
      [2, 1],
      [2, 1],
    ]);
  });

  test("JSON names the interface", async () => {
    const { links, sniffing, text } = start({ format: "json" });
    links[1].show(1, 2);
    sniffing.stop();
    expect(JSON.parse(text())).toMatchObject({ number: 1, interface: "ve1@lab-b", direction: "in" });
  });

  test("one that is gone is told and let go of; the last one ends it", async () => {
    const { links, sniffing, notes } = start();
    const [ve0, ve1] = links;
    ve0.events?.({ type: "down" });
    ve0.events?.({ type: "gone" });
    expect(notes).toEqual([
      "ve0 is down; frames come again when it is up",
      "ve0 is gone: it was deleted, or moved to another namespace",
    ]);
    vi.advanceTimersByTime(1000);
    expect(ve0.closed).toBe(true);
    expect(ve1.closed).toBe(false);
    ve1.events?.({ type: "gone" });
    expect(await sniffing.done).toMatchObject({ ended: "gone", error: expect.stringContaining("ve1@lab-b is gone") });
  });

  test("-c counts them together", async () => {
    const { links, sniffing, text } = start({ count: 2 });
    links[0].show(3, 1);
    links[1].show(2, 2);
    links[0].show(1, 1);
    sniffing.stop();
    expect(await sniffing.done).toMatchObject({ captured: 2, ended: "count" });
    expect(text().match(/\.00[12]000/g)).toHaveLength(2);
  });
});
