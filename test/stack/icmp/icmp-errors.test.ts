/** When ICMP errors are sent, to whom, how many, and what they quote. */
import { describe, expect, test } from "vitest";
import { EtherType } from "../../../packets/ethernet.ts";
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as mac from "../../../packets/mac.ts";
import * as udp from "../../../packets/udp.ts";
import type { HostOptions } from "../../../src/stack/host.ts";
import { Bench, datagram, frame, HOST_IP, HOST_MAC, icmpMessage, ip, PEER_IP, PEER_MAC } from "../support.ts";

type Fields = Partial<ipv4.Ipv4Packet>;

const { MoreFragments } = ipv4.Flag;
const PORT = udp.build({ srcPort: 1, dstPort: 9, payload: Uint8Array.of(1, 2, 3) }, PEER_IP, HOST_IP);

/** A host that knows the bare end, so that nothing has to be resolved. */
function bench(options: Partial<HostOptions> = {}): Bench {
  const made = new Bench({ gateway: "10.0.0.1", ...options });
  made.host.setNeighbour(PEER_IP, PEER_MAC);
  return made;
}

/** A datagram of a protocol that nobody speaks, unless told otherwise. */
const strange = (fields: Fields = {}) => datagram({ protocol: 253, payload: new Uint8Array(16), ...fields });
const toHost = (bytes: Uint8Array, dst: Uint8Array = HOST_MAC) => frame(bytes, EtherType.Ipv4, dst, PEER_MAC);
const packet = (bytes: Uint8Array) => ipv4.parse(bytes, 14) as ipv4.Ipv4Packet;
const closedPort = (fields: Fields = {}) => datagram({ protocol: 17, payload: PORT, ...fields });

describe("what is told (RFC 1122, 3.2.2.1)", () => {
  test.each([
    ["protocol unreachable", strange()],
    ["port unreachable", closedPort()],
  ])("%s", (what, bytes) => {
    const [error, ...more] = bench().send(toHost(bytes));
    expect(more).toEqual([]);
    const { src, dst, ttl, protocol, payload } = packet(error!);
    expect({ src, dst, ttl, protocol }).toEqual({ src: HOST_IP, dst: PEER_IP, ttl: 64, protocol: 1 });
    expect(icmp.codeName(payload[0]!, payload[1]!)).toBe(what);
    expect(icmp.checksumOk(payload, 0, payload.length)).toBe(true);
    expect([...payload.subarray(4, 8)]).toEqual([0, 0, 0, 0]);
  });

  test("from the address that was asked (RFC 1812, 4.3.2.4), with precedence 6 (RFC 1812, 4.3.2.5)", () => {
    const host = bench({ addresses: ["10.0.0.2/24", "10.0.0.3/24"] });
    const [error] = host.send(toHost(strange({ dst: ip("10.0.0.3"), tos: 0x28 })));
    expect(packet(error!)).toMatchObject({ src: ip("10.0.0.3"), tos: 0xc0 });
  });

  test("is counted, and observers hear of it", () => {
    const host = bench();
    host.send(toHost(strange()));
    expect(host.host.stats().errors).toEqual({ sent: 1, limited: 0, unsuitable: 0, failed: 0 });
    expect(host.events).toContainEqual(
      expect.objectContaining({ type: "icmp-error-sent", to: PEER_IP, icmpType: 3, icmpCode: 2, about: HOST_IP }),
    );
  });
});

describe("what is quoted", () => {
  test("the datagram as it came, padding apart", () => {
    const bytes = strange({ tos: 0x28, ttl: 3, id: 999, flags: 2 });
    const padded = new Uint8Array(60);
    padded.set(toHost(bytes));
    const [error] = bench().send(padded);
    expect(packet(error!).payload.subarray(8)).toEqual(bytes);
  });

  test.each([
    [547, 547],
    [548, 548],
    [549, 548],
    [1500, 548],
  ])("of %d bytes %d: as much as fits in 576 (RFC 1812, 4.3.2.3)", (total, quoted) => {
    const bytes = strange({ payload: Uint8Array.from({ length: total - 20 }, (_, i) => i) });
    const [error] = bench().send(toHost(bytes));
    const { payload } = packet(error!);
    expect(payload.length - 8).toBe(quoted);
    expect(payload.subarray(8)).toEqual(bytes.subarray(0, quoted));
  });

  test("options, too", () => {
    const bytes = strange({ options: Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 0) });
    const [error] = bench().send(toHost(bytes));
    expect(packet(error!).payload.subarray(8)).toEqual(bytes);
  });

  test("of a datagram that came in fragments, its beginning", () => {
    const host = bench();
    const payload = Uint8Array.from({ length: 32 }, (_, i) => i);
    const part = (offset: number, flags: number) =>
      strange({ payload: payload.subarray(offset, offset + 16), fragmentOffset: offset, flags });
    const [error] = host.send(toHost(part(0, MoreFragments)), toHost(part(16, 0)));
    const quoted = packet(error!).payload.subarray(8);
    expect(ipv4.parse(quoted)).toMatchObject({ payload, src: PEER_IP, id: 7 });
  });
});

