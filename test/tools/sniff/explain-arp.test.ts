import { describe, expect, test } from "vitest";
import { arp, ethernet, mac } from "../../../packets/index.ts";
import { A, announce, answer, arpFrame, ask, B, C, ip, MS, probe, SECOND, Wire } from "./explain-support.ts";

describe("who has an address", () => {
  test("an address that moves by an announcement, and then is claimed in turn", () => {
    const wire = new Wire();
    wire.see(ask("10.0.0.9"));
    wire.see(announce(B));
    const moved = wire.see(announce(C), 60 * SECOND);
    expect(moved.findings).toEqual([
      {
        code: "address-moved",
        severity: "note",
        text: "Moved: by #2, 10.0.0.9 was at 02:00:00:00:00:02.",
        refersTo: [2],
      },
    ]);
    const back = wire.see(announce(B), 5 * SECOND);
    expect(back.findings!.map(({ code }) => code)).toEqual(["duplicate-address", "address-defended"]);
    expect(back.text).toContain("Conflict: by #3, 10.0.0.9 is at 02:00:00:00:00:03; both claim it in turn.");
    expect(wire.codes(announce(C), 60 * SECOND)).toEqual(["duplicate-address"]);
  });

  test("an unasked reply that changes an owner looks forged; taking over a second address, more so", () => {
    const wire = new Wire();
    wire.see(ask("10.0.0.2"));
    wire.see(answer(B, "10.0.0.2"));
    wire.see(ask("10.0.0.5"));
    wire.see(answer(Uint8Array.of(2, 0, 0, 0, 0, 5), "10.0.0.5"));
    const forged = arpFrame(2, C, "10.0.0.2", A, "10.0.0.77", A);
    const first = wire.see(forged);
    expect(first.findings!.map(({ code }) => code)).toEqual(["unasked-reply", "arp-spoofing"]);
    expect(first.refersTo).toEqual([2]);
    const second = wire.see(arpFrame(2, C, "10.0.0.5", A, "10.0.0.77", A));
    expect(second.text).toContain("02:00:00:00:00:03 has taken over 10.0.0.2 (#5) as well");
    expect(second.refersTo).toEqual([4, 5]);
  });

  test("one station that answers for several addresses, told once for each", () => {
    const wire = new Wire();
    for (const target of ["10.0.1.1", "10.0.1.2", "10.0.1.1"]) {
      wire.see(ask(target), SECOND);
      wire.see(answer(B, target), MS);
    }
    wire.see(ask("10.0.1.3"), SECOND);
    const third = wire.see(answer(B, "10.0.1.3"));
    expect(third.findings).toMatchObject([{ code: "proxy-arp", refersTo: [6, 4] }]);
    expect(third.text).toContain("for 2 other addresses as well (#6 and #4)");
    wire.see(ask("10.0.1.2"), SECOND);
    expect(wire.codes(answer(B, "10.0.1.2"))).toEqual([]);
  });

  test("a group's MAC, and addresses that no host has", () => {
    const wire = new Wire();
    const payload = arp.build({ oper: 2, sha: mac.BROADCAST, spa: ip("10.0.0.2"), tha: A, tpa: ip("10.0.0.1") });
    const frame = ethernet.build({ dst: A, src: B, type: 0x0806, payload });
    expect(wire.codes(frame)).toEqual(["unasked-reply", "group-mac-claimed", "sender-mismatch"]);
    expect(wire.codes(ask("224.0.0.1"))).toEqual(["bad-arp-address"]);
    expect(wire.codes(ask("10.0.0.2", A, "127.0.0.1"))).toEqual(["bad-arp-address"]);
    // What nobody may believe does not count as an owner.
    wire.see(ask("10.0.0.2"));
    expect(wire.codes(answer(B))).toEqual([]);
  });
});

