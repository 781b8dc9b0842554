/** What observers and handlers do while the host is at it: send, forget, claim, close. */
import { expect, test } from "vitest";
import * as arp from "../../packets/arp.ts";
import * as icmp from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import type { StackEvent } from "../../src/stack/observer.ts";
import { SendResult } from "../../src/stack/send-result.ts";
import { arpFrame, Bench, echoFrame, HOST_MAC, ip, PEER_IP, PEER_MAC } from "./support.ts";

const ETHERNET = 14;

/** Does something once, at the first event of a kind. */
function once(bench: Bench, type: StackEvent["type"], then: (event: StackEvent) => void): void {
  let done = false;
  bench.host.observe((event) => {
    if (done || event.type !== type) return;
    done = true;
    then(event);
  });
}

/** Data of the echo requests among the frames, the first byte of each and how many there are. */
function echoes(frames: readonly Uint8Array[]): [to: number, seq: number, first: number, bytes: number, ok: boolean][] {
  return frames
    .filter((one) => one[12] === 8 && one[13] === 0)
    .map((one) => {
      const end = ETHERNET + ipv4.totalLength(one, ETHERNET);
      const at = ipv4.payloadOffset(one, ETHERNET);
      return [
        ipv4.dst(one, ETHERNET),
        icmp.sequence(one, at),
        one[at + 8]!,
        end - at - 8,
        icmp.checksumOk(one, at, end),
      ];
    });
}

test.each(["arp-miss", "neighbour-changed", "arp-request-sent"] as const)(
  "an observer that sends when it hears %s does not change what is being sent",
  (type) => {
    const bench = new Bench();
    once(bench, type, () => {
      bench.host.sendEcho(ip("10.0.0.9"), 2, 9, new Uint8Array(30).fill(9));
    });
    expect(bench.host.sendEcho(PEER_IP, 1, 1, new Uint8Array(40).fill(1))).toBe(SendResult.Waiting);
    bench.clock.advance(1);
    const sent = bench.send(
      arpFrame({ oper: 2, tha: HOST_MAC }, HOST_MAC),
      arpFrame({ oper: 2, tha: HOST_MAC, spa: ip("10.0.0.9") }, HOST_MAC),
    );
    expect(echoes(sent)).toEqual([
      [PEER_IP, 1, 1, 40, true],
      [ip("10.0.0.9"), 9, 9, 30, true],
    ]);
  },
);

test("an observer that sends by UDP while a datagram is sent does not change it", () => {
  const bench = new Bench();
  const socket = bench.host.openUdp({}, { port: 5000 });
  once(bench, "arp-miss", () => socket.send(ip("10.0.0.9"), 9, new Uint8Array(30).fill(9)));
  socket.send(PEER_IP, 7, new Uint8Array(40).fill(1));
  bench.clock.advance(1);
  const sent = bench
    .send(
      arpFrame({ oper: 2, tha: HOST_MAC }, HOST_MAC),
      arpFrame({ oper: 2, tha: HOST_MAC, spa: ip("10.0.0.9") }, HOST_MAC),
    )
    .filter((one) => one[12] === 8 && one[13] === 0);
  expect(sent.map((one) => [ipv4.dst(one, ETHERNET), one[ETHERNET + 23], one[ETHERNET + 28], one.length])).toEqual([
    [PEER_IP, 7, 1, ETHERNET + 28 + 40],
    [ip("10.0.0.9"), 9, 9, ETHERNET + 28 + 30],
  ]);
});

test("an observer that forgets all neighbours while one is forgotten", () => {
  const bench = new Bench();
  for (let i = 10; i < 20; i++) bench.host.setNeighbour(ip(`10.0.0.${i}`), PEER_MAC, 3);
  bench.host.observe((event) => {
    if (event.type === "neighbour-changed" && event.to === 0) bench.host.forgetNeighbours();
  });
  bench.host.forgetNeighbours();
  expect(bench.host.neighbours()).toEqual([]);
  expect(bench.host.stats().neighbours.entries).toBe(0);
});

