import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as ipv4 from "../../../packets/ipv4.ts";
import { fragments } from "../../../src/stack/router/refragment.ts";
import { ip } from "../support.ts";

const { MoreFragments } = ipv4.Flag;

function whole(size: number, more: Partial<ipv4.Ipv4Packet> = {}): Uint8Array {
  return ipv4.build({
    tos: 0x28,
    id: 0x4242,
    flags: 0,
    fragmentOffset: 0,
    ttl: 9,
    protocol: 17,
    src: ip("10.0.0.1"),
    dst: ip("203.0.113.5"),
    options: new Uint8Array(0),
    payload: Uint8Array.from({ length: size }, (_, i) => i * 7),
    ...more,
  });
}

const cut = (bytes: Uint8Array, mtu: number) => [...fragments(bytes, 0, ipv4.payloadOffset(bytes, 0), mtu)];
const parsed = (bytes: Uint8Array) => ipv4.parse(bytes) as ipv4.Ipv4Packet;

/** Puts fragments together by their offsets alone; `base` is where the first one belongs. */
function together(pieces: Uint8Array[], base = 0): Uint8Array {
  const all = pieces.map(parsed);
  const length = Math.max(...all.map((one) => one.fragmentOffset + one.payload.length)) - base;
  const made = new Uint8Array(length);
  for (const one of all) made.set(one.payload, one.fragmentOffset - base);
  return made;
}

describe("a datagram cut into fragments (RFC 791, 3.2)", () => {
  test("any size for any MTU: they fit, are multiples of 8 but the last, keep the header, and make the datagram", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 68, max: 1500 }),
        fc.nat(10),
        (size, mtu, words) => {
          const options = new Uint8Array(words * 4).fill(1);
          const pieces = cut(whole(size, { options }), mtu);
          for (const [i, piece] of pieces.entries()) {
            expect(piece.length).toBeLessThanOrEqual(mtu);
            expect(ipv4.checksumOk(piece, 0)).toBe(true);
            const { flags, payload, ...rest } = parsed(piece);
            const isLast = i === pieces.length - 1;
            expect(flags).toBe(isLast ? 0 : MoreFragments);
            if (!isLast) expect(payload.length % 8).toBe(0);
            expect(payload.length).toBeGreaterThan(0);
            expect(rest).toMatchObject({ id: 0x4242, ttl: 9, tos: 0x28, protocol: 17, dst: ip("203.0.113.5") });
          }
          expect(together(pieces)).toEqual(parsed(whole(size)).payload);
        },
      ),
    );
  });

  test("a fragment is cut on: places go on counting, and what was no last fragment has none that is", () => {
    const middle = whole(200, { flags: MoreFragments, fragmentOffset: 800 });
    const pieces = cut(middle, 100);
    expect(pieces.map(parsed).map(({ fragmentOffset, flags }) => [fragmentOffset, flags])).toEqual([
      [800, 1],
      [880, 1],
      [960, 1],
    ]);
    expect(together(pieces, 800)).toEqual(parsed(middle).payload);
    const last = cut(whole(100, { fragmentOffset: 800 }), 100).map(parsed);
    expect(last.map(({ fragmentOffset, flags }) => [fragmentOffset, flags])).toEqual([
      [800, 1],
      [880, 0],
    ]);
  });

  test("options: all in the first, in the others those marked to be copied (RFC 791, 3.1)", () => {
    const route = [7, 7, 4, 0, 0, 0, 0];
    const alert = [148, 4, 0, 0];
    const pieces = cut(whole(100, { options: Uint8Array.from([...route, ...alert, 0]) }), 76).map(parsed);
    expect(pieces.map(({ options }) => [...options])).toEqual([[...route, ...alert, 0], alert, alert]);
  });

  test("an MTU that leaves no room for eight bytes gives nothing, and ends", () => {
    expect(cut(whole(100, { options: new Uint8Array(40) }), 67)).toEqual([]);
  });
});
