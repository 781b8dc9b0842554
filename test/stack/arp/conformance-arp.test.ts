/** The ARP lines of docs/conformance that a host without address-conflict machinery must keep, numbered as there. */
import { describe, expect, test } from "vitest";
import * as arp from "../../../packets/arp.ts";
import { toHex } from "../../../packets/bytes.ts";
import { EtherType } from "../../../packets/ethernet.ts";
import * as mac from "../../../packets/mac.ts";
import { neighbourStateName } from "../../../src/stack/neighbour/neighbour-options.ts";
import { arpFrame, arpPacket, Bench, DATA, frame, HOST_IP, HOST_MAC, ip, PEER_IP, PEER_MAC } from "../support.ts";

const known = (bench: Bench) =>
  bench.host.neighbours().map((n) => `${neighbourStateName(n.state)} ${n.mac === null ? "?" : mac.format(n.mac)}`);
const PEER = mac.format(PEER_MAC);

describe("1. RFC 826: hardware type, protocol type and lengths are checked; the operation is looked at last", () => {
  test.each([
    [arp.HTYPE + 1, 6, "arp-format"],
    [arp.PTYPE, 0x86, "arp-format"],
    [arp.HLEN, 8, "arp-format"],
    [arp.PLEN, 16, "arp-format"],
    [arp.OPER + 1, 24, "arp-operation"],
    [arp.OPER, 255, "arp-operation"],
  ])("byte %d as %d: %s", (at, value, reason) => {
    const bench = new Bench();
    const bytes = arpFrame();
    bytes[14 + at] = value;
    expect(bench.send(bytes)).toEqual([]);
    expect(bench.drops()).toEqual({ [reason]: 1 });
    expect(known(bench)).toEqual([]);
  });

  test("padding after the packet is ignored", () => {
    const bench = new Bench();
    const padded = new Uint8Array(60);
    padded.set(arpFrame());
    const [answer] = bench.send(padded);
    expect(answer).toHaveLength(42);
  });

  test("what is too short is dropped", () => {
    const bench = new Bench();
    expect(bench.send(arpFrame().slice(0, 41), arpFrame().slice(0, 20), arpFrame().slice(0, 13))).toEqual([]);
    expect(bench.drops()).toEqual({ "arp-truncated": 2, "frame-malformed": 1 });
  });
});

describe("2. RFC 826: merge, insert if we are the target, answer with the fields swapped, unicast", () => {
  test("the answer, byte for byte", () => {
    const bench = new Bench();
    const [answer] = bench.send(arpFrame());
    expect(toHex(answer!)).toBe(
      `${toHex(PEER_MAC)}${toHex(HOST_MAC)}0806` +
        `0001080006040002${toHex(HOST_MAC)}0a000002${toHex(PEER_MAC)}0a000001`,
    );
    expect(bench.drops()).toEqual({});
  });

  test("who asks us is learnt", () => {
    const bench = new Bench();
    bench.send(arpFrame());
    expect(known(bench)).toEqual([`stale ${PEER}`]);
  });

  test("who asks somebody else is not learnt", () => {
    const bench = new Bench();
    expect(bench.send(arpFrame({ tpa: ip("10.0.0.77") }))).toEqual([]);
    expect(known(bench)).toEqual([]);
    expect(bench.drops()).toEqual({ "arp-not-for-us": 1 });
  });

  test("who is known and asks somebody else is brought up to date", () => {
    const bench = new Bench();
    bench.send(arpFrame());
    bench.clock.advance(2000);
    const moved = Uint8Array.of(2, 0, 0, 0, 0, 0xcc);
    bench.send(arpFrame({ sha: moved, tpa: ip("10.0.0.77") }, mac.BROADCAST, moved));
    expect(known(bench)).toEqual([`stale ${mac.format(moved)}`]);
  });

  test("a request sent to us alone is answered too, and answers go to the sender's hardware address", () => {
    const bench = new Bench();
    const sha = Uint8Array.of(2, 0, 0, 0, 0, 0xdd);
    const [answer] = bench.send(arpFrame({ sha }, HOST_MAC));
    expect(mac.equal(answer!, 0, sha, 0)).toBe(true);
  });

  test("a host with several addresses answers for each", () => {
    const bench = new Bench({ addresses: ["10.0.0.2/24", "10.0.0.3/24", "192.168.9.1/24"] });
    const answers = bench.send(
      ...["10.0.0.2", "10.0.0.3", "192.168.9.1", "10.0.0.4"].map((target) => arpFrame({ tpa: ip(target) })),
    );
    expect(answers.map((answer) => arp.senderIp(answer, 14))).toEqual(["10.0.0.2", "10.0.0.3", "192.168.9.1"].map(ip));
  });

  test("told not to answer, it learns and keeps silent", () => {
    const bench = new Bench({ answer: { arp: false } });
    expect(bench.send(arpFrame())).toEqual([]);
    expect(bench.drops()).toEqual({ "arp-off": 1 });
    expect(known(bench)).toEqual([`stale ${PEER}`]);
  });
});

