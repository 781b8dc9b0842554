import { describe, expect, test } from "vitest";
import * as ipv4 from "../../../packets/ipv4-address.ts";
import type { HostOptions } from "../../../src/stack/host.ts";
import { eventJson } from "../../../src/tools/answer/format.ts";
import { type ClaimRun, startClaim } from "../../../src/tools/claim/claim.ts";
import { type ClaimToolOptions, scaled } from "../../../src/tools/claim/options.ts";
import { conflictText, stationText } from "../../../src/tools/claim/words.ts";
import { constant } from "../../stack/claim/acd-support.ts";
import { arpFrame, Bench, echoFrame, ip, PEER_IP } from "../../stack/support.ts";

const WANTED = ip("10.0.0.9");
const spoken = () => arpFrame({ spa: WANTED, tpa: PEER_IP });

interface Scene {
  bench: Bench;
  run: ClaimRun;
  out: string;
  err: string;
}

function scene(options: Partial<ClaimToolOptions> = {}, host: Partial<HostOptions> = {}): Scene {
  const random = constant(0x8000_0000);
  const bench = new Bench({ addresses: [], random, observer: () => {}, ...host });
  const s = { bench, out: "", err: "" } as Scene;
  const address = ipv4.parsePrefix("10.0.0.9/24");
  s.run = startClaim(
    bench.host,
    { address, defence: "once", ...options },
    {
      clock: bench.clock,
      out: (text) => {
        s.out += text;
      },
      err: (text) => {
        s.err += text;
      },
    },
  );
  return s;
}

