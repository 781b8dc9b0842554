/** The fields of IPv4 (RFC 791) and its options. */
import { getU16 } from "../bytes.ts";
import * as inet from "../checksum.ts";
import * as ipv4 from "../ipv4.ts";
import { visitOptions } from "./ipv4-options.ts";
import { IPV4 } from "./ipv4-spec.ts";
import { dscpName, ecnName, verdictOf } from "./names.ts";
import { Verdict } from "./sink.ts";
import { MAX_NESTING, type Walker } from "./walker.ts";

const VERSION = IPV4.number("version", "Version", 1, { bits: [0, 4] });
const HEADER_LENGTH = IPV4.number("headerLength", "Internet header length (IHL)", 1, { bits: [4, 4], unit: "bytes" });
const TOS = IPV4.number("tos", "Type of service", 1, { inTree: false, note: "the byte of dscp and ecn" });
const DSCP = IPV4.number("dscp", "Differentiated services", 1, {
  bits: [0, 6],
  names: dscpName,
  source: "RFC 2474, 3",
});
const ECN = IPV4.number("ecn", "Congestion notification", 1, { bits: [6, 2], names: ecnName, source: "RFC 3168, 5" });
const TOTAL_LENGTH = IPV4.number("totalLength", "Total length", 2, { unit: "bytes" });
const ID = IPV4.number("id", "Identification", 2, { source: "RFC 6864, 4" });
const RESERVED = IPV4.flag("reserved", "Flags: reserved", 2, 0, { inJson: false });
const DONT_FRAGMENT = IPV4.flag("dontFragment", "Flags: don't fragment (DF)", 2, 1);
const MORE_FRAGMENTS = IPV4.flag("moreFragments", "Flags: more fragments (MF)", 2, 2);
const FRAGMENT_OFFSET = IPV4.number("fragmentOffset", "Fragment offset", 2, { bits: [3, 13], unit: "bytes" });
const TTL = IPV4.number("ttl", "Time to live", 1, { unit: "hops" });
const PROTOCOL = IPV4.number("protocolNumber", "Protocol", 1, { names: ipv4.protocolName, nameKey: "protocolName" });
const CHECKSUM = IPV4.checksum("checksum", "Header checksum", { source: "RFC 1071" });
const SOURCE = IPV4.ipv4("source", "Source address");
const DESTINATION = IPV4.ipv4("destination", "Destination address");
const MISSING = IPV4.number("missing", "Missing", 0, {
  unit: "bytes",
  note: "by how many the total length exceeds what is there",
});

/** A datagram and what it carries. */
export function visitIpv4(w: Walker, at: number): void {
  w.open(IPV4, at);
  w.bits(VERSION, at);
  const version = w.failed ? 0 : w.buf[at]! >> 4;
  if (!w.failed && version !== 4) w.problem(at, "version", `version ${version} under the EtherType of IPv4`);
  const header = w.bits(HEADER_LENGTH, at, 4);
  if (header < ipv4.MIN_HEADER_LENGTH)
    w.problem(at, "length", `the header is longer than the ${header} bytes it claims`);
  w.u8(TOS, at + ipv4.TOS);
  w.bits(DSCP, at + ipv4.TOS);
  w.bits(ECN, at + ipv4.TOS);
  const total = w.u16(TOTAL_LENGTH, at + ipv4.TOTAL_LENGTH);
  w.u16(ID, at + ipv4.ID);
  w.flag(RESERVED, at + ipv4.FLAGS_FRAGMENT);
  w.flag(DONT_FRAGMENT, at + ipv4.FLAGS_FRAGMENT);
  const more = w.flag(MORE_FRAGMENTS, at + ipv4.FLAGS_FRAGMENT);
  const offset = w.bits(FRAGMENT_OFFSET, at + ipv4.FLAGS_FRAGMENT, 8);
  w.u8(TTL, at + ipv4.TTL);
  const protocol = w.u8(PROTOCOL, at + ipv4.PROTOCOL);
  const isThere = !w.failed && w.left(at) >= header;
  visitHeaderChecksum(w, at, header, isThere);
  w.place(SOURCE, at + ipv4.SRC);
  w.place(DESTINATION, at + ipv4.DST);
  if (header > ipv4.MIN_HEADER_LENGTH && !w.failed) visitOptions(w, at + ipv4.OPTIONS, at + header);
  // Segmentation offload leaves 0 for packets longer than the field can say.
  const isOffloaded = total === 0;
  if (!isOffloaded && total < header) {
    w.problem(at, "length", `the total length, ${total}, is less than the header's ${header}`);
  }
  const stop = isOffloaded ? w.end : at + total;
  if (stop > w.end && w.quoted === 0) w.value(MISSING, at, 0, stop - w.end);
  w.need("the header", at, header);
  const next = at + header;
  const isFragment = offset > 0 || more;
  w.narrow(stop, "IPv4 total length");
  const canRead = !w.failed && offset === 0 && w.nesting < MAX_NESTING && w.dispatch.knows(4, protocol);
  if (!canRead) w.payload(IPV4, next);
  const isSound = w.close(next);
  if (w.nesting === 0 && isSound && !isOffloaded) w.trailer = stop;
  if (isSound && canRead) {
    const before = w.isWhole;
    const { ip, ipVersion } = w;
    w.isWhole = !isFragment && (isOffloaded || stop <= w.end) && w.quoted === 0;
    w.ip = at;
    w.ipVersion = 4;
    w.nesting++;
    w.dispatch.ipProtocol(w, protocol, next, isFragment);
    w.nesting--;
    w.isWhole = before;
    w.ip = ip;
    w.ipVersion = ipVersion;
  }
  w.widen();
}

function visitHeaderChecksum(w: Walker, at: number, header: number, isThere: boolean): void {
  if (!isThere) {
    w.checksum(CHECKSUM, at + ipv4.CHECKSUM, Verdict.Unknown);
    return;
  }
  const stored = getU16(w.buf, at + ipv4.CHECKSUM);
  if (inet.checksum(w.buf, at, at + header) === 0) {
    w.checksum(CHECKSUM, at + ipv4.CHECKSUM, Verdict.Right);
    return;
  }
  const expected = ~inet.fold(inet.add(w.buf, at, at + header, 0xffff - stored)) & 0xffff;
  w.checksum(CHECKSUM, at + ipv4.CHECKSUM, verdictOf(stored, expected), expected);
}
