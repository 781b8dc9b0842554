/** As whom the kernel asks, and as whom a host of ours does, under arp_announce; and what arp_notify makes both say. */
import { afterAll, beforeAll, expect, test } from "vitest";
import * as arp from "../../packets/arp.ts";
import { toHex } from "../../packets/bytes.ts";
import * as ethernet from "../../packets/ethernet.ts";
import * as address from "../../packets/ipv4-address.ts";
import { type Link, SimulatedWire } from "../../src/index.ts";
import { LINUX_ARP } from "../../src/stack/arp/arp-options.ts";
import { VirtualClock } from "../../src/stack/clock.ts";
import { Host } from "../../src/stack/host.ts";
import { seededRandom } from "../../src/stack/random.ts";
import { Router } from "../../src/stack/router/router.ts";
import { DATA, ip } from "../stack/support.ts";
import { needs } from "../support/privilege.ts";
import { until } from "../support/until.ts";
import { Wire } from "../support/wire.ts";

const HERE = ["10.0.0.2/16", "10.0.0.3/24", "192.168.9.1/24"];
const ELSEWHERE = ["10.9.0.1/24"];
const SOURCES = [...HERE, ...ELSEWHERE].map((one) => one.split("/")[0]!);
/** On the first network alone, on the first two, on the third. */
const TARGETS = ["10.0.7.", "10.0.0.", "192.168.9."];
const LEVELS = [0, 1, 2] as const;

/** The ARP requests among what a link receives. */
function requestsOf(link: Link): Uint8Array[] {
  const requests: Uint8Array[] = [];
  link.onFrames((batch) => {
    for (let i = 0; i < batch.count; i++) {
      const bytes = batch.buffer.slice(batch.offset[i]!, batch.offset[i]! + batch.length[i]!);
      if (ethernet.etherType(bytes, 0) === ethernet.EtherType.Arp && arp.operation(bytes, 14) === 1)
        requests.push(bytes);
    }
  });
  return requests;
}

/** Every source asks for an address of its own in every target network: who asked for it? */
const CASES = LEVELS.flatMap((level) =>
  SOURCES.flatMap((source, s) =>
    TARGETS.map((prefix, t) => ({ level, source, target: `${prefix}${100 + level * 30 + s * 5 + t}` })),
  ),
);

needs({ netns: true, commands: ["ping"] }).describe("asking as Linux asks", () => {
  let wire: Wire;
  let requests: Uint8Array[];

  beforeAll(() => {
    wire = new Wire();
    const { ve0, ve1, lab } = wire;
    lab.addPair(
      { name: "vx0", namespace: ve0.namespace, address: ELSEWHERE[0]!, up: true },
      { name: "vx1", namespace: lab.addNamespace("behind"), up: true },
    );
    for (const one of HERE) ve0.addAddress(one);
    requests = requestsOf(wire.openLink(ve1));
  });
  afterAll(() => wire.close());

  test("arp_announce: the same address of ours in the request", async () => {
    const theirs = new Map<string, string>();
    const mine = new Map<string, string>();
    const clock = new VirtualClock();
    const [near, far] = [0, 1].map(() => new SimulatedWire({ clock }));
    const seen = requestsOf(near!.attach({ name: "peer" }));
    const router = new Router(
      [
        { link: near!.attach({ name: "ve0" }), addresses: HERE, arp: LINUX_ARP },
        { link: far!.attach({ name: "vx0" }), addresses: ELSEWHERE, arp: LINUX_ARP },
      ],
      { clock, random: seededRandom(1) },
    );
    const sockets = new Map(SOURCES.map((one) => [one, router.openUdp({ onMessage() {} }, { address: ip(one) })]));
    for (const { level, source, target } of CASES) {
      const name = `${level}: a packet from ${source} to ${target}`;
      const asked = (one: Uint8Array) => arp.targetIp(one, 14) === ip(target);
      const sender = (all: Uint8Array[]) => address.format(arp.senderIp(all.find(asked)!, 14));
      wire.ve0.namespace.sysctl("net.ipv4.conf.ve0.arp_announce", level);
      const ping = wire.start(wire.ve0, "ping", "-c", "1", "-W", "1", "-I", source, target);
      await until(() => requests.some(asked));
      ping.child.kill("SIGKILL");
      await ping.done;
      theirs.set(name, sender(requests));
      router.hosts[0]!.arp = { arpAnnounce: level };
      sockets.get(source)!.send(ip(target), 9, DATA);
      clock.advance(1);
      mine.set(name, sender(seen));
    }
    expect(Object.fromEntries(mine)).toEqual(Object.fromEntries(theirs));
    // The levels do differ.
    expect(
      new Set(
        LEVELS.map((level) =>
          [...mine]
            .filter(([key]) => key.startsWith(`${level}`))
            .map(([, v]) => v)
            .join(),
        ),
      ).size,
    ).toBe(3);
  }, 30_000);

  test("arp_notify: the same announcements when the interface comes up", async () => {
    const { ve0 } = wire;
    ve0.down();
    ve0.namespace.sysctl("net.ipv4.conf.ve0.arp_notify", 1);
    requests.length = 0;
    ve0.up();
    await until(() => requests.length >= HERE.length);
    const host = ethernet.parse(requests[0]!);
    if (typeof host === "number") throw new Error("no frame");
    const clock = new VirtualClock();
    const simulated = new SimulatedWire({ clock });
    const seen = requestsOf(simulated.attach({ name: "peer" }));
    const link = simulated.attach({ name: "ve0" });
    new Host(link, { addresses: HERE, mac: host.src, arp: { arpNotify: true }, clock });
    clock.advance(1);
    expect(seen.map((bytes) => toHex(bytes))).toEqual(requests.map((bytes) => toHex(bytes)));
  });
});
