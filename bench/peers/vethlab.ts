/**
 * vethlab's own codecs, exactly as shipped: the modules that the stack and the tools import, through the same accessors.
 * Every field that is read goes into a sum of its own, so that two fields exchanged give another result.
 */
import * as arp from "../../packets/arp.ts";
import { copyBytes, getU16 } from "../../packets/bytes.ts";
import * as inet from "../../packets/checksum.ts";
import * as ethernet from "../../packets/ethernet.ts";
import { Fault } from "../../packets/fault.ts";
import { FrameCursor } from "../../packets/frame.ts";
import * as icmp from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as mac from "../../packets/mac.ts";
import * as vlan from "../../packets/vlan.ts";
import type { Corpus } from "../corpus.ts";
import { OUR_MAC, SLOT, SLOTS } from "../frames.ts";
import { combineAll, fnv, type Peer, type Workload } from "../peer.ts";
import { VERSION } from "../root.ts";

// Constants that a loop reads are kept in its own module: V8 folds those, and loads imported ones at every use.
const { EtherType } = ethernet;
const { Ipv4, Arp } = EtherType;
const ETHERNET = ethernet.HEADER_LENGTH;
const TAG = vlan.LENGTH;
const { DATA } = icmp;
const { Icmp } = ipv4.Protocol;
const { EchoRequest, EchoReply } = icmp.Type;
const OK = Fault.None;

export function load(): Peer {
  return {
    version: VERSION,
    workloads: {
      "parse/arp": (corpus) => parse(corpus, 7, arpBatch),
      "parse/icmp": (corpus) => parse(corpus, 8, echoBatch),
      "parse/vlan": (corpus) => parse(corpus, 9, taggedBatch),
      checksum,
      "checksum-update": checksumUpdate,
      "build/arp": buildArp,
      "build/icmp": buildIcmp,
    },
  };
}

/** Frames come in batches, as from a ring. */
const BATCH = 64;

/** Parses the frames `from` to `to` and adds each field to its place in `sums`. */
type Batch = (cursor: FrameCursor, corpus: Corpus, from: number, to: number, sums: Int32Array) => void;

function parse(corpus: Corpus, fields: number, batch: Batch): Workload {
  const cursor = new FrameCursor();
  const sums = new Int32Array(fields);
  return {
    pass() {
      sums.fill(0);
      for (let from = 0; from < corpus.count; from += BATCH) {
        batch(cursor, corpus, from, Math.min(from + BATCH, corpus.count), sums);
      }
      return combineAll(sums);
    },
  };
}

function arpBatch(cursor: FrameCursor, { buffer, offset, length }: Corpus, from: number, to: number, sums: Int32Array) {
  let oper = 0;
  let shaHigh = 0;
  let shaLow = 0;
  let spa = 0;
  let thaHigh = 0;
  let thaLow = 0;
  let tpa = 0;
  cursor.attach(buffer);
  const last = to | 0;
  for (let i = from | 0; i < last; i++) {
    const off = offset[i]!;
    const end = off + length[i]!;
    if (cursor.plainType(off, end) !== Arp) continue;
    const at = off + ETHERNET;
    if (cursor.checkArp(at, end) !== OK) continue;
    oper = (oper + cursor.arpOperation(at)) | 0;
    shaHigh = (shaHigh + cursor.arpSenderMacHigh(at)) | 0;
    shaLow = (shaLow + cursor.arpSenderMacLow(at)) | 0;
    spa = (spa + cursor.arpSenderIp(at)) | 0;
    thaHigh = (thaHigh + cursor.arpTargetMacHigh(at)) | 0;
    thaLow = (thaLow + cursor.arpTargetMacLow(at)) | 0;
    tpa = (tpa + cursor.arpTargetIp(at)) | 0;
  }
  sums[0]! += oper;
  sums[1]! += shaHigh;
  sums[2]! += shaLow;
  sums[3]! += spa;
  sums[4]! += thaHigh;
  sums[5]! += thaLow;
  sums[6]! += tpa;
}

