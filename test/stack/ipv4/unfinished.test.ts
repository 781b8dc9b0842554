/** What a sender left to its network card: cut and finished here, or left to the next link. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as tcp from "../../../packets/tcp.ts";
import * as udp from "../../../packets/udp.ts";
import { type FrameBatch, FrameFlag, type FrameHandler, type Link } from "../../../src/link/link.ts";
import { VirtualClock } from "../../../src/stack/clock.ts";
import { finishChecksum, segmentCount, segments, transportLength } from "../../../src/stack/ipv4/unfinished.ts";
import { seededRandom } from "../../../src/stack/random.ts";
import { Router } from "../../../src/stack/router/router.ts";
import { bytes, u16, u32 } from "../../support/arbitraries.ts";
import { HOST_MAC, ip, PEER_MAC } from "../support.ts";

const SRC = ip("10.0.1.2");
const DST = ip("10.0.2.2");
const { Flag } = tcp;
const { Protocol } = ipv4;

const datagramOf = (fields: Pick<ipv4.Ipv4Packet, "id" | "flags" | "protocol" | "payload" | "ttl" | "src" | "dst">) =>
  ipv4.build({ tos: 0, fragmentOffset: 0, options: new Uint8Array(0), ...fields });

function tcpDatagram(payload: Uint8Array, flags: number, sequence = 0xffffff00, id = 0xfffe): Uint8Array {
  const fields = { srcPort: 5, dstPort: 80, sequence, acknowledgement: 7, flags, window: 9 };
  const options = Uint8Array.of(1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8);
  const segment = tcp.build({ ...fields, urgentPointer: 0, options, payload }, SRC, DST);
  return datagramOf({
    id,
    flags: ipv4.Flag.DontFragment,
    ttl: 64,
    protocol: Protocol.Tcp,
    src: SRC,
    dst: DST,
    payload: segment,
  });
}

function udpDatagram(payload: Uint8Array): Uint8Array {
  const segment = udp.build({ srcPort: 5, dstPort: 53, payload }, SRC, DST);
  return datagramOf({ id: 1, flags: 0, ttl: 64, protocol: Protocol.Udp, src: SRC, dst: DST, payload: segment });
}

function isRight(one: Uint8Array): boolean {
  const at = ipv4.payloadOffset(one, 0);
  const isTcp = ipv4.protocol(one, 0) === Protocol.Tcp;
  const sum = isTcp ? tcp.checksumOk(one, at, one.length, SRC, DST) : udp.checksumOk(one, at, SRC, DST);
  return sum && ipv4.checksumOk(one, 0) && ipv4.totalLength(one, 0) === one.length;
}

const joined = (parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const ALL = Flag.Fin | Flag.Psh | Flag.Ack | Flag.Ece | Flag.Cwr;

describe("segments", () => {
  test("TCP: all data, in order, each with its own sequence number, identification and checksums", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }).chain(bytes),
        fc.integer({ min: 8, max: 1448 }),
        u32,
        u16,
        (data, size, seq, id) => {
          const whole = tcpDatagram(data, ALL, seq, id);
          const pieces = [...segments(whole, 0, size)];
          expect(pieces.length).toBe(Math.ceil(data.length / size));
          expect(pieces.length).toBe(segmentCount(whole, 0, size));
          expect(pieces.every(isRight)).toBe(true);
          expect(joined(pieces.map((one) => one.slice(52)))).toEqual(data);
          pieces.forEach((one, n) => {
            expect(tcp.sequence(one, 20)).toBe((seq + n * size) >>> 0);
            expect(ipv4.identification(one, 0)).toBe((id + n) & 0xffff);
            expect(one.slice(40, 52)).toEqual(whole.slice(40, 52));
            const isLast = n === pieces.length - 1;
            // What ends, ends with the last; CWR is said once.
            expect(tcp.flags(one, 20)).toBe(
              Flag.Ack | Flag.Ece | (isLast ? Flag.Fin | Flag.Psh : 0) | (n === 0 ? Flag.Cwr : 0),
            );
          });
        },
      ),
    );
  });

  test("UDP: each with its own length", () => {
    const data = Uint8Array.from({ length: 2500 }, (_, i) => i);
    const pieces = [...segments(udpDatagram(data), 0, 1000)];
    expect(pieces.map((one) => udp.length(one, 20))).toEqual([1008, 1008, 508]);
    expect(pieces.every(isRight)).toBe(true);
    expect(joined(pieces.map((one) => one.slice(28)))).toEqual(data);
  });

  test("what cannot be cut gives nothing", () => {
    const whole = tcpDatagram(new Uint8Array(100), Flag.Ack);
    expect([...segments(whole, 0, 7)]).toEqual([]);
    const fragment = whole.slice();
    ipv4.setFragment(fragment, 0, ipv4.Flag.MoreFragments, 0);
    expect([...segments(fragment, 0, 50)]).toEqual([]);
    const other = whole.slice();
    ipv4.setProtocol(other, 0, Protocol.Icmp);
    expect([...segments(other, 0, 50)]).toEqual([]);
  });
});

test("any bytes: nothing throws, nothing outside the datagram is touched", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 20, max: 120 }).chain(bytes),
      fc.constantFrom(Protocol.Tcp, Protocol.Udp),
      u16,
      (data, protocol, size) => {
        const total = data.length;
        const room = new Uint8Array(total + 8).fill(0xee);
        room.set(data);
        room[0] = 0x45 + (total >= 24 ? data[0]! & 1 : 0);
        ipv4.setTotalLength(room, 0, total);
        ipv4.setProtocol(room, 0, protocol);
        finishChecksum(room, 0);
        expect(room.slice(total)).toEqual(new Uint8Array(8).fill(0xee));
        expect(transportLength(room, 0)).toBeLessThanOrEqual(total);
        for (const one of segments(room, 0, size)) expect(one.length).toBeLessThanOrEqual(total);
      },
    ),
  );
});

interface Left {
  readonly bytes: Uint8Array;
  /** -1 if it left finished. */
  readonly segment: number;
}

