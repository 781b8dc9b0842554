import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { PacketType } from "../../../packets/bpf.ts";
import { arp, ethernet, mac } from "../../../packets/index.ts";
import {
  CaptureWriter,
  isCaptureError,
  MemorySink,
  openCapture,
  readerOf,
  type Sink,
  type WriteFailure,
} from "../../../src/capture/index.ts";
import { MutableBatch } from "../../../src/link/batch.ts";
import { Direction, type FrameHandler, type Link, type LinkEventHandler } from "../../../src/link/link.ts";
import {
  closingLines,
  countLine,
  type FrameFilter,
  progressLine,
  type SniffOptions,
  sniff,
} from "../../../src/tools/sniff/index.ts";

import { writePcap } from "../../support/tcpdump.ts";

const KERNEL = new URL("../../captures/text/kernel.pcap", import.meta.url).pathname;
const A = Uint8Array.of(2, 0, 0, 0, 0, 1);

/** A frame that asks for 10.0.0.`host`. */
function request(host: number): Uint8Array {
  const payload = arp.build({ oper: 1, sha: A, spa: 0x0a000001, tha: mac.ZERO, tpa: 0x0a000000 + host });
  return ethernet.build({ dst: mac.BROADCAST, src: A, type: 0x0806, payload });
}

/** A link that shows what it is told to. */
class FakeLink {
  readonly name = "ve0";
  readonly mac = Uint8Array.of(2, 0, 0, 0, 0, 2);
  readonly epoch = 1_700_000_000;
  frames: FrameHandler | null = null;
  events: LinkEventHandler | null = null;
  dropped = 0;
  private seen = 0;

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
    return { rxFrames: this.seen, rxDropped: this.dropped };
  }

  /** One batch, the frames a millisecond apart. */
  show(frames: readonly Uint8Array[], directions: readonly Direction[] = []): void {
    const buffer = Uint8Array.from(frames.flatMap((frame) => [...frame]));
    const batch = new MutableBatch(buffer, frames.length);
    let off = 0;
    for (const [i, frame] of frames.entries()) {
      batch.offset[i] = off;
      batch.length[i] = frame.length;
      batch.originalLength[i] = frame.length;
      batch.direction[i] = directions[i] ?? Direction.In;
      batch.time[i] = this.seen * 1e6 + 123;
      off += frame.length;
      this.seen++;
    }
    batch.count = frames.length;
    this.frames?.(batch);
  }
}

function start(options: SniffOptions, sink: Sink = new MemorySink(), isTerminal = true) {
  const link = new FakeLink();
  const notes: string[] = [];
  const io = { out: sink, isTerminal, note: (message: string) => void notes.push(message) };
  const sniffing = sniff(link as unknown as Link, options, io);
  return { link, sniffing, notes };
}

function text(sink: MemorySink): string {
  return Buffer.from(sink.bytes).toString();
}

/** Takes nothing from the `room`th byte on. */
class NarrowSink implements Sink {
  readonly live = false;
  taken = 0;
  private readonly room: number;
  private readonly failure: Omit<WriteFailure, "written">;

  constructor(room: number, failure: Omit<WriteFailure, "written">) {
    this.room = room;
    this.failure = failure;
  }

  write(bytes: Uint8Array): WriteFailure | null {
    if (this.taken + bytes.length > this.room) return { ...this.failure, written: 0 };
    this.taken += bytes.length;
    return null;
  }

  takeBack(): void {}

  close(): null {
    return null;
  }
}

const FULL = { kind: "full", code: "ENOSPC", message: "no space left on device" } as const;
const CLOSED = { kind: "closed", code: "EPIPE", message: "broken pipe" } as const;

