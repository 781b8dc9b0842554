import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../../src/stack/clock.ts";
import { Fragment, Reassembler, type ReassemblyOptions } from "../../../src/stack/ipv4/reassembly.ts";

const HEADER = 4;
const SLOT = 104;

interface Piece {
  place: number;
  size: number;
  more: boolean;
}

/** A payload of `total` numbered bytes, cut at multiples of 8. */
function cut(total: number, sizes: readonly number[]): Piece[] {
  const pieces: Piece[] = [];
  for (let place = 0, i = 0; place < total; i++) {
    const size = Math.min(8 * sizes[i % sizes.length]!, total - place);
    pieces.push({ place, size, more: place + size < total });
    place += size;
  }
  return pieces;
}

class Bench {
  readonly clock = new VirtualClock();
  readonly expired: (Uint8Array | null)[] = [];
  readonly reassembler: Reassembler;
  readonly #frame = new Uint8Array(SLOT + 10);

  constructor(options: Partial<ReassemblyOptions> = {}) {
    const expired = (buf: Uint8Array, off: number, length: number) =>
      void this.expired.push(off < 0 ? null : buf.slice(off, off + length));
    this.reassembler = new Reassembler(this.clock, 2, SLOT, expired, options);
  }

  add(key: number, { place, size, more }: Piece, change = 0): number {
    this.reassembler.key.set([key, -key]);
    this.#frame.set([0xaa, key & 255, 0xbb, 0xcc], 7);
    for (let i = 0; i < size; i++) this.#frame[7 + HEADER + i] = (place + i) ^ (key & 255) ^ change;
    return this.reassembler.add(this.#frame, 7, HEADER, size, place, more);
  }

  whole(datagram: number): Uint8Array {
    const bytes = new Uint8Array(this.reassembler.length(datagram) + 3);
    this.reassembler.write(datagram, bytes, 3);
    this.reassembler.release(datagram);
    return bytes.subarray(3);
  }
}

function expected(key: number, total: number): Uint8Array {
  return Uint8Array.from({ length: HEADER + total }, (_, i) =>
    i < HEADER ? [0xaa, key & 255, 0xbb, 0xcc][i]! : (i - HEADER) ^ (key & 255),
  );
}

const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 });

describe("fragments", () => {
  test("in any order, with duplicates and among others', make the datagram again", () => {
    const order = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 700 }),
        fc.integer({ min: 1, max: 300 }),
        sizes,
        order,
        (a, b, by, chance) => {
          const bench = new Bench();
          const left = [
            cut(a, by).map((piece) => ({ key: 1, piece })),
            cut(b, by).map((piece) => ({ key: 2, piece })),
          ].flat();
          const done = new Map<number, Uint8Array>();
          const draw = (n: number) => Math.floor((chance.next().value as number) * n);
          while (left.length > 0) {
            const [{ key, piece }] = left.splice(draw(left.length), 1) as [{ key: number; piece: Piece }];
            const result = bench.add(key, piece);
            if (result >= 0) done.set(key, bench.whole(result).slice());
            else {
              expect(result).toBe(Fragment.Waiting);
              if (draw(4) === 0) expect(bench.add(key, piece)).toBe(Fragment.Duplicate);
            }
          }
          expect(done.get(1)).toEqual(expected(1, a));
          expect(done.get(2)).toEqual(expected(2, b));
          expect(bench.reassembler.stats()).toMatchObject({ completed: 2, pending: 0, bytes: 0 });
        },
      ),
    );
  });

  test("a hole keeps it waiting", () => {
    const bench = new Bench();
    const pieces = cut(200, [4]);
    for (const piece of pieces.filter((_, i) => i !== 3)) expect(bench.add(1, piece)).toBe(Fragment.Waiting);
    expect(bench.add(1, pieces[3]!)).toBeGreaterThanOrEqual(0);
  });

  test.each<[string, Piece[], number]>([
    ["all but the last are multiples of 8 bytes", [{ place: 0, size: 9, more: true }], Fragment.Invalid],
    ["an empty one", [{ place: 8, size: 0, more: false }], Fragment.Invalid],
    ["beyond 65,535", [{ place: 65_528, size: 8, more: false }], Fragment.Invalid],
    [
      "two ends",
      [
        { place: 16, size: 8, more: false },
        { place: 8, size: 7, more: false },
      ],
      Fragment.Overlap,
    ],
    [
      "beyond the end",
      [
        { place: 8, size: 8, more: false },
        { place: 16, size: 8, more: true },
      ],
      Fragment.Overlap,
    ],
    [
      "an end before what has come",
      [
        { place: 16, size: 8, more: true },
        { place: 8, size: 8, more: false },
      ],
      Fragment.Overlap,
    ],
  ])("%s: refused", (_, pieces, result) => {
    const bench = new Bench();
    const results = pieces.map((piece) => bench.add(1, piece));
    expect(results.at(-1)).toBe(result);
    expect(results.slice(0, -1).every((one) => one === Fragment.Waiting)).toBe(true);
  });
});

