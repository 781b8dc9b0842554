/** Multicast listener discovery, version 1 (RFC 2710) and 2 (RFC 3810). */
import { getU16 } from "../bytes.ts";
import { floating } from "../igmp.ts";
import * as mld from "../mld.ts";
import type { Dissection } from "./dissection.ts";
import type { HeaderPrinted } from "./ipv6-options.ts";
import { type Literal, literal } from "./writer.ts";

const { RECORD_LENGTH, RECORDS, V1_LENGTH, V2_QUERY_LENGTH } = mld;
const MAX_DELAY = literal("max resp delay: ");
const ADDRESS = literal(" addr: ");
const GROUP_RECORDS = literal(" group record(s)");
const GROUP = literal(" [gaddr ");
const SOURCES = literal(" source(s)");
const OPEN = literal(" {");
const CLOSE = literal(" }");
const SEPARATOR = literal(", ");
const SPACE = 0x20;
const END = 0x5d;

/** Kinds of group records; IGMPv3 has the same. */
export const RECORD_NAMES: readonly (Literal | undefined)[] = [
  undefined,
  literal("is_in"),
  literal("is_ex"),
  literal("to_in"),
  literal("to_ex"),
  literal("allow"),
  literal("block"),
];

export function printListenerQuery(d: Dissection, at: number, length: number): HeaderPrinted {
  if (length === V1_LENGTH) {
    printListenerReport(d, at);
    return "done";
  }
  if (length >= V2_QUERY_LENGTH) return printQueryV2(d, at, length);
  d.out.ascii(` unknown-version (len ${length}) `);
  return "done";
}

/** A report, a done, or a query of version 1; nothing if it is cut. */
export function printListenerReport(d: Dissection, at: number): void {
  const { buf, out } = d;
  if (!d.has(at, V1_LENGTH)) return;
  out.put(MAX_DELAY);
  out.decimal(getU16(buf, at + 4));
  out.put(ADDRESS);
  out.ipv6(buf, at + 8);
}

function printQueryV2(d: Dissection, at: number, length: number): HeaderPrinted {
  const { buf, out } = d;
  out.ascii(" v2");
  if (!d.has(at + 4, 2)) return "cut";
  if (d.verbose > 0) {
    out.ascii(` [max resp delay=${mld.maxDelay(buf, at, length)}]`);
  }
  if (!d.has(at + 8, 16)) return "cut";
  out.put(GROUP);
  out.ipv6(buf, at + 8);
  if (d.verbose > 0) {
    if (!d.has(at + 24, 1)) return "cut";
    const flags = buf[at + 24]!;
    if ((flags & 8) !== 0) out.ascii(" sflag");
    if ((flags & 7) !== 0) out.ascii(` robustness=${flags & 7}`);
    if (!d.has(at + 25, 1)) return "cut";
    out.ascii(` qqi=${floating(buf[at + 25]!)}`);
  }
  if (!d.has(at + 26, 2)) return "cut";
  const sources = getU16(buf, at + 26);
  if (sources > 0) {
    if (length < V2_QUERY_LENGTH + 16 * sources) out.ascii(" [invalid number of sources]");
    else if (d.verbose > 1) {
      if (!printSources(d, at + V2_QUERY_LENGTH, sources)) return "cut";
    } else {
      out.put(SEPARATOR);
      out.decimal(sources);
      out.put(SOURCES);
    }
  }
  out.byte(END);
  return "done";
}

export function printListenerReportV2(d: Dissection, at: number, length: number): HeaderPrinted {
  const { buf, out } = d;
  if (length < 8) {
    out.ascii(` [invalid len ${length}]`);
    return "done";
  }
  if (!d.has(at + 6, 2)) return "cut";
  const records = getU16(buf, at + 6);
  out.put(SEPARATOR);
  out.decimal(records);
  out.put(GROUP_RECORDS);
  if (d.verbose === 0) return "done";
  let offset: number = RECORDS;
  for (let i = 0; i < records; i++) {
    if (length < offset + RECORD_LENGTH) {
      out.ascii(" [invalid number of groups]");
      return "done";
    }
    const record = at + offset;
    if (!d.has(record + 4, 16)) return "cut";
    out.put(GROUP);
    out.ipv6(buf, record + 4);
    out.byte(SPACE);
    const name = RECORD_NAMES[buf[record]!];
    if (name !== undefined) out.put(name);
    else out.ascii(` [v2-report-#${buf[record]}]`);
    const sources = getU16(buf, record + 2);
    if (length < offset + RECORD_LENGTH + 16 * sources) {
      out.ascii(` [invalid number of sources ${sources}]`);
      return "done";
    }
    if (d.verbose === 1) {
      out.put(SEPARATOR);
      out.decimal(sources);
      out.put(SOURCES);
    } else if (!printSources(d, record + RECORD_LENGTH, sources)) return "cut";
    offset += RECORD_LENGTH + 16 * sources;
    out.byte(END);
  }
  return "done";
}

function printSources(d: Dissection, at: number, count: number): boolean {
  const { buf, out } = d;
  out.put(OPEN);
  for (let i = 0; i < count; i++) {
    if (!d.has(at + 16 * i, 16)) return false;
    out.byte(SPACE);
    out.ipv6(buf, at + 16 * i);
  }
  out.put(CLOSE);
  return true;
}
