/** Linux's ARP switches on the virtual clock; test/lab/arp-switches.test.ts holds them against the kernel. */
import { describe, expect, test } from "vitest";
import * as arp from "../../../packets/arp.ts";
import * as mac from "../../../packets/mac.ts";
import { type SimulatedLink, SimulatedWire } from "../../../src/link/simulated.ts";
import { ARP_DEFAULTS, type ArpOptions, LINUX_ARP } from "../../../src/stack/arp/arp-options.ts";
import { VirtualClock } from "../../../src/stack/clock.ts";
import { describe as describeEvent } from "../../../src/stack/describe.ts";
import type { Host } from "../../../src/stack/host.ts";
import { neighbourStateName } from "../../../src/stack/neighbour/neighbour-options.ts";
import { seededRandom } from "../../../src/stack/random.ts";
import { Router } from "../../../src/stack/router/router.ts";
import { type ArpFields, arpFrame, Bench, DATA, HOST_IP, HOST_MAC, ip, PEER_IP, PEER_MAC } from "../support.ts";

const MOVED = Uint8Array.of(2, 0, 0, 0, 0, 0xcc);
const BEHIND = ip("10.9.0.7");

const known = (host: Host) =>
  host.neighbours().map((one) => `${neighbourStateName(one.state)} ${one.mac === null ? "?" : mac.format(one.mac)}`);
/** The addresses that replies are for. */
const told = (frames: Uint8Array[]) => frames.map((bytes) => arp.senderIp(bytes, 14));

test("unless told, a host does what it did", () => {
  expect(new Bench().host.arp).toEqual(ARP_DEFAULTS);
});

describe("arp_ignore", () => {
  const ask = (arpIgnore: number, fields: ArpFields = {}) => {
    const bench = new Bench({ addresses: ["10.0.0.2/24", "192.168.9.2/24"], arp: { arpIgnore } });
    const answers = bench.send(arpFrame(fields));
    return { answered: answers.length === 1, drops: bench.drops(), known: known(bench.host) };
  };

  test.each([0, 1, 2, 3])("%d: who is on our network is answered", (level) => {
    expect(ask(level)).toEqual({ answered: true, drops: {}, known: [`stale ${mac.format(PEER_MAC)}`] });
  });

  test("2: who is not on the network of the address that he asks for is neither answered nor learnt", () => {
    const fields = { tpa: ip("192.168.9.2") };
    expect(ask(1, fields).answered).toBe(true);
    expect(ask(2, fields)).toEqual({ answered: false, drops: { "arp-ignored": 1 }, known: [] });
  });

  test("8: nobody is, but who probes is not either", () => {
    expect(ask(8)).toEqual({ answered: false, drops: { "arp-ignored": 1 }, known: [] });
    expect(ask(8, { spa: 0 })).toEqual({ answered: false, drops: { "arp-ignored": 1 }, known: [] });
  });
});

describe("arp_accept", () => {
  const learns = (arpAccept: 0 | 1 | 2, fields: ArpFields, to = mac.BROADCAST) => {
    const bench = new Bench({ arp: { ...LINUX_ARP, arpAccept } });
    bench.send(arpFrame(fields, to));
    return known(bench.host);
  };
  const announcement = (spa: string) => ({ spa: ip(spa), tpa: ip(spa) });

  test("0: a gratuitous ARP makes no entry", () => expect(learns(0, announcement("10.0.0.1"))).toEqual([]));
  test("1: it does", () => expect(learns(1, announcement("172.16.0.1"))).toEqual([`stale ${mac.format(PEER_MAC)}`]));
  test("2: if it comes from our network", () => {
    expect(learns(2, announcement("10.0.0.1"))).toEqual([`stale ${mac.format(PEER_MAC)}`]);
    expect(learns(2, announcement("172.16.0.1"))).toEqual([]);
  });
  test("1: a reply to us alone that nobody asked for makes one that is reachable", () => {
    expect(learns(1, { oper: 2, tha: HOST_MAC }, HOST_MAC)).toEqual([`reachable ${mac.format(PEER_MAC)}`]);
    expect(learns(0, { oper: 2, tha: HOST_MAC }, HOST_MAC)).toEqual([]);
  });
  test("1: somebody's request for somebody else makes none", () => {
    expect(learns(1, { tpa: ip("10.0.0.9") })).toEqual([]);
  });
});

