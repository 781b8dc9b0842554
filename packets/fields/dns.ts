/** The fields of DNS and multicast DNS (RFC 1035, 6762) over UDP. */
import { dnsName, dnsNameEnd } from "./dns-names.ts";
import { named } from "./names.ts";
import { type Container, type FieldSpec, layer } from "./spec.ts";
import type { Walker } from "./walker.ts";

const TYPES: Readonly<Record<number, string>> = {
  1: "A",
  2: "NS",
  5: "CNAME",
  6: "SOA",
  12: "PTR",
  13: "HINFO",
  15: "MX",
  16: "TXT",
  17: "RP",
  18: "AFSDB",
  25: "KEY",
  28: "AAAA",
  29: "LOC",
  33: "SRV",
  35: "NAPTR",
  39: "DNAME",
  41: "OPT",
  43: "DS",
  44: "SSHFP",
  46: "RRSIG",
  47: "NSEC",
  48: "DNSKEY",
  50: "NSEC3",
  51: "NSEC3PARAM",
  52: "TLSA",
  64: "SVCB",
  65: "HTTPS",
  99: "SPF",
  250: "TSIG",
  251: "IXFR",
  252: "AXFR",
  255: "ANY",
  256: "URI",
  257: "CAA",
};
function typeName(type: number): string {
  return TYPES[type] ?? `TYPE${type}`;
}
const className = named({ 1: "IN", 3: "CH", 4: "HS", 254: "NONE", 255: "ANY" });
const OPT = 41;

const HEADER = "RFC 1035, 4.1.1";
const DNS = layer("dns", "Domain Name System", HEADER);
const ID = DNS.number("id", "ID", 2);
const RESPONSE = DNS.flag("response", "QR: response", 2, 0);
const OPCODE = DNS.number("opcode", "OPCODE", 2, {
  bits: [1, 4],
  names: named({ 0: "QUERY", 1: "IQUERY", 2: "STATUS", 4: "NOTIFY", 5: "UPDATE", 6: "DSO" }),
  nameKey: "opcodeName",
});
const AUTHORITATIVE = DNS.flag("authoritative", "AA: authoritative answer", 2, 5);
const TRUNCATED = DNS.flag("truncated", "TC: truncated", 2, 6);
const RECURSION_DESIRED = DNS.flag("recursionDesired", "RD: recursion desired", 2, 7);
const RECURSION_AVAILABLE = DNS.flag("recursionAvailable", "RA: recursion available", 2, 8);
const AUTHENTIC = DNS.flag("authenticData", "AD: authentic data", 2, 10, { source: "RFC 4035, 3.1.6" });
const CHECKING_DISABLED = DNS.flag("checkingDisabled", "CD: checking disabled", 2, 11, { source: "RFC 4035, 3.1.6" });
const RCODE = DNS.number("rcode", "RCODE", 2, {
  bits: [12, 4],
  names: named({
    0: "NOERROR",
    1: "FORMERR",
    2: "SERVFAIL",
    3: "NXDOMAIN",
    4: "NOTIMP",
    5: "REFUSED",
    6: "YXDOMAIN",
    7: "YXRRSET",
    8: "NXRRSET",
    9: "NOTAUTH",
    10: "NOTZONE",
  }),
  nameKey: "rcodeName",
});
const QDCOUNT = DNS.number("questionCount", "QDCOUNT", 2);
const ANCOUNT = DNS.number("answerCount", "ANCOUNT", 2);
const NSCOUNT = DNS.number("authorityCount", "NSCOUNT", 2);
const ARCOUNT = DNS.number("additionalCount", "ARCOUNT", 2);

const QUESTIONS = DNS.list("questions", "Questions", "RFC 1035, 4.1.2");
const QNAME = QUESTIONS.made("name", "QNAME");
const QTYPE = QUESTIONS.number("type", "QTYPE", 2, { names: typeName, nameKey: "typeName" });
const QCLASS = QUESTIONS.number("class", "QCLASS", 2, { names: (value) => className(value & 0x7fff) });

