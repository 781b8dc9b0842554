/**
 * Parsing through a FrameCursor, which is a PacketReader and what the stack reads with, in batches as from a ring. An echo is
 * asked for in one question, as by whoever wants echoes alone; the host asks one by one, since it says why it drops. Timed, all
 * fields go into one sum; to be compared with what others read, each has a sum of its own, so that two fields exchanged
 * give another result. The C program does the same.
 */
import * as ethernet from "../../packets/ethernet.ts";
import { Fault } from "../../packets/fault.ts";
import { FrameCursor } from "../../packets/frame.ts";
import * as icmp from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as vlan from "../../packets/vlan.ts";
import type { Corpus } from "../corpus.ts";
import { combine, combineAll, type Peer, type Workload } from "../peer.ts";

// Constants that a loop reads are kept in its own module: V8 folds those, and loads imported ones at every use.
const { Ipv4, Arp } = ethernet.EtherType;
const ETHERNET = ethernet.HEADER_LENGTH;
const TAG = vlan.LENGTH;
const { Icmp } = ipv4.Protocol;
const { EchoRequest, EchoReply } = icmp.Type;
const { DATA } = icmp;
const OK = Fault.None;

export const parseWorkloads: Peer["workloads"] = {
  "parse/arp": (corpus) => parse(corpus, 1, arpBatch, (cursor) => apart(cursor, corpus, arpFields)),
  "parse/icmp": (corpus) => parse(corpus, 1, echoBatch, (cursor) => apart(cursor, corpus, echoFields)),
  "parse/vlan": (corpus) => parse(corpus, 1, taggedBatch, (cursor) => apart(cursor, corpus, taggedFields)),
  "parse/mixed": (corpus) => parse(corpus, 13, mixedBatch),
};

/** Frames come in batches, as from a ring. */
const BATCH = 64;

/** Parses the frames `from` to `to` and adds each field to its place in `sums`. */
type Batch = (cursor: FrameCursor, corpus: Corpus, from: number, to: number, sums: Int32Array) => void;

function parse(corpus: Corpus, fields: number, batch: Batch, check?: (cursor: FrameCursor) => number): Workload {
  const cursor = new FrameCursor();
  const sums = new Int32Array(fields);
  const workload = {
    pass() {
      sums.fill(0);
      for (let from = 0; from < corpus.count; from += BATCH) {
        batch(cursor, corpus, from, Math.min(from + BATCH, corpus.count), sums);
      }
      return combineAll(sums);
    },
  };
  return check === undefined ? workload : { ...workload, check: () => check(cursor) };
}

function arpBatch(cursor: FrameCursor, { buffer, offset, length }: Corpus, from: number, to: number, sums: Int32Array) {
  let sum = 0;
  cursor.attach(buffer);
  const last = to | 0;
  for (let i = from | 0; i < last; i++) {
    const off = offset[i]!;
    const end = off + length[i]!;
    if (cursor.plainType(off, end) !== Arp) continue;
    const at = off + ETHERNET;
    if (cursor.checkArp(at, end) !== OK) continue;
    sum = (sum + cursor.arpOperation(at)) | 0;
    sum = (sum + cursor.arpSenderMacHigh(at)) | 0;
    sum = (sum + cursor.arpSenderMacLow(at)) | 0;
    sum = (sum + cursor.arpSenderIp(at)) | 0;
    sum = (sum + cursor.arpTargetMacHigh(at)) | 0;
    sum = (sum + cursor.arpTargetMacLow(at)) | 0;
    sum = (sum + cursor.arpTargetIp(at)) | 0;
  }
  sums[0]! += sum;
}

function echoBatch(
  cursor: FrameCursor,
  { buffer, offset, length }: Corpus,
  from: number,
  to: number,
  sums: Int32Array,
) {
  let sum = 0;
  cursor.attach(buffer);
  const last = to | 0;
  for (let i = from | 0; i < last; i++) {
    const off = offset[i]!;
    const end = off + length[i]!;
    if (cursor.plainType(off, end) !== Ipv4) continue;
    const ip = off + ETHERNET;
    const at = cursor.echoMessage(ip, end);
    if (at < 0) continue;
    sum = (sum + cursor.ipv4Src(ip)) | 0;
    sum = (sum + cursor.ipv4Dst(ip)) | 0;
    sum = (sum + cursor.ipv4Ttl(ip)) | 0;
    sum = (sum + cursor.icmpType(at)) | 0;
    sum = (sum + cursor.icmpCode(at)) | 0;
    sum = (sum + cursor.icmpIdentifier(at)) | 0;
    sum = (sum + cursor.icmpSequence(at)) | 0;
    sum = (sum + cursor.ipv4PayloadEnd(ip) - at - DATA) | 0;
  }
  sums[0]! += sum;
}

function taggedBatch(
  cursor: FrameCursor,
  { buffer, offset, length }: Corpus,
  from: number,
  to: number,
  sums: Int32Array,
) {
  let sum = 0;
  cursor.attach(buffer);
  const last = to | 0;
  for (let i = from | 0; i < last; i++) {
    const off = offset[i]!;
    const end = off + length[i]!;
    if (cursor.taggedType(off, end) !== Ipv4) continue;
    const ip = off + ETHERNET + TAG;
    const at = cursor.echoMessage(ip, end);
    if (at < 0) continue;
    sum = (sum + cursor.ipv4Src(ip)) | 0;
    sum = (sum + cursor.ipv4Dst(ip)) | 0;
    sum = (sum + cursor.ipv4Ttl(ip)) | 0;
    sum = (sum + cursor.icmpType(at)) | 0;
    sum = (sum + cursor.icmpCode(at)) | 0;
    sum = (sum + cursor.icmpIdentifier(at)) | 0;
    sum = (sum + cursor.icmpSequence(at)) | 0;
    sum = (sum + cursor.ipv4PayloadEnd(ip) - at - DATA) | 0;
    sum = (sum + (cursor.tagTci(off) & 0x0fff)) | 0;
  }
  sums[0]! += sum;
}

