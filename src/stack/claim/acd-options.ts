/** What address conflict detection (RFC 5227) can be told, and the words for what becomes of a claim. */

/**
 * RFC 5227, 1.1, in its names; times in milliseconds. Shorter ones are allowed where the network is fast (2.2), and hosts
 * with different ones get along.
 */
export interface AcdOptions {
  /** Before the first probe: a random time up to this, so that hosts that start together do not probe together. */
  readonly probeWaitMs: number;
  /** Probes, at least one. */
  readonly probeNum: number;
  /** Between two probes: a random time from the first to the second. */
  readonly probeMinMs: number;
  readonly probeMaxMs: number;
  /** From the last probe to the first announcement: the time that an owner still has to object. */
  readonly announceWaitMs: number;
  /** Announcements, at least one. */
  readonly announceNum: number;
  readonly announceIntervalMs: number;
  /** After so many conflicts on an interface, new claims are started no faster than one in `rateLimitIntervalMs`. */
  readonly maxConflicts: number;
  readonly rateLimitIntervalMs: number;
  /** An address is defended at most once in this time. */
  readonly defendIntervalMs: number;
}

export const ACD_DEFAULTS: AcdOptions = {
  probeWaitMs: 1_000,
  probeNum: 3,
  probeMinMs: 1_000,
  probeMaxMs: 2_000,
  announceWaitMs: 2_000,
  announceNum: 2,
  announceIntervalMs: 2_000,
  maxConflicts: 10,
  rateLimitIntervalMs: 60_000,
  defendIntervalMs: 10_000,
};

/**
 * What to do when somebody else speaks as an address that is ours (RFC 5227, 2.4): (a) `never` defend it, give it up at
 * once; (b) defend it `once`, and give it up if that does not help; (c) defend it `always`, and never give it up.
 */
export type Defence = "never" | "once" | "always";

/** What becomes of a claim, in the order in which it can happen. */
export type ClaimState =
  /** Not begun: too many conflicts on this interface (2.1.1). */
  | "limited"
  /** Before the first probe. */
  | "waiting"
  /** From the first probe until the address may be used. */
  | "probing"
  /** In use, announcements are still to come. */
  | "announcing"
  /** In use. */
  | "claimed"
  /** The end: somebody else had it, or was about to take it. */
  | "conflict"
  /** The end: given up after it had been in use. */
  | "lost"
  /** The end: given back by its owner. */
  | "released";

/** What a claim waits for. */
export type ClaimStep = "start" | "first-probe" | "next-probe" | "announcement" | "next-announcement";

/** How a conflict showed: an ARP packet from the address (2.1.1, 2.4), or another host's probe for it (2.1.1). */
export type ConflictKind = "request" | "reply" | "announcement" | "probe";

/** What was done about a conflict; `ignored`: the address is defended always, and was a moment ago. */
export type ConflictResponse = "given-up" | "defended" | "ignored";

/**
 * All options, those not given as `base` has them.
 * @throws {RangeError} on a value that makes no sense.
 */
export function acdOptions(base: AcdOptions, given: Partial<AcdOptions>): AcdOptions {
  const options = { ...base, ...given };
  for (const [name, value] of Object.entries(options))
    if (!Number.isFinite(value) || value < 0) throw new RangeError(`${name} ${value}: it must be a number from 0 on`);
  for (const name of ["probeNum", "announceNum", "maxConflicts"] as const)
    if (!Number.isInteger(options[name]) || options[name] < 1)
      throw new RangeError(`${name} ${options[name]}: it must be a whole number from 1 on`);
  if (options.probeMinMs > options.probeMaxMs)
    throw new RangeError(`probeMinMs ${options.probeMinMs} exceeds probeMaxMs ${options.probeMaxMs}`);
  return options;
}
