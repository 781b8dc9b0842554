/** RFC 5227, 2.3 to 2.6, on the virtual clock, rule by rule: announcing, defending, answering. */
import { describe, expect, test } from "vitest";
import * as arp from "../../../packets/arp.ts";
import { toHex } from "../../../packets/bytes.ts";
import * as mac from "../../../packets/mac.ts";
import { SendResult } from "../../../src/stack/send-result.ts";
import { arpFrame, DATA, echoFrame, HOST_MAC, ip, PEER_IP, PEER_MAC } from "../support.ts";
import { bench, claimed, conflicts, purposes, rivalProbe, spoken, WANTED } from "./acd-support.ts";

describe("2.3 announcing", () => {
  test("an announcement: as the probe, with the address as sender and target", () => {
    const one = bench();
    one.host.claim("10.0.0.9/24");
    one.clock.advance(4_001);
    const own = toHex(HOST_MAC);
    expect(toHex(one.seen[3]!)).toBe(`ffffffffffff${own}08060001080006040001${own}0a0000090000000000000a000009`);
  });

  test("the address may be used right after the first announcement", () => {
    const one = bench();
    const claim = one.host.claim("10.0.0.9/24");
    let result: SendResult | null = null;
    claim.onChange(({ state }) => {
      if (state === "announcing") result = one.host.sendEcho(PEER_IP, 1, 1, DATA);
    });
    one.clock.advance(4_001);
    expect(result).toBe(SendResult.Waiting);
    expect(purposes(one.seen)).toEqual(["probe", "probe", "probe", "announcement", "request"]);
    expect(arp.senderIp(one.seen[4]!, 14)).toBe(WANTED);
  });
});

