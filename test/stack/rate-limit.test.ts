import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../src/stack/clock.ts";
import { AddressBuckets, TokenBucket } from "../../src/stack/rate-limit.ts";
import { ip } from "./support.ts";

const taken = (times: number, take: () => boolean) => Array.from({ length: times }, take).filter(Boolean).length;

describe("a token bucket", () => {
  test("gives the burst at once, and then what has flowed in", () => {
    const clock = new VirtualClock();
    const bucket = new TokenBucket(clock, 1000, 50);
    const take = () => bucket.take();
    expect(taken(60, take)).toBe(50);
    clock.advance(7);
    expect(taken(60, take)).toBe(7);
    clock.advance(0.5);
    expect(taken(60, take)).toBe(0);
    // Half a token is kept.
    clock.advance(0.5);
    expect(taken(60, take)).toBe(1);
    clock.advance(3_600_000);
    expect(taken(60, take)).toBe(50);
  });

  test("a refusal costs nothing", () => {
    const clock = new VirtualClock();
    const bucket = new TokenBucket(clock, 1, 1);
    bucket.take();
    for (let i = 0; i < 10; i++) {
      clock.advance(99);
      expect(bucket.take()).toBe(false);
    }
    clock.advance(11);
    expect(bucket.take()).toBe(true);
  });

  test("in no span more than the burst and what flows in", () => {
    const step = fc.record({ wait: fc.double({ min: 0, max: 100, noNaN: true }), asks: fc.nat(30) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const clock = new VirtualClock();
        const bucket = new TokenBucket(clock, 100, 10);
        const given: number[] = [];
        for (const { wait, asks } of steps) {
          clock.advance(wait);
          for (let i = 0; i < asks; i++) if (bucket.take()) given.push(clock.now());
        }
        for (let from = 0; from < given.length; from++)
          for (let to = from; to < given.length; to++)
            expect(to - from + 1).toBeLessThanOrEqual(10 + (given[to]! - given[from]!) / 10 + 1e-6);
      }),
    );
  });
});

describe("buckets by address", () => {
  test("each has its own", () => {
    const clock = new VirtualClock();
    const buckets = new AddressBuckets(clock, 1, 6);
    const [a, b] = [ip("10.0.0.1"), ip("10.0.0.2")];
    expect(taken(20, () => buckets.take(a))).toBe(6);
    expect(taken(20, () => buckets.take(b))).toBe(6);
    clock.advance(2000);
    expect(taken(20, () => buckets.take(a))).toBe(2);
    clock.advance(60_000);
    expect(taken(20, () => buckets.take(a))).toBe(6);
  });

  test("those of one network fall into different ones, and a million addresses take no more memory", () => {
    const clock = new VirtualClock();
    const buckets = new AddressBuckets(clock, 1, 1);
    const network = ip("192.168.1.0");
    // At least nine in ten of a /24 are told apart.
    expect(Array.from({ length: 254 }, (_, i) => buckets.take(network + 1 + i)).filter(Boolean).length).toBeGreaterThan(
      228,
    );
    let given = 0;
    for (let i = 0; i < 1_000_000; i++) if (buckets.take(i)) given++;
    expect(given).toBeLessThanOrEqual(1024);
  });

  test("addresses above 127.255.255.255 are as good as others", () => {
    const buckets = new AddressBuckets(new VirtualClock(), 1, 2);
    expect(taken(5, () => buckets.take(ip("203.0.113.9")))).toBe(2);
    expect(taken(5, () => buckets.take(-1))).toBe(2);
  });
});
