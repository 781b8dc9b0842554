/** What the encoders of the two formats have in common, and the settings of a capture that is written. */
import type { BlockBuffer } from "./block-buffer.ts";
import type { CaptureStatistics } from "./info.ts";

/** What is said about an interface; all of it can be left out but the name. */
export interface InterfaceSettings {
  /** Empty if nobody knows it: then it is left out. */
  readonly name: string;
  readonly description?: string;
  /** Six bytes. */
  readonly mac?: Uint8Array;
  readonly os?: string;
  /** The capture filter's text. */
  readonly filter?: string;
  readonly comments?: readonly string[];
}

/** What is said about the capture as a whole. */
export interface SectionSettings {
  readonly hardware?: string;
  readonly os?: string;
  readonly application?: string;
  readonly comment?: string;
  /** Further ones. */
  readonly comments?: readonly string[];
}

/** What is said about one frame beside its bytes and time. */
export interface FrameNote {
  /** Shown by Wireshark as frame.comment, any number; each is cut after 65,535 bytes of UTF-8. */
  readonly comments?: readonly string[];
  /** The same number at each sighting of one frame, on whatever link: 0 to 2^53 - 1. */
  readonly packetId?: number;
}

/** Writes records into a buffer; knows nothing of files. */
export interface CaptureEncoder {
  /** Begins a file. */
  section(out: BlockBuffer): void;
  /** Describes the next interface; they are numbered from 0. */
  interface(out: BlockBuffer, settings: InterfaceSettings): void;
  /** One frame. `seconds` since 1970; `nanoseconds` 0 to 999,999,999; `captured` is what is kept of it. */
  frame(
    out: BlockBuffer,
    buf: Uint8Array,
    off: number,
    captured: number,
    originalLength: number,
    seconds: number,
    nanoseconds: number,
    interfaceId: number,
    direction: number,
    flags: number,
    note: FrameNote | undefined,
  ): void;
  /** Names for IPv4 addresses (32 bits, signed or unsigned). */
  names(out: BlockBuffer, names: Iterable<readonly [ip: number, name: string]>): void;
  /** An interface's counters at a time. */
  statistics(out: BlockBuffer, interfaceId: number, counters: Partial<CaptureStatistics>, seconds: number): void;
  /** The length of the record (not the file's first) at `at` in the buffer, so that a failed write is cut between two. */
  recordLength(out: BlockBuffer, at: number): number;
  /** True if that record is a frame. */
  isFrame(out: BlockBuffer, at: number): boolean;
}
