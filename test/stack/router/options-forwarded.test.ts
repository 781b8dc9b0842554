/** IPv4 options on their way through routers (RFC 791, 3.1; RFC 1812, 5.2.4.1 and 5.3.13). */
import { describe, expect, test } from "vitest";
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as options from "../../../packets/ipv4-options.ts";
import * as routeOptions from "../../../packets/ipv4-route-options.ts";
import * as udp from "../../../packets/udp.ts";
import { A_LEFT, A_RIGHT, addresses, B_LEFT, B_RIGHT, LEFT, Line, RIGHT } from "../line.ts";
import { datagram, ip } from "../support.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);
/** An address as option bytes. */
const of = (text: string) => text.split(".").map(Number);

/** Type, code and pointer of the ICMP error that reached the left host, and what it quotes. */
function errorOf(line: Line) {
  const [error, ...more] = line.to(LEFT, 0).filter(({ payload }) => icmp.isError(payload[0]!));
  if (error === undefined) return null;
  expect(more).toEqual([]);
  const { payload } = error;
  return { type: payload[0], code: payload[1], pointer: payload[4], quoted: payload.slice(8) };
}

describe("malformed options: dropped, and the sender told which byte (RFC 1812, 4.3.3.5)", () => {
  test.each([
    ["length 0", [7, 0, 4, 0], 20],
    ["length 1", [1, 7, 1, 0], 21],
    ["beyond the header", [7, 9, 4, 0, 0, 0, 0, 0], 20],
    ["a length byte that the header has no room for", [1, 1, 1, 7], 23],
    ["record route without a pointer", [7, 2, 0, 0], 21],
    ["record route whose pointer is in its header", [7, 7, 3, 0, 0, 0, 0, 0], 22],
    ["record route with some room, but less than an address's", [7, 9, 8, 1, 1, 1, 1, 0, 0, 0, 0, 0], 22],
    ["record route twice", [7, 3, 4, 7, 3, 4, 0, 0], 23],
    ["timestamp without flags", [68, 3, 5, 0], 21],
    ["timestamp whose pointer is in its header", [68, 8, 4, 0, 0, 0, 0, 0], 22],
    ["timestamp with some room, but less than a time's", [68, 7, 5, 0, 0, 0, 0, 0], 22],
    ["timestamp with room for an address, not for a time", [68, 8, 5, 1, 0, 0, 0, 0], 22],
    ["timestamp asking somebody, without room for a time", [68, 8, 5, 3, 0, 0, 0, 0], 22],
    ["timestamp twice", [68, 4, 5, 0, 68, 4, 5, 0], 24],
    ["timestamp whose overflow overflows", [68, 4, 5, 0xf0], 23],
    ["source route without a pointer", [131, 2, 0, 0], 21],
    ["source route whose pointer is in its header", [131, 7, 3, 1, 2, 3, 4, 0], 22],
    ["two source routes", [131, 3, 4, 137, 3, 4, 0, 0], 23],
    ["router alert without a value", [148, 2, 0, 0], 21],
  ])("%s", (_, list, pointer) => {
    const line = new Line({ acceptSourceRoute: true });
    const sent = datagram({ src: ip(LEFT), dst: ip(RIGHT), options: Uint8Array.from(list) });
    line.forgeBytes(sent);
    expect(line.drops()).toEqual({ "ip-options": 1 });
    expect(line.seen[1]).toEqual([]);
    expect(errorOf(line)).toEqual({ type: icmp.Type.ParameterProblem, code: 0, pointer, quoted: sent });
  });

  test("what a list's end hides is no matter, nor is an unknown option: passed on as it came", () => {
    for (const list of [
      bytes(0, 7, 0, 255),
      bytes(222, 4, 9, 9),
      bytes(1, 1, 1, 1),
      bytes(136, 4, 0, 7),
      bytes(130, 4, 0, 0),
    ]) {
      const line = new Line();
      line.forge({ options: list });
      expect(line.to(RIGHT, 2).map((one) => one.options)).toEqual([list]);
      expect(line.drops()).toEqual({});
    }
  });

  test("never about a fragment but the first, a broadcast, or an error", () => {
    const line = new Line();
    line.forge({ options: bytes(7, 0, 0, 0), fragmentOffset: 64 });
    line.forge({ options: bytes(7, 0, 0, 0), dst: ip("10.0.1.255") });
    line.forge({ options: bytes(7, 0, 0, 0), type: icmp.Type.TimeExceeded });
    line.clock.advance(5000);
    expect(errorOf(line)).toBeNull();
    expect(line.drops()).toEqual({ "ip-options": 3 });
    expect(line.a.stats().interfaces[0]!.errors.unsuitable).toBe(3);
  });
});

