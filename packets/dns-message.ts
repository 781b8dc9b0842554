/** A whole DNS message as a plain object, and back: for tools and tests. */
import { copyOf, setU16 } from "./bytes.ts";
import * as dns from "./dns-header.ts";
import { encodeName, labels, MAX_POINTER, readName, skipName } from "./dns-name.ts";
import { RECORD_HEADER_LENGTH, RecordCursor, Section } from "./dns-record.ts";
import { RecordType } from "./dns-types.ts";
import { Fault } from "./fault.ts";
import { header } from "./layout.ts";

/** A question: names are written as `readName` does. */
export interface DnsQuestion {
  name: string;
  type: number;
  recordClass: number;
}

/** A record. In `data`, names are written out: no pointer into the message remains (see {@link parse}). */
export interface DnsRecord extends DnsQuestion {
  /** Seconds, 0 to 4,294,967,295. */
  ttl: number;
  data: Uint8Array;
}

/** A message as a plain object. `flags` is the whole word: see `Flag`, `Opcode`, `ResponseCode`. */
export interface DnsMessage {
  id: number;
  flags: number;
  questions: DnsQuestion[];
  answers: DnsRecord[];
  authorities: DnsRecord[];
  additionals: DnsRecord[];
}

const questionTail = header("dns question", { type: "u16", class: "u16" });
const recordTail = header("dns record", { type: "u16", class: "u16", ttl: "u32", length: "u16" });

type NamePlaces = readonly [before: number, count: number];

/**
 * Where names stand in the data of the types whose names may be compressed (RFC 3597, 4; SRV: RFC 2782 and RFC 6762,
 * 18.14): bytes before the first one, and how many there are in a row.
 */
const NAMES_IN_DATA: ReadonlyMap<number, NamePlaces> = new Map<number, NamePlaces>([
  ...[2, 3, 4, 5, 7, 8, 9, 12, 39].map((type): [number, NamePlaces] => [type, [0, 1]]),
  [RecordType.Soa, [0, 2]],
  [RecordType.Minfo, [0, 2]],
  [RecordType.Mx, [2, 1]],
  [RecordType.Rp, [0, 2]],
  [RecordType.Afsdb, [2, 1]],
  [RecordType.Rt, [2, 1]],
  [RecordType.Sig, [18, 1]],
  [RecordType.Px, [2, 2]],
  [RecordType.Nxt, [0, 1]],
  [RecordType.Srv, [6, 1]],
  [RecordType.Kx, [2, 1]],
  [RecordType.Nsec, [0, 1]],
]);

/**
 * Takes a message apart, or says with a fault why it cannot be: Truncated if an entry is missing, Length if a name is
 * malformed. Names in the data of the older types, which may point into the message, are written out; data that is too
 * short for its names is left as it is. Bytes after the last entry are ignored.
 */
export function parse(buf: Uint8Array, off = 0, end = buf.length): DnsMessage | Fault {
  const records = new RecordCursor();
  const fault = records.start(buf, off, end);
  if (fault !== Fault.None) return fault;
  const { id, flags } = dns.layout.decode(buf, off);
  const message: DnsMessage = { id, flags, questions: [], answers: [], authorities: [], additionals: [] };
  const lists = [message.answers, message.authorities, message.additionals];
  while (records.next()) {
    const name = readName(buf, off, records.name, end);
    if (typeof name === "number") return name;
    const { type, recordClass, ttl, data, dataEnd } = records;
    if (records.section === Section.Question) {
      message.questions.push({ name, type, recordClass });
      continue;
    }
    lists[records.section - 1]!.push({ name, type, recordClass, ttl, data: writtenOut(buf, off, type, data, dataEnd) });
  }
  return records.fault === Fault.None ? message : records.fault;
}

/** The data with its names written out. */
function writtenOut(buf: Uint8Array, message: number, type: number, data: number, dataEnd: number): Uint8Array {
  const asItIs = copyOf(buf, data, dataEnd);
  const [before, count] = NAMES_IN_DATA.get(type) ?? [0, 0];
  if (count === 0 || before > asItIs.length) return asItIs;
  const parts = [copyOf(buf, data, data + before)];
  let at = data + before;
  for (let i = 0; i < count; i++) {
    const name = readName(buf, message, at, dataEnd);
    if (typeof name === "number") return asItIs;
    parts.push(encodeName(name));
    at = skipName(buf, at, dataEnd);
  }
  parts.push(copyOf(buf, at, dataEnd));
  return joined(parts);
}

/**
 * The bytes of a message.
 * @param isCompressed true: the names of questions and records point at earlier ones where they can (RFC 1035, 4.1.4);
 * data is written as it is given.
 * @throws {RangeError} on a value that does not fit its field, or a name that is none.
 */
export function build(message: DnsMessage, isCompressed = false): Uint8Array {
  const { id, flags, questions, answers, authorities, additionals } = message;
  const start = new Uint8Array(dns.HEADER_LENGTH);
  dns.layout.encode(
    {
      id,
      flags,
      qdcount: questions.length,
      ancount: answers.length,
      nscount: authorities.length,
      arcount: additionals.length,
    },
    start,
  );
  const names = new NameWriter(isCompressed);
  const parts: Uint8Array[] = [start];
  let length = start.length;
  const add = (part: Uint8Array) => {
    parts.push(part);
    length += part.length;
  };
  for (const { name, type, recordClass } of questions) {
    add(names.write(name, length));
    const tail = new Uint8Array(questionTail.span);
    questionTail.encode({ type, class: recordClass }, tail);
    add(tail);
  }
  for (const { name, type, recordClass, ttl, data } of [...answers, ...authorities, ...additionals]) {
    add(names.write(name, length));
    const tail = new Uint8Array(RECORD_HEADER_LENGTH);
    recordTail.encode({ type, class: recordClass, ttl, length: data.length }, tail);
    add(tail);
    add(data);
  }
  return joined(parts);
}

/** Writes names, and remembers where each of their ends stands. */
class NameWriter {
  private readonly isCompressed: boolean;
  private readonly places = new Map<string, number>();

  constructor(isCompressed: boolean) {
    this.isCompressed = isCompressed;
  }

  /** The bytes of a name that will stand `at` bytes from the message's first. */
  write(name: string, at: number): Uint8Array {
    if (!this.isCompressed) return encodeName(name);
    const list = labels(name);
    const bytes: number[] = [];
    for (const [i, label] of list.entries()) {
      const rest = list.slice(i).join(".");
      const place = this.places.get(rest);
      if (place !== undefined) {
        const pointer = new Uint8Array(2);
        setU16(pointer, 0, 0xc000 | place);
        return Uint8Array.from([...bytes, ...pointer]);
      }
      if (at + bytes.length <= MAX_POINTER) this.places.set(rest, at + bytes.length);
      bytes.push(label.length, ...label);
    }
    return Uint8Array.from([...bytes, 0]);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
