/**
 * Internet Group Management Protocol: how IPv4 hosts tell the routers on their link which multicast groups they listen
 * to. Version 1 (RFC 1112) and 2 (RFC 2236) have one form:
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +---------------+---------------+-------------------------------+
 *     |     type      | max resp time |           checksum            |  time in 1/10 s; 0 in version 1
 *     +---------------+---------------+-------------------------------+
 *     |                         group address                         |  0 in a general query
 *     +---------------------------------------------------------------+
 *
 * A query of version 3 (RFC 3376) goes on, and a report of version 3 carries records instead of the address:
 *
 *     +-------+-+-----+---------------+-------------------------------+
 *     | resv  |S| QRV |     QQIC      |       number of sources       |  query: then the sources
 *     +-------+-+-----+---------------+-------------------------------+
 *     |           reserved            |       number of records       |  report: in place of the group address
 *     +---------------+---------------+-------------------------------+
 *     |  record type  | aux data len  |       number of sources       |  record; aux data in 4 bytes
 *     +---------------+---------------+-------------------------------+
 *     |                       multicast address                       |
 *     |                    sources, then aux data                     |
 *     +---------------------------------------------------------------+
 */
import { getI32, getU16, setU16, setU32 } from "./bytes.ts";
import * as inet from "./checksum.ts";
import { Fault } from "./fault.ts";
import { header, requireBits } from "./layout.ts";

/** Lengths and offsets in bytes; read from here and not from the exports, so that V8 folds them (see arp.ts). */
const WIRE = {
  /** Bytes of every message of version 1 and 2, and of the beginning of version 3's. */
  MIN_LENGTH: 8,
  /** Bytes of a version 3 query before its sources. */
  QUERY_V3_LENGTH: 12,
  /** Bytes of a group record before its sources. */
  RECORD_LENGTH: 8,
  TYPE: 0,
  MAX_RESPONSE: 1,
  CHECKSUM: 2,
  GROUP: 4,
  FLAGS: 8,
  QUERY_INTERVAL: 9,
  SOURCE_COUNT: 10,
  SOURCES: 12,
  RECORD_COUNT: 6,
  RECORDS: 8,
} as const;
export const {
  MIN_LENGTH,
  QUERY_V3_LENGTH,
  RECORD_LENGTH,
  TYPE,
  MAX_RESPONSE,
  CHECKSUM,
  GROUP,
  FLAGS,
  QUERY_INTERVAL,
  SOURCE_COUNT,
  SOURCES,
  RECORD_COUNT,
  RECORDS,
} = WIRE;

/** IANA: IGMP types. Unknown ones stay numbers. */
export const Type = {
  Query: 0x11,
  ReportV1: 0x12,
  Dvmrp: 0x13,
  PimV1: 0x14,
  ReportV2: 0x16,
  Leave: 0x17,
  MtraceResponse: 0x1e,
  Mtrace: 0x1f,
  ReportV3: 0x22,
} as const;

const TYPE_NAMES: Readonly<Record<number, string>> = {
  17: "membership query",
  18: "v1 membership report",
  19: "DVMRP",
  20: "PIMv1",
  22: "v2 membership report",
  23: "leave group",
  30: "mtrace response",
  31: "mtrace",
  34: "v3 membership report",
};

/** The type's name; an unknown one stays a number, as `type-77`. */
export function typeName(type: number): string {
  return TYPE_NAMES[type] ?? `type-${type}`;
}

/** What a group record reports (RFC 3376, 4.2.12; MLDv2 has the same): the state as it is, or a change. */
export const RecordType = {
  ModeIsInclude: 1,
  ModeIsExclude: 2,
  ChangeToInclude: 3,
  ChangeToExclude: 4,
  AllowNewSources: 5,
  BlockOldSources: 6,
} as const;

/**
 * Checks that a message lies at `off`.
 * @param end the end of the IPv4 payload.
 * @returns Truncated if a version 3 query's sources, a report's records, or the first 8 bytes are not all there; or None:
 * then every accessor below that fits the type is in bounds. The checksum is not verified, see {@link checksumOk}.
 */
export function check(buf: Uint8Array, off: number, end: number): Fault {
  const room = end - off;
  if (room < WIRE.MIN_LENGTH) return Fault.Truncated;
  if (buf[off] === Type.ReportV3) return endOfRecords(buf, off, end) < 0 ? Fault.Truncated : Fault.None;
  if (buf[off] !== Type.Query || room < WIRE.QUERY_V3_LENGTH) return Fault.None;
  return room < WIRE.QUERY_V3_LENGTH + 4 * getU16(buf, off + WIRE.SOURCE_COUNT) ? Fault.Truncated : Fault.None;
}

