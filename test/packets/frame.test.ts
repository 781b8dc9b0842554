import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex } from "../../packets/bytes.ts";
import * as ethernet from "../../packets/ethernet.ts";
import { EtherType } from "../../packets/ethernet.ts";
import { Fault } from "../../packets/fault.ts";
import { FrameCursor, MAX_TAGS } from "../../packets/frame.ts";
import * as llc from "../../packets/llc.ts";
import * as vlan from "../../packets/vlan.ts";
import { u16 } from "../support/arbitraries.ts";
import { readCapture } from "../support/captures.ts";
import { expectSound, guarded, hostile } from "../support/guarded.ts";

const ADDRESSES = fromHex("020000000002 020000000001");
const SNAP_ARP = llc.build({ dsap: 0xaa, ssap: 0xaa, control: 3, snap: { oui: 0, pid: EtherType.Arp } });

const tagType = fc.constantFrom(EtherType.Vlan, EtherType.ServiceVlan, EtherType.Vlan9100, EtherType.Vlan9200);
const tags = fc.array(fc.record({ tpid: tagType, tci: u16 }), { maxLength: MAX_TAGS });

/** A frame of tags, a type field and what follows it. */
function compose(stack: readonly { tpid: number; tci: number }[], type: number, rest: Uint8Array): Uint8Array {
  const words = [...stack.flatMap(({ tpid, tci }) => [tpid, tci]), type];
  return Uint8Array.of(...ADDRESSES, ...words.flatMap((word) => [word >>> 8, word & 255]), ...rest);
}

/** What a cursor has found. */
function found(cursor: FrameCursor) {
  const { etherType, networkOffset, networkEnd, vlanCount, isLlc, isSnap, llcOffset, llcLength } = cursor;
  return { etherType, networkOffset, networkEnd, vlanCount, isLlc, isSnap, llcOffset, llcLength };
}

