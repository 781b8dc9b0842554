import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex } from "../../packets/bytes.ts";
import { Fault } from "../../packets/fault.ts";
import * as ipv6 from "../../packets/ipv6.ts";
import * as extension from "../../packets/ipv6-extension.ts";
import { bytes, u32 } from "../support/arbitraries.ts";
import { expectSound, guarded, hostile } from "../support/guarded.ts";

const { HopByHop, DestinationOptions, Routing, Fragment, Ah, None } = ipv6.NextHeader;
const SRC = new Uint8Array(16).fill(1);
const DST = new Uint8Array(16).fill(2);

function packet(nextHeader: number, payload: Uint8Array): Uint8Array {
  return ipv6.build({ trafficClass: 0, flowLabel: 0, nextHeader, hopLimit: 64, src: SRC, dst: DST, payload });
}

const padding = fromHex("0104 0000 0000");
const hop = (next: number) => Uint8Array.of(next, 0, ...padding);
const fragment = (next: number, offset: number, more: boolean) => {
  const header = new Uint8Array(8);
  header[0] = next;
  extension.setFragment(header, 0, offset, more, 0x01020304);
  return header;
};
const route = (next: number, type: number, addresses: readonly number[]) =>
  Uint8Array.of(
    next,
    2 * addresses.length,
    type,
    1,
    type === 4 ? addresses.length - 1 : 0,
    0,
    0,
    0,
    ...addresses.flatMap((value) => [...new Uint8Array(16).fill(value)]),
  );
