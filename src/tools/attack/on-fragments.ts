/** Attacks with fragments (RFC 791, 3.2; RFC 815; RFC 5722; RFC 1858): overlaps, datagrams that never end, and too many. */
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import { Drop } from "../../stack/drop.ts";
import type { Attack, Scene } from "./attack.ts";
import { At, icmpMessage, ipFrame, type Vary } from "./frames.ts";
import type { Turn } from "./source.ts";

const Icmp: number = ipv4.Protocol.Icmp;
const Udp: number = ipv4.Protocol.Udp;
const { MoreFragments } = ipv4.Flag;
const SMALL = 64;
/** Another datagram with every round. */
const NEXT_ID: Vary = { at: At.IpId, width: 2 };
/** Sources that a host believes; with the identification, more datagrams than anybody can remember. */
const SOURCES = { ip: 0x0b000000, count: 2 ** 24 };
const SPREAD: readonly Vary[] = [
  { at: At.IpId, width: 2, how: "random" },
  { at: At.IpSource, how: "random", count: SOURCES.count },
];
/** Fragments of the smallest kind in one datagram, all of them in the order that costs most to keep sorted. */
const TINY = 1024;
const LAST_PLACE = 65_504;

interface Piece {
  /** Bytes from the datagram's beginning. */
  readonly place: number;
  readonly size: number;
  readonly more?: boolean;
  /** What the payload is filled with: overlapping pieces differ. */
  readonly fill?: number;
}

/** One fragment of a datagram that takes its identification from the round: of an echo request unless told otherwise. */
function piece(scene: Scene, { place, size, more = true, fill = 0 }: Piece, vary = [NEXT_ID], protocol = Icmp): Turn {
  const payload = new Uint8Array(size).fill(fill);
  if (place === 0) payload.set(icmpMessage({ type: icmp.Type.EchoRequest }).subarray(0, size));
  const flags = more ? MoreFragments : 0;
  return { template: ipFrame(scene, { protocol, flags, fragmentOffset: place, payload }, vary) };
}

/** Pieces of one datagram a round, in this order. */
const pieces =
  (...list: Piece[]) =>
  (scene: Scene): Turn[] =>
    list.map((one) => piece(scene, one));

const OVERLAPS: readonly (readonly Piece[])[] = [
  [
    { place: 0, size: SMALL },
    { place: 56, size: SMALL },
  ],
  [
    { place: 56, size: SMALL },
    { place: 0, size: SMALL },
  ],
  [
    { place: 0, size: 3 * SMALL },
    { place: SMALL, size: SMALL },
  ],
  [
    { place: SMALL, size: SMALL },
    { place: 0, size: 3 * SMALL },
  ],
  [
    { place: 0, size: SMALL },
    { place: 0, size: SMALL, fill: 1 },
  ],
  [
    { place: 0, size: SMALL },
    { place: 0, size: 2 * SMALL },
  ],
  [
    { place: SMALL, size: 8, more: false },
    { place: SMALL + 8, size: SMALL },
  ],
  [
    { place: SMALL, size: 8, more: false },
    { place: 2 * SMALL, size: 8, more: false },
  ],
  [
    { place: SMALL, size: SMALL },
    { place: 8, size: 8, more: false },
  ],
];
/** A protocol number that nobody has (IANA), and those after it. */
const FIRST_UNASSIGNED = 148;

const OVERLAP = [Drop.FragmentOverlap, Drop.FragmentDuplicate, Drop.FragmentInvalid];