describe("4-6. RFC 1122 2.3.2 and 2.4: asking", () => {
  test("one request a second, sender and target filled in, target hardware address zero", () => {
    const bench = new Bench();
    for (let i = 0; i < 25; i++) {
      bench.host.sendEcho(PEER_IP, 1, i, DATA);
      bench.clock.advance(100);
    }
    expect(bench.seen).toHaveLength(3);
    expect(bench.seenAt.map(Math.floor)).toEqual([0, 1000, 2000]);
    const own = toHex(HOST_MAC);
    expect(toHex(bench.seen[0]!)).toBe(`ffffffffffff${own}08060001080006040001${own}0a0000020000000000000a000001`);
  });

  test("what waits is sent when the answer comes, in order", () => {
    const bench = new Bench();
    for (let seq = 1; seq <= 3; seq++) bench.host.sendEcho(PEER_IP, 1, seq, DATA);
    bench.clock.advance(10);
    const sent = bench.send(arpFrame({ oper: 2, tha: HOST_MAC }, HOST_MAC));
    expect(sent.map((bytes) => bytes[41])).toEqual([1, 2, 3]);
    expect(sent.every((bytes) => mac.equal(bytes, 0, PEER_MAC, 0))).toBe(true);
    expect(known(bench)).toEqual([`reachable ${PEER}`]);
  });

  test("no entry is no reason to report unreachable; three unanswered requests are", () => {
    const bench = new Bench();
    const errors: string[] = [];
    const socket = bench.host.openEcho({
      onReply: () => {},
      onError: (error) => errors.push(`${bench.clock.now()} ${error.icmpType}/${error.icmpCode} ${error.seq}`),
    });
    socket.send(PEER_IP, 5, DATA);
    bench.clock.advance(2999);
    expect(errors).toEqual([]);
    bench.clock.advance(1);
    expect(errors).toEqual(["3000 3/1 5"]);
  });
});

describe("7. RFC 1812 3.3.2: no host has a broadcast or multicast MAC", () => {
  test.each([
    ["broadcast", mac.BROADCAST, PEER_MAC, "arp-sender-mac"],
    ["multicast", Uint8Array.of(1, 0, 0x5e, 0, 0, 1), PEER_MAC, "arp-sender-mac"],
    ["zero", mac.ZERO, PEER_MAC, "arp-sender-mac"],
    ["frame from a multicast", PEER_MAC, Uint8Array.of(1, 0, 0x5e, 0, 0, 1), "source-mac"],
    ["frame from nobody", PEER_MAC, mac.ZERO, "source-mac"],
  ])("%s", (_, sha, src, reason) => {
    const bench = new Bench();
    bench.host.sendEcho(PEER_IP, 1, 1, DATA);
    expect(bench.send(arpFrame({ sha }, mac.BROADCAST, src), arpFrame({ sha, oper: 2 }, HOST_MAC, src))).toHaveLength(
      1,
    );
    expect(bench.drops()).toEqual({ [reason]: 2 });
    expect(known(bench)).toEqual(["incomplete ?"]);
  });

  test.each(["224.0.0.5", "127.0.0.1", "255.255.255.255", "10.0.0.255", "240.0.0.1", "0.0.0.9"])(
    "nor does a host have the address %s",
    (sender) => {
      const bench = new Bench();
      expect(bench.send(arpFrame({ spa: ip(sender) }))).toEqual([]);
      expect(bench.drops()).toEqual({ "arp-sender-ip": 1 });
      expect(known(bench)).toEqual([]);
    },
  );
});

