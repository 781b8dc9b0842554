/** Writes classic pcap, little endian: frames and times only; what else pcapng could say is left out. */
import type { BlockBuffer } from "./block-buffer.ts";
import type { CaptureEncoder } from "./encoder.ts";
import { LINKTYPE_ETHERNET, PcapMagic } from "./format.ts";

const RECORD_LENGTH = 16;

export class PcapEncoder implements CaptureEncoder {
  readonly #magic: number;
  readonly #unit: number;
  readonly #snapLength: number;

  /** @param nano times in nanoseconds, not microseconds: not every tool reads those. */
  constructor(nano: boolean, snapLength: number) {
    this.#magic = nano ? PcapMagic.Nano : PcapMagic.Micro;
    this.#unit = nano ? 1 : 1000;
    this.#snapLength = snapLength;
  }

  section(out: BlockBuffer): void {
    out.u32(this.#magic);
    out.u16(2);
    out.u16(4);
    out.u32(0);
    out.u32(0);
    out.u32(this.#snapLength);
    out.u32(LINKTYPE_ETHERNET);
  }

  interface(): void {}

  frame(
    out: BlockBuffer,
    buf: Uint8Array,
    off: number,
    captured: number,
    originalLength: number,
    seconds: number,
    nanoseconds: number,
  ): void {
    const at = out.take(RECORD_LENGTH + captured);
    const { view } = out;
    view.setUint32(at, seconds, true);
    view.setUint32(at + 4, Math.floor(nanoseconds / this.#unit), true);
    view.setUint32(at + 8, captured, true);
    view.setUint32(at + 12, originalLength, true);
    out.copy(buf, off, captured, at + RECORD_LENGTH);
  }

  names(): void {}

  statistics(): void {}

  recordLength(out: BlockBuffer, at: number): number {
    return RECORD_LENGTH + out.view.getUint32(at + 8, true);
  }

  isFrame(): boolean {
    return true;
  }
}
