import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type CaptureKind, writeCaptureFile } from "../../bench/capture-file.ts";
import { toHex } from "../../packets/bytes.ts";
import { isCaptureError, openCapture } from "../../src/capture/index.ts";

const directory = mkdtempSync(join(tmpdir(), "vethlab-test-"));
afterAll(() => rmSync(directory, { recursive: true }));

async function read(kind: CaptureKind, count: number): Promise<string[]> {
  const path = join(directory, `frames.${kind}`);
  writeCaptureFile(path, kind, count);
  const reader = await openCapture(path);
  if (isCaptureError(reader)) throw new Error(reader.message);
  const lines: string[] = [];
  for await (const batch of reader)
    for (let i = 0; i < batch.count; i++) {
      const frame = batch.buffer.subarray(batch.offset[i], batch.offset[i]! + batch.length[i]!);
      lines.push(`${batch.seconds[i]}.${batch.nanoseconds[i]} ${batch.originalLength[i]} ${toHex(frame)}`);
    }
  expect(reader.error).toBeNull();
  return lines;
}

test("both kinds hold the same frames at the same times, as many as asked for, of all three sorts", async () => {
  const pcap = await read("pcap", 5000);
  expect(pcap).toHaveLength(5000);
  expect(await read("pcapng", 5000)).toEqual(pcap);
  const types = new Set(pcap.map((line) => line.split(" ")[2]!.slice(24, 28)));
  expect([...types].toSorted()).toEqual(["0800", "0806", "8100"]);
  // After 4,096 frames the same come again, seven microseconds apart all the while.
  expect(pcap[4096]!.split(" ")[2]).toBe(pcap[0]!.split(" ")[2]);
  expect(pcap[4999]!.split(" ")[0]).toBe(`1700000000.${4999 * 7000}`);
});
