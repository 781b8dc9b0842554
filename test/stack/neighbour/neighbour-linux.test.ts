/** What net/core/neighbour.c does with an entry, on the virtual clock: timers, limits, clearing up. */
import { beforeEach, describe, expect, test } from "vitest";
import * as ipv4 from "../../../packets/ipv4-address.ts";
import { VirtualClock } from "../../../src/stack/clock.ts";
import { NeighbourCache } from "../../../src/stack/neighbour/neighbour.ts";
import {
  LINUX_NEIGHBOURS,
  type NeighbourOptions,
  NeighbourState,
  neighbourStateName,
} from "../../../src/stack/neighbour/neighbour-options.ts";
import { seededRandom } from "../../../src/stack/random.ts";

const A = ipv4.parse("192.168.0.1")!;
const HIGH = 0x0200;
const FRAME = 1000;
const MAC = Uint8Array.of(2, 0, 0, 0, 0, 7);

let clock: VirtualClock;
let log: string[];
let cache: NeighbourCache;

function make(options: Partial<NeighbourOptions> = {}): void {
  clock = new VirtualClock();
  log = [];
  const say = (text: string) => log.push(`${clock.now()} ${text}`);
  cache = new NeighbourCache(
    clock,
    seededRandom(1),
    {
      solicit: (_ip, attempt, high, _low, asker) =>
        say(`solicit #${attempt} ${high < 0 ? "broadcast" : "unicast"}${asker === 0 ? "" : ` for ${asker}`}`),
      transmit: (_buf, _off, length) => say(`transmit ${length}`),
      failed: (_ip, waiting) => say(`failed ${waiting}`),
      unreachable: (_ip, _buf, _off, length) => say(`unreachable ${length}`),
      changed: (_ip, from, to) => say(`${neighbourStateName(from)} -> ${neighbourStateName(to)}`),
    },
    FRAME,
    options,
  );
}

const learn = (ip: number, low: number, confirms: boolean) => {
  cache.touch();
  return cache.learn(ip, HIGH, low, !confirms, confirms, false);
};
const state = (ip: number) => {
  cache.touch();
  const slot = cache.find(ip);
  return slot < 0 ? "none" : neighbourStateName(cache.state(slot));
};
const solicited = () => log.filter((line) => line.includes("solicit"));
const view = () => cache.list()[0];

beforeEach(() => make());

describe("a known neighbour that is silent", () => {
  const silent = (options: Partial<NeighbourOptions>) => {
    make(options);
    learn(A, 7, false);
    cache.use(A);
    clock.advance(60_000);
    return log.slice(1);
  };

  test("delay_first_probe_time, ucast_solicit and retrans_time", () => {
    expect(silent({ delayFirstProbeMs: 2000, unicastRequests: 2, retransMs: 500 })).toEqual([
      "0 stale -> delay",
      "2000 delay -> probe",
      "2000 solicit #1 unicast",
      "2500 solicit #2 unicast",
      "3000 probe -> failed",
      "3000 failed 0",
    ]);
  });

  test("mcast_resolicit: asked of everybody before it has failed", () => {
    expect(silent({ rebroadcastRequests: 2 }).slice(2)).toEqual([
      "5000 solicit #1 unicast",
      "6000 solicit #2 unicast",
      "7000 solicit #3 unicast",
      "8000 solicit #4 broadcast",
      "9000 solicit #5 broadcast",
      "10000 probe -> failed",
      "10000 failed 0",
    ]);
  });

  test("while it is being verified packets go there, and one answer makes it reachable", () => {
    learn(A, 7, false);
    cache.use(A);
    clock.advance(5500);
    expect(state(A)).toBe("probe");
    expect(cache.usable(cache.use(A))).toBe(true);
    learn(A, 7, true);
    expect(state(A)).toBe("reachable");
    clock.advance(10_000);
    expect(solicited()).toEqual(["5000 solicit #1 unicast"]);
  });
});

test("mcast_solicit: requests for an unknown address", () => {
  make({ broadcastRequests: 5, retransMs: 2000 });
  cache.use(A);
  clock.advance(60_000);
  expect(log.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
    "0 none",
    ...[0, 2000, 4000, 6000, 8000].map((ms) => `${ms} solicit`),
    "10000 incomplete",
    "10000 failed",
  ]);
});

