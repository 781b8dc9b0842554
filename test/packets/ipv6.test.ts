import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../packets/bytes.ts";
import { Fault } from "../../packets/fault.ts";
import * as ipv6 from "../../packets/ipv6.ts";
import { ip6, parsed, u8 } from "../support/arbitraries.ts";
import { expectSound, guarded, hostile } from "../support/guarded.ts";

const packet = fc.record({
  trafficClass: u8,
  flowLabel: fc.nat(0xfffff),
  nextHeader: u8,
  hopLimit: u8,
  src: ip6,
  dst: ip6,
  payload: fc.uint8Array({ minLength: 1, maxLength: 40 }),
});

describe("ipv6", () => {
  test("accessors and layout agree, and a packet comes back as it was built", () => {
    fc.assert(
      fc.property(packet, fc.nat(20), fc.nat(9), (value, off, trailer) => {
        const made = ipv6.build(value);
        const buf = Uint8Array.of(...new Uint8Array(off), ...made, ...new Uint8Array(trailer).fill(0xee));
        expect(ipv6.check(buf, off, buf.length)).toBe(Fault.None);
        const fields = ipv6.layout.decode(buf, off);
        expect(ipv6.version(buf, off)).toBe(6);
        expect(ipv6.trafficClass(buf, off)).toBe(value.trafficClass);
        expect((ipv6.dscp(buf, off) << 2) | ipv6.ecn(buf, off)).toBe(value.trafficClass);
        expect(ipv6.flowLabel(buf, off)).toBe(fields.versionClassLabel & 0xfffff);
        expect(ipv6.payloadLength(buf, off)).toBe(fields.payloadLength);
        expect(ipv6.nextHeader(buf, off)).toBe(fields.nextHeader);
        expect(ipv6.hopLimit(buf, off)).toBe(fields.hopLimit);
        expect(buf.slice(off + ipv6.SRC, off + ipv6.SRC + 16)).toEqual(fields.src);
        expect(buf.slice(off + ipv6.DST, off + ipv6.DST + 16)).toEqual(fields.dst);
        expect(ipv6.payloadOffset(off)).toBe(off + ipv6.layout.span);
        expect(ipv6.payloadEnd(buf, off, buf.length)).toBe(off + made.length);
        expect(parsed(ipv6.parse(buf, off))).toEqual(value);
      }),
    );
  });

  test("setters write what the layout writes", () => {
    fc.assert(
      fc.property(packet, (value) => {
        const made = ipv6.build(value);
        const buf = new Uint8Array(made.length);
        ipv6.setClassAndLabel(buf, 0, value.trafficClass, value.flowLabel);
        ipv6.setPayloadLength(buf, 0, value.payload.length);
        ipv6.setNextHeader(buf, 0, value.nextHeader);
        ipv6.setHopLimit(buf, 0, value.hopLimit);
        buf.set(value.src, ipv6.SRC);
        buf.set(value.dst, ipv6.DST);
        buf.set(value.payload, ipv6.HEADER_LENGTH);
        expect(toHex(buf)).toBe(toHex(made));
      }),
    );
    const { VERSION_CLASS_LABEL, PAYLOAD_LENGTH, NEXT_HEADER, HOP_LIMIT, SRC, DST } = ipv6;
    const offsets = [VERSION_CLASS_LABEL, PAYLOAD_LENGTH, NEXT_HEADER, HOP_LIMIT, SRC, DST];
    expect(ipv6.layout.fields.map(({ offset }) => offset)).toEqual(offsets);
  });

  const whole = ipv6.build({
    trafficClass: 0,
    flowLabel: 0,
    nextHeader: 59,
    hopLimit: 1,
    src: new Uint8Array(16),
    dst: new Uint8Array(16),
    payload: new Uint8Array(8),
  });

  test("no input makes it read beside the packet", () => {
    fc.assert(
      fc.property(hostile([whole]), ({ buf, off, end }) => {
        const view = guarded(buf, off, end);
        const fault = ipv6.check(view, off, end);
        expect(typeof ipv6.parse(buf, off, end)).toBe(fault === Fault.None ? "object" : "number");
        if (ipv6.checkHeader(view, off, end) !== Fault.None) return;
        const { version, trafficClass, dscp, ecn, flowLabel, payloadLength, nextHeader, hopLimit } = ipv6;
        for (const read of [version, trafficClass, dscp, ecn, flowLabel, payloadLength, nextHeader, hopLimit])
          expectSound(read(view, off));
        expect(ipv6.payloadEnd(view, off, end)).toBeLessThanOrEqual(end);
        expectSound(ipv6.pseudoHeaderSum(view, off, off + ipv6.DST, 58, 8));
      }),
      { numRuns: 500 },
    );
  });

  test("says why a packet cannot be read", () => {
    for (let end = 0; end < whole.length; end++) {
      expect(ipv6.check(whole, 0, end)).toBe(Fault.Truncated);
      expect(ipv6.checkHeader(whole, 0, end)).toBe(end < 40 ? Fault.Truncated : Fault.None);
    }
    const other = whole.slice();
    other[0] = 0x45;
    expect(ipv6.check(other, 0, other.length)).toBe(Fault.Version);
  });

  test("a payload length of 0 with hop-by-hop options is a jumbogram's: all that is there (RFC 2675)", () => {
    const jumbo = whole.slice();
    ipv6.setPayloadLength(jumbo, 0, 0);
    expect(ipv6.payloadEnd(jumbo, 0, jumbo.length)).toBe(40);
    ipv6.setNextHeader(jumbo, 0, ipv6.NextHeader.HopByHop);
    expect(ipv6.payloadEnd(jumbo, 0, jumbo.length)).toBe(jumbo.length);
  });

  test("names what follows, and keeps unknown numbers", () => {
    expect(ipv6.nextHeaderName(58)).toBe("ICMPv6");
    expect(ipv6.nextHeaderName(253)).toBe("protocol-253");
  });

  test("building refuses what does not fit", () => {
    const good = parsed(ipv6.parse(whole));
    expect(() => ipv6.build({ ...good, flowLabel: 0x100000 })).toThrow(/ipv6\.flowLabel takes/);
    expect(() => ipv6.build({ ...good, trafficClass: 256 })).toThrow(/ipv6\.trafficClass takes/);
    expect(() => ipv6.build({ ...good, src: new Uint8Array(4) })).toThrow(/ipv6\.src takes 16 bytes/);
    expect(() => ipv6.build({ ...good, payload: new Uint8Array(65_536) })).toThrow(/ipv6\.payloadLength takes/);
    expect(ipv6.payloadLength(ipv6.build(good, { payloadLength: 7 }), 0)).toBe(7);
  });
});
