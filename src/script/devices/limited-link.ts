/** A link whose device has a smaller MTU than the wire, as with `ip link set mtu` on one end. */
import type { FrameHandler, Link, LinkEventHandler, LinkStats } from "../../link/link.ts";

export class LimitedLink implements Link {
  readonly mtu: number;
  protected readonly inner: Link;

  constructor(inner: Link, mtu = inner.mtu) {
    this.inner = inner;
    this.mtu = mtu;
  }

  get name(): string {
    return this.inner.name;
  }

  get mac(): Uint8Array {
    return this.inner.mac;
  }

  get epoch(): number {
    return this.inner.epoch;
  }

  get tx(): Uint8Array {
    return this.inner.tx;
  }

  now(): number {
    return this.inner.now();
  }

  onFrames(handler: FrameHandler): () => void {
    return this.inner.onFrames(handler);
  }

  onEvent(handler: LinkEventHandler): () => void {
    return this.inner.onEvent(handler);
  }

  reserve(length: number): number {
    return this.inner.reserve(length);
  }

  commit(length: number): void {
    this.inner.commit(length);
  }

  flush(): number {
    return this.inner.flush();
  }

  stats(): LinkStats {
    return this.inner.stats();
  }

  close(): void {
    this.inner.close();
  }
}
