import { expect, test } from "vitest";
import { type SimulatedLink, SimulatedWire } from "../../../src/link/simulated.ts";
import { VirtualClock } from "../../../src/stack/clock.ts";
import { Host } from "../../../src/stack/host.ts";
import { seededRandom } from "../../../src/stack/random.ts";
import { Router } from "../../../src/stack/router/router.ts";
import { type RouterRun, type RouterToolOptions, startRouter } from "../../../src/tools/router/index.ts";

/** left 10.0.1.2 — near, router, far — right 10.0.2.2, and a default route into nowhere. */
class Scene {
  readonly clock = new VirtualClock();
  readonly near: SimulatedLink;
  readonly left: Host;
  readonly router: Router;
  readonly run: RouterRun;
  out = "";
  err = "";

  constructor(options: RouterToolOptions = {}) {
    const { clock } = this;
    const [one, two] = [new SimulatedWire({ clock }), new SimulatedWire({ clock, mtu: 1000 })];
    const shared = { clock, random: seededRandom(1) };
    this.near = one.attach({ name: "near" });
    const interfaces = [
      { link: this.near, addresses: ["10.0.1.1/24"] },
      { link: two.attach({ name: "far" }), addresses: ["10.0.2.1/24"] },
    ];
    this.router = new Router(interfaces, { ...shared, errors: { addressMs: 0 } });
    this.router.addRoute("10.0.3.0/24", "10.0.2.3");
    this.left = new Host(one.attach(), { addresses: ["10.0.1.2/24"], gateway: "10.0.1.1", ...shared });
    new Host(two.attach(), { addresses: ["10.0.2.2/24"], gateway: "10.0.2.1", ...shared });
    this.run = startRouter(this.router, options, {
      clock,
      out: (text) => {
        this.out += text;
      },
      err: (text) => {
        this.err += text;
      },
    });
  }

  echo(dst: string, options = {}) {
    return this.clock.until(this.left.echo(dst, { timeoutMs: 5000, ...options }));
  }

  async end(): Promise<string[]> {
    this.run.interrupt();
    expect(await this.run.done).toBe(0);
    return this.out.replace(/^\d\d:\d\d:\d\d\.\d{6} /gm, "").split("\n");
  }
}

const HEAD = [
  "ROUTING on near as 10.0.1.1/24 at 02:76:0a:00:01:01",
  "ROUTING on far as 10.0.2.1/24 at 02:76:0a:00:02:01",
  "  10.0.3.0/24 via 10.0.2.3 dev far",
];

test("tells what goes wrong and who asks it, and sums up with reasons", async () => {
  const scene = new Scene();
  await scene.echo("10.0.2.2");
  await scene.echo("10.0.2.2", { size: 2000, discovery: "dont" });
  await scene.echo("10.0.2.2", { size: 1400, discovery: "do" });
  await scene.echo("10.0.2.2", { ttl: 1 });
  await scene.echo("10.0.9.9");
  await scene.echo("10.0.3.9");
  await scene.echo("10.0.1.1");
  expect(await scene.end()).toEqual([
    ...HEAD,
    "near: told 10.0.1.2: fragmentation needed, about 10.0.2.2",
    "near: told 10.0.1.2: time to live exceeded in transit, about 10.0.2.2",
    "near: told 10.0.1.2: network unreachable, about 10.0.9.9",
    "far: nobody answered for 10.0.2.3: 1 packet given up",
    "far: told 10.0.1.2: host unreachable, about 10.0.3.9",
    expect.stringMatching(/^near: echo: answered 10\.0\.1\.2 .* as 10\.0\.1\.1, /),
    "",
    "--- router statistics ---",
    expect.stringMatching(/^\d+ datagrams passed on, \d+ of them in fragments; 0 redirects, 4 other ICMP errors sent$/),
    expect.stringMatching(/^near: \d+ frames received, 3 dropped, 1 echo requests answered$/),
    "  1 longer than the MTU",
    "  1 time to live exceeded",
    "  1 no route",
    expect.stringMatching(/^far: \d+ frames received, 0 dropped$/),
    "",
  ]);
  expect(scene.err).toBe("");
  // Nobody is routed for any more.
  expect(await scene.echo("10.0.2.2")).toHaveProperty("error");
});

