/** IGMP, version 1 (RFC 1112), 2 (RFC 2236) and 3 (RFC 3376), and what else goes by its protocol number. */
import { getU16, getU32 } from "../bytes.ts";
import * as inet from "../checksum.ts";
import { floating, QUERY_V3_LENGTH, RECORD_LENGTH, RECORDS, Type } from "../igmp.ts";
import type { Dissection } from "./dissection.ts";
import { printDvmrp } from "./dvmrp.ts";
import { RECORD_NAMES } from "./icmp6-listener.ts";
import { printPimV1 } from "./pim-v1.ts";
import { relativeTime } from "./relative-time.ts";
import { type Literal, literal } from "./writer.ts";

const PROTOCOL = literal("igmp");
const QUERY = literal("igmp query");
const REPORT_V1 = literal("igmp v1 report ");
const REPORT_V2 = literal("igmp v2 report ");
const LEAVE = literal("igmp leave ");
const VERSION_1 = literal(" v1");
const VERSION_2 = literal(" v2");
const VERSION_3 = literal(" v3");
const REPORT_V3 = literal("igmp v3 report");
const GROUP_RECORDS = literal(" group record(s)");
const SEPARATOR = literal(", ");
const GROUP = literal(" [gaddr ");
const SOURCES = literal(" source(s)");
const OPEN = literal(" {");
const CLOSE = literal(" }");
const SPACE = 0x20;
const END = 0x5d;
const ADDRESS = 4;
const V1_LENGTH = 8;
const V3_REPORT_LENGTH = 16;
/** Tenths of a second that version 2 and 3 wait unless told otherwise; tcpdump does not mention them. */
const USUAL_TIME = 100;
const TRACE_LENGTH = 24;

/** The message at `at`, `length` bytes by the IPv4 header. */
export function printIgmp(d: Dissection, at: number, length: number): boolean {
  d.protocol = PROTOCOL;
  const { buf, out } = d;
  if (d.quiet) {
    out.put(PROTOCOL);
    return true;
  }
  if (!d.has(at, 1)) return false;
  if (!printMessage(d, at, length, buf[at]!)) return false;
  if (d.verbose === 0 || length < 4 || !d.has(at, length)) return true;
  if (inet.checksum(buf, at, at + length) === 0) return true;
  out.ascii(` bad igmp cksum ${getU16(buf, at + 2).toString(16)}!`);
  return true;
}

function printMessage(d: Dissection, at: number, length: number, type: number): boolean {
  const { out } = d;
  switch (type) {
    case Type.Query:
      out.put(QUERY);
      return length >= QUERY_V3_LENGTH ? printQueryV3(d, at, length) : printQuery(d, at, length);
    case Type.ReportV1:
      if (!printWithAddress(d, at, REPORT_V1)) return false;
      if (length !== V1_LENGTH) out.ascii(` [len ${length}]`);
      return true;
    case Type.ReportV2:
      return printWithAddress(d, at, REPORT_V2);
    case Type.Leave:
      return printWithAddress(d, at, LEAVE);
    case Type.ReportV3:
      out.put(REPORT_V3);
      return printReportV3(d, at, length);
    case Type.Dvmrp:
      out.ascii("igmp dvmrp");
      if (length >= V1_LENGTH) return printDvmrp(d, at, length);
      out.ascii(` [len ${length}]`);
      return true;
    case Type.PimV1:
      out.ascii("igmp pimv1");
      return printPimV1(d, at, length);
    case Type.MtraceResponse:
      return printTrace(d, at, length, "mresp");
    case Type.Mtrace:
      return printTrace(d, at, length, "mtrace");
    default:
      out.ascii(`igmp-${type}`);
      return true;
  }
}

function printWithAddress(d: Dissection, at: number, name: Literal): boolean {
  if (!d.has(at + ADDRESS, 4)) return false;
  d.out.put(name);
  d.out.ipv4(d.buf, at + ADDRESS);
  return true;
}

function printQuery(d: Dissection, at: number, length: number): boolean {
  const { buf, out } = d;
  if (!d.has(at + 1, 1)) return false;
  const time = buf[at + 1]!;
  out.put(time === 0 ? VERSION_1 : VERSION_2);
  if (time !== 0 && time !== USUAL_TIME) out.ascii(` [max resp time ${time}]`);
  if (!d.has(at + ADDRESS, 4)) return false;
  if (getU32(buf, at + ADDRESS) !== 0) {
    out.put(GROUP);
    out.ipv4(buf, at + ADDRESS);
    out.byte(END);
  }
  if (length !== V1_LENGTH) out.ascii(` [len ${length}]`);
  return true;
}

