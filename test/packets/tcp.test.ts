import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../packets/bytes.ts";
import { Fault } from "../../packets/fault.ts";
import * as tcp from "../../packets/tcp.ts";
import { ip, parsed, u16, u32 } from "../support/arbitraries.ts";
import { expectSound, guarded, hostile } from "../support/guarded.ts";

const segment: fc.Arbitrary<tcp.TcpSegment> = fc.record({
  srcPort: u16,
  dstPort: u16,
  sequence: u32,
  acknowledgement: u32,
  flags: fc.nat(0xfff),
  window: u16,
  urgentPointer: u16,
  options: fc.nat(10).chain((words) => fc.uint8Array({ minLength: 4 * words, maxLength: 4 * words })),
  payload: fc.uint8Array({ maxLength: 40 }),
});

/** Linux' SYN to 127.0.0.1 port 9 from port 40000, MSS 65495, and its answer. */
const SAMPLES = [
  fromHex("9c40 0009 01020304 00000000 a002 ffd7 0000 0000 0204ffd7 0402 080a 11223344 00000000 01 030307"),
  fromHex("0009 9c40 00000000 01020305 5014 0000 0000 0000"),
  fromHex("9c40 0009 01020305 00000001 5018 0200 0000 0000 6869"),
];

describe("tcp", () => {
  test("accessors and layout agree, and the checksum holds", () => {
    fc.assert(
      fc.property(segment, ip, ip, fc.nat(20), (value, src, dst, off) => {
        const made = tcp.build(value, src, dst);
        const buf = new Uint8Array(off + made.length + 3);
        buf.set(made, off);
        const end = off + made.length;
        expect(tcp.check(buf, off, end)).toBe(Fault.None);
        const fields = tcp.layout.decode(buf, off);
        expect(tcp.srcPort(buf, off)).toBe(fields.srcPort);
        expect(tcp.dstPort(buf, off)).toBe(fields.dstPort);
        expect(tcp.sequence(buf, off)).toBe(fields.sequence);
        expect(tcp.acknowledgement(buf, off)).toBe(fields.acknowledgement);
        expect(tcp.headerLength(buf, off)).toBe(20 + value.options.length);
        expect(tcp.flags(buf, off)).toBe(fields.offsetFlags & 0xfff);
        expect(tcp.hasFlags(buf, off, value.flags)).toBe(true);
        expect(tcp.hasFlags(buf, off, 0x1ff)).toBe((value.flags & 0x1ff) === 0x1ff);
        expect(tcp.window(buf, off)).toBe(fields.window);
        expect(tcp.checksum(buf, off)).toBe(fields.checksum);
        expect(tcp.urgentPointer(buf, off)).toBe(fields.urgentPointer);
        expect(tcp.payloadOffset(buf, off)).toBe(end - value.payload.length);
        const marks = (value.flags & 1) + ((value.flags >> 1) & 1);
        expect(tcp.sequenceLength(buf, off, end)).toBe(value.payload.length + marks);
        expect(tcp.checksumOk(buf, off, end, src, dst)).toBe(true);
        expect(tcp.checksumOk(buf, off, end, src >>> 0, dst >>> 0)).toBe(true);
        expect(parsed(tcp.parse(buf, off, end))).toEqual(value);
      }),
    );
  });

  test("the field table names every byte once", () => {
    const { fields, span } = tcp.layout;
    expect(fields.map(({ offset }) => offset)).toEqual([
      tcp.SRC_PORT,
      tcp.DST_PORT,
      tcp.SEQUENCE,
      tcp.ACKNOWLEDGEMENT,
      tcp.DATA_OFFSET,
      tcp.WINDOW,
      tcp.CHECKSUM,
      tcp.URGENT_POINTER,
    ]);
    expect(span).toBe(tcp.MIN_HEADER_LENGTH);
    expect(tcp.FLAGS).toBe(tcp.DATA_OFFSET + 1);
  });

  test("setters write what the layout reads", () => {
    fc.assert(
      fc.property(u32, u32, (sequence, acknowledgement) => {
        const buf = SAMPLES[1]!.slice();
        tcp.setSequence(buf, 0, sequence);
        tcp.setAcknowledgement(buf, 0, acknowledgement);
        expect(tcp.layout.decode(buf)).toMatchObject({ sequence, acknowledgement });
      }),
    );
  });

  test("the checksum covers the addresses and every byte (RFC 9293, 3.1)", () => {
    const made = tcp.build({ ...parsed(tcp.parse(SAMPLES[2]!)) }, 5, 6);
    expect(tcp.checksumOk(made, 0, made.length, 5, 7)).toBe(false);
    for (let i = 0; i < made.length; i++) {
      const changed = made.slice();
      changed[i]! ^= 1;
      expect(tcp.checksumOk(changed, 0, changed.length, 5, 6)).toBe(false);
    }
  });

  test("names the flags", () => {
    expect(tcp.flagNames(0x12)).toEqual(["SYN", "ACK"]);
    expect(tcp.flagNames(0xfff)).toEqual(["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"]);
  });

  test("no input makes it read beside the segment", () => {
    fc.assert(
      fc.property(hostile(SAMPLES), ({ buf, off, end }) => {
        const view = guarded(buf, off, end);
        const fault = tcp.check(view, off, end);
        expect(typeof tcp.parse(buf, off, end)).toBe(fault === Fault.None ? "object" : "number");
        if (fault !== Fault.None) return;
        const accessors = [tcp.srcPort, tcp.dstPort, tcp.sequence, tcp.acknowledgement, tcp.headerLength, tcp.flags];
        for (const read of [...accessors, tcp.window, tcp.checksum, tcp.urgentPointer, tcp.payloadOffset])
          expectSound(read(view, off));
        expectSound(tcp.checksumOk(view, off, end, 1, 2));
        expectSound(tcp.sequenceLength(view, off, end));
      }),
      { numRuns: 500 },
    );
  });

  test("says why a header cannot be read", () => {
    const whole = SAMPLES[0]!;
    for (let end = 0; end < whole.length; end++) expect(tcp.check(whole, 0, end)).toBe(Fault.Truncated);
    expect(tcp.check(whole, 0, whole.length)).toBe(Fault.None);
    for (let words = 0; words < 5; words++) {
      const short = whole.slice();
      short[tcp.DATA_OFFSET] = words << 4;
      expect(tcp.check(short, 0, short.length)).toBe(Fault.Length);
    }
  });

  test("building refuses what does not fit", () => {
    const good = parsed(tcp.parse(SAMPLES[1]!));
    expect(toHex(tcp.build(good, 0, 0)).slice(0, 32)).toBe(toHex(SAMPLES[1]!).slice(0, 32));
    expect(() => tcp.build({ ...good, dstPort: 65_536 }, 0, 0)).toThrow(/tcp\.dstPort takes/);
    expect(() => tcp.build({ ...good, flags: 0x1000 }, 0, 0)).toThrow(/tcp\.flags takes/);
    expect(() => tcp.build({ ...good, options: new Uint8Array(3) }, 0, 0)).toThrow(/tcp\.options takes/);
    expect(() => tcp.build({ ...good, options: new Uint8Array(44) }, 0, 0)).toThrow(/tcp\.options takes/);
  });
});
