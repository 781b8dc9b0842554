import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as address from "../../packets/ipv4-address.ts";
import { ip } from "../support/arbitraries.ts";

const prefix = fc.record({ address: ip, length: fc.integer({ min: 0, max: 32 }) });
const parse = (text: string) => address.parse(text)!;

describe("ipv4-address", () => {
  test("text comes back as the address, signed or unsigned", () => {
    fc.assert(
      fc.property(ip, (value) => {
        expect(address.parse(address.format(value))).toBe(value);
        expect(address.format(value >>> 0)).toBe(address.format(value));
      }),
    );
    expect(address.parse("192.168.0.1")).toBe(0xc0a80001 | 0);
    expect(address.format(-1)).toBe("255.255.255.255");
  });

  test.each([
    "",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.-4",
    "1.2.3. 4",
    "1.2.3.4 ",
    "0x1.2.3.4",
    "1..2.3",
    "::1",
  ])("refuses %j", (text) => {
    expect(address.parse(text)).toBeNull();
  });

  test("prefixes come back from their text", () => {
    fc.assert(
      fc.property(prefix, (value) => {
        expect(address.parsePrefix(address.formatPrefix(value))).toEqual(value);
      }),
    );
    expect(address.parsePrefix("10.0.0.1")).toEqual({ address: parse("10.0.0.1"), length: 32 });
  });

  test.each([
    "10.0.0.1/",
    "10.0.0.1/33",
    "10.0.0.1/-1",
    "10.0.0.1/024",
    "10.0.0.1/08",
    "10.0.0.1/24/8",
    "10.0.0/24",
    "/24",
  ])("refuses %j as a prefix", (text) => {
    expect(address.parsePrefix(text)).toBeNull();
  });

  test("masks have as many leading ones as they say", () => {
    for (let length = 0; length <= 32; length++) {
      const bits = (address.mask(length) >>> 0).toString(2).padStart(32, "0");
      expect(bits).toBe("1".repeat(length) + "0".repeat(32 - length));
      expect(address.mask(length)).toBe(address.mask(length) | 0);
    }
  });

  test("a network holds its own address, its broadcast and nothing beside", () => {
    fc.assert(
      fc.property(prefix, ip, (value, other) => {
        const first = address.network(value) >>> 0;
        const last = first + 2 ** (32 - value.length) - 1;
        const isInside = other >>> 0 >= first && other >>> 0 <= last;
        expect(address.contains(value, other)).toBe(isInside);
        const broadcast = address.broadcast(value);
        if (value.length >= 31) expect(broadcast).toBeNull();
        else expect(broadcast).toBe(last | 0);
      }),
    );
  });

  test.each([
    ["0.0.0.0", "none"],
    ["0.1.2.3", "none"],
    ["1.0.0.0", "unicast"],
    ["126.255.255.255", "unicast"],
    ["127.0.0.0", "loopback"],
    ["127.255.255.255", "loopback"],
    ["128.0.0.0", "unicast"],
    ["223.255.255.255", "unicast"],
    ["224.0.0.0", "multicast"],
    ["239.255.255.255", "multicast"],
    ["240.0.0.0", "reserved"],
    ["255.255.255.254", "reserved"],
    ["255.255.255.255", "none"],
  ])("%s is %s", (text, kind) => {
    const value = parse(text);
    expect(address.isUnicast(value)).toBe(kind === "unicast");
    expect(address.isLoopback(value)).toBe(kind === "loopback");
    expect(address.isMulticast(value)).toBe(kind === "multicast");
    expect(address.isReserved(value)).toBe(kind === "reserved");
  });

  test.each([
    ["169.253.255.255", false],
    ["169.254.0.0", true],
    ["169.254.255.255", true],
    ["169.255.0.0", false],
    ["41.254.0.1", false],
  ])("%s is link-local: %s", (text, expected) => {
    expect(address.isLinkLocal(parse(text))).toBe(expected);
  });

  test("the two special addresses", () => {
    expect(address.format(address.UNSPECIFIED)).toBe("0.0.0.0");
    expect(address.format(address.LIMITED_BROADCAST)).toBe("255.255.255.255");
  });
});