test("drop_gratuitous_arp: an entry stays as it is", () => {
  const bench = new Bench({ arp: { dropGratuitousArp: true } });
  bench.send(arpFrame());
  bench.send(arpFrame({ sha: MOVED, tpa: PEER_IP }, mac.BROADCAST, MOVED));
  expect(known(bench.host)).toEqual([`stale ${mac.format(PEER_MAC)}`]);
  expect(bench.drops()).toEqual({ "arp-gratuitous": 1 });
});

describe("whose rules", () => {
  const request = arpFrame({ sha: MOVED }, mac.BROADCAST, MOVED);

  test("ours: the lock time holds for whoever asks us", () => {
    const bench = new Bench();
    bench.send(arpFrame(), request);
    expect(known(bench.host)).toEqual([`stale ${mac.format(PEER_MAC)}`]);
  });

  test("Linux's: who asks us is believed at once, who answers is not", () => {
    const bench = new Bench({ arp: LINUX_ARP });
    bench.send(arpFrame(), request);
    expect(known(bench.host)).toEqual([`stale ${mac.format(MOVED)}`]);
    bench.send(arpFrame({ oper: 2, tha: HOST_MAC }, HOST_MAC));
    expect(known(bench.host)).toEqual([`stale ${mac.format(MOVED)}`]);
  });

  test("locktime 0: who answers is believed, too", () => {
    const bench = new Bench({ arp: LINUX_ARP, neighbours: { lockMs: 0 } });
    bench.send(arpFrame(), request, arpFrame({ oper: 2, tha: HOST_MAC }, HOST_MAC));
    expect(known(bench.host)).toEqual([`reachable ${mac.format(PEER_MAC)}`]);
  });
});

describe("arp_announce", () => {
  const addresses = ["10.0.0.2/24", "10.0.0.3/24", "192.168.9.1/24"];
  const asks = (arpAnnounce: 0 | 1 | 2, from: string) => {
    const bench = new Bench({ addresses, arp: { arpAnnounce } });
    bench.host.openUdp({}, { address: ip(from) }).send(PEER_IP, 9, DATA);
    bench.clock.advance(1);
    return arp.senderIp(bench.seen[0]!, 14);
  };

  test.each([
    [0, "10.0.0.3", "10.0.0.3"],
    [0, "192.168.9.1", "192.168.9.1"],
    [1, "10.0.0.3", "10.0.0.3"],
    [1, "192.168.9.1", "10.0.0.2"],
    [2, "10.0.0.3", "10.0.0.2"],
    [2, "192.168.9.1", "10.0.0.2"],
  ] as const)("%d: for a packet from %s as %s", (level, from, as) => {
    expect(asks(level, from)).toBe(ip(as));
  });

  test("a packet that names no source is asked for as the address that it will have", () => {
    const bench = new Bench({ addresses, arp: { arpAnnounce: 0 } });
    bench.host.sendEcho(ip("192.168.9.7"), 1, 1, DATA);
    bench.clock.advance(1);
    expect(arp.senderIp(bench.seen[0]!, 14)).toBe(ip("192.168.9.1"));
  });
});

