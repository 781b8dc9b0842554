import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ancillaryOf, BpfProgram, PacketType } from "../../packets/bpf.ts";
import { u8, u16, u32 } from "../support/arbitraries.ts";

/** Instructions as `tcpdump -ddd` prints them: code, jt, jf, k. */
function program(...instructions: (readonly [code: number, jt: number, jf: number, k: number])[]): BpfProgram {
  const code = new Uint8Array(instructions.length * 8);
  const view = new DataView(code.buffer);
  instructions.forEach(([op, jt, jf, k], i) => {
    view.setUint16(8 * i, op, true);
    view.setUint8(8 * i + 2, jt);
    view.setUint8(8 * i + 3, jf);
    view.setUint32(8 * i + 4, k, true);
  });
  return new BpfProgram(code);
}

const RET_A = [0x16, 0, 0, 0] as const;
const FRAME = Uint8Array.from({ length: 20 }, (_, i) => 0xf0 + i);

describe("bpf", () => {
  test("`arp`, as tcpdump 4.99.3 compiles it", () => {
    const arp = program([0x28, 0, 0, 12], [0x15, 0, 1, 0x0806], [0x06, 0, 0, 262144], [0x06, 0, 0, 0]);
    const frame = new Uint8Array(64);
    frame.set([0x08, 0x06], 12);
    expect(arp.run(frame, 0, 64, 64)).toBe(262144);
    expect(arp.matches(frame, 0, 13, 64)).toBe(false);
    frame[13] = 0;
    expect(arp.matches(frame, 0, 64, 64)).toBe(false);
  });

  test("reads at the frame's place, not at the buffer's", () => {
    const load = program([0x30, 0, 0, 1], RET_A);
    expect(load.run(FRAME, 5, 2, 2)).toBe(FRAME[6]);
  });

  test.each([
    ["a word", 0x20, 0x40, 4],
    ["a half word", 0x28, 0x48, 2],
    ["a byte", 0x30, 0x50, 1],
  ])("a load of %s stops at the frame's end", (_, absolute, indexed, size) => {
    for (let length = 0; length <= FRAME.length; length++) {
      for (let at = 0; at <= FRAME.length; at++) {
        const expected = at + size <= length;
        const mark = [0x06, 0, 0, 1] as const;
        expect(program([absolute, 0, 0, at], mark).matches(FRAME, 0, length, 99)).toBe(expected);
        expect(program([0x01, 0, 0, at], [indexed, 0, 0, 0], mark).matches(FRAME, 0, length, 99)).toBe(expected);
      }
    }
    for (const k of [0x7fffffff, 0x80000000, 0xffffffff]) {
      expect(program([absolute, 0, 0, k], [0x06, 0, 0, 1]).matches(FRAME, 0, 20, 20)).toBe(false);
      expect(program([0x01, 0, 0, k], [indexed, 0, 0, k], [0x06, 0, 0, 1]).matches(FRAME, 0, 20, 20)).toBe(false);
    }
  });

  test("an IPv4 header's length comes from its first byte", () => {
    const length = program([0xb1, 0, 0, 2], [0x87, 0, 0, 0], RET_A);
    expect(length.run(Uint8Array.of(0, 0, 0x46), 0, 3, 3)).toBe(24);
    expect(length.run(Uint8Array.of(0, 0, 0x46), 0, 2, 3)).toBe(0);
  });

  test("arithmetic is unsigned and 32 bits wide", () => {
    const calculate = (code: number, a: number, k: number): number =>
      program([0x00, 0, 0, a], [code, 0, 0, k], RET_A).run(FRAME, 0, 0, 0);
    fc.assert(
      fc.property(u32, u32, (a, b) => {
        expect(calculate(0x04, a, b)).toBe((a + b) % 2 ** 32);
        expect(calculate(0x14, a, b)).toBe((a - b + 2 ** 32) % 2 ** 32);
        expect(calculate(0x24, a, b)).toBe(Number((BigInt(a) * BigInt(b)) & 0xffffffffn));
        expect(calculate(0x34, a, b)).toBe(b === 0 ? 0 : Math.floor(a / b));
        expect(calculate(0x94, a, b)).toBe(b === 0 ? 0 : a % b);
        expect(calculate(0x64, a, b % 40)).toBe(b % 40 < 32 ? (a * 2 ** (b % 40)) % 2 ** 32 : 0);
        expect(calculate(0x74, a, b % 40)).toBe(b % 40 < 32 ? Math.floor(a / 2 ** (b % 40)) : 0);
        expect(calculate(0x84, a, 0)).toBe((2 ** 32 - a) % 2 ** 32);
      }),
    );
  });

  test("comparisons are unsigned", () => {
    const jump = (code: number, a: number, k: number): number =>
      program([0x00, 0, 0, a], [code, 0, 1, k], [0x06, 0, 0, 1], [0x06, 0, 0, 2]).run(FRAME, 0, 0, 0);
    fc.assert(
      fc.property(u32, u32, (a, b) => {
        for (const k of [a, b]) {
          expect(jump(0x15, a, k)).toBe(a === k ? 1 : 2);
          expect(jump(0x25, a, k)).toBe(a > k ? 1 : 2);
          expect(jump(0x35, a, k)).toBe(a >= k ? 1 : 2);
          expect(jump(0x45, a, k)).toBe((BigInt(a) & BigInt(k)) !== 0n ? 1 : 2);
        }
      }),
    );
  });

  test("memory begins as zeros for every frame", () => {
    const count = program([0x60, 0, 0, 3], [0x04, 0, 0, 1], [0x02, 0, 0, 3], RET_A);
    expect(count.run(FRAME, 0, 1, 1)).toBe(1);
    expect(count.run(FRAME, 0, 1, 1)).toBe(1);
  });

  test("every program ends, whatever its instructions, and reads only the frame", () => {
    const outside = 0xee;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.oneof(u8, u16), fc.nat(6), fc.nat(6), fc.oneof(fc.integer({ min: -8, max: 40 }), u32)), {
          maxLength: 24,
        }),
        fc.nat(30),
        (instructions, length) => {
          const any = program(...instructions);
          const kept = any.run(FRAME, 0, Math.min(length, FRAME.length), length);
          expect(kept).toBeGreaterThanOrEqual(0);
          // The same frame with other neighbours gives the same result.
          const moved = new Uint8Array(FRAME.length + 16).fill(outside);
          moved.set(FRAME.subarray(0, Math.min(length, FRAME.length)), 8);
          expect(any.run(moved, 8, Math.min(length, FRAME.length), length)).toBe(kept);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("a loop is left, an empty program rejects", () => {
    expect(program([0x05, 0, 0, 0xffffffff]).matches(FRAME, 0, 20, 20)).toBe(false);
    expect(program([0x04, 0, 0, 1], [0x05, 0, 0, -2 >>> 0]).matches(FRAME, 0, 20, 20)).toBe(false);
    expect(program([0x05, 0, 0, -9 >>> 0], [0x06, 0, 0, 1]).matches(FRAME, 0, 20, 20)).toBe(false);
    expect(program().matches(FRAME, 0, 20, 20)).toBe(false);
    expect(program([0x05, 0, 0, -2 >>> 0]).jumpsBack).toBe(true);
    expect(program([0x05, 0, 0, 1], RET_A, RET_A).jumpsBack).toBe(false);
  });

  test("what a kernel knows is asked for at negative offsets, and only there where somebody knows it", () => {
    const own = Uint8Array.of(2, 0, 0, 0, 0, 9);
    const direction = program([0x30, 0, 0, 0xfffff004], RET_A);
    expect(direction.asksKernel).toBe(true);
    const type = (first: readonly number[], outgoing = false) => {
      const frame = Uint8Array.of(...first, 2, 0, 0, 0, 0, 1, 8, 6, 1);
      const facts = ancillaryOf(frame, 0, frame.length, outgoing, own);
      expect(facts.protocol).toBe(0x0806);
      expect(direction.matches(frame, 0, frame.length, frame.length)).toBe(false);
      return direction.run(frame, 0, frame.length, frame.length, facts);
    };
    expect(type([2, 0, 0, 0, 0, 9])).toBe(PacketType.Host);
    expect(type([255, 255, 255, 255, 255, 255])).toBe(PacketType.Broadcast);
    expect(type([1, 0, 0x5e, 0, 0, 1])).toBe(PacketType.Multicast);
    expect(type([2, 0, 0, 0, 0, 8])).toBe(PacketType.OtherHost);
    expect(type([2, 0, 0, 0, 0, 9], true)).toBe(PacketType.Outgoing);
    expect(ancillaryOf(own, 0, 5, false, own)).toMatchObject({ protocol: 0, packetType: PacketType.OtherHost });
  });

  test("libpcap's machine and the kernel's differ outside the frame, and in shifts by 32 or more", () => {
    const facts = ancillaryOf(FRAME, 0, 20, false, FRAME);
    const both = (...instructions: Parameters<typeof program>) => [
      program(...instructions).run(FRAME, 0, 20, 20),
      program(...instructions).run(FRAME, 0, 20, 20, facts),
    ];
    expect(both([0x00, 0, 0, 1], [0x01, 0, 0, 33], [0x6c, 0, 0, 0], RET_A)).toEqual([0, 2]);
    expect(both([0x01, 0, 0, 0xfffffffe], [0x50, 0, 0, 3], RET_A)).toEqual([0, FRAME[1]]);
    expect(both([0x01, 0, 0, 0x80000000], [0x50, 0, 0, 0x80000002], RET_A)).toEqual([0, FRAME[2]]);
    expect(both([0x30, 0, 0, 0xfff00001], RET_A)).toEqual([0, FRAME[15]]);
    expect(both([0x30, 0, 0, 0xffe00001], RET_A)).toEqual([0, FRAME[1]]);
    expect(both([0x30, 0, 0, 0xfffff01c], RET_A)).toEqual([0, 0]);
  });

  test("takes programs in either byte order", () => {
    const big = new BpfProgram(Uint8Array.of(0, 6, 0, 0, 0, 0, 1, 2), false);
    expect(big.run(FRAME, 0, 0, 0)).toBe(0x102);
  });
});
