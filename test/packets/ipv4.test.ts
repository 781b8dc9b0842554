import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, setU16, toHex } from "../../packets/bytes.ts";
import * as inet from "../../packets/checksum.ts";
import { Fault } from "../../packets/fault.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import { bytes, ip, parsed, u8, u16 } from "../support/arbitraries.ts";
import { readCapture } from "../support/captures.ts";
import { expectSound, guarded, hostile } from "../support/guarded.ts";

// An echo request of the kernel's, 10.0.0.1 to 192.168.1.2, without its data.
const HEADER = fromHex("4500 001c b42f 4000 0101 fa06 0a00 0001 c0a8 0102");
const SAMPLE = Uint8Array.of(...HEADER, 8, 0, 0xf7, 0xff, 0, 0, 0, 0);
const SAMPLES = [SAMPLE, ...readCapture("echo").map((frame) => frame.bytes.subarray(14, 14 + 80))];

const packet = fc.record({
  tos: u8,
  id: u16,
  flags: fc.nat(7),
  fragmentOffset: fc.nat(0x1fff).map((units) => units * 8),
  ttl: u8,
  protocol: u8,
  src: ip,
  dst: ip,
  options: fc.nat(10).chain((words) => bytes(words * 4)),
  payload: fc.uint8Array({ maxLength: 40 }),
});

const NUMBERS = [
  ipv4.version,
  ipv4.headerLength,
  ipv4.tos,
  ipv4.dscp,
  ipv4.ecn,
  ipv4.totalLength,
  ipv4.identification,
  ipv4.flags,
  ipv4.dontFragment,
  ipv4.moreFragments,
  ipv4.fragmentOffset,
  ipv4.isFragment,
  ipv4.ttl,
  ipv4.protocol,
  ipv4.headerChecksum,
  ipv4.src,
  ipv4.dst,
  ipv4.payloadOffset,
  ipv4.checksumOk,
];

