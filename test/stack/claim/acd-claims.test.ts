/** Claims that meet (RFC 5227), and the claim as an object. */
import { describe, expect, test } from "vitest";
import * as ipv4 from "../../../packets/ipv4-address.ts";
import { type SimulatedLink, SimulatedWire } from "../../../src/link/simulated.ts";
import type { Defence } from "../../../src/stack/claim/acd-options.ts";
import { VirtualClock } from "../../../src/stack/clock.ts";
import { Host } from "../../../src/stack/host.ts";
import type { StackEvent } from "../../../src/stack/observer.ts";
import { seededRandom } from "../../../src/stack/random.ts";
import { DATA, ip, PEER_IP } from "../support.ts";
import { bench, purposes, rivalProbe, WANTED } from "./acd-support.ts";

describe("several hosts", () => {
  function segment(count: number, seeds: number[], latencyMs = 0.05) {
    const clock = new VirtualClock();
    const wire = new SimulatedWire({ clock, latencyMs });
    return {
      clock,
      hosts: Array.from({ length: count }, (_, i) => {
        const link = wire.attach({ name: `ve${i}` });
        const random = seededRandom(seeds[i] ?? i);
        return new Host(link, { addresses: [], mac: Uint8Array.of(2, 0, 0, 0, 1, i), clock, random });
      }),
    };
  }

  test("two that start together: never both; the first to probe is stopped by the other's probe, or the other by it", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 50; seed++) {
      const { clock, hosts } = segment(2, [2 * seed, 2 * seed + 1]);
      const claims = hosts.map((host) => host.claim("10.0.0.9/24"));
      clock.advance(20_000);
      const states = claims.map(({ state }) => state).sort();
      seen.add(states.join());
      expect(states).not.toEqual(["claimed", "claimed"]);
    }
    // 2.1.1: whoever hears the other's probe gives up; the other then finds nobody.
    expect([...seen]).toEqual(["claimed,conflict"]);
  });

  test("two whose probes cross on the way both give up", () => {
    const { clock, hosts } = segment(2, [1, 1]);
    const claims = hosts.map((host) => host.claim("10.0.0.9/24"));
    clock.advance(20_000);
    expect(claims.map(({ state }) => state)).toEqual(["conflict", "conflict"]);
  });

  test("one that has the address keeps it, the other finds it taken", () => {
    const { clock, hosts } = segment(2, [1, 2]);
    const [first, second] = hosts as [Host, Host];
    const kept = first.claim("10.0.0.9/24");
    clock.advance(20_000);
    const refused = second.claim("10.0.0.9/24");
    clock.advance(20_000);
    expect([kept.state, refused.state]).toEqual(["claimed", "conflict"]);
    expect(refused.rival).toEqual(first.mac);
  });

  /** Two hosts, each with the same address on a segment of its own, and what joins the two. */
  function separate(defences: readonly Defence[]) {
    const clock = new VirtualClock();
    const wires = defences.map(() => new SimulatedWire({ clock }));
    const hosts = wires.map((wire, i) => {
      const random = seededRandom(i);
      return new Host(wire.attach(), { addresses: [], mac: Uint8Array.of(2, 0, 0, 0, 1, i), clock, random });
    });
    const claims = hosts.map((host, i) => host.claim("10.0.0.9/24", { defence: defences[i]! }));
    clock.advance(20_000);
    expect(claims.map(({ state }) => state)).toEqual(["claimed", "claimed"]);
    const crossed: Uint8Array[] = [];
    const join = () => {
      const [left, right] = wires.map((wire) => wire.attach()) as [SimulatedLink, SimulatedLink];
      for (const [from, to] of [
        [left, right],
        [right, left],
      ] as const)
        from.onFrames((batch) => {
          for (let i = 0; i < batch.count; i++) {
            const frame = batch.buffer.slice(batch.offset[i]!, batch.offset[i]! + batch.length[i]!);
            crossed.push(frame);
            to.tx.set(frame, to.reserve(frame.length));
            to.commit(frame.length);
          }
          to.flush();
        });
    };
    return { clock, hosts, claims, crossed, join };
  }

  test.each([
    ["once", "once", ["claimed", "lost"]],
    ["always", "once", ["claimed", "lost"]],
    // The first has seen one conflict alone, and the second keeps quiet for DEFEND_INTERVAL.
    ["once", "always", ["claimed", "claimed"]],
    ["once", "never", ["claimed", "lost"]],
    ["never", "never", ["claimed", "lost"]],
    ["always", "always", ["claimed", "claimed"]],
  ] as const)("two segments that meet, the first host asks (%s, %s): %j, and no endless loop", (a, b, expected) => {
    const { clock, hosts, claims, crossed, join } = separate([a, b]);
    join();
    hosts[0]!.sendEcho(PEER_IP, 1, 1, DATA);
    clock.advance(2_500);
    expect(claims.map(({ state }) => state)).toEqual(expected);
    // Three requests, and at most one announcement of each in DEFEND_INTERVAL.
    expect(purposes(crossed).filter((what) => what === "announcement").length).toBeLessThanOrEqual(2);
    crossed.length = 0;
    clock.advance(3_600_000);
    expect(crossed.length).toBeLessThan(5);
  });
});