/** A link that hands over datagrams as a packet socket with offloads does, and keeps what is sent. */
function bareLink(mac: Uint8Array, takesUnfinished: boolean, mtu: number) {
  let handler: FrameHandler = () => {};
  const sent: Left[] = [];
  const tx = new Uint8Array(70_000);
  const keep = (length: number, segment: number) => void sent.push({ bytes: tx.slice(14, length), segment });
  const link: Link = {
    name: "bare",
    mac,
    mtu,
    epoch: 0,
    now: () => 0,
    onFrames(given) {
      handler = given;
      return () => {};
    },
    onEvent: () => () => {},
    tx,
    reserve: (length) => (length <= (takesUnfinished ? tx.length : mtu + 18) ? 0 : -1),
    commit: (length) => keep(length, -1),
    ...(takesUnfinished && {
      canCommitUnfinished: true,
      commitUnfinished: (length: number, _: number, segment: number) => keep(length, segment),
    }),
    flush: () => 1,
    stats: () => ({
      rxFrames: 0,
      rxBytes: 0,
      rxDropped: 0,
      rxTruncated: 0,
      txFrames: 0,
      txBytes: 0,
      txErrors: 0,
      lastTxError: "",
    }),
    close() {},
  };
  const deliver = (datagram: Uint8Array, segment: number) => {
    const buffer = Uint8Array.of(...HOST_MAC, ...PEER_MAC, 8, 0, ...datagram);
    const one = (value: number) => Int32Array.of(value);
    const batch: FrameBatch = {
      count: 1,
      buffer,
      offset: one(0),
      length: one(buffer.length),
      originalLength: one(buffer.length),
      direction: new Uint8Array(1),
      flags: Uint8Array.of(FrameFlag.ChecksumNotReady | (segment > 0 ? FrameFlag.Segments : 0)),
      segment: Uint16Array.of(segment),
      time: new Float64Array(1),
    };
    handler(batch);
  };
  return { link, sent, deliver };
}

function scene(takesUnfinished: boolean, mtu = 1500, isKnown = true) {
  const near = bareLink(HOST_MAC, false, 1500);
  const far = bareLink(Uint8Array.of(2, 0, 0, 0, 0, 0xcc), takesUnfinished, mtu);
  const router = new Router(
    [
      { link: near.link, addresses: ["10.0.1.1/24"], mac: HOST_MAC },
      { link: far.link, addresses: ["10.0.2.1/24"] },
    ],
    { clock: new VirtualClock(), random: seededRandom(1) },
  );
  router.hosts[0]!.setNeighbour("10.0.1.2", PEER_MAC);
  if (isKnown) router.hosts[1]!.setNeighbour("10.0.2.2", PEER_MAC);
  return { router, near, far, drops: () => router.stats().interfaces[0]!.drops };
}

/** A checksum as a sender leaves it to a card. */
function open(datagram: Uint8Array): Uint8Array {
  datagram[
    ipv4.payloadOffset(datagram, 0) + (ipv4.protocol(datagram, 0) === Protocol.Tcp ? tcp.CHECKSUM : udp.CHECKSUM)
  ]! ^= 0x5a;
  return datagram;
}

