import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as icmp from "../../../packets/icmp.ts";
import * as header from "../../../packets/ipv4.ts";
import * as ipv4 from "../../../packets/ipv4-address.ts";
import type { FrameBatch } from "../../../src/link/link.ts";
import { type SimulatedLink, SimulatedWire } from "../../../src/link/simulated.ts";
import { VirtualClock } from "../../../src/stack/clock.ts";
import { Host } from "../../../src/stack/host.ts";
import type { MtuDiscovery } from "../../../src/stack/ipv4/ipv4-output.ts";
import { HostTransport, whyNot } from "../../../src/tools/ping/host-transport.ts";
import {
  OptionPrinter,
  optionsObject,
  recordRoute,
  sourceRoute,
  timestamp,
} from "../../../src/tools/ping/ip-options.ts";
import { checkPingOptions, type PingOptions, parsePattern } from "../../../src/tools/ping/options.ts";
import { type PingRun, startPing } from "../../../src/tools/ping/ping.ts";
import { errorText } from "../../../src/tools/ping/transport.ts";
import { forged } from "../../support/forged-options.ts";
import { guarded } from "../../support/guarded.ts";

// 2026-11-23 18:38:44.336614 UTC, what the wall clock shows when virtual time is 0.
const EPOCH_MICROS = 1795459124_336614;

interface Scene {
  clock: VirtualClock;
  ve0: SimulatedLink;
  ve1: SimulatedLink;
  asker: Host;
  run: PingRun;
  out: string;
  err: string;
  finish(): Promise<number>;
}

/** A ping of 10.0.0.2 over the simulated wire; the other end answers unless told. */
function scene(
  options: Partial<PingOptions> = {},
  setup: {
    answers?: boolean;
    latencyMs?: number;
    to?: string;
    discovery?: MtuDiscovery | undefined;
    options?: Uint8Array;
  } = {},
) {
  const { answers = true, latencyMs = 0.05, to = "10.0.0.2", discovery, options: ipOptions } = setup;
  const clock = new VirtualClock();
  const [ve0, ve1] = SimulatedWire.pair({ clock, latencyMs });
  const asker = new Host(ve0, { addresses: ["10.0.0.1/24"], clock });
  if (answers) new Host(ve1, { addresses: ["10.0.0.2/24"], clock });
  const transport = new HostTransport(asker, { dst: ipv4.parse(to)!, discovery, options: ipOptions });
  const result = { clock, ve0, ve1, asker, out: "", err: "" } as Scene;
  const io = {
    clock,
    out: (text: string) => {
      result.out += text;
    },
    err: (text: string) => {
      result.err += text;
    },
    unixMicros: () => EPOCH_MICROS + Math.round(clock.now() * 1000),
  };
  result.run = startPing(transport, { target: to, address: to, ...options }, io);
  result.finish = () => clock.until(result.run.done);
  return result;
}

/** Calls `change` for each frame that the link receives, before anybody else sees it. */
function intercept(link: SimulatedLink, change: (buf: Uint8Array, off: number, length: number) => void): void {
  link.onFrames((batch: FrameBatch) => {
    for (let i = 0; i < batch.count; i++) change(batch.buffer, batch.offset[i]!, batch.length[i]!);
  });
}

