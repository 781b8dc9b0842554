/** The fields of ICMP (RFC 792 and its successors), with the datagram that an error quotes. */
import { getU16 } from "../bytes.ts";
import * as inet from "../checksum.ts";
import * as icmp from "../icmp.ts";
import { named, verdictOf } from "./names.ts";
import { Verdict } from "./sink.ts";
import { type FieldSpec, layer } from "./spec.ts";
import type { Walker } from "./walker.ts";

const ICMP = layer("icmp", "Internet Control Message Protocol", "RFC 792");
const TYPE = ICMP.number("type", "Type", 1, { names: icmp.typeName, nameKey: "typeName" });
const CODE = ICMP.number("code", "Code", 1, { nameKey: "codeName" });
const CHECKSUM = ICMP.checksum("checksum", "Checksum", { source: "RFC 1071" });
const ID = ICMP.number("id", "Identifier", 2);
const SEQUENCE = ICMP.number("sequence", "Sequence number", 2);
const GATEWAY = ICMP.ipv4("gateway", "Gateway internet address");
const POINTER = ICMP.number("pointer", "Pointer", 1, { note: "the byte of the quoted header that is wrong" });
const QUOTED_LENGTH = ICMP.number("quotedLength", "Length of the quoted datagram", 1, {
  source: "RFC 4884, 4",
  unit: "bytes",
});
const MTU = ICMP.number("nextHopMtu", "Next-hop MTU", 2, { source: "RFC 1191, 4", unit: "bytes" });
const TIME = { unit: "ms since midnight UT" };
const ORIGINATE = ICMP.number("originate", "Originate timestamp", 4, TIME);
const RECEIVE = ICMP.number("receive", "Receive timestamp", 4, TIME);
const TRANSMIT = ICMP.number("transmit", "Transmit timestamp", 4, TIME);
const MASK = ICMP.ipv4("mask", "Address mask", { source: "RFC 950, Appendix I" });
const ROUTER = "RFC 1256, 3";
const COUNT = ICMP.number("addressCount", "Num addrs", 1, { source: ROUTER });
const ENTRY_SIZE = ICMP.number("entrySize", "Addr entry size", 1, { source: ROUTER, unit: "words of 4 bytes" });
const LIFETIME = ICMP.number("lifetime", "Lifetime", 2, { source: ROUTER, unit: "s" });
const ROUTERS = ICMP.list("routers", "Routers", ROUTER);
const ROUTER_ADDRESS = ROUTERS.ipv4("address", "Router address");
const PREFERENCE = ROUTERS.signed("preference", "Preference level", 4);
const PROBE = "RFC 8335, 2";
const PROBE_SEQUENCE = ICMP.number("sequence", "Sequence number", 1, { source: PROBE });
const PROBE_LOCAL = ICMP.flag("local", "L: the interface is on the probed node", 1, 7, { source: PROBE });
const PROBE_STATES = named({
  0: "reserved",
  1: "incomplete",
  2: "reachable",
  3: "stale",
  4: "delay",
  5: "probe",
  6: "failed",
});
const PROBE_STATE = ICMP.number("state", "State", 1, { bits: [0, 3], names: PROBE_STATES, source: "RFC 8335, 3" });
const PROBE_ACTIVE = ICMP.flag("active", "A: active", 1, 5, { source: "RFC 8335, 3" });
const PROBE_IPV4 = ICMP.flag("ipv4Runs", "4: IPv4 runs on it", 1, 6, { source: "RFC 8335, 3" });
const PROBE_IPV6 = ICMP.flag("ipv6Runs", "6: IPv6 runs on it", 1, 7, { source: "RFC 8335, 3" });
const UNUSED = ICMP.unused("Unused");
const EXTENSION_UNUSED = ICMP.unused("Extensions: reserved", { source: "RFC 4884, 7" });
const QUOTED = ICMP.layers("quoted", "The datagram that caused it");

