/** Building frames into the slots of a batch, through the writer that the stack writes with. */
import * as arp from "../../packets/arp.ts";
import * as ethernet from "../../packets/ethernet.ts";
import * as icmp from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as mac from "../../packets/mac.ts";
import { PacketReader } from "../../packets/reader.ts";
import { PacketWriter } from "../../packets/writer.ts";
import type { Corpus } from "../corpus.ts";
import { OUR_MAC, SLOT, SLOTS } from "../frames.ts";
import { fnv, type Peer, type Workload } from "../peer.ts";

// Constants that a loop reads are kept in its own module: V8 folds those, and loads imported ones at every use.
const { Ipv4, Arp } = ethernet.EtherType;
const ETHERNET = ethernet.HEADER_LENGTH;
const HEADERS = ETHERNET + ipv4.MIN_HEADER_LENGTH;
const { Icmp } = ipv4.Protocol;
const { DontFragment } = ipv4.Flag;
const { EchoRequest } = icmp.Type;
const { Reply } = arp.Operation;
const ECHO = icmp.HEADER_LENGTH;
const OUR_HIGH = mac.high16(OUR_MAC, 0);
const OUR_LOW = mac.low32(OUR_MAC, 0);

export const buildWorkloads: Peer["workloads"] = {
  "build/arp": (corpus) => built(corpus, ETHERNET + arp.LENGTH, ETHERNET + arp.LENGTH - 1, answer),
  "build/icmp": (corpus) => built(corpus, corpus.length[0]!, HEADERS + icmp.CHECKSUM, request),
};

/** Builds a frame into `slot` from what the one at `model` says. */
type Build = (reader: PacketReader, writer: PacketWriter, buffer: Uint8Array, model: number, slot: number) => void;

function answer(reader: PacketReader, writer: PacketWriter, _: Uint8Array, model: number, slot: number): void {
  const asked = model + ETHERNET;
  const high = reader.arpSenderMacHigh(asked);
  const low = reader.arpSenderMacLow(asked);
  const sender = reader.arpSenderIp(asked);
  const target = reader.arpTargetIp(asked);
  writer.ethernet(slot, high, low, OUR_HIGH, OUR_LOW, Arp);
  writer.arp(slot + ETHERNET, Reply, OUR_HIGH, OUR_LOW, target, high, low, sender);
}

/** Bytes of data that the models carry: what ping sends. */
const DATA = 56;
const TTL = 64;
const TOTAL = ipv4.MIN_HEADER_LENGTH + ECHO + DATA;
const { ID } = ipv4;
const { SRC } = ethernet;

function request(reader: PacketReader, writer: PacketWriter, buffer: Uint8Array, model: number, slot: number): void {
  const ip = model + ETHERNET;
  const from = model + HEADERS;
  const at = slot + HEADERS;
  const src = model + SRC;
  writer.ethernet(slot, reader.u16(model), reader.i32(model + 2), reader.u16(src), reader.i32(src + 2), Ipv4);
  const id = reader.u16(ip + ID);
  writer.ipv4(slot + ETHERNET, TOTAL, id, DontFragment, TTL, Icmp, reader.ipv4Src(ip), reader.ipv4Dst(ip), 0);
  writer.copy(buffer, from + ECHO, at + ECHO, DATA);
  writer.echo(at, at + ECHO + DATA, EchoRequest, reader.icmpIdentifier(from), reader.icmpSequence(from));
}

/** Frames built into the slots of a batch, one after the other; one byte of each is looked at. */
function built({ count, buffer, offset }: Corpus, length: number, look: number, build: Build): Workload {
  const out = new Uint8Array(SLOT * SLOTS);
  const reader = new PacketReader();
  const writer = new PacketWriter();
  reader.attach(buffer);
  writer.attach(out);
  const batch = (from: number, to: number): number => {
    let sum = 0;
    for (let i = from | 0; i < (to | 0); i++) {
      const slot = (i % SLOTS) * SLOT;
      build(reader, writer, buffer, offset[i]!, slot);
      sum = (sum + out[slot + look]!) | 0;
    }
    return sum;
  };
  return {
    pass() {
      let sum = 0;
      for (let from = 0; from < count; from += SLOTS) sum = (sum + batch(from, Math.min(from + SLOTS, count))) | 0;
      return sum;
    },
    check() {
      let hash = 0;
      for (let i = 0; i < count; i++) {
        build(reader, writer, buffer, offset[i]!, 0);
        hash = fnv(out, 0, length, hash);
      }
      return hash;
    },
  };
}
