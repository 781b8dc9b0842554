import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  type ByteSource,
  CaptureDirection,
  CaptureWriter,
  type FrameNote,
  isCaptureError,
  MemorySink,
  openCapture,
  readerOf,
} from "../../src/capture/index.ts";
import { drain, sourceOf } from "./files.ts";

const folder = mkdtempSync(join(tmpdir(), "vethlab-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

const FRAME = new Uint8Array(60);

function capture(format: "pcap" | "pcapng", frames: number, note?: FrameNote): Uint8Array {
  const sink = new MemorySink();
  const writer = new CaptureWriter(sink, {
    format,
    snapLength: 1000,
    comments: ["of the whole", "and more"],
    interfaces: [{ name: "ve0", description: "one end", comments: ["first", "second"] }],
  });
  for (let i = 0; i < frames; i++)
    writer.append(FRAME, 0, 60, 60, 1000 + i, 0, 0, CaptureDirection.Out, 0, i === 1 ? note : undefined);
  writer.close();
  return sink.bytes;
}

describe("what a file says of itself is known once it is open", () => {
  test.each(["pcap", "pcapng"] as const)("%s: the snap length, the interfaces, the section", async (format) => {
    const reader = await readerOf(sourceOf(capture(format, 3)));
    if (isCaptureError(reader)) throw new Error(reader.message);
    expect(reader.interfaces[0]?.snapLength).toBe(1000);
    if (format === "pcapng") {
      expect(reader.interfaces[0]).toMatchObject({
        name: "ve0",
        description: "one end",
        comments: ["first", "second"],
      });
      expect(reader.sections[0]?.comments).toEqual(["of the whole", "and more"]);
    }
    expect((await drain(reader)).records).toHaveLength(3);
  });

  test("without waiting for a frame, which may be long in coming", async () => {
    const head = capture("pcapng", 0);
    let asked = 0;
    const slow: ByteSource = {
      async read(into, offset) {
        if (asked++ > 0) return new Promise(() => {});
        into.set(head, offset);
        return head.length;
      },
      async close() {},
    };
    const reader = await readerOf(slow);
    if (isCaptureError(reader)) throw new Error(reader.message);
    expect(reader.interfaces).toHaveLength(1);
    expect(asked).toBe(1);
  });

  test.each(["pcap", "pcapng"] as const)("%s: frames of another link type are refused at once", async (format) => {
    const bytes = capture(format, 1);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    // The interface's block follows the section's.
    view.setUint16(format === "pcap" ? 20 : view.getUint32(4, true) + 8, 113, true);
    const reader = await readerOf(sourceOf(bytes));
    if (isCaptureError(reader)) throw new Error(reader.message);
    expect(reader.error).toMatchObject({ kind: "unsupported" });
    expect(reader.error?.message).toMatch(/LINUX_SLL \(Linux cooked\), link type 113; only ETHERNET/);
    expect((await drain(reader)).error).toEqual(reader.error);
  });

  test("how large a file is, and how much of it is read", async () => {
    const path = join(folder, "x.pcap");
    writeFileSync(path, capture("pcap", 20_000));
    const { size } = statSync(path);
    const reader = await openCapture(path);
    if (isCaptureError(reader)) throw new Error(reader.message);
    expect(reader.size).toBe(size);
    expect(reader.bytesRead).toBeGreaterThan(0);
    expect(reader.bytesRead).toBeLessThan(size);
    await drain(reader);
    expect(reader.bytesRead).toBe(size);
  });
});

test("records with more than flags are told apart, in either byte order", async () => {
  for (const note of [{ comments: ["a comment"] }, { packetId: 7 }]) {
    const reader = await readerOf(sourceOf(capture("pcapng", 3, note)));
    if (isCaptureError(reader)) throw new Error(reader.message);
    for await (const batch of reader) expect([0, 1, 2].map((i) => batch.hasNotes(i))).toEqual([false, true, false]);
  }
  const reader = await readerOf(sourceOf(capture("pcap", 1)));
  if (isCaptureError(reader)) throw new Error(reader.message);
  for await (const batch of reader) expect(batch.hasNotes(0)).toBe(false);
});
