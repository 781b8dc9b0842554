/**
 * A frame's headers as plain objects, for JSON. Each has `protocol`; numbers are numbers, addresses text, and EtherTypes
 * text as `0x0806`. A header that cannot be read has `fault` in place of its fields (`truncated`, `length`, …), and is the
 * last. `payload` is the number of bytes that follow the last header.
 */
import * as arp from "../../../packets/arp.ts";
import { getU16, getU32 } from "../../../packets/bytes.ts";
import * as ethernet from "../../../packets/ethernet.ts";
import { Fault, faultName } from "../../../packets/fault.ts";
import { FrameCursor } from "../../../packets/frame.ts";
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as address from "../../../packets/ipv4-address.ts";
import * as llc from "../../../packets/llc.ts";
import * as mac from "../../../packets/mac.ts";
import * as udp from "../../../packets/udp.ts";
import * as vlan from "../../../packets/vlan.ts";

type Value = string | number | boolean | readonly string[] | Layer;
/** One header. */
export interface Layer {
  readonly [field: string]: Value;
}

const cursor = new FrameCursor();
const TCP_HEADER_LENGTH = 20;

/** The headers of the frame from `off` to `end`, the outermost first. */
export function layersOf(buf: Uint8Array, off: number, end: number): Layer[] {
  const layers: Layer[] = [];
  const fault = cursor.dissect(buf, off, end);
  if (end - off < ethernet.HEADER_LENGTH) return [faulty("ethernet", fault)];
  layers.push({
    protocol: "ethernet",
    destination: mac.format(buf, off + ethernet.DST),
    source: mac.format(buf, off + ethernet.SRC),
    type: hex(ethernet.etherType(buf, off)),
  });
  for (let i = 0; i < cursor.vlanCount; i++) {
    const tci = cursor.vlanTci(i);
    const dropEligible = vlan.tciDei(tci) === 1;
    const tag = { id: vlan.tciVid(tci), priority: vlan.tciPcp(tci), dropEligible };
    layers.push({ protocol: "vlan", type: hex(cursor.vlanTpid(i)), ...tag });
  }
  if (fault !== Fault.None) return [...layers, faulty(cursor.isLlc ? "llc" : "vlan", fault)];
  const { networkOffset: at, networkEnd: stop } = cursor;
  if (cursor.isLlc) layers.push(llcLayer(buf, cursor.llcOffset, cursor.llcLength));
  switch (cursor.etherType) {
    case ethernet.EtherType.Arp:
    case ethernet.EtherType.ReverseArp:
      return [...layers, arpLayer(buf, at, stop)];
    case ethernet.EtherType.Ipv4:
      return [...layers, ...ipv4Layers(buf, at, stop)];
    default:
      return withPayload(layers, stop - at);
  }
}

function llcLayer(buf: Uint8Array, at: number, length: number): Layer {
  const sap = { destinationSap: llc.dsap(buf, at), sourceSap: llc.ssap(buf, at), control: llc.control(buf, at) };
  const fields = { protocol: "llc", length, ...sap };
  if (!llc.isSnap(buf, at)) return fields;
  return {
    ...fields,
    organisation: `0x${llc.oui(buf, at).toString(16).padStart(6, "0")}`,
    type: hex(llc.pid(buf, at)),
  };
}

function arpLayer(buf: Uint8Array, at: number, end: number): Layer {
  const fault = arp.check(buf, at, end);
  if (fault !== Fault.None) return faulty("arp", fault);
  return {
    protocol: "arp",
    operation: arp.operation(buf, at),
    operationName: arp.operationName(arp.operation(buf, at)),
    purpose: arp.purpose(buf, at),
    senderMac: mac.format(buf, at + arp.SHA),
    senderIp: address.format(arp.senderIp(buf, at)),
    targetMac: mac.format(buf, at + arp.THA),
    targetIp: address.format(arp.targetIp(buf, at)),
  };
}

function ipv4Layers(buf: Uint8Array, at: number, end: number): Layer[] {
  const fault = ipv4.checkHeader(buf, at, end);
  if (fault !== Fault.None) return [faulty("ipv4", fault)];
  const header = ipv4Header(buf, at);
  const payload = ipv4.payloadOffset(buf, at);
  const stop = ipv4.payloadEnd(buf, at, end);
  // Only what was captured to its end can have its checksum looked at.
  const isWhole = !ipv4.isFragment(buf, at) && ipv4.check(buf, at, end) === Fault.None;
  if (ipv4.fragmentOffset(buf, at) > 0) return withPayload([header], stop - payload);
  switch (ipv4.protocol(buf, at)) {
    case ipv4.Protocol.Icmp:
      return [header, icmpLayer(buf, payload, stop, isWhole)];
    case ipv4.Protocol.Udp:
      return [header, udpLayer(buf, payload, stop, isWhole, at)];
    case ipv4.Protocol.Tcp:
      return [header, tcpLayer(buf, payload, stop)];
    default:
      return withPayload([header], stop - payload);
  }
}

