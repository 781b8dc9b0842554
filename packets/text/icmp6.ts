/** ICMPv6 (RFC 4443): errors, echo, and the way to neighbor discovery, multicast listeners and the rest. */
import { getU16, getU32 } from "../bytes.ts";
import * as inet from "../checksum.ts";
import * as icmpv6 from "../icmpv6.ts";
import * as ipv6 from "../ipv6.ts";
import * as extension from "../ipv6-extension.ts";
import type { Dissection } from "./dissection.ts";
import { hexDump } from "./hexdump.ts";
import { printListenerQuery, printListenerReport, printListenerReportV2 } from "./icmp6-listener.ts";
import { printAdvertisement, printNdpOptions, printNeighbor, printRedirect } from "./icmp6-neighbor.ts";
import { printNodeInformation } from "./icmp6-node-information.ts";
import { printRenumbering } from "./icmp6-renumbering.ts";
import { printRpl } from "./icmp6-rpl.ts";
import { shouldBe } from "./ipv4.ts";
import { ipv6PseudoHeaderSum } from "./ipv6.ts";
import type { HeaderPrinted } from "./ipv6-options.ts";
import { type Literal, literal } from "./writer.ts";

const { ParameterProblemCode, TimeExceededCode, Type, UnreachableCode } = icmpv6;

const PROTOCOL = literal("icmp6");
const SUM_OK = literal("[icmp6 sum ok] ");
const LENGTH = literal(", length ");
const ID = literal(", id ");
const SEQUENCE = literal(", seq ");
const MTU = literal(", mtu ");
const NEXT_LINE = literal("\n\t0x");

const { CHECKSUM, CODE, HEADER_LENGTH, WORD } = icmpv6;
/** Where an error's quoted packet has its addresses. */
const QUOTED_SRC = HEADER_LENGTH + ipv6.SRC;
const QUOTED_DST = HEADER_LENGTH + ipv6.DST;

const NAMES: ReadonlyMap<number, Literal> = new Map(
  (
    [
      [Type.DestinationUnreachable, "destination unreachable"],
      [Type.PacketTooBig, "packet too big"],
      [Type.TimeExceeded, "time exceeded in-transit"],
      [Type.ParameterProblem, "parameter problem"],
      [Type.EchoRequest, "echo request"],
      [Type.EchoReply, "echo reply"],
      [Type.MulticastListenerQuery, "multicast listener query"],
      [Type.MulticastListenerReport, "multicast listener report"],
      [Type.MulticastListenerDone, "multicast listener done"],
      [Type.RouterSolicitation, "router solicitation"],
      [Type.RouterAdvertisement, "router advertisement"],
      [Type.NeighborSolicitation, "neighbor solicitation"],
      [Type.NeighborAdvertisement, "neighbor advertisement"],
      [Type.Redirect, "redirect"],
      [Type.RouterRenumbering, "router renumbering"],
      [Type.NodeInformationQuery, "who-are-you request"],
      [Type.NodeInformationReply, "who-are-you reply"],
      [Type.InverseNeighborSolicitation, "inverse neighbor solicitation"],
      [Type.InverseNeighborAdvertisement, "inverse neighbor advertisement"],
      [Type.MulticastListenerReportV2, "multicast listener report v2"],
      [Type.HomeAgentDiscoveryRequest, "ha discovery request"],
      [Type.HomeAgentDiscoveryReply, "ha discovery reply"],
      [Type.MobilePrefixSolicitation, "mobile router solicitation"],
      [Type.MobilePrefixAdvertisement, "mobile router advertisement"],
      [Type.Rpl, "RPL"],
      [Type.MtraceResponse, "mtrace response"],
      [Type.Mtrace, "mtrace message"],
    ] as const
  ).map(([type, name]) => [type, literal(`ICMP6, ${name}`)]),
);

/** The message at `at` of the packet at `ip`; `fragmented` if it is only a message's first part. */
export function printIcmp6(d: Dissection, ip: number, at: number, length: number, fragmented: boolean): boolean {
  d.protocol = PROTOCOL;
  const { buf, out } = d;
  if (length === 0) {
    out.ascii("ICMP6, length 0");
    d.invalid();
    return true;
  }
  if (d.verbose > 0 && !fragmented && d.has(at, length)) {
    if (!d.has(at + CHECKSUM, 2)) return false;
    printChecksum(d, ip, at, length);
  }
  if (!d.has(at, 1)) return false;
  const type = buf[at]!;
  const name = NAMES.get(type);
  if (name !== undefined) out.put(name);
  else out.ascii(`ICMP6, unknown icmp6 type (${type})`);
  if (d.verbose > 0 && tellsLengthFirst(type)) printLength(d, length);
  if (!d.has(at + CODE, 1)) return false;
  const done = printMessage(d, at, length, type, buf[at + CODE]!);
  if (done === "invalid") d.truncated();
  else if (done === "done" && d.verbose === 0) printLength(d, length);
  return done !== "cut";
}

