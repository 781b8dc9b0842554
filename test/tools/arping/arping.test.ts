import { describe, expect, test } from "vitest";
import * as ipv4 from "../../../packets/ipv4-address.ts";
import { type SimulatedLink, SimulatedWire } from "../../../src/link/simulated.ts";
import { VirtualClock } from "../../../src/stack/clock.ts";
import { Host, type HostOptions } from "../../../src/stack/host.ts";
import { type ArpingRun, startArping } from "../../../src/tools/arping/arping.ts";
import { type ArpingOptions, checkArpingOptions } from "../../../src/tools/arping/options.ts";
import * as support from "../../stack/support.ts";

const ip = (text: string) => ipv4.parse(text)!;
const MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);
const OTHER = Uint8Array.of(0x4e, 0xea, 0xda, 0x70, 0xb6, 0x57);

interface Scene {
  clock: VirtualClock;
  wire: SimulatedWire;
  link: SimulatedLink;
  run: ArpingRun;
  out: string;
  err: string;
  finish(): Promise<number>;
}

/** arping of 10.0.0.2 from a wire with one station that answers for it, and as many more as told. */
function scene(options: Partial<ArpingOptions> = {}, hosts: Partial<HostOptions>[] = [{ mac: OTHER }]): Scene {
  const clock = new VirtualClock();
  const wire = new SimulatedWire({ clock, latencyMs: 0.268 });
  const link = wire.attach({ name: "ve0" });
  for (const host of hosts) new Host(wire.attach(), { addresses: ["10.0.0.2/24"], clock, ...host });
  const s = { clock, wire, link, out: "", err: "" } as Scene;
  s.run = startArping(
    link,
    { target: ip("10.0.0.2"), source: ip("10.0.0.1"), mac: MAC, ...options },
    {
      clock,
      out: (text) => {
        s.out += text;
      },
      err: (text) => {
        s.err += text;
      },
    },
  );
  s.finish = () => clock.until(s.run.done);
  return s;
}

