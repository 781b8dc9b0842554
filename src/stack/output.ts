/** The host's way out: Ethernet headers, the link's slots, and one flush for everything that belongs together. */

import { EtherType, HEADER_LENGTH } from "../../packets/ethernet.ts";
import * as mac from "../../packets/mac.ts";
import * as vlan from "../../packets/vlan.ts";
import { PacketWriter } from "../../packets/writer.ts";
import type { Link } from "../link/link.ts";
import { FrameCopier } from "./copy.ts";
import type { Identity } from "./identity.ts";
import type { Observers } from "./observer.ts";

export class Output {
  /** Bytes before the payload: 14, or 18 with a tag. */
  readonly headerLength: number;
  readonly link: Link;
  /** Attached to what the last header was written into. */
  readonly writer = new PacketWriter();
  readonly #identity: Identity;
  readonly #observers: Observers;
  readonly #copier = new FrameCopier();
  #corked = 0;
  #pending = 0;
  #knownErrors = 0;
  #failed = 0;

  constructor(link: Link, identity: Identity, observers: Observers) {
    this.link = link;
    this.#identity = identity;
    this.#observers = observers;
    this.headerLength = identity.vlan < 0 ? HEADER_LENGTH : vlan.headerLength(1);
  }

  /** Frames that the link could not send. */
  get failed(): number {
    return this.#failed;
  }

  /**
   * Room in the link's `tx` for a frame with `payload` bytes after the header.
   * @returns the frame's offset, or -1.
   */
  reserve(payload: number): number {
    return this.link.reserve(this.headerLength + payload);
  }

  /** Writes the Ethernet header, with our tag if we live in a VLAN. */
  writeHeader(buf: Uint8Array, off: number, high: number, low: number, type: number): void {
    const { macHigh, macLow, vlan: tag } = this.#identity;
    const writer = this.writer;
    writer.attach(buf);
    writer.ethernet(off, high, low, macHigh, macLow, tag < 0 ? type : EtherType.Vlan);
    if (tag < 0) return;
    writer.u16(off + HEADER_LENGTH, vlan.makeTci(tag));
    writer.u16(off + HEADER_LENGTH + vlan.TCI, type);
  }

  /** Commits the frame reserved last, and sends it unless more is to come: see {@link cork}. */
  commit(payload: number): void {
    this.link.commit(this.headerLength + payload);
    this.#pending++;
    if (this.#corked === 0) this.#flush();
  }

  /** Commits the frame reserved last, whose datagram is unfinished: see `Link.commitUnfinished`, which must be there. */
  commitUnfinished(payload: number, segment: number): void {
    this.link.commitUnfinished?.(this.headerLength + payload, this.headerLength, segment);
    this.#pending++;
    if (this.#corked === 0) this.#flush();
  }

  /** True if the frame being handled may be rewritten in its place and sent from there: see {@link commitReceived}. */
  get canReturn(): boolean {
    return this.link.canReturn === true;
  }

  /** Commits the frame being handled, rewritten in place. It must be corked and uncorked within its batch's handling. */
  commitReceived(off: number, payload: number): void {
    this.link.commitReceived?.(off, this.headerLength + payload);
    this.#pending++;
    if (this.#corked === 0) this.#flush();
  }

  /** Sends a copy of a whole frame whose destination is filled in on the way. */
  sendCopy(buf: Uint8Array, off: number, length: number, high: number, low: number): void {
    const at = this.link.reserve(length);
    if (at < 0) return;
    this.copy(buf, off, this.link.tx, at, length);
    mac.set(this.link.tx, at, high, low);
    this.commit(length - this.headerLength);
  }

  /** Copies bytes between frames. */
  copy(from: Uint8Array, fromOff: number, to: Uint8Array, toOff: number, length: number): void {
    this.#copier.copy(from, fromOff, to, toOff, length);
  }

  /** Holds frames back until {@link uncork}; calls nest. */
  cork(): void {
    this.#corked++;
  }

  /** Sends what was held back. */
  uncork(): void {
    if (--this.#corked === 0 && this.#pending > 0) this.#flush();
  }

  #flush(): void {
    const expected = this.#pending;
    this.#pending = 0;
    if (this.link.flush() === expected) return;
    // Fewer: some failed, or the link flushed before because its slots were full. Its counters know.
    const { txErrors, lastTxError } = this.link.stats();
    const failed = txErrors - this.#knownErrors;
    if (failed <= 0) return;
    this.#knownErrors = txErrors;
    this.#failed += failed;
    if (this.#observers.listening)
      this.#observers.emit({ type: "tx-failed", time: this.link.now(), frames: failed, error: lastTxError });
  }
}