describe("source routes are refused unless accepted (RFC 7126, 4.3; Linux: accept_source_route)", () => {
  const through = (type: number) => bytes(type, 7, 4, ...of(RIGHT), 0);
  test.each([
    ["loose, passing through", RIGHT, bytes(131, 7, 4, ...of("10.0.3.9"), 0)],
    ["strict, passing through", RIGHT, bytes(137, 7, 4, ...of("10.0.3.9"), 0)],
    ["loose, with us as a hop", A_LEFT, through(131)],
    ["strict, with us as a hop", A_LEFT, through(137)],
    ["completed", A_LEFT, bytes(131, 7, 8, ...of("10.0.9.9"), 0)],
    ["empty", A_LEFT, bytes(131, 3, 4, 0)],
    ["completed, passing through", RIGHT, bytes(131, 7, 8, ...of("10.0.9.9"), 0)],
  ])("%s: dropped without a word", (_, dst, list) => {
    const line = new Line();
    line.forge({ dst: ip(dst), options: list });
    line.clock.advance(5000);
    expect(line.drops()).toEqual({ "ip-source-route": 1 });
    expect(line.seen[1]).toEqual([]);
    expect(line.to(LEFT, 0)).toEqual([]);
  });
});

describe("source routes, accepted", () => {
  test.each([
    ["loose", 131],
    ["strict", 137],
  ])("%s: each hop takes the next address and leaves its own behind", (_, type) => {
    const line = new Line({ acceptSourceRoute: true });
    line.forge({ dst: ip(A_LEFT), options: bytes(type, 11, 4, ...of(B_LEFT), ...of(RIGHT), 0), ttl: 9 });
    const [between] = line.to(B_LEFT, 1);
    expect(between).toMatchObject({ ttl: 8, src: ip(LEFT) });
    expect(between!.options).toEqual(bytes(type, 11, 8, ...of(A_RIGHT), ...of(RIGHT), 0));
    const [arrived] = line.to(RIGHT, 2);
    expect(arrived).toMatchObject({ ttl: 7, src: ip(LEFT) });
    expect(arrived!.options).toEqual(bytes(type, 11, 12, ...of(A_RIGHT), ...of(B_RIGHT), 0));
    expect(line.right.stats().echoAnswered).toBe(1);
  });

  test("loose: routers between two hops pass it on untouched", () => {
    const line = new Line({ acceptSourceRoute: true });
    const list = bytes(131, 7, 4, ...of("10.0.3.9"), 0);
    line.forge({ options: list });
    expect(line.to(RIGHT, 2)[0]!.options).toEqual(list);
    expect(line.right.stats().drops).toEqual({ "source-route-failed": 1 });
  });

  test("strict: between two hops there is nobody", () => {
    const line = new Line({ acceptSourceRoute: true });
    line.forge({ options: bytes(137, 7, 4, ...of("10.0.3.9"), 0) });
    expect(errorOf(line)).toMatchObject({ type: icmp.Type.ParameterProblem, pointer: 16 });
    expect(line.drops()).toEqual({ "source-route-failed": 1 });
  });

  test.each([
    ["strict, and the next hop on no network of ours", 137, RIGHT],
    ["no way to the next hop", 131, "192.168.7.7"],
    ["a broadcast", 131, "10.0.2.255"],
    ["a multicast group", 131, "224.0.0.9"],
    ["loopback", 131, "127.0.0.1"],
    ["nobody", 131, "0.0.0.0"],
  ])("%s: source route failed", (_, type, next) => {
    const line = new Line({ acceptSourceRoute: true });
    line.forge({ dst: ip(A_LEFT), options: bytes(type, 7, 4, ...of(next), 0) });
    const { DestinationUnreachable } = icmp.Type;
    const code = icmp.UnreachableCode.SourceRouteFailed;
    expect(errorOf(line)).toMatchObject({ type: DestinationUnreachable, code });
    expect(line.drops()).toEqual({ "source-route-failed": 1 });
    expect(line.seen[1]).toEqual([]);
  });

  test("with some room, but less than an address's: a parameter problem", () => {
    const line = new Line({ acceptSourceRoute: true });
    line.forge({ dst: ip(A_LEFT), options: bytes(131, 6, 4, 1, 2, 3, 0, 0) });
    expect(errorOf(line)).toMatchObject({ type: icmp.Type.ParameterProblem, pointer: 22 });
  });

  test("addresses of the hop itself are passed over, to the next or to the end", () => {
    const line = new Line({ acceptSourceRoute: true });
    line.forge({ dst: ip(A_LEFT), options: bytes(131, 15, 4, ...of(A_RIGHT), ...of(A_LEFT), ...of(RIGHT), 0) });
    expect(line.to(RIGHT, 2)[0]!.options).toEqual(bytes(131, 15, 16, ...of(A_RIGHT), ...of(A_LEFT), ...of(A_RIGHT), 0));
    line.forge({ dst: ip(A_LEFT), options: bytes(131, 7, 4, ...of(A_RIGHT), 0) });
    expect(line.a.hosts[0]!.stats().echoAnswered).toBe(1);
    expect(line.to(LEFT, 0).at(-1)).toMatchObject({ src: ip(A_RIGHT) });
  });

  test("a host that is no router, or a router that does not forward, says that the route failed (RFC 1122, 3.3.5)", () => {
    const line = new Line({ acceptSourceRoute: true });
    line.forge({ dst: ip(RIGHT), options: bytes(131, 7, 4, ...of("10.0.3.9"), 0) });
    expect(errorOf(line)).toMatchObject({ code: icmp.UnreachableCode.SourceRouteFailed });
    const off = new Line({ acceptSourceRoute: true }, { forwarding: false });
    off.forge({ dst: ip(A_LEFT), options: bytes(131, 7, 4, ...of(RIGHT), 0) });
    expect(errorOf(off)).toMatchObject({ code: icmp.UnreachableCode.SourceRouteFailed });
  });

  test("nobody is told of a better way than the one that he chose (RFC 1812, 5.2.7.2)", () => {
    for (const [list, redirects] of [
      [bytes(1, 1, 1, 1), 1],
      [bytes(131, 7, 4, ...of("10.0.1.9"), 0), 0],
    ] as const) {
      const line = new Line({ acceptSourceRoute: true });
      line.a.addRoute("10.9.0.0/16", "10.0.1.9");
      line.forge({ dst: ip("10.9.0.1"), options: list });
      expect(line.a.stats().redirects).toBe(redirects);
    }
  });
});