const EXTENSION = "RFC 4884, 7";
const EXTENSION_VERSION = ICMP.number("extensionVersion", "Extensions: version", 1, {
  bits: [0, 4],
  source: EXTENSION,
});
const EXTENSION_CHECKSUM = ICMP.checksum("extensionChecksum", "Extensions: checksum", { source: EXTENSION });
const OBJECTS = ICMP.list("extensions", "Extension objects", EXTENSION);
const OBJECT_LENGTH = OBJECTS.number("length", "Length", 2, { unit: "bytes", source: "RFC 4884, 8" });
const OBJECT_CLASS = OBJECTS.number("class", "Class-Num", 1, {
  source: "RFC 4884, 8",
  names: named({ 1: "MPLS label stack", 2: "interface information", 3: "interface identification" }),
});
const OBJECT_TYPE = OBJECTS.number("type", "C-Type", 1, { source: "RFC 4884, 8" });
const LABELS = OBJECTS.list("labels", "Label stack", "RFC 4950, 3");
const LABEL = LABELS.number("label", "Label", 3, { bits: [0, 20], source: "RFC 3032, 2.1" });
const TRAFFIC_CLASS = LABELS.number("trafficClass", "Traffic class", 1, { bits: [4, 3], source: "RFC 5462" });
const BOTTOM = LABELS.flag("bottom", "Bottom of stack", 1, 7, { source: "RFC 3032, 2.1" });
const LABEL_TTL = LABELS.number("ttl", "Time to live", 1, { source: "RFC 3032, 2.1" });
const OBJECT_DATA = OBJECTS.bytes("data", "Data");

export function visitIcmp(w: Walker, at: number, isFragment: boolean): void {
  w.open(ICMP, at);
  const type = w.u8(TYPE, at);
  const code = w.left(at) > icmp.CODE ? w.buf[at + icmp.CODE]! : 0;
  w.u8Named(CODE, at + icmp.CODE, icmp.codeName(type, code));
  visitChecksum(w, CHECKSUM, at, isFragment || !w.isWhole);
  const data = visitBody(w, type, code, at);
  w.payload(ICMP, data);
  if (icmp.isError(type) && !w.failed) visitQuoted(w, at, data);
  w.close(w.end);
}

function visitChecksum(w: Walker, field: FieldSpec, at: number, isPartial: boolean): void {
  const place = at + icmp.CHECKSUM;
  if (isPartial || w.left(at) < icmp.CHECKSUM + 2) {
    w.checksum(field, place, Verdict.Unknown);
    return;
  }
  const stored = getU16(w.buf, place);
  const sum = inet.add(w.buf, at, w.end, 0);
  if (inet.fold(sum) === 0xffff) {
    w.checksum(field, place, Verdict.Right);
    return;
  }
  const expected = ~inet.fold(sum + 0xffff - stored) & 0xffff;
  w.checksum(field, place, verdictOf(stored, expected), expected);
}

/** What follows the checksum. @returns where the data begin. */
function visitBody(w: Walker, type: number, code: number, at: number): number {
  const data = at + icmp.DATA;
  switch (type) {
    case icmp.Type.EchoRequest:
    case icmp.Type.EchoReply:
    case icmp.Type.InformationRequest:
    case icmp.Type.InformationReply:
      w.u16(ID, at + icmp.ID);
      w.u16(SEQUENCE, at + icmp.SEQUENCE);
      return data;
    case icmp.Type.TimestampRequest:
    case icmp.Type.TimestampReply:
      w.u16(ID, at + icmp.ID);
      w.u16(SEQUENCE, at + icmp.SEQUENCE);
      w.u32(ORIGINATE, at + icmp.ORIGINATE_TIMESTAMP);
      w.u32(RECEIVE, at + icmp.RECEIVE_TIMESTAMP);
      w.u32(TRANSMIT, at + icmp.TRANSMIT_TIMESTAMP);
      return at + icmp.TIMESTAMP_LENGTH;
    case icmp.Type.AddressMaskRequest:
    case icmp.Type.AddressMaskReply:
      w.u16(ID, at + icmp.ID);
      w.u16(SEQUENCE, at + icmp.SEQUENCE);
      w.place(MASK, at + icmp.ADDRESS_MASK);
      return at + icmp.ADDRESS_MASK_LENGTH;
    case icmp.Type.RouterAdvertisement:
      return visitRouters(w, at);
    case icmp.Type.Redirect:
      w.place(GATEWAY, at + icmp.GATEWAY);
      return data;
    case icmp.Type.DestinationUnreachable:
      w.place(UNUSED, at + 4, 1);
      visitQuotedLength(w, at);
      if (code === icmp.UnreachableCode.FragmentationNeeded) w.u16(MTU, at + icmp.NEXT_HOP_MTU);
      else w.place(UNUSED, at + 6, 2);
      return data;
    case icmp.Type.TimeExceeded:
      w.place(UNUSED, at + 4, 1);
      visitQuotedLength(w, at);
      w.place(UNUSED, at + 6, 2);
      return data;
    case icmp.Type.ParameterProblem:
      w.u8(POINTER, at + icmp.POINTER);
      visitQuotedLength(w, at);
      w.place(UNUSED, at + 6, 2);
      return data;
    case icmp.Type.ExtendedEchoRequest:
    case icmp.Type.ExtendedEchoReply:
      visitProbe(w, type, at);
      return data;
  }
  w.place(UNUSED, at + icmp.ID, 4);
  return data;
}

