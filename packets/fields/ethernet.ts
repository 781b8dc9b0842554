/** The fields of the link layer: Ethernet II and IEEE 802.3, VLAN tags, LLC and SNAP. */
import { getU16 } from "../bytes.ts";
import * as ethernet from "../ethernet.ts";
import { MAX_TAGS } from "../frame.ts";
import * as llc from "../llc.ts";
import * as vlan from "../vlan.ts";
import { named } from "./names.ts";
import { layer } from "./spec.ts";
import type { Walker } from "./walker.ts";

const ETHERNET = layer("ethernet", "Ethernet", "IEEE 802.3, 3.2");
const DESTINATION = ETHERNET.mac("destination", "Destination", { source: "IEEE 802.3, 3.2.4" });
const SOURCE = ETHERNET.mac("source", "Source", { source: "IEEE 802.3, 3.2.5" });
const TYPE_OPTIONS = { names: ethernet.etherTypeName, nameKey: "typeName", source: "IEEE 802.3, 3.2.6" };
const TYPE = ETHERNET.hex("type", "Type", 2, TYPE_OPTIONS);
const LENGTH_OPTIONS = { unit: "bytes", source: "IEEE 802.3, 3.2.6", note: "in place of a type: LLC follows" };
const LENGTH = ETHERNET.number("length", "Length", 2, LENGTH_OPTIONS);

const VLAN = layer("vlan", "VLAN tag", "IEEE 802.1Q, 9.6");
const TPID = VLAN.hex("type", "Tag protocol identifier", 2, {
  source: "IEEE 802.1Q, 9.5",
  names: named({ 33024: "802.1Q", 34984: "802.1ad", 37120: "before 802.1ad", 37376: "before 802.1ad" }),
});
const PRIORITY = VLAN.number("priority", "Priority code point", 2, { bits: [0, 3] });
const DROP_ELIGIBLE = VLAN.flag("dropEligible", "Drop eligible indicator", 2, 3);
const ID = VLAN.number("id", "VLAN identifier", 2, {
  bits: [4, 12],
  names: (id) => (id === vlan.VID_PRIORITY_ONLY ? "in no VLAN" : id === vlan.VID_RESERVED ? "reserved" : ""),
});
const NEXT_TYPE = VLAN.hex("nextType", "Type", 2, {
  names: ethernet.etherTypeName,
  nameKey: "nextTypeName",
  source: "IEEE 802.3, 3.2.6",
});
const NEXT_LENGTH = VLAN.number("length", "Length", 2, LENGTH_OPTIONS);

const LLC = layer("llc", "Logical Link Control", "IEEE 802.2, 3.2");
const DSAP = LLC.hex("destinationSap", "DSAP", 1, { names: llc.sapName, source: "IEEE 802.2, 3.3.1" });
const SSAP = LLC.hex("sourceSap", "SSAP", 1, { names: (sap) => llc.sapName(sap & 0xfe), source: "IEEE 802.2, 3.3.1" });
const CONTROL = LLC.hex("control", "Control", 0, { digits: 4, source: "IEEE 802.2, 5.4" });
const CONTROL_U = LLC.hex("control", "Control", 1, {
  source: "IEEE 802.2, 5.4",
  names: (control) => (control === llc.CONTROL_UI ? "unnumbered information" : "unnumbered"),
});
const ORGANISATION = LLC.hex("organisation", "Organization code (SNAP)", 3, {
  source: "RFC 1042",
  names: named({ 0: "an EtherType follows", 248: "a bridged EtherType follows", 12: "Cisco" }),
});
const PID = LLC.hex("type", "Protocol identifier (SNAP)", 2, { source: "RFC 1042" });
const PID_TYPE = LLC.hex("type", "Type (SNAP)", 2, { source: "RFC 1042", names: ethernet.etherTypeName });

