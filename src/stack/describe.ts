/** The stack's events in words, one line each. */
import * as icmp from "../../packets/icmp.ts";
import { protocolName } from "../../packets/ipv4.ts";
import * as ipv4 from "../../packets/ipv4-address.ts";
import * as mac from "../../packets/mac.ts";
import type { ClaimStep, ConflictResponse } from "./claim/acd-options.ts";
import { dropText } from "./drop.ts";
import { neighbourStateName } from "./neighbour/neighbour-options.ts";
import type { StackEvent } from "./observer.ts";

const plural = (n: number, word: string) => `${n} ${word}${n === 1 ? "" : "s"}`;

const STEPS: Readonly<Record<ClaimStep, string>> = {
  start: "it may begin: too many conflicts so far",
  "first-probe": "the first probe",
  "next-probe": "the next probe",
  announcement: "the address is used",
  "next-announcement": "the next announcement",
};

const RESPONSES: Readonly<Record<ConflictResponse, string>> = {
  "given-up": "given up",
  defended: "defended",
  ignored: "defended just now, kept",
};

/** One line of plain English, without its time and without a full stop. */
export function describe(event: StackEvent): string {
  switch (event.type) {
    case "arp-miss":
      return `no MAC address known for ${ipv4.format(event.ip)}`;
    case "packet-queued":
      return `${plural(event.waiting, "packet")} waiting for ${ipv4.format(event.ip)}`;
    case "arp-request-sent":
      return requestSent(event.ip, event.purpose, event.attempt, event.to);
    case "neighbour-learnt":
      return `learnt from ${event.from === "gratuitous" ? "an announcement" : `a ${event.from}`}: ${ipv4.format(event.ip)} is at ${mac.format(event.mac)}`;
    case "neighbour-changed":
      return `neighbour ${ipv4.format(event.ip)}: ${neighbourStateName(event.from)} -> ${neighbourStateName(event.to)}`;
    case "resolution-failed":
      return `nobody answered for ${ipv4.format(event.ip)}: ${plural(event.waiting, "packet")} given up`;
    case "arp-answered":
      return `ARP: told ${event.to === 0 ? "a prober" : ipv4.format(event.to)} (${mac.format(event.mac)}) ${event.proxy === true ? "to send what is for" : "where"} ${ipv4.format(event.ip)}${event.proxy === true ? " here" : " is"}`;
    case "gratuitous":
      return `${ipv4.format(event.ip)} announces itself at ${mac.format(event.mac)}`;
    case "conflict":
      return `address conflict: ${mac.format(event.mac)} uses ${ipv4.format(event.ip)}, which is ours`;
    case "echo-request-sent":
      return `echo request sent to ${ipv4.format(event.to)}, id ${event.id}, seq ${event.seq}, length ${event.length}`;
    case "echo-answered":
      return `echo: answered ${ipv4.format(event.from)} (${mac.format(event.mac)}) as ${ipv4.format(event.to)}, id ${event.id}, seq ${event.seq}, length ${event.length}`;
    case "echo-reply":
      return `echo reply from ${ipv4.format(event.from)}, id ${event.id}, seq ${event.seq}, length ${event.length}, ttl ${event.ttl}`;
    case "icmp-error":
      return `${ipv4.format(event.from)} says: ${icmp.codeName(event.icmpType, event.icmpCode)}, about ${ipv4.format(event.about)}`;
    case "icmp-error-sent":
      return `told ${ipv4.format(event.to)}: ${icmp.codeName(event.icmpType, event.icmpCode)}, about ${ipv4.format(event.about)}`;
    case "forwarded":
      return `passed on from ${ipv4.format(event.from)} to ${ipv4.format(event.to)} through ${event.out}, next hop ${ipv4.format(event.hop)}, ttl ${event.ttl}`;
    case "redirected":
      return `${ipv4.format(event.from)} says: ${ipv4.format(event.about)} is better reached through ${ipv4.format(event.gateway)}`;
    case "reassembly-expired":
      return "a datagram given up: some of its fragments did not come in time";
    case "tx-failed":
      return `${plural(event.frames, "frame")} could not be sent: ${event.error}`;
    case "timestamp-answered":
      return `timestamp: told ${ipv4.format(event.from)} (${mac.format(event.mac)}) the time as ${ipv4.format(event.to)}, id ${event.id}, seq ${event.seq}`;
    case "router-alert":
      return `${ipv4.format(event.from)} asks routers to look at its ${protocolName(event.protocol)} for ${ipv4.format(event.to)}`;
    case "claim-changed":
      return `claim to ${ipv4.format(event.ip)}: ${event.from} -> ${event.to}`;
    case "claim-waits":
      return `claim to ${ipv4.format(event.ip)}: ${(event.ms / 1000).toFixed(3)} s until ${STEPS[event.for]}`;
    case "claim-conflict":
      return `${mac.format(event.mac)} ${event.seen === "probe" ? "probes for" : `speaks as (${event.seen})`} ${ipv4.format(event.ip)}, which is claimed here: ${RESPONSES[event.response]}`;
    case "drop":
      return `dropped ${plural(event.length, "byte")}${event.mac === null ? "" : ` from ${mac.format(event.mac)}`}: ${dropText(event.reason)}`;
  }
}

function requestSent(ip: number, purpose: string, attempt: number, to: Uint8Array | null): string {
  const whom = to === null ? "everybody" : mac.format(to);
  switch (purpose) {
    case "probe":
      return `ARP: asked ${whom} whether ${ipv4.format(ip)} is taken`;
    case "announcement":
    case "gratuitous-reply":
      return `ARP: announced ${ipv4.format(ip)} to ${whom}`;
    default:
      return `ARP: asked ${whom} for ${ipv4.format(ip)}${attempt > 1 ? `, attempt ${attempt}` : ""}`;
  }
}
