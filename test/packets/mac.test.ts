import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as mac from "../../packets/mac.ts";
import { bytes, ip } from "../support/arbitraries.ts";

describe("mac", () => {
  test("text comes back as the address, in each form that it takes", () => {
    fc.assert(
      fc.property(bytes(6), (address) => {
        const text = mac.format(address);
        expect(mac.parse(text)).toEqual(address);
        expect(mac.parse(text.toUpperCase().replaceAll(":", "-"))).toEqual(address);
        expect(mac.parse(text.replace(/0(?=[0-9a-f](:|$))/g, ""))).toEqual(address);
      }),
    );
  });

  test.each([
    "",
    "02:00:00:00:00",
    "02:00:00:00:00:01:02",
    "02:00:00:00:00:0g",
    "02:00:00:00:00:",
    "02:00-00:00-00:01",
    "020:0:0:0:0:1",
    " 2:0:0:0:0:1",
    "020000000001",
  ])("refuses %j", (text) => {
    expect(mac.parse(text)).toBeNull();
  });

  test("travels as 16 and 32 bits and back", () => {
    fc.assert(
      fc.property(bytes(9), bytes(6), fc.nat(3), (buf, address, off) => {
        buf.set(address, off);
        const copy = new Uint8Array(9);
        mac.set(copy, off, mac.high16(buf, off), mac.low32(buf, off));
        expect(copy.subarray(off, off + 6)).toEqual(address);
        expect(mac.equal(copy, off, address, 0)).toBe(true);
        mac.copy(address, 0, copy, 3);
        expect(copy.subarray(3)).toEqual(address);
      }),
    );
  });

  test("equality looks at every byte", () => {
    for (let i = 0; i < mac.LENGTH; i++) {
      const other = mac.ZERO.slice();
      other[i] = 1;
      expect(mac.equal(mac.ZERO, 0, other, 0)).toBe(false);
      expect(mac.isZero(other, 0)).toBe(false);
      other.set(mac.BROADCAST);
      other[i] = 254;
      expect(mac.isBroadcast(other, 0)).toBe(false);
    }
  });

  test.each([
    ["ff:ff:ff:ff:ff:ff", { broadcast: true, multicast: true, local: true, zero: false }],
    ["01:00:5e:00:00:01", { broadcast: false, multicast: true, local: false, zero: false }],
    ["00:00:00:00:00:00", { broadcast: false, multicast: false, local: false, zero: true }],
    ["02:00:00:00:00:01", { broadcast: false, multicast: false, local: true, zero: false }],
    ["00:1b:21:00:00:01", { broadcast: false, multicast: false, local: false, zero: false }],
  ])("knows what %s is", (text, expected) => {
    const address = mac.parse(text)!;
    const found = {
      broadcast: mac.isBroadcast(address, 0),
      multicast: mac.isMulticast(address, 0),
      local: mac.isLocal(address, 0),
      zero: mac.isZero(address, 0),
    };
    expect(found).toEqual(expected);
  });

  test("the address for an IPv4 address is local, unicast and its own", () => {
    expect(mac.format(mac.forIpv4(0xc0a80001))).toBe("02:76:c0:a8:00:01");
    fc.assert(
      fc.property(ip, ip, (a, b) => {
        const address = mac.forIpv4(a);
        expect(mac.isLocal(address, 0) && !mac.isMulticast(address, 0)).toBe(true);
        expect(mac.forIpv4(a >>> 0)).toEqual(address);
        expect(mac.equal(address, 0, mac.forIpv4(b), 0)).toBe(a === b);
      }),
    );
  });
});
