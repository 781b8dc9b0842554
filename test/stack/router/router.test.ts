import { describe, expect, test } from "vitest";
import * as ethernet from "../../../packets/ethernet.ts";
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as address from "../../../packets/ipv4-address.ts";
import { type SimulatedLink, SimulatedWire } from "../../../src/link/simulated.ts";
import { VirtualClock } from "../../../src/stack/clock.ts";
import { Host, type HostOptions } from "../../../src/stack/host.ts";
import type { EchoError } from "../../../src/stack/icmp/echo.ts";
import type { StackEvent } from "../../../src/stack/observer.ts";
import { seededRandom } from "../../../src/stack/random.ts";
import { Router, type RouterOptions } from "../../../src/stack/router/router.ts";
import { DATA, datagram, icmpMessage, ip } from "../support.ts";

const LEFT = "10.0.1.2";
const RIGHT = "10.0.2.2";

/** left 10.0.1.2 — 10.0.1.1 router 10.0.2.1 — 10.0.2.2 right; all that passes on either wire is kept. */
class Net {
  readonly clock = new VirtualClock();
  readonly events: StackEvent[] = [];
  readonly wires: SimulatedWire[];
  readonly router: Router;
  readonly left: Host;
  readonly right: Host;
  readonly onLeft: Uint8Array[] = [];
  readonly onRight: Uint8Array[] = [];
  readonly #forger: SimulatedLink;

  constructor(options: RouterOptions = {}, mtus: [number, number] = [1500, 1500], host: Partial<HostOptions> = {}) {
    this.wires = mtus.map((mtu) => new SimulatedWire({ clock: this.clock, mtu }));
    const [one, two] = this.wires as [SimulatedWire, SimulatedWire];
    const shared = { clock: this.clock, random: seededRandom(1) };
    this.router = new Router(
      [
        { link: one.attach(), addresses: ["10.0.1.1/24"] },
        { link: two.attach(), addresses: ["10.0.2.1/24"] },
      ],
      { ...shared, observer: (event) => this.events.push(event), ...options },
    );
    this.left = new Host(one.attach(), { addresses: [`${LEFT}/24`], gateway: "10.0.1.1", ...shared, ...host });
    this.right = new Host(two.attach(), { addresses: [`${RIGHT}/24`], gateway: "10.0.2.1", ...shared, ...host });
    watch(one.attach(), this.onLeft);
    watch(two.attach(), this.onRight);
    this.#forger = one.attach();
  }

  /** Sends a datagram to the router as if the left host had. */
  forge(packet: Uint8Array, dst: Uint8Array = this.router.hosts[0]!.mac): void {
    const frame = ethernet.build({ dst, src: this.left.mac, type: ethernet.EtherType.Ipv4, payload: packet });
    this.#forger.tx.set(frame, this.#forger.reserve(frame.length));
    this.#forger.commit(frame.length);
    this.#forger.flush();
    this.clock.advance(5);
  }

  /** IPv4 datagrams among what was seen. */
  ipv4(frames: Uint8Array[]): Uint8Array[] {
    return frames.filter((frame) => frame[12] === 8 && frame[13] === 0).map((frame) => frame.slice(14));
  }

  drops(i = 0): Record<string, number> {
    return { ...this.router.stats().interfaces[i]!.drops };
  }
}

function watch(link: SimulatedLink, into: Uint8Array[]): void {
  link.onFrames((batch) => {
    for (let i = 0; i < batch.count; i++)
      into.push(batch.buffer.slice(batch.offset[i]!, batch.offset[i]! + batch.length[i]!));
  });
}

const forged = (fields: Parameters<typeof datagram>[0] = {}) => datagram({ src: ip(LEFT), dst: ip(RIGHT), ...fields });

/** What became of one echo request. */
async function errorOf(net: Net, to: string, options: Parameters<Host["sendEcho"]>[4] = {}, size = 56) {
  const errors: EchoError[] = [];
  const socket = net.left.openEcho({ onReply: () => {}, onError: (error) => errors.push({ ...error }) });
  socket.send(ip(to), 1, new Uint8Array(size), options);
  await net.clock.run(5000);
  return errors.map((one) => ({
    from: address.format(one.from),
    says: icmp.codeName(one.icmpType, one.icmpCode),
    mtu: one.mtu,
  }));
}

