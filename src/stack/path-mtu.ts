/**
 * What routers said of the way to a destination (RFC 1191): the largest datagram that passes whole. Bounded, and believed for
 * ten minutes only, since ways change.
 */
import type { Clock } from "./clock.ts";

/** RFC 1191, 6.3: an estimate is not increased for 10 minutes after it was lowered. */
const LIFETIME_MS = 600_000;
const LIMIT = 1024;
/** Linux's ip_no_pmtu_disc documentation: min_pmtu; less is a lie, or a link that nobody has. */
const LEAST = 552;
const UNKNOWN = 65_535;
/** RFC 1191, 7.1: what to try when an old router does not say: the plateaus below the datagram that was too long. */
const PLATEAUS = [32_000, 17_914, 8_166, 4_352, 2_002, 1_492, 1_006, 508, 296, 68] as const;

export class PathMtu {
  readonly #clock: Clock;
  readonly #paths = new Map<number, { mtu: number; until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Bytes that reach `dst` whole; 65,535 if nothing is known. */
  get(dst: number): number {
    if (this.#paths.size === 0) return UNKNOWN;
    const path = this.#paths.get(dst);
    if (path === undefined) return UNKNOWN;
    if (this.#clock.now() < path.until) return path.mtu;
    this.#paths.delete(dst);
    return UNKNOWN;
  }

  /**
   * Takes in a "fragmentation needed".
   * @param said the next hop's MTU, 0 from a router that does not say. @param length of the datagram that was too long.
   * @returns true if the path turned out narrower than was known.
   */
  lower(dst: number, said: number, length: number): boolean {
    const mtu = Math.max(LEAST, said > 0 ? said : (PLATEAUS.find((plateau) => plateau < length) ?? LEAST));
    if (mtu >= this.get(dst)) return false;
    if (this.#paths.size >= LIMIT && !this.#paths.has(dst)) {
      const oldest = this.#paths.keys().next();
      if (!oldest.done) this.#paths.delete(oldest.value);
    }
    this.#paths.delete(dst);
    this.#paths.set(dst, { mtu, until: this.#clock.now() + LIFETIME_MS });
    return true;
  }
}