/** The byte after a report's last record, or -1 if that lies beyond `end`. */
function endOfRecords(buf: Uint8Array, off: number, end: number): number {
  let at = off + WIRE.RECORDS;
  for (let left = getU16(buf, off + WIRE.RECORD_COUNT); left > 0; left--) {
    if (end - at < WIRE.RECORD_LENGTH) return -1;
    at += recordLength(buf, at);
  }
  return at > end ? -1 : at;
}

/** True if the checksum over the whole message is right. */
export function checksumOk(buf: Uint8Array, off: number, end: number): boolean {
  return inet.checksum(buf, off, end) === 0;
}

/** What the message is, see {@link Type}. */
export function type(buf: Uint8Array, off: number): number {
  return buf[off]!;
}

/**
 * The version of a message of `length` bytes: a query's follows from its length and time (RFC 3376, 7.1). 0 for other
 * protocols that share the number.
 */
export function version(buf: Uint8Array, off: number, length: number): number {
  switch (buf[off]) {
    case Type.Query:
      if (length >= WIRE.QUERY_V3_LENGTH) return 3;
      return buf[off + WIRE.MAX_RESPONSE] === 0 ? 1 : 2;
    case Type.ReportV1:
      return 1;
    case Type.ReportV2:
    case Type.Leave:
      return 2;
    case Type.ReportV3:
      return 3;
    default:
      return 0;
  }
}

/** Tenths of a second within which a query wants its answers; version 3 writes 128 and more as floating point. */
export function maxResponseTime(buf: Uint8Array, off: number, length: number): number {
  const code = buf[off + WIRE.MAX_RESPONSE]!;
  return length >= WIRE.QUERY_V3_LENGTH ? floating(code) : code;
}

/** A value of eight bits: from 128 on, four bits of mantissa and three of exponent (RFC 3376, 4.1.1). */
export function floating(code: number): number {
  return code < 128 ? code : ((code & 0x0f) | 0x10) << (((code >>> 4) & 7) + 3);
}

/** Group address, a signed 32-bit integer; 0 in a general query. A version 3 report has none here. */
export function group(buf: Uint8Array, off: number): number {
  return getI32(buf, off + WIRE.GROUP);
}

/** True if a version 3 query tells routers not to restart their timers. */
export function suppresses(buf: Uint8Array, off: number): boolean {
  return (buf[off + WIRE.FLAGS]! & 8) !== 0;
}

/** Querier's robustness in a version 3 query, 0 to 7. */
export function robustness(buf: Uint8Array, off: number): number {
  return buf[off + WIRE.FLAGS]! & 7;
}

/** Querier's interval in seconds, in a version 3 query. */
export function queryInterval(buf: Uint8Array, off: number): number {
  return floating(buf[off + WIRE.QUERY_INTERVAL]!);
}

/** Sources that a version 3 query names. */
export function sourceCount(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.SOURCE_COUNT);
}

/** Source `i` of a version 3 query, 0 to `sourceCount` - 1, a signed 32-bit integer. */
export function source(buf: Uint8Array, off: number, i: number): number {
  return getI32(buf, off + WIRE.SOURCES + 4 * i);
}

/** Group records of a version 3 report. */
export function recordCount(buf: Uint8Array, off: number): number {
  return getU16(buf, off + WIRE.RECORD_COUNT);
}

/** Bytes of the group record at `at`, its auxiliary data included: to walk from `off + RECORDS` to the next. */
export function recordLength(buf: Uint8Array, at: number): number {
  return WIRE.RECORD_LENGTH + 4 * getU16(buf, at + 2) + 4 * buf[at + 1]!;
}

/** Computes the checksum over the message from `off` to `end` and writes it. */
export function updateChecksum(buf: Uint8Array, off: number, end: number): void {
  setU16(buf, off + WIRE.CHECKSUM, 0);
  setU16(buf, off + WIRE.CHECKSUM, inet.checksum(buf, off, end));
}

/** The declared header: field table, and the checked slow path below. */
export const layout = header("igmp", { type: "u8", maxResponse: "u8", checksum: "u16", group: "ip" });

/** What a host says of one group; addresses as signed 32-bit integers. */
export interface GroupRecord {
  /** See {@link RecordType}. */
  type: number;
  group: number;
  sources: number[];
}

/** A message as a plain object; addresses as signed 32-bit integers. */
export type IgmpMessage =
  | { kind: "query"; maxResponse: number; group: number }
  | {
      kind: "query-v3";
      /** As written: from 128 on floating point. */
      maxResponse: number;
      group: number;
      suppress: boolean;
      robustness: number;
      /** As written: from 128 on floating point. */
      queryInterval: number;
      sources: number[];
    }
  | { kind: "report-v1" | "report-v2" | "leave"; group: number }
  | { kind: "report-v3"; records: GroupRecord[] }
  | { kind: "other"; type: number; maxResponse: number; word: number };

