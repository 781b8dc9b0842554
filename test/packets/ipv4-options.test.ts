import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex } from "../../packets/bytes.ts";
import { Fault } from "../../packets/fault.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as options from "../../packets/ipv4-options.ts";
import { parsed, u8 } from "../support/arbitraries.ts";
import { guarded } from "../support/guarded.ts";

const { EndOfList, NoOperation, RecordRoute, RouterAlert, LooseSourceRoute } = options.OptionType;
const EMPTY = new Uint8Array(0);

/** A header that carries these bytes as its options. */
function headerWith(bytes: Uint8Array): Uint8Array {
  const fixed = { tos: 0, id: 0, flags: 0, fragmentOffset: 0, ttl: 1, protocol: 1, src: 1, dst: 2 };
  return ipv4.build({ ...fixed, options: bytes, payload: EMPTY });
}

const option = fc.oneof(
  fc.record({ type: u8.filter((type) => type > 1), data: fc.uint8Array({ maxLength: 6 }) }),
  fc.constant({ type: NoOperation, data: EMPTY }),
);
const list = fc.array(option, { maxLength: 5 });
const anyBytes = fc
  .array(fc.oneof(u8, fc.constantFrom(0, 1, 2, 7, 131)), { maxLength: 40 })
  .map((values) => Uint8Array.from(values.slice(0, values.length & ~3)));

describe("ipv4-options", () => {
  test("a list comes back as it was built, up to its end", () => {
    fc.assert(
      fc.property(list, (wanted) => {
        const bytes = options.build(wanted);
        expect(bytes.length % 4).toBe(0);
        const buf = headerWith(bytes);
        expect(options.check(buf, 0)).toBe(Fault.None);
        const found = parsed(options.parse(buf, 0));
        const length = wanted.reduce((sum, { type, data }) => sum + (type === NoOperation ? 1 : 2 + data.length), 0);
        expect(found).toEqual(length % 4 === 0 ? wanted : [...wanted, { type: EndOfList, data: EMPTY }]);
        for (const { type } of wanted) {
          const at = options.find(buf, 0, type);
          expect(buf[at]).toBe(type);
        }
      }),
    );
  });

  test("no content makes the walk hang, throw or read beside the options", () => {
    fc.assert(
      fc.property(anyBytes, u8, (bytes, type) => {
        const buf = headerWith(bytes);
        const view = guarded(buf, 0, 20 + bytes.length);
        const fault = options.check(view, 0);
        expect(options.parse(buf, 0) === Fault.Length).toBe(fault !== Fault.None);
        const at = options.find(view, 0, type);
        if (at >= 0) expect(buf[at]).toBe(type);
        const end = options.end(view, 0);
        let steps = 0;
        for (let walk = options.start(0); walk < end; steps++) {
          const length = options.optionLength(view, walk, end);
          if (length === 0) break;
          walk += length;
          expect(walk).toBeLessThanOrEqual(end);
        }
        expect(steps).toBeLessThanOrEqual(40);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["07000000", "a length of 0"],
    ["07010000", "a length of 1"],
    ["07050000", "a length beyond the header"],
    ["01010107", "a type without its length"],
  ])("%s has %s: malformed (RFC 1122, 3.2.1.8)", (hex) => {
    const buf = headerWith(fromHex(hex));
    expect(options.check(buf, 0)).toBe(Fault.Length);
    expect(options.parse(buf, 0)).toBe(Fault.Length);
    expect(options.find(buf, 0, RecordRoute)).toBe(-1);
    expect(options.find(buf, 0, RouterAlert)).toBe(-1);
  });

  test("an option may end with the header, even one of two bytes", () => {
    const buf = headerWith(fromHex("01019402"));
    expect(options.check(buf, 0)).toBe(Fault.None);
    expect(options.find(buf, 0, RouterAlert)).toBe(22);
    expect(parsed(options.parse(buf, 0)).map(({ type }) => type)).toEqual([NoOperation, NoOperation, RouterAlert]);
  });

  test("what follows the end of the list is padding, whatever it is", () => {
    const buf = headerWith(fromHex("01000701 94040000"));
    expect(options.check(buf, 0)).toBe(Fault.None);
    expect(options.find(buf, 0, RouterAlert)).toBe(-1);
    expect(options.find(buf, 0, EndOfList)).toBe(21);
    expect(parsed(options.parse(buf, 0)).map(({ type }) => type)).toEqual([NoOperation, EndOfList]);
  });

  test("a header without options has none", () => {
    const buf = headerWith(EMPTY);
    expect(options.start(0)).toBe(options.end(buf, 0));
    expect(parsed(options.parse(buf, 0))).toEqual([]);
    expect(options.find(buf, 0, EndOfList)).toBe(-1);
  });

  test("an unknown option is passed over, and stays a number", () => {
    const buf = headerWith(fromHex("de03ff 94040000 00"));
    expect(options.find(buf, 0, RouterAlert)).toBe(23);
    expect(options.optionName(222)).toBe("option-222");
    expect(options.optionName(LooseSourceRoute)).toBe("LSRR");
    for (const type of Object.values(options.OptionType)) expect(options.optionName(type)).not.toMatch(/^option-/);
  });

  test("building refuses what does not fit", () => {
    expect(() => options.build([{ type: 256, data: EMPTY }])).toThrow(/option\.type takes/);
    expect(() => options.build([{ type: 7, data: new Uint8Array(39) }])).toThrow(/at most 40 bytes, not 44/);
    expect(() => options.build([{ type: NoOperation, data: new Uint8Array(1) }])).toThrow(/single byte/);
    expect(options.build([{ type: 7, data: new Uint8Array(38) }]).length).toBe(40);
  });
});
