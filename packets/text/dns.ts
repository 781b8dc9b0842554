/** DNS and Multicast DNS: `4711+ A? example.com. (29)`, `4711 1/0/0 A 192.0.2.1 (45)`. */
import { getU16 } from "../bytes.ts";
import * as dns from "../dns-header.ts";
import { Opcode, RecordType } from "../dns-types.ts";
import type { Dissection } from "./dissection.ts";
import { CUT, ENDED, passName } from "./dns-name.ts";
import { printQuestion, printRecord } from "./dns-record.ts";
import { OPERATIONS, responseWord } from "./dns-words.ts";
import { type Literal, literal } from "./writer.ts";

const PROTOCOL = literal("domain");
const QUESTION = literal(" q:");
const AUTHORITIES = literal(" ns:");
const ADDITIONALS = literal(" ar:");
const OPEN_COUNT = literal(" [");
const QUESTIONS = literal("q]");
const ANSWERS = literal("a]");
const AUTHORITY = literal("n]");
const ADDITIONAL = literal("au]");
const OPEN = literal(" (");
const CLOSE = 0x29;
const SPACE = 0x20;
const COMMA = 0x2c;
const SLASH = 0x2f;
const PLUS = 0x2b;
const STAR = 0x2a;
const MINUS = 0x2d;
const BAR = 0x7c;
const DOLLAR = 0x24;
const PERCENT = 0x25;
/** Bits that a query does not have: AA, TC, RA, Z and the response code. */
const UNEXPECTED = 0x06cf;
/** Bytes before the message over TCP: its length. */
const PREFIX_LENGTH = 2;

/**
 * The message at `off`, which has `length` bytes.
 * @param isOverTcp true: the message's own length stands before it, and is part of `length`.
 * @param isMulticast true: Multicast DNS, where the class's highest bit has a meaning.
 */
export function printDns(
  d: Dissection,
  off: number,
  length: number,
  isOverTcp: boolean,
  isMulticast: boolean,
): boolean {
  d.protocol = PROTOCOL;
  const { buf, out } = d;
  if (!isOverTcp) return printMessage(d, off, length, isMulticast);
  if (length < PREFIX_LENGTH) {
    out.ascii(` [DNS over TCP: length ${length} < ${PREFIX_LENGTH}]`);
    d.invalid();
    return true;
  }
  if (!d.has(off, PREFIX_LENGTH)) return false;
  const prefix = getU16(buf, off);
  if (prefix !== length - PREFIX_LENGTH) {
    out.ascii(` [prefix length(${prefix}) != length(${length - PREFIX_LENGTH})]`);
    d.invalid();
    return true;
  }
  out.byte(SPACE);
  return printMessage(d, off + PREFIX_LENGTH, length - PREFIX_LENGTH, isMulticast);
}

function printMessage(d: Dissection, off: number, length: number, isMulticast: boolean): boolean {
  const { buf, out } = d;
  if (length < dns.HEADER_LENGTH) {
    out.put(PROTOCOL);
    out.ascii(` [length ${length} < ${dns.HEADER_LENGTH}]`);
    d.invalid();
    return true;
  }
  if (!d.has(off, dns.HEADER_LENGTH)) {
    d.truncated();
    return true;
  }
  const done = dns.isResponse(buf, off) ? printResponse(d, off, isMulticast) : printQuery(d, off, isMulticast);
  if (done === CUT) return false;
  if (done === ENDED) {
    d.truncated();
    return true;
  }
  out.put(OPEN);
  out.decimal(length);
  out.byte(CLOSE);
  return true;
}

function printResponse(d: Dissection, off: number, isMulticast: boolean): number {
  const { buf, out } = d;
  out.decimal(dns.id(buf, off));
  out.put(OPERATIONS[dns.opcode(buf, off)]!);
  const response = responseWord(responseCode(d, off));
  if (typeof response === "string") out.ascii(response);
  else out.put(response);
  const flags = dns.flags(buf, off);
  if ((flags & dns.Flag.Authoritative) !== 0) out.byte(STAR);
  if ((flags & dns.Flag.RecursionAvailable) === 0) out.byte(MINUS);
  if ((flags & dns.Flag.Truncated) !== 0) out.byte(BAR);
  if ((flags & dns.Flag.AuthenticData) !== 0) out.byte(DOLLAR);
  const questions = dns.questionCount(buf, off);
  if (questions !== 1) printCount(d, questions, QUESTIONS);

  let at = off + dns.HEADER_LENGTH;
  for (let i = 0; i < questions; i++) {
    if (i > 0) out.byte(COMMA);
    if (d.verbose > 1) {
      out.put(QUESTION);
      at = printQuestion(d, at, off, isMulticast);
    } else {
      at = passQuestion(d, at);
    }
    if (at < 0) return at;
  }
  const answers = dns.answerCount(buf, off);
  out.byte(SPACE);
  out.decimal(answers);
  out.byte(SLASH);
  out.decimal(dns.authorityCount(buf, off));
  out.byte(SLASH);
  out.decimal(dns.additionalCount(buf, off));
  at = printRecords(d, at, off, answers, isMulticast, true);
  return at < 0 || d.verbose < 2 ? at : printRest(d, at, off, isMulticast);
}

