/**
 * Tables of neighbours: every address of the corpus (four bytes a frame, each possibly many times) is in the table, and
 * looked up once a pass; the MAC found is read.
 */
import { getI32 } from "../../packets/bytes.ts";
import { VirtualClock } from "../../src/stack/clock.ts";
import { NeighbourCache } from "../../src/stack/neighbour/neighbour.ts";
import { seededRandom } from "../../src/stack/random.ts";
import type { Corpus } from "../corpus.ts";
import { combine, type Peer, type Workload } from "../peer.ts";

/** The upper 16 and lower 32 bits of the MAC that goes with an address here. */
const highOf = (ip: number) => (ip ^ (ip >>> 16)) & 0xffff;
const lowOf = (ip: number) => Math.imul(ip, 0x01000193);

/** vethlab's cache, filled as ARP replies fill it. */
export function neighbourCache({ count, buffer, offset }: Corpus): Workload {
  const addresses = new Set(Array.from({ length: count }, (_, i) => getI32(buffer, offset[i]!)));
  const idle = { solicit() {}, transmit() {}, failed() {}, unreachable() {}, changed() {} };
  const cache = new NeighbourCache(new VirtualClock(), seededRandom(1), idle, 1514, { limit: addresses.size });
  for (const ip of addresses) cache.learn(ip, highOf(ip), lowOf(ip), true, true, false);
  return {
    pass() {
      let high = 0;
      let low = 0;
      for (let i = 0; i < count; i++) {
        const slot = cache.find(getI32(buffer, offset[i]!));
        if (slot < 0 || !cache.usable(slot)) continue;
        high = (high + cache.high(slot)) | 0;
        low = (low + cache.low(slot)) | 0;
      }
      return combine(high, low);
    },
  };
}

interface Neighbour {
  readonly high: number;
  readonly low: number;
  readonly reachable: boolean;
}

/** A Map of objects, as one would write it first. It knows no states, no times and no limit. */
function map({ count, buffer, offset }: Corpus): Workload {
  const table = new Map<number, Neighbour>();
  for (let i = 0; i < count; i++) {
    const ip = getI32(buffer, offset[i]!);
    table.set(ip, { high: highOf(ip), low: lowOf(ip), reachable: true });
  }
  return {
    pass() {
      let high = 0;
      let low = 0;
      for (let i = 0; i < count; i++) {
        const found = table.get(getI32(buffer, offset[i]!));
        if (found === undefined || !found.reachable) continue;
        high = (high + found.high) | 0;
        low = (low + found.low) | 0;
      }
      return combine(high, low);
    },
  };
}

/** The peer called `map`. */
export function load(): Peer {
  return { version: `V8 ${process.versions.v8}`, workloads: { table: map } };
}