/** The fields of a resource record, in each of the three sections. */
interface Section {
  readonly list: Container;
  readonly name: FieldSpec;
  readonly type: FieldSpec;
  readonly klass: FieldSpec;
  readonly ttl: FieldSpec;
  readonly length: FieldSpec;
  readonly ipv4: FieldSpec;
  readonly ipv6: FieldSpec;
  readonly target: FieldSpec;
  readonly preference: FieldSpec;
  readonly priority: FieldSpec;
  readonly weight: FieldSpec;
  readonly port: FieldSpec;
  readonly texts: Container;
  readonly text: FieldSpec;
  readonly primary: FieldSpec;
  readonly mailbox: FieldSpec;
  readonly soa: readonly FieldSpec[];
  readonly payloadSize: FieldSpec;
  readonly extendedRcode: FieldSpec;
  readonly ednsVersion: FieldSpec;
  readonly dnssecOk: FieldSpec;
  readonly data: FieldSpec;
}

function section(key: string, label: string): Section {
  const list = DNS.list(key, label, "RFC 1035, 4.1.3");
  const texts = list.list("texts", "TXT-DATA", "RFC 1035, 3.3.14");
  const soa = "RFC 1035, 3.3.13";
  const srv = "RFC 2782";
  return {
    list,
    name: list.made("name", "NAME"),
    type: list.number("type", "TYPE", 2, { names: typeName, nameKey: "typeName" }),
    klass: list.number("class", "CLASS", 2, { names: (value) => className(value & 0x7fff) }),
    ttl: list.number("ttl", "TTL", 4, { unit: "s" }),
    length: list.number("length", "RDLENGTH", 2, { unit: "bytes" }),
    ipv4: list.ipv4("address", "ADDRESS", { source: "RFC 1035, 3.4.1" }),
    ipv6: list.ipv6("address", "Address", { source: "RFC 3596, 2.2" }),
    target: list.made("target", "Name", { source: "RFC 1035, 3.3" }),
    preference: list.number("preference", "PREFERENCE", 2, { source: "RFC 1035, 3.3.9" }),
    priority: list.number("priority", "Priority", 2, { source: srv }),
    weight: list.number("weight", "Weight", 2, { source: srv }),
    port: list.number("port", "Port", 2, { source: srv }),
    texts,
    text: texts.text("", "Text"),
    primary: list.made("primary", "MNAME", { source: soa }),
    mailbox: list.made("mailbox", "RNAME", { source: soa }),
    soa: [
      list.number("serial", "SERIAL", 4, { source: soa }),
      list.number("refresh", "REFRESH", 4, { source: soa, unit: "s" }),
      list.number("retry", "RETRY", 4, { source: soa, unit: "s" }),
      list.number("expire", "EXPIRE", 4, { source: soa, unit: "s" }),
      list.number("minimum", "MINIMUM", 4, { source: soa, unit: "s" }),
    ],
    payloadSize: list.number("payloadSize", "Requestor's UDP payload size", 2, {
      source: "RFC 6891, 6.1.2",
      unit: "bytes",
    }),
    extendedRcode: list.number("extendedRcode", "EXTENDED-RCODE", 1, { source: "RFC 6891, 6.1.3" }),
    ednsVersion: list.number("ednsVersion", "VERSION", 1, { source: "RFC 6891, 6.1.3" }),
    dnssecOk: list.flag("dnssecOk", "DO: DNSSEC answer OK", 2, 0, { source: "RFC 6891, 6.1.4" }),
    data: list.bytes("data", "RDATA"),
  };
}

const ANSWERS = section("answers", "Answers");
const AUTHORITIES = section("authorities", "Authorities");
const ADDITIONALS = section("additionals", "Additional records");

export function visitDns(w: Walker, at: number): void {
  w.open(DNS, at);
  w.u16(ID, at);
  w.flag(RESPONSE, at + 2);
  w.bits(OPCODE, at + 2);
  w.flag(AUTHORITATIVE, at + 2);
  w.flag(TRUNCATED, at + 2);
  w.flag(RECURSION_DESIRED, at + 2);
  w.flag(RECURSION_AVAILABLE, at + 2);
  w.flag(AUTHENTIC, at + 2);
  w.flag(CHECKING_DISABLED, at + 2);
  w.bits(RCODE, at + 2);
  const questions = w.u16(QDCOUNT, at + 4);
  const answers = w.u16(ANCOUNT, at + 6);
  const authorities = w.u16(NSCOUNT, at + 8);
  const additionals = w.u16(ARCOUNT, at + 10);
  let next = visitQuestions(w, at, at + 12, questions);
  next = visitRecords(w, ANSWERS, at, next, answers);
  next = visitRecords(w, AUTHORITIES, at, next, authorities);
  visitRecords(w, ADDITIONALS, at, next, additionals);
  w.close(w.end);
}

