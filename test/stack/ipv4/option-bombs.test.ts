/** Forged IPv4 options: nothing throws, loops or is answered more than once; errors keep to their rate; memory is constant. */
import fc from "fast-check";
import { expect, test } from "vitest";
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as address from "../../../packets/ipv4-address.ts";
import type { Host } from "../../../src/stack/host.ts";
import { forged } from "../../support/forged-options.ts";
import { A_LEFT, LEFT, Line, RIGHT } from "../line.ts";
import { Bench, datagram, echoFrame, ip, PEER_MAC } from "../support.ts";

/** Mostly the first, so that most of what is forged gets beyond the first checks. */
const mostly = <T>(first: T, ...others: T[]) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(first) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
const { EchoRequest, EchoReply, TimestampRequest, TimeExceeded } = icmp.Type;
const fields = fc.record({
  list: forged,
  src: mostly(LEFT, RIGHT, "10.0.1.77", "10.0.1.255", "224.0.0.1", A_LEFT),
  dst: fc.constantFrom(RIGHT, A_LEFT, "10.0.2.1", "10.0.1.255", "10.0.2.255", "192.168.7.7", "224.0.0.1"),
  type: mostly<number>(EchoRequest, EchoReply, TimestampRequest, TimeExceeded),
  ttl: mostly(64, 0, 1, 2, 3),
  flags: mostly(0, 1, 2, 3),
  fragmentOffset: mostly(0, 8, 16),
});

test.each([false, true])("a router answers each at most once, source routes accepted: %s", (acceptSourceRoute) => {
  const line = new Line({ acceptSourceRoute });
  let errors = 0;
  fc.assert(
    fc.property(fields, ({ list, src, dst, type, ttl, flags, fragmentOffset }) => {
      for (const wire of line.seen) wire.length = 0;
      line.forge({ options: list, src: ip(src), dst: ip(dst), type, ttl, flags, fragmentOffset });
      // Long enough for the limits to have forgotten, and for fragments to be given up, which is told as well.
      line.clock.advance(31_000);
      // A route may lead back to the left host, which answers for itself.
      const back = line.seen[0].filter(
        (one) => ipv4.src(one, 0) !== ip(LEFT) && (ipv4.src(one, 0) !== ip(src) || ipv4.dst(one, 0) !== ip(dst)),
      );
      expect(back.length).toBeLessThanOrEqual(1);
      for (const one of back) expect(address.isUnicast(ipv4.dst(one, 0))).toBe(true);
      errors += back.filter((one) => icmp.isError(icmp.type(one, ipv4.payloadOffset(one, 0)))).length;
      for (const wire of line.seen) for (const one of wire) expect(ipv4.checksumOk(one, 0)).toBe(true);
    }),
    {
      numRuns: 1500,
      examples: [
        [
          {
            list: Uint8Array.of(131, 7, 4, 10, 0, 1, 2, 0),
            src: RIGHT,
            dst: "10.0.2.1",
            type: 8,
            ttl: 64,
            flags: 0,
            fragmentOffset: 0,
          },
        ],
      ],
    },
  );
  const sent = (host: Host) => host.stats().errors.sent;
  expect(sent(line.a.hosts[0]!) + sent(line.b.hosts[0]!) + sent(line.right)).toBeGreaterThanOrEqual(errors);
  expect(errors).toBeGreaterThan(50);
});

test("a flood of malformed options: errors keep to their rate, and honest echo is answered", () => {
  const bench = new Bench();
  bench.host.setNeighbour("10.0.0.1", PEER_MAC);
  for (let second = 0; second < 10; second++) {
    for (let i = 0; i < 100; i++) bench.send(echoFrame({ options: Uint8Array.of(7, 0, 0, 0) }));
    bench.clock.advance(900);
    expect(bench.send(echoFrame())).toHaveLength(1);
  }
  const { errors, echoAnswered, drops } = bench.host.stats();
  // Six at once and then one a second, of 1,000 that came.
  expect(errors.sent).toBeGreaterThanOrEqual(6);
  expect(errors.sent).toBeLessThanOrEqual(17);
  expect(errors.sent + errors.limited).toBe(1000);
  expect(echoAnswered).toBe(10);
  expect(drops).toEqual({ "ip-options": 1000 });
});

test("forged senders together: as many errors a second as everybody together may have", () => {
  const line = new Line();
  for (let i = 0; i < 2000; i++) {
    const src = ip("10.0.1.3") + (i % 200);
    line.forgeBytes(datagram({ src, dst: ip(RIGHT), options: Uint8Array.of(68, 4, 1, 0) }), 0.1);
  }
  // 50 at once, and 1,000 a second for the 200 ms that it took.
  const { sent, limited, failed } = line.a.stats().interfaces[0]!.errors;
  // Nobody answers for them, so that some find what waits for neighbours full.
  expect(sent + limited + failed).toBe(2000);
  expect(sent).toBeGreaterThan(100);
  expect(sent).toBeLessThanOrEqual(251);
});
