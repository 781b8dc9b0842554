/** Many namespaces and pairs at once. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { Lab, type PortOptions, type Step } from "../../src/lab/lab.ts";
import type { LabNamespace } from "../../src/lab/namespace.ts";
import { UserError } from "../../src/linux/errors.ts";
import { describeNetns } from "../support/privilege.ts";
import { until } from "../support/until.ts";

describeNetns("a lab of many", () => {
  test("each namespace is as one made alone: lo up, IPv6 off, the kernel's defaults", () => {
    using lab = Lab.create();
    const namespaces = lab.addNamespaces(["a", "b", "c"]);
    expect(namespaces.map(({ label }) => label)).toEqual(["a", "b", "c"]);
    expect(new Set(namespaces.map(({ kernel }) => kernel.inode)).size).toBe(3);
    for (const namespace of namespaces) {
      expect(namespace.query("link", "show", "dev", "lo")).toMatchObject([{ flags: expect.arrayContaining(["UP"]) }]);
      for (const scope of ["all", "default", "lo"])
        expect(namespace.readSysctl(`net.ipv6.conf.${scope}.disable_ipv6`)).toBe("1");
      expect(namespace.readSysctl("net.ipv4.ip_forward")).toBe("0");
      expect(namespace.readSysctl("net.ipv4.conf.all.rp_filter")).toBe("0");
      expect(namespace.readSysctl("net.ipv4.conf.default.rp_filter")).toBe("0");
    }
  });

  test("hosts on a bridge reach each other", async () => {
    using lab = Lab.create();
    const [wires, ...hosts] = lab.addNamespaces(["switch", "h1", "h2", "h3"]);
    lab.addBridge("br0", wires!);
    const pairs = lab.addPairs(
      hosts.map((namespace, i) => [
        { name: `port${i}`, namespace: wires!, bridge: "br0", up: true },
        { name: "eth0", namespace, address: `10.0.0.${i + 1}/24`, up: true },
      ]),
    );
    expect(pairs[2]![1].state()).toMatchObject({ up: true, addresses: ["10.0.0.3/24"] });
    const forwarding = () => wires!.query<{ operstate: string }>("link", "show", "master", "br0");
    await until(() => forwarding().filter(({ operstate }) => operstate === "UP").length === 3);
    const ping = hosts[0]!.kernel.run(() =>
      spawnSync("ping", ["-c", "1", "-W", "5", "10.0.0.3"], { encoding: "utf8" }),
    );
    expect(ping.stdout).toContain("1 received");
  });

  test("ends stay down and unaddressed unless it is said otherwise; steps are what one would type", () => {
    const steps: Step[] = [];
    using lab = Lab.create({ onStep: (step) => steps.push(step) });
    const [a, b] = lab.addNamespaces(["a", "b"]);
    steps.length = 0;
    const [[ve0, ve1]] = lab.addPairs([
      [
        { name: "ve0", namespace: a!, address: "10.0.0.1/24", up: true },
        { name: "ve1", namespace: b! },
      ],
    ]) as [ReturnType<Lab["addPair"]>];
    expect(ve0.state()).toMatchObject({ up: true, running: false, addresses: ["10.0.0.1/24"] });
    expect(ve1.state()).toMatchObject({ up: false, addresses: [] });
    expect(steps).toEqual([
      { namespace: "a", command: "ip link add name ve0 type veth peer name ve1 netns b" },
      { namespace: "a", command: "ip address add 10.0.0.1/24 dev ve0" },
      { namespace: "a", command: "ip link set dev ve0 up" },
    ]);
  });

  test("of many hosts the one that fails is told, and why", () => {
    using lab = Lab.create();
    const [wires, h1, h2] = lab.addNamespaces(["switch", "h1", "h2"]);
    lab.addBridge("br0", wires!);
    const cable = (port: string, name: string, namespace: LabNamespace): [PortOptions, PortOptions] => [
      { name: port, namespace: wires!, bridge: "br0", up: true },
      { name, namespace, address: "10.0.0.1/24", up: true },
    ];
    expect(() => lab.addPairs([cable("p1", "eth0", h1!), cable("p1", "eth0", h2!)])).toThrow(
      "rtnetlink: exists already (EEXIST): ip link add name p1 master br0 type veth peer name eth0 netns h2 (in switch)",
    );
    expect(() => lab.addPairs([cable("p2", "eth1", h2!), cable("p3", "eth0", h1!)])).toThrow(
      "rtnetlink: exists already (EEXIST): ip link add name p3 master br0 type veth peer name eth0 netns h1 (in switch)",
    );
  });

  test("what cannot be is refused before anything is made", () => {
    using lab = Lab.create();
    const namespace = lab.addNamespace("a");
    const pair = (change: object) => lab.addPair({ name: "ve0", namespace, ...change }, { name: "ve1", namespace });
    expect(() => pair({ address: "10.0.0.256/24" })).toThrow(UserError);
    expect(() => pair({ name: "no/name" })).toThrow(UserError);
    expect(() => pair({ bridge: "br9" })).toThrow(/br9/);
    expect(namespace.query("link", "show", "type", "veth")).toEqual([]);
  });
});
