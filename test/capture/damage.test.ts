import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CaptureWriter, MemorySink } from "../../src/capture/index.ts";
import { ARP, block, epb, idb, pcap, shb, u32 } from "./blocks.ts";
import { mutation, readAll, sourceOf } from "./files.ts";

/** A small file with everything in it, and where each of its frames ends. */
function sample(format: "pcapng" | "pcap" | "pcap-nano"): { file: Uint8Array; ends: number[] } {
  const sink = new MemorySink();
  const writer = new CaptureWriter(sink, { format, application: "vethlab", interfaces: [{ name: "ve0" }] });
  const ends: number[] = [];
  for (let i = 0; i < 4; i++) {
    const comments = i === 1 ? ["one", "two"] : [];
    writer.append(Uint8Array.from(ARP), 0, 42 - i, 42, 1_700_000_000, i, 0, i % 2, 0, { comments, packetId: i });
    writer.flush();
    ends.push(sink.bytes.length);
  }
  writer.addNames([[1, "one"]]);
  writer.addStatistics(0, { received: 4 }, 0);
  writer.close();
  return { file: sink.bytes, ends };
}

const FORMATS = ["pcapng", "pcap", "pcap-nano"] as const;

describe("damaged files", () => {
  test.each(FORMATS)(
    "every beginning of a %s file gives the frames that are whole, and says where it ends",
    async (format) => {
      const { file, ends } = sample(format);
      const whole = await readAll(file);
      expect(whole.error).toBeNull();
      for (let length = 0; length < file.length; length++) {
        for (const piece of [length, 7]) {
          const { records, error } = await readAll(sourceOf(file.slice(0, length), Math.max(piece, 1)));
          expect(records).toEqual(whole.records.slice(0, ends.filter((end) => end <= length).length));
          if (error === null) continue;
          expect(error.kind).toBe("truncated");
          expect(error.offset).toBeLessThanOrEqual(length);
          expect(error.offset).toBeGreaterThanOrEqual(ends.findLast((end) => end <= length) ?? 0);
        }
      }
      // Only between two records may a file end without a word.
      const silent = [];
      for (let length = 1; length < file.length; length++) {
        if ((await readAll(file.slice(0, length))).error === null) silent.push(length);
      }
      expect(silent).toEqual(expect.arrayContaining(ends.filter((end) => end < file.length)));
      expect(silent.length).toBe(format === "pcapng" ? 7 : 4);
    },
  );

  test.each(FORMATS)(
    "a %s file with any bytes changed never throws, and its undamaged beginning is read",
    async (format) => {
      const { file, ends } = sample(format);
      const whole = (await readAll(file)).records;
      await fc.assert(
        fc.asyncProperty(
          fc.array(mutation, { minLength: 1, maxLength: 6 }),
          fc.integer({ min: 1, max: 400 }),
          async (list, piece) => {
            const changed = file.slice();
            for (const [where, value] of list) changed[where % file.length] = value;
            const first = changed.findIndex((byte, i) => byte !== file[i]);
            const { records, error } = await readAll(sourceOf(changed, piece));
            const sure = first < 0 ? whole.length : ends.filter((end) => end <= first).length;
            expect(records.slice(0, sure)).toEqual(whole.slice(0, sure));
            expect(error?.kind).not.toBe("io");
            if (error !== null) expect(error.offset).toBeLessThanOrEqual(file.length);
          },
        ),
        { numRuns: 1500 },
      );
    },
  );

  test("no bytes at all throw after a good beginning", async () => {
    const beginnings = [pcap(), pcap(0xa1b23c4d), pcap(0xa1b2cd34), [...shb], [...shb, ...idb()], [0x1f, 0x8b]];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...beginnings), fc.uint8Array({ maxLength: 400 }), async (start, rest) => {
        const { error } = await readAll(Uint8Array.from([...start, ...rest]));
        expect(error?.kind).not.toBe("io");
      }),
      { numRuns: 1500 },
    );
  });

  const at = shb.length + idb().length;
  const good = [...shb, ...idb(), ...epb(ARP)];
  const wrongTrailer = epb(ARP).with(-4, 0);
  const huge = [...u32(6), ...u32(0xfffffff0), ...Array(40).fill(0)];
  test.each([
    ["its two lengths differ", wrongTrailer, "a block's two lengths differ: 76 bytes and 0"],
    [
      "a length that is no multiple of 4",
      [...u32(6), ...u32(77), ...Array(80).fill(0)],
      "a block (type 6) of 77 bytes",
    ],
    ["a length too short for its type", block(6, Array(16).fill(0)), "a block (type 6) of 28 bytes"],
    ["a length of gigabytes", huge, "a block (type 6) of 4294967280 bytes"],
    [
      "a captured length beyond its block",
      block(6, [...Array(12).fill(0), ...u32(64), ...u32(64), ...Array(48).fill(0)]),
      "a captured length of 64 bytes in a block of 80",
    ],
    [
      "a captured length one byte beyond its block",
      block(6, [...Array(12).fill(0), ...u32(49), ...u32(64), ...Array(48).fill(0)]),
      "a captured length of 49 bytes in a block of 80",
    ],
    [
      "a captured length near 2^32",
      block(6, [...Array(12).fill(0), ...u32(0xfffffffe), ...u32(64), ...Array(48).fill(0)]),
      "a captured length of 4294967294 bytes in a block of 80",
    ],
    [
      "an interface that is not described",
      epb(ARP, 0n, [], 1),
      "a frame from interface 1, which the section does not describe",
    ],
    [
      "a section without its magic",
      block(0x0a0d0d0a, Array(16).fill(1)),
      "a Section Header Block without its byte-order magic",
    ],
  ])("pcapng: %s", async (_, bytes, message) => {
    const { records, error } = await readAll(Uint8Array.from([...good, ...bytes, ...epb(ARP)]));
    expect(records.length).toBe(1);
    expect(error).toEqual({ kind: "damaged", offset: at + epb(ARP).length, message });
  });

  test("a long skipped block whose lengths differ, or that never ends", async () => {
    const long = block(0xb10c, Array(700_000).fill(7));
    const offset = at + epb(ARP).length;
    const differs = await readAll(Uint8Array.from([...good, ...long.with(-1, 9), ...epb(ARP)]));
    expect(differs.records.length).toBe(1);
    expect(differs.error).toMatchObject({ kind: "damaged", offset });
    expect(differs.error?.message).toContain("two lengths differ");
    for (const missing of [1, 4, 5, 600_000]) {
      const cut = await readAll(Uint8Array.from([...good, ...long.slice(0, -missing)]));
      expect(cut.records.length).toBe(1);
      expect(cut.error).toEqual({ kind: "truncated", offset, message: "the file ends inside a block of 700012 bytes" });
    }
  });

  test("pcap: a captured length that no frame has", async () => {
    const bytes = [
      ...pcap(),
      ...u32(1),
      ...u32(0),
      ...u32(42),
      ...u32(42),
      ...ARP,
      ...u32(1),
      ...u32(0),
      ...u32(262_145),
      ...u32(1),
    ];
    const { records, error } = await readAll(Uint8Array.from([...bytes, ...Array(300_000).fill(0)]));
    expect(records.length).toBe(1);
    const message = "a captured length of 262145 bytes, more than the longest frame (262144)";
    expect(error).toEqual({ kind: "damaged", offset: 24 + 16 + 42, message });
  });

  test("a block's claim of a size makes nobody keep that much", async () => {
    const claims = [...good, ...u32(4), ...u32(16 * 1024 * 1024), ...Array(100).fill(0)];
    const { error } = await readAll(Uint8Array.from(claims));
    expect(error?.kind).toBe("truncated");
  });
});
