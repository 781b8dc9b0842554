/** Two ends of a simulated wire, the first impaired, and frames that can be told apart. */

import { ImpairedLink, type Impairments } from "../../../src/link/impair/index.ts";
import type { Link } from "../../../src/link/link.ts";
import { type SimulatedLink, SimulatedWire, type WireOptions } from "../../../src/link/simulated.ts";
import { VirtualClock } from "../../../src/stack/clock.ts";

/** A frame as it was received: its number, when (ms), and its bytes. */
export interface Seen {
  readonly n: number;
  readonly at: number;
  readonly stamp: number;
  readonly bytes: Uint8Array;
}

export class Impaired {
  readonly clock = new VirtualClock();
  readonly wire: SimulatedWire;
  readonly near: SimulatedLink;
  readonly far: SimulatedLink;
  readonly link: ImpairedLink;
  /** What the far end received, and what came out of the impaired link. */
  readonly farSeen: Seen[] = [];
  readonly nearSeen: Seen[] = [];
  readonly batches: number[] = [];
  #sent = 0;

  constructor(impairments: Impairments, seed = 1, options: Partial<WireOptions> = {}) {
    this.wire = new SimulatedWire({ clock: this.clock, latencyMs: 0, ...options });
    this.near = this.wire.attach({ name: "near" });
    this.far = this.wire.attach({ name: "far" });
    this.link = new ImpairedLink(this.near, { clock: this.clock, seed, ...impairments });
    this.#listen(this.far, this.farSeen);
    this.#listen(this.link, this.nearSeen);
    this.link.onFrames((batch) => this.batches.push(batch.count));
  }

  #listen(link: Link, seen: Seen[]): void {
    link.onFrames((batch) => {
      for (let i = 0; i < batch.count; i++) {
        const off = batch.offset[i]!;
        const bytes = batch.buffer.slice(off, off + batch.length[i]!);
        seen.push({ n: number(bytes), at: this.clock.now(), stamp: batch.time[i]! / 1e6, bytes });
      }
    });
  }

  /** Sends numbered frames; each is flushed by itself, `everyMs` apart. Returns what `flush` said in all. */
  send(from: Link, count: number, everyMs = 0.001, length = 60): number {
    let sent = 0;
    for (let i = 0; i < count; i++) {
      put(from, this.#sent++, length);
      sent += from.flush();
      this.clock.advance(everyMs);
    }
    return sent;
  }
}

/** Queues a frame with a number in it. */
export function put(link: Link, n: number, length = 60): number {
  const at = link.reserve(length);
  if (at < 0) return at;
  link.tx.set(frame(n, length), at);
  link.commit(length);
  return at;
}

export function frame(n: number, length = 60): Uint8Array {
  const bytes = new Uint8Array(length).fill(n & 0xff, 18);
  bytes.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5]);
  new DataView(bytes.buffer).setUint32(14, n);
  return bytes;
}

export function number(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(14);
}
