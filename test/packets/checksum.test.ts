import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, getU16, setU16 } from "../../packets/bytes.ts";
import { add, addWords, checksum, fold, update } from "../../packets/checksum.ts";
import { u16 } from "../support/arbitraries.ts";

/** RFC 1071's definition, word by word, in integers without bounds. */
function reference(buf: Uint8Array): number {
  let sum = 0n;
  for (let i = 0; i < buf.length; i += 2) sum += BigInt(buf[i]! * 256 + (buf[i + 1] ?? 0));
  while (sum > 0xffffn) sum = (sum & 0xffffn) + (sum >> 16n);
  return Number(~sum & 0xffffn);
}

// Lengths around the sixteen bytes that one turn takes, often of bytes that carry.
const data = fc.oneof(
  fc.uint8Array({ maxLength: 70 }),
  fc.nat(70).map((length) => new Uint8Array(length).fill(255)),
  fc.nat(70).map((length) => new Uint8Array(length)),
);

describe("checksum", () => {
  test("RFC 1071's example", () => {
    const buf = fromHex("0001 f203 f4f5 f6f7");
    expect(fold(add(buf, 0, 8, 0))).toBe(0xddf2);
    expect(checksum(buf, 0, 8)).toBe(0x220d);
  });

  test("an IPv4 header of the kernel's sums to 0 with its checksum in place", () => {
    const header = fromHex("4500 0054 b42f 4000 0101 f9ce 0a00 0001 c0a8 0102");
    expect(checksum(header, 0, 20)).toBe(0);
    setU16(header, 10, 0);
    expect(checksum(header, 0, 20)).toBe(0xf9ce);
  });

  test("agrees with the definition at any length and place", () => {
    fc.assert(
      fc.property(data, fc.uint8Array({ maxLength: 9 }), fc.uint8Array({ maxLength: 9 }), (bytes, before, after) => {
        const buf = Uint8Array.of(...before, ...bytes, ...after);
        expect(checksum(buf, before.length, before.length + bytes.length)).toBe(reference(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  test("agrees with the definition in a buffer of many packets, which is read by words", () => {
    const longer = fc.oneof(
      data,
      fc.uint8Array({ minLength: 60, maxLength: 300 }),
      fc.nat(300).map((length) => new Uint8Array(length).fill(255)),
    );
    const ring = new Uint8Array(0x8000);
    fc.assert(
      fc.property(longer, fc.nat(0x8000), (bytes, place) => {
        const off = Math.min(place, ring.length - bytes.length);
        ring.fill(0xa5);
        ring.set(bytes, off);
        expect(checksum(ring, off, off + bytes.length)).toBe(reference(bytes));
        // In a part of larger memory, whose first byte is not the memory's.
        const part = ring.subarray(3);
        if (off >= 3) expect(checksum(part, off - 3, off - 3 + bytes.length)).toBe(reference(bytes));
        // Alone, where reading beside it throws.
        expect(addWords(new DataView(bytes.slice().buffer), 0, bytes.length)).toBe(~reference(bytes) & 0xffff);
      }),
      { numRuns: 1000 },
    );
  });

  test("a word read beside the range would throw", () => {
    const view = new DataView(new ArrayBuffer(100));
    for (let length = 0; length <= 100; length++) expect(addWords(view, 100 - length, 100)).toBe(0);
    expect(() => addWords(view, 0, 101)).toThrow(RangeError);
  });

  test("ranges may be summed one after the other, cut at any even place", () => {
    fc.assert(
      fc.property(data, fc.nat(), fc.nat(), (buf, a, b) => {
        const cuts = [a, b].map((cut) => (cut % (buf.length + 1)) & ~1).sort((x, y) => x - y);
        let sum = 0;
        let from = 0;
        for (const to of [...cuts, buf.length]) {
          sum = add(buf, from, to, sum);
          from = to;
        }
        expect(~fold(sum) & 0xffff).toBe(reference(buf));
      }),
    );
  });

  test("stays exact over more bytes than one turn's sums hold", () => {
    const buf = new Uint8Array(0x400000 * 2 + 33).fill(255);
    expect(fold(add(buf, 0, buf.length, 0))).toBe(fold((buf.length >> 1) * 0xffff + 0xff00));
    expect(fold(add(buf.subarray(0, 0x400000 * 2 + 5), 1, 0x400000 * 2 + 2, 7))).toBe(
      fold(0x400000 * 0xffff + 0xff00 + 7),
    );
    expect(checksum(buf, 0, buf.length)).toBe(reference(buf));
    expect(add(buf, 0, 16, Number.MAX_SAFE_INTEGER - 8 * 0xffff)).toBe(Number.MAX_SAFE_INTEGER);
  });

  test("folds any sum that can come up", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.maxSafeNat(), fc.nat(0x20000), fc.constantFrom(0x7fffffff, 0x80000000, 0xffffffff)),
        (sum) => {
          let expected = sum;
          while (expected > 0xffff) expected = (expected % 0x10000) + Math.floor(expected / 0x10000);
          expect(fold(sum)).toBe(expected);
        },
      ),
    );
    for (const sum of [0, 1, 0xffff, 0x10000, 0x1fffe, 0xffff * 0xffff, 0xffff * 0x8000, 0xffff * 0x8001])
      expect(fold(sum)).toBe(sum === 0 ? 0 : sum === 1 || sum === 0x10000 ? 1 : 0xffff);
  });

  test("an empty range has the checksum of nothing", () => {
    expect(checksum(new Uint8Array(4), 2, 2)).toBe(0xffff);
  });
});

describe("incremental update (RFC 1624)", () => {
  test("agrees with a full computation over the changed data", () => {
    const words = fc.array(fc.oneof(u16, fc.constantFrom(0, 0xffff)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(words, fc.nat(), fc.oneof(u16, fc.constantFrom(0, 0xffff)), (values, at, after) => {
        const buf = new Uint8Array(values.length * 2);
        for (const [i, value] of values.entries()) setU16(buf, 2 * i, value);
        const off = 2 * (at % values.length);
        const before = getU16(buf, off);
        const old = checksum(buf, 0, buf.length);
        setU16(buf, off, after);
        const updated = update(old, before, after);
        // Data that is all zeros has the checksum 0xffff, which no update can know: as documented.
        if (buf.every((byte) => byte === 0)) expect(updated).toBe(0);
        else expect(updated).toBe(checksum(buf, 0, buf.length));
      }),
      { numRuns: 2000 },
    );
  });

  test("RFC 1624's example, where RFC 1141 gives 0xffff instead of 0x0000", () => {
    expect(update(0xdd2f, 0x5555, 0x3285)).toBe(0x0000);
  });

  test("changing nothing changes nothing, except that of the two zeros 0x0000 is given", () => {
    fc.assert(
      fc.property(u16, u16, (check, word) => {
        expect(update(check, word, word)).toBe(check === 0xffff ? 0 : check);
      }),
    );
    expect(update(0xffff, 7, 7)).toBe(0);
  });
});
