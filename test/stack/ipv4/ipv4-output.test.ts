/** Datagrams on their way out: header, next hop, fragments. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as arp from "../../../packets/arp.ts";
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as mac from "../../../packets/mac.ts";
import type { HostOptions } from "../../../src/stack/host.ts";
import type { MtuDiscovery } from "../../../src/stack/ipv4/ipv4-output.ts";
import { SendResult } from "../../../src/stack/send-result.ts";
import { arpFrame, Bench, DATA, echoFrame, HOST_IP, HOST_MAC, icmpMessage, ip, PEER_IP, PEER_MAC } from "../support.ts";

const { DontFragment, MoreFragments } = ipv4.Flag;
const FAR = ip("192.168.7.7");

function bench(options: Partial<HostOptions> = {}, mtu?: number): Bench {
  const made = new Bench({ gateway: "10.0.0.1", ...options }, mtu);
  made.host.setNeighbour(PEER_IP, PEER_MAC);
  return made;
}

const sent = (host: Bench) => {
  host.clock.advance(1);
  return host.seen.map((bytes) => ipv4.parse(bytes, 14) as ipv4.Ipv4Packet);
};

describe("the header", () => {
  test("is ours: version 4, no options, TTL 64, a right checksum, our address", () => {
    const host = bench();
    host.host.sendEcho(FAR, 1, 2, DATA);
    const [one] = sent(host);
    expect(one).toMatchObject({ src: HOST_IP, dst: FAR, ttl: 64, tos: 0, protocol: 1, fragmentOffset: 0 });
    expect(one!.options).toHaveLength(0);
    expect(ipv4.checksumOk(host.seen[0]!, 14)).toBe(true);
    expect(mac.equal(host.seen[0]!, 0, PEER_MAC, 0)).toBe(true);
    expect(mac.equal(host.seen[0]!, 6, HOST_MAC, 0)).toBe(true);
  });

  test("takes what the sender says of it", () => {
    const host = bench();
    host.host.sendEcho(FAR, 1, 2, DATA, { ttl: 1, tos: 0xb8, options: Uint8Array.of(148, 4, 0, 0) });
    host.host.sendEcho(FAR, 1, 2, DATA, { ttl: 255 });
    const [one, two] = sent(host);
    expect(one).toMatchObject({ ttl: 1, tos: 0xb8, options: Uint8Array.of(148, 4, 0, 0) });
    // The header that serves every datagram keeps nothing of the last one.
    expect(two).toMatchObject({ ttl: 255, tos: 0, options: new Uint8Array(0) });
  });

  test("a time to live of 0 is never sent (RFC 1122, 3.2.1.7)", () => {
    const host = bench();
    expect(() => host.host.sendEcho(FAR, 1, 2, DATA, { ttl: 0 })).toThrow("time to live 0 is none: 1 to 255");
    expect(sent(host)).toEqual([]);
  });

  test("no identification comes again before 65,536 datagrams (RFC 6864, 4.3), and all of them are used", () => {
    const host = bench();
    const ids = new Set<number>();
    for (let i = 0; i < 65_536; i++) {
      host.host.sendEcho(FAR, 1, i, new Uint8Array(0));
      if (i % 512 === 511) {
        for (const one of sent(host)) ids.add(one.id);
        host.seen.length = 0;
      }
    }
    expect(ids.size).toBe(65_536);
  });
});

describe("don't fragment (ip(7), IP_MTU_DISCOVER)", () => {
  test.each<[MtuDiscovery | undefined, number, number[] | SendResult]>([
    [undefined, 56, [DontFragment]],
    [undefined, 2000, [MoreFragments, 0]],
    ["want", 1472, [DontFragment]],
    ["want", 1473, [MoreFragments, 0]],
    ["do", 1472, [DontFragment]],
    ["do", 1473, SendResult.TooLong],
    ["dont", 56, [0]],
    ["dont", 2000, [MoreFragments, 0]],
    ["probe", 1472, [DontFragment]],
    ["probe", 1473, SendResult.TooLong],
  ])("%s, %d bytes", (discovery, size, expected) => {
    const host = bench();
    const result = host.host.sendEcho(FAR, 1, 1, new Uint8Array(size), { discovery });
    if (typeof expected === "number") expect([result, sent(host)]).toEqual([expected, []]);
    else expect(sent(host).map((one) => one.flags)).toEqual(expected);
  });

  test("what routers said counts for all but probes", () => {
    const host = bench();
    host.host.openEcho({ onReply: () => {} }, 1);
    host.host.sendEcho(FAR, 1, 1, new Uint8Array(1400));
    const quoted = ipv4.build(sent(host)[0]!).subarray(0, 28);
    host.send(echoFrame({ payload: icmpMessage(3, 4, 1000, quoted) }));
    expect(host.host.mtuTo(FAR)).toBe(1000);
    const flags = (discovery: MtuDiscovery) => {
      host.seen.length = 0;
      const result = host.host.sendEcho(FAR, 1, 1, new Uint8Array(1400), { discovery });
      return result === SendResult.Sent ? sent(host).map((one) => one.flags) : result;
    };
    expect(flags("want")).toEqual([MoreFragments, 0]);
    expect(flags("do")).toBe(SendResult.TooLong);
    expect(flags("dont")).toEqual([MoreFragments, 0]);
    expect(flags("probe")).toEqual([DontFragment]);
  });

  test("a link narrower than we go down to gets datagrams that others may cut", () => {
    const host = bench();
    host.host.openEcho({ onReply: () => {} }, 1);
    host.host.sendEcho(FAR, 1, 1, new Uint8Array(500));
    const quoted = ipv4.build(sent(host)[0]!).subarray(0, 28);
    host.send(echoFrame({ payload: icmpMessage(3, 4, 296, quoted) }));
    host.seen.length = 0;
    host.host.sendEcho(FAR, 1, 1, new Uint8Array(500));
    host.host.sendEcho(ip("192.168.7.8"), 1, 1, new Uint8Array(500));
    expect(sent(host).map((one) => one.flags)).toEqual([0, DontFragment]);
  });
});

describe("fragments (RFC 791, 3.2)", () => {
  test("any size for any MTU: they fit, share an identification, and make the datagram", () => {
    fc.assert(
      fc.property(fc.nat(5000), fc.integer({ min: 68, max: 1500 }), fc.nat(10), (size, mtu, words) => {
        const host = bench({}, mtu);
        const data = Uint8Array.from({ length: size }, (_, i) => i * 13);
        const options = new Uint8Array(words * 4).fill(1);
        expect(host.host.sendEcho(FAR, 9, 8, data, { options })).toBe(SendResult.Sent);
        const pieces = sent(host);
        const whole = new Uint8Array(8 + size);
        for (const [i, piece] of pieces.entries()) {
          expect(host.seen[i]!.length - 14).toBeLessThanOrEqual(mtu);
          expect(ipv4.checksumOk(host.seen[i]!, 14)).toBe(true);
          expect(piece.id).toBe(pieces[0]!.id);
          expect(piece.flags & MoreFragments).toBe(i < pieces.length - 1 ? MoreFragments : 0);
          whole.set(piece.payload, piece.fragmentOffset);
        }
        expect(pieces.reduce((sum, one) => sum + one.payload.length, 0)).toBe(8 + size);
        expect(icmp.checksumOk(whole, 0, whole.length)).toBe(true);
        expect(whole.subarray(8)).toEqual(data);
      }),
      { numRuns: 60 },
    );
  });

  test("options: all in the first, in the others those marked to be copied", () => {
    const host = bench();
    const options = Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0, 0);
    host.host.sendEcho(FAR, 1, 1, new Uint8Array(3000), { options });
    const alert = Uint8Array.of(148, 4, 0, 0);
    // Our own address is in the record: 10.0.0.2.
    const recorded = Uint8Array.of(7, 7, 8, 10, 0, 0, 2, 148, 4, 0, 0, 0);
    expect(sent(host).map((one) => one.options)).toEqual([recorded, alert, alert]);
  });

  test("more than 65,535 bytes with the options is too long", () => {
    const host = bench();
    const options = new Uint8Array(4).fill(1);
    expect(host.host.sendEcho(FAR, 1, 1, new Uint8Array(65_507), { options })).toBe(SendResult.TooLong);
    expect(host.host.sendEcho(FAR, 1, 1, new Uint8Array(65_503), { options })).toBe(SendResult.Sent);
  });

  test("a link that takes no 68 bytes, and options: refused, and it ends", () => {
    const host = bench({}, 60);
    expect(host.host.sendEcho(FAR, 1, 1, DATA, { options: new Uint8Array(40).fill(1) })).toBe(SendResult.TooLong);
    expect(host.host.sendEcho(FAR, 1, 1, DATA)).toBe(SendResult.Sent);
    expect(sent(host)).toHaveLength(2);
  });
});

describe("the next hop", () => {
  test.each([
    ["on the link: itself", "10.0.0.77", "10.0.0.77"],
    ["elsewhere: the gateway", "192.168.7.7", "10.0.0.1"],
  ])("%s", (_, dst, hop) => {
    const host = new Bench({ gateway: "10.0.0.1" });
    expect(host.host.sendEcho(ip(dst), 1, 1, DATA)).toBe(SendResult.Waiting);
    host.clock.advance(1);
    expect(host.seen.map((bytes) => arp.targetIp(bytes, 14))).toEqual([ip(hop)]);
  });

  test("a datagram in fragments waits whole, and leaves whole", () => {
    const host = new Bench();
    expect(host.host.sendEcho(PEER_IP, 1, 1, new Uint8Array(20_000))).toBe(SendResult.Waiting);
    host.clock.advance(1);
    host.seen.length = 0;
    const pieces = host.send(arpFrame({ oper: 2, tha: HOST_MAC }, HOST_MAC));
    expect(pieces).toHaveLength(14);
    const ends = pieces.map((bytes) => ipv4.fragmentOffset(bytes, 14) + ipv4.totalLength(bytes, 14) - 20);
    expect(ends.at(-1)).toBe(20_008);
  });

  test("no way, ourselves, a closed host: told at once", () => {
    const host = new Bench();
    expect(host.host.sendEcho(FAR, 1, 1, DATA)).toBe(SendResult.NoRoute);
    expect(host.host.sendEcho(HOST_IP, 1, 1, DATA)).toBe(SendResult.OwnAddress);
    host.host.close();
    expect(host.host.sendEcho(PEER_IP, 1, 1, DATA)).toBe(SendResult.Closed);
    expect(sent(host)).toEqual([]);
  });

  test("every address is on the link of a host that has no network", () => {
    const host = new Bench({ addresses: ["10.0.0.2"] });
    host.host.sendEcho(FAR, 1, 1, DATA);
    host.clock.advance(1);
    expect(arp.targetIp(host.seen[0]!, 14)).toBe(FAR);
  });
});
