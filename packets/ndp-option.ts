/**
 * Options of neighbor discovery messages (RFC 4861, 4.6): what follows the fixed part of solicitations, advertisements
 * and redirects.
 *
 *     +---------------+---------------+-------------------------------+
 *     |     type      |    length     |              data             |  length: of all, in 8 bytes; 0 is an error
 *     +---------------+---------------+                               |
 *     |                              ...                              |
 *     +---------------------------------------------------------------+
 */
import { copyOf, getU16, getU32 } from "./bytes.ts";
import { Fault } from "./fault.ts";
import { requireBits } from "./layout.ts";

/** Offsets in bytes from the option's beginning; read from here, so that V8 folds them (see arp.ts). */
const WIRE = {
  TYPE: 0,
  LENGTH: 1,
  LINK_ADDRESS: 2,
  PREFIX_LENGTH: 2,
  PREFIX_FLAGS: 3,
  VALID_LIFETIME: 4,
  PREFERRED_LIFETIME: 8,
  PREFIX: 16,
  MTU: 4,
  ROUTE_PREFIX: 8,
  LIFETIME: 4,
  SERVERS: 8,
  DOMAINS: 8,
  PREF64_LIFETIME: 2,
  PREF64_PREFIX: 4,
} as const;
export const {
  TYPE,
  LENGTH,
  LINK_ADDRESS,
  PREFIX_LENGTH,
  PREFIX_FLAGS,
  VALID_LIFETIME,
  PREFERRED_LIFETIME,
  PREFIX,
  MTU,
  ROUTE_PREFIX,
  LIFETIME,
  SERVERS,
  DOMAINS,
  PREF64_LIFETIME,
  PREF64_PREFIX,
} = WIRE;

/** IANA: option types. Unknown ones stay numbers. */
export const OptionType = {
  SourceLinkAddress: 1,
  TargetLinkAddress: 2,
  PrefixInformation: 3,
  RedirectedHeader: 4,
  Mtu: 5,
  /** RFC 6275, as the next. */
  AdvertisementInterval: 7,
  HomeAgentInformation: 8,
  /** RFC 3971. */
  Nonce: 14,
  /** RFC 4191. */
  RouteInformation: 24,
  /** Recursive DNS servers (RFC 8106). */
  Rdnss: 25,
  /** DNS search list (RFC 8106). */
  Dnssl: 31,
  /** RFC 8910. */
  CaptivePortal: 37,
  /** NAT64 prefix (RFC 8781). */
  Pref64: 38,
} as const;

const NAMES: Readonly<Record<number, string>> = {
  1: "source link-layer address",
  2: "target link-layer address",
  3: "prefix information",
  4: "redirected header",
  5: "MTU",
  7: "advertisement interval",
  8: "home agent information",
  14: "nonce",
  24: "route information",
  25: "recursive DNS servers",
  31: "DNS search list",
  37: "captive portal",
  38: "NAT64 prefix",
};

/** The option's name; an unknown one stays a number, as `option-222`. */
export function optionName(type: number): string {
  return NAMES[type] ?? `option-${type}`;
}

/** Flags of prefix information: on this link; for addresses of one's own (SLAAC); the router's whole address. */
export const PrefixFlag = { OnLink: 0x80, Autonomous: 0x40, RouterAddress: 0x20 } as const;
/** A lifetime without end. */
export const INFINITY = 0xffffffff;

/**
 * Bytes of the option at `at`, its type and length included.
 * @returns a multiple of 8 up to 2040, or 0 if the option is malformed: a length of 0, or beyond `end`.
 */
export function optionLength(buf: Uint8Array, at: number, end: number): number {
  if (end - at < 8) return 0;
  const length = buf[at + WIRE.LENGTH]! << 3;
  return length > end - at ? 0 : length;
}

/** Checks that every option from `at` to `end` has a sound length (RFC 4861, 6.1: else drop all). @returns Length, None. */
export function check(buf: Uint8Array, at: number, end: number): Fault {
  for (let i = at; i < end; ) {
    const length = optionLength(buf, i, end);
    if (length === 0) return Fault.Length;
    i += length;
  }
  return Fault.None;
}

/** Offset of the first option of a type, or -1 if there is none before the options end or turn malformed. */
export function find(buf: Uint8Array, at: number, end: number, type: number): number {
  for (let i = at; i < end; ) {
    const length = optionLength(buf, i, end);
    if (length === 0) return -1;
    if (buf[i] === type) return i;
    i += length;
  }
  return -1;
}

/** Bits of a prefix, in prefix and route information. */
export function prefixLength(buf: Uint8Array, at: number): number {
  return buf[at + WIRE.PREFIX_LENGTH]!;
}

/** Seconds for which a prefix is on the link; {@link INFINITY} for ever. The option must have 32 bytes. */
export function validLifetime(buf: Uint8Array, at: number): number {
  return getU32(buf, at + WIRE.VALID_LIFETIME);
}

/** Seconds for which addresses of the prefix may be used for new conversations. The option must have 32 bytes. */
export function preferredLifetime(buf: Uint8Array, at: number): number {
  return getU32(buf, at + WIRE.PREFERRED_LIFETIME);
}

/** Seconds for which a route, a DNS server or a search list holds. */
export function lifetime(buf: Uint8Array, at: number): number {
  return getU32(buf, at + WIRE.LIFETIME);
}

/** The MTU of an MTU option in bytes. */
export function mtu(buf: Uint8Array, at: number): number {
  return getU32(buf, at + WIRE.MTU);
}

/** Seconds for which a NAT64 prefix holds, a multiple of 8. */
export function pref64Lifetime(buf: Uint8Array, at: number): number {
  return getU16(buf, at + WIRE.PREF64_LIFETIME) & 0xfff8;
}

const PREF64_LENGTHS = [96, 64, 56, 48, 40, 32];

/** Bits of a NAT64 prefix, or 0 if the code is none of those defined. */
export function pref64Length(buf: Uint8Array, at: number): number {
  return PREF64_LENGTHS[buf[at + WIRE.PREF64_LIFETIME + 1]! & 7] ?? 0;
}

/** An option as a plain object; `data` is what follows type and length, padding included. */
export interface NdpOption {
  type: number;
  /** Two bytes less than a multiple of 8; `build` pads it with zeros. */
  data: Uint8Array;
}

/** The options from `at` to `end`, or Length if one is malformed: for tools and tests. */
export function parse(buf: Uint8Array, at = 0, end = buf.length): NdpOption[] | Fault {
  if (check(buf, at, end) !== Fault.None) return Fault.Length;
  const options: NdpOption[] = [];
  for (let i = at; i < end; ) {
    const length = optionLength(buf, i, end);
    options.push({ type: buf[i]!, data: copyOf(buf, i + 2, i + length) });
    i += length;
  }
  return options;
}

/**
 * The bytes of options, each padded to a multiple of 8.
 * @throws {RangeError} if an option is longer than 2040 bytes or a type does not fit.
 */
export function build(options: readonly NdpOption[]): Uint8Array {
  const bytes: number[] = [];
  for (const { type, data } of options) {
    const units = (data.length + 2 + 7) >>> 3;
    requireBits("ndp-option.type", type, 0xff);
    requireBits("ndp-option.length", units, 0xff);
    bytes.push(type, units, ...data, ...new Uint8Array(8 * units - data.length - 2));
  }
  return Uint8Array.from(bytes);
}
