import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { UserError } from "../../src/linux/errors.ts";
import { queryInterfaces, readSnmp } from "../../src/linux/interface.ts";
import { IpError, ipBatch, ipJson } from "../../src/linux/iproute.ts";
import { insideNamespace, NetworkNamespace } from "../../src/linux/namespace.ts";
import { describeNetns } from "../support/privilege.ts";

const here = () => readlinkSync("/proc/thread-self/ns/net");

describeNetns("network namespaces", () => {
  const open: NetworkNamespace[] = [];
  const create = (label: string) => {
    const namespace = NetworkNamespace.create(label);
    open.push(namespace);
    return namespace;
  };
  afterEach(() => {
    for (const namespace of open.splice(0)) namespace.close();
  });

  test("making one leaves the thread where it was", () => {
    const before = here();
    const namespace = create("a");
    expect(here()).toBe(before);
    expect(namespace.run(here)).toBe(`net:[${namespace.inode}]`);
    expect(namespace.run(here)).not.toBe(before);
    expect(here()).toBe(before);
  });

  test("something is done in a new one as it is made; if that fails, nothing is left", () => {
    const before = here();
    let seen = "";
    let entered = false;
    open.push(
      NetworkNamespace.create("a", () => {
        seen = here();
        entered = insideNamespace();
      }),
    );
    expect(seen).toBe(`net:[${open[0]!.inode}]`);
    expect([entered, insideNamespace(), here()]).toEqual([true, false, before]);
    const descriptors = readdirSync("/proc/self/fd").length;
    const failing = () =>
      NetworkNamespace.create("b", () => {
        throw new RangeError("inside");
      });
    expect(failing).toThrow("inside");
    expect([insideNamespace(), here()]).toEqual([false, before]);
    expect(readdirSync("/proc/self/fd").length).toBe(descriptors);
  });

  test("an exception inside is passed on, and the thread returns", () => {
    const before = here();
    expect(() =>
      create("a").run(() => {
        throw new RangeError("inside");
      }),
    ).toThrow("inside");
    expect(here()).toBe(before);
  });

  test("runs nest, each returning to where it was entered from", () => {
    const [a, b] = [create("a"), create("b")];
    const seen = a.run(() => [here(), b.run(here), here()]);
    expect(seen).toEqual([`net:[${a.inode}]`, `net:[${b.inode}]`, `net:[${a.inode}]`]);
  });

  test("an asynchronous action is refused: what it awaited would run elsewhere", () => {
    expect(() => create("a").run(async () => 1)).toThrow(/synchronous/);
  });

  test("is opened by path and by PID", () => {
    const namespace = create("a");
    using byPath = NetworkNamespace.open(namespace.path);
    expect(byPath.inode).toBe(namespace.inode);
    using byPid = NetworkNamespace.open(String(process.pid));
    expect(byPid.run(here)).toBe(here());
  });

  test.each([
    ["nowhere", /no network namespace named nowhere/],
    ["4194305", /no process 4194305/],
    ["/tmp/nowhere", /no namespace at \/tmp\/nowhere/],
    ["/etc/hostname", /not a network namespace/],
    ["/proc/self/ns/uts", /not a network namespace/],
  ])("%s is refused with one line", (spec, message) => {
    expect(() => NetworkNamespace.open(spec)).toThrow(message);
    expect(() => NetworkNamespace.open(spec)).toThrow(UserError);
  });

  test("a closed one cannot be entered, and closing twice is harmless", () => {
    const namespace = NetworkNamespace.create("a");
    namespace.close();
    namespace.close();
    expect(() => namespace.run(() => 1)).toThrow(/closed/);
  });

  test("a batch of ip commands names the one that failed, in iproute2's words", () => {
    const namespace = create("a");
    const batch = () => namespace.run(() => ipBatch(["link set dev lo up", "link set dev nope up", "link add broken"]));
    expect(batch).toThrow(IpError);
    expect(batch).toThrow('ip link set dev nope up: Cannot find device "nope"');
    // What came before it was done.
    const [lo] = namespace.run(() => ipJson<{ flags: string[] }>("link", "show", "dev", "lo"));
    expect(lo?.flags).toContain("UP");
  });

  test("interfaces are asked without starting a process", () => {
    const namespace = create("a");
    namespace.run(() =>
      ipBatch([
        "link add name v0 address 02:00:00:00:00:05 mtu 1400 type veth peer name v1",
        "address add 192.168.7.1/20 dev v0",
        "link set dev v0 up",
      ]),
    );
    const carries = () => namespace.run(() => queryInterfaces((query) => [query.carries("v0"), query.carries("v1")]));
    namespace.run(() =>
      queryInterfaces((query) => {
        expect(query.index("nope")).toBe(0);
        expect(query.index("a-name-that-is-far-too-long")).toBe(0);
        expect(query.name(query.index("v0"))).toBe("v0");
        expect(query.name(12345)).toBe("");
        expect(query.mtu("v0")).toBe(1400);
        expect(query.hardware("v0")).toEqual({ type: 1, mac: Uint8Array.of(2, 0, 0, 0, 0, 5) });
        expect(query.hardware("nope")).toBeNull();
        expect(query.ipv4("v0")).toEqual({ address: (192 << 24) | (168 << 16) | (7 << 8) | 1, length: 20 });
        expect(query.ipv4("v1")).toBeNull();
        expect(query.flags("v0") & 1).toBe(1);
        expect(query.flags("v1") & 1).toBe(0);
        expect(query.carries("v0")).toBe(false);
        expect(query.carries("lo")).toBe(false);
      }),
    );
    namespace.run(() => ipBatch(["link set dev v1 up"]));
    expect(carries()).toEqual([true, true]);
    namespace.run(() => ipBatch(["link set dev v0 down"]));
    expect(carries()).toEqual([false, false]);
  });

  test("protocol counters carry the kernel's names", () => {
    const snmp = create("a").run(readSnmp);
    expect(snmp.get("Icmp.OutEchoReps")).toBe(0);
    expect(snmp.get("Ip.DefaultTTL")).toBe(Number(readFileSync("/proc/sys/net/ipv4/ip_default_ttl", "utf8")));
  });
});