function printQueryV3(d: Dissection, at: number, length: number): boolean {
  const { buf, out } = d;
  out.put(VERSION_3);
  if ((length & 3) !== 0) {
    out.ascii(` [invalid len ${length}]`);
    return true;
  }
  if (!d.has(at + 1, 1)) return false;
  const code = buf[at + 1]!;
  if (code !== USUAL_TIME) {
    const time = floating(code);
    const text = time < 600 ? `${Math.floor(time / 10)}.${time % 10}s` : relativeTime(Math.floor(time / 10));
    out.ascii(` [max resp time ${text}]`);
  }
  if (!d.has(at + ADDRESS, 4)) return false;
  if (getU32(buf, at + ADDRESS) === 0) return true;
  out.put(GROUP);
  out.ipv4(buf, at + ADDRESS);
  if (!d.has(at + 10, 2)) return false;
  const sources = getU16(buf, at + 10);
  if (sources > 0) {
    if (length < QUERY_V3_LENGTH + 4 * sources) out.ascii(" [invalid number of sources]");
    else if (!printSources(d, at + QUERY_V3_LENGTH, sources, d.verbose > 1)) return false;
  }
  out.byte(END);
  return true;
}

function printReportV3(d: Dissection, at: number, length: number): boolean {
  const { buf, out } = d;
  if (length < V3_REPORT_LENGTH || (length & 3) !== 0) {
    out.ascii(` [invalid len ${length}]`);
    return true;
  }
  if (!d.has(at + 6, 2)) return false;
  const records = getU16(buf, at + 6);
  out.put(SEPARATOR);
  out.decimal(records);
  out.put(GROUP_RECORDS);
  if (d.verbose === 0) return true;
  let offset: number = RECORDS;
  for (let i = 0; i < records; i++) {
    if (length < offset + RECORD_LENGTH) {
      out.ascii(" [invalid number of groups]");
      return true;
    }
    const record = at + offset;
    if (!d.has(record + 4, 4)) return false;
    out.put(GROUP);
    out.ipv4(buf, record + 4);
    out.byte(SPACE);
    const name = RECORD_NAMES[buf[record]!];
    if (name !== undefined) out.put(name);
    else out.ascii(` [v3-report-#${buf[record]}]`);
    const sources = getU16(buf, record + 2);
    if (length < offset + RECORD_LENGTH + 4 * sources) {
      out.ascii(` [invalid number of sources ${sources}]`);
      return true;
    }
    if (!printSources(d, record + RECORD_LENGTH, sources, d.verbose > 1)) return false;
    offset += RECORD_LENGTH + 4 * sources;
    out.byte(END);
  }
  return true;
}

/** The number of sources, or each of them. */
function printSources(d: Dissection, at: number, count: number, each: boolean): boolean {
  const { buf, out } = d;
  if (!each) {
    out.put(SEPARATOR);
    out.decimal(count);
    out.put(SOURCES);
    return true;
  }
  out.put(OPEN);
  for (let i = 0; i < count; i++) {
    if (!d.has(at + 4 * i, 4)) return false;
    out.byte(SPACE);
    out.ipv4(buf, at + 4 * i);
  }
  out.put(CLOSE);
  return true;
}

/** A traceroute of a multicast path: what is asked for. */
function printTrace(d: Dissection, at: number, length: number, name: string): boolean {
  const { buf, out } = d;
  if (length < TRACE_LENGTH) {
    out.ascii(` [invalid len ${length}]`);
    return true;
  }
  if (!d.has(at, TRACE_LENGTH)) return false;
  out.ascii(`${name} ${getU32(buf, at + 20) & 0xffffff}: `);
  out.ipv4(buf, at + 8);
  out.ascii(" to ");
  out.ipv4(buf, at + 12);
  out.ascii(" reply-to ");
  out.ipv4(buf, at + 16);
  if (buf[at + 16]! >> 4 === 14) out.ascii(` with-ttl ${buf[at + 20]}`);
  return true;
}
