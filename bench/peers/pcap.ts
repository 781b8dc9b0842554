/**
 * The decoders of the npm package pcap (libpcap bindings, node-pcap): an object for every header and every address, made
 * for the whole frame at once. They check neither versions nor lengths nor bounds, and of an ICMP message read the first
 * four bytes: identifier and sequence number are read here, as a program that uses them must. Only its JavaScript is needed,
 * so it takes part without having been built.
 */
import type { Corpus } from "../corpus.ts";
import type { Absent } from "../harness.ts";
import { combine, loadPackage, type Peer, type Workload } from "../peer.ts";

interface Address {
  readonly addr: ArrayLike<number>;
}

interface Arp {
  readonly operation: number;
  readonly sender_ha?: Address;
  readonly sender_pa: Address;
  readonly target_ha: Address;
  readonly target_pa: Address;
}

interface Ipv4 {
  readonly headerLength: number;
  readonly length: number;
  readonly ttl: number;
  readonly protocol: number;
  readonly saddr: Address;
  readonly daddr: Address;
  readonly payload: { readonly type: number; readonly code: number };
}

interface Ethernet {
  readonly ethertype: number;
  readonly vlan: { readonly id: number } | null;
  readonly payload: unknown;
}

type Decoder = new () => { decode(buf: Buffer, off: number): Ethernet };

const ARP = 0x0806;
const IPV4 = 0x0800;
const ICMP = 1;
const ETHERNET = 14;
const TAG = 4;

export function load(): Peer | Absent {
  const loaded = loadPackage("pcap", "npm install --no-save --ignore-scripts pcap", "decode/ethernet_packet");
  if ("absent" in loaded) return loaded;
  const EthernetPacket = loaded.module as Decoder;
  return {
    version: loaded.version,
    workloads: {
      "parse/arp": (corpus) => arp(corpus, EthernetPacket),
      "parse/icmp": (corpus) => icmp(corpus, EthernetPacket, false),
      "parse/vlan": (corpus) => icmp(corpus, EthernetPacket, true),
    },
  };
}

function arp({ count, buffer, offset }: Corpus, EthernetPacket: Decoder): Workload {
  const buf = Buffer.from(buffer.buffer);
  return {
    pass() {
      const sums = [0, 0, 0, 0, 0, 0, 0];
      for (let i = 0; i < count; i++) {
        const ethernet = new EthernetPacket().decode(buf, offset[i]!);
        if (ethernet.ethertype !== ARP) continue;
        const { operation, sender_ha, sender_pa, target_ha, target_pa } = ethernet.payload as Arp;
        if (sender_ha === undefined) continue;
        sums[0] = (sums[0]! + operation) | 0;
        sums[1] = (sums[1]! + word(sender_ha, 0, 2)) | 0;
        sums[2] = (sums[2]! + word(sender_ha, 2, 6)) | 0;
        sums[3] = (sums[3]! + word(sender_pa, 0, 4)) | 0;
        sums[4] = (sums[4]! + word(target_ha, 0, 2)) | 0;
        sums[5] = (sums[5]! + word(target_ha, 2, 6)) | 0;
        sums[6] = (sums[6]! + word(target_pa, 0, 4)) | 0;
      }
      return combine(...sums);
    },
  };
}

function icmp({ count, buffer, offset }: Corpus, EthernetPacket: Decoder, tagged: boolean): Workload {
  const buf = Buffer.from(buffer.buffer);
  const link = tagged ? ETHERNET + TAG : ETHERNET;
  return {
    pass() {
      const sums = [0, 0, 0, 0, 0, 0, 0, 0, ...(tagged ? [0] : [])];
      for (let i = 0; i < count; i++) {
        const off = offset[i]!;
        const ethernet = new EthernetPacket().decode(buf, off);
        if (ethernet.ethertype !== IPV4) continue;
        const ip = ethernet.payload as Ipv4;
        if (ip.protocol !== ICMP) continue;
        const message = off + link + ip.headerLength;
        sums[0] = (sums[0]! + word(ip.saddr, 0, 4)) | 0;
        sums[1] = (sums[1]! + word(ip.daddr, 0, 4)) | 0;
        sums[2] = (sums[2]! + ip.ttl) | 0;
        sums[3] = (sums[3]! + ip.payload.type) | 0;
        sums[4] = (sums[4]! + ip.payload.code) | 0;
        sums[5] = (sums[5]! + buf.readUInt16BE(message + 4)) | 0;
        sums[6] = (sums[6]! + buf.readUInt16BE(message + 6)) | 0;
        sums[7] = (sums[7]! + ip.length - ip.headerLength - 8) | 0;
        if (tagged) sums[8] = (sums[8]! + (ethernet.vlan?.id ?? 0)) | 0;
      }
      return combine(...sums);
    },
  };
}

/** The bytes `from` to `to` of an address as a number. */
function word({ addr }: Address, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) value = (value << 8) | addr[i]!;
  return value;
}
