/** What the kernel sends for a neighbour that does not answer, and what a host of ours does, under the same settings. */
import { afterAll, beforeAll, expect, test } from "vitest";
import * as arp from "../../packets/arp.ts";
import * as ethernet from "../../packets/ethernet.ts";
import * as address from "../../packets/ipv4-address.ts";
import * as mac from "../../packets/mac.ts";
import { LINUX_ARP } from "../../src/stack/arp/arp-options.ts";
import type { NeighbourOptions } from "../../src/stack/neighbour/neighbour-options.ts";
import { NeighbourState, neighbourStateName } from "../../src/stack/neighbour/neighbour-options.ts";
import { Bench, DATA, ip } from "../stack/support.ts";
import { needs } from "../support/privilege.ts";
import { until } from "../support/until.ts";
import { Wire } from "../support/wire.ts";

const KNOWN = "10.0.0.5";
const UNKNOWN = "10.0.0.6";
const MAC = Uint8Array.of(2, 0, 0, 0, 0, 5);
const RETRANS_MS = 100;

/** `10.0.0.6 all`, or the station that was asked. */
function requestText(frame: Uint8Array): string | null {
  if (ethernet.etherType(frame, 0) !== ethernet.EtherType.Arp || arp.operation(frame, 14) !== 1) return null;
  const target = address.format(arp.targetIp(frame, 14));
  // What the target's MAC is said to be counts as well: nothing.
  const tha = mac.isZero(frame, 14 + arp.THA) ? "" : ` tha ${mac.format(frame, 14 + arp.THA)}`;
  return `${target} ${mac.isBroadcast(frame, 0) ? "all" : mac.format(frame, 0)}${tha}`;
}

const collect = (texts: string[]) => (frame: Uint8Array) => {
  const text = requestText(frame);
  if (text !== null) texts.push(text);
};
const of = (dst: string, texts: string[]) => texts.filter((text) => text.startsWith(`${dst} `));

needs({ netns: true, commands: ["ping"] }).describe("a silent neighbour", () => {
  let wire: Wire;
  const theirs: string[] = [];

  beforeAll(() => {
    wire = new Wire();
    wire.ve0.addAddress("10.0.0.2/24");
    const take = collect(theirs);
    wire.openLink(wire.ve1).onFrames((batch) => {
      for (let i = 0; i < batch.count; i++)
        take(batch.buffer.slice(batch.offset[i]!, batch.offset[i]! + batch.length[i]!));
    });
    const { namespace } = wire.ve0;
    namespace.sysctl("net.ipv4.neigh.ve0.retrans_time_ms", RETRANS_MS);
    namespace.sysctl("net.ipv4.neigh.ve0.delay_first_probe_time", 1);
  });
  afterAll(() => wire.close());

  test.each([
    [3, 3, 0],
    [1, 2, 2],
    [0, 1, 1],
    [2, 4, 0],
  ])(
    "ucast_solicit %d, mcast_solicit %d, mcast_resolicit %d: the same requests, and it has failed",
    async (ucast, mcast, resolicit) => {
      const { namespace } = wire.ve0;
      theirs.length = 0;
      namespace.sysctl("net.ipv4.neigh.ve0.ucast_solicit", ucast);
      namespace.sysctl("net.ipv4.neigh.ve0.mcast_solicit", mcast);
      namespace.sysctl("net.ipv4.neigh.ve0.mcast_resolicit", resolicit);
      namespace.ip("neigh flush dev ve0", `neigh replace ${KNOWN} lladdr ${mac.format(MAC)} dev ve0 nud stale`);
      const pings = [KNOWN, UNKNOWN].map((dst) => wire.start(wire.ve0, "ping", "-c", "1", "-W", "1", dst));
      const states = () => new Map(namespace.neighbours().map(({ dst, state }) => [dst, state[0]]));
      await until(() => states().get(KNOWN) === "FAILED" && states().get(UNKNOWN) === "FAILED", 10_000);
      await Promise.all(pings.map(({ done }) => done));

      const neighbours: Partial<NeighbourOptions> = {
        retransMs: RETRANS_MS,
        delayFirstProbeMs: 1000,
        unicastRequests: ucast,
        broadcastRequests: mcast,
        rebroadcastRequests: resolicit,
      };
      const bench = new Bench({ neighbours, arp: LINUX_ARP });
      bench.host.setNeighbour(KNOWN, MAC, NeighbourState.Stale);
      for (const dst of [KNOWN, UNKNOWN]) bench.host.sendEcho(ip(dst), 1, 1, DATA);
      bench.clock.advance(5000);
      const mine: string[] = [];
      bench.seen.forEach(collect(mine));
      for (const dst of [KNOWN, UNKNOWN]) expect(of(dst, mine)).toEqual(of(dst, theirs));
      expect(of(KNOWN, mine)).toHaveLength(ucast + resolicit);
      expect(of(UNKNOWN, mine)).toHaveLength(mcast);
      expect(bench.host.neighbours().map(({ state }) => neighbourStateName(state))).toEqual(["failed", "failed"]);
    },
    20_000,
  );
});
