/** IPv4 options of what a host answers and sends (RFC 791, 3.1; RFC 1122, 3.2.1.8, 3.2.2.6 and 3.2.2.8). */
import { describe, expect, test } from "vitest";
import { EtherType } from "../../../packets/ethernet.ts";
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as options from "../../../packets/ipv4-options.ts";
import * as routeOptions from "../../../packets/ipv4-route-options.ts";
import * as udp from "../../../packets/udp.ts";
import type { HostOptions } from "../../../src/stack/host.ts";
import type { EchoError } from "../../../src/stack/icmp/echo.ts";
import { SendResult } from "../../../src/stack/send-result.ts";
import { A_LEFT, A_RIGHT, addresses, B_LEFT, B_RIGHT, LEFT, Line, RIGHT } from "../line.ts";
import {
  Bench,
  DATA,
  datagram,
  type EchoFields,
  echoFrame,
  frame,
  HOST_IP,
  HOST_MAC,
  icmpMessage,
  ip,
  PEER_IP,
  PEER_MAC,
} from "../support.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);
const of = (text: string) => text.split(".").map(Number);
const HOST = of("10.0.0.2");
const PEER = of("10.0.0.1");

function packet(seen: Uint8Array | undefined): ipv4.Ipv4Packet {
  const parsed = ipv4.parse(seen ?? bytes(), 14);
  if (typeof parsed === "number") throw new Error(`no IPv4 packet: fault ${parsed}`);
  expect(ipv4.checksumOk(seen!, 14)).toBe(true);
  return parsed;
}

/** What the host answers to an echo request with these options. */
function answerTo(list: Uint8Array, given: Partial<HostOptions> = {}, fields: EchoFields = {}): ipv4.Ipv4Packet {
  const bench = new Bench(given);
  bench.clock.advance(NOW);
  const [answer, ...more] = bench.send(echoFrame({ options: list, ...fields }));
  expect(more).toEqual([]);
  return packet(answer);
}

/** Milliseconds that a simulated wire, whose day begins with it, has run. */
const NOW = 5000;
const u32 = (list: Uint8Array, at: number) => new DataView(list.buffer, list.byteOffset).getUint32(at);

