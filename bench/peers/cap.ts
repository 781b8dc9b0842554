/**
 * cap's decoders (libpcap bindings, mscdex/cap): objects and text for every field. Used as its README shows: the type of
 * one layer chooses the next, the offset that one returns is where the next begins. They check neither versions nor
 * lengths nor bounds, so they do less here than the others. Their text is left as it comes, which in V8 is a rope of
 * pieces that reading would flatten: only its length is looked at while timed.
 */
import type { Corpus } from "../corpus.ts";
import type { Absent } from "../harness.ts";
import { combine, loadPackage, type Peer, type Workload } from "../peer.ts";

interface Ethernet {
  readonly info: { readonly type: number | undefined; readonly vlan: { readonly VID: number } | undefined };
  readonly offset: number;
}

interface Arp {
  readonly info: {
    readonly opcode: number;
    readonly sendermac: string;
    readonly senderip: string;
    readonly targetmac: string;
    readonly targetip: string;
  };
}

interface Ipv4 {
  readonly info: {
    readonly totallen: number;
    readonly ttl: number;
    readonly protocol: number;
    readonly srcaddr: string;
    readonly dstaddr: string;
  };
  readonly hdrlen: number;
  readonly offset: number;
}

interface Icmpv4 {
  readonly info: {
    readonly type: number;
    readonly code: number;
    readonly identifier?: number;
    readonly seqno?: number;
  };
  readonly offset: number;
}

interface Decoders {
  Ethernet(buf: Buffer, off: number): Ethernet;
  ARP(buf: Buffer, off: number): Arp;
  IPV4(buf: Buffer, off: number): Ipv4;
  ICMPV4(buf: Buffer, length: number, off: number): Icmpv4;
}

const ARP = 0x0806;
const IPV4 = 0x0800;
const ICMP = 1;

export function load(): Peer | Absent {
  const loaded = loadPackage("cap", "apt-get install libpcap-dev build-essential, then npm install cap");
  if ("absent" in loaded) return loaded;
  const { decoders } = loaded.module as { decoders: Decoders };
  return {
    version: loaded.version,
    workloads: {
      "parse/arp": (corpus) => arp(corpus, decoders),
      "parse/icmp": (corpus) => icmp(corpus, decoders, false),
      "parse/vlan": (corpus) => icmp(corpus, decoders, true),
    },
  };
}

function arp({ count, buffer, offset }: Corpus, decoders: Decoders): Workload {
  const buf = Buffer.from(buffer.buffer);
  return {
    pass() {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const ethernet = decoders.Ethernet(buf, offset[i]!);
        if (ethernet.info.type !== ARP) continue;
        const { opcode, sendermac, senderip, targetmac, targetip } = decoders.ARP(buf, ethernet.offset).info;
        sum += opcode + sendermac.length + senderip.length + targetmac.length + targetip.length;
      }
      return sum;
    },
    check() {
      const sums = [0, 0, 0, 0, 0, 0, 0];
      for (let i = 0; i < count; i++) {
        const ethernet = decoders.Ethernet(buf, offset[i]!);
        const { opcode, sendermac, senderip, targetmac, targetip } = decoders.ARP(buf, ethernet.offset).info;
        const fields = [
          opcode,
          ...macNumbers(sendermac),
          ipNumber(senderip),
          ...macNumbers(targetmac),
          ipNumber(targetip),
        ];
        addTo(sums, fields);
      }
      return combine(...sums);
    },
  };
}

function icmp({ count, buffer, offset }: Corpus, decoders: Decoders, tagged: boolean): Workload {
  const buf = Buffer.from(buffer.buffer);
  return {
    pass() {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const ethernet = decoders.Ethernet(buf, offset[i]!);
        if (ethernet.info.type !== IPV4) continue;
        const ip = decoders.IPV4(buf, ethernet.offset);
        if (ip.info.protocol !== ICMP) continue;
        const length = ip.info.totallen - ip.hdrlen;
        const { info, offset: data } = decoders.ICMPV4(buf, length, ip.offset);
        // It reads identifier and sequence number of replies only; for requests its user does.
        const identifier = info.identifier ?? buf.readUInt16BE(data - 4);
        const sequence = info.seqno ?? buf.readUInt16BE(data - 2);
        sum += ip.info.srcaddr.length + ip.info.dstaddr.length + ip.info.ttl + info.type + info.code;
        sum += identifier + sequence + length - 8 + (ethernet.info.vlan?.VID ?? 0);
      }
      return sum;
    },
    check() {
      const sums = [0, 0, 0, 0, 0, 0, 0, 0, ...(tagged ? [0] : [])];
      for (let i = 0; i < count; i++) {
        const ethernet = decoders.Ethernet(buf, offset[i]!);
        const ip = decoders.IPV4(buf, ethernet.offset);
        const length = ip.info.totallen - ip.hdrlen;
        const { info, offset: data } = decoders.ICMPV4(buf, length, ip.offset);
        const identifier = info.identifier ?? buf.readUInt16BE(data - 4);
        const sequence = info.seqno ?? buf.readUInt16BE(data - 2);
        const fields = [ipNumber(ip.info.srcaddr), ipNumber(ip.info.dstaddr), ip.info.ttl, info.type, info.code];
        fields.push(identifier, sequence, length - 8, ...(tagged ? [ethernet.info.vlan?.VID ?? 0] : []));
        addTo(sums, fields);
      }
      return combine(...sums);
    },
  };
}

function addTo(sums: number[], fields: readonly number[]): void {
  fields.forEach((field, i) => {
    sums[i] = (sums[i]! + field) | 0;
  });
}

/** A MAC address as its upper 16 and lower 32 bits. */
function macNumbers(text: string): [number, number] {
  const digits = text.replaceAll(":", "");
  return [Number.parseInt(digits.slice(0, 4), 16), Number.parseInt(digits.slice(4), 16) | 0];
}

function ipNumber(text: string): number {
  return text.split(".").reduce((ip, part) => (ip << 8) | Number(part), 0);
}
