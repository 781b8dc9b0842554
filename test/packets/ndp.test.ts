import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../packets/bytes.ts";
import { Fault } from "../../packets/fault.ts";
import * as icmpv6 from "../../packets/icmpv6.ts";
import * as ndp from "../../packets/ndp.ts";
import * as option from "../../packets/ndp-option.ts";
import { ip6, parsed, u8, u16, u32 } from "../support/arbitraries.ts";
import { expectSound, guarded, hostile } from "../support/guarded.ts";

const NOBODY = new Uint8Array(16);
/** Data that needs no padding, so that an option comes back as it was. */
const padded = fc.integer({ min: 1, max: 4 }).chain((units) => {
  const length = 8 * units - 2;
  return fc.uint8Array({ minLength: length, maxLength: length });
});
const options = fc.array(fc.record({ type: u8, data: padded }), { maxLength: 3 });
const neighborFlags = fc.nat(7).map((bits) => bits << 5);
const message: fc.Arbitrary<ndp.NdpMessage> = fc.oneof(
  fc.record({ kind: fc.constant("router-solicitation"), options }),
  fc.record({
    kind: fc.constant("router-advertisement"),
    hopLimit: u8,
    flags: u8,
    lifetime: u16,
    reachableTime: u32,
    retransmitTimer: u32,
    options,
  }),
  fc.record({ kind: fc.constant("neighbor-solicitation"), target: ip6, options }),
  fc.record({ kind: fc.constant("neighbor-advertisement"), flags: neighborFlags, target: ip6, options }),
  fc.record({ kind: fc.constant("redirect"), target: ip6, destination: ip6, options }),
);

describe("ndp", () => {
  test("a message comes back as it was built; accessors and layouts agree", () => {
    fc.assert(
      fc.property(message, ip6, ip6, fc.nat(9), (value, src, dst, off) => {
        const buf = Uint8Array.of(...new Uint8Array(off), ...ndp.build(value, src, dst));
        expect(ndp.check(buf, off, buf.length)).toBe(Fault.None);
        expect(ndp.isNdp(buf[off]!)).toBe(true);
        expect(parsed(ndp.parse(buf, off))).toEqual(value);
        expect(parsed(option.parse(buf, ndp.optionsOffset(buf, off)))).toEqual(value.options);
        if (value.kind === "router-advertisement") {
          const fields = ndp.advertisementLayout.decode(buf, off);
          expect(ndp.hopLimit(buf, off)).toBe(fields.hopLimit);
          expect(ndp.routerFlags(buf, off)).toBe(fields.flags);
          expect(ndp.routerLifetime(buf, off)).toBe(fields.lifetime);
          expect(ndp.reachableTime(buf, off)).toBe(fields.reachableTime);
          expect(ndp.retransmitTimer(buf, off)).toBe(fields.retransmitTimer);
          expect(ndp.routerPreference(buf, off)).toBe([0, 1, 0, -1][(fields.flags >> 3) & 3]);
        }
        if (value.kind === "neighbor-advertisement") {
          expect(ndp.neighborFlags(buf, off)).toBe(ndp.neighborLayout.decode(buf, off).flags >>> 24);
          const written = new Uint8Array(24);
          ndp.setNeighbor(written, 0, value.flags, value.target);
          expect(toHex(written.slice(4))).toBe(toHex(buf.slice(off + 4, off + 24)));
        }
        // Sealed: summing once more with the same addresses changes nothing.
        const again = icmpv6.seal(buf.slice(off), src, dst);
        expect(toHex(again)).toBe(toHex(buf.slice(off)));
      }),
    );
  });

  test("offsets are those of the layouts", () => {
    const { HOP_LIMIT, ROUTER_FLAGS, ROUTER_LIFETIME, REACHABLE_TIME, RETRANSMIT_TIMER } = ndp;
    const offsets = (fields: readonly { offset: number }[]) => fields.slice(3).map(({ offset }) => offset);
    expect(offsets(ndp.advertisementLayout.fields)).toEqual([
      HOP_LIMIT,
      ROUTER_FLAGS,
      ROUTER_LIFETIME,
      REACHABLE_TIME,
      RETRANSMIT_TIMER,
    ]);
    expect(offsets(ndp.neighborLayout.fields)).toEqual([ndp.NEIGHBOR_FLAGS, ndp.TARGET]);
    expect(offsets(ndp.redirectLayout.fields)).toEqual([4, ndp.TARGET, ndp.DESTINATION]);
    const spans = [ndp.advertisementLayout.span, ndp.neighborLayout.span, ndp.redirectLayout.span];
    expect(spans).toEqual([ndp.ADVERTISEMENT_LENGTH, ndp.NEIGHBOR_LENGTH, ndp.REDIRECT_LENGTH]);
  });

  test("no input makes it read beside the message", () => {
    const mac = { type: 1, data: Uint8Array.of(2, 0, 0, 0, 0, 1) };
    const samples = [
      ndp.build({ kind: "neighbor-solicitation", target: NOBODY, options: [mac, mac] }, NOBODY, NOBODY),
      ndp.build({ kind: "redirect", target: NOBODY, destination: NOBODY, options: [] }, NOBODY, NOBODY),
      ndp.build({ kind: "router-solicitation", options: [mac] }, NOBODY, NOBODY),
    ];
    fc.assert(
      fc.property(hostile(samples), u8, ({ buf, off, end }, type) => {
        const view = guarded(buf, off, end);
        const fault = ndp.check(view, off, end);
        expect(typeof ndp.parse(buf, off, end)).toBe(fault === Fault.None ? "object" : "number");
        if (fault !== Fault.None) return;
        const at = option.find(view, ndp.optionsOffset(view, off), end, type);
        if (at >= 0) expect(buf[at]).toBe(type);
        if (buf[off] !== icmpv6.Type.RouterAdvertisement) return;
        const { hopLimit, routerFlags, routerPreference, routerLifetime, reachableTime, retransmitTimer } = ndp;
        for (const read of [hopLimit, routerFlags, routerPreference, routerLifetime, reachableTime, retransmitTimer])
          expectSound(read(view, off));
      }),
      { numRuns: 500 },
    );
  });

  test("says why a message cannot be read (RFC 4861, 7.1.1)", () => {
    const whole = ndp.build({ kind: "neighbor-solicitation", target: NOBODY, options: [] }, NOBODY, NOBODY);
    for (let end = 0; end < whole.length; end++) expect(ndp.check(whole, 0, end)).toBe(Fault.Truncated);
    const empty = Uint8Array.of(...whole, 1, 0, 0, 0, 0, 0, 0, 0);
    expect(ndp.check(empty, 0, empty.length)).toBe(Fault.Length);
    empty[25] = 2;
    expect(ndp.check(empty, 0, empty.length)).toBe(Fault.Length);
    whole[0] = icmpv6.Type.EchoRequest;
    expect(ndp.check(whole, 0, whole.length)).toBe(Fault.Truncated);
  });
});