describe("address conflict detection (RFC 5227)", () => {
  test("three probes and two announcements", () => {
    const wire = new Wire();
    for (let i = 0; i < 3; i++) wire.see(probe(), 1500 * MS);
    const claimed = wire.see(announce(), 2 * SECOND);
    expect(claimed.text).toBe(
      "02:00:00:00:00:01 announces to everybody that 10.0.0.9 is its own. " +
        "Nobody has objected to its probing (#1, #2 and #3), so it may (RFC 5227, 2.3).",
    );
    expect(claimed.refersTo).toEqual([1, 2, 3]);
    expect(wire.codes(announce(), 2 * SECOND)).toEqual([]);
  });

  test("an objection by a reply, and one by any other packet from the address", () => {
    const wire = new Wire();
    wire.see(probe());
    expect(wire.codes(arpFrame(2, B, "10.0.0.9", A, "0.0.0.0", A))).toEqual(["address-taken"]);
    expect(wire.codes(announce(A), SECOND)).toEqual(["duplicate-address", "address-moved"]);
    const other = new Wire();
    other.see(probe());
    const found = other.see(ask("10.0.0.1", B, "10.0.0.9"), SECOND);
    expect(found.findings).toMatchObject([{ code: "address-taken", refersTo: [1] }]);
    expect(found.text).toContain("02:00:00:00:00:01, which probes for this address (#1), must not take it");
  });

  test("two stations that probe for one address at once", () => {
    const wire = new Wire();
    wire.see(probe(A));
    const rival = wire.see(probe(B), SECOND);
    expect(rival.findings).toMatchObject([{ code: "probe-conflict", refersTo: [1] }]);
    // Not at once: the first has given up long ago.
    expect(wire.codes(probe(C), 20 * SECOND)).toEqual([]);
  });

  test("a reply to a probe goes to the one who probed", () => {
    const wire = new Wire();
    wire.see(probe(A));
    wire.see(probe(C));
    expect(wire.see(arpFrame(2, B, "10.0.0.9", C, "0.0.0.0", C)).refersTo).toEqual([2]);
  });
});

test("a host that asks too fast, and one that looks through a network", () => {
  const wire = new Wire();
  wire.see(ask());
  expect(wire.codes(ask(), 100 * MS)).toEqual(["arp-too-fast"]);
  expect(wire.codes(ask(), 1000 * MS)).toEqual([]);
  const found: string[] = [];
  for (let i = 10; i < 40; i++) found.push(...wire.codes(ask(`10.0.0.${i}`), MS));
  expect(found).toEqual(["arp-scan"]);
});

test("facts: what was asked and answered, and who claims what", () => {
  const wire = new Wire();
  wire.see(ask());
  wire.see(ask(), SECOND);
  wire.see(answer(), 3 * MS);
  const { facts } = wire;
  expect(facts.filter(({ type }) => type === "asked")).toMatchObject([
    { what: "arp", from: "10.0.0.1", to: "10.0.0.2", number: 1, again: false },
    { number: 2, again: true },
  ]);
  expect(facts.find(({ type }) => type === "answered")).toMatchObject({
    question: 2,
    number: 3,
    delay: 3 * MS,
    answer: "02:00:00:00:00:02",
  });
  expect(facts.filter(({ type }) => type === "claim")).toMatchObject([
    { ip: "10.0.0.1", how: "request" },
    { ip: "10.0.0.1" },
    { ip: "10.0.0.2", mac: "02:00:00:00:00:02", how: "reply" },
  ]);
});

test("what is seen on one wire neither answers nor contradicts what is seen on another", () => {
  const { explainer } = new Wire();
  const see = (frame: Uint8Array, wire: number) =>
    explainer.explain(frame, 0, frame.length, frame.length, 0, undefined, 0, wire);
  see(ask(), 0);
  expect(see(ask(), 1).text).toContain("asks everybody");
  expect(see(answer(), 1).refersTo).toEqual([2]);
  expect(see(answer(C), 0).refersTo).toEqual([1]);
});
