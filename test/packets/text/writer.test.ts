import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../../packets/bytes.ts";
import * as ipv4 from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import { hexDump, literal, TextWriter } from "../../../packets/text/index.ts";
import { bytes } from "../../support/arbitraries.ts";

/** Writes with a buffer so small that it must grow. */
function written(write: (out: TextWriter) => void): string {
  const out = new TextWriter(1);
  write(out);
  return out.toString();
}

describe("TextWriter", () => {
  test("decimal numbers", () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(1000), fc.maxSafeNat()), fc.integer({ min: 1, max: 12 }), (value, width) => {
        expect(written((out) => out.decimal(value))).toBe(String(value));
        expect(written((out) => out.decimalPadded(value, width))).toBe(String(value).padStart(width, "0"));
        expect(written((out) => out.decimalPadded(value, width, 0x20))).toBe(String(value).padStart(width, " "));
      }),
    );
  });

  test("six digits, raw bytes and constant text of any length", () => {
    fc.assert(
      fc.property(fc.nat(999_999), bytes(7), fc.string({ unit: "binary-ascii", maxLength: 20 }), (value, raw, text) => {
        expect(written((out) => out.sixDigits(value))).toBe(String(value).padStart(6, "0"));
        expect(written((out) => out.raw(raw))).toBe(String.fromCharCode(...raw));
        expect(literal(text).toString()).toBe(text);
        // What follows overwrites what a word had too much.
        const both = written((out) => {
          out.put(literal(text));
          out.put(literal(text));
        });
        expect(both).toBe(text + text);
      }),
    );
  });

  test("hexadecimal numbers", () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(300), fc.nat(0xffffffff)), fc.integer({ min: 1, max: 8 }), (value, digits) => {
        expect(written((out) => out.hex(value))).toBe(value.toString(16));
        const low = value.toString(16).padStart(8, "0").slice(-digits);
        expect(written((out) => out.hexPadded(value, digits))).toBe(low);
      }),
    );
  });

  test("addresses", () => {
    fc.assert(
      fc.property(bytes(6), fc.integer(), fc.nat(5), (address, ip, off) => {
        const buf = new Uint8Array(off + 6);
        buf.set(address, off);
        expect(written((out) => out.mac(buf, off))).toBe(mac.format(address));
        expect(written((out) => out.colonHex(buf, off, 6))).toBe(toHex(address, ":"));
        expect(written((out) => out.hexBytes(buf, off, 6))).toBe(toHex(address));
        new DataView(buf.buffer).setInt32(off, ip);
        expect(written((out) => out.ipv4(buf, off))).toBe(ipv4.format(ip));
      }),
    );
  });

  test.each([
    ["00000000000000000000000000000000", "::"],
    ["00000000000000000000000000000001", "::1"],
    ["fe800000000000000000000000000001", "fe80::1"],
    ["20010db8000000010000000000000001", "2001:db8:0:1::1"],
    ["20010db8000100000000000100000000", "2001:db8:1::1:0:0"],
    ["0000000000000000000000000a000001", "::10.0.0.1"],
    ["00000000000000000000ffff0a000001", "::ffff:10.0.0.1"],
    ["ffffffffffffffffffffffffffffffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["00010000000200000003000000040000", "1:0:2:0:3:0:4:0"],
    ["ff020000000000000000000000000000", "ff02::"],
  ])("IPv6 address %s is %s", (hex, text) => {
    const address = Uint8Array.from(hex.match(/../g)!, (pair) => Number.parseInt(pair, 16));
    expect(written((out) => out.ipv6(address, 0))).toBe(text);
  });

  test("literals, text and repetition, in order; clear keeps nothing", () => {
    const out = new TextWriter(1);
    out.put(literal("one "));
    out.ascii("two é ");
    out.repeat(0x2d, 3);
    out.repeat(0x2d, -1);
    expect(out.toString()).toBe("one two ? ---");
    expect(Buffer.from(out.bytes()).toString()).toBe("one two ? ---");
    out.clear();
    expect(out.length).toBe(0);
    out.byte(0x41);
    expect(out.toString()).toBe("A");
  });

  test("allocates nothing once it has grown", () => {
    const out = new TextWriter(64);
    const before = out.bytes().buffer;
    for (let i = 0; i < 100; i++) {
      out.clear();
      out.put(literal("x".repeat(60)));
    }
    expect(out.bytes().buffer).toBe(before);
  });
});

describe("hexDump", () => {
  test("sixteen bytes a line, words of two, the odd byte alone", () => {
    const buf = Uint8Array.from({ length: 19 }, (_, i) => 0x3f + i);
    expect(written((out) => hexDump(out, buf, 0, 19, false))).toBe(
      "\n\t0x0000:  3f40 4142 4344 4546 4748 494a 4b4c 4d4e\n\t0x0010:  4f50 51",
    );
    expect(written((out) => hexDump(out, buf, 16, 19, true))).toBe(`\n\t0x0000:  4f50 51${" ".repeat(34)}OPQ`);
  });

  test("unprintable bytes are dots, the space too", () => {
    const buf = Uint8Array.of(0x1f, 0x20, 0x21, 0x7e, 0x7f, 0xff);
    expect(written((out) => hexDump(out, buf, 0, 6, true))).toMatch(/ {2}\.\.!~\.\.$/);
  });
});
