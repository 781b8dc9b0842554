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
import { combine, fnv, type Peer, type Workload } from "../peer.ts";
import { VERSION } from "../root.ts";

// Constants that a loop reads are kept in its own module: V8 folds those, and loads imported ones at every use.
const { EtherType } = ethernet;
const { Icmp } = ipv4.Protocol;
const { EchoRequest, EchoReply } = icmp.Type;
const OK = Fault.None;

export function load(): Peer {
  return {
    version: VERSION,
    workloads: {
      "parse/arp": parseArp,
      "parse/icmp": parseIcmp,
      "parse/vlan": parseVlan,
      checksum,
      "checksum-update": checksumUpdate,
      "build/arp": buildArp,
      "build/icmp": buildIcmp,
    },
  };
}

function parseArp({ count, buffer, offset, length }: Corpus): Workload {
  return {
    pass() {
      let oper = 0;
      let shaHigh = 0;
      let shaLow = 0;
      let spa = 0;
      let thaHigh = 0;
      let thaLow = 0;
      let tpa = 0;
      for (let i = 0; i < count; i++) {
        const off = offset[i]!;
        const end = off + length[i]!;
        if (ethernet.check(buffer, off, end) !== OK) continue;
        if (ethernet.etherType(buffer, off) !== EtherType.Arp) continue;
        const at = off + ethernet.HEADER_LENGTH;
        if (arp.check(buffer, at, end) !== OK) continue;
        oper = (oper + arp.operation(buffer, at)) | 0;
        shaHigh = (shaHigh + mac.high16(buffer, at + arp.SHA)) | 0;
        shaLow = (shaLow + mac.low32(buffer, at + arp.SHA)) | 0;
        spa = (spa + arp.senderIp(buffer, at)) | 0;
        thaHigh = (thaHigh + mac.high16(buffer, at + arp.THA)) | 0;
        thaLow = (thaLow + mac.low32(buffer, at + arp.THA)) | 0;
        tpa = (tpa + arp.targetIp(buffer, at)) | 0;
      }
      return combine(oper, shaHigh, shaLow, spa, thaHigh, thaLow, tpa);
    },
  };
}

function parseIcmp({ count, buffer, offset, length }: Corpus): Workload {
  return {
    pass() {
      let src = 0;
      let dst = 0;
      let ttl = 0;
      let type = 0;
      let code = 0;
      let identifier = 0;
      let sequence = 0;
      let data = 0;
      for (let i = 0; i < count; i++) {
        const off = offset[i]!;
        const end = off + length[i]!;
        if (ethernet.check(buffer, off, end) !== OK) continue;
        if (ethernet.etherType(buffer, off) !== EtherType.Ipv4) continue;
        const ip = off + ethernet.HEADER_LENGTH;
        if (ipv4.check(buffer, ip, end) !== OK) continue;
        if (ipv4.isFragment(buffer, ip) || ipv4.protocol(buffer, ip) !== Icmp) continue;
        const at = ipv4.payloadOffset(buffer, ip);
        const stop = ipv4.payloadEnd(buffer, ip, end);
        if (icmp.check(buffer, at, stop) !== OK) continue;
        const kind = icmp.type(buffer, at);
        if (kind !== EchoRequest && kind !== EchoReply) continue;
        src = (src + ipv4.src(buffer, ip)) | 0;
        dst = (dst + ipv4.dst(buffer, ip)) | 0;
        ttl = (ttl + ipv4.ttl(buffer, ip)) | 0;
        type = (type + kind) | 0;
        code = (code + icmp.code(buffer, at)) | 0;
        identifier = (identifier + icmp.identifier(buffer, at)) | 0;
        sequence = (sequence + icmp.sequence(buffer, at)) | 0;
        data = (data + stop - at - icmp.DATA) | 0;
      }
      return combine(src, dst, ttl, type, code, identifier, sequence, data);
    },
  };
}

/** Through the cursor, which follows any number of tags. */
function parseVlan({ count, buffer, offset, length }: Corpus): Workload {
  const cursor = new FrameCursor();
  return {
    pass() {
      let src = 0;
      let dst = 0;
      let ttl = 0;
      let type = 0;
      let code = 0;
      let identifier = 0;
      let sequence = 0;
      let data = 0;
      let vid = 0;
      for (let i = 0; i < count; i++) {
        const off = offset[i]!;
        if (cursor.dissect(buffer, off, off + length[i]!) !== OK) continue;
        if (cursor.vlanCount !== 1 || cursor.etherType !== EtherType.Ipv4) continue;
        const ip = cursor.networkOffset;
        const end = cursor.networkEnd;
        if (ipv4.check(buffer, ip, end) !== OK) continue;
        if (ipv4.isFragment(buffer, ip) || ipv4.protocol(buffer, ip) !== Icmp) continue;
        const at = ipv4.payloadOffset(buffer, ip);
        const stop = ipv4.payloadEnd(buffer, ip, end);
        if (icmp.check(buffer, at, stop) !== OK) continue;
        const kind = icmp.type(buffer, at);
        if (kind !== EchoRequest && kind !== EchoReply) continue;
        vid = (vid + vlan.tciVid(cursor.vlanTci(0))) | 0;
        src = (src + ipv4.src(buffer, ip)) | 0;
        dst = (dst + ipv4.dst(buffer, ip)) | 0;
        ttl = (ttl + ipv4.ttl(buffer, ip)) | 0;
        type = (type + kind) | 0;
        code = (code + icmp.code(buffer, at)) | 0;
        identifier = (identifier + icmp.identifier(buffer, at)) | 0;
        sequence = (sequence + icmp.sequence(buffer, at)) | 0;
        data = (data + stop - at - icmp.DATA) | 0;
      }
      return combine(src, dst, ttl, type, code, identifier, sequence, data, vid);
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
