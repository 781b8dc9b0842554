/** What tshark reads in IPv6 and IGMP frames which others made, our accessors read: see test/captures/README.md. */
import { describe, expect, test } from "vitest";
import * as ah from "../../packets/ah.ts";
import { getI32, getU16 } from "../../packets/bytes.ts";
import * as inet from "../../packets/checksum.ts";
import * as esp from "../../packets/esp.ts";
import * as ethernet from "../../packets/ethernet.ts";
import { Fault } from "../../packets/fault.ts";
import * as icmpv6 from "../../packets/icmpv6.ts";
import * as igmp from "../../packets/igmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as ipv4Address from "../../packets/ipv4-address.ts";
import * as ipv6 from "../../packets/ipv6.ts";
import { format } from "../../packets/ipv6-address.ts";
import * as extension from "../../packets/ipv6-extension.ts";
import * as options from "../../packets/ipv6-options.ts";
import * as mac from "../../packets/mac.ts";
import * as mld from "../../packets/mld.ts";
import * as ndp from "../../packets/ndp.ts";
import * as option from "../../packets/ndp-option.ts";
import * as udp from "../../packets/udp.ts";
import { parsed } from "../support/arbitraries.ts";
import { readCapture } from "../support/captures.ts";

type Value = number | string | boolean;

/** What our accessors read, under tshark's names. */
class Reading {
  readonly fields: Record<string, (number | string)[]> = {};

  add(name: string, ...values: readonly Value[]): void {
    for (const value of values) {
      this.fields[name] ??= [];
      this.fields[name].push(typeof value === "boolean" ? Number(value) : value);
    }
  }
}

// tshark's words for a checksum.
const [BAD, GOOD, UNVERIFIED] = [0, 1, 2];
const { HopByHop, DestinationOptions, Routing, Fragment, Ah, Esp, Icmpv6 } = ipv6.NextHeader;

function read(buf: Uint8Array): Record<string, (number | string)[]> {
  const out = new Reading();
  out.add("eth.dst", mac.format(buf, ethernet.DST));
  out.add("eth.src", mac.format(buf, ethernet.SRC));
  out.add("eth.type", ethernet.etherType(buf, 0));
  if (ethernet.etherType(buf, 0) === ethernet.EtherType.Ipv6) readIpv6(out, buf, 14, buf.length, false);
  else readIgmp(out, buf, 14);
  return out.fields;
}

const upper = new extension.UpperLayer();

function readIpv6(out: Reading, buf: Uint8Array, ip: number, end: number, isQuoted: boolean): void {
  expect((isQuoted ? ipv6.checkHeader : ipv6.check)(buf, ip, end)).toBe(Fault.None);
  out.add("ipv6.version", ipv6.version(buf, ip));
  out.add("ipv6.tclass", ipv6.trafficClass(buf, ip));
  out.add("ipv6.flow", ipv6.flowLabel(buf, ip));
  out.add("ipv6.plen", ipv6.payloadLength(buf, ip));
  out.add("ipv6.nxt", ipv6.nextHeader(buf, ip));
  out.add("ipv6.hlim", ipv6.hopLimit(buf, ip));
  out.add("ipv6.src", format(buf, ip + ipv6.SRC));
  let next = ipv6.nextHeader(buf, ip);
  let at = ipv6.payloadOffset(ip);
  const stop = ipv6.payloadEnd(buf, ip, end);
  while (extension.isExtension(next) && extension.check(buf, at, stop, next) === Fault.None) {
    readExtension(out, buf, at, next);
    const bytes = extension.headerLength(buf, at, next);
    if (next === Fragment && extension.fragmentOffset(buf, at) > 0) break;
    next = extension.nextHeader(buf, at);
    at += bytes;
  }
  expect(upper.find(buf, ip, end)).toBe(Fault.None);
  out.add("ipv6.dst", format(buf, ip + ipv6.DST));
  if (upper.isLaterFragment) return;
  expect([upper.protocol, upper.offset]).toEqual([next, at]);
  // scapy sums over the last destination of a route (RFC 8200, 8.1).
  if (upper.destination !== ip + ipv6.DST && !isQuoted) {
    const pseudo = ipv6.pseudoHeaderSum(buf, ip, upper.destination, next, stop - at);
    expect(inet.fold(inet.add(buf, at, stop, pseudo))).toBe(0xffff);
  }
  const partial = isQuoted || upper.isFragment;
  if (next === Icmpv6) readIcmpv6(out, buf, ip, at, stop, partial);
  if (next === ipv4.Protocol.Udp) readUdp(out, buf, at, stop);
  if (next === Esp) {
    expect(esp.check(buf, at, stop)).toBe(Fault.None);
    out.add("esp.spi", esp.spi(buf, at));
    out.add("esp.sequence", esp.sequence(buf, at));
  }
}

