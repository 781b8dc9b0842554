import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ARP, block, epb, idb, option, pb, pcap, shb, spb, u16, u32 } from "./blocks.ts";
import { readAll, sourceOf } from "./files.ts";

const FRAME = Uint8Array.from(ARP);

function read(...parts: readonly (readonly number[])[]): ReturnType<typeof readAll> {
  return readAll(Uint8Array.from(parts.flat()));
}

describe("pcapng as others write it", () => {
  test("unknown blocks and unknown options are skipped, long ones too", async () => {
    const unknown = block(0x0bad, [1, 2, 3, 4]);
    const long = block(0xb10c, Array(700_000).fill(7));
    const { records, error } = await read(
      shb,
      unknown,
      idb(option(99, [1, 2, 3])),
      long,
      epb(ARP, 5n, option(77, [1])),
      long,
      epb(ARP, 6n),
      unknown,
    );
    expect(error).toBeNull();
    expect(records.map((record) => record.nanoseconds)).toEqual([5000, 6000]);
    expect(records[0]!.bytes).toEqual(FRAME);
  });

  test("a Simple Packet Block has no time, and its length comes from the snap length", async () => {
    const { records, error } = await read(
      shb,
      idb([], 1, 20),
      spb(ARP.slice(0, 20), 42),
      shb,
      idb(),
      spb(ARP, 42),
      epb(ARP, 1_700_000_000_000_000n),
    );
    expect(error).toBeNull();
    expect(records.map((record) => [record.bytes.length, record.originalLength, record.seconds])).toEqual([
      [20, 42, 0],
      [42, 42, 0],
      [42, 42, 1_700_000_000],
    ]);
    expect(records.map((record) => record.flags)).toEqual([2, 0, 0]);
  });

  test("an obsolete Packet Block", async () => {
    const { records, error } = await read(shb, idb(), pb(ARP, 1_000_000n, 3));
    expect(error).toBeNull();
    expect(records).toMatchObject([{ bytes: FRAME, seconds: 1, nanoseconds: 0, interfaceIndex: 0 }]);
  });

  test.each([
    ["microseconds when it is absent", [], 1_234_567n, 1, 234_567_000],
    ["milliseconds", option(9, [3]), 1_234n, 1, 234_000_000],
    ["seconds", option(9, [0]), 7n, 7, 0],
    ["nanoseconds", option(9, [9]), 1_234_567_890n, 1, 234_567_890],
    ["picoseconds", option(9, [12]), 1_234_567_890_999n, 1, 234_567_890],
    ["10^-127 s, which leaves nothing", option(9, [127]), 0xffffffffffffffffn, 0, 0],
    ["2^-10 s", option(9, [0x8a]), 1024n + 512n, 1, 500_000_000],
    ["2^-32 s", option(9, [0xa0]), (5n << 32n) | 0x40000000n, 5, 250_000_000],
    ["an offset of an hour", option(14, [0x10, 0x0e, 0, 0, 0, 0, 0, 0]), 1_000_000n, 3601, 0],
    ["an offset before 1970", option(14, Array(8).fill(0xff)), 1_000_000n, 0, 0],
    ["a resolution of the wrong length is ignored", option(9, [9, 9]), 1_000_000n, 1, 0],
  ] as const)("if_tsresol and if_tsoffset: %s", async (_, options, ticks, seconds, nanoseconds) => {
    const { records, error } = await read(shb, idb([...options]), epb(ARP, ticks));
    expect(error).toBeNull();
    expect(records).toMatchObject([{ seconds, nanoseconds }]);
  });

  test("every 64-bit time, in nano- and microseconds, agrees with exact arithmetic", async () => {
    await fc.assert(
      fc.asyncProperty(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(5), async (ticks, near) => {
        // Close to a whole second, too, where an estimate could go wrong.
        const list = [ticks, (ticks / 1_000_000_000n) * 1_000_000_000n - BigInt(near), BigInt.asUintN(60, ticks)];
        for (const [resolution, unit] of [
          [9, 1n],
          [6, 1000n],
        ] as const) {
          const blocks = list.map((item) => epb(ARP, BigInt.asUintN(64, item)));
          const { records } = await read(shb, idb(option(9, [resolution])), ...blocks);
          list.forEach((item, i) => {
            const all = BigInt.asUintN(64, item) * unit;
            expect(records[i]!.seconds).toBe(Number(all / 1_000_000_000n));
            expect(records[i]!.nanoseconds).toBe(Number(all % 1_000_000_000n));
          });
        }
      }),
    );
  });

  test("options that do not fit their block end quietly", async () => {
    const { records, error } = await read(
      shb,
      idb([...u16(2), ...u16(500)]),
      epb(ARP, 0n, [...u16(1), ...u16(500), 1, 2, 3, 4]),
      epb(ARP, 0n, [...u16(2), ...u16(2), 1, 0, 0, 0]),
    );
    expect(error).toBeNull();
    expect(records.map((record) => [record.comments, record.direction])).toEqual([
      [[], 2],
      [[], 2],
    ]);
  });

  test("the order of sections decides which interface a number means", async () => {
    const { reader, records } = await read(
      shb,
      idb(option(2, [0x61])),
      epb(ARP),
      shb,
      idb(option(2, [0x62])),
      epb(ARP),
    );
    expect(records.map((record) => reader?.interfaces[record.interfaceIndex]?.name)).toEqual(["a", "b"]);
  });
});

