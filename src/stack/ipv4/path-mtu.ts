/**
 * What routers said of the way to a destination (RFC 1191): the largest datagram that passes whole. Bounded, and believed for
 * ten minutes only, since ways change.
 */
import type { Clock } from "../clock.ts";

/** RFC 1191, 6.3: an estimate is not increased for 10 minutes after it was lowered. */
const LIFETIME_MS = 600_000;
const LIMIT = 1024;
/**
 * Linux's route/min_pmtu: nobody can make us send less at once. Where a router says less all the same, DF is given up
 * (RFC 1191, 3, allows either), so that whoever has such a link can cut what passes it.
 */
const LEAST = 552;
const UNKNOWN = 65_535;
/** RFC 1191, 5 and 7: what to try when an old router does not say: the plateaus below the datagram that was too long. */
const PLATEAUS = [32_000, 17_914, 8_166, 4_352, 2_002, 1_492, 1_006, 508, 296, 68] as const;

interface Path {
  readonly mtu: number;
  /** True if a router said less than we go down to. */
  readonly isNarrower: boolean;
  readonly until: number;
}

export class PathMtu {
  readonly #clock: Clock;
  readonly #paths = new Map<number, Path>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Bytes that reach `dst` whole; 65,535 if nothing is known. */
  get(dst: number): number {
    if (this.#paths.size === 0) return UNKNOWN;
    return this.#find(dst)?.mtu ?? UNKNOWN;
  }

  /** False if a link on the way takes less than {@link get} says: then others have to cut what we send. */
  mayForbidFragments(dst: number): boolean {
    return this.#paths.size === 0 || this.#find(dst)?.isNarrower !== true;
  }

  #find(dst: number): Path | undefined {
    const path = this.#paths.get(dst);
    if (path === undefined || this.#clock.now() < path.until) return path;
    this.#paths.delete(dst);
    return undefined;
  }

  /**
   * Takes in a "fragmentation needed".
   * @param said the next hop's MTU, 0 from a router that does not say. @param length of the datagram that was too long.
   * @returns true if the path turned out narrower than was known. False, too, for an MTU that the datagram fits.
   */
  lower(dst: number, said: number, length: number): boolean {
    // A datagram that fits what is said would have passed: somebody made that up.
    if (said >= length) return false;
    const next = said > 0 ? said : (PLATEAUS.find((plateau) => plateau < length) ?? LEAST);
    const mtu = Math.max(LEAST, next);
    const isNarrower = next < LEAST;
    const known = this.#find(dst);
    if (known !== undefined && (mtu > known.mtu || (mtu === known.mtu && (known.isNarrower || !isNarrower))))
      return false;
    if (this.#paths.size >= LIMIT && !this.#paths.has(dst)) {
      const oldest = this.#paths.keys().next();
      if (!oldest.done) this.#paths.delete(oldest.value);
    }
    this.#paths.delete(dst);
    this.#paths.set(dst, { mtu, isNarrower, until: this.#clock.now() + LIFETIME_MS });
    return true;
  }
}
