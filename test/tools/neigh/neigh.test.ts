import { describe, expect, test } from "vitest";
import { SimulatedWire } from "../../../src/link/simulated.ts";
import { VirtualClock } from "../../../src/stack/clock.ts";
import { NeighbourState } from "../../../src/stack/neighbour/neighbour-options.ts";
import { seededRandom } from "../../../src/stack/random.ts";
import { Router } from "../../../src/stack/router/router.ts";
import { neighbourEntries, neighbourJson, neighbourText } from "../../../src/tools/neigh/index.ts";
import { arpFrame, Bench, DATA, ip, PEER_IP, PEER_MAC } from "../../stack/support.ts";

const MAC = Uint8Array.of(2, 0, 0, 0, 0, 7);
const SHOW = { statistics: true };

describe("a neighbour's life", () => {
  test("as lines", () => {
    const bench = new Bench();
    const line = () => neighbourText(bench.host, SHOW);
    expect(line()).toBe("");
    bench.host.sendEcho(PEER_IP, 1, 1, DATA);
    bench.clock.advance(1500);
    expect(line()).toBe("10.0.0.1 dev ve1 ref 1 used 1/61/1 probes 5 INCOMPLETE \n");
    bench.send(arpFrame({ oper: 2 }, bench.host.mac));
    bench.clock.advance(7000);
    expect(line()).toBe("10.0.0.1 dev ve1 lladdr 02:00:00:00:00:aa ref 1 used 8/7/7 probes 5 REACHABLE \n");
    bench.clock.advance(45_000);
    expect(line()).toMatch(/^10\.0\.0\.1 dev ve1 lladdr 02:00:00:00:00:aa used 53\/52\/\d+ probes 5 STALE \n$/);
    bench.host.sendEcho(PEER_IP, 1, 2, DATA);
    bench.clock.advance(5900);
    expect(line()).toBe("10.0.0.1 dev ve1 lladdr 02:00:00:00:00:aa ref 1 used 5/57/0 probes 1 PROBE \n");
    bench.clock.advance(3000);
    expect(line()).toBe("10.0.0.1 dev ve1 used 8/60/0 probes 3 FAILED \n");
    expect(neighbourText(bench.host)).toBe("10.0.0.1 dev ve1 FAILED \n");
  });

  test("as objects", () => {
    const bench = new Bench();
    bench.send(arpFrame());
    bench.clock.advance(10_000);
    expect(neighbourJson(bench.host)).toBe(
      '[{"dst":"10.0.0.1","dev":"ve1","lladdr":"02:00:00:00:00:aa","state":["STALE"]}]\n',
    );
    expect(neighbourJson(bench.host, SHOW)).toBe(
      '[{"dst":"10.0.0.1","dev":"ve1","lladdr":"02:00:00:00:00:aa","used":10,"confirmed":70,"updated":10,"probes":0,"state":["STALE"]}]\n',
    );
  });
});

test("nobody: an empty list, no line", () => {
  const { host } = new Bench();
  expect(neighbourJson(host)).toBe("[]\n");
  expect(neighbourText(host)).toBe("");
});

test("who is never asked for is shown if asked for", () => {
  const { host } = new Bench();
  host.setNeighbour("10.0.0.7", MAC, NeighbourState.Noarp);
  expect(neighbourEntries(host)).toEqual([]);
  expect(neighbourEntries(host, { all: true })).toMatchObject([{ dst: "10.0.0.7", state: ["NOARP"] }]);
});

test("a router's interfaces, one after the other", () => {
  const clock = new VirtualClock();
  const interfaces = [1, 2].map((i) => ({
    link: new SimulatedWire({ clock }).attach({ name: `ve${i}` }),
    addresses: [`10.0.${i}.1/24`],
  }));
  const router = new Router(interfaces, { clock, random: seededRandom(1) });
  router.hosts[1]!.setNeighbour("10.0.2.7", MAC);
  router.hosts[0]!.setNeighbour(ip("10.0.1.7"), PEER_MAC);
  expect(neighbourText(router.hosts)).toBe(
    "10.0.1.7 dev ve1 lladdr 02:00:00:00:00:aa PERMANENT \n10.0.2.7 dev ve2 lladdr 02:00:00:00:00:07 PERMANENT \n",
  );
});
