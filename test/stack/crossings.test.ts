/** What one part of the host does to another: claims and proxies, addresses and routes, several interfaces. */
import { describe, expect, test } from "vitest";
import * as arp from "../../packets/arp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import { SimulatedWire } from "../../src/link/simulated.ts";
import { VirtualClock } from "../../src/stack/clock.ts";
import { seededRandom } from "../../src/stack/random.ts";
import { Router } from "../../src/stack/router/router.ts";
import { isSent, SendResult } from "../../src/stack/send-result.ts";
import { arpFrame, Bench, datagram, frame, HOST_IP, HOST_MAC, ip, PEER_IP, PEER_MAC } from "./support.ts";

const ETHERNET = 14;

function arps(frames: readonly Uint8Array[], operation: number): { spa: number; tpa: number }[] {
  return frames
    .filter((one) => one[12] === 8 && one[13] === 6 && arp.operation(one, ETHERNET) === operation)
    .map((one) => ({ spa: arp.senderIp(one, ETHERNET), tpa: arp.targetIp(one, ETHERNET) }));
}

describe("proxy ARP and addresses that somebody probes for (RFC 5227, 2.1.1)", () => {
  test("not for an address that we are probing for ourselves", () => {
    const bench = new Bench({ arp: { proxies: ["10.0.0.64/26"], proxyDelayMs: 0 } });
    const claim = bench.host.claim("10.0.0.70/24");
    bench.clock.advance(2_500);
    expect(claim.state).toBe("probing");
    expect(arps(bench.send(arpFrame({ tpa: ip("10.0.0.70") })), 2)).toEqual([]);
    expect(bench.drops()).toEqual({ "arp-not-for-us": 1 });
    expect(arps(bench.send(arpFrame({ tpa: ip("10.0.0.71") })), 2)).toHaveLength(1);
    bench.clock.advance(10_000);
    expect(arps(bench.send(arpFrame({ tpa: ip("10.0.0.70") })), 2)).toHaveLength(1);
  });

  test("not when the answer waits and the probing begins meanwhile", () => {
    const bench = new Bench({ arp: { proxies: ["10.0.0.64/26"], proxyDelayMs: 500 } });
    bench.send(arpFrame({ tpa: ip("10.0.0.70") }));
    bench.host.claim("10.0.0.70/24", { probeWaitMs: 5_000 });
    bench.clock.advance(1_000);
    expect(arps(bench.seen, 2)).toEqual([]);
  });

  test("not for another host's probe or announcement, by a host or a router", () => {
    const clock = new VirtualClock();
    const [left, right] = [new SimulatedWire({ clock }), new SimulatedWire({ clock })];
    const peer = left.attach({ mac: PEER_MAC });
    const seen: Uint8Array[] = [];
    peer.onFrames((batch) => {
      for (let i = 0; i < batch.count; i++)
        seen.push(batch.buffer.slice(batch.offset[i]!, batch.offset[i]! + batch.length[i]!));
    });
    const router = new Router(
      [
        { link: left.attach(), addresses: ["10.0.0.2/24"], mac: HOST_MAC, arp: { proxyArp: true, proxyDelayMs: 0 } },
        { link: right.attach(), addresses: ["10.0.1.1/24"] },
      ],
      { clock, random: seededRandom(1) },
    );
    const target = ip("10.0.1.9");
    for (const spa of [0, target, PEER_IP]) {
      const bytes = arpFrame({ spa, tpa: target });
      peer.tx.set(bytes, peer.reserve(bytes.length));
      peer.commit(bytes.length);
    }
    peer.flush();
    clock.advance(10);
    expect(arps(seen, 2)).toEqual([{ spa: target, tpa: PEER_IP }]);
    router.close();
  });
});

