/** What a kind of frame counts as in the summary. */
import type { FrameKind } from "../sniff/explain.ts";

const NAMES: Readonly<Partial<Record<FrameKind, string>>> = {
  "arp-request": "ARP",
  "arp-reply": "ARP",
  "arp-probe": "ARP",
  "arp-announcement": "ARP",
  "arp-gratuitous-reply": "ARP",
  "arp-other": "ARP",
  "echo-request": "ICMP",
  "echo-reply": "ICMP",
  "icmp-error": "ICMP",
  "icmp-other": "ICMP",
  "ipv4-fragment": "IPv4 fragments",
  udp: "UDP",
  dhcp: "DHCP",
  dns: "DNS",
  tcp: "TCP",
  "neighbor-solicitation": "NDP",
  "neighbor-advertisement": "NDP",
  "router-solicitation": "NDP",
  "router-advertisement": "NDP",
  "ipv6-fragment": "IPv6 fragments",
  igmp: "IGMP",
  mld: "MLD",
  stp: "STP",
  lldp: "LLDP",
  llc: "LLC",
  malformed: "malformed",
};

/** @param label what the explainer calls the frame: a protocol's name, where the kind does not say it. */
export function protocolOf(kind: FrameKind, label: string): string {
  return NAMES[kind] ?? label;
}
