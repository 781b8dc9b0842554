/**
 * Records read from a file, in place. A batch has the form of the Link's FrameBatch, so that whatever takes frames from
 * an interface takes them from a file as well; it adds what only files know. It is made once and filled again and again:
 * no object, view or string a record. Everything in it is valid until the next batch is asked for.
 *
 * Why parallel arrays and not a record object a callback: one call a thousand frames instead of one a frame, stores into
 * typed arrays that V8 neither boxes nor tracks, and the consumer's loop stays monomorphic and inlined.
 */
import { CaptureDirection, EpbOption, OPT_COMMENT, OPT_ENDOFOPT, pad4, RecordFlag } from "./format.ts";

/** Records that one batch holds at most. */
export const BATCH_CAPACITY = 1024;

const decoder = new TextDecoder();

export class RecordBatch {
  /** Records in the batch; index i below runs from 0 to `count` - 1. */
  count = 0;
  /** Memory that holds the frames; another one after a very long block. */
  buffer: Uint8Array = new Uint8Array(0);
  /** Unix time in whole seconds that `time` counts from: the first record's, the same for the whole file. */
  epoch = 0;
  /** First byte of the Ethernet header within `buffer`. */
  readonly offset = new Int32Array(BATCH_CAPACITY);
  /** Captured bytes. */
  readonly length = new Int32Array(BATCH_CAPACITY);
  /** Bytes on the wire. */
  readonly originalLength = new Int32Array(BATCH_CAPACITY);
  /** {@link CaptureDirection}. */
  readonly direction = new Uint8Array(BATCH_CAPACITY);
  /** Bits of {@link RecordFlag}. */
  readonly flags = new Uint8Array(BATCH_CAPACITY);
  /** Nanoseconds since `epoch`: exact within 104 days of it. */
  readonly time = new Float64Array(BATCH_CAPACITY);
  /** Unix time in whole seconds; 0 where the file gives none (Simple Packet Block). */
  readonly seconds = new Float64Array(BATCH_CAPACITY);
  /** 0 to 999,999,999, to be added to `seconds`. */
  readonly nanoseconds = new Int32Array(BATCH_CAPACITY);
  /** Index into the reader's `interfaces`. */
  readonly interfaceIndex = new Int32Array(BATCH_CAPACITY);
  /** Where the record's options lie within `buffer`; empty for classic pcap. */
  readonly optionsStart = new Int32Array(BATCH_CAPACITY);
  readonly optionsEnd = new Int32Array(BATCH_CAPACITY);
  /** Byte order of all records in the batch. */
  littleEndian = true;
  #epochKnown = false;

  /** True if no further record fits. */
  get full(): boolean {
    return this.count === BATCH_CAPACITY;
  }

  /** Adds a record without options; its time must have been set before by `setTime`. */
  add(offset: number, length: number, originalLength: number, interfaceIndex: number): void {
    const i = this.count;
    this.offset[i] = offset;
    this.length[i] = length;
    this.originalLength[i] = originalLength;
    this.direction[i] = CaptureDirection.Unknown;
    this.flags[i] = length < originalLength ? RecordFlag.Truncated : 0;
    this.interfaceIndex[i] = interfaceIndex;
    this.optionsStart[i] = 0;
    this.optionsEnd[i] = 0;
    this.count = i + 1;
  }

  /** The next record's time; 0, 0 if the file gives none. */
  setTime(seconds: number, nanoseconds: number): void {
    if (!this.#epochKnown && seconds !== 0) {
      this.#epochKnown = true;
      this.epoch = seconds;
    }
    const i = this.count;
    this.seconds[i] = seconds;
    this.nanoseconds[i] = nanoseconds;
    this.time[i] = (seconds - this.epoch) * 1e9 + nanoseconds;
  }

  /** Records where the last added record's options lie, and takes over its epb_flags. */
  setOptions(view: DataView, start: number, end: number): void {
    const i = this.count - 1;
    this.optionsStart[i] = start;
    this.optionsEnd[i] = end;
    const at = findOption(view, start, end, this.littleEndian, EpbOption.Flags);
    if (at < 0 || view.getUint16(at + 2, this.littleEndian) !== 4) return;
    const word = view.getUint32(at + 4, this.littleEndian);
    const direction = word & 3;
    if (direction === 1) this.direction[i] = CaptureDirection.In;
    else if (direction === 2) this.direction[i] = CaptureDirection.Out;
    if ((word & EPB_CHECKSUM_NOT_READY) !== 0) this.flags[i] = this.flags[i]! | RecordFlag.ChecksumNotReady;
  }

  /** True if the record's options may hold more than its flags: comments, for one. Cheap, for every record. */
  hasNotes(i: number): boolean {
    const start = this.optionsStart[i]!;
    const length = this.optionsEnd[i]! - start;
    if (length <= 4) return false;
    // Flags alone take 8 bytes, and the end of the options 4; the code's other byte is 0 in either byte order.
    const code = this.buffer[start]! | this.buffer[start + 1]!;
    return length > 12 || code !== EpbOption.Flags;
  }

  /** The record's comments (opt_comment, UTF-8), in their order. Allocates: for those who asked. */
  comments(i: number): string[] {
    const view = this.#view();
    const end = this.optionsEnd[i]!;
    const texts: string[] = [];
    let at = findOption(view, this.optionsStart[i]!, end, this.littleEndian, OPT_COMMENT);
    while (at >= 0) {
      const length = view.getUint16(at + 2, this.littleEndian);
      texts.push(decoder.decode(this.buffer.subarray(at + 4, at + 4 + length)));
      at = findOption(view, at + 4 + pad4(length), end, this.littleEndian, OPT_COMMENT);
    }
    return texts;
  }

  /** The record's epb_packetid, which ties sightings of one frame on several links together, or null. */
  packetId(i: number): bigint | null {
    const view = this.#view();
    const at = findOption(view, this.optionsStart[i]!, this.optionsEnd[i]!, this.littleEndian, EpbOption.PacketId);
    if (at < 0 || view.getUint16(at + 2, this.littleEndian) !== 8) return null;
    return view.getBigUint64(at + 4, this.littleEndian);
  }

  #view(): DataView {
    return new DataView(this.buffer.buffer, this.buffer.byteOffset, this.buffer.length);
  }
}

/** Bit 9 of epb_flags, "checksum not ready" (draft-ietf-opsawg-pcapng, Enhanced Packet Block flags word). */
export const EPB_CHECKSUM_NOT_READY = 1 << 9;

/**
 * Finds an option in the list between `start` and `end`, which may be malformed: one that does not fit ends the search.
 * @returns where its code begins (then its whole value lies before `end`), or -1.
 */
export function findOption(view: DataView, start: number, end: number, littleEndian: boolean, code: number): number {
  let at = start;
  while (at + 4 <= end) {
    const found = view.getUint16(at, littleEndian);
    const length = view.getUint16(at + 2, littleEndian);
    if (at + 4 + length > end) return -1;
    if (found === code) return at;
    if (found === OPT_ENDOFOPT) return -1;
    at += 4 + pad4(length);
  }
  return -1;
}

/** An original length as an Int32Array holds it: it may be absurd (up to 2^32 - 1), so it is bounded, not trusted. */
export function boundedLength(length: number): number {
  return length > 0x7fffffff ? 0x7fffffff : length;
}