describe("an echo reply carries record route and timestamp, brought up to date (3.2.2.6)", () => {
  test("record route: the host as receiver, and as sender", () => {
    const { options: list, payload, src, dst } = answerTo(bytes(7, 15, 8, ...PEER, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    expect(list).toEqual(bytes(7, 15, 16, ...PEER, ...HOST, ...HOST, 0));
    expect([src, dst]).toEqual([HOST_IP, PEER_IP]);
    expect(payload.slice(8)).toEqual(DATA);
    expect(icmp.checksumOk(payload, 0, payload.length)).toBe(true);
  });

  test.each([
    ["with room for one, once", [7, 7, 4, 0, 0, 0, 0, 0], [7, 7, 8, ...HOST, 0]],
    ["full, as it is", [7, 7, 8, 9, 9, 9, 9, 0], [7, 7, 8, 9, 9, 9, 9, 0]],
    ["without room at all", [7, 3, 4, 0], [7, 3, 4, 0]],
    ["after no-operations, which are left out", [1, 1, 7, 7, 4, 0, 0, 0, 0, 1, 0, 0], [7, 7, 8, ...HOST, 0]],
    ["what is no record of the way is not returned", [222, 4, 1, 2, 148, 4, 0, 0, 136, 4, 0, 1], []],
  ])("%s", (_, request, reply) => {
    expect(answerTo(Uint8Array.from(request)).options).toEqual(Uint8Array.from(reply));
  });

  test("times: as receiver and as sender, in ms since midnight UT", () => {
    const { options: list } = answerTo(options.build([routeOptions.timestamp(0, 3)]));
    expect(list[2]).toBe(13);
    expect([u32(list, 4), u32(list, 8), u32(list, 12)]).toEqual([NOW, NOW, 0]);
  });

  test("midnight is Universal Time's, and comes again", () => {
    const bench = new Bench();
    const at = (epoch: number) => {
      Object.defineProperty(bench.link, "epoch", { value: epoch, configurable: true });
      return u32(packet(bench.send(echoFrame({ options: bytes(68, 8, 5, 0, 0, 0, 0, 0) }))[0]).options, 4);
    };
    const seconds = Date.UTC(2026, 10, 25, 13, 49, 7) / 1000;
    bench.clock.advance(NOW);
    expect(at(seconds)).toBe(((13 * 60 + 49) * 60 + 7) * 1000 + NOW);
    expect(at(Date.UTC(2026, 10, 25, 23, 59, 59) / 1000)).toBeLessThan(NOW);
  });

  test("times with addresses", () => {
    const { options: list } = answerTo(options.build([routeOptions.timestamp(1, 3)]));
    expect(list[2]).toBe(21);
    expect([...addresses(list, 4, 1), ...addresses(list, 12, 1)]).toEqual(["10.0.0.2", "10.0.0.2"]);
  });

  test("times of those who are asked: of us as often as we are, of others not", () => {
    const us = answerTo(options.build([routeOptions.timestamp(3, [HOST_IP, HOST_IP, HOST_IP])])).options;
    expect([us[2], u32(us, 8), u32(us, 16), u32(us, 24)]).toEqual([21, NOW, NOW, 0]);
    const other = options.build([routeOptions.timestamp(3, [PEER_IP, HOST_IP])]);
    expect(answerTo(other).options).toEqual(other);
  });

  test("no room for the time: the overflow is counted once, on receipt", () => {
    expect(answerTo(bytes(68, 8, 9, 0x10, 1, 2, 3, 4)).options).toEqual(bytes(68, 8, 9, 0x20, 1, 2, 3, 4));
  });

  test("some room left for the answer's own, but too little: no answer, a parameter problem with what came", () => {
    for (const [list, pointer] of [
      [bytes(7, 9, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0), 22],
      [bytes(1, 68, 16, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 23],
    ] as const) {
      const bench = new Bench();
      bench.host.setNeighbour("10.0.0.1", PEER_MAC);
      const request = datagram({ options: list });
      const [error, ...more] = bench.send(frame(request, EtherType.Ipv4, HOST_MAC, PEER_MAC));
      expect(more).toEqual([]);
      const { payload } = packet(error);
      expect([payload[0], payload[1], payload[4]]).toEqual([icmp.Type.ParameterProblem, 0, pointer]);
      expect(payload.slice(8)).toEqual(request);
      expect(bench.drops()).toEqual({ "ip-options": 1 });
      expect(bench.host.stats().echoAnswered).toBe(0);
    }
  });

  test("recorded in a reply in fragments: in its first", () => {
    const bench = new Bench();
    Object.defineProperty(bench.link, "mtu", { value: 68 });
    const pieces = bench.send(echoFrame({ options: bytes(7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0) })).map(packet);
    expect(pieces.map((one) => one.options.length)).toEqual([12, 0]);
    expect(addresses(pieces[0]!.options, 3, 2)).toEqual(["10.0.0.2", "10.0.0.2"]);
    const message = Uint8Array.from(pieces.flatMap(({ payload }) => [...payload]));
    expect(icmp.checksumOk(message, 0, message.length)).toBe(true);
  });

  test("of a request in fragments: what its first had", () => {
    const bench = new Bench();
    const whole = datagram({ options: bytes(7, 7, 4, 0, 0, 0, 0, 0) });
    const first = whole.slice(0, 28 + 32);
    ipv4.setTotalLength(first, 0, first.length);
    ipv4.setFragment(first, 0, ipv4.Flag.MoreFragments, 0);
    ipv4.updateChecksum(first, 0);
    const last = datagram({ fragmentOffset: 32, payload: whole.slice(28 + 32) });
    const seen = bench.send(...[first, last].map((one) => frame(one, EtherType.Ipv4, HOST_MAC, PEER_MAC)));
    expect(packet(seen[0]).options).toEqual(bytes(7, 7, 8, ...HOST, 0));
  });

  test("the frame that came stays as it was, for whoever else reads the link", () => {
    const bench = new Bench();
    const frames: Uint8Array[] = [];
    bench.link.onFrames(({ buffer, offset, length }) => frames.push(buffer.slice(offset[0], offset[0]! + length[0]!)));
    const recording = echoFrame({ options: bytes(7, 7, 4, 0, 0, 0, 0, 0) });
    bench.send(recording);
    Object.defineProperty(bench.link, "mtu", { value: 68 });
    bench.send(echoFrame());
    expect(frames).toEqual([recording, echoFrame()]);
    expect(bench.host.stats().echoAnswered).toBe(2);
  });
});

describe("source routes", () => {
  const accept = { acceptSourceRoute: true };
  test("reversed in the answer, the source at its end (3.2.1.8c)", () => {
    const came = bytes(131, 15, 16, ...of("10.0.7.1"), ...of("10.0.7.2"), ...of("10.0.7.3"), 0);
    const { dst, options: list } = answerTo(came, accept);
    expect(dst).toBe(ip("10.0.7.3"));
    expect(list).toEqual(bytes(131, 15, 4, ...of("10.0.7.2"), ...of("10.0.7.1"), ...PEER, 0));
  });

  test("strict stays strict; one hop", () => {
    const { dst, options: list } = answerTo(bytes(137, 7, 8, ...of("10.0.7.1"), 0), accept);
    expect(dst).toBe(ip("10.0.7.1"));
    expect(list).toEqual(bytes(137, 7, 4, ...PEER, 0));
  });

  test("a source that recorded itself is not visited twice", () => {
    const { dst, options: list } = answerTo(bytes(131, 11, 12, ...PEER, ...of("10.0.7.1"), 0), accept);
    expect(dst).toBe(ip("10.0.7.1"));
    expect(list).toEqual(bytes(131, 7, 4, ...PEER, 0));
    const alone = answerTo(bytes(131, 7, 8, ...PEER, 0), accept);
    expect([alone.dst, alone.options.length]).toEqual([PEER_IP, 0]);
  });

  test.each(["255.255.255.255", "10.0.0.255", "224.0.0.1", "0.0.0.0", "127.0.0.1"])(
    "a way back that would begin with %s is none: a parameter problem, to the sender alone",
    (hop) => {
      const bench = new Bench(accept);
      bench.host.setNeighbour("10.0.0.1", PEER_MAC);
      const [error, ...more] = bench.send(echoFrame({ options: bytes(1, 131, 7, 8, ...of(hop)) }));
      expect(more).toEqual([]);
      expect(error!.slice(0, 6)).toEqual(PEER_MAC);
      const { dst, payload } = packet(error);
      expect([dst, payload[0], payload[4]]).toEqual([PEER_IP, icmp.Type.ParameterProblem, 21]);
      expect(bench.host.stats().echoAnswered).toBe(0);
      // Nor does an error go there.
      bench.send(echoFrame({ protocol: 6, options: bytes(131, 7, 8, ...of(hop), 0) }));
      const second = packet(bench.seen.at(-1));
      expect([second.dst, second.options.length, second.payload[0]]).toEqual([PEER_IP, 0, 3]);
    },
  );

  test("an empty route is none", () => {
    const { dst, options: list } = answerTo(bytes(131, 3, 4, 0), accept);
    expect([dst, list.length]).toEqual([PEER_IP, 0]);
  });

  test("beside record route, after it", () => {
    const { options: list } = answerTo(
      bytes(131, 7, 8, ...of("10.0.7.1"), 7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
      accept,
    );
    expect(list).toEqual(bytes(7, 11, 12, ...HOST, ...HOST, 131, 7, 4, ...PEER, 0, 0));
  });

  test("from the left host to the right one along a route of its choice, and the answer back along it", () => {
    const line = new Line(accept);
    const replies: { from: number; options: Uint8Array }[] = [];
    const socket = line.left.openEcho({
      onReply: (reply) => replies.push({ from: reply.from, options: reply.options.slice() }),
    });
    const list = options.build([routeOptions.sourceRoute(true, [ip(B_LEFT), ip(RIGHT)])]);
    expect(socket.send(ip(A_LEFT), 1, DATA, { options: list })).toBe(SendResult.Waiting);
    line.clock.advance(100);
    expect(replies).toHaveLength(1);
    expect(replies[0]!.from).toBe(ip(RIGHT));
    // Reversed: B's right side first, A's right one, and then us; each left its own behind.
    const [answer] = line.to(B_RIGHT, 2);
    expect(answer!.options).toEqual(bytes(137, 11, 4, ...of(A_RIGHT), ...of(LEFT), 0));
    expect(replies[0]!.options).toEqual(bytes(137, 11, 12, ...of(B_LEFT), ...of(A_LEFT), 0));
  });

  test("UDP along a route: the checksum is that of where it ends", () => {
    const line = new Line(accept);
    const heard: number[] = [];
    line.right.openUdp({ onMessage: (message) => heard.push(message.from) }, { port: 7 });
    const list = options.build([routeOptions.sourceRoute(false, [ip(RIGHT)])]);
    line.left.openUdp({}).send(ip(A_LEFT), 7, DATA, { options: list });
    line.clock.advance(100);
    expect(heard).toEqual([ip(LEFT)]);
  });

  test("an error goes back along the route as far as that was followed (RFC 1812, 4.3.2.6)", () => {
    const line = new Line(accept);
    const errors: EchoError[] = [];
    const socket = line.left.openEcho({ onReply: () => {}, onError: (error) => errors.push(error) });
    const list = options.build([routeOptions.sourceRoute(false, [ip(B_LEFT), ip("192.168.7.7")])]);
    socket.send(ip(A_LEFT), 1, DATA, { options: list });
    line.clock.advance(100);
    expect(errors).toMatchObject([{ from: ip(B_LEFT), icmpCode: icmp.UnreachableCode.SourceRouteFailed }]);
    const [error] = line.to(A_RIGHT, 1);
    expect(error!.options).toEqual(bytes(131, 7, 4, ...of(LEFT), 0));
    expect(line.to(LEFT, 0)[0]!.options).toEqual(bytes(131, 7, 8, ...of(A_LEFT), 0));
  });
});

test("UDP: options reach the socket, the host in them, and the next datagram has none (4.1.3.2)", () => {
  const bench = new Bench();
  const seen: Uint8Array[] = [];
  bench.host.openUdp({ onMessage: (message) => seen.push(message.options.slice()) }, { port: 7 });
  const to = (dst: number, list: Uint8Array) => {
    const payload = udp.build({ srcPort: 9, dstPort: 7, payload: DATA }, PEER_IP, dst);
    const group = dst === HOST_IP ? HOST_MAC : new Uint8Array(6).fill(255);
    bench.send(echoFrame({ protocol: 17, payload, dst, options: list }, group));
  };
  to(HOST_IP, bytes(7, 7, 4, 0, 0, 0, 0, 0));
  to(HOST_IP, bytes());
  to(ip("10.0.0.255"), bytes(7, 7, 4, 0, 0, 0, 0, 0));
  expect(seen).toEqual([bytes(7, 7, 8, ...HOST, 0), bytes(), bytes(7, 7, 8, ...HOST, 0)]);
});

describe("what the host sends with options", () => {
  /** The options on the wire of an echo request sent with these. */
  function sent(list: Uint8Array): Uint8Array {
    const bench = new Bench();
    bench.clock.advance(NOW);
    bench.host.setNeighbour("10.0.0.1", PEER_MAC);
    bench.host.openEcho({ onReply: () => {} }, 5).send(PEER_IP, 1, DATA, { options: list });
    bench.clock.advance(1);
    return packet(bench.seen[0]).options;
  }

  test("it records itself, and the time (3.2.1.8e)", () => {
    expect(sent(bytes(1, 7, 7, 4, 0, 0, 0, 0))).toEqual(bytes(1, 7, 7, 8, ...HOST));
    const times = sent(options.build([routeOptions.timestamp(0, 2)]));
    expect([times[2], u32(times, 4), u32(times, 8)]).toEqual([9, NOW, 0]);
    const first = sent(options.build([routeOptions.timestamp(3, [HOST_IP, PEER_IP])]));
    expect([first[2], u32(first, 8)]).toEqual([13, NOW]);
    const none = options.build([routeOptions.timestamp(3, [PEER_IP, HOST_IP])]);
    expect(sent(none)).toEqual(none);
  });

  test("what it is given stays as it was, and each datagram begins anew", () => {
    const list = options.build([routeOptions.recordRoute(3)]);
    const before = list.slice();
    sent(list);
    expect(sent(list)[2]).toBe(8);
    expect(list).toEqual(before);
  });

  test("the reply's options with ourselves in them reach the socket", () => {
    const line = new Line();
    const routes: string[][] = [];
    const socket = line.left.openEcho({
      onReply: ({ options: list }) => routes.push(addresses(list, 3, (list[2]! - 4) / 4)),
    });
    socket.send(ip(RIGHT), 1, DATA, { options: options.build([routeOptions.recordRoute()]) });
    line.clock.advance(100);
    expect(routes).toEqual([[LEFT, A_RIGHT, B_RIGHT, RIGHT, RIGHT, B_LEFT, A_LEFT, LEFT]]);
  });

  test("a reply without options has none, also after one with some", () => {
    const bench = new Bench();
    const seen: number[] = [];
    bench.host.openEcho({ onReply: (reply) => seen.push(reply.options.length) }, 0x1234);
    bench.send(echoFrame({ type: 0, options: bytes(7, 7, 4, 0, 0, 0, 0, 0) }));
    bench.send(echoFrame({ type: 0 }));
    expect(seen).toEqual([8, 0]);
  });

  test.each([41, 44, 6])("%d bytes of options are the programmer's mistake", (length) => {
    const socket = new Bench().host.openEcho({ onReply: () => {} });
    expect(() => socket.send(PEER_IP, 1, DATA, { options: new Uint8Array(length) })).toThrow(
      "a multiple of 4 bytes up to 40",
    );
  });
});

describe("ICMP timestamps (RFC 792; RFC 1122, 3.2.2.8)", () => {
  const request = (data: Uint8Array, fields: EchoFields = {}) =>
    echoFrame({ payload: icmpMessage(icmp.Type.TimestampRequest, 0, 0x12340007, data), ...fields });
  const originate = bytes(1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0);

  test("answered with the present, twice, as Linux does", () => {
    const bench = new Bench();
    bench.clock.advance(5000);
    const [answer, ...more] = bench.send(request(originate, { tos: 0x28, flags: 2 }));
    expect(more).toEqual([]);
    const { payload, src, dst, ttl, tos } = packet(answer);
    expect({ src, dst, ttl, tos }).toEqual({ src: HOST_IP, dst: PEER_IP, ttl: 64, tos: 0x28 });
    const now = ((bench.link.epoch % 86_400) * 1000 + 5000) % 86_400_000;
    expect(icmp.parse(payload)).toEqual({
      kind: "timestamp-reply",
      code: 0,
      identifier: 0x1234,
      sequence: 7,
      originate: 0x01020304,
      receive: now,
      transmit: now,
    });
    expect(icmp.checksumOk(payload, 0, payload.length)).toBe(true);
    expect(bench.host.stats()).toMatchObject({ timestampsAnswered: 1, echoAnswered: 0 });
    expect(bench.events.at(-1)).toMatchObject({
      type: "timestamp-answered",
      from: PEER_IP,
      to: HOST_IP,
      id: 0x1234,
      seq: 7,
    });
  });

  test("with the options of the request, by echo's rules", () => {
    const [answer] = new Bench().send(request(originate, { options: bytes(7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0) }));
    expect(packet(answer).options).toEqual(bytes(7, 11, 12, ...HOST, ...HOST, 0));
  });

  test.each([
    ["too short", {}, request(originate.slice(0, 11)), "icmp-truncated"],
    ["told not to answer", { answer: { echo: false } }, request(originate), "echo-off"],
    ["to everybody", {}, request(originate, { dst: ip("10.0.0.255") }), "icmp-broadcast"],
    ["a reply that nobody asked for", {}, echoFrame({ payload: icmpMessage(14, 0, 0, originate) }), "icmp-type"],
    // RFC 1122, 3.2.2.9: only who was made an agent for it answers; RFC 6918 makes it obsolete.
    ["an address mask request", {}, echoFrame({ payload: icmpMessage(17, 0, 0, bytes(0, 0, 0, 0)) }), "icmp-type"],
    ["an information request", {}, echoFrame({ payload: icmpMessage(15, 0, 0, bytes()) }), "icmp-type"],
  ])("%s: dropped", (_, given, sent, reason) => {
    const bench = new Bench(given);
    expect(bench.send(sent)).toEqual([]);
    expect(bench.drops()).toEqual({ [reason]: 1 });
  });
});

describe("a parameter problem that comes reaches the sender, its pointer with it (3.2.2.5)", () => {
  const problem = (quoted: Uint8Array) => echoFrame({ payload: icmpMessage(12, 0, 21 << 24, quoted) });
  test("of an echo request", () => {
    const bench = new Bench();
    const errors: EchoError[] = [];
    bench.host.openEcho({ onReply: () => {}, onError: (error) => errors.push(error) }, 0x1234);
    bench.send(problem(datagram({ src: HOST_IP, dst: PEER_IP, options: bytes(7, 7, 8, ...HOST, 0) })));
    expect(errors).toMatchObject([{ from: PEER_IP, icmpType: 12, icmpCode: 0, pointer: 21, mtu: 0, seq: 1 }]);
  });
  test("of UDP", () => {
    const bench = new Bench();
    const errors: unknown[] = [];
    const socket = bench.host.openUdp({ onError: (error) => errors.push(error) });
    const message = udp.build({ srcPort: socket.port, dstPort: 9, payload: DATA }, HOST_IP, PEER_IP);
    bench.send(problem(datagram({ src: HOST_IP, dst: PEER_IP, protocol: 17, payload: message })));
    expect(errors).toMatchObject([{ from: PEER_IP, icmpType: 12, pointer: 21, mtu: 0, toPort: 9 }]);
  });
});

test("told to send no errors, it sends none: who borrows the kernel's address leaves that to the kernel", () => {
  const bench = new Bench({ answer: { errors: false } });
  bench.host.setNeighbour("10.0.0.1", PEER_MAC);
  bench.send(echoFrame({ options: bytes(7, 0, 0, 0) }), echoFrame({ protocol: 6 }), echoFrame({ protocol: 17 }));
  expect(bench.seen).toEqual([]);
  expect(bench.host.stats().errors).toMatchObject({ sent: 0, unsuitable: 2 });
  expect(bench.send(echoFrame())).toHaveLength(1);
});
