/** What the decoders of the two formats have in common. */
import type { RecordBatch } from "./batch.ts";
import { type CaptureError, LINKTYPE_ETHERNET, linkTypeName } from "./format.ts";
import type { CaptureInterface, CaptureSection } from "./info.ts";
import type { Window } from "./window.ts";

/** Takes records off the front of a window. Never throws, whatever the bytes. */
export interface CaptureDecoder {
  readonly format: "pcap" | "pcapng";
  readonly sections: CaptureSection[];
  readonly interfaces: CaptureInterface[];
  /** IPv4 addresses (signed 32-bit) with the names that the file gives them. */
  readonly names: Map<number, string>;
  /** Set when nothing more can be decoded; what is in the batch by then is good. */
  error: CaptureError | null;
  /** After `decode` returned true: the bytes that must be in the window before decoding can go on. */
  need: number;
  /**
   * Adds records to the batch until it is full, a section ends, the window holds no whole record or an error is met.
   * @returns true if the window must be filled first; false to call again with an empty batch.
   */
  decode(window: Window, batch: RecordBatch): boolean;
  /** Why the file cannot end here, or null if it can. */
  atEnd(window: Window): CaptureError | null;
}

/** Options of a decoder. */
export interface DecoderOptions {
  /** Deliver records of every link type, not of Ethernet alone. */
  readonly anyLinkType: boolean;
}

/** Why records of a link type are not read, or null if they are. */
export function refuseLinkType(linkType: number, offset: number, options: DecoderOptions): CaptureError | null {
  if (linkType === LINKTYPE_ETHERNET || options.anyLinkType) return null;
  const message = `its frames are ${linkTypeName(linkType)}; only ETHERNET (link type 1) is read`;
  return { kind: "unsupported", offset, message };
}
