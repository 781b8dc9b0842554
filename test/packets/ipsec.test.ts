import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as ah from "../../packets/ah.ts";
import * as esp from "../../packets/esp.ts";
import { Fault } from "../../packets/fault.ts";
import { parsed, u8, u32 } from "../support/arbitraries.ts";
import { expectSound, guarded, hostile } from "../support/guarded.ts";

const icv = fc.nat(5).chain((words) => fc.uint8Array({ minLength: 4 * words, maxLength: 4 * words }));
const authentication = fc.record({ nextHeader: u8, spi: u32, sequence: u32, icv });

describe("ah", () => {
  test("accessors and layout agree, and a header comes back as it was built", () => {
    fc.assert(
      fc.property(authentication, fc.nat(9), fc.nat(9), (value, off, trailer) => {
        const made = ah.build(value);
        const buf = Uint8Array.of(...new Uint8Array(off), ...made, ...new Uint8Array(trailer).fill(0xee));
        expect(ah.check(buf, off, buf.length)).toBe(Fault.None);
        const fields = ah.layout.decode(buf, off);
        expect(ah.nextHeader(buf, off)).toBe(fields.nextHeader);
        expect(ah.headerLength(buf, off)).toBe((fields.length + 2) * 4);
        expect(ah.headerLength(buf, off)).toBe(made.length);
        expect(ah.spi(buf, off)).toBe(fields.spi);
        expect(ah.sequence(buf, off)).toBe(fields.sequence);
        expect(parsed(ah.parse(buf, off))).toEqual(value);
      }),
    );
    const { NEXT_HEADER, LENGTH, RESERVED, SPI, SEQUENCE } = ah;
    expect(ah.layout.fields.map(({ offset }) => offset)).toEqual([NEXT_HEADER, LENGTH, RESERVED, SPI, SEQUENCE]);
    expect(ah.layout.span).toBe(ah.FIXED_LENGTH);
  });

  test("no input makes it read beside the header; says why one cannot be read", () => {
    const sample = ah.build({ nextHeader: 6, spi: 1, sequence: 2, icv: new Uint8Array(12) });
    fc.assert(
      fc.property(hostile([sample]), ({ buf, off, end }) => {
        const view = guarded(buf, off, end);
        const fault = ah.check(view, off, end);
        expect(typeof ah.parse(buf, off, end)).toBe(fault === Fault.None ? "object" : "number");
        if (fault !== Fault.None) return;
        for (const read of [ah.nextHeader, ah.headerLength, ah.spi, ah.sequence]) expectSound(read(view, off));
      }),
      { numRuns: 500 },
    );
    for (let end = 0; end < sample.length; end++) expect(ah.check(sample, 0, end)).toBe(Fault.Truncated);
    sample[ah.LENGTH] = 0;
    expect(ah.check(sample, 0, sample.length)).toBe(Fault.Length);
  });

  test("building refuses what does not fit", () => {
    const good = { nextHeader: 6, spi: 1, sequence: 2, icv: new Uint8Array(0) };
    expect(() => ah.build({ ...good, icv: new Uint8Array(3) })).toThrow(/multiple of 4/);
    expect(() => ah.build({ ...good, icv: new Uint8Array(1020) })).toThrow(/ah\.length takes/);
    expect(() => ah.build({ ...good, spi: -1 })).toThrow(/ah\.spi takes/);
  });
});

describe("esp", () => {
  test("a payload comes back as it was built; accessors and layout agree", () => {
    const payload = fc.record({ spi: u32, sequence: u32, data: fc.uint8Array({ maxLength: 20 }) });
    fc.assert(
      fc.property(payload, fc.nat(9), (value, off) => {
        const buf = Uint8Array.of(...new Uint8Array(off), ...esp.build(value));
        expect(esp.check(buf, off, buf.length)).toBe(Fault.None);
        const fields = esp.layout.decode(buf, off);
        expect([esp.spi(buf, off), esp.sequence(buf, off)]).toEqual([fields.spi, fields.sequence]);
        expect(parsed(esp.parse(buf, off))).toEqual(value);
      }),
    );
    for (let end = 0; end < 8; end++) expect(esp.parse(new Uint8Array(8), 0, end)).toBe(Fault.Truncated);
  });
});
