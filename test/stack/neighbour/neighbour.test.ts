import { beforeEach, describe, expect, test } from "vitest";
import * as ipv4 from "../../../packets/ipv4-address.ts";
import { VirtualClock } from "../../../src/stack/clock.ts";
import { NeighbourCache } from "../../../src/stack/neighbour/neighbour.ts";
import {
  type NeighbourOptions,
  NeighbourState,
  neighbourStateName,
} from "../../../src/stack/neighbour/neighbour-options.ts";
import { PacketPool } from "../../../src/stack/packet-pool.ts";
import { seededRandom } from "../../../src/stack/random.ts";

const A = ipv4.parse("192.168.0.1")!;
const B = ipv4.parse("192.168.0.2")!;
const HIGH = 0x0200;
const FRAME = 64;

let clock: VirtualClock;
/** What the cache asked for: `3000 solicit 192.168.0.1 #1 broadcast`. */
let log: string[];
let cache: NeighbourCache;

function make(options: Partial<NeighbourOptions> = {}): NeighbourCache {
  clock = new VirtualClock();
  log = [];
  const say = (text: string) => log.push(`${clock.now()} ${text}`);
  cache = new NeighbourCache(
    clock,
    seededRandom(1),
    {
      solicit: (ip, attempt, high) =>
        say(`solicit ${ipv4.format(ip)} #${attempt} ${high < 0 ? "broadcast" : "unicast"}`),
      transmit: (buf, off, length, _high, low) => say(`transmit ${buf[off]} (${length}) to ${low}`),
      failed: (ip, waiting) => say(`failed ${ipv4.format(ip)} ${waiting}`),
      unreachable: (_ip, buf, off) => say(`unreachable ${buf[off]}`),
      changed: (_ip, from, to) => say(`${neighbourStateName(from)} -> ${neighbourStateName(to)}`),
    },
    FRAME,
    options,
  );
  return cache;
}

/** Lets a packet that begins with `mark` wait. */
function wait(ip: number, mark: number): number {
  const slot = cache.use(ip);
  const at = cache.enqueue(slot, FRAME);
  if (at >= 0) cache.queueBuffer[at] = mark;
  return at;
}

/** A unicast reply. */
const reply = (ip: number, low: number) => {
  cache.touch();
  return cache.learn(ip, HIGH, low, false, true, false);
};
/** A request that targets us. */
const request = (ip: number, low: number) => {
  cache.touch();
  return cache.learn(ip, HIGH, low, true, false, false);
};
const state = (ip: number) => {
  cache.touch();
  const slot = cache.find(ip);
  return slot < 0 ? "none" : neighbourStateName(cache.state(slot));
};
const requests = () => log.filter((line) => line.includes("solicit"));

beforeEach(() => {
  make();
});

describe("resolving", () => {
  test("asks three times a second apart, then fails: unreachable after three seconds", () => {
    wait(A, 1);
    wait(A, 2);
    clock.advance(10_000);
    expect(log).toEqual([
      "0 none -> incomplete",
      "0 solicit 192.168.0.1 #1 broadcast",
      "1000 solicit 192.168.0.1 #2 broadcast",
      "2000 solicit 192.168.0.1 #3 broadcast",
      "3000 incomplete -> failed",
      "3000 failed 192.168.0.1 2",
      "3000 unreachable 1",
      "3000 unreachable 2",
    ]);
  });

  test("an answer sends what waits, in order", () => {
    wait(A, 1);
    wait(A, 2);
    clock.advance(500);
    reply(A, 7);
    expect(log.slice(2)).toEqual([
      "500 incomplete -> reachable",
      "500 transmit 1 (64) to 7",
      "500 transmit 2 (64) to 7",
    ]);
    clock.advance(5000);
    expect(requests()).toHaveLength(1);
  });

  test("a request by the neighbour answers as well, but does not confirm", () => {
    wait(A, 1);
    request(A, 7);
    expect(state(A)).toBe("stale");
    expect(log.at(-1)).toBe("0 transmit 1 (64) to 7");
  });

  test("an unsolicited reply makes no entry", () => {
    expect(reply(A, 7)).toBe(-1);
    expect(state(A)).toBe("none");
  });
});

describe("4. RFC 1122 2.3.2.1: at most one request a second for each destination", () => {
  test("however many packets are sent", () => {
    for (let i = 0; i < 1000; i++) {
      wait(A, 1);
      clock.advance(1);
    }
    expect(requests()).toEqual(["0 solicit 192.168.0.1 #1 broadcast", "1000 solicit 192.168.0.1 #2 broadcast"]);
  });

  test("also across a failure", () => {
    make({ broadcastRequests: 1, retransMs: 1000 });
    wait(A, 1);
    for (let i = 0; i < 100; i++) {
      clock.advance(100);
      wait(A, 1);
    }
    const times = requests().map((line) => Number.parseInt(line, 10));
    expect(times.length).toBeGreaterThan(5);
    for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBeGreaterThanOrEqual(1000);
  });

  test("one destination's limit does not hold another back", () => {
    wait(A, 1);
    wait(B, 1);
    expect(requests()).toHaveLength(2);
  });
});

