import { isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../packets/bytes.ts";
import * as address from "../../packets/ipv6-address.ts";
import { TextWriter } from "../../packets/text/index.ts";
import { ip6 } from "../support/arbitraries.ts";

/** The text of Node's URL parser, which follows RFC 5952 but for dots. */
function urlForm(text: string): string {
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}

describe("ipv6-address", () => {
  test.each([
    ["::", "00000000000000000000000000000000"],
    ["::1", "00000000000000000000000000000001"],
    ["1::", "00010000000000000000000000000000"],
    ["2001:db8::1", "20010db8000000000000000000000001"],
    ["2001:db8:0:1:1:1:1:1", "20010db8000000010001000100010001"],
    ["2001:0:0:1::1", "20010000000000010000000000000001"],
    ["2001:db8::1:0:0:1", "20010db8000000000001000000000001"],
    ["::ffff:10.0.0.1", "00000000000000000000ffff0a000001"],
    ["::10.0.0.1", "0000000000000000000000000a000001"],
    ["::fffe:a00:1", "00000000000000000000fffe0a000001"],
    ["::1:0:0", "00000000000000000000000100000000"],
    ["64:ff9b::a00:1", "0064ff9b00000000000000000a000001"],
    ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
  ])("%s (RFC 5952)", (text, hex) => {
    const bytes = address.parse(text)!;
    expect(toHex(bytes)).toBe(hex);
    expect(address.format(bytes)).toBe(text);
  });

  test("text comes back as the address it was, and is that of others and of the writer", () => {
    fc.assert(
      fc.property(ip6, fc.nat(5), (bytes, off) => {
        const buf = Uint8Array.of(...new Uint8Array(off), ...bytes);
        const text = address.format(buf, off);
        expect(isIPv6(text)).toBe(true);
        expect(address.parse(text)).toEqual(bytes);
        if (!text.includes(".")) expect(text).toBe(urlForm(text));
        const out = new TextWriter();
        out.ipv6(buf, off);
        expect(out.toString()).toBe(text);
      }),
    );
  });

  test("reads what Node takes for an address, and nothing else", () => {
    const character = fc.constantFrom(..."0123456789abcdefABCDEF::::....g %/");
    const free = fc.array(character, { maxLength: 24 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(
        fc.oneof(
          free,
          ip6.map((bytes) => `${address.format(bytes)}`),
        ),
        fc.nat(40),
        character,
        (text, at, extra) => {
          const changed = text.slice(0, at) + extra + text.slice(at);
          for (const one of [text, changed]) {
            if (one.includes("%")) continue;
            const parsed = address.parse(one);
            expect(parsed !== null, one).toBe(isIPv6(one));
            if (parsed !== null && !/\./.test(one)) expect(urlForm(one)).toBe(urlForm(address.format(parsed)));
          }
        },
      ),
      { numRuns: 2000 },
    );
    for (const text of [
      "",
      ":",
      ":::",
      "1::2::3",
      "1:2:3:4:5:6:7:8::",
      "::1%lo",
      "::1/64",
      "1.2.3.4::",
      "12345::",
      "::1.2.3",
    ])
      expect(address.parse(text)).toBeNull();
  });

  test("tells kinds apart (RFC 4291)", () => {
    const at = (text: string) => address.parse(text)!;
    expect(address.isUnspecified(address.UNSPECIFIED)).toBe(true);
    expect(address.isUnspecified(at("::1"))).toBe(false);
    expect(address.isLoopback(at("::1"))).toBe(true);
    expect(address.isLoopback(at("1::1"))).toBe(false);
    expect(address.isMulticast(at("ff02::1"))).toBe(true);
    expect(address.isMulticast(at("fe80::1"))).toBe(false);
    expect(address.multicastScope(at("ff0e::1"))).toBe(14);
    expect([at("fe80::1"), at("febf::1"), at("fec0::1")].map((one) => address.isLinkLocal(one))).toEqual([
      true,
      true,
      false,
    ]);
    expect([at("fc00::"), at("fdff::"), at("fe00::")].map((one) => address.isUniqueLocal(one))).toEqual([
      true,
      true,
      false,
    ]);
    expect(address.format(address.ALL_NODES)).toBe("ff02::1");
    expect(address.format(address.ALL_ROUTERS)).toBe("ff02::2");
    expect(address.format(address.ALL_MLDV2_ROUTERS)).toBe("ff02::16");
  });

  test("the solicited-node address and its MAC address (RFC 4291, 2.7.1; RFC 2464, 7)", () => {
    const group = address.solicitedNode(address.parse("4037::1:800:200e:8c6c")!);
    expect(address.format(group)).toBe("ff02::1:ff0e:8c6c");
    expect(address.isSolicitedNode(group)).toBe(true);
    expect(address.isSolicitedNode(address.parse("ff02::2:ff0e:8c6c")!)).toBe(false);
    expect(address.isSolicitedNode(address.parse("ff05::1:ff0e:8c6c")!)).toBe(false);
    expect(toHex(address.multicastMac(group), ":")).toBe("33:33:ff:0e:8c:6c");
  });
});
