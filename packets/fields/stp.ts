/** The fields of spanning tree BPDUs: IEEE 802.1D (STP), 802.1w (RSTP) and 802.1Q (MSTP). */
import { getU16 } from "../bytes.ts";
import * as mac from "../mac.ts";
import { named } from "./names.ts";
import { type FieldSpec, layer } from "./spec.ts";
import type { Walker } from "./walker.ts";

const RST = "IEEE 802.1D-2004, 9.3.3";
const MST = "IEEE 802.1Q, 14.4";
const STP = layer("stp", "Spanning Tree Protocol", "IEEE 802.1D, 9.3.1");
const PROTOCOL = STP.number("protocolId", "Protocol identifier", 2);
const VERSION = STP.number("version", "Protocol version identifier", 1, {
  names: named({ 0: "STP", 2: "RSTP", 3: "MSTP", 4: "SPT" }),
  nameKey: "versionName",
});
const TYPE = STP.hex("type", "BPDU type", 1, {
  names: named({ 0: "configuration", 2: "rapid or multiple spanning tree", 128: "topology change notification" }),
  nameKey: "typeName",
});
const FLAG_NAMES: Readonly<Record<number, string>> = {
  1: "topology-change",
  2: "proposal",
  16: "learning",
  32: "forwarding",
  64: "agreement",
  128: "topology-change-acknowledgment",
};
const FLAGS = STP.set("flags", "Flags", 1, (bit) => FLAG_NAMES[bit] ?? "");
const ROLE = STP.number("portRole", "Port role", 1, {
  bits: [4, 2],
  source: RST,
  names: named({ 0: "unknown", 1: "alternate or backup", 2: "root", 3: "designated" }),
  nameKey: "portRoleName",
});
const EXTENSION = "IEEE 802.1D-2004, 9.2.5";
const ROOT_PRIORITY = STP.number("rootPriority", "Root identifier: priority", 2, { bits: [0, 4] });
const ROOT_EXTENSION = STP.number("rootExtension", "Root identifier: system ID extension", 2, {
  bits: [4, 12],
  source: EXTENSION,
});
const ROOT_MAC = STP.mac("rootMac", "Root identifier: address");
const ROOT_COST = STP.number("rootPathCost", "Root path cost", 4);
const BRIDGE_PRIORITY = STP.number("bridgePriority", "Bridge identifier: priority", 2, { bits: [0, 4] });
const BRIDGE_EXTENSION = STP.number("bridgeExtension", "Bridge identifier: system ID extension", 2, {
  bits: [4, 12],
  source: EXTENSION,
});
const BRIDGE_MAC = STP.mac("bridgeMac", "Bridge identifier: address");
const PORT = STP.hex("port", "Port identifier", 2);
const SECONDS = { unit: "s" };
const MESSAGE_AGE = STP.number("messageAge", "Message age", 2, SECONDS);
const MAX_AGE = STP.number("maxAge", "Max age", 2, SECONDS);
const HELLO = STP.number("helloTime", "Hello time", 2, SECONDS);
const DELAY = STP.number("forwardDelay", "Forward delay", 2, SECONDS);
const VERSION_1_LENGTH = STP.number("version1Length", "Version 1 length", 1, { source: RST, unit: "bytes" });
const VERSION_3_LENGTH = STP.number("version3Length", "Version 3 length", 2, { source: MST, unit: "bytes" });
const FORMAT = STP.number("mstFormat", "MST configuration: format selector", 1, { source: MST });
const NAME = STP.text("mstName", "MST configuration: name", { source: MST });
const REVISION = STP.number("mstRevision", "MST configuration: revision", 2, { source: MST });
const DIGEST = STP.bytes("mstDigest", "MST configuration: digest", { source: MST });
const INTERNAL_COST = STP.number("internalRootPathCost", "CIST internal root path cost", 4, { source: MST });
const CIST_PRIORITY = STP.number("cistBridgePriority", "CIST bridge identifier: priority", 2, {
  bits: [0, 4],
  source: MST,
});
const CIST_EXTENSION = STP.number("cistBridgeExtension", "CIST bridge identifier: system ID extension", 2, {
  bits: [4, 12],
  source: MST,
});
const CIST_MAC = STP.mac("cistBridgeMac", "CIST bridge identifier: address", { source: MST });
const REMAINING = STP.number("remainingHops", "CIST remaining hops", 1, { source: MST, unit: "hops" });

const CONFIGURATION = 0;
const RAPID = 2;

export function visitStp(w: Walker, at: number): void {
  w.open(STP, at);
  const id = w.u16(PROTOCOL, at);
  const version = w.u8(VERSION, at + 2);
  const type = w.u8(TYPE, at + 3);
  let next = at + 4;
  if (id === 0 && (type === CONFIGURATION || type === RAPID)) {
    visitConfiguration(w, at, type);
    next = at + 35;
    if (type === RAPID) {
      w.u8(VERSION_1_LENGTH, next++);
      if (version >= 3 && !w.failed && w.left(next) > 0) next = visitMultiple(w, next);
    }
  }
  if (next < w.end) w.payload(STP, next);
  w.close(w.end);
}

function visitConfiguration(w: Walker, at: number, type: number): void {
  w.u8(FLAGS, at + 4);
  if (type === RAPID) w.bits(ROLE, at + 4);
  w.bits(ROOT_PRIORITY, at + 5, 4096);
  w.bits(ROOT_EXTENSION, at + 5);
  w.place(ROOT_MAC, at + 7);
  w.u32(ROOT_COST, at + 13);
  w.bits(BRIDGE_PRIORITY, at + 17, 4096);
  w.bits(BRIDGE_EXTENSION, at + 17);
  w.place(BRIDGE_MAC, at + 17 + 2);
  w.u16(PORT, at + 25);
  visitTime(w, MESSAGE_AGE, at + 27);
  visitTime(w, MAX_AGE, at + 29);
  visitTime(w, HELLO, at + 31);
  visitTime(w, DELAY, at + 33);
}

/** Times count in units of 1/256 s. */
function visitTime(w: Walker, field: FieldSpec, at: number): void {
  if (w.need(field.label, at, 2)) w.value(field, at, 2, getU16(w.buf, at) / 256);
}

function visitMultiple(w: Walker, at: number): number {
  w.u16(VERSION_3_LENGTH, at);
  w.u8(FORMAT, at + 2);
  w.place(NAME, at + 3, 32);
  w.u16(REVISION, at + 35);
  w.place(DIGEST, at + 37, 16);
  w.u32(INTERNAL_COST, at + 53);
  w.bits(CIST_PRIORITY, at + 57, 4096);
  w.bits(CIST_EXTENSION, at + 57);
  w.place(CIST_MAC, at + 57 + 2);
  w.u8(REMAINING, at + 59 + mac.LENGTH);
  return at + 60 + mac.LENGTH;
}
