/** The proof that the conformance list can fail: each host with a fault is found by the scripts that must find it. */
import { describe, expect, test } from "vitest";
import { judge, openSimulated } from "../../src/script/index.ts";
import { readScripts } from "../support/scripts.ts";
import { ACD_FAULTS } from "./acd-faults.ts";
import { ARP_FAULTS } from "./arp-faults.ts";
import { ICMP_FAULTS } from "./icmp-faults.ts";
import { IPV4_FAULTS } from "./ipv4-faults.ts";
import { UDP_FAULTS } from "./udp-faults.ts";

const FAULTS = [...ARP_FAULTS, ...ACD_FAULTS, ...IPV4_FAULTS, ...ICMP_FAULTS, ...UDP_FAULTS];
const scripts = readScripts("conformance");
const byId = new Map(scripts.map((script) => [script.id, script]));

describe("a host that", () => {
  test.each(FAULTS.map((fault) => [fault.does, fault] as const))("%s", async (_, { red, make }) => {
    const green: string[] = [];
    for (const id of red) {
      const script = byId.get(id);
      if (script === undefined) throw new Error(`there is no script ${id}`);
      const { failure } = await judge(script, "simulated", (setup) => openSimulated(setup, make()));
      if (failure === null) green.push(id);
    }
    expect(green, "scripts that did not notice").toEqual([]);
  });
});

test("every script is found wanting by some fault, and numbers are unique", () => {
  expect(byId.size).toBe(scripts.length);
  const noticed = new Set(FAULTS.flatMap(({ red }) => red));
  const untested = scripts.filter(({ id, differs, skipped }) => {
    const isOurs = !differs.has("simulated") && !skipped.has("simulated");
    return isOurs && !noticed.has(id);
  });
  expect(untested.map(({ id }) => id)).toEqual([]);
});
