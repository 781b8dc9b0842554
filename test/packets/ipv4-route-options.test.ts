import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Fault } from "../../packets/fault.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as options from "../../packets/ipv4-options.ts";
import * as routeOptions from "../../packets/ipv4-route-options.ts";
import { forged } from "../support/forged-options.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);
const nobody = { owns: () => false };
const everybody = { owns: () => true };
const address = fc.integer({ min: -0x80000000, max: 0x7fffffff });

describe("ipv4-route-options", () => {
  test("the codec keeps within the header, and ends", () => {
    const owner = { owns: (address: number) => (address & 1) === 0 };
    fc.assert(
      fc.property(forged, fc.integer(), fc.nat(), (list, address, time) => {
        const header = ipv4.build({
          tos: 0,
          id: 0,
          flags: 0,
          fragmentOffset: 0,
          ttl: 1,
          protocol: 1,
          src: 1,
          dst: 2,
          options: list,
          payload: new Uint8Array(0),
        });
        // Bytes before and after that nobody may touch.
        const buf = new Uint8Array(header.length + 32).fill(0xee);
        buf.set(header, 16);
        const end = 16 + header.length;
        const problem = routeOptions.problem(buf, 16);
        expect(problem === 0 || (problem >= 20 && problem < header.length)).toBe(true);
        const into = new Uint8Array(48).fill(0xdd);
        const length = routeOptions.answer(buf, 36, end, address, into.subarray(0, 40));
        expect(length % 4 === 0 && length <= list.length).toBe(true);
        expect(into.slice(length).every((one) => one === 0xdd)).toBe(true);
        const at = routeOptions.update(buf, 36, end, address, time, owner, true);
        expect(at === -1 || (at >= 36 && at < end)).toBe(true);
        // What is sound stays sound: whoever comes next can read it.
        if (problem === 0) expect(options.check(buf, 16)).toBe(Fault.None);
        const route = routeOptions.findSourceRoute(buf, 36, end);
        if (problem === 0 && route >= 0) {
          routeOptions.trim(buf, route, owner);
          routeOptions.follow(buf, route, address, address);
          routeOptions.complete(buf, route);
        }
        routeOptions.hasRouterAlert(buf, 16);
        routeOptions.finalDestination(list, 1);
        expect(buf.slice(0, 36)).toEqual(Uint8Array.of(...new Uint8Array(16).fill(0xee), ...header.slice(0, 20)));
        expect(buf.slice(end).every((one) => one === 0xee)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  test("a record route holds what was recorded, in order, until it is full", () => {
    fc.assert(
      fc.property(fc.array(address, { maxLength: 12 }), fc.nat(9), (route, slots) => {
        const list = options.build([routeOptions.recordRoute(slots)]);
        const kept = route.filter((one) => routeOptions.record(list, 0, one));
        expect(kept).toEqual(route.slice(0, slots));
        expect(routeOptions.recorded(list, 0)).toBe(kept.length);
        expect(kept.map((_, i) => routeOptions.routeAddress(list, 0, i))).toEqual(kept);
        expect(routeOptions.hasRoom(list, 0)).toBe(kept.length < slots);
        expect(list).toHaveLength((3 + 4 * slots + 3) & ~3);
      }),
    );
  });

  test("a way back, followed, leads back: reversed twice it is the way itself", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(address, { minLength: 1, maxLength: 9 }),
        address,
        fc.boolean(),
        (way, source, isStrict) => {
          fc.pre(!way.includes(source));
          // As it arrives: every hop recorded.
          const there = options.build([routeOptions.sourceRoute(isStrict, way)]);
          routeOptions.complete(there, 0);
          const back = new Uint8Array(40);
          const length = routeOptions.reverse(there, 0, source, back, 0);
          expect(length).toBe(3 + 4 * way.length);
          expect(back[0]).toBe(there[0]);
          const hops = way.map((_, i) => routeOptions.routeAddress(back, 0, i));
          expect(hops).toEqual([...way.slice(0, -1).reverse(), source]);
          expect(routeOptions.finalDestination(back.subarray(0, length), 1)).toBe(source);
        },
      ),
    );
  });

  test.each([
    [0, 9, 40],
    [1, 4, 36],
    [3, 4, 36],
  ])("timestamps of flag %d have room for %d", (flag, most, length) => {
    const option = routeOptions.timestamp(flag, most);
    expect(option.data).toHaveLength(length - 2);
    expect(() => routeOptions.timestamp(flag, most + 1)).toThrow(`has room for 0 to ${most}, not ${most + 1}`);
    const list = options.build([option]);
    for (let i = 0; i < most; i++) expect(routeOptions.update(list, 0, list.length, 1, 2, everybody, true)).toBe(-1);
    expect(routeOptions.hasRoom(list, 0)).toBe(false);
    expect(routeOptions.overflow(list, 0)).toBe(0);
    // Of hosts that the sender names none can lack room.
    if (flag === 3) {
      routeOptions.update(list, 0, list.length, 1, 2, everybody, true);
      expect(routeOptions.overflow(list, 0)).toBe(0);
      return;
    }
    for (let i = 0; i < 15; i++) routeOptions.update(list, 0, list.length, 1, 2, everybody, true);
    expect([routeOptions.overflow(list, 0), routeOptions.timestampFlag(list, 0)]).toEqual([15, flag]);
    expect(routeOptions.update(list, 0, list.length, 1, 2, everybody, true)).toBe(3);
    // Who sends does not count himself among those that found no room.
    expect(routeOptions.update(list, 0, list.length, 1, 2, everybody, false)).toBe(-1);
  });

  test("a prespecified address that is not the owner's is left to its owner", () => {
    const list = options.build([routeOptions.timestamp(3, [7])]);
    const before = list.slice();
    expect(routeOptions.update(list, 0, list.length, 1, 2, nobody, true)).toBe(-1);
    expect(list).toEqual(before);
    routeOptions.update(list, 0, list.length, 1, 2, everybody, true);
    expect(list).toEqual(bytes(68, 12, 13, 3, 0, 0, 0, 7, 0, 0, 0, 2));
  });

  test("more addresses than there is room for are the programmer's mistake", () => {
    expect(() => routeOptions.recordRoute(10)).toThrow("room for 0 to 9 addresses, not 10");
    expect(() => routeOptions.recordRoute(-1)).toThrow(RangeError);
    expect(() => routeOptions.sourceRoute(false, new Array(10).fill(1))).toThrow(RangeError);
  });
});
