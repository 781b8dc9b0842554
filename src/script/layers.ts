/** The headers that scripts write and read, field by field: where each field lies, and how it is written. */
import type { Format } from "./value.ts";

export type LayerKind = "eth" | "vlan" | "arp" | "ip" | "icmp" | "udp" | "data" | "quoting";

export interface FieldTable {
  /** Bit offset from the header's first byte, and width in bits, 48 at most. */
  readonly at: number;
  readonly bits: number;
  readonly format: Format;
  /** What one of the wire's units is in the script's: fragment offsets count 8 bytes. */
  readonly scale?: number;
}

const field = (at: number, bits: number, format: Format = "number", scale = 1): FieldTable => ({
  at,
  bits,
  format,
  scale,
});

/** IEEE 802.3. */
const ETH = { dst: field(0, 48, "mac"), src: field(48, 48, "mac"), type: field(96, 16, "hex") };
/** IEEE 802.1Q, after the type that announces it. */
const VLAN = { prio: field(0, 3), dei: field(3, 1), vid: field(4, 12), type: field(16, 16, "hex") };
/** RFC 826. */
const ARP = {
  htype: field(0, 16),
  ptype: field(16, 16, "hex"),
  hlen: field(32, 8),
  plen: field(40, 8),
  op: field(48, 16),
  sha: field(64, 48, "mac"),
  spa: field(112, 32, "ip"),
  tha: field(144, 48, "mac"),
  tpa: field(192, 32, "ip"),
};
/** RFC 791. */
const IP = {
  version: field(0, 4),
  ihl: field(4, 4),
  tos: field(8, 8),
  length: field(16, 16),
  id: field(32, 16),
  rf: field(48, 1),
  df: field(49, 1),
  mf: field(50, 1),
  offset: field(51, 13, "number", 8),
  ttl: field(64, 8),
  proto: field(72, 8),
  checksum: field(80, 16, "hex"),
  src: field(96, 32, "ip"),
  dst: field(128, 32, "ip"),
};
/** RFC 792; several names for the second word, of which a message has one. */
const ICMP = {
  type: field(0, 8),
  code: field(8, 8),
  checksum: field(16, 16, "hex"),
  id: field(32, 16),
  seq: field(48, 16),
  word: field(32, 32, "hex"),
  mtu: field(48, 16),
  gateway: field(32, 32, "ip"),
  pointer: field(32, 8),
  originate: field(64, 32),
  receive: field(96, 32),
  transmit: field(128, 32),
  mask: field(64, 32, "ip"),
};
/** RFC 768. */
const UDP = { sport: field(0, 16), dport: field(16, 16), length: field(32, 16), checksum: field(48, 16, "hex") };

export const LAYERS: Readonly<Record<LayerKind, Readonly<Record<string, FieldTable>>>> = {
  eth: ETH,
  vlan: VLAN,
  arp: ARP,
  ip: IP,
  icmp: ICMP,
  udp: UDP,
  data: {},
  quoting: {},
};

/** What each layer is called by the one before it. */
export const NEXT_TYPE: Partial<Record<LayerKind, number>> = { vlan: 0x8100, arp: 0x0806, ip: 0x0800 };
export const PROTOCOL: Partial<Record<LayerKind, number>> = { icmp: 1, udp: 17 };

export const IP_HEADER = 20;

/** Bytes of a header without options; of an ICMP message what its type's own fields take. */
export function headerLength(kind: LayerKind, icmpType = 8): number {
  switch (kind) {
    case "eth":
      return 14;
    case "vlan":
      return 4;
    case "arp":
      return 28;
    case "ip":
      return IP_HEADER;
    case "icmp":
      return icmpType === 13 || icmpType === 14 ? 20 : icmpType === 17 || icmpType === 18 ? 12 : 8;
    case "udp":
      return 8;
    default:
      return 0;
  }
}

export function readField(buf: Uint8Array, off: number, { at, bits, scale = 1 }: FieldTable): number {
  let value = 0;
  for (let bit = at; bit < at + bits; ) {
    const take = Math.min(8 - (bit % 8), at + bits - bit);
    const byte = buf[off + (bit >> 3)]!;
    value = value * 2 ** take + ((byte >> (8 - (bit % 8) - take)) & ((1 << take) - 1));
    bit += take;
  }
  return value * scale;
}

export function writeField(buf: Uint8Array, off: number, { at, bits, scale = 1 }: FieldTable, value: number): void {
  let rest = Math.floor(value / scale) % 2 ** bits;
  for (let bit = at + bits; bit > at; ) {
    const take = Math.min(((bit - 1) % 8) + 1, bit - at);
    const shift = (8 - (bit % 8)) % 8;
    const mask = ((1 << take) - 1) << shift;
    const index = off + ((bit - 1) >> 3);
    buf[index] = (buf[index]! & ~mask) | (((rest % 2 ** take) << shift) & mask);
    rest = Math.floor(rest / 2 ** take);
    bit -= take;
  }
}
