/**
 * An attacker's hour, simulated: every attack in turn, 3,600 seconds in all, while an honest host and the target ping each
 * other once a second.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { beforeAll, describe, expect, test } from "vitest";
import { dropName } from "../../../src/stack/drop.ts";
import { ICMP_ERROR_DEFAULTS } from "../../../src/stack/icmp/icmp-errors.ts";
import { ATTACKS, type Attack, framesOf, totalBound } from "../../../src/tools/attack/index.ts";
import { type Outcome, SCENE, Siege } from "./siege.ts";

const HOUR_MS = 3_600_000;
const FRAMES = 6_000;
/** Where it is the number that makes the attack, or the limit that it meets. */
const MORE: Readonly<Record<string, number>> = {
  "arp-forged": 1_000_000,
  "udp-spread": 160_000,
  "fragment-first": 100_000,
  "route-ttl": 100_000,
};
/** A poisoned entry is used for as long as it counts as confirmed, then verified: 45 + 5 + 3 s at most. */
const RECOVERY_SECONDS = 55;
/** Attacks in so many names that the limit for one address does not hold them; fragments may time out in the next one. */
const IN_MANY_NAMES = new Set(["udp-forged", "udp-spread", "fragment-first", "fragment-collide", "fragment-whole"]);

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

function memory(): number {
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe.each(["host", "router"] as const)("an hour against a %s", (aims) => {
  const attacks = ATTACKS.filter((one) => aims === "router" || one.aims === "host");
  const outcomes = new Map<string, Outcome & { readonly grown: number }>();
  let siege: Siege;

  beforeAll(() => {
    siege = new Siege(aims);
    // Compiled code and first uses are no attack's doing.
    for (const attack of attacks) siege.run(attack, 200, 2);
    siege.wait(RECOVERY_SECONDS);
    const start = siege.clock.now();
    const before = memory();
    const seconds = Math.ceil((HOUR_MS / 1000 - RECOVERY_SECONDS) / attacks.length);
    for (const attack of attacks) {
      // A million once is enough: what a router makes of ARP is the same code.
      const more = aims === "host" || attack.aims === "router" ? MORE[attack.name] : undefined;
      const outcome = siege.run(attack, more ?? FRAMES, seconds);
      outcomes.set(attack.name, { ...outcome, grown: memory() - before });
      if (attack.name === "arp-poison") siege.wait(RECOVERY_SECONDS);
    }
    expect(siege.clock.now() - start).toBeGreaterThanOrEqual(HOUR_MS);
  }, 120_000);

  test.each(attacks)("$name", (attack) => {
    const outcome = outcomes.get(attack.name)!;
    const { frames, received, drops, answered, forwarded, kept, errors, honest, own, seconds, grown } = outcome;
    // What goes through the poisoned entry is lost: the target's own requests, and what a router passes on to the victim.
    // An answer goes back to the station that asked.
    const isPoisoned = attack.name === "arp-poison";
    if (!isPoisoned || aims === "host") expect(honest).toMatchObject({ asked: seconds, lost: 0 });
    if (!isPoisoned) expect(own).toMatchObject({ asked: seconds, lost: 0 });
    expect(received).toBeGreaterThanOrEqual(frames);

    const allowed = attack.drops.map(dropName);
    // Who looks for somebody else asks everybody: no attack's doing.
    const counted = Object.entries(drops).filter(([name]) => name !== "arp-not-for-us" || allowed.includes(name));
    expect(counted.map(([name]) => name).filter((name) => !allowed.includes(name))).toEqual([]);
    const dropped = counted.reduce((sum, [, n]) => sum + n, 0);
    // What the host used beside the attack's frames is the honest pings: answered, or passed on, half in three fragments.
    const { large } = honest;
    const honestly = 2 * (seconds + 2 * large);
    if (attack.uses === "nothing") expect(dropped).toBe(frames);
    if (attack.uses === "answers") expect(dropped + answered - (aims === "host" ? seconds : 0)).toBe(frames);
    if (attack.uses === "fragments") expect(dropped + kept - (aims === "host" ? 3 * large : 0)).toBe(frames);
    if (attack.uses === "forwards") expect(dropped + forwarded - honestly).toBe(frames);

    const { perSecond, burst } = ICMP_ERROR_DEFAULTS;
    expect(errors).toBeLessThanOrEqual(burst + perSecond * (seconds + 1));
    if (!IN_MANY_NAMES.has(attack.name)) expect(errors).toBeLessThan(4 * (seconds + 7));
    expect(grown).toBeLessThan(totalBound());
  });

  test("every overlap loses its datagram, with what comes after it", () => {
    const overlaps = (name: string) => outcomes.get(name)!.drops["fragment-overlap"];
    // The second of two; the second and third of three.
    expect(overlaps("teardrop")).toBe(FRAMES / 2);
    expect(overlaps("fragment-overlap")).toBe(Math.floor((2 * FRAMES) / 3));
  });

  test.each(["arp-forged", "arp-replies", "arp-conflict", "echo-forged"])("%s: no neighbour is pushed out", (name) => {
    // Whoever is in use would have to be asked for again.
    expect(outcomes.get(name)!.requests).toBe(0);
  });

  test("tables keep their limits", () => {
    for (const { after } of outcomes.values()) {
      expect(after.neighbours.entries).toBeLessThanOrEqual(1024);
      expect(after.reassembly!.bytes).toBeLessThanOrEqual(4 << 20);
      expect(after.reassembly!.pending).toBeLessThanOrEqual((4 << 20) / 1500);
    }
    const redirects = siege.target.routes.list().filter((one) => one.origin === "redirect");
    expect(redirects.length).toBeLessThanOrEqual(1024);
  });

  test("afterwards nothing is left to do, and everybody is reached", () => {
    siege.wait(RECOVERY_SECONDS + 30);
    expect(siege.wait(10)).toMatchObject({ honest: { asked: 10, lost: 0 }, own: { asked: 10, lost: 0 } });
    expect(siege.target.stats().reassembly!.pending).toBe(0);
    // The wire's own, and a neighbour's that is being verified.
    expect(siege.clock.pending).toBeLessThan(6);
  });
});

test("a permanent entry is not poisoned; another one is, and recovers", () => {
  const poison = ATTACKS.find((one) => one.name === "arp-poison")!;
  const open = new Siege("host");
  expect(open.run(poison, 2000, 20).own.lost).toBeGreaterThan(15);
  open.wait(RECOVERY_SECONDS);
  expect(open.wait(5).own.lost).toBe(0);
  const guarded = new Siege("host");
  guarded.target.setNeighbour("10.0.0.5", SCENE.victim.mac);
  expect(guarded.run(poison, 2000, 20).own.lost).toBe(0);
});

test("the same seed makes the same frames, another seed others; nothing but what varies is different", () => {
  const frames = (attack: Attack, seed: number) => {
    const source = framesOf(attack, SCENE, seed);
    const buf = new Uint8Array(2048).fill(0xee);
    return Array.from({ length: 3 * Math.min(source.round, 100) }, (_, n) => {
      source.write(n, buf, 0);
      return Buffer.from(buf.subarray(0, source.length(n))).toString("hex");
    });
  };
  const dice = new Set(["echo-forged", "garbage", "redirect", "udp-forged", "fragment-first"]);
  for (const attack of ATTACKS) {
    const once = frames(attack, 1);
    expect(frames(attack, 1)).toEqual(once);
    if (dice.has(attack.name)) expect(frames(attack, 2)).not.toEqual(once);
  }
  expect(new Set(ATTACKS.map((one) => one.name)).size).toBe(ATTACKS.length);
});
