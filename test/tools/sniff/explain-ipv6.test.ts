import { describe, expect, test } from "vitest";
import * as icmpv6 from "../../../packets/icmpv6.ts";
import { ethernet, mac, udp } from "../../../packets/index.ts";
import * as ipv6 from "../../../packets/ipv6.ts";
import * as address from "../../../packets/ipv6-address.ts";
import * as mld from "../../../packets/mld.ts";
import * as ndp from "../../../packets/ndp.ts";
import { A, B, C, MS, SECOND, Wire } from "./explain-support.ts";

const v6 = (text: string) => address.parse(text)!;
const ONE = v6("fe80::1");
const TWO = v6("fe80::2");
const NOBODY = v6("::");
const ALL_NODES = v6("ff02::1");

function frame(
  next: number,
  payload: Uint8Array,
  src: Uint8Array,
  dst: Uint8Array,
  hopLimit = 255,
  from = A,
): Uint8Array {
  const packet = ipv6.build({ trafficClass: 0, flowLabel: 0, nextHeader: next, hopLimit, src, dst, payload });
  const to = address.isMulticast(dst) ? address.multicastMac(dst) : B;
  return ethernet.build({ dst: to, src: from, type: 0x86dd, payload: packet });
}

const link = (type: number, who: Uint8Array) => ({ type, data: who });
const neighbor = (message: ndp.NdpMessage, src: Uint8Array, dst: Uint8Array, from = A, hopLimit = 255) =>
  frame(58, ndp.build(message, src, dst), src, dst, hopLimit, from);
const solicit = (target = TWO, src = ONE) =>
  neighbor({ kind: "neighbor-solicitation", target, options: [link(1, A)] }, src, address.solicitedNode(target));
const probe = (target = TWO, from = A) =>
  neighbor({ kind: "neighbor-solicitation", target, options: [] }, NOBODY, address.solicitedNode(target), from);
const advertise = (who = B, flags = 0x60, dst = ONE, target = TWO) =>
  neighbor({ kind: "neighbor-advertisement", flags, target, options: [link(2, who)] }, target, dst, who);

describe("neighbor discovery", () => {
  test("a question, the answer, and a second station that answers", () => {
    const wire = new Wire();
    expect(wire.see(solicit())).toMatchObject({
      kind: "neighbor-solicitation",
      text: "fe80::1 at 02:00:00:00:00:01 asks who has fe80::2, as ARP does for IPv4 (RFC 4861, 7.2).",
    });
    expect(wire.see(solicit(), SECOND).text).toContain("again after 1.0 s, the second time: nobody answered #1.");
    expect(wire.see(advertise(), 3 * MS)).toMatchObject({
      kind: "neighbor-advertisement",
      text: "Answers #1 after 3.00 ms: fe80::2 is at 02:00:00:00:00:02.",
      refersTo: [1],
    });
    expect(wire.see(advertise(C)).findings).toMatchObject([{ code: "duplicate-address", refersTo: [3] }]);
    expect(wire.facts.find(({ type }) => type === "answered")).toMatchObject({
      what: "neighbor",
      question: 2,
      number: 3,
    });
  });

  test("duplicate address detection (RFC 4862)", () => {
    const wire = new Wire();
    expect(wire.see(probe()).text).toBe(
      "02:00:00:00:00:01 probes whether anybody uses fe80::2 before it takes it (RFC 4862, 5.4).",
    );
    const taken = wire.see(advertise(B, 0x20, ALL_NODES), 2 * MS);
    expect(taken.findings).toMatchObject([{ code: "address-taken", refersTo: [1] }]);
    expect(wire.facts.find(({ type }) => type === "answered")).toMatchObject({
      what: "duplicate-address",
      from: mac.format(A),
      question: 1,
    });
    expect(taken.text).toContain("Answers the probe #1 after 2.00 ms: fe80::2 is taken, by 02:00:00:00:00:02");
  });

  test("announcements, moves, unasked answers", () => {
    const wire = new Wire();
    expect(wire.see(advertise(B, 0x20, ALL_NODES)).text).toBe(
      "02:00:00:00:00:02 announces to everybody that fe80::2 is its own.",
    );
    expect(wire.codes(advertise(C, 0x20, ALL_NODES), 60 * SECOND)).toEqual(["address-moved"]);
    expect(wire.codes(advertise(A, 0x60))).toEqual(["arp-spoofing"]);
  });

  test("from beyond a router", () => {
    const far = neighbor({ kind: "router-solicitation", options: [] }, ONE, v6("ff02::2"), A, 64);
    expect(new Wire().codes(far)).toEqual(["not-from-here"]);
  });

  test("routers", () => {
    const wire = new Wire();
    wire.see(neighbor({ kind: "router-solicitation", options: [] }, ONE, v6("ff02::2")));
    const prefix = new Uint8Array(30);
    prefix.set([64, 0xc0]);
    prefix.set(v6("2001:db8::"), 14);
    const advice = { hopLimit: 64, flags: 0x80, lifetime: 1800, reachableTime: 0, retransmitTimer: 0 };
    const message = { kind: "router-advertisement" as const, ...advice, options: [link(3, prefix)] };
    const found = wire.see(neighbor(message, TWO, ALL_NODES, B), 5 * MS);
    expect(found.text).toBe(
      "fe80::2 offers itself as the way out for 1800 s, and tells that 2001:db8::/64 is on this link (RFC 4861, 6.2). " +
        "Addresses are to be had by DHCPv6. It answers #1 after 5.00 ms.",
    );
    expect(found.refersTo).toEqual([1]);
    expect(wire.facts).toContainEqual({ type: "role", mac: mac.format(B), role: "router", number: 2 });
  });
});