const DATA = Uint8Array.from({ length: 10_000 }, (_, i) => i * 7);
const MSS = 1448;

describe("a router passes on", () => {
  test("an unfinished datagram: unfinished where the link takes it, else finished", () => {
    for (const takesUnfinished of [true, false]) {
      for (const datagram of [tcpDatagram(DATA.slice(0, 500), Flag.Ack), udpDatagram(DATA.slice(0, 500))]) {
        const { near, far } = scene(takesUnfinished);
        near.deliver(open(datagram.slice()), 0);
        expect(far.sent).toHaveLength(1);
        expect(far.sent[0]!.segment).toBe(takesUnfinished ? 0 : -1);
        expect(isRight(far.sent[0]!.bytes)).toBe(!takesUnfinished);
        expect(ipv4.ttl(far.sent[0]!.bytes, 0)).toBe(63);
      }
    }
  });

  test("a frame of many segments whole where the link takes it, and counts them", () => {
    const { near, far, router } = scene(true);
    near.deliver(open(tcpDatagram(DATA, Flag.Ack)), MSS);
    expect(far.sent.map((one) => [one.bytes.length, one.segment])).toEqual([[10_052, MSS]]);
    expect(router.stats().forwarded).toBe(7);
  });

  test("it in pieces where the link does not, or the next hop is not known yet", () => {
    const { near, far, router } = scene(false);
    near.deliver(open(tcpDatagram(DATA, Flag.Ack)), MSS);
    expect(far.sent).toHaveLength(7);
    expect(far.sent.every(({ bytes, segment }) => segment === -1 && isRight(bytes) && ipv4.ttl(bytes, 0) === 63)).toBe(
      true,
    );
    expect(joined(far.sent.map((one) => one.bytes.slice(52)))).toEqual(DATA);
    expect(router.stats().forwarded).toBe(7);
    const waiting = scene(true, 1500, false);
    waiting.near.deliver(open(tcpDatagram(DATA, Flag.Ack)), MSS);
    expect(waiting.drops()).toEqual({});
    expect(waiting.router.hosts[1]!.neighbours()[0]).toMatchObject({ waiting: 7 });
  });

  test("segments that the next link has no room for: the sender is told, or they go in fragments", () => {
    const told = scene(true, 1000);
    told.near.deliver(open(tcpDatagram(DATA, Flag.Ack)), MSS);
    expect(told.far.sent).toEqual([]);
    expect(told.drops()).toEqual({ "too-long": 1 });
    expect(told.near.sent).toHaveLength(1);
    // Destination unreachable, fragmentation needed, MTU 1000.
    expect([...told.near.sent[0]!.bytes.slice(20, 28)]).toEqual([
      3,
      4,
      expect.any(Number),
      expect.any(Number),
      0,
      0,
      3,
      232,
    ]);
    const cut = scene(true, 1000);
    const free = tcpDatagram(DATA, Flag.Ack);
    ipv4.setFragment(free, 0, 0, 0);
    ipv4.updateChecksum(free, 0);
    cut.near.deliver(open(free), MSS);
    expect(cut.drops()).toEqual({});
    expect(cut.far.sent.every(({ bytes }) => bytes.length <= 1000 && ipv4.checksumOk(bytes, 0))).toBe(true);
    expect(cut.router.stats()).toMatchObject({ forwarded: 7, fragmented: 7 });
    const long = scene(true, 1000);
    long.near.deliver(open(udpDatagram(DATA.slice(0, 1400))), 0);
    const [first, second] = long.far.sent.map((one) => one.bytes);
    const whole = datagramOf({
      id: 1,
      flags: 0,
      ttl: 63,
      protocol: Protocol.Udp,
      src: SRC,
      dst: DST,
      payload: joined([first!.slice(20), second!.slice(20)]),
    });
    expect(isRight(whole)).toBe(true);
  });

  test("nothing that only claims to be so", () => {
    const { near, far, drops } = scene(true);
    const lie = tcpDatagram(DATA, Flag.Ack);
    ipv4.setProtocol(lie, 0, 47);
    ipv4.updateChecksum(lie, 0);
    near.deliver(lie, MSS);
    expect(far.sent).toEqual([]);
    expect(drops()).toEqual({ "too-long": 1 });
    const small = lie.slice(0, 200);
    ipv4.setTotalLength(small, 0, 200);
    ipv4.updateChecksum(small, 0);
    near.deliver(small, 0);
    expect(far.sent.map((one) => one.segment)).toEqual([-1]);
  });
});
