import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex } from "../../packets/bytes.ts";
import { Fault } from "../../packets/fault.ts";
import * as options from "../../packets/ipv6-options.ts";
import { parsed, u8 } from "../support/arbitraries.ts";
import { guarded } from "../support/guarded.ts";

const { Pad1, PadN, RouterAlert, JumboPayload } = options.OptionType;
const EMPTY = new Uint8Array(0);
const option = fc.oneof(
  fc.record({ type: u8.filter((type) => type > 1), data: fc.uint8Array({ maxLength: 12 }) }),
  fc.constant({ type: Pad1, data: EMPTY }),
);
const list = fc.array(option, { maxLength: 5 });

describe("ipv6-options", () => {
  test("a list comes back as it was built, padded to 8 bytes", () => {
    fc.assert(
      fc.property(list, u8, (wanted, next) => {
        const buf = options.build(next, wanted);
        expect(buf.length % 8).toBe(0);
        expect([buf[0], buf[1]]).toEqual([next, buf.length / 8 - 1]);
        const at = options.start(0);
        expect(options.check(buf, at, buf.length)).toBe(Fault.None);
        const found = parsed(options.parse(buf, at));
        expect(found.slice(0, wanted.length)).toEqual(wanted);
        expect(found.slice(wanted.length).every(({ type }) => type === Pad1 || type === PadN)).toBe(true);
        expect(found.length - wanted.length).toBeLessThanOrEqual(1);
        for (const { type } of wanted) expect(buf[options.find(buf, at, buf.length, type)]).toBe(type);
      }),
    );
  });

  test("no content makes the walk hang, throw or read beside the options", () => {
    const content = fc.array(fc.oneof(u8, fc.constantFrom(0, 1, 2, 5)), { maxLength: 60 });
    fc.assert(
      fc.property(content, u8, fc.nat(5), (values, type, off) => {
        const buf = Uint8Array.of(...new Uint8Array(off), ...values, 9, 9);
        const end = off + values.length;
        const view = guarded(buf, off, end);
        const fault = options.check(view, off, end);
        expect(options.parse(buf, off, end) === Fault.Length).toBe(fault !== Fault.None);
        const at = options.find(view, off, end, type);
        if (at >= 0) expect(buf[at]).toBe(type);
        for (let i = off; i < end; ) {
          const length = options.optionLength(view, i, end);
          if (length === 0) break;
          i += length;
          expect(i).toBeLessThanOrEqual(end);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["0503 0000", "a length beyond the header"],
    ["0000 0005", "a type without its length"],
  ])("%s has %s: malformed", (hex) => {
    const buf = fromHex(hex);
    expect(options.check(buf, 0, buf.length)).toBe(Fault.Length);
    expect(options.find(buf, 0, buf.length, RouterAlert)).toBe(-1);
  });

  test("reads a router alert and a jumbo payload, and says when they are none (RFC 2711, RFC 2675)", () => {
    expect(options.routerAlert(fromHex("0502 0001"), 0)).toBe(options.RouterAlertValue.Rsvp);
    expect(options.routerAlert(fromHex("0503 000100"), 0)).toBe(-1);
    expect(options.jumboLength(fromHex("c204 00010000"), 0)).toBe(65_536);
    expect(options.jumboLength(fromHex("c204 0000ffff"), 0)).toBe(0);
    expect(options.jumboLength(fromHex("c203 000100"), 0)).toBe(0);
    expect(options.optionName(JumboPayload)).toBe("jumbo-payload");
    expect(options.optionName(0xde)).toBe("option-222");
    for (const type of Object.values(options.OptionType)) expect(options.optionName(type)).not.toMatch(/^option-/);
  });

  test("building refuses what does not fit", () => {
    const long = { type: 0x3e, data: new Uint8Array(255) };
    expect(() => options.build(0, [{ type: 0x3e, data: new Uint8Array(256) }])).toThrow(/ipv6-options\.length takes/);
    expect(() => options.build(0, [{ type: 256, data: EMPTY }])).toThrow(/ipv6-options\.type takes/);
    expect(() => options.build(0, Array(8).fill(long))).toThrow(/ipv6-options\.units takes/);
    expect(options.build(0, Array(7).fill(long)).length).toBe(8 * Math.ceil((2 + 7 * 257) / 8));
  });
});
