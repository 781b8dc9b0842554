/**
 * Multicast Listener Discovery: how IPv6 hosts tell the routers on their link which groups they listen to (IGMP's part),
 * in ICMPv6 behind a router alert. Version 1 (RFC 2710) has one form for query, report and done:
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +---------------+---------------+-------------------------------+
 *     |      type     |      code     |            checksum           |
 *     +---------------+---------------+-------------------------------+
 *     |    maximum response delay     |           reserved            |  in ms
 *     +-------------------------------+-------------------------------+
 *     |                  multicast address, 16 bytes                  |  0 in a general query
 *     +---------------------------------------------------------------+
 *
 * A query of version 2 (RFC 3810) goes on, and a report of version 2 (type 143) carries records:
 *
 *     +-------+-+-----+---------------+-------------------------------+
 *     | resv  |S| QRV |     QQIC      |       number of sources       |  query: then the sources, 16 bytes each
 *     +-------+-+-----+---------------+-------------------------------+
 *     |           reserved            |       number of records       |  report: in place of the delay
 *     +---------------+---------------+-------------------------------+
 *     |  record type  | aux data len  |       number of sources       |  record; aux data in 4 bytes
 *     +---------------+---------------+-------------------------------+
 *     |       multicast address, sources (16 bytes each), aux data    |
 *     +---------------------------------------------------------------+
 */
import { copyOf, getU16, setU16 } from "./bytes.ts";
import { Fault } from "./fault.ts";
import { seal, Type } from "./icmpv6.ts";
import { floating } from "./igmp.ts";
import { header, requireBits } from "./layout.ts";

export { RecordType } from "./igmp.ts";

/** Lengths and offsets in bytes; read from here and not from the exports, so that V8 folds them (see arp.ts). */
const WIRE = {
  V1_LENGTH: 24,
  /** Bytes of a version 2 query before its sources. */
  V2_QUERY_LENGTH: 28,
  V2_REPORT_LENGTH: 8,
  /** Bytes of a record before its sources. */
  RECORD_LENGTH: 20,
  MAX_DELAY: 4,
  GROUP: 8,
  FLAGS: 24,
  QUERY_INTERVAL: 25,
  SOURCE_COUNT: 26,
  SOURCES: 28,
  RECORD_COUNT: 6,
  RECORDS: 8,
} as const;
export const {
  V1_LENGTH,
  V2_QUERY_LENGTH,
  V2_REPORT_LENGTH,
  RECORD_LENGTH,
  MAX_DELAY,
  GROUP,
  FLAGS,
  QUERY_INTERVAL,
  SOURCE_COUNT,
  SOURCES,
  RECORD_COUNT,
  RECORDS,
} = WIRE;

/** True for the four types of multicast listener discovery. */
export function isMld(type: number): boolean {
  return (type >= Type.MulticastListenerQuery && type <= Type.MulticastListenerDone) || isReportV2(type);
}

function isReportV2(type: number): boolean {
  return type === Type.MulticastListenerReportV2;
}

/**
 * Checks that a message of multicast listener discovery lies at `off`.
 * @param end the end of the IPv6 payload.
 * @returns Truncated, also for other types; Length for a query between the lengths of both versions (RFC 3810, 8.1); or
 * None: then every accessor below that fits the type is in bounds. The checksum is not verified.
 */
export function check(buf: Uint8Array, off: number, end: number): Fault {
  const room = end - off;
  if (room < WIRE.V2_REPORT_LENGTH || !isMld(buf[off]!)) return Fault.Truncated;
  if (isReportV2(buf[off]!)) return recordsFit(buf, off, end) ? Fault.None : Fault.Truncated;
  if (room < WIRE.V1_LENGTH) return Fault.Truncated;
  if (buf[off] !== Type.MulticastListenerQuery || room === WIRE.V1_LENGTH) return Fault.None;
  if (room < WIRE.V2_QUERY_LENGTH) return Fault.Length;
  return room < WIRE.V2_QUERY_LENGTH + 16 * getU16(buf, off + WIRE.SOURCE_COUNT) ? Fault.Truncated : Fault.None;
}