export const FRAGMENT_ATTACKS: readonly Attack[] = [
  {
    name: "teardrop",
    about: "a second fragment that ends before the first one does",
    defence: "an overlap loses the whole datagram (RFC 5722)",
    aims: "host",
    drops: OVERLAP,
    uses: "fragments",
    turns: pieces({ place: 0, size: 40 }, { place: 24, size: 4, more: false }),
  },
  {
    name: "fragment-overlap",
    about: "every way in which fragments can overlap: head, tail, inside, around, same place and other bytes",
    defence: "an overlap loses the whole datagram, what is still to come of it included (RFC 5722, 4)",
    aims: "host",
    drops: OVERLAP,
    uses: "fragments",
    // Told apart by the protocol: they share the round's identification. Each ends with a piece that comes too late.
    turns: (scene) =>
      OVERLAPS.flatMap((datagram, i) =>
        [...datagram, { place: 512, size: 8 }].map((one) => piece(scene, one, [NEXT_ID], FIRST_UNASSIGNED + i)),
      ),
  },
  {
    name: "fragment-first",
    about: "first fragments of 16,777,216 sources' datagrams, and nothing more of them",
    defence: "4 MiB for all, the oldest give way; told after 30 s (Time Exceeded), 1,000 a second at most",
    aims: "host",
    drops: [],
    uses: "fragments",
    turns: (scene) => spread(scene, { place: 0, size: SMALL }),
  },
  {
    name: "fragment-last",
    about: "last fragments alone",
    defence: "as above; nobody is told, since the first one has not come (RFC 1122, 3.3.2)",
    aims: "host",
    drops: [],
    uses: "fragments",
    turns: (scene) => spread(scene, { place: 1480, size: SMALL, more: false }),
  },
  {
    name: "fragment-large",
    about: "middle fragments that fill the MTU: the most memory a frame",
    defence: "4 MiB for all, the oldest give way",
    aims: "host",
    drops: [],
    uses: "fragments",
    turns: (scene) => spread(scene, { place: 1480, size: (scene.mtu - 20) & ~7 }),
  },
  {
    name: "fragment-tiny",
    about: "datagrams in pieces of 8 bytes, the last one first, the others in order, and one always missing",
    defence: "2,048 pieces of a datagram at most; in whichever order",
    aims: "host",
    drops: [],
    uses: "fragments",
    turns: (scene) => {
      const last = piece(scene, { place: LAST_PLACE, size: 8, more: false });
      const tiny = piece(scene, { place: 8, size: 8 }, [
        { at: At.IpFragment, width: 2, count: TINY },
        { at: At.IpId, width: 2, every: TINY },
      ]);
      return [last, { ...tiny, repeat: TINY }];
    },
  },
  {
    name: "fragment-death",
    about: "the ping of death: last fragments that reach beyond 65,535 bytes, and sizes that are no multiple of 8",
    defence: "what cannot be is dropped before it is kept",
    aims: "host",
    drops: [Drop.FragmentInvalid],
    uses: "nothing",
    turns: pieces(
      { place: 65_528, size: 1000, more: false },
      { place: 65_528, size: 8, more: false },
      { place: 65_000, size: 600 },
      { place: 0, size: 13 },
      { place: 0, size: 0 },
      { place: 8, size: 0, more: false },
    ),
  },
  {
    name: "fragment-same",
    about: "one fragment again and again",
    defence: "an exact duplicate is dropped, the first is kept",
    aims: "host",
    drops: [Drop.FragmentDuplicate],
    uses: "fragments",
    turns: (scene) => [piece(scene, { place: 0, size: SMALL }, [])],
  },
  {
    name: "fragment-collide",
    about: "datagrams whose keys meet in one place of a table that hashes without a secret",
    defence: "the table hashes with one, drawn at the start",
    aims: "host",
    drops: [],
    uses: "fragments",
    turns: (scene) => collisions(scene),
  },
  {
    name: "fragment-whole",
    about: "whole datagrams of 60,000 bytes: each is put together, and answered in fragments",
    defence: "answers each that it has all of",
    aims: "host",
    drops: [Drop.FragmentDuplicate, Drop.FragmentOverlap],
    uses: "several",
    turns: (scene) => {
      const size = (scene.mtu - 20) & ~7;
      const count = Math.ceil(60_000 / size);
      const message = icmpMessage({ type: icmp.Type.EchoRequest, data: new Uint8Array(count * size - 8) });
      return Array.from({ length: count }, (_, i) => {
        const payload = message.slice(i * size, (i + 1) * size);
        const flags = i + 1 < count ? MoreFragments : 0;
        return { template: ipFrame(scene, { protocol: Icmp, flags, fragmentOffset: i * size, payload }, [NEXT_ID]) };
      });
    },
  },
];

function spread(scene: Scene, one: Piece): Turn[] {
  const payload = new Uint8Array(one.size);
  const flags = one.more === false ? 0 : MoreFragments;
  const given = { protocol: Udp, flags, fragmentOffset: one.place, payload, src: SOURCES.ip };
  return [{ template: ipFrame(scene, given, SPREAD) }];
}

/**
 * Keys that differ in their upper bits alone: a product of 32 bits never brings those down, so that a hash made of
 * products and of its lower bits does not see them.
 */
function collisions(scene: Scene): Turn[] {
  const payload = new Uint8Array(8);
  return Array.from({ length: 32 }, (_, i) => {
    // 0x0b…, 0x0d…, … 0x4b…: one bit or more of the upper seven.
    const src = (0x0b000000 + i * 0x02000000) | 0;
    return { template: ipFrame(scene, { src, flags: MoreFragments, payload }, [{ at: At.IpId, width: 2 }]) };
  });
}
