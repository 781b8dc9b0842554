/**
 * Parsing: everything that is needed to use a frame, and nothing more. For ARP the Ethernet type, the five fixed fields
 * checked, the operation and all four addresses read. For an echo the Ethernet type, IPv4's version, header length, total
 * length and bounds, that it is no fragment and ICMP, ICMP's length and type; then both addresses, time to live, type,
 * code, identifier, sequence number and the data's length read. Checksums are not verified: they have cases of their own.
 *
 * 256 frames, whose headers stay in the first-level cache. Out of cache the same kind of frames fills 256 MiB, in the same
 * random order: every frame is a miss of all caches and of the address translation buffer, which is the worst case (a ring
 * is read in order, and the processor fetches ahead).
 */
import { type Corpus, layOut } from "../corpus.ts";
import { malformedFrame, mixedFrame } from "../frame-mix.ts";
import { arpFrame, echoFrame, taggedEchoFrame } from "../frames.ts";
import type { Case } from "../harness.ts";
import { Random } from "../random.ts";
import { loopCase } from "./loop.ts";

const IN_CACHE = 256;
/** Bytes of a corpus that no cache holds. */
const UNCACHED = 2 ** 28;
/** Different frames in it; copies lie apart, so they are as cold as others. */
const DIFFERENT = 4096;
/** Frames of a mix: enough that a branch predictor does not know them by heart, headers still in the second level. */
const MIXED = 4096;
const peers = ["vethlab", "cap", "pcap", "buffer-layout"] as const;

export const parseCases: readonly Case[] = [
  loopCase({
    name: "parse/arp",
    about: "Ethernet and ARP checked, operation and four addresses read",
    unit: "ns/frame",
    corpus: () => frames(IN_CACHE, arpFrame),
    peers,
    c: "parse",
    gopacket: true,
    scapy: true,
  }),
  loopCase({
    name: "parse/icmp",
    about: "Ethernet, IPv4 and ICMP echo checked, eight fields read",
    unit: "ns/frame",
    corpus: () => frames(IN_CACHE, echoFrame),
    peers,
    c: "parse",
    gopacket: true,
    scapy: true,
  }),
  loopCase({
    name: "parse/vlan",
    about: "the same behind an 802.1Q tag, and its VLAN read",
    unit: "ns/frame",
    corpus: () => frames(IN_CACHE, taggedEchoFrame),
    peers,
    c: "parse",
    gopacket: true,
    scapy: true,
  }),
  loopCase({
    name: "parse/icmp/uncached",
    about: "parse/icmp over 256 MiB of frames in random order",
    unit: "ns/frame",
    corpus: () => uncached(echoFrame),
    work: "parse/icmp",
    peers: ["vethlab"],
    c: "parse",
    gopacket: true,
  }),
  loopCase({
    name: "parse/mixed",
    about: "echoes, ARP, UDP, one and two tags, spanning tree: told apart, ARP and echoes read",
    unit: "ns/frame",
    corpus: () => frames(MIXED, mixedFrame),
    peers: ["vethlab"],
    c: "parse",
  }),
  loopCase({
    name: "parse/malformed",
    about: "the same mix, one frame in four cut or with a header that contradicts itself",
    unit: "ns/frame",
    corpus: () => frames(MIXED, malformedFrame),
    work: "parse/mixed",
    peers: ["vethlab"],
    c: "parse",
  }),
];

/** Bytes that a frame takes in the corpus, with its place aligned. */
function room(frame: Uint8Array): number {
  return Math.ceil((frame.length + 2) / 16) * 16;
}

function uncached(make: (random: Random) => Uint8Array): Corpus {
  const random = new Random(1);
  const different = Array.from({ length: DIFFERENT }, () => make(random));
  const list: Uint8Array[] = [];
  for (let bytes = 0; bytes < UNCACHED; bytes += room(list.at(-1)!)) list.push(random.pick(different));
  return layOut(list, random);
}

function frames(count: number, make: (random: Random) => Uint8Array): Corpus {
  const random = new Random(1);
  const list = Array.from({ length: count }, () => make(random));
  return layOut(list, random);
}
