/** RFC 5227, 1.1 to 2.2, on the virtual clock, rule by rule: probing. The sections' numbers are the RFC's. */
import { describe, expect, test } from "vitest";
import * as arp from "../../../packets/arp.ts";
import { toHex } from "../../../packets/bytes.ts";
import * as ipv4 from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import { ACD_DEFAULTS } from "../../../src/stack/claim/acd-options.ts";
import { seededRandom } from "../../../src/stack/random.ts";
import { SendResult } from "../../../src/stack/send-result.ts";
import { arpFrame, type Bench, DATA, echoFrame, HOST_MAC, ip, PEER_IP, PEER_MAC } from "../support.ts";
import {
  bench,
  claimed,
  conflicts,
  LONGEST,
  LONGEST_CLAIM_MS,
  purposes,
  rivalProbe,
  SHORTEST,
  spoken,
  WANTED,
} from "./acd-support.ts";

describe("1.1 constants", () => {
  test("the defaults are the RFC's", () => {
    expect(ACD_DEFAULTS).toEqual({
      probeWaitMs: 1_000,
      probeNum: 3,
      probeMinMs: 1_000,
      probeMaxMs: 2_000,
      announceWaitMs: 2_000,
      announceNum: 2,
      announceIntervalMs: 2_000,
      maxConflicts: 10,
      rateLimitIntervalMs: 60_000,
      defendIntervalMs: 10_000,
    });
  });
});

