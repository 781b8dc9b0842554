/**
 * The bytes that a case works on. One file a corpus, written once, read by every contender whatever its language, so all
 * of them see the same frames at the same places in memory in the same order.
 *
 * The file, little endian: u32 magic, u32 count, u32 length of the memory, u32 zero; i32 offsets[count], in the order in
 * which frames are to be visited (shuffled, so neither the prefetcher nor a branch predictor gets an easy sequence);
 * i32 lengths[count]; then the memory itself.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { Random } from "./random.ts";

const MAGIC = 0x43424c56;
const HEADER = 16;

export interface Corpus {
  readonly count: number;
  /** Memory that holds all frames. */
  readonly buffer: Uint8Array;
  /** First byte of each frame. */
  readonly offset: Int32Array;
  /** Bytes of each frame. */
  readonly length: Int32Array;
}

/**
 * Lays frames out as a packet ring does (2 bytes past a multiple of 16, which aligns the IPv4 header) and shuffles the
 * order of visiting.
 */
export function layOut(frames: readonly Uint8Array[], random: Random): Corpus {
  const places: { off: number; length: number }[] = [];
  let end = 0;
  for (const frame of frames) {
    const off = Math.ceil(end / 16) * 16 + 2;
    places.push({ off, length: frame.length });
    end = off + frame.length;
  }
  const buffer = new Uint8Array(end);
  frames.forEach((frame, i) => {
    buffer.set(frame, places[i]!.off);
  });
  random.shuffle(places);
  return {
    count: frames.length,
    buffer,
    offset: Int32Array.from(places, (place) => place.off),
    length: Int32Array.from(places, (place) => place.length),
  };
}

export function writeCorpus(path: string, corpus: Corpus): void {
  const { count, buffer, offset, length } = corpus;
  const bytes = new Uint8Array(HEADER + 8 * count + buffer.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, count, true);
  view.setUint32(8, buffer.length, true);
  for (let i = 0; i < count; i++) {
    view.setInt32(HEADER + 4 * i, offset[i]!, true);
    view.setInt32(HEADER + 4 * (count + i), length[i]!, true);
  }
  bytes.set(buffer, HEADER + 8 * count);
  writeFileSync(path, bytes);
}

function places(view: DataView, at: number, count: number): Int32Array {
  const numbers = new Int32Array(count);
  for (let i = 0; i < count; i++) numbers[i] = view.getInt32(at + 4 * i, true);
  return numbers;
}

/** @throws {Error} if the file is no corpus. */
export function readCorpus(path: string): Corpus {
  const file = readFileSync(path);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < HEADER || view.getUint32(0, true) !== MAGIC) throw new Error(`${path} is not a corpus`);
  const count = view.getUint32(4, true);
  const size = view.getUint32(8, true);
  if (file.length !== HEADER + 8 * count + size) throw new Error(`${path} is cut`);
  return {
    count,
    // Memory of its own: a plain Uint8Array from its first byte on, as a ring is.
    buffer: new Uint8Array(file.subarray(HEADER + 8 * count)),
    offset: places(view, HEADER, count),
    length: places(view, HEADER + 4 * count, count),
  };
}
