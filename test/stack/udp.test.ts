import { describe, expect, test } from "vitest";
import { EtherType } from "../../packets/ethernet.ts";
import * as icmp from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as mac from "../../packets/mac.ts";
import * as udp from "../../packets/udp.ts";
import type { HostOptions } from "../../src/stack/host.ts";
import { SendResult } from "../../src/stack/send-result.ts";
import type { UdpError, UdpOptions } from "../../src/stack/udp.ts";
import { Bench, DATA, datagram, frame, HOST_IP, HOST_MAC, icmpMessage, ip, PEER_IP, PEER_MAC } from "./support.ts";

interface UdpFields extends Partial<Omit<ipv4.Ipv4Packet, "payload">> {
  from?: number;
  to?: number;
  data?: Uint8Array;
  change?: (bytes: Uint8Array) => void;
}

/** A UDP datagram from the bare end to the host. */
function udpFrame(fields: UdpFields = {}, dst: Uint8Array = HOST_MAC): Uint8Array {
  const { from = 4000, to = 7, data = DATA, change, ...rest } = fields;
  const { src = PEER_IP, dst: target = HOST_IP } = rest;
  const payload = udp.build({ srcPort: from, dstPort: to, payload: data }, src, target);
  change?.(payload);
  return frame(datagram({ protocol: ipv4.Protocol.Udp, payload, ...rest }), EtherType.Ipv4, dst, PEER_MAC);
}

interface Heard {
  from: number;
  fromPort: number;
  to: number;
  ttl: number;
  data: Uint8Array;
}

class UdpBench extends Bench {
  readonly heard: Heard[] = [];
  readonly errors: UdpError[] = [];

  constructor(options: Partial<HostOptions> = {}, mtu?: number) {
    super(options, mtu);
    this.host.setNeighbour(PEER_IP, PEER_MAC);
  }

  open(options: UdpOptions = {}) {
    return this.host.openUdp(
      {
        onMessage: ({ from, fromPort, to, ttl, buffer, offset, length }) =>
          this.heard.push({ from, fromPort, to, ttl, data: buffer.slice(offset, offset + length) }),
        onError: (error) => this.errors.push(error),
      },
      options,
    );
  }

  /** What was sent, once it has arrived. */
  sent(): ipv4.Ipv4Packet[] {
    this.clock.advance(1);
    return this.seen.map((bytes) => ipv4.parse(bytes, 14) as ipv4.Ipv4Packet);
  }
}

