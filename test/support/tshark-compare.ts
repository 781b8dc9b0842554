/** Compares what our JSON says of a capture's frames with what tshark says, field by field. */
import { floatingTime } from "../../packets/fields/names.ts";
import type { PathField } from "./field-paths.ts";
import type { TsharkField, TsharkFrame } from "./pdml.ts";
import { TSHARK_NAMES } from "./tshark-names.ts";

/** One field that tshark reads otherwise, or does not have where we do. */
export interface Difference {
  readonly kind: "value" | "absent";
  readonly path: string;
  readonly ours: string;
  readonly theirs: string;
  readonly offset: number;
}

export interface Comparison {
  /** Fields with a counterpart. */
  compared: number;
  /** Differences whose reason is known: how many of each. */
  readonly reasons: Map<string, number>;
  /** The others. */
  readonly differences: Difference[];
}

/** Bits of the sets that our JSON names. */
const BITS: Readonly<Record<string, readonly string[]>> = {
  "tcp.flags": ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ae"],
  "stp.flags": [
    "topology-change",
    "proposal",
    "",
    "",
    "learning",
    "forwarding",
    "agreement",
    "topology-change-acknowledgment",
  ],
  "lldp.tlvs.capabilities": CAPABILITIES(),
  "lldp.tlvs.enabled": CAPABILITIES(),
};

function CAPABILITIES(): string[] {
  const more = ["c-vlan", "s-vlan", "two-port-mac-relay"];
  return [
    "other",
    "repeater",
    "bridge",
    "wlan-access-point",
    "router",
    "telephone",
    "docsis-cable-device",
    "station-only",
    ...more,
  ];
}

/** Masks for what tshark shows with bits that are not the field's. */
const MASKS: Readonly<Record<string, number>> = { "tcp.flags": 0x1ff, "stp.flags": 0xf3 };

/** tshark's number in our unit, where it shows what stands in the header: blocks of 8 bytes, words of 4. */
const UNITS: Readonly<Record<string, (show: number) => number>> = {
  "ipv4.fragmentOffset": (blocks) => 8 * blocks,
  "ipv6-fragment.fragmentOffset": (blocks) => 8 * blocks,
  "ah.length": (words) => 4 * (words + 2),
  "igmp.queryInterval": (code) => floatingTime(code, 8),
};

/** True if tshark's text means our value. */
function agrees(field: PathField, theirs: TsharkField): boolean {
  const { value, path } = field;
  const { show } = theirs;
  if (path.endsWith("Ok")) return show === (value === true ? "1" : "0");
  if (Array.isArray(value)) {
    const names = BITS[path] ?? [];
    const bits = value.reduce((sum: number, name: string) => sum + 2 ** names.indexOf(name), 0);
    return (Number(show) & (MASKS[path] ?? 0xffff)) === bits;
  }
  if (typeof value === "boolean") return show === (value ? "1" : "0") || show === (value ? "True" : "False");
  if (typeof value === "number") return (UNITS[path]?.(Number(show)) ?? Number(show)) === value;
  if (typeof value !== "string") return false;
  if (value === show) return true;
  // tshark shows the root as a word, and some numbers as bytes.
  if (value === "." && show === "<Root>") return true;
  if (value.startsWith("0x"))
    return Number(show.includes(":") ? `0x${show.replaceAll(":", "")}` : show) === Number(value);
  return show.replaceAll(":", "") === value;
}

/** Why tshark's answer is another, where that is known and right. */
interface Reason {
  readonly text: string;
  readonly path: RegExp;
  readonly applies: (field: PathField, frame: TsharkFrame, found: readonly TsharkField[]) => boolean;
}

const shows = (frame: TsharkFrame, name: string, text: RegExp): boolean =>
  frame.get(name)?.some((one) => text.test(one.show)) === true;

const REASONS: readonly Reason[] = [
  {
    text: "tshark stops where a packet is malformed or cut, and leaves out the field or header that is",
    path: /./,
    applies: (_, frame, found) =>
      found.length === 0 && (frame.has("_ws.malformed") || frame.has("_ws.short") || frame.has("_ws.unreassembled")),
  },
  {
    text: "tshark shows these bits of responses only",
    path: /^dns\.(rcode|authoritative|recursionAvailable|authenticData)$/,
    applies: (_, frame, found) => found.length === 0 && shows(frame, "dns.flags.response", /^(0|False)$/),
  },
  {
    text: "tshark shows 0 for the code of DHCP's last option",
    path: /^dhcp\.options\.code$/,
    applies: (field, _, found) => field.value === 255 && found.every((one) => one.show === "0"),
  },
  {
    text: "tshark has no field for the type after an 802.1ad tag",
    path: /^vlan\.nextType$/,
    applies: (_, frame, found) => found.length === 0 && frame.has("ieee8021ad.id"),
  },
  {
    text: "for a total length of 0 tshark shows the one that it concludes (segmentation offload)",
    path: /^ipv4\.totalLength$/,
    applies: (field) => field.value === 0,
  },
  {
    text: "tshark does not read on in a header whose length it takes for bogus",
    path: /^(ipv4\.|udp\.checksum)/,
    applies: (_, frame, found) => found.length === 0 && frame.has("_ws.expert"),
  },
  {
    text: "tshark wants LLDP's mandatory TLVs first, and does not read on",
    path: /^lldp\.tlvs/,
    applies: (_, frame, found) => found.length === 0 && !frame.has("lldp.chassis.subtype"),
  },
  {
    text: "tshark takes an SRV record's name apart",
    path: /^dns\.\w+\.name$/,
    applies: (field, frame) => frame.get("dns.srv.service")?.some((one) => one.offset === field.offset) === true,
  },
  {
    text: "tshark has no name for the subtypes of organisations that it does not know, nor for option 108 of DHCP",
    path: /^(lldp\.tlvs\.subtype|dhcp\.options\.seconds)$/,
    applies: (_, __, found) => found.length === 0,
  },
  {
    text: "tshark has other protocols' names for what IGMP carries",
    path: /^igmp\./,
    applies: (_, frame, found) =>
      found.length === 0 && (frame.has("dvmrp") || frame.has("pim") || frame.has("pim.version")),
  },
];

/** Adds the fields of one frame to a comparison. */
export function compareFrame(ours: readonly PathField[], theirs: TsharkFrame, into: Comparison): void {
  for (const field of ours) {
    const names = TSHARK_NAMES[field.path];
    if (names === undefined) continue;
    into.compared++;
    const candidates = (typeof names === "string" ? [names] : names).flatMap((name) => theirs.get(name) ?? []);
    const here = candidates.filter((one) => one.offset === field.offset);
    if (here.some((one) => agrees(field, one))) continue;
    const reason = REASONS.find((one) => one.path.test(field.path) && one.applies(field, theirs, here));
    if (reason !== undefined) {
      into.reasons.set(reason.text, (into.reasons.get(reason.text) ?? 0) + 1);
      continue;
    }
    const shown = (here.length > 0 ? here : candidates).map((one) => `${one.show} at ${one.offset}`).join(", ");
    into.differences.push({
      kind: here.length > 0 ? "value" : "absent",
      path: field.path,
      ours: JSON.stringify(field.value),
      theirs: shown,
      offset: field.offset,
    });
  }
}
