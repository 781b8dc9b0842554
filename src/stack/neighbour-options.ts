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
} as const;
export type NeighbourState = (typeof NeighbourState)[keyof typeof NeighbourState];

const NAMES = ["none", "incomplete", "reachable", "stale", "delay", "probe", "failed", "permanent"];

/** `reachable` and so on; 0 is `none`. */
export function neighbourStateName(state: number): string {
  return NAMES[state] ?? `state-${state}`;
}

/** Times in milliseconds. The defaults are Linux's (arp(7)). */
export interface NeighbourOptions {
  /** Base of the time that a confirmation holds; the time itself is drawn from half to one and a half of it. */
  readonly baseReachableMs: number;
  /** An entry that nobody used or confirmed for so long is forgotten (RFC 1122, 2.3.2.1). */
  readonly gcStaleMs: number;
  /** From the use of a stale entry to its verification. */
  readonly delayFirstProbeMs: number;
  /** Between two requests for one address; RFC 1122, 2.3.2.1 wants one a second at most. */
  readonly retransMs: number;
  /** Broadcast requests before an address has failed. */
  readonly broadcastRequests: number;
  /** Unicast requests before a known neighbour has failed. */
  readonly unicastRequests: number;
  /** A neighbour's MAC address does not change again within this time: the first answer wins. */
  readonly lockMs: number;
  /** Entries. Strangers never push out an entry that is in use. */
  readonly limit: number;
  /** Packets that wait for one address; the oldest is dropped for the newest (RFC 1122, 2.3.2.2). */
  readonly queueLimit: number;
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
  lockMs: 1_000,
  limit: 1_024,
  queueLimit: 101,
  queueBytes: 256 * 1024,
  acceptGratuitous: true,
};

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
  /** Send an ARP request: broadcast if `high` is -1, else to that MAC. `attempt` counts from 1. */
  solicit(ip: number, attempt: number, high: number, low: number): void;
  /** The frame at `off` waited for this address: send it to the MAC. */
  transmit(buf: Uint8Array, off: number, length: number, high: number, low: number): void;
  /** The address did not answer: `waiting` calls of {@link unreachable} follow. */
  failed(ip: number, waiting: number): void;
  /** The frame at `off` waited in vain. */
  unreachable(ip: number, buf: Uint8Array, off: number, length: number): void;
  /** An entry changed its state; 0 is none. */
  changed(ip: number, from: number, to: number): void;
}