test("more requests than a byte counts", () => {
  make({ broadcastRequests: 300 });
  cache.use(A);
  clock.advance(301_000);
  expect(solicited()).toHaveLength(300);
  expect(state(A)).toBe("failed");
});

describe("RFC 1122 2.3.2.1: one request an interval for one address, whatever happens to its entry", () => {
  const gaps = () => {
    const times = solicited().map((line) => Number.parseInt(line, 10));
    return times.slice(1).map((time, i) => time - times[i]!);
  };

  test("a neighbour whose MAC address changes ten times a second and that is verified at once", () => {
    make({ delayFirstProbeMs: 0, lockMs: 0 });
    for (let i = 0; i < 100; i++) {
      learn(A, i, false);
      cache.use(A);
      clock.advance(100);
    }
    expect(gaps().length).toBeGreaterThan(3);
    expect(Math.min(...gaps())).toBeGreaterThanOrEqual(1000);
  });

  test("a retransmission time of 0 asks a hundred times a second, not without end", () => {
    make({ retransMs: 0, broadcastRequests: 10 });
    cache.use(A);
    clock.advance(1000);
    expect(gaps()).toEqual(new Array(9).fill(10));
  });
});

test("who asks is told with the request, until nobody waits", () => {
  cache.use(A, 5);
  cache.use(A, 6);
  clock.advance(1000);
  expect(solicited()).toEqual(["0 solicit #1 broadcast for 5", "1000 solicit #2 broadcast for 6"]);
  learn(A, 7, false);
  cache.use(A, 5);
  clock.advance(5000);
  expect(solicited().at(-1)).toBe("6000 solicit #1 unicast");
});

describe("unres_qlen_bytes", () => {
  test("the oldest make room for the newest", () => {
    make({ queueBytesEach: 1000 });
    const slot = cache.use(A);
    for (const length of [400, 300, 500]) expect(cache.enqueue(slot, length)).toBeGreaterThanOrEqual(0);
    expect(cache.waiting(slot)).toBe(2);
    expect(cache.enqueue(slot, 1000)).toBeGreaterThanOrEqual(0);
    learn(A, 7, true);
    expect(log.filter((line) => line.includes("transmit"))).toEqual(["0 transmit 1000"]);
    expect(cache.stats().queueDropped).toBe(3);
  });

  test("what exceeds it by itself is refused", () => {
    make({ queueBytesEach: 999 });
    const slot = cache.use(A);
    expect(cache.enqueue(slot, 1000)).toBe(-1);
    expect(cache.waiting(slot)).toBe(0);
  });
});

describe("a confirmation", () => {
  test("is of a MAC address: with another one it is gone", () => {
    cache.use(A);
    learn(A, 7, true);
    clock.advance(2000);
    expect(view()).toMatchObject({ confirmedMs: 2000, ageMs: 2000, updatedMs: 2000 });
    learn(A, 8, false);
    expect(view()).toMatchObject({ confirmedMs: null, ageMs: 0, updatedMs: 0 });
  });

  test("ends when its time is over, whenever somebody looks", () => {
    make({ baseReachableMs: 1000 });
    cache.use(A);
    learn(A, 7, true);
    clock.advance(10_000);
    const shown = view()!;
    expect(shown.state).toBe(NeighbourState.Stale);
    // Stale since half to one and a half of the base time.
    expect(10_000 - shown.updatedMs).toBeGreaterThanOrEqual(500);
    expect(10_000 - shown.updatedMs).toBeLessThan(1500);
  });
});

describe("requests as Linux counts them", () => {
  test("those for an unknown address begin after the unicast ones", () => {
    cache.use(A);
    expect(view()!.probes).toBe(4);
    clock.advance(3000);
    expect(view()).toMatchObject({ probes: 6, state: NeighbourState.Failed });
  });

  test("those for a known one begin with 1, and stay when it answers", () => {
    learn(A, 7, false);
    expect(view()!.probes).toBe(0);
    cache.use(A);
    clock.advance(6500);
    learn(A, 7, true);
    expect(view()).toMatchObject({ probes: 2, state: NeighbourState.Reachable });
  });
});

