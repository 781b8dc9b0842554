import { describe, expect, test } from "vitest";
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4-address.ts";
import * as udp from "../../../packets/udp.ts";
import { type SimulatedLink, SimulatedWire } from "../../../src/link/simulated.ts";
import { VirtualClock } from "../../../src/stack/clock.ts";
import { Host } from "../../../src/stack/host.ts";
import { seededRandom } from "../../../src/stack/random.ts";
import { Router } from "../../../src/stack/router/router.ts";
import { moveEnd } from "../../../src/tools/trace/expired.ts";
import { checkTraceOptions, startTrace, type TraceOptions, type TraceRun } from "../../../src/tools/trace/index.ts";
import { note } from "../../../src/tools/trace/print.ts";
import { newProbe, type Probe } from "../../../src/tools/trace/probe.ts";

/** asker 10.0.1.2 — router — 10.0.2.0/24 — router — 10.0.3.2, over wires without a microsecond of their own. */
class Scene {
  readonly clock = new VirtualClock();
  readonly link: SimulatedLink;
  readonly asker: Host;
  readonly routers: Router[];
  readonly run: TraceRun;
  out = "";
  err = "";

  readonly #wire: SimulatedWire;

  constructor(options: Partial<TraceOptions> = {}, firstErrors = 50, middleMtu = 1500) {
    const { clock } = this;
    const wires = [1500, middleMtu, 1500].map((mtu) => new SimulatedWire({ clock, mtu }));
    this.#wire = wires[0]!;
    const shared = { clock, random: seededRandom(1) };
    const router = (near: SimulatedWire, nearAddress: string, far: SimulatedWire, farAddress: string, burst: number) =>
      new Router(
        [
          { link: near.attach(), addresses: [nearAddress] },
          { link: far.attach(), addresses: [farAddress] },
        ],
        { ...shared, errors: { addressMs: 1, burst } },
      );
    const [left, middle, right] = wires as [SimulatedWire, SimulatedWire, SimulatedWire];
    this.routers = [
      router(left, "10.0.1.1/24", middle, "10.0.2.1/24", firstErrors),
      router(middle, "10.0.2.2/24", right, "10.0.3.1/24", 50),
    ];
    this.routers[0]!.addRoute("10.0.3.0/24", "10.0.2.2");
    this.routers[1]!.addRoute("10.0.1.0/24", "10.0.2.1");
    this.link = wires[0]!.attach({ name: "ve0" });
    this.asker = new Host(this.link, { addresses: ["10.0.1.2/24"], gateway: "10.0.1.1", ...shared });
    new Host(wires[2]!.attach(), { addresses: ["10.0.3.2/24"], gateway: "10.0.3.1", ...shared });
    const target = options.target ?? "10.0.3.2";
    this.run = startTrace(
      this.asker,
      { dst: ipv4.parse(target)!, ...options, target },
      {
        clock,
        out: (text) => {
          this.out += text;
        },
        err: (text) => {
          this.err += text;
        },
      },
    );
  }

  /** Tells the ports of each UDP datagram that the asker sends. */
  watch(told: (from: number, to: number) => void): void {
    this.#wire.attach().onFrames((batch) => {
      for (let i = 0; i < batch.count; i++) {
        const frame = batch.buffer.subarray(batch.offset[i], batch.offset[i]! + batch.length[i]!);
        if (frame[12] === 8 && frame[13] === 0 && frame[23] === 17)
          told(udp.srcPort(frame, 34), udp.dstPort(frame, 34));
      }
    });
  }

  finish(): Promise<number> {
    return this.clock.until(this.run.done);
  }
}