describe("the object", () => {
  test("every transition is told, to observers and listeners alike", () => {
    const one = bench();
    const states: string[] = [];
    const claim = one.host.claim("10.0.0.9/24", { onChange: ({ state }) => states.push(state) });
    one.clock.advance(10_000);
    claim.release();
    expect(states).toEqual(["waiting", "probing", "announcing", "claimed", "released"]);
    const told = one.events.flatMap((event: StackEvent) =>
      event.type === "claim-changed" ? [`${event.from} -> ${event.to}`] : [],
    );
    expect(told).toEqual([
      "new -> waiting",
      "waiting -> probing",
      "probing -> announcing",
      "announcing -> claimed",
      "claimed -> released",
    ]);
    expect(one.events.flatMap((event) => (event.type === "claim-waits" ? [`${event.ms} ${event.for}`] : []))).toEqual([
      "0 first-probe",
      "1000 next-probe",
      "1000 next-probe",
      "2000 announcement",
      "2000 next-announcement",
    ]);
    expect(one.events.flatMap((event) => (event.type === "arp-request-sent" ? [event.attempt] : []))).toEqual([
      1, 2, 3, 1, 2,
    ]);
  });

  test.each([
    ["waiting", 0],
    ["probing", 0],
    ["announcing", 4],
    ["claimed", 5],
  ] as const)("given back by a listener at %s, it is silent from then on", (when, frames) => {
    const one = bench();
    const claim = one.host.claim("10.0.0.9/24", {
      onChange: (changed) => {
        if (changed.state === when) changed.release();
      },
    });
    one.clock.advance(10_000);
    expect(claim.state).toBe("released");
    expect(one.seen).toHaveLength(frames);
    expect(one.clock.pending).toBe(0);
    expect(one.host.identity.owns(WANTED)).toBe(false);
    expect(one.host.claims()).toEqual([]);
  });

  test.each([1, 2, 3, 4, 5])(
    "given back by an observer while frame %d is sent, it is silent from then on",
    (frames) => {
      const one = bench();
      const claim = one.host.claim("10.0.0.9/24");
      let sent = 0;
      one.host.observe(({ type }) => {
        if (type === "arp-request-sent" && ++sent === frames) claim.release();
      });
      one.clock.advance(10_000);
      expect(claim.state).toBe("released");
      expect(one.seen).toHaveLength(frames);
      expect(one.clock.pending).toBe(0);
      expect(one.host.identity.owns(WANTED)).toBe(false);
    },
  );

  test("outcome: true as soon as it may be used, false when it comes to nothing", async () => {
    const one = bench();
    expect(await one.clock.until(one.host.claim("10.0.0.9/24").outcome())).toBe(true);
    expect(one.clock.now()).toBe(4_000);
    const other = one.host.claim("10.0.0.10/24").outcome();
    one.send(rivalProbe(ip("10.0.0.10")));
    expect(await other).toBe(false);
  });

  test("closing the host ends its claims and leaves no timer", () => {
    const one = bench();
    const claim = one.host.claim("10.0.0.9/24");
    one.clock.advance(1_500);
    one.host.close();
    expect(claim.state).toBe("released");
    expect(one.clock.pending).toBe(0);
    expect(() => one.host.claim("10.0.0.10/24")).toThrow("the host is closed");
  });

  test.each([
    ["10.0.0.2/24", "10.0.0.2 is this host's already"],
    ["10.0.0.9/24", "10.0.0.9 is being claimed already"],
    ["10.0.0.255", "10.0.0.255 cannot be a host's address"],
    ["10.0.1.255/24", "10.0.1.255 cannot be a host's address"],
    ["224.0.0.1", "224.0.0.1 cannot be a host's address"],
    ["nonsense", "nonsense is no IPv4 address: write it as 10.0.0.2/24"],
  ])("%s: %s", (address, message) => {
    const one = bench({ addresses: ["10.0.0.2/24"] });
    one.host.claim("10.0.0.9/24");
    expect(() => one.host.claim(address)).toThrow(message);
  });

  test("the network of a claimed address is on the link, and goes with it", () => {
    const one = bench({ addresses: ["192.168.5.1/24"] });
    const before = one.host.routes.list();
    const claim = one.host.claim("10.0.0.9/24");
    one.clock.advance(4_001);
    expect(one.host.routes.nextHop(PEER_IP)).toBe(PEER_IP);
    expect(one.host.identity.isBroadcast(ip("10.0.0.255"))).toBe(true);
    claim.release();
    expect(one.host.routes.list()).toEqual(before);
    expect(one.host.identity.isBroadcast(ip("10.0.0.255"))).toBe(false);
    expect(ipv4.format(one.host.identity.sourceFor(PEER_IP))).toBe("192.168.5.1");
  });
});