describe("entries set by hand", () => {
  test.each([
    [NeighbourState.Permanent, "permanent", "permanent"],
    [NeighbourState.Noarp, "noarp", "none"],
    [NeighbourState.Stale, "stale", "none"],
    [NeighbourState.Reachable, "reachable", "none"],
  ])("state %d is %s, and after two minutes %s", (given, now, later) => {
    cache.set(A, MAC, given);
    expect(state(A)).toBe(now);
    expect(view()).toMatchObject({ mac: MAC, probes: 0 });
    clock.advance(120_000);
    expect(state(A)).toBe(later);
  });

  test.each([NeighbourState.Permanent, NeighbourState.Noarp])(
    "state %d: not verified, and nobody changes it",
    (given) => {
      cache.set(A, MAC, given);
      clock.advance(2000);
      expect(learn(A, 9, true)).toBe(-1);
      cache.use(A);
      clock.advance(30_000);
      expect(solicited()).toEqual([]);
      expect(cache.usable(cache.use(A))).toBe(true);
      expect(view()!.mac).toEqual(MAC);
    },
  );

  test("stale is verified when it is used", () => {
    cache.set(A, MAC, NeighbourState.Stale);
    cache.use(A);
    clock.advance(5000);
    expect(solicited()).toEqual(["5000 solicit #1 unicast"]);
  });
});

describe("clearing up", () => {
  const strangers = (count: number) => {
    for (let i = 0; i < count; i++) learn(1000 + i, i, false);
  };

  test("gc_thresh1: with fewer entries none is forgotten", () => {
    make({ gcThresh1: 3 });
    strangers(3);
    clock.advance(61_000);
    expect(state(1000)).toBe("none");
    // Two are left.
    expect(state(1001)).toBe("stale");
    expect(cache.stats().entries).toBe(2);
  });

  test("gc_interval: nobody has to look", () => {
    make({ gcIntervalMs: 15_000 });
    strangers(5);
    clock.advance(59_999);
    expect(cache.stats().entries).toBe(5);
    clock.advance(15_000);
    expect(cache.stats().entries).toBe(0);
    cache.close();
    expect(clock.pending).toBe(0);
  });

  test("gc_thresh2: strangers are cleared away before the table is full, who is in use is not", () => {
    make({ gcThresh2: 50, limit: 100 });
    const mine = Array.from({ length: 20 }, (_, i) => i + 1);
    for (const ip of mine) {
      cache.use(ip);
      learn(ip, ip, true);
    }
    strangers(30);
    expect(cache.stats().entries).toBe(50);
    learn(5000, 1, false);
    expect(cache.stats()).toMatchObject({ entries: 50, evicted: 1 });
    // Not again within 5 s.
    for (let i = 0; i < 20; i++) learn(6000 + i, i, false);
    expect(cache.stats()).toMatchObject({ entries: 70, evicted: 1 });
    clock.advance(5000);
    learn(7000, 1, false);
    expect(cache.stats()).toMatchObject({ entries: 50, evicted: 22 });
    for (const ip of mine) expect(state(ip)).toBe("reachable");
  });

  test("Linux's own values: a table of at most 512 but in a flood, 1,024 in one", () => {
    make(LINUX_NEIGHBOURS);
    for (let i = 0; i < 5000; i++) learn(1000 + i, i, false);
    expect(cache.stats().entries).toBe(1024);
    clock.advance(5000);
    learn(1, 1, false);
    expect(cache.stats().entries).toBe(512);
    clock.advance(75_000);
    // Forgotten down to gc_thresh1, and no further.
    expect(cache.stats().entries).toBe(127);
    cache.close();
  });
});

test("a flood of strangers who answer requests as well pushes out nobody in use, in whatever state", () => {
  make({ limit: 64 });
  const [reachable, delay, probe, incomplete, permanent] = [1, 2, 3, 4, 5];
  learn(probe, 3, false);
  cache.use(probe);
  clock.advance(5100);
  cache.use(reachable);
  learn(reachable, 1, true);
  learn(delay, 2, false);
  cache.use(delay);
  cache.use(incomplete);
  cache.set(permanent, MAC);
  for (let i = 0; i < 20_000; i++) {
    learn(1000 + i, i, false);
    learn(1000 + i, i, true);
  }
  expect([reachable, delay, probe, incomplete, permanent].map(state)).toEqual([
    "reachable",
    "delay",
    "probe",
    "incomplete",
    "permanent",
  ]);
  expect(cache.stats().entries).toBe(64);
});
