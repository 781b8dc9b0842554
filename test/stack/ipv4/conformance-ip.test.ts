/** The IPv4 and ICMP lines of docs/conformance that the host keeps so far, numbered as there. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as ethernet from "../../../packets/ethernet.ts";
import { EtherType } from "../../../packets/ethernet.ts";
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as mac from "../../../packets/mac.ts";
import type { EchoError } from "../../../src/stack/icmp/echo.ts";
import {
  arpFrame,
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

/** The IPv4 packet in a frame, taken apart. */
function packet(bytes: Uint8Array): ipv4.Ipv4Packet {
  const parsed = ipv4.parse(bytes, 14);
  if (typeof parsed === "number") throw new Error(`no IPv4 packet: fault ${parsed}`);
  return parsed;
}

const ipFrame = (bytes: Uint8Array, dst: Uint8Array = HOST_MAC) => frame(bytes, EtherType.Ipv4, dst, PEER_MAC);

/** Changes a datagram and makes its header checksum right again. */
function changed(change: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = datagram();
  change(bytes);
  ipv4.updateChecksum(bytes, 0);
  return bytes;
}

function expectDrop(bench: Bench, bytes: Uint8Array, reason: string): void {
  expect(bench.send(bytes)).toEqual([]);
  expect(bench.drops()).toEqual({ [reason]: 1 });
}

describe("14. RFC 1122 3.2.1.1-2: other versions and bad header checksums are silently dropped", () => {
  test("version", () => expectDrop(new Bench(), ipFrame(changed((b) => (b[0] = 0x65))), "ip-version"));
  test("every single wrong bit of the header", () => {
    const bench = new Bench();
    for (let bit = 0; bit < 160; bit++) {
      const bytes = datagram();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(bench.send(ipFrame(bytes))).toEqual([]);
    }
    expect(bench.host.stats().echoAnswered).toBe(0);
  });
});

describe("15. RFC 1812 5.2.2: lengths", () => {
  test("shorter than a header", () => expectDrop(new Bench(), ipFrame(datagram().slice(0, 19)), "ip-truncated"));
  test("IHL below 5", () => expectDrop(new Bench(), ipFrame(changed((b) => (b[0] = 0x44))), "ip-length"));
  test("total length below the header's", () =>
    expectDrop(new Bench(), ipFrame(changed((b) => ipv4.setTotalLength(b, 0, 19))), "ip-length"));
  test("total length beyond the frame", () =>
    expectDrop(new Bench(), ipFrame(changed((b) => ipv4.setTotalLength(b, 0, 85))), "ip-truncated"));
  test("what exceeds the total length is trimmed", () => {
    const bench = new Bench();
    const padded = new Uint8Array(200).fill(0xff);
    padded.set(echoFrame());
    const [answer] = bench.send(padded);
    expect(answer).toHaveLength(98);
    expect(icmp.checksumOk(answer!, 34, 98)).toBe(true);
  });
});

describe("16. RFC 1122 3.2.1.3: addresses that are not for us, or nobody's", () => {
  test.each([
    ["10.0.0.77", "ip-not-for-us"],
    ["224.0.0.5", "ip-not-for-us"],
    ["127.0.0.1", "ip-loopback"],
    ["0.0.0.0", "ip-not-for-us"],
  ])("to %s", (dst, reason) => expectDrop(new Bench(), echoFrame({ dst: ip(dst) }), reason));
  test.each([
    ["255.255.255.255", "ip-source"],
    ["10.0.0.255", "ip-source"],
    ["224.0.0.1", "ip-source"],
    ["0.0.0.0", "ip-source"],
    ["240.0.0.1", "ip-source"],
    ["127.0.0.1", "ip-loopback"],
    ["10.0.0.2", "ip-source-own"],
  ])("from %s", (src, reason) => expectDrop(new Bench(), echoFrame({ src: ip(src) }), reason));
});

