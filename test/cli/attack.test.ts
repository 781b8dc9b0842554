/** `vethlab attack` as a user starts it: against `answer` and `router` at the other end of the cable. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ATTACKS } from "../../src/tools/attack/index.ts";
import { startVethlab, vethlab } from "../support/command.ts";
import { needs } from "../support/privilege.ts";
import { until } from "../support/until.ts";
import { Wire } from "../support/wire.ts";

const SOURCE = ["--source-ip", "10.0.0.66/24", "--source-mac", "02:00:00:00:00:66"];

test("--list tells every attack, and what is done about it", () => {
  const { code, stdout } = vethlab("attack", "--list");
  expect(code).toBe(0);
  for (const { name, about, defence } of ATTACKS) {
    expect(stdout).toMatch(new RegExp(`^${name}\\b`, "m"));
    expect(stdout).toContain(about);
    expect(stdout).toContain(defence);
  }
});

test.each([
  [[], "attack what? Give an interface, an attack and an address: -I ve0 arp-flood 10.0.0.2"],
  [
    ["-I", "lo", "arp-flud", "10.0.0.2"],
    "there is no attack arp-flud (Did you mean arp-flood?): `vethlab attack --list` tells them",
  ],
  [["-I", "lo", "route-ttl", "10.0.0.2"], "route-ttl goes through a router: say to which network, such as --beyond"],
  [["-I", "lo", "land", "10.0.0.2", "--beyond", "10.0.2.0"], "it must be a network such as 10.0.2.0/24"],
  [["-I", "lo", "land", "10.0.0.2", "-w", "0"], "it must be a number of seconds"],
])("%j: one line, exit 2", (args, line) => {
  const { code, stdout, stderr } = vethlab("attack", ...args);
  expect(stdout).toBe("");
  expect(stderr).toContain(line);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(code).toBe(2);
});

needs({ netns: true, commands: ["ping"] }).describe("vethlab attack on a cable", () => {
  let wire: Wire;
  beforeEach(() => {
    wire = new Wire();
    wire.ve0.addAddress("10.0.0.1/24");
  });
  afterEach(() => wire.close());

  const attack = (...args: string[]) =>
    startVethlab("attack", "--netns", wire.netns(wire.ve0), "-I", "ve0", "-q", ...args);

  async function answering() {
    const answer = wire.startVethlab(wire.ve1, "answer", "-I", "ve1", "--ip", "10.0.0.2/24", "-q", "--json");
    await until(() => answer.stdout().includes("answering"));
    return answer;
  }

  test("finds the target, sends what it is told, and `answer` counts it under the reasons named", async () => {
    const answer = await answering();
    const land = await attack(...SOURCE, "land", "10.0.0.2", "-c", "400", "--rate", "20000").done;
    expect(land.stderr).toBe("");
    expect(land.stdout).toMatch(
      /^ATTACKING 10\.0\.0\.2 \(02:76:0a:00:00:02\) through ve0 with land: echo, UDP .*\n400 frames sent/,
    );
    expect(land.code).toBe(0);
    const several = await attack(...SOURCE, "-j", "arp-forged,ip-broken", "10.0.0.2", "-c", "200", "--rate", "20000")
      .done;
    const lines = several.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(lines).toMatchObject([
      { attack: "arp-forged", event: "totals", sent: 200, failed: 0 },
      { attack: "ip-broken", event: "totals", sent: 200, failed: 0 },
    ]);
    const ping = await wire.run(wire.ve0, "ping", "-c", "3", "-i", "0.01", "10.0.0.2");
    expect(ping.stdout).toContain("3 received");
    process.kill(answer.pid, "SIGINT");
    const totals = JSON.parse((await answer.done).stdout.trim().split("\n").at(-1)!) as {
      arp_answered: number;
      drops: Record<string, number>;
    };
    expect(totals.arp_answered).toBeGreaterThanOrEqual(200);
    expect(totals.drops).toMatchObject({ "ip-source-own": 300, "own-mac": 100 });
  });

  test("-w ends it, and so does Ctrl-C", async () => {
    await answering();
    const brief = await attack(...SOURCE, "echo-flood", "10.0.0.2", "-w", "0.05", "--rate", "1000").done;
    expect(brief.stdout).toMatch(/\n[\d,]+ frames sent in 0\.\d/);
    const endless = attack(...SOURCE, "echo-flood", "10.0.0.2", "--rate", "1000");
    await until(() => endless.stdout().includes("ATTACKING"));
    endless.child.kill("SIGINT");
    const { code, stdout } = await endless.done;
    expect(stdout).toContain("frames sent in");
    expect(code).toBe(0);
  });

  test("nobody there: what to do, exit 2", async () => {
    const { code, stderr } = await attack(...SOURCE, "land", "10.0.0.9").done;
    expect(stderr).toBe(
      "vethlab attack: 10.0.0.9 does not answer ARP on ve0: start a target there, or give its MAC address with --to\n",
    );
    expect(code).toBe(2);
  });

  describe("refuses what is no laboratory's", () => {
    const once = ["land", "10.0.0.2", "--to", "02:00:00:00:00:02", "-c", "1"];

    test("where the default route goes, unless forced", async () => {
      wire.ve0.namespace.ip("route add default via 10.0.0.2");
      const refused = await attack(...once).done;
      expect(refused.stderr).toBe(
        "vethlab attack: ve0 is no laboratory's: the default route goes through it. --force attacks all the same\n",
      );
      expect(refused.code).toBe(2);
      expect((await attack(...once, "--force").done).code).toBe(0);
    });

    test("what is no cable; a bridge's port is one", async () => {
      const { namespace } = wire.ve0;
      namespace.ip("link add mv0 link ve0 type macvlan", "link set dev mv0 up");
      const refused = await attack("-I", "mv0", ...SOURCE, ...once).done;
      expect(refused.stderr).toBe(
        "vethlab attack: mv0 is no laboratory's: it is neither veth, dummy nor a bridge or its port. --force attacks all the same\n",
      );
      expect(refused.code).toBe(2);
    });
  });
});