describe("trace", () => {
  test.each([[{}], [{ method: "icmp" }], [{ method: "udp" }]] as const)(
    "prints what traceroute -n prints: %j",
    async (options) => {
      const scene = new Scene(options);
      expect(await scene.finish()).toBe(0);
      // The first answers wait for ARP, link after link.
      expect(scene.out).toBe(
        `traceroute to 10.0.3.2 (10.0.3.2), 30 hops max, 60 byte packets
 1  10.0.1.1  0.200 ms  0.200 ms  0.200 ms
 2  10.0.2.2  0.400 ms  0.400 ms  0.400 ms
 3  10.0.3.2  0.600 ms  0.600 ms  0.600 ms
`,
      );
      expect(scene.err).toBe("");
    },
  );

  test("one after the other; nothing tells how quick a silent hop should be: each probe is waited for", async () => {
    const scene = new Scene({ simultaneous: 1, max: 3, waitMs: 1000 });
    scene.routers[1]!.forwarding = { forwarding: false };
    expect(await scene.finish()).toBe(1);
    expect(scene.out.split("\n").slice(1)).toEqual([
      " 1  10.0.1.1  0.200 ms  0.100 ms  0.100 ms",
      " 2  * * *",
      " 3  * * *",
      "",
    ]);
    expect(scene.clock.now()).toBeGreaterThan(6000);
    expect(scene.clock.now()).toBeLessThan(6010);
  });

  test("answers from the same hop or later ones bound the wait", async () => {
    const silent = new Scene({}, 0);
    expect(await silent.finish()).toBe(0);
    expect(silent.out).toContain("\n 1  * * *\n 2  10.0.2.2  0.400 ms  0.400 ms  0.400 ms\n");
    // Ten times what the second hop took, and one more millisecond each.
    expect(silent.clock.now()).toBeCloseTo(14, 0);
    const patient = new Scene({ near: 0 }, 0);
    await patient.finish();
    expect(patient.clock.now()).toBe(5000);
    const some = new Scene({}, 1);
    await some.finish();
    expect(some.out).toContain("\n 1  10.0.1.1  0.200 ms * *\n");
    // Three times what the first probe took.
    expect(some.clock.now()).toBeCloseTo(3.6, 1);
  });

  test("nobody there: !H from the last router; no route: !N from the first", async () => {
    const nobody = new Scene({ target: "10.0.3.77", queries: 1, waitMs: 5000 });
    expect(await nobody.finish()).toBe(1);
    expect(nobody.out).toContain("\n 3  10.0.2.2  3000.400 ms !H\n");
    const nowhere = new Scene({ target: "192.168.1.1", queries: 1 });
    expect(await nowhere.finish()).toBe(1);
    expect(nowhere.out).toContain("packets\n 1  10.0.1.1  0.200 ms !N\n");
  });

  test("-f, -q, -N, and JSON", async () => {
    const scene = new Scene({ first: 2, queries: 2, json: true });
    expect(await scene.finish()).toBe(0);
    const probe = (host: string, time: number) => ({ host, time });
    expect(
      scene.out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { ttl: 2, probes: [probe("10.0.2.2", 0.4), probe("10.0.2.2", 0.4)] },
      { ttl: 3, probes: [probe("10.0.3.2", 0.6), probe("10.0.3.2", 0.6)] },
      { host: "10.0.3.2", reached: true },
    ]);
  });

  test("--mtu: what passes, hop by hop", async () => {
    const scene = new Scene({ discoverMtu: true, queries: 1 }, 50, 1000);
    expect(await scene.finish()).toBe(0);
    // Where a link is passed for the first time, ARP takes as long again.
    expect(scene.out).toBe(
      `traceroute to 10.0.3.2 (10.0.3.2), 30 hops max, 65000 byte packets
 1  10.0.1.1  0.200 ms F=1500
 2  10.0.2.2  0.300 ms F=1000
 3  10.0.3.2  0.400 ms
`,
    );
  });

  test("longer than our own link takes, and not to be cut: this machine says so, and nobody else", async () => {
    const scene = new Scene({ dontFragment: true, length: 2000 });
    expect(await scene.finish()).toBe(1);
    expect(scene.out.split("\n")[1]).toMatch(/^ 1 {2}\*( {2}0\.000 ms !F-1500 ?\*?){3}$/);
  });

  test("-z: so much between two probes", async () => {
    const scene = new Scene({ queries: 1, sendWaitMs: 500 });
    expect(await scene.finish()).toBe(0);
    // At 0, 500 and 1,000 ms; the last two have arrived when the third is answered.
    expect(scene.clock.now()).toBeGreaterThanOrEqual(1000);
    expect(scene.clock.now()).toBeLessThan(1002);
  });

  test("--sport and -U: where probes come from, and where they go", async () => {
    const seen: string[] = [];
    const scene = new Scene({ method: "udp", queries: 1, sourcePort: 7000, port: 99 });
    scene.watch((from, to) => seen.push(`${from}>${to}`));
    expect(await scene.finish()).toBe(0);
    expect(seen).toEqual(["7000>99", "7000>99", "7000>99"]);
    const own = new Scene({ method: "udp", queries: 1 });
    const ports = new Set<number>();
    own.watch((from, to) => ports.add(from).add(to));
    expect(await own.finish()).toBe(0);
    // 53, and as many others as probes.
    expect(ports.size).toBeGreaterThan(3);
    expect(ports.has(53)).toBe(true);
  });

  test("a probe is lost where the way ends: the errors of the next ones move to their places", async () => {
    const scene = new Scene({ target: "10.0.3.77", sendWaitMs: 10 });
    // The seventh probe, the first of the third hop, leaves at 60 ms.
    const switched = (forwarding: boolean) => () => {
      scene.routers[1]!.forwarding = { forwarding };
    };
    scene.clock.setTimer(55, switched(false));
    scene.clock.setTimer(65, switched(true));
    expect(await scene.finish()).toBe(1);
    expect(scene.out).toMatch(/\n 3 {2}10\.0\.2\.2( {2}\d{4}\.\d{3} ms !H){3}\n$/);
  });

  test("an end that came early moves to the probe that was given up", () => {
    const probe = (part: Partial<Probe>): Probe => ({ ...newProbe(), sent: true, ...part });
    const end = { done: true, answered: true, final: true, from: 9, note: "!H" };
    const moved = (probes: Probe[], i: number) => {
      moveEnd(probes, i, 2);
      return probes.map(({ note, done }) => (note === "" ? (done ? "*" : "?") : note)).join(" ");
    };
    const expired = { done: true };
    // In the same hop; and later if who says so said before that a probe died there.
    expect(moved([probe(expired), probe(end)], 0)).toBe("!H ?");
    const passed = { done: true, answered: true, from: 9 };
    expect(moved([probe(passed), probe(passed), probe(expired), probe({}), probe(end)], 2)).toBe("* * !H ? ?");
    // Not if it comes from elsewhere, says no more than that it was reached, or another probe died here.
    const other = { ...passed, from: 8 };
    expect(moved([probe(other), probe(other), probe(expired), probe({}), probe(end)], 2)).toBe("* * * ? !H");
    expect(moved([probe(expired), probe({ ...end, note: "" })], 0)).toBe("* *");
    expect(moved([probe(passed), probe(expired), probe(end)], 1)).toBe("* * !H");
    expect(moved([probe(expired), probe(passed), probe(end)], 0)).toBe("* * !H");
  });

  test("a service on the very port is an arrival, too", async () => {
    const scene = new Scene({ target: "10.0.2.2", queries: 1 });
    const socket = scene.routers[1]!.openUdp(
      {
        onMessage: (one) => socket.send(one.from, one.fromPort, one.buffer.slice(one.offset, one.offset + one.length)),
      },
      { port: 33_435 },
    );
    expect(await scene.finish()).toBe(0);
    expect(scene.out).toContain("\n 2  10.0.2.2  0.400 ms\n");
  });

  test("interrupted, or the link gone", async () => {
    const scene = new Scene({ target: "10.0.1.77" });
    scene.run.interrupt();
    expect(await scene.finish()).toBe(1);
    const gone = new Scene({ target: "10.0.1.77" });
    gone.link.remove();
    expect(await gone.finish()).toBe(2);
    expect(gone.err).toContain("ve0 is gone");
    expect(gone.clock.pending).toBeGreaterThanOrEqual(0);
  });

  test("annotations are traceroute's", () => {
    const { DestinationUnreachable, TimeExceeded, ParameterProblem } = icmp.Type;
    const codes = Array.from({ length: 17 }, (_, icmpCode) =>
      note({ icmpType: DestinationUnreachable, icmpCode, mtu: 1400 }),
    );
    expect(codes.join(" ")).toBe("!N !H !P  !F-1400 !S !N !H !N !X !X !N !H !X !V !C !<16>");
    expect(note({ icmpType: TimeExceeded, icmpCode: 0, mtu: 0 })).toBe("");
    expect(note({ icmpType: TimeExceeded, icmpCode: 1, mtu: 0 })).toBe("!<11-1>");
    expect(note({ icmpType: ParameterProblem, icmpCode: 0, mtu: 0 })).toBe("!<12-0>");
  });

  test.each([
    [{ first: 5, max: 4 }, "first hop out of range: 1 to 4, the last (-m)"],
    [{ max: 256 }, "max hops cannot be more than 255"],
    [{ queries: 11 }, "no more than 10 probes per hop"],
    [{ simultaneous: 0 }, "number of simultaneous probes out of range: 1 to 255"],
    [{ waitMs: -1 }, "bad wait specifications"],
    [{ length: 65_001 }, "too big packetlen 65001 specified: 65000 at most"],
    [{ sendWaitMs: -1 }, "bad sendtime"],
    [{ sourcePort: 70_000 }, "bad port: 1 to 65535"],
    [{ sourcePort: 7, method: "icmp" as const }, "echo requests have no port: --sport goes with UDP"],
    [{ tos: 256 }, "bad type of service: 0 to 255"],
    [{ port: 65_536 }, "bad port: 1 to 65535"],
    [{}, null],
  ])("what cannot be is refused: %j", (options, message) => {
    expect(checkTraceOptions({ target: "x", dst: 1, ...options })).toBe(message);
  });
});