function ipv4Header(buf: Uint8Array, at: number): Layer {
  const flags = ipv4.flags(buf, at);
  return {
    protocol: "ipv4",
    headerLength: ipv4.headerLength(buf, at),
    tos: ipv4.tos(buf, at),
    totalLength: ipv4.totalLength(buf, at),
    id: ipv4.identification(buf, at),
    dontFragment: (flags & ipv4.Flag.DontFragment) !== 0,
    moreFragments: (flags & ipv4.Flag.MoreFragments) !== 0,
    fragmentOffset: ipv4.fragmentOffset(buf, at),
    ttl: ipv4.ttl(buf, at),
    protocolNumber: ipv4.protocol(buf, at),
    protocolName: ipv4.protocolName(ipv4.protocol(buf, at)),
    checksumOk: ipv4.checksumOk(buf, at),
    source: address.format(ipv4.src(buf, at)),
    destination: address.format(ipv4.dst(buf, at)),
  };
}

function icmpLayer(buf: Uint8Array, at: number, end: number, isWhole: boolean): Layer {
  const fault = icmp.check(buf, at, end);
  if (fault !== Fault.None) return faulty("icmp", fault);
  const type = icmp.type(buf, at);
  const code = icmp.code(buf, at);
  const common = {
    protocol: "icmp",
    type,
    typeName: icmp.typeName(type),
    code,
    codeName: icmp.codeName(type, code),
    ...(isWhole ? { checksumOk: icmp.checksumOk(buf, at, end) } : {}),
    payload: end - at - icmp.DATA,
  };
  switch (type) {
    case icmp.Type.EchoRequest:
    case icmp.Type.EchoReply:
    case icmp.Type.TimestampRequest:
    case icmp.Type.TimestampReply:
      return { ...common, id: icmp.identifier(buf, at), sequence: icmp.sequence(buf, at) };
    case icmp.Type.Redirect:
      return { ...common, gateway: address.format(icmp.gateway(buf, at)), ...quoted(buf, at, end) };
    case icmp.Type.ParameterProblem:
      return { ...common, pointer: icmp.pointer(buf, at), ...quoted(buf, at, end) };
    case icmp.Type.DestinationUnreachable:
      if (code !== icmp.UnreachableCode.FragmentationNeeded) return { ...common, ...quoted(buf, at, end) };
      return { ...common, nextHopMtu: icmp.nextHopMtu(buf, at), ...quoted(buf, at, end) };
    default:
      return { ...common, ...quoted(buf, at, end) };
  }
}

/** The header that an error quotes, as `quoted`. */
function quoted(buf: Uint8Array, at: number, end: number): Layer {
  if (icmp.checkQuoted(buf, at, end) !== Fault.None) return {};
  return { quoted: ipv4Header(buf, icmp.quotedOffset(at)) };
}

function udpLayer(buf: Uint8Array, at: number, end: number, isWhole: boolean, ip: number): Layer {
  if (end - at < udp.HEADER_LENGTH) return faulty("udp", Fault.Truncated);
  const isSound = isWhole && udp.check(buf, at, end) === Fault.None;
  return {
    protocol: "udp",
    sourcePort: udp.srcPort(buf, at),
    destinationPort: udp.dstPort(buf, at),
    length: udp.length(buf, at),
    ...(isSound ? { checksumOk: udp.checksumOk(buf, at, ipv4.src(buf, ip), ipv4.dst(buf, ip)) } : {}),
    payload: end - at - udp.HEADER_LENGTH,
  };
}

const TCP_FLAGS = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"];

function tcpLayer(buf: Uint8Array, at: number, end: number): Layer {
  if (end - at < TCP_HEADER_LENGTH) return faulty("tcp", Fault.Truncated);
  const bits = buf[at + 13]!;
  return {
    protocol: "tcp",
    sourcePort: getU16(buf, at),
    destinationPort: getU16(buf, at + 2),
    sequence: getU32(buf, at + 4),
    acknowledgement: getU32(buf, at + 8),
    flags: TCP_FLAGS.filter((_, i) => (bits & (1 << i)) !== 0),
    window: getU16(buf, at + 14),
    payload: Math.max(0, end - at - ((buf[at + 12]! >> 4) << 2)),
  };
}

function faulty(protocol: string, fault: Fault): Layer {
  return { protocol, fault: faultName(fault) };
}

/** Adds to the last layer how many bytes follow it. */
function withPayload(layers: Layer[], payload: number): Layer[] {
  const last = layers[layers.length - 1];
  return last === undefined ? layers : [...layers.slice(0, -1), { ...last, payload }];
}

function hex(type: number): string {
  return `0x${type.toString(16).padStart(4, "0")}`;
}