describe("a router passes on", () => {
  test("what is for others, with one hop less to live, and all else as it was", async () => {
    const net = new Net();
    const result = await net.clock.until(net.left.echo(RIGHT, { ttl: 10, tos: 0x28 }));
    expect(result).toMatchObject({ from: RIGHT, ttl: 63, size: 56 });
    const [before] = net.ipv4(net.onLeft);
    const [after] = net.ipv4(net.onRight);
    expect(ipv4.checksumOk(after!, 0)).toBe(true);
    expect(ipv4.ttl(after!, 0)).toBe(9);
    ipv4.setTtl(before!, 0, 9);
    ipv4.updateChecksum(before!, 0);
    expect(after).toEqual(before);
    expect(net.router.stats()).toMatchObject({ forwarded: 2, fragmented: 0, redirects: 0 });
    expect(net.drops()).toEqual({});
  });

  test("every time to live with a right checksum (RFC 1624)", () => {
    const net = new Net();
    net.router.hosts[1]!.setNeighbour(RIGHT, net.right.mac);
    // Identifications that make the header's sum cross zero for some time to live.
    for (let id = 0; id < 65536; id += 251) net.forge(forged({ id, ttl: 2 + (id % 254) }));
    const passed = net.ipv4(net.onRight).filter((one) => ipv4.dst(one, 0) === ip(RIGHT));
    expect(passed.length).toBe(Math.ceil(65536 / 251));
    for (const one of passed) {
      expect(ipv4.checksumOk(one, 0)).toBe(true);
      expect(ipv4.ttl(one, 0)).toBe(1 + (ipv4.identification(one, 0) % 254));
    }
  });

  test("padding is cut off", () => {
    const net = new Net();
    const small = forged({ data: new Uint8Array(4) });
    const padded = new Uint8Array(46);
    padded.set(small);
    net.forge(padded);
    const [passed] = net.ipv4(net.onRight);
    expect(passed!.length).toBe(small.length);
  });

  test("through a second router, by the longest prefix", async () => {
    const clock = new VirtualClock();
    const [a, b, c] = [0, 1, 2].map(() => new SimulatedWire({ clock })) as [
      SimulatedWire,
      SimulatedWire,
      SimulatedWire,
    ];
    const one = new Router(
      [
        { link: a.attach(), addresses: ["10.0.1.1/24"] },
        { link: b.attach(), addresses: ["10.0.2.1/24"] },
      ],
      { clock },
    );
    const two = new Router(
      [
        { link: b.attach(), addresses: ["10.0.2.2/24"] },
        { link: c.attach(), addresses: ["10.0.3.1/24"] },
      ],
      { clock },
    );
    one.addRoute("10.0.0.0/8", "10.0.1.99");
    one.addRoute("10.0.3.0/24", "10.0.2.2");
    two.addRoute("0.0.0.0/0", "10.0.2.1");
    const host = new Host(a.attach(), { addresses: ["10.0.1.2/24"], gateway: "10.0.1.1", clock });
    new Host(c.attach(), { addresses: ["10.0.3.2/24"], gateway: "10.0.3.1", clock });
    expect(await clock.until(host.echo("10.0.3.2"))).toMatchObject({ from: "10.0.3.2", ttl: 62 });
    // The router asks and is asked, too: by whichever interface leads there.
    expect(await clock.until(one.echo("10.0.3.2"))).toMatchObject({ from: "10.0.3.2", ttl: 63 });
    expect(await clock.until(two.echo("10.0.1.2"))).toMatchObject({ from: "10.0.1.2", ttl: 63 });
    expect(() => one.addRoute("10.9.0.0/16", "10.7.7.7")).toThrow("gateway 10.7.7.7 is on no network of this router's");
    expect(() => one.addRoute("10.0.2.0/24", "10.0.1.9")).toThrow("10.0.2.0/24 is a network of this router's own");
    for (const own of ["10.0.1.1", "10.0.2.1"])
      expect(() => one.addRoute("10.9.0.0/16", own)).toThrow(`gateway ${own} is this router itself`);
    expect(() => one.addRoute("10.9.0/16", "10.0.2.2")).toThrow(
      "10.9.0/16 is no IPv4 network: write it as 10.0.9.0/24",
    );
  });

  test("nothing if forwarding is off; it answers for itself all the same", async () => {
    const net = new Net({ forwarding: false });
    expect(await net.clock.until(net.left.echo(RIGHT))).toHaveProperty("error");
    expect(net.drops()).toEqual({ "ip-not-for-us": 1 });
    expect(await net.clock.until(net.left.echo("10.0.2.1"))).toHaveProperty("rttNs");
    net.router.forwarding = { forwarding: true };
    expect(await net.clock.until(net.left.echo(RIGHT))).toHaveProperty("rttNs");
  });

  test("the weak model: an address of any interface answers, to ARP too, and hears UDP", async () => {
    const net = new Net();
    expect(await net.clock.until(net.left.echo("10.0.2.1"))).toMatchObject({ from: "10.0.2.1", ttl: 64 });
    net.left.routes.add({ prefix: address.parsePrefix("10.0.2.0/24")! });
    expect(await net.clock.until(net.left.echo("10.0.2.1"))).toMatchObject({ from: "10.0.2.1" });
    expect(net.left.neighbours().map((one) => address.format(one.ip))).toContain("10.0.2.1");
    const heard: string[] = [];
    const socket = net.router.openUdp({ onMessage: (one) => heard.push(address.format(one.to)) }, { port: 7 });
    net.left.openUdp({}).send(ip("10.0.2.1"), 7, DATA);
    net.right.openUdp({}).send(ip("10.0.2.1"), 7, DATA);
    net.clock.advance(10);
    expect(heard).toEqual(["10.0.2.1", "10.0.2.1"]);
    // And speaks from the address of the way that it takes.
    const back: string[] = [];
    net.right.openUdp({ onMessage: (one) => back.push(address.format(one.from)) }, { port: 8 });
    socket.send(ip(RIGHT), 8, DATA);
    net.clock.advance(10);
    expect(back).toEqual(["10.0.2.1"]);
  });
});

