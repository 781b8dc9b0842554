import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as bytes from "../../packets/bytes.ts";

const BUFFER = fc.uint8Array({ minLength: 4, maxLength: 40 });

describe("bytes", () => {
  test("integers are read and written as DataView does it", () => {
    fc.assert(
      fc.property(BUFFER, fc.nat(), fc.integer(), (buf, at, value) => {
        const off = at % (buf.length - 3);
        const view = new DataView(buf.buffer, buf.byteOffset, buf.length);
        expect(bytes.getU16(buf, off)).toBe(view.getUint16(off));
        expect(bytes.getU32(buf, off)).toBe(view.getUint32(off));
        expect(bytes.getI32(buf, off)).toBe(view.getInt32(off));
        const before = buf.slice();
        bytes.setU16(buf, off, value);
        expect(view.getUint16(off)).toBe(value & 0xffff);
        expect(buf.subarray(off + 2)).toEqual(before.subarray(off + 2));
        bytes.setU32(buf, off, value);
        expect(view.getInt32(off)).toBe(value);
        bytes.setU32(buf, off, value >>> 0);
        expect(view.getInt32(off)).toBe(value);
        expect(buf.subarray(0, off)).toEqual(before.subarray(0, off));
        expect(buf.subarray(off + 4)).toEqual(before.subarray(off + 4));
      }),
    );
  });

  test("copies as set does, also downwards within one buffer", () => {
    fc.assert(
      fc.property(BUFFER, BUFFER, fc.nat(), fc.nat(), (from, to, a, b) => {
        const fromOff = a % from.length;
        const toOff = b % to.length;
        const length = Math.min(from.length - fromOff, to.length - toOff);
        const expected = to.slice();
        expected.set(from.subarray(fromOff, fromOff + length), toOff);
        bytes.copyBytes(from, fromOff, to, toOff, length);
        expect(to).toEqual(expected);
        const moved = from.slice().copyWithin(0, fromOff);
        bytes.copyBytes(from, fromOff, from, 0, from.length - fromOff);
        expect(from).toEqual(moved);
      }),
    );
  });

  test("compares ranges", () => {
    const a = Uint8Array.of(1, 2, 3, 4);
    const b = Uint8Array.of(9, 2, 3, 5);
    expect(bytes.sameBytes(a, 1, b, 1, 2)).toBe(true);
    expect(bytes.sameBytes(a, 1, b, 1, 3)).toBe(false);
    expect(bytes.sameBytes(a, 0, b, 0, 1)).toBe(false);
    expect(bytes.sameBytes(a, 0, b, 0, 0)).toBe(true);
  });

  test("hexadecimal text comes back as the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom("", " ", ":", "-", "\n"), (buf, separator) => {
        expect(bytes.fromHex(bytes.toHex(buf, separator))).toEqual(buf);
        expect(bytes.fromHex(bytes.toHex(buf).toUpperCase())).toEqual(buf);
      }),
    );
    expect(bytes.toHex(Uint8Array.of(0, 10, 255), ":")).toBe("00:0a:ff");
  });

  test.each(["0", "0g", "0x01", "é"])("refuses %j as hexadecimal", (text) => {
    expect(() => bytes.fromHex(text)).toThrow(/not hexadecimal bytes/);
  });
});