describe("ndp-option", () => {
  test("reads prefix, MTU, lifetimes and NAT64 prefix", () => {
    const prefix = fromHex("0304 40c0 00000e10 ffffffff 00000000 20010db8 00000000 00000000 00000000");
    expect(option.prefixLength(prefix, 0)).toBe(64);
    expect(prefix[option.PREFIX_FLAGS]! & option.PrefixFlag.OnLink).toBe(0x80);
    expect(option.validLifetime(prefix, 0)).toBe(3600);
    expect(option.preferredLifetime(prefix, 0)).toBe(option.INFINITY);
    expect(option.mtu(fromHex("0501 0000 000005dc"), 0)).toBe(1500);
    expect(option.lifetime(fromHex("1903 0000 0000004d"), 0)).toBe(77);
    // RFC 8781, 4: 600 s, and /96 by code 0; code 6 is undefined.
    const pref64 = fromHex("2602 0258 0064ff9b 00000000 00000000");
    expect([option.pref64Lifetime(pref64, 0), option.pref64Length(pref64, 0)]).toEqual([600, 96]);
    pref64[3] = 0x5d;
    expect([option.pref64Lifetime(pref64, 0), option.pref64Length(pref64, 0)]).toEqual([600, 32]);
    pref64[3] = 0x5e;
    expect(option.pref64Length(pref64, 0)).toBe(0);
  });

  test("pads data to 8 bytes, names types, and refuses what does not fit", () => {
    expect(toHex(option.build([{ type: 1, data: Uint8Array.of(1) }]))).toBe("0101010000000000");
    expect(toHex(option.build([{ type: 9, data: new Uint8Array(7) }]))).toBe(`0902${"00".repeat(14)}`);
    for (const type of Object.values(option.OptionType)) expect(option.optionName(type)).not.toMatch(/^option-/);
    expect(option.optionName(222)).toBe("option-222");
    expect(() => option.build([{ type: 256, data: NOBODY }])).toThrow(/ndp-option\.type takes/);
    expect(() => option.build([{ type: 1, data: new Uint8Array(2039) }])).toThrow(/ndp-option\.length takes/);
  });
});
