import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../packets/bytes.ts";
import { Fault } from "../../packets/fault.ts";
import * as lldp from "../../packets/lldp.ts";
import { bytes, parsed, u8, u16, u32 } from "../support/arbitraries.ts";
import { expectSound, guarded, hostile } from "../support/guarded.ts";

const id = fc.record({ subtype: u8, id: fc.uint8Array({ minLength: 1, maxLength: 255 }) });
const text = fc.record({
  kind: fc.constantFrom("port-description" as const, "system-name" as const, "system-description" as const),
  text: fc.uint8Array({ maxLength: 300 }),
});
const tlv: fc.Arbitrary<lldp.LldpTlv> = fc.oneof(
  text,
  fc.record({ kind: fc.constant("system-capabilities" as const), system: u16, enabled: u16 }),
  fc.record({
    kind: fc.constant("management-address" as const),
    family: u8,
    address: fc.uint8Array({ minLength: 1, maxLength: 31 }),
    numbering: u8,
    interfaceNumber: u32,
    oid: fc.uint8Array({ maxLength: 128 }),
  }),
  fc.record({
    kind: fc.constant("organisation" as const),
    oui: fc.nat(0xffffff),
    subtype: u8,
    data: fc.uint8Array({ maxLength: 507 }),
  }),
  fc.record({
    kind: fc.constant("other" as const),
    type: fc.integer({ min: 9, max: 126 }),
    value: fc.uint8Array({ maxLength: 511 }),
  }),
);
const unit = fc.record({ chassis: id, port: id, ttl: u16, tlvs: fc.array(tlv, { maxLength: 5 }) });

/** Chassis 02:…:01, port `ve0`, 120 s, name `a`, capabilities, address 10.0.0.1, PVID 10, end. */
const WHOLE = fromHex(
  "0207 04 020000000001  0404 05 766530  0602 0078  0a01 61  0e04 0014 0010  100c 05 01 0a000001 02 00000007 00  fe06 0080c2 01 000a 0000",
);

