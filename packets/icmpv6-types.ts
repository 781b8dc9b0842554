/** ICMPv6's types and codes (IANA: ICMPv6 parameters) and their names. Unknown ones stay numbers. */

/** What a message is: below 128 an error, which quotes the packet it is about. */
export const Type = {
  DestinationUnreachable: 1,
  PacketTooBig: 2,
  TimeExceeded: 3,
  ParameterProblem: 4,
  EchoRequest: 128,
  EchoReply: 129,
  /** Multicast listener discovery, version 1 (RFC 2710) and 2 (RFC 3810). */
  MulticastListenerQuery: 130,
  MulticastListenerReport: 131,
  MulticastListenerDone: 132,
  /** Neighbor discovery (RFC 4861), as the next four. */
  RouterSolicitation: 133,
  RouterAdvertisement: 134,
  NeighborSolicitation: 135,
  NeighborAdvertisement: 136,
  Redirect: 137,
  /** RFC 2894. */
  RouterRenumbering: 138,
  /** RFC 4620. */
  NodeInformationQuery: 139,
  NodeInformationReply: 140,
  /** RFC 3122. */
  InverseNeighborSolicitation: 141,
  InverseNeighborAdvertisement: 142,
  MulticastListenerReportV2: 143,
  /** Mobile IPv6 (RFC 6275), as the next three. */
  HomeAgentDiscoveryRequest: 144,
  HomeAgentDiscoveryReply: 145,
  MobilePrefixSolicitation: 146,
  MobilePrefixAdvertisement: 147,
  /** RFC 6550. */
  Rpl: 155,
  /** RFC 8335. */
  ExtendedEchoRequest: 160,
  ExtendedEchoReply: 161,
  MtraceResponse: 200,
  Mtrace: 201,
} as const;

/** Codes of destination unreachable (RFC 4443, 3.1). */
export const UnreachableCode = {
  NoRoute: 0,
  Prohibited: 1,
  BeyondScope: 2,
  Address: 3,
  Port: 4,
  SourcePolicy: 5,
  RejectRoute: 6,
} as const;

export const TimeExceededCode = { InTransit: 0, Reassembly: 1 } as const;

/** Codes of parameter problem (RFC 4443, 3.4; RFC 7112 adds the last). */
export const ParameterProblemCode = { Header: 0, NextHeader: 1, Option: 2, IncompleteHeaderChain: 3 } as const;

const TYPE_NAMES: Readonly<Record<number, string>> = {
  1: "destination unreachable",
  2: "packet too big",
  3: "time exceeded",
  4: "parameter problem",
  128: "echo request",
  129: "echo reply",
  130: "multicast listener query",
  131: "multicast listener report",
  132: "multicast listener done",
  133: "router solicitation",
  134: "router advertisement",
  135: "neighbor solicitation",
  136: "neighbor advertisement",
  137: "redirect",
  138: "router renumbering",
  139: "node information query",
  140: "node information reply",
  141: "inverse neighbor solicitation",
  142: "inverse neighbor advertisement",
  143: "multicast listener report v2",
  144: "home agent discovery request",
  145: "home agent discovery reply",
  146: "mobile prefix solicitation",
  147: "mobile prefix advertisement",
  155: "RPL",
  160: "extended echo request",
  161: "extended echo reply",
  200: "mtrace response",
  201: "mtrace",
};

/** The type's name; an unknown one stays a number, as `type-77`. */
export function typeName(type: number): string {
  return TYPE_NAMES[type] ?? `type-${type}`;
}

const UNREACHABLE_NAMES = [
  "no route",
  "administratively prohibited",
  "beyond scope of source address",
  "address unreachable",
  "port unreachable",
  "source address failed policy",
  "reject route",
];

/** What a code of destination unreachable says; an unknown one stays a number, as `code-9`. */
export function unreachableName(code: number): string {
  return UNREACHABLE_NAMES[code] ?? `code-${code}`;
}

/** True for errors, known or not: they quote a packet, and nobody may answer them with an error (RFC 4443, 2.4). */
export function isError(type: number): boolean {
  return type < 128;
}
