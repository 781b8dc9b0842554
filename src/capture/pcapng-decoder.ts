/**
 * pcapng (draft-ietf-opsawg-pcapng): a sequence of blocks, each a type, its length, a body, and the length again. A
 * Section Header Block says the byte order of what follows; an Interface Description Block, the link type and clock of
 * the frames that name it; Enhanced Packet Blocks carry the frames. Unknown blocks are skipped.
 *
 *     0      4        8         12         16        20         24         28
 *     | type | length | interf. | time high, low     | captured | original | frame, padding, options | length |
 */
import { boundedLength, type RecordBatch } from "./batch.ts";
import { type CaptureDecoder, type DecoderOptions, refuseLinkType } from "./decoder.ts";
import { BlockType, BYTE_ORDER_MAGIC, type CaptureError, MAX_BLOCK, MAX_FRAME, pad4 } from "./format.ts";
import type { CaptureInterface, CaptureSection } from "./info.ts";
import { type BlockBody, readInterface, readNames, readSection, readStatistics } from "./pcapng-blocks.ts";
import { setTicks } from "./time.ts";
import type { Window } from "./window.ts";

/** Type, length, and the length again. */
const FRAMING = 12;
/** Where the frame begins within an Enhanced or an obsolete Packet Block, and within a Simple one. */
const PACKET_DATA = 28;
const SIMPLE_DATA = 12;
/** Interfaces and sections that are kept of one file. */
const MAX_ENTRIES = 65_536;

export class PcapngDecoder implements CaptureDecoder {
  readonly format = "pcapng";
  readonly sections: CaptureSection[] = [];
  readonly interfaces: CaptureInterface[] = [];
  readonly names: Map<number, string> = new Map();
  error: CaptureError | null = null;
  need = FRAMING;
  readonly #options: DecoderOptions;
  #littleEndian = true;
  /** Index of the section's first interface. */
  #firstInterface = 0;
  /** The length that must follow a long block that is being skipped; 0 if none is. */
  #skippedLength = 0;
  /** Where that block begins in the file. */
  #skippedFrom = 0;

  constructor(options: DecoderOptions) {
    this.#options = options;
  }