describe("ping", () => {
  test("prints what iputils prints", async () => {
    const s = scene({ count: 3 });
    expect(await s.finish()).toBe(0);
    expect(s.out).toBe(
      `PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.
64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.200 ms
64 bytes from 10.0.0.2: icmp_seq=2 ttl=64 time=0.100 ms
64 bytes from 10.0.0.2: icmp_seq=3 ttl=64 time=0.100 ms

--- 10.0.0.2 ping statistics ---
3 packets transmitted, 3 received, 0% packet loss, time 2000ms
rtt min/avg/max/mdev = 0.100/0.133/0.200/0.047 ms
`,
    );
    expect(s.err).toBe("");
  });

  test("-I names the source, -D stamps the lines, -p announces the pattern", async () => {
    const s = scene({
      count: 1,
      from: { address: "10.0.0.1", device: "ve0" },
      timestamps: true,
      pattern: parsePattern("ff00") as Uint8Array,
    });
    await s.finish();
    expect(s.out.split("\n").slice(0, 3)).toEqual([
      "PATTERN: 0xff00",
      "PING 10.0.0.2 (10.0.0.2) from 10.0.0.1 ve0: 56(84) bytes of data.",
      "[1795459124.336814] 64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.200 ms",
    ]);
  });

  test("-s below 16 leaves the times out", async () => {
    const s = scene({ count: 2, size: 8 });
    expect(await s.finish()).toBe(0);
    expect(s.out).toBe(
      `PING 10.0.0.2 (10.0.0.2) 8(36) bytes of data.
16 bytes from 10.0.0.2: icmp_seq=1 ttl=64
16 bytes from 10.0.0.2: icmp_seq=2 ttl=64

--- 10.0.0.2 ping statistics ---
2 packets transmitted, 2 received, 0% packet loss, time 1000ms

`,
    );
  });

  test("nobody there: unreachable after three seconds, as the kernel reports", async () => {
    const s = scene({ count: 4, intervalMs: 500 }, { to: "10.0.0.9" });
    expect(await s.finish()).toBe(1);
    expect(s.clock.now()).toBe(3000);
    expect(s.out).toBe(
      `PING 10.0.0.9 (10.0.0.9) 56(84) bytes of data.
From 10.0.0.1 icmp_seq=1 Destination Host Unreachable
From 10.0.0.1 icmp_seq=2 Destination Host Unreachable
From 10.0.0.1 icmp_seq=3 Destination Host Unreachable
From 10.0.0.1 icmp_seq=4 Destination Host Unreachable

--- 10.0.0.9 ping statistics ---
4 packets transmitted, 0 received, +4 errors, 100% packet loss, time 1500ms
pipe 4
`,
    );
  });

  test("with a deadline it goes on sending, and reports all that arrived together", async () => {
    const s = scene({ count: 4, intervalMs: 500, deadlineMs: 5000 }, { to: "10.0.0.9" });
    expect(await s.finish()).toBe(1);
    expect(s.out).toContain("icmp_seq=6 Destination Host Unreachable\n\n");
    expect(s.out).toContain("6 packets transmitted, 0 received, +6 errors, 100% packet loss, time 2500ms\npipe 6\n");
  });

  test("-W ends it earlier, without a word of errors", async () => {
    const s = scene({ count: 1, lingerMs: 1000 }, { to: "10.0.0.9" });
    expect(await s.finish()).toBe(1);
    expect(s.clock.now()).toBe(1000);
    expect(s.out).toBe(
      `PING 10.0.0.9 (10.0.0.9) 56(84) bytes of data.

--- 10.0.0.9 ping statistics ---
1 packets transmitted, 0 received, 100% packet loss, time 0ms

`,
    );
  });

  test("-w ends it however many are still to come: exit 1", async () => {
    const s = scene({ count: 10, intervalMs: 300, deadlineMs: 1000 });
    expect(await s.finish()).toBe(1);
    expect(s.out).toContain("4 packets transmitted, 4 received, 0% packet loss, time 900ms\n");
  });

  test("-O says which one is missing", async () => {
    const s = scene({ count: 2, intervalMs: 200, outstanding: true }, { to: "10.0.0.9" });
    await s.finish();
    expect(s.out).toContain("data.\nno answer yet for icmp_seq=1\nFrom 10.0.0.1 icmp_seq=1 Destination Host Unr");
  });

  test("-q leaves the lines out", async () => {
    const s = scene({ count: 2, quiet: true });
    await s.finish();
    expect(s.out).toBe(
      `PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.

--- 10.0.0.2 ping statistics ---
2 packets transmitted, 2 received, 0% packet loss, time 1000ms
rtt min/avg/max/mdev = 0.100/0.150/0.200/0.050 ms
`,
    );
  });

  test("-f: dots and backspaces, as fast as replies come", async () => {
    const s = scene({ count: 3, flood: true });
    expect(await s.finish()).toBe(0);
    expect(s.out).toBe(
      `PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.
.\b \b.\b \b.\b \b
--- 10.0.0.2 ping statistics ---
3 packets transmitted, 3 received, 0% packet loss, time 0ms
rtt min/avg/max/mdev = 0.100/0.133/0.200/0.047 ms, ipg/ewma 0.150/0.176 ms
`,
    );
  });

  test("-f without replies: a hundred a second", async () => {
    const s = scene({ count: 3, flood: true }, { to: "10.0.0.9" });
    expect(await s.finish()).toBe(1);
    expect(s.out).toContain("data.\n...\bE\bE\bE\n---");
    expect(s.out).toContain("+3 errors, 100% packet loss, time 20ms\npipe 3\n");
  });

  test("-A adapts to the round trip", async () => {
    const s = scene({ count: 4, adaptive: true }, { latencyMs: 20 });
    expect(await s.finish()).toBe(0);
    // The first took two crossings more, for ARP; after it, a request every round trip's mean.
    expect(s.out).toContain("4 packets transmitted, 4 received, 0% packet loss");
    expect(s.out).toMatch(/, ipg\/ewma \d+\.\d{3}\/\d+\.\d{3} ms\n$/);
    expect(s.clock.now()).toBeLessThan(400);
  });

  test("the kernel's and iputils' rule for slow replies: the last one is waited for twice the longest", async () => {
    const s = scene({ count: 2, intervalMs: 10 }, { latencyMs: 100 });
    expect(await s.finish()).toBe(0);
    expect(s.out).toContain("time=400 ms\n");
    expect(s.out).toContain("time=390 ms\n");
    expect(s.out).toContain("390.000/395.000/400.000/5.000 ms, pipe 2\n");
  });

  test.each([
    [{ count: 2, intervalMs: 100, size: 65_508 }, undefined, ""],
    [{ count: 2, intervalMs: 100, size: 65_508, flood: true }, undefined, "EE"],
    [{ count: 2, intervalMs: 100, size: 2000 }, "do", ""],
    [{ count: 2, intervalMs: 100, size: 2000, flood: true }, "probe", "EE"],
  ] as const)(
    "what exceeds a datagram, or the MTU with -M do, is refused here: %j %s",
    async (options, discovery, flood) => {
      const s = scene(options, { discovery });
      expect(await s.finish()).toBe(1);
      const message = "ping: local error: message too long, mtu=1500\n";
      expect(s.err).toBe(flood === "" ? message + message : "");
      expect(s.out).toBe(
        `PING 10.0.0.2 (10.0.0.2) ${options.size}(${options.size + 28}) bytes of data.
${flood}
--- 10.0.0.2 ping statistics ---
2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 100ms

`,
      );
    },
  );

  test.each([
    ["want", 2000, false],
    ["want", 1472, true],
    ["dont", 56, false],
    ["probe", 1472, true],
    ["do", 56, true],
  ] as const)("-M %s -s %i: DF %s", async (discovery, size, df) => {
    const s = scene({ count: 1, size }, { discovery });
    const flags: boolean[] = [];
    intercept(s.ve1, (buf, off) => {
      if (buf[off + 13] === 0) flags.push(header.dontFragment(buf, off + 14));
    });
    expect(await s.finish()).toBe(0);
    expect(flags).toEqual(size > 1472 ? [df, df] : [df]);
    expect(s.out).toContain(`${size + 8} bytes from 10.0.0.2: icmp_seq=1 ttl=64`);
  });

  test("a second answer is a duplicate", async () => {
    const s = scene({ count: 2 });
    new Host(s.ve1, { addresses: ["10.0.0.2/24"], clock: s.clock, answer: { arp: false } });
    await s.finish();
    expect(s.out).toContain(
      "icmp_seq=1 ttl=64 time=0.200 ms\n64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.200 ms (DUP!)\n",
    );
    expect(s.out).toContain("2 packets transmitted, 2 received, +2 duplicates, 0% packet loss");
  });

  test("data that comes back changed is shown, all of it", async () => {
    const clock = new VirtualClock();
    const [ve0, ve1] = SimulatedWire.pair({ clock });
    // This handler comes first, and the host behind it gets the frame as it leaves it.
    intercept(ve0, (buf, off, length) => {
      if (length < 98 || icmp.type(buf, off + 34) !== icmp.Type.EchoReply) return;
      buf[off + 42 + 20] = 0xee;
      icmp.updateChecksum(buf, off + 34, off + length);
    });
    const asker = new Host(ve0, { addresses: ["10.0.0.1/24"], clock });
    new Host(ve1, { addresses: ["10.0.0.2/24"], clock });
    let out = "";
    const io = { clock, out: (text: string) => (out += text), err: () => {}, unixMicros: () => 0 };
    const options = { target: "h", address: "10.0.0.2", count: 1 };
    const run = startPing(new HostTransport(asker, { dst: ipv4.parse("10.0.0.2")! }), options, io);
    expect(await clock.until(run.done)).toBe(0);
    expect(out.split("\n").slice(1, 5)).toEqual([
      "64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.200 ms",
      "wrong data byte #20 should be 0x14 but was 0xee",
      "#16\t10 11 12 13 ee 15 16 17 18 19 1a 1b 1c 1d 1e 1f 20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f ",
      "#48\t30 31 32 33 34 35 36 37 ",
    ]);
  });

  test("the data carries the time of day, where other tools look for it", async () => {
    const s = scene({ count: 1 });
    let micros = 0n;
    intercept(s.ve1, (buf, off, length) => {
      const view = new DataView(buf.buffer, off, length);
      if (length === 98) micros = view.getBigInt64(42, true) * 1_000_000n + view.getBigInt64(50, true);
    });
    await s.finish();
    expect(micros).toBe(BigInt(EPOCH_MICROS));
  });

  test("SIGINT sums up at once, SIGQUIT in between", async () => {
    const s = scene();
    s.clock.advance(2500);
    s.run.interim();
    expect(s.err).toBe("\r3/3 packets, 0% loss, min/avg/ewma/max = 0.100/0.133/0.176/0.200 ms\n");
    s.run.interrupt();
    expect(await s.run.done).toBe(0);
    expect(s.out).toContain("3 packets transmitted, 3 received, 0% packet loss, time 2000ms\n");
    s.run.interrupt();
    expect(s.out.match(/statistics/g)).toHaveLength(1);
    s.asker.close();
  });

  test("SIGQUIT before anything came back", () => {
    const s = scene({}, { to: "10.0.0.9" });
    s.clock.advance(1500);
    s.run.interim();
    expect(s.err).toBe("\r0/2 packets, 100% loss\n");
    s.run.interrupt();
  });

  test.each([
    ["set down", (s: Scene) => s.ve0.setUp(false), "vethlab ping: ve0 is down, or its peer is\n"],
    ["its peer set down", (s: Scene) => s.ve1.setUp(false), "vethlab ping: ve0 is down, or its peer is\n"],
    ["deleted", (s: Scene) => s.ve0.remove(), "vethlab ping: ve0 is gone: deleted, or moved to another namespace\n"],
  ])("the interface is %s: one line, the summary, exit 2", async (_, happen, line) => {
    const s = scene();
    s.clock.advance(1500);
    happen(s);
    expect(await s.finish()).toBe(2);
    expect(s.err).toBe(line);
    expect(s.out).toContain("2 packets transmitted, 2 received, 0% packet loss, time 1000ms\n");
  });

  test("--json: an object for each reply and one at the end, with numbers for numbers", async () => {
    const s = scene({ count: 2, json: true });
    expect(await s.finish()).toBe(0);
    const [first, second, summary] = s.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const ident = first.ident;
    expect(first).toEqual({ bytes: 64, host: "10.0.0.2", seq: 1, ident, ttl: 64, time: 0.2 });
    expect(second).toEqual({ bytes: 64, host: "10.0.0.2", seq: 2, ident, ttl: 64, time: 0.1 });
    expect(summary).toEqual({
      host: "10.0.0.2",
      transmitted: 2,
      received: 2,
      duplicates: 0,
      corrupted: 0,
      errors: 0,
      loss: 0,
      time: 1000,
      rtt: { min: 0.1, avg: 0.15, max: 0.2, mdev: 0.05 },
    });
  });

  test("--json: errors are objects too", async () => {
    const s = scene({ count: 1, json: true }, { to: "10.0.0.9" });
    expect(await s.finish()).toBe(1);
    const [error, summary] = s.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(error).toEqual({ host: "10.0.0.1", seq: 1, error: "Destination Host Unreachable" });
    expect(summary).toMatchObject({ transmitted: 1, received: 0, errors: 1, loss: 100 });
  });

  test("sequence numbers wrap, and 65,536 requests later a number is no duplicate", async () => {
    const s = scene({ count: 66_000, flood: true, quiet: true });
    expect(await s.finish()).toBe(0);
    expect(s.out).toContain("66000 packets transmitted, 66000 received, 0% packet loss");
  });
});

