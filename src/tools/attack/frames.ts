/** Templates for attacks: frames that nobody would send by mistake, and the places in them that vary. */
import * as arp from "../../../packets/arp.ts";
import { getI32, getU16 } from "../../../packets/bytes.ts";
import * as ethernet from "../../../packets/ethernet.ts";
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as mac from "../../../packets/mac.ts";
import * as udp from "../../../packets/udp.ts";
import type { Field, Variation } from "../send/fields.ts";
import type { ChecksumPart, Template } from "../send/template.ts";
import type { Scene } from "./attack.ts";

const NETWORK = ethernet.HEADER_LENGTH;
const MESSAGE = NETWORK + ipv4.MIN_HEADER_LENGTH;

/** Places in a frame, counted in bytes from its beginning. Of a MAC address its lower four bytes. */
export const At = {
  SourceMac: ethernet.SRC + 2,
  ArpSenderMac: NETWORK + arp.SHA + 2,
  ArpSenderIp: NETWORK + arp.SPA,
  ArpTargetIp: NETWORK + arp.TPA,
  IpId: NETWORK + ipv4.ID,
  IpFragment: NETWORK + ipv4.FLAGS_FRAGMENT,
  IpProtocol: NETWORK + ipv4.PROTOCOL,
  IpSource: NETWORK + ipv4.SRC,
  IpTarget: NETWORK + ipv4.DST,
  /** Of headers without options: what follows them. */
  Message: MESSAGE,
  IcmpId: MESSAGE + icmp.ID,
  IcmpSeq: MESSAGE + icmp.SEQUENCE,
  IcmpWord: MESSAGE + 4,
  /** The datagram that an ICMP error quotes, its header without options, too. */
  Quoted: MESSAGE + icmp.DATA,
  QuotedTarget: MESSAGE + icmp.DATA + ipv4.DST,
  QuotedMessage: MESSAGE + icmp.DATA + ipv4.MIN_HEADER_LENGTH,
  UdpSource: MESSAGE,
  UdpTarget: MESSAGE + 2,
} as const;

/** How a place varies. */
export interface Vary {
  readonly at: number;
  readonly width?: 1 | 2 | 4;
  readonly how?: Variation;
  /** Different values; as many as there is room for unless given. */
  readonly count?: number;
  /** See `Field.every`. */
  readonly every?: number;
}

/** What a frame's IPv4 datagram says: from the attacker to the target unless told otherwise. */
export interface Datagram extends Partial<ipv4.Ipv4Packet> {
  readonly payload: Uint8Array;
  /** Lengths that are written instead of the right ones. */
  readonly totalLength?: number;
  readonly to?: Uint8Array;
  readonly from?: Uint8Array;
}

const NO_OPTIONS = new Uint8Array(0);

/** A frame with a datagram. Its header's checksum follows what varies; `icmpSum` says that the message's does, too. */
export function ipFrame(scene: Scene, given: Datagram, vary: readonly Vary[] = [], icmpSum = false): Template {
  const { target, attacker } = scene;
  const { to = target.mac, from = attacker.mac, totalLength, ...packet } = given;
  const datagram = ipv4.build(
    {
      tos: 0,
      id: 0,
      flags: 0,
      fragmentOffset: 0,
      ttl: 64,
      protocol: ipv4.Protocol.Udp,
      src: attacker.ip,
      dst: target.ip,
      options: NO_OPTIONS,
      ...packet,
    },
    totalLength === undefined ? {} : { totalLength },
  );
  const bytes = frame(to, from, ethernet.EtherType.Ipv4, datagram);
  const end = NETWORK + ipv4.headerLength(bytes, NETWORK);
  const checksums: ChecksumPart[] = [{ offset: NETWORK + ipv4.CHECKSUM, from: NETWORK, to: end }];
  if (icmpSum) checksums.push({ offset: end + icmp.CHECKSUM, from: end, to: bytes.length });
  const fields = vary.map((one) => field(bytes, one));
  const touched = checksums.filter((part) => fields.some(({ offset }) => offset >= part.from && offset < part.to));
  return { bytes, fields, checksums: touched };
}

