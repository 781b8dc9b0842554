import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as arp from "../../packets/arp.ts";
import { getI32, getU16 } from "../../packets/bytes.ts";
import { checksum } from "../../packets/checksum.ts";
import { EtherType } from "../../packets/ethernet.ts";
import { Fault } from "../../packets/fault.ts";
import { FrameCursor } from "../../packets/frame.ts";
import * as icmp from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as mac from "../../packets/mac.ts";
import { PacketReader } from "../../packets/reader.ts";
import { MAX_BUFFER } from "../../packets/view.ts";
import * as vlan from "../../packets/vlan.ts";
import { readCapture } from "../support/captures.ts";
import { hostile, type Window } from "../support/guarded.ts";

const frames = ["arp", "echo", "errors", "vlan"].flatMap((name) => readCapture(name).map(({ bytes }) => bytes));

/** What lies behind the frames' link layer, by EtherType. */
function networkLayers(etherType: number): Uint8Array[] {
  const cursor = new FrameCursor();
  return frames
    .filter((frame) => cursor.dissect(frame, 0, frame.length) === Fault.None && cursor.etherType === etherType)
    .map((frame) => {
      cursor.dissect(frame, 0, frame.length);
      return frame.slice(cursor.networkOffset);
    });
}

const datagrams = networkLayers(EtherType.Ipv4);
const messages = datagrams.filter((bytes) => bytes[9] === 1).map((bytes) => bytes.slice(ipv4.headerLength(bytes, 0)));

/** Runs `body` on hostile windows: as they lie, and alone in memory of their own, where a read beside them throws. */
function everywhere(
  samples: readonly Uint8Array[],
  body: (reader: PacketReader, buf: Uint8Array, off: number, end: number) => void,
): void {
  expect(samples.length).toBeGreaterThan(0);
  const one = new PacketReader();
  fc.assert(
    fc.property(hostile(samples), ({ buf, off, end }: Window) => {
      const alone = buf.slice(off, end);
      one.attach(alone);
      body(one, alone, 0, alone.length);
      one.attach(buf);
      body(one, buf, off, end);
    }),
    { numRuns: 1000 },
  );
}

