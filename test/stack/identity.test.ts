/** Addresses that come and go. */
import { expect, test } from "vitest";
import { Identity } from "../../src/stack/identity.ts";
import { RouteTable } from "../../src/stack/ipv4/routes.ts";
import { ip } from "./support.ts";

const OUT = 1;
const prefix = (text: string, length: number) => ({ address: ip(text), length });

function machine(...addresses: string[]) {
  const shared = { addresses: new Set<number>(), broadcasts: new Set<number>() };
  const identity = new Identity({ addresses }, shared);
  return { shared, identity, routes: identity.addRoutes(new RouteTable(), OUT) };
}

test("what is added and removed again leaves nothing behind, in the machine's sets neither", () => {
  const { shared, identity, routes } = machine("192.168.5.1/24");
  const before = [routes.list(), [...shared.addresses], [...shared.broadcasts]];
  identity.add(prefix("10.0.0.9", 24), routes, OUT);
  expect(identity.owns(ip("10.0.0.9"))).toBe(true);
  expect([identity.isBroadcast(ip("10.0.0.255")), identity.isAnyBroadcast(ip("10.0.0.255"))]).toEqual([true, true]);
  expect(routes.nextHop(ip("10.0.0.1"))).toBe(ip("10.0.0.1"));
  identity.remove(ip("10.0.0.9"), routes, OUT);
  expect(identity.owns(ip("10.0.0.9"))).toBe(false);
  expect([identity.isBroadcast(ip("10.0.0.255")), identity.isAnyBroadcast(ip("10.0.0.255"))]).toEqual([false, false]);
  expect([routes.list(), [...shared.addresses], [...shared.broadcasts]]).toEqual(before);
});

test("a network and its broadcast address stay as long as another address is in it", () => {
  const { identity, routes } = machine("10.0.0.2/24");
  const before = routes.list();
  identity.add(prefix("10.0.0.9", 24), routes, OUT);
  identity.remove(ip("10.0.0.9"), routes, OUT);
  expect(routes.list()).toEqual(before);
  expect([identity.isBroadcast(ip("10.0.0.255")), identity.isAnyBroadcast(ip("10.0.0.255"))]).toEqual([true, true]);
});

test("what was set by hand, or belongs to another interface, stays", () => {
  const { identity, routes } = machine();
  routes.add({ prefix: prefix("10.0.0.0", 24), gateway: ip("10.0.0.1"), out: OUT, metric: 5 });
  routes.add({ prefix: prefix("10.0.0.0", 24), out: 2, origin: "link", metric: 7 });
  const before = routes.list();
  identity.add(prefix("10.0.0.9", 24), routes, OUT);
  identity.remove(ip("10.0.0.9"), routes, OUT);
  expect(routes.list()).toEqual(before);
});

test("everything is on the link only while all addresses came without a network, and there are some", () => {
  const { identity, routes } = machine();
  expect([identity.everythingOnLink, routes.list()]).toEqual([false, []]);
  identity.add(prefix("10.0.0.9", 32), routes, OUT);
  expect(routes.nextHop(ip("8.8.8.8"))).toBe(ip("8.8.8.8"));
  identity.add(prefix("10.0.0.2", 24), routes, OUT);
  expect(routes.nextHop(ip("8.8.8.8"))).toBe(0);
  identity.remove(ip("10.0.0.2"), routes, OUT);
  expect(routes.nextHop(ip("8.8.8.8"))).toBe(ip("8.8.8.8"));
  identity.remove(ip("10.0.0.9"), routes, OUT);
  expect(routes.list()).toEqual([]);
});
