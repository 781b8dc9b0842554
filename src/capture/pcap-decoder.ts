/**
 * Classic pcap: one header, then records without anything between them (draft-ietf-opsawg-pcap). All integers are in the
 * byte order of the machine that wrote the file; the magic number tells which.
 *
 *     0        4        8        12       16       20       24
 *     | magic  | 2 | 4  |reserved|reserved| snaplen|linktype|
 *     | seconds|fraction|captured|original|  frame ...
 */
import { boundedLength, type RecordBatch } from "./batch.ts";
import { type CaptureDecoder, type DecoderOptions, refuseLinkType } from "./decoder.ts";
import { CaptureDirection, type CaptureError, MAX_FRAME, PcapMagic } from "./format.ts";
import type { CaptureInterface, CaptureSection } from "./info.ts";
import { tickClock } from "./time.ts";
import type { Window } from "./window.ts";

const HEADER_LENGTH = 24;
const RECORD_LENGTH = 16;
/** A record's header in the modified format: then interface index, protocol and packet type. */
const MODIFIED_RECORD_LENGTH = 24;
const MODIFIED_PACKET_TYPE = 22;
/** packet(7): the frame was sent by this machine. */
const PACKET_OUTGOING = 4;

/** The only version since 1998; 2.3 and older had the two lengths the other way round, sometimes. */
const MAJOR = 2;
const MINOR_LENGTHS_CERTAIN = 4;

export class PcapDecoder implements CaptureDecoder {
  readonly format = "pcap";
  readonly sections: CaptureSection[] = [];
  readonly interfaces: CaptureInterface[] = [];
  readonly names: Map<number, string> = new Map();
  error: CaptureError | null = null;
  need = HEADER_LENGTH;
  readonly #littleEndian: boolean;
  readonly #options: DecoderOptions;
  /** Nanoseconds in a record's unit of time, and units in a second. */
  readonly #unit: number;
  readonly #perSecond: number;
  readonly #recordLength: number;
  #headerDone = false;
  #snapLength = MAX_FRAME;
  #minor = 0;

  /** @param magic one of {@link PcapMagic}. */
  constructor(littleEndian: boolean, magic: number, options: DecoderOptions) {
    this.#littleEndian = littleEndian;
    this.#options = options;
    this.#unit = magic === PcapMagic.Nano ? 1 : 1000;
    this.#perSecond = 1e9 / this.#unit;
    this.#recordLength = magic === PcapMagic.Modified ? MODIFIED_RECORD_LENGTH : RECORD_LENGTH;
  }

  decode(window: Window, batch: RecordBatch): boolean {
    batch.littleEndian = this.#littleEndian;
    if (!this.#headerDone) {
      this.need = HEADER_LENGTH;
      if (window.available < HEADER_LENGTH) return true;
      this.#header(window);
      if (this.error !== null) return false;
    }
    const { view, end } = window;
    const little = this.#littleEndian;
    const header = this.#recordLength;
    const snap = this.#snapLength;
    let at = window.start;
    while (!batch.full) {
      if (end - at < header) {
        this.need = header;
        window.start = at;
        return true;
      }
      let captured = view.getUint32(at + 8, little);
      let original = view.getUint32(at + 12, little);
      if (this.#minor < MINOR_LENGTHS_CERTAIN && (this.#minor < 3 || captured > original)) {
        const first = captured;
        captured = original;
        original = first;
      }
      if (captured > MAX_FRAME) {
        window.start = at;
        const message = `a captured length of ${captured} bytes, more than the longest frame (${MAX_FRAME})`;
        this.error = { kind: "damaged", offset: window.position, message };
        return false;
      }
      const data = at + header;
      if (end - data < captured) {
        this.need = header + captured;
        window.start = at;
        return true;
      }
      let seconds = view.getUint32(at, little);
      let fraction = view.getUint32(at + 4, little);
      if (fraction >= this.#perSecond) {
        // Not a fraction: some writers let it run over.
        const carry = Math.floor(fraction / this.#perSecond);
        seconds += carry;
        fraction -= carry * this.#perSecond;
      }
      batch.setTime(seconds, fraction * this.#unit);
      // Like libpcap, never hand out more than the header promised.
      batch.add(data, captured > snap ? snap : captured, boundedLength(original), 0);
      if (header === MODIFIED_RECORD_LENGTH) setDirection(batch, view.getUint8(at + MODIFIED_PACKET_TYPE));
      at = data + captured;
    }
    window.start = at;
    return false;
  }

  atEnd(window: Window): CaptureError | null {
    const left = window.available;
    if (left === 0 && this.#headerDone) return null;
    const what = this.#headerDone ? "a record" : "the file header";
    const message = `the file ends inside ${what}: ${left} of ${this.need} bytes are there`;
    return { kind: "truncated", offset: window.position, message };
  }

  #header(window: Window): void {
    const { view, start } = window;
    const little = this.#littleEndian;
    const major = view.getUint16(start + 4, little);
    const minor = view.getUint16(start + 6, little);
    if (major !== MAJOR || minor > MINOR_LENGTHS_CERTAIN) {
      const message = `pcap version ${major}.${minor}; 2.0 to 2.4 are read`;
      this.error = { kind: "unsupported", offset: window.position + 4, message };
      return;
    }
    this.#minor = minor;
    const snapLength = view.getUint32(start + 16, little);
    if (snapLength > 0 && snapLength < MAX_FRAME) this.#snapLength = snapLength;
    // The upper bits may tell the length of a frame check sequence.
    const linkType = view.getUint32(start + 20, little) & 0xffff;
    this.error = refuseLinkType(linkType, window.position + 20, this.#options);
    this.sections.push({ littleEndian: little, hardware: "", os: "", application: "", comments: [] });
    this.interfaces.push({
      section: 0,
      id: 0,
      name: "",
      description: "",
      os: "",
      filter: "",
      mac: null,
      comments: [],
      linkType,
      snapLength,
      clock: tickClock(this.#unit === 1 ? 9 : 6, 0),
      statistics: null,
    });
    window.start += HEADER_LENGTH;
    this.#headerDone = true;
  }
}

function setDirection(batch: RecordBatch, packetType: number): void {
  batch.direction[batch.count - 1] = packetType === PACKET_OUTGOING ? CaptureDirection.Out : CaptureDirection.In;
}
