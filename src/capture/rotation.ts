/**
 * Captures written to one file after another, as tcpdump does with -C (by size), -G (by time) and -W (so many files):
 * the same names, the same moments. Every file is a whole capture with all interfaces described.
 */
import type { FrameNote, InterfaceSettings } from "./encoder.ts";
import type { CaptureStatistics } from "./info.ts";
import { strftime } from "./strftime.ts";
import {
  type CaptureWriteError,
  type CaptureWriter,
  createAs,
  type FrameWriter,
  isWriteError,
  type WriterSettings,
} from "./writer.ts";

/** When the next file begins. One of `size` and `seconds` at least. */
export interface Rotation {
  /** `-C`: begin another file before the frame that follows this many bytes. */
  readonly size?: number;
  /** `-G`: begin another file with the first frame after this many seconds; the name is then a strftime(3) format. */
  readonly seconds?: number;
  /** `-W`: with a size, begin again with the first file after so many; without, stop after so many. */
  readonly files?: number;
}

export interface RotationHooks {
  /** Unix time in seconds. */
  now(): number;
  /** A file is complete; another follows, or none will. */
  closed?(path: string): void;
}

/**
 * Digits that number the files: as many as the last one's number takes, where it is known.
 * @returns the name itself for the first file where nothing else is numbered.
 */
export function numberedName(name: string, number: number, files: number | undefined): string {
  const width = files === undefined || files <= 1 ? 0 : String(files - 1).length;
  return number === 0 && width === 0 ? name : `${name}${String(number).padStart(width, "0")}`;
}

/** Creates the first file. */
export function createRotation(
  name: string,
  settings: WriterSettings,
  rotation: Rotation,
  hooks: RotationHooks,
): RotatingCapture | CaptureWriteError {
  const capture = new RotatingCapture(name, settings, rotation, hooks);
  return capture.error ?? capture;
}

export class RotatingCapture implements FrameWriter {
  /** True once -W's number of files by time is reached: nothing more is written. */
  isFull = false;
  error: CaptureWriteError | null = null;
  readonly #name: string;
  readonly #settings: WriterSettings;
  readonly #rotation: Rotation;
  readonly #hooks: RotationHooks;
  readonly #interfaces: InterfaceSettings[];
  #writer: CaptureWriter | null = null;
  #path = "";
  /** Unix time when the present name was made. */
  #since: number;
  /** Files begun because of the time, and the present file's number by size. */
  #turns = 0;
  #number = 0;
  #frames = 0;

  constructor(name: string, settings: WriterSettings, rotation: Rotation, hooks: RotationHooks) {
    this.#name = name;
    this.#settings = settings;
    this.#rotation = rotation;
    this.#hooks = hooks;
    this.#interfaces = [...(settings.interfaces ?? [])];
    this.#since = Math.floor(hooks.now());
    this.#open();
  }

  get interfaces(): number {
    return this.#interfaces.length;
  }

  addInterface(settings: InterfaceSettings): number {
    this.#interfaces.push(settings);
    this.#writer?.addInterface(settings);
    return this.#interfaces.length - 1;
  }

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
    if (this.#isTimeUp()) this.#turn();
    else if (this.#writer !== null && this.#writer.length > (this.#rotation.size ?? Number.POSITIVE_INFINITY)) {
      this.#closeFile();
      const { files } = this.#rotation;
      this.#number = files !== undefined && this.#number + 1 >= files ? 0 : this.#number + 1;
      this.#open();
    }
    const writer = this.#writer;
    if (writer === null) return false;
    const isDone = writer.append(buf, off, length, originalLength, epoch, time, interfaceId, direction, flags, note);
    this.error = writer.error;
    return isDone;
  }

  addNames(names: Iterable<readonly [ip: number, name: string]>): void {
    this.#writer?.addNames(names);
  }

  addStatistics(interfaceId: number, counters: Partial<CaptureStatistics>, seconds?: number): void {
    this.#writer?.addStatistics(interfaceId, counters, seconds);
  }

  flush(): CaptureWriteError | null {
    this.error = this.#writer?.flush() ?? this.error;
    return this.error;
  }

  /** Closes the present file; it is not reported as closed, since no other follows. */
  close(): CaptureWriteError | null {
    const failure = this.#writer?.close() ?? null;
    this.#writer = null;
    this.error ??= failure;
    return this.error;
  }

  #isTimeUp(): boolean {
    const { seconds } = this.#rotation;
    return seconds !== undefined && Math.floor(this.#hooks.now()) - this.#since >= seconds && !this.isFull;
  }

  /** Another name by the clock; numbers begin anew. */
  #turn(): void {
    this.#since = Math.floor(this.#hooks.now());
    this.#turns++;
    this.#closeFile();
    const { size, files } = this.#rotation;
    if (size === undefined && files !== undefined && this.#turns >= files) {
      this.isFull = true;
      return;
    }
    this.#number = 0;
    this.#open();
  }

  #closeFile(): void {
    const writer = this.#writer;
    this.#writer = null;
    if (writer === null) return;
    const failure = writer.close();
    this.#frames = writer.frames;
    if (failure !== null) this.error ??= failure;
    this.#hooks.closed?.(this.#path);
  }

  #open(): void {
    if (this.error !== null) return;
    const { size, seconds, files } = this.#rotation;
    const name = seconds === undefined ? this.#name : strftime(this.#name, this.#since);
    this.#path = size === undefined ? name : numberedName(name, this.#number, files);
    const writer = createAs(this.#path, this.#name, { ...this.#settings, interfaces: this.#interfaces });
    if (isWriteError(writer)) this.error = { ...writer, frames: this.#frames };
    else this.#writer = writer;
  }
}
