import { describe, expect, test } from "vitest";
import * as arp from "../../packets/arp.ts";
import * as icmp from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as address from "../../packets/ipv4-address.ts";
import * as mac from "../../packets/mac.ts";
import { SimulatedWire } from "../../src/link/simulated.ts";
import { VirtualClock } from "../../src/stack/clock.ts";
import { describe as describeEvent } from "../../src/stack/describe.ts";
import { Host } from "../../src/stack/host.ts";
import { NeighbourState } from "../../src/stack/neighbour/neighbour-options.ts";
import { SendResult } from "../../src/stack/send-result.ts";
import { arpFrame, Bench, DATA, echoFrame, HOST_IP, HOST_MAC, ip, PEER_IP, PEER_MAC } from "./support.ts";

/** Two hosts on one wire. */
function pair(first: object = {}, second: object = {}) {
  const clock = new VirtualClock();
  const [ve0, ve1] = SimulatedWire.pair({ clock });
  const a = new Host(ve0, { addresses: ["10.0.0.1/24"], clock, ...first });
  const b = new Host(ve1, { addresses: ["10.0.0.2/24"], clock, ...second });
  return { clock, a, b, ve0, ve1 };
}

describe("two hosts on a wire", () => {
  test("one asks, the other answers", async () => {
    const { clock, a, b } = pair();
    const result = await clock.until(a.echo("10.0.0.2"));
    // Two crossings for ARP, two for echo, 0.05 ms each.
    expect(result).toEqual({ from: "10.0.0.2", rttNs: 200_000, ttl: 64, size: 56 });
    const again = await clock.until(a.echo("10.0.0.2", { size: 1472, ttl: 7 }));
    expect(again).toEqual({ from: "10.0.0.2", rttNs: 100_000, ttl: 64, size: 1472 });
    expect(b.stats()).toMatchObject({ arpAnswered: 1, echoAnswered: 2, arpSent: 0, drops: {} });
    expect(a.stats()).toMatchObject({ arpSent: 1, echoSent: 2, echoReplies: 2, drops: {} });
  });

  test("both know each other afterwards: one was told, the other learnt from being asked", async () => {
    const { clock, a, b } = pair();
    await clock.until(a.echo("10.0.0.2"));
    expect(a.neighbours()).toMatchObject([{ ip: ip("10.0.0.2"), mac: b.mac, state: NeighbourState.Reachable }]);
    expect(b.neighbours()).toMatchObject([{ ip: ip("10.0.0.1"), mac: a.mac, state: NeighbourState.Stale }]);
  });

  test("while replies come, no further ARP is needed; an answer through the neighbour confirms it (RFC 4861, 7.3.1)", async () => {
    const { clock, a, b } = pair();
    for (let second = 0; second < 300; second++) {
      expect(await clock.until(a.echo("10.0.0.2"))).toHaveProperty("rttNs");
      clock.advance(1000);
    }
    expect(a.stats().arpSent).toBe(1);
    expect(b.stats().arpAnswered).toBe(1);
  });

  test("a neighbour that left is noticed: verified, then failed, then asked for anew", async () => {
    const { clock, a, b } = pair();
    await clock.until(a.echo("10.0.0.2"));
    b.close();
    const errors: number[] = [];
    const socket = a.openEcho({ onReply: () => {}, onError: () => errors.push(Math.round(clock.now() / 1000)) });
    for (let second = 0; second < 90; second++) {
      socket.send(ip("10.0.0.2"), second, DATA);
      clock.advance(1000);
    }
    // Reachable for 15 to 45 s, delay 5 s, probes 3 s; then broadcasts, and failures every 3 s.
    expect(errors[0]).toBeGreaterThan(24);
    expect(errors[0]).toBeLessThan(60);
    expect(errors.length).toBeGreaterThan(20);
  });

  test("they live in a VLAN together, and hear nobody outside it", async () => {
    const { clock, a, b } = pair({ vlan: 10 }, { vlan: 10 });
    expect(await clock.until(a.echo("10.0.0.2", { size: 1472 }))).toMatchObject({ rttNs: 200_000, size: 1472 });
    expect(b.stats().drops).toEqual({});
    const apart = pair({ vlan: 10 }, { vlan: 11 });
    expect(await apart.clock.until(apart.a.echo("10.0.0.2"))).toEqual({ error: "no answer within 1000 ms" });
    expect(apart.b.stats().drops).toEqual({ "other-vlan": 1 });
  });

  test("the asker is told why nothing comes", async () => {
    const { clock, a } = pair();
    expect(await clock.until(a.echo("10.0.0.9", { timeoutMs: 5000 }))).toEqual({
      error: "10.0.0.1 says: host unreachable",
    });
    expect(await clock.until(a.echo("10.9.9.9"))).toEqual({ error: "Network is unreachable" });
    expect(await clock.until(a.echo("10.0.0.2", { size: 65_508 }))).toEqual({ error: "message too long, mtu=1500" });
    expect(await clock.until(a.echo("10.0.0.1"))).toEqual({
      error: "the destination is the asking host's own address",
    });
    expect(await clock.until(a.echo("10.0.0"))).toEqual({
      error: "10.0.0 is no IPv4 address: write it as 10.0.0.2",
    });
    a.close();
    expect(await clock.until(a.echo("10.0.0.2"))).toEqual({ error: "the host is closed" });
  });

  test("hosts without a network find everybody on the link", async () => {
    const { clock, a } = pair({ addresses: ["192.168.1.1"] }, { addresses: ["10.0.0.2"] });
    expect(await clock.until(a.echo("10.0.0.2"))).toMatchObject({ from: "10.0.0.2" });
  });

  test("what is on no network of ours goes to the gateway's MAC", () => {
    const bench = new Bench({ gateway: "10.0.0.1" });
    expect(bench.host.sendEcho(ip("192.168.7.7"), 1, 1, DATA)).toBe(SendResult.Waiting);
    bench.clock.advance(1);
    expect(address.format(arp.targetIp(bench.seen[0]!, 14))).toBe("10.0.0.1");
    const [echo] = bench.send(arpFrame({ oper: 2, tha: HOST_MAC }, HOST_MAC));
    expect(address.format(ipv4.dst(echo!, 14))).toBe("192.168.7.7");
    expect(mac.equal(echo!, 0, PEER_MAC, 0)).toBe(true);
  });

  test("closing stops answers and timers", async () => {
    const { clock, a, b } = pair();
    b.close();
    expect(await clock.until(a.echo("10.0.0.2"))).toEqual({ error: "no answer within 1000 ms" });
    a.close();
    expect(clock.pending).toBe(0);
  });

  test("a link that is down is counted and reported, and nothing throws", () => {
    const bench = new Bench();
    bench.link.setUp(false);
    bench.host.announce();
    expect(bench.host.stats().txFailed).toBe(1);
    bench.host.announce();
    expect(bench.host.stats().txFailed).toBe(2);
    expect(bench.events).toContainEqual({ type: "tx-failed", time: 0, frames: 1, error: "ENETDOWN" });
    bench.link.setUp(true);
    bench.host.announce();
    bench.clock.advance(1);
    expect(bench.seen.length).toBe(1);
    expect(bench.host.stats().txFailed).toBe(2);
  });

  test("mistakes in the configuration are said in words", () => {
    const make = (options: object) => () => new Bench(options);
    expect(make({ addresses: ["10.0.0.300"] })).toThrow("10.0.0.300 is no IPv4 address: write it as 10.0.0.2/24");
    expect(make({ addresses: ["224.0.0.1"] })).toThrow("224.0.0.1 cannot be a host's address");
    expect(make({ mac: "01:00:5e:00:00:01" })).toThrow(/cannot be a station's MAC address/);
    expect(make({ mac: "zz" })).toThrow("zz is no MAC address: write it as 02:00:00:00:00:01");
    expect(make({ gateway: "x" })).toThrow("gateway x is no IPv4 address");
    expect(make({ vlan: 4095 })).toThrow("VLAN 4095 is none");
  });

  test("what a frame caused bears the time of its arrival, not of its handling", () => {
    const bench = new Bench();
    bench.link.now = () => 123;
    bench.send(arpFrame());
    expect(bench.events.find((event) => event.type === "arp-answered")?.time).toBe(50_000);
    bench.host.announce();
    expect(bench.events.at(-1)).toMatchObject({ type: "arp-request-sent", time: 123 });
  });

  test("a cork holds back, and an uncork sends what was held, once", () => {
    const bench = new Bench();
    bench.host.cork();
    bench.host.cork();
    bench.host.announce();
    bench.host.uncork();
    bench.clock.advance(1);
    expect(bench.seen).toHaveLength(0);
    bench.host.uncork();
    bench.clock.advance(1);
    expect(bench.seen).toHaveLength(1);
  });

  test("echo requests to groups go to the group's MAC (RFC 1112, 6.4), to all to all", () => {
    const bench = new Bench();
    for (const dst of ["224.129.2.3", "10.0.0.255", "255.255.255.255"]) bench.host.sendEcho(ip(dst), 1, 1, DATA);
    bench.clock.advance(1);
    expect(bench.seen.map((frame) => mac.format(frame))).toEqual([
      "01:00:5e:01:02:03",
      "ff:ff:ff:ff:ff:ff",
      "ff:ff:ff:ff:ff:ff",
    ]);
  });

  test("a reply whose data changed, or is short, is no success", async () => {
    const bench = new Bench();
    bench.host.setNeighbour("10.0.0.1", PEER_MAC);
    const answers = [
      [(data: Uint8Array) => data.with(3, 99), "the data came back changed at byte 3"],
      [(data: Uint8Array) => data.slice(0, 10), "the data came back changed at byte 10"],
    ] as const;
    for (const [change, error] of answers) {
      const result = bench.host.echo("10.0.0.1");
      bench.clock.advance(1);
      const request = bench.seen.at(-1)!;
      const id_ = icmp.identifier(request, 34);
      bench.send(echoFrame({ type: 0, id_, seq: 1, data: change(request.slice(42)) }));
      expect(await result).toEqual({ error });
    }
  });

  test("an identifier has one owner", () => {
    const bench = new Bench();
    const first = bench.host.openEcho({ onReply: () => {} }, 5);
    expect(() => bench.host.openEcho({ onReply: () => {} }, 5)).toThrow("echo identifier 5 is in use on this host");
    first.close();
    bench.host.openEcho({ onReply: () => {} }, 5).close();
  });

  test("an observer that was removed hears nothing more", () => {
    const bench = new Bench({ observer: () => {} });
    const heard: string[] = [];
    const stop = bench.host.observe((event) => heard.push(event.type));
    bench.send(arpFrame());
    stop();
    bench.send(arpFrame());
    expect(heard.filter((type) => type === "arp-answered")).toHaveLength(1);
  });

  test("every event has its words", () => {
    const bench = new Bench();
    bench.send(arpFrame(), echoFrame(), arpFrame({ spa: HOST_IP }), arpFrame({ tpa: PEER_IP }), arpFrame({ tpa: 9 }));
    bench.host.probe("10.0.0.7");
    bench.host.announce();
    bench.host.sendEcho(ip("10.0.0.8"), 1, 1, DATA);
    bench.clock.advance(5000);
    const words = bench.events.map(describeEvent);
    expect(words).toEqual(
      expect.arrayContaining([
        "ARP: told 10.0.0.1 (02:00:00:00:00:aa) where 10.0.0.2 is",
        "echo: answered 10.0.0.1 (02:00:00:00:00:aa) as 10.0.0.2, id 4660, seq 1, length 64",
        "address conflict: 02:00:00:00:00:aa uses 10.0.0.2, which is ours",
        "10.0.0.1 announces itself at 02:00:00:00:00:aa",
        "learnt from a request: 10.0.0.1 is at 02:00:00:00:00:aa",
        "dropped 42 bytes from 02:00:00:00:00:aa: ARP asks for somebody else",
        "ARP: asked everybody whether 10.0.0.7 is taken",
        "ARP: announced 10.0.0.2 to everybody",
        "no MAC address known for 10.0.0.8",
        "ARP: asked everybody for 10.0.0.8",
        "1 packet waiting for 10.0.0.8",
        "ARP: asked everybody for 10.0.0.8, attempt 3",
        "neighbour 10.0.0.8: incomplete -> failed",
        "nobody answered for 10.0.0.8: 1 packet given up",
      ]),
    );
    expect(words.join()).not.toMatch(/undefined|\[object|NaN/);
  });

  test("events tell the story of a first ping", () => {
    const bench = new Bench();
    bench.host.sendEcho(PEER_IP, 1, 1, DATA);
    bench.send(arpFrame({ oper: 2, tha: HOST_MAC }, HOST_MAC));
    expect(bench.eventTypes()).toEqual([
      "arp-miss",
      "neighbour-changed",
      "arp-request-sent",
      "packet-queued",
      "echo-request-sent",
      "neighbour-changed",
      "neighbour-learnt",
    ]);
    expect(icmp.type(bench.seen[1]!, 34)).toBe(icmp.Type.EchoRequest);
    expect(ipv4.src(bench.seen[1]!, 14)).toBe(HOST_IP);
  });
});
