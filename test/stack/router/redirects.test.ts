import { beforeEach, describe, expect, test } from "vitest";
import * as icmp from "../../../packets/icmp.ts";
import * as address from "../../../packets/ipv4-address.ts";
import { RouteTable } from "../../../src/stack/ipv4/routes.ts";
import { Bench, datagram, echoFrame, HOST_IP, icmpMessage, ip } from "../support.ts";

const GATEWAY = ip("10.0.0.1");
const REMEMBERED = 1024;
const far = (i: number) => ip("192.168.0.0") + i;

describe("redirects in great numbers", () => {
  let table: RouteTable;
  const redirects = () => table.list().filter((one) => one.origin === "redirect");

  beforeEach(() => {
    table = new RouteTable();
    table.add({ prefix: address.parsePrefix("10.0.0.0/24")!, origin: "link" });
    table.add({ prefix: address.parsePrefix("0.0.0.0/0")!, gateway: GATEWAY });
  });

  test("the newest is believed, the oldest forgotten: a table that somebody filled serves again", () => {
    for (let i = 0; i < 3 * REMEMBERED; i++) expect(table.redirect(far(i), ip("10.0.0.9"), GATEWAY)).toBe(true);
    expect(redirects()).toHaveLength(REMEMBERED);
    expect(table.nextHop(far(3 * REMEMBERED - 1))).toBe(ip("10.0.0.9"));
    expect(table.nextHop(far(2 * REMEMBERED))).toBe(ip("10.0.0.9"));
    expect(table.nextHop(far(2 * REMEMBERED - 1))).toBe(GATEWAY);
  });

  test("a hop that does not answer takes its own with it, and no others", () => {
    for (let i = 0; i < 100; i++) table.redirect(far(i), ip("10.0.0.9") + (i % 4), GATEWAY);
    table.forgetRedirects(ip("10.0.0.10"));
    expect(redirects()).toHaveLength(75);
    expect(table.nextHop(far(1))).toBe(GATEWAY);
    expect(table.nextHop(far(2))).toBe(ip("10.0.0.11"));
    table.forgetRedirects(ip("10.0.0.10"));
    table.forgetRedirects(ip("10.0.0.200"));
    expect(redirects()).toHaveLength(75);
  });

  test("a destination that moves from hop to hop is known under its last one", () => {
    table.redirect(far(1), ip("10.0.0.9"), GATEWAY);
    table.redirect(far(1), ip("10.0.0.10"), ip("10.0.0.9"));
    table.forgetRedirects(ip("10.0.0.9"));
    expect(table.nextHop(far(1))).toBe(ip("10.0.0.10"));
    table.forgetRedirects(ip("10.0.0.10"));
    expect(redirects()).toEqual([]);
  });

  test("one that is on the link itself is forgotten by its own address", () => {
    table.add({ prefix: { address: far(1), length: 32 }, origin: "redirect" });
    expect(table.nextHop(far(1))).toBe(far(1));
    table.forgetRedirects(far(1));
    expect(redirects()).toEqual([]);
  });
});

test("a host believes so many redirects a second, and goes on with them afterwards", () => {
  const bench = new Bench({ gateway: "10.0.0.1" });
  const redirect = (n: number, from = "10.0.0.1") => {
    const about = datagram({ src: HOST_IP, dst: far(n) });
    return echoFrame({
      src: ip(from),
      payload: icmpMessage(icmp.Type.Redirect, 1, ip("10.0.0.9"), about.subarray(0, 28)),
    });
  };
  const believed = () => bench.host.routes.list().filter((one) => one.origin === "redirect").length;
  // From somebody else: they take no turn.
  bench.send(...Array.from({ length: 200 }, (_, n) => redirect(n, "10.0.0.7")));
  expect(believed()).toBe(0);
  bench.send(...Array.from({ length: 500 }, (_, n) => redirect(n)));
  expect(believed()).toBe(100);
  expect(bench.drops()).toEqual({ "icmp-redirect": 600 });
  bench.clock.advance(100);
  bench.send(...Array.from({ length: 50 }, (_, n) => redirect(1000 + n)));
  expect(believed()).toBe(110);
});
