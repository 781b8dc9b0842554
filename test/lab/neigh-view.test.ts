/** The same neighbours in the kernel and in a host of ours: `ip neigh` and what src/tools/neigh shows, side by side. */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as mac from "../../packets/mac.ts";
import { NeighbourState } from "../../src/stack/neighbour/neighbour-options.ts";
import { type NeighbourEntry, neighbourEntries, neighbourJson, neighbourText } from "../../src/tools/neigh/index.ts";
import { Bench, DATA, ip } from "../stack/support.ts";
import { needs } from "../support/privilege.ts";
import { until } from "../support/until.ts";
import { Wire } from "../support/wire.ts";

const SET = [
  ["10.0.0.5", "stale", NeighbourState.Stale],
  ["10.0.0.6", "reachable", NeighbourState.Reachable],
  ["10.0.0.7", "permanent", NeighbourState.Permanent],
  ["10.0.0.8", "noarp", NeighbourState.Noarp],
] as const;
const lladdr = (dst: string) => `02:00:00:00:00:0${dst.at(-1)}`;
/** Nobody is there. */
const ASKED = "10.0.0.9";
const NUMBERS = ["used", "confirmed", "updated"] as const;

const sorted = (entries: NeighbourEntry[]) => entries.sort((a, b) => a.dst.localeCompare(b.dst));
const lines = (text: string) => text.split("\n").sort();
/** iproute2 6.1 prints two spaces before `used` and none before `probes`; later ones may differ. */
const spaced = (text: string) => text.replace(/ {2,}/g, " ").replace(/(\d)probes/g, "$1 probes");
/** Seconds, which the two need not count at the same moment. */
const withoutNumbers = (text: string) =>
  text.replace(/\d+\/\d+\/\d+/g, "N/N/N").replace(/"(used|confirmed|updated)":\d+/g, '"$1":N');

needs({ netns: true, commands: ["ip", "ping"] }).describe("beside ip neigh", () => {
  let wire: Wire;
  const bench = new Bench({ addresses: ["10.0.0.1/24"] });
  // The kernel's interface has this name, and so has ours.
  const host = { link: { ...bench.host.link, name: "ve0" }, neighbours: () => bench.host.neighbours() };
  const ours = { ...host, neighbourOptions: bench.host.neighbourOptions };
  const theirs = (...args: string[]) =>
    wire.ve0.namespace.kernel.run(() => execFileSync("ip", [...args, "neigh"], { encoding: "utf8" }));

  beforeAll(() => {
    wire = new Wire();
    wire.ve0.addAddress("10.0.0.1/24");
    wire.ve0.namespace.ip(...SET.map(([dst, nud]) => `neigh add ${dst} lladdr ${lladdr(dst)} dev ve0 nud ${nud}`));
    for (const [dst, , state] of SET) bench.host.setNeighbour(dst, mac.parse(lladdr(dst))!, state);
  });
  afterAll(() => wire.close());

  /** What holds whatever has happened. */
  function compare(): void {
    for (const statistics of [false, true]) {
      const show = { statistics };
      const flags = statistics ? ["-s"] : [];
      const json = theirs("-j", ...flags);
      const entries = JSON.parse(json) as NeighbourEntry[];
      // As text: the members' order counts.
      const text = (all: NeighbourEntry[]) => withoutNumbers(JSON.stringify(sorted(all)));
      expect(text(JSON.parse(neighbourJson(ours, show)))).toBe(text(entries));
      expect(lines(withoutNumbers(neighbourText(ours, show)))).toEqual(lines(withoutNumbers(spaced(theirs(...flags)))));
      const mine = sorted(neighbourEntries(ours, show));
      for (const [i, entry] of sorted(entries).entries())
        for (const name of NUMBERS) {
          if (!statistics) expect(entry[name]).toBeUndefined();
          else expect(Math.abs(entry[name]! - mine[i]![name]!), `${entry.dst} ${name}`).toBeLessThanOrEqual(2);
        }
    }
  }

  test("set by hand, and asked for in vain", async () => {
    const ping = wire.start(wire.ve0, "ping", "-c", "1", "-W", "1", ASKED);
    await until(() => theirs().includes("INCOMPLETE"));
    bench.host.sendEcho(ip(ASKED), 1, 1, DATA);
    expect(neighbourText(ours)).toContain("10.0.0.9 dev ve0 INCOMPLETE \n");
    // Without what is never asked for.
    expect(neighbourText(ours)).not.toContain("10.0.0.8");
    compare();
    await until(() => theirs().includes("FAILED"), 10_000);
    bench.clock.advance(3200);
    expect(neighbourText(ours)).toContain("10.0.0.9 dev ve0 FAILED \n");
    compare();
    await ping.done;
    const all = { all: true };
    expect(neighbourText(ours, all)).toContain("10.0.0.8 dev ve0 lladdr 02:00:00:00:00:08 NOARP \n");
  }, 20_000);

  test("used, and so to be verified", async () => {
    const ping = wire.start(wire.ve0, "ping", "-c", "1", "-W", "1", "10.0.0.5");
    await until(() => theirs().includes("DELAY"));
    bench.host.sendEcho(ip("10.0.0.5"), 1, 1, DATA);
    expect(neighbourText(ours)).toContain("10.0.0.5 dev ve0 lladdr 02:00:00:00:00:05 DELAY \n");
    compare();
    await ping.done;
  }, 20_000);
});
