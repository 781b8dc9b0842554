import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../packets/bytes.ts";
import { Fault } from "../../packets/fault.ts";
import * as llc from "../../packets/llc.ts";
import { parsed, u8, u16 } from "../support/arbitraries.ts";
import { expectSound, guarded, hostile } from "../support/guarded.ts";

const SNAP_START = { dsap: 0xaa, ssap: 0xaa, control: 3 };
const plain = fc
  .record({ dsap: u8, ssap: u8, control: u16.map((value) => ((value & 3) === 3 ? value & 0xff : value)) })
  .filter((value) => !(value.dsap === 0xaa && value.ssap === 0xaa && value.control === 3));
const snap = fc.record({ oui: fc.nat(0xffffff), pid: u16 }).map((value) => ({ ...SNAP_START, snap: value }));

describe("llc", () => {
  test("accessors and layouts agree", () => {
    fc.assert(
      fc.property(fc.oneof(plain, snap), fc.nat(20), (value, off) => {
        const made = llc.build(value);
        const buf = new Uint8Array(off + made.length);
        buf.set(made, off);
        expect(llc.check(buf, off, buf.length)).toBe(Fault.None);
        expect(llc.headerLength(buf, off)).toBe(made.length);
        const fields = llc.layout.decode(buf, off);
        expect(llc.dsap(buf, off)).toBe(fields.dsap);
        expect(llc.ssap(buf, off)).toBe(fields.ssap);
        expect(llc.control(buf, off) & 0xff).toBe(fields.control);
        expect(llc.isSnap(buf, off)).toBe("snap" in value);
        if (llc.isSnap(buf, off)) {
          const { oui, pid } = llc.snapLayout.decode(buf, off);
          expect(llc.oui(buf, off)).toBe(Number.parseInt(toHex(oui), 16));
          expect(llc.pid(buf, off)).toBe(pid);
        }
        expect(parsed(llc.parse(buf, off))).toEqual(value);
      }),
    );
  });

  test("the field tables name every byte once", () => {
    const { fields, span } = llc.snapLayout;
    expect(fields.map(({ offset }) => offset)).toEqual([llc.DSAP, llc.SSAP, llc.CONTROL, llc.OUI, llc.PID]);
    expect(span).toBe(llc.SNAP_HEADER_LENGTH);
    expect(llc.layout.span).toBe(llc.MIN_HEADER_LENGTH);
  });

  test("writers write what the layouts write", () => {
    fc.assert(
      fc.property(snap, plain, (a, b) => {
        const buf = new Uint8Array(8);
        llc.writeSnap(buf, 0, a.snap.oui, a.snap.pid);
        expect(toHex(buf)).toBe(toHex(llc.build(a)));
        llc.writeHeader(buf, 0, b.dsap, b.ssap);
        expect([...buf.subarray(0, 3)]).toEqual([b.dsap, b.ssap, 3]);
      }),
    );
  });

  test("no input makes it read beside the header", () => {
    const samples = [fromHex("aaaa030000000806"), fromHex("424203"), fromHex("f0f10101")];
    fc.assert(
      fc.property(hostile(samples), ({ buf, off, end }) => {
        const view = guarded(buf, off, end);
        const fault = llc.check(view, off, end);
        expect(typeof llc.parse(buf, off, end)).toBe(fault === Fault.None ? "object" : "number");
        if (fault !== Fault.None) return;
        for (const read of [llc.dsap, llc.ssap, llc.control, llc.controlLength, llc.headerLength, llc.isSnap])
          expectSound(read(view, off));
        if (!llc.isSnap(view, off)) return;
        expectSound(llc.oui(view, off));
        expectSound(llc.pid(view, off));
      }),
      { numRuns: 500 },
    );
  });

  test("every cut of a header is a fault", () => {
    for (const text of ["aaaa030000000806", "424203", "f0f10101"]) {
      const whole = fromHex(text);
      for (let end = 0; end < whole.length; end++) expect(llc.check(whole, 0, end)).toBe(Fault.Truncated);
      expect(llc.check(whole, 0, whole.length)).toBe(Fault.None);
    }
  });

  test("an unknown access point stays a number", () => {
    expect(llc.sapName(llc.Sap.SpanningTree)).toBe("spanning-tree");
    expect(llc.sapName(0x7e)).toBe("sap-0x7e");
    for (const sap of Object.values(llc.Sap)) expect(llc.sapName(sap)).not.toMatch(/^sap-/);
  });

  test("building refuses what does not fit", () => {
    expect(() => llc.build({ dsap: 1, ssap: 2, control: 0x10000 })).toThrow(/llc\.control takes/);
    expect(() => llc.build({ dsap: 1, ssap: 2, control: 0x103 })).toThrow(/llc\.control takes/);
    expect(() => llc.build({ dsap: 256, ssap: 2, control: 3 })).toThrow(/llc\.dsap takes/);
    expect(() => llc.build(SNAP_START)).toThrow(/llc\.snap goes with/);
    expect(() => llc.build({ dsap: 1, ssap: 2, control: 3, snap: { oui: 0, pid: 0 } })).toThrow(/llc\.snap goes with/);
    expect(() => llc.build({ ...SNAP_START, snap: { oui: 0x1000000, pid: 0 } })).toThrow(/snap\.oui takes/);
  });
});
