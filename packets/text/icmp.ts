/** ICMP for IPv4; with -v the packet that an error quotes, on a line of its own, and the extensions after it. */
import { getI32, getU16, getU32 } from "../bytes.ts";
import * as inet from "../checksum.ts";
import * as icmp from "../icmp.ts";
import * as ipv4 from "../ipv4.ts";
import type { Dissection } from "./dissection.ts";
import { printIcmpExtension } from "./icmp-extension.ts";
import { printIpv4, shouldBe } from "./ipv4.ts";
import { type Literal, literal } from "./writer.ts";

const PROTOCOL = literal("icmp");
const ECHO_REQUEST = literal("ICMP echo request, id ");
const ECHO_REPLY = literal("ICMP echo reply, id ");
const SEQUENCE = literal(", seq ");
const LENGTH = literal(", length ");
const ICMP = literal("ICMP ");
const UNREACHABLE = literal(" unreachable");
const NEXT_LINE = literal("\n\t");

const { Type, UnreachableCode } = icmp;

/** Types that have a name and nothing else to show. */
const NAMES: Readonly<Record<number, string>> = {
  [Type.SourceQuench]: "source quench",
  [Type.RouterSolicitation]: "router solicitation",
  [Type.InformationRequest]: "information request",
  [Type.InformationReply]: "information reply",
  [Type.AddressMaskRequest]: "address mask request",
};

/** What stands before and after the address of an unreachable destination, by code. */
const UNREACHABLE_WORDS: ReadonlyMap<number, readonly [Literal, Literal]> = new Map(
  (
    [
      [UnreachableCode.Network, "net ", ""],
      [UnreachableCode.Host, "host ", ""],
      [UnreachableCode.SourceRouteFailed, "", " - source route failed"],
      [UnreachableCode.NetworkUnknown, "net ", " - unknown"],
      [UnreachableCode.HostUnknown, "host ", " - unknown"],
      [UnreachableCode.SourceHostIsolated, "", " - source host isolated"],
      [UnreachableCode.NetworkProhibited, "net ", " - admin prohibited"],
      [UnreachableCode.HostProhibited, "host ", " - admin prohibited"],
      [UnreachableCode.NetworkForTos, "net ", " - tos prohibited"],
      [UnreachableCode.HostForTos, "host ", " - tos prohibited"],
      [UnreachableCode.CommunicationProhibited, "host ", " - admin prohibited filter"],
      [UnreachableCode.HostPrecedenceViolation, "host ", " - host precedence violation"],
      [UnreachableCode.PrecedenceCutoff, "host ", " - precedence cutoff"],
    ] as const
  ).map(([code, before, after]) => [code, [literal(before), literal(after)]]),
);

/** Where the quoted packet's destination lies. */
const QUOTED_DST = icmp.DATA + ipv4.DST;

/** The message at `at`, `length` bytes by the IPv4 header; `fragmented` if it is only a message's first part. */
export function printIcmp(d: Dissection, at: number, length: number, fragmented: boolean): boolean {
  d.protocol = PROTOCOL;
  const { out, buf } = d;
  if (!d.has(at, 2)) return false;
  const type = buf[at]!;
  if (!needs(d, at, type)) return cutMessage(d, at, type);
  if (type === Type.EchoRequest || type === Type.EchoReply) {
    out.put(type === Type.EchoRequest ? ECHO_REQUEST : ECHO_REPLY);
    out.decimal(getU16(buf, at + icmp.ID));
    out.put(SEQUENCE);
    out.decimal(getU16(buf, at + icmp.SEQUENCE));
  } else {
    out.put(ICMP);
    printMeaning(d, at, type, buf[at + 1]!);
  }
  out.put(LENGTH);
  out.decimal(length);
  if (d.verbose === 0) return true;
  if (!fragmented && d.has(at, length)) {
    const residue = inet.checksum(buf, at, at + length);
    if (residue !== 0) {
      if (!d.has(at + icmp.CHECKSUM, 2)) return false;
      const found = getU16(buf, at + icmp.CHECKSUM);
      out.ascii(` (wrong icmp cksum ${found.toString(16)} (->${shouldBe(found, residue).toString(16)})!)`);
    }
  }
  if (!isQuoting(type)) return true;
  if (!printQuoted(d, at + icmp.DATA)) return false;
  d.protocol = PROTOCOL;
  return printIcmpExtension(d, at, length, type);
}