/** A question's end, which may lie beyond the message's. */
function passQuestion(d: Dissection, at: number): number {
  const end = passName(d, at);
  return end < 0 ? ENDED : end + 4;
}

function printQuery(d: Dissection, off: number, isMulticast: boolean): number {
  const { buf, out } = d;
  const opcode = dns.opcode(buf, off);
  const flags = dns.flags(buf, off);
  out.decimal(dns.id(buf, off));
  out.put(OPERATIONS[opcode]!);
  if ((flags & dns.Flag.RecursionDesired) !== 0) out.byte(PLUS);
  if ((flags & dns.Flag.CheckingDisabled) !== 0) out.byte(PERCENT);
  if ((flags & UNEXPECTED) !== 0) out.ascii(` [b2&3=0x${flags.toString(16)}]`);
  const questions = dns.questionCount(buf, off);
  const answers = dns.answerCount(buf, off);
  if (opcode === Opcode.InverseQuery) {
    if (questions !== 0) printCount(d, questions, QUESTIONS);
    if (answers !== 1) printCount(d, answers, ANSWERS);
  } else {
    if (answers !== 0) printCount(d, answers, ANSWERS);
    if (questions !== 1) printCount(d, questions, QUESTIONS);
  }
  if (dns.authorityCount(buf, off) !== 0) printCount(d, dns.authorityCount(buf, off), AUTHORITY);
  if (dns.additionalCount(buf, off) !== 0) printCount(d, dns.additionalCount(buf, off), ADDITIONAL);

  let at = off + dns.HEADER_LENGTH;
  for (let i = 0; i < questions; i++) {
    // The first is looked for in any case, the others while there is something left.
    if (i > 0 && at >= d.end) return ENDED;
    at = printQuestion(d, at, off, isMulticast);
    if (at < 0) return at;
  }
  if (d.verbose < 2) return at;
  at = printRecords(d, at, off, answers, isMulticast, true);
  return at < 0 ? at : printRest(d, at, off, isMulticast);
}

function printCount(d: Dissection, count: number, unit: Literal): void {
  const { out } = d;
  out.put(OPEN_COUNT);
  out.decimal(count);
  out.put(unit);
}

/** The sections after the answers. */
function printRest(d: Dissection, off: number, message: number, isMulticast: boolean): number {
  let at = off;
  for (const word of [AUTHORITIES, ADDITIONALS]) {
    const count = word === AUTHORITIES ? dns.authorityCount(d.buf, message) : dns.additionalCount(d.buf, message);
    if (count > 0 && at < d.end) d.out.put(word);
    at = printRecords(d, at, message, count, isMulticast, false);
    if (at < 0) return at;
  }
  return at;
}

/** @param isTried true: the first record is looked for even where the message has ended. */
function printRecords(
  d: Dissection,
  off: number,
  message: number,
  count: number,
  isMulticast: boolean,
  isTried: boolean,
): number {
  let at = off;
  for (let i = 0; i < count; i++) {
    if (at >= d.end && (i > 0 || !isTried)) return ENDED;
    if (i > 0) d.out.byte(COMMA);
    at = printRecord(d, at, message, isMulticast);
    if (at < 0) return at;
  }
  return at;
}

/** The response code, with the upper bits of the first OPT record among the additional ones, if that can be found. */
function responseCode(d: Dissection, off: number): number {
  const { buf, end } = d;
  const low = dns.responseCode(buf, off);
  let at = off + dns.HEADER_LENGTH;
  for (let left = dns.questionCount(buf, off); left > 0; left--) {
    at = passQuestion(d, at);
    if (at < 0 || at >= end) return low;
  }
  for (let left = dns.answerCount(buf, off) + dns.authorityCount(buf, off); left > 0; left--) {
    at = passRecord(d, at);
    if (at < 0) return low;
  }
  for (let left = dns.additionalCount(buf, off); left > 0; left--) {
    const type = passName(d, at);
    if (type < 0 || type + 2 > end) return low;
    if (getU16(buf, type) === RecordType.Opt) return type + 5 > end ? low : (buf[type + 4]! << 4) | low;
    at = passRecord(d, at);
    if (at < 0) return low;
  }
  return low;
}

/** A record's end, or ENDED if there is nothing after it. */
function passRecord(d: Dissection, off: number): number {
  const at = passName(d, off);
  if (at < 0 || at + 10 > d.end) return ENDED;
  const next = at + 10 + getU16(d.buf, at + 8);
  return next >= d.end ? ENDED : next;
}
