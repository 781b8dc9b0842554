/** The fields of multicast listener discovery, version 1 (RFC 2710) and 2 (RFC 9777). */
import { getU16 } from "../bytes.ts";
import { ICMPV6 } from "./icmpv6-spec.ts";
import { floatingTime, named } from "./names.ts";
import type { Walker } from "./walker.ts";

const QUERY = "RFC 9777, 5.1";
const REPORT = "RFC 9777, 5.2";
const MAX_RESPONSE = ICMPV6.number("maximumResponseDelay", "Maximum response delay", 2, { source: QUERY, unit: "ms" });
const UNUSED = ICMPV6.unused();
const GROUP = ICMPV6.ipv6("group", "Multicast address", { source: QUERY });
const SUPPRESS = ICMPV6.flag("suppress", "S: suppress router-side processing", 1, 4, { source: QUERY });
const ROBUSTNESS = ICMPV6.number("robustness", "QRV: querier's robustness", 1, { bits: [5, 3], source: QUERY });
const INTERVAL = ICMPV6.number("queryInterval", "QQIC: querier's query interval", 1, { source: QUERY, unit: "s" });
const COUNT = ICMPV6.number("sourceCount", "Number of sources", 2, { source: QUERY });
const SOURCES = ICMPV6.list("sources", "Sources", QUERY);
const SOURCE = SOURCES.ipv6("", "Source address");
const RECORD_COUNT = ICMPV6.number("recordCount", "Number of multicast address records", 2, { source: REPORT });
const RECORDS = ICMPV6.list("records", "Multicast address records", REPORT);
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
const RECORD_GROUP = RECORDS.ipv6("group", "Multicast address");
const RECORD_LIST = RECORDS.list("sources", "Sources");
const RECORD_SOURCE = RECORD_LIST.ipv6("", "Source address");

/** What follows the checksum of types 130, 131, 132 and 143. */
export function visitListener(w: Walker, type: number, at: number): void {
  if (type === 143) {
    visitReport(w, at);
    return;
  }
  // RFC 9777, 8.1: a query of 28 bytes or more is of version 2, whose times are written in another way.
  const isVersion2 = type === 130 && w.left(at) >= 28;
  const code = w.left(at) >= 6 ? getU16(w.buf, at + 4) : 0;
  w.value(MAX_RESPONSE, at + 4, 2, isVersion2 ? floatingTime(code, 16) : code);
  w.place(UNUSED, at + 6, 2);
  w.place(GROUP, at + 8);
  if (!isVersion2) return;
  w.flag(SUPPRESS, at + 24);
  w.bits(ROBUSTNESS, at + 24);
  w.value(INTERVAL, at + 25, 1, floatingTime(w.buf[at + 25]!, 8));
  const count = w.u16(COUNT, at + 26);
  w.open(SOURCES, at + 28);
  for (let i = 0; i < count && !w.failed; i++) w.place(SOURCE, at + 28 + 16 * i);
  w.close(at + 28 + 16 * count);
}

function visitReport(w: Walker, at: number): void {
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
    w.open(RECORD_LIST, next + 20);
    for (let j = 0; j < sources && !w.failed; j++) w.place(RECORD_SOURCE, next + 20 + 16 * j);
    w.close(next + 20 + 16 * sources);
    const length = 20 + 16 * sources + 4 * aux;
    w.need("the record", next, length);
    next += length;
    if (!w.close(next)) break;
  }
  w.close(next);
}
