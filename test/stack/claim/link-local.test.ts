/** RFC 3927 on the virtual clock; the sections' numbers are the RFC's. */
import { describe, expect, test } from "vitest";
import * as arp from "../../../packets/arp.ts";
import * as ipv4 from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import { claimLinkLocal, isSelectable } from "../../../src/stack/claim/link-local.ts";
import { neighbourStateName } from "../../../src/stack/neighbour/neighbour-options.ts";
import type { Random } from "../../../src/stack/random.ts";
import { arpFrame, type Bench, DATA, HOST_MAC, ip, PEER_MAC } from "../support.ts";
import { bench, constant, purposes } from "./acd-support.ts";

const PEER = ip("169.254.7.7");
/** Speaks as the address that is being tried. */
const contest = (one: Bench, address: number) => one.send(arpFrame({ spa: address, tpa: PEER }));

function selected(choice?: Random, host: Uint8Array = HOST_MAC): number {
  const one = bench({ mac: host });
  return claimLinkLocal(one.host, choice === undefined ? {} : { choice }).claim.prefix.address;
}

describe("2.1 selection", () => {
  test("from 169.254.1.0 to 169.254.254.255, both included, of a /16", () => {
    expect(ipv4.format(selected(constant(0)))).toBe("169.254.1.0");
    expect(ipv4.format(selected(constant(0xffff_ffff)))).toBe("169.254.254.255");
    expect(claimLinkLocal(bench().host).claim.prefix.length).toBe(16);
  });

  test("the first and the last 256 addresses are never selected, all others can be", () => {
    const texts = ["169.254.0.255", "169.254.1.0", "169.254.254.255", "169.254.255.0", "169.253.9.9", "10.0.0.1"];
    expect(texts.map((text) => isSelectable(ip(text)))).toEqual([false, true, true, false, false, false]);
    expect(() => claimLinkLocal(bench().host, { first: ip("169.254.0.1") })).toThrow(RangeError);
  });

  test("the same MAC address leads to the same address, different ones to different ones", () => {
    const macs = Array.from({ length: 200 }, (_, i) => Uint8Array.of(2, 0, 0, 0, i >> 4, i & 15));
    const addresses = macs.map((one) => selected(undefined, one));
    expect(macs.map((one) => selected(undefined, one))).toEqual(addresses);
    // 200 of 65,024: a coincidence or two are chance.
    expect(new Set(addresses).size).toBeGreaterThan(195);
    const third = addresses.map((address) => Math.floor(((address >>> 0) - 0xa9fe0000) / 0x5556));
    for (const part of [0, 1, 2]) expect(third.filter((one) => one === part).length).toBeGreaterThan(40);
  });

  test("the address of the last time is tried first", () => {
    const one = bench();
    const linkLocal = claimLinkLocal(one.host, { first: PEER });
    one.clock.advance(10_000);
    expect(linkLocal.claim).toMatchObject({ state: "claimed", prefix: { address: PEER } });
    expect(linkLocal.tried).toBe(1);
  });
});

describe("2.2 claiming", () => {
  test("probed for and announced as any address", () => {
    const one = bench();
    const { claim } = claimLinkLocal(one.host);
    one.clock.advance(10_000);
    expect(purposes(one.seen)).toEqual(["probe", "probe", "probe", "announcement", "announcement"]);
    expect(one.host.identity.owns(claim.prefix.address)).toBe(true);
  });

  test("after a conflict, another one", () => {
    const one = bench();
    const states: string[] = [];
    const linkLocal = claimLinkLocal(one.host, { onChange: ({ state }) => states.push(state) });
    const first = linkLocal.claim.prefix.address;
    contest(one, first);
    expect(linkLocal.claim.prefix.address).not.toBe(first);
    one.clock.advance(10_000);
    expect(linkLocal.claim.state).toBe("claimed");
    expect(linkLocal.tried).toBe(2);
    expect(one.host.identity.prefixes).toEqual([linkLocal.claim.prefix]);
    expect(states).toEqual(["waiting", "probing", "conflict", "waiting", "probing", "announcing", "claimed"]);
  });

  test("2.2.1: after ten conflicts, one a minute", () => {
    const one = bench({ random: constant(0x8000_0000) });
    const linkLocal = claimLinkLocal(one.host);
    const tried: number[] = [];
    for (let i = 0; i < 12; i++) {
      while (linkLocal.claim.state !== "probing") one.clock.advance(100);
      tried.push(Math.round(one.clock.now() / 1000));
      contest(one, linkLocal.claim.prefix.address);
    }
    expect(tried.slice(9)).toEqual([5, 65, 125]);
    expect(new Set(one.seen.map((frame) => arp.targetIp(frame, 14))).size).toBe(12);
  });

  test("an address that is this host's already is not drawn again", () => {
    const one = bench({ addresses: ["169.254.1.0/16"] });
    const linkLocal = claimLinkLocal(one.host, { choice: constant(0) });
    expect(ipv4.format(linkLocal.claim.prefix.address)).toBe("169.254.1.1");
    const last = bench({ addresses: ["169.254.254.255/16"] });
    const wrapped = claimLinkLocal(last.host, { choice: constant(0xffff_ffff) });
    expect(ipv4.format(wrapped.claim.prefix.address)).toBe("169.254.1.0");
  });
});

