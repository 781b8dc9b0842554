import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../packets/bytes.ts";
import { Fault } from "../../packets/fault.ts";
import * as icmpv6 from "../../packets/icmpv6.ts";
import * as ipv6 from "../../packets/ipv6.ts";
import { ip6, parsed, u8, u16, u32 } from "../support/arbitraries.ts";
import { expectSound, guarded, hostile } from "../support/guarded.ts";

const data = fc.uint8Array({ maxLength: 40 });
const known = new Set<number>([1, 2, 3, 4, 128, 129]);
const message: fc.Arbitrary<icmpv6.Icmpv6Message> = fc.oneof(
  fc.record({ kind: fc.constantFrom("echo-request", "echo-reply"), code: u8, identifier: u16, sequence: u16, data }),
  fc.record({ kind: fc.constantFrom("unreachable", "time-exceeded"), code: u8, quoted: data }),
  fc.record({ kind: fc.constant("packet-too-big"), code: u8, mtu: u32, quoted: data }),
  fc.record({ kind: fc.constant("parameter-problem"), code: u8, pointer: u32, quoted: data }),
  fc.record({ kind: fc.constant("other"), type: u8.filter((type) => !known.has(type)), code: u8, word: u32, data }),
);

/** The message in a packet of its own. */
function packet(made: Uint8Array, src: Uint8Array, dst: Uint8Array): Uint8Array {
  const header = { trafficClass: 0, flowLabel: 0, nextHeader: ipv6.NextHeader.Icmpv6, hopLimit: 64 };
  return ipv6.build({ ...header, src, dst, payload: made });
}