describe("ICMPv6", () => {
  const message = (one: icmpv6.Icmpv6Message, src: Uint8Array, dst: Uint8Array, from = A) =>
    frame(58, icmpv6.build(one, src, dst), src, dst, 64, from);

  test("echoes", () => {
    const wire = new Wire();
    const echo = { code: 0, identifier: 1, sequence: 1, data: new Uint8Array(8) };
    expect(wire.see(message({ kind: "echo-request", ...echo }, ONE, TWO)).kind).toBe("echo-request");
    expect(wire.see(message({ kind: "echo-reply", ...echo }, TWO, ONE), MS)).toMatchObject({
      text: "fe80::2 answers #1 after 1.00 ms, and returns the 8 bytes of data.",
      refersTo: [1],
    });
  });

  test.each([
    [{ kind: "unreachable", code: 4 }, "nobody listens at port 4000 of fe80::2"],
    [{ kind: "unreachable", code: 0 }, "there is no way to fe80::2"],
    [{ kind: "packet-too-big", code: 0, mtu: 1280 }, "too long for the next link, which takes 1280 bytes at most"],
    [{ kind: "time-exceeded", code: 0 }, "the packet's hop limit ran out"],
    [{ kind: "parameter-problem", code: 0, pointer: 6 }, "byte 6 of the packet makes no sense"],
  ] as const)("error %j names its cause", (error, text) => {
    const wire = new Wire();
    const datagram = new Uint8Array(udp.build({ srcPort: 1, dstPort: 4000, payload: new Uint8Array(30) }, 0, 0));
    datagram.set([0, 0], 6);
    wire.see(frame(17, datagram, ONE, TWO, 64));
    const cause = frame(17, datagram, ONE, TWO, 64);
    const quoted = cause.slice(14);
    const found = wire.see(message({ ...error, quoted } as icmpv6.Icmpv6Message, TWO, ONE, B));
    expect(found.findings).toMatchObject([{ code: "icmp-error", refersTo: [1] }]);
    expect(found.text).toContain(text);
    expect(found.text).toContain("It is about #1, a packet (");
  });

  test("a wrong checksum", () => {
    const wrong = message(
      { kind: "echo-request", code: 0, identifier: 1, sequence: 1, data: new Uint8Array(8) },
      ONE,
      TWO,
    );
    wrong[wrong.length - 1] = 1;
    expect(new Wire().codes(wrong)).toEqual(["bad-checksum"]);
  });
});

test("fragments that belong together", () => {
  const wire = new Wire();
  const piece = (offset: number, more: boolean, length: number) => {
    const payload = new Uint8Array(8 + length);
    payload[0] = 253;
    new DataView(payload.buffer).setUint16(2, offset | (more ? 1 : 0));
    new DataView(payload.buffer).setUint32(4, 77);
    return frame(44, payload, ONE, TWO, 64);
  };
  wire.see(piece(0, true, 80));
  const last = wire.see(piece(80, false, 20));
  expect(last).toMatchObject({ kind: "ipv6-fragment", refersTo: [1] });
  expect(last.text).toBe(
    "A fragment of packet 77 from fe80::1 to fe80::2: bytes 80 to 99, the last one. " +
      "With it the datagram is whole: #1 and #2 make its 100 bytes.",
  );
});

test("multicast listeners join, and answer a query", () => {
  const wire = new Wire();
  const group = v6("ff05::7");
  const query = { kind: "query", maxDelay: 10_000, group: NOBODY } as const;
  expect(wire.see(frame(58, mld.build(query, ONE, ALL_NODES), ONE, ALL_NODES, 1)).text).toContain(
    "fe80::1 asks which groups anybody wants, to be answered within 10 s (MLD).",
  );
  const records = [{ type: 4, group, sources: [] }];
  const report = wire.see(
    frame(58, mld.build({ kind: "report-v2", records }, TWO, v6("ff02::16")), TWO, v6("ff02::16"), 1),
  );
  expect(report).toMatchObject({ kind: "mld", refersTo: [1] });
  expect(report.text).toContain("of a group (MLDv2): ff05::7 from now on. It answers #1");
});

test("every cut and every change of a byte still gives one line", () => {
  const wire = new Wire();
  const frames = [solicit(), advertise(), probe(), frame(44, new Uint8Array(40).fill(44), ONE, TWO, 64)];
  for (const whole of frames) {
    for (let length = 0; length <= whole.length; length++) {
      expect(wire.see(whole.slice(0, length), 0, 0, whole.length).text).toMatch(/^[^\n]+[.?]$/);
    }
    for (let at = 12; at < whole.length; at++) {
      const changed = whole.slice();
      changed[at] = changed[at]! ^ 0x3b;
      expect(wire.see(changed).text).toMatch(/^[^\n]+[.?]$/);
    }
  }
});