/** True for every type that is no question or answer: tcpdump takes their data for a quoted packet. */
function isQuoting(type: number): boolean {
  return (
    type === Type.DestinationUnreachable ||
    type === Type.SourceQuench ||
    type === Type.Redirect ||
    type === Type.TimeExceeded ||
    type === Type.ParameterProblem
  );
}

function printQuoted(d: Dissection, at: number): boolean {
  const { out, buf } = d;
  out.put(NEXT_LINE);
  if (!d.has(at, ipv4.TOTAL_LENGTH + 2)) return false;
  const length = getU16(buf, at + ipv4.TOTAL_LENGTH);
  const before = d.narrow(at, length);
  // tcpdump reads the length once more within the quoted packet, which a length below 4 leaves outside.
  if (length < ipv4.TOTAL_LENGTH + 2) return false;
  const done = printIpv4(d, at, length);
  d.end = before;
  return done;
}

/** True if all that the line of this type shows was captured. */
function needs(d: Dissection, at: number, type: number): boolean {
  switch (type) {
    case Type.EchoRequest:
    case Type.EchoReply:
    case Type.TimestampRequest:
      return d.has(at, icmp.HEADER_LENGTH);
    case Type.DestinationUnreachable:
      return d.has(at, QUOTED_DST + 4) && hasPorts(d, at);
    case Type.Redirect:
    case Type.TimeExceeded:
      return d.has(at, QUOTED_DST + 4);
    case Type.ParameterProblem:
      return d.buf[at + 1] !== 0 || d.has(at, icmp.POINTER + 1);
    case Type.AddressMaskReply:
      return d.has(at, icmp.ADDRESS_MASK_LENGTH);
    case Type.TimestampReply:
      return d.has(at, icmp.TIMESTAMP_LENGTH);
    case Type.RouterAdvertisement: {
      if (!d.has(at, icmp.HEADER_LENGTH)) return false;
      const entries = d.buf[at + icmp.ADDRESS_ENTRY_SIZE] === 2 ? d.buf[at + icmp.ADDRESS_COUNT]! : 0;
      return d.has(at, icmp.DATA + 8 * entries);
    }
    default:
      return true;
  }
}

function hasPorts(d: Dissection, at: number): boolean {
  if (d.buf[at + 1] !== UnreachableCode.Port) return true;
  return d.has(at + icmp.DATA + ((d.buf[at + icmp.DATA]! & 15) << 2) + 2, 2);
}

/** For some fields tcpdump's check ends the message only (so that -x knows the header's length), for others the line. */
function cutMessage(d: Dissection, at: number, type: number): boolean {
  const isPort = type === Type.DestinationUnreachable && d.buf[at + 1] === UnreachableCode.Port;
  const isMessageOnly = isPort
    ? !d.has(at + icmp.DATA + ipv4.PROTOCOL, 1)
    : type === Type.RouterAdvertisement || type === Type.TimeExceeded || type === Type.TimestampReply;
  if (isMessageOnly) d.truncated();
  return isMessageOnly;
}