  decode(window: Window, batch: RecordBatch): boolean {
    batch.littleEndian = this.#littleEndian;
    while (!batch.full) {
      if (this.#skippedLength !== 0 && !this.#endSkipping(window)) return this.error === null;
      const { view, start, end } = window;
      this.need = FRAMING;
      if (end - start < FRAMING) return true;
      const type = view.getUint32(start, this.#littleEndian);
      if (type === BlockType.SectionHeader) {
        // Its type reads the same in both byte orders; it decides which one is meant. A batch has one order.
        if (batch.count > 0) return false;
        if (!this.#byteOrder(window)) return false;
        batch.littleEndian = this.#littleEndian;
      } else if (this.sections.length === 0) {
        return this.#damaged(window, "no Section Header Block at the beginning");
      }
      const length = view.getUint32(start + 4, this.#littleEndian);
      const shortest = shortestBlock(type);
      if (length < shortest || (length & 3) !== 0) {
        return this.#damaged(window, `a block (type ${type}) of ${length} bytes`);
      }
      if (shortest === FRAMING && length > end - start) {
        this.#skippedLength = length;
        this.#skippedFrom = window.position;
        window.skip(length - 4);
        continue;
      }
      if (length > MAX_BLOCK) return this.#damaged(window, `a block (type ${type}) of ${length} bytes`);
      if (length > end - start) {
        this.need = length;
        return true;
      }
      const trailer = view.getUint32(start + length - 4, this.#littleEndian);
      if (trailer !== length) {
        return this.#damaged(window, `a block's two lengths differ: ${length} bytes and ${trailer}`);
      }
      if (!this.#block(window, batch, type, length)) return false;
      window.start = start + length;
    }
    return false;
  }

  atEnd(window: Window): CaptureError | null {
    if (window.skipping === 0 && window.available === 0 && this.#skippedLength === 0) return null;
    if (this.#skippedLength !== 0) {
      const message = `the file ends inside a block of ${this.#skippedLength} bytes`;
      return { kind: "truncated", offset: this.#skippedFrom, message };
    }
    const message = `the file ends inside a block: ${window.available} of ${this.need} bytes are there`;
    return { kind: "truncated", offset: window.position, message };
  }

  /** True once a long block has passed and its closing length agrees. */
  #endSkipping(window: Window): boolean {
    this.need = 4;
    if (window.skipping > 0 || window.available < 4) return false;
    const trailer = window.view.getUint32(window.start, this.#littleEndian);
    if (trailer !== this.#skippedLength) {
      const message = `a block's two lengths differ: ${this.#skippedLength} bytes and ${trailer}`;
      this.error = { kind: "damaged", offset: this.#skippedFrom, message };
      return false;
    }
    window.start += 4;
    this.#skippedLength = 0;
    return true;
  }

  #byteOrder(window: Window): boolean {
    const little = window.view.getUint32(window.start + 8, true) === BYTE_ORDER_MAGIC;
    if (!little && window.view.getUint32(window.start + 8, false) !== BYTE_ORDER_MAGIC) {
      return this.#damaged(window, "a Section Header Block without its byte-order magic");
    }
    this.#littleEndian = little;
    return true;
  }

  /** Reads one whole block. Returns false if it set the error. */
  #block(window: Window, batch: RecordBatch, type: number, length: number): boolean {
    const { view, start } = window;
    switch (type) {
      case BlockType.EnhancedPacket:
        return this.#packet(window, batch, length, view.getUint32(start + 8, this.#littleEndian));
      case BlockType.Packet:
        return this.#packet(window, batch, length, view.getUint16(start + 8, this.#littleEndian));
      case BlockType.SimplePacket:
        return this.#simplePacket(window, batch, length);
      case BlockType.SectionHeader:
        return this.#section(window, length);
      case BlockType.InterfaceDescription:
        if (this.interfaces.length === MAX_ENTRIES) return this.#damaged(window, `more than ${MAX_ENTRIES} interfaces`);
        this.interfaces.push(
          readInterface(
            this.#body(window, length),
            this.sections.length - 1,
            this.interfaces.length - this.#firstInterface,
          ),
        );
        return true;
      case BlockType.NameResolution:
        readNames(this.#body(window, length), this.names);
        return true;
      case BlockType.InterfaceStatistics: {
        const subject = this.interfaces[this.#firstInterface + view.getUint32(start + 8, this.#littleEndian)];
        if (subject !== undefined) subject.statistics = readStatistics(this.#body(window, length));
        return true;
      }
      default:
        return true;
    }
  }

  #packet(window: Window, batch: RecordBatch, length: number, id: number): boolean {
    const { view, start } = window;
    const little = this.#littleEndian;
    const subject = this.#interface(window, id);
    if (subject === null) return false;
    const captured = view.getUint32(start + 20, little);
    const options = start + PACKET_DATA + pad4(captured);
    const end = start + length - 4;
    if (captured > MAX_FRAME || options > end) {
      return this.#damaged(window, `a captured length of ${captured} bytes in a block of ${length}`);
    }
    setTicks(batch, subject.clock, view.getUint32(start + 12, little), view.getUint32(start + 16, little));
    const original = boundedLength(view.getUint32(start + 24, little));
    batch.add(start + PACKET_DATA, captured, original, this.#firstInterface + id);
    if (options < end) batch.setOptions(view, options, end);
    return true;
  }

  #simplePacket(window: Window, batch: RecordBatch, length: number): boolean {
    const subject = this.#interface(window, 0);
    if (subject === null) return false;
    const original = window.view.getUint32(window.start + 8, this.#littleEndian);
    const captured = subject.snapLength === 0 ? original : Math.min(original, subject.snapLength);
    if (captured > MAX_FRAME || captured > length - 16) {
      return this.#damaged(window, `a frame of ${captured} bytes in a block of ${length}`);
    }
    batch.setTime(0, 0);
    batch.add(window.start + SIMPLE_DATA, captured, boundedLength(original), this.#firstInterface);
    return true;
  }

  /** The interface that a frame names, if it exists and its link type is read. */
  #interface(window: Window, id: number): CaptureInterface | null {
    const subject = this.interfaces[this.#firstInterface + id];
    if (subject === undefined) {
      this.#damaged(window, `a frame from interface ${id}, which the section does not describe`);
      return null;
    }
    this.error = refuseLinkType(subject.linkType, window.position, this.#options);
    return this.error === null ? subject : null;
  }

  #section(window: Window, length: number): boolean {
    const { view, start } = window;
    const major = view.getUint16(start + 12, this.#littleEndian);
    const minor = view.getUint16(start + 14, this.#littleEndian);
    if (major !== 1 || (minor !== 0 && minor !== 2)) {
      const message = `pcapng version ${major}.${minor}; 1.0 and 1.2 are read`;
      this.error = { kind: "unsupported", offset: window.position, message };
      return false;
    }
    if (this.sections.length === MAX_ENTRIES) return this.#damaged(window, `more than ${MAX_ENTRIES} sections`);
    this.sections.push(readSection(this.#body(window, length)));
    this.#firstInterface = this.interfaces.length;
    return true;
  }

  #body(window: Window, length: number): BlockBody {
    const { view, start } = window;
    return { view, start: start + 8, end: start + length - 4, littleEndian: this.#littleEndian };
  }

  /** Ends decoding here. Always false, for callers to return. */
  #damaged(window: Window, what: string): false {
    this.error = { kind: "damaged", offset: window.position, message: what };
    return false;
  }
}

/** The length of a block of this type with nothing optional in it, framing included; FRAMING for types not read here. */
function shortestBlock(type: number): number {
  switch (type) {
    case BlockType.EnhancedPacket:
    case BlockType.Packet:
      return 32;
    case BlockType.SectionHeader:
      return 28;
    case BlockType.InterfaceStatistics:
      return 24;
    case BlockType.InterfaceDescription:
      return 20;
    case BlockType.SimplePacket:
    case BlockType.NameResolution:
      return 16;
    default:
      return FRAMING;
  }
}
