import { expect, test } from "vitest";
import { hashKey } from "../../src/stack/key-hash.ts";

const BUCKETS = 1024;
const KEYS = 2048;

/** Keys in the fullest bucket. */
function fullest(key: (i: number) => number[], seed: number): number {
  const counts = new Int32Array(BUCKETS);
  for (let i = 0; i < KEYS; i++) counts[hashKey(Int32Array.from(key(i)), seed) & (BUCKETS - 1)]!++;
  return Math.max(...counts);
}

test.each([
  ["sources in a row", (i: number) => [0x0a000000 + i, 1, 17]],
  ["sources that differ in their upper bits", (i: number) => [i << 21, 1, 17]],
  ["destinations that do", (i: number) => [1, i << 21, 17]],
  ["identifications in a row, below them the protocol", (i: number) => [1, 2, (i << 8) | 17]],
  ["source and identification that go against each other", (i: number) => [i << 8, 2, (-i << 8) | 17]],
])("%s: no bucket is much fuller than others", (_, key) => {
  // Thrown at random, 2,048 into 1,024 buckets: about 8 in the fullest, above 16 in less than one of a million trials.
  for (const seed of [0, 1, -1, 0x12345678]) expect(fullest(key, seed)).toBeLessThan(16);
});

test("which keys meet depends on the seed: a set that meets under one is spread under another", () => {
  const meeting: number[] = [];
  for (let i = 0; meeting.length < 64; i++)
    if ((hashKey(Int32Array.of(i, 2, 3), 77) & (BUCKETS - 1)) === 5) meeting.push(i);
  const elsewhere = new Set(meeting.map((i) => hashKey(Int32Array.of(i, 2, 3), 78) & (BUCKETS - 1)));
  expect(elsewhere.size).toBeGreaterThan(32);
});