describe("5. RFC 1122 2.3.2.2: waiting packets", () => {
  test("the latest are kept, the oldest dropped and counted", () => {
    make({ queueLimit: 3 });
    for (let mark = 1; mark <= 5; mark++) wait(A, mark);
    reply(A, 7);
    expect(log.filter((line) => line.includes("transmit"))).toEqual([
      "0 transmit 3 (64) to 7",
      "0 transmit 4 (64) to 7",
      "0 transmit 5 (64) to 7",
    ]);
    expect(cache.stats().queueDropped).toBe(2);
  });

  test("the memory for all of them is bounded", () => {
    make({ queueBytes: 4 * FRAME });
    for (let mark = 1; mark <= 4; mark++) expect(wait(A, mark)).toBeGreaterThanOrEqual(0);
    // Nothing of its own to drop: the newcomer is refused, nobody else's packet goes.
    expect(wait(B, 9)).toBe(-1);
    expect(wait(A, 5)).toBeGreaterThanOrEqual(0);
    reply(A, 7);
    expect(log.filter((line) => line.includes("transmit")).map((line) => line.split(" ")[2])).toEqual([
      "2",
      "3",
      "4",
      "5",
    ]);
    expect(cache.queueBuffer.length).toBe(4 * FRAME);
  });

  test("a frame longer than any that may wait is refused", () => {
    const slot = cache.use(A);
    expect(cache.enqueue(slot, FRAME + 1)).toBe(-1);
    expect(cache.waiting(slot)).toBe(0);
  });

  test("packets queued while others are given up wait for the next attempt", () => {
    let again = false;
    const inner = new VirtualClock();
    const failures: number[] = [];
    const busy: NeighbourCache = new NeighbourCache(
      inner,
      seededRandom(1),
      {
        solicit: () => {},
        transmit: () => {},
        failed: () => {},
        unreachable: (ip, buf, off) => {
          failures.push(buf[off]!);
          if (again) return;
          again = true;
          const at = busy.enqueue(busy.use(ip), FRAME);
          busy.queueBuffer[at] = 9;
        },
        changed: () => {},
      },
      FRAME,
    );
    for (const mark of [1, 2, 3]) busy.queueBuffer[busy.enqueue(busy.use(A), FRAME)] = mark;
    inner.advance(3000);
    expect(failures).toEqual([1, 2, 3]);
    inner.advance(4000);
    expect(failures).toEqual([1, 2, 3, 9]);
  });
});

describe("3. RFC 1122 2.3.2.1: entries grow old", () => {
  test("reachable for half to one and a half of the base time, then stale", () => {
    const spans = new Set<number>();
    for (let seed = 0; seed < 20; seed++) {
      clock = new VirtualClock();
      const nobody = { solicit() {}, transmit() {}, failed() {}, unreachable() {}, changed() {} };
      cache = new NeighbourCache(clock, seededRandom(seed), nobody, FRAME);
      cache.use(A);
      reply(A, 7);
      let ms = 0;
      for (; state(A) === "reachable"; ms += 100) clock.advance(100);
      expect(ms).toBeGreaterThanOrEqual(15_000);
      expect(ms).toBeLessThanOrEqual(45_100);
      spans.add(ms);
    }
    expect(spans.size).toBeGreaterThan(10);
  });

  test("stale and unused for a minute: forgotten", () => {
    request(A, 7);
    clock.advance(59_999);
    expect(state(A)).toBe("stale");
    clock.advance(1);
    expect(state(A)).toBe("none");
    expect(cache.stats().entries).toBe(0);
  });

  test("the times can be set", () => {
    make({ gcStaleMs: 10, baseReachableMs: 100 });
    request(A, 7);
    clock.advance(10);
    expect(state(A)).toBe("none");
  });

  test("used when stale: sent at once, verified after five seconds, three times by unicast, then failed", () => {
    request(A, 7);
    expect(cache.usable(cache.use(A))).toBe(true);
    clock.advance(20_000);
    expect(log.slice(1)).toEqual([
      "0 stale -> delay",
      "5000 delay -> probe",
      "5000 solicit 192.168.0.1 #1 unicast",
      "6000 solicit 192.168.0.1 #2 unicast",
      "7000 solicit 192.168.0.1 #3 unicast",
      "8000 probe -> failed",
      "8000 failed 192.168.0.1 0",
    ]);
  });

  test("an answer through the neighbour confirms it, unless its MAC is another", () => {
    request(A, 7);
    cache.use(A);
    cache.confirm(A, HIGH, 8);
    expect(state(A)).toBe("delay");
    cache.confirm(A, HIGH, 7);
    expect(state(A)).toBe("reachable");
    clock.advance(10_000);
    expect(requests()).toEqual([]);
  });
});

