/** Linux's switches of ARP that make a host believe or answer more: what attacks make of them stays bounded. */
import { expect, test } from "vitest";
import type { ArpOptions } from "../../../src/stack/arp/arp-options.ts";
import { ATTACKS } from "../../../src/tools/attack/index.ts";
import { Siege } from "./siege.ts";

const FRAMES = 20_000;
const SECONDS = 20;

const run = (siege: Siege, name: string) => {
  const attack = ATTACKS.find((one) => one.name === name)!;
  return siege.run(attack, FRAMES, SECONDS);
};
const nothingLost = { honest: { lost: 0 }, own: { lost: 0 } };

test.each(["arp-replies", "arp-gratuitous"])(
  "arp_accept makes entries of %s, 1,024 at most, and pushes out nobody",
  (name) => {
    const siege = new Siege("host", { arpAccept: 1 });
    const outcome = run(siege, name);
    expect(outcome).toMatchObject({ ...nothingLost, requests: 0, drops: {} });
    expect(outcome.after.neighbours.entries).toBe(1024);
    expect(outcome.after.neighbours.evicted).toBeGreaterThan(FRAMES / 2 - 2048);
  },
);

test("drop_gratuitous_arp keeps them all out", () => {
  const arp: Partial<ArpOptions> = { arpAccept: 1, dropGratuitousArp: true };
  const outcome = run(new Siege("host", arp), "arp-gratuitous");
  expect(outcome).toMatchObject(nothingLost);
  expect(outcome.after.neighbours.entries).toBeLessThan(4);
});

test("a proxy answers so many as may wait, and drops the rest under a reason of its own", () => {
  const siege = new Siege("router", { proxyArp: true });
  const { answered, drops, after, ...outcome } = run(siege, "route-proxy");
  expect(outcome).toMatchObject(nothingLost);
  expect(Object.keys(drops)).toEqual(["arp-proxy-full"]);
  // 64 wait for 0.4 s on average: some 160 a second go out, and never more than 64 at once.
  expect(answered).toBeGreaterThan(64);
  expect(answered).toBeLessThan((SECONDS + 1) * 64 * 5);
  expect(drops["arp-proxy-full"]! + answered).toBeGreaterThan(FRAMES - 64 - 1);
  siege.wait(2);
  expect(siege.clock.pending).toBeLessThan(6);
  expect(after.neighbours.entries).toBeLessThanOrEqual(1024);
});
