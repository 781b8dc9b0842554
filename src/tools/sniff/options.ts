/** What a sniffer is told, and what it tells at the end. */
import type { Ancillary } from "../../../packets/bpf.ts";
import type { TreeOptions } from "../../../packets/fields/index.ts";
import type { TextOptions } from "../../../packets/text/index.ts";
import type { CaptureReader, FrameWriter, Sink } from "../../capture/index.ts";
import type { Link } from "../../link/link.ts";
import type { SeveralLinks } from "./several.ts";

/** Where frames come from: an interface (opened with `outgoing`, to see both ways), several of them, or a capture file. */
export type SniffSource = Link | SeveralLinks | CaptureReader;

/** Decides over a frame; a compiled filter expression's BpfProgram is one. */
export interface FrameFilter {
  /** True if it wants to be told what is known beside the bytes, such as the direction. */
  readonly asksKernel?: boolean;
  /**
   * @param length captured bytes. @param originalLength bytes on the wire.
   * @param ancillary what is known beside the bytes, if it asks and the frame comes from a link.
   */
  matches(buf: Uint8Array, off: number, length: number, originalLength: number, ancillary?: Ancillary | null): boolean;
}

export interface SniffOptions {
  /** What is written to `out` for a frame: tcpdump's lines, one JSON object a line, or nothing. Default text. */
  readonly format?: "text" | "json" | "none";
  /** How lines look. */
  readonly text?: TextOptions;
  /** With `text`: adds every field below a frame's line, and its bytes. */
  readonly tree?: TreeOptions;
  /** Adds what each frame means; lines get numbers, because explanations refer to them. */
  readonly explain?: boolean;
  /** `-c`: end after this many frames. */
  readonly count?: number;
  /** `-Q`: frames of a file that do not say which way they went match `inout` only. */
  readonly direction?: "in" | "out" | "inout";
  /** For what the kernel has not filtered already: files, and links without a filter. */
  readonly filter?: FrameFilter;
  /** `-s`: bytes kept of a frame; of a file's frames, only when they are written. */
  readonly snapLength?: number;
  /** `-l`: write lines as soon as they are there, whatever the output is. */
  readonly lineBuffered?: boolean;
  /** `-U`: the same for the capture file. */
  readonly packetBuffered?: boolean;
  /**
   * A capture to write the frames to; closed at the end. Explanations become their comments. A file's interfaces, comments
   * and names are copied, unless interfaces were described to the writer already.
   */
  readonly writer?: FrameWriter;
  /** The source's name in JSON and messages, if it is a file. */
  readonly name?: string;
}

export interface SniffIo {
  readonly out: Sink;
  /** True if somebody watches: lines then appear at once. */
  readonly isTerminal?: boolean;
  /** Takes messages about the link, such as that it went down: each a line without its end. */
  readonly note?: (message: string) => void;
}

/** Counters, at any time. */
export interface SniffCounters {
  /** Frames printed, written or counted. */
  readonly captured: number;
  /** Frames that the kernel's filter let pass, dropped ones included; of a file, the frames read. */
  readonly received: number;
  /** Frames that the kernel dropped because they were not read in time. */
  readonly dropped: number;
}

export interface SniffResult extends SniffCounters {
  /**
   * Why it ended: `count` frames were taken; `stop` was called; the file's `end`; the output's reader has `closed` its
   * end (no failure); the interface is `gone`; or something `failed`.
   */
  readonly ended: "count" | "stop" | "end" | "closed" | "gone" | "failed";
  /** One line about what went wrong and what to do, or null. */
  readonly error: string | null;
}

export interface Sniffing {
  /** Settles when everything is written and closed; it never rejects. */
  readonly done: Promise<SniffResult>;
  /** Ends it. Safe to call twice, and from within a signal handler. */
  stop(): void;
  counters(): SniffCounters;
}