const KINDS = { [Type.ReportV1]: "report-v1", [Type.ReportV2]: "report-v2", [Type.Leave]: "leave" } as const;

/** Takes a message apart, or says with a fault why it cannot be: for tools and tests. The checksum is not verified. */
export function parse(buf: Uint8Array, off = 0, end = buf.length): IgmpMessage | Fault {
  const fault = check(buf, off, end);
  if (fault !== Fault.None) return fault;
  const { type, maxResponse, group } = layout.decode(buf, off);
  switch (type) {
    case Type.Query: {
      if (end - off < WIRE.QUERY_V3_LENGTH) return { kind: "query", maxResponse, group };
      const sources = Array.from({ length: sourceCount(buf, off) }, (_, i) => source(buf, off, i));
      const queryInterval = buf[off + WIRE.QUERY_INTERVAL]!;
      const querier = { suppress: suppresses(buf, off), robustness: robustness(buf, off), queryInterval };
      return { kind: "query-v3", maxResponse, group, ...querier, sources };
    }
    case Type.ReportV1:
    case Type.ReportV2:
    case Type.Leave:
      return { kind: KINDS[type], group };
    case Type.ReportV3:
      return { kind: "report-v3", records: parseRecords(buf, off) };
    default:
      return { kind: "other", type, maxResponse, word: group };
  }
}

function parseRecords(buf: Uint8Array, off: number): GroupRecord[] {
  const records: GroupRecord[] = [];
  let at = off + WIRE.RECORDS;
  for (let left = recordCount(buf, off); left > 0; left--) {
    const sources = Array.from({ length: getU16(buf, at + 2) }, (_, i) => getI32(buf, at + WIRE.RECORD_LENGTH + 4 * i));
    records.push({ type: buf[at]!, group: getI32(buf, at + 4), sources });
    at += recordLength(buf, at);
  }
  return records;
}

/**
 * The bytes of a message, with its checksum.
 * @throws {RangeError} on a value that does not fit its field.
 */
export function build(message: IgmpMessage): Uint8Array {
  const buf = write(message);
  updateChecksum(buf, 0, buf.length);
  return buf;
}

function write(message: IgmpMessage): Uint8Array {
  switch (message.kind) {
    case "query":
      return first(WIRE.MIN_LENGTH, Type.Query, message.maxResponse, message.group);
    case "query-v3":
      return writeQuery(message);
    case "report-v1":
      return first(WIRE.MIN_LENGTH, Type.ReportV1, 0, message.group);
    case "report-v2":
      return first(WIRE.MIN_LENGTH, Type.ReportV2, 0, message.group);
    case "leave":
      return first(WIRE.MIN_LENGTH, Type.Leave, 0, message.group);
    case "report-v3":
      return writeRecords(message.records);
    case "other":
      return first(WIRE.MIN_LENGTH, message.type, message.maxResponse, message.word);
  }
}

function first(length: number, type: number, maxResponse: number, group: number): Uint8Array {
  const buf = new Uint8Array(length);
  layout.encode({ type, maxResponse, checksum: 0, group }, buf);
  return buf;
}

function writeQuery(message: IgmpMessage & { kind: "query-v3" }): Uint8Array {
  const { maxResponse, group, suppress, robustness, queryInterval, sources } = message;
  requireBits("igmp.robustness", robustness, 7);
  requireBits("igmp.queryInterval", queryInterval, 0xff);
  requireBits("igmp.sources", sources.length, 0xffff);
  const buf = first(WIRE.QUERY_V3_LENGTH + 4 * sources.length, Type.Query, maxResponse, group);
  buf[WIRE.FLAGS] = (suppress ? 8 : 0) | robustness;
  buf[WIRE.QUERY_INTERVAL] = queryInterval;
  setU16(buf, WIRE.SOURCE_COUNT, sources.length);
  for (const [i, address] of sources.entries()) setU32(buf, WIRE.SOURCES + 4 * i, address);
  return buf;
}

function writeRecords(records: readonly GroupRecord[]): Uint8Array {
  requireBits("igmp.records", records.length, 0xffff);
  const length = records.reduce(
    (sum, { sources }) => sum + WIRE.RECORD_LENGTH + 4 * sources.length,
    WIRE.RECORDS as number,
  );
  const buf = first(length, Type.ReportV3, 0, records.length);
  let at: number = WIRE.RECORDS;
  for (const { type, group, sources } of records) {
    requireBits("igmp.record.type", type, 0xff);
    requireBits("igmp.record.sources", sources.length, 0xffff);
    buf[at] = type;
    setU16(buf, at + 2, sources.length);
    setU32(buf, at + 4, group);
    for (const [i, address] of sources.entries()) setU32(buf, at + WIRE.RECORD_LENGTH + 4 * i, address);
    at += WIRE.RECORD_LENGTH + 4 * sources.length;
  }
  return buf;
}