/** A frame with an ICMP message whose checksum is right. */
export function icmpFrame(
  scene: Scene,
  message: { type: number; code?: number; word?: number; data?: Uint8Array },
  given: Partial<Datagram> = {},
  vary: readonly Vary[] = [],
): Template {
  const payload = icmpMessage(message);
  return ipFrame(scene, { protocol: ipv4.Protocol.Icmp, payload, ...given }, vary, true);
}

/** An ICMP message whose checksum is right. */
export function icmpMessage(given: { type: number; code?: number; word?: number; data?: Uint8Array }): Uint8Array {
  const { type, code = 0, word = 0, data = new Uint8Array(0) } = given;
  const message = new Uint8Array(icmp.HEADER_LENGTH + data.length);
  icmp.setType(message, 0, type);
  icmp.setCode(message, 0, code);
  icmp.setSecondWord(message, 0, word);
  message.set(data, icmp.DATA);
  icmp.updateChecksum(message, 0, message.length);
  return message;
}

/** A UDP datagram without a checksum (RFC 768 allows it), so that ports may vary. */
export function udpDatagram(srcPort: number, dstPort: number, data: Uint8Array = new Uint8Array(8)): Uint8Array {
  const bytes = udp.build({ srcPort, dstPort, payload: data }, 0, 0);
  bytes.fill(0, 6, 8);
  return bytes;
}

/** What the target would have sent itself, cut as an ICMP error quotes it: for errors about nothing. */
export function quoted(scene: Scene, protocol: number, payload: Uint8Array, dst: number = scene.victim.ip): Uint8Array {
  const base = { tos: 0, id: 1, flags: 2, fragmentOffset: 0, ttl: 63, options: NO_OPTIONS };
  return ipv4.build({ ...base, protocol, src: scene.target.ip, dst, payload });
}

export interface ArpFields {
  readonly oper?: number;
  readonly sha?: Uint8Array;
  readonly spa?: number;
  readonly tha?: Uint8Array;
  readonly tpa?: number;
  readonly to?: Uint8Array;
  readonly from?: Uint8Array;
}

/** A frame with an ARP packet: the attacker's broadcast request for the target unless told otherwise. */
export function arpFrame(scene: Scene, given: ArpFields = {}, vary: readonly Vary[] = []): Template {
  const { attacker, target } = scene;
  const {
    oper = arp.Operation.Request,
    sha = attacker.mac,
    spa = attacker.ip,
    tha = mac.ZERO,
    tpa = target.ip,
  } = given;
  const packet = arp.build({ oper, sha, spa, tha, tpa });
  const bytes = frame(given.to ?? mac.BROADCAST, given.from ?? sha, ethernet.EtherType.Arp, packet);
  return { bytes, fields: vary.map((one) => field(bytes, one)), checksums: [] };
}

/** Any bytes behind an Ethernet header. */
export function rawFrame(
  scene: Scene,
  type: number,
  payload: Uint8Array,
  vary: readonly Vary[] = [],
  to: Uint8Array = scene.target.mac,
  from: Uint8Array = scene.attacker.mac,
): Template {
  const bytes = frame(to, from, type, payload);
  return { bytes, fields: vary.map((one) => field(bytes, one)), checksums: [] };
}

/** Random words from `start` to the end of a template's frame. */
export function noise(start: number, end: number): Vary[] {
  return Array.from({ length: (end - start) >> 2 }, (_, i) => ({ at: start + 4 * i, how: "random" as const }));
}

function frame(dst: Uint8Array, src: Uint8Array, type: number, payload: Uint8Array): Uint8Array {
  return ethernet.build({ dst, src, type, payload });
}

function field(bytes: Uint8Array, { at, width = 4, how = "inc", count, every }: Vary): Field {
  const room = 2 ** (8 * width);
  const first = width === 4 ? getI32(bytes, at) : width === 2 ? getU16(bytes, at) : bytes[at]!;
  const common = { offset: at, width, variation: how, count: Math.min(count ?? room, room), first };
  return every === undefined ? common : { ...common, every };
}
