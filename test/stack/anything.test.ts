/** A router, in a VLAN or not, on links of any MTU, with every switch on, hears frames that are nearly right: what leaves is. */
import fc from "fast-check";
import { expect, test } from "vitest";
import * as arp from "../../packets/arp.ts";
import { EtherType } from "../../packets/ethernet.ts";
import { Fault } from "../../packets/fault.ts";
import * as icmp from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as address from "../../packets/ipv4-address.ts";
import * as mac from "../../packets/mac.ts";
import type { FrameBatch } from "../../src/link/link.ts";
import { type SimulatedLink, SimulatedWire } from "../../src/link/simulated.ts";
import { VirtualClock } from "../../src/stack/clock.ts";
import { seededRandom } from "../../src/stack/random.ts";
import { Router } from "../../src/stack/router/router.ts";
import { frame, HOST_MAC, icmpMessage, ip, PEER_MAC } from "./support.ts";

const IPS = [
  "10.0.1.1",
  "10.0.2.1",
  "10.0.1.2",
  "10.0.2.2",
  "10.0.1.255",
  "10.0.2.255",
  "10.0.3.0",
  "10.0.3.1",
  "10.0.4.9",
  "0.0.0.0",
  "0.0.0.9",
  "127.0.0.1",
  "169.254.1.1",
  "224.0.0.1",
  "240.0.0.1",
  "255.255.255.255",
].map(ip);
const anyIp = fc.constantFrom(...IPS);
const anyMac = fc.constantFrom(
  HOST_MAC,
  HOST_MAC,
  HOST_MAC,
  mac.BROADCAST,
  PEER_MAC,
  mac.ZERO,
  Uint8Array.of(1, 0, 0x5e, 0, 0, 1),
);

const anyOption = fc.oneof(
  // Record route, timestamps, source routes: with room, without, and with pointers anywhere.
  fc
    .record({
      type: fc.constantFrom(7, 131, 137),
      pointer: fc.integer({ min: 3, max: 13 }),
      hops: fc.array(anyIp, { minLength: 1, maxLength: 3 }),
    })
    .map(({ type, pointer, hops }) => [
      type,
      3 + 4 * hops.length,
      pointer,
      ...hops.flatMap((hop) => [hop >>> 24, (hop >>> 16) & 255, (hop >>> 8) & 255, hop & 255]),
    ]),
  fc
    .tuple(fc.constantFrom(5, 9, 13), fc.constantFrom(0, 1, 3, 0xf0), fc.constantFrom(12, 16))
    .map(([pointer, flags, length]) => [68, length, pointer, flags, ...new Array<number>(length - 4).fill(0)]),
  fc.constant([148, 4, 0, 0]),
  fc.constant([1]),
  fc.array(fc.nat(255), { minLength: 1, maxLength: 8 }),
);
const anyOptions = fc.oneof(
  { weight: 3, arbitrary: fc.constant(new Uint8Array(0)) },
  {
    weight: 2,
    arbitrary: fc.array(anyOption, { maxLength: 3 }).map((list) => {
      const bytes = list.flat().slice(0, 40);
      return Uint8Array.from({ length: (bytes.length + 3) & ~3 }, (_, i) => bytes[i] ?? 0);
    }),
  },
);
const anyMessage = fc
  .record({
    type: fc.constantFrom(0, 3, 4, 5, 8, 8, 8, 11, 12, 13),
    code: fc.constantFrom(0, 4),
    word: fc.oneof(anyIp, fc.nat(1_500)),
    data: fc.uint8Array({ maxLength: 200 }),
  })
  .map(({ type, code, word, data }) => icmpMessage(type, code, word, data));
const anyDatagram = fc
  .record({
    tos: fc.nat(255),
    id: fc.nat(2),
    flags: fc.constantFrom(0, 0, 1, 2, 3),
    fragmentOffset: fc.constantFrom(0, 0, 0, 8, 16, 64, 65_528),
    ttl: fc.constantFrom(0, 1, 2, 64),
    protocol: fc.constantFrom(1, 1, 6, 17, 253),
    src: anyIp,
    dst: anyIp,
    options: anyOptions,
    payload: fc.oneof(anyMessage, fc.uint8Array({ maxLength: 1_400 })),
  })
  .map((fields) => ({ type: EtherType.Ipv4 as number, bytes: ipv4.build(fields) }));
const anyArp = fc
  .record({ oper: fc.constantFrom(1, 1, 2, 3), sha: anyMac, spa: anyIp, tha: anyMac, tpa: anyIp })
  .map((fields) => ({ type: EtherType.Arp as number, bytes: arp.build(fields) }));

const anyFrame = fc
  .record({
    inner: fc.oneof({ weight: 3, arbitrary: anyDatagram }, anyArp),
    dst: anyMac,
    src: fc.constantFrom(PEER_MAC, PEER_MAC, PEER_MAC, HOST_MAC),
    side: fc.nat(1),
    flip: fc.option(fc.tuple(fc.nat(1_400), fc.nat(255)), { freq: 6 }),
    wait: fc.constantFrom(0, 0, 1, 500, 3_000, 40_000),
  })
  .map(({ inner, flip, ...rest }) => {
    if (flip !== null && flip[0] < inner.bytes.length) inner.bytes[flip[0]] = flip[1];
    return { ...rest, ...inner };
  });

