/**
 * Our router between kernels: TCP and UDP with everything that a kernel leaves to its network card, the path's MTU, and the
 * way told by the kernel's traceroute and by ours, through routers of ours and of the kernel's.
 */
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Port } from "../../src/lab/port.ts";
import type { Running } from "../support/command.ts";
import { describeNetns, needs } from "../support/privilege.ts";
import { until } from "../support/until.ts";
import { Wire } from "../support/wire.ts";

const A = "10.0.1.2";
const B = "10.0.3.2";
const MEGABYTES = 50;

/** Sends so many megabytes that no mistake leaves alike, and prints their hash. */
const SENDER = `
  const { connect } = require("node:net");
  const { createHash } = require("node:crypto");
  const data = Buffer.alloc(${MEGABYTES << 20});
  for (let i = 0, x = 1; i < data.length; i += 4) data.writeInt32LE((x = (Math.imul(x, 1664525) + 1013904223) | 0), i);
  console.log(createHash("sha256").update(data).digest("hex"));
  connect(8000, "${B}", function () { this.end(data); });
`;
/** Prints the hash of what comes, and how fast it came. */
const RECEIVER = `
  const { createHash } = require("node:crypto");
  const server = require("node:net").createServer((socket) => {
    const hash = createHash("sha256");
    const begin = performance.now();
    let bytes = 0;
    socket.on("data", (data) => { hash.update(data); bytes += data.length; });
    socket.on("end", () => {
      console.log(hash.digest("hex"));
      console.log((bytes * 8) / (performance.now() - begin) / 1000);
      server.close();
      socket.end();
    });
  }).listen(8000, "${B}", () => console.log("listening"));
`;
/** Sends datagrams to an echo at the other end and counts those that come back the same. */
const UDP_ECHO = `
  const socket = require("node:dgram").createSocket("udp4");
  socket.on("message", (data, from) => socket.send(data, from.port, from.address));
  socket.bind(9000, () => console.log("listening"));
`;
const UDP_ASK = `
  const socket = require("node:dgram").createSocket("udp4");
  const sizes = [0, 1, 18, 500, 1472, 1473, 9000, 40000];
  let right = 0;
  const make = (n, size) => Buffer.from(Array.from({ length: size }, (_, i) => (i * 7 + n) & 255));
  socket.on("message", (data) => { if (data.equals(make(right % 50, sizes[right % 8]))) right++; next(); });
  const next = () => right === 400 ? (console.log(right), socket.close()) : socket.send(make(right % 50, sizes[right % 8]), 9000, "${B}");
  setTimeout(() => { console.log(right); process.exit(1); }, 15000).unref();
  next();
`;

/** kernel A 10.0.1.2 — .1 router of ours 10.0.2.1 — 10.0.2.2 second router 10.0.3.1 — 10.0.3.2 kernel B. */
class Routed extends Wire {
  readonly far: Port;
  readonly second: Port;
  readonly first: Running;
  readonly other: Running | null = null;

  /** @param kind of the second router. @param mtu between the two. */
  constructor(kind: "ours" | "kernel", mtu = 1500) {
    super();
    const up = { up: true };
    const here = this.ve1.namespace;
    const there = this.lab.addNamespace("second");
    const [m0, m1] = this.lab.addPair({ name: "m0", namespace: here, ...up }, { name: "m1", namespace: there, ...up });
    for (const port of [m0, m1]) port.setMtu(mtu);
    this.second = m1;
    const [near, far] = this.lab.addPair(
      { name: "ve2", namespace: there, ...up },
      { name: "b0", namespace: this.lab.addNamespace("far"), address: `${B}/24`, ...up },
    );
    this.far = far;
    this.ve0.addAddress(`${A}/24`);
    this.ve0.namespace.ip("route add default via 10.0.1.1");
    far.namespace.ip("route add default via 10.0.3.1");
    const limit = ["--icmp-ratelimit", "0"];
    const one = ["--if", "ve1=10.0.1.1/24", "--if", "m0=10.0.2.1/24", "--route", "10.0.3.0/24=10.0.2.2"];
    this.first = this.startVethlab(this.ve1, "router", ...one, ...limit);
    sysctl(far, "net.ipv4.icmp_ratelimit=0");
    if (kind === "ours") {
      const two = ["--if", "m1=10.0.2.2/24", "--if", "ve2=10.0.3.1/24", "--route", "10.0.1.0/24=10.0.2.1"];
      this.other = this.startVethlab(m1, "router", ...two, ...limit);
    } else {
      m1.addAddress("10.0.2.2/24");
      near.addAddress("10.0.3.1/24");
      there.ip("route add 10.0.1.0/24 via 10.0.2.1");
      for (const one of ["ip_forward=1", "icmp_ratelimit=0", "conf.all.rp_filter=0"]) sysctl(m1, `net.ipv4.${one}`);
    }
  }

