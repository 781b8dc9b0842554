/**
 * The entries of a DNS message (RFC 1035, 4.1.2 and 4.1.3), walked one after the other without allocating.
 *
 *     name, as dns-name.ts says        A question ends after the class.
 *     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *     |              type             |     class     |  16 bits each
 *     |                  time to live                 |  32 bits, seconds
 *     |  length of the data           |     data      |  16 bits, and that many bytes
 *     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 */
import { getU16, getU32 } from "./bytes.ts";
import * as dns from "./dns-header.ts";
import { skipName } from "./dns-name.ts";
import { RecordType } from "./dns-types.ts";
import { Fault } from "./fault.ts";

/** Bytes after a record's name and before its data. */
export const RECORD_HEADER_LENGTH = 10;
/** Bytes after a question's name. */
export const QUESTION_LENGTH = 4;

/** Which part of the message an entry belongs to. */
export const Section = { Question: 0, Answer: 1, Authority: 2, Additional: 3 } as const;
export type Section = (typeof Section)[keyof typeof Section];

const LAST_SECTION = Section.Additional;

/**
 * Reads a message's entries in their order, and stops at the first that is not whole: no more entries are read than the
 * message has bytes for, whatever its counts say.
 *
 * @example
 * const records = new RecordCursor();
 * records.start(buf, off, end);
 * while (records.next()) use(records.section, records.type, records.data, records.dataEnd);
 * if (records.fault !== Fault.None) complain();
 */
export class RecordCursor {
  /** Where the entry's name lies in the buffer. */
  name = 0;
  section: Section = Section.Question;
  type = 0;
  /** The class as it is on the wire, see `MULTICAST_BIT`; in an OPT record the sender's UDP payload size in bytes. */
  recordClass = 0;
  /** Seconds, 0 to 4,294,967,295; 0 in a question. In an OPT record, flags: see the functions below. */
  ttl = 0;
  /** First byte of the data, and the byte after it; equal in a question. */
  data = 0;
  dataEnd = 0;
  /** Why {@link next} ended: None after the last entry that the header announced, or Truncated. */
  fault: Fault = Fault.Truncated;

  private buf: Uint8Array = new Uint8Array(0);
  private message = 0;
  private end = 0;
  private left = 0;

  /** Goes to the beginning of the message at `off`. @returns Truncated if it has no whole header. */
  start(buf: Uint8Array, off: number, end: number): Fault {
    this.buf = buf;
    this.message = off;
    this.end = end;
    this.section = Section.Question;
    this.dataEnd = off + dns.HEADER_LENGTH;
    this.fault = dns.check(buf, off, end);
    this.left = this.fault === Fault.None ? dns.questionCount(buf, off) : 0;
    return this.fault;
  }

  /** Goes to the next entry. @returns false if there is none, or none that is whole. */
  next(): boolean {
    if (this.fault !== Fault.None) return false;
    const { buf, end } = this;
    while (this.left === 0) {
      if (this.section === LAST_SECTION) return false;
      this.section = (this.section + 1) as Section;
      this.left = getU16(buf, this.message + dns.QDCOUNT + 2 * this.section);
    }
    this.left--;
    this.name = this.dataEnd;
    const at = skipName(buf, this.name, end);
    const fixed = this.section === Section.Question ? QUESTION_LENGTH : RECORD_HEADER_LENGTH;
    if (at < 0 || end - at < fixed) return this.stop();
    this.type = getU16(buf, at);
    this.recordClass = getU16(buf, at + 2);
    this.data = at + fixed;
    if (this.section === Section.Question) {
      this.ttl = 0;
      this.dataEnd = this.data;
      return true;
    }
    this.ttl = getU32(buf, at + 4);
    this.dataEnd = this.data + getU16(buf, at + 8);
    return this.dataEnd > end ? this.stop() : true;
  }

  private stop(): false {
    this.fault = Fault.Truncated;
    return false;
  }
}

/** Of an OPT record's time to live: the upper eight bits of the response code (RFC 6891, 6.1.3). */
export function ednsResponseCode(ttl: number): number {
  return ttl >>> 24;
}

/** The version of EDNS, 0 to 255. */
export function ednsVersion(ttl: number): number {
  return (ttl >>> 16) & 0xff;
}

/** DO: the sender wants DNSSEC's records (RFC 3225). */
export function ednsWantsDnssec(ttl: number): boolean {
  return (ttl & 0x8000) !== 0;
}

/**
 * The response code of the message at `off` with the bits that an OPT record adds, 0 to 4,095.
 * The header must have passed its check.
 */
export function extendedResponseCode(buf: Uint8Array, off: number, end: number): number {
  const low = dns.responseCode(buf, off);
  const records = new RecordCursor();
  records.start(buf, off, end);
  while (records.next()) if (records.type === RecordType.Opt) return (ednsResponseCode(records.ttl) << 4) | low;
  return low;
}

/** EDNS options (IANA: DNS EDNS0 option codes) that the code names. */
export const EdnsOption = {
  NameServerId: 3,
  DnssecAlgorithms: 5,
  DsHashes: 6,
  Nsec3Hashes: 7,
  ClientSubnet: 8,
  Expire: 9,
  Cookie: 10,
  TcpKeepalive: 11,
  Padding: 12,
  Chain: 13,
  KeyTag: 14,
} as const;

/** Bytes before an EDNS option's data: its code and the data's length, 16 bits each. */
export const EDNS_OPTION_HEADER_LENGTH = 4;

/**
 * The byte after the EDNS option at `at`, or -1 if it does not end before `end` does. Code: 16 bits at `at`; the data
 * begins {@link EDNS_OPTION_HEADER_LENGTH} bytes later.
 */
export function ednsOptionEnd(buf: Uint8Array, at: number, end: number): number {
  if (end - at < EDNS_OPTION_HEADER_LENGTH) return -1;
  const next = at + EDNS_OPTION_HEADER_LENGTH + getU16(buf, at + 2);
  return next > end ? -1 : next;
}
