/** traceroute, the kernel's and ours, through two routers of ours, between two kernels. */
import { expect, test } from "vitest";
import type { Port } from "../../src/lab/port.ts";
import type { Running } from "../support/command.ts";
import { vethlab } from "../support/command.ts";
import { needs } from "../support/privilege.ts";
import { until } from "../support/until.ts";
import { Wire } from "../support/wire.ts";

const A = "10.0.1.2";
const B = "10.0.3.2";

/** kernel A 10.0.1.2 — .1 router 10.0.2.1 — 10.0.2.2 router 10.0.3.1 — 10.0.3.2 kernel B. */
class Routed extends Wire {
  readonly far: Port;
  readonly one: Running;
  readonly two: Running;

  constructor(middleMtu = 1500) {
    super();
    const here = this.ve1.namespace;
    const up = { up: true };
    const [m0, m1] = this.lab.addPair({ name: "m0", namespace: here, ...up }, { name: "m1", namespace: here, ...up });
    for (const port of [m0, m1]) port.setMtu(middleMtu);
    this.far = this.lab.addPair(
      { name: "ve2", namespace: here, ...up },
      { name: "b0", namespace: this.lab.addNamespace("far"), address: `${B}/24`, ...up },
    )[1];
    this.ve0.addAddress(`${A}/24`);
    this.ve0.namespace.ip("route add default via 10.0.1.1");
    this.far.namespace.ip("route add default via 10.0.3.1");
    const to = ["--route", "10.0.3.0/24=10.0.2.2"];
    const back = ["--route", "10.0.1.0/24=10.0.2.1"];
    const router = (near: string, far: string, route: string[]) =>
      this.startVethlab(this.ve1, "router", "--if", near, "--if", far, ...route);
    this.one = router("ve1=10.0.1.1/24", "m0=10.0.2.1/24", to);
    this.two = router("m1=10.0.2.2/24", "ve2=10.0.3.1/24", back);
  }

  async ready(): Promise<this> {
    await until(() => this.one.stdout().includes("on m0") && this.two.stdout().includes("on ve2"));
    return this;
  }

  trace(...args: string[]) {
    const ours = ["--source-ip", "10.0.1.9/24", "--source-mac", "02:00:00:00:01:09", "--gateway", "10.0.1.1"];
    return this.vethlab(this.ve0, "trace", "-i", "ve0", ...ours, ...args);
  }
}

const timeless = (text: string) => text.replace(/\d+\.\d{3} ms/g, "T ms");

needs({ netns: true, commands: ["ping", "traceroute"] }).describe("through two routers of ours", () => {
  test.each([
    ["UDP", []],
    ["echo requests", ["-I"]],
    ["one probe a hop, from the second on", ["-q", "1", "-f", "2"]],
    ["longer probes", ["-F", "-N", "1"]],
  ])("the kernel's traceroute and ours print the same lines: %s", async (_, args) => {
    using wire = await new Routed().ready();
    const theirs = await wire.run(wire.ve0, "traceroute", "-n", ...args, B);
    expect(theirs.stderr).toBe("");
    const ours = await wire.trace(...args, B);
    expect(ours).toMatchObject({ code: 0, stderr: "" });
    expect(timeless(ours.stdout)).toBe(timeless(theirs.stdout));
    const lines = timeless(theirs.stdout).trimEnd().split("\n");
    expect(lines[0]).toBe(`traceroute to ${B} (${B}), 30 hops max, 60 byte packets`);
    expect(lines.slice(1).map((line) => line.split(/ +/)[2])).toEqual(
      ["10.0.1.1", "10.0.2.2", B].slice(args.includes("-f") ? 1 : 0),
    );
  });

  test("annotations: no route, nobody there, a narrow link", async () => {
    using wire = await new Routed(1000).ready();
    for (const args of [
      ["-q", "1", "-N", "1", "192.168.1.1"],
      ["-q", "1", "-N", "1", "-F", B, "1400"],
    ]) {
      const theirs = await wire.run(wire.ve0, "traceroute", "-n", ...args);
      const ours = await wire.trace(...args);
      expect(ours.code).toBe(1);
      expect(timeless(ours.stdout)).toBe(timeless(theirs.stdout));
      expect(ours.stdout).toMatch(/!N|!F-1000/);
    }
    const nobody = await wire.trace("-q", "1", "-w", "4", "10.0.3.77");
    expect(nobody.code).toBe(1);
    expect(timeless(nobody.stdout)).toContain(" 2  10.0.2.2  T ms\n 3  10.0.2.2  T ms !H\n");
  });

  test("ping passes, whole and in fragments, both ways; the path's MTU is learnt by the kernel", async () => {
    using wire = await new Routed(1000).ready();
    for (const size of ["56", "972", "1472", "20000"]) {
      const there = await wire.run(wire.ve0, "ping", "-c", "3", "-i", "0.2", "-s", size, "-M", "dont", B);
      expect(there.stdout).toContain("3 packets transmitted, 3 received, 0% packet loss");
      expect(there.stdout).toContain("ttl=62");
    }
    const back = await wire.run(wire.far, "ping", "-c", "2", "-i", "0.2", "-s", "1472", "-M", "do", A);
    expect(back.stdout).toContain("From 10.0.3.1 icmp_seq=1 Frag needed and DF set (mtu = 1000)");
    expect(back.stderr + back.stdout).toContain("ping: local error: message too long, mtu=1000");
    for (const router of [wire.one, wire.two]) process.kill(router.pid, "SIGINT");
    const [one] = await Promise.all([wire.one.done, wire.two.done]);
    expect(one.code).toBe(0);
    expect(one.stdout).toMatch(
      /--- router statistics ---\n\d+ datagrams passed on, \d+ in fragments; 0 redirects\nve1: /,
    );
  });
});

test.each([
  [["router", "--if", "ve1"], "it must be an interface and its address, such as ve1=10.0.1.1/24"],
  [["router", "--if", "ve1=10.0.1.1/24", "--if", "ve1=10.0.2.1/24"], "ve1 is there already"],
  [["router", "--if", "ve1=10.0.1.1/24", "--route", "10.0.9.0/24"], "it must be a network and its gateway"],
  [["router"], "required option '--if <interface=address>' not specified"],
  [["trace", "-i", "ve0"], "missing required argument 'destination'"],
  [["trace", "-i", "ve0", "-w", "1,2,3,4", "10.0.0.1"], "it must be one to three numbers"],
  [["trace", "-i", "ve0", "-q", "11", "10.0.0.1"], "it must be a whole number from 1 to 10"],
])("mistakes: %j", (args, message) => {
  const { code, stdout, stderr } = vethlab(...args);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain(message);
});
