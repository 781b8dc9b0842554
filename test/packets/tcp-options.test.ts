import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../packets/bytes.ts";
import { Fault } from "../../packets/fault.ts";
import * as tcp from "../../packets/tcp.ts";
import * as options from "../../packets/tcp-options.ts";
import { u8 } from "../support/arbitraries.ts";
import { expectSound, guarded } from "../support/guarded.ts";

const option: fc.Arbitrary<options.TcpOption> = fc.oneof(
  fc.record({ kind: fc.constant(options.OptionKind.NoOperation), data: fc.constant(new Uint8Array(0)) }),
  fc.record({ kind: u8.filter((kind) => kind > 1), data: fc.uint8Array({ maxLength: 11 }) }),
);
const list = fc.array(option, { maxLength: 3 });

/** A header of 20 bytes and these options, somewhere in a buffer. */
function headerWith(bytes: Uint8Array, off = 0): Uint8Array {
  const buf = new Uint8Array(off + tcp.MIN_HEADER_LENGTH + bytes.length);
  buf[off + tcp.DATA_OFFSET] = ((tcp.MIN_HEADER_LENGTH + bytes.length) / 4) << 4;
  buf.set(bytes, off + tcp.OPTIONS);
  return buf;
}

/** Linux' SYN: MSS 1460, SACK permitted, timestamps 1 and 2, NOP, window scale 7. */
const SYN = headerWith(fromHex("020405b4 0402 080a 00000001 00000002 01 030307"));

describe("tcp options", () => {
  test("what is built is parsed, but for the padding", () => {
    fc.assert(
      fc.property(list, fc.nat(10), (value, off) => {
        const bytes = options.build(value);
        const buf = headerWith(bytes, off);
        expect(options.check(buf, off)).toBe(Fault.None);
        const read = options.parse(buf, off);
        if (typeof read === "number") throw new Error(`fault ${read}`);
        if (read.at(-1)?.kind === options.OptionKind.EndOfList) read.pop();
        expect(read).toEqual(value);
        for (const { kind } of value) {
          const at = options.find(buf, off, kind);
          expect(buf[at]).toBe(kind);
          expect(at).toBeGreaterThanOrEqual(options.start(off));
        }
      }),
    );
  });

  test("reads what a SYN states", () => {
    expect(options.maxSegmentSize(SYN, 0)).toBe(1460);
    expect(options.windowScale(SYN, 0)).toBe(7);
    expect(options.timestamp(SYN, 0)).toBe(1);
    expect(options.timestamp(SYN, 0, true)).toBe(2);
    expect(options.find(SYN, 0, options.OptionKind.SackPermitted)).toBe(24);
    const none = headerWith(new Uint8Array(0));
    for (const read of [options.maxSegmentSize, options.windowScale, options.timestamp]) expect(read(none, 0)).toBe(-1);
    const odd = headerWith(fromHex("020505b4 00 0302 00"));
    for (const read of [options.maxSegmentSize, options.windowScale]) expect(read(odd, 0)).toBe(-1);
  });

  test("a length that never moves on, or leaves the header, is a fault", () => {
    for (const hex of ["02000000", "02010000", "05050000", "0101010a"]) {
      const buf = headerWith(fromHex(hex));
      expect(options.check(buf, 0), hex).toBe(Fault.Length);
      expect(options.parse(buf, 0)).toBe(Fault.Length);
      expect(options.find(buf, 0, 77)).toBe(-1);
    }
    // Behind the end of the list nothing is looked at.
    expect(options.check(headerWith(fromHex("00050505")), 0)).toBe(Fault.None);
  });

  test("no input makes it read beside the header", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), u8, (bytes, kind) => {
        const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
        padded.set(bytes);
        const buf = headerWith(padded, 3);
        const view = guarded(buf, 3, buf.length);
        expectSound(options.check(view, 3));
        expectSound(options.find(view, 3, kind));
        for (const read of [options.maxSegmentSize, options.windowScale, options.timestamp]) expectSound(read(view, 3));
        options.parse(buf, 3);
      }),
      { numRuns: 500 },
    );
  });

  test("an unknown kind stays a number", () => {
    expect(options.optionName(2)).toBe("mss");
    expect(options.optionName(69)).toBe("option-69");
    for (const kind of Object.values(options.OptionKind)) expect(options.optionName(kind)).not.toMatch(/^option-/);
  });

  test("building refuses what does not fit", () => {
    expect(toHex(options.build([{ kind: 2, data: fromHex("05b4") }]))).toBe("020405b4");
    expect(() => options.build([{ kind: 256, data: new Uint8Array(0) }])).toThrow(/option\.kind takes/);
    expect(() => options.build([{ kind: 1, data: new Uint8Array(1) }])).toThrow(/nop is a single byte/);
    expect(() => options.build([{ kind: 5, data: new Uint8Array(39) }])).toThrow(/at most 40 bytes/);
  });
});
