/** Distance vector multicast routing (RFC 1075 and its third version), which IGMP carries. */
import { getU32 } from "../bytes.ts";
import type { Dissection } from "./dissection.ts";
import { relativeTime } from "./relative-time.ts";
import { literal } from "./writer.ts";

const PROTOCOL = literal("dvmrp");
const HEADER_LENGTH = 8;
const Message = { Probe: 1, Report: 2, Neighbors: 4, Neighbors2: 6, Prune: 7, Graft: 8, GraftAck: 9 } as const;
const NAMES: Readonly<Record<number, string>> = {
  1: "Probe",
  2: "Report",
  3: "Ask-neighbors(old)",
  4: "Neighbors(old)",
  5: "Ask-neighbors2",
  6: "Neighbors2",
  7: "Prune",
  8: "Graft",
  9: "Graft-ACK",
};
const NEIGHBOR_FLAGS = [
  [0x01, "/tunnel"],
  [0x02, "/srcrt"],
  [0x40, "/querier"],
  [0x20, "/disabled"],
  [0x10, "/down"],
] as const;

/** The message at `at`, IGMP's 8 bytes included in `length`. */
export function printDvmrp(d: Dissection, at: number, length: number): boolean {
  d.protocol = PROTOCOL;
  const { buf, out } = d;
  if (!d.has(at + 1, 1)) return false;
  const type = buf[at + 1]!;
  out.ascii(` ${NAMES[type] ?? `[type ${type}]`}`);
  const data = at + HEADER_LENGTH;
  const bytes = length - HEADER_LENGTH;
  switch (type) {
    case Message.Probe:
      return d.verbose === 0 || printProbe(d, data, bytes);
    case Message.Report:
      return d.verbose < 2 || printReport(d, data, bytes);
    case Message.Neighbors:
      return printNeighbors(d, data, bytes, 7);
    case Message.Neighbors2:
      if (!d.has(at + 6, 2)) return false;
      out.ascii(` (v ${buf[at + 7]}.${buf[at + 6]}):`);
      return printNeighbors(d, data, bytes, 8);
    case Message.Prune:
      if (!printPair(d, data)) return false;
      out.ascii(" timer ");
      if (!d.has(data + 8, 4)) return false;
      out.ascii(relativeTime(getU32(buf, data + 8)));
      return true;
    case Message.Graft:
    case Message.GraftAck:
      return printPair(d, data);
    default:
      return true;
  }
}

function printPair(d: Dissection, at: number): boolean {
  const { buf, out } = d;
  if (!d.has(at, 8)) return false;
  out.ascii(" src ");
  out.ipv4(buf, at);
  out.ascii(" grp ");
  out.ipv4(buf, at + 4);
  return true;
}

function printProbe(d: Dissection, at: number, length: number): boolean {
  const { buf, out } = d;
  if (length < 4) {
    out.ascii(` [full length ${length} < 4]`);
    d.invalid();
    return true;
  }
  out.ascii(d.verbose > 1 ? "\n\t" : " ");
  if (!d.has(at, 4)) return false;
  out.ascii(`genid ${getU32(buf, at)}`);
  if (d.verbose < 2) return true;
  for (let i = 4; i < length; i += 4) {
    if (length - i < 4) {
      out.ascii(`[remaining length ${length - i} < 4]`);
      d.invalid();
      return true;
    }
    if (!d.has(at + i, 4)) return false;
    out.ascii("\n\tneighbor ");
    out.ipv4(buf, at + i);
  }
  return true;
}

/** Routes by mask, in as many bytes as the mask needs; the last of each mask is marked. */
function printReport(d: Dissection, at: number, length: number): boolean {
  const { buf, out } = d;
  let left = length;
  for (let i = at; left > 0; ) {
    if (left < 3) {
      out.ascii(` [length ${left} < 3]`);
      d.invalid();
      return true;
    }
    if (!d.has(i, 3)) return false;
    const width = buf[i + 2] !== 0 ? 4 : buf[i + 1] !== 0 ? 3 : buf[i] !== 0 ? 2 : 1;
    out.ascii(`\n\tMask 255.${buf[i]}.${buf[i + 1]}.${buf[i + 2]}`);
    i += 3;
    left -= 3;
    for (let isLast = false; !isLast; ) {
      if (left < width + 1) {
        out.ascii("\n\t  [Truncated Report]");
        d.invalid();
        return true;
      }
      if (!d.has(i, width + 1)) return false;
      const origin = [0, 1, 2, 3].map((j) => (j < width ? buf[i + j] : 0)).join(".");
      const metric = buf[i + width]!;
      out.ascii(`\n\t  ${origin} metric ${metric & 0x7f}`);
      isLast = (metric & 0x80) !== 0;
      i += width + 1;
      left -= width + 1;
    }
  }
  return true;
}

/** Neighbors by local address: `header` bytes before their addresses, 7 in the old form, 8 with flags in the new. */
function printNeighbors(d: Dissection, at: number, length: number, header: 7 | 8): boolean {
  const { buf, out } = d;
  let left = length;
  for (let i = at; left > 0; ) {
    if (left < header) {
      out.ascii(` [length ${left} < ${header}]`);
      d.invalid();
      return true;
    }
    if (!d.has(i, header)) return false;
    const local = i;
    const flags = header === 8 ? buf[i + 6]! : 0;
    let count = buf[i + header - 1]!;
    i += header;
    left -= header;
    for (; count > 0 && (header === 7 || left > 0); count--) {
      if (left < 4) {
        out.ascii(` [length ${left} < 4]`);
        d.invalid();
        return true;
      }
      if (!d.has(i, 4)) {
        if (header === 8) printLocal(d, local, " -> ");
        else printLocal(d, local, " ->");
        return false;
      }
      printLocal(d, local, " -> ");
      out.ipv4(buf, i);
      const cost = `(${buf[local + 4]}/${buf[local + 5]}`;
      out.ascii(header === 7 ? `, ${cost})]` : ` ${cost}${flagText(flags)})]`);
      i += 4;
      left -= 4;
    }
    if (count > 0) {
      out.ascii(" [invalid ncount]");
      d.invalid();
      return true;
    }
  }
  return true;
}

function printLocal(d: Dissection, at: number, arrow: string): void {
  d.out.ascii(" [");
  d.out.ipv4(d.buf, at);
  d.out.ascii(arrow);
}

function flagText(flags: number): string {
  return NEIGHBOR_FLAGS.map(([bit, name]) => ((flags & bit) !== 0 ? name : "")).join("");
}
