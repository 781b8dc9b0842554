/**
 * Two hosts and a router between them, on wires that lose, repeat, delay and corrupt, for days of virtual time, with calls of
 * the programming interface in any order. Whatever happens, some things hold.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ImpairedLink, type Impairment } from "../../src/link/impair/index.ts";
import { SimulatedWire } from "../../src/link/simulated.ts";
import { VirtualClock } from "../../src/stack/clock.ts";
import { Host } from "../../src/stack/host.ts";
import { seededRandom } from "../../src/stack/random.ts";
import { Router } from "../../src/stack/router/router.ts";
import { isSent } from "../../src/stack/send-result.ts";
import type { UdpSocket } from "../../src/stack/udp.ts";
import { ip } from "./support.ts";

const LEFT = ip("10.0.1.2");
const RIGHT = ip("10.0.2.2");
const ADDRESSES = [
  "10.0.1.2",
  "10.0.2.2",
  "10.0.1.1",
  "10.0.2.1",
  "10.0.1.9",
  "10.0.2.255",
  "10.9.9.9",
  "255.255.255.255",
];
const PORT = 7;
/** Longer than anything waits: a minute for fragments, and what neighbours take. */
const SETTLED_MS = 600_000;

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      from: fc.nat(1),
      size: fc.nat(9_000),
      discovery: fc.constantFrom("want", "do", "dont", "probe"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("echo" as const),
      from: fc.nat(1),
      to: fc.nat(ADDRESSES.length - 1),
      size: fc.nat(4_000),
      ttl: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("claim" as const), from: fc.nat(1), last: fc.integer({ min: 3, max: 6 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("release" as const), from: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("forget" as const), from: fc.nat(1) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("static" as const), from: fc.nat(1), state: fc.constantFrom(2, 3, 7, 8) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("carrier" as const), from: fc.nat(1), up: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.oneof(fc.nat(50), fc.nat(60_000), fc.nat(86_400_000)),
    }),
  },
);

const impairment: fc.Arbitrary<Impairment> = fc.record({
  loss: fc.record({ model: fc.constant("random" as const), percent: fc.constantFrom(0, 5, 40) }),
  duplicate: fc.record({ percent: fc.constantFrom(0, 0, 20) }),
  delay: fc.record({ ms: fc.constantFrom(0, 5), jitterMs: fc.constantFrom(0, 5) }),
  corrupt: fc.record({ percent: fc.constantFrom(0, 0, 10) }),
});

const limits = fc.record({
  limit: fc.constantFrom(1, 2, 1_024),
  queueLimit: fc.constantFrom(1, 3, 101),
  mtus: fc.tuple(fc.constantFrom(68, 576, 1_500, 9_000), fc.constantFrom(68, 576, 1_500, 9_000)),
});

/** A datagram's data: its number, then bytes that follow from it. */
function dataOf(number: number, size: number): Uint8Array {
  const data = new Uint8Array(4 + size);
  for (let i = 0; i < data.length; i++) data[i] = i < 4 ? number >>> (24 - 8 * i) : number + 31 * i;
  return data;
}