test("17. RFC 1122 3.2.1.3: our source is the one of our addresses that fits the destination", () => {
  const bench = new Bench({ addresses: ["192.168.9.1/24", "10.0.0.2/24"] });
  bench.host.setNeighbour("10.0.0.1", PEER_MAC);
  bench.host.sendEcho(PEER_IP, 1, 1, DATA);
  bench.clock.advance(1);
  expect(packet(bench.seen[0]!).src).toBe(HOST_IP);
});

test("17. of nested networks the smaller one's address speaks", () => {
  const { identity, routes } = new Bench({ addresses: ["10.1.2.3/24", "10.9.9.9/8", "172.16.0.1/12"] }).host;
  const from = (dst: string) => identity.sourceFor(ip(dst));
  expect(["10.1.2.77", "10.200.0.1", "172.31.0.1", "8.8.8.8"].map(from)).toEqual(
    ["10.1.2.3", "10.9.9.9", "172.16.0.1", "10.1.2.3"].map(ip),
  );
  expect([routes.nextHop(ip("10.200.0.1")), routes.nextHop(ip("8.8.8.8"))]).toEqual([ip("10.200.0.1"), 0]);
});

describe("18. RFC 1122 3.2.1.7: time to live", () => {
  test.each([0, 1])("a datagram with TTL %d is taken all the same", (ttl) => {
    const [answer] = new Bench().send(echoFrame({ ttl }));
    expect(packet(answer!).ttl).toBe(64);
  });
});

describe("19. RFC 1122 3.2.1.8: options", () => {
  const withOptions = (...options: number[]) => echoFrame({ options: Uint8Array.from(options) });
  test.each([
    ["no operation", [1, 1, 1, 0]],
    ["stream identifier", [136, 4, 0, 7]],
    ["unknown", [222, 4, 1, 2]],
  ])("%s: passed over", (_, options) => {
    const bench = new Bench();
    const [answer] = bench.send(withOptions(...options));
    expect(packet(answer!).payload.slice(8)).toEqual(DATA);
    expect(packet(answer!).options).toHaveLength(0);
  });
  test.each([
    ["length 0", [7, 0, 0, 0]],
    ["length 1", [7, 1, 0, 0]],
    ["beyond the header", [7, 40, 4, 0]],
  ])("%s: dropped, and the sender told which byte (3.2.2.5)", (_, options) => {
    const bench = new Bench();
    bench.host.setNeighbour("10.0.0.1", PEER_MAC);
    const [error, ...more] = bench.send(withOptions(...options));
    expect(more).toEqual([]);
    expect(bench.drops()).toEqual({ "ip-options": 1 });
    const { payload } = packet(error!);
    expect([payload[0], payload[1], payload[4]]).toEqual([icmp.Type.ParameterProblem, 0, 20]);
    expect(payload.slice(28, 32)).toEqual(Uint8Array.from(options));
  });
});

describe("20. a host that puts no fragments together counts them, and does not take them for whole messages", () => {
  test.each([
    ["first", ipv4.Flag.MoreFragments, 0],
    ["middle", ipv4.Flag.MoreFragments, 64],
    ["last", 0, 64],
  ])("%s", (_, flags, fragmentOffset) =>
    expectDrop(new Bench({ reassembly: null }), echoFrame({ flags, fragmentOffset }), "ip-fragment"),
  );
  test("don't fragment is no fragment", () => {
    expect(new Bench().send(echoFrame({ flags: ipv4.Flag.DontFragment }))).toHaveLength(1);
  });
});

describe("25. RFC 1122 3.3.6: broadcasts", () => {
  test.each(["255.255.255.255", "10.0.0.255", "224.0.0.1"])("30. an echo request to %s is ignored", (dst) =>
    expectDrop(new Bench(), echoFrame({ dst: ip(dst) }, mac.BROADCAST), "echo-broadcast"),
  );
  test("our unicast address in a broadcast frame is not for us", () =>
    expectDrop(new Bench(), echoFrame({}, mac.BROADCAST), "ip-group-frame"));
});

