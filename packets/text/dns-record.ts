/** A question of a DNS message, and a record with its data. */
import { getU16, getU32 } from "../bytes.ts";
import { ednsWantsDnssec, QUESTION_LENGTH, RECORD_HEADER_LENGTH } from "../dns-record.ts";
import { MULTICAST_BIT, RecordClass, RecordType } from "../dns-types.ts";
import type { Dissection } from "./dissection.ts";
import { printEdnsOptions } from "./dns-edns.ts";
import { CUT, ENDED, passName, printName } from "./dns-name.ts";
import { classWord, typeWord } from "./dns-words.ts";
import { relativeTime } from "./relative-time.ts";
import { printVisible } from "./visible.ts";
import { type Literal, literal } from "./writer.ts";

const QUESTION_MARK = literal("? ");
const UNICAST = literal(" (QU)");
const MULTICAST = literal(" (QM)");
const CACHE_FLUSH = literal(" (Cache flush)");
const UDP_SIZE = literal(" UDPsize=");
const WANTS_DNSSEC = literal(" DO");
const OPEN_QUOTE = literal(' "');
const OPEN = literal(" [");
const CLOSE = 0x5d;
const QUOTE = 0x22;
const SPACE = 0x20;
const COLON = 0x3a;

const IPV6_LENGTH = 16;
/** Serial, refresh, retry, expire, minimum (RFC 1035, 3.3.13). */
const SOA_NUMBERS = 5;

/**
 * Prints the question at `off`: ` A? example.com.`
 * @param message the message's first byte. @returns the byte after it, {@link ENDED} or {@link CUT}.
 */
export function printQuestion(d: Dissection, off: number, message: number, isMulticast: boolean): number {
  const { buf, out } = d;
  const at = passName(d, off);
  if (at < 0 || !d.has(at, QUESTION_LENGTH)) return ENDED;
  put(d, typeWord(getU16(buf, at)));
  const word = getU16(buf, at + 2);
  const recordClass = isMulticast ? word & ~MULTICAST_BIT : word;
  if (recordClass !== RecordClass.Internet) put(d, classWord(recordClass));
  if (isMulticast) out.put((word & MULTICAST_BIT) !== 0 ? UNICAST : MULTICAST);
  out.put(QUESTION_MARK);
  const next = printName(d, off, message);
  return next < 0 ? next : next + QUESTION_LENGTH;
}

/** Prints the record at `off`: ` A 192.0.2.1`, with -v after its name. Parameters and result as {@link printQuestion}. */
export function printRecord(d: Dissection, off: number, message: number, isMulticast: boolean): number {
  const { buf, out } = d;
  let at: number;
  if (d.verbose > 0) {
    out.byte(SPACE);
    at = printName(d, off, message);
    if (at < 0) return at;
  } else {
    at = passName(d, off);
  }
  // No fault of the message, for tcpdump: the next record is then found missing, or nothing is.
  if (at < 0 || !d.has(at, RECORD_HEADER_LENGTH)) return d.end;
  const type = getU16(buf, at);
  const word = getU16(buf, at + 2);
  const recordClass = isMulticast ? word & ~MULTICAST_BIT : word;
  if (recordClass !== RecordClass.Internet && type !== RecordType.Opt) put(d, classWord(recordClass));
  if (isMulticast && (word & MULTICAST_BIT) !== 0) out.put(CACHE_FLUSH);
  if (type !== RecordType.Opt && d.verbose > 2) {
    out.put(OPEN);
    out.ascii(relativeTime(getU32(buf, at + 4)));
    out.byte(CLOSE);
  }
  put(d, typeWord(type));
  const data = at + RECORD_HEADER_LENGTH;
  const end = data + getU16(buf, at + 8);
  if (end > d.end) return ENDED;
  if (type === RecordType.Opt) {
    out.put(UDP_SIZE);
    out.decimal(recordClass);
    if (ednsWantsDnssec(getU32(buf, at + 4))) out.put(WANTS_DNSSEC);
    return end > data ? printEdnsOptions(d, data, end) : end;
  }
  const done = printData(d, type, data, end, message);
  return done < 0 ? done : end;
}

function put(d: Dissection, word: Literal | string): void {
  if (typeof word === "string") d.out.ascii(word);
  else d.out.put(word);
}

