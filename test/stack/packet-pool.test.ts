import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PacketPool } from "../../src/stack/packet-pool.ts";

describe("a pool of slots", () => {
  test("gives each slot once, and none when all are taken", () => {
    const pool = new PacketPool(100, 3);
    const slots = [pool.take(1), pool.take(100), pool.take(50)];
    expect([...slots].sort()).toEqual([0, 1, 2]);
    expect(pool.take(1)).toBe(-1);
    expect(pool.available).toBe(0);
    pool.release(slots[1]!);
    expect(pool.available).toBe(1);
    expect(pool.take(1)).toBe(slots[1]);
  });

  test("refuses what is too long, and keeps the slot", () => {
    const pool = new PacketPool(100, 1);
    expect(pool.take(101)).toBe(-1);
    expect(pool.available).toBe(1);
    expect(pool.take(100)).toBe(0);
  });

  test("has one slot at least", () => {
    const pool = new PacketPool(10, 0);
    expect([pool.take(10), pool.take(10)]).toEqual([0, -1]);
  });

  test("its memory is made once and holds every slot", () => {
    const pool = new PacketPool(100, 4);
    const { buffer } = pool;
    expect(buffer).toHaveLength(400);
    for (let i = 0; i < 4; i++) {
      const slot = pool.take(100);
      expect(pool.offset(slot) + 100).toBeLessThanOrEqual(400);
    }
    expect(pool.buffer).toBe(buffer);
    // Looked at before the first packet, or after: it is the same.
    const late = new PacketPool(100, 4);
    late.take(7);
    expect(late.available).toBe(3);
    expect(late.buffer).toHaveLength(400);
    expect(late.available).toBe(3);
  });

  test("a slot remembers its length and comes unchained", () => {
    const pool = new PacketPool(100, 3);
    const [a, b] = [pool.take(11), pool.take(22)];
    pool.chain(a, b);
    expect([pool.length(a), pool.length(b), pool.next(a), pool.next(b)]).toEqual([11, 22, b, -1]);
    pool.release(a);
    pool.release(b);
    const again = pool.take(33);
    expect([pool.length(again), pool.next(again)]).toEqual([33, -1]);
  });

  test("through any taking and giving back, no slot is held twice and none is lost", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(40)), { maxLength: 200 }), (steps) => {
        const pool = new PacketPool(32, 8);
        const held: number[] = [];
        for (const [take, which] of steps) {
          if (take) {
            const slot = pool.take(which);
            if (which > 32 || held.length === 8) expect(slot).toBe(-1);
            else {
              expect(held).not.toContain(slot);
              held.push(slot);
            }
          } else if (held.length > 0) pool.release(held.splice(which % held.length, 1)[0]!);
          expect(pool.available).toBe(8 - held.length);
        }
      }),
    );
  });
});
