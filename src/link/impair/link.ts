/**
 * A link whose frames are lost, delayed, reordered, duplicated, corrupted or slowed down on their way, as Linux's netem
 * does it: a wrapper around any link. One seed makes the same decisions for the same frames.
 *
 * @example
 * const loss = { model: "random", percent: 5 } as const;
 * const link = new ImpairedLink(openPacketLink("ve0"), { clock: realClock, seed: 1, out: { loss } });
 * const host = new Host(link, { addresses: ["10.0.0.1/24"] });
 * link.change({ in: { delay: { ms: 20, jitterMs: 5 } } }); // the loss stays
 */
import type { FrameHandler, Link, LinkEventHandler, LinkStats } from "../link.ts";
import { IncomingWay } from "./incoming.ts";
import { OutgoingWay } from "./outgoing.ts";
import { Path, type PathStats } from "./path.ts";
import { type Impairments, merge, type Settings } from "./settings.ts";
import type { ImpairmentClock } from "./way.ts";

export interface ImpairedLinkOptions extends Impairments {
  readonly clock: ImpairmentClock;
  /** 32 bits; drawn by the machine unless given. */
  readonly seed?: number | undefined;
}

/** Ethernet header, and two VLAN tags. */
const OVERHEAD = 14 + 8;

export class ImpairedLink implements Link {
  /** The link beneath. */
  readonly inner: Link;
  /** What the decisions follow from. */
  readonly seed: number;
  readonly tx: Uint8Array;
  readonly #in: IncomingWay;
  readonly #out: OutgoingWay;
  readonly #forget: () => void;
  #attached = false;
  #closed = false;

  /** @throws {RangeError} on settings out of bounds, in one line. */
  constructor(inner: Link, { clock, seed, ...impairments }: ImpairedLinkOptions) {
    this.inner = inner;
    this.seed = seed === undefined ? crypto.getRandomValues(new Uint32Array(1))[0]! : seed >>> 0;
    const slotSize = (inner.mtu + OVERHEAD + 7) & ~7;
    this.#in = new IncomingWay(inner, new Path(this.seed, 0), slotSize, clock);
    this.#out = new OutgoingWay(inner, new Path(this.seed, 1), slotSize, clock);
    this.tx = this.#out.tx;
    this.change(impairments);
    this.#forget = inner.onEvent(({ type }) => {
      if (type !== "up") this.#discard();
    });
  }

  get name(): string {
    return this.inner.name;
  }

  get mac(): Uint8Array {
    return this.inner.mac;
  }

  /** The inner link's: an impairment's own `mtu` is what nobody tells the sender. */
  get mtu(): number {
    return this.inner.mtu;
  }

  get epoch(): number {
    return this.inner.epoch;
  }

  now(): number {
    return this.inner.now();
  }

  /**
   * Changes the settings that are named, from the next frame on; frames that are held keep their time.
   * @throws {RangeError} in one line; nothing is changed then.
   */
  change(change: Impairments): void {
    if (change.out !== undefined) merge(this.#out.path.settings, change.out);
    if (change.in !== undefined) this.#in.path.change(change.in);
    if (change.out !== undefined) this.#out.path.change(change.out);
  }

  /** The settings now. */
  get settings(): { readonly in: Settings; readonly out: Settings } {
    return { in: this.#in.path.settings, out: this.#out.path.settings };
  }

  /** What happened to frames so far. */
  impairments(): { readonly in: PathStats; readonly out: PathStats } {
    return { in: this.#in.path.stats(this.#in.held.count), out: this.#out.path.stats(this.#out.held.count) };
  }

  onFrames(handler: FrameHandler): () => void {
    const remove = this.#in.handlers.add(handler);
    if (!this.#attached && !this.#closed) {
      this.#attached = true;
      this.inner.onFrames((batch) => this.#in.input(batch));
    }
    return remove;
  }

  onEvent(handler: LinkEventHandler): () => void {
    return this.inner.onEvent(handler);
  }

  reserve(length: number): number {
    return this.#out.reserve(length);
  }

  commit(length: number): void {
    this.#out.commit(length);
  }

  /** True only if nothing may happen to a frame on its way out. */
  get canReturn(): boolean {
    if (!this.#in.inPlace || this.#in.handlers.count !== 1) return false;
    return this.inner.canReturn === true && this.#out.isIdle;
  }

  commitReceived(offset: number, length: number): void {
    this.#out.commitReceived(offset, length);
  }

  flush(): number {
    return this.#out.flush();
  }

  /** Received: what was handed on to the user. Sent: what the inner link sent. */
  stats(): LinkStats {
    const inner = this.inner.stats();
    const { tooLong } = this.#out;
    return {
      ...inner,
      rxFrames: this.#in.frames,
      rxBytes: this.#in.bytes,
      txErrors: inner.txErrors + tooLong,
      lastTxError: inner.lastTxError === "" && tooLong > 0 ? "EMSGSIZE" : inner.lastTxError,
    };
  }

  /** Closes the inner link as well; what is held is discarded. */
  close(): void {
    if (this.#closed) return;
    this.#out.flush();
    this.#closed = true;
    this.#discard();
    this.#in.close();
    this.#forget();
    this.inner.close();
  }

  #discard(): void {
    this.#in.discard();
    this.#out.discard();
  }
}
