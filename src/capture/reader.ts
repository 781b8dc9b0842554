/**
 * Reading capture files: pcap and pcapng, compressed or not, from a path or standard input, in batches of records in
 * place and in memory that does not grow with the file.
 *
 * @example
 * const reader = await openCapture("lab.pcapng");
 * if (isCaptureError(reader)) throw new Error(reader.message);
 * for await (const batch of reader) {
 *   for (let i = 0; i < batch.count; i++) frames += batch.length[i]! > 0 ? 1 : 0;
 * }
 * if (reader.error !== null) console.error(`${reader.error.message} at byte ${reader.error.offset}`);
 */
import { RecordBatch } from "./batch.ts";
import { chooseDecoder, MAGIC_LENGTH } from "./choose.ts";
import type { CaptureDecoder, DecoderOptions } from "./decoder.ts";
import type { CaptureError } from "./format.ts";
import type { CaptureInterface, CaptureSection } from "./info.ts";
import { type ByteSource, GunzipSource, isGzip, openSource } from "./source.ts";
import { Window } from "./window.ts";

/**
 * Opens a capture file and recognises its format by its first bytes; the name does not matter.
 * @param path a file, a named pipe, or `-` for standard input.
 * @param options anyLinkType: deliver frames that are not Ethernet, too (default: they are an error).
 * @returns a reader, or why there is none. Nothing in a file makes it throw.
 */
export async function openCapture(
  path: string,
  options: Partial<DecoderOptions> = {},
): Promise<CaptureReader | CaptureError> {
  try {
    return await readerOf(await openSource(path), options);
  } catch (error) {
    return failure(error, 0);
  }
}

/** The same for bytes that come from anywhere. The source is closed with the reader, or at once if there is none. */
export async function readerOf(
  source: ByteSource,
  options: Partial<DecoderOptions> = {},
): Promise<CaptureReader | CaptureError> {
  const window = new Window();
  let from = source;
  let problem: CaptureError;
  try {
    await fill(window, from, MAGIC_LENGTH);
    if (window.available >= 2 && isGzip(window.buffer, window.start)) {
      from = new GunzipSource(source, window.buffer.slice(window.start, window.end));
      window.start = window.end = 0;
      await fill(window, from, MAGIC_LENGTH);
    }
    const decoder = chooseDecoder(window, { anyLinkType: options.anyLinkType ?? false });
    if (!("kind" in decoder)) {
      const reader = new CaptureReader(from, window, decoder);
      await reader.begin();
      return reader;
    }
    problem = decoder;
  } catch (error) {
    problem = failure(error, window.position);
  }
  await from.close();
  return problem;
}

/** True for the error that {@link openCapture} gives in a reader's place. */
export function isCaptureError(result: object): result is CaptureError {
  return "kind" in result && "offset" in result;
}

/** An open capture file. Iterate over it once; leaving the loop closes it. */
export class CaptureReader implements AsyncIterable<RecordBatch> {
  /**
   * Why the records ended before the file's proper end; null after a whole file. Known once the loop has ended, or at
   * once if there is nothing that could be read before it.
   */
  error: CaptureError | null = null;
  readonly #source: ByteSource;
  readonly #window: Window;
  readonly #decoder: CaptureDecoder;
  readonly #batch = new RecordBatch();

  constructor(source: ByteSource, window: Window, decoder: CaptureDecoder) {
    this.#source = source;
    this.#window = window;
    this.#decoder = decoder;
  }

  get format(): "pcap" | "pcapng" {
    return this.#decoder.format;
  }

  /** Sections met so far. */
  get sections(): readonly CaptureSection[] {
    return this.#decoder.sections;
  }

  /** Interfaces met so far, of all sections; a record's `interfaceIndex` points here. */
  get interfaces(): readonly CaptureInterface[] {
    return this.#decoder.interfaces;
  }

  /** Names met so far for IPv4 addresses (signed 32-bit integers). */
  get names(): ReadonlyMap<number, string> {
    return this.#decoder.names;
  }

  /** Bytes of the file, as it is stored; 0 if it is a pipe. */
  get size(): number {
    return this.#source.size ?? 0;
  }

  /** Bytes of these that were read so far. */
  get bytesRead(): number {
    return this.#source.consumed ?? 0;
  }

  /**
   * Reads what the file says of itself before its first record, as far as that is there without waiting for a record.
   * For {@link readerOf}.
   */
  async begin(): Promise<void> {
    const window = this.#window;
    const decoder = this.#decoder;
    const batch = this.#batch;
    batch.buffer = window.buffer;
    while (decoder.decode(window, batch) && decoder.interfaces.length === 0 && batch.count === 0) {
      window.makeRoom(decoder.need);
      batch.buffer = window.buffer;
      const count = await this.#source.read(window.buffer, window.end);
      if (count === 0) break;
      window.filled(count);
    }
    if (batch.count === 0) this.error = decoder.error;
  }

  /** Batches of one record at least, each valid until the next is asked for; always the same object. */
  async *[Symbol.asyncIterator](): AsyncGenerator<RecordBatch, void, void> {
    const window = this.#window;
    const decoder = this.#decoder;
    const batch = this.#batch;
    try {
      // What `begin` found.
      if (batch.count > 0) yield batch;
      for (;;) {
        if (decoder.error !== null) {
          this.error = decoder.error;
          return;
        }
        batch.count = 0;
        batch.buffer = window.buffer;
        const starved = decoder.decode(window, batch);
        if (batch.count > 0) yield batch;
        if (decoder.error !== null || !starved) continue;
        window.makeRoom(decoder.need);
        const count = await this.#source.read(window.buffer, window.end);
        if (count === 0) {
          this.error = decoder.atEnd(window);
          return;
        }
        window.filled(count);
      }
    } catch (error) {
      this.error = failure(error, window.position);
    } finally {
      await this.#source.close();
    }
  }

  /** Closes the file; only needed if it is not iterated over. */
  async close(): Promise<void> {
    await this.#source.close();
  }
}

/** Reads until `need` bytes are there or the source ends. */
async function fill(window: Window, source: ByteSource, need: number): Promise<void> {
  while (window.available < need) {
    const count = await source.read(window.buffer, window.end);
    if (count === 0) return;
    window.filled(count);
  }
}

/** What the system or zlib said, as a value. */
function failure(error: unknown, offset: number): CaptureError {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const name = typeof code === "string" ? code : "";
  const text = typeof message === "string" ? message : String(error);
  if (name === "Z_BUF_ERROR") return { kind: "truncated", offset, message: "the compressed file ends too early" };
  if (name.startsWith("Z_")) return { kind: "damaged", offset, message: `the compressed data is damaged: ${text}` };
  // "ENOENT: no such file or directory, open 'x'": the middle is for people.
  return { kind: "io", offset, message: /^[A-Z0-9]+: (.*?)(, \w+.*)?$/.exec(text)?.[1] ?? text };
}