describe("on a link", () => {
  test("lines appear with the batch; stop ends it and frees the link", async () => {
    const sink = new MemorySink();
    const { link, sniffing } = start({ text: { timestamp: "none" } }, sink);
    link.show([request(2)]);
    expect(text(sink)).toBe("ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28\n");
    link.show([request(3)]);
    expect(sniffing.counters()).toEqual({ captured: 2, received: 2, dropped: 0 });
    sniffing.stop();
    sniffing.stop();
    link.show([request(4)]);
    expect(await sniffing.done).toEqual({ captured: 2, received: 2, dropped: 0, ended: "stop", error: null });
    expect(link.frames).toBeNull();
    expect(link.events).toBeNull();
    expect(text(sink).split("\n").length).toBe(3);
  });

  test("a count ends within a batch; what the kernel counted stays told", async () => {
    const sink = new MemorySink();
    const { link, sniffing } = start({ count: 2, text: { timestamp: "none" } }, sink);
    link.dropped = 1;
    link.show([request(2), request(3), request(4)]);
    const result = await sniffing.done;
    expect(result).toEqual({ captured: 2, received: 4, dropped: 1, ended: "count", error: null });
    expect(closingLines(result)).toBe("2 packets captured\n4 packets received by filter\n1 packet dropped by kernel\n");
    expect(progressLine(result)).toBe("2 packets captured, 4 packets received by filter, 1 packet dropped by kernel\n");
    expect(countLine(result)).toBe("2 packets\n");
    expect(text(sink).trimEnd().split("\n").length).toBe(2);
  });

  test.each([
    ["in", ["10.0.0.2", "10.0.0.4"]],
    ["out", ["10.0.0.3"]],
    ["inout", ["10.0.0.2", "10.0.0.3", "10.0.0.4"]],
  ] as const)("direction %s", async (direction, hosts) => {
    const sink = new MemorySink();
    const { link, sniffing } = start({ direction, text: { timestamp: "none" } }, sink);
    link.show([request(2), request(3), request(4)], [Direction.In, Direction.Out, Direction.In]);
    sniffing.stop();
    await sniffing.done;
    expect(text(sink).match(/who-has \S+/g)).toEqual(hosts.map((host) => `who-has ${host}`));
  });

  test("a filter decides, and the snap length cuts", async () => {
    const sink = new MemorySink();
    const filter = { matches: (buf: Uint8Array, off: number) => buf[off + 41] === 3 };
    const { link, sniffing } = start({ filter, snapLength: 20, text: { timestamp: "none", linkHeader: true } }, sink);
    link.show([request(2), request(3)]);
    sniffing.stop();
    expect((await sniffing.done).captured).toBe(1);
    expect(text(sink)).toContain("length 42:  [|arp]");
  });

  test("a filter that asks for what a kernel knows is told, for a link", async () => {
    const asked: unknown[] = [];
    const matches: FrameFilter["matches"] = (_, __, ___, ____, ancillary) => asked.push(ancillary?.packetType) > 0;
    const { link, sniffing } = start({ filter: { asksKernel: true, matches } }, new MemorySink());
    link.show([request(2)]);
    sniffing.stop();
    await sniffing.done;
    const plain = start({ filter: { matches } }, new MemorySink());
    plain.link.show([request(2)]);
    plain.sniffing.stop();
    await plain.sniffing.done;
    expect(asked).toEqual([PacketType.Broadcast, undefined]);
  });

  test("away from a terminal lines wait for a large piece, the end, or a moment", async () => {
    const sink = new MemorySink();
    const { link, sniffing } = start({}, sink, false);
    link.show([request(2)]);
    expect(text(sink)).toBe("");
    await expect.poll(() => text(sink)).toContain("10.0.0.2");
    link.show([request(3)]);
    sniffing.stop();
    await sniffing.done;
    expect(text(sink)).toContain("10.0.0.3");
    const buffered = new MemorySink();
    const hurried = start({ lineBuffered: true }, buffered, false);
    hurried.link.show([request(2)]);
    expect(text(buffered)).toContain("10.0.0.2");
    hurried.sniffing.stop();
    await hurried.sniffing.done;
  });

  test("what happens to the link is told, and its end ends it", async () => {
    const { link, sniffing, notes } = start({});
    link.events?.({ type: "down" });
    link.events?.({ type: "up" });
    link.events?.({ type: "gone" });
    const { ended, error } = await sniffing.done;
    expect(notes).toEqual(["ve0 is down; frames come again when it is up", "ve0 is up again"]);
    expect(ended).toBe("gone");
    expect(error).toBe("ve0 is gone: it was deleted, or moved to another namespace");
    const other = start({});
    other.link.events?.({ type: "error", message: "out of memory" });
    expect(await other.sniffing.done).toMatchObject({ ended: "failed", error: "ve0: out of memory" });
  });

  test("frames of any length, empty ones too, never throw", async () => {
    const sink = new MemorySink();
    for (const format of ["text", "json"] as const) {
      const { link, sniffing } = start({ format, explain: true }, sink);
      for (let length = 0; length < 45; length++) link.show([request(2).slice(0, length)]);
      sniffing.stop();
      expect((await sniffing.done).captured).toBe(45);
    }
    expect(text(sink)).toContain("[Invalid header: caplen==0, len==0]");
  });
});

