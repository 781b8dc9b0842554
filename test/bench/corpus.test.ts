import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { layOut, readCorpus, writeCorpus } from "../../bench/corpus.ts";
import { malformedFrame, mixedFrame } from "../../bench/frame-mix.ts";
import { arpFrame, echoFrame, pingFrame, taggedEchoFrame } from "../../bench/frames.ts";
import { Random } from "../../bench/random.ts";
import * as arp from "../../packets/arp.ts";
import { toHex } from "../../packets/bytes.ts";
import { EtherType } from "../../packets/ethernet.ts";
import { Fault } from "../../packets/fault.ts";
import { FrameCursor } from "../../packets/frame.ts";
import * as icmp from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";

const directory = mkdtempSync(join(tmpdir(), "vethlab-test-"));
afterAll(() => rmSync(directory, { recursive: true }));

function frames(make: (random: Random) => Uint8Array): Uint8Array[] {
  const random = new Random(7);
  return Array.from({ length: 256 }, () => make(random));
}

describe("corpus", () => {
  test("the file gives back the same frames at the same places", () => {
    const path = join(directory, "a");
    const corpus = layOut(frames(echoFrame), new Random(1));
    writeCorpus(path, corpus);
    expect(readCorpus(path)).toEqual(corpus);
  });

  test("holds every frame once, in an order of its own, placed as in a ring", () => {
    const list = frames(arpFrame);
    const { buffer, offset, length } = layOut(list, new Random(1));
    const laid = Array.from(offset, (off, i) => toHex(buffer.subarray(off, off + length[i]!)));
    const given = list.map((frame) => toHex(frame));
    expect(laid).not.toEqual(given);
    expect(laid.toSorted()).toEqual(given.toSorted());
    expect(offset.every((off) => off % 16 === 2)).toBe(true);
  });

  test("refuses what is no corpus, and one that was cut", () => {
    const path = join(directory, "b");
    writeFileSync(path, "something else entirely");
    expect(() => readCorpus(path)).toThrow(/is not a corpus/);
    writeCorpus(path, layOut(frames(arpFrame), new Random(1)));
    truncateSync(path, 3000);
    expect(() => readCorpus(path)).toThrow(/is cut/);
  });
});

describe("frames", () => {
  const cursor = new FrameCursor();

  test("are the same every time, and differ from each other", () => {
    expect(frames(echoFrame)).toEqual(frames(echoFrame));
    expect(new Set(frames(arpFrame).map((frame) => toHex(frame))).size).toBe(256);
  });

  test("ARP frames are well formed, of both lengths", () => {
    const list = frames(arpFrame);
    for (const frame of list) {
      expect(cursor.dissect(frame, 0, frame.length)).toBe(Fault.None);
      expect(cursor.etherType).toBe(EtherType.Arp);
      expect(arp.check(frame, cursor.networkOffset, frame.length)).toBe(Fault.None);
    }
    expect(new Set(list.map((frame) => frame.length))).toEqual(new Set([42, 60]));
  });

  test.each([
    ["echo", echoFrame, 0],
    ["tagged echo", taggedEchoFrame, 1],
    ["ping", pingFrame, 0],
  ])("%s frames are well formed, both checksums right", (_name, make, tags) => {
    for (const frame of frames(make)) {
      expect(cursor.dissect(frame, 0, frame.length)).toBe(Fault.None);
      expect(cursor.vlanCount).toBe(tags);
      const ip = cursor.networkOffset;
      expect(ipv4.check(frame, ip, cursor.networkEnd)).toBe(Fault.None);
      expect(ipv4.checksumOk(frame, ip)).toBe(true);
      expect(icmp.checksumOk(frame, ipv4.payloadOffset(frame, ip), frame.length)).toBe(true);
    }
  });

  test("the mix holds every kind, and is sound; one frame in four of the malformed ones may not be", () => {
    const kinds = new Set<string>();
    for (const frame of frames(mixedFrame)) {
      expect(cursor.dissect(frame, 0, frame.length)).toBe(Fault.None);
      kinds.add(cursor.isLlc ? "llc" : `${cursor.vlanCount} ${cursor.etherType.toString(16)}`);
      if (cursor.etherType === EtherType.Ipv4)
        expect(ipv4.check(frame, cursor.networkOffset, cursor.networkEnd)).toBe(Fault.None);
    }
    expect(kinds).toEqual(new Set(["0 800", "0 806", "1 800", "2 800", "llc"]));
    const refused = frames(malformedFrame).filter(
      (frame) =>
        cursor.dissect(frame, 0, frame.length) !== Fault.None ||
        (cursor.etherType === EtherType.Ipv4 &&
          ipv4.check(frame, cursor.networkOffset, cursor.networkEnd) !== Fault.None),
    );
    expect(refused.length).toBeGreaterThan(256 / 16);
    expect(refused.length).toBeLessThan(256 / 4 + 20);
  });

  test("echoes vary in length, options and kind", () => {
    const list = frames(echoFrame);
    expect(new Set(list.map((frame) => frame.length)).size).toBeGreaterThan(8);
    expect(new Set(list.map((frame) => ipv4.headerLength(frame, 14))).size).toBeGreaterThan(4);
    expect(new Set(list.map((frame) => frame[ipv4.payloadOffset(frame, 14)]))).toEqual(new Set([0, 8]));
  });
});