describe("record route and timestamp (RFC 1812, 5.3.13.5 and 5.3.13.6)", () => {
  test("the address of the interface that the datagram leaves through (4.2.2.2)", () => {
    const line = new Line();
    line.forge({ options: options.build([routeOptions.recordRoute(3)]) });
    const [arrived] = line.to(RIGHT, 2);
    expect(arrived!.options[2]).toBe(12);
    expect(addresses(arrived!.options, 3, 3)).toEqual([A_RIGHT, B_RIGHT, "0.0.0.0"]);
  });

  test("full: passed on as it is", () => {
    const line = new Line();
    const list = bytes(7, 7, 8, 1, 2, 3, 4, 0);
    line.forge({ options: list });
    expect(line.to(RIGHT, 2)[0]!.options).toEqual(list);
  });

  test("times in ms since midnight UT", () => {
    const line = new Line();
    line.clock.advance(1234);
    line.forge({ options: options.build([routeOptions.timestamp(0, 3)]) });
    const list = line.to(RIGHT, 2)[0]!.options;
    const view = new DataView(list.buffer);
    expect(list[2]).toBe(13);
    const { epoch } = line.left.link;
    const noon = ((epoch % 86_400) * 1000 + 1234) % 86_400_000;
    for (const at of [4, 8]) {
      expect(view.getUint32(at)).toBeGreaterThanOrEqual(noon);
      expect(view.getUint32(at)).toBeLessThan(noon + 20);
    }
    expect(view.getUint32(12)).toBe(0);
  });

  test("times with addresses, or of those alone whose addresses are there, whichever of theirs", () => {
    const line = new Line();
    line.forge({ options: options.build([routeOptions.timestamp(1, 3)]) });
    const [first] = line.to(RIGHT, 2);
    expect([first!.options[2], addresses(first!.options, 4, 1), addresses(first!.options, 12, 1)]).toEqual([
      21,
      [A_RIGHT],
      [B_RIGHT],
    ]);
    line.forge({ options: options.build([routeOptions.timestamp(3, [ip(B_LEFT), ip(A_LEFT)])]) });
    const second = line.to(RIGHT, 2)[1]!;
    // A is not the next one asked; B is, by its other address.
    expect(second.options[2]).toBe(13);
    expect(addresses(second.options, 4, 1)).toEqual([B_LEFT]);
  });

  test("without room the overflow is counted, to 15 and no further", () => {
    const line = new Line();
    line.forge({ options: bytes(68, 8, 9, 0, 1, 2, 3, 4) });
    expect(line.to(RIGHT, 2)[0]!.options).toEqual(bytes(68, 8, 9, 0x20, 1, 2, 3, 4));
    line.forge({ options: bytes(68, 8, 9, 0xe0, 1, 2, 3, 4) });
    // A counts the fifteenth; with B it would overflow.
    expect(line.b.stats().interfaces[0]!.drops).toEqual({ "ip-options": 1 });
    expect(errorOf(line)).toMatchObject({ type: icmp.Type.ParameterProblem, pointer: 23 });
  });

  test("a flag that nobody knows: passed on as it is", () => {
    const line = new Line();
    const list = bytes(68, 12, 5, 2, 0, 0, 0, 0, 0, 0, 0, 0);
    line.forge({ options: list });
    expect(line.to(RIGHT, 2)[0]!.options).toEqual(list);
  });

  test("errors quote what came, not what the router wrote into it", () => {
    for (const [fields, type] of [
      [{ ttl: 1 }, icmp.Type.TimeExceeded],
      [{ dst: ip("192.168.7.7") }, icmp.Type.DestinationUnreachable],
      [{ flags: ipv4.Flag.DontFragment, data: new Uint8Array(800) }, icmp.Type.DestinationUnreachable],
    ] as const) {
      const line = new Line({}, {}, 576);
      const list = options.build([routeOptions.recordRoute(3)]);
      const sent = datagram({ src: ip(LEFT), dst: ip(RIGHT), options: list, ...fields });
      line.forgeBytes(sent);
      const error = errorOf(line)!;
      expect(error.type).toBe(type);
      expect(error.quoted).toEqual(sent.slice(0, 548));
    }
  });

  test("in fragments: recorded in the first, none in the others", () => {
    const line = new Line({}, {}, 576);
    line.forge({ options: options.build([routeOptions.recordRoute(3)]), data: new Uint8Array(1200) });
    const pieces = line.to(RIGHT, 2);
    expect(pieces.map((one) => one.options.length)).toEqual([16, 0, 0]);
    expect(addresses(pieces[0]!.options, 3, 2)).toEqual([A_RIGHT, B_RIGHT]);
    expect(line.right.stats().echoAnswered).toBe(1);
    expect(pieces.map((one) => one.ttl)).toEqual([62, 62, 62]);
  });

  test("a directed broadcast with options, where these are passed on", () => {
    const line = new Line({}, { directedBroadcasts: true });
    line.a.addRoute("10.0.3.255/32", B_LEFT);
    line.forge({ dst: ip("10.0.3.255"), options: options.build([routeOptions.recordRoute(3)]) });
    expect(line.to("10.0.3.255", 2).map((one) => addresses(one.options, 3, 2))).toEqual([[A_RIGHT, B_RIGHT]]);
    const no = new Line();
    no.forge({ dst: ip("10.0.2.255"), options: options.build([routeOptions.recordRoute(3)]) });
    expect(no.drops()).toEqual({ "directed-broadcast": 1 });
  });
});