function recordsFit(buf: Uint8Array, off: number, end: number): boolean {
  let at = off + WIRE.RECORDS;
  for (let left = getU16(buf, off + WIRE.RECORD_COUNT); left > 0; left--) {
    if (end - at < WIRE.RECORD_LENGTH) return false;
    at += recordLength(buf, at);
  }
  return at <= end;
}

/** Milliseconds within which a query of `length` bytes wants its answers; version 2 may write them floating. */
export function maxDelay(buf: Uint8Array, off: number, length: number): number {
  const code = getU16(buf, off + WIRE.MAX_DELAY);
  if (length < WIRE.V2_QUERY_LENGTH || code < 0x8000) return code;
  return ((code & 0x0fff) | 0x1000) << (((code >>> 12) & 7) + 3);
}

/** True if a version 2 query tells routers not to restart their timers. */
export function suppresses(buf: Uint8Array, off: number): boolean {
  return (buf[off + WIRE.FLAGS]! & 8) !== 0;
}

/** Querier's robustness in a version 2 query, 0 to 7. */
export function robustness(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.FLAGS]! & 7;
}

/** Querier's interval in seconds, in a version 2 query. */
export function queryInterval(buf: Uint8Array, off: number): number {
  return floating(buf[off + WIRE.QUERY_INTERVAL]!);
}

/** Sources that a version 2 query names, 16 bytes each from `SOURCES` on. */
export function sourceCount(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.SOURCE_COUNT);
}

/** Records of a version 2 report. */
export function recordCount(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.RECORD_COUNT);
}

/** Bytes of the record at `at`, its auxiliary data included: to walk from `off + RECORDS` to the next. */
export function recordLength(buf: Uint8Array, at: number): number {
  return WIRE.RECORD_LENGTH + 16 * getU16(buf, at + 2) + 4 * buf[at + 1]!;
}

/** The declared form of version 1. */
export const layout = header("mld", {
  type: "u8",
  code: "u8",
  checksum: "u16",
  maxDelay: "u16",
  reserved: "u16",
  group: { bytes: 16 },
});

/** What a host says of one group; addresses as 16 bytes. */
export interface ListenerRecord {
  /** See `RecordType`. */
  type: number;
  group: Uint8Array;
  sources: Uint8Array[];
}

/** A message as a plain object; addresses as 16 bytes. */
export type MldMessage =
  | { kind: "query" | "report" | "done"; maxDelay: number; group: Uint8Array }
  | {
      kind: "query-v2";
      /** As written: from 0x8000 on floating point. */
      maxDelay: number;
      group: Uint8Array;
      suppress: boolean;
      robustness: number;
      /** As written: from 128 on floating point. */
      queryInterval: number;
      sources: Uint8Array[];
    }
  | { kind: "report-v2"; records: ListenerRecord[] };

/** Takes a message apart, or says with a fault why it cannot be: for tools and tests. The checksum is not verified. */
export function parse(buf: Uint8Array, off = 0, end = buf.length): MldMessage | Fault {
  const fault = check(buf, off, end);
  if (fault !== Fault.None) return fault;
  if (isReportV2(buf[off]!)) return { kind: "report-v2", records: parseRecords(buf, off) };
  const { type, maxDelay, group } = layout.decode(buf, off);
  if (type === Type.MulticastListenerReport) return { kind: "report", maxDelay, group };
  if (type === Type.MulticastListenerDone) return { kind: "done", maxDelay, group };
  if (end - off < WIRE.V2_QUERY_LENGTH) return { kind: "query", maxDelay, group };
  const sources = addresses(buf, off + WIRE.SOURCES, sourceCount(buf, off));
  const queryInterval = buf[off + WIRE.QUERY_INTERVAL]!;
  const querier = { suppress: suppresses(buf, off), robustness: robustness(buf, off), queryInterval };
  return { kind: "query-v2", maxDelay, group, ...querier, sources };
}