/** Sums of the fields one by one. @param fields of the frame at `off`, or null if it is of another kind. */
function apart(
  cursor: FrameCursor,
  { count, buffer, offset, length }: Corpus,
  fields: (cursor: FrameCursor, off: number, end: number) => readonly number[] | null,
): number {
  const sums: number[] = [];
  cursor.attach(buffer);
  for (let i = 0; i < count; i++) {
    fields(cursor, offset[i]!, offset[i]! + length[i]!)?.forEach((field, at) => {
      sums[at] = ((sums[at] ?? 0) + field) | 0;
    });
  }
  return combine(...sums);
}

function arpFields(cursor: FrameCursor, off: number, end: number): readonly number[] | null {
  if (cursor.plainType(off, end) !== Arp) return null;
  const at = off + ETHERNET;
  if (cursor.checkArp(at, end) !== OK) return null;
  return [
    cursor.arpOperation(at),
    cursor.arpSenderMacHigh(at),
    cursor.arpSenderMacLow(at),
    cursor.arpSenderIp(at),
    cursor.arpTargetMacHigh(at),
    cursor.arpTargetMacLow(at),
    cursor.arpTargetIp(at),
  ];
}

function echoFields(cursor: FrameCursor, off: number, end: number): readonly number[] | null {
  return cursor.plainType(off, end) === Ipv4 ? messageFields(cursor, off + ETHERNET, end) : null;
}

function taggedFields(cursor: FrameCursor, off: number, end: number): readonly number[] | null {
  if (cursor.taggedType(off, end) !== Ipv4) return null;
  const fields = messageFields(cursor, off + ETHERNET + TAG, end);
  return fields && [...fields, cursor.tagTci(off) & 0x0fff];
}

function messageFields(cursor: FrameCursor, ip: number, end: number): readonly number[] | null {
  const at = cursor.echoMessage(ip, end);
  if (at < 0) return null;
  return [
    cursor.ipv4Src(ip),
    cursor.ipv4Dst(ip),
    cursor.ipv4Ttl(ip),
    cursor.icmpType(at),
    cursor.icmpCode(at),
    cursor.icmpIdentifier(at),
    cursor.icmpSequence(at),
    cursor.ipv4PayloadEnd(ip) - at - DATA,
  ];
}

function mixedBatch(cursor: FrameCursor, corpus: Corpus, from: number, to: number, sums: Int32Array) {
  const { buffer, offset, length } = corpus;
  let oper = 0;
  let spa = 0;
  let tpa = 0;
  let src = 0;
  let dst = 0;
  let ttl = 0;
  let type = 0;
  let identifier = 0;
  let sequence = 0;
  let data = 0;
  let tags = 0;
  let refused = 0;
  let others = 0;
  const last = to | 0;
  for (let i = from | 0; i < last; i++) {
    const off = offset[i]!;
    const end = off + length[i]!;
    const network = cursor.network(buffer, off, end);
    tags = (tags + cursor.vlanCount) | 0;
    if (cursor.etherType === Ipv4) {
      const at = cursor.ipv4Payload(network, end);
      if (at < 0) {
        refused++;
      } else if (cursor.ipv4IsFragment(network) || cursor.ipv4Protocol(network) !== Icmp) {
        others++;
      } else {
        const stop = cursor.ipv4PayloadEnd(network);
        if (cursor.checkIcmp(at, stop) !== OK) {
          refused++;
          continue;
        }
        const kind = cursor.icmpType(at);
        if (kind !== EchoRequest && kind !== EchoReply) {
          others++;
          continue;
        }
        src = (src + cursor.ipv4Src(network)) | 0;
        dst = (dst + cursor.ipv4Dst(network)) | 0;
        ttl = (ttl + cursor.ipv4Ttl(network)) | 0;
        type = (type + kind) | 0;
        identifier = (identifier + cursor.icmpIdentifier(at)) | 0;
        sequence = (sequence + cursor.icmpSequence(at)) | 0;
        data = (data + stop - at - DATA) | 0;
      }
    } else if (cursor.etherType === Arp) {
      if (cursor.checkArp(network, end) !== OK) {
        refused++;
      } else {
        oper = (oper + cursor.arpOperation(network)) | 0;
        spa = (spa + cursor.arpSenderIp(network)) | 0;
        tpa = (tpa + cursor.arpTargetIp(network)) | 0;
      }
    } else if (network < 0) {
      refused++;
    } else {
      others++;
    }
  }
  sums[0]! += oper;
  sums[1]! += spa;
  sums[2]! += tpa;
  sums[3]! += src;
  sums[4]! += dst;
  sums[5]! += ttl;
  sums[6]! += type;
  sums[7]! += identifier;
  sums[8]! += sequence;
  sums[9]! += data;
  sums[10]! += tags;
  sums[11]! += refused;
  sums[12]! += others;
}