describe("explanations", () => {
  test("follow each line, and number the frames", async () => {
    const sink = new MemorySink();
    const { link, sniffing } = start({ explain: true, text: { timestamp: "none" } }, sink);
    link.show([request(2)]);
    link.show([request(2)]);
    sniffing.stop();
    await sniffing.done;
    expect(text(sink)).toBe(
      "    1  ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28\n" +
        "\t= 10.0.0.1 at 02:00:00:00:00:01 asks everybody: who has 10.0.0.2?\n" +
        "    2  ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28\n" +
        "\t= 10.0.0.1 asks again after 1.00 ms, the second time: who has 10.0.0.2? So far nobody answered #1. " +
        "A host asks for one address at most once a second (RFC 1122, 2.3.2.1).\n",
    );
  });

  test("become a capture's comments", async () => {
    const file = new MemorySink();
    const writer = new CaptureWriter(file, { interfaces: [{ name: "ve0" }] });
    const { link, sniffing } = start({ format: "none", explain: true, writer });
    link.show([request(2), request(3)], [Direction.In, Direction.Out]);
    sniffing.stop();
    await sniffing.done;
    const reader = await readerOf(bytesOf(file.bytes));
    if (isCaptureError(reader)) throw new Error(reader.message);
    const seen: string[] = [];
    for await (const batch of reader) {
      for (let i = 0; i < batch.count; i++) seen.push(`${batch.direction[i]} ${batch.comments(i)}`);
    }
    expect(seen).toEqual([
      "0 10.0.0.1 at 02:00:00:00:00:01 asks everybody: who has 10.0.0.2?",
      "1 10.0.0.1 at 02:00:00:00:00:01 asks everybody: who has 10.0.0.3?",
    ]);
  });
});

describe("JSON", () => {
  test("one object a line, with nanoseconds, layers and explanation", async () => {
    const sink = new MemorySink();
    const { link, sniffing } = start({ format: "json", explain: true }, sink);
    link.show([request(2)]);
    sniffing.stop();
    await sniffing.done;
    expect(text(sink)).toMatch(/^\{"number":1,"time":1700000000\.000000123,.*\}\n$/);
    expect(JSON.parse(text(sink))).toEqual({
      number: 1,
      version: 1,
      time: expect.closeTo(1_700_000_000, 3),
      length: 42,
      captured: 42,
      interface: "ve0",
      direction: "in",
      layers: [
        {
          protocol: "ethernet",
          destination: "ff:ff:ff:ff:ff:ff",
          source: "02:00:00:00:00:01",
          type: "0x0806",
          typeName: "ARP",
        },
        {
          protocol: "arp",
          hardwareType: 1,
          protocolType: "0x0800",
          hardwareLength: 6,
          protocolLength: 4,
          operation: 1,
          operationName: "request",
          purpose: "request",
          senderMac: "02:00:00:00:00:01",
          senderIp: "10.0.0.1",
          targetMac: "00:00:00:00:00:00",
          targetIp: "10.0.0.2",
        },
      ],
      explanation: {
        kind: "arp-request",
        text: "10.0.0.1 at 02:00:00:00:00:01 asks everybody: who has 10.0.0.2?",
        refersTo: [],
      },
    });
  });
});