describe("when the link goes down and comes up", () => {
  test("arp_notify: all addresses are announced, at the beginning and again", () => {
    const bench = new Bench({ addresses: ["10.0.0.2/24", "10.0.0.3/24"], arp: { arpNotify: true } });
    bench.clock.advance(1);
    const announced = () =>
      bench.seen.splice(0).map((bytes) => `${arp.purpose(bytes, 14)} ${arp.senderIp(bytes, 14) & 0xff}`);
    expect(announced()).toEqual(["announcement 2", "announcement 3"]);
    bench.link.setUp(false);
    bench.link.setUp(true);
    bench.clock.advance(1);
    expect(announced()).toEqual(["announcement 2", "announcement 3"]);
    bench.host.arp = { arpNotify: false };
    bench.link.setUp(false);
    bench.link.setUp(true);
    bench.clock.advance(1);
    expect(announced()).toEqual([]);
  });

  test.each([
    [true, []],
    [false, [`stale ${mac.format(PEER_MAC)}`]],
  ])("arp_evict_nocarrier %s", (arpEvictNocarrier, left) => {
    const bench = new Bench({ arp: { arpEvictNocarrier } });
    bench.send(arpFrame());
    bench.link.setUp(false);
    expect(known(bench.host)).toEqual(left);
  });
});

/** A router between 10.0.0/24, where a bare end asks, and 10.9.0/24. */
class Between {
  readonly clock = new VirtualClock();
  readonly router: Router;
  readonly peer: SimulatedLink;
  readonly seen: Uint8Array[] = [];
  readonly seenAt: number[] = [];
  readonly lines: string[] = [];

  constructor(near: Partial<ArpOptions>, far: Partial<ArpOptions> = {}, forwarding = true) {
    const [left, right] = [0, 1].map(() => new SimulatedWire({ clock: this.clock }));
    this.peer = left!.attach({ name: "peer", mac: PEER_MAC });
    this.peer.onFrames((batch) => {
      for (let i = 0; i < batch.count; i++) {
        this.seen.push(batch.buffer.slice(batch.offset[i]!, batch.offset[i]! + batch.length[i]!));
        this.seenAt.push(this.clock.now());
      }
    });
    this.router = new Router(
      [
        { link: left!.attach({ name: "ve0" }), addresses: ["10.0.0.2/24"], mac: HOST_MAC, arp: near },
        { link: right!.attach({ name: "ve1" }), addresses: ["10.9.0.1/24"], arp: far },
      ],
      {
        clock: this.clock,
        random: seededRandom(1),
        forwarding,
        observer: (event) => this.lines.push(describeEvent(event)),
      },
    );
  }

  ask(fields: ArpFields, to = mac.BROADCAST, ms = 1): Uint8Array[] {
    const before = this.seen.length;
    const bytes = arpFrame({ tpa: BEHIND, ...fields }, to);
    const off = this.peer.reserve(bytes.length);
    this.peer.tx.set(bytes, off);
    this.peer.commit(bytes.length);
    this.peer.flush();
    this.clock.advance(ms);
    return this.seen.slice(before);
  }
}

