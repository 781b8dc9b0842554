import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as address from "../../../packets/ipv4-address.ts";
import { RouteTable } from "../../../src/stack/ipv4/routes.ts";
import { ip } from "../support.ts";

const prefix = (text: string) => address.parsePrefix(text)!;
const via = (table: RouteTable, dst: string) => address.format(table.nextHop(ip(dst)));

function table(...routes: [string, string, { metric?: number; out?: number }?][]): RouteTable {
  const made = new RouteTable();
  for (const [network, gateway, more = {}] of routes)
    made.add({ prefix: prefix(network), gateway: ip(gateway), ...more });
  return made;
}

describe("the longest prefix wins (RFC 1812, 5.2.4.3)", () => {
  test("whatever the order in which they were added", () => {
    const routes: [string, string][] = [
      ["0.0.0.0/0", "10.0.0.1"],
      ["10.1.0.0/16", "10.0.0.2"],
      ["10.1.2.0/24", "10.0.0.3"],
      ["10.1.2.3/32", "10.0.0.4"],
    ];
    for (const order of [routes, [...routes].reverse()]) {
      const made = table(...order);
      expect(["10.1.2.3", "10.1.2.4", "10.1.3.1", "11.0.0.1"].map((dst) => via(made, dst))).toEqual(
        ["4", "3", "2", "1"].map((last) => `10.0.0.${last}`),
      );
    }
  });

  test("as a search through all of them finds it", () => {
    const route = fc.record({
      prefix: fc.record({ address: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), length: fc.nat(32) }),
      gateway: fc.integer({ min: 1, max: 1000 }),
      metric: fc.nat(2),
    });
    fc.assert(
      fc.property(fc.array(route, { maxLength: 20 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (all, dst) => {
        const made = new RouteTable();
        for (const one of all) made.add(one);
        // Of two for the same network with the same metric the later one stands.
        const fitting = made.list().filter((one) => address.contains(one.prefix, dst));
        const longest = Math.max(...fitting.map((one) => one.prefix.length));
        const best = fitting.filter((one) => one.prefix.length === longest);
        const least = Math.min(...best.map((one) => one.metric));
        const found = made.lookup(dst);
        if (fitting.length === 0) expect(found).toBeNull();
        else expect([found!.prefix.length, found!.metric]).toEqual([longest, least]);
      }),
    );
  });

  test("the network's host bits do not matter", () => {
    expect(via(table(["10.1.2.99/24", "10.0.0.3"]), "10.1.2.1")).toBe("10.0.0.3");
  });

  test("no route is no way", () => {
    const made = table(["10.1.0.0/16", "10.0.0.2"]);
    expect(made.lookup(ip("10.2.0.1"))).toBeNull();
    expect(made.nextHop(ip("10.2.0.1"))).toBe(0);
  });

  test("a network on the link is its own next hop", () => {
    expect(via(table(["192.168.0.0/24", "0.0.0.0"]), "192.168.0.77")).toBe("192.168.0.77");
  });
});

describe("metrics", () => {
  test("the lower one wins among equals, and the next takes its place", () => {
    const made = table(
      ["10.1.0.0/16", "10.0.0.9", { metric: 20 }],
      ["10.1.0.0/16", "10.0.0.2", { metric: 5 }],
      ["10.1.0.0/16", "10.0.0.5", { metric: 10 }],
    );
    expect(via(made, "10.1.1.1")).toBe("10.0.0.2");
    expect(made.remove(prefix("10.1.0.0/16"), (one) => one.metric === 5)).toBe(1);
    expect(via(made, "10.1.1.1")).toBe("10.0.0.5");
    expect(made.remove(prefix("10.1.0.0/16"))).toBe(2);
    expect(via(made, "10.1.1.1")).toBe("0.0.0.0");
    expect(made.remove(prefix("10.1.0.0/16"))).toBe(0);
  });

  test("one with the same metric through the same interface is replaced, through another kept", () => {
    const made = table(
      ["10.1.0.0/16", "10.0.0.2", { out: 0 }],
      ["10.1.0.0/16", "10.0.0.3", { out: 0 }],
      ["10.1.0.0/16", "10.9.0.3", { out: 1 }],
    );
    expect(made.list().map((one) => [address.format(one.gateway), one.out])).toEqual([
      ["10.0.0.3", 0],
      ["10.9.0.3", 1],
    ]);
  });

  test("are listed the longest prefix first, the best among equals first", () => {
    const made = table(
      ["0.0.0.0/0", "10.0.0.1", { metric: 7 }],
      ["0.0.0.0/0", "10.0.0.2", { metric: 3 }],
      ["10.1.0.0/16", "10.0.0.3"],
    );
    expect(made.list().map((one) => address.format(one.gateway))).toEqual(["10.0.0.3", "10.0.0.2", "10.0.0.1"]);
  });
});

describe("redirects (RFC 1122, 3.2.2.2)", () => {
  const DST = ip("192.168.5.5");
  const [OLD, NEW] = [ip("10.0.0.1"), ip("10.0.0.2")];
  function start(): RouteTable {
    const made = table(["0.0.0.0/0", "10.0.0.1"]);
    made.add({ prefix: prefix("10.0.0.0/24"), origin: "link" });
    return made;
  }

  test("from the present first hop to a gateway on the link: for that destination alone", () => {
    const made = start();
    expect(made.redirect(DST, NEW, OLD)).toBe(true);
    expect([via(made, "192.168.5.5"), via(made, "192.168.5.6")]).toEqual(["10.0.0.2", "10.0.0.1"]);
    // Who was redirected may be redirected on, by the new first hop only.
    expect(made.redirect(DST, ip("10.0.0.3"), OLD)).toBe(false);
    expect(made.redirect(DST, ip("10.0.0.3"), NEW)).toBe(true);
    expect(via(made, "192.168.5.5")).toBe("10.0.0.3");
  });

  test.each([
    ["from somebody else", DST, NEW, ip("10.0.0.7")],
    ["to a gateway that is not on the link", DST, ip("172.16.0.1"), OLD],
    ["to the same gateway", DST, OLD, OLD],
    ["about what is on the link", ip("10.0.0.9"), NEW, OLD],
    ["about what has no route", DST, NEW, 0],
  ])("%s: not believed", (_, dst, gateway, from) => {
    const made = start();
    expect(made.redirect(dst, gateway, from)).toBe(false);
    expect(made.list()).toHaveLength(2);
  });

  test("a gateway on another interface's link is not believed", () => {
    const made = start();
    made.add({ prefix: prefix("10.7.0.0/24"), out: 1, origin: "link" });
    expect(made.redirect(DST, ip("10.7.0.2"), OLD)).toBe(false);
  });

  test("a route to one host that was set by hand stands (RFC 1122, 3.3.1.2)", () => {
    const made = start();
    made.add({ prefix: prefix("192.168.5.5/32"), gateway: OLD });
    expect(made.redirect(DST, NEW, OLD)).toBe(false);
  });

  test("to the destination itself: it is on the link", () => {
    const made = start();
    made.add({ prefix: prefix("192.168.5.0/24"), origin: "link" });
    made.add({ prefix: prefix("192.168.5.0/25"), gateway: OLD });
    expect(made.redirect(DST, DST, OLD)).toBe(false);
    made.remove(prefix("192.168.5.0/25"));
    expect(made.nextHop(DST)).toBe(DST);
  });

  test("are forgotten with the gateway that does not answer (RFC 1122, 3.3.1.4), others stand", () => {
    const made = start();
    made.redirect(DST, NEW, OLD);
    made.redirect(ip("192.168.5.6"), ip("10.0.0.3"), OLD);
    made.forgetRedirects(NEW);
    expect([via(made, "192.168.5.5"), via(made, "192.168.5.6")]).toEqual(["10.0.0.1", "10.0.0.3"]);
    made.forgetRedirects(OLD);
    expect(made.list()).toHaveLength(3);
  });

  test("the newest 1,024 are remembered: those forgotten make room", () => {
    const made = start();
    for (let i = 0; i < 1100; i++) expect(made.redirect(DST + 256 * i, NEW, OLD)).toBe(true);
    expect(made.list()).toHaveLength(2 + 1024);
    expect(made.nextHop(DST + 256 * 75)).toBe(OLD);
    expect(made.nextHop(DST + 256 * 76)).toBe(NEW);
    // One that is known may still change.
    expect(made.redirect(DST + 256 * 1099, ip("10.0.0.3"), NEW)).toBe(true);
    made.forgetRedirects(NEW);
    expect(made.list()).toHaveLength(3);
    expect(made.redirect(DST, NEW, OLD)).toBe(true);
  });
});
