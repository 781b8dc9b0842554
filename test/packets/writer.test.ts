import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as arp from "../../packets/arp.ts";
import { setU16, setU32 } from "../../packets/bytes.ts";
import * as ethernet from "../../packets/ethernet.ts";
import * as icmp from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as mac from "../../packets/mac.ts";
import { PacketWriter } from "../../packets/writer.ts";
import { u16 } from "../support/arbitraries.ts";

const i32 = fc.integer();
const u8 = fc.nat(255);
const off = fc.nat(20);

/** What `write` leaves in memory that was all 0xee, a writer and a plain array each. */
function written(length: number, write: (writer: PacketWriter, buf: Uint8Array) => void): Uint8Array {
  const memory = new Uint8Array(length).fill(0xee);
  const writer = new PacketWriter();
  writer.attach(memory);
  write(writer, memory);
  return memory;
}

describe("PacketWriter writes what the protocols' modules write", () => {
  test("integers and addresses", () => {
    fc.assert(
      fc.property(off, u16, i32, (at, high, low) => {
        const expected = new Uint8Array(50).fill(0xee);
        setU16(expected, at, high);
        setU32(expected, at + 4, low);
        mac.set(expected, at + 10, high, low);
        const found = written(50, (writer) => {
          writer.u16(at, high);
          writer.i32(at + 4, low);
          writer.mac(at + 10, high, low);
        });
        expect(found).toEqual(expected);
      }),
    );
  });

  test("an Ethernet header", () => {
    fc.assert(
      fc.property(off, u16, i32, u16, i32, u16, (at, dstHigh, dstLow, srcHigh, srcLow, type) => {
        const expected = new Uint8Array(40).fill(0xee);
        mac.set(expected, at + ethernet.DST, dstHigh, dstLow);
        mac.set(expected, at + ethernet.SRC, srcHigh, srcLow);
        ethernet.setEtherType(expected, at, type);
        const found = written(40, (writer) => writer.ethernet(at, dstHigh, dstLow, srcHigh, srcLow, type));
        expect(found).toEqual(expected);
      }),
    );
  });

  test("ARP", () => {
    fc.assert(
      fc.property(off, u16, u16, i32, i32, u16, i32, i32, (at, oper, shaHigh, shaLow, spa, thaHigh, thaLow, tpa) => {
        const expected = new Uint8Array(60).fill(0xee);
        arp.setFixed(expected, at, oper);
        mac.set(expected, at + arp.SHA, shaHigh, shaLow);
        arp.setSenderIp(expected, at, spa);
        mac.set(expected, at + arp.THA, thaHigh, thaLow);
        arp.setTargetIp(expected, at, tpa);
        const found = written(60, (writer) => writer.arp(at, oper, shaHigh, shaLow, spa, thaHigh, thaLow, tpa));
        expect(found).toEqual(expected);
      }),
    );
  });

  test("an IPv4 header, its checksum too", () => {
    // Zeros and ones carry the most.
    const word = fc.oneof(u16, fc.constantFrom(0, 0xffff));
    const address = fc.oneof(i32, fc.constantFrom(0, -1));
    const rest = fc.record({ flags: fc.nat(7), ttl: u8, protocol: u8, tos: u8 });
    fc.assert(
      fc.property(
        off,
        word,
        word,
        address,
        address,
        rest,
        (at, length, id, src, dst, { flags, ttl, protocol, tos }) => {
          const expected = new Uint8Array(50).fill(0xee);
          ipv4.writeHeader(expected, at, length, id, flags, ttl, protocol, src, dst, tos);
          const found = written(50, (writer) => writer.ipv4(at, length, id, flags, ttl, protocol, src, dst, tos));
          expect(found).toEqual(expected);
          expect(ipv4.checksumOk(found, at)).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("an IPv4 header whose sum carries twice", () => {
    const writer = new PacketWriter();
    const buf = new Uint8Array(20);
    writer.attach(buf);
    // Every sum comes up once, that of ones alone too.
    for (let id = 0; id < 0x10000; id++) {
      writer.ipv4(0, 84, id, 2, 64, 1, -1, -1, 0);
      if (!ipv4.checksumOk(buf, 0)) expect(id).toBe("a header with a right checksum");
    }
  });

  test("an echo around its data", () => {
    const data = fc.uint8Array({ maxLength: 100 });
    const type = fc.constantFrom(icmp.Type.EchoRequest, icmp.Type.EchoReply);
    fc.assert(
      fc.property(off, type, u16, u16, data, (at, kind, identifier, sequence, bytes) => {
        const message = icmp.build({
          kind: kind === icmp.Type.EchoRequest ? "echo-request" : "echo-reply",
          code: 0,
          identifier,
          sequence,
          data: bytes,
        });
        const end = at + message.length;
        const found = written(end, (writer, buf) => {
          buf.set(bytes, at + icmp.DATA);
          writer.echo(at, end, kind, identifier, sequence);
        });
        expect(found.subarray(at)).toEqual(message);
        expect(found.subarray(0, at)).toEqual(new Uint8Array(at).fill(0xee));
      }),
      { numRuns: 1000 },
    );
  });

  test("a copy of any length and place, and nothing beside it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), off, (from, start, at) => {
        const first = Math.min(start, from.length);
        const length = from.length - first;
        const expected = new Uint8Array(80).fill(0xee);
        expected.set(from.subarray(first), at);
        expect(written(80, (writer) => writer.copy(from, first, at, length))).toEqual(expected);
      }),
    );
  });

  test("beyond the buffer it throws", () => {
    expect(() => written(13, (writer) => writer.ethernet(0, 0, 0, 0, 0, 0))).toThrow(RangeError);
  });
});
