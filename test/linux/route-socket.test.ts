import { expect, test } from "vitest";
import { Lab } from "../../src/lab/lab.ts";
import { RouteSocket } from "../../src/linux/route-socket.ts";
import { describeNetns } from "../support/privilege.ts";

/** What `ip -json -details link` says of an interface. */
interface LinkEntry {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly num_tx_queues: number;
  readonly num_rx_queues: number;
}

describeNetns("rtnetlink", () => {
  test("more changes than fit in one batch are all done", () => {
    using lab = Lab.create();
    const namespace = lab.addNamespace("a");
    const [ve0] = lab.addPair({ name: "ve0", namespace }, { name: "ve1", namespace });
    namespace.configure((route) => {
      route.up("ve0");
      route.up("ve1");
      for (let i = 1; i <= 150; i++) route.addAddress("ve0", (10 << 24) | i, 32);
    });
    const state = ve0.state();
    expect(state).toMatchObject({ up: true, running: true });
    expect(state.addresses).toEqual(Array.from({ length: 150 }, (_, i) => `10.0.0.${i + 1}/32`));
  });

  test("the first refusal is told with the command that it stands for, and the rest is done", () => {
    using lab = Lab.create();
    const namespace = lab.addNamespace("a");
    const [ve0] = lab.addPair({ name: "ve0", namespace }, { name: "ve1", namespace });
    const twice = () =>
      namespace.configure((route) => {
        route.addAddress("ve0", (10 << 24) | 1, 24);
        route.addAddress("ve0", (10 << 24) | 1, 24);
        route.up("ve0");
      });
    expect(twice).toThrow("rtnetlink: exists already (EEXIST): ip address add 10.0.0.1/24 dev ve0 (in a)");
    expect(ve0.state().up).toBe(true);
  });

  test("no such interface", () => {
    using lab = Lab.create();
    const route = lab.addNamespace("a").kernel.run(() => new RouteSocket());
    expect(() => route.up("ve9")).toThrow(/ENODEV.*ve9/);
    route.close();
  });

  test("more pairs than fit in one batch, with the longest names there are", () => {
    using lab = Lab.create();
    const [here, there] = lab.addNamespaces(["here", "there"]);
    const name = (i: number, side: string) => `${i}`.padStart(14, "x") + side;
    const count = 60;
    here!.configure((route) => {
      route.addBridge("bridge-of-15-by");
      for (let i = 0; i < count; i++)
        route.addPair(
          { name: name(i, "a"), namespace: here!.kernel.descriptor, bridge: "bridge-of-15-by", up: true },
          { name: name(i, "b"), namespace: there!.kernel.descriptor },
          `pair ${i}`,
        );
    });
    const ports = here!.query<LinkEntry>("-details", "link", "show", "master", "bridge-of-15-by");
    expect(ports.map(({ ifname }) => ifname)).toEqual(Array.from({ length: count }, (_, i) => name(i, "a")));
    expect(ports.every(({ flags }) => flags.includes("UP"))).toBe(true);
    const ends = there!.query<LinkEntry>("-details", "link", "show", "type", "veth");
    expect(ends.map(({ ifname }) => ifname).sort()).toEqual(
      Array.from({ length: count }, (_, i) => name(i, "b")).sort(),
    );
    expect(ends.some(({ flags }) => flags.includes("UP"))).toBe(false);
    for (const { num_tx_queues, num_rx_queues } of [...ports, ...ends])
      expect([num_tx_queues, num_rx_queues]).toEqual([1, 1]);
    expect(here!.query<LinkEntry>("link", "show", "dev", "bridge-of-15-by")[0]?.flags).toContain("UP");
  });

  test("a pair that the kernel refuses is told by its command, its namespace and the kernel's words", () => {
    using lab = Lab.create();
    const namespace = lab.addNamespace("a");
    const pair = (bridge?: string) =>
      namespace.configure((route) => route.addPair({ name: "ve0", bridge }, { name: "ve1" }, "ip link add ve0"));
    expect(() => pair("lo")).toThrow("rtnetlink: operation not supported (EOPNOTSUPP): ip link add ve0 (in a)");
    expect(() => pair("br9")).toThrow("rtnetlink: no such device (ENODEV): ip link add ve0 (in a): br9");
    expect(() => {
      pair();
      pair();
    }).toThrow("rtnetlink: exists already (EEXIST): ip link add ve0 (in a)");
    const tooLong = () => namespace.configure((route) => route.addAddress("ve0", 1, 33));
    expect(tooLong).toThrow(
      /^rtnetlink: invalid argument \(EINVAL\): ip address add .*\/33 dev ve0 \(in a\): .*prefix/,
    );
  });

  test("after a refusal the socket goes on", () => {
    using lab = Lab.create();
    lab.addNamespace("a").configure((route) => {
      route.addBridge("br0");
      route.addBridge("br0");
      expect(() => route.flush()).toThrow("EEXIST");
      route.addBridge("br1");
      expect(() => route.flush()).not.toThrow();
    });
  });
});
