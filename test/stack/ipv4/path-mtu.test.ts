import { beforeEach, describe, expect, test } from "vitest";
import { VirtualClock } from "../../../src/stack/clock.ts";
import { PathMtu } from "../../../src/stack/ipv4/path-mtu.ts";
import { ip } from "../support.ts";

const A = ip("192.168.7.7");
const B = ip("192.168.7.8");
let clock: VirtualClock;
let paths: PathMtu;

beforeEach(() => {
  clock = new VirtualClock();
  paths = new PathMtu(clock);
});

describe("what routers say of a path (RFC 1191)", () => {
  test("is heeded for that destination alone", () => {
    expect(paths.get(A)).toBe(65_535);
    expect(paths.lower(A, 1400, 1500)).toBe(true);
    expect([paths.get(A), paths.get(B)]).toEqual([1400, 65_535]);
  });

  test("lowers only: RFC 1191, 3, an estimate is not increased by a message", () => {
    paths.lower(A, 1000, 1500);
    expect(paths.lower(A, 1400, 1500)).toBe(false);
    expect(paths.lower(A, 1000, 1500)).toBe(false);
    expect(paths.get(A)).toBe(1000);
    expect(paths.lower(A, 900, 1000)).toBe(true);
    expect(paths.get(A)).toBe(900);
  });

  test("an MTU that the datagram would have passed is a lie", () => {
    expect(paths.lower(A, 1500, 1500)).toBe(false);
    expect(paths.lower(A, 9000, 1500)).toBe(false);
    expect(paths.get(A)).toBe(65_535);
  });

  test("ends ten minutes after the last change (RFC 1191, 6.3)", () => {
    paths.lower(A, 1400, 1500);
    clock.advance(300_000);
    paths.lower(A, 1300, 1400);
    clock.advance(599_999);
    expect(paths.get(A)).toBe(1300);
    clock.advance(1);
    expect(paths.get(A)).toBe(65_535);
    expect(paths.lower(A, 1400, 1500)).toBe(true);
  });

  test("a router that does not say: the next plateau below the datagram (RFC 1191, 5)", () => {
    for (const [length, plateau] of [
      [1500, 1492],
      [1492, 1006],
      [4500, 4352],
      [65_535, 32_000],
      [1006, 552],
    ] as const) {
      paths = new PathMtu(clock);
      paths.lower(A, 0, length);
      expect(paths.get(A)).toBe(plateau);
    }
  });

  test("less than 552 is not believed, but DF is then given up, so that narrower paths work", () => {
    expect(paths.mayForbidFragments(A)).toBe(true);
    paths.lower(A, 1400, 1500);
    expect(paths.mayForbidFragments(A)).toBe(true);
    expect(paths.lower(A, 68, 1400)).toBe(true);
    expect(paths.get(A)).toBe(552);
    expect(paths.mayForbidFragments(A)).toBe(false);
    // Said again of what was sent since: nothing new.
    expect(paths.lower(A, 68, 552)).toBe(false);
    expect(paths.lower(A, 552, 1400)).toBe(false);
    expect(paths.mayForbidFragments(A)).toBe(false);
    expect(paths.mayForbidFragments(B)).toBe(true);
    clock.advance(600_000);
    expect(paths.mayForbidFragments(A)).toBe(true);
  });

  test("a path of exactly 552 that turns out narrower gives up DF as well", () => {
    paths.lower(A, 552, 1500);
    expect(paths.mayForbidFragments(A)).toBe(true);
    expect(paths.lower(A, 300, 552)).toBe(true);
    expect([paths.get(A), paths.mayForbidFragments(A)]).toEqual([552, false]);
  });

  test("at most 1,024 paths are remembered; the oldest makes room", () => {
    paths.lower(A, 1400, 1500);
    paths.lower(B, 1400, 1500);
    for (let i = 0; i < 1022; i++) paths.lower(i, 1400, 1500);
    // Changed: no longer the oldest.
    paths.lower(A, 1300, 1400);
    paths.lower(5000, 1400, 1500);
    expect([paths.get(A), paths.get(B), paths.get(5000)]).toEqual([1300, 65_535, 1400]);
  });
});
