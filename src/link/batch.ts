/** The batch that links fill: made once, used for every delivery. */
import type { FrameBatch } from "./link.ts";

export class MutableBatch implements FrameBatch {
  count = 0;
  readonly buffer: Uint8Array;
  readonly offset: Int32Array;
  readonly length: Int32Array;
  readonly originalLength: Int32Array;
  readonly direction: Uint8Array;
  readonly flags: Uint8Array;
  readonly segment: Uint16Array;
  readonly time: Float64Array;

  /** @param capacity frames that one delivery holds at most. */
  constructor(buffer: Uint8Array, capacity: number) {
    this.buffer = buffer;
    this.offset = new Int32Array(capacity);
    this.length = new Int32Array(capacity);
    this.originalLength = new Int32Array(capacity);
    this.direction = new Uint8Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.segment = new Uint16Array(capacity);
    this.time = new Float64Array(capacity);
  }
}
