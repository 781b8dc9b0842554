/** What the fields of a frame are taken to be where a script does not name them: who is who on the wire. */
import * as ipv4 from "../../packets/ipv4-address.ts";
import type { Variables } from "./value.ts";

export const BROADCAST_MAC = 0xffffffffffff;
/** RFC 1112, 6.4: 01:00:5e and the address's lower 23 bits. */
const GROUP_MAC = 0x01005e000000;

/** One wire: the device's interface on it, and the stations that the script speaks for. */
export interface Segment {
  readonly name: string;
  /** The MAC address of the device's interface, as 48 bits. */
  readonly deviceMac: number;
  readonly prefixes: readonly ipv4.Prefix[];
  /** MAC addresses of the script's stations by IPv4 address, both unsigned; the first is `$peer`. */
  readonly stations: ReadonlyMap<number, number>;
}

export interface FrameContext {
  readonly variables: Variables;
  readonly segment: Segment;
  /** Where the device sends what is on no network of its own; null if nowhere. */
  readonly gateway: number | null;
}

/** The station that an address belongs to; the first station's MAC for one that nobody has. */
export function stationMac({ stations }: Segment, ip: number): number {
  return stations.get(ip) ?? stations.values().next().value ?? 0;
}

/** The MAC address of broadcast and multicast destinations; null for one host's. */
export function groupMac({ prefixes }: Segment, ip: number): number | null {
  const signed = ip | 0;
  if (signed === ipv4.LIMITED_BROADCAST || prefixes.some((prefix) => ipv4.broadcast(prefix) === signed))
    return BROADCAST_MAC;
  return ipv4.isMulticast(signed) ? GROUP_MAC + (ip & 0x7fffff) : null;
}

/** Where the device has to send a datagram to; null if the script does not say who that is. */
export function nextHopMac(context: FrameContext, ip: number): number | null {
  const { segment, gateway } = context;
  const group = groupMac(segment, ip);
  if (group !== null) return group;
  const known = segment.stations.get(ip);
  if (known !== undefined) return known;
  const isOnLink = segment.prefixes.some((prefix) => ipv4.contains(prefix, ip | 0));
  return isOnLink || gateway === null ? null : (segment.stations.get(gateway) ?? null);
}
