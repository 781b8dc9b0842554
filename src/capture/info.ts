/** What a capture file says about itself, beside its frames. Classic pcap has one section and one unnamed interface. */
import type { TickClock } from "./time.ts";

/** A section of a pcapng file: what one program wrote. */
export interface CaptureSection {
  readonly littleEndian: boolean;
  readonly hardware: string;
  readonly os: string;
  readonly application: string;
  readonly comments: readonly string[];
}

/** An interface that frames were captured on. */
export interface CaptureInterface {
  /** Index of its section. */
  readonly section: number;
  /** Its number within the section. */
  readonly id: number;
  /** Empty if the file does not say, as are the next two. */
  readonly name: string;
  readonly description: string;
  readonly os: string;
  /** The capture filter, as text; empty if none is recorded. */
  readonly filter: string;
  /** The interface's MAC address, or null. */
  readonly mac: Uint8Array | null;
  readonly comments: readonly string[];
  readonly linkType: number;
  /** Longest captured length in bytes; 0 means no limit. */
  readonly snapLength: number;
  readonly clock: TickClock;
  /** Its counters at the end of the capture, if the file has them (Interface Statistics Block). */
  statistics: CaptureStatistics | null;
}

/** Counters of one interface; null where the file does not say. */
export interface CaptureStatistics {
  /** Frames that the interface received. */
  readonly received: number | null;
  /** Frames that the interface dropped. */
  readonly dropped: number | null;
  /** Frames that passed the filter. */
  readonly filterAccepted: number | null;
  /** Frames that the operating system dropped for want of room. */
  readonly osDropped: number | null;
  /** Frames handed to the program. */
  readonly delivered: number | null;
}