describe("FrameCursor", () => {
  test("finds the network layer behind any stack of tags", () => {
    const type = u16.filter((value) => value > ethernet.MAX_LENGTH && !vlan.isTagType(value));
    fc.assert(
      fc.property(
        tags,
        fc.oneof(type, fc.constant(EtherType.Ipv4)),
        fc.uint8Array(),
        fc.nat(9),
        (stack, ether, rest, off) => {
          const frame = compose(stack, ether, rest);
          const buf = Uint8Array.of(...new Uint8Array(off), ...frame);
          const cursor = new FrameCursor();
          expect(cursor.dissect(buf, off, buf.length)).toBe(Fault.None);
          expect(cursor.etherType).toBe(ether);
          expect(cursor.network(buf, off, buf.length)).toBe(cursor.networkOffset);
          expect(cursor.networkOffset).toBe(off + vlan.headerLength(stack.length));
          expect(cursor.networkEnd).toBe(buf.length);
          expect([cursor.isLlc, cursor.isSnap]).toEqual([false, false]);
          expect(cursor.vlanCount).toBe(stack.length);
          for (const [i, { tpid, tci }] of stack.entries())
            expect([cursor.vlanTpid(i), cursor.vlanTci(i)]).toEqual([tpid, tci]);
          expect([cursor.vlanTpid(stack.length), cursor.vlanTci(stack.length), cursor.vlanTci(-1)]).toEqual([0, 0, 0]);
        },
      ),
    );
  });

  test("one cursor serves frame after frame and keeps nothing of the last", () => {
    const frames = ["llc", "vlan", "arp", "llc"].flatMap((name) => readCapture(name));
    const used = new FrameCursor();
    for (const { bytes } of [...frames, { bytes: new Uint8Array(3) }, ...frames]) {
      const fresh = new FrameCursor();
      expect(used.dissect(bytes, 0, bytes.length)).toBe(fresh.dissect(bytes, 0, bytes.length));
      if (!fresh.isLlc) fresh.llcLength = used.llcLength;
      if (!fresh.isLlc) fresh.llcOffset = used.llcOffset;
      expect(found(used)).toEqual(found(fresh));
    }
  });

  test("SNAP is forgotten with the next frame", () => {
    const cursor = new FrameCursor();
    const snap = compose([], SNAP_ARP.length, SNAP_ARP);
    cursor.dissect(snap, 0, snap.length);
    expect(cursor.isSnap).toBe(true);
    const plain = compose([], EtherType.Arp, new Uint8Array(28));
    cursor.dissect(plain, 0, plain.length);
    expect([cursor.isLlc, cursor.isSnap]).toEqual([false, false]);
  });

  test("an 802.3 length cuts the padding off", () => {
    const body = Uint8Array.of(...SNAP_ARP, ...new Uint8Array(28), ...new Uint8Array(10).fill(0xee));
    const frame = compose([], SNAP_ARP.length + 28, body);
    const cursor = new FrameCursor();
    expect(cursor.dissect(frame, 0, frame.length)).toBe(Fault.None);
    expect([cursor.isLlc, cursor.isSnap, cursor.llcOffset, cursor.llcLength]).toEqual([true, true, 14, 36]);
    expect([cursor.etherType, cursor.networkOffset, cursor.networkEnd]).toEqual([EtherType.Arp, 22, 50]);
  });

  test("a tagged frame may be 802.3 too", () => {
    const cursor = new FrameCursor();
    const frame = compose([{ tpid: EtherType.Vlan, tci: 5 }], 4, Uint8Array.of(0x42, 0x42, 3, 7));
    expect(cursor.dissect(frame, 0, frame.length)).toBe(Fault.None);
    expect([cursor.isLlc, cursor.etherType, cursor.networkOffset, cursor.networkEnd]).toEqual([true, 0, 21, 22]);
  });

  test("1,500 is the longest length; above it the field is a type (IEEE 802.3, 3.2.6)", () => {
    const cursor = new FrameCursor();
    for (const [type, isLlc] of [
      [1500, true],
      [1501, false],
      [0x05ff, false],
      [0x0600, false],
    ] as const) {
      const frame = compose([], type, new Uint8Array(1500));
      expect(cursor.dissect(frame, 0, frame.length)).toBe(Fault.None);
      expect([cursor.isLlc, cursor.etherType]).toEqual([isLlc, isLlc ? 0 : type]);
    }
  });

  test("a new cursor has found nothing", () => {
    const nothing = { etherType: 0, networkOffset: 0, networkEnd: 0, vlanCount: 0, llcOffset: 0, llcLength: 0 };
    expect(found(new FrameCursor())).toEqual({ ...nothing, isLlc: false, isSnap: false });
  });

  test("another organisation's SNAP names no EtherType", () => {
    const snap = llc.build({ dsap: 0xaa, ssap: 0xaa, control: 3, snap: { oui: llc.OUI_CISCO, pid: 0x0800 } });
    const frame = compose([], snap.length, snap);
    const cursor = new FrameCursor();
    expect(cursor.dissect(frame, 0, frame.length)).toBe(Fault.None);
    expect([cursor.isSnap, cursor.etherType]).toEqual([true, 0]);
  });

  test("more than eight tags are a fault of depth", () => {
    const one = { tpid: EtherType.Vlan, tci: 1 };
    const cursor = new FrameCursor();
    const eight = compose(new Array(8).fill(one), EtherType.Arp, new Uint8Array(0));
    expect(cursor.dissect(eight, 0, eight.length)).toBe(Fault.None);
    const nine = compose(new Array(9).fill(one), EtherType.Arp, new Uint8Array(0));
    expect(cursor.dissect(nine, 0, nine.length)).toBe(Fault.Depth);
    expect([cursor.vlanCount, cursor.networkOffset, cursor.etherType]).toEqual([8, 12 + 32, 0]);
  });

  test("every cut of a header is a fault, and says how far it came", () => {
    const stack = [
      { tpid: EtherType.ServiceVlan, tci: 100 },
      { tpid: EtherType.Vlan, tci: 10 },
    ];
    const cursor = new FrameCursor();
    const tagged = compose(stack, EtherType.Arp, new Uint8Array(0));
    for (let end = 0; end < tagged.length; end++) {
      expect(cursor.dissect(tagged, 0, end)).toBe(Fault.Truncated);
      expect(cursor.vlanCount).toBe(end < 18 ? 0 : 1);
      expect(cursor.networkOffset).toBe(end < 14 ? 0 : end < 18 ? 12 : 16);
      expect(cursor.etherType).toBe(0);
    }
    const cut = compose([], 40, SNAP_ARP);
    for (let end = 14; end < cut.length; end++) expect(cursor.dissect(cut, 0, end)).toBe(Fault.Truncated);
    expect(cursor.dissect(cut, 0, cut.length)).toBe(Fault.None);
  });

  test("a length too short for its LLC header is a fault of length", () => {
    const cursor = new FrameCursor();
    for (let length = 0; length < SNAP_ARP.length; length++) {
      const frame = compose([], length, SNAP_ARP);
      expect(cursor.dissect(frame, 0, frame.length)).toBe(Fault.Length);
      expect(cursor.dissect(frame, 0, 14 + length)).toBe(Fault.Length);
      if (length > 0) expect(cursor.dissect(frame, 0, 14 + length - 1)).toBe(Fault.Truncated);
    }
  });

  test("no input makes it read beside the frame or give back nonsense", () => {
    const samples = ["arp", "vlan", "llc"].flatMap((name) => readCapture(name).map(({ bytes }) => bytes));
    const cursor = new FrameCursor();
    fc.assert(
      fc.property(hostile(samples), ({ buf, off, end }) => {
        const fault = cursor.dissect(guarded(buf, off, end), off, end);
        for (const value of Object.values(found(cursor))) expectSound(value);
        expect(cursor.networkOffset).toBeGreaterThanOrEqual(off);
        expect(cursor.networkEnd).toBeLessThanOrEqual(end);
        expect(cursor.network(buf, off, end)).toBe(fault === Fault.None ? cursor.networkOffset : -fault);
        if (fault === Fault.None) expect(cursor.networkOffset).toBeLessThanOrEqual(cursor.networkEnd);
        else expect(cursor.etherType).toBe(0);
        for (let i = 0; i < cursor.vlanCount; i++) expect(vlan.isTagType(cursor.vlanTpid(i))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
