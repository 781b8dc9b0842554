/** The receive path of an unobserved host allocates nothing a frame. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { Direction, type FrameBatch, type FrameHandler, type Link } from "../../src/link/link.ts";
import { type ArpOptions, LINUX_ARP } from "../../src/stack/arp/arp-options.ts";
import { VirtualClock } from "../../src/stack/clock.ts";
import { Host } from "../../src/stack/host.ts";
import { seededRandom } from "../../src/stack/random.ts";
import { Router } from "../../src/stack/router/router.ts";
import { arpFrame, DATA, echoFrame, HOST_MAC, ip } from "./support.ts";

/** A link that does nothing but hand over one batch again and again, so that only the stack's memory is measured. */
function bareLink(frames: Uint8Array[], repeat: number) {
  const count = frames.length * repeat;
  const batch = {
    count,
    buffer: new Uint8Array(count * 2048),
    offset: new Int32Array(count),
    length: new Int32Array(count),
    originalLength: new Int32Array(count),
    direction: new Uint8Array(count).fill(Direction.In),
    flags: new Uint8Array(count),
    time: new Float64Array(count),
  } satisfies FrameBatch;
  for (let i = 0; i < count; i++) {
    const frame = frames[i % frames.length]!;
    batch.buffer.set(frame, i * 2048);
    batch.offset[i] = i * 2048;
    batch.length[i] = frame.length;
  }
  let handler: FrameHandler = () => {};
  let committed = 0;
  const link: Link = {
    name: "bare",
    mac: HOST_MAC,
    mtu: 1500,
    epoch: 0,
    now: () => 0,
    onFrames(given) {
      handler = given;
      return () => {};
    },
    onEvent: () => () => {},
    tx: new Uint8Array(2048),
    reserve: () => 0,
    commit() {
      committed++;
    },
    flush() {
      const sent = committed;
      committed = 0;
      return sent;
    },
    stats: () => expect.unreachable(),
    close() {},
  };
  let rounds = 0;
  const deliver = () => {
    rounds++;
    handler(batch);
  };
  /** Frames handed over so far. */
  const delivered = () => rounds * count;
  return { link, deliver, count, delivered };
}

function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

const full = Uint8Array.from({ length: 1472 }, (_, i) => i);

/** A record route and times with addresses. */
const RECORDING = Uint8Array.of(7, 11, 4, ...new Uint8Array(8), 68, 20, 5, 1, ...new Uint8Array(17));
const MALFORMED = Uint8Array.of(7, 0, 0, 0);

test.each([
  ["ARP requests for us", [arpFrame({ spa: ip("192.168.0.1"), tpa: ip("192.168.0.2") })]],
  ["ARP requests for others", [arpFrame({ spa: ip("192.168.0.1"), tpa: ip("192.168.0.9") })]],
  ["echo requests", [echoFrame({ src: ip("192.168.0.1"), dst: ip("192.168.0.2") })]],
  ["full echo requests", [echoFrame({ src: ip("192.168.0.1"), dst: ip("192.168.0.2"), data: full })]],
  ["echo replies", [echoFrame({ src: ip("192.168.0.1"), dst: ip("192.168.0.2"), type: 0, id_: 77, data: DATA })]],
  ["echo requests with options", [echoFrame({ src: ip("192.168.0.1"), dst: ip("192.168.0.2"), options: RECORDING })]],
  ["malformed options", [echoFrame({ src: ip("192.168.0.1"), dst: ip("192.168.0.2"), options: MALFORMED })]],
  ["timestamp requests", [echoFrame({ src: ip("192.168.0.1"), dst: ip("192.168.0.2"), type: 13 })]],
  ["frames that are dropped", [echoFrame({ dst: ip("192.168.0.9") }), echoFrame({ dst: ip("127.0.0.1") })]],
])("%s: nothing", (_, frames) => {
  const { link, deliver, count, delivered } = bareLink(frames, 200);
  const clock = new VirtualClock();
  const options = { mac: HOST_MAC, clock, random: seededRandom(1) };
  const host = new Host(link, { addresses: ["192.168.0.2/24"], ...options });
  host.setNeighbour("192.168.0.1", Uint8Array.of(2, 0, 0, 0, 0, 1));
  host.openEcho({ onReply: () => {} }, 77);
  expect(leastBytes(deliver, count)).toBeLessThan(1);
  expect(host.stats().received).toBe(delivered());
});

