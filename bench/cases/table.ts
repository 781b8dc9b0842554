/**
 * The neighbour cache: an address looked up among 10, a thousand and a million, in random order, with its state kept up to
 * date and its MAC read. What grows with the size is the time that memory takes, not the work.
 */
import { layOut } from "../corpus.ts";
import type { Case } from "../harness.ts";
import { Random } from "../random.ts";
import { loopCase } from "./loop.ts";

const SIZES = [10, 1_000, 1_000_000] as const;
/** Look-ups a pass, at least. */
const LOOK_UPS = 4_096;

export const tableCases: readonly Case[] = SIZES.map((size) =>
  loopCase({
    name: `table/${size}`,
    about: `a neighbour looked up among ${size.toLocaleString("en")}, its MAC read`,
    unit: "ns/look-up",
    corpus: () => addresses(size),
    work: "table",
    peers: ["vethlab", "map"],
  }),
);

function addresses(size: number) {
  const random = new Random(5);
  const all = new Set<number>();
  while (all.size < size) all.add(random.next());
  const list = Array.from(all, (address) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, address);
    return bytes;
  });
  const repeated = Array.from({ length: Math.max(size, LOOK_UPS) }, (_, i) => list[i % size]!);
  return layOut(repeated, random);
}