describe("26. RFC 1122 3.2.2: checksum and unknown types", () => {
  test("every single wrong bit of the message is found", () => {
    const bench = new Bench();
    for (let bit = 0; bit < 64 * 8; bit++) {
      const bytes = echoFrame();
      bytes[34 + (bit >> 3)]! ^= 1 << (bit & 7);
      expect(bench.send(bytes)).toEqual([]);
    }
    expect(bench.drops()).toEqual({ "icmp-checksum": 512 });
  });
  test.each([1, 2, 14, 15, 17, 42, 77, 255])("type %d is silently dropped", (type) =>
    expectDrop(new Bench(), echoFrame({ type }), "icmp-type"),
  );
  test("less than a message is dropped", () =>
    expectDrop(new Bench(), echoFrame({ payload: Uint8Array.of(8, 0, 0xf7, 0xff) }), "icmp-truncated"));
});

describe("27, 31. errors about what we sent reach who sent it", () => {
  function asked(): { bench: Bench; errors: EchoError[]; sent: Uint8Array } {
    const bench = new Bench({ gateway: "10.0.0.1" });
    bench.host.setNeighbour("10.0.0.1", PEER_MAC);
    const errors: EchoError[] = [];
    const socket = bench.host.openEcho({ onReply: () => {}, onError: (error) => errors.push(error) }, 77);
    socket.send(ip("192.168.7.7"), 5, DATA);
    bench.clock.advance(1);
    return { bench, errors, sent: bench.seen[0]!.slice(14) };
  }
  const error = (type: number, code: number, word: number, quoted: Uint8Array) =>
    echoFrame({ payload: icmpMessage(type, code, word, quoted) });

  test.each([
    ["host unreachable", 3, 1, 0, 0],
    ["fragmentation needed", 3, 4, 1400, 1400],
    ["time exceeded", 11, 0, 0, 0],
  ])("%s", (_, icmpType, icmpCode, word, mtu) => {
    const { bench, errors, sent } = asked();
    // RFC 792: the header and 8 bytes are quoted at least.
    bench.send(error(icmpType, icmpCode, word, sent.slice(0, 28)));
    expect(errors).toEqual([
      {
        from: PEER_IP,
        to: ip("192.168.7.7"),
        seq: 5,
        icmpType,
        icmpCode,
        mtu,
        pointer: 0,
        time: (bench.clock.now() - 1 + 0.05) * 1e6,
      },
    ]);
    expect(bench.events).toContainEqual({
      type: "icmp-error",
      time: (bench.clock.now() - 1 + 0.05) * 1e6,
      from: PEER_IP,
      icmpType,
      icmpCode,
      about: ip("192.168.7.7"),
      mtu,
    });
    expect(bench.drops()).toEqual({});
  });

  test("an error that quotes too little, or what we never sent, is nobody's", () => {
    const { bench, errors, sent } = asked();
    const foreign = sent.slice();
    ipv4.setSrc(foreign, 0, ip("10.0.0.99"));
    const other = sent.slice();
    icmp.setIdentifier(other, 20, 78);
    const cut = sent.slice(0, 27);
    bench.send(error(3, 1, 0, foreign), error(3, 1, 0, other), error(3, 1, 0, cut), error(3, 1, 0, new Uint8Array(0)));
    expect(errors).toEqual([]);
    expect(bench.drops()).toEqual({ "icmp-error-foreign": 4 });
  });
});

describe("28, 32, 33. nothing is ever sent about errors, redirects, source quench", () => {
  test.each([
    [3, "icmp-error-foreign"],
    [11, "icmp-error-foreign"],
    [12, "icmp-error-foreign"],
    [4, "icmp-source-quench"],
    [5, "icmp-redirect"],
    [0, "echo-unsolicited"],
  ])("type %d", (type, reason) => expectDrop(new Bench(), echoFrame({ type, data: datagram() }), reason));
});