test("an observer that asks anew for a neighbour as soon as it is forgotten", () => {
  const bench = new Bench({ neighbours: { limit: 2 } });
  let asked = 0;
  bench.host.observe((event) => {
    if (event.type === "neighbour-changed" && event.to === 0 && asked++ < 5)
      bench.host.sendEcho(event.ip, 1, asked, new Uint8Array(8));
  });
  bench.host.sendEcho(PEER_IP, 1, 0, new Uint8Array(8));
  bench.host.forgetNeighbours(PEER_IP);
  expect(bench.host.neighbours()).toMatchObject([{ ip: PEER_IP, waiting: 1 }]);
  // Evicted for another one while it is wanted: one of the two is refused, and nothing is lost count of.
  bench.host.setNeighbour(ip("10.0.0.9"), PEER_MAC, 8);
  bench.host.sendEcho(ip("10.0.0.10"), 1, 0, new Uint8Array(8));
  const { entries } = bench.host.stats().neighbours;
  expect(entries).toBe(bench.host.neighbours().length);
  expect(entries).toBeLessThanOrEqual(2);
});

test("an observer that forgets the neighbour that is being asked for: nothing waits in another one's queue", () => {
  const bench = new Bench();
  once(bench, "arp-request-sent", () => bench.host.forgetNeighbours());
  bench.host.sendEcho(PEER_IP, 1, 1, new Uint8Array(8));
  bench.host.sendEcho(ip("10.0.0.9"), 1, 2, new Uint8Array(8));
  bench.clock.advance(1);
  const sent = bench.send(arpFrame({ oper: 2, tha: HOST_MAC, spa: ip("10.0.0.9") }, HOST_MAC));
  expect(echoes(sent).map(([to]) => to)).toEqual([ip("10.0.0.9")]);
  bench.clock.advance(60_000);
  expect(bench.host.neighbours().every(({ waiting }) => waiting === 0)).toBe(true);
});

test("closed in a handler: what comes after in the batch is not answered, and no timer is left", () => {
  const bench = new Bench({ arp: { proxies: ["10.0.0.64/26"] } });
  const socket = bench.host.openUdp({ onMessage: () => bench.host.close() }, { port: 7 });
  expect(socket.port).toBe(7);
  once(bench, "echo-answered", () => bench.host.close());
  const seen = bench.send(echoFrame(), echoFrame({ seq: 2 }), arpFrame(), arpFrame({ tpa: ip("10.0.0.70") }));
  expect(echoes(seen)).toHaveLength(1);
  bench.clock.advance(10_000);
  expect(seen.filter((one) => one[12] === 8 && one[13] === 6)).toEqual([]);
  expect(bench.clock.pending).toBe(0);
});

test("closed by an observer of a proxy's answer: nothing more is answered, and no timer is left", () => {
  const bench = new Bench({ arp: { proxies: ["10.0.0.64/26"], proxyDelayMs: 1 } });
  once(bench, "arp-answered", () => bench.host.close());
  bench.send(arpFrame({ tpa: ip("10.0.0.70") }), arpFrame({ tpa: ip("10.0.0.71") }));
  bench.clock.advance(10_000);
  expect(bench.clock.pending).toBe(0);
  expect(bench.seen.filter((one) => one[12] === 8 && one[13] === 6)).toHaveLength(1);
});

test("closed by an observer of the clearing away of old neighbours: no timer is left", () => {
  const bench = new Bench({ neighbours: { gcIntervalMs: 1_000, gcStaleMs: 500 } });
  bench.host.setNeighbour(PEER_IP, PEER_MAC, 3);
  once(bench, "neighbour-changed", () => bench.host.close());
  bench.clock.advance(5_000);
  expect(bench.clock.pending).toBe(0);
});

test("closed by a listener of a claim that claims again: the host is closed all the same", () => {
  const bench = new Bench();
  bench.host.claim("10.0.0.5/24", {
    onChange: (claim) => {
      if (claim.hasEnded) bench.host.claim("10.0.0.6/24");
    },
  });
  expect(() => bench.host.close()).toThrow("the host is closed");
  expect(bench.send(echoFrame())).toEqual([]);
  expect(bench.clock.pending).toBe(0);
});

test.each([
  ["a time to live that is none", { ttl: 0 }],
  ["options of an odd length", { options: new Uint8Array(3) }],
])("an echo request with %s resolves with an error, and the host goes on", async (_, options) => {
  const bench = new Bench();
  const result = await bench.clock.until(bench.host.echo(PEER_IP, options));
  expect(result.error).toMatch(/time to live|multiple of 4/);
  expect(echoes(bench.send(echoFrame()))).toHaveLength(1);
  bench.host.sendArp({ target: PEER_IP });
  bench.clock.advance(1);
  expect(
    bench.seen.filter((one) => one[12] === 8 && one[13] === 6 && arp.targetIp(one, ETHERNET) === PEER_IP),
  ).toHaveLength(1);
});
