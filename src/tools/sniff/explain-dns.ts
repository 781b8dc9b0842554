/** DNS and Multicast DNS explained (RFC 1035, RFC 6762): who asks for which name, and what the answer is. */
import { getI32 } from "../../../packets/bytes.ts";
import * as dns from "../../../packets/dns.ts";
import * as ethernet from "../../../packets/ethernet.ts";
import { Fault } from "../../../packets/fault.ts";
import * as ipv4 from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import { Draft, type Subject } from "./explanation.ts";
import { Memory } from "./memory.ts";
import type { IpPacket } from "./transport.ts";
import { count, duration, list } from "./words.ts";

interface Query {
  readonly number: number;
  time: number;
  last: number;
  answered: boolean;
}

/** Answers that one sentence names. */
const NAMED = 3;
const LONGEST_NAME = 100;

const WANTED: Readonly<Record<number, string>> = {
  1: "the IPv4 address",
  2: "the name servers",
  5: "the real name",
  6: "the zone's parameters",
  12: "the name",
  15: "the mail servers",
  16: "the text",
  28: "the IPv6 address",
  33: "the servers",
  255: "everything",
};

const CODES: Readonly<Record<number, string>> = {
  1: "the query makes no sense to it (FORMERR)",
  2: "it fails (SERVFAIL)",
  3: "there is no such name (NXDOMAIN)",
  4: "it does not know such queries (NOTIMP)",
  5: "it refuses (REFUSED)",
};

export class DnsExplainer {
  private readonly queries: Memory<string, Query>;
  private readonly cursor = new dns.RecordCursor();

  constructor(memory: number) {
    this.queries = new Memory(memory);
  }

  /** @param at the message. @param ports of both ends, the client's first. @returns null if it is no DNS message. */
  explain(subject: Subject, packet: IpPacket, at: number, end: number, isMulticast: boolean): Draft | null {
    const { buf } = subject;
    const { cursor } = this;
    if (cursor.start(buf, at, end) !== Fault.None) return null;
    const isResponse = dns.isResponse(buf, at);
    // A response may be without its question; a query asks something.
    const hasEntry = cursor.next();
    if (!hasEntry && !isResponse) return null;
    const name = hasEntry ? nameAt(buf, at, cursor.name, end) : "";
    if (name === null) return null;
    if (isMulticast) return this.explainMulticast(subject, packet, at, end, name, isResponse);
    const key = `${dns.id(buf, at)} ${name} ${hasEntry ? cursor.type : 0}`;
    return isResponse
      ? this.explainResponse(subject, packet, at, end, name, key)
      : this.explainQuery(subject, packet, name, key);
  }

  private explainQuery(subject: Subject, { src, dst }: IpPacket, name: string, key: string): Draft {
    const { segment, number, time, observe } = subject;
    const what = wanted(this.cursor.type);
    const draft = new Draft("dns", `DNS: ${name}?`);
    const id = `${segment}${src} ${dst} ${key}`;
    const before = this.queries.get(id);
    const again = before !== undefined && !before.answered;
    observe?.({ type: "asked", what: "dns", segment, from: src, to: dst, number, time, again });
    if (!again) {
      this.queries.set(id, { number, time, last: number, answered: false });
      return draft.say(`${src} asks the name server ${dst} for ${what} of ${name}.`);
    }
    const since = duration(time - before.time);
    before.time = time;
    before.last = number;
    return draft.say(
      `${src} asks ${dst} for ${what} of ${name} again, ${since} later: #${before.number} got no answer.`,
      before.number,
    );
  }