function printMeaning(d: Dissection, at: number, type: number, code: number): void {
  const { out, buf } = d;
  switch (type) {
    case Type.DestinationUnreachable:
      printUnreachable(d, at, code);
      break;
    case Type.Redirect:
      out.ascii(code === 2 || code === 3 ? "redirect-tos " : code > 3 ? `redirect-#${code} ` : "redirect ");
      out.ipv4(buf, at + QUOTED_DST);
      out.ascii(code > 3 ? " to " : (code & 1) === 0 ? " to net " : " to host ");
      out.ipv4(buf, at + icmp.GATEWAY);
      break;
    case Type.RouterAdvertisement:
      printRouters(d, at);
      break;
    case Type.TimeExceeded:
      if (code === icmp.TimeExceededCode.InTransit) out.ascii("time exceeded in-transit");
      else if (code === icmp.TimeExceededCode.Reassembly) out.ascii("ip reassembly time exceeded");
      else out.ascii(`time exceeded-#${code}`);
      break;
    case Type.ParameterProblem:
      if (code !== 0) out.ascii(`parameter problem - code ${code}`);
      else out.ascii(`parameter problem - octet ${buf[at + icmp.POINTER]}`);
      break;
    case Type.AddressMaskReply:
      out.ascii("address mask is 0x");
      out.hexPadded(getI32(buf, at + icmp.ADDRESS_MASK), 8);
      break;
    case Type.TimestampRequest:
      out.ascii(`time stamp query id ${getU16(buf, at + icmp.ID)} seq ${getU16(buf, at + icmp.SEQUENCE)}`);
      break;
    case Type.TimestampReply:
      out.ascii(`time stamp reply id ${getU16(buf, at + icmp.ID)} seq ${getU16(buf, at + icmp.SEQUENCE)}`);
      out.ascii(`: org ${clock(icmp.originateTimestamp(buf, at))}`);
      out.ascii(`, recv ${clock(icmp.receiveTimestamp(buf, at))}, xmit ${clock(icmp.transmitTimestamp(buf, at))}`);
      break;
    default:
      out.ascii(NAMES[type] ?? `type-#${type}`);
  }
}

function printUnreachable(d: Dissection, at: number, code: number): void {
  const { out, buf } = d;
  const words = UNREACHABLE_WORDS.get(code);
  if (words !== undefined) {
    out.put(words[0]);
    out.ipv4(buf, at + QUOTED_DST);
    out.put(UNREACHABLE);
    out.put(words[1]);
    return;
  }
  out.ipv4(buf, at + QUOTED_DST);
  const quoted = at + icmp.DATA;
  const protocol = ipv4.protocol(buf, quoted);
  switch (code) {
    case UnreachableCode.Protocol:
      out.ascii(` protocol ${protocol}`);
      break;
    case UnreachableCode.Port: {
      const port = getU16(buf, quoted + ipv4.headerLength(buf, quoted) + 2);
      if (protocol === ipv4.Protocol.Tcp) out.ascii(` tcp port ${port}`);
      else if (protocol === ipv4.Protocol.Udp) out.ascii(` udp port ${port}`);
      else out.ascii(` protocol ${protocol} port ${port}`);
      break;
    }
    case UnreachableCode.FragmentationNeeded: {
      const mtu = icmp.nextHopMtu(buf, at);
      out.ascii(mtu === 0 ? " unreachable - need to frag" : ` unreachable - need to frag (mtu ${mtu})`);
      return;
    }
    default:
      out.ascii(` unreachable - #${code}`);
      return;
  }
  out.put(UNREACHABLE);
}

function printRouters(d: Dissection, at: number): void {
  const { out, buf } = d;
  out.ascii(`router advertisement lifetime ${duration(icmp.lifetime(buf, at))} ${icmp.addressCount(buf, at)}:`);
  const size = buf[at + icmp.ADDRESS_ENTRY_SIZE]!;
  if (size !== 2) {
    out.ascii(` [size ${size}]`);
    return;
  }
  for (let i = 0; i < icmp.addressCount(buf, at); i++) {
    const entry = at + icmp.DATA + 8 * i;
    out.ascii(" {");
    out.ipv4(buf, entry);
    out.ascii(` ${getU32(buf, entry + 4)}}`);
  }
}

/** Seconds as 59, 1:00 or 1:00:00. */
function duration(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  if (seconds < 60) return String(seconds);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** Milliseconds since midnight as hours, minutes and seconds. */
function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${parts.map((part) => String(part).padStart(2, "0")).join(":")}.${String(ms % 1000).padStart(3, "0")}`;
}
