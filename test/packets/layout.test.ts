import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { header } from "../../packets/layout.ts";
import { bytes, ip, u8, u16, u32 } from "../support/arbitraries.ts";

const layout = header("sample", { a: "u8", b: "u16", c: { bytes: 3 }, d: "u32", e: "ip" });
const value = fc.record({ a: u8, b: u16, c: bytes(3), d: u32, e: ip });
const GOOD = { a: 1, b: 2, c: Uint8Array.of(3, 4, 5), d: 6, e: 7 };

describe("layout", () => {
  test("tells each field's name, place and length", () => {
    expect(layout.name).toBe("sample");
    expect(layout.span).toBe(14);
    expect(layout.fields).toEqual([
      { name: "a", offset: 0, span: 1 },
      { name: "b", offset: 1, span: 2 },
      { name: "c", offset: 3, span: 3 },
      { name: "d", offset: 6, span: 4 },
      { name: "e", offset: 10, span: 4 },
    ]);
  });

  test("writes in network byte order", () => {
    const buf = new Uint8Array(14);
    layout.encode({ a: 1, b: 0x0203, c: Uint8Array.of(4, 5, 6), d: 0x0708090a, e: -2 }, buf);
    expect([...buf]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255, 255, 255, 254]);
  });

  test("gives back what it wrote, at any offset, and touches nothing beside", () => {
    fc.assert(
      fc.property(value, fc.nat(9), fc.nat(9), (wanted, off, room) => {
        const buf = new Uint8Array(off + 14 + room).fill(0xee);
        expect(layout.encode(wanted, buf, off)).toBe(14);
        expect(layout.decode(buf, off)).toEqual(wanted);
        expect(buf.subarray(0, off).every((byte) => byte === 0xee)).toBe(true);
        expect(buf.subarray(off + 14).every((byte) => byte === 0xee)).toBe(true);
      }),
    );
  });

  test("reads within a view of a larger memory", () => {
    const memory = new Uint8Array(40);
    const view = memory.subarray(10, 30);
    layout.encode(GOOD, view, 2);
    expect(memory[12]).toBe(1);
    expect(layout.decode(view, 2)).toEqual(GOOD);
    expect(layout.decode(Buffer.from(view), 2)).toEqual(GOOD);
  });

  test("an address may be written unsigned, and is read signed", () => {
    const buf = new Uint8Array(14);
    layout.encode({ ...GOOD, e: 0xc0a80001 }, buf);
    expect(layout.decode(buf).e).toBe(0xc0a80001 | 0);
  });

  test("decoded bytes are a copy", () => {
    const buf = new Uint8Array(14);
    layout.encode(GOOD, buf);
    const { c } = layout.decode(buf);
    buf.fill(9);
    expect([...c]).toEqual([3, 4, 5]);
  });

  test.each([
    [{ a: 256 }, "sample.a takes a whole number from 0 to 255, not 256"],
    [{ a: -1 }, "sample.a takes a whole number from 0 to 255, not -1"],
    [{ b: 1.5 }, "sample.b takes a whole number from 0 to 65535, not 1.5"],
    [{ d: 2 ** 32 }, "sample.d takes a whole number from 0 to 4294967295, not 4294967296"],
    [{ e: -(2 ** 31) - 1 }, "sample.e takes a whole number from -2147483648 to 4294967295, not -2147483649"],
    [{ d: Number.NaN }, "sample.d takes a whole number from 0 to 4294967295, not NaN"],
    [{ c: new Uint8Array(4) }, "sample.c takes 3 bytes"],
  ])("refuses %j, and writes nothing", (wrong, message) => {
    const buf = new Uint8Array(14);
    expect(() => layout.encode({ ...GOOD, ...wrong }, buf)).toThrow(new RangeError(message));
    expect(buf.every((byte) => byte === 0)).toBe(true);
  });

  test.each([0, 1, 13, 14, 20, -1])("refuses a header at byte %i of 14 + 5 if it does not fit", (off) => {
    const buf = new Uint8Array(19);
    if (off >= 0 && off <= 5) {
      expect(() => layout.decode(buf, off)).not.toThrow();
    } else {
      expect(() => layout.decode(buf, off)).toThrow(/sample needs 14 bytes at/);
      expect(() => layout.encode(GOOD, buf, off)).toThrow(/sample needs 14 bytes at/);
    }
  });
});