describe("8. RFC 5227: probes", () => {
  test("a probe for our address is answered, and 0.0.0.0 is never learnt", () => {
    const bench = new Bench();
    const [answer] = bench.send(arpFrame({ spa: 0 }));
    expect(arp.targetIp(answer!, 14)).toBe(0);
    expect(mac.equal(answer!, 0, PEER_MAC, 0)).toBe(true);
    expect(known(bench)).toEqual([]);
    expect(bench.send(arpFrame({ oper: 2, spa: 0 }, HOST_MAC))).toEqual([]);
    expect(known(bench)).toEqual([]);
  });

  test("our probe has sender address 0 and target hardware address 0", () => {
    const bench = new Bench();
    bench.host.probe("10.0.0.9");
    bench.clock.advance(1);
    const own = toHex(HOST_MAC);
    expect(toHex(bench.seen[0]!)).toBe(`ffffffffffff${own}08060001080006040001${own}000000000000000000000a000009`);
    expect(bench.events.at(-1)).toMatchObject({ type: "arp-request-sent", purpose: "probe" });
  });

  test("12. our announcement is a request for the sender's own address", () => {
    const bench = new Bench();
    bench.host.announce();
    bench.clock.advance(1);
    expect(arp.purpose(bench.seen[0]!, 14)).toBe("announcement");
    expect(arp.senderIp(bench.seen[0]!, 14)).toBe(HOST_IP);
  });
});

describe("10. RFC 5227: conflicts", () => {
  test.each([
    ["request", { oper: 1, spa: HOST_IP, tpa: PEER_IP }],
    ["announcement", { oper: 1, spa: HOST_IP, tpa: HOST_IP }],
    ["reply", { oper: 2, spa: HOST_IP, tpa: PEER_IP }],
  ])("a %s from our address is one: reported, neither learnt nor answered", (_, fields) => {
    const bench = new Bench();
    expect(bench.send(arpFrame(fields))).toEqual([]);
    expect(bench.events.filter((event) => event.type === "conflict")).toEqual([
      { type: "conflict", time: 50_000, ip: HOST_IP, mac: PEER_MAC },
    ]);
    expect(bench.drops()).toEqual({ "arp-conflict": 1 });
    expect(known(bench)).toEqual([]);
  });

  test("our own frame that comes back is none", () => {
    const bench = new Bench();
    bench.send(arpFrame({ sha: HOST_MAC, spa: HOST_IP, tpa: HOST_IP }, mac.BROADCAST, HOST_MAC));
    expect(bench.drops()).toEqual({ "own-mac": 1 });
    expect(bench.eventTypes()).not.toContain("conflict");
  });
});

describe("gratuitous ARP", () => {
  const moved = Uint8Array.of(2, 0, 0, 0, 0, 0xcc);
  const announce = (oper: number) => arpFrame({ oper, sha: moved, tpa: PEER_IP }, mac.BROADCAST, moved);

  test.each([1, 2])("updates an entry (operation %d), at once", (oper) => {
    const bench = new Bench();
    bench.send(arpFrame());
    bench.send(announce(oper));
    expect(known(bench)).toEqual([`stale ${mac.format(moved)}`]);
    expect(bench.events).toContainEqual({
      type: "gratuitous",
      time: bench.clock.now() * 1e6 - 950_000,
      ip: PEER_IP,
      mac: moved,
      known: true,
    });
  });

  test("makes none", () => {
    const bench = new Bench();
    bench.send(announce(1), announce(2));
    expect(known(bench)).toEqual([]);
  });

  test("is ignored if so configured", () => {
    const bench = new Bench({ neighbours: { acceptGratuitous: false } });
    bench.send(arpFrame());
    bench.send(announce(1));
    expect(known(bench)).toEqual([`stale ${PEER}`]);
  });
});

describe("13. RFC 5494: reserved and experimental numbers", () => {
  test.each([0, 3, 24, 25, 65535])("operation %d is dropped with a reason", (oper) => {
    const bench = new Bench();
    expect(bench.send(arpFrame({ oper }))).toEqual([]);
    expect(bench.drops()).toEqual({ "arp-operation": 1 });
  });
});

test("who is not for us is not for us: other stations' frames, other VLANs, other types", () => {
  const bench = new Bench();
  const other = Uint8Array.of(2, 0, 0, 0, 0, 0xee);
  const tagged = (tci: number) => {
    const payload = new Uint8Array([tci >> 8, tci & 255, 8, 6, ...arpPacket()]);
    return frame(payload, EtherType.Vlan, mac.BROADCAST, PEER_MAC);
  };
  expect(
    bench.send(arpFrame({}, other), tagged(10), frame(new Uint8Array(46), EtherType.Ipv6, HOST_MAC, PEER_MAC)),
  ).toEqual([]);
  expect(bench.drops()).toEqual({ "other-mac": 1, "other-vlan": 1, "ether-type": 1 });
  // IEEE 802.1Q: a tag with VID 0 carries a priority, and no VLAN.
  expect(bench.send(tagged(0xe000))).toHaveLength(1);
});
