/** Node information queries and replies (RFC 4620, and the drafts before it). */
import { getU16, getU32 } from "../bytes.ts";
import { Type } from "../icmpv6-types.ts";
import type { Dissection } from "./dissection.ts";
import type { HeaderPrinted } from "./ipv6-options.ts";
import { putVisible } from "./visible.ts";

const HEADER_LENGTH = 16;
const CODE = 1;
const QUESTION = 4;
const FLAGS = 6;
const Question = { Noop: 0, SupportedTypes: 1, Name: 2, Addresses: 3 } as const;
const Subject = { Ipv6: 0, Name: 1, Ipv4: 2 } as const;

/** Flags of a question about addresses. */
const ADDRESS_FLAGS = [
  [0x40, "a"],
  [0x20, "G"],
  [0x10, "S"],
  [0x08, "L"],
  [0x04, "C"],
  [0x02, "A"],
] as const;
/** In a reply: there are more. */
const TRUNCATED = 0x01;

export function printNodeInformation(d: Dissection, at: number, length: number): HeaderPrinted {
  if (d.buf[at] === Type.NodeInformationQuery) return printQuery(d, at);
  if (length > d.end - at || !d.has(at, HEADER_LENGTH)) {
    d.truncated();
    return "done";
  }
  return printReply(d, at);
}

function printQuery(d: Dissection, at: number): HeaderPrinted {
  const { buf, out } = d;
  const there = d.end - at;
  if (there === 12) {
    out.ascii(" who-are-you request");
    return "done";
  }
  out.ascii(" node information query");
  if (there < HEADER_LENGTH) {
    d.truncated();
    return "done";
  }
  const question = getU16(buf, at + QUESTION);
  out.ascii(` (${questionText(question, getU16(buf, at + FLAGS), false)}`);
  if (question === Question.Noop || question === Question.SupportedTypes) {
    if (there !== HEADER_LENGTH && d.verbose > 0) out.ascii(", invalid len");
    out.ascii(")");
    return "done";
  }
  if (there === HEADER_LENGTH) {
    out.ascii(", 03 draft)");
    return "done";
  }
  const subject = at + HEADER_LENGTH;
  switch (buf[at + CODE]) {
    case Subject.Ipv6:
      if (hasSubject(d, subject, 16)) out.ipv6(buf, subject);
      break;
    case Subject.Ipv4:
      if (hasSubject(d, subject, 4)) out.ipv4(buf, subject);
      break;
    case Subject.Name:
      out.ascii(", subject=DNS name");
      printName(d, subject);
      break;
    default:
      out.ascii(", unknown subject");
  }
  out.ascii(")");
  return "done";
}

/** Begins the subject if it is exactly as long as it must be. */
function hasSubject(d: Dissection, at: number, length: number): boolean {
  const there = d.end - at;
  if (there === length) d.out.ascii(", subject=");
  else if (there > length && d.verbose > 0) d.out.ascii(", invalid subject len");
  return there === length;
}

function questionText(question: number, flags: number, isReply: boolean): string {
  switch (question) {
    case Question.Noop:
      return "noop";
    case Question.SupportedTypes:
      return flags === 0 ? "supported qtypes" : `supported qtypes [${(flags & 1) !== 0 ? "C" : ""}]`;
    case Question.Name:
      return "DNS name";
    case Question.Addresses:
      return isReply ? "node addresses" : `node addresses${addressFlags(flags, isReply)}`;
    default:
      return "unknown";
  }
}

function addressFlags(flags: number, isReply: boolean): string {
  if (flags === 0) return "";
  const letters = ADDRESS_FLAGS.map(([bit, letter]) => ((flags & bit) !== 0 ? letter : "")).join("");
  return ` [${letters}${isReply && (flags & TRUNCATED) !== 0 ? "T" : ""}]`;
}

function printReply(d: Dissection, at: number): HeaderPrinted {
  const { buf, out } = d;
  const there = d.end - at;
  out.ascii(" node information reply (");
  const code = buf[at + CODE]!;
  if (code !== 0) {
    if (code <= 2) {
      out.ascii(code === 1 ? "refused" : "unknown");
      if (there !== HEADER_LENGTH && d.verbose > 0) out.ascii(", invalid length");
    }
    out.ascii(")");
    return "done";
  }
  if (d.verbose > 0) out.ascii("success, ");
  const question = getU16(buf, at + QUESTION);
  const flags = getU16(buf, at + FLAGS);
  out.ascii(questionText(question, flags, true));
  switch (question) {
    case Question.Noop:
      if (there !== HEADER_LENGTH && d.verbose > 0) out.ascii(", invalid length");
      break;
    case Question.Name:
      if (!d.has(at + HEADER_LENGTH + 4, 1)) return "cut";
      printName(d, at + HEADER_LENGTH + 4);
      if ((flags & 1) !== 0) out.ascii(` [TTL=${getU32(buf, at + HEADER_LENGTH)}]`);
      break;
    case Question.Addresses:
      for (let i = at + HEADER_LENGTH; i + 20 <= d.end; i += 20) {
        out.ascii(" ");
        out.ipv6(buf, i + 4);
        out.ascii(`(${getU32(buf, i)})`);
      }
      out.ascii(addressFlags(flags, true));
      break;
  }
  out.ascii(")");
  return "done";
}

/** A name to the end of the packet: its length and its characters (draft 03), or labels. */
function printName(d: Dissection, at: number): void {
  const { buf, out } = d;
  if (buf[at] !== d.end - at - 1) {
    printLabels(d, at);
    return;
  }
  out.ascii(d.verbose > 0 ? ', 03 draft, "' : ', "');
  for (let i = at + 1; i < d.end; i++) putVisible(out, buf[i]!);
  out.ascii('"');
}

function printLabels(d: Dissection, at: number): void {
  const { buf, out } = d;
  out.ascii(', "');
  for (let i = at; i < d.end; ) {
    const length = buf[i++]!;
    if (length === 0) {
      if (i === d.end) out.ascii(".");
      else if (i + 1 !== d.end || buf[i] !== 0) out.ascii("???");
      break;
    }
    if (length > d.end - i) {
      out.ascii("???");
      break;
    }
    for (const stop = i + length; i < stop; i++) putVisible(out, buf[i]!);
    if (i + 1 < d.end && buf[i] !== 0) out.ascii(".");
  }
  out.ascii('"');
}
