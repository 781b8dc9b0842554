/** The Internet checksum over whole ranges of several lengths, and brought up to date after one word has changed. */
import { layOut } from "../corpus.ts";
import { randomBytes } from "../frames.ts";
import type { Case } from "../harness.ts";
import { Random } from "../random.ts";
import { loopCase } from "./loop.ts";

/** A header, a small packet, a full frame, the longest datagram; how many different ones. */
const SIZES = [
  [20, 256],
  [64, 256],
  [1500, 32],
  [65536, 4],
] as const;

export const checksumCases: readonly Case[] = [
  ...SIZES.map(([length, count]) =>
    loopCase({
      name: `checksum/${length}`,
      about: `Internet checksum over ${length.toLocaleString("en")} bytes`,
      unit: "ns/checksum",
      corpus: () => random(count, length),
      work: "checksum",
      peers: ["vethlab", "raw-socket"],
      c: "checksum",
    }),
  ),
  loopCase({
    name: "checksum-update",
    about: "Internet checksum after one word changed (RFC 1624)",
    unit: "ns/checksum",
    corpus: () => random(256, 6),
    peers: ["vethlab"],
    c: "checksum",
  }),
];

function random(count: number, length: number) {
  const random = new Random(2);
  const list = Array.from({ length: count }, () => randomBytes(random, length));
  return layOut(list, random);
}
