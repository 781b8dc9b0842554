/**
 * Parsing: everything that is needed to use a frame, and nothing more. For ARP the Ethernet type, the five fixed fields
 * checked, the operation and all four addresses read. For an echo the Ethernet type, IPv4's version, header length, total
 * length and bounds, that it is no fragment and ICMP, ICMP's length and type; then both addresses, time to live, type,
 * code, identifier, sequence number and the data's length read. Checksums are not verified: they have cases of their own.
 *
 * 256 frames, whose headers stay in the first-level cache; a corpus larger than the last level differs by `count` alone.
 */
import { type Corpus, layOut } from "../corpus.ts";
import { arpFrame, echoFrame, taggedEchoFrame } from "../frames.ts";
import type { Case } from "../harness.ts";
import { Random } from "../random.ts";
import { loopCase } from "./loop.ts";

const IN_CACHE = 256;
const peers = ["vethlab", "cap", "buffer-layout"] as const;

export const parseCases: readonly Case[] = [
  loopCase({
    name: "parse/arp",
    about: "Ethernet and ARP checked, operation and four addresses read",
    unit: "ns/frame",
    corpus: () => frames(IN_CACHE, arpFrame),
    peers,
    c: "parse",
    gopacket: true,
  }),
  loopCase({
    name: "parse/icmp",
    about: "Ethernet, IPv4 and ICMP echo checked, eight fields read",
    unit: "ns/frame",
    corpus: () => frames(IN_CACHE, echoFrame),
    peers,
    c: "parse",
    gopacket: true,
  }),
  loopCase({
    name: "parse/vlan",
    about: "the same behind an 802.1Q tag, and its VLAN read",
    unit: "ns/frame",
    corpus: () => frames(IN_CACHE, taggedEchoFrame),
    peers,
    c: "parse",
    gopacket: true,
  }),
];

function frames(count: number, make: (random: Random) => Uint8Array): Corpus {
  const random = new Random(1);
  const list = Array.from({ length: count }, () => make(random));
  return layOut(list, random);
}
