/** What the neighbour cache can be told, and the words for what is in it. */

/** State of a neighbour entry: Linux's names (ip-neighbour(8)), from RFC 4861, 7.3.2. */
export const NeighbourState = {
  /** Being asked for; packets wait. */
  Incomplete: 1,
  /** Confirmed lately. */
  Reachable: 2,
  /** Known, and not confirmed for a while: used, and then verified. */
  Stale: 3,
  /** Stale and just used: verified soon, unless something confirms it before. */
  Delay: 4,
  /** Being verified by unicast requests; packets still go there. */
  Probe: 5,
  /** Did not answer. */
  Failed: 6,
  /** Set by hand; never changes by itself. */
  Permanent: 7,
  /** Set by hand, and neither asked for nor verified; forgotten when nobody uses it. */
  Noarp: 8,
} as const;
export type NeighbourState = (typeof NeighbourState)[keyof typeof NeighbourState];

/** States that an entry can be set to by hand (ip-neighbour(8): `nud`). */
export type SettableState =
  | typeof NeighbourState.Permanent
  | typeof NeighbourState.Noarp
  | typeof NeighbourState.Reachable
  | typeof NeighbourState.Stale;

const NAMES = ["none", "incomplete", "reachable", "stale", "delay", "probe", "failed", "permanent", "noarp"];

/** `reachable` and so on; 0 is `none`. */
export function neighbourStateName(state: number): string {
  return NAMES[state] ?? `state-${state}`;
}

/** Times in milliseconds. The defaults are Linux's (arp(7)), whose name for each stands beside it. */
export interface NeighbourOptions {
  /** Base of the time that a confirmation holds; the time itself is drawn from half to one and a half (base_reachable_time_ms). */
  readonly baseReachableMs: number;
  /** An entry that nobody used or confirmed for so long is forgotten (RFC 1122, 2.3.2.1; gc_stale_time). */
  readonly gcStaleMs: number;
  /** From the use of a stale entry to its verification (delay_first_probe_time). */
  readonly delayFirstProbeMs: number;
  /** Between two requests for one address; RFC 1122, 2.3.2.1 wants one a second at most (retrans_time_ms). */
  readonly retransMs: number;
  /** Broadcast requests before an address has failed (mcast_solicit). */
  readonly broadcastRequests: number;
  /** Unicast requests before a known neighbour has failed (ucast_solicit). */
  readonly unicastRequests: number;
  /** Broadcast requests for a known neighbour after the unicast ones, before it has failed (mcast_resolicit). */
  readonly rebroadcastRequests: number;
  /** A neighbour's MAC address does not change again within this time: the first answer wins (locktime). */
  readonly lockMs: number;
  /** Entries. Strangers never push out an entry that is in use (gc_thresh3). */
  readonly limit: number;
  /** With so many entries, those that nobody used are cleared away when another is made, every 5 s at most (gc_thresh2). */
  readonly gcThresh2: number;
  /** With fewer entries none is forgotten for its age (gc_thresh1). */
  readonly gcThresh1: number;
  /**
   * How often all entries are gone through and the old ones forgotten; 0: an entry is judged when somebody looks at it,
   * which nobody can tell apart. (Linux does it at half of base_reachable_time, whatever gc_interval says.)
   */
  readonly gcIntervalMs: number;
  /** Packets that wait for one address; the oldest is dropped for the newest (RFC 1122, 2.3.2.2; unres_qlen). */
  readonly queueLimit: number;
  /** Bytes of frames that wait for one address (unres_qlen_bytes). */
  readonly queueBytesEach: number;
  /** Bytes of memory for all waiting packets together. */
  readonly queueBytes: number;
  /** Whether a gratuitous ARP (RFC 5227 announcement) changes an entry that exists; it never makes one. */
  readonly acceptGratuitous: boolean;
}

export const NEIGHBOUR_DEFAULTS: NeighbourOptions = {
  baseReachableMs: 30_000,
  gcStaleMs: 60_000,
  delayFirstProbeMs: 5_000,
  retransMs: 1_000,
  broadcastRequests: 3,
  unicastRequests: 3,
  rebroadcastRequests: 0,
  lockMs: 1_000,
  limit: 1_024,
  gcThresh2: Number.POSITIVE_INFINITY,
  gcThresh1: 0,
  gcIntervalMs: 0,
  queueLimit: 101,
  queueBytesEach: 212_992,
  queueBytes: 256 * 1024,
  acceptGratuitous: true,
};

/** What Linux does and a host of ours does not unless told: it forgets nobody while there is room, and clears up by the clock. */
export const LINUX_NEIGHBOURS: NeighbourOptions = {
  ...NEIGHBOUR_DEFAULTS,
  gcThresh1: 128,
  gcThresh2: 512,
  gcIntervalMs: 15_000,
};

/** Slots that one eviction looks at, so that a flood of strangers costs the same whatever the table's size. */
export const SCAN = 16;
/** How long one draw of the reachable time holds (RFC 4861, 6.3.2: some hours; Linux: 5 minutes). */
export const REDRAW_MS = 300_000;
/** Between two clearings of a table that is fuller than `gcThresh2` (Linux: neigh_alloc). */
export const CLEAR_MS = 5_000;
/** Shortest time between two requests for one address, as Linux has it: a timer of 0 would ask without end. */
export const SHORTEST_RETRANS_MS = 10;

/** One entry, for people. */
export interface NeighbourView {
  /** Signed 32-bit integer. */
  readonly ip: number;
  /** Null while unknown. */
  readonly mac: Uint8Array | null;
  readonly state: NeighbourState;
  /** Milliseconds since the last confirmation; null if there was none. */
  readonly confirmedMs: number | null;
  /** Milliseconds since we last sent there; null if we never did. */
  readonly usedMs: number | null;
  /** Milliseconds since the state or the MAC address changed last. */
  readonly updatedMs: number;
  /** Milliseconds since the entry was made, or got the MAC address that it has. */
  readonly ageMs: number;
  /** Requests as Linux counts them: those for an unknown address begin after the unicast ones that it skips. */
  readonly probes: number;
  /** Packets that wait for the address. */
  readonly waiting: number;
}

export interface NeighbourStats {
  readonly entries: number;
  /** Requests sent, retransmissions included. */
  readonly requests: number;
  /** Entries pushed out by others because the table was full. */
  readonly evicted: number;
  /** Entries that were not made because the table was full. */
  readonly refused: number;
  /** Waiting packets dropped for newer ones, or for want of memory. */
  readonly queueDropped: number;
  /** MAC changes that were not believed: within the lock time. */
  readonly changesRefused: number;
}

/** What the cache asks its owner to do. All addresses are signed 32-bit integers; a MAC is its upper 16, lower 32 bits. */
export interface NeighbourUser {
  /**
   * Send an ARP request: broadcast if `high` is -1, else to that MAC. `attempt` counts from 1.
   * @param asker whose packet waits, as `NeighbourCache.use` was told; 0 if nobody's does.
   */
  solicit(ip: number, attempt: number, high: number, low: number, asker: number): void;
  /** The frame at `off` waited for this address: send it to the MAC. */
  transmit(buf: Uint8Array, off: number, length: number, high: number, low: number): void;
  /** The address did not answer: `waiting` calls of {@link unreachable} follow. */
  failed(ip: number, waiting: number): void;
  /** The frame at `off` waited in vain. */
  unreachable(ip: number, buf: Uint8Array, off: number, length: number): void;
  /** An entry changed its state; 0 is none. */
  changed(ip: number, from: number, to: number): void;
}
