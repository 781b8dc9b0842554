import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CaptureDirection,
  CaptureWriter,
  isCaptureError,
  MemorySink,
  readerOf,
  type WriterSettings,
} from "../../src/capture/index.ts";
import { frames, type ReadFile, readAll, sourceOf, swapPcap, swapPcapng } from "./files.ts";

type Frames = typeof frames extends fc.Arbitrary<infer T> ? T : never;

const EPOCH = 1_700_000_000;

function write(list: Frames, settings: WriterSettings): Uint8Array {
  const sink = new MemorySink();
  const writer = new CaptureWriter(sink, { interfaces: [{ name: "ve0" }, { name: "ve1" }], ...settings });
  list.forEach((frame, i) => {
    const padded = Uint8Array.from([0xee, ...frame.bytes, 0xee]);
    const { comments, packetId } = frame;
    const ok = writer.append(
      padded,
      1,
      frame.bytes.length,
      frame.bytes.length + frame.cut,
      EPOCH,
      (frame.seconds - EPOCH) * 1e9 + frame.nanoseconds,
      i % 2,
      frame.direction,
      frame.notReady ? 1 : 0,
      { comments, ...(packetId === undefined ? {} : { packetId }) },
    );
    expect(ok).toBe(true);
  });
  expect(writer.close()).toBeNull();
  return sink.bytes;
}

/** Times that survive the trip through a double of nanoseconds since the epoch. */
function exact(list: Frames): Frames {
  return list.map((frame) => ({ ...frame, seconds: EPOCH + (frame.seconds % 9_000_000) }));
}

function expectSame(read: ReadFile, list: Frames, unit: number): void {
  expect(read.error).toBeNull();
  expect(read.records.length).toBe(list.length);
  read.records.forEach((record, i) => {
    const frame = list[i]!;
    expect(record.bytes).toEqual(frame.bytes);
    expect(record.originalLength).toBe(frame.bytes.length + frame.cut);
    expect(record.seconds).toBe(frame.seconds);
    expect(record.nanoseconds).toBe(frame.nanoseconds - (frame.nanoseconds % unit));
  });
}