describe("a router refuses, and says why", () => {
  test("time to live over: Time Exceeded, from the address on the way back (RFC 1812, 5.3.1)", async () => {
    const net = new Net();
    expect(await errorOf(net, RIGHT, { ttl: 1 })).toEqual([
      { from: "10.0.1.1", says: "time to live exceeded in transit", mtu: 0 },
    ]);
    expect(net.drops()).toEqual({ "ttl-exceeded": 1 });
    expect(net.ipv4(net.onRight)).toEqual([]);
    // For itself one hop is enough.
    expect(await net.clock.until(net.left.echo("10.0.2.1", { ttl: 1 }))).toHaveProperty("rttNs");
  });

  test("no route: Network Unreachable", async () => {
    const net = new Net();
    expect(await errorOf(net, "192.168.1.1")).toEqual([{ from: "10.0.1.1", says: "network unreachable", mtu: 0 }]);
    expect(net.drops()).toEqual({ "no-route": 1 });
  });

  test("nobody there: Host Unreachable after three requests (RFC 1812, 4.3.3.1)", async () => {
    const net = new Net();
    expect(await errorOf(net, "10.0.2.77")).toEqual([{ from: "10.0.1.1", says: "host unreachable", mtu: 0 }]);
    expect(net.events.map((one) => one.type)).toContain("resolution-failed");
  });

  test("too long and DF: Fragmentation Needed with the next hop's MTU, which the sender heeds (RFC 1191)", async () => {
    const net = new Net({}, [1500, 1000]);
    expect(await errorOf(net, RIGHT, {}, 1400)).toEqual([
      { from: "10.0.1.1", says: "fragmentation needed", mtu: 1000 },
    ]);
    expect(net.drops()).toEqual({ "too-long": 1 });
    expect(net.left.mtuTo(ip(RIGHT))).toBe(1000);
    expect(await net.clock.until(net.left.echo(RIGHT, { size: 1400 }))).toMatchObject({ size: 1400 });
    expect(net.router.stats().fragmented).toBe(0);
  });

  test("too long without DF: fragments, of fragments too, that make the datagram again", async () => {
    const net = new Net({}, [1500, 600]);
    const result = await net.clock.until(net.left.echo(RIGHT, { size: 5000, discovery: "dont" }));
    expect(result).toMatchObject({ size: 5000 });
    expect(net.router.stats().fragmented).toBe(3);
    for (const one of net.ipv4(net.onRight)) expect(one.length).toBeLessThanOrEqual(600);
  });

  test("the error quotes what came, and is bounded in number", () => {
    const net = new Net({ errors: { perSecond: 1, burst: 3, addressMs: 1 } });
    net.left.setNeighbour("10.0.1.1", net.router.hosts[0]!.mac);
    net.router.hosts[0]!.setNeighbour(LEFT, net.left.mac);
    for (let i = 0; i < 10; i++) net.forge(forged({ ttl: 1, id: i }));
    const errors = net.ipv4(net.onLeft).filter((one) => icmp.type(one, 20) === icmp.Type.TimeExceeded);
    expect(errors.length).toBe(3);
    expect(errors[0]!.slice(28)).toEqual(forged({ ttl: 1, id: 0 }));
    expect(net.drops()).toEqual({ "ttl-exceeded": 10 });
  });
});