describe("RFC 5722: an overlap loses the datagram", () => {
  test("whatever overlaps, by however little, and what is still to come too", () => {
    fc.assert(
      fc.property(
        fc.nat(20),
        fc.integer({ min: 1, max: 12 }),
        fc.nat(20),
        fc.integer({ min: 1, max: 12 }),
        (p, s, q, t) => {
          const one = { place: 8 * p, size: 8 * s, more: true };
          const other = { place: 8 * q, size: 8 * t, more: true };
          const overlaps = other.place < one.place + one.size && one.place < other.place + other.size;
          const isSame = p === q && s === t;
          const bench = new Bench();
          expect(bench.add(1, one)).toBe(Fragment.Waiting);
          const result = bench.add(1, other);
          expect(result).toBe(isSame ? Fragment.Duplicate : overlaps ? Fragment.Overlap : Fragment.Waiting);
          if (!overlaps || isSame) return;
          expect(bench.add(1, { place: 800, size: 8, more: false })).toBe(Fragment.Overlap);
          expect(bench.reassembler.stats()).toMatchObject({ overlapped: 1, bytes: 0 });
        },
      ),
    );
  });

  test("the same place with other bytes is an overlap as well", () => {
    const bench = new Bench();
    bench.add(1, { place: 0, size: 16, more: true });
    expect(bench.add(1, { place: 0, size: 16, more: true }, 1)).toBe(Fragment.Overlap);
  });

  test("a lost datagram is no failure after the time, and its key is free again", () => {
    const bench = new Bench();
    bench.add(1, { place: 0, size: 16, more: true });
    bench.add(1, { place: 8, size: 16, more: true });
    bench.clock.advance(30_001);
    expect(bench.expired).toEqual([]);
    expect(bench.add(1, { place: 0, size: 16, more: true })).toBe(Fragment.Waiting);
  });
});

describe("time and memory", () => {
  test("what is incomplete after 30 s goes; whoever had its first fragment is told, with it", () => {
    const bench = new Bench();
    bench.add(1, { place: 0, size: 8, more: true });
    bench.clock.advance(10_000);
    bench.add(2, { place: 8, size: 8, more: true });
    bench.add(1, { place: 16, size: 8, more: true });
    bench.clock.advance(19_999);
    expect(bench.expired).toEqual([]);
    bench.clock.advance(2);
    expect(bench.expired).toEqual([expected(1, 8)]);
    bench.clock.advance(10_000);
    expect(bench.expired).toEqual([expected(1, 8), null]);
    expect(bench.reassembler.stats()).toMatchObject({ expired: 2, pending: 0, bytes: 0 });
  });

  test("the oldest make room, and nothing grows", () => {
    const bench = new Bench({ bytes: 10 * SLOT });
    for (let key = 1; key <= 1000; key++)
      expect(bench.add(key, { place: 0, size: 8, more: true })).toBe(Fragment.Waiting);
    expect(bench.reassembler.stats()).toMatchObject({ evicted: 990, pending: 10, bytes: 10 * SLOT, limit: 10 * SLOT });
    // An honest datagram gets through all the same.
    const [first, second] = cut(64, [4]) as [Piece, Piece];
    expect(bench.add(2000, first)).toBe(Fragment.Waiting);
    expect(bench.whole(bench.add(2000, second))).toEqual(expected(2000, 64));
  });

  test("a datagram cannot take all the memory: its number of fragments is bounded", () => {
    const bench = new Bench({ fragments: 5 });
    const results = Array.from({ length: 7 }, (_, i) => bench.add(1, { place: 16 * i, size: 8, more: true }));
    expect(results).toEqual([...new Array(5).fill(Fragment.Waiting), Fragment.Refused, Fragment.Refused]);
  });

  test("one datagram that fills it all refuses more, and pushes itself not out", () => {
    const bench = new Bench({ bytes: 3 * SLOT });
    const results = Array.from({ length: 4 }, (_, i) => bench.add(1, { place: 16 * i, size: 8, more: true }));
    expect(results.at(-1)).toBe(Fragment.Refused);
  });
});