function readExtension(out: Reading, buf: Uint8Array, at: number, kind: number): void {
  const next = extension.nextHeader(buf, at);
  const end = at + extension.headerLength(buf, at, kind);
  switch (kind) {
    case HopByHop:
    case DestinationOptions:
      out.add(kind === HopByHop ? "ipv6.hopopts.nxt" : "ipv6.dstopts.nxt", next);
      for (const { type } of parsed(options.parse(buf, options.start(at), end))) out.add("ipv6.opt.type", type);
      break;
    case Routing: {
      out.add("ipv6.routing.nxt", next);
      out.add("ipv6.routing.type", extension.routingType(buf, at));
      out.add("ipv6.routing.segleft", extension.segmentsLeft(buf, at));
      const name = extension.routingType(buf, at) === extension.RoutingType.SegmentRouting ? "srh" : "src";
      for (let i = 0; i < extension.addressCount(buf, at); i++)
        out.add(`ipv6.routing.${name}.addr`, format(buf, at + extension.ADDRESSES + 16 * i));
      break;
    }
    case Fragment:
      out.add("ipv6.fraghdr.nxt", next);
      out.add("ipv6.fraghdr.offset", extension.fragmentOffset(buf, at) / 8);
      out.add("ipv6.fraghdr.more", extension.moreFragments(buf, at));
      out.add("ipv6.fraghdr.ident", extension.fragmentId(buf, at));
      break;
    case Ah:
      expect(ah.check(buf, at, end)).toBe(Fault.None);
      out.add("ah.next_header", ah.nextHeader(buf, at));
      out.add("ah.spi", ah.spi(buf, at));
      out.add("ah.sequence", ah.sequence(buf, at));
      break;
  }
}

function readIcmpv6(out: Reading, buf: Uint8Array, ip: number, at: number, end: number, isPartial: boolean): void {
  expect(icmpv6.check(buf, at, end)).toBe(Fault.None);
  const type = icmpv6.type(buf, at);
  out.add("icmpv6.type", type);
  out.add("icmpv6.code", icmpv6.code(buf, at));
  out.add("icmpv6.checksum", icmpv6.checksum(buf, at));
  const isRight = !isPartial && icmpv6.checksumOk(buf, at, end, ip, upper.destination);
  out.add("icmpv6.checksum.status", isPartial ? UNVERIFIED! : isRight ? GOOD! : BAD!);
  if (ndp.isNdp(type)) readNdp(out, buf, at, end, type);
  else if (mld.isMld(type)) readMld(out, buf, at, end);
  else if (type === icmpv6.Type.EchoRequest || type === icmpv6.Type.EchoReply) {
    out.add("icmpv6.echo.identifier", icmpv6.identifier(buf, at));
    out.add("icmpv6.echo.sequence_number", icmpv6.sequence(buf, at));
  } else if (type === icmpv6.Type.PacketTooBig) out.add("icmpv6.mtu", icmpv6.mtu(buf, at));
  else if (type === icmpv6.Type.ParameterProblem) out.add("icmpv6.pointer", icmpv6.pointer(buf, at));
  if (!icmpv6.isError(type)) return;
  expect(icmpv6.checkQuoted(buf, at, end)).toBe(Fault.None);
  readIpv6(out, buf, icmpv6.quotedOffset(at), end, true);
}

function readNdp(out: Reading, buf: Uint8Array, at: number, end: number, type: number): void {
  expect(ndp.check(buf, at, end)).toBe(Fault.None);
  const target = format(buf, at + ndp.TARGET);
  switch (type) {
    case icmpv6.Type.RouterAdvertisement:
      out.add("icmpv6.nd.ra.cur_hop_limit", ndp.hopLimit(buf, at));
      out.add("icmpv6.nd.ra.flag", ndp.routerFlags(buf, at));
      out.add("icmpv6.nd.ra.router_lifetime", ndp.routerLifetime(buf, at));
      out.add("icmpv6.nd.ra.reachable_time", ndp.reachableTime(buf, at));
      out.add("icmpv6.nd.ra.retrans_timer", ndp.retransmitTimer(buf, at));
      break;
    case icmpv6.Type.NeighborSolicitation:
      out.add("icmpv6.nd.ns.target_address", target);
      break;
    case icmpv6.Type.NeighborAdvertisement: {
      const flags = ndp.neighborFlags(buf, at);
      out.add("icmpv6.nd.na.flag.r", (flags & ndp.NeighborFlag.Router) !== 0);
      out.add("icmpv6.nd.na.flag.s", (flags & ndp.NeighborFlag.Solicited) !== 0);
      out.add("icmpv6.nd.na.flag.o", (flags & ndp.NeighborFlag.Override) !== 0);
      out.add("icmpv6.nd.na.target_address", target);
      break;
    }
    case icmpv6.Type.Redirect:
      out.add("icmpv6.nd.rd.target_address", target);
      break;
  }
  for (let i = ndp.optionsOffset(buf, at); i < end; i += option.optionLength(buf, i, end)) readNdpOption(out, buf, i);
}

