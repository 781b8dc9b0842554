/**
 * Where a capture's bytes come from: a file, standard input, a named pipe, each of them compressed or not. What the
 * system or zlib refuses is thrown here and becomes a value in the reader.
 */
import { constants, openSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { createGunzip, type Gunzip } from "node:zlib";

export interface ByteSource {
  /** Bytes that there are in all, as they are stored; missing or 0 if nobody knows. */
  readonly size?: number;
  /** Bytes of these that were read. */
  readonly consumed?: number;
  /** Reads some bytes into `into` from `offset` on. Returns how many came; 0 at the end. */
  read(into: Uint8Array, offset: number): Promise<number>;
  /** Ends reading. Safe to call twice. */
  close(): Promise<void>;
}

/** Opens a path, or standard input for `-`. */
export async function openSource(path: string): Promise<ByteSource> {
  if (path === "-") return new StreamSource(process.stdin);
  const info = await stat(path);
  // A read of a pipe that waits in node's thread pool keeps the process from ending; a stream's does not. Opened
  // without blocking, a pipe that nobody writes to yet waits in the event loop as well.
  if (info.isFIFO()) {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return new StreamSource(new Socket({ fd, readable: true, writable: false }));
  }
  return new FileSource(await open(path, "r"), info.size);
}

class FileSource implements ByteSource {
  readonly size: number;
  consumed = 0;
  readonly #handle: FileHandle;
  #closed = false;

  constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.size = size;
  }

  async read(into: Uint8Array, offset: number): Promise<number> {
    const { bytesRead } = await this.#handle.read(into, offset, into.length - offset, null);
    this.consumed += bytesRead;
    return bytesRead;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#handle.close();
  }
}

class StreamSource implements ByteSource {
  consumed = 0;
  readonly #stream: Readable;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);

  constructor(stream: Readable) {
    this.#stream = stream;
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  }

  async read(into: Uint8Array, offset: number): Promise<number> {
    while (this.#chunk.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return 0;
      this.#chunk = next.value;
    }
    const count = Math.min(this.#chunk.length, into.length - offset);
    into.set(this.#chunk.subarray(0, count), offset);
    this.#chunk = this.#chunk.subarray(count);
    this.consumed += count;
    return count;
  }

  async close(): Promise<void> {
    this.#stream.destroy();
  }
}

/** Compressed bytes given to zlib at once: at most a thousand times as many come out and wait in memory. */
const PIECE = 8 * 1024;

/** The first two bytes of a gzip member (RFC 1952). */
export function isGzip(buf: Uint8Array, off: number): boolean {
  return buf[off] === 0x1f && buf[off + 1] === 0x8b;
}

/**
 * Decompresses another source. Damage is reported after everything that zlib gave out before it, which may lack the last
 * 16 KiB before the damage; of a file cut short nothing is missing.
 */
export class GunzipSource implements ByteSource {
  readonly #source: ByteSource;
  readonly #gunzip: Gunzip;
  readonly #piece = new Uint8Array(PIECE);
  #given: Uint8Array;
  readonly #chunks: Uint8Array[] = [];
  #error: Error | null = null;
  #ended = false;
  #inputEnded = false;
  #wake: () => void = () => {};

  /** @param first bytes that were read from `source` already. */
  constructor(source: ByteSource, first: Uint8Array) {
    this.#source = source;
    this.#given = first;
    this.#gunzip = createGunzip();
    this.#gunzip.on("data", (chunk: Uint8Array) => {
      this.#chunks.push(chunk);
      // While there is input, the next piece waits until zlib is through with this one: pieces must not pile up.
      if (this.#inputEnded) this.#wake();
    });
    this.#gunzip.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
    this.#gunzip.on("error", (error) => {
      this.#error = error;
      this.#wake();
    });
  }

  get size(): number {
    return this.#source.size ?? 0;
  }

  get consumed(): number {
    return this.#source.consumed ?? 0;
  }

  async read(into: Uint8Array, offset: number): Promise<number> {
    while (this.#chunks.length === 0) {
      if (this.#error !== null) throw this.#error;
      if (this.#ended) return 0;
      await this.#feed();
    }
    const chunk = this.#chunks[0]!;
    const count = Math.min(chunk.length, into.length - offset);
    into.set(chunk.subarray(0, count), offset);
    if (count === chunk.length) this.#chunks.shift();
    else this.#chunks[0] = chunk.subarray(count);
    return count;
  }

  async close(): Promise<void> {
    this.#gunzip.destroy();
    await this.#source.close();
  }

  /** Gives zlib the next piece and waits until it is through with it, or has failed. */
  async #feed(): Promise<void> {
    let piece = this.#given.subarray(0, PIECE);
    this.#given = this.#given.subarray(piece.length);
    if (piece.length === 0 && !this.#inputEnded) {
      piece = this.#piece.subarray(0, await this.#source.read(this.#piece, 0));
    }
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (piece.length > 0) this.#gunzip.write(piece, () => resolve());
      else if (!this.#inputEnded) {
        this.#inputEnded = true;
        this.#gunzip.end();
      }
    });
  }
}