  async ready(): Promise<this> {
    await until(() => this.first.stdout().includes("on m0") && this.other?.stdout().includes("on ve2") !== false);
    return this;
  }

  node(port: Port, script: string): Running {
    return this.start(port, process.execPath, "-e", script);
  }

  trace(...args: string[]) {
    const ours = ["--source-ip", "10.0.1.9/24", "--gateway", "10.0.1.1", "--source-mac", "02:00:00:00:01:09"];
    return this.vethlab(this.ve0, "trace", "-i", "ve0", ...ours, ...args);
  }
}

function sysctl(port: Port, setting: string): void {
  const [name = "", value = ""] = setting.split("=");
  port.namespace.kernel.run(() => writeFileSync(`/proc/sys/${name.replaceAll(".", "/")}`, value));
}

const timeless = (text: string) => text.replace(/\d+\.\d{3} ms/g, "T ms");

describeNetns("TCP through our routers, with all that kernels leave to a card", () => {
  test.each([
    ["as veth does by default", 1500, ""],
    ["into a narrower link: the sender learns of it, and sends segments that fit", 1000, ""],
    ["into a narrower link, and the sender does not care: it goes in fragments", 1000, "net.ipv4.ip_no_pmtu_disc=1"],
  ])(
    `${MEGABYTES} MB arrive byte for byte: %s`,
    async (_, mtu, setting) => {
      using wire = await new Routed("ours", mtu).ready();
      if (setting !== "") sysctl(wire.ve0, setting);
      const receiver = wire.node(wire.far, RECEIVER);
      await until(() => receiver.stdout().includes("listening"));
      const sent = await wire.node(wire.ve0, SENDER).done;
      const [, hash, speed] = (await receiver.done).stdout.split("\n");
      expect(`${hash}\n`).toBe(sent.stdout);
      for (const router of [wire.first, wire.other!]) {
        process.kill(router.pid, "SIGINT");
        const { stdout } = await router.done;
        // In segments as they would be on a wire, acknowledgements not counted.
        const passed = Number(/([\d,]+) datagrams passed on/.exec(stdout)?.[1]?.replaceAll(",", ""));
        expect(passed).toBeGreaterThan((MEGABYTES << 20) / 1448);
        expect(/ of them in fragments/.test(stdout)).toBe(setting !== "" && router === wire.first);
        expect(stdout).not.toMatch(/longer than the MTU came|could not be sent/);
      }
      console.log(`${MEGABYTES} MB through two routers, MTU ${mtu} ${setting}: ${Number(speed).toFixed(0)} Mbit/s`);
    },
    60_000,
  );

  test("UDP with unfinished checksums, whole and in fragments, there and back", async () => {
    using wire = await new Routed("ours", 1000).ready();
    // Without DF: what leaves whole, with its checksum open, is finished and cut by the router.
    for (const port of [wire.ve0, wire.far]) sysctl(port, "net.ipv4.ip_no_pmtu_disc=1");
    const echo = wire.node(wire.far, UDP_ECHO);
    await until(() => echo.stdout().includes("listening"));
    expect((await wire.node(wire.ve0, UDP_ASK).done).stdout).toBe("400\n");
  }, 30_000);
});

