/** The fields of IGMP, versions 1 (RFC 1112), 2 (RFC 2236) and 3 (RFC 9776). */
import { getU16 } from "../bytes.ts";
import * as inet from "../checksum.ts";
import { floatingTime, named } from "./names.ts";
import { Verdict } from "./sink.ts";
import { layer } from "./spec.ts";
import type { Walker } from "./walker.ts";

const TYPES: Readonly<Record<number, string>> = {
  17: "membership query",
  18: "membership report, version 1",
  19: "DVMRP",
  20: "PIM version 1",
  22: "membership report, version 2",
  23: "leave group",
  30: "multicast traceroute response",
  31: "multicast traceroute request",
  34: "membership report, version 3",
};
const Type = { Query: 0x11, ReportV1: 0x12, ReportV2: 0x16, Leave: 0x17, ReportV3: 0x22 } as const;

const V2 = "RFC 2236, 2";
const QUERY = "RFC 9776, 4.1";
const REPORT = "RFC 9776, 4.2";
const IGMP = layer("igmp", "Internet Group Management Protocol", V2);
const TYPE = IGMP.hex("type", "Type", 1, {
  names: (type) => TYPES[type] ?? `type-${type}`,
  nameKey: "typeName",
});
const MAX_RESPONSE = IGMP.number("maximumResponseTime", "Max response time", 1, { unit: "tenths of a second" });
const UNUSED = IGMP.unused();
const CHECKSUM = IGMP.checksum("checksum", "Checksum");
const GROUP = IGMP.ipv4("group", "Group address", {});
const SUPPRESS = IGMP.flag("suppress", "S: suppress router-side processing", 1, 4, { source: QUERY });
const ROBUSTNESS = IGMP.number("robustness", "QRV: querier's robustness", 1, { bits: [5, 3], source: QUERY });
const INTERVAL = IGMP.number("queryInterval", "QQIC: querier's query interval", 1, { source: QUERY, unit: "s" });
const COUNT = IGMP.number("sourceCount", "Number of sources", 2, { source: QUERY });
const SOURCES = IGMP.list("sources", "Sources", QUERY);
const SOURCE = SOURCES.ipv4("", "Source address");
const RECORD_COUNT = IGMP.number("recordCount", "Number of group records", 2, { source: REPORT });
const RECORDS = IGMP.list("records", "Group records", REPORT);
const RECORD_TYPE = RECORDS.number("type", "Record type", 1, {
  nameKey: "typeName",
  names: named({
    1: "is include",
    2: "is exclude",
    3: "change to include",
    4: "change to exclude",
    5: "allow new sources",
    6: "block old sources",
  }),
});
const AUX = RECORDS.number("auxiliaryLength", "Aux data length", 1, { unit: "words of 4 bytes" });
const RECORD_SOURCES = RECORDS.number("sourceCount", "Number of sources", 2);
const RECORD_GROUP = RECORDS.ipv4("group", "Multicast address");
const RECORD_LIST = RECORDS.list("sources", "Sources");
const RECORD_SOURCE = RECORD_LIST.ipv4("", "Source address");

export function visitIgmp(w: Walker, at: number, isFragment: boolean): void {
  w.open(IGMP, at);
  const type = w.u8(TYPE, at);
  // RFC 3376, 7.1: a query of 8 bytes with 0 here is of version 1, which leaves the byte unused.
  const isVersion1 = type === Type.Query && w.left(at) < 12 && w.left(at) > 1 && w.buf[at + 1] === 0;
  if ((type === Type.Query && !isVersion1) || type === Type.ReportV2 || type === Type.Leave) {
    const code = w.left(at) > 1 ? w.buf[at + 1]! : 0;
    const isVersion3 = type === Type.Query && w.left(at) >= 12;
    w.value(MAX_RESPONSE, at + 1, 1, isVersion3 ? floatingTime(code, 8) : code);
  } else w.place(UNUSED, at + 1, 1);
  visitChecksum(w, at, isFragment);
  switch (type) {
    case Type.Query:
      w.place(GROUP, at + 4);
      if (w.left(at) >= 12) visitQueryV3(w, at);
      break;
    case Type.ReportV1:
    case Type.ReportV2:
    case Type.Leave:
      w.place(GROUP, at + 4);
      break;
    case Type.ReportV3:
      visitReportV3(w, at);
      break;
    default:
      w.payload(IGMP, at + 4);
  }
  w.close(w.end);
}

function visitChecksum(w: Walker, at: number, isFragment: boolean): void {
  const place = at + 2;
  if (!w.isWhole || isFragment || w.left(at) < 4) {
    w.checksum(CHECKSUM, place, Verdict.Unknown);
    return;
  }
  const sum = inet.add(w.buf, at, w.end, 0);
  if (inet.fold(sum) === 0xffff) {
    w.checksum(CHECKSUM, place, Verdict.Right);
    return;
  }
  w.checksum(CHECKSUM, place, Verdict.Wrong, ~inet.fold(sum + 0xffff - getU16(w.buf, place)) & 0xffff);
}

function visitQueryV3(w: Walker, at: number): void {
  w.flag(SUPPRESS, at + 8);
  w.bits(ROBUSTNESS, at + 8);
  w.value(INTERVAL, at + 9, 1, floatingTime(w.buf[at + 9]!, 8));
  const count = w.u16(COUNT, at + 10);
  w.open(SOURCES, at + 12);
  for (let i = 0; i < count && !w.failed; i++) w.place(SOURCE, at + 12 + 4 * i);
  w.close(at + 12 + 4 * count);
}

function visitReportV3(w: Walker, at: number): void {
  w.place(UNUSED, at + 4, 2);
  const count = w.u16(RECORD_COUNT, at + 6);
  let next = at + 8;
  w.open(RECORDS, next);
  for (let i = 0; i < count && !w.failed; i++) {
    w.item(RECORDS, next);
    w.u8(RECORD_TYPE, next);
    const aux = w.u8(AUX, next + 1);
    const sources = w.u16(RECORD_SOURCES, next + 2);
    w.place(RECORD_GROUP, next + 4);
    w.open(RECORD_LIST, next + 8);
    for (let j = 0; j < sources && !w.failed; j++) w.place(RECORD_SOURCE, next + 8 + 4 * j);
    w.close(next + 8 + 4 * sources);
    const length = 8 + 4 * sources + 4 * aux;
    w.need("the record", next, length);
    next += length;
    if (!w.close(next)) break;
  }
  w.close(next);
}