/** What is wrong with a frame that leaves; empty if nothing is. */
function wrong(bytes: Uint8Array, mtu: number, vlan: boolean): string {
  const network = vlan ? 18 : 14;
  if (vlan && (bytes[12] !== 0x81 || bytes[15] !== 5)) return "no tag of ours";
  const type = (bytes[network - 2]! << 8) | bytes[network - 1]!;
  if (type === EtherType.Arp) return arp.check(bytes, network, bytes.length) === Fault.None ? "" : "ARP";
  if (ipv4.check(bytes, network, bytes.length) !== Fault.None || !ipv4.checksumOk(bytes, network)) return "header";
  if (ipv4.totalLength(bytes, network) > mtu) return "longer than the MTU";
  if (ipv4.ttl(bytes, network) === 0) return "no time to live";
  const [src, dst] = [ipv4.src(bytes, network), ipv4.dst(bytes, network)];
  if (!address.isUnicast(src)) return `from ${address.format(src)}`;
  if (!address.isUnicast(dst)) return `to ${address.format(dst)}`;
  const at = ipv4.payloadOffset(bytes, network);
  if (ipv4.protocol(bytes, network) !== 1 || !["10.0.1.1", "10.0.2.1"].map(ip).includes(src)) return "";
  if (ipv4.isFragment(bytes, network)) return "";
  if (!icmp.checksumOk(bytes, at, network + ipv4.totalLength(bytes, network))) return "ICMP checksum";
  if ((bytes[0]! & 1) !== 0) return "an error or an answer to everybody";
  return "";
}

test("frames that are nearly right: no exception, and what leaves is right", () => {
  let left = 0;
  fc.assert(
    fc.property(
      fc.array(anyFrame, { minLength: 1, maxLength: 40 }),
      fc.tuple(fc.constantFrom(68, 576, 1_500, 65_535), fc.constantFrom(68, 576, 1_500, 65_535)),
      fc.boolean(),
      fc.constantFrom(1, 3, 1_024),
      fc.boolean(),
      (frames, mtus, tagged, limit, linux) => {
        const clock = new VirtualClock();
        const problems: string[] = [];
        const arpOptions = {
          proxyArp: true,
          proxyArpPvlan: true,
          rules: linux ? "linux" : "rfc",
          arpAccept: 1,
          arpIgnore: linux ? 1 : 0,
        } as const;
        const peers: SimulatedLink[] = [];
        const interfaces = mtus.map((mtu, i) => {
          const wire = new SimulatedWire({ clock, mtu, slots: 64 });
          const peer = wire.attach();
          peers.push(peer);
          const isTagged = tagged && i === 1;
          peer.onFrames((batch: FrameBatch) => {
            for (let n = 0; n < batch.count; n++) {
              const bytes = batch.buffer.slice(batch.offset[n]!, batch.offset[n]! + batch.length[n]!);
              const problem = wrong(bytes, mtu, isTagged);
              left++;
              if (problem !== "") problems.push(`${problem}: ${Buffer.from(bytes.subarray(0, 80)).toString("hex")}`);
            }
          });
          return {
            link: wire.attach(),
            addresses: [`10.0.${i + 1}.1/24`, ...(i === 0 ? ["10.0.3.0/31"] : [])],
            mac: HOST_MAC,
            ...(isTagged ? { vlan: 5 } : {}),
            neighbours: { limit },
            acceptSourceRoute: true,
            acceptRedirects: true,
            arp: arpOptions,
          };
        });
        const router = new Router(interfaces, {
          clock,
          random: seededRandom(1),
          observer: () => {},
          directedBroadcasts: false,
        });
        router.openUdp({ onMessage: () => {} }, { port: 7 });
        router.hosts[0]!.claim("10.0.1.9/24");
        // So that what is passed on leaves, and does not only wait.
        for (const [i, host] of router.hosts.entries()) host.setNeighbour(`10.0.${i + 1}.2`, PEER_MAC, 3);
        for (const one of frames) {
          const peer = peers[one.side]!;
          const bytes = frame(one.bytes, one.type, one.dst, one.src);
          const whole =
            tagged && one.side === 1
              ? Uint8Array.of(...bytes.subarray(0, 12), 0x81, 0, 0, 5, ...bytes.subarray(12))
              : bytes;
          const off = peer.reserve(whole.length);
          if (off >= 0) {
            peer.tx.set(whole, off);
            peer.commit(whole.length);
            peer.flush();
          }
          clock.advance(one.wait);
        }
        clock.advance(120_000);
        expect(problems).toEqual([]);
        for (const host of router.hosts) {
          const { neighbours, reassembly } = host.stats();
          expect(neighbours.entries).toBeLessThanOrEqual(limit);
          expect(reassembly).toMatchObject({ pending: 0, bytes: 0 });
        }
        router.close();
        clock.advance(1);
        expect(clock.pending).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
  expect(left).toBeGreaterThan(300);
});