function echoBatch(
  cursor: FrameCursor,
  { buffer, offset, length }: Corpus,
  from: number,
  to: number,
  sums: Int32Array,
) {
  let src = 0;
  let dst = 0;
  let ttl = 0;
  let type = 0;
  let code = 0;
  let identifier = 0;
  let sequence = 0;
  let data = 0;
  cursor.attach(buffer);
  const last = to | 0;
  for (let i = from | 0; i < last; i++) {
    const off = offset[i]!;
    const end = off + length[i]!;
    if (cursor.plainType(off, end) !== Ipv4) continue;
    const ip = off + ETHERNET;
    const at = cursor.ipv4Payload(ip, end);
    if (at < 0 || cursor.ipv4IsFragment(ip) || cursor.ipv4Protocol(ip) !== Icmp) continue;
    const stop = cursor.ipv4PayloadEnd(ip);
    if (cursor.checkIcmp(at, stop) !== OK) continue;
    const kind = cursor.icmpType(at);
    if (kind !== EchoRequest && kind !== EchoReply) continue;
    src = (src + cursor.ipv4Src(ip)) | 0;
    dst = (dst + cursor.ipv4Dst(ip)) | 0;
    ttl = (ttl + cursor.ipv4Ttl(ip)) | 0;
    type = (type + kind) | 0;
    code = (code + cursor.icmpCode(at)) | 0;
    identifier = (identifier + cursor.icmpIdentifier(at)) | 0;
    sequence = (sequence + cursor.icmpSequence(at)) | 0;
    data = (data + stop - at - DATA) | 0;
  }
  sums[0]! += src;
  sums[1]! += dst;
  sums[2]! += ttl;
  sums[3]! += type;
  sums[4]! += code;
  sums[5]! += identifier;
  sums[6]! += sequence;
  sums[7]! += data;
}

function taggedBatch(
  cursor: FrameCursor,
  { buffer, offset, length }: Corpus,
  from: number,
  to: number,
  sums: Int32Array,
) {
  let src = 0;
  let dst = 0;
  let ttl = 0;
  let type = 0;
  let code = 0;
  let identifier = 0;
  let sequence = 0;
  let data = 0;
  let vid = 0;
  cursor.attach(buffer);
  const last = to | 0;
  for (let i = from | 0; i < last; i++) {
    const off = offset[i]!;
    const end = off + length[i]!;
    if (cursor.taggedType(off, end) !== Ipv4) continue;
    const ip = off + ETHERNET + TAG;
    const at = cursor.ipv4Payload(ip, end);
    if (at < 0 || cursor.ipv4IsFragment(ip) || cursor.ipv4Protocol(ip) !== Icmp) continue;
    const stop = cursor.ipv4PayloadEnd(ip);
    if (cursor.checkIcmp(at, stop) !== OK) continue;
    const kind = cursor.icmpType(at);
    if (kind !== EchoRequest && kind !== EchoReply) continue;
    src = (src + cursor.ipv4Src(ip)) | 0;
    dst = (dst + cursor.ipv4Dst(ip)) | 0;
    ttl = (ttl + cursor.ipv4Ttl(ip)) | 0;
    type = (type + kind) | 0;
    code = (code + cursor.icmpCode(at)) | 0;
    identifier = (identifier + cursor.icmpIdentifier(at)) | 0;
    sequence = (sequence + cursor.icmpSequence(at)) | 0;
    data = (data + stop - at - DATA) | 0;
    vid = (vid + (cursor.tagTci(off) & 0x0fff)) | 0;
  }
  sums[0]! += src;
  sums[1]! += dst;
  sums[2]! += ttl;
  sums[3]! += type;
  sums[4]! += code;
  sums[5]! += identifier;
  sums[6]! += sequence;
  sums[7]! += data;
  sums[8]! += vid;
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