describe("2.5 conflicts once it is in use", () => {
  test("(b) defended once; a second one within DEFEND_INTERVAL: another address", () => {
    const one = bench();
    const linkLocal = claimLinkLocal(one.host);
    const first = linkLocal.claim.prefix.address;
    one.clock.advance(10_000);
    expect(purposes(contest(one, first))).toEqual(["announcement"]);
    expect(linkLocal.claim.prefix.address).toBe(first);
    contest(one, first);
    expect(one.host.identity.owns(first)).toBe(false);
    one.clock.advance(10_000);
    expect(linkLocal.claim.state).toBe("claimed");
    expect(linkLocal.claim.prefix.address).not.toBe(first);
  });

  test("(a) another address at once", () => {
    const one = bench();
    const linkLocal = claimLinkLocal(one.host, { defence: "never" });
    one.clock.advance(10_000);
    const first = linkLocal.claim.prefix.address;
    contest(one, first);
    one.clock.advance(10_000);
    expect(linkLocal.claim.prefix.address).not.toBe(first);
  });

  test("replies go to all, as requests do, whomever they ask", () => {
    const one = bench();
    const address = claimLinkLocal(one.host).claim.prefix.address;
    one.clock.advance(10_000);
    const [answer] = one.send(arpFrame({ spa: PEER, tpa: address }));
    expect(arp.purpose(answer!, 14)).toBe("reply");
    expect(mac.isBroadcast(answer!, 0)).toBe(true);
    expect(mac.equal(answer!, 14 + arp.THA, PEER_MAC, 0)).toBe(true);
    one.seen.length = 0;
    // Stale after that: verified after 5 s by requests that say whom they ask, to all.
    one.host.sendEcho(PEER, 1, 1, DATA);
    one.clock.advance(5_500);
    const requests = one.seen.filter((frame) => arp.purpose(frame, 14) === "request");
    expect(requests).toHaveLength(1);
    expect(mac.isBroadcast(requests[0]!, 0)).toBe(true);
    expect(mac.equal(requests[0]!, 14 + arp.THA, PEER_MAC, 0)).toBe(true);
    // And a neighbour that answers to all has answered.
    one.send(arpFrame({ oper: 2, spa: PEER, tha: HOST_MAC, tpa: address }));
    expect(one.host.neighbours().map(({ state }) => neighbourStateName(state))).toEqual(["reachable"]);
  });
});

describe("2.6.2 destinations", () => {
  test("a link-local one is asked for on the link, whatever the gateway", () => {
    const one = bench({ addresses: ["10.0.0.2/24"], gateway: "10.0.0.254" });
    one.host.sendEcho(PEER, 1, 1, DATA);
    one.host.sendEcho(ip("8.8.8.8"), 1, 1, DATA);
    one.clock.advance(1);
    expect(one.seen.map((frame) => ipv4.format(arp.targetIp(frame, 14)))).toEqual(["169.254.7.7", "10.0.0.254"]);
  });
});

test("given back, no other address is tried", () => {
  const one = bench();
  const linkLocal = claimLinkLocal(one.host);
  one.clock.advance(1_500);
  linkLocal.release();
  one.clock.advance(60_000);
  expect(one.host.claims()).toEqual([]);
  expect(one.clock.pending).toBe(0);
});