describe("what is never told of (RFC 1122, 3.2.2; RFC 1812, 4.3.2.7)", () => {
  function silent(bytes: Uint8Array, dst: Uint8Array = HOST_MAC, options: Partial<HostOptions> = {}) {
    const host = bench(options);
    expect(host.send(toHost(bytes, dst))).toEqual([]);
    return host.host.stats();
  }

  test.each(["10.0.0.255", "255.255.255.255", "224.0.0.1"])("a datagram to %s", (dst) => {
    for (const to of [mac.BROADCAST, HOST_MAC])
      for (const bytes of [strange({ dst: ip(dst) }), closedPort({ dst: ip(dst), payload: noChecksum() })])
        expect(silent(bytes, to).errors).toEqual({ sent: 0, limited: 0, unsuitable: 1, failed: 0 });
  });

  test("a unicast datagram in a broadcast or multicast frame", () => {
    for (const to of [mac.BROADCAST, Uint8Array.of(1, 0, 0x5e, 0, 0, 1)])
      expect(silent(strange(), to).drops).toEqual({ "ip-group-frame": 1 });
  });

  test.each(["0.0.0.0", "0.1.2.3", "127.0.0.1", "10.0.0.255", "255.255.255.255", "224.0.0.9", "240.0.0.1"])(
    "one from %s, which is no single host",
    (src) => {
      const stats = silent(strange({ src: ip(src) }));
      expect(Object.values(stats.drops)).toEqual([1]);
      expect(Object.keys(stats.drops)[0]).toMatch(/^ip-(source|loopback)$/);
    },
  );

  test("an ICMP error, or what may be one: those of unknown types", () => {
    for (const type of [3, 4, 5, 11, 12, 1, 2, 6, 42, 255]) {
      const stats = silent(datagram({ payload: icmpMessage(type, 0, 0, strange()) }));
      expect(stats.errors.sent).toBe(0);
    }
  });

  test("a fragment that is not the first: when its time is over, nobody is told", () => {
    const host = bench();
    host.send(toHost(strange({ fragmentOffset: 16, flags: MoreFragments })));
    host.clock.advance(120_000);
    expect(host.seen).toEqual([]);
    expect(host.events.map((one) => one.type)).toContain("reassembly-expired");
  });

  test("a datagram with a wrong header", () => {
    const wrong = strange();
    wrong[10]! ^= 1;
    expect(silent(wrong).drops).toEqual({ "ip-checksum": 1 });
    expect(silent(strange().slice(0, 30)).drops).toEqual({ "ip-truncated": 1 });
  });

  test("a UDP datagram with a wrong checksum", () => {
    const payload = PORT.slice();
    payload[9]! ^= 1;
    expect(silent(closedPort({ payload })).drops).toEqual({ "udp-checksum": 1 });
  });

  test("a datagram for somebody else", () => {
    expect(silent(strange({ dst: ip("10.0.0.77") })).drops).toEqual({ "ip-not-for-us": 1 });
  });

  /** To whatever address. */
  function noChecksum(): Uint8Array {
    const payload = PORT.slice();
    payload.fill(0, udp.CHECKSUM, udp.CHECKSUM + 2);
    return payload;
  }
});

describe("reassembly time exceeded (RFC 1122, 3.3.2)", () => {
  test("is told if the first fragment came, and quotes it", () => {
    const host = bench();
    const first = strange({ flags: MoreFragments });
    host.send(toHost(first));
    host.clock.advance(29_990);
    expect(host.seen).toEqual([]);
    host.clock.advance(20);
    const { payload, dst } = packet(host.seen[0]!);
    expect([payload[0], payload[1], dst]).toEqual([11, 1, PEER_IP]);
    expect(payload.subarray(8)).toEqual(first);
  });
});

test("an ICMP error in fragments whose time is over is not told of either", () => {
  const host = bench();
  host.send(toHost(datagram({ flags: MoreFragments, payload: icmpMessage(3, 1, 0, strange().subarray(0, 32)) })));
  host.clock.advance(120_000);
  expect(host.seen).toEqual([]);
});

describe("how many (RFC 1812, 4.3.2.8)", () => {
  const flood = (host: Bench, times: number, src = PEER_IP) => {
    for (let i = 0; i < times; i++) host.send(toHost(strange({ src, id: i })));
  };

  test("to one address six at once, then one a second", () => {
    const host = bench();
    flood(host, 20);
    expect(host.seen).toHaveLength(6);
    host.clock.advance(1000);
    flood(host, 5);
    expect(host.seen).toHaveLength(7);
    // Another address is told all the same.
    flood(host, 5, ip("10.77.0.1"));
    expect(host.seen).toHaveLength(12);
    expect(host.host.stats().errors).toEqual({ sent: 12, limited: 18, unsuitable: 0, failed: 0 });
  });

  test("to all together 50 at once, then 1,000 a second", () => {
    const host = bench();
    const all = Array.from({ length: 500 }, (_, i) => toHost(strange({ src: ip("10.77.0.1") + i })));
    // All within one millisecond.
    expect(host.send(...all).length).toBe(50);
    host.clock.advance(29);
    expect(host.send(...all.slice(100, 200)).length).toBeGreaterThanOrEqual(20);
    expect(host.host.stats().errors.sent).toBeLessThanOrEqual(50 + 31);
  });

  test("who asks too often takes nothing from the others", () => {
    const host = bench({ errors: { perSecond: 1, burst: 10 } });
    flood(host, 100);
    expect(host.seen).toHaveLength(6);
    flood(host, 10, ip("10.77.0.1"));
    expect(host.seen).toHaveLength(10);
  });

  test("a datagram that must not be told of takes nothing either", () => {
    const host = bench({ errors: { burst: 1, perSecond: 1 } });
    for (let i = 0; i < 10; i++) host.send(toHost(strange({ dst: -1 }), mac.BROADCAST));
    flood(host, 1);
    expect(host.seen).toHaveLength(1);
  });

  test("the settings are heeded", () => {
    const host = bench({ errors: { addressMs: 100 } });
    flood(host, 10);
    host.clock.advance(1000);
    flood(host, 10);
    expect(host.seen).toHaveLength(12);
  });
});
