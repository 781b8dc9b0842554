/** trace's words: traceroute's lines with -n, to the byte, or JSON. */
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4-address.ts";
import type { CompleteOptions } from "./options.ts";
import type { Answer, Probe } from "./probe.ts";

export function headline({ target, dst, max, length }: CompleteOptions): string {
  return `traceroute to ${target} (${ipv4.format(dst)}), ${max} hops max, ${length} byte packets`;
}

/** One probe, behind those of the same hop before it; a line begins with the first of a hop. */
export function probeText(hop: readonly Probe[], i: number, ttl: number): string {
  const probe = hop[i]!;
  let text = i === 0 ? `\n${String(ttl).padStart(2)} ` : "";
  if (!probe.answered) text += " *";
  else {
    let before = i - 1;
    while (before >= 0 && !hop[before]!.answered) before--;
    if (before < 0 || hop[before]!.from !== probe.from) text += ` ${ipv4.format(probe.from)}`;
  }
  if (probe.rttNs > 0) text += `  ${(probe.rttNs / 1e6).toFixed(3)} ms`;
  const note = probe.note === "" && probe.mtu > 0 ? `F=${probe.mtu}` : probe.note;
  return note === "" ? text : `${text} ${note}`;
}

/** A hop as an object. */
export function hopObject(hop: readonly Probe[], ttl: number): Record<string, unknown> {
  const probes = hop.map(({ answered, from, rttNs, note, mtu }) => ({
    host: answered ? ipv4.format(from) : null,
    ...(rttNs > 0 && { time: Math.round(rttNs / 1000) / 1000 }),
    ...(note !== "" && { error: note }),
    ...(mtu > 0 && { mtu }),
  }));
  return { ttl, probes };
}

const { Type, UnreachableCode } = icmp;

const UNREACHABLE: Readonly<Record<number, string>> = {
  [UnreachableCode.Network]: "!N",
  [UnreachableCode.NetworkUnknown]: "!N",
  [UnreachableCode.SourceHostIsolated]: "!N",
  [UnreachableCode.NetworkForTos]: "!N",
  [UnreachableCode.Host]: "!H",
  [UnreachableCode.HostUnknown]: "!H",
  [UnreachableCode.HostForTos]: "!H",
  [UnreachableCode.NetworkProhibited]: "!X",
  [UnreachableCode.HostProhibited]: "!X",
  [UnreachableCode.CommunicationProhibited]: "!X",
  [UnreachableCode.Port]: "",
  [UnreachableCode.Protocol]: "!P",
  [UnreachableCode.SourceRouteFailed]: "!S",
  [UnreachableCode.HostPrecedenceViolation]: "!V",
  [UnreachableCode.PrecedenceCutoff]: "!C",
};

/** What traceroute puts behind the time for an ICMP error; empty for those that it expects. */
export function note({ icmpType, icmpCode, mtu }: NonNullable<Answer["error"]>): string {
  if (isOnTheWay({ icmpType, icmpCode })) return "";
  if (icmpType !== Type.DestinationUnreachable) return `!<${icmpType}-${icmpCode}>`;
  if (icmpCode === UnreachableCode.FragmentationNeeded) return `!F-${mtu}`;
  return UNREACHABLE[icmpCode] ?? `!<${icmpCode}>`;
}

/** True for what a router says of a probe that dies there as it should. */
export function isOnTheWay({ icmpType, icmpCode }: { icmpType: number; icmpCode: number }): boolean {
  return icmpType === Type.TimeExceeded && icmpCode === icmp.TimeExceededCode.InTransit;
}
