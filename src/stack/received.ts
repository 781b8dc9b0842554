/** The frame being handled: one object, refilled for each, so that handlers need few arguments and no memory. */
import { FrameCursor } from "../../packets/frame.ts";
import { type FrameBatch, FrameFlag } from "../link/link.ts";

export class Received {
  batch: FrameBatch | null = null;
  index = 0;
  /** Memory of the batch. */
  buf: Uint8Array = new Uint8Array(0);
  /** Reads it; attached to it as long as a frame is being handled. */
  readonly cursor = new FrameCursor();
  /** First byte of the Ethernet header. */
  frame = 0;
  /** First byte after the link layer's headers. */
  network = 0;
  /** End of the network layer's bytes, padding included. */
  end = 0;
  /** True if the destination MAC is broadcast or multicast. */
  isGroup = false;

  /** True if this is no frame of the batch, but a datagram put together of several: it cannot be sent from where it is. */
  isReassembled = false;

  /** True if the sender left the transport checksum to hardware that never came: not an error (see `FrameFlag`). */
  get isChecksumOpen(): boolean {
    return this.batch !== null && (this.batch.flags[this.index]! & FrameFlag.ChecksumNotReady) !== 0;
  }

  /** Payload bytes of each datagram that this one stands for; 0 if it is a single one. */
  get segment(): number {
    const { batch, index } = this;
    if (batch?.segment === undefined || (batch.flags[index]! & FrameFlag.Segments) === 0) return 0;
    return batch.segment[index]!;
  }

  /** Arrival in nanoseconds since the link's epoch. Meaningless when no frame is being handled. */
  get time(): number {
    return this.batch === null ? 0 : this.batch.time[this.index]!;
  }

  /** Bytes of the frame. */
  get length(): number {
    return this.batch === null ? 0 : this.batch.length[this.index]!;
  }
}
