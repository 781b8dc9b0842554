/** The frames of attacks, apart from what a host does with them. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import * as ethernet from "../../../packets/ethernet.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import { ATTACKS, AttackSource, framesOf } from "../../../src/tools/attack/index.ts";
import { SCENE } from "./siege.ts";

const template = (mark: number, ...fields: number[]) => ({
  bytes: Uint8Array.of(mark, 0, 0),
  fields: fields.map((every) => ({
    offset: 1,
    width: 2 as const,
    variation: "inc" as const,
    count: 65_536,
    first: 0,
    every,
  })),
  checksums: [],
});

test("turns follow each other; a counter that stays for a whole turn is the round's number", () => {
  const source = new AttackSource([{ template: template(1, 1) }, { template: template(2, 3), repeat: 3 }], 1);
  expect(source.round).toBe(4);
  const buf = new Uint8Array(3);
  const seen = Array.from({ length: 9 }, (_, n) => {
    source.write(n, buf, 0);
    return [...buf].join(".");
  });
  expect(seen).toEqual(["1.0.0", "2.0.0", "2.0.0", "2.0.0", "1.0.1", "2.0.1", "2.0.1", "2.0.1", "1.0.2"]);
});

test("a million senders are a million, each with one MAC", () => {
  const source = framesOf(ATTACKS.find((one) => one.name === "arp-forged")!, SCENE, 1);
  const buf = new Uint8Array(64);
  const stations = new Map<string, string>();
  for (let n = 0; n < 1_000_000; n += 997) {
    source.write(n, buf, 0);
    const hex = Buffer.from(buf.subarray(6, 42)).toString("hex");
    // Ethernet source and ARP sender agree.
    expect(hex.slice(0, 12)).toBe(hex.slice(32, 44));
    stations.set(hex.slice(44, 52), hex.slice(0, 12));
  }
  expect(stations.size).toBe(Math.ceil(1_000_000 / 997));
  expect(new Set(stations.values()).size).toBe(stations.size);
});

test("headers that vary have right checksums, unless the attack is that they have not", () => {
  // The last one has no datagram at all: nobody is to look so far.
  const wrong = new Set(["ip-broken", "garbage", "ethernet-broken", "other-station"]);
  const buf = new Uint8Array(2048);
  for (const attack of ATTACKS) {
    if (wrong.has(attack.name)) continue;
    const source = framesOf(attack, SCENE, 7);
    for (let n = 0; n < 2 * Math.min(source.round, 500); n++) {
      source.write(n, buf, 0);
      if (ethernet.etherType(buf, 0) !== ethernet.EtherType.Ipv4) continue;
      expect(ipv4.checksumOk(buf, 14), `${attack.name}, frame ${n}`).toBe(true);
    }
  }
});

test("making frames allocates nothing", () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  const buf = new Uint8Array(2048);
  const names = ["arp-forged", "echo-forged", "frag-needed", "fragment-tiny", "fragment-large"];
  for (const name of names) {
    const source = framesOf(ATTACKS.find((one) => one.name === name)!, SCENE, 1);
    let least = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < 6; attempt++) {
      gc();
      const before = process.memoryUsage().heapUsed;
      for (let n = 0; n < 20_000; n++) source.write(n, buf, 0);
      least = Math.min(least, (process.memoryUsage().heapUsed - before) / 20_000);
    }
    expect(least, name).toBeLessThan(1);
  }
});
