/** PIM's first version, which IGMP carries. */
import { getU16, getU32 } from "../bytes.ts";
import type { Dissection } from "./dissection.ts";
import { relativeTime } from "./relative-time.ts";
import { literal } from "./writer.ts";

const PROTOCOL = literal("pimv1");
const Message = {
  Query: 0,
  Register: 1,
  RegisterStop: 2,
  JoinPrune: 3,
  Reachability: 4,
  Assert: 5,
  Graft: 6,
  GraftAck: 7,
} as const;
const NAMES = ["Query", "Register", "Register-Stop", "Join/Prune", "RP-reachable", "Assert", "Graft", "Graft-ACK"];
const MODES = ["Dense-mode", "Sparse-mode", "Sparse-Dense-mode"];
const NO_MASK = 0xffffffff;
/** Seconds for which a join holds unless told otherwise; tcpdump does not mention them. */
const USUAL_HOLD = 180;

/** The message at `at`, `length` bytes by the IPv4 header. */
export function printPimV1(d: Dissection, at: number, length: number): boolean {
  d.protocol = PROTOCOL;
  const { buf, out } = d;
  if (!d.has(at + 1, 1)) return false;
  const type = buf[at + 1]!;
  out.ascii(` ${NAMES[type] ?? `[type ${type}]`}`);
  const done = printMessage(d, at, length, type);
  if (done !== "done") {
    if (done === "invalid") d.truncated();
    return done === "invalid";
  }
  if (!d.has(at + 4, 1)) return false;
  const version = buf[at + 4]! >> 4;
  if (version !== 1) out.ascii(` [v${version}]`);
  return true;
}

function printMessage(d: Dissection, at: number, length: number, type: number): "done" | "invalid" | "cut" {
  const { buf, out } = d;
  switch (type) {
    case Message.Query: {
      if (d.has(at + 8, 1)) {
        const mode = buf[at + 8]! >> 4;
        out.ascii(` ${MODES[mode] ?? `mode-${mode}`}`);
      }
      if (d.verbose === 0) break;
      out.ascii(" (Hold-time ");
      if (!d.has(at + 10, 2)) return "cut";
      out.ascii(`${relativeTime(getU16(buf, at + 10))})`);
      break;
    }
    case Message.Register:
      if (!d.has(at + 8, 20)) return "invalid";
      printPath(d, at + 20, at + 24);
      break;
    case Message.RegisterStop:
      if (!d.has(at + 8, 8)) return "cut";
      printPath(d, at + 8, at + 12);
      break;
    case Message.Reachability:
      return d.verbose > 0 ? printReachability(d, at) : "done";
    case Message.Assert:
      return printAssert(d, at);
    case Message.JoinPrune:
    case Message.Graft:
    case Message.GraftAck:
      if (d.verbose === 0) break;
      if (length < 8) return "invalid";
      if (!printJoinPrune(d, at + 8, length - 8)) return "cut";
      break;
  }
  return "done";
}

function printPath(d: Dissection, from: number, to: number): void {
  const { buf, out } = d;
  out.ascii(" for ");
  out.ipv4(buf, from);
  out.ascii(" > ");
  out.ipv4(buf, to);
}

function printMask(d: Dissection, at: number): void {
  const { buf, out } = d;
  if (getU32(buf, at) === NO_MASK) return;
  out.ascii("/");
  out.ipv4(buf, at);
}

function printReachability(d: Dissection, at: number): "done" | "cut" {
  const { buf, out } = d;
  if (!d.has(at + 8, 4)) return "cut";
  out.ascii(" group ");
  out.ipv4(buf, at + 8);
  if (!d.has(at + 12, 4)) return "cut";
  printMask(d, at + 12);
  if (!d.has(at + 16, 4)) return "cut";
  out.ascii(" RP ");
  out.ipv4(buf, at + 16);
  out.ascii(" hold ");
  if (!d.has(at + 22, 2)) return "cut";
  out.ascii(relativeTime(getU16(buf, at + 22)));
  return "done";
}