describe("from a file", () => {
  async function read(path: string, options: SniffOptions) {
    const sink = new MemorySink();
    const reader = await openCapture(path);
    if (isCaptureError(reader)) throw new Error(reader.message);
    const result = await sniff(reader, { name: path, ...options }, { out: sink }).done;
    return { result, text: text(sink) };
  }

  test("the lines are those that tcpdump printed", async () => {
    const options = { text: { linkHeader: true, number: true } };
    const { result, text: lines } = await read(KERNEL, options);
    const expected = readFileSync(KERNEL.replace(".pcap", ".e.txt"), "latin1");
    // The recorded lines are in UTC, and this runs in whatever zone there is.
    const withoutTime = (all: string) => all.replace(/^( *\d+) {2}\d\d:\d\d:\d\d/gm, "$1");
    expect(withoutTime(lines)).toBe(withoutTime(expected));
    expect(result).toEqual({ captured: 37, received: 37, dropped: 0, ended: "end", error: null });
  });

  test("times years apart keep their microseconds", async () => {
    const stamps = [
      { second: 946_684_800, microsecond: 1 },
      { second: 1_795_461_070, microsecond: 999_999 },
    ];
    const file = writePcap(stamps.map((stamp) => ({ bytes: request(2), length: 42, ...stamp })));
    const reader = await readerOf(bytesOf(file));
    if (isCaptureError(reader)) throw new Error(reader.message);
    const sink = new MemorySink();
    await sniff(reader, { text: { timestamp: "epoch" } }, { out: sink }).done;
    expect(text(sink).match(/^\S+/gm)).toEqual(["946684800.000001", "1795461070.999999"]);
  });

  test("a count ends early", async () => {
    const { result, text: lines } = await read(KERNEL, { count: 3 });
    expect(result).toMatchObject({ captured: 3, ended: "count", error: null });
    expect(lines.trimEnd().split("\n").length).toBe(3);
  });

  test("a file cut short: what is there is shown, then one line says what is wrong", async () => {
    const sink = new MemorySink();
    const whole = readFileSync(KERNEL);
    const reader = await readerOf(bytesOf(whole.subarray(0, 500)));
    if (isCaptureError(reader)) throw new Error(reader.message);
    const result = await sniff(reader, { name: "cut.pcap" }, { out: sink }).done;
    expect(result.ended).toBe("failed");
    expect(result.error).toMatch(/^cut\.pcap: .* \(at byte \d+\)$/);
    expect(result.captured).toBeGreaterThan(2);
    expect(text(sink).trimEnd().split("\n").length).toBe(result.captured);
  });

  test("stopping while nothing comes ends the wait", async () => {
    const source = { ...bytesOf(readFileSync(KERNEL).subarray(0, 24)) };
    let wake: () => void = () => {};
    const silent = {
      read: async (into: Uint8Array, off: number) => {
        const count = await source.read(into, off);
        if (count > 0) return count;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        return 0;
      },
      close: async () => wake(),
    };
    const reader = await readerOf(silent);
    if (isCaptureError(reader)) throw new Error(reader.message);
    const sniffing = sniff(reader, {}, { out: new MemorySink() });
    setTimeout(() => sniffing.stop(), 5);
    expect(await sniffing.done).toMatchObject({ ended: "stop", error: null, captured: 0 });
  });
});

describe("when nothing can be written any more", () => {
  test("a closed pipe ends it without a word", async () => {
    const { link, sniffing } = start({}, new NarrowSink(100, CLOSED));
    for (let i = 0; i < 5; i++) link.show([request(2)]);
    expect(await sniffing.done).toMatchObject({ ended: "closed", error: null });
    expect(link.frames).toBeNull();
  });

  test("a closed pipe is noticed by a delayed write, too", async () => {
    const { link, sniffing } = start({}, new NarrowSink(0, CLOSED), false);
    link.show([request(2)]);
    expect(await sniffing.done).toMatchObject({ ended: "closed", error: null });
  });

  test("a full disk is told in one line, for the output and for the capture", async () => {
    const output = start({}, new NarrowSink(0, FULL));
    output.link.show([request(2)]);
    expect((await output.sniffing.done).error).toBe(
      "cannot write the output: no space left on device; make room, or write elsewhere",
    );
    const writer = new CaptureWriter(new NarrowSink(300, FULL), { immediate: true, interfaces: [{ name: "ve0" }] });
    const capture = start({ format: "none", writer });
    for (let i = 0; i < 9; i++) capture.link.show([request(2)]);
    expect(await capture.sniffing.done).toMatchObject({
      ended: "failed",
      error: "cannot write the capture: no space left on device; make room, or write elsewhere",
    });
  });
});

/** Bytes as a source that gives a hundred at a time. */
function bytesOf(bytes: Uint8Array) {
  let at = 0;
  return {
    read: async (into: Uint8Array, off: number) => {
      const piece = bytes.subarray(at, at + Math.min(100, into.length - off));
      into.set(piece, off);
      at += piece.length;
      return piece.length;
    },
    close: async () => {},
  };
}