  private explainResponse(
    subject: Subject,
    packet: IpPacket,
    at: number,
    end: number,
    name: string,
    key: string,
  ): Draft {
    const { buf } = subject;
    const { src, dst } = packet;
    const { segment, number, time, observe } = subject;
    const draft = new Draft("dns", `DNS: ${name === "" ? "answer" : name}`);
    const sender = mac.format(buf, subject.frame + ethernet.SRC);
    observe?.({ type: "role", mac: sender, role: "DNS server", number });
    const code = dns.responseCode(buf, at);
    const asked = this.cursor.type;
    const answer = code === 0 ? this.readAnswers(buf, at, end, name) : (CODES[code] ?? `${dns.responseCodeName(code)}`);
    const query = this.queries.get(`${segment}${dst} ${src} ${key}`);
    let before = `The name server ${src} tells ${dst}`;
    let question = 0;
    if (query !== undefined) {
      question = query.number;
      const delay = time - query.time;
      before = `The name server ${src} answers #${question}${query.answered ? " once more" : ` after ${duration(delay)}`}`;
      if (!query.answered) {
        observe?.({
          type: "answered",
          what: "dns",
          segment,
          from: dst,
          to: src,
          number,
          question: query.last,
          delay,
          answer: "",
        });
      }
      query.answered = true;
    }
    const cut =
      (dns.flags(buf, at) & dns.Flag.Truncated) !== 0 ? " The answer was too long for UDP: ask again by TCP." : "";
    if (code !== 0) return draft.find("dns-error", `${before}, about ${name}: ${answer}.${cut}`, question);
    const text = answer === "" ? `${name} has no record of the type ${dns.typeName(asked)}` : answer;
    return draft.say(`${before}: ${text}.${cut}`, question);
  }

  private explainMulticast(
    subject: Subject,
    { src }: IpPacket,
    at: number,
    end: number,
    name: string,
    isResponse: boolean,
  ): Draft {
    const { buf } = subject;
    const draft = new Draft("dns", isResponse ? `mDNS: ${name}` : `mDNS: ${name}?`);
    if (!isResponse) {
      const more = dns.questionCount(buf, at) - 1;
      const others = more > 0 ? ` and ${count(more, "other name")}` : "";
      return draft.say(
        `${src} asks everybody on this link for ${wanted(this.cursor.type)} of ${name}${others} (Multicast DNS, RFC 6762).`,
      );
    }
    // The first entry read is an answer already if the response repeats no question, as is usual here.
    const records = dns.answerCount(buf, at);
    const answer = this.readAnswers(buf, at, end, name, true);
    const what = answer === "" ? count(records, "record") : answer;
    return draft.say(`${src} tells everybody on this link: ${what} (Multicast DNS, RFC 6762).`);
  }

  /** The first answers in words; empty if there are none. @param fromHere the entry at hand may be one. */
  private readAnswers(buf: Uint8Array, at: number, end: number, asked: string, fromHere = false): string {
    const { cursor } = this;
    const answers: string[] = [];
    let left = 0;
    for (let has = fromHere || cursor.next(); has; has = cursor.next()) {
      if (cursor.section === dns.Section.Question) continue;
      if (cursor.section !== dns.Section.Answer) break;
      if (answers.length < NAMED) answers.push(this.answer(buf, at, end, asked));
      else left++;
    }
    const more = left > 0 ? `, and ${count(left, "more record")}` : "";
    return `${list(answers)}${more}`;
  }

  private answer(buf: Uint8Array, at: number, end: number, asked: string): string {
    const { type, data, dataEnd, name: nameOffset } = this.cursor;
    const name = nameAt(buf, at, nameOffset, end) ?? asked;
    const length = dataEnd - data;
    if (type === dns.RecordType.A && length === 4) return `${name} has ${ipv4.format(getI32(buf, data))}`;
    if (type === dns.RecordType.Cname || type === dns.RecordType.Ptr || type === dns.RecordType.Ns) {
      const target = nameAt(buf, at, data, end);
      const verb =
        type === dns.RecordType.Cname ? "is really" : type === dns.RecordType.Ptr ? "points to" : "is served by";
      if (target !== null) return `${name} ${verb} ${target}`;
    }
    return `${name} has a record of the type ${dns.typeName(type)}`;
  }
}

function wanted(type: number): string {
  return WANTED[type] ?? `the record ${dns.typeName(type)}`;
}

/** The name without its last dot, shortened if it is very long; null if it cannot be read. */
function nameAt(buf: Uint8Array, message: number, at: number, end: number): string | null {
  const name = dns.readName(buf, message, at, end);
  if (typeof name === "number") return null;
  const short = name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
  return short === "." ? "the root" : short.replace(/\.$/, "");
}
