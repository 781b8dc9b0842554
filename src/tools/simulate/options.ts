/** What a simulated segment can be told, and what it tells. */
import type { Impairments } from "../../link/impair/index.ts";

export interface SimulationOptions {
  /** Stations on the segment, 2 to 200; 50 unless given. */
  readonly hosts?: number;
  /** Simulated hours, 24 unless given. */
  readonly hours?: number;
  /** 32 bits, 1 unless given: everything that happens follows from it. */
  readonly seed?: number;
  /** Of each station's link; bursts of loss, a few duplicates and corrupted frames unless given. */
  readonly impairments?: Impairments;
  /** Gets every frame on the segment, as a pcapng file. */
  readonly write?: (bytes: Uint8Array) => void;
  /** Bytes of memory in use, read after each hour; 0 unless given. */
  readonly memory?: () => number;
}

/** Counters of a simulation, or of one hour of it. */
export interface SimulationCounters {
  /** Frames on the segment. */
  readonly frames: number;
  /** Echo requests that left, or wait for their way to be resolved. */
  readonly pings: number;
  readonly answered: number;
  /** Answers to requests that had an answer already. */
  readonly duplicates: number;
  /** Replies whose data were not what was sent: never, whatever is corrupted on the way. */
  readonly wrong: number;
  /** Requests to stations that were away, or that nobody answered ARP for. */
  readonly unreachable: number;
  readonly joined: number;
  readonly left: number;
  /** Stations that left to come back with another address, another MAC, or both. */
  readonly changed: number;
  /** Stations that gave their address up because another one used it. */
  readonly conflicts: number;
  /** Claims that found their address in use, or wanted by another station as well (RFC 5227, 2.1.1). */
  readonly taken: number;
  /** Frames lost by impairment, and made by it. */
  readonly lost: number;
  readonly duplicated: number;
  readonly corrupted: number;
}

export interface HourReport extends SimulationCounters {
  /** From 1. */
  readonly hour: number;
  /** What `memory` said. */
  readonly memory: number;
}

export interface SimulationReport extends SimulationCounters {
  readonly hours: readonly HourReport[];
  /** SHA-256 of the capture and of all counters: equal for equal runs. */
  readonly fingerprint: string;
}