function printAssert(d: Dissection, at: number): "done" | "cut" {
  const { buf, out } = d;
  if (!d.has(at + 16, 4)) return "cut";
  printPath(d, at + 16, at + 8);
  printMask(d, at + 12);
  if (!d.has(at + 20, 8)) return "cut";
  const tree = (buf[at + 20]! & 0x80) !== 0 ? "RP-tree" : "SPT";
  out.ascii(` ${tree} pref ${getU32(buf, at + 20) & 0x7fffffff} metric ${getU32(buf, at + 24)}`);
  return "done";
}

/** Says by itself if the message ends too early. @returns false if it was cut by the end of the captured bytes. */
function printJoinPrune(d: Dissection, at: number, length: number): boolean {
  const { buf, out } = d;
  if (d.has(at, 30) && buf[at + 11] === 1 && getU16(buf, at + 20) + getU16(buf, at + 22) === 1) {
    printSingle(d, at);
    return true;
  }
  const cursor = { at, left: length };
  const newLine = d.verbose > 1 ? "\n" : "";
  if (length >= 4) out.ascii(newLine);
  let next = take(d, cursor, 4);
  if (next < 0) return next === SHORT;
  out.ascii(" Upstream Nbr: ");
  out.ipv4(buf, next);
  if (cursor.left < 4) {
    d.truncated();
    return true;
  }
  out.ascii(`${newLine} Hold time: `);
  next = take(d, cursor, 4);
  if (next < 0) return false;
  out.ascii(relativeTime(getU16(buf, next + 2)));
  if (d.verbose < 2) return true;
  next = take(d, cursor, 4);
  if (next < 0) return next === SHORT;
  for (let groups = buf[next + 3]!; groups > 0; groups--) {
    next = take(d, cursor, 4);
    if (next < 0) return next === SHORT;
    out.ascii("\n\tGroup: ");
    out.ipv4(buf, next);
    next = take(d, cursor, 4);
    if (next < 0) return next === SHORT;
    printMask(d, next);
    next = take(d, cursor, 4);
    if (next < 0) return next === SHORT;
    const joins = getU16(buf, next);
    const prunes = getU16(buf, next + 2);
    out.ascii(` joined: ${joins} pruned: ${prunes}`);
    for (let i = 0; i < joins + prunes; i++) {
      next = take(d, cursor, 6);
      if (next < 0) return next === SHORT;
      const flags = buf[next + 1]!;
      const tree = `${(flags & 0x80) !== 0 ? "WC " : ""}${(flags & 0x40) !== 0 ? "RP " : "SPT "}`;
      out.ascii(`\n\t${i < joins ? "Join " : "Prune"} ${(buf[next]! & 1) !== 0 ? "Sparse " : "Dense "}${tree}`);
      out.ipv4(buf, next + 2);
      out.ascii(`/${flags & 0x3f}`);
    }
  }
  return true;
}

/** The message says that it ends here, and so does the line; or the captured bytes do. */
const SHORT = -1;
const CUT = -2;

/** The next `bytes` of a message, and moves on; else SHORT, with its word printed, or CUT. */
function take(d: Dissection, cursor: { at: number; left: number }, bytes: number): number {
  if (cursor.left < bytes) {
    d.truncated();
    return SHORT;
  }
  const { at } = cursor;
  if (!d.has(at, bytes)) return CUT;
  cursor.at += bytes;
  cursor.left -= bytes;
  return at;
}

/** One source of one group: on one line. */
function printSingle(d: Dissection, at: number): void {
  const { buf, out } = d;
  out.ascii(" RPF ");
  out.ipv4(buf, at);
  out.ascii(" ");
  const hold = getU16(buf, at + 6);
  if (hold !== USUAL_HOLD) out.ascii(`Hold ${relativeTime(hold)}`);
  out.ascii(`${getU16(buf, at + 20) !== 0 ? "Join" : "Prune"} (`);
  out.ipv4(buf, at + 26);
  const flags = buf[at + 25]!;
  out.ascii(`/${flags & 0x3f}, `);
  out.ipv4(buf, at + 12);
  printMask(d, at + 16);
  out.ascii(`) ${(buf[at + 24]! & 1) !== 0 ? "Sparse" : "Dense"}`);
  out.ascii(`${(flags & 0x80) !== 0 ? " WC" : ""} ${(flags & 0x40) !== 0 ? "RP" : "SPT"}`);
}