test("days of anything: no exception, no wrong data, nothing twice, no timer left, all memory given back", () => {
  let inFragments = 0;
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 5, maxLength: 60 }),
      impairment,
      limits,
      fc.nat(0xffff_ffff),
      (steps, impaired, { limit, queueLimit, mtus }, seed) => {
        const clock = new VirtualClock();
        const wires = mtus.map((mtu) => new SimulatedWire({ clock, mtu }));
        const neighbours = { limit, queueLimit };
        const cables = wires.map((wire) => wire.attach());
        const ends = cables.map(
          (cable, i) => new ImpairedLink(cable, { clock, seed: seed + i, out: impaired, in: impaired }),
        );
        const random = seededRandom(seed);
        const hosts = ends.map(
          (link, i) =>
            new Host(link, {
              addresses: [`10.0.${i + 1}.2/24`],
              gateway: `10.0.${i + 1}.1`,
              clock,
              random,
              neighbours,
              observer: () => {},
            }),
        );
        const router = new Router(
          wires.map((wire, i) => ({ link: wire.attach(), addresses: [`10.0.${i + 1}.1/24`], neighbours })),
          { clock, random },
        );
        const isCorrupt = (impaired.corrupt?.percent ?? 0) > 0;
        const isDoubled = (impaired.duplicate?.percent ?? 0) > 0;
        const sent = new Map<number, number>();
        const seen = new Map<number, number>();
        const wrong: string[] = [];
        const sockets: UdpSocket[] = hosts.map((host) =>
          host.openUdp(
            {
              onMessage({ buffer, offset, length }) {
                const data = buffer.subarray(offset, offset + length);
                const number = new DataView(data.buffer, data.byteOffset).getInt32(0);
                seen.set(number, (seen.get(number) ?? 0) + 1);
                const size = sent.get(number);
                if (size === undefined || Buffer.compare(data, dataOf(number, size)) !== 0)
                  wrong.push(`${number}: ${length}`);
              },
            },
            { port: PORT },
          ),
        );
        for (const [number, one] of steps.entries()) {
          if (one.do === "wait") {
            clock.advance(one.ms);
            continue;
          }
          const host = hosts[one.from]!;
          if (one.do === "send") {
            const to = one.from === 0 ? RIGHT : LEFT;
            sent.set(number, one.size);
            const discovery = one.discovery as "want";
            const result = sockets[one.from]!.send(to, PORT, dataOf(number, one.size), { discovery });
            if (!isSent(result)) sent.delete(number);
          } else if (one.do === "echo") {
            void host.echo(ADDRESSES[one.to]!, { size: one.size, ttl: one.ttl });
          } else if (one.do === "claim") {
            const address = `10.0.${one.from + 1}.${one.last}/24`;
            const isTaken =
              host.identity.owns(ip(address.slice(0, -3))) ||
              host.claims().some(({ prefix }) => prefix.address === ip(address.slice(0, -3)));
            if (!isTaken) host.claim(address);
          } else if (one.do === "release") host.claims()[0]?.release();
          else if (one.do === "forget") host.forgetNeighbours();
          else if (one.do === "static")
            host.setNeighbour(`10.0.${one.from + 1}.1`, router.hosts[one.from]!.mac, one.state);
          else cables[one.from]!.setUp(one.up);
          const { entries } = host.stats().neighbours;
          expect(entries).toBeLessThanOrEqual(limit);
        }
        clock.advance(SETTLED_MS);
        // UDP's checksum is 16 bits, and in fragments a fragment of another datagram may pass: not here.
        if (!isCorrupt) expect(wrong).toEqual([]);
        if (!isDoubled && !isCorrupt) expect([...seen.values()].filter((times) => times > 1)).toEqual([]);
        for (const host of [...hosts, ...router.hosts]) {
          const { received, drops, reassembly, neighbours: cache } = host.stats();
          const dropped = Object.values(drops).reduce((a, b) => a + b, 0);
          expect(dropped).toBeLessThanOrEqual(received);
          expect(reassembly).toMatchObject({ pending: 0, bytes: 0 });
          expect(cache.entries).toBeLessThanOrEqual(limit);
          for (const { waiting, state } of host.neighbours()) if (state !== 1) expect(waiting).toBe(0);
        }
        for (const host of hosts) host.close();
        router.close();
        for (const number of seen.keys()) {
          const one = steps[number]!;
          if (one.do === "send" && one.size + 32 > mtus[one.from]!) inFragments++;
        }
        clock.advance(1);
        expect(clock.pending).toBe(0);
      },
    ),
    { numRuns: 80 },
  );
  // Not for want of any.
  expect(inFragments).toBeGreaterThan(0);
});
