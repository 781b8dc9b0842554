import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../packets/bytes.ts";
import { Fault } from "../../packets/fault.ts";
import * as udp from "../../packets/udp.ts";
import { ip, parsed, u16 } from "../support/arbitraries.ts";
import { readCapture } from "../support/captures.ts";
import { expectSound, guarded, hostile } from "../support/guarded.ts";

const datagram = fc.record({ srcPort: u16, dstPort: u16, payload: fc.uint8Array({ maxLength: 40 }) });
const SAMPLES = readCapture("udp").map(({ bytes }) => bytes.slice(34));

describe("udp", () => {
  test("accessors and layout agree, and the checksum is right", () => {
    fc.assert(
      fc.property(datagram, ip, ip, fc.nat(20), fc.nat(9), (value, src, dst, off, trailer) => {
        const made = udp.build(value, src, dst);
        const buf = Uint8Array.of(...new Uint8Array(off), ...made, ...new Uint8Array(trailer).fill(0xee));
        expect(udp.check(buf, off, buf.length)).toBe(Fault.None);
        const fields = udp.layout.decode(buf, off);
        expect(udp.srcPort(buf, off)).toBe(fields.srcPort);
        expect(udp.dstPort(buf, off)).toBe(fields.dstPort);
        expect(udp.length(buf, off)).toBe(fields.length);
        expect(udp.checksum(buf, off)).toBe(fields.checksum);
        expect(fields.checksum).not.toBe(0);
        expect(udp.checksumOk(buf, off, src, dst)).toBe(true);
        expect(udp.checksumOk(buf, off, src >>> 0, dst >>> 0)).toBe(true);
        expect(parsed(udp.parse(buf, off))).toEqual(value);
      }),
    );
  });

  test("setters write what the layout writes", () => {
    fc.assert(
      fc.property(datagram, ip, ip, (value, src, dst) => {
        const made = udp.build(value, src, dst);
        const buf = new Uint8Array(made.length);
        buf.set(value.payload, udp.HEADER_LENGTH);
        udp.setSrcPort(buf, 0, value.srcPort);
        udp.setDstPort(buf, 0, value.dstPort);
        udp.setLength(buf, 0, made.length);
        udp.updateChecksum(buf, 0, src, dst);
        expect(toHex(buf)).toBe(toHex(made));
      }),
    );
    const { fields, span } = udp.layout;
    expect(fields.map(({ offset }) => offset)).toEqual([udp.SRC_PORT, udp.DST_PORT, udp.LENGTH, udp.CHECKSUM]);
    expect(span).toBe(udp.HEADER_LENGTH);
  });

  test("the checksum covers the addresses and every byte (RFC 768)", () => {
    const made = udp.build({ srcPort: 1, dstPort: 2, payload: Uint8Array.of(1, 2, 3) }, 5, 6);
    expect(udp.checksumOk(made, 0, 5, 7)).toBe(false);
    expect(udp.checksumOk(made, 0, 0x10005, 6)).toBe(false);
    for (let i = 0; i < made.length; i++) {
      if (i === udp.LENGTH || i === udp.LENGTH + 1) continue;
      const changed = made.slice();
      changed[i]! ^= 1;
      expect(udp.checksumOk(changed, 0, 5, 6)).toBe(false);
    }
  });

  test("a checksum of 0 means none, so one that comes out as 0 is sent as 0xffff", () => {
    const none = udp.build({ srcPort: 1, dstPort: 2, payload: Uint8Array.of(3) }, 5, 6);
    none.fill(0, udp.CHECKSUM, udp.CHECKSUM + 2);
    expect(udp.checksumOk(none, 0, 1, 1)).toBe(true);
    // scapy's datagram whose sum is 0xffff, from 10.0.0.1 to 192.168.1.2.
    const captured = SAMPLES.find((bytes) => udp.checksum(bytes, 0) === 0xffff)!;
    const built = udp.build(parsed(udp.parse(captured)), 0x0a000001, 0xc0a80102);
    expect(toHex(built)).toBe(toHex(captured));
  });

  test("no input makes it read beside the datagram", () => {
    fc.assert(
      fc.property(hostile(SAMPLES), ({ buf, off, end }) => {
        const view = guarded(buf, off, end);
        const fault = udp.check(view, off, end);
        expect(typeof udp.parse(buf, off, end)).toBe(fault === Fault.None ? "object" : "number");
        if (fault !== Fault.None) return;
        for (const read of [udp.srcPort, udp.dstPort, udp.length, udp.checksum]) expectSound(read(view, off));
        expectSound(udp.checksumOk(view, off, 1, 2));
      }),
      { numRuns: 500 },
    );
  });

  test("says why a datagram cannot be read", () => {
    const whole = fromHex("0001 0002 000a 0000 0102");
    for (let end = 0; end < whole.length; end++) expect(udp.check(whole, 0, end)).toBe(Fault.Truncated);
    expect(udp.check(whole, 0, whole.length)).toBe(Fault.None);
    for (let length = 0; length < 8; length++) {
      udp.setLength(whole, 0, length);
      expect(udp.check(whole, 0, whole.length)).toBe(Fault.Length);
    }
  });

  test("building refuses what does not fit", () => {
    const good = { srcPort: 1, dstPort: 2, payload: new Uint8Array(0) };
    expect(() => udp.build({ ...good, dstPort: 65536 }, 0, 0)).toThrow(/udp\.dstPort takes/);
    expect(() => udp.build({ ...good, payload: new Uint8Array(65_528) }, 0, 0)).toThrow(/udp\.length takes/);
  });
});
