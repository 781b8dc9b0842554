/** ICMP's types and codes (IANA: ICMP parameters) and their names. Unknown ones stay numbers. */

/** What a message is. */
export const Type = {
  EchoReply: 0,
  DestinationUnreachable: 3,
  /** Deprecated: never sent, ignored when received (RFC 6633). */
  SourceQuench: 4,
  Redirect: 5,
  EchoRequest: 8,
  /** RFC 1256. */
  RouterAdvertisement: 9,
  /** RFC 1256. */
  RouterSolicitation: 10,
  TimeExceeded: 11,
  ParameterProblem: 12,
  TimestampRequest: 13,
  TimestampReply: 14,
  /** Obsolete (RFC 6918), as the next three. */
  InformationRequest: 15,
  InformationReply: 16,
  AddressMaskRequest: 17,
  AddressMaskReply: 18,
  /** RFC 8335. */
  ExtendedEchoRequest: 42,
  ExtendedEchoReply: 43,
} as const;

/** Codes of destination unreachable (RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1). */
export const UnreachableCode = {
  Network: 0,
  Host: 1,
  Protocol: 2,
  Port: 3,
  /** Fragmentation needed and DF set; carries the next hop's MTU (RFC 1191). */
  FragmentationNeeded: 4,
  SourceRouteFailed: 5,
  NetworkUnknown: 6,
  HostUnknown: 7,
  SourceHostIsolated: 8,
  NetworkProhibited: 9,
  HostProhibited: 10,
  NetworkForTos: 11,
  HostForTos: 12,
  CommunicationProhibited: 13,
  HostPrecedenceViolation: 14,
  PrecedenceCutoff: 15,
} as const;

export const RedirectCode = { Network: 0, Host: 1, TosAndNetwork: 2, TosAndHost: 3 } as const;

export const TimeExceededCode = { InTransit: 0, Reassembly: 1 } as const;

export const ParameterProblemCode = { Pointer: 0, MissingOption: 1, BadLength: 2 } as const;

const TYPE_NAMES: Readonly<Record<number, string>> = {
  0: "echo reply",
  3: "destination unreachable",
  4: "source quench",
  5: "redirect",
  8: "echo request",
  9: "router advertisement",
  10: "router solicitation",
  11: "time exceeded",
  12: "parameter problem",
  13: "timestamp request",
  14: "timestamp reply",
  15: "information request",
  16: "information reply",
  17: "address mask request",
  18: "address mask reply",
  42: "extended echo request",
  43: "extended echo reply",
};

const CODE_NAMES: Readonly<Record<number, readonly string[]>> = {
  3: [
    "network unreachable",
    "host unreachable",
    "protocol unreachable",
    "port unreachable",
    "fragmentation needed",
    "source route failed",
    "network unknown",
    "host unknown",
    "source host isolated",
    "network prohibited",
    "host prohibited",
    "network unreachable for type of service",
    "host unreachable for type of service",
    "communication prohibited",
    "host precedence violation",
    "precedence cutoff",
  ],
  5: [
    "redirect for network",
    "redirect for host",
    "redirect for type of service and network",
    "redirect for type of service and host",
  ],
  11: ["time to live exceeded in transit", "fragment reassembly time exceeded"],
  12: ["pointer to the error", "required option missing", "bad length"],
};

/** The type's name; an unknown one stays a number, as `type-200`. */
export function typeName(type: number): string {
  return TYPE_NAMES[type] ?? `type-${type}`;
}

/**
 * The code's name within its type; an unknown one stays a number, as `code-77`. Types that have a single code, 0, call
 * it by the type's name.
 */
export function codeName(type: number, code: number): string {
  const names = CODE_NAMES[type];
  if (names === undefined && code === 0 && type in TYPE_NAMES) return typeName(type);
  return names?.[code] ?? `code-${code}`;
}

/**
 * True for the types that report a failure and quote the datagram that caused it. About these no error may ever be
 * sent (RFC 1122, 3.2.2).
 */
export function isError(type: number): boolean {
  return (
    type === Type.DestinationUnreachable ||
    type === Type.SourceQuench ||
    type === Type.Redirect ||
    type === Type.TimeExceeded ||
    type === Type.ParameterProblem
  );
}
