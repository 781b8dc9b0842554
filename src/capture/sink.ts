/**
 * Where a capture's bytes go: a file, standard output, a named pipe, memory, any of them compressed. Writing is
 * synchronous, so that what was captured is in the kernel's hands before the next frame is taken. What the system refuses
 * is a value: a full disk and a closed pipe are everyday matters.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { gzipSync } from "node:zlib";

/** Why bytes could not be written. */
export interface SinkError {
  /** `full`: no room left on the disk. `closed`: nobody reads the pipe any more. `io`: anything else. */
  readonly kind: "full" | "closed" | "io";
  /** The errno's name, such as ENOSPC. */
  readonly code: string;
  /** The errno in words, such as "no space left on device". */
  readonly message: string;
}

/** A failed write: the error, and how many bytes of that call were written all the same. */
export interface WriteFailure extends SinkError {
  readonly written: number;
}

export interface Sink {
  /** True if somebody may be waiting at the other end, so that nothing should be held back. */
  readonly live: boolean;
  /** Writes all of it, or says why not; afterwards `bytes` may be reused. */
  write(bytes: Uint8Array): WriteFailure | null;
  /** Takes back the last `count` bytes written, where the medium can: a pipe cannot. */
  takeBack(count: number): void;
  /** Ends writing. Some file systems tell only now that the disk is full. Safe to call twice. */
  close(): SinkError | null;
}

/** Opens a path for writing (an existing file is emptied), or standard output for `-`. */
export function openSink(path: string): Sink | SinkError {
  if (path === "-") return new FileSink(1, false);
  try {
    return new FileSink(openSync(path, "w"), true);
  } catch (error) {
    return sinkError(error);
  }
}

/** A file descriptor: a regular file, a pipe, a device. */
export class FileSink implements Sink {
  readonly live: boolean;
  readonly #regular: boolean;
  readonly #owned: boolean;
  #fd: number;
  #length = 0;

  /** @param owned the descriptor is closed with the sink. */
  constructor(fd: number, owned: boolean) {
    const info = fstatSync(fd);
    this.#fd = fd;
    this.#owned = owned;
    this.#regular = info.isFile();
    this.live = !this.#regular;
  }

  write(bytes: Uint8Array): WriteFailure | null {
    let written = 0;
    while (written < bytes.length) {
      try {
        written += writeSync(this.#fd, bytes, written, bytes.length - written);
      } catch (error) {
        const failure = sinkError(error);
        // A pipe that somebody set non-blocking, and that is full: its reader is slow, not gone.
        if (failure.code === "EAGAIN") pause();
        else {
          this.#length += written;
          return { ...failure, written };
        }
      }
    }
    this.#length += written;
    return null;
  }

  takeBack(count: number): void {
    if (!this.#regular || !this.#owned || count === 0) return;
    this.#length -= count;
    try {
      ftruncateSync(this.#fd, this.#length);
    } catch {
      // The write's failure is already reported; a file cut inside a record is still read up to there.
    }
  }

  close(): SinkError | null {
    if (this.#fd < 0 || !this.#owned) return null;
    const fd = this.#fd;
    this.#fd = -1;
    try {
      closeSync(fd);
      return null;
    } catch (error) {
      return sinkError(error);
    }
  }
}

/**
 * Compresses into another sink: one gzip member a write. Members that follow each other are one file (RFC 1952, 2.2), and
 * each is whole by itself, so that a file cut short loses its last member at most.
 */
export class GzipSink implements Sink {
  readonly live: boolean;
  readonly #inner: Sink;

  constructor(inner: Sink) {
    this.#inner = inner;
    this.live = inner.live;
  }

  write(bytes: Uint8Array): WriteFailure | null {
    const failure = this.#inner.write(gzipSync(bytes));
    if (failure === null) return null;
    // Half a member is of no use.
    this.#inner.takeBack(failure.written);
    return { ...failure, written: 0 };
  }

  takeBack(_count: number): void {}

  close(): SinkError | null {
    return this.#inner.close();
  }
}

/** Keeps everything in memory, for tests and for captures that are only looked at. */
export class MemorySink implements Sink {
  readonly live = false;
  #chunks: Uint8Array[] = [];

  /** All bytes so far, as one array of their own. */
  get bytes(): Uint8Array {
    const all = new Uint8Array(Buffer.concat(this.#chunks));
    this.#chunks = [all];
    return all.slice();
  }

  write(bytes: Uint8Array): null {
    this.#chunks.push(bytes.slice());
    return null;
  }

  takeBack(_count: number): void {}

  close(): null {
    return null;
  }
}

function sinkError(error: unknown): SinkError {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const name = typeof code === "string" ? code : "EIO";
  const text = typeof message === "string" ? message : String(error);
  const kind = name === "ENOSPC" || name === "EDQUOT" ? "full" : name === "EPIPE" ? "closed" : "io";
  return { kind, code: name, message: /^[A-Z0-9]+: (.*?)(, \w+.*)?$/.exec(text)?.[1] ?? text };
}

const never = new Int32Array(new SharedArrayBuffer(4));

/** Waits a millisecond without the event loop. */
function pause(): void {
  Atomics.wait(never, 0, 0, 1);
}