needs({ netns: true, commands: ["ping", "traceroute"] }).describe("through a router of ours and the kernel's", () => {
  test("the kernel's traceroute and ours tell the same way", async () => {
    using wire = await new Routed("kernel").ready();
    for (const line of ["", "-I", "-U", "-q 1 -N 1"]) {
      const args = ["-w", "4", ...line.split(" ").filter((one) => one !== ""), B];
      const theirs = await wire.run(wire.ve0, "traceroute", "-n", ...args);
      const ours = await wire.trace(...args);
      expect(ours).toMatchObject({ code: 0, stderr: "" });
      expect(timeless(ours.stdout)).toBe(timeless(theirs.stdout));
      expect(timeless(ours.stdout)).toMatch(/\n 1 {2}10\.0\.1\.1 .*\n 2 {2}10\.0\.2\.2 .*\n 3 {2}10\.0\.3\.2 /);
    }
  }, 30_000);
});

needs({ netns: true, commands: ["ping", "tracepath"] }).describe("the path's MTU", () => {
  test.each(["ours", "kernel"] as const)(
    "is found by the kernel and by us: 1300 before a second router, %s",
    async (kind) => {
      using wire = await new Routed(kind, 1300).ready();
      const path = await wire.run(wire.ve0, "tracepath", "-n", B);
      expect(path.stdout).toMatch(/pmtu 1300/);
      expect(path.stdout).toMatch(/Resume: pmtu 1300 hops 3 back 3/);
      const ping = await wire.run(wire.far, "ping", "-M", "do", "-c", "2", "-i", "0.2", "-s", "1372", A);
      expect(ping.stdout).toContain("From 10.0.3.1 icmp_seq=1 Frag needed and DF set (mtu = 1300)");
      expect(ping.stderr + ping.stdout).toContain("ping: local error: message too long, mtu=1300");
      const trace = await wire.trace("--mtu", "-q", "1", "-w", "4", B);
      expect(timeless(trace.stdout)).toMatch(
        /\n 1 {2}10\.0\.1\.1 {2}T ms F=1500\n 2 {2}10\.0\.2\.2 {2}T ms F=1300\n 3 {2}10\.0\.3\.2 {2}T ms\n$/,
      );
      const own = ["--source-ip", "10.0.1.9/24", "--source-mac", "02:00:00:00:01:09", "--gateway", "10.0.1.1"];
      const ours = await wire.vethlab(
        wire.ve0,
        "ping",
        "-I",
        "ve0",
        ...own,
        "-M",
        "do",
        "-c",
        "2",
        "-i",
        "0.2",
        "-s",
        "1372",
        B,
      );
      expect(ours.stdout + ours.stderr).toContain("From 10.0.1.1 icmp_seq=1 Frag needed and DF set (mtu = 1300)");
      expect(ours.stdout + ours.stderr).toContain("message too long, mtu=1300");
    },
    30_000,
  );
});

needs({ netns: true, commands: ["arping"] }).describe("duplicate address detection", () => {
  test("arping -D finds the router's addresses taken, on each side, and another free", async () => {
    using wire = await new Routed("kernel").ready();
    const there = (port: Port, ip: string) => wire.run(port, "arping", "-D", "-c", "1", "-w", "1", "-I", port.name, ip);
    const taken = await there(wire.ve0, "10.0.1.1");
    expect(taken.stdout).toMatch(/^Unicast reply from 10\.0\.1\.1 \[02:76:0A:00:01:01\]/m);
    expect(taken.code).toBe(1);
    expect((await there(wire.second, "10.0.2.1")).code).toBe(1);
    expect((await there(wire.ve0, "10.0.1.77")).code).toBe(0);
  }, 30_000);
});