function printLength(d: Dissection, length: number): void {
  d.out.put(LENGTH);
  d.out.decimal(length);
}

function printChecksum(d: Dissection, ip: number, at: number, length: number): void {
  const { buf, out } = d;
  const pseudo = ipv6PseudoHeaderSum(d, ip, ipv6.NextHeader.Icmpv6, length);
  const residue = ~inet.fold(inet.add(buf, at, at + length, pseudo)) & 0xffff;
  if (residue === 0) {
    out.put(SUM_OK);
    return;
  }
  const found = getU16(buf, at + CHECKSUM);
  out.ascii("[bad icmp6 cksum 0x");
  out.hexPadded(found, 4);
  out.ascii(" -> 0x");
  out.hexPadded(shouldBe(found, residue), 4);
  out.ascii("!] ");
}

/** With -v these print more lines behind their length. */
function tellsLengthFirst(type: number): boolean {
  switch (type) {
    case Type.RouterSolicitation:
    case Type.RouterAdvertisement:
    case Type.NeighborSolicitation:
    case Type.NeighborAdvertisement:
    case Type.Redirect:
    case Type.HomeAgentDiscoveryReply:
    case Type.MobilePrefixAdvertisement:
      return true;
    default:
      return false;
  }
}

/** As a header, or `silent`: printed, but without a length at the end. */
type MessagePrinted = HeaderPrinted | "silent";

function printMessage(d: Dissection, at: number, length: number, type: number, code: number): MessagePrinted {
  const { buf, out } = d;
  switch (type) {
    case Type.DestinationUnreachable:
      return printUnreachable(d, at, length, code);
    case Type.PacketTooBig:
      if (!d.has(at + WORD, 4)) return "cut";
      out.put(MTU);
      out.decimal(getU32(buf, at + WORD));
      return "done";
    case Type.TimeExceeded:
      return printTimeExceeded(d, at, code);
    case Type.ParameterProblem:
      return printParameterProblem(d, at, code);
    case Type.EchoRequest:
    case Type.EchoReply:
      if (!d.has(at + WORD, 4)) return "cut";
      out.put(ID);
      out.decimal(getU16(buf, at + WORD));
      out.put(SEQUENCE);
      out.decimal(getU16(buf, at + WORD + 2));
      return "done";
    case Type.MulticastListenerQuery:
      return printListenerQuery(d, at, length);
    case Type.MulticastListenerReport:
    case Type.MulticastListenerDone:
      printListenerReport(d, at);
      return "done";
    case Type.RouterSolicitation:
      return d.verbose > 0 ? printNdpOptions(d, at + HEADER_LENGTH, length - HEADER_LENGTH) : "done";
    case Type.RouterAdvertisement:
      return d.verbose > 0 ? printAdvertisement(d, at, length) : "done";
    case Type.NeighborSolicitation:
    case Type.NeighborAdvertisement:
      return printNeighbor(d, at, length, type);
    case Type.Redirect:
      return printRedirect(d, at, length);
    case Type.RouterRenumbering:
      return printRenumbering(d, at);
    case Type.NodeInformationQuery:
    case Type.NodeInformationReply:
      return printNodeInformation(d, at, length);
    case Type.InverseNeighborSolicitation:
    case Type.InverseNeighborAdvertisement:
      return "done";
    case Type.MulticastListenerReportV2:
      return printListenerReportV2(d, at, length);
    case Type.MobilePrefixSolicitation:
    case Type.HomeAgentDiscoveryRequest:
      if (!d.has(at + WORD, 2)) return "cut";
      printHexId(d, at);
      return "done";
    case Type.HomeAgentDiscoveryReply:
      return d.verbose > 0 ? printHomeAgents(d, at, length) : "done";
    case Type.MobilePrefixAdvertisement:
      return d.verbose > 0 ? printMobilePrefix(d, at, length) : "done";
    case Type.Rpl:
      return printRpl(d, at, length, code);
    default:
      printLength(d, length);
      if (d.verbose <= 1) hexDump(out, buf, at, Math.min(at + length, d.end), false, NEXT_LINE);
      return "silent";
  }
}

const UNREACHABLE_NAMES = [
  "unreachable route",
  " unreachable prohibited",
  "beyond scope",
  "unreachable address",
  "unreachable port",
];