const join = (...parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

describe("ipv6-extension", () => {
  test("a fragment header's accessors and layout agree", () => {
    fc.assert(
      fc.property(fc.nat(8191), fc.boolean(), u32, fc.nat(20), (units, more, id, off) => {
        const buf = new Uint8Array(off + 8);
        buf[off] = 17;
        extension.setFragment(buf, off, 8 * units, more, id);
        expect(extension.check(buf, off, buf.length, Fragment)).toBe(Fault.None);
        const fields = extension.fragmentLayout.decode(buf, off);
        expect(extension.nextHeader(buf, off)).toBe(fields.nextHeader);
        expect(extension.fragmentOffset(buf, off)).toBe(fields.offset & ~7);
        expect(extension.fragmentOffset(buf, off)).toBe(8 * units);
        expect(extension.moreFragments(buf, off)).toBe(more);
        expect(extension.fragmentId(buf, off)).toBe(fields.id);
        expect(fields.id).toBe(id);
        expect(extension.headerLength(buf, off, Fragment)).toBe(extension.fragmentLayout.span);
      }),
    );
  });

  test("a routing header's accessors and layout agree", () => {
    fc.assert(
      fc.property(bytes(8), (buf) => {
        const fields = extension.routingLayout.decode(buf);
        expect(extension.nextHeader(buf, 0)).toBe(fields.nextHeader);
        expect(extension.headerLength(buf, 0, Routing)).toBe(8 * (fields.length + 1));
        expect(extension.routingType(buf, 0)).toBe(fields.type);
        expect(extension.segmentsLeft(buf, 0)).toBe(fields.segmentsLeft);
        const room = fields.length >>> 1;
        expect(extension.addressCount(buf, 0)).toBe(fields.type === 4 ? Math.min(room, fields.lastEntry + 1) : room);
      }),
    );
    const { NEXT_HEADER, LENGTH, ROUTING_TYPE, SEGMENTS_LEFT, LAST_ENTRY, FLAGS, TAG } = extension;
    const offsets = [NEXT_HEADER, LENGTH, ROUTING_TYPE, SEGMENTS_LEFT, LAST_ENTRY, FLAGS, TAG];
    expect(extension.routingLayout.fields.map(({ offset }) => offset)).toEqual(offsets);
  });

  const upper = new extension.UpperLayer();
  const find = (buf: Uint8Array) => upper.find(buf, 0, buf.length);

  test("without extension headers the upper layer follows at once", () => {
    const buf = packet(17, new Uint8Array(8));
    expect(find(buf)).toBe(Fault.None);
    expect({ ...upper }).toEqual({
      protocol: 17,
      offset: 40,
      end: 48,
      isFragment: false,
      isLaterFragment: false,
      destination: ipv6.DST,
      count: 0,
    });
  });

  test("walks options, a route, a fragment header and AH to the upper layer (RFC 8200, 4.1)", () => {
    const ah = Uint8Array.of(6, 2, ...new Uint8Array(14));
    const chain = join(hop(Routing), route(Fragment, 0, [3, 4]), fragment(Ah, 0, true), ah, new Uint8Array(20));
    const buf = packet(HopByHop, join(chain));
    expect(find(buf)).toBe(Fault.None);
    expect(upper.protocol).toBe(6);
    expect(upper.offset).toBe(40 + 8 + 40 + 8 + 16);
    expect(upper.count).toBe(4);
    expect(upper.isFragment).toBe(true);
    expect(upper.isLaterFragment).toBe(false);
    expect(buf[upper.destination]).toBe(4);
  });

  test("a segment list begins with the last destination (RFC 8754)", () => {
    const buf = packet(Routing, route(None, 4, [5, 6, 7]));
    expect(find(buf)).toBe(Fault.None);
    expect(buf[upper.destination]).toBe(5);
    expect(upper.protocol).toBe(None);
  });

  test("an unknown or empty route leaves the header's destination", () => {
    for (const header of [route(None, 77, [5]), route(None, 0, []), route(None, 4, [])]) {
      expect(find(packet(Routing, header))).toBe(Fault.None);
      expect(upper.destination).toBe(ipv6.DST);
    }
  });

  test("nothing is read behind the header of a later fragment", () => {
    const buf = packet(Fragment, join(fragment(HopByHop, 1232, false), fromHex("3bff")));
    expect(find(buf)).toBe(Fault.None);
    expect(upper.isLaterFragment).toBe(true);
    expect(upper.isFragment).toBe(true);
    expect(upper.offset).toBe(48);
  });

  test("a fragment that is the whole packet is none (RFC 6946)", () => {
    expect(find(packet(Fragment, join(fragment(17, 0, false), new Uint8Array(8))))).toBe(Fault.None);
    expect(upper.isFragment).toBe(false);
  });

  test("says if a header is cut, and which", () => {
    const payload = join(hop(DestinationOptions), Uint8Array.of(17, 1, ...padding, 1, 6, 0, 0, 0, 0, 0, 0));
    const buf = packet(HopByHop, payload);
    for (let end = 40; end < buf.length; end++) {
      expect(upper.find(buf, 0, end)).toBe(Fault.Truncated);
      expect(upper.protocol).toBe(end < 48 ? HopByHop : DestinationOptions);
    }
    expect(upper.find(buf, 0, buf.length)).toBe(Fault.None);
  });

  test("no input makes the walk hang, or read beside the packet", () => {
    const samples = [
      packet(HopByHop, join(hop(Routing), route(Fragment, 0, [3]), fragment(17, 0, true), new Uint8Array(8))),
      packet(Routing, route(DestinationOptions, 4, [5])),
    ];
    fc.assert(
      fc.property(hostile(samples), ({ buf, off, end }) => {
        const view = guarded(buf, off, end);
        if (ipv6.checkHeader(view, off, end) !== Fault.None) return;
        const fault = upper.find(view, off, end);
        expectSound(fault);
        expect(upper.offset).toBeGreaterThanOrEqual(off + 40);
        expect(upper.destination + 16).toBeLessThanOrEqual(end);
        if (fault === Fault.None) expect(upper.offset).toBeLessThanOrEqual(Math.max(upper.end, off + 40));
      }),
      { numRuns: 1000 },
    );
  });
});
