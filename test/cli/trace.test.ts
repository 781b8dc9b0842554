/** traceroute, the kernel's and ours, through two routers of ours, between two kernels. */
import { execFileSync } from "node:child_process";
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
      this.startVethlab(this.ve1, "router", "--if", near, "--if", far, ...route, "--icmp-ratelimit", "0");
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

/** What both are asked. */
const SAME = [
  B,
  `-I ${B}`,
  `-U ${B}`,
  `-U -p 99 -q 2 ${B}`,
  `--udp --sport=5000 ${B}`,
  `--sport=5000 -q 2 ${B}`,
  `-q 1 -f 2 ${B}`,
  `--first=2 --max-hops=2 --queries=1 ${B}`,
  `-q 10 -N 40 ${B}`,
  `-F -N 1 ${B}`,
  `-F ${B} 2000`,
  `-F -q 1 -N 1 ${B} 1450`,
  `--mtu ${B}`,
  `--mtu -I -q 1 ${B}`,
  `-z 15 -q 1 ${B}`,
  `-z 0.02 -q 1 ${B}`,
  `-t 32 ${B} 10`,
  `${B} 20000`,
  `-I ${B} 20000`,
  "-q 1 10.0.9.9",
  "-I -q 1 10.0.9.9",
  "10.0.2.2",
  "10.0.3.77",
  "10.0.1.77",
];

const timeless = (text: string) => text.replace(/\d+\.\d{3} ms/g, "T ms");

needs({ netns: true, commands: ["ping", "traceroute"] }).describe("through two routers of ours", () => {
  test("the kernel's traceroute and ours print the same lines, whatever the probes", async () => {
    using wire = await new Routed(1400).ready();
    // Nobody is to be silent because too much was asked before; and with -w alone nobody is given up for being slow.
    wire.far.namespace.kernel.run(() => execFileSync("sysctl", ["-qw", "net.ipv4.icmp_ratelimit=0"]));
    for (const line of SAME) {
      const args = ["-w", "4", ...line.split(" ")];
      const theirs = await wire.run(wire.ve0, "traceroute", "-n", ...args);
      const ours = await wire.trace(...args);
      // Ours has an address of its own, and says with it that nobody answered.
      expect(timeless(ours.stdout).replaceAll("10.0.1.9 ", `${A} `), line).toBe(timeless(theirs.stdout));
      expect(theirs.stderr + ours.stderr).toBe("");
      expect(theirs.stdout).toMatch(/^traceroute to /);
      const [target] = /10\.0\.[\d.]+/.exec(line)!;
      const last = theirs.stdout.trimEnd().split("\n").at(-1)!;
      expect(ours.code, line).toBe(last.includes(target) && !last.includes("!") ? 0 : 1);
    }
    const asKernel = await wire.vethlab(wire.ve0, "trace", "-i", "ve0", "-q", "1", B);
    expect(timeless(asKernel.stdout)).toMatch(/ 3 {2}10\.0\.3\.2 {2}T ms\n$/);
    const elsewhere = await wire.vethlab(wire.ve0, "trace", "-i", "ve0", "-s", "10.9.0.1/24", B);
    const told =
      "vethlab trace: no way leads to 10.0.3.2 from 10.9.0.1/24: name the router that knows one with --gateway\n";
    expect(elsewhere).toMatchObject({ code: 2, stdout: "", stderr: told });
    const group = await wire.vethlab(wire.ve0, "trace", "-i", "ve0", "10.0.1.255");
    expect(group).toMatchObject({ code: 2, stderr: expect.stringContaining("10.0.1.255 is no address of one host") });
    const plain = await wire.trace(B);
    expect(timeless(plain.stdout)).toMatch(/^ 1 {2}10\.0\.1\.1 .*\n 2 {2}10\.0\.2\.2 .*\n 3 {2}10\.0\.3\.2 /m);
    const narrow = await wire.trace("--mtu", "-j", "-w", "4", B);
    const hops = narrow.stdout
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text));
    expect(hops).toMatchObject([
      { ttl: 1, probes: [{ host: "10.0.1.1", mtu: 1500 }, {}, {}] },
      { ttl: 2, probes: [{ host: "10.0.2.2", mtu: 1400 }, {}, {}] },
      { ttl: 3, probes: [{ host: B }, { host: B }, { host: B }] },
      { host: B, reached: true },
    ]);
  }, 60_000);

  test("annotations: no route, nobody there, a narrow link", async () => {
    using wire = await new Routed(1000).ready();
    for (const args of [
      ["-w", "4", "-q", "1", "-N", "1", "192.168.1.1"],
      ["-w", "4", "-q", "2", "-N", "1", "-I", "192.168.1.1"],
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
      /--- router statistics ---\n\d+ datagrams passed on, \d+ of them in fragments; 0 redirects, 0 other ICMP errors sent\nve1: /,
    );
  });
});

test.each([
  [["router", "--if", "ve1"], "it must be an interface and its address, such as ve1=10.0.1.1/24"],
  [["router", "--if", "ve1=10.0.1.1/24", "--if", "ve1=10.0.2.1/24"], "ve1 is there already"],
  [["router", "--if", "ve1=10.0.1.1/24", "--route", "10.0.9.0/24"], "it must be a network and its gateway"],
  [["router", "--if", "ve1=10.0.1.1"], "10.0.1.1 needs the length of its network, such as 10.0.1.1/24"],
  [
    ["router", "--if", "ve1=10.0.1.1/24", "--if", "ve2=10.0.1.2/16"],
    "10.0.1.2/16 and ve1's 10.0.1.1/24 overlap: each interface needs a network of its own",
  ],
  [
    ["router", "--if", "ve1=10.0.1.1/24", "--route", "default=10.0.1.2", "--route", "0.0.0.0/0=10.0.1.3"],
    "0.0.0.0/0 has a gateway already: each network goes one way",
  ],
  [["router", "--if", "ve1=10.0.1.1/24", "--route", "default"], "it must be a network and its gateway"],
  [["router", "--if", "ve1=10.0.1.0/24"], "this one stands for its whole network"],
  [["router"], "required option '--if <interface=address>' not specified"],
  [["trace", "-i", "ve0"], "missing required argument 'destination'"],
  [["trace", "-i", "ve0", "-w", "1,2,3,4", "10.0.0.1"], "it must be one to three numbers"],
  [["trace", "-i", "ve0", "-w", "1,,2", "10.0.0.1"], "it must be a number of seconds"],
  [["trace", "-i", "ve0", "-T", "10.0.0.1"], "there are no TCP probes here: leave -T away, or ask with -U or -I"],
  [["trace", "-i", "ve0", "-I", "-U", "10.0.0.1"], "-I and -U are two kinds of probes"],
  [["trace", "-i", "ve0", "-q", "11", "10.0.0.1"], "it must be a whole number from 1 to 10"],
])("mistakes: %j", (args, message) => {
  const { code, stdout, stderr } = vethlab(...args);
  expect(stderr.match(/\n/g)).toHaveLength(1);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain(message);
});