test("without Fragmentation Needed nothing gets through: it is not limited by address (Linux: icmpv4_mask_allow)", () => {
  const net = new Net({}, [1500, 600]);
  net.router.hosts[0]!.setNeighbour(LEFT, net.left.mac);
  for (let i = 0; i < 20; i++) net.forge(forged({ id: i, flags: 2, data: new Uint8Array(1000) }));
  for (let i = 0; i < 20; i++) net.forge(forged({ id: i, ttl: 1 }));
  const types = net.ipv4(net.onLeft).filter((one) => ipv4.dst(one, 0) === ip(LEFT));
  expect(types.filter((one) => icmp.type(one, 20) === icmp.Type.DestinationUnreachable)).toHaveLength(20);
  expect(types.filter((one) => icmp.type(one, 20) === icmp.Type.TimeExceeded)).toHaveLength(6);
});

describe("a router says nothing about (RFC 1812, 4.3.2.7)", () => {
  test.each([3, 4, 5, 11, 12, 1, 2, 42, 255])("an ICMP error, or what may be one: type %d", (type) => {
    const net = new Net();
    net.router.hosts[0]!.setNeighbour(LEFT, net.left.mac);
    net.forge(forged({ ttl: 1, payload: icmpMessage(type, 0, 0, datagram()) }));
    net.forge(forged({ dst: ip("192.168.1.1"), payload: icmpMessage(type, 0, 0, datagram()) }));
    expect(net.ipv4(net.onLeft).filter((one) => ipv4.dst(one, 0) === ip(LEFT))).toEqual([]);
    expect(net.drops()).toEqual({ "ttl-exceeded": 1, "no-route": 1 });
    expect(net.router.stats().interfaces[0]!.errors).toEqual({ sent: 0, limited: 0, unsuitable: 2, failed: 0 });
  });

  test("a fragment that is not the first", () => {
    const net = new Net();
    net.router.hosts[0]!.setNeighbour(LEFT, net.left.mac);
    net.forge(forged({ ttl: 1, fragmentOffset: 8, flags: 1 }));
    net.forge(forged({ ttl: 1, fragmentOffset: 0, flags: 1 }));
    const errors = net.ipv4(net.onLeft).filter((one) => ipv4.dst(one, 0) === ip(LEFT));
    expect(errors.map((one) => ipv4.fragmentOffset(one, 28))).toEqual([0]);
  });
});

describe("a router keeps to itself", () => {
  test.each([
    ["a broadcast frame", {}, Uint8Array.of(255, 255, 255, 255, 255, 255)],
    ["multicast", { dst: ip("239.1.2.3") }, Uint8Array.of(1, 0, 0x5e, 1, 2, 3)],
    ["multicast in a unicast frame", { dst: ip("239.1.2.3") }, undefined],
    ["link-local destinations (RFC 3927, 2.7)", { dst: ip("169.254.1.1") }, undefined],
    ["link-local sources", { src: ip("169.254.1.1") }, undefined],
    ["reserved addresses", { dst: ip("240.0.0.1") }, undefined],
    ["nobody's addresses", { dst: ip("0.1.2.3") }, undefined],
  ])("%s", (_, fields, dst) => {
    const net = new Net();
    net.forge(forged(fields), dst);
    expect(net.drops()).toEqual({ "ip-not-for-us": 1 });
    expect(net.router.stats().forwarded).toBe(0);
    expect(net.ipv4(net.onRight)).toEqual([]);
  });

  test.each([
    ["loopback", { dst: ip("127.0.0.1") }, "ip-loopback"],
    ["the limited broadcast", { dst: -1 }, "echo-broadcast"],
    ["sources that are a network of ours", { src: ip("10.0.2.255") }, "ip-source"],
    ["sources that are our own", { src: ip("10.0.2.1") }, "ip-source-own"],
  ])("%s", (_, fields, reason) => {
    const net = new Net();
    net.forge(forged(fields));
    expect(net.drops()).toEqual({ [reason]: 1 });
    expect(net.ipv4(net.onRight)).toEqual([]);
  });

  test("directed broadcasts, unless told (RFC 2644)", () => {
    const net = new Net();
    net.forge(forged({ dst: ip("10.0.2.255") }));
    expect(net.drops()).toEqual({ "directed-broadcast": 1 });
    expect(net.ipv4(net.onRight)).toEqual([]);
    net.router.forwarding = { directedBroadcasts: true };
    net.forge(forged({ dst: ip("10.0.2.255") }));
    const passed = net.onRight.filter((one) => one[12] === 8 && one[13] === 0);
    expect(passed.length).toBe(1);
    expect([...passed[0]!.subarray(0, 6)]).toEqual([255, 255, 255, 255, 255, 255]);
    expect(ipv4.checksumOk(passed[0]!, 14)).toBe(true);
  });
});

