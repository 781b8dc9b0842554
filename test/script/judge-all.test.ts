/** Many scripts at once: in order, each on a device of its own, and nothing left behind. */
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { HostBenches } from "../../src/script/devices/host.ts";
import { judge, judgeAll, openHost, openKernel, parseScripts, runScript, ScriptError } from "../../src/script/index.ts";
import { needs } from "../support/privilege.ts";
import { until } from "../support/until.ts";

const ECHO = "inject ip $peer > $host: icmp echo request, seq 1\nexpect ip $host > $peer: icmp echo reply, seq 1\n";
const scripts = parseScripts(
  `test 1: long\nwait 0.5\n${ECHO}test 2: short\n${ECHO}test 3: wrong\n${ECHO}expect arp request within 0.1\n` +
    `test 4: knows nobody\nexpect no neighbour $peer\ninject arp request who-has $host\nexpect arp reply $host is-at *\n` +
    `test 5: knows nobody either\nexpect no neighbour $peer\n`,
  "x.frames",
);
const openDescriptors = () => readdirSync("/proc/self/fd").length;

test("verdicts come script after script, whatever takes longer", async () => {
  const told: string[] = [];
  const verdicts = await judgeAll(scripts, ["simulated"], {
    onDone: (done) => told.push(...done.map(({ script }) => script.id)),
  });
  expect(told).toEqual(["1", "2", "3", "4", "5"]);
  expect(verdicts.map(({ result }) => result)).toEqual(["pass", "pass", "fail", "pass", "pass"]);
});

test("a device that cannot be ends it all, with the script's line", async () => {
  const text = "wait 1\ntest b: b\nuse router a 10.0.1.1/24 b 10.0.2.1/24\nuse gateway 10.9.9.9\nwait 1";
  const failing = judgeAll(parseScripts(text, "y.frames"), ["simulated"]);
  await expect(failing).rejects.toThrow(ScriptError);
  await expect(failing).rejects.toMatchObject({ line: 2, file: "y.frames" });
});

needs({ netns: true }).describe("on real wires", () => {
  test("all devices of a script are told together, and descriptors are given back", async () => {
    const before = openDescriptors();
    const told: string[] = [];
    await judgeAll(scripts, ["simulated", "host", "kernel"], {
      onDone: (done) => told.push(`${done[0]!.script.id}: ${done.map(({ result }) => result).join(" ")}`),
    });
    expect(told).toEqual([
      "1: pass pass pass",
      "2: pass pass pass",
      "3: fail fail fail",
      "4: pass pass pass",
      "5: pass pass pass",
    ]);
    // Packet sockets are closed behind our back (closeLater).
    await until(() => openDescriptors() <= before + 2);
  });

  test("a cable used again brings nothing of the script before", async () => {
    const benches = new HostBenches();
    const [flood, quiet] = parseScripts(
      "test a: ends before the host has read\ninject 50 times ip $peer > $host: icmp echo request\nexpect host udp 9 receives\n" +
        "test b: sees none of them\nexpect nothing for 0.2",
      "z.frames",
    );
    for (let round = 0; round < 3; round++) {
      expect((await judge(flood!, "host", (setup) => benches.open(setup))).result).toBe("fail");
      expect((await judge(quiet!, "host", (setup) => benches.open(setup))).result).toBe("pass");
    }
    benches.close();
  });

  test("each kernel is a new one", async () => {
    const [teach, ask] = parseScripts(
      "test a: a\nhost neighbour $peer lladdr $peer.mac\nexpect neighbour $peer PERMANENT\ntest b: b\nexpect no neighbour $peer",
      "z.frames",
    );
    expect((await judge(teach!, "kernel")).failure).toBeNull();
    expect((await judge(ask!, "kernel")).failure).toBeNull();
  });

  test("what the kernel sends by UDP has its checksum", async () => {
    const text =
      'host udp send $peer 9 from 4000 data "a"\nexpect ip $host > $peer: udp 4000 > 9, checksum good, data "a"';
    const device = openKernel(parseScripts(text, "x")[0]!.setup);
    const isOpen: boolean[] = [];
    device.ports[0]!.link.onFrames(({ flags, count, buffer, offset }) => {
      for (let i = 0; i < count; i++) if (buffer[offset[i]! + 23] === 17) isOpen.push((flags[i]! & 1) !== 0);
    });
    expect(await runScript(parseScripts(text, "x")[0]!, device)).toBeNull();
    expect(isOpen).toEqual([false]);
    device.close();
  });

  test("a host's times are the machine's", async () => {
    const [script] = parseScripts(`${ECHO}at +0.3 ${ECHO}`, "x");
    const device = openHost(script!.setup);
    const before = performance.now();
    expect(await runScript(script!, device)).toBeNull();
    expect(performance.now() - before).toBeGreaterThanOrEqual(300);
    device.close();
  });
});

describe("nothing of a script reaches the next on one simulated device", () => {
  test("each has its own", async () => {
    const both = [scripts[3]!, scripts[4]!];
    const results = (await judgeAll([...both, ...both], ["simulated"])).map(({ result }) => result);
    expect(results).toEqual(["pass", "pass", "pass", "pass"]);
  });
});
