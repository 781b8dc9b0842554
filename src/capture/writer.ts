/**
 * Writing capture files. Records gather in memory and go out together: when it is full, on `flush`, at once if somebody
 * waits at the other end of a pipe, and at the end. If the disk fills up, the file is cut after the last whole record.
 *
 * @example
 * const writer = createCapture("lab.pcapng", { application: "vethlab", interfaces: [{ name: "ve0" }] });
 * if (isWriteError(writer)) throw new Error(writer.message);
 * writer.append(frame, 0, frame.length, frame.length, 1_700_000_000, 5, 0, CaptureDirection.In);
 * const error = writer.close();
 */
import { BlockBuffer } from "./block-buffer.ts";
import type { CaptureEncoder, FrameNote, InterfaceSettings, SectionSettings } from "./encoder.ts";
import { MAX_FRAME } from "./format.ts";
import type { CaptureStatistics } from "./info.ts";
import { PcapEncoder } from "./pcap-encoder.ts";
import { PcapngEncoder } from "./pcapng-encoder.ts";
import { GzipSink, openSink, type Sink, type SinkError } from "./sink.ts";

/** `pcap-nano` is classic pcap with times in nanoseconds. */
export type CaptureFormat = "pcapng" | "pcap" | "pcap-nano";

export interface WriterSettings extends SectionSettings {
  /** Default: by the file's name (see {@link formatOf}), pcapng for standard output. */
  readonly format?: CaptureFormat;
  /** Described at once, so that a reader at a pipe's other end can begin. Classic pcap does not keep them. */
  readonly interfaces?: readonly InterfaceSettings[];
  /** Bytes kept of a frame, 1 to 262,144 (default). */
  readonly snapLength?: number;
  /** Hand over every record at once (default: only if the sink is no regular file). */
  readonly immediate?: boolean;
}

/** Why a capture could not be written, in a form that makes one clear line. */
export interface CaptureWriteError extends SinkError {
  /** Frames that are whole in the file (or went down the pipe) all the same. */
  readonly frames: number;
  /** Frames that were appended and are lost. */
  readonly lost: number;
}

/** Where frames are written to: one file, or several in turn. */
export interface FrameWriter {
  /** Interfaces described so far. */
  readonly interfaces: number;
  readonly error: CaptureWriteError | null;
  addInterface(settings: InterfaceSettings): number;
  append(
    buf: Uint8Array,
    off: number,
    length: number,
    originalLength: number,
    epoch: number,
    time: number,
    interfaceId: number,
    direction: number,
    flags?: number,
    note?: FrameNote,
  ): boolean;
  addNames(names: Iterable<readonly [ip: number, name: string]>): void;
  addStatistics(interfaceId: number, counters: Partial<CaptureStatistics>, seconds?: number): void;
  flush(): CaptureWriteError | null;
  close(): CaptureWriteError | null;
}

/** Frames that came together, as links deliver them and readers, too. */
export interface FrameSource {
  readonly count: number;
  readonly buffer: Uint8Array;
  readonly offset: Int32Array;
  readonly length: Int32Array;
  readonly originalLength: Int32Array;
  readonly direction: Uint8Array;
  readonly flags: Uint8Array;
  readonly time: Float64Array;
}

/** The format that a file's name asks for: `.pcap` classic, anything else pcapng; `.gz` after it compresses. */
export function formatOf(path: string): { readonly format: CaptureFormat; readonly gzip: boolean } {
  const gzip = /\.gz$/i.test(path);
  const name = gzip ? path.slice(0, -3) : path;
  return { format: /\.pcap$/i.test(name) ? "pcap" : "pcapng", gzip };
}

/** Creates a capture file (an existing one is emptied), or begins one on standard output for `-`. */
export function createCapture(path: string, settings: WriterSettings = {}): CaptureWriter | CaptureWriteError {
  return createAs(path, path, settings);
}

/** Creates a capture file as `path`, in the format that another name asks for. */
export function createAs(path: string, name: string, settings: WriterSettings): CaptureWriter | CaptureWriteError {
  const byName = formatOf(name);
  const sink = openSink(path);
  if (!("write" in sink)) return { ...sink, frames: 0, lost: 0 };
  return new CaptureWriter(byName.gzip ? new GzipSink(sink) : sink, { format: byName.format, ...settings });
}

/** True for the error that {@link createCapture} gives in a writer's place. */
export function isWriteError(result: FrameWriter | CaptureWriteError): result is CaptureWriteError {
  return "kind" in result;
}

export class CaptureWriter implements FrameWriter {
  readonly format: CaptureFormat;
  readonly #sink: Sink;
  readonly #encoder: CaptureEncoder;
  readonly #out = new BlockBuffer();
  readonly #snapLength: number;
  readonly #immediate: boolean;
  #interfaces = 0;
  /** Frames in the buffer. */
  #pending = 0;
  /** Bytes at the buffer's front that begin the file; 0 after the first flush. */
  #head: number;
  #frames = 0;
  #flushed = 0;
  #error: CaptureWriteError | null = null;
  #closed = false;

