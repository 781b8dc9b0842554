/** One forged frame must not keep two of ours busy: errors about errors, services that answer each other, routes in a ring. */
import { beforeEach, describe, expect, test } from "vitest";
import * as ethernet from "../../packets/ethernet.ts";
import * as icmp from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as udp from "../../packets/udp.ts";
import { type SimulatedLink, SimulatedWire } from "../../src/link/simulated.ts";
import { VirtualClock } from "../../src/stack/clock.ts";
import { Host } from "../../src/stack/host.ts";
import { seededRandom } from "../../src/stack/random.ts";
import { Router } from "../../src/stack/router/router.ts";
import { DATA, datagram, icmpMessage, ip } from "./support.ts";

const A = "10.0.0.2";
const B = "10.0.0.3";
const MINUTE = 60_000;

let clock: VirtualClock;
let wire: SimulatedWire;
let one: Host;
let other: Host;
let forger: SimulatedLink;
/** IPv4 frames on the wire, the forged ones not counted. */
let seen: Uint8Array[];

beforeEach(() => {
  clock = new VirtualClock();
  wire = new SimulatedWire({ clock });
  const shared = { clock, random: seededRandom(1) };
  one = new Host(wire.attach(), { addresses: [`${A}/24`], ...shared });
  other = new Host(wire.attach(), { addresses: [`${B}/24`], ...shared });
  forger = wire.attach();
  seen = [];
  forger.onFrames(({ count, buffer, offset, length }) => {
    for (let i = 0; i < count; i++) {
      const frame = buffer.slice(offset[i]!, offset[i]! + length[i]!);
      if (ethernet.etherType(frame, 0) === ethernet.EtherType.Ipv4) seen.push(frame);
    }
  });
});

/** Sends a datagram to `to` as if `from` had. */
function forge(from: Host, to: Host, payload: Uint8Array): void {
  const frame = ethernet.build({ dst: to.mac, src: from.mac, type: ethernet.EtherType.Ipv4, payload });
  forger.tx.set(frame, forger.reserve(frame.length));
  forger.commit(frame.length);
  forger.flush();
  clock.advance(MINUTE);
}

const between = (fields: Parameters<typeof datagram>[0]) => datagram({ src: ip(A), dst: ip(B), ...fields });
const fromTo = (srcPort: number, dstPort: number) =>
  between({
    protocol: ipv4.Protocol.Udp,
    payload: udp.build({ srcPort, dstPort, payload: DATA }, ip(A), ip(B)),
  });

describe("two hosts of ours", () => {
  test("a port unreachable that nobody asked for ends the matter", () => {
    forge(one, other, fromTo(7, 19));
    expect(seen).toHaveLength(1);
    expect(one.stats().drops).toMatchObject({ "icmp-error-foreign": 1 });
  });

  test("so does a protocol unreachable", () => {
    forge(one, other, between({ protocol: 200 }));
    expect(seen).toHaveLength(1);
    expect(one.stats().drops).toMatchObject({ "icmp-error-foreign": 1 });
  });

  test.each([icmp.Type.DestinationUnreachable, icmp.Type.TimeExceeded, icmp.Type.ParameterProblem, icmp.Type.Redirect])(
    "an error of type %i about an error is answered by nobody",
    (type) => {
      const inner = datagram({ src: ip(B), dst: ip(A), payload: icmpMessage(3, 3, 0, datagram()) });
      forge(one, other, between({ payload: icmpMessage(type, 0, 0, inner) }));
      expect(seen).toEqual([]);
    },
  );

  test("echo answers are not answered", () => {
    forge(one, other, between({}));
    // The answer alone.
    expect(seen).toHaveLength(1);
    forge(one, other, between({ type: icmp.Type.EchoReply }));
    expect(seen).toHaveLength(1);
  });
});

test("a router tells nobody of an error's end, of a later fragment's, or of one whose source is no single host's", () => {
  const shared = { clock, random: seededRandom(1) };
  const router = new Router(
    [
      { link: wire.attach(), addresses: ["10.0.0.1/24"] },
      { link: new SimulatedWire({ clock }).attach(), addresses: ["10.1.0.1/24"] },
    ],
    shared,
  );
  const beyond = { dst: ip("10.1.0.9"), ttl: 1 };
  const through = (fields: Parameters<typeof datagram>[0]) =>
    forge(one, router.hosts[0]!, between({ ...beyond, ...fields }));
  for (const type of [3, 4, 5, 11, 12, 40]) through({ payload: icmpMessage(type, 0, 0, datagram()) });
  through({ fragmentOffset: 80, protocol: 17 });
  through({ src: ip("10.0.0.255") });
  expect(seen).toEqual([]);
  expect(router.stats().interfaces[0]!.errors).toMatchObject({ sent: 0, unsuitable: 7 });
  through({});
  expect(seen).toHaveLength(1);
});

test("two routers whose routes make a ring: a datagram goes round until its time to live is over, and one error returns", () => {
  const shared = { clock, random: seededRandom(1) };
  const edge = new SimulatedWire({ clock });
  const ring = new SimulatedWire({ clock });
  const near = new Router(
    [
      { link: edge.attach(), addresses: ["10.0.1.1/24"] },
      { link: ring.attach(), addresses: ["10.0.2.1/24"] },
    ],
    shared,
  );
  const far = new Router([{ link: ring.attach(), addresses: ["10.0.2.2/24"] }], { ...shared, sendRedirects: false });
  near.addRoute("10.9.0.0/16", "10.0.2.2");
  far.addRoute("0.0.0.0/0", "10.0.2.1");
  near.forwarding = { sendRedirects: false };
  const host = new Host(edge.attach(), { addresses: ["10.0.1.2/24"], gateway: "10.0.1.1", ...shared });
  const errors: number[] = [];
  const socket = host.openEcho({ onReply: () => {}, onError: (error) => errors.push(error.icmpType) });
  socket.send(ip("10.9.0.1"), 1, DATA, { ttl: 255 });
  clock.advance(MINUTE);
  expect(near.stats().forwarded + far.stats().forwarded).toBeLessThan(255 + 2);
  expect(near.stats().forwarded + far.stats().forwarded).toBeGreaterThanOrEqual(254);
  expect(errors).toEqual([icmp.Type.TimeExceeded]);
});
