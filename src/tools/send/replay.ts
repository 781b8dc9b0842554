/** The frames of a capture, held in memory so that reading does not slow sending. */
import { copyBytes } from "../../../packets/bytes.ts";
import type { CaptureReader } from "../../capture/index.ts";
import type { FrameSource } from "./source.ts";

/** More bytes of frames than this are not taken into memory. */
const LIMIT = 2 ** 30;

export class ReplaySource implements FrameSource {
  readonly longest: number;
  readonly count: number;
  /** Frames that the capture holds only in part, and which are left out. */
  readonly cut: number;
  readonly #frames: readonly Uint8Array[];
  readonly #times: readonly number[];

  constructor(frames: readonly Uint8Array[], times: readonly number[], cut: number) {
    this.#frames = frames;
    this.#times = times;
    this.cut = cut;
    this.count = frames.length;
    this.longest = frames.reduce((most, frame) => Math.max(most, frame.length), 0);
  }

  length(n: number): number {
    return this.#frames[n]!.length;
  }

  write(n: number, buf: Uint8Array, off: number): void {
    const frame = this.#frames[n]!;
    if (frame.length > 64) buf.set(frame, off);
    else copyBytes(frame, 0, buf, off, frame.length);
  }

  due(n: number): number {
    return this.#times[n]!;
  }
}

/**
 * Reads a capture to its end. Frames that were cut when they were captured are left out, and counted.
 * @throws {RangeError} in words for the user: damaged, too large, or nothing in it.
 */
export async function readFrames(reader: CaptureReader): Promise<ReplaySource> {
  const frames: Uint8Array[] = [];
  const times: number[] = [];
  let cut = 0;
  let bytes = 0;
  let first: { seconds: number; nanoseconds: number } | null = null;
  for await (const batch of reader) {
    for (let i = 0; i < batch.count; i++) {
      const length = batch.length[i]!;
      if (length < batch.originalLength[i]!) {
        cut++;
        continue;
      }
      bytes += length;
      if (bytes > LIMIT) throw new RangeError("it holds more than 1 GiB of frames: send it in parts");
      const seconds = batch.seconds[i]!;
      const nanoseconds = batch.nanoseconds[i]!;
      first ??= { seconds, nanoseconds };
      frames.push(batch.buffer.slice(batch.offset[i]!, batch.offset[i]! + length));
      // Never back: frames of several interfaces may stand out of order.
      const time = (seconds - first.seconds) * 1e3 + (nanoseconds - first.nanoseconds) / 1e6;
      times.push(Math.max(time, times.at(-1) ?? 0));
    }
  }
  if (reader.error !== null) throw new RangeError(`${reader.error.message} (at byte ${reader.error.offset})`);
  if (frames.length === 0) throw new RangeError(cut > 0 ? "all its frames are cut short" : "it holds no frame");
  return new ReplaySource(frames, times, cut);
}