test.each([
  ["a record route", RIGHT, [7, 7, 4, 0, 0, 0, 0, 0]],
  ["a source route's hop", A_LEFT, [131, 11, 4, ...of(B_LEFT), ...of(RIGHT), 0]],
  ["a loose source route passing through", B_LEFT, [131, 7, 4, ...of(RIGHT), 0]],
])("a checksum that the sender left to his card is finished, as of where the datagram ends: %s", (_, dst, list) => {
  const line = new Line({ acceptSourceRoute: true });
  const heard: number[] = [];
  line.right.openUdp({ onMessage: ({ from }) => heard.push(from) }, { port: 7 });
  const payload = udp.build({ srcPort: 9, dstPort: 7, payload: bytes(1, 2, 3) }, ip(LEFT), ip(RIGHT));
  payload.set([0x12, 0x34], udp.CHECKSUM);
  line.isUnfinished = true;
  line.forge({ dst: ip(dst), protocol: ipv4.Protocol.Udp, payload, options: Uint8Array.from(list) });
  expect(heard).toEqual([ip(LEFT)]);
  const [arrived] = line.seen[2];
  expect(udp.checksumOk(arrived!, ipv4.payloadOffset(arrived!, 0), ip(LEFT), ip(RIGHT))).toBe(true);
});

