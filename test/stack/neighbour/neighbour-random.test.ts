/** The neighbour cache under any sequence of what can happen to it: what holds at every moment. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../../src/stack/clock.ts";
import { NeighbourCache } from "../../../src/stack/neighbour/neighbour.ts";
import { NeighbourState, type SettableState } from "../../../src/stack/neighbour/neighbour-options.ts";
import { seededRandom } from "../../../src/stack/random.ts";

const HIGH = 0x0200;
const FRAME = 100;
const LIMIT = 6;
const SLOTS = 8;
const RETRANS_MS = 300;
const GC_STALE_MS = 4000;

const { Incomplete, Reachable, Stale, Delay, Probe, Permanent, Noarp } = NeighbourState;

const ip = fc.integer({ min: 1, max: 9 });
const low = fc.integer({ min: 1, max: 3 });
const operation = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      ip,
      byUs: fc.boolean(),
      length: fc.integer({ min: 1, max: FRAME + 1 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("learn" as const),
      ip,
      low,
      insert: fc.boolean(),
      confirms: fc.boolean(),
      override: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("confirm" as const), ip, low }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("set" as const),
      ip,
      low,
      state: fc.constantFrom<SettableState>(Permanent, Noarp, Reachable, Stale),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("remove" as const), ip }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 1500 }) }) },
  { weight: 1, arbitrary: fc.constant({ do: "look" as const }) },
);

test("whatever happens: bounds are kept, no packet is lost uncounted, nobody in use is pushed out by strangers", () => {
  fc.assert(
    fc.property(
      fc.array(operation, { minLength: 40, maxLength: 160 }),
      fc.constantFrom(0, 500),
      fc.constantFrom(0, 3),
      (operations, gcIntervalMs, gcThresh1) => {
        const clock = new VirtualClock();
        const asked = new Map<number, number>();
        let [tried, sent, failed] = [0, 0, 0];
        let byHand = false;
        const cache: NeighbourCache = new NeighbourCache(
          clock,
          seededRandom(1),
          {
            solicit(target) {
              // RFC 1122, 2.3.2.1. An entry removed by hand takes its memory of the last request with it.
              const last = asked.get(target);
              if (last !== undefined) expect(clock.now() - last).toBeGreaterThanOrEqual(RETRANS_MS);
              asked.set(target, clock.now());
            },
            transmit: () => void sent++,
            unreachable: () => void failed++,
            failed: () => {},
            changed(target, from, to) {
              expect(from).not.toBe(to);
              // So does one that was set to noarp by hand, which may be pushed out at any time.
              if (to === 0 && (byHand || from === Noarp)) asked.delete(target);
            },
          },
          FRAME,
          {
            limit: LIMIT,
            queueBytes: SLOTS * FRAME,
            queueLimit: 4,
            queueBytesEach: 3 * FRAME,
            retransMs: RETRANS_MS,
            baseReachableMs: 2000,
            delayFirstProbeMs: 100,
            gcStaleMs: GC_STALE_MS,
            gcIntervalMs,
            gcThresh1,
            gcThresh2: 5,
          },
        );
        const isActive = ({ state, usedMs }: { state: number; usedMs: number | null }) =>
          state === Incomplete ||
          state === Delay ||
          state === Probe ||
          state === Permanent ||
          ((state === Reachable || state === Stale) && usedMs !== null && usedMs < GC_STALE_MS);

        for (const one of operations) {
          cache.touch();
          byHand = one.do === "remove";
          if (one.do === "wait") clock.advance(one.ms);
          else if (one.do === "look") cache.list();
          else if (one.do === "remove") cache.remove(one.ip);
          else if (one.do === "confirm") cache.confirm(one.ip, HIGH, one.low);
          else if (one.do === "set") cache.set(one.ip, Uint8Array.of(2, 0, 0, 0, 0, one.low), one.state);
          else if (one.do === "learn") {
            const active = cache
              .list()
              .filter(isActive)
              .map((view) => view.ip);
            cache.learn(one.ip, HIGH, one.low, one.insert, one.confirms, one.override);
            const after = new Set(cache.list().map((view) => view.ip));
            for (const address of active) expect(after.has(address)).toBe(true);
          } else {
            const slot = cache.use(one.ip, 0, one.byUs);
            if (slot >= 0 && !cache.usable(slot)) {
              tried++;
              cache.enqueue(slot, one.length, one.byUs);
            }
          }
          const all = cache.list();
          const waiting = all.reduce((sum, view) => sum + view.waiting, 0);
          expect(all.length).toBeLessThanOrEqual(LIMIT);
          expect(cache.stats().entries).toBe(all.length);
          expect(waiting).toBeLessThanOrEqual(SLOTS);
          expect(sent + failed + waiting + cache.stats().queueDropped).toBe(tried);
          for (const view of all) {
            expect(view.waiting).toBeLessThanOrEqual(4);
            // Packets wait for who is being asked for, and for nobody else.
            if (view.waiting > 0) expect(view.state).toBe(Incomplete);
            expect(view.mac === null).toBe(view.state === Incomplete || view.state === NeighbourState.Failed);
          }
        }
        // All memory is there again.
        byHand = true;
        for (let address = 1; address <= 9; address++) cache.remove(address);
        expect(cache.stats().entries).toBe(0);
        clock.advance(RETRANS_MS);
        for (const address of [1, 2, 3]) {
          const slot = cache.use(address);
          for (let i = 0; i < 3; i++) cache.enqueue(slot, FRAME);
        }
        expect(cache.list().reduce((sum, view) => sum + view.waiting, 0)).toBe(SLOTS);
        cache.close();
        expect(clock.pending).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
});