describe("2.4 conflicts once the address is in use", () => {
  const kinds: [string, Uint8Array][] = [
    ["request", spoken()],
    ["announcement", spoken({ tpa: WANTED })],
    ["reply", arpFrame({ oper: 2, spa: WANTED, tha: HOST_MAC, tpa: WANTED }, HOST_MAC)],
  ];

  test.each(kinds)("(a) never defended: a %s has it given up at once, without a word", (seen, frame) => {
    const { one, claim } = claimed("never");
    expect(one.send(frame)).toEqual([]);
    expect(claim.state).toBe("lost");
    expect(conflicts(one)).toMatchObject([{ mac: PEER_MAC, seen, response: "given-up" }]);
    expect(one.drops()).toMatchObject({ "arp-conflict": 1 });
  });

  test.each(kinds)("(b) defended once: a %s is answered with one announcement, and the address kept", (_, frame) => {
    const { one, claim } = claimed("once");
    expect(purposes(one.send(frame))).toEqual(["announcement"]);
    expect(claim.state).toBe("claimed");
    one.clock.advance(60_000);
    expect(one.seen).toHaveLength(1);
  });

  test.each(kinds)("(b) a second one within DEFEND_INTERVAL has it given up", (seen, frame) => {
    const { one, claim } = claimed("once");
    one.send(spoken());
    one.clock.advance(9_990);
    expect(one.send(frame)).toEqual([]);
    expect(claim.state).toBe("lost");
    expect(conflicts(one)).toMatchObject([{ response: "defended" }, { seen, response: "given-up" }]);
    expect(one.host.stats().claims).toEqual({ active: 0, conflicts: 2, defended: 1, lost: 1 });
  });

  test("(b) one after DEFEND_INTERVAL is defended against again", () => {
    const { one, claim } = claimed("once");
    one.send(spoken());
    one.clock.advance(10_000);
    expect(purposes(one.send(spoken()))).toEqual(["announcement"]);
    expect(claim.state).toBe("claimed");
  });

  test("(c) defended always: at most one announcement in DEFEND_INTERVAL, and never given up", () => {
    const { one, claim } = claimed("always");
    for (let second = 0; second < 60; second++) {
      one.send(spoken());
      one.clock.advance(999);
    }
    expect(purposes(one.seen)).toEqual(Array(6).fill("announcement"));
    expect(claim.state).toBe("claimed");
    expect(
      conflicts(one)
        .map((event) => event.type === "claim-conflict" && event.response)
        .slice(0, 3),
    ).toEqual(["defended", "ignored", "ignored"]);
  });

  test("between the two announcements, it is defended as well", () => {
    const one = bench();
    const claim = one.host.claim("10.0.0.9/24");
    one.clock.advance(5_000);
    expect(claim.state).toBe("announcing");
    one.send(spoken());
    one.clock.advance(60_000);
    expect(one.seenAt.map((ms) => Math.round(ms / 100))).toEqual([0, 10, 20, 40, 50, 60]);
    expect(claim.state).toBe("claimed");
  });

  test("another host's probe is no conflict then: it is answered", () => {
    const { one, claim } = claimed("never");
    const [answer] = one.send(rivalProbe());
    expect(arp.operation(answer!, 14)).toBe(arp.Operation.Reply);
    expect(arp.senderIp(answer!, 14)).toBe(WANTED);
    expect(claim.state).toBe("claimed");
    // Nor while another address is being probed for.
    one.host.claim("10.0.0.10/24");
    one.clock.advance(500);
    expect(purposes(one.send(rivalProbe()))).toContain("reply");
    expect(claim.state).toBe("claimed");
  });

  test("our own packets that come back by another station are no conflict", () => {
    const { one, claim } = claimed("never");
    one.send(spoken({ sha: HOST_MAC }));
    expect(claim.state).toBe("claimed");
    expect(one.drops()).toEqual({ "own-mac": 1 });
  });

  test("given up, the address is used no more: not answered for, not spoken from", () => {
    const { one, claim } = claimed("never");
    const socket = one.host.openUdp({}, { address: WANTED });
    expect(one.host.sendEcho(PEER_IP, 1, 1, DATA)).toBe(SendResult.Waiting);
    one.send(spoken());
    expect(claim.isUsable).toBe(false);
    expect(one.host.sendEcho(PEER_IP, 1, 2, DATA)).toBe(SendResult.NoAddress);
    expect(socket.send(PEER_IP, 9, DATA)).toBe(SendResult.NoAddress);
    // What waited for its next hop must not leave with the old source either.
    expect(one.send(arpFrame({ oper: 2, tha: HOST_MAC, tpa: WANTED }, HOST_MAC))).toEqual([]);
    expect(one.send(arpFrame({ tpa: WANTED }), echoFrame({ dst: WANTED }))).toEqual([]);
    const before = one.seen.length;
    one.clock.advance(60_000);
    expect(one.seen).toHaveLength(before);
  });

  test("another address of the host goes on as before", () => {
    const { one } = claimed("never", { addresses: ["10.0.0.2/24"] });
    one.send(arpFrame({ tpa: ip("10.0.0.2") }));
    const socket = one.host.openUdp({}, { address: WANTED });
    one.send(spoken());
    expect(socket.send(PEER_IP, 9, DATA)).toBe(SendResult.NoAddress);
    // The neighbour is known still: nothing need be asked.
    expect(one.host.sendEcho(PEER_IP, 1, 1, DATA)).toBe(SendResult.Sent);
  });

  test("no neighbour is verified from no address at all: that would be a probe", () => {
    const { one } = claimed("never");
    one.send(arpFrame({ tpa: WANTED }));
    expect(one.host.sendEcho(PEER_IP, 1, 1, DATA)).toBe(SendResult.Sent);
    one.send(spoken());
    one.seen.length = 0;
    one.clock.advance(60_000);
    expect(one.seen).toEqual([]);
    expect(one.host.routes.list()).toEqual([]);
  });

  test("an address that was not claimed is neither defended nor given up", () => {
    const one = bench({ addresses: ["10.0.0.9/24"] });
    expect(one.send(spoken(), spoken())).toEqual([]);
    expect(one.events.filter(({ type }) => type === "conflict")).toHaveLength(2);
    expect(conflicts(one)).toEqual([]);
    expect(one.host.identity.owns(WANTED)).toBe(true);
  });
});

describe("2.5 continuing operation: ARP is answered from the first announcement until the address is given back", () => {
  test.each([
    ["a request", arpFrame({ tpa: WANTED })],
    ["a probe", rivalProbe()],
  ])("%s", (_, frame) => {
    const one = bench();
    const claim = one.host.claim("10.0.0.9/24");
    one.clock.advance(3_990);
    expect(purposes(one.send(frame))).not.toContain("reply");
    if (claim.hasEnded) return;
    one.clock.advance(20);
    expect(purposes(one.send(frame))).toEqual(["reply"]);
    claim.release();
    expect(one.send(frame)).toEqual([]);
    expect(claim.state).toBe("released");
  });

  test("a probe right after the first announcement", () => {
    const one = bench();
    one.host.claim("10.0.0.9/24");
    one.clock.advance(4_001);
    const [answer] = one.send(rivalProbe());
    expect(arp.operation(answer!, 14)).toBe(arp.Operation.Reply);
  });
});

describe("2.6 replies are not broadcast in general", () => {
  test("the answer for a claimed address goes to who asked alone", () => {
    const { one } = claimed();
    const [answer] = one.send(arpFrame({ tpa: WANTED }));
    expect(mac.equal(answer!, 0, PEER_MAC, 0)).toBe(true);
  });
});