describe("PacketReader says what the protocols' modules say", () => {
  test("types: plain, behind a tag, and none in a frame that is too short", () => {
    everywhere(frames, (reader, buf, off, end) => {
      const length = end - off;
      const type = length < 14 ? -1 : getU16(buf, off + 12);
      expect(reader.plainType(off, end)).toBe(type);
      const isTagged = type === EtherType.Vlan && vlan.check(buf, off + 12, end) === Fault.None;
      expect(reader.taggedType(off, end)).toBe(isTagged ? vlan.nextType(buf, off + 12) : -1);
      if (isTagged) expect(reader.tagTci(off)).toBe(vlan.tci(buf, off + 12));
    });
  });

  test("ARP", () => {
    everywhere(networkLayers(EtherType.Arp), (reader, buf, off, end) => {
      const fault = arp.check(buf, off, end);
      expect(reader.checkArp(off, end)).toBe(fault);
      if (fault !== Fault.None) return;
      expect([
        reader.arpOperation(off),
        reader.arpSenderMacHigh(off),
        reader.arpSenderMacLow(off),
        reader.arpSenderIp(off),
        reader.arpTargetMacHigh(off),
        reader.arpTargetMacLow(off),
        reader.arpTargetIp(off),
      ]).toEqual([
        arp.operation(buf, off),
        mac.high16(buf, off + arp.SHA),
        mac.low32(buf, off + arp.SHA),
        arp.senderIp(buf, off),
        mac.high16(buf, off + arp.THA),
        mac.low32(buf, off + arp.THA),
        arp.targetIp(buf, off),
      ]);
    });
  });

  test("IPv4", () => {
    everywhere(datagrams, (reader, buf, off, end) => {
      const fault = ipv4.check(buf, off, end);
      expect(reader.ipv4Payload(off, end)).toBe(fault === Fault.None ? ipv4.payloadOffset(buf, off) : -fault);
      if (fault !== Fault.None) return;
      expect([
        reader.ipv4HeaderLength(off),
        reader.ipv4PayloadEnd(off),
        reader.ipv4IsFragment(off),
        reader.ipv4Ttl(off),
        reader.ipv4Protocol(off),
        reader.ipv4Src(off),
        reader.ipv4Dst(off),
      ]).toEqual([
        ipv4.headerLength(buf, off),
        ipv4.payloadEnd(buf, off, end),
        ipv4.isFragment(buf, off),
        ipv4.ttl(buf, off),
        ipv4.protocol(buf, off),
        ipv4.src(buf, off),
        ipv4.dst(buf, off),
      ]);
    });
  });

  /** What `echoMessage` says in one, asked of the protocols' modules one by one. */
  function echoMessage(buf: Uint8Array, off: number, end: number): number {
    if (ipv4.check(buf, off, end) !== Fault.None || ipv4.isFragment(buf, off)) return -1;
    if (ipv4.protocol(buf, off) !== ipv4.Protocol.Icmp) return -1;
    const at = ipv4.payloadOffset(buf, off);
    if (icmp.check(buf, at, ipv4.payloadEnd(buf, off, end)) !== Fault.None) return -1;
    return icmp.type(buf, at) === icmp.Type.EchoRequest || icmp.type(buf, at) === icmp.Type.EchoReply ? at : -1;
  }

  test("an echo in one question", () => {
    let echoes = 0;
    everywhere(datagrams, (reader, buf, off, end) => {
      const at = echoMessage(buf, off, end);
      if (at >= 0) echoes++;
      expect(reader.echoMessage(off, end)).toBe(at);
    });
    expect(echoes).toBeGreaterThan(0);
    // Each bit of the headers, and each cut, on its own.
    const reader = new PacketReader();
    for (const datagram of datagrams) {
      for (let bit = 0; bit < 8 * Math.min(datagram.length, 29); bit++) {
        const other = datagram.slice();
        other[bit >> 3]! ^= 1 << (bit & 7);
        reader.attach(other);
        expect(reader.echoMessage(0, other.length)).toBe(echoMessage(other, 0, other.length));
        const cut = other.slice(0, bit >> 3);
        reader.attach(cut);
        expect(reader.echoMessage(0, cut.length)).toBe(echoMessage(cut, 0, cut.length));
      }
    }
  });

  test("every cut of every sample, and whatever its first byte says", () => {
    const reader = new PacketReader();
    for (const frame of [...frames, ...datagrams, ...networkLayers(EtherType.Arp)]) {
      for (let length = 0; length <= Math.min(frame.length, 64); length++) {
        for (const first of [frame[0]!, 0x65, 0x40, 0x4f]) {
          const cut = frame.slice(0, length);
          if (length > 0) cut[0] = first;
          reader.attach(cut);
          const fault = ipv4.check(cut, 0, length);
          expect(reader.ipv4Payload(0, length)).toBe(fault === Fault.None ? ipv4.payloadOffset(cut, 0) : -fault);
          expect(reader.checkArp(0, length)).toBe(arp.check(cut, 0, length));
          expect(reader.checkIcmp(0, length)).toBe(icmp.check(cut, 0, length));
          const isTagged = length >= 18 && getU16(cut, 12) === EtherType.Vlan;
          expect(reader.taggedType(0, length)).toBe(isTagged ? getU16(cut, 16) : -1);
        }
      }
    }
  });

  test("the checksum of any range", () => {
    everywhere(datagrams, (reader, buf, off, end) => {
      expect(reader.checksum(off, end)).toBe(checksum(buf, off, end));
    });
  });

  test("ICMP", () => {
    const types = Object.values(icmp.Type).map((type) =>
      Uint8Array.of(type, 0, 0, 0, 2, 2, 0, 9, ...new Uint8Array(16)),
    );
    everywhere([...messages, ...types], (reader, buf, off, end) => {
      const fault = icmp.check(buf, off, end);
      expect(reader.checkIcmp(off, end)).toBe(fault);
      if (fault !== Fault.None) return;
      expect([
        reader.icmpType(off),
        reader.icmpCode(off),
        reader.icmpIdentifier(off),
        reader.icmpSequence(off),
      ]).toEqual([icmp.type(buf, off), icmp.code(buf, off), icmp.identifier(buf, off), icmp.sequence(buf, off)]);
    });
  });

  test("single integers", () => {
    everywhere([Uint8Array.from({ length: 64 }, (_, i) => i * 7)], (reader, buf, off, end) => {
      for (let at = off; at + 4 <= end; at++)
        expect([reader.u8(at), reader.u16(at), reader.i32(at)]).toEqual([buf[at], getU16(buf, at), getI32(buf, at)]);
    });
  });
});

describe("PacketReader's buffer", () => {
  test("may be a part of larger memory, and may change", () => {
    const reader = new PacketReader();
    const memory = Uint8Array.from({ length: 32 }, (_, i) => i);
    reader.attach(memory.subarray(8));
    expect(reader.u8(0)).toBe(8);
    reader.attach(memory);
    expect(reader.u8(0)).toBe(0);
    expect(() => reader.u8(32)).toThrow(RangeError);
  });

  test("longer than offsets reach is refused", () => {
    const huge = { length: MAX_BUFFER + 1 } as Uint8Array;
    expect(() => new PacketReader().attach(huge)).toThrow(/buffers of up to 1073741824 bytes/);
  });
});
