/** Everything that tshark reads in frames which others made, our accessors read the same: see test/captures/README.md. */
import { describe, expect, test } from "vitest";
import * as arp from "../../packets/arp.ts";
import { getI32 } from "../../packets/bytes.ts";
import * as ethernet from "../../packets/ethernet.ts";
import { EtherType } from "../../packets/ethernet.ts";
import { Fault } from "../../packets/fault.ts";
import { FrameCursor } from "../../packets/frame.ts";
import * as icmp from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import { format } from "../../packets/ipv4-address.ts";
import * as options from "../../packets/ipv4-options.ts";
import * as llc from "../../packets/llc.ts";
import * as mac from "../../packets/mac.ts";
import * as udp from "../../packets/udp.ts";
import * as vlan from "../../packets/vlan.ts";
import { readCapture } from "../support/captures.ts";

/** What our accessors read, under tshark's names. */
class Reading {
  readonly fields: Record<string, (number | string)[]> = {};

  add(name: string, value: number | string | boolean): void {
    this.fields[name] ??= [];
    this.fields[name].push(typeof value === "boolean" ? Number(value) : value);
  }
}

const cursor = new FrameCursor();

function read(buf: Uint8Array): Record<string, (number | string)[]> {
  const out = new Reading();
  expect(cursor.dissect(buf, 0, buf.length)).toBe(Fault.None);
  out.add("eth.dst", mac.format(buf, ethernet.DST));
  out.add("eth.src", mac.format(buf, ethernet.SRC));
  const type = ethernet.etherType(buf, 0);
  out.add(ethernet.isLength(type) ? "eth.len" : "eth.type", type);
  readTags(out, buf);
  if (cursor.isLlc) readLlc(out, buf);
  if (cursor.etherType === EtherType.Arp || cursor.etherType === EtherType.ReverseArp)
    readArp(out, buf, cursor.networkOffset, cursor.networkEnd);
  if (cursor.etherType === EtherType.Ipv4) {
    expect(ipv4.check(buf, cursor.networkOffset, cursor.networkEnd)).toBe(Fault.None);
    readIpv4(out, buf, cursor.networkOffset, cursor.networkEnd, false);
  }
  return out.fields;
}

function readTags(out: Reading, buf: Uint8Array): void {
  for (let i = 0; i < cursor.vlanCount; i++) {
    const tci = cursor.vlanTci(i);
    const name = cursor.vlanTpid(i) === EtherType.ServiceVlan ? "ieee8021ad" : "vlan";
    out.add(`${name}.id`, vlan.tciVid(tci));
    out.add(`${name}.priority`, vlan.tciPcp(tci));
    out.add(`${name}.dei`, vlan.tciDei(tci));
    const next = vlan.nextType(buf, 12 + i * vlan.LENGTH);
    if (name === "vlan" && !ethernet.isLength(next)) out.add("vlan.etype", next);
  }
}

function readLlc(out: Reading, buf: Uint8Array): void {
  const at = cursor.llcOffset;
  out.add("llc.dsap", llc.dsap(buf, at));
  out.add("llc.ssap", llc.ssap(buf, at));
  out.add("llc.control", llc.control(buf, at));
  if (!cursor.isSnap) return;
  out.add("llc.oui", llc.oui(buf, at));
  out.add(llc.oui(buf, at) === llc.OUI_CISCO ? "llc.cisco_pid" : "llc.type", llc.pid(buf, at));
}

function readArp(out: Reading, buf: Uint8Array, off: number, end: number): void {
  expect(arp.check(buf, off, end)).toBe(Fault.None);
  out.add("arp.hw.type", arp.hardwareType(buf, off));
  out.add("arp.proto.type", arp.protocolType(buf, off));
  out.add("arp.hw.size", arp.hardwareLength(buf, off));
  out.add("arp.proto.size", arp.protocolLength(buf, off));
  out.add("arp.opcode", arp.operation(buf, off));
  out.add("arp.src.hw_mac", mac.format(buf, off + arp.SHA));
  out.add("arp.src.proto_ipv4", format(arp.senderIp(buf, off)));
  out.add("arp.dst.hw_mac", mac.format(buf, off + arp.THA));
  out.add("arp.dst.proto_ipv4", format(arp.targetIp(buf, off)));
  if (arp.isGratuitous(buf, off)) out.add("arp.isgratuitous", 1);
}

function readIpv4(out: Reading, buf: Uint8Array, off: number, end: number, isQuoted: boolean): void {
  out.add("ip.version", ipv4.version(buf, off));
  out.add("ip.hdr_len", ipv4.headerLength(buf, off));
  out.add("ip.dsfield", ipv4.tos(buf, off));
  expect((ipv4.dscp(buf, off) << 2) | ipv4.ecn(buf, off)).toBe(ipv4.tos(buf, off));
  out.add("ip.len", ipv4.totalLength(buf, off));
  out.add("ip.id", ipv4.identification(buf, off));
  out.add("ip.flags", ipv4.flags(buf, off));
  out.add("ip.flags.df", ipv4.dontFragment(buf, off));
  out.add("ip.flags.mf", ipv4.moreFragments(buf, off));
  out.add("ip.frag_offset", ipv4.fragmentOffset(buf, off) / 8);
  out.add("ip.ttl", ipv4.ttl(buf, off));
  out.add("ip.proto", ipv4.protocol(buf, off));
  out.add("ip.checksum", ipv4.headerChecksum(buf, off));
  out.add("ip.checksum.status", ipv4.checksumOk(buf, off));
  out.add("ip.src", format(ipv4.src(buf, off)));
  out.add("ip.dst", format(finalDestination(buf, off)));
  const listed = options.parse(buf, off);
  if (typeof listed !== "number") for (const { type } of listed) out.add("ip.opt.type", type);
  const at = ipv4.payloadOffset(buf, off);
  const stop = ipv4.payloadEnd(buf, off, end);
  if (ipv4.fragmentOffset(buf, off) > 0) return;
  if (ipv4.protocol(buf, off) === ipv4.Protocol.Icmp)
    readIcmp(out, buf, at, stop, isQuoted || ipv4.isFragment(buf, off));
  if (ipv4.protocol(buf, off) === ipv4.Protocol.Udp)
    readUdp(out, buf, at, stop, ipv4.src(buf, off), ipv4.dst(buf, off));
}