function printUnreachable(d: Dissection, at: number, length: number, code: number): MessagePrinted {
  const { buf, out } = d;
  out.ascii(`, ${UNREACHABLE_NAMES[code] ?? `unknown unreach code (${code})`}`);
  switch (code) {
    case UnreachableCode.NoRoute:
    case UnreachableCode.Prohibited:
    case UnreachableCode.Address:
      if (!d.has(at + QUOTED_DST, 16)) return "cut";
      out.ascii(" ");
      out.ipv6(buf, at + QUOTED_DST);
      return "done";
    case UnreachableCode.BeyondScope:
      if (!d.has(at + QUOTED_DST, 16)) return "cut";
      out.ascii(" ");
      out.ipv6(buf, at + QUOTED_DST);
      out.ascii(", source address ");
      out.ipv6(buf, at + QUOTED_SRC);
      return "done";
    case UnreachableCode.Port:
      return printPort(d, at);
    default:
      if (d.verbose > 1) return "done";
      hexDump(out, buf, at, Math.min(at + length, d.end), false, NEXT_LINE);
      return "silent";
  }
}

/** Which port nobody listens to: in the header behind the quoted packet's extension headers, if that was TCP or UDP. */
function printPort(d: Dissection, at: number): HeaderPrinted {
  const { buf, out } = d;
  const { HopByHop, DestinationOptions, Routing, Fragment, Ah } = ipv6.NextHeader;
  const quoted = at + HEADER_LENGTH;
  if (!d.has(quoted + ipv6.NEXT_HEADER, 1)) return "invalid";
  let next = ipv6.nextHeader(buf, quoted);
  for (let i = quoted + ipv6.HEADER_LENGTH; ; ) {
    switch (next) {
      case 6:
      case 17:
        if (!d.has(i + 2, 2)) return "invalid";
        out.ascii(", ");
        out.ipv6(buf, at + QUOTED_DST);
        out.ascii(` ${next === 6 ? "tcp" : "udp"} port ${getU16(buf, i + 2)}`);
        return "done";
      case HopByHop:
      case DestinationOptions:
      case Routing:
      case Ah:
        if (!d.has(i, 2)) return "invalid";
        break;
      case Fragment:
        if (!d.has(i, 4) || extension.fragmentOffset(buf, i) !== 0) return "invalid";
        break;
      default:
        return "invalid";
    }
    const bytes = extension.headerLength(buf, i, next);
    next = buf[i]!;
    i += bytes;
  }
}

function printTimeExceeded(d: Dissection, at: number, code: number): HeaderPrinted {
  const { buf, out } = d;
  if (code === TimeExceededCode.InTransit) {
    if (!d.has(at + QUOTED_DST, 16)) return "cut";
    out.ascii(" for ");
    out.ipv6(buf, at + QUOTED_DST);
  } else out.ascii(code === TimeExceededCode.Reassembly ? " (reassembly)" : `, unknown code (${code})`);
  return "done";
}

const PROBLEMS: Readonly<Record<number, string>> = {
  [ParameterProblemCode.Header]: "erroneous",
  [ParameterProblemCode.NextHeader]: "next header",
  [ParameterProblemCode.Option]: "option",
  [ParameterProblemCode.IncompleteHeaderChain]: "incomplete header chain",
};

function printParameterProblem(d: Dissection, at: number, code: number): HeaderPrinted {
  const { buf, out } = d;
  if (!d.has(at + QUOTED_DST, 16)) return "invalid";
  const problem = PROBLEMS[code];
  out.ascii(problem === undefined ? `, code-#${code}` : `, ${problem} - octet ${getU32(buf, at + WORD)}`);
  return "done";
}

function printHexId(d: Dissection, at: number): void {
  d.out.ascii(", id 0x");
  d.out.hexPadded(getU16(d.buf, at + WORD), 4);
}

function printHomeAgents(d: Dissection, at: number, length: number): HeaderPrinted {
  const { buf, out } = d;
  if (!d.has(at + WORD, 2)) return "cut";
  printHexId(d, at);
  for (let i = at + HEADER_LENGTH; i < at + length; i += 16) {
    if (!d.has(i, 16)) return "cut";
    out.ascii(", ");
    out.ipv6(buf, i);
  }
  return "done";
}

function printMobilePrefix(d: Dissection, at: number, length: number): HeaderPrinted {
  const { buf, out } = d;
  if (!d.has(at + WORD, 2)) return "cut";
  printHexId(d, at);
  if (!d.has(at + WORD + 2, 2)) return "cut";
  const flags = buf[at + WORD + 2]!;
  if ((flags & 0xc0) !== 0) out.ascii(" ");
  if ((flags & 0x80) !== 0) out.ascii("M");
  if ((flags & 0x40) !== 0) out.ascii("O");
  return printNdpOptions(d, at + HEADER_LENGTH, length - HEADER_LENGTH);
}
