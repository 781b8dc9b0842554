import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as arp from "../../packets/arp.ts";
import { fromHex, getU16, toHex } from "../../packets/bytes.ts";
import { Fault } from "../../packets/fault.ts";
import * as ipv4 from "../../packets/ipv4-address.ts";
import { bytes, ip, parsed, u16 } from "../support/arbitraries.ts";
import { expectSound, guarded, hostile } from "../support/guarded.ts";

// Sent by iputils arping and by Linux, captured with tcpdump.
const REQUEST = fromHex("0001 0800 0604 0001 020000000001 0a000001 000000000000 0a000002");
const REPLY = fromHex("0001 0800 0604 0002 ea3100000001 0a000002 020000000001 0a000001");

const packet = fc.record({
  oper: u16,
  sha: bytes(6),
  spa: ip,
  tha: bytes(6),
  tpa: ip,
});

describe("arp", () => {
  test("reads a request of the kernel's", () => {
    expect(arp.check(REQUEST, 0, REQUEST.length)).toBe(Fault.None);
    expect(arp.operation(REQUEST, 0)).toBe(arp.Operation.Request);
    expect(ipv4.format(arp.senderIp(REQUEST, 0))).toBe("10.0.0.1");
    expect(ipv4.format(arp.targetIp(REQUEST, 0))).toBe("10.0.0.2");
    expect(arp.purpose(REQUEST, 0)).toBe("request");
    expect(arp.purpose(REPLY, 0)).toBe("reply");
  });

  test("builds the same bytes", () => {
    expect(toHex(arp.build(parsed(arp.parse(REQUEST))))).toBe(toHex(REQUEST));
    expect(toHex(arp.build(parsed(arp.parse(REPLY))))).toBe(toHex(REPLY));
  });

  test("accessors and layout agree", () => {
    fc.assert(
      fc.property(packet, fc.integer({ min: 0, max: 40 }), (value, off) => {
        const buf = new Uint8Array(off + arp.LENGTH);
        buf.set(arp.build(value), off);
        const fields = arp.layout.decode(buf, off);
        expect(arp.operation(buf, off)).toBe(fields.oper);
        expect(arp.hardwareType(buf, off)).toBe(fields.htype);
        expect(arp.protocolType(buf, off)).toBe(fields.ptype);
        expect(arp.hardwareLength(buf, off)).toBe(fields.hlen);
        expect(arp.protocolLength(buf, off)).toBe(fields.plen);
        expect(arp.senderIp(buf, off)).toBe(fields.spa);
        expect(arp.targetIp(buf, off)).toBe(fields.tpa);
        expect(buf.slice(off + arp.SHA, off + arp.SHA + 6)).toEqual(fields.sha);
        expect(buf.slice(off + arp.THA, off + arp.THA + 6)).toEqual(fields.tha);
        expect(parsed(arp.parse(buf, off))).toEqual(value);
      }),
    );
  });

  test("setters write what the layout writes", () => {
    fc.assert(
      fc.property(packet, (value) => {
        const buf = new Uint8Array(arp.LENGTH);
        arp.setFixed(buf, 0, 0);
        arp.setOperation(buf, 0, value.oper);
        arp.setSenderIp(buf, 0, value.spa);
        arp.setTargetIp(buf, 0, value.tpa);
        buf.set(value.sha, arp.SHA);
        buf.set(value.tha, arp.THA);
        expect(toHex(buf)).toBe(toHex(arp.build(value)));
      }),
    );
  });

  test("the field table names every byte once", () => {
    const { fields, span } = arp.layout;
    expect(span).toBe(arp.LENGTH);
    expect(fields.map((field) => field.offset)).toEqual([
      arp.HTYPE,
      arp.PTYPE,
      arp.HLEN,
      arp.PLEN,
      arp.OPER,
      arp.SHA,
      arp.SPA,
      arp.THA,
      arp.TPA,
    ]);
  });

  test("no input makes it read beside the packet", () => {
    const fixed = [arp.hardwareType, arp.protocolType, arp.hardwareLength, arp.protocolLength, arp.operation];
    const booleans = [arp.isProbe, arp.isAnnouncement, arp.isGratuitous];
    fc.assert(
      fc.property(hostile([REQUEST, REPLY]), ({ buf, off, end }) => {
        const view = guarded(buf, off, end);
        const fault = arp.check(view, off, end);
        expect(typeof arp.parse(buf, off, end)).toBe(fault === Fault.None ? "object" : "number");
        if (fault !== Fault.None) return;
        for (const read of [...fixed, ...booleans, arp.senderIp, arp.targetIp]) expectSound(read(view, off));
        expect(arp.operationName(arp.operation(view, off))).toMatch(/^[a-z-]+$|^operation-\d+$/);
        expect(typeof arp.purpose(view, off)).toBe("string");
      }),
      { numRuns: 500 },
    );
  });

  test("says why a packet cannot be read", () => {
    for (let length = 0; length < arp.LENGTH; length++) {
      expect(arp.check(REQUEST, 0, length)).toBe(Fault.Truncated);
    }
    for (const [off, value] of [
      [arp.HTYPE + 1, 6],
      [arp.PTYPE, 0x86],
      [arp.HLEN, 8],
      [arp.PLEN, 16],
    ] as const) {
      const changed = REQUEST.slice();
      changed[off] = value;
      expect(arp.check(changed, 0, changed.length)).toBe(Fault.AddressFormat);
    }
  });

  test("padding after the packet is ignored (RFC 826)", () => {
    const padded = new Uint8Array(46);
    padded.set(REQUEST);
    expect(arp.check(padded, 0, padded.length)).toBe(Fault.None);
  });

  test.each([
    ["probe", 1, "0.0.0.0", "10.0.0.2"],
    ["announcement", 1, "10.0.0.2", "10.0.0.2"],
    ["gratuitous-reply", 2, "10.0.0.2", "10.0.0.2"],
    ["reverse-request", 3, "0.0.0.0", "0.0.0.0"],
    ["reverse-reply", 4, "10.0.0.1", "10.0.0.2"],
    ["other", 24, "10.0.0.1", "10.0.0.2"],
  ] as const)("recognises a %s (RFC 5227, RFC 903)", (purpose, oper, sender, target) => {
    const buf = REQUEST.slice();
    arp.setOperation(buf, 0, oper);
    arp.setSenderIp(buf, 0, ipv4.parse(sender)!);
    arp.setTargetIp(buf, 0, ipv4.parse(target)!);
    expect(arp.purpose(buf, 0)).toBe(purpose);
    expect(arp.isProbe(buf, 0)).toBe(purpose === "probe");
    expect(arp.isAnnouncement(buf, 0)).toBe(purpose === "announcement");
  });

  test("an unknown operation survives (RFC 5494)", () => {
    const buf = arp.build({ ...parsed(arp.parse(REQUEST)), oper: 65535 });
    expect(getU16(buf, arp.OPER)).toBe(65535);
    expect(arp.operationName(65535)).toBe("operation-65535");
  });

  test("building refuses what does not fit", () => {
    const good = parsed(arp.parse(REQUEST));
    expect(() => arp.build({ ...good, oper: 65536 })).toThrow(/arp\.oper takes a whole number from 0 to 65535/);
    expect(() => arp.build({ ...good, sha: new Uint8Array(5) })).toThrow(/arp\.sha takes 6 bytes/);
  });
});
