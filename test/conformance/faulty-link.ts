/** A link that changes what passes: before a host, it makes the host one that has a fault. */
import { Direction, type FrameBatch, type FrameHandler, type Link } from "../../src/link/link.ts";
import { LimitedLink } from "../../src/script/devices/limited-link.ts";

/** Takes a frame, which it may change, and says which ones go on in its place. */
export type Rewrite = (frame: Uint8Array, send: (frame: Uint8Array) => void) => Uint8Array[] | Uint8Array | null;

export interface Rewrites {
  /** What the host gets to see. `send` puts a frame on the wire in the host's name. */
  readonly incoming?: Rewrite;
  /** What of the host's gets onto the wire. */
  readonly outgoing?: Rewrite;
}

const none: Rewrite = (frame) => frame;

export class FaultyLink extends LimitedLink {
  readonly #incoming: Rewrite;
  readonly #outgoing: Rewrite;
  readonly tx2 = new Uint8Array(70_000);
  readonly #held: Uint8Array[] = [];

  constructor(inner: Link, { incoming = none, outgoing = none }: Rewrites) {
    super(inner);
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  override get tx(): Uint8Array {
    return this.tx2;
  }

  override onFrames(handler: FrameHandler): () => void {
    return this.inner.onFrames((batch) => {
      const frames: Uint8Array[] = [];
      for (let i = 0; i < batch.count; i++) {
        const off = batch.offset[i]!;
        const result = this.#incoming(batch.buffer.slice(off, off + batch.length[i]!), (frame) => this.#put(frame));
        frames.push(...listed(result));
      }
      this.inner.flush();
      if (frames.length > 0) handler(batchOf(frames, batch.time[0]!));
    });
  }

  override reserve(length: number): number {
    return length > this.tx2.length ? -1 : 0;
  }

  override commit(length: number): void {
    this.#held.push(this.tx2.slice(0, length));
  }

  override flush(): number {
    const held = this.#held.splice(0);
    for (const frame of held)
      for (const sent of listed(this.#outgoing(frame, (more) => this.#put(more)))) this.#put(sent);
    this.inner.flush();
    return held.length;
  }

  #put(frame: Uint8Array): void {
    const at = this.inner.reserve(frame.length);
    if (at < 0) return;
    this.inner.tx.set(frame, at);
    this.inner.commit(frame.length);
  }
}

function listed(result: Uint8Array[] | Uint8Array | null): Uint8Array[] {
  return result === null ? [] : Array.isArray(result) ? result : [result];
}

function batchOf(frames: readonly Uint8Array[], time: number): FrameBatch {
  const lengths = Int32Array.from(frames, (frame) => frame.length);
  const offset = new Int32Array(frames.length);
  const buffer = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  frames.forEach((frame, i) => {
    buffer.set(frame, at);
    offset[i] = at;
    at += frame.length;
  });
  return {
    count: frames.length,
    buffer,
    offset,
    length: lengths,
    originalLength: lengths,
    direction: new Uint8Array(frames.length).fill(Direction.In),
    flags: new Uint8Array(frames.length),
    time: new Float64Array(frames.length).fill(time),
  };
}