describe("2.1.1 probing", () => {
  test("a probe: broadcast, our hardware address, sender address 0, target hardware address 0, the wanted address", () => {
    const one = bench();
    one.host.claim("10.0.0.9/24");
    one.clock.advance(1);
    const own = toHex(HOST_MAC);
    expect(toHex(one.seen[0]!)).toBe(`ffffffffffff${own}08060001080006040001${own}000000000000000000000a000009`);
  });

  test.each([
    ["shortest", SHORTEST, [0, 1000, 2000, 4000, 6000]],
    ["longest", LONGEST, [1000, 3000, 5000, 7000, 9000]],
  ])("the %s waits: probes, announcements", (_, random, times) => {
    const one = bench({ random });
    one.host.claim("10.0.0.9/24");
    one.clock.advance(60_000);
    expect(purposes(one.seen)).toEqual(["probe", "probe", "probe", "announcement", "announcement"]);
    expect(one.seenAt.map(Math.round)).toEqual(times);
  });

  test("waits are uniform: over many claims, no tenth of the range is left out", () => {
    const random = seededRandom(7);
    const first = new Set<number>();
    const between = new Set<number>();
    for (let i = 0; i < 200; i++) {
      const one = bench({ random });
      one.host.claim("10.0.0.9/24");
      one.clock.advance(10_000);
      const [a = 0, b = 0, c = 0] = one.seenAt;
      first.add(Math.floor(a / 100));
      for (const gap of [b - a, c - b]) between.add(Math.floor(gap / 100));
    }
    expect([...first].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...between].sort((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });

  test("hosts that start together do not probe together", () => {
    const one = bench({ random: seededRandom(1) });
    const other = bench({ random: seededRandom(2) });
    for (const { host, clock } of [one, other]) {
      host.claim("10.0.0.9/24");
      clock.advance(2_000);
    }
    expect(one.seenAt[0]).not.toBe(other.seenAt[0]);
  });

  test.each([
    ["a request to somebody else", spoken({ tpa: ip("10.0.0.77") }), "request"],
    ["an announcement", spoken({ tpa: WANTED }), "announcement"],
    ["a reply to us", arpFrame({ oper: 2, spa: WANTED, tha: HOST_MAC, tpa: 0 }, HOST_MAC), "reply"],
    ["a reply to all", arpFrame({ oper: 2, spa: WANTED, tpa: WANTED }), "reply"],
    ["another host's probe for it", rivalProbe(), "probe"],
  ])("%s ends the claim, at any time from the beginning to ANNOUNCE_WAIT after the last probe", (_, frame, seen) => {
    // The last probe is out at 5 s, the announcement at 7 s.
    for (const at of [0, 500, 999, 1500, 3500, 5001, 6990]) {
      const one = bench({ random: LONGEST });
      const claim = one.host.claim("10.0.0.9/24");
      one.clock.advance(at);
      one.send(frame);
      expect(claim.state, `at ${at} ms`).toBe("conflict");
      expect(claim.rival).toEqual(PEER_MAC);
      expect(conflicts(one)).toMatchObject([{ ip: WANTED, mac: PEER_MAC, seen, response: "given-up" }]);
      const before = one.seen.length;
      one.clock.advance(60_000);
      // Nothing more is sent, and nothing comes back: that the packet was used is no drop either.
      expect(one.seen).toHaveLength(before);
      expect(purposes(one.seen)).not.toContain("announcement");
      expect(one.drops()).toEqual({});
    }
  });

  test("the packet that ends a claim is an ARP packet like any other besides: answered, and learnt from", () => {
    const one = bench({ addresses: ["10.0.0.2/24"] });
    one.host.claim("10.0.0.9/24");
    // It asks us: it is answered and learnt, and its address is not free.
    expect(purposes(one.send(spoken({ tpa: ip("10.0.0.2") })))).toContain("reply");
    expect(one.host.claims()).toEqual([]);
    expect(one.host.neighbours().map((neighbour) => neighbour.ip)).toEqual([WANTED]);
  });

  test.each([
    ["our own probe that comes back", arpFrame({ sha: HOST_MAC, spa: 0, tpa: WANTED }, mac.BROADCAST, HOST_MAC)],
    ["our own probe that another station sends on", arpFrame({ sha: HOST_MAC, spa: 0, tpa: WANTED })],
    ["a packet from our hardware address that another station sends on", spoken({ sha: HOST_MAC })],
    ["a request for the address, from another one", arpFrame({ tpa: WANTED })],
    ["a probe for another address", rivalProbe(ip("10.0.0.10"))],
    ["a reply with sender 0", arpFrame({ oper: 2, spa: 0, tpa: WANTED })],
    ["a packet from another address", arpFrame({ spa: ip("10.0.0.10"), tpa: WANTED })],
  ])("no conflict: %s", (_, frame) => {
    const one = bench({ random: LONGEST });
    const claim = one.host.claim("10.0.0.9/24");
    one.clock.advance(1_500);
    one.send(frame);
    expect(claim.state).toBe("probing");
    expect(conflicts(one)).toEqual([]);
    one.clock.advance(LONGEST_CLAIM_MS);
    expect(claim.isUsable).toBe(true);
  });

  test("while it is probed for, the address is not used: not answered for, not spoken from", () => {
    const one = bench({ random: LONGEST });
    one.host.claim("10.0.0.9/24");
    for (const at of [0, 1_000, 3_000, 2_500]) {
      one.clock.advance(at);
      const answers = one.send(arpFrame({ tpa: WANTED }), echoFrame({ dst: WANTED }));
      expect(purposes(answers)).not.toContain("reply");
      expect(one.host.sendEcho(PEER_IP, 1, 1, DATA)).toBe(SendResult.NoAddress);
      expect(one.host.identity.sourceFor(PEER_IP)).toBe(0);
    }
    expect(one.drops()).toMatchObject({ "arp-not-for-us": 4, "ip-not-for-us": 4 });
    expect(purposes(one.seen)).toEqual(["probe", "probe", "probe"]);
  });

  test("another address of the host goes on being used meanwhile", () => {
    const one = bench({ addresses: ["10.0.0.2/24"], random: LONGEST });
    one.host.claim("10.0.0.9/24");
    one.clock.advance(1_500);
    expect(purposes(one.send(arpFrame({ tpa: ip("10.0.0.2") })))).toEqual(["reply"]);
    expect(one.host.identity.sourceFor(PEER_IP)).toBe(ip("10.0.0.2"));
  });

  test("a probe that could not leave does not count", () => {
    const one = bench();
    one.link.setUp(false);
    const claim = one.host.claim("10.0.0.9/24");
    one.clock.advance(30_000);
    expect(claim.state).toBe("probing");
    one.link.setUp(true);
    one.clock.advance(5_000);
    expect(purposes(one.seen)).toEqual(["probe", "probe", "probe", "announcement"]);
    expect(claim.isUsable).toBe(true);
  });
});

describe("2.1.1 MAX_CONFLICTS and RATE_LIMIT_INTERVAL", () => {
  /** Has a claim fail for each number of conflicts; returns when the attempts sent their first probe. */
  function attempts(one: Bench, count: number): number[] {
    const starts: number[] = [];
    for (let i = 0; i < count; i++) {
      one.seen.length = 0;
      const claim = one.host.claim("10.0.0.9/24");
      while (one.seen.length === 0) one.clock.advance(100);
      starts.push(Math.round(one.clock.now() / 1000));
      one.send(spoken());
      expect(claim.state).toBe("conflict");
    }
    return starts;
  }

  test("ten attempts go as they come; from the tenth conflict on, one a minute", () => {
    expect(attempts(bench(), 13)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 61, 121, 181]);
  });

  test("the limit holds between attempts for different addresses, too", () => {
    const one = bench();
    attempts(one, 10);
    const a = one.host.claim("10.0.0.10/24");
    const b = one.host.claim("10.0.0.11/24");
    expect([a.state, b.state]).toEqual(["limited", "limited"]);
    one.clock.advance(62_000);
    expect([a.state, b.state]).toEqual(["probing", "limited"]);
    one.clock.advance(60_000);
    expect([a.state, b.state]).toEqual(["claimed", "probing"]);
  });

  test("conflicts after the address was got count as well", () => {
    const { one } = claimed("always");
    for (let i = 0; i < 10; i++) one.send(spoken());
    one.host.claim("10.0.0.10/24");
    expect(one.host.claims().map(({ state }) => state)).toEqual(["claimed", "limited"]);
    expect(one.host.stats().claims).toMatchObject({ conflicts: 10 });
  });

  test("what speaks as the address meanwhile is no conflict: nothing has begun", () => {
    const one = bench();
    attempts(one, 10);
    const claim = one.host.claim("10.0.0.9/24");
    one.send(spoken());
    expect(claim.state).toBe("limited");
    // Nor while another one is being probed for.
    one.clock.advance(62_000);
    const next = one.host.claim("10.0.0.10/24");
    one.send(arpFrame({ spa: ip("10.0.0.10"), tpa: PEER_IP }));
    expect([claim.state, next.state]).toEqual(["probing", "limited"]);
    expect(one.host.stats().claims).toMatchObject({ conflicts: 10 });
  });
});

describe("2.1 when", () => {
  test("MUST NOT probe periodically: a day after, nothing more has been sent", () => {
    const { one } = claimed();
    one.clock.advance(24 * 3_600_000);
    expect(one.seen).toEqual([]);
  });

  test("the address is tested again when the interface comes back, and not used before", () => {
    const { one, claim } = claimed();
    one.link.setUp(false);
    expect(claim.state).toBe("claimed");
    one.link.setUp(true);
    expect(claim.isUsable).toBe(false);
    expect(purposes(one.send(arpFrame({ tpa: WANTED })))).not.toContain("reply");
    one.clock.advance(LONGEST_CLAIM_MS + 2_000);
    expect(purposes(one.seen)).toEqual(["probe", "probe", "probe", "announcement", "announcement"]);
    expect(claim.state).toBe("claimed");
  });
});

test("2.1: not announced before it is tested again, where the interface coming back is told (arp_notify)", () => {
  const { one, claim } = claimed("once", { addresses: ["10.0.0.2/24"], arp: { arpNotify: true } });
  one.link.setUp(false);
  one.link.setUp(true);
  one.clock.advance(1);
  expect(claim.isUsable).toBe(false);
  const announced = one.seen.filter((frame) => arp.purpose(frame, 14) === "announcement");
  expect(announced.map((frame) => ipv4.format(arp.senderIp(frame, 14)))).toEqual(["10.0.0.2"]);
});

describe("2.2 shorter times", () => {
  test("every constant can be set, for a host and for one claim", () => {
    const one = bench({ acd: { probeWaitMs: 0, probeNum: 5, probeMinMs: 10, probeMaxMs: 10 }, random: LONGEST });
    one.host.claim("10.0.0.9/24", { announceWaitMs: 20, announceNum: 4, announceIntervalMs: 30 });
    one.clock.advance(1_000);
    expect(purposes(one.seen)).toEqual([...Array(5).fill("probe"), ...Array(4).fill("announcement")]);
    expect(one.seenAt.map(Math.round)).toEqual([0, 10, 20, 30, 40, 60, 90, 120, 150]);
  });

  test.each([
    { probeNum: 0 },
    { announceNum: 1.5 },
    { probeWaitMs: -1 },
    { probeMinMs: 3_000 },
    { defendIntervalMs: Number.NaN },
  ])("%j makes no sense", (options) => {
    expect(() => bench().host.claim("10.0.0.9/24", options)).toThrow(RangeError);
  });
});