describe("proxy ARP (RFC 1027)", () => {
  const now = { proxyArp: true, proxyDelayMs: 0 };

  test("a router answers for what is behind it with its own MAC address, and learns who asks", () => {
    const net = new Between(now);
    const [answer] = net.ask({});
    expect(arp.parse(answer!, 14)).toMatchObject({ oper: 2, sha: HOST_MAC, spa: BEHIND, tha: PEER_MAC, tpa: PEER_IP });
    expect(known(net.router.hosts[0]!)).toEqual([`stale ${mac.format(PEER_MAC)}`]);
    expect(net.lines).toContain("ARP: told 10.0.0.1 (02:00:00:00:00:aa) to send what is for 10.9.0.7 here");
  });

  test.each([
    ["unless told", {}, {}],
    ["for what is on the same link", now, { tpa: ip("10.0.0.9") }],
    ["for what no way leads to", now, { tpa: ip("192.0.2.1") }],
    ["who probes", now, { spa: 0 }],
    ["for a broadcast address", now, { tpa: ip("10.9.0.255") }],
    ["for a group", now, { tpa: ip("224.0.0.9") }],
    ["with medium_id -1", { ...now, mediumId: -1 }, {}],
  ])("nobody is answered: %s", (_, options, fields) => {
    expect(new Between(options).ask(fields)).toEqual([]);
  });

  test("nor by a router that passes nothing on", () => {
    expect(new Between(now, {}, false).ask({})).toEqual([]);
  });

  test("medium_id: not for what is on the same medium", () => {
    expect(new Between({ ...now, mediumId: 5 }, { mediumId: 5 }).ask({})).toEqual([]);
    expect(new Between({ ...now, mediumId: 5 }, { mediumId: 6 }).ask({})).toHaveLength(1);
  });

  test("a way elsewhere makes the difference, also a new one", () => {
    const net = new Between(now);
    const other = { tpa: ip("192.0.2.1") };
    net.router.addRoute("192.0.2.0/24", "10.9.0.99");
    expect(told(net.ask(other))).toEqual([other.tpa]);
    net.router.addRoute("192.0.2.0/24", "10.0.0.99");
    net.router.routes.remove({ address: ip("192.0.2.0"), length: 24 }, (route) => route.out === 1);
    expect(net.ask(other)).toEqual([]);
  });

  test("proxy_arp_pvlan: also for what is on the same link (RFC 3069), but for nobody's own address", () => {
    const net = new Between({ proxyArpPvlan: true, proxyDelayMs: 0 });
    expect(told(net.ask({ tpa: ip("10.0.0.9") }))).toEqual([ip("10.0.0.9")]);
    expect(net.ask({ tpa: PEER_IP })).toEqual([]);
    expect(net.ask({})).toEqual([]);
  });

  test("chosen addresses: by a router where it would pass the packets on", () => {
    const net = new Between({ proxies: ["10.9.0.7", "10.0.0.9", "192.0.2.0/24"], proxyDelayMs: 0 });
    expect(told(net.ask({}))).toEqual([BEHIND]);
    expect(net.ask({ tpa: ip("10.9.0.8") })).toEqual([]);
    expect(net.ask({ tpa: ip("10.0.0.9") })).toEqual([]);
    expect(net.ask({ tpa: ip("192.0.2.1") })).toEqual([]);
  });

  test("by a host in any case", () => {
    const bench = new Bench({ arp: { proxies: ["10.0.0.128/25"], proxyDelayMs: 0 } });
    const ask = (last: number, fields: ArpFields = {}) =>
      bench.send(arpFrame({ tpa: ip(`10.0.0.${last}`), ...fields }));
    expect(told([...ask(127), ...ask(128), ...ask(200), ...ask(2)])).toEqual(
      [128, 200, 2].map((last) => ip(`10.0.0.${last}`)),
    );
    // Who has it announces it, or probes for it.
    expect(ask(200, { spa: ip("10.0.0.200") })).toEqual([]);
    expect(ask(200, { spa: 0 })).toEqual([]);
  });

  test("told not to answer ARP, it does not answer for others either", () => {
    const bench = new Bench({ answer: { arp: false }, arp: { proxies: ["10.0.0.9"], proxyDelayMs: 0 } });
    expect(bench.send(arpFrame({ tpa: ip("10.0.0.9") }))).toEqual([]);
    expect(bench.drops()).toEqual({ "arp-off": 1 });
  });

  describe("proxy_delay", () => {
    test("who asks everybody waits up to 0.8 s, each for a time of his own; who asks us alone does not", () => {
      const net = new Between({ proxyArp: true });
      expect(net.ask({}, HOST_MAC)).toHaveLength(1);
      net.seenAt.length = 0;
      for (let i = 0; i < 50; i++)
        net.ask({ spa: ip(`10.0.0.${100 + i}`), sha: Uint8Array.of(2, 0, 0, 0, 1, i) }, undefined, 0.1);
      expect(net.seenAt).toEqual([]);
      net.clock.advance(1000);
      expect(net.seenAt).toHaveLength(50);
      const times = net.seenAt.map((time) => time - 1);
      expect(Math.max(...times)).toBeLessThan(806);
      expect(Math.min(...times)).toBeLessThan(200);
      expect(new Set(times).size).toBe(50);
      // Each got his own answer.
      const receivers = net.seen.slice(1).map((bytes) => `${arp.targetIp(bytes, 14) & 0xff} ${bytes[5]}`);
      expect(receivers.sort()).toEqual(Array.from({ length: 50 }, (_, i) => `${100 + i} ${i}`).sort());
    });

    test("proxy_qlen: so many wait at most", () => {
      const net = new Between({ proxyArp: true, proxyQlen: 5 });
      for (let i = 0; i < 8; i++) net.ask({}, undefined, 0.1);
      net.clock.advance(1000);
      expect(net.seen).toHaveLength(5);
      expect(net.router.hosts[0]!.stats().drops).toEqual({ "arp-proxy-full": 3 });
      expect(net.ask({}, undefined, 1000)).toHaveLength(1);
    });

    test("what leads elsewhere no longer is not answered when its time comes", () => {
      const net = new Between({ proxyArp: true });
      net.ask({}, undefined, 0.1);
      net.router.forwarding = { forwarding: false };
      net.clock.advance(1000);
      expect(net.seen).toEqual([]);
    });

    test("closing forgets who waits", () => {
      const net = new Between({ proxyArp: true });
      net.ask({}, undefined, 0.1);
      net.router.close();
      expect(net.clock.pending).toBe(0);
      net.clock.advance(1000);
      expect(net.seen).toEqual([]);
    });
  });
});