test("quiet, verbose, and the totals in between", async () => {
  const quiet = new Scene({ quiet: true });
  await quiet.echo("10.0.9.9");
  quiet.run.interim();
  expect(quiet.out.split("\n").slice(0, 3)).toEqual(HEAD);
  expect(quiet.out.split("\n")).toHaveLength(4);
  expect(quiet.err).toContain("near: 2 frames received, 1 dropped\n  1 no route\n");
  const verbose = new Scene({ verbose: true });
  await verbose.echo("10.0.2.2");
  await verbose.echo("10.0.9.9");
  const lines = await verbose.end();
  expect(lines).toContain("near: passed on from 10.0.1.2 to 10.0.2.2 through far, next hop 10.0.2.2, ttl 63");
  expect(lines).toContain("far: passed on from 10.0.2.2 to 10.0.1.2 through near, next hop 10.0.1.2, ttl 63");
  expect(lines).toContain(`near: dropped 98 bytes from ${mac(verbose.left)}: no route`);
});

test("JSON: one object a line, addresses as text", async () => {
  const scene = new Scene({ json: true });
  await scene.echo("10.0.9.9");
  scene.run.interrupt();
  await scene.run.done;
  const objects = scene.out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(objects).toEqual([
    { event: "routing", interface: "near", mac: "02:76:0a:00:01:01", addresses: ["10.0.1.1/24"] },
    { event: "routing", interface: "far", mac: "02:76:0a:00:02:01", addresses: ["10.0.2.1/24"] },
    { event: "route", network: "10.0.3.0/24", gateway: "10.0.2.3", interface: "far" },
    expect.objectContaining({ event: "icmp-error-sent", interface: "near", to: "10.0.1.2", about: "10.0.9.9" }),
    {
      event: "totals",
      forwarded: 0,
      fragmented: 0,
      redirects: 0,
      interfaces: [
        expect.objectContaining({ interface: "near", errors_sent: 1, errors_limited: 0, drops: { "no-route": 1 } }),
        expect.objectContaining({ interface: "far", drops: {} }),
      ],
    },
  ]);
});

test("a flood of errors: so many lines a second, and the totals tell the rest", async () => {
  const scene = new Scene({ linesPerSecond: 3 });
  for (let i = 0; i < 20; i++) await scene.echo("10.0.9.9");
  expect(scene.out.match(/told /g)).toHaveLength(3);
  scene.clock.advance(1000);
  expect(scene.err).toContain("more in the last second than is shown");
  await scene.echo("10.0.9.9");
  expect(scene.out.match(/told /g)).toHaveLength(4);
  expect((await scene.end()).join("\n")).toContain("21 other ICMP errors sent");
});

test("a link that is gone ends it", async () => {
  const scene = new Scene();
  scene.near.remove();
  expect(await scene.run.done).toBe(2);
  expect(scene.err).toContain("near is gone");
});

const mac = (host: Host) => [...host.mac].map((byte) => byte.toString(16).padStart(2, "0")).join(":");

test("interfaces of one name in two namespaces are called as they are told to be", async () => {
  const scene = new Scene({ names: ["eth0@left", "eth0@right"] });
  await scene.echo("10.0.2.2", { ttl: 1 });
  scene.near.setUp(false);
  const text = (await scene.end()).join("\n");
  expect(text).toMatch(/^ROUTING on eth0@left .*\nROUTING on eth0@right .*\n.* dev eth0@right\neth0@left: told /);
  expect(text).toMatch(/^eth0@left: \d+ frames .*\n.*\neth0@right: \d+ frames /m);
  expect(scene.err).toBe("vethlab router: eth0@left is down: waiting for it\n");
});

test("the same for programs", async () => {
  const scene = new Scene({ names: ["eth0@left", "eth0@right"], json: true });
  const lines = (await scene.end()).filter((line) => line !== "").map((line) => JSON.parse(line) as object);
  expect(lines).toMatchObject([
    { event: "routing", interface: "eth0@left" },
    { event: "routing", interface: "eth0@right" },
    { event: "route", interface: "eth0@right" },
    { event: "totals", interfaces: [{ interface: "eth0@left" }, { interface: "eth0@right" }] },
  ]);
});
