/** Building frames into the slots of a send batch. */
import { layOut } from "../corpus.ts";
import { arpFrame, pingFrame } from "../frames.ts";
import type { Case } from "../harness.ts";
import { Random } from "../random.ts";
import { loopCase } from "./loop.ts";

const COUNT = 256;

export const buildCases: readonly Case[] = [
  loopCase({
    name: "build/arp",
    about: "the ARP reply to a request, Ethernet header included",
    unit: "ns/frame",
    corpus: () => frames(arpFrame),
    peers: ["vethlab", "buffer-layout"],
    c: "build",
  }),
  loopCase({
    name: "build/icmp",
    about: "an echo request with 56 bytes of data: all headers, both checksums",
    unit: "ns/frame",
    corpus: () => frames(pingFrame),
    peers: ["vethlab"],
    c: "build",
  }),
];

function frames(make: (random: Random) => Uint8Array) {
  const random = new Random(3);
  const list = Array.from({ length: COUNT }, () => make(random));
  return layOut(list, random);
}
