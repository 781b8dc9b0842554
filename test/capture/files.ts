/** Capture files as bytes, for tests: reading them from memory, and turning them into the other byte order. */
import fc from "fast-check";
import {
  type ByteSource,
  type CaptureError,
  type CaptureReader,
  isCaptureError,
  readerOf,
} from "../../src/capture/index.ts";
import { u8 } from "../support/arbitraries.ts";

/** Gives out bytes in pieces of `piece` bytes at most, as a pipe does. */
export function sourceOf(bytes: Uint8Array, piece = bytes.length): ByteSource {
  let at = 0;
  return {
    async read(into, offset) {
      const count = Math.min(piece, bytes.length - at, into.length - offset);
      into.set(bytes.subarray(at, at + count), offset);
      at += count;
      return count;
    },
    async close() {},
  };
}

/** A record that owns its bytes. */
export interface ReadRecord {
  readonly bytes: Uint8Array;
  readonly originalLength: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly direction: number;
  readonly flags: number;
  readonly interfaceIndex: number;
  readonly comments: string[];
  readonly packetId: bigint | null;
}

export interface ReadFile {
  readonly reader: CaptureReader | null;
  readonly records: ReadRecord[];
  readonly error: CaptureError | null;
}

/** Everything that a file holds. */
export async function readAll(source: ByteSource | Uint8Array, options = {}): Promise<ReadFile> {
  return drain(await readerOf(source instanceof Uint8Array ? sourceOf(source) : source, options));
}

export async function drain(reader: CaptureReader | CaptureError): Promise<ReadFile> {
  if (isCaptureError(reader)) return { reader: null, records: [], error: reader };
  const records: ReadRecord[] = [];
  for await (const batch of reader) {
    for (let i = 0; i < batch.count; i++) {
      const off = batch.offset[i]!;
      const length = batch.length[i]!;
      if (off < 0 || length < 0 || off + length > batch.buffer.length) throw new Error("a record outside its buffer");
      records.push({
        bytes: batch.buffer.slice(off, off + length),
        originalLength: batch.originalLength[i]!,
        seconds: batch.seconds[i]!,
        nanoseconds: batch.nanoseconds[i]!,
        direction: batch.direction[i]!,
        flags: batch.flags[i]!,
        interfaceIndex: batch.interfaceIndex[i]!,
        comments: batch.comments(i),
        packetId: batch.packetId(i),
      });
    }
  }
  return { reader, records, error: reader.error };
}

/** A frame with its time; `time` in nanoseconds since the epoch that the test chooses. */
export const frames = fc.array(
  fc.record({
    bytes: fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ minLength: 1400, maxLength: 1514 })),
    cut: fc.oneof(fc.constant(0), fc.nat(1000)),
    seconds: fc.oneof(fc.nat(0x7fffffff), fc.integer({ min: 0, max: 0xffffffff })),
    nanoseconds: fc.nat(999_999_999),
    direction: fc.constantFrom(0, 1, 2),
    notReady: fc.boolean(),
    comments: fc.array(fc.string({ unit: "grapheme", maxLength: 20 }), { maxLength: 3 }),
    packetId: fc.option(fc.maxSafeNat(), { nil: undefined }),
  }),
  { maxLength: 12 },
);

export const mutation = fc.tuple(fc.nat(), u8);

/** The same classic pcap file as a machine of the other byte order would write it. Takes little endian. */
export function swapPcap(file: Uint8Array): Uint8Array {
  const out = file.slice();
  const view = new DataView(out.buffer);
  swap(out, 0, 4);
  swap(out, 4, 2);
  swap(out, 6, 2);
  for (let at = 8; at < 24; at += 4) swap(out, at, 4);
  for (let at = 24; at < out.length; ) {
    const captured = view.getUint32(at + 8, true);
    for (let field = 0; field < 16; field += 4) swap(out, at + field, 4);
    at += 16 + captured;
  }
  return out;
}

/** The same for pcapng: every integer of the block types and options that vethlab writes. Takes little endian. */
export function swapPcapng(file: Uint8Array): Uint8Array {
  const out = file.slice();
  const view = new DataView(out.buffer);
  for (let at = 0; at < out.length; ) {
    const type = view.getUint32(at, true);
    const length = view.getUint32(at + 4, true);
    const end = at + length - 4;
    if (type === 0x0a0d0d0a) {
      swapOptions(out, view, at + 24, end, {});
      swap(out, at + 8, 4);
      swap(out, at + 12, 2);
      swap(out, at + 14, 2);
      swap(out, at + 16, 8);
    } else if (type === 1) {
      swapOptions(out, view, at + 16, end, { 14: 8 });
      swap(out, at + 8, 2);
      swap(out, at + 12, 4);
    } else if (type === 6) {
      swapOptions(out, view, at + 28 + ((view.getUint32(at + 20, true) + 3) & ~3), end, { 2: 4, 5: 8 });
      for (let field = 8; field < 28; field += 4) swap(out, at + field, 4);
    } else if (type === 5) {
      swapOptions(out, view, at + 20, end, { 4: 8, 5: 8, 6: 8, 7: 8, 8: 8 });
      for (let field = 8; field < 20; field += 4) swap(out, at + field, 4);
    } else if (type === 4) {
      swapOptions(out, view, at + 8, end, {});
    }
    swap(out, at, 4);
    swap(out, at + 4, 4);
    swap(out, end, 4);
    at += length;
  }
  return out;
}

/** @param widths bytes of the integer that an option's value is, by its code; others are text or bytes. */
function swapOptions(
  out: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  widths: Record<number, number>,
): void {
  for (let at = start; at + 4 <= end; ) {
    const code = view.getUint16(at, true);
    const length = view.getUint16(at + 2, true);
    swap(out, at, 2);
    swap(out, at + 2, 2);
    if (widths[code] === length) swap(out, at + 4, length);
    at += 4 + ((length + 3) & ~3);
  }
}

function swap(out: Uint8Array, at: number, width: number): void {
  out.subarray(at, at + width).reverse();
}
