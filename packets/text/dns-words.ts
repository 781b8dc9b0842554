/** tcpdump's words for DNS: it knows fewer types than there are, and writes some in its own way. */
import { type Literal, literal } from "./writer.ts";

function words(first: number, names: string): [number, Literal][] {
  return names.split(" ").map((name, i) => [first + i, literal(` ${name}`)]);
}

/** Types of records, with a space before. Type 104 was renamed since. */
const TYPES: ReadonlyMap<number, Literal> = new Map([
  ...words(
    1,
    "A NS MD MF CNAME SOA MB MG MR NULL WKS PTR HINFO MINFO MX TXT RP AFSDB X25 ISDN RT NSAP NSAP_PTR SIG KEY",
  ),
  ...words(26, "PX GPOS AAAA LOC NXT EID NIMLOC SRV ATMA NAPTR KX CERT A6 DNAME SINK OPT APL DS SSHFP IPSECKEY RRSIG"),
  ...words(47, "NSEC DNSKEY"),
  ...words(99, "SPF UINFO UID GID UNSPEC UNSPECA"),
  ...words(249, "TKEY TSIG IXFR AXFR MAILB MAILA ANY URI"),
]);

/** ` A`, or ` Type65` without a word for it. */
export function typeWord(type: number): Literal | string {
  return TYPES.get(type) ?? ` Type${type}`;
}

const CLASSES: ReadonlyMap<number, Literal> = new Map([...words(3, "CHAOS HS"), ...words(255, "ANY")]);

/** ` CHAOS`, or ` (Class 7)`. Class 1 (IN) is not printed at all. */
export function classWord(recordClass: number): Literal | string {
  return CLASSES.get(recordClass) ?? ` (Class ${recordClass})`;
}

/** By opcode. */
export const OPERATIONS: readonly Literal[] = [
  ["", " inv_q", " stat", " op3", " notify", " update", " op6", " op7"],
  [" op8", " updateA", " updateD", " updateDA", " updateM", " updateMA", " zoneInit", " zoneRef"],
].flatMap((names) => names.map(literal));

/** By response code, EDNS's upper bits included; two of them without the space, as tcpdump has them. */
const RESPONSES: readonly Literal[] = [
  ["", " FormErr", " ServFail", " NXDomain", " NotImp", " Refused", " YXDomain", " YXRRSet"],
  [" NXRRSet", " NotAuth", " NotZone", " Resp11", " Resp12", " Resp13", " Resp14", " NoChange"],
  [" BadVers", "Resp17", " Resp18", " Resp19", " Resp20", "Resp21", " Resp22", " BadCookie"],
].flatMap((names) => names.map(literal));

/** ` NXDomain`, or ` Resp77`. */
export function responseWord(code: number): Literal | string {
  return RESPONSES[code] ?? ` Resp${code}`;
}

/** EDNS options by code. */
export const EDNS_OPTIONS: Readonly<Record<number, string>> = {
  1: "LLQ",
  2: "UL",
  3: "NSID",
  5: "DAU",
  6: "DHU",
  7: "N3U",
  8: "ECS",
  9: "EXPIRE",
  10: "COOKIE",
  11: "KEEPALIVE",
  12: "PADDING",
  13: "CHAIN",
  14: "KEY-TAG",
  16: "CLIENT-TAG",
  17: "SERVER-TAG",
};

/** Algorithms of DNSSEC's signatures. */
export const SIGNATURE_ALGORITHMS: Readonly<Record<number, string>> = {
  0: "DELETE",
  1: "RSAMD5",
  2: "DH",
  3: "DS",
  5: "RSASHA1",
  6: "DSA-NSEC3-SHA1",
  7: "RSASHA1-NSEC3-SHA1",
  8: "RSASHA256",
  10: "RSASHA512",
  12: "ECC-GOST",
  13: "ECDSAP256SHA256",
  14: "ECDSAP384SHA384",
  15: "ED25519",
  16: "ED448",
  252: "INDIRECT",
  253: "PRIVATEDNS",
  254: "PRIVATEOID",
};

/** Hashes of DS records. */
export const DS_HASHES: Readonly<Record<number, string>> = {
  1: "SHA-1",
  2: "SHA-256",
  3: "GOST_R_34.11-94",
  4: "SHA-384",
};

/** Hashes of NSEC3 records. */
export const NSEC3_HASHES: Readonly<Record<number, string>> = { 1: "SHA-1" };