describe("what is written is read", () => {
  test("pcapng, in both byte orders, in pieces of any size", async () => {
    await fc.assert(
      fc.asyncProperty(frames, fc.boolean(), fc.integer({ min: 1, max: 5000 }), async (given, swapped, piece) => {
        const list = exact(given);
        const file = write(list, {});
        const read = await readAll(sourceOf(swapped ? swapPcapng(file) : file, piece));
        expectSame(read, list, 1);
        read.records.forEach((record, i) => {
          const frame = list[i]!;
          expect(record.direction).toBe(frame.direction);
          expect(record.flags).toBe((frame.notReady ? 1 : 0) | (frame.cut > 0 ? 2 : 0));
          expect(record.interfaceIndex).toBe(i % 2);
          expect(record.comments).toEqual(frame.comments);
          expect(record.packetId).toBe(frame.packetId === undefined ? null : BigInt(frame.packetId));
        });
        expect(read.reader?.sections.map((section) => section.littleEndian)).toEqual([!swapped]);
      }),
    );
  });

  test.each([
    ["pcap", 1000],
    ["pcap-nano", 1],
  ] as const)("%s, in both byte orders, in pieces of any size", async (format, unit) => {
    await fc.assert(
      fc.asyncProperty(frames, fc.boolean(), fc.integer({ min: 1, max: 5000 }), async (given, swapped, piece) => {
        const list = exact(given);
        const file = write(list, { format });
        const read = await readAll(sourceOf(swapped ? swapPcap(file) : file, piece));
        expectSame(read, list, unit);
        expect(read.records.every((record) => record.direction === CaptureDirection.Unknown)).toBe(true);
      }),
    );
  });

  test("any time from 1970 to 2106, given as seconds and nanoseconds", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(0xffffffff), fc.nat(999_999_999), async (seconds, nanoseconds) => {
        for (const format of ["pcapng", "pcap-nano"] as const) {
          const sink = new MemorySink();
          const writer = new CaptureWriter(sink, { format, interfaces: [{ name: "ve0" }] });
          writer.append(new Uint8Array(60), 0, 60, 60, seconds, nanoseconds, 0, CaptureDirection.In);
          writer.close();
          const { records } = await readAll(sink.bytes);
          expect(records).toMatchObject([{ seconds, nanoseconds }]);
        }
      }),
    );
  });

  test("what the capture says of itself", async () => {
    const sink = new MemorySink();
    const mac = Uint8Array.of(2, 0, 0, 0, 0, 1);
    const writer = new CaptureWriter(sink, {
      hardware: "x86-64",
      os: "Linux 6.18",
      application: "vethlab",
      comment: "Grüße",
      snapLength: 65535,
      interfaces: [{ name: "ve0", description: "left end", mac, os: "Linux", filter: "arp or icmp" }],
    });
    expect(writer.addInterface({ name: "ve1" })).toBe(1);
    writer.addNames([
      [0x0a000001, "left"],
      [-1, "everybody"],
    ]);
    writer.addStatistics(1, { received: 7, osDropped: 2 ** 40 }, EPOCH + 0.5);
    writer.close();
    for (const file of [sink.bytes, swapPcapng(sink.bytes)]) {
      const { reader, error } = await readAll(file);
      expect(error).toBeNull();
      expect(reader?.sections).toMatchObject([
        { hardware: "x86-64", os: "Linux 6.18", application: "vethlab", comments: ["Grüße"] },
      ]);
      expect(reader?.interfaces).toMatchObject([
        { id: 0, name: "ve0", description: "left end", mac, os: "Linux", filter: "arp or icmp", snapLength: 65535 },
        { id: 1, name: "ve1", description: "", mac: null, linkType: 1 },
      ]);
      expect(reader?.interfaces[0]?.statistics).toBeNull();
      expect(reader?.interfaces[1]?.statistics).toMatchObject({ received: 7, dropped: null, osDropped: 2 ** 40 });
      expect([...(reader?.names ?? [])]).toEqual([
        [0x0a000001, "left"],
        [-1, "everybody"],
      ]);
    }
  });

  test("sections that follow each other, of different byte orders", async () => {
    const [one] = fc.sample(frames, { numRuns: 1, seed: 5 }) as [Frames];
    const list = exact(one.slice(0, 3)).map((item, i) => ({ ...item, comments: [`frame ${i}`] }));
    expect(list.length).toBe(3);
    const file = write(list, {});
    const both = Uint8Array.from([...file, ...swapPcapng(file), ...file]);
    const { reader, records, error } = await readAll(both);
    expect(error).toBeNull();
    expect(records.length).toBe(3 * list.length);
    expect(records.map((record) => record.comments)).toEqual([...list, ...list, ...list].map((item) => item.comments));
    expect(reader?.sections.map((section) => section.littleEndian)).toEqual([true, false, true]);
    expect(reader?.interfaces.map((item) => `${item.section}.${item.id} ${item.name}`)).toEqual([
      "0.0 ve0",
      "0.1 ve1",
      "1.0 ve0",
      "1.1 ve1",
      "2.0 ve0",
      "2.1 ve1",
    ]);
    expect(new Set(records.map((record) => record.interfaceIndex)).size).toBe(6);
  });

  test("a frame of the longest length, longer than the buffers, and one cut by the snap length", async () => {
    for (const format of ["pcapng", "pcap"] as const) {
      for (const snapLength of [262_144, 100]) {
        const sink = new MemorySink();
        const writer = new CaptureWriter(sink, { format, snapLength, interfaces: [{ name: "ve0" }] });
        const frame = Uint8Array.from({ length: 262_144 }, (_, i) => i % 251);
        for (let i = 0; i < 5; i++) writer.append(frame, 0, frame.length, frame.length, EPOCH, 0, 0, 0);
        writer.close();
        const { records, error } = await readAll(sink.bytes);
        expect(error).toBeNull();
        expect(records.map((record) => record.bytes.length)).toEqual(Array(5).fill(snapLength));
        expect(records.every((record) => record.originalLength === frame.length)).toBe(true);
        expect(records[4]!.bytes.every((byte, i) => byte === i % 251)).toBe(true);
      }
    }
  });

  test("comments of any length are cut between characters", async () => {
    const sink = new MemorySink();
    const writer = new CaptureWriter(sink, { interfaces: [{ name: "ve0" }] });
    const comments = ["", "ä".repeat(40_000), "𝄞".repeat(20_000)];
    writer.append(new Uint8Array(60), 0, 60, 60, EPOCH, 0, 0, 0, 0, { comments });
    writer.append(new Uint8Array(60), 0, 60, 60, EPOCH, 0, 0, 0);
    writer.close();
    const { records, error } = await readAll(sink.bytes);
    expect(error).toBeNull();
    expect(records[0]!.comments).toEqual(["", "ä".repeat(32_767), "𝄞".repeat(16_383)]);
    expect(records[1]!.comments).toEqual([]);
  });

  test("a hundred thousand frames in one window's memory", async () => {
    const sink = new MemorySink();
    const writer = new CaptureWriter(sink, { interfaces: [{ name: "ve0" }] });
    const frame = new Uint8Array(98);
    for (let i = 0; i < 100_000; i++) {
      frame[20] = i;
      writer.append(frame, 0, 98, 98, EPOCH, i * 1000, 0, 0);
    }
    writer.close();
    const reader = await readerOf(sourceOf(sink.bytes, 65536));
    if (isCaptureError(reader)) throw new Error(reader.message);
    let count = 0;
    const buffers = new Set<Uint8Array>();
    for await (const batch of reader) {
      buffers.add(batch.buffer);
      for (let i = 0; i < batch.count; i++, count++) {
        if (batch.buffer[batch.offset[i]! + 20] !== (count & 255) || batch.time[i] !== count * 1000) {
          throw new Error(`frame ${count} is another one`);
        }
      }
    }
    expect(count).toBe(100_000);
    expect(buffers.size).toBe(1);
  });
});