/** What tshark calls ip.dst: of a source-routed datagram, the last address of the route. */
function finalDestination(buf: Uint8Array, off: number): number {
  const route = options.find(buf, off, options.OptionType.LooseSourceRoute);
  if (route < 0) return ipv4.dst(buf, off);
  return getI32(buf, route + options.optionLength(buf, route, options.end(buf, off)) - 4);
}

// tshark's words for a checksum: bad, good, not verified, not there.
const [BAD, GOOD, UNVERIFIED, ABSENT] = [0, 1, 2, 3];

function readIcmp(out: Reading, buf: Uint8Array, off: number, end: number, isPartial: boolean): void {
  expect(icmp.check(buf, off, end)).toBe(Fault.None);
  const type = icmp.type(buf, off);
  out.add("icmp.type", type);
  out.add("icmp.code", icmp.code(buf, off));
  out.add("icmp.checksum", icmp.checksum(buf, off));
  out.add("icmp.checksum.status", isPartial ? UNVERIFIED! : icmp.checksumOk(buf, off, end) ? GOOD! : BAD!);
  switch (type) {
    case icmp.Type.ExtendedEchoRequest:
      out.add("icmp.ident", icmp.identifier(buf, off));
      break;
    case icmp.Type.EchoRequest:
    case icmp.Type.EchoReply:
    case icmp.Type.TimestampRequest:
    case icmp.Type.TimestampReply:
    case icmp.Type.AddressMaskRequest:
    case icmp.Type.AddressMaskReply:
      out.add("icmp.ident", icmp.identifier(buf, off));
      out.add("icmp.seq", icmp.sequence(buf, off));
      break;
    case icmp.Type.Redirect:
      out.add("icmp.redir_gw", format(icmp.gateway(buf, off)));
      break;
    case icmp.Type.ParameterProblem:
      out.add("icmp.pointer", icmp.pointer(buf, off));
      break;
    case icmp.Type.DestinationUnreachable:
      if (icmp.code(buf, off) === icmp.UnreachableCode.FragmentationNeeded)
        out.add("icmp.mtu", icmp.nextHopMtu(buf, off));
      break;
    case icmp.Type.RouterAdvertisement:
      out.add("icmp.num_addrs", icmp.addressCount(buf, off));
      out.add("icmp.addr_entry_size", buf[off + icmp.ADDRESS_ENTRY_SIZE]!);
      out.add("icmp.lifetime", icmp.lifetime(buf, off));
      for (let i = 0; i < icmp.addressCount(buf, off); i++) {
        out.add("icmp.router_address", format(icmp.routerAddress(buf, off, i)));
        out.add("icmp.pref_level", icmp.routerPreference(buf, off, i));
      }
      break;
  }
  if (type === icmp.Type.TimestampRequest || type === icmp.Type.TimestampReply) {
    out.add("icmp.originate_timestamp", icmp.originateTimestamp(buf, off));
    out.add("icmp.receive_timestamp", icmp.receiveTimestamp(buf, off));
    out.add("icmp.transmit_timestamp", icmp.transmitTimestamp(buf, off));
  }
  if (type === icmp.Type.AddressMaskRequest || type === icmp.Type.AddressMaskReply)
    out.add("icmp.address_mask", format(icmp.addressMask(buf, off)));
  if (!icmp.isError(type)) return;
  expect(icmp.checkQuoted(buf, off, end)).toBe(Fault.None);
  readIpv4(out, buf, icmp.quotedOffset(off), icmp.quotedEnd(buf, off, end), true);
}

function readUdp(out: Reading, buf: Uint8Array, off: number, end: number, src: number, dst: number): void {
  expect(udp.check(buf, off, end)).toBe(Fault.None);
  out.add("udp.srcport", udp.srcPort(buf, off));
  out.add("udp.dstport", udp.dstPort(buf, off));
  out.add("udp.length", udp.length(buf, off));
  out.add("udp.checksum", udp.checksum(buf, off));
  const verified = udp.checksumOk(buf, off, src, dst) ? GOOD! : BAD!;
  out.add("udp.checksum.status", udp.checksum(buf, off) === 0 ? ABSENT! : verified);
}

describe.each(["arp", "echo", "errors", "udp", "vlan", "llc"])("%s.pcap", (name) => {
  const frames = readCapture(name).map((frame, i) => ({ number: i + 1, ...frame }));
  test.each(frames)("frame $number reads as tshark reads it", ({ bytes, tshark }) => {
    expect(read(bytes)).toEqual(tshark);
  });
});