/** @param message the header's first byte, which compressed names count from. @returns the byte after the section, or -1. */
function visitQuestions(w: Walker, message: number, at: number, count: number): number {
  let next = at;
  if (count === 0 || w.failed) return next;
  let isSound = true;
  w.open(QUESTIONS, at);
  for (let i = 0; i < count && isSound && !w.failed; i++) {
    w.item(QUESTIONS, next);
    const end = visitName(w, QNAME, message, next);
    w.u16(QTYPE, end);
    w.u16(QCLASS, end + 2);
    next = end + 4;
    isSound = w.close(next);
  }
  isSound = w.close(next) && isSound;
  return isSound ? next : -1;
}

function visitRecords(w: Walker, section: Section, message: number, at: number, count: number): number {
  let next = at;
  if (count === 0 || at < 0 || w.failed) return next;
  let isSound = true;
  w.open(section.list, at);
  for (let i = 0; i < count && isSound && !w.failed; i++) {
    w.item(section.list, next);
    const end = visitName(w, section.name, message, next);
    const type = w.u16(section.type, end);
    if (type === OPT) {
      w.u16(section.payloadSize, end + 2);
      w.u8(section.extendedRcode, end + 4);
      w.u8(section.ednsVersion, end + 5);
      w.flag(section.dnssecOk, end + 6);
    } else {
      w.u16(section.klass, end + 2);
      w.u32(section.ttl, end + 4);
    }
    const length = w.u16(section.length, end + 8);
    const data = end + 10;
    w.need("RDATA", data, length);
    w.narrow(data + length, "RDLENGTH");
    if (!w.failed) visitData(w, section, type, message, data, length);
    w.widen();
    next = data + length;
    isSound = w.close(next);
  }
  isSound = w.close(next) && isSound;
  return isSound ? next : -1;
}

function visitData(w: Walker, s: Section, type: number, message: number, at: number, length: number): void {
  switch (type) {
    case 1:
      if (length === 4) w.place(s.ipv4, at);
      else w.place(s.data, at, length);
      return;
    case 28:
      if (length === 16) w.place(s.ipv6, at);
      else w.place(s.data, at, length);
      return;
    case 2:
    case 5:
    case 12:
    case 39:
      visitName(w, s.target, message, at);
      return;
    case 6: {
      let next = visitName(w, s.primary, message, at);
      next = visitName(w, s.mailbox, message, next);
      for (const [i, field] of s.soa.entries()) w.u32(field, next + 4 * i);
      return;
    }
    case 15:
      w.u16(s.preference, at);
      visitName(w, s.target, message, at + 2);
      return;
    case 16:
      w.open(s.texts, at);
      for (let next = at; next < at + length && !w.failed; next += 1 + w.buf[next]!)
        w.place(s.text, next + 1, w.buf[next]!);
      w.close(at + length);
      return;
    case 33:
      w.u16(s.priority, at);
      w.u16(s.weight, at + 2);
      w.u16(s.port, at + 4);
      visitName(w, s.target, message, at + 6);
      return;
    default:
      if (length > 0) w.place(s.data, at, length);
  }
}

/** A name at `at`. @returns the byte after it. */
function visitName(w: Walker, field: FieldSpec, message: number, at: number): number {
  if (w.failed) return at;
  const end = dnsNameEnd(w.buf, at, w.end);
  if (end < 0) {
    w.need(field.label, at, w.left(at) + 1);
    return at;
  }
  // A pointer may lead out of RDATA, but not out of the message: what was narrowed last lies within it.
  const text = dnsName(w.buf, message, at, w.end);
  if (text === null) w.problem(at, "name", `${field.label}: a compressed name that leads nowhere`);
  else w.made(field, at, end - at, text);
  return end;
}
