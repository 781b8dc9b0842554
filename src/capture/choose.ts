/** How a file's first bytes choose its decoder. */
import type { CaptureDecoder, DecoderOptions } from "./decoder.ts";
import { BlockType, type CaptureError, PcapMagic } from "./format.ts";
import { PcapDecoder } from "./pcap-decoder.ts";
import { PcapngDecoder } from "./pcapng-decoder.ts";
import type { Window } from "./window.ts";

/** Bytes that {@link chooseDecoder} looks at. */
export const MAGIC_LENGTH = 4;

/** The decoder for a file that begins with the window's first four bytes, or why there is none. */
export function chooseDecoder(window: Window, options: DecoderOptions): CaptureDecoder | CaptureError {
  if (window.available < MAGIC_LENGTH) {
    const message =
      window.available === 0
        ? "the file is empty"
        : `the file ends after ${window.available} bytes, too few for a capture`;
    return { kind: "truncated", offset: window.position, message };
  }
  if (window.view.getUint32(window.start, true) === BlockType.SectionHeader) return new PcapngDecoder(options);
  for (const littleEndian of [true, false]) {
    const magic = window.view.getUint32(window.start, littleEndian);
    if (magic === PcapMagic.Micro || magic === PcapMagic.Nano || magic === PcapMagic.Modified) {
      return new PcapDecoder(littleEndian, magic, options);
    }
  }
  const magic = window.view.getUint32(window.start, false).toString(16).padStart(8, "0");
  return { kind: "unsupported", offset: 0, message: `neither pcap nor pcapng (the file begins with ${magic})` };
}