describe("lldp", () => {
  test("what is built is parsed, and every TLV is met once", () => {
    fc.assert(
      fc.property(unit, fc.nat(20), (value, off) => {
        const made = lldp.build(value);
        const buf = new Uint8Array(off + made.length);
        buf.set(made, off);
        expect(lldp.check(buf, off, buf.length)).toBe(Fault.None);
        expect(parsed(lldp.parse(buf, off))).toEqual(value);
        expect(lldp.unitEnd(buf, off, buf.length)).toBe(buf.length - 2);
        let at = off;
        let count = 0;
        for (; lldp.tlvType(buf, at) !== lldp.TlvType.End; at = lldp.nextTlv(buf, at)) {
          expect(lldp.hasTlv(buf, at, buf.length)).toBe(true);
          expect(lldp.nextTlv(buf, at)).toBe(lldp.valueOffset(at) + lldp.tlvLength(buf, at));
          const { typeLength } = lldp.layout.decode(buf, at);
          expect(typeLength).toBe(lldp.tlvType(buf, at) * 512 + lldp.tlvLength(buf, at));
          count++;
        }
        expect(count).toBe(3 + value.tlvs.length);
      }),
    );
  });

  test("reads a whole unit", () => {
    expect(parsed(lldp.parse(WHOLE))).toEqual({
      chassis: { subtype: lldp.ChassisSubtype.Mac, id: fromHex("020000000001") },
      port: { subtype: lldp.PortSubtype.InterfaceName, id: fromHex("766530") },
      ttl: 120,
      tlvs: [
        { kind: "system-name", text: fromHex("61") },
        { kind: "system-capabilities", system: 0x14, enabled: 0x10 },
        {
          kind: "management-address",
          family: 1,
          address: fromHex("0a000001"),
          numbering: 2,
          interfaceNumber: 7,
          oid: new Uint8Array(0),
        },
        { kind: "organisation", oui: lldp.Organisation.Ieee8021, subtype: 1, data: fromHex("000a") },
      ],
    });
  });

  test("the end may be missing, and padding may follow it", () => {
    const open = WHOLE.slice(0, -2);
    expect(lldp.check(open, 0, open.length)).toBe(Fault.None);
    expect(toHex(lldp.build(parsed(lldp.parse(open))))).toBe(toHex(WHOLE));
    const padded = Uint8Array.of(...WHOLE, 1, 2, 3);
    expect(lldp.parse(padded)).toEqual(lldp.parse(WHOLE));
  });

  test("every cut within a TLV is a fault", () => {
    const ends = new Set<number>();
    for (let at = 0; at < WHOLE.length; at = lldp.nextTlv(WHOLE, at)) ends.add(at);
    const mandatory = [...ends][3]!;
    for (let end = 0; end < WHOLE.length; end++) {
      const isWhole = ends.has(end) && end >= mandatory;
      expect(lldp.check(WHOLE, 0, end), `${end}`).toBe(isWhole ? Fault.None : Fault.Truncated);
    }
  });

  test("refuses an order or a length that cannot be", () => {
    const faults = [
      "0404 05 766530 0207 04 020000000001 0602 0078 0000",
      "0201 04 0404 05 766530 0602 0078 0000",
      "0207 04 020000000001 0404 05 766530 0601 00 0000",
      "0207 04 020000000001 0404 05 766530 0602 0078 0e03 001400 0000",
      "0207 04 020000000001 0404 05 766530 0602 0078 100b 05 01 0a000001 02 00000007 0000",
      "0207 04 020000000001 0404 05 766530 0602 0078 100c 05 01 0a000001 02 00000007 01 0000",
      "0207 04 020000000001 0404 05 766530 0602 0078 fe03 0080c2 0000",
      "0207 04 020000000001 0000",
    ];
    for (const hex of faults) expect(lldp.check(fromHex(hex), 0, fromHex(hex).length), hex).toBe(Fault.Length);
  });

  test("no input makes it read beside the unit", () => {
    fc.assert(
      fc.property(hostile([WHOLE]), ({ buf, off, end }) => {
        const view = guarded(buf, off, end);
        const fault = lldp.check(view, off, end);
        expect(typeof lldp.parse(buf, off, end)).toBe(fault === Fault.None ? "object" : "number");
        if (fault !== Fault.None) return;
        const stop = lldp.unitEnd(view, off, end);
        for (let at = off; at < stop; at = lldp.nextTlv(view, at)) {
          expectSound(lldp.tlvType(view, at));
          expect(lldp.nextTlv(view, at)).toBeLessThanOrEqual(end);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("an unknown type stays a number", () => {
    expect(lldp.typeName(lldp.TlvType.SystemName)).toBe("system-name");
    expect(lldp.typeName(9)).toBe("tlv-9");
    for (const type of Object.values(lldp.TlvType)) expect(lldp.typeName(type)).not.toMatch(/^tlv-/);
  });

  test("building refuses what does not fit", () => {
    const good = {
      chassis: { subtype: 4, id: new Uint8Array(6) },
      port: { subtype: 7, id: new Uint8Array(1) },
      ttl: 1,
    };
    const build = (tlvs: lldp.LldpTlv[]) => lldp.build({ ...good, tlvs });
    expect(() => lldp.build({ ...good, ttl: 65_536, tlvs: [] })).toThrow(/lldp\.ttl takes/);
    expect(() => lldp.build({ ...good, port: { subtype: 7, id: new Uint8Array(0) }, tlvs: [] })).toThrow(/port\.id/);
    expect(() => build([{ kind: "system-name", text: new Uint8Array(512) }])).toThrow(/tlv\.length takes/);
    expect(() => build([{ kind: "other", type: 128, value: new Uint8Array(0) }])).toThrow(/tlv\.type takes/);
    expect(() => build([{ kind: "organisation", oui: 0x1000000, subtype: 0, data: new Uint8Array(0) }])).toThrow(/oui/);
    expect(() => build([{ kind: "system-capabilities", system: -1, enabled: 0 }])).toThrow(/system takes/);
    const management = { kind: "management-address", family: 1, numbering: 1, interfaceNumber: 1 } as const;
    expect(() => build([{ ...management, address: new Uint8Array(32), oid: new Uint8Array(0) }])).toThrow(/address/);
    expect(() => build([{ ...management, address: new Uint8Array(4), oid: new Uint8Array(129) }])).toThrow(/oid/);
  });

  test("the declared organisation head spans what is read in place", () => {
    fc.assert(
      fc.property(bytes(4), (head) => {
        expect(lldp.organisationLayout.decode(head).subtype).toBe(head[3]);
        expect(lldp.organisationLayout.span).toBe(lldp.ORGANISATION_LENGTH);
      }),
    );
  });
});
