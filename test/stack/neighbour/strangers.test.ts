/** What strangers make a host resolve leaves it room for what it wants itself. */
import { describe, expect, test } from "vitest";
import * as ipv4 from "../../../packets/ipv4.ts";
import { SimulatedWire } from "../../../src/link/simulated.ts";
import { VirtualClock } from "../../../src/stack/clock.ts";
import { Host } from "../../../src/stack/host.ts";
import { NeighbourState } from "../../../src/stack/neighbour/neighbour-options.ts";
import { seededRandom } from "../../../src/stack/random.ts";
import { Router } from "../../../src/stack/router/router.ts";
import { SendResult } from "../../../src/stack/send-result.ts";
import { arpFrame, Bench, DATA, echoFrame, ip } from "../support.ts";

const LIMIT = 64;
const unlimited = { perSecond: 1e6, burst: 1e6 };

/** UDP to a closed port in the name of address number `n` of the network: the error to it needs ARP. */
const forged = (n: number) =>
  echoFrame({
    src: ip("10.0.0.16") + n,
    protocol: ipv4.Protocol.Udp,
    payload: new Uint8Array([0, 9, 0, 9, 0, 8, 0, 0]),
  });

describe("errors to sources that nobody has", () => {
  function flooded(): Bench {
    const bench = new Bench({ neighbours: { limit: LIMIT, queueBytes: 40_000 }, errors: unlimited });
    bench.send(...Array.from({ length: 200 }, (_, n) => forged(n)));
    return bench;
  }

  test("take half the table, and half the memory for what waits", () => {
    const bench = flooded();
    const incomplete = bench.host.neighbours().filter((one) => one.state === NeighbourState.Incomplete);
    expect(incomplete).toHaveLength(LIMIT / 2);
    const waiting = incomplete.reduce((sum, one) => sum + one.waiting, 0);
    expect(waiting).toBe(Math.ceil(Math.floor(40_000 / 1514) / 2));
    expect(bench.host.stats().neighbours.refused).toBe(200 - LIMIT / 2);
  });

  test("and leave the host its own: it asks for others, keeps what waits for them, and learns who asks it", () => {
    const bench = flooded();
    for (let n = 0; n < 10; n++) expect(bench.host.sendEcho(ip("10.0.0.240") + n, 1, 1, DATA)).toBe(SendResult.Waiting);
    bench.send(arpFrame({ spa: ip("10.0.0.230"), sha: Uint8Array.of(2, 0, 0, 0, 0, 0x77) }));
    const known = bench.host.neighbours().find((one) => one.ip === ip("10.0.0.230"));
    expect(known).toMatchObject({ state: NeighbourState.Stale });
  });

  test("again when those before have failed", () => {
    const bench = flooded();
    bench.clock.advance(4000);
    const incomplete = () => bench.host.neighbours().filter((one) => one.state === NeighbourState.Incomplete).length;
    expect(incomplete()).toBe(0);
    bench.send(...Array.from({ length: 200 }, (_, n) => forged(199 - n)));
    expect(incomplete()).toBe(LIMIT / 2);
  });
});

describe("a router that is told to resolve a whole network", () => {
  function flooded() {
    const clock = new VirtualClock();
    const [left, right] = [new SimulatedWire({ clock }), new SimulatedWire({ clock })];
    const shared = { clock, random: seededRandom(1) };
    const neighbours = { limit: LIMIT };
    const router = new Router(
      [
        { link: left.attach(), addresses: ["10.0.1.1/24"], neighbours },
        { link: right.attach(), addresses: ["10.1.0.1/16"], neighbours },
      ],
      shared,
    );
    const outside = new Host(left.attach(), { addresses: ["10.0.1.2/24"], gateway: "10.0.1.1", ...shared });
    const inside = ["10.1.0.7", "10.1.0.8"].map(
      (address) => new Host(right.attach(), { addresses: [`${address}/16`], gateway: "10.1.0.1", ...shared }),
    );
    const flood = () => {
      for (let n = 0; n < 300; n++) outside.sendEcho(ip("10.1.128.0") + n, 1, n, DATA);
      clock.advance(10);
    };
    return { clock, router, outside, inside, flood };
  }

  test("goes on with whom it knows, learns who asks it, and reaches others itself", async () => {
    const { clock, router, outside, inside, flood } = flooded();
    expect(await clock.until(outside.echo("10.1.0.7"))).toHaveProperty("rttNs");
    flood();
    expect(await clock.until(outside.echo("10.1.0.7"))).toHaveProperty("rttNs");
    // It answers from the entry that the inner host's own request made.
    flood();
    expect(await clock.until(inside[1]!.echo("10.0.1.2"))).toHaveProperty("rttNs");
    flood();
    expect(await clock.until(router.echo("10.1.0.8"))).toHaveProperty("rttNs");
    const { drops } = router.stats().interfaces[0]!;
    expect(drops["neighbours-full"]).toBeGreaterThan(500);
  });
});