describe("2. RFC 826: merging", () => {
  test("a newer MAC replaces the older one, and is not certain", () => {
    reply(A, 7);
    cache.use(A);
    reply(A, 7);
    clock.advance(1000);
    request(A, 8);
    expect(state(A)).toBe("stale");
    expect(cache.low(cache.find(A))).toBe(8);
  });

  test("the same MAC in a request changes nothing", () => {
    cache.use(A);
    reply(A, 7);
    request(A, 7);
    expect(state(A)).toBe("reachable");
  });

  test("the first answer within a second wins", () => {
    cache.use(A);
    reply(A, 7);
    clock.advance(999);
    expect(reply(A, 8)).toBe(-1);
    expect(cache.low(cache.find(A))).toBe(7);
    expect(cache.stats().changesRefused).toBe(1);
    clock.advance(1);
    expect(reply(A, 8)).toBeGreaterThanOrEqual(0);
    expect(cache.low(cache.find(A))).toBe(8);
  });

  test("who announces a change is believed at once", () => {
    cache.use(A);
    reply(A, 7);
    cache.learn(A, HIGH, 8, false, false, true);
    expect(cache.low(cache.find(A))).toBe(8);
  });
});

describe("entries set by hand", () => {
  test("never change, never age, and send what waits", () => {
    wait(A, 1);
    cache.set(A, Uint8Array.of(2, 0, 0, 0, 0, 9));
    expect(log.at(-1)).toBe("0 transmit 1 (64) to 9");
    reply(A, 7);
    cache.confirm(A, HIGH, 7);
    cache.clear();
    clock.advance(1e9);
    expect(cache.usable(cache.use(A))).toBe(true);
    expect(cache.list()).toMatchObject([
      { ip: A, mac: Uint8Array.of(2, 0, 0, 0, 0, 9), state: NeighbourState.Permanent },
    ]);
  });
});

describe("a full table", () => {
  test("a flood of strangers pushes out strangers, never who is in use", () => {
    make({ limit: 64 });
    const mine = Array.from({ length: 32 }, (_, i) => 1000 + i);
    for (const ip of mine) {
      cache.use(ip);
      reply(ip, ip);
    }
    for (let i = 0; i < 100_000; i++) request(i + 1_000_000, i);
    for (const ip of mine) expect(state(ip)).toBe("reachable");
    expect(cache.stats().entries).toBe(64);
    expect(cache.stats().evicted).toBeGreaterThan(90_000);
  });

  test("full of entries in use it refuses strangers, and us", () => {
    make({ limit: 8 });
    for (let ip = 1; ip <= 8; ip++) cache.use(ip);
    expect(request(100, 1)).toBe(-1);
    expect(cache.use(100)).toBe(-1);
    expect(cache.stats().refused).toBe(2);
    // They fail after 3 s, and may go a second after their last request.
    clock.advance(3000);
    expect(cache.use(100)).toBeGreaterThanOrEqual(0);
  });
});

test("closing stops all timers", () => {
  wait(A, 1);
  request(B, 1);
  cache.use(B);
  cache.close();
  clock.advance(10_000);
  expect(clock.pending).toBe(0);
  expect(requests()).toHaveLength(1);
});

test("the list shows what people want to know", () => {
  wait(A, 1);
  wait(A, 2);
  request(B, 5);
  clock.advance(250);
  expect(cache.list()).toEqual([
    {
      ip: A,
      mac: null,
      state: NeighbourState.Incomplete,
      confirmedMs: null,
      usedMs: 250,
      updatedMs: 250,
      ageMs: 250,
      probes: 4,
      waiting: 2,
    },
    {
      ip: B,
      mac: Uint8Array.of(2, 0, 0, 0, 0, 5),
      state: NeighbourState.Stale,
      confirmedMs: null,
      usedMs: null,
      updatedMs: 250,
      ageMs: 250,
      probes: 0,
      waiting: 0,
    },
  ]);
  cache.remove(A);
  expect(cache.list()).toHaveLength(1);
});

test("the pool hands each slot out once and takes it back", () => {
  const pool = new PacketPool(10, 3);
  expect(pool.take(11)).toBe(-1);
  const slots = [pool.take(1), pool.take(2), pool.take(3)];
  expect(new Set(slots.map((slot) => pool.offset(slot)))).toEqual(new Set([0, 10, 20]));
  expect(slots.map((slot) => pool.length(slot))).toEqual([1, 2, 3]);
  expect(pool.take(1)).toBe(-1);
  pool.release(slots[1]!);
  expect(pool.available).toBe(1);
  expect(pool.take(5)).toBe(slots[1]);
});