/** The types of which tcpdump prints more than the name. @returns {@link ENDED}, {@link CUT}, or anything else. */
function printData(d: Dissection, type: number, at: number, end: number, message: number): number {
  const { buf, out } = d;
  switch (type) {
    case RecordType.A:
      if (!d.has(at, 4)) return ENDED;
      out.byte(SPACE);
      out.ipv4(buf, at);
      return at;
    case RecordType.Aaaa:
      if (!d.has(at, IPV6_LENGTH)) return ENDED;
      out.byte(SPACE);
      out.ipv6(buf, at);
      return at;
    case RecordType.Ns:
    case RecordType.Cname:
    case RecordType.Ptr:
    case RecordType.Dname:
      out.byte(SPACE);
      return printName(d, at, message);
    case RecordType.Soa:
      return d.verbose > 0 ? printAuthority(d, at, message) : at;
    case RecordType.Mx: {
      out.byte(SPACE);
      if (!d.has(at, 2)) return ENDED;
      const done = printName(d, at + 2, message);
      if (done < 0) return done;
      out.byte(SPACE);
      out.decimal(getU16(buf, at));
      return at;
    }
    case RecordType.Txt:
      return printStrings(d, at, end);
    case RecordType.Srv: {
      out.byte(SPACE);
      if (!d.has(at, 6)) return ENDED;
      const done = printName(d, at + 6, message);
      if (done < 0) return done;
      out.byte(COLON);
      out.decimal(getU16(buf, at + 4));
      out.byte(SPACE);
      out.decimal(getU16(buf, at));
      out.byte(SPACE);
      out.decimal(getU16(buf, at + 2));
      return at;
    }
    case RecordType.A6:
      return printA6(d, at, message);
    case RecordType.Uri:
      return printUri(d, at, end - at);
    case RecordType.Unspeca:
      return printVisible(d, at, end - at) ? at : ENDED;
    case RecordType.Tsig:
      return d.verbose > 0 ? printSignature(d, at, message) : at;
    default:
      return at;
  }
}

function printAuthority(d: Dissection, off: number, message: number): number {
  const { buf, out } = d;
  let at = off;
  for (let i = 0; i < 2; i++) {
    out.byte(SPACE);
    at = printName(d, at, message);
    if (at < 0) return at;
  }
  if (!d.has(at, 4 * SOA_NUMBERS)) return ENDED;
  for (let i = 0; i < SOA_NUMBERS; i++) {
    out.byte(SPACE);
    out.decimal(getU32(buf, at + 4 * i));
  }
  return at;
}

/** Strings with their length before them; the last may reach beyond the record, as far as the message goes. */
function printStrings(d: Dissection, off: number, end: number): number {
  const { buf, out } = d;
  for (let at = off; at < end; at += 1 + buf[at]!) {
    out.put(OPEN_QUOTE);
    if (!d.has(at, 1) || !printVisible(d, at + 1, buf[at]!)) return ENDED;
    out.byte(QUOTE);
  }
  return off;
}

/** RFC 2874, 3.1: bits that another name provides, the rest of the address, that name. */
function printA6(d: Dissection, at: number, message: number): number {
  const { buf, out } = d;
  if (!d.has(at, 1)) return ENDED;
  const bits = buf[at]!;
  if (bits > 128) {
    out.ascii(` ${bits}(bad plen)`);
    return at;
  }
  const given = bits >> 3;
  if (bits < 128) {
    if (!d.has(at + 1, IPV6_LENGTH - given)) return CUT;
    const address = new Uint8Array(IPV6_LENGTH);
    for (let i = given; i < IPV6_LENGTH; i++) address[i] = buf[at + 1 + i - given]!;
    out.ascii(` ${bits} `);
    out.ipv6(address, 0);
  }
  if (bits === 0) return at;
  out.byte(SPACE);
  return printName(d, at + 1 + IPV6_LENGTH - given, message);
}

/** RFC 7553, 4.5: priority, weight, and the target without quotes. */
function printUri(d: Dissection, at: number, length: number): number {
  const { buf, out } = d;
  if (!d.has(at, 4)) return CUT;
  out.ascii(` ${getU16(buf, at)} ${getU16(buf, at + 2)} `);
  // Without room for the two numbers tcpdump's length wraps around: all that is left of the message is the target.
  if (length >= 4) return printVisible(d, at + 4, length - 4) ? at : ENDED;
  printVisible(d, at + 4, d.end - at - 4);
  return ENDED;
}

/** RFC 8945, 4.2: the algorithm, the time that is allowed for, the signature's length, and what went wrong. */
function printSignature(d: Dissection, off: number, message: number): number {
  const { buf, out } = d;
  out.byte(SPACE);
  let at = printName(d, off, message);
  if (at < 0) return at;
  // The time signed is passed over.
  at += 6;
  for (const word of [" fudge=", " maclen=", " origid=", " error=", " otherlen="]) {
    if (!d.has(at, 2)) return ENDED;
    const value = getU16(buf, at);
    out.ascii(`${word}${value}`);
    at += word === " maclen=" ? 2 + value : 2;
  }
  return at;
}