describe("ping's options", () => {
  const base = { target: "h", address: "10.0.0.2" };
  test.each([
    [{}, null],
    [{ intervalMs: -1000 }, "bad timing interval: -1"],
    [{ intervalMs: Number.NaN }, "bad timing interval: NaN"],
    [{ intervalMs: 1, minIntervalMs: 2 }, "cannot flood; minimal interval allowed for user is 2ms"],
    [{ flood: true, minIntervalMs: 2 }, "cannot flood; minimal interval allowed for user is 2ms"],
    [{ flood: true, intervalMs: 2, minIntervalMs: 2 }, null],
    [{ adaptive: true, minIntervalMs: 2 }, null],
    [{ size: -1 }, "invalid argument: '-1': out of range: 0 <= value <= 65507"],
    [{ count: 0 }, "invalid argument: '0': out of range: 1 <= value"],
    [{ lingerMs: Number.NaN }, "bad linger time: NaN"],
  ])("%j: %s", (options, message) => {
    expect(checkPingOptions({ ...base, ...options })).toBe(message);
  });

  test("patterns are read as iputils reads them", () => {
    expect(parsePattern("ff00")).toEqual(Uint8Array.of(0xff, 0));
    expect(parsePattern("abc")).toEqual(Uint8Array.of(0xab, 0x0c));
    expect(parsePattern("00112233445566778899aabbccddeeff11")).toHaveLength(16);
    expect(parsePattern("0fzz")).toBe("patterns must be specified as hex digits: zz");
    expect(parsePattern("")).toBe("patterns must be specified as hex digits: ");
  });

  test("destinations that cannot be pinged are refused in iputils' words", () => {
    const [link] = SimulatedWire.pair({ clock: new VirtualClock() });
    const host = new Host(link, { addresses: ["10.0.0.1/24"], clock: new VirtualClock() });
    const why = (to: string) => whyNot(host, ipv4.parse(to)!);
    expect(why("10.0.0.2")).toBeNull();
    expect(why("1.2.3.4")).toBe("connect: Network is unreachable");
    expect(why("10.0.0.255")).toMatch(/^Do you want to ping broadcast\? Then -b\./);
    expect(why("10.0.0.1")).toBe("10.0.0.1 is the asking host's own address");
  });

  test("ICMP errors in iputils' words", () => {
    expect(errorText(3, 1)).toBe("Destination Host Unreachable");
    expect(errorText(3, 4, 1400)).toBe("Frag needed and DF set (mtu = 1400)");
    expect(errorText(3, 13)).toBe("Packet filtered");
    expect(errorText(3, 99)).toBe("Dest Unreachable, Bad Code: 99");
    expect(errorText(11, 0)).toBe("Time to live exceeded");
    expect(errorText(12, 0, 20)).toBe("Parameter problem: pointer = 20");
    expect(errorText(77, 0)).toBe("Bad ICMP type: 77");
  });
});