test("conflicts about an address that is always defended: nothing", () => {
  const conflict = arpFrame({ spa: ip("192.168.0.2"), tpa: ip("192.168.0.1") });
  const { link, deliver, count, delivered } = bareLink([conflict], 200);
  const clock = new VirtualClock();
  const host = new Host(link, { addresses: [], mac: HOST_MAC, clock, random: seededRandom(1) });
  host.claim("192.168.0.2/24", { defence: "always" });
  clock.advance(10_000);
  expect(leastBytes(deliver, count)).toBeLessThan(1);
  expect(host.stats().claims).toMatchObject({ active: 1, conflicts: delivered(), defended: 1 });
});

test.each([
  ["for us", { spa: ip("192.168.0.1"), tpa: ip("192.168.0.2") }],
  ["for others", { spa: ip("192.168.0.1"), tpa: ip("192.168.0.9") }],
  ["for whom we answer", { spa: ip("192.168.0.1"), tpa: ip("192.168.9.9") }],
])("ARP requests %s under Linux's switches: nothing", (_, fields) => {
  const { link, deliver, count, delivered } = bareLink([arpFrame(fields)], 200);
  const arp: ArpOptions = {
    ...LINUX_ARP,
    arpIgnore: 2,
    arpAccept: 2,
    arpFilter: true,
    proxies: ["192.168.9.0/24"],
    proxyDelayMs: 0,
  };
  const options = { mac: HOST_MAC, clock: new VirtualClock(), random: seededRandom(1), arp };
  const host = new Host(link, { addresses: ["192.168.0.2/24"], ...options });
  expect(leastBytes(deliver, count)).toBeLessThan(1);
  expect(host.stats().received).toBe(delivered());
});

test.each([
  ["datagrams", {}],
  ["datagrams with options", { options: RECORDING }],
])("%s that a router passes on: nothing", (_, fields) => {
  const left = bareLink([echoFrame({ src: ip("192.168.0.1"), dst: ip("192.168.1.9"), ...fields })], 200);
  const right = bareLink([], 1);
  const options = { clock: new VirtualClock(), random: seededRandom(1) };
  const router = new Router(
    [
      { link: left.link, addresses: ["192.168.0.2/24"], mac: HOST_MAC },
      { link: right.link, addresses: ["192.168.1.1/24"] },
    ],
    options,
  );
  router.hosts[1]!.setNeighbour("192.168.1.9", Uint8Array.of(2, 0, 0, 0, 0, 9));
  expect(leastBytes(left.deliver, left.count)).toBeLessThan(1);
  expect(router.stats().forwarded).toBe(left.delivered());
});

const WARM_UP = 300;
const ATTEMPTS = 15;
const ROUNDS = 200;

/** Bytes a frame of the best attempt: one object a frame would be 16 at least; the rest is the batches' and the test's. */
function leastBytes(deliver: () => void, count: number): number {
  const gc = collector();
  // Compiled first: what V8 allocates while it optimises is not the stack's.
  for (let i = 0; i < WARM_UP; i++) deliver();
  let least = Number.POSITIVE_INFINITY;
  // On a busy machine V8 takes some more rounds until it is done.
  for (let attempt = 0; attempt < ATTEMPTS && least >= ROUNDS * count; attempt++) {
    gc();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < ROUNDS; i++) deliver();
    least = Math.min(least, process.memoryUsage().heapUsed - before);
  }
  return least / (ROUNDS * count);
}