describe("classic pcap as others write it", () => {
  const record = (fraction: number, captured: readonly number[], original = captured.length): number[] => [
    ...u32(9),
    ...u32(fraction),
    ...u32(captured.length),
    ...u32(original),
    ...captured,
  ];

  test("Kuznetzov's modified format, with its longer record headers", async () => {
    const modified = (type: number): number[] => [
      ...[...u32(9), ...u32(5), ...u32(42), ...u32(42)],
      ...[...u32(2), ...u16(0x0806), type, 0],
      ...ARP,
    ];
    const { records, error } = await read(pcap(0xa1b2cd34), modified(0), modified(4));
    expect(error).toBeNull();
    expect(records).toMatchObject([
      { bytes: FRAME, seconds: 9, nanoseconds: 5000, direction: 0 },
      { bytes: FRAME, direction: 1 },
    ]);
  });

  test("a fraction that runs over goes into the seconds", async () => {
    const { records } = await read(pcap(), record(3_000_007, ARP), record(0xffffffff, ARP));
    expect(records).toMatchObject([
      { seconds: 12, nanoseconds: 7000 },
      { seconds: 9 + 4294, nanoseconds: 967_295_000 },
    ]);
  });

  test("a record longer than the snap length is cut to it, as by libpcap", async () => {
    const { records, error } = await read(pcap(0xa1b2c3d4, 1, 20), record(0, ARP), record(1, ARP));
    expect(error).toBeNull();
    expect(records.map((item) => [item.bytes.length, item.originalLength, item.flags])).toEqual([
      [20, 42, 2],
      [20, 42, 2],
    ]);
  });

  test("the upper bits of the link type may tell of a frame check sequence", async () => {
    expect((await read(pcap(0xa1b2c3d4, 0x14000001), record(0, ARP))).records.length).toBe(1);
  });

  test("before version 2.4 the two lengths stood the other way round", async () => {
    const old = [...u32(9), ...u32(0), ...u32(60), ...u32(42), ...ARP];
    for (const minor of [2, 3]) {
      const { records, error } = await read(pcap(0xa1b2c3d4, 1, 0, [2, minor]), old);
      expect(error).toBeNull();
      expect(records).toMatchObject([{ bytes: FRAME, originalLength: 60 }]);
    }
  });

  test("an absurd original length is kept within an integer", async () => {
    const { records } = await read(pcap(), record(0, ARP, 0xffffffff));
    expect(records[0]!.originalLength).toBe(0x7fffffff);
  });
});

describe("what is not read is refused by name", () => {
  test.each([
    [[0x50, 0x4b, 3, 4, 0, 0], 0, "neither pcap nor pcapng (the file begins with 504b0304)"],
    [[], 0, "the file is empty"],
    [[1, 2, 3], 0, "the file ends after 3 bytes, too few for a capture"],
    [
      pcap(0xa1b2c3d4, 113),
      20,
      "its frames are LINUX_SLL (Linux cooked), link type 113; only ETHERNET (link type 1) is read",
    ],
    [pcap(0xa1b2c3d4, 999), 20, "its frames are link type 999; only ETHERNET (link type 1) is read"],
    [pcap(0xa1b2c3d4, 1, 0, [2, 5]), 4, "pcap version 2.5; 2.0 to 2.4 are read"],
    [
      [...shb, ...idb([], 113), ...epb(ARP)],
      48,
      "its frames are LINUX_SLL (Linux cooked), link type 113; only ETHERNET (link type 1) is read",
    ],
    [
      block(0x0a0d0d0a, [...u32(0x1a2b3c4d), ...u16(2), ...u16(0), ...Array(8).fill(0)]),
      0,
      "pcapng version 2.0; 1.0 and 1.2 are read",
    ],
  ])("%#", async (bytes, offset, message) => {
    const { error, records } = await readAll(Uint8Array.from(bytes));
    expect(records).toEqual([]);
    expect(error).toMatchObject({ offset, message });
  });

  test("unless every link type is asked for", async () => {
    const bytes = Uint8Array.from([...shb, ...idb([], 113), ...epb(ARP)]);
    const { records, error, reader } = await readAll(sourceOf(bytes), { anyLinkType: true });
    expect(error).toBeNull();
    expect(reader?.interfaces[records[0]!.interfaceIndex]?.linkType).toBe(113);
  });

  test("an interface of another link type does no harm while it is silent", async () => {
    const { records, error } = await read(shb, idb(), idb([], 113), epb(ARP), epb(ARP, 0n, [], 1), epb(ARP));
    expect(records.length).toBe(1);
    expect(error).toMatchObject({ kind: "unsupported" });
  });
});