describe("arp_filter", () => {
  test("who is reached through another interface is not answered", () => {
    const net = new Between({ arpFilter: true });
    expect(net.ask({ tpa: HOST_IP })).toHaveLength(1);
    expect(net.ask({ tpa: HOST_IP, spa: ip("10.9.0.50") })).toEqual([]);
    expect(net.router.hosts[0]!.stats().drops).toEqual({ "arp-ignored": 1 });
    expect(new Between({}).ask({ tpa: HOST_IP, spa: ip("10.9.0.50") })).toHaveLength(1);
  });
});

test("arp_ignore 1 on a router: only for addresses of the interface asked at", () => {
  const other = { tpa: ip("10.9.0.1") };
  expect(new Between({}).ask(other)).toHaveLength(1);
  expect(new Between({ arpIgnore: 1 }).ask(other)).toEqual([]);
});

test("switches are changed while running, by what is named", () => {
  const bench = new Bench();
  expect(bench.send(arpFrame())).toHaveLength(1);
  bench.host.arp = { arpIgnore: 8 };
  bench.host.arp = { arpAccept: 1 };
  expect(bench.host.arp).toEqual({ ...ARP_DEFAULTS, arpIgnore: 8, arpAccept: 1 });
  expect(bench.send(arpFrame())).toEqual([]);
  bench.host.arp = { arpIgnore: 0 };
  expect(bench.send(arpFrame())).toHaveLength(1);
});

test.each([
  [{ arpIgnore: 9 }, "arpIgnore is a whole number from 0 to 8, not 9"],
  [{ arpAccept: 3 as 2 }, "arpAccept is a whole number from 0 to 2, not 3"],
  [{ proxyQlen: -1 }, "proxyQlen is a whole number from 0 to 65536, not -1"],
  [{ proxyDelayMs: Number.NaN }, "proxyDelayMs is a time of 0 or more, not NaN"],
  [{ proxies: ["10.0.0"] }, "10.0.0 is no IPv4 network: write it as 10.0.9.0/24"],
])("a value that there is not: %j", (given, message) => {
  const bench = new Bench();
  expect(() => {
    bench.host.arp = given;
  }).toThrow(new RangeError(message));
  expect(bench.host.arp).toEqual(ARP_DEFAULTS);
});
