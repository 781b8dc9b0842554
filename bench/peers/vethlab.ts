/**
 * vethlab's own codecs, exactly as shipped: the modules that the stack and the tools import, through the same accessors.
 * Every field that is read goes into a sum of its own, so that two fields exchanged give another result.
 */
import * as arp from "../../packets/arp.ts";
import { copyBytes, getU16 } from "../../packets/bytes.ts";
import * as inet from "../../packets/checksum.ts";
import * as ethernet from "../../packets/ethernet.ts";
import * as icmp from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as mac from "../../packets/mac.ts";
import type { Corpus } from "../corpus.ts";
import { OUR_MAC, SLOT, SLOTS } from "../frames.ts";
import { fnv, type Peer, type Workload } from "../peer.ts";
import { VERSION } from "../root.ts";
import { parseWorkloads } from "./vethlab-parse.ts";

// Constants that a loop reads are kept in its own module: V8 folds those, and loads imported ones at every use.
const { EtherType } = ethernet;
const { Icmp } = ipv4.Protocol;
const { EchoRequest } = icmp.Type;

export function load(): Peer {
  return {
    version: VERSION,
    workloads: {
      ...parseWorkloads,
      checksum,
      "checksum-update": checksumUpdate,
      "build/arp": buildArp,
      "build/icmp": buildIcmp,
    },
  };
}

function checksum({ count, buffer, offset, length }: Corpus): Workload {
  return {
    pass() {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const off = offset[i]!;
        sum = (sum + inet.checksum(buffer, off, off + length[i]!)) | 0;
      }
      return sum;
    },
  };
}

/** Each frame holds three words: the old checksum, the word before and after. */
function checksumUpdate({ count, buffer, offset }: Corpus): Workload {
  return {
    pass() {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const off = offset[i]!;
        const updated = inet.update(getU16(buffer, off), getU16(buffer, off + 2), getU16(buffer, off + 4));
        sum = (sum + updated) | 0;
      }
      return sum;
    },
  };
}

function buildArp({ count, buffer, offset }: Corpus): Workload {
  const out = new Uint8Array(SLOT * SLOTS);
  const answer = (request: number, slot: number): void => {
    const asked = request + ethernet.HEADER_LENGTH;
    const at = slot + ethernet.HEADER_LENGTH;
    ethernet.setDst(out, slot, buffer, asked + arp.SHA);
    ethernet.setSrc(out, slot, OUR_MAC);
    ethernet.setEtherType(out, slot, EtherType.Arp);
    arp.setFixed(out, at, arp.Operation.Reply);
    mac.copy(OUR_MAC, 0, out, at + arp.SHA);
    arp.setSenderIp(out, at, arp.targetIp(buffer, asked));
    mac.copy(buffer, asked + arp.SHA, out, at + arp.THA);
    arp.setTargetIp(out, at, arp.senderIp(buffer, asked));
  };
  const length = ethernet.HEADER_LENGTH + arp.LENGTH;
  return built(count, out, length, length - 1, (i, slot) => answer(offset[i]!, slot));
}

function buildIcmp({ count, buffer, offset, length }: Corpus): Workload {
  const out = new Uint8Array(SLOT * SLOTS);
  const header = ethernet.HEADER_LENGTH + ipv4.MIN_HEADER_LENGTH;
  const size = length[0]!;
  const write = (model: number, slot: number): void => {
    const ip = model + ethernet.HEADER_LENGTH;
    const echo = model + header;
    const at = slot + header;
    ethernet.setDst(out, slot, buffer, model + ethernet.DST);
    ethernet.setSrc(out, slot, buffer, model + ethernet.SRC);
    ethernet.setEtherType(out, slot, EtherType.Ipv4);
    const { DontFragment } = ipv4.Flag;
    const id = ipv4.identification(buffer, ip);
    const total = size - ethernet.HEADER_LENGTH;
    const place = slot + ethernet.HEADER_LENGTH;
    ipv4.writeHeader(out, place, total, id, DontFragment, 64, Icmp, ipv4.src(buffer, ip), ipv4.dst(buffer, ip));
    icmp.setType(out, at, EchoRequest);
    icmp.setCode(out, at, 0);
    icmp.setIdentifier(out, at, icmp.identifier(buffer, echo));
    icmp.setSequence(out, at, icmp.sequence(buffer, echo));
    copyBytes(buffer, echo + icmp.DATA, out, at + icmp.DATA, size - header - icmp.DATA);
    icmp.updateChecksum(out, at, slot + size);
  };
  return built(count, out, size, header + icmp.CHECKSUM, (i, slot) => write(offset[i]!, slot));
}

/** Frames built into the slots of a batch, one after the other; one byte of each is looked at. */
function built(
  count: number,
  out: Uint8Array,
  length: number,
  look: number,
  build: (i: number, slot: number) => void,
): Workload {
  return {
    pass() {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const slot = (i % SLOTS) * SLOT;
        build(i, slot);
        sum = (sum + out[slot + look]!) | 0;
      }
      return sum;
    },
    check() {
      let hash = 0;
      for (let i = 0; i < count; i++) {
        build(i, 0);
        hash = fnv(out, 0, length, hash);
      }
      return hash;
    },
  };
}
