import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../packets/bytes.ts";
import * as ethernet from "../../packets/ethernet.ts";
import { Fault } from "../../packets/fault.ts";
import * as mac from "../../packets/mac.ts";
import { bytes, parsed, u16 } from "../support/arbitraries.ts";
import { expectSound, guarded, hostile } from "../support/guarded.ts";

const frame = fc.record({ dst: bytes(6), src: bytes(6), type: u16, payload: fc.uint8Array({ maxLength: 30 }) });
const SAMPLE = fromHex("ffffffffffff 020000000001 0806 00010800");

describe("ethernet", () => {
  test("accessors and layout agree", () => {
    fc.assert(
      fc.property(frame, fc.nat(20), (value, off) => {
        const buf = new Uint8Array(off + ethernet.HEADER_LENGTH + value.payload.length);
        buf.set(ethernet.build(value), off);
        const fields = ethernet.layout.decode(buf, off);
        expect(ethernet.etherType(buf, off)).toBe(fields.type);
        expect(buf.slice(off + ethernet.DST, off + ethernet.DST + 6)).toEqual(fields.dst);
        expect(buf.slice(off + ethernet.SRC, off + ethernet.SRC + 6)).toEqual(fields.src);
        expect(ethernet.isMulticast(buf, off)).toBe((fields.dst[0]! & 1) === 1);
        expect(parsed(ethernet.parse(buf, off))).toEqual(value);
      }),
    );
  });

  test("setters write what the layout writes", () => {
    fc.assert(
      fc.property(frame, (value) => {
        const expected = toHex(ethernet.build({ ...value, payload: new Uint8Array(0) }));
        const one = new Uint8Array(14);
        ethernet.setDst(one, 0, value.dst);
        ethernet.setSrc(one, 0, Uint8Array.of(0, ...value.src), 1);
        ethernet.setEtherType(one, 0, value.type);
        expect(toHex(one)).toBe(expected);
        const whole = new Uint8Array(14);
        ethernet.writeHeader(whole, 0, value.dst, value.src, value.type);
        expect(toHex(whole)).toBe(expected);
      }),
    );
  });

  test("the field table names every byte once", () => {
    const { fields, span } = ethernet.layout;
    expect(fields.map(({ offset }) => offset)).toEqual([ethernet.DST, ethernet.SRC, ethernet.TYPE]);
    expect(span).toBe(ethernet.HEADER_LENGTH);
  });

  test("no input makes it read beside the frame", () => {
    fc.assert(
      fc.property(hostile([SAMPLE]), ({ buf, off, end }) => {
        const view = guarded(buf, off, end);
        const fault = ethernet.check(view, off, end);
        expect(fault).toBe(end - off < 14 ? Fault.Truncated : Fault.None);
        expect(typeof ethernet.parse(buf, off, end)).toBe(fault === Fault.None ? "object" : "number");
        if (fault !== Fault.None) return;
        for (const read of [ethernet.etherType, ethernet.isBroadcast, ethernet.isMulticast])
          expectSound(read(view, off));
      }),
    );
  });

  test("tells a length from a type (IEEE 802.3, 3.2.6)", () => {
    expect([0, 38, 1500].map(ethernet.isLength)).toEqual([true, true, true]);
    expect([1501, 0x0600, 0x0800, 0xffff].map(ethernet.isLength)).toEqual([false, false, false, false]);
  });

  test("knows to whom a frame goes", () => {
    expect(ethernet.isBroadcast(SAMPLE, 0)).toBe(true);
    expect(ethernet.isMulticast(SAMPLE, 0)).toBe(true);
    const other = SAMPLE.slice();
    ethernet.setDst(other, 0, mac.parse("01:00:5e:00:00:01")!);
    expect(ethernet.isBroadcast(other, 0)).toBe(false);
    expect(ethernet.isMulticast(other, 0)).toBe(true);
  });

  test("every EtherType has a name, and an unknown one stays a number", () => {
    for (const type of Object.values(ethernet.EtherType)) expect(ethernet.etherTypeName(type)).not.toMatch(/^0x/);
    expect(ethernet.etherTypeName(0x0806)).toBe("ARP");
    expect(ethernet.etherTypeName(0x0ace)).toBe("0x0ace");
  });

  test("building refuses what does not fit", () => {
    const good = parsed(ethernet.parse(SAMPLE));
    expect(() => ethernet.build({ ...good, type: 0x10000 })).toThrow(/ethernet\.type takes/);
    expect(() => ethernet.build({ ...good, dst: new Uint8Array(7) })).toThrow(/ethernet\.dst takes 6 bytes/);
  });
});
