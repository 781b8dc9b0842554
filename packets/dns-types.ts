/** The numbers of DNS and their names (IANA: DNS parameters). Unknown ones stay numbers, as RFC 3597 writes them. */

/** Kinds of query. */
export const Opcode = { Query: 0, InverseQuery: 1, Status: 2, Notify: 4, Update: 5, Stateful: 6 } as const;

const OPCODE_NAMES: Readonly<Record<number, string>> = {
  0: "QUERY",
  1: "IQUERY",
  2: "STATUS",
  4: "NOTIFY",
  5: "UPDATE",
  6: "DSO",
};

/** The kind's name, as `OPCODE9` if it has none. */
export function opcodeName(opcode: number): string {
  return OPCODE_NAMES[opcode] ?? `OPCODE${opcode}`;
}

/** Response codes, those of EDNS included (RFC 6895, 2.3). */
export const ResponseCode = {
  NoError: 0,
  FormatError: 1,
  ServerFailure: 2,
  NameError: 3,
  NotImplemented: 4,
  Refused: 5,
  BadVersion: 16,
} as const;

const RESPONSE_CODES = [
  "NOERROR",
  "FORMERR",
  "SERVFAIL",
  "NXDOMAIN",
  "NOTIMP",
  "REFUSED",
  "YXDOMAIN",
  "YXRRSET",
].concat(["NXRRSET", "NOTAUTH", "NOTZONE", "DSOTYPENI"]);
const EXTENDED_CODES = ["BADVERS", "BADKEY", "BADTIME", "BADMODE", "BADNAME", "BADALG", "BADTRUNC", "BADCOOKIE"];

/** The response code's name, as `RCODE12` if it has none. */
export function responseCodeName(code: number): string {
  return RESPONSE_CODES[code] ?? EXTENDED_CODES[code - 16] ?? `RCODE${code}`;
}

/** Types of records that the code names; there are many more. */
export const RecordType = {
  A: 1,
  Ns: 2,
  Md: 3,
  Mf: 4,
  Cname: 5,
  Soa: 6,
  Mb: 7,
  Mg: 8,
  Mr: 9,
  Ptr: 12,
  Hinfo: 13,
  Minfo: 14,
  Mx: 15,
  Txt: 16,
  Rp: 17,
  Afsdb: 18,
  Rt: 21,
  Sig: 24,
  Px: 26,
  Aaaa: 28,
  Nxt: 30,
  Srv: 33,
  Kx: 36,
  A6: 38,
  Dname: 39,
  /** EDNS(0) (RFC 6891): no data, but more header. */
  Opt: 41,
  Nsec: 47,
  /** Obsolete: text without a length of its own, as the type's first users numbered it. */
  Unspeca: 104,
  Tsig: 250,
  Axfr: 252,
  Any: 255,
  Uri: 256,
} as const;

const TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  ...named(
    1,
    "A NS MD MF CNAME SOA MB MG MR NULL WKS PTR HINFO MINFO MX TXT RP AFSDB X25 ISDN RT NSAP NSAP-PTR SIG KEY",
  ),
  ...named(26, "PX GPOS AAAA LOC NXT EID NIMLOC SRV ATMA NAPTR KX CERT A6 DNAME SINK OPT APL DS SSHFP IPSECKEY RRSIG"),
  ...named(47, "NSEC DNSKEY DHCID NSEC3 NSEC3PARAM TLSA SMIMEA"),
  ...named(55, "HIP NINFO RKEY TALINK CDS CDNSKEY OPENPGPKEY CSYNC ZONEMD SVCB HTTPS DSYNC HHIT BRID"),
  ...named(99, "SPF UINFO UID GID UNSPEC NID L32 L64 LP EUI48 EUI64"),
  ...named(249, "TKEY TSIG IXFR AXFR MAILB MAILA ANY URI CAA AVC DOA AMTRELAY RESINFO WALLET CLA IPN"),
  ...named(32_768, "TA DLV"),
]);

function named(first: number, names: string): [number, string][] {
  return names.split(" ").map((name, i) => [first + i, name]);
}

/** The type's name, as `TYPE65400` if it has none (RFC 3597, 5). */
export function typeName(type: number): string {
  return TYPE_NAMES.get(type) ?? `TYPE${type}`;
}

/** Classes of records. */
export const RecordClass = { Internet: 1, Chaos: 3, Hesiod: 4, None: 254, Any: 255 } as const;

/**
 * Multicast DNS takes the class's highest bit for itself: in a question it asks for a unicast answer (RFC 6762, 5.4), in
 * a record it says that older ones are void (RFC 6762, 10.2).
 */
export const MULTICAST_BIT = 0x8000;

const CLASS_NAMES: Readonly<Record<number, string>> = { 1: "IN", 3: "CH", 4: "HS", 254: "NONE", 255: "ANY" };

/** The class's name, as `CLASS7` if it has none (RFC 3597, 5). */
export function className(recordClass: number): string {
  return CLASS_NAMES[recordClass] ?? `CLASS${recordClass}`;
}