describe("receiving", () => {
  test("a datagram reaches the socket of its port, with all that is to be known of it", () => {
    const bench = new UdpBench();
    bench.open({ port: 8 });
    bench.open({ port: 7 });
    expect(bench.send(udpFrame({ ttl: 3 }))).toEqual([]);
    expect(bench.heard).toEqual([{ from: PEER_IP, fromPort: 4000, to: HOST_IP, ttl: 3, data: DATA }]);
    expect(bench.host.stats()).toMatchObject({ udpReceived: 1, drops: {} });
  });

  test("of no bytes, and of 65,507 in fragments", () => {
    const bench = new UdpBench();
    bench.open({ port: 7 });
    const data = Uint8Array.from({ length: 65_507 }, (_, i) => i * 31);
    const whole = udp.build({ srcPort: 1, dstPort: 7, payload: data }, PEER_IP, HOST_IP);
    bench.send(udpFrame({ data: new Uint8Array(0) }));
    for (let at = 0; at < whole.length; at += 1480) {
      const payload = whole.subarray(at, at + 1480);
      const flags = at + 1480 < whole.length ? ipv4.Flag.MoreFragments : 0;
      const fields = { protocol: ipv4.Protocol.Udp, payload, flags, fragmentOffset: at };
      bench.send(frame(datagram(fields), EtherType.Ipv4, HOST_MAC, PEER_MAC));
    }
    expect(bench.heard.map((one) => one.data.length)).toEqual([0, 65_507]);
    expect(bench.heard[1]!.data).toEqual(data);
  });

  test("bytes after the UDP length are cut off", () => {
    const bench = new UdpBench();
    bench.open({ port: 7 });
    const payload = new Uint8Array(8 + DATA.length + 9).fill(0xee);
    payload.set(udp.build({ srcPort: 1, dstPort: 7, payload: DATA }, PEER_IP, HOST_IP));
    bench.send(frame(datagram({ protocol: 17, payload }), EtherType.Ipv4, HOST_MAC, PEER_MAC));
    expect(bench.heard.map((one) => one.data)).toEqual([DATA]);
  });

  test.each([
    ["length beyond the datagram", (b: Uint8Array) => udp.setLength(b, 0, b.length + 1), "udp-truncated"],
    ["length below the header", (b: Uint8Array) => udp.setLength(b, 0, 7), "udp-truncated"],
    ["a wrong checksum", (b: Uint8Array) => (b[20]! ^= 1), "udp-checksum"],
  ])("%s: dropped without a word, open port or not", (_, change, reason) => {
    const bench = new UdpBench();
    bench.open({ port: 7 });
    expect(bench.send(udpFrame({ change }), udpFrame({ to: 9, change }))).toEqual([]);
    expect(bench.heard).toEqual([]);
    expect(bench.drops()).toEqual({ [reason]: 2 });
  });

  test("every single wrong bit is found (RFC 1122, 4.1.3.4), addresses included", () => {
    const bench = new UdpBench();
    bench.open({ port: 7 });
    const bits = 8 * (8 + DATA.length);
    for (let bit = 0; bit < bits; bit++) bench.send(udpFrame({ change: (b) => (b[bit >> 3]! ^= 1 << (bit & 7)) }));
    // A datagram for another one of our addresses.
    const other = new UdpBench({ addresses: ["10.0.0.2/24", "10.0.0.3/24"] });
    other.open({ port: 7 });
    const moved = udpFrame();
    ipv4.setDst(moved, 14, ip("10.0.0.3"));
    ipv4.updateChecksum(moved, 14);
    other.send(moved);
    expect([bench.heard, other.heard]).toEqual([[], []]);
  });

  test("no checksum is none to be wrong", () => {
    const bench = new UdpBench();
    bench.open({ port: 7 });
    bench.send(udpFrame({ change: (b) => b.fill(0, udp.CHECKSUM, udp.CHECKSUM + 2) }));
    expect(bench.heard).toHaveLength(1);
  });

  test("a socket for one address hears that alone", () => {
    const bench = new UdpBench({ addresses: ["10.0.0.2/24", "10.0.0.3/24"] });
    bench.open({ port: 7, address: HOST_IP });
    const [answer] = bench.send(udpFrame(), udpFrame({ dst: ip("10.0.0.3") }));
    expect(bench.heard.map((one) => one.to)).toEqual([HOST_IP]);
    expect(icmp.codeName(answer![34]!, answer![35]!)).toBe("port unreachable");
    bench.open({ port: 7, address: ip("10.0.0.3") });
    bench.send(udpFrame({ dst: ip("10.0.0.3") }));
    expect(bench.heard.map((one) => one.to)).toEqual([HOST_IP, ip("10.0.0.3")]);
  });

  test.each(["10.0.0.255", "255.255.255.255", "224.0.0.1"])("to %s", (dst) => {
    const bench = new UdpBench();
    bench.open({ port: 7 });
    expect(bench.send(udpFrame({ dst: ip(dst) }, mac.BROADCAST))).toEqual([]);
    expect(bench.heard.map((one) => one.to)).toEqual([ip(dst)]);
  });

  test("a handler may answer from within, and a closed socket hears no more", () => {
    const bench = new UdpBench();
    const socket = bench.host.openUdp(
      {
        onMessage: ({ from, fromPort, buffer, offset, length }) =>
          socket.send(from, fromPort, buffer.subarray(offset, offset + length)),
      },
      { port: 7 },
    );
    const [answer] = bench.send(udpFrame());
    expect(udp.parse(answer!, 34)).toEqual({ srcPort: 7, dstPort: 4000, payload: DATA });
    socket.close();
    const [error] = bench.send(udpFrame());
    expect(icmp.codeName(error![34]!, error![35]!)).toBe("port unreachable");
    expect(socket.send(PEER_IP, 1, DATA)).toBe(SendResult.Closed);
  });
});