function addresses(buf: Uint8Array, at: number, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => copyOf(buf, at + 16 * i, at + 16 * i + 16));
}

function parseRecords(buf: Uint8Array, off: number): ListenerRecord[] {
  const records: ListenerRecord[] = [];
  let at = off + WIRE.RECORDS;
  for (let left = recordCount(buf, off); left > 0; left--) {
    const sources = addresses(buf, at + WIRE.RECORD_LENGTH, getU16(buf, at + 2));
    records.push({ type: buf[at]!, group: copyOf(buf, at + 4, at + 20), sources });
    at += recordLength(buf, at);
  }
  return records;
}

/**
 * The bytes of a message between two addresses of 16 bytes each, with its checksum.
 * @throws {RangeError} on a value that does not fit its field.
 */
export function build(message: MldMessage, src: Uint8Array, dst: Uint8Array): Uint8Array {
  return seal(write(message), src, dst);
}

function write(message: MldMessage): Uint8Array {
  switch (message.kind) {
    case "query":
      return writeV1(WIRE.V1_LENGTH, Type.MulticastListenerQuery, message.maxDelay, message.group);
    case "report":
      return writeV1(WIRE.V1_LENGTH, Type.MulticastListenerReport, message.maxDelay, message.group);
    case "done":
      return writeV1(WIRE.V1_LENGTH, Type.MulticastListenerDone, message.maxDelay, message.group);
    case "query-v2":
      return writeQueryV2(message);
    case "report-v2":
      return writeRecords(message.records);
  }
}

function writeV1(length: number, type: number, maxDelay: number, group: Uint8Array): Uint8Array {
  const buf = new Uint8Array(length);
  layout.encode({ type, code: 0, checksum: 0, maxDelay, reserved: 0, group }, buf);
  return buf;
}

function writeQueryV2(message: MldMessage & { kind: "query-v2" }): Uint8Array {
  const { maxDelay, group, suppress, robustness, queryInterval, sources } = message;
  requireBits("mld.robustness", robustness, 7);
  requireBits("mld.queryInterval", queryInterval, 0xff);
  requireBits("mld.sources", sources.length, 0xffff);
  const length = WIRE.V2_QUERY_LENGTH + 16 * sources.length;
  const buf = writeV1(length, Type.MulticastListenerQuery, maxDelay, group);
  buf[WIRE.FLAGS] = (suppress ? 8 : 0) | robustness;
  buf[WIRE.QUERY_INTERVAL] = queryInterval;
  setU16(buf, WIRE.SOURCE_COUNT, sources.length);
  setAddresses(buf, WIRE.SOURCES, sources);
  return buf;
}

function writeRecords(records: readonly ListenerRecord[]): Uint8Array {
  requireBits("mld.records", records.length, 0xffff);
  let length: number = WIRE.RECORDS;
  for (const { sources } of records) length += WIRE.RECORD_LENGTH + 16 * sources.length;
  const buf = new Uint8Array(length);
  buf[0] = Type.MulticastListenerReportV2;
  setU16(buf, WIRE.RECORD_COUNT, records.length);
  let at: number = WIRE.RECORDS;
  for (const { type, group, sources } of records) {
    requireBits("mld.record.type", type, 0xff);
    requireBits("mld.record.sources", sources.length, 0xffff);
    buf[at] = type;
    setU16(buf, at + 2, sources.length);
    setAddresses(buf, at + 4, [group]);
    setAddresses(buf, at + WIRE.RECORD_LENGTH, sources);
    at += WIRE.RECORD_LENGTH + 16 * sources.length;
  }
  return buf;
}

function setAddresses(buf: Uint8Array, at: number, list: readonly Uint8Array[]): void {
  for (const [i, address] of list.entries()) {
    if (address.length !== 16) throw new RangeError("mld takes addresses of 16 bytes");
    buf.set(address, at + 16 * i);
  }
}
