/**
 * The pcapng blocks that describe frames and are none: section, interface, names, statistics. They are few, so reading
 * them may allocate; they come from anybody, so what they make us keep is bounded.
 */
import { findOption } from "./batch.ts";
import { IdbOption, IsbOption, OPT_COMMENT, pad4, ShbOption } from "./format.ts";
import type { CaptureInterface, CaptureSection, CaptureStatistics } from "./info.ts";
import { tickClock } from "./time.ts";

/** Bytes of a text that are kept, and comments of a section or an interface. */
const MAX_TEXT = 1024;
const MAX_COMMENTS = 16;
/** Names that are kept of a whole file. */
export const MAX_NAMES = 65_536;

const MICROSECONDS = 6;
const NAME_RECORD_END = 0;
const NAME_RECORD_IPV4 = 1;

const utf8 = new TextDecoder();

/** A block's body: the bytes between its two lengths, all in bounds of `view`. */
export interface BlockBody {
  readonly view: DataView;
  readonly start: number;
  readonly end: number;
  readonly littleEndian: boolean;
}

function text(body: BlockBody, from: number, code: number): string {
  const at = findOption(body.view, from, body.end, body.littleEndian, code);
  return at < 0 ? "" : textAt(body, at);
}

function textAt(body: BlockBody, at: number): string {
  const length = Math.min(body.view.getUint16(at + 2, body.littleEndian), MAX_TEXT);
  return utf8.decode(new Uint8Array(body.view.buffer, body.view.byteOffset + at + 4, length)).replace(/\0+$/, "");
}

/** Where an option of exactly `length` bytes has its value, or -1. */
function value(body: BlockBody, from: number, code: number, length: number): number {
  const at = findOption(body.view, from, body.end, body.littleEndian, code);
  return at >= 0 && body.view.getUint16(at + 2, body.littleEndian) === length ? at + 4 : -1;
}

/** Section Header Block: magic, version, section length, options. The body has 16 bytes at least. */
export function readSection(body: BlockBody): CaptureSection {
  const options = body.start + 16;
  return {
    littleEndian: body.littleEndian,
    hardware: text(body, options, ShbOption.Hardware),
    os: text(body, options, ShbOption.Os),
    application: text(body, options, ShbOption.UserApplication),
    comments: readComments(body, options),
  };
}

function readComments(body: BlockBody, options: number): string[] {
  const comments: string[] = [];
  let at = findOption(body.view, options, body.end, body.littleEndian, OPT_COMMENT);
  while (at >= 0 && comments.length < MAX_COMMENTS) {
    comments.push(textAt(body, at));
    const next = at + 4 + pad4(body.view.getUint16(at + 2, body.littleEndian));
    at = findOption(body.view, next, body.end, body.littleEndian, OPT_COMMENT);
  }
  return comments;
}

/** Interface Description Block: link type, reserved, snap length, options. The body has 8 bytes at least. */
export function readInterface(body: BlockBody, section: number, id: number): CaptureInterface {
  const { view, start, littleEndian } = body;
  const options = start + 8;
  const mac = value(body, options, IdbOption.MacAddress, 6);
  const resolution = value(body, options, IdbOption.TimeResolution, 1);
  const offset = value(body, options, IdbOption.TimeOffset, 8);
  const filter = findOption(view, options, body.end, littleEndian, IdbOption.Filter);
  // if_filter's first byte tells its kind: 0 is text.
  const filterText =
    filter >= 0 && view.getUint16(filter + 2, littleEndian) > 0 && view.getUint8(filter + 4) === 0
      ? textAt(body, filter).slice(1)
      : "";
  return {
    section,
    id,
    name: text(body, options, IdbOption.Name),
    description: text(body, options, IdbOption.Description),
    os: text(body, options, IdbOption.Os),
    comments: readComments(body, options),
    filter: filterText,
    mac: mac < 0 ? null : Uint8Array.from({ length: 6 }, (_, i) => view.getUint8(mac + i)),
    linkType: view.getUint16(start, littleEndian),
    snapLength: view.getUint32(start + 4, littleEndian),
    clock: tickClock(
      resolution < 0 ? MICROSECONDS : view.getUint8(resolution),
      offset < 0 ? 0 : Number(view.getBigInt64(offset, littleEndian)),
    ),
    statistics: null,
  };
}

/** Name Resolution Block: adds its IPv4 names; a malformed record ends it. */
export function readNames(body: BlockBody, names: Map<number, string>): void {
  const { view, end, littleEndian } = body;
  let at = body.start;
  while (at + 4 <= end) {
    const type = view.getUint16(at, littleEndian);
    const length = view.getUint16(at + 2, littleEndian);
    const data = at + 4;
    if (type === NAME_RECORD_END || data + length > end) return;
    if (type === NAME_RECORD_IPV4 && length > 4 && names.size < MAX_NAMES) {
      const bytes = new Uint8Array(view.buffer, view.byteOffset + data + 4, Math.min(length - 4, MAX_TEXT));
      const zero = bytes.indexOf(0);
      names.set(view.getInt32(data, false), utf8.decode(zero < 0 ? bytes : bytes.subarray(0, zero)));
    }
    at = data + pad4(length);
  }
}

/** Interface Statistics Block: interface, time, options. The body has 12 bytes at least. */
export function readStatistics(body: BlockBody): CaptureStatistics {
  const counter = (code: number): number | null => {
    const at = value(body, body.start + 12, code, 8);
    return at < 0 ? null : Number(body.view.getBigUint64(at, body.littleEndian));
  };
  return {
    received: counter(IsbOption.Received),
    dropped: counter(IsbOption.Dropped),
    filterAccepted: counter(IsbOption.FilterAccepted),
    osDropped: counter(IsbOption.OsDropped),
    delivered: counter(IsbOption.Delivered),
  };
}
