/** The templates that `send` knows, and which of their parts can vary. */
import * as arp from "../../../packets/arp.ts";
import { getI32, getU16 } from "../../../packets/bytes.ts";
import * as ethernet from "../../../packets/ethernet.ts";
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as mac from "../../../packets/mac.ts";
import type { Field, Variation } from "./fields.ts";
import type { Template } from "./template.ts";

/** Addresses as the frame's fields: IPv4 ones as signed 32-bit integers. */
export interface Addresses {
  readonly sourceMac: Uint8Array;
  readonly targetMac: Uint8Array;
  readonly sourceIp: number;
  readonly targetIp: number;
}

/** A part that is to vary, by name, or in raw frames by place as `OFFSET:WIDTH`. */
export interface Vary {
  readonly part: string;
  readonly variation: Variation;
  /** Different values; as many as the part has room for unless given. */
  readonly count?: number | undefined;
}

/** Names of the parts of a pattern, with their places. */
type Parts = Readonly<Record<string, readonly { readonly offset: number; readonly width: 1 | 2 | 4 }[]>>;

const NETWORK = ethernet.HEADER_LENGTH;
const MESSAGE = NETWORK + ipv4.MIN_HEADER_LENGTH;
const MACS: Parts = {
  // The upper two bytes stay: they say that it is one station's address, and whose.
  "source-mac": [{ offset: ethernet.SRC + 2, width: 4 }],
  "target-mac": [{ offset: ethernet.DST + 2, width: 4 }],
};
const ARP_PARTS: Parts = {
  "source-mac": [...MACS["source-mac"]!, { offset: NETWORK + arp.SHA + 2, width: 4 }],
  "target-mac": MACS["target-mac"]!,
  "source-ip": [{ offset: NETWORK + arp.SPA, width: 4 }],
  "target-ip": [{ offset: NETWORK + arp.TPA, width: 4 }],
};
const ICMP_PARTS: Parts = {
  ...MACS,
  "source-ip": [{ offset: NETWORK + ipv4.SRC, width: 4 }],
  "target-ip": [{ offset: NETWORK + ipv4.DST, width: 4 }],
  id: [{ offset: MESSAGE + icmp.ID, width: 2 }],
  seq: [{ offset: MESSAGE + icmp.SEQUENCE, width: 2 }],
};

/** Parts of each pattern that can vary, for help and messages. */
export const PART_NAMES = { arp: Object.keys(ARP_PARTS), icmp: Object.keys(ICMP_PARTS) } as const;

/** ARP requests (RFC 826), 42 bytes. @throws {RangeError} in words for the user, for a part that there is not. */
export function arpTemplate(addresses: Addresses, vary: readonly Vary[]): Template {
  const bytes = new Uint8Array(NETWORK + arp.LENGTH);
  header(bytes, addresses, ethernet.EtherType.Arp);
  arp.setFixed(bytes, NETWORK, arp.Operation.Request);
  mac.copy(addresses.sourceMac, 0, bytes, NETWORK + arp.SHA);
  arp.setSenderIp(bytes, NETWORK, addresses.sourceIp);
  arp.setTargetIp(bytes, NETWORK, addresses.targetIp);
  refuseTwice(vary);
  return { bytes, fields: vary.flatMap((one) => fields(bytes, ARP_PARTS, one)), checksums: [] };
}

/**
 * Echo requests (RFC 792).
 * @param id the identifier. @param length bytes of the whole frame, 42 at least. The sequence number counts up from 1
 * unless `vary` says otherwise. @throws {RangeError} in words for the user.
 */
export function echoTemplate(addresses: Addresses, id: number, length: number, vary: readonly Vary[]): Template {
  if (length < MESSAGE + icmp.HEADER_LENGTH)
    throw new RangeError(`an echo request takes ${MESSAGE + icmp.HEADER_LENGTH} bytes at least`);
  refuseTwice(vary);
  const bytes = new Uint8Array(length);
  header(bytes, addresses, ethernet.EtherType.Ipv4);
  const { sourceIp, targetIp } = addresses;
  const flags = ipv4.Flag.DontFragment;
  ipv4.writeHeader(bytes, NETWORK, length - NETWORK, 0, flags, 64, ipv4.Protocol.Icmp, sourceIp, targetIp);
  icmp.setType(bytes, MESSAGE, icmp.Type.EchoRequest);
  icmp.setIdentifier(bytes, MESSAGE, id);
  icmp.setSequence(bytes, MESSAGE, 1);
  for (let i = MESSAGE + icmp.DATA; i < length; i++) bytes[i] = i - MESSAGE - icmp.DATA;
  const parts = vary.some((one) => one.part === "seq") ? vary : [...vary, { part: "seq", variation: "inc" as const }];
  const varying = parts.flatMap((one) => fields(bytes, ICMP_PARTS, one));
  const checksums = [
    { offset: NETWORK + ipv4.CHECKSUM, from: NETWORK, to: MESSAGE },
    { offset: MESSAGE + icmp.CHECKSUM, from: MESSAGE, to: length },
  ];
  return { bytes, fields: varying, checksums };
}

/** Any bytes, 14 at least. Checksums in them are not touched. @throws {RangeError} in words for the user. */
export function rawTemplate(bytes: Uint8Array, vary: readonly Vary[]): Template {
  if (bytes.length < ethernet.HEADER_LENGTH)
    throw new RangeError(`a frame takes ${ethernet.HEADER_LENGTH} bytes at least: two addresses and a type`);
  return { bytes, fields: vary.flatMap((one) => rawField(bytes, one)), checksums: [] };
}

/** One part with two variations would be summed twice. */
function refuseTwice(vary: readonly Vary[]): void {
  const twice = vary.find((one, i) => vary.findIndex((other) => other.part === one.part) < i);
  if (twice !== undefined) throw new RangeError(`${twice.part} is to vary twice: say once how`);
}

function header(bytes: Uint8Array, { sourceMac, targetMac }: Addresses, type: number): void {
  mac.copy(targetMac, 0, bytes, ethernet.DST);
  mac.copy(sourceMac, 0, bytes, ethernet.SRC);
  bytes[ethernet.TYPE] = type >>> 8;
  bytes[ethernet.TYPE + 1] = type;
}

function fields(bytes: Uint8Array, parts: Parts, vary: Vary): Field[] {
  const places = parts[vary.part];
  if (places === undefined)
    throw new RangeError(`there is no part ${vary.part} in these frames: there are ${Object.keys(parts).join(", ")}`);
  return places.map(({ offset, width }) => field(bytes, offset, width, vary));
}

function rawField(bytes: Uint8Array, vary: Vary): Field[] {
  if (vary.part in MACS) return fields(bytes, MACS, vary);
  const match = /^(\d+):([124])$/.exec(vary.part);
  const offset = Number(match?.[1]);
  const width = Number(match?.[2]) as 1 | 2 | 4;
  if (match === null || offset + width > bytes.length)
    throw new RangeError(
      `${vary.part} is no part of this frame: give OFFSET:WIDTH (width 1, 2 or 4) within its ${bytes.length} bytes`,
    );
  return [field(bytes, offset, width, vary)];
}

function field(bytes: Uint8Array, offset: number, width: 1 | 2 | 4, { variation, count }: Vary): Field {
  const room = 2 ** (8 * width);
  const first = width === 4 ? getI32(bytes, offset) : width === 2 ? getU16(bytes, offset) : bytes[offset]!;
  return { offset, width, variation, count: Math.min(count ?? room, room), first };
}
