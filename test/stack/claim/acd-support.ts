/** What the tests of address conflict detection share: a host without an address, and a rival at the bare end. */
import { expect } from "vitest";
import * as arp from "../../../packets/arp.ts";
import type { Defence } from "../../../src/stack/claim/acd-options.ts";
import type { AddressClaim } from "../../../src/stack/claim/claim.ts";
import type { HostOptions } from "../../../src/stack/host.ts";
import type { ClaimConflict } from "../../../src/stack/observer.ts";
import type { Random } from "../../../src/stack/random.ts";
import { arpFrame, Bench, ip, PEER_IP } from "../support.ts";

export const WANTED = ip("10.0.0.9");
export const LONGEST_CLAIM_MS = 1_000 + 2 * 2_000 + 2_000;

/** Always the same number: 0 is the shortest wait, 0xffffffff just under the longest. */
export const constant = (value: number): Random => ({ uint32: () => value });
export const SHORTEST = constant(0);
export const LONGEST = constant(0xffff_ffff);

/** A host without an address of its own, unless told otherwise. */
export function bench(options: Partial<HostOptions> = {}): Bench {
  return new Bench({ addresses: [], random: SHORTEST, ...options });
}

export const purposes = (frames: Uint8Array[]) => frames.map((frame) => arp.purpose(frame, 14));
export const conflicts = (one: Bench): ClaimConflict[] =>
  one.events.filter((event): event is ClaimConflict => event.type === "claim-conflict");

/** What the bare end says as the wanted address. */
export const spoken = (fields: Parameters<typeof arpFrame>[0] = {}) =>
  arpFrame({ spa: WANTED, tpa: PEER_IP, ...fields });
export const rivalProbe = (target = WANTED) => arpFrame({ spa: 0, tpa: target });

/** A claim that has succeeded and announced itself, and nothing seen before. */
export function claimed(
  defence: Defence = "once",
  options: Partial<HostOptions> = {},
): { one: Bench; claim: AddressClaim } {
  const one = bench(options);
  const claim = one.host.claim("10.0.0.9/24", { defence });
  one.clock.advance(LONGEST_CLAIM_MS + 2_000);
  expect(claim.state).toBe("claimed");
  one.seen.length = 0;
  one.seenAt.length = 0;
  one.events.length = 0;
  return { one, claim };
}