describe("whom we speak as", () => {
  test("through a gateway: the address on the gateway's network (RFC 1122, 3.3.4.3; Linux: inet_select_addr)", () => {
    const bench = new Bench({ addresses: ["10.9.0.2/24", "10.0.0.2/24"], gateway: "10.0.0.1" });
    expect(bench.host.sendEcho(ip("198.51.100.7"), 1, 1, new Uint8Array(8))).toBe(SendResult.Waiting);
    bench.clock.advance(1);
    const [sent] = bench.send(arpFrame({ oper: 2, tha: HOST_MAC }, HOST_MAC));
    expect(ipv4.src(sent!, ETHERNET)).toBe(HOST_IP);
  });

  test("a link-local address never to a router (RFC 3927, 2.6), though it was there first", () => {
    const bench = new Bench({ addresses: ["169.254.7.7/16", "10.0.0.2/24"], gateway: "10.0.0.1" });
    const socket = bench.host.openUdp({});
    expect(isSent(socket.send(ip("198.51.100.7"), 9, new Uint8Array(8)))).toBe(true);
    bench.clock.advance(1);
    const [sent] = bench.send(arpFrame({ oper: 2, tha: HOST_MAC }, HOST_MAC));
    expect(ipv4.src(sent!, ETHERNET)).toBe(HOST_IP);
  });

  test.each(["127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "240.0.0.1"])(
    "nothing leaves for %s, which no host on a wire has (RFC 1122, 3.2.1.3)",
    (to) => {
      const bench = new Bench({ gateway: "10.0.0.1" });
      bench.host.setNeighbour(PEER_IP, PEER_MAC);
      expect(bench.host.sendEcho(ip(to), 1, 1, new Uint8Array(8))).toBe(SendResult.NoRoute);
      bench.clock.advance(1);
      expect(bench.seen).toEqual([]);
    },
  );
});

describe("addresses that come and go", () => {
  test("giving up an address without a network leaves the limited broadcast what it is", () => {
    const bench = new Bench();
    const claim = bench.host.claim("10.0.0.5/0");
    bench.clock.advance(20_000);
    claim.release();
    expect(bench.host.identity.isBroadcast(-1)).toBe(true);
    const heard: number[] = [];
    bench.host.openUdp({ onMessage: (message) => heard.push(message.to) }, { port: 7 });
    const payload = Uint8Array.of(0, 9, 0, 7, 0, 8, 0, 0);
    bench.send(
      frame(
        datagram({ dst: -1, protocol: 17, payload }),
        0x0800,
        Uint8Array.of(255, 255, 255, 255, 255, 255),
        PEER_MAC,
      ),
    );
    expect(heard).toEqual([-1]);
  });

  test("a default route that was set stands when an address without a network comes and goes", () => {
    const bench = new Bench({ addresses: ["10.0.0.2"] });
    bench.host.routes.add({ prefix: { address: 0, length: 0 }, gateway: PEER_IP });
    const claim = bench.host.claim("10.0.0.5/32");
    bench.clock.advance(20_000);
    expect(bench.host.routes.nextHop(ip("198.51.100.7"))).toBe(PEER_IP);
    claim.release();
    expect(bench.host.routes.nextHop(ip("198.51.100.7"))).toBe(PEER_IP);
  });

  test("two interfaces on one network: what one gives up is the other's still", () => {
    const clock = new VirtualClock();
    const wire = new SimulatedWire({ clock });
    const router = new Router(
      [
        { link: wire.attach(), addresses: ["10.0.0.1/24"] },
        { link: wire.attach(), addresses: ["10.0.1.1/24"] },
      ],
      { clock, random: seededRandom(1) },
    );
    const [one, other] = router.hosts;
    const claim = other!.claim("10.0.0.9/24");
    clock.advance(20_000);
    expect(claim.isUsable).toBe(true);
    claim.release();
    expect(one!.identity.isAnyBroadcast(ip("10.0.0.255"))).toBe(true);
    expect(other!.identity.isAnyBroadcast(ip("10.0.0.255"))).toBe(true);
    router.close();
  });

  test("one address is claimed on one interface of a router at a time", () => {
    const clock = new VirtualClock();
    const [left, right] = [new SimulatedWire({ clock }), new SimulatedWire({ clock })];
    const router = new Router(
      [
        { link: left.attach(), addresses: ["10.0.0.1/24"] },
        { link: right.attach(), addresses: ["10.0.1.1/24"] },
      ],
      { clock, random: seededRandom(1) },
    );
    const [one, other] = router.hosts;
    const claim = one!.claim("10.0.0.9/24");
    expect(() => other!.claim("10.0.0.9/24")).toThrow("10.0.0.9 is being claimed already");
    claim.release();
    expect(other!.claim("10.0.0.9/24").state).toBe("waiting");
    router.close();
  });
});