describe("IPv4 options in ping's words", () => {
  const bytes = (...values: number[]) => Uint8Array.from(values);
  const A = [10, 0, 0, 1];
  const B = [10, 0, 0, 2];
  /** What a new printer says of these, one after the other. */
  const texts = (...lists: Uint8Array[]) => {
    const printer = new OptionPrinter();
    return lists.map((list) => printer.text(list));
  };

  test("what is asked with: as iputils builds it", () => {
    const zeros = (n: number) => new Array<number>(n).fill(0);
    expect(recordRoute()).toEqual(bytes(1, 7, 39, 4, ...zeros(36)));
    expect(timestamp("tsonly")).toEqual(bytes(68, 40, 5, 0, ...zeros(36)));
    expect(timestamp("tsandaddr")).toEqual(bytes(68, 36, 5, 1, ...zeros(32)));
    expect(timestamp("tsprespec", [ipv4.parse("10.0.0.1")!])).toEqual(bytes(68, 12, 5, 3, ...A, ...zeros(4)));
    expect(sourceRoute([ipv4.parse("10.0.0.2")!])).toEqual(bytes(1, 131, 7, 4, ...B));
  });

  test("a route, the same again, another one, and none", () => {
    const one = bytes(7, 11, 8, ...A, 0, 0, 0, 0, 0);
    const two = bytes(7, 11, 12, ...A, ...B, 0);
    expect(texts(one, one, two, one)).toEqual([
      "\nRR: \t10.0.0.1\n",
      "\t(same route)",
      "\nRR: \t10.0.0.1\n\t10.0.0.2\n",
      "\nRR: \t10.0.0.1\n",
    ]);
    expect(texts(bytes(7, 7, 4, 0, 0, 0, 0, 0), bytes(7, 2, 0, 0), bytes(7, 0, 4, 0), bytes(0, 7, 7, 8))).toEqual(
      new Array(4).fill(""),
    );
  });

  test("times: the first in full, differences after it, each kind by itself; hosts without room", () => {
    const list = bytes(68, 24, 25, 0x20, 0, 0, 0, 100, 0, 0, 0, 105, 128, 0, 0, 7, 0, 0, 0, 104, 128, 0, 0, 9);
    expect(texts(list)).toEqual([
      "\nTS: \t100 absolute\n\t5\n\t7 absolute not-standard\n\t-1\n\t2 not-standard\nUnrecorded hops: 2\n",
    ]);
    expect(texts(bytes(68, 20, 13, 1, ...A, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0))).toEqual([
      "\nTS: \t10.0.0.1\t256 absolute\n",
    ]);
    expect(texts(bytes(68, 8, 5, 0x30, 0, 0, 0, 0), bytes(68, 3, 5, 0))).toEqual(["", ""]);
  });

  test("source routes, padding, and what ping has no words for", () => {
    expect(texts(bytes(1, 131, 11, 12, ...A, ...B))).toEqual(["\nNOP\nLSRR: \t10.0.0.1\n\t10.0.0.2\n"]);
    expect(texts(bytes(137, 7, 8, ...A, 148, 4, 0, 0, 0))).toEqual(["\nSSRR: \t10.0.0.1\n\nunknown option 94"]);
  });

  test("the same for programs", () => {
    const list = bytes(7, 7, 8, ...A, 68, 12, 13, 0x11, ...B, 128, 0, 0, 9, 131, 7, 8, ...A, 0, 0);
    expect(optionsObject(list)).toEqual({
      route: ["10.0.0.1"],
      timestamps: [{ host: "10.0.0.2", ms: 9, standard: false }],
      unrecorded: 1,
      source_route: ["10.0.0.1"],
    });
  });

  test("no options make it read beside them, or throw", () => {
    fc.assert(
      fc.property(forged, (list) => {
        const view = guarded(list, 0, list.length);
        expect(typeof new OptionPrinter().text(view)).toBe("string");
        expect(typeof optionsObject(view)).toBe("object");
      }),
      { numRuns: 2000 },
    );
  });

  test("in the line, with the headline that counts 40 bytes; a parameter problem with its pointer", async () => {
    const s = scene({ count: 2, withOptions: true }, { options: recordRoute() });
    expect(await s.finish()).toBe(0);
    expect(s.out.split("\n").slice(0, 9)).toEqual([
      "PING 10.0.0.2 (10.0.0.2) 56(124) bytes of data.",
      "64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.200 ms",
      "RR: \t10.0.0.1",
      "\t10.0.0.2",
      "\t10.0.0.2",
      "\t10.0.0.1",
      "",
      "64 bytes from 10.0.0.2: icmp_seq=2 ttl=64 time=0.100 ms\t(same route)",
      "",
    ]);
    const wrong = scene({ count: 1, withOptions: true }, { options: bytes(7, 8, 4, 0, 0, 0, 0, 0) });
    expect(await wrong.finish()).toBe(1);
    expect(wrong.out).toContain("From 10.0.0.2 icmp_seq=1 Parameter problem: pointer = 22\n");
    const json = scene({ count: 1, json: true }, { options: recordRoute() });
    expect(await json.finish()).toBe(0);
    expect(JSON.parse(json.out.split("\n")[0]!).route).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.2", "10.0.0.1"]);
  });
});
