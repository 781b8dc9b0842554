/**
 * A link that changes frames on their way: between the wire and a host it makes a host with a fault, so that scripts can be
 * seen to fail. A host that does not verify a checksum, say, is one whose frames' checksums are mended before it sees them.
 */
import type { FrameBatch, FrameHandler, Link } from "../../link/link.ts";
import { LimitedLink } from "./limited-link.ts";

/** Gives the frames to be passed on in place of one: none, itself, or others. They may be changed in place. */
export type Tamper = (frame: Uint8Array) => readonly Uint8Array[];

export interface Tampering {
  /** Frames that the host receives. */
  readonly input?: Tamper;
  /** Frames that it sends. */
  readonly output?: Tamper;
}

const same: Tamper = (frame) => [frame];

export class TamperedLink extends LimitedLink {
  readonly #input: Tamper;
  readonly #output: Tamper;
  readonly #tx: Uint8Array;

  constructor(inner: Link, { input = same, output = same }: Tampering) {
    super(inner);
    this.#input = input;
    this.#output = output;
    this.#tx = new Uint8Array(inner.mtu + 64);
  }

  override get tx(): Uint8Array {
    return this.#tx;
  }

  /** Sends as if the host had sent it. */
  inject(frame: Uint8Array): void {
    const off = this.inner.reserve(frame.length);
    if (off < 0) return;
    this.inner.tx.set(frame, off);
    this.inner.commit(frame.length);
  }

  override reserve(length: number): number {
    return length > this.#tx.length ? -1 : 0;
  }

  override commit(length: number): void {
    for (const frame of this.#output(this.#tx.slice(0, length))) this.inject(frame);
  }

  override onFrames(handler: FrameHandler): () => void {
    return this.inner.onFrames((batch) => {
      for (let i = 0; i < batch.count; i++) {
        const off = batch.offset[i]!;
        const frame = batch.buffer.slice(off, off + batch.length[i]!);
        for (const passed of this.#input(frame)) handler(batchOf(passed, batch, i));
      }
      this.inner.flush();
    });
  }
}

function batchOf(frame: Uint8Array, batch: FrameBatch, i: number): FrameBatch {
  const length = Int32Array.of(frame.length);
  return {
    count: 1,
    buffer: frame,
    offset: Int32Array.of(0),
    length,
    originalLength: length,
    direction: batch.direction.slice(i, i + 1),
    flags: batch.flags.slice(i, i + 1),
    time: batch.time.slice(i, i + 1),
  };
}