describe("arping", () => {
  test("prints what iputils prints: the first probe broadcast, the others to who answered", async () => {
    const s = scene({ count: 2 });
    expect(await s.finish()).toBe(0);
    expect(s.out).toBe(
      `ARPING 10.0.0.2 from 10.0.0.1 ve0
Unicast reply from 10.0.0.2 [4E:EA:DA:70:B6:57]  0.536ms
Unicast reply from 10.0.0.2 [4E:EA:DA:70:B6:57]  0.536ms
Sent 2 probes (1 broadcast(s))
Received 2 response(s)
`,
    );
    // iputils sends at 0 and 1 s, and ends when the third would be due.
    expect(s.clock.now()).toBe(2000);
  });

  test("-b keeps on broadcasting", async () => {
    const s = scene({ count: 2, broadcast: true });
    expect(await s.finish()).toBe(0);
    expect(s.out).toContain("Sent 2 probes (2 broadcast(s))\n");
  });

  test("-f stops at the first reply", async () => {
    const s = scene({ first: true });
    expect(await s.finish()).toBe(0);
    expect(s.out).toContain("Sent 1 probes (1 broadcast(s))\nReceived 1 response(s)\n");
  });

  test("-q says nothing", async () => {
    const s = scene({ count: 1, quiet: true });
    expect(await s.finish()).toBe(0);
    expect(s.out).toBe("");
  });

  test("nobody there: exit 1", async () => {
    const s = scene({ count: 2 }, []);
    expect(await s.finish()).toBe(1);
    expect(s.out).toBe("ARPING 10.0.0.2 from 10.0.0.1 ve0\nSent 2 probes (2 broadcast(s))\nReceived 0 response(s)\n");
  });

  test("-w ends it; the probe due then still goes out, as iputils'", async () => {
    const s = scene({ timeoutMs: 2000 });
    expect(await s.finish()).toBe(0);
    expect(s.out).toContain("Sent 3 probes (1 broadcast(s))\nReceived 2 response(s)\n");
  });

  test("-w with -c: done when all came, failed when some did not", async () => {
    const all = scene({ count: 2, timeoutMs: 5000 });
    expect(await all.finish()).toBe(0);
    expect(all.clock.now()).toBeCloseTo(1000.536);
    const some = scene({ count: 3, timeoutMs: 5000 });
    some.clock.advance(500);
    some.link.setUp(true);
    some.wire.destroy();
    expect(await some.finish()).toBe(2);
    const few = scene({ count: 5, timeoutMs: 1500 });
    expect(await few.finish()).toBe(1);
  });

  test("-D: free is 0, taken is 1", async () => {
    const taken = scene({ detect: true, source: 0, count: 2 });
    expect(await taken.finish()).toBe(1);
    expect(taken.out).toBe(
      `ARPING 10.0.0.2 from 0.0.0.0 ve0
Unicast reply from 10.0.0.2 [4E:EA:DA:70:B6:57]  0.536ms
Sent 1 probes (1 broadcast(s))
Received 1 response(s)
`,
    );
    const free = scene({ detect: true, source: 0, count: 2 }, []);
    expect(await free.finish()).toBe(0);
  });

  test("-D with a source: answers to others do not count", async () => {
    const s = scene({ detect: true, source: ip("10.0.0.1"), count: 2 }, []);
    const peer = s.wire.attach();
    const say = (tpa: number) => {
      const frame = support.arpFrame({ oper: 2, sha: OTHER, spa: ip("10.0.0.2"), tha: MAC, tpa }, MAC);
      peer.tx.set(frame, peer.reserve(frame.length));
      peer.commit(frame.length);
      peer.flush();
      s.clock.advance(1);
    };
    say(ip("10.0.0.99"));
    expect(s.out).not.toContain("reply");
    say(ip("10.0.0.1"));
    expect(await s.finish()).toBe(1);
  });

  test("-D hears an announcement of the address too", async () => {
    const s = scene({ detect: true, source: 0, count: 3 }, [{ mac: OTHER, answer: { arp: false } }]);
    const peer = s.wire.attach();
    s.clock.advance(100);
    const announcement = support.arpFrame({ sha: OTHER, spa: ip("10.0.0.2"), tpa: ip("10.0.0.2") });
    peer.tx.set(announcement, peer.reserve(announcement.length));
    peer.commit(announcement.length);
    peer.flush();
    expect(await s.finish()).toBe(1);
    expect(s.out).toContain(
      "Broadcast request from 10.0.0.2 [4E:EA:DA:70:B6:57] for 10.0.0.2 [00:00:00:00:00:00] 100.268ms\n",
    );
    expect(s.out).toContain("Received 1 response(s) (1 request(s), 1 broadcast(s))\n");
  });

  test.each([
    ["-U", { unsolicited: true }, "announcement"],
    ["-A", { advertise: true }, "gratuitous-reply"],
  ] as const)("%s announces and ends with the last one sent", async (_, options, purpose) => {
    const heard: string[] = [];
    const clock = new VirtualClock();
    const [ve0, ve1] = SimulatedWire.pair({ clock });
    new Host(ve1, {
      addresses: ["10.0.0.2/24"],
      clock,
      observer: (event) => {
        if (event.type === "gratuitous") heard.push(`${ipv4.format(event.ip)}`);
      },
    });
    const { arp, seen } = { arp: ip("10.0.0.1"), seen: [] as string[] };
    ve1.onFrames((batch) => {
      for (let i = 0; i < batch.count; i++) {
        const off = batch.offset[i]! + 14;
        seen.push(batch.buffer[off + 7] === 1 ? "announcement" : "gratuitous-reply");
      }
    });
    let out = "";
    const io = { clock, out: (text: string) => (out += text), err: () => {} };
    const run = startArping(ve0, { target: arp, source: arp, mac: MAC, count: 2, ...options }, io);
    expect(await clock.until(run.done)).toBe(0);
    expect(clock.now()).toBe(1000);
    clock.advance(1);
    expect(heard).toEqual(["10.0.0.1", "10.0.0.1"]);
    expect(seen).toEqual([purpose, purpose]);
    expect(out).toBe("ARPING 10.0.0.1 from 10.0.0.1 ve0\nSent 2 probes (2 broadcast(s))\nReceived 0 response(s)\n");
  });

  test("two stations that answer are a duplicate: exit 1", async () => {
    const s = scene({ count: 2, duplicates: true }, [{ mac: OTHER }, { mac: "02:00:00:00:00:99" }]);
    expect(await s.finish()).toBe(1);
    expect(s.out).toContain("Received 4 response(s)\nDuplicate: 10.0.0.2 is used by 2 stations: ");
    expect(s.out).toContain("4E:EA:DA:70:B6:57, 02:00:00:00:00:99\n");
    const alone = scene({ count: 2, duplicates: true });
    expect(await alone.finish()).toBe(0);
    expect(alone.out).not.toContain("Duplicate");
  });

  test("in a VLAN it hears that VLAN alone", async () => {
    const s = scene({ count: 1, vlan: 10 }, [{ mac: OTHER, vlan: 10 }, { vlan: 11 }, {}]);
    expect(await s.finish()).toBe(0);
    expect(s.out).toContain("Received 1 response(s)\n");
  });

  test("SIGINT sums up at once", async () => {
    const s = scene();
    s.clock.advance(2500);
    s.run.interrupt();
    expect(await s.run.done).toBe(0);
    expect(s.out).toContain("Sent 3 probes (1 broadcast(s))\nReceived 3 response(s)\n");
    expect(s.clock.pending).toBe(0);
  });

  test("the interface is deleted: one line, the summary, exit 2", async () => {
    const s = scene();
    s.clock.advance(500);
    s.link.remove();
    expect(await s.finish()).toBe(2);
    expect(s.err).toBe("vethlab arping: ve0 is gone: deleted, or moved to another namespace\n");
    expect(s.out).toContain("Received 1 response(s)\n");
  });

  test("--json: an object for each answer and one at the end", async () => {
    const s = scene({ count: 1, json: true });
    expect(await s.finish()).toBe(0);
    const mac = "4e:ea:da:70:b6:57";
    expect(
      s.out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { host: "10.0.0.2", mac, type: "reply", cast: "unicast", time: 0.536 },
      {
        host: "10.0.0.2",
        sent: 1,
        broadcasts: 1,
        received: 1,
        received_requests: 0,
        received_broadcasts: 0,
        macs: [mac],
      },
    ]);
  });

  test("options that cannot be are refused in words", () => {
    const check = (options: Partial<ArpingOptions>) =>
      checkArpingOptions({ target: 1, source: ip("10.0.0.1"), mac: MAC, ...options });
    expect(check({})).toBeNull();
    expect(check({ source: 0 })).toBe("no source address in not-DAD mode");
    expect(check({ source: 0, detect: true })).toBeNull();
    expect(check({ count: 0 })).toBe("invalid argument: '0': out of range: 1 <= value");
    expect(check({ timeoutMs: Number.NaN })).toBe("bad timeout: NaN");
    expect(check({ intervalMs: 0 })).toBe("bad interval: 0");
  });
});