describe("29. RFC 1122 3.2.2.6: the echo server", () => {
  test("answers with all data, from the address asked, to who asked, with its identifier and sequence", () => {
    fc.assert(
      fc.property(
        fc.record({
          data: fc.uint8Array({ maxLength: 1472 }),
          id_: fc.nat(0xffff),
          seq: fc.nat(0xffff),
          tos: fc.nat(255),
          ttl: fc.nat(255),
          id: fc.nat(0xffff),
        }),
        (fields: EchoFields) => {
          const bench = new Bench({ addresses: ["10.0.0.9/24", "10.0.0.2/24"] });
          const [answer, ...more] = bench.send(echoFrame(fields));
          expect(more).toEqual([]);
          const { src, dst, ttl, tos, payload, options } = packet(answer!);
          expect({ src, dst, ttl, tos }).toEqual({ src: HOST_IP, dst: PEER_IP, ttl: 64, tos: fields.tos });
          expect(options).toHaveLength(0);
          expect(ipv4.checksumOk(answer!, 14)).toBe(true);
          const expected = icmpMessage(0, 0, (fields.id_! << 16) | fields.seq!, fields.data!);
          // 36. The incremental checksum is the one computed anew; 0xffff and 0 are the same sum.
          expect(icmp.checksumOk(payload, 0, payload.length)).toBe(true);
          expect(payload.slice(4)).toEqual(expected.slice(4));
          expect(payload.slice(0, 2)).toEqual(Uint8Array.of(0, 0));
          const { dst: to, src: from } = ethernet.parse(answer!) as ethernet.EthernetFrame;
          expect([to, from]).toEqual([PEER_MAC, HOST_MAC]);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("needs no ARP to answer: back to the station that delivered the request", () => {
    const bench = new Bench();
    expect(bench.send(echoFrame({ src: ip("192.168.77.1") }))).toHaveLength(1);
    expect(bench.host.stats().arpSent).toBe(0);
    expect(bench.host.neighbours()).toEqual([]);
  });

  test("told not to answer, it does not", () =>
    expectDrop(new Bench({ answer: { echo: false } }), echoFrame(), "echo-off"));

  test("an answer longer than our MTU goes in fragments", () => {
    const bench = new Bench({}, 1500);
    Object.defineProperty(bench.link, "mtu", { value: 60 });
    const pieces = bench.send(echoFrame()).map(packet);
    expect(pieces.map(({ flags, fragmentOffset, payload }) => [flags, fragmentOffset, payload.length])).toEqual([
      [1, 0, 40],
      [0, 40, 24],
    ]);
    const message = Uint8Array.from(pieces.flatMap(({ payload }) => [...payload]));
    expect(icmp.checksumOk(message, 0, message.length)).toBe(true);
    expect(message.slice(8)).toEqual(DATA);
  });

  test("source routes are not accepted", () =>
    expectDrop(new Bench(), echoFrame({ options: Uint8Array.of(131, 7, 4, 1, 2, 3, 4, 0) }), "ip-source-route"));
});

describe("whatever arrives", () => {
  test("nothing throws, and every frame is answered, used or counted under a reason", () => {
    const bench = new Bench();
    const templates = [
      arpFrame(),
      echoFrame(),
      echoFrame({ options: new Uint8Array(8) }),
      arpFrame({ oper: 2 }, HOST_MAC),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...templates),
        fc.array(fc.tuple(fc.nat(97), fc.nat(255)), { maxLength: 6 }),
        fc.nat(100),
        (template, damage, length) => {
          const bytes = template.slice(0, Math.max(1, length));
          for (const [at, value] of damage) if (at < bytes.length) bytes[at] = value;
          const before = bench.host.stats();
          bench.send(bytes);
          const after = bench.host.stats();
          const sum = (stats: typeof after) =>
            Object.values(stats.drops).reduce((a, b) => a + b, 0) + stats.arpAnswered + stats.echoAnswered;
          const learnt = bench.events.filter((event) => event.type === "neighbour-learnt").length;
          bench.events.length = 0;
          expect(after.received - before.received).toBe(1);
          // A reply that brought an entry up to date is used without an answer.
          expect(sum(after) - sum(before) + learnt).toBeGreaterThanOrEqual(1);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test("random bytes of any length do no harm", () => {
    const bench = new Bench();
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 1514 }), (bytes) => {
        bench.send(bytes);
      }),
      { numRuns: 1000 },
    );
    expect(bench.send(echoFrame())).toHaveLength(1);
  });
});
