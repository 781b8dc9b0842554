import { expect, test } from "vitest";
import { Lab } from "../../src/lab/lab.ts";
import { RouteSocket } from "../../src/linux/route-socket.ts";
import { describeNetns } from "../support/privilege.ts";

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
    expect(twice).toThrow("rtnetlink: exists already (EEXIST): ip address add 10.0.0.1/24 dev ve0");
    expect(ve0.state().up).toBe(true);
  });

  test("no such interface", () => {
    using lab = Lab.create();
    const route = lab.addNamespace("a").kernel.run(() => new RouteSocket());
    expect(() => route.up("ve9")).toThrow(/ENODEV.*ve9/);
    route.close();
  });
});
