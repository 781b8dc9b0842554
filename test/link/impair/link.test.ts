import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ImpairedLink, type Impairment, type PathStats } from "../../../src/link/impair/index.ts";
import { SimulatedWire } from "../../../src/link/simulated.ts";
import { VirtualClock } from "../../../src/stack/clock.ts";
import { Host } from "../../../src/stack/host.ts";
import { seededRandom } from "../../../src/stack/random.ts";
import { frame, Impaired, put } from "./support.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
const balance = (s: PathStats) => s.passed + s.lost + s.overLimit + s.overMtu + s.held + s.discarded - s.duplicated;

describe("an impaired link", () => {
  test("with nothing set is as the link beneath", () => {
    const bed = new Impaired({});
    expect(bed.send(bed.link, 5)).toBe(5);
    bed.send(bed.far, 3);
    expect(bed.farSeen.map(({ n }) => n)).toEqual([0, 1, 2, 3, 4]);
    expect(bed.nearSeen.map(({ n }) => n)).toEqual([5, 6, 7]);
    expect(bed.link).toMatchObject({ name: "near", mtu: 1500, epoch: 0, mac: bed.near.mac });
    expect(bed.link.stats()).toEqual(bed.near.stats());
    expect(bed.link.impairments()).toMatchObject({ in: { taken: 3, passed: 3 }, out: { taken: 5, passed: 5 } });
  });

  test("each direction has its own settings", () => {
    const all: Impairment = { loss: { model: "random", percent: 100 } };
    const deaf = new Impaired({ in: all });
    deaf.send(deaf.link, 4);
    deaf.send(deaf.far, 4);
    expect([deaf.farSeen.length, deaf.nearSeen.length]).toEqual([4, 0]);
    const dumb = new Impaired({ out: all });
    expect(dumb.send(dumb.link, 4)).toBe(4);
    dumb.send(dumb.far, 4);
    expect([dumb.farSeen.length, dumb.nearSeen.length]).toEqual([0, 4]);
    expect(dumb.link.impairments()).toMatchObject({
      out: { taken: 4, lost: 4, passed: 0 },
      in: { lost: 0, passed: 4 },
    });
    expect(dumb.link.stats()).toMatchObject({ txFrames: 0, rxFrames: 4, txErrors: 0 });
  });

  test("delay: later by as much, whole, in order, stamped with the time of delivery", () => {
    const bed = new Impaired({ in: { delay: { ms: 10 } }, out: { delay: { ms: 3 } } });
    bed.send(bed.link, 5, 1);
    bed.send(bed.far, 5, 1);
    expect(bed.link.impairments()).toMatchObject({ out: { held: 0, delayed: 5 }, in: { held: 5 } });
    bed.clock.advance(100);
    expect(bed.farSeen.map(({ n, at }) => [n, Math.round(at * 1e3) / 1e3])).toEqual(numbers(5).map((n) => [n, n + 3]));
    expect(bed.nearSeen.map(({ n, at }) => [n, Math.round(at * 1e3) / 1e3])).toEqual(
      numbers(5).map((n) => [n + 5, n + 15]),
    );
    for (const { at, stamp } of bed.nearSeen) expect(stamp).toBeCloseTo(at, 6);
    for (const { n, bytes } of [...bed.nearSeen, ...bed.farSeen]) expect(bytes).toEqual(frame(n));
    expect(bed.link.impairments()).toMatchObject({ in: { held: 0, delayed: 5, passed: 5 } });
  });

  test("frames due together come in one batch, in the order in which they were sent", () => {
    const bed = new Impaired({ in: { delay: { ms: 10 } } });
    for (let n = 0; n < 100; n++) put(bed.far, n);
    bed.far.flush();
    bed.clock.advance(20);
    expect(bed.nearSeen.map(({ n }) => n)).toEqual(numbers(100));
    expect(bed.batches).toEqual([64, 36]);
  });

  test("jitter alone may change the order; batches come in the order of their times", () => {
    const bed = new Impaired({ in: { delay: { ms: 10, jitterMs: 5 } } });
    for (let n = 0; n < 50; n++) put(bed.far, n);
    bed.far.flush();
    bed.clock.advance(20);
    const at = bed.nearSeen.map((seen) => seen.at);
    expect(at).toEqual(at.toSorted((a, b) => a - b));
    expect(bed.nearSeen.map(({ n }) => n)).not.toEqual(numbers(50));
    expect(bed.nearSeen.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(numbers(50));
  });

  test("reorder: those that go ahead come at once", () => {
    const bed = new Impaired({ out: { delay: { ms: 10 }, reorder: { percent: 100, gap: 3 } } });
    bed.send(bed.link, 6);
    bed.clock.advance(20);
    expect(bed.farSeen.map(({ n }) => n)).toEqual([2, 5, 0, 1, 3, 4]);
    expect(bed.link.impairments().out).toMatchObject({ reordered: 2, delayed: 4, passed: 6 });
  });

  test.each(["in", "out"] as const)("duplicate, %s: two of each, side by side", (way) => {
    const bed = new Impaired({ [way]: { duplicate: { percent: 100 } } });
    for (const link of [bed.link, bed.far]) {
      for (let n = 0; n < 3; n++) put(link, n);
      link.flush();
      bed.clock.advance(1);
    }
    const seen = way === "in" ? bed.nearSeen : bed.farSeen;
    expect(seen.map(({ n }) => n)).toEqual([0, 0, 1, 1, 2, 2]);
    for (const { n, bytes } of seen) expect(bytes).toEqual(frame(n));
    expect(bed.link.impairments()[way]).toMatchObject({ taken: 3, duplicated: 3, passed: 6 });
  });

  test("a handler that writes into a frame does not change its copy", () => {
    const bed = new Impaired({ in: { duplicate: { percent: 100 } } });
    bed.link.onFrames((batch) => batch.buffer.fill(0xee, batch.offset[0]!, batch.offset[0]! + batch.length[0]!));
    bed.send(bed.far, 3);
    expect(bed.nearSeen.map(({ n }) => n)).toEqual([0, 0, 1, 1, 2, 2]);
  });

  test.each(["in", "out"] as const)("corrupt, %s: one bit in each, and only in what comes out", (way) => {
    const bed = new Impaired({ [way]: { corrupt: { percent: 100 } } });
    const beneath: Uint8Array[] = [];
    bed.near.onFrames((batch) =>
      beneath.push(batch.buffer.slice(batch.offset[0]!, batch.offset[0]! + batch.length[0]!)),
    );
    for (let n = 0; n < 20; n++) {
      const link = way === "in" ? bed.far : bed.link;
      put(link, n);
      link.flush();
      bed.clock.advance(1);
      // What the user wrote into his slot stays: he may write only what changes of the next frame.
      if (way === "out") expect(bed.link.tx.subarray(0, 60)).toEqual(frame(n));
    }
    const seen = way === "in" ? bed.nearSeen : bed.farSeen;
    expect(seen).toHaveLength(20);
    expect(seen.map(({ bytes }, n) => differingBits(bytes, frame(n)))).toEqual(seen.map(() => 1));
    if (way === "in") expect(beneath).toEqual(numbers(20).map((n) => frame(n)));
    expect(bed.link.impairments()[way]).toMatchObject({ corrupted: 20, passed: 20 });
  });

  test("corruption meets the finished frame: its checksums are wrong, and the host drops it", () => {
    const clock = new VirtualClock();
    const [a, b] = SimulatedWire.pair({ clock });
    const random = seededRandom(1);
    const link = new ImpairedLink(a, { clock, seed: 2 });
    const asking = new Host(link, { addresses: ["10.0.0.1/24"], clock, random });
    const answering = new Host(b, { addresses: ["10.0.0.2/24"], clock, random });
    const replies: number[] = [];
    const socket = asking.openEcho({ onReply: ({ seq }) => replies.push(seq) });
    const data = Uint8Array.from({ length: 1000 }, (_, i) => i);
    socket.send(0x0a000002, 0, data);
    clock.advance(10);
    link.change({ out: { corrupt: { percent: 100 } } });
    for (let seq = 1; seq <= 500; seq++) {
      socket.send(0x0a000002, seq, data);
      clock.advance(1);
    }
    // Of 8,336 bits, those that no checksum protects are the addresses' of the Ethernet header (and reach nobody).
    expect(replies.filter((seq) => seq > 0)).toEqual([]);
    const { drops } = answering.stats();
    expect((drops["icmp-checksum"] ?? 0) + (drops["ipv4-checksum"] ?? 0)).toBeGreaterThan(450);
  });

  test("rate: a queue with an end; what comes beyond is dropped and counted", () => {
    const bed = new Impaired({ out: { rate: { bitsPerSecond: 480_000 }, limit: 10 } });
    for (let n = 0; n < 30; n++) put(bed.link, n);
    expect(bed.link.flush()).toBe(30);
    bed.clock.advance(100);
    expect(bed.farSeen.map(({ n, at }) => [n, Math.round(at)])).toEqual(numbers(10).map((n) => [n, n + 1]));
    expect(bed.link.impairments().out).toMatchObject({ taken: 30, passed: 10, overLimit: 20, held: 0 });
  });

  test("mtu: longer payloads are dropped without a word, a tag is no payload", () => {
    const bed = new Impaired({ in: { mtu: 100 }, out: { mtu: 100 } });
    expect(bed.link.mtu).toBe(1500);
    for (const link of [bed.link, bed.far]) {
      for (const length of [114, 115, 118]) put(link, length, length);
      const at = put(link, 119, 118);
      link.tx.set([0x81, 0, 0, 1], at + 12);
      expect(link.flush()).toBe(4);
      bed.clock.advance(1);
    }
    expect(bed.farSeen.map(({ bytes }) => bytes.length)).toEqual([114, 118]);
    expect(bed.nearSeen.map(({ bytes }) => bytes.length)).toEqual([114, 118]);
    expect(bed.link.impairments()).toMatchObject({ in: { overMtu: 2, passed: 2 }, out: { overMtu: 2, passed: 2 } });
  });

  test("changed while it runs: what is held keeps its time, what is not named stays", () => {
    const bed = new Impaired({ out: { delay: { ms: 10 }, mtu: 500 } });
    bed.send(bed.link, 1);
    bed.link.change({ out: { delay: { ms: 0 } } });
    bed.send(bed.link, 1);
    bed.link.change({ in: { loss: { model: "random", percent: 100 } } });
    bed.clock.advance(20);
    expect(bed.farSeen.map(({ n, at }) => [n, Math.round(at)])).toEqual([
      [1, 0],
      [0, 10],
    ]);
    expect(bed.link.settings.out).toMatchObject({ delay: { ms: 0 }, mtu: 500, limit: 1000 });
    expect(bed.link.settings.in).toMatchObject({ loss: { percent: 100 } });
    bed.send(bed.far, 2);
    expect(bed.nearSeen).toEqual([]);
  });

  test("a change that makes no sense changes neither direction", () => {
    const bed = new Impaired({});
    expect(() => bed.link.change({ in: { mtu: 9 }, out: { limit: 0 } })).toThrow("limit: 0 is none");
    expect(() => bed.link.change({ in: { limit: 0 }, out: { mtu: 9 } })).toThrow("limit: 0 is none");
    expect(bed.link.settings.in).toEqual(bed.link.settings.out);
    expect(bed.link.settings.in.mtu).toBe(0);
  });

  test("the inner link's failures reach the sender, its own losses do not", () => {
    const bed = new Impaired({ out: { loss: { model: "random", percent: 50 } } });
    expect(bed.send(bed.link, 40)).toBe(40);
    bed.near.setUp(false);
    const before = bed.link.impairments().out.lost;
    const sent = bed.send(bed.link, 40);
    const { lost } = bed.link.impairments().out;
    expect(sent).toBe(lost - before);
    expect(bed.link.stats()).toMatchObject({ txErrors: 40 - sent, lastTxError: "ENETDOWN" });
  });

  test("a frame longer than a slot has no room", () => {
    const bed = new Impaired({});
    expect(bed.link.reserve(1529)).toBe(-1);
    expect(bed.link.stats()).toMatchObject({ txErrors: 1, lastTxError: "EMSGSIZE" });
  });

  test("more frames than slots before a flush", () => {
    const bed = new Impaired({ out: { duplicate: { percent: 100 } } });
    for (let n = 0; n < 150; n++) put(bed.link, n);
    expect(bed.link.flush()).toBe(150);
    bed.clock.advance(1);
    expect(bed.farSeen.map(({ n }) => n)).toEqual(numbers(300).map((n) => n >> 1));
  });

  test.each(["setUp", "remove", "close"] as const)("%s: what is held is discarded, and counted", (how) => {
    const bed = new Impaired({ in: { delay: { ms: 10 } }, out: { delay: { ms: 10 } } });
    bed.send(bed.link, 3);
    bed.send(bed.far, 4);
    if (how === "setUp") bed.near.setUp(false);
    else if (how === "remove") bed.near.remove();
    else bed.link.close();
    bed.clock.advance(50);
    expect([bed.farSeen, bed.nearSeen]).toEqual([[], []]);
    expect(bed.link.impairments()).toMatchObject({ in: { discarded: 4, held: 0 }, out: { discarded: 3, held: 0 } });
    expect(bed.clock.pending).toBe(0);
    bed.link.close();
  });

  test("a handler may close the link", () => {
    const bed = new Impaired({ in: { duplicate: { percent: 100 } } });
    bed.link.onFrames(() => bed.link.close());
    bed.send(bed.far, 3);
    expect(bed.nearSeen.map(({ n }) => n)).toEqual([0]);
  });

  test("events are the inner link's", () => {
    const bed = new Impaired({});
    const seen: string[] = [];
    bed.link.onEvent(({ type }) => seen.push(type));
    bed.far.setUp(false);
    bed.far.setUp(true);
    bed.far.remove();
    expect(seen).toEqual(["down", "up", "down"]);
  });

  test("wrappers stack", () => {
    const bed = new Impaired({ out: { delay: { ms: 10 } } });
    const outer = new ImpairedLink(bed.link, { clock: bed.clock, seed: 1, out: { delay: { ms: 5 } } });
    bed.send(outer, 3);
    bed.clock.advance(100);
    expect(bed.farSeen.map(({ n, at }) => [n, Math.round(at)])).toEqual([
      [0, 15],
      [1, 15],
      [2, 15],
    ]);
  });

  test("one seed, one fate, to the bit; another seed, another", () => {
    const run = (seed: number) => {
      const bed = new Impaired(
        {
          in: { loss: { model: "gemodel", p: 10, r: 50 }, corrupt: { percent: 20 } },
          out: { delay: { ms: 5, jitterMs: 4 }, distribution: "normal", duplicate: { percent: 30 } },
        },
        seed,
      );
      bed.send(bed.link, 100, 0.5);
      bed.send(bed.far, 100, 0.5);
      bed.clock.advance(50);
      return JSON.stringify([bed.nearSeen, bed.farSeen, bed.link.impairments()]);
    };
    expect(run(5)).toBe(run(5));
    expect(run(5)).not.toBe(run(6));
    const bed = new ImpairedLink(new Impaired({}).near, { clock: new VirtualClock() });
    expect(bed.seed).toBeGreaterThanOrEqual(0);
  });
});

describe("answering in place", () => {
  /** A far end, and a link beneath that lets replies leave from where the requests lie. */
  function inPlace(bed: Impaired): string[] {
    const log: string[] = [];
    const near = bed.near as unknown as { canReturn: boolean; commitReceived(off: number, length: number): void };
    near.canReturn = true;
    near.commitReceived = (off, length) => log.push(`returned ${off} ${length}`);
    return log;
  }

  test("is possible only where nothing happens on the way out", () => {
    const bed = new Impaired({});
    const log = inPlace(bed);
    const link = new ImpairedLink(bed.near, { clock: bed.clock });
    const seen: boolean[] = [];
    link.onFrames((batch) => {
      seen.push(link.canReturn);
      if (link.canReturn) {
        link.commitReceived(batch.offset[0]!, 60);
        link.flush();
      }
    });
    expect(link.canReturn).toBe(false);
    bed.send(bed.far, 1);
    link.change({ in: { loss: { model: "random", percent: 0.001 } } });
    bed.send(bed.far, 1);
    link.change({ out: { mtu: 100 } });
    bed.send(bed.far, 1);
    link.change({ out: { mtu: 0 }, in: { delay: { ms: 1 } } });
    bed.send(bed.far, 1, 5);
    expect(seen).toEqual([true, true, false, false]);
    expect(log).toHaveLength(2);
    expect(link.impairments().out).toMatchObject({ taken: 2, passed: 2 });
    link.onFrames(() => {});
    link.change({ in: { delay: { ms: 0 } } });
    bed.send(bed.far, 1);
    expect(seen.at(-1)).toBe(false);
  });
});

describe("whatever is set", () => {
  const percent = fc.integer({ min: 0, max: 100 });
  const share = fc.record({ percent, correlation: percent });
  const impairment: fc.Arbitrary<Impairment> = fc.record(
    {
      loss: fc.oneof(
        share.map((one) => ({ model: "random" as const, ...one })),
        fc.record({
          model: fc.constant("gemodel" as const),
          p: percent,
          r: percent,
          lossBad: percent,
          lossGood: percent,
        }),
        fc.record({
          model: fc.constant("state" as const),
          p13: percent,
          p31: percent,
          p32: percent,
          p23: percent,
          p14: percent,
        }),
      ),
      delay: fc.record({
        ms: fc.integer({ min: 1, max: 20 }),
        jitterMs: fc.integer({ min: 0, max: 30 }),
        correlation: percent,
      }),
      distribution: fc.constantFrom("uniform" as const, "normal" as const, "pareto" as const, "paretonormal" as const),
      duplicate: share,
      corrupt: share,
      rate: fc.record({ bitsPerSecond: fc.integer({ min: 1e5, max: 1e8 }) }),
      limit: fc.integer({ min: 1, max: 40 }),
      mtu: fc.integer({ min: 40, max: 100 }),
    },
    { requiredKeys: [] },
  );
  const step = fc.record({
    count: fc.integer({ min: 1, max: 30 }),
    wait: fc.integer({ min: 0, max: 15 }),
    change: fc.option(impairment),
  });

  test.each(["in", "out"] as const)(
    "%s: no frame is lost or made without being counted, none is changed but by one bit",
    (way) => {
      fc.assert(
        fc.property(impairment, fc.array(step, { minLength: 1, maxLength: 8 }), fc.nat(), (first, steps, seed) => {
          const bed = new Impaired({ [way]: first }, seed);
          const from = way === "in" ? bed.far : bed.link;
          let sent = 0;
          for (const { count, wait, change } of steps) {
            for (let i = 0; i < count; i++) put(from, sent++, 60 + ((sent * 7) % 60));
            expect(from.flush()).toBe(count);
            bed.clock.advance(wait);
            if (change !== null) bed.link.change({ [way]: change });
            const now = bed.link.impairments()[way];
            expect(balance(now)).toBe(now.taken);
          }
          bed.clock.advance(60_000);
          const end = bed.link.impairments()[way];
          const seen = way === "in" ? bed.nearSeen : bed.farSeen;
          expect(end).toMatchObject({ taken: sent, held: 0, passed: seen.length });
          expect(balance(end)).toBe(sent);
          const changed = seen.filter(({ n, bytes }) => n >= sent || differingBits(bytes, frame(n, bytes.length)) > 0);
          expect(changed.length).toBeLessThanOrEqual(end.corrupted);
          expect(bed.clock.pending).toBe(0);
        }),
        { numRuns: 60 },
      );
    },
  );

  test.each(["in", "out"] as const)("%s: frames stay in order where nothing reorders them", (way) => {
    const steady = impairment.map(({ delay, corrupt: _, ...rest }) => ({
      ...rest,
      ...(delay === undefined ? {} : { delay: { ms: delay.ms } }),
    }));
    fc.assert(
      fc.property(steady, fc.array(step, { minLength: 1, maxLength: 8 }), fc.nat(), (settings, steps, seed) => {
        const bed = new Impaired({ [way]: settings }, seed);
        const from = way === "in" ? bed.far : bed.link;
        let sent = 0;
        for (const { count, wait } of steps) {
          for (let i = 0; i < count; i++) put(from, sent++);
          from.flush();
          bed.clock.advance(wait);
        }
        bed.clock.advance(60_000);
        const seen = (way === "in" ? bed.nearSeen : bed.farSeen).map(({ n }) => n);
        expect(seen).toEqual(seen.toSorted((a, b) => a - b));
      }),
      { numRuns: 60 },
    );
  });
});

function differingBits(a: Uint8Array, b: Uint8Array): number {
  let bits = 0;
  for (let i = 0; i < Math.max(a.length, b.length); i++)
    for (let x = (a[i] ?? 0) ^ (b[i] ?? 0); x !== 0; x &= x - 1) bits++;
  return bits;
}