test("a router alert is noted, and passed on (RFC 2113)", () => {
  const line = new Line();
  line.forge({ options: bytes(148, 4, 0, 0) });
  line.forge({ options: bytes(148, 4, 0, 1) });
  expect(line.to(RIGHT, 2).map((one) => one.options)).toEqual([bytes(148, 4, 0, 0), bytes(148, 4, 0, 1)]);
  expect([line.a.stats().alerts, line.b.stats().alerts]).toEqual([1, 1]);
  expect(line.events.filter((event) => event.type === "router-alert")).toMatchObject([
    { from: ip(LEFT), to: ip(RIGHT), protocol: 1 },
    { from: ip(LEFT), to: ip(RIGHT), protocol: 1 },
  ]);
});

test("a checksum that the sender left to his card is that of where a source route ends also in what is cut on the way", () => {
  const line = new Line({ acceptSourceRoute: true }, {}, 576);
  const heard: number[] = [];
  line.right.openUdp({ onMessage: ({ length }) => heard.push(length) }, { port: 7 });
  const payload = udp.build({ srcPort: 9, dstPort: 7, payload: new Uint8Array(1_000).fill(5) }, ip(LEFT), ip(RIGHT));
  payload.set([0x12, 0x34], udp.CHECKSUM);
  line.isUnfinished = true;
  const route = Uint8Array.from([131, 11, 4, ...of(B_LEFT), ...of(RIGHT), 0]);
  line.forge({ dst: ip(A_LEFT), protocol: ipv4.Protocol.Udp, payload, options: route });
  expect(heard).toEqual([1_000]);
});
