import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../packets/bytes.ts";
import { EtherType } from "../../packets/ethernet.ts";
import { Fault } from "../../packets/fault.ts";
import * as vlan from "../../packets/vlan.ts";
import { parsed, u16 } from "../support/arbitraries.ts";
import { readCapture } from "../support/captures.ts";
import { expectSound, guarded, hostile } from "../support/guarded.ts";

const tag = fc.record({
  tpid: u16,
  pcp: fc.nat(7),
  dei: fc.nat(1),
  vid: fc.nat(4095),
  type: u16,
});
const frame = fc.uint8Array({ minLength: 14, maxLength: 60 });

describe("vlan", () => {
  test("accessors and layout agree", () => {
    fc.assert(
      fc.property(tag, fc.nat(20), (value, off) => {
        const buf = new Uint8Array(off + 6);
        buf.set(vlan.build(value), off);
        const fields = vlan.layout.decode(buf, off);
        expect(vlan.tpid(buf, off)).toBe(fields.tpid);
        expect(vlan.tci(buf, off)).toBe(fields.tci);
        expect(vlan.nextType(buf, off)).toBe(fields.type);
        expect(vlan.pcp(buf, off)).toBe(value.pcp);
        expect(vlan.dei(buf, off)).toBe(value.dei);
        expect(vlan.vid(buf, off)).toBe(value.vid);
        expect([vlan.tciPcp(fields.tci), vlan.tciDei(fields.tci), vlan.tciVid(fields.tci)]).toEqual([
          value.pcp,
          value.dei,
          value.vid,
        ]);
        expect(parsed(vlan.parse(buf, off))).toEqual(value);
      }),
    );
  });

  test("setters write what the layout writes", () => {
    fc.assert(
      fc.property(tag, (value) => {
        const buf = vlan.build({ ...value, tpid: 0, pcp: 0, dei: 0, vid: 0 });
        vlan.setTpid(buf, 0, value.tpid);
        vlan.setTci(buf, 0, vlan.makeTci(value.vid, value.pcp, value.dei));
        expect(toHex(buf)).toBe(toHex(vlan.build(value)));
      }),
    );
    expect(vlan.layout.fields.map(({ offset }) => offset)).toEqual([vlan.TPID, vlan.TCI, vlan.LENGTH]);
  });

  test("a tag put in and taken out leaves the frame as it was, in both ways", () => {
    fc.assert(
      fc.property(frame, u16, u16, fc.nat(5), (bytes, tpid, tci, off) => {
        const room = 4;
        const start = room + off;
        const buf = new Uint8Array(start + bytes.length + room);
        buf.set(bytes, start);
        const end = start + bytes.length;
        const tagged = [...bytes.subarray(0, 12), tpid >> 8, tpid & 255, tci >> 8, tci & 255, ...bytes.subarray(12)];

        const newEnd = vlan.insert(buf, start, end, tpid, tci);
        expect([...buf.subarray(start, newEnd)]).toEqual(tagged);
        expect(vlan.remove(buf, start, newEnd)).toBe(end);
        expect(buf.slice(start, end)).toEqual(bytes);

        const newStart = vlan.insertBefore(buf, start, tpid, tci);
        expect([...buf.subarray(newStart, end)]).toEqual(tagged);
        expect(vlan.removeBefore(buf, newStart)).toBe(start);
        expect(buf.slice(start, end)).toEqual(bytes);
      }),
    );
  });

  test("a stacked frame made by scapy comes out of its untagged part", () => {
    const made = readCapture("vlan")[2]!.bytes;
    const buf = new Uint8Array(made.length);
    buf.set(made.subarray(0, 12));
    buf.set(made.subarray(20), 12);
    let end = made.length - 8;
    end = vlan.insert(buf, 0, end, EtherType.Vlan, vlan.makeTci(4094, 3));
    end = vlan.insert(buf, 0, end, EtherType.ServiceVlan, vlan.makeTci(100, 0, 1));
    expect(toHex(buf.subarray(0, end))).toBe(toHex(made));
    expect(vlan.headerLength(2)).toBe(22);
  });

  test("a tag needs room", () => {
    const buf = new Uint8Array(20);
    expect(() => vlan.insert(buf, 0, 17, 0x8100, 1)).toThrow(/4 free bytes after the frame/);
    expect(() => vlan.insertBefore(buf, 3, 0x8100, 1)).toThrow(/4 free bytes before the frame/);
    expect(vlan.insert(buf, 0, 16, 0x8100, 1)).toBe(20);
    expect(vlan.insertBefore(buf, 4, 0x8100, 1)).toBe(0);
  });

  test("no input makes it read beside the tag", () => {
    fc.assert(
      fc.property(hostile([fromHex("8100a00a0806"), fromHex("88a8106481000ffe0800")]), ({ buf, off, end }) => {
        const view = guarded(buf, off, end);
        const fault = vlan.check(view, off, end);
        expect(fault).toBe(end - off < 6 ? Fault.Truncated : Fault.None);
        expect(typeof vlan.parse(buf, off, end)).toBe(fault === Fault.None ? "object" : "number");
        if (fault !== Fault.None) return;
        for (const read of [vlan.tpid, vlan.tci, vlan.pcp, vlan.dei, vlan.vid, vlan.nextType])
          expectSound(read(view, off));
      }),
    );
  });

  test("knows which types announce a tag", () => {
    expect([0x8100, 0x88a8, 0x9100, 0x9200].map(vlan.isTagType)).toEqual([true, true, true, true]);
    expect([0x0800, 0x0806, 0x8101, 0].map(vlan.isTagType)).toEqual([false, false, false, false]);
  });

  test("building refuses what does not fit", () => {
    const good = { tpid: 0x8100, pcp: 0, dei: 0, vid: 1, type: 0x0800 };
    expect(() => vlan.build({ ...good, vid: 4096 })).toThrow(/vlan\.vid takes a whole number from 0 to 4095/);
    expect(() => vlan.build({ ...good, vid: 1.5 })).toThrow(/vlan\.vid/);
    expect(() => vlan.build({ ...good, pcp: 8 })).toThrow(/vlan\.pcp takes a whole number from 0 to 7/);
    expect(() => vlan.build({ ...good, dei: 2 })).toThrow(/vlan\.dei takes a whole number from 0 to 1/);
    expect(() => vlan.build({ ...good, tpid: -1 })).toThrow(/vlan\.tpid takes/);
  });
});
