/** IPv4: addresses, what is wrong with the header, and with -v the header itself. */
import * as inet from "../checksum.ts";
import * as ipv4 from "../ipv4.ts";
import { OptionType } from "../ipv4-options.ts";
import type { Dissection } from "./dissection.ts";
import { printPayload, printsAddresses, protocolName } from "./ip-protocol.ts";
import { printIpv4Options } from "./ipv4-options.ts";
import { literal } from "./writer.ts";

const PROTOCOL = literal("ip");
const IP = literal("IP ");
const TO = literal(" > ");
const COLON_SPACE = literal(": ");
const IP_PROTO = literal(" ip-proto-");
const COLON = 0x3a;
const CLOSE = 0x29;

const TOS = literal("(tos 0x");
const ECN = [literal(""), literal(",ECT(1)"), literal(",ECT(0)"), literal(",CE")];
const TTL = literal(", ttl ");
const ID = literal(", id ");
const OFFSET = literal(", offset ");
const FLAGS = literal(", flags [");
const PROTO = literal("], proto ");
const OPEN = literal(" (");
const LENGTH = literal("), length ");
const OPTIONS = literal(", options (");
const TRUNCATED_OPTION = literal(" [truncated-option]");
const NEXT_LINE = literal(")\n    ");
/** By the three flags as a number: reserved, don't fragment, more fragments. */
const FLAG_NAMES = ["none", "+", "DF", "+, DF", "rsvd", "+, rsvd", "DF, rsvd", "+, DF, rsvd"].map(literal);

/** The packet at `off`; `length` bytes from there were on the wire. */
export function printIpv4(d: Dissection, off: number, length: number): boolean {
  d.protocol = PROTOCOL;
  const { out, buf } = d;
  if (!d.has(off, 1)) return false;
  const version = ipv4.version(buf, off);
  if (version !== 4) {
    out.ascii(version === 6 ? "IP6, wrong link-layer encapsulation" : `IP${version}`);
    d.invalid();
    return true;
  }
  if (!d.linkHeader) out.put(IP);
  if (!d.has(off, ipv4.MIN_HEADER_LENGTH)) {
    d.truncated();
    return true;
  }
  if (length < ipv4.MIN_HEADER_LENGTH) {
    out.ascii(`truncated-ip ${length}`);
    return true;
  }
  const header = ipv4.headerLength(buf, off);
  if (header < ipv4.MIN_HEADER_LENGTH) {
    out.ascii(`bad-hlen ${header}`);
    return true;
  }
  const total = ipv4.totalLength(buf, off);
  if (length < total) out.ascii(`truncated-ip - ${total - length} bytes missing! `);
  if (total < header) {
    out.ascii(`bad-len ${total}`);
    return true;
  }
  const before = d.narrow(off, total);
  const done = printPacket(d, off, header, total - header);
  // Where the printers stop early the rest of the frame no longer matters; otherwise its end counts again.
  if (done) d.end = before;
  return done;
}

function printPacket(d: Dissection, off: number, header: number, length: number): boolean {
  const { out, buf } = d;
  if (d.verbose > 0) {
    const options = printHeader(d, off, header);
    if (options === "cut") return false;
    if (options === "truncated") {
      printAddresses(d, off);
      out.put(COLON_SPACE);
      d.protocol = PROTOCOL;
      d.truncated();
      return true;
    }
  }
  const protocol = ipv4.protocol(buf, off);
  if (ipv4.fragmentOffset(buf, off) !== 0) {
    printAddresses(d, off);
    out.byte(COLON);
    out.put(IP_PROTO);
    out.decimal(protocol);
    return true;
  }
  if (!printsAddresses(protocol)) {
    printAddresses(d, off);
    out.put(COLON_SPACE);
  }
  if (!d.has(off, header)) {
    out.ascii(` [remaining caplen(${d.end - off}) < header length(${header})]`);
    return false;
  }
  return printPayload(d, off, 4, protocol, off + header, length, ipv4.moreFragments(buf, off));
}

function printAddresses(d: Dissection, off: number): void {
  const { out, buf } = d;
  out.ipv4(buf, off + ipv4.SRC);
  out.put(TO);
  out.ipv4(buf, off + ipv4.DST);
}

function printHeader(d: Dissection, off: number, header: number): "done" | "truncated" | "cut" {
  const { out, buf } = d;
  out.put(TOS);
  out.hex(ipv4.tos(buf, off));
  out.put(ECN[ipv4.ecn(buf, off)]!);
  const ttl = ipv4.ttl(buf, off);
  if (ttl > 0) {
    out.put(TTL);
    out.decimal(ttl);
  }
  out.put(ID);
  out.decimal(ipv4.identification(buf, off));
  out.put(OFFSET);
  out.decimal(ipv4.fragmentOffset(buf, off));
  out.put(FLAGS);
  out.put(FLAG_NAMES[ipv4.flags(buf, off)]!);
  out.put(PROTO);
  const protocol = ipv4.protocol(buf, off);
  out.put(protocolName(protocol));
  out.put(OPEN);
  out.decimal(protocol);
  out.put(LENGTH);
  out.decimal(ipv4.totalLength(buf, off));
  let result: "done" | "truncated" = "done";
  if (header > ipv4.MIN_HEADER_LENGTH) {
    out.put(OPTIONS);
    const options = printIpv4Options(d, off + ipv4.OPTIONS, off + header);
    if (options === "cut") return "cut";
    if (options === "truncated") out.put(TRUNCATED_OPTION);
    result = options;
    out.byte(CLOSE);
  }
  if (d.checksums && d.has(off, header)) {
    const residue = inet.checksum(buf, off, off + header);
    if (residue !== 0) {
      const found = ipv4.headerChecksum(buf, off);
      out.ascii(`, bad cksum ${found.toString(16)} (->${shouldBe(found, residue).toString(16)})!`);
    }
  }
  out.put(NEXT_LINE);
  return result;
}

/** The checksum that would be right: the one found, and what the sum over everything lacked. */
export function shouldBe(found: number, residue: number): number {
  return inet.fold(found + residue);
}

/**
 * The sum of the pseudo header that UDP and TCP cover (RFC 768, RFC 9293): with a source route, the destination is the
 * route's last address.
 */
export function pseudoHeaderSum(buf: Uint8Array, ip: number, protocol: number, length: number, end: number): number {
  const dst = finalDestination(buf, ip, end);
  const sum = inet.add(buf, ip + ipv4.SRC, ip + ipv4.SRC + 4, protocol + (length & 0xffff));
  return inet.add(buf, dst, dst + 4, sum);
}

function finalDestination(buf: Uint8Array, ip: number, end: number): number {
  const stop = ip + ipv4.headerLength(buf, ip);
  for (let at = ip + ipv4.OPTIONS; at < stop && at < end; ) {
    const type = buf[at]!;
    if (type === OptionType.EndOfList) break;
    if (type === OptionType.NoOperation) {
      at++;
      continue;
    }
    const length = at + 1 < end ? buf[at + 1]! : 0;
    if (length < 2 || at + length > stop || at + length > end) break;
    if ((type === OptionType.LooseSourceRoute || type === OptionType.StrictSourceRoute) && length >= 7)
      return at + length - 4;
    at += length;
  }
  return ip + ipv4.DST;
}
