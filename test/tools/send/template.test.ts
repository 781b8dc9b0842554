import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as arp from "../../../packets/arp.ts";
import { getI32, getU16, toHex } from "../../../packets/bytes.ts";
import * as ethernet from "../../../packets/ethernet.ts";
import { Fault } from "../../../packets/fault.ts";
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as address from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import {
  type Addresses,
  arpTemplate,
  echoTemplate,
  rawTemplate,
  type Template,
  TemplateSource,
  type Vary,
} from "../../../src/tools/send/index.ts";

const ADDRESSES: Addresses = {
  sourceMac: mac.parse("02:00:00:00:00:01")!,
  targetMac: mac.parse("02:00:00:00:00:02")!,
  sourceIp: address.parse("10.0.0.1")!,
  targetIp: address.parse("10.0.0.2")!,
};
const SLOT = 1536;

/** The first frames, written into four slots by turns as a link's batches are. */
function frames(template: Template, count: number, seed = 1): Uint8Array[] {
  const source = new TemplateSource(template, seed);
  const buffer = new Uint8Array(4 * SLOT);
  return Array.from({ length: count }, (_, n) => {
    const off = (n % 4) * SLOT;
    source.write(n, buffer, off);
    return buffer.slice(off, off + source.length());
  });
}

describe("echo requests", () => {
  test("count their sequence up from 1 unless told otherwise, with data as ping's", () => {
    const [first, second] = frames(echoTemplate(ADDRESSES, 0x1234, 98, []), 2);
    expect(ethernet.etherType(first!, 0)).toBe(ethernet.EtherType.Ipv4);
    expect(mac.format(first!, ethernet.DST)).toBe("02:00:00:00:00:02");
    expect(mac.format(first!, ethernet.SRC)).toBe("02:00:00:00:00:01");
    expect(ipv4.check(first!, 14, 98)).toBe(Fault.None);
    expect(icmp.identifier(first!, 34)).toBe(0x1234);
    expect([icmp.sequence(first!, 34), icmp.sequence(second!, 34)]).toEqual([1, 2]);
    expect([...first!.subarray(42, 46)]).toEqual([0, 1, 2, 3]);
  });

  const part = fc.constantFrom("source-ip", "target-ip", "id", "seq", "source-mac", "target-mac");
  const vary = fc.record({
    part,
    variation: fc.constantFrom("inc" as const, "random" as const),
    count: fc.option(fc.integer({ min: 1, max: 0xffffffff }), { nil: undefined }),
  });

  test("whatever varies, both checksums are right in every frame, and nothing else changes", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(vary, { maxLength: 4, selector: (one) => one.part }),
        fc.integer({ min: 42, max: 1514 }),
        fc.integer(),
        fc.nat(),
        (parts, length, ip, seed) => {
          const template = echoTemplate({ ...ADDRESSES, sourceIp: ip }, 7, length, parts);
          const before = frames(echoTemplate({ ...ADDRESSES, sourceIp: ip }, 7, length, []), 1)[0]!;
          for (const frame of frames(template, 9, seed)) {
            expect(ipv4.check(frame, 14, length)).toBe(Fault.None);
            expect(ipv4.checksumOk(frame, 14)).toBe(true);
            expect(icmp.checksumOk(frame, 34, length)).toBe(true);
            expect(toHex(frame.subarray(42))).toBe(toHex(before.subarray(42)));
            expect(toHex(frame.subarray(14, 24))).toBe(toHex(before.subarray(14, 24)));
          }
        },
      ),
    );
  });

  test("a part varies in one way only", () => {
    const twice: Vary[] = [
      { part: "seq", variation: "inc" },
      { part: "seq", variation: "random" },
    ];
    expect(() => echoTemplate(ADDRESSES, 1, 98, twice)).toThrow("seq is to vary twice: say once how");
  });

  test("too short a frame is refused", () => {
    expect(() => echoTemplate(ADDRESSES, 1, 41, [])).toThrow("an echo request takes 42 bytes at least");
    expect(frames(echoTemplate(ADDRESSES, 1, 42, []), 1)[0]!.length).toBe(42);
  });
});

describe("ARP requests", () => {
  test("ask as told; a varying station says the same address in both its places", () => {
    const varied: Vary[] = [
      { part: "source-mac", variation: "inc" },
      { part: "source-ip", variation: "inc", count: 3 },
    ];
    const all = frames(arpTemplate(ADDRESSES, varied), 5);
    expect(all.map((frame) => mac.format(frame, ethernet.SRC).slice(-2))).toEqual(["01", "02", "03", "04", "05"]);
    for (const frame of all) {
      expect(arp.check(frame, 14, frame.length)).toBe(Fault.None);
      expect(arp.operation(frame, 14)).toBe(arp.Operation.Request);
      expect(mac.equal(frame, ethernet.SRC, frame, 14 + arp.SHA)).toBe(true);
      expect(address.format(arp.targetIp(frame, 14))).toBe("10.0.0.2");
    }
    expect(all.map((frame) => address.format(arp.senderIp(frame, 14)))).toEqual([
      "10.0.0.1",
      "10.0.0.2",
      "10.0.0.3",
      "10.0.0.1",
      "10.0.0.2",
    ]);
  });

  test("a part that there is not is refused by name", () => {
    expect(() => arpTemplate(ADDRESSES, [{ part: "seq", variation: "inc" }])).toThrow(
      "there is no part seq in these frames: there are source-mac, target-mac, source-ip, target-ip",
    );
  });
});

describe("raw frames", () => {
  const bytes = Uint8Array.from({ length: 20 }, (_, i) => i);

  test("vary at places, in every width, round and round", () => {
    const one = frames(rawTemplate(bytes, [{ part: "19:1", variation: "inc" }]), 300);
    expect([one[0]![19], one[236]![19], one[237]![19]]).toEqual([19, 255, 0]);
    const two = frames(rawTemplate(bytes, [{ part: "18:2", variation: "inc", count: 2 }]), 3);
    expect(two.map((frame) => getU16(frame, 18))).toEqual([0x1213, 0x1214, 0x1213]);
    const four = frames(rawTemplate(new Uint8Array(20).fill(0xff), [{ part: "16:4", variation: "inc" }]), 2);
    expect(four.map((frame) => getI32(frame, 16))).toEqual([-1, 0]);
  });

  test("random ones stay within their count, differ, and are the same again from the same seed", () => {
    const template = rawTemplate(new Uint8Array(20), [{ part: "16:4", variation: "random", count: 10 }]);
    const values = (seed: number) => frames(template, 200, seed).map((frame) => getI32(frame, 16));
    expect(new Set(values(1))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    expect(values(1)).toEqual(values(1));
    expect(values(1)).not.toEqual(values(2));
  });

  test.each(["20:1", "17:4", "3:3", "seq"])("%s is no place in 20 bytes", (part) => {
    expect(() => rawTemplate(bytes, [{ part, variation: "inc" }])).toThrow(/is no part of this frame/);
  });

  test("less than a header is no frame", () => {
    expect(() => rawTemplate(new Uint8Array(13), [])).toThrow("a frame takes 14 bytes at least");
  });
});