describe("ipv4", () => {
  test("accessors and layout agree", () => {
    fc.assert(
      fc.property(packet, fc.nat(30), fc.nat(20), (value, off, padding) => {
        const made = ipv4.build(value);
        const buf = new Uint8Array(off + made.length + padding);
        buf.set(made, off);
        const fields = ipv4.layout.decode(buf, off);
        expect(ipv4.check(buf, off, buf.length)).toBe(Fault.None);
        expect((ipv4.version(buf, off) << 4) | (ipv4.headerLength(buf, off) / 4)).toBe(fields.versionIhl);
        expect(ipv4.tos(buf, off)).toBe(fields.tos);
        expect((ipv4.dscp(buf, off) << 2) | ipv4.ecn(buf, off)).toBe(fields.tos);
        expect(ipv4.totalLength(buf, off)).toBe(fields.totalLength);
        expect(ipv4.identification(buf, off)).toBe(fields.id);
        expect((ipv4.flags(buf, off) << 13) | (ipv4.fragmentOffset(buf, off) / 8)).toBe(fields.flagsFragment);
        expect(ipv4.dontFragment(buf, off)).toBe((value.flags & ipv4.Flag.DontFragment) !== 0);
        expect(ipv4.moreFragments(buf, off)).toBe((value.flags & ipv4.Flag.MoreFragments) !== 0);
        expect(ipv4.isFragment(buf, off)).toBe(ipv4.moreFragments(buf, off) || value.fragmentOffset > 0);
        expect(ipv4.ttl(buf, off)).toBe(fields.ttl);
        expect(ipv4.protocol(buf, off)).toBe(fields.protocol);
        expect(ipv4.headerChecksum(buf, off)).toBe(fields.checksum);
        expect(ipv4.src(buf, off)).toBe(fields.src);
        expect(ipv4.dst(buf, off)).toBe(fields.dst);
        expect(ipv4.checksumOk(buf, off)).toBe(true);
        const at = ipv4.payloadOffset(buf, off);
        expect(buf.slice(at, ipv4.payloadEnd(buf, off, buf.length))).toEqual(value.payload);
        expect(parsed(ipv4.parse(buf, off))).toEqual(value);
      }),
    );
  });

  test("setters write what the layout writes", () => {
    fc.assert(
      fc.property(packet, u16, (value, sum) => {
        const made = ipv4.build(value, { checksum: sum });
        const buf = made.slice();
        buf.fill(0xee, 0, 20);
        ipv4.setHeaderLength(buf, 0, 20 + value.options.length);
        ipv4.setTos(buf, 0, value.tos);
        ipv4.setTotalLength(buf, 0, made.length);
        ipv4.setIdentification(buf, 0, value.id);
        ipv4.setFragment(buf, 0, value.flags, value.fragmentOffset);
        ipv4.setTtl(buf, 0, value.ttl);
        ipv4.setProtocol(buf, 0, value.protocol);
        ipv4.setHeaderChecksum(buf, 0, sum);
        ipv4.setSrc(buf, 0, value.src);
        ipv4.setDst(buf, 0, value.dst >>> 0);
        expect(toHex(buf)).toBe(toHex(made));
        ipv4.updateChecksum(buf, 0);
        expect(toHex(buf)).toBe(toHex(ipv4.build(value)));
      }),
    );
  });

  test("the fast writer writes what build writes", () => {
    fc.assert(
      fc.property(packet, (some) => {
        const value = { ...some, fragmentOffset: 0, options: new Uint8Array(0) };
        const { id, flags, ttl, protocol, src, dst, tos } = value;
        const made = ipv4.build(value);
        const buf = new Uint8Array(made.length).fill(0xee);
        ipv4.writeHeader(buf, 0, made.length, id, flags, ttl, protocol, src, dst >>> 0, tos);
        expect(toHex(buf.subarray(0, 20))).toBe(toHex(made.subarray(0, 20)));
      }),
      { numRuns: 500 },
    );
  });

  test("writes the kernel's header", () => {
    const buf = new Uint8Array(20);
    ipv4.writeHeader(buf, 0, 28, 0xb42f, ipv4.Flag.DontFragment, 1, ipv4.Protocol.Icmp, 0x0a000001, 0xc0a80102);
    expect(toHex(buf)).toBe(toHex(HEADER));
  });

  test("the field table names every byte once", () => {
    const { fields, span } = ipv4.layout;
    expect(span).toBe(ipv4.MIN_HEADER_LENGTH);
    expect(fields.map(({ offset }) => offset)).toEqual([
      ipv4.VERSION_IHL,
      ipv4.TOS,
      ipv4.TOTAL_LENGTH,
      ipv4.ID,
      ipv4.FLAGS_FRAGMENT,
      ipv4.TTL,
      ipv4.PROTOCOL,
      ipv4.CHECKSUM,
      ipv4.SRC,
      ipv4.DST,
    ]);
  });

  test("no input makes it read beside the datagram", () => {
    fc.assert(
      fc.property(hostile(SAMPLES), ({ buf, off, end }) => {
        const view = guarded(buf, off, end);
        const fault = ipv4.check(view, off, end);
        expect(typeof ipv4.parse(buf, off, end)).toBe(fault === Fault.None ? "object" : "number");
        const header = ipv4.checkHeader(view, off, end);
        if (fault === Fault.None) expect(header).toBe(Fault.None);
        if (header !== Fault.None) return;
        for (const read of NUMBERS) expectSound(read(view, off));
        const at = ipv4.payloadOffset(view, off);
        const stop = ipv4.payloadEnd(view, off, end);
        expect(at).toBeGreaterThanOrEqual(off + 20);
        expect(stop).toBeGreaterThanOrEqual(at);
        expect(stop).toBeLessThanOrEqual(end);
        if (fault === Fault.None) expect(stop - off).toBe(ipv4.totalLength(view, off));
      }),
      { numRuns: 1000 },
    );
  });

  test("drops another version (RFC 1122, 3.2.1.1)", () => {
    for (let version = 0; version < 16; version++) {
      const buf = SAMPLE.slice();
      buf[0] = (version << 4) | 5;
      expect(ipv4.check(buf, 0, buf.length)).toBe(version === 4 ? Fault.None : Fault.Version);
    }
  });

  test("lengths below the header's are faults (RFC 1812, 5.2.2)", () => {
    for (let ihl = 0; ihl < 16; ihl++) {
      const buf = Uint8Array.of(...SAMPLE, ...new Uint8Array(60));
      buf[0] = 0x40 | ihl;
      const fault = ihl < 5 || ihl * 4 > 28 ? Fault.Length : Fault.None;
      expect(ipv4.check(buf, 0, buf.length)).toBe(fault);
    }
    for (let ihl = 5; ihl < 16; ihl++) {
      const buf = new Uint8Array(80);
      buf[0] = 0x40 | ihl;
      for (const total of [0, ihl * 4 - 1, ihl * 4]) {
        setU16(buf, ipv4.TOTAL_LENGTH, total);
        expect(ipv4.check(buf, 0, buf.length)).toBe(total < ihl * 4 ? Fault.Length : Fault.None);
        expect(ipv4.checkHeader(buf, 0, buf.length)).toBe(total < ihl * 4 ? Fault.Length : Fault.None);
      }
      // A header and nothing after it is a whole datagram; one byte less is not.
      expect(ipv4.check(buf, 0, ihl * 4)).toBe(Fault.None);
      expect(ipv4.check(buf, 0, ihl * 4 - 1)).toBe(Fault.Truncated);
    }
  });

  test("a total length beyond the capture is truncation, and the header can still be read", () => {
    for (const off of [0, 40]) {
      const buf = Uint8Array.of(...new Uint8Array(off), ...SAMPLE);
      for (let end = off; end < buf.length; end++) {
        expect(ipv4.check(buf, off, end)).toBe(Fault.Truncated);
        expect(ipv4.checkHeader(buf, off, end)).toBe(end - off < 20 ? Fault.Truncated : Fault.None);
        if (end - off >= 20) expect(ipv4.payloadEnd(buf, off, end)).toBe(end);
      }
    }
    const options = ipv4.build({ ...parsed(ipv4.parse(SAMPLE)), options: new Uint8Array(12) });
    expect(ipv4.checkHeader(options, 0, 31)).toBe(Fault.Truncated);
    expect(ipv4.check(options, 0, 31)).toBe(Fault.Truncated);
    expect(ipv4.checkHeader(options, 0, 32)).toBe(Fault.None);
  });

  test("padding up to the minimum frame is trimmed (RFC 1812, 5.2.2)", () => {
    const padded = new Uint8Array(46);
    padded.set(SAMPLE);
    expect(ipv4.check(padded, 0, padded.length)).toBe(Fault.None);
    expect(ipv4.payloadEnd(padded, 0, padded.length)).toBe(28);
    expect(parsed(ipv4.parse(padded)).payload).toEqual(SAMPLE.slice(20));
  });

  test("a changed header fails its checksum (RFC 1122, 3.2.1.2), options included", () => {
    const withOptions = ipv4.build({ ...parsed(ipv4.parse(SAMPLE)), options: fromHex("94040000") });
    for (const whole of [SAMPLE, withOptions]) {
      for (let i = 1; i < ipv4.headerLength(whole, 0); i++) {
        const buf = whole.slice();
        buf[i]! ^= 0x10;
        expect(ipv4.checksumOk(buf, 0)).toBe(false);
      }
    }
  });

  test("exchanging the addresses keeps the checksum right", () => {
    fc.assert(
      fc.property(packet, (value) => {
        const buf = ipv4.build(value);
        ipv4.swapAddresses(buf, 0);
        expect([ipv4.src(buf, 0), ipv4.dst(buf, 0)]).toEqual([value.dst, value.src]);
        expect(inet.checksum(buf, 0, ipv4.headerLength(buf, 0))).toBe(0);
      }),
    );
  });

  test("the fragments of the kernel's ping of 3,001 bytes fit together", () => {
    const request = readCapture("echo").slice(12, 15);
    const parts = request.map(({ bytes: frame }) => parsed(ipv4.parse(frame, 14)));
    expect(parts.map((part) => [part.fragmentOffset, part.flags, part.payload.length])).toEqual([
      [0, ipv4.Flag.MoreFragments, 1480],
      [1480, ipv4.Flag.MoreFragments, 1480],
      [2960, 0, 49],
    ]);
  });

  test("every protocol has a name, and an unknown one stays a number", () => {
    for (const protocol of Object.values(ipv4.Protocol)) expect(ipv4.protocolName(protocol)).not.toMatch(/^protocol-/);
    expect(ipv4.protocolName(253)).toBe("protocol-253");
  });

  test("builds wrong datagrams when asked to", () => {
    const good = parsed(ipv4.parse(SAMPLE));
    expect(ipv4.checksumOk(ipv4.build(good, { checksum: 0x1234 }), 0)).toBe(false);
    expect(ipv4.check(ipv4.build(good, { totalLength: 19 }), 0, 28)).toBe(Fault.Length);
  });

  test("building refuses what does not fit", () => {
    const good = parsed(ipv4.parse(SAMPLE));
    expect(() => ipv4.build({ ...good, flags: 8 })).toThrow(/ipv4\.flags takes/);
    expect(() => ipv4.build({ ...good, fragmentOffset: 12 })).toThrow(/ipv4\.fragmentOffset takes a multiple of 8/);
    expect(() => ipv4.build({ ...good, fragmentOffset: 65536 })).toThrow(/ipv4\.fragmentOffset takes/);
    expect(() => ipv4.build({ ...good, options: new Uint8Array(3) })).toThrow(/ipv4\.options takes/);
    expect(() => ipv4.build({ ...good, options: new Uint8Array(44) })).toThrow(/ipv4\.options takes/);
    expect(() => ipv4.build({ ...good, payload: new Uint8Array(65_516) })).toThrow(/ipv4\.totalLength takes/);
    expect(() => ipv4.build({ ...good, ttl: 256 })).toThrow(/ipv4\.ttl takes/);
    expect(() => ipv4.build(good, { checksum: 65_536 })).toThrow(/ipv4\.checksum takes/);
  });
});