describe("sending", () => {
  test("a datagram with its checksum, from the port and the address that leads there", () => {
    const bench = new UdpBench({ addresses: ["192.168.9.1/24", "10.0.0.2/24"] });
    expect(bench.open({ port: 77 }).send(PEER_IP, 9, DATA, { ttl: 5, tos: 0x10 })).toBe(SendResult.Sent);
    const [sent] = bench.sent();
    expect(sent).toMatchObject({ src: HOST_IP, dst: PEER_IP, ttl: 5, tos: 0x10, protocol: 17 });
    expect(udp.checksumOk(sent!.payload, 0, HOST_IP, PEER_IP)).toBe(true);
    expect(udp.parse(sent!.payload)).toEqual({ srcPort: 77, dstPort: 9, payload: DATA });
    expect(bench.host.stats().udpSent).toBe(1);
  });

  test("a socket for one address speaks from it", () => {
    const bench = new UdpBench({ addresses: ["10.0.0.2/24", "10.0.0.3/24"] });
    bench.open({ address: ip("10.0.0.3") }).send(PEER_IP, 9, DATA);
    expect(bench.sent()[0]!.src).toBe(ip("10.0.0.3"));
  });

  test("a checksum that comes out as 0 is sent as 0xffff (RFC 768)", () => {
    const bench = new UdpBench();
    const socket = bench.open({ port: 77 });
    // Two bytes that make the sum come out.
    const data = Uint8Array.of(0, 0);
    socket.send(PEER_IP, 9, data);
    const sum = udp.checksum(bench.sent()[0]!.payload, 0);
    socket.send(PEER_IP, 9, Uint8Array.of(sum >> 8, sum & 255));
    expect(udp.checksum(bench.sent()[1]!.payload, 0)).toBe(0xffff);
  });

  test("65,507 bytes in fragments, and no more", () => {
    const bench = new UdpBench();
    const socket = bench.open();
    expect(socket.send(PEER_IP, 9, new Uint8Array(65_508))).toBe(SendResult.TooLong);
    expect(socket.send(PEER_IP, 9, new Uint8Array(65_507))).toBe(SendResult.Sent);
    const sent = bench.sent();
    expect(sent).toHaveLength(45);
    expect(new Set(sent.map((one) => one.id)).size).toBe(1);
    expect(bench.host.stats().fragmented).toBe(1);
  });

  test.each([
    ["10.0.0.255", "ff:ff:ff:ff:ff:ff", 64],
    ["255.255.255.255", "ff:ff:ff:ff:ff:ff", 64],
    // RFC 1112, 6.4 and 6.1.
    ["239.129.2.3", "01:00:5e:01:02:03", 1],
  ])("to %s: to the MAC of all, without ARP", (dst, to, ttl) => {
    const bench = new UdpBench();
    expect(bench.open().send(ip(dst), 9, DATA)).toBe(SendResult.Sent);
    expect(bench.sent()[0]).toMatchObject({ dst: ip(dst), src: HOST_IP, ttl });
    expect(mac.format(bench.seen[0]!.subarray(0, 6))).toBe(to);
  });

  test.each([0, 256, -1, Number.NaN])("a time to live of %d is a mistake (RFC 1122, 3.2.1.7)", (ttl) => {
    const bench = new UdpBench();
    expect(() => bench.open().send(PEER_IP, 9, DATA, { ttl })).toThrow(`time to live ${ttl} is none: 1 to 255`);
    expect(bench.sent()).toEqual([]);
  });

  test("a host that has left its link sends nothing", () => {
    const bench = new UdpBench();
    const socket = bench.open();
    bench.host.close();
    expect(socket.send(PEER_IP, 9, DATA)).toBe(SendResult.Closed);
    expect(bench.sent()).toEqual([]);
  });

  test("what has no route, or would go to ourselves, is told", () => {
    const socket = new UdpBench().open();
    expect(socket.send(ip("8.8.8.8"), 9, DATA)).toBe(SendResult.NoRoute);
    expect(socket.send(HOST_IP, 9, DATA)).toBe(SendResult.OwnAddress);
  });
});

describe("ports", () => {
  test("one that is taken is refused, by address; closing frees it", () => {
    const bench = new UdpBench({ addresses: ["10.0.0.2/24", "10.0.0.3/24"] });
    const one = bench.open({ port: 7, address: HOST_IP });
    bench.open({ port: 7, address: ip("10.0.0.3") });
    expect(() => bench.open({ port: 7, address: HOST_IP })).toThrow("UDP port 7 is in use on this host");
    expect(() => bench.open({ port: 7 })).toThrow("UDP port 7 is in use on this host");
    one.close();
    bench.open({ port: 7, address: HOST_IP });
    bench.open({ port: 8 });
    expect(() => bench.open({ port: 8, address: HOST_IP })).toThrow("UDP port 8 is in use on this host");
  });

  test.each([0, -1, 65_536, 1.5, Number.NaN])("%d is none", (port) => {
    expect(() => new UdpBench().open({ port })).toThrow(`port ${port} is none: they go from 1 to 65535`);
  });

  test("an address that is not the host's is refused", () => {
    expect(() => new UdpBench().open({ address: PEER_IP })).toThrow("the address is not this host's");
  });

  test("ephemeral ones are drawn from 49,152 on, until all are taken (RFC 6056)", () => {
    const bench = new UdpBench();
    const first = Array.from({ length: 8 }, () => bench.open().port);
    // Not one after the other: nobody is to guess the next.
    expect(first.some((port, i) => i > 0 && port !== first[i - 1]! + 1)).toBe(true);
    for (let i = 8; i < 16_384; i++) first.push(bench.open().port);
    expect(new Set(first).size).toBe(16_384);
    expect([Math.min(...first), Math.max(...first)]).toEqual([49_152, 65_535]);
    expect(() => bench.open()).toThrow("every UDP port from 49152 on is in use on this host");
    expect(bench.open({ port: 1024 }).port).toBe(1024);
  });
});