const objects = (s: Scene) =>
  s.out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("the timeline", () => {
  test("from the first wait to the end, word for word", async () => {
    const s = scene();
    s.bench.clock.advance(8_000);
    s.bench.send(spoken());
    s.bench.clock.advance(5_000);
    s.bench.send(spoken());
    expect(await s.run.done).toBe(1);
    expect(s.out.split("\n")).toEqual([
      "CLAIMING 10.0.0.9/24 at 02:00:00:00:00:bb on ve1",
      "3 probes, 2 announcements; it takes 4 s to 7 s if nobody objects",
      "",
      "   0.000 s  a random wait of 0.5 s, so that hosts that start together do not probe together",
      "   0.500 s  probe 1 of 3: does anybody have 10.0.0.9?  the next in 1.5 s",
      "   2.000 s  probe 2 of 3: does anybody have 10.0.0.9?  the next in 1.5 s",
      "   3.500 s  probe 3 of 3: does anybody have 10.0.0.9?  listening 2 s more",
      "   5.500 s  nobody objected: 10.0.0.9 is ours",
      "   5.500 s  announcement 1 of 2: 10.0.0.9 is at 02:00:00:00:00:bb  the next in 2 s",
      "   7.500 s  announcement 2 of 2: 10.0.0.9 is at 02:00:00:00:00:bb",
      "   7.500 s  claimed, and defended once (--defend once); Ctrl-C gives it back",
      "   8.000 s  CONFLICT: 02:00:00:00:00:aa (locally administered) asks as 10.0.0.9",
      "   8.000 s  defended by an announcement; another conflict within 10 s would be the end (2.4 b)",
      "  13.001 s  CONFLICT: 02:00:00:00:00:aa (locally administered) asks as 10.0.0.9",
      "  13.001 s  given up: the second conflict within 10 s (2.4 b)",
      "",
      "10.0.0.9 is not ours: 2 conflicts, 1 defence",
      "",
    ]);
    expect(s.err).toBe("");
  });

  test.each([
    [
      "it is in use",
      arpFrame({ oper: 2, spa: WANTED, tpa: 0 }),
      "answers as 10.0.0.9",
      "given up: it is in use (2.1.1)",
    ],
    [
      "somebody else wants it",
      arpFrame({ spa: 0, tpa: WANTED }),
      "probes for 10.0.0.9 as well",
      "given up: two that want it must not both have it (2.1.1)",
    ],
  ])("a conflict while it is probed for: %s", async (_, frame, how, response) => {
    const s = scene();
    s.bench.clock.advance(1_000);
    s.bench.send(frame);
    expect(await s.run.done).toBe(1);
    expect(s.out).toContain(`CONFLICT: 02:00:00:00:00:aa (locally administered) ${how}\n`);
    expect(s.out).toContain(`${response}\n\n10.0.0.9 is not ours: 1 conflict, 0 defences\n`);
  });

  test.each([
    ["never", 1, ["given up at once (2.4 a)"]],
    [
      "always",
      0,
      [
        "defended by an announcement: it is never given up, and defended once in 10 s (2.4 c)",
        "kept, and no word: it was defended less than 10 s ago (2.4 c)",
      ],
    ],
  ] as const)("--defend %s", async (defence, code, responses) => {
    const s = scene({ defence });
    s.bench.clock.advance(8_000);
    s.bench.send(spoken());
    s.bench.send(spoken());
    s.run.interrupt();
    expect(await s.run.done).toBe(code);
    for (const response of responses) expect(s.out).toContain(`${response}\n`);
  });

  test("link-local: the next address after a conflict", async () => {
    const s = scene({ address: null, first: ip("169.254.7.7"), once: true });
    s.bench.clock.advance(1_000);
    s.bench.send(arpFrame({ spa: ip("169.254.7.7") }));
    s.bench.clock.advance(10_000);
    expect(await s.run.done).toBe(0);
    expect(s.out.match(/trying 169\.254\.\d+\.\d+\n/g)).toHaveLength(2);
    expect(s.out).toMatch(
      /claimed, that was all\n.* given back\n\n169\.254\.\d+\.\d+ was ours: 1 conflict, 0 defences, 2 addresses tried\n$/,
    );
  });

  test("too many conflicts: why it waits", () => {
    const s = scene({ address: null });
    for (let i = 0; i < 10; i++) {
      s.bench.clock.advance(600);
      s.bench.send(arpFrame({ spa: s.bench.host.claims()[0]!.prefix.address }));
    }
    expect(s.out).toMatch(/too many conflicts here: the next attempt in 59\.\d+ s \(RFC 5227, 2\.1\.1\)\n/);
    s.run.interrupt();
  });

  test("what is answered is told, and a flood is not", async () => {
    const s = scene({ linesPerSecond: 20 });
    s.bench.clock.advance(9_000);
    const before = s.out.length;
    s.bench.send(arpFrame({ tpa: WANTED }), echoFrame({ dst: WANTED }));
    expect(s.out.slice(before)).toMatch(/ARP: told 10\.0\.0\.1 .*\n.*echo: answered 10\.0\.0\.1 /);
    for (let i = 0; i < 100; i++) s.bench.send(arpFrame({ tpa: WANTED }));
    s.run.interrupt();
    expect(await s.run.done).toBe(0);
    expect(s.out.match(/ARP: told/g)?.length).toBeLessThanOrEqual(20);
    expect(s.out).toMatch(/… and 8\d more that were too many to print\n/);
  });

  test("lines are broken to fit a terminal, colours not counted", () => {
    const s = scene({ colour: true, width: 60 });
    s.bench.clock.advance(8_000);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours.
    const lines = s.out.replace(/\x1b\[\d+m/g, "").split("\n");
    expect(lines).toContain("   0.000 s  a random wait of 0.5 s, so that hosts that start");
    expect(lines).toContain("            together do not probe together");
    expect(Math.max(...lines.slice(3).map(({ length }) => length))).toBeLessThanOrEqual(60);
    s.run.interrupt();
  });

  test("colour marks what matters, and only where it is wanted", () => {
    const s = scene({ colour: true });
    s.bench.clock.advance(8_000);
    s.bench.send(spoken());
    expect(s.out).toContain("\x1b[32mnobody objected: 10.0.0.9 is ours\x1b[0m\n");
    expect(s.out).toContain("\x1b[31mCONFLICT\x1b[0m");
    s.run.interrupt();
  });
});

describe("the end", () => {
  test("interrupted while it is ours: 0, and the address is given back", async () => {
    const s = scene();
    s.bench.clock.advance(6_000);
    s.run.interrupt();
    expect(await s.run.done).toBe(0);
    expect(s.out).toMatch(/10\.0\.0\.9 given back\n\n10\.0\.0\.9 was ours: 0 conflicts, 0 defences\n$/);
    expect(s.out.match(/was ours/g)).toHaveLength(1);
    expect(s.bench.send(arpFrame({ tpa: WANTED }))).toEqual([]);
    expect(s.bench.clock.pending).toBe(0);
  });

  test("--once: as soon as the last announcement is out", async () => {
    const s = scene({ once: true });
    s.bench.clock.advance(7_499);
    expect(s.out).not.toContain("was ours");
    s.bench.clock.advance(1);
    expect(await s.run.done).toBe(0);
  });

  test.each([
    [
      3_000,
      1,
      "   3.000 s  3 s are over\n   3.000 s  10.0.0.9 given back\n\n10.0.0.9 was not claimed in time: 0 conflicts",
    ],
    [6_000, 0, "10.0.0.9 was ours: 0 conflicts"],
  ])("after %d ms: %d", async (timeoutMs, code, text) => {
    const s = scene({ timeoutMs });
    s.bench.clock.advance(timeoutMs);
    expect(await s.run.done).toBe(code);
    expect(s.out).toContain(text);
  });

  test("interrupted before it was ours: nobody waited for it", async () => {
    const s = scene();
    s.bench.clock.advance(3_000);
    s.run.interrupt();
    expect(await s.run.done).toBe(1);
    expect(s.out).toContain("10.0.0.9 given back\n\n10.0.0.9 was not claimed yet: 0 conflicts");
  });

  test.each([60, 61, 70, 80])("in %d columns a number keeps its unit", (width) => {
    const s = scene({ width, once: true });
    s.bench.clock.advance(8_000);
    expect(s.out).toMatch(/\d s\b/);
    expect(s.out).not.toMatch(/^ *s\b/m);
  });

  test("--json: times in milliseconds, a thousandth of one at most", () => {
    const event = { type: "claim-waits", time: 0, ip: 1, ms: 15.86162110324949, for: "first-probe" } as const;
    expect(JSON.parse(eventJson(event, 0))).toMatchObject({ event: "claim-waits", ip: "0.0.0.1", ms: 15.862 });
  });

  test("the link is gone: 2, and why on standard error", async () => {
    const s = scene();
    s.bench.link.remove();
    expect(await s.run.done).toBe(2);
    expect(s.err).toBe("vethlab claim: ve1 is gone: deleted, or moved to another namespace\n");
  });

  test("the link goes down and comes back: the address is tested again", () => {
    const s = scene();
    s.bench.clock.advance(8_000);
    s.bench.link.setUp(false);
    s.bench.link.setUp(true);
    s.bench.clock.advance(8_000);
    expect(s.out).toContain("ve1 is down: the address is tested again when it is back\n");
    expect(s.out).toContain("10.0.0.9 is tested again\n");
    expect(s.out.match(/nobody objected/g)).toHaveLength(2);
    s.run.interrupt();
  });

  test("quiet: the outcome alone", async () => {
    const s = scene({ quiet: true, once: true });
    s.bench.clock.advance(8_000);
    expect(await s.run.done).toBe(0);
    expect(s.out).toBe("10.0.0.9 was ours: 0 conflicts, 0 defences\n");
  });

  test("an address that cannot be claimed throws, and leaves no observer", () => {
    const bench = new Bench({ addresses: ["10.0.0.9/24"] });
    const io = { clock: bench.clock, out: () => {}, err: () => {} };
    const address = ipv4.parsePrefix("10.0.0.9/24");
    expect(() => startClaim(bench.host, { address, defence: "once" }, io)).toThrow("10.0.0.9 is this host's already");
  });
});

describe("--json", () => {
  test("every step, and the outcome last", async () => {
    const s = scene({ json: true, timeoutMs: 9_000 });
    s.bench.clock.advance(8_000);
    s.bench.send(spoken());
    s.bench.clock.advance(1_000);
    expect(await s.run.done).toBe(0);
    const told = objects(s);
    expect(told[0]).toEqual({
      event: "claiming",
      address: "10.0.0.9/24",
      interface: "ve1",
      mac: "02:00:00:00:00:bb",
    });
    expect(told.filter(({ event }) => event === "claim-changed").map(({ to }) => to)).toEqual([
      "waiting",
      "probing",
      "announcing",
      "claimed",
      "released",
    ]);
    expect(told.filter(({ event }) => event === "arp-request-sent")).toHaveLength(6);
    expect(told.filter(({ event }) => event === "claim-conflict")).toEqual([
      {
        event: "claim-conflict",
        time: 8.00005,
        ip: "10.0.0.9",
        mac: "02:00:00:00:00:aa",
        seen: "request",
        response: "defended",
      },
    ]);
    expect(told.at(-1)).toEqual({
      event: "result",
      claimed: true,
      address: "10.0.0.9",
      state: "claimed",
      tried: 1,
      conflicts: 1,
      defended: 1,
      rival: "02:00:00:00:00:aa",
    });
  });
});

test("times are multiplied, numbers are not", () => {
  expect(scaled(0.1)).toMatchObject({ probeWaitMs: 100, probeNum: 3, defendIntervalMs: 1_000, maxConflicts: 10 });
});

test("who it is: made up, or a maker's card", () => {
  expect(stationText(Uint8Array.of(2, 0, 0, 0, 0, 1))).toBe("02:00:00:00:00:01 (locally administered)");
  expect(stationText(Uint8Array.of(0x00, 0x1b, 0x21, 1, 2, 3))).toBe("00:1b:21:01:02:03 (OUI 00:1b:21)");
  const event = { type: "claim-conflict", time: 0, ip: WANTED, response: "ignored" } as const;
  const mac = Uint8Array.of(2, 0, 0, 0, 0, 1);
  expect(conflictText({ ...event, mac, seen: "announcement" })).toMatch(/ announces 10\.0\.0\.9$/);
});
