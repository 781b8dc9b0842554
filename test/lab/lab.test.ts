import { readdirSync, readlinkSync } from "node:fs";
import { expect, test } from "vitest";
import { Lab, type Step } from "../../src/lab/lab.ts";
import { UserError } from "../../src/linux/errors.ts";
import { describeNetns, needs } from "../support/privilege.ts";
import { until } from "../support/until.ts";

const descriptors = () => readdirSync("/proc/self/fd").length;

describeNetns("a lab", () => {
  test("the usual pair: two namespaces, both ends up, no address, IPv6 off", () => {
    using pair = Lab.pair();
    for (const port of [pair.ve0, pair.ve1]) {
      expect(port.state()).toMatchObject({ up: true, running: true, noArp: false, mtu: 1500, addresses: [] });
      expect(port.namespace.readSysctl(`net.ipv6.conf.${port.name}.disable_ipv6`)).toBe("1");
    }
    expect(pair.ve0.namespace).not.toBe(pair.ve1.namespace);
    expect(pair.ve0.namespace.query("link", "show", "dev", "lo")).toMatchObject([{ operstate: "UNKNOWN" }]);
  });

  test("closing leaves nothing: no descriptor, no process, no namespace", async () => {
    const before = descriptors();
    const lab = Lab.create();
    const namespace = lab.addNamespace("a");
    lab.addPair({ name: "ve0", namespace }, { name: "ve1", namespace: lab.addNamespace("b") });
    const holder = namespace.hold();
    await until(() => readlinkSync(`/proc/${holder.pid}/ns/net`) === `net:[${namespace.kernel.inode}]`);
    const ended = new Promise((resolve) => holder.once("exit", (_code, signal) => resolve(signal)));
    lab.close();
    lab.close();
    expect(await ended).toBe("SIGKILL");
    await until(() => descriptors() === before);
  });

  test("tells each step as somebody would type it", () => {
    const steps: Step[] = [];
    const lab = Lab.create({ onStep: (step) => steps.push(step) });
    try {
      const [a, b] = [lab.addNamespace("a"), lab.addNamespace("b")];
      const [ve0] = lab.addPair({ name: "ve0", namespace: a }, { name: "ve1", namespace: b });
      ve0.addAddress("10.0.0.1/24").up();
      expect(steps.filter((step) => step.namespace === "a").map((step) => step.command)).toEqual([
        "unshare --net",
        "sysctl -w net.ipv6.conf.all.disable_ipv6=1",
        "ip link set dev lo up",
        "ip link add name ve0 type veth peer name ve1 netns b",
        "ip address add 10.0.0.1/24 dev ve0",
        "ip link set dev ve0 up",
      ]);
    } finally {
      lab.close();
    }
  });

  test("moved to another namespace by PID, an end loses address and up flag, and keeps MAC and MTU", () => {
    const lab = Lab.create();
    try {
      const [here, there] = [lab.addNamespace("here"), lab.addNamespace("there")];
      const [, ve1] = lab.addPair({ name: "ve0", namespace: here }, { name: "ve1", namespace: here });
      ve1.setMac("02:00:00:00:00:01").setMtu(1400).setArp(false).addAddress("10.0.0.2/24").up();
      const before = ve1.state();
      expect(before).toMatchObject({ up: true, addresses: ["10.0.0.2/24"] });
      ve1.moveTo(there, there.hold().pid);
      expect(ve1.namespace).toBe(there);
      expect(ve1.state()).toEqual({ ...before, up: false, running: false, addresses: [] });
    } finally {
      lab.close();
    }
  });

  test("a new namespace does not inherit the host's settings", () => {
    const lab = Lab.create();
    try {
      const outer = lab.addNamespace("outer");
      outer.sysctl("net.ipv4.conf.all.rp_filter", 1);
      outer.sysctl("net.ipv4.ip_forward", 1);
      const inner = outer.kernel.run(() => lab.addNamespace("inner"));
      expect(inner.readSysctl("net.ipv4.conf.all.rp_filter")).toBe("0");
      expect(inner.readSysctl("net.ipv4.ip_forward")).toBe("0");
    } finally {
      lab.close();
    }
  });

  test.each(["", "sixteen-bytes-xy", "a b", "a/b", "a:b", ".."])("%j is refused as an interface's name", (name) => {
    const lab = Lab.create();
    try {
      const namespace = lab.addNamespace("a");
      const make = () => lab.addPair({ name, namespace }, { name: "ve1", namespace });
      expect(make).toThrow(UserError);
      expect(make).toThrow(/cannot be an interface's name/);
    } finally {
      lab.close();
    }
  });

  needs({ netns: true, commands: ["ping"] }).test("the kernel's ping crosses it", async () => {
    using pair = Lab.pair();
    pair.ve0.addAddress("10.0.0.1/24");
    pair.ve1.addAddress("10.0.0.2/24");
    const child = pair.ve0.namespace.spawn("ping", ["-c", "3", "-i", "0.01", "10.0.0.2"], { stdio: "ignore" });
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(0);
    expect(pair.ve1.namespace.snmp().get("Icmp.OutEchoReps")).toBe(3);
    expect(pair.ve0.namespace.neighbours()).toMatchObject([{ dst: "10.0.0.2", dev: "ve0", state: ["REACHABLE"] }]);
  });
});