describe("errors reach the socket (RFC 1122, 4.1.3.3)", () => {
  const FAR = ip("192.168.7.7");
  function asked(options: Partial<HostOptions> = {}) {
    const bench = new UdpBench({ gateway: "10.0.0.1", ...options });
    const socket = bench.open({ port: 77 });
    socket.send(FAR, 9, DATA);
    const [sent] = bench.sent();
    return { bench, socket, sent: ipv4.build(sent!) };
  }
  const error = (type: number, code: number, word: number, quoted: Uint8Array) =>
    frame(datagram({ payload: icmpMessage(type, code, word, quoted) }), EtherType.Ipv4, HOST_MAC, PEER_MAC);

  test.each([
    ["port unreachable", 3, 3, 0, 0],
    ["fragmentation needed", 3, 4, 70, 70],
    ["time exceeded", 11, 0, 0, 0],
    ["reassembly time exceeded", 11, 1, 0, 0],
    ["parameter problem", 12, 0, 0, 0],
  ])("%s", (_, icmpType, icmpCode, word, mtu) => {
    const { bench, sent } = asked();
    bench.send(error(icmpType, icmpCode, word, sent.slice(0, 28)));
    expect(bench.errors).toEqual([
      { from: PEER_IP, to: FAR, toPort: 9, icmpType, icmpCode, mtu, pointer: 0, time: expect.any(Number) },
    ]);
    expect(bench.drops()).toEqual({});
  });

  test("nobody answers ARP: host unreachable, from ourselves", () => {
    const bench = new UdpBench();
    bench.open({ port: 77 }).send(ip("10.0.0.99"), 9, DATA);
    bench.clock.advance(3000);
    expect(bench.errors).toMatchObject([{ from: HOST_IP, to: ip("10.0.0.99"), toPort: 9, icmpType: 3, icmpCode: 1 }]);
  });

  test("what quotes another port, another host, a later fragment or too little is nobody's (RFC 5927)", () => {
    const { bench, sent } = asked();
    const changed = (change: (bytes: Uint8Array) => void) => {
      const bytes = sent.slice();
      change(bytes);
      return error(3, 4, 600, bytes);
    };
    bench.send(
      changed((b) => udp.setSrcPort(b, 20, 78)),
      changed((b) => ipv4.setSrc(b, 0, ip("10.0.0.9"))),
      changed((b) => ipv4.setFragment(b, 0, 0, 8)),
      changed((b) => ipv4.setProtocol(b, 0, 6)),
      error(3, 4, 600, sent.slice(0, 27)),
    );
    expect(bench.errors).toEqual([]);
    expect(bench.drops()).toEqual({ "icmp-error-foreign": 5 });
    expect(bench.host.mtuTo(FAR)).toBe(1500);
  });

  test("fragmentation needed lowers the path's MTU for what is sent then", () => {
    const { bench, socket } = asked();
    socket.send(FAR, 9, new Uint8Array(1400));
    const quoted = ipv4.build(bench.sent()[1]!).slice(0, 28);
    bench.send(error(3, 4, 1000, quoted));
    expect(bench.host.mtuTo(FAR)).toBe(1000);
    expect(socket.send(FAR, 9, new Uint8Array(1400), { discovery: "do" })).toBe(SendResult.TooLong);
    bench.seen.length = 0;
    socket.send(FAR, 9, new Uint8Array(1400));
    expect(bench.sent().map((one) => one.payload.length + 20)).toEqual([996, 452]);
    bench.clock.advance(600_000);
    expect(bench.host.mtuTo(FAR)).toBe(1500);
  });

  test("not one to everybody", () => {
    const { bench, sent } = asked();
    const payload = icmpMessage(3, 3, 0, sent.slice(0, 28));
    bench.send(frame(datagram({ payload, dst: -1 }), EtherType.Ipv4, mac.BROADCAST, PEER_MAC));
    expect(bench.errors).toEqual([]);
    expect(bench.drops()).toEqual({ "icmp-broadcast": 1 });
  });

  test("a closed socket's errors are nobody's", () => {
    const { bench, socket, sent } = asked();
    socket.close();
    bench.send(error(3, 3, 0, sent.slice(0, 28)));
    expect(bench.drops()).toEqual({ "icmp-error-foreign": 1 });
  });
});