/** A frame, from its destination address on. */
export function visitEthernet(w: Walker, at: number): void {
  w.open(ETHERNET, at);
  w.place(DESTINATION, at);
  w.place(SOURCE, at + ethernet.SRC);
  let type = w.left(at) >= ethernet.HEADER_LENGTH ? getU16(w.buf, at + ethernet.TYPE) : -1;
  if (type >= 0 && type <= ethernet.MAX_LENGTH) w.u16(LENGTH, at + ethernet.TYPE);
  else w.u16(TYPE, at + ethernet.TYPE);
  let next = at + ethernet.HEADER_LENGTH;
  const known = type > ethernet.MAX_LENGTH && (vlan.isTagType(type) || isKnown(type));
  if (type > ethernet.MAX_LENGTH && !known) w.payload(ETHERNET, next);
  if (!w.close(next)) return;
  for (let tags = 0; vlan.isTagType(type); tags++) {
    type = visitTag(w, next - 2, tags);
    if (type < 0) return;
    next += vlan.LENGTH;
  }
  if (type <= ethernet.MAX_LENGTH) visitLlc(w, next, type);
  else if (known || isKnown(type)) w.dispatch.etherType(w, type, next);
}

const KNOWN: ReadonlySet<number> = new Set([0x0800, 0x0806, 0x8035, 0x86dd, 0x88cc]);
function isKnown(type: number): boolean {
  return KNOWN.has(type);
}

/** One tag, whose TPID is at `at`. @returns the type or length after it, -1 if it is cut. */
function visitTag(w: Walker, at: number, tags: number): number {
  w.open(VLAN, at);
  if (tags >= MAX_TAGS) w.problem(at, "depth", `more than ${MAX_TAGS} tags`);
  w.u16(TPID, at);
  w.bits(PRIORITY, at + 2);
  w.flag(DROP_ELIGIBLE, at + 2);
  w.bits(ID, at + 2);
  const type = w.left(at) >= vlan.LENGTH + 2 ? getU16(w.buf, at + vlan.LENGTH) : 0xffff;
  if (type <= ethernet.MAX_LENGTH) w.u16(NEXT_LENGTH, at + vlan.LENGTH);
  else w.u16(NEXT_TYPE, at + vlan.LENGTH);
  const next = at + vlan.LENGTH + 2;
  if (type > ethernet.MAX_LENGTH && !vlan.isTagType(type) && !isKnown(type)) w.payload(VLAN, next);
  return w.close(next) ? type : -1;
}

/** What an IEEE 802.3 length announces. */
function visitLlc(w: Walker, at: number, length: number): void {
  w.narrow(at + length, "IEEE 802.3 length");
  w.trailer = at + length;
  w.open(LLC, at);
  w.u8(DSAP, at);
  w.u8(SSAP, at + 1);
  const isShort = w.left(at) >= llc.MIN_HEADER_LENGTH && llc.controlLength(w.buf, at) === 1;
  let next = at + 2;
  if (isShort || w.left(at) < llc.MIN_HEADER_LENGTH) {
    w.u8(CONTROL_U, next++);
  } else {
    if (w.need("Control", next, 2)) w.value(CONTROL, next, 2, llc.control(w.buf, at));
    next += 2;
  }
  let type = 0;
  if (!w.failed && llc.isSnap(w.buf, at)) {
    const oui = w.u24(ORGANISATION, next);
    const isType = oui === llc.OUI_ETHERNET || oui === llc.OUI_BRIDGED;
    const pid = w.u16(isType ? PID_TYPE : PID, next + 3);
    if (isType && isKnown(pid)) type = pid;
    next += 5;
  }
  const sap = w.failed ? -1 : llc.dsap(w.buf, at);
  const isStp = sap === llc.Sap.SpanningTree && isShort && w.buf[at + 2] === llc.CONTROL_UI;
  if (type === 0 && !isStp) w.payload(LLC, next);
  if (w.close(next)) {
    if (type !== 0) w.dispatch.etherType(w, type, next);
    else if (isStp) w.dispatch.llc(w, sap, next);
  }
  w.widen();
}
