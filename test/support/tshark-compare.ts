/** Compares what our JSON says of a capture's frames with what tshark says, field by field. */
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

/** What one unit of tshark's stands for with us. */
const SCALES: Readonly<Record<string, number>> = { "ipv4.fragmentOffset": 8, "ipv6-fragment.fragmentOffset": 8 };

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
  if (typeof value === "number") return Number(show) * (SCALES[path] ?? 1) === value;
  if (typeof value !== "string") return false;
  if (value === show) return true;
  if (value.startsWith("0x")) return Number(show) === Number(value);
  return show.replaceAll(":", "") === value;
}

/** Adds the fields of one frame to a comparison. */
export function compareFrame(ours: readonly PathField[], theirs: TsharkFrame, into: Comparison): void {
  for (const field of ours) {
    const names = TSHARK_NAMES[field.path];
    if (names === undefined) continue;
    into.compared++;
    const candidates = (typeof names === "string" ? [names] : names).flatMap((name) => theirs.get(name) ?? []);
    const here = candidates.filter((one) => one.offset === field.offset);
    if (here.some((one) => agrees(field, one))) continue;
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
