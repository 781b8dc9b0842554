/**
 * Attacks on a host or a router in a laboratory: each is defined once, as frames in order, and can be put on any link, real
 * or simulated, with `startSend`.
 */
import type { Attack, Scene } from "./attack.ts";
import { ARP_ATTACKS, ETHERNET_ATTACKS } from "./on-arp.ts";
import { FRAGMENT_ATTACKS } from "./on-fragments.ts";
import { ICMP_ATTACKS, UDP_ATTACKS } from "./on-icmp.ts";
import { IPV4_ATTACKS, ROUTER_ATTACKS } from "./on-ipv4.ts";
import { AttackSource } from "./source.ts";

export type { Attack, Scene, Station } from "./attack.ts";
export { type BoundOptions, memoryBound, type Share, totalBound } from "./bound.ts";
export { AttackSource, type Turn } from "./source.ts";

/** All of them, in the order in which they are best tried. */
export const ATTACKS: readonly Attack[] = [
  ...ARP_ATTACKS,
  ...ETHERNET_ATTACKS,
  ...ICMP_ATTACKS,
  ...UDP_ATTACKS,
  ...IPV4_ATTACKS,
  ...FRAGMENT_ATTACKS,
  ...ROUTER_ATTACKS,
];

/** The frames of an attack, without end; the same again from the same seed. */
export function framesOf(attack: Attack, scene: Scene, seed: number): AttackSource {
  return new AttackSource(attack.turns(scene), seed);
}