describe("icmpv6", () => {
  test("a message comes back as it was built, with a right checksum", () => {
    fc.assert(
      fc.property(message, ip6, ip6, (value, src, dst) => {
        const buf = packet(icmpv6.build(value, src, dst), src, dst);
        expect(icmpv6.check(buf, 40, buf.length)).toBe(Fault.None);
        expect(icmpv6.checksumOk(buf, 40, buf.length, 0)).toBe(true);
        const fields = icmpv6.layout.decode(buf, 40);
        expect(icmpv6.type(buf, 40)).toBe(fields.type);
        expect(icmpv6.code(buf, 40)).toBe(fields.code);
        expect(icmpv6.checksum(buf, 40)).toBe(fields.checksum);
        expect(icmpv6.mtu(buf, 40)).toBe(fields.word);
        expect(icmpv6.pointer(buf, 40)).toBe(fields.word);
        expect((icmpv6.identifier(buf, 40) * 0x10000 + icmpv6.sequence(buf, 40)) >>> 0).toBe(fields.word);
        expect(parsed(icmpv6.parse(buf, 40))).toEqual(value);
      }),
    );
  });

  test("setters write what the layout writes", () => {
    fc.assert(
      fc.property(u8, u8, u16, u16, ip6, ip6, (type, code, identifier, sequence, src, dst) => {
        const buf = packet(new Uint8Array(8), src, dst);
        icmpv6.setType(buf, 40, type);
        icmpv6.setCode(buf, 40, code);
        icmpv6.setIdentifier(buf, 40, identifier);
        icmpv6.setSequence(buf, 40, sequence);
        icmpv6.updateChecksum(buf, 40, 48, 0);
        const made = icmpv6.seal(buf.slice(40), src, dst);
        expect(toHex(made)).toBe(toHex(buf, "").slice(80));
        expect(icmpv6.echoLayout.decode(made)).toMatchObject({ type, code, identifier, sequence });
        icmpv6.setWord(buf, 40, 0x01020304);
        expect(icmpv6.mtu(buf, 40)).toBe(0x01020304);
      }),
    );
    const { TYPE, CODE, CHECKSUM, WORD, ID, SEQUENCE } = icmpv6;
    expect(icmpv6.layout.fields.map(({ offset }) => offset)).toEqual([TYPE, CODE, CHECKSUM, WORD]);
    expect(icmpv6.echoLayout.fields.map(({ offset }) => offset)).toEqual([TYPE, CODE, CHECKSUM, ID, SEQUENCE]);
  });

  test("the checksum covers the final destination, and every byte (RFC 4443, 2.3)", () => {
    const src = new Uint8Array(16).fill(1);
    const dst = new Uint8Array(16).fill(2);
    const echo = { kind: "echo-request", code: 0, identifier: 1, sequence: 2, data: Uint8Array.of(1, 2, 3) } as const;
    const buf = packet(icmpv6.build(echo, src, dst), src, dst);
    for (let i = 8; i < buf.length; i++) {
      const changed = buf.slice();
      changed[i]! ^= 1;
      expect(icmpv6.checksumOk(changed, 40, buf.length, 0)).toBe(false);
    }
    const routed = Uint8Array.of(...buf, ...dst);
    routed.fill(9, ipv6.DST, 40);
    expect(icmpv6.checksumOk(routed, 40, buf.length, 0)).toBe(false);
    expect(icmpv6.checksumOk(routed, 40, buf.length, 0, buf.length)).toBe(true);
  });

  test("an echo request has the checksum that scapy gives it", () => {
    const real = fromHex(`6000 0000 0010 3a40 fe80 0000 0000 0000 0000 00ff fe00 0001
      ff02 0000 0000 0000 0000 0000 0000 0001 8000 0000 0001 0001 0102 0304 0506 0708`);
    icmpv6.updateChecksum(real, 40, real.length, 0);
    expect(icmpv6.checksum(real, 40)).toBe(0x7319);
  });

  test("an error quotes a packet", () => {
    const inner = packet(new Uint8Array(8), new Uint8Array(16), new Uint8Array(16));
    const error = icmpv6.build(
      { kind: "packet-too-big", code: 0, mtu: 1280, quoted: inner },
      inner.slice(8, 24),
      inner.slice(8, 24),
    );
    expect(icmpv6.checkQuoted(error, 0, error.length)).toBe(Fault.None);
    expect(icmpv6.quotedOffset(0)).toBe(8);
    expect(icmpv6.checkQuoted(error, 0, 47)).toBe(Fault.Truncated);
    error[8] = 0x45;
    expect(icmpv6.checkQuoted(error, 0, error.length)).toBe(Fault.Version);
    error[0] = icmpv6.Type.EchoReply;
    expect(icmpv6.checkQuoted(error, 0, error.length)).toBe(Fault.Truncated);
  });

  test("no input makes it read beside the message", () => {
    const sample = icmpv6.build(
      { kind: "packet-too-big", code: 0, mtu: 1280, quoted: new Uint8Array(44).fill(0x60) },
      new Uint8Array(16),
      new Uint8Array(16),
    );
    fc.assert(
      fc.property(hostile([sample]), ({ buf, off, end }) => {
        const view = guarded(buf, off, end);
        const fault = icmpv6.check(view, off, end);
        expectSound(icmpv6.checkQuoted(view, off, end));
        expect(typeof icmpv6.parse(buf, off, end)).toBe(fault === Fault.None ? "object" : "number");
        if (fault !== Fault.None) return;
        const { type, code, checksum, identifier, sequence, mtu, pointer } = icmpv6;
        for (const read of [type, code, checksum, identifier, sequence, mtu, pointer]) expectSound(read(view, off));
      }),
      { numRuns: 500 },
    );
  });

  test("names types and codes, and keeps unknown numbers", () => {
    for (const type of Object.values(icmpv6.Type)) expect(icmpv6.typeName(type)).not.toMatch(/^type-/);
    expect(icmpv6.typeName(77)).toBe("type-77");
    for (const code of Object.values(icmpv6.UnreachableCode))
      expect(icmpv6.unreachableName(code)).not.toMatch(/^code-/);
    expect(icmpv6.unreachableName(9)).toBe("code-9");
    expect([127, 128].map(icmpv6.isError)).toEqual([true, false]);
  });

  test("building refuses what does not fit", () => {
    const nowhere = new Uint8Array(16);
    const echo = { kind: "echo-request", code: 0, identifier: 65_536, sequence: 0, data: nowhere } as const;
    expect(() => icmpv6.build(echo, nowhere, nowhere)).toThrow(/icmpv6-echo\.identifier takes/);
    expect(() => icmpv6.build({ kind: "unreachable", code: 256, quoted: nowhere }, nowhere, nowhere)).toThrow(
      /icmpv6\.code takes/,
    );
  });
});