describe("redirects", () => {
  /** A second router on the left wire, which the first one knows leads to 10.0.9.0/24; a host behind it. */
  function detour(options: RouterOptions = {}, host: Partial<HostOptions> = {}) {
    const net = new Net(options, [1500, 1500], host);
    const third = new SimulatedWire({ clock: net.clock });
    const shared = { clock: net.clock, random: seededRandom(2) };
    const second = new Router(
      [
        { link: net.wires[0]!.attach(), addresses: ["10.0.1.3/24"] },
        { link: third.attach(), addresses: ["10.0.9.1/24"] },
      ],
      shared,
    );
    new Host(third.attach(), { addresses: ["10.0.9.9/24"], gateway: "10.0.9.1", ...shared });
    net.router.addRoute("10.0.9.0/24", "10.0.1.3");
    return { ...net, net, second };
  }

  test("are sent to a sender on the same network, and heeded; the datagram is passed on all the same", async () => {
    const { net, second } = detour();
    expect(await net.clock.until(net.left.echo("10.0.9.9"))).toMatchObject({ from: "10.0.9.9", ttl: 63 });
    expect(net.router.stats()).toMatchObject({ forwarded: 1, redirects: 1 });
    const [redirect] = net.ipv4(net.onLeft).filter((one) => icmp.type(one, 20) === icmp.Type.Redirect);
    expect(icmp.code(redirect!, 20)).toBe(icmp.RedirectCode.Host);
    expect(address.format(icmp.gateway(redirect!, 20))).toBe("10.0.1.3");
    expect(address.format(ipv4.src(redirect!, 0))).toBe("10.0.1.1");
    expect(net.left.routes.lookup(ip("10.0.9.9"))).toMatchObject({ gateway: ip("10.0.1.3"), origin: "redirect" });
    await net.clock.until(net.left.echo("10.0.9.9"));
    expect(net.router.stats().forwarded).toBe(1);
    // A gateway that is gone is forgotten, and the first one asked again.
    second.close();
    net.router.forwarding = { sendRedirects: false };
    for (let i = 0; i < 90; i++) {
      net.left.sendEcho(ip("10.0.9.9"), 1, i, DATA);
      await net.clock.run(1000);
    }
    expect(net.left.routes.lookup(ip("10.0.9.9"))).toMatchObject({ gateway: ip("10.0.1.1"), origin: "static" });
  });

  test("are bounded in number", async () => {
    const { net } = detour({}, { acceptRedirects: false });
    for (let i = 0; i < 20; i++) expect(await net.clock.until(net.left.echo("10.0.9.9"))).toHaveProperty("rttNs");
    expect(net.router.stats()).toMatchObject({ forwarded: 20, redirects: 4 });
    expect(net.left.stats().drops).toMatchObject({ "icmp-redirect": 4 });
  });

  test("are not sent if told so, nor to a sender from elsewhere", async () => {
    const off = detour({ sendRedirects: false });
    await off.net.clock.until(off.net.left.echo("10.0.9.9"));
    expect(off.net.router.stats()).toMatchObject({ forwarded: 1, redirects: 0 });
    const { net } = detour();
    net.forge(forged({ src: ip("10.0.7.7"), dst: ip("10.0.9.9") }));
    expect(net.router.stats()).toMatchObject({ forwarded: 1, redirects: 0 });
  });

  test("are heeded by no router", async () => {
    const { net } = detour();
    net.router.hosts[0]!.setNeighbour(LEFT, net.left.mac);
    net.router.addRoute("10.0.8.0/24", "10.0.1.3");
    const quoted = datagram({ src: ip("10.0.1.1"), dst: ip("10.0.8.8") }).slice(0, 28);
    const payload = new Uint8Array(8 + quoted.length);
    icmp.setType(payload, 0, icmp.Type.Redirect);
    icmp.setCode(payload, 0, 1);
    icmp.setGateway(payload, 0, ip("10.0.1.77"));
    payload.set(quoted, 8);
    icmp.updateChecksum(payload, 0, payload.length);
    net.forge(datagram({ src: ip("10.0.1.3"), dst: ip("10.0.1.1"), payload }));
    expect(net.drops()).toEqual({ "icmp-redirect": 1 });
    expect(net.router.routes.lookup(ip("10.0.8.8"))).toMatchObject({ gateway: ip("10.0.1.3") });
  });
});