  constructor(sink: Sink, settings: WriterSettings = {}) {
    this.#sink = sink;
    this.format = settings.format ?? "pcapng";
    this.#snapLength = Math.min(Math.max(settings.snapLength ?? MAX_FRAME, 1), MAX_FRAME);
    this.#immediate = settings.immediate ?? sink.live;
    this.#encoder =
      this.format === "pcapng"
        ? new PcapngEncoder(settings, this.#snapLength)
        : new PcapEncoder(this.format === "pcap-nano", this.#snapLength);
    this.#encoder.section(this.#out);
    this.#head = this.#out.length;
    for (const item of settings.interfaces ?? []) this.addInterface(item);
    if (this.#immediate) this.flush();
  }

  /** Set once writing has failed; from then on everything is counted as lost. */
  get error(): CaptureWriteError | null {
    return this.#error;
  }

  get interfaces(): number {
    return this.#interfaces;
  }

  /** Bytes written so far, what has only gathered included; before they are compressed. */
  get length(): number {
    return this.#flushed + this.#out.length;
  }

  /** Frames handed to the sink. */
  get frames(): number {
    return this.#frames;
  }

  /** Describes a further interface. Returns its number, for `append`. */
  addInterface(settings: InterfaceSettings): number {
    this.#encoder.interface(this.#out, settings);
    this.#written();
    return this.#interfaces++;
  }

  /**
   * Appends one frame; its bytes are copied.
   * @param length captured bytes; what exceeds the snap length is cut.
   * @param epoch Unix time in whole seconds. @param time nanoseconds since `epoch`, of any size.
   * @param interfaceId from `addInterface`, or the place among the settings' interfaces.
   * @param direction one of CaptureDirection. @param flags bits of RecordFlag.
   * @returns false once writing has failed: see `error`.
   */
  append(
    buf: Uint8Array,
    off: number,
    length: number,
    originalLength: number,
    epoch: number,
    time: number,
    interfaceId: number,
    direction: number,
    flags = 0,
    note?: FrameNote,
  ): boolean {
    if (this.#error !== null) return this.#lose();
    const captured = Math.min(length, this.#snapLength);
    if (!this.#out.fits(captured + RESERVE)) {
      this.flush();
      if (this.#error !== null) return this.#lose();
    }
    const carry = Math.floor(time / 1e9);
    this.#encoder.frame(
      this.#out,
      buf,
      off,
      captured,
      originalLength,
      epoch + carry,
      time - carry * 1e9,
      interfaceId,
      direction,
      flags,
      note,
    );
    this.#pending++;
    this.#written();
    return this.#error === null;
  }

  /** Appends all frames of a batch. Returns false once writing has failed. */
  appendBatch(batch: FrameSource, epoch: number, interfaceId: number): boolean {
    for (let i = 0; i < batch.count; i++) {
      this.append(
        batch.buffer,
        batch.offset[i]!,
        batch.length[i]!,
        batch.originalLength[i]!,
        epoch,
        batch.time[i]!,
        interfaceId,
        batch.direction[i]!,
        batch.flags[i]!,
      );
    }
    return this.#error === null;
  }

  /** Records names for IPv4 addresses (32 bits), which Wireshark then shows. */
  addNames(names: Iterable<readonly [ip: number, name: string]>): void {
    this.#encoder.names(this.#out, names);
    this.#written();
  }

  /** Records an interface's counters, once at the end. `seconds`: Unix time, with a fraction if known. */
  addStatistics(interfaceId: number, counters: Partial<CaptureStatistics>, seconds = Date.now() / 1000): void {
    this.#encoder.statistics(this.#out, interfaceId, counters, seconds);
    this.#written();
  }

  /** Hands over what has gathered. Returns the error, or null. */
  flush(): CaptureWriteError | null {
    const out = this.#out;
    if (out.length === 0 || this.#error !== null) return this.#error;
    this.#flushed += out.length;
    const failure = this.#sink.write(out.bytes.subarray(0, out.length));
    if (failure === null) this.#frames += this.#pending;
    else {
      const whole = this.#wholeRecords(failure.written);
      this.#sink.takeBack(failure.written - whole.length);
      this.#frames += whole.frames;
      const { kind, code, message } = failure;
      this.#error = { kind, code, message, frames: this.#frames, lost: this.#pending - whole.frames };
    }
    this.#pending = 0;
    this.#head = 0;
    out.length = 0;
    return this.#error;
  }

  /** Flushes and closes. Returns the first error of all, or null if everything is written. Safe to call twice. */
  close(): CaptureWriteError | null {
    if (this.#closed) return this.#error;
    this.#closed = true;
    this.flush();
    const failure = this.#sink.close();
    if (failure !== null && this.#error === null) this.#error = { ...failure, frames: this.#frames, lost: 0 };
    return this.#error;
  }

  #written(): void {
    if (this.#immediate || this.#out.length >= FLUSH_AT) this.flush();
  }

  #lose(): false {
    const error = this.#error;
    if (error !== null) this.#error = { ...error, lost: error.lost + 1 };
    return false;
  }

  /** How much of the buffer's first `written` bytes are whole records, and how many of them frames. */
  #wholeRecords(written: number): { length: number; frames: number } {
    const out = this.#out;
    let length = this.#head;
    let frames = 0;
    if (length > written) return { length: 0, frames };
    while (length < out.length) {
      const next = length + this.#encoder.recordLength(out, length);
      if (next > written) break;
      if (this.#encoder.isFrame(out, length)) frames++;
      length = next;
    }
    return { length, frames };
  }
}

/** More than a record takes beside its frame, comments apart. */
const RESERVE = 64;
const FLUSH_AT = 192 * 1024;