function visitQuotedLength(w: Walker, at: number): void {
  const words = w.left(at) > icmp.QUOTED_LENGTH ? w.buf[at + icmp.QUOTED_LENGTH]! : 0;
  if (words > 0) w.value(QUOTED_LENGTH, at + icmp.QUOTED_LENGTH, 1, 4 * words);
  else w.place(UNUSED, at + icmp.QUOTED_LENGTH, 1);
}

function visitRouters(w: Walker, at: number): number {
  const count = w.u8(COUNT, at + icmp.ADDRESS_COUNT);
  const size = 4 * w.u8(ENTRY_SIZE, at + icmp.ADDRESS_ENTRY_SIZE);
  w.u16(LIFETIME, at + icmp.LIFETIME);
  if (count > 0 && size < 8) w.problem(at, "length", `entries of ${size} bytes, the least is 8`);
  let next = at + icmp.DATA;
  w.open(ROUTERS, next);
  for (let i = 0; i < count && !w.failed; i++, next += size) {
    w.item(ROUTERS, next);
    w.place(ROUTER_ADDRESS, next);
    w.i32(PREFERENCE, next + 4);
    if (!w.close(next + size)) break;
  }
  w.close(next);
  return next;
}

function visitProbe(w: Walker, type: number, at: number): void {
  w.u16(ID, at + icmp.ID);
  w.u8(PROBE_SEQUENCE, at + icmp.SEQUENCE);
  const flags = at + icmp.SEQUENCE + 1;
  if (type === icmp.Type.ExtendedEchoRequest) w.flag(PROBE_LOCAL, flags);
  else {
    w.bits(PROBE_STATE, flags);
    w.flag(PROBE_ACTIVE, flags);
    w.flag(PROBE_IPV4, flags);
    w.flag(PROBE_IPV6, flags);
  }
}

function visitQuoted(w: Walker, at: number, data: number): void {
  const stop = icmp.quotedEnd(w.buf, at, w.end);
  if (data < stop) {
    w.open(QUOTED, data);
    w.narrow(stop, "quoted length");
    w.quoted++;
    w.nesting++;
    w.dispatch.etherType(w, 0x0800, data);
    w.nesting--;
    w.quoted--;
    w.widen();
    w.close(stop);
  }
  if (stop < w.end && w.quoted === 0) visitExtensions(w, stop);
}

function visitExtensions(w: Walker, at: number): void {
  w.bits(EXTENSION_VERSION, at);
  w.place(EXTENSION_UNUSED, at + 1, 1);
  visitChecksum(w, EXTENSION_CHECKSUM, at, !w.isWhole);
  w.open(OBJECTS, at + 4);
  for (let next = at + 4; next < w.end && !w.failed; ) {
    w.item(OBJECTS, next);
    const length = w.u16(OBJECT_LENGTH, next);
    const kind = w.u8(OBJECT_CLASS, next + 2);
    w.u8(OBJECT_TYPE, next + 3);
    if (length < 4) w.problem(next, "length", `an object of ${length} bytes, the least is 4`);
    w.need("the object", next, length);
    if (kind === 1) visitLabels(w, next + 4, next + length);
    else if (length > 4) w.place(OBJECT_DATA, next + 4, length - 4);
    next += length;
    if (!w.close(next)) break;
  }
  w.close(w.end);
}

function visitLabels(w: Walker, at: number, stop: number): void {
  w.open(LABELS, at);
  for (let next = at; next + 4 <= stop && !w.failed; next += 4) {
    w.item(LABELS, next);
    w.bits(LABEL, next);
    w.bits(TRAFFIC_CLASS, next + 2);
    w.flag(BOTTOM, next + 2);
    w.u8(LABEL_TTL, next + 3);
    w.close(next + 4);
  }
  w.close(stop);
}