function readNdpOption(out: Reading, buf: Uint8Array, at: number): void {
  out.add("icmpv6.opt.type", buf[at]!);
  out.add("icmpv6.opt.length", buf[at + option.LENGTH]!);
  switch (buf[at]) {
    case option.OptionType.Mtu:
      out.add("icmpv6.opt.mtu", option.mtu(buf, at));
      break;
    case option.OptionType.PrefixInformation:
      out.add("icmpv6.opt.prefix.length", option.prefixLength(buf, at));
      out.add("icmpv6.opt.prefix.valid_lifetime", option.validLifetime(buf, at));
      out.add("icmpv6.opt.prefix.preferred_lifetime", option.preferredLifetime(buf, at));
      break;
    case option.OptionType.Rdnss:
      out.add("icmpv6.opt.rdnss.lifetime", option.lifetime(buf, at));
      break;
    case option.OptionType.RouteInformation:
      out.add("icmpv6.opt.prefix.length", option.prefixLength(buf, at));
      out.add("icmpv6.opt.route_lifetime", option.lifetime(buf, at));
      break;
  }
}

function readMld(out: Reading, buf: Uint8Array, at: number, end: number): void {
  expect(mld.check(buf, at, end)).toBe(Fault.None);
  const message = parsed(mld.parse(buf, at, end));
  if (message.kind === "report-v2") {
    out.add("icmpv6.mldr.nb_mcast_records", mld.recordCount(buf, at));
    for (const { type, group, sources } of message.records) {
      out.add("icmpv6.mldr.mar.record_type", type);
      out.add("icmpv6.mldr.mar.nb_sources", sources.length);
      out.add("icmpv6.mldr.mar.multicast_address", format(group));
      out.add("icmpv6.mldr.mar.source_address", ...sources.map((one) => format(one)));
    }
    return;
  }
  out.add("icmpv6.mld.multicast_address", format(buf, at + mld.GROUP));
  if (message.kind !== "query-v2") {
    out.add("icmpv6.mld.maximum_response_delay", mld.maxDelay(buf, at, end - at));
    return;
  }
  out.add("icmpv6.mld.flag.s", mld.suppresses(buf, at));
  out.add("icmpv6.mld.flag.qrv", mld.robustness(buf, at));
  out.add("icmpv6.mld.nb_sources", mld.sourceCount(buf, at));
  out.add("icmpv6.mld.source_address", ...message.sources.map((one) => format(one)));
}

function readUdp(out: Reading, buf: Uint8Array, at: number, end: number): void {
  if (end - at < udp.HEADER_LENGTH) return;
  out.add("udp.srcport", udp.srcPort(buf, at));
  out.add("udp.dstport", udp.dstPort(buf, at));
  out.add("udp.length", udp.length(buf, at));
  out.add("udp.checksum", udp.checksum(buf, at));
}

function readIgmp(out: Reading, buf: Uint8Array, ip: number): void {
  out.add("ip.src", ipv4Address.format(ipv4.src(buf, ip)));
  out.add("ip.dst", ipv4Address.format(ipv4.dst(buf, ip)));
  const at = ipv4.payloadOffset(buf, ip);
  const end = ipv4.payloadEnd(buf, ip, buf.length);
  expect(igmp.check(buf, at, end)).toBe(Fault.None);
  out.add("igmp.type", igmp.type(buf, at));
  out.add("igmp.checksum", getU16(buf, at + igmp.CHECKSUM));
  out.add("igmp.checksum.status", igmp.checksumOk(buf, at, end) ? GOOD! : BAD!);
  const address = (value: number) => ipv4Address.format(value);
  const message = parsed(igmp.parse(buf, at, end));
  if (message.kind === "report-v3") {
    out.add("igmp.num_grp_recs", igmp.recordCount(buf, at));
    for (const { type, group, sources } of message.records) {
      out.add("igmp.record_type", type);
      out.add("igmp.num_src", sources.length);
      out.add("igmp.maddr", address(group));
      out.add("igmp.saddr", ...sources.map(address));
    }
    return;
  }
  out.add("igmp.maddr", address(getI32(buf, at + igmp.GROUP)));
  // tshark names the time of versions 2 and 3 alone.
  if (igmp.version(buf, at, end - at) > 1) out.add("igmp.max_resp", igmp.maxResponseTime(buf, at, end - at));
  if (message.kind !== "query-v3") return;
  out.add("igmp.s", igmp.suppresses(buf, at));
  out.add("igmp.qrv", igmp.robustness(buf, at));
  out.add("igmp.qqic", buf[at + igmp.QUERY_INTERVAL]!);
  out.add("igmp.num_src", igmp.sourceCount(buf, at));
  for (let i = 0; i < igmp.sourceCount(buf, at); i++) out.add("igmp.saddr", address(igmp.source(buf, at, i)));
}

describe.each(["ipv6", "igmp"])("%s.pcap", (name) => {
  const frames = readCapture(name).map((frame, i) => ({ number: i + 1, ...frame }));
  test.each(frames)("frame $number reads as tshark reads it", ({ bytes, tshark }) => {
    expect(read(bytes)).toEqual(tshark);
  });
});
