/** A host on a simulated wire with virtual time, and a bare end beside it to send it whatever bytes a test wants. */
import * as arp from "../../packets/arp.ts";
import * as ethernet from "../../packets/ethernet.ts";
import { EtherType } from "../../packets/ethernet.ts";
import * as icmp from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as address from "../../packets/ipv4-address.ts";
import * as mac from "../../packets/mac.ts";
import { type SimulatedLink, SimulatedWire } from "../../src/link/simulated.ts";
import { VirtualClock } from "../../src/stack/clock.ts";
import { Host, type HostOptions } from "../../src/stack/host.ts";
import type { StackEvent } from "../../src/stack/observer.ts";
import { seededRandom } from "../../src/stack/random.ts";

export const ip = (text: string): number => address.parse(text)!;
/** The bare end's MAC and address. */
export const PEER_MAC = Uint8Array.of(2, 0, 0, 0, 0, 0xaa);
export const PEER_IP = ip("10.0.0.1");
export const HOST_IP = ip("10.0.0.2");
export const HOST_MAC = Uint8Array.of(2, 0, 0, 0, 0, 0xbb);

export class Bench {
  readonly clock = new VirtualClock();
  readonly wire: SimulatedWire;
  readonly link: SimulatedLink;
  readonly peer: SimulatedLink;
  readonly host: Host;
  readonly events: StackEvent[] = [];
  /** Frames that the bare end received, and when (ms). */
  readonly seen: Uint8Array[] = [];
  readonly seenAt: number[] = [];

  constructor(options: Partial<HostOptions> = {}, mtu = 1500) {
    this.wire = new SimulatedWire({ clock: this.clock, mtu });
    this.link = this.wire.attach({ name: "ve1" });
    this.peer = this.wire.attach({ name: "ve0", mac: PEER_MAC });
    this.peer.onFrames((batch) => {
      for (let i = 0; i < batch.count; i++) {
        const off = batch.offset[i]!;
        this.seen.push(batch.buffer.slice(off, off + batch.length[i]!));
        this.seenAt.push(this.clock.now());
      }
    });
    this.host = new Host(this.link, {
      addresses: ["10.0.0.2/24"],
      mac: HOST_MAC,
      clock: this.clock,
      random: seededRandom(1),
      observer: (event) => this.events.push(event),
      ...options,
    });
  }

  /** Sends bytes from the bare end, and lets them and any answer arrive. Returns what came back. */
  send(...frames: Uint8Array[]): Uint8Array[] {
    const before = this.seen.length;
    for (const frame of frames) {
      const off = this.peer.reserve(frame.length);
      this.peer.tx.set(frame, off);
      this.peer.commit(frame.length);
    }
    this.peer.flush();
    this.clock.advance(1);
    return this.seen.slice(before);
  }

  drops(): Record<string, number> {
    return { ...this.host.stats().drops };
  }

  eventTypes(): string[] {
    return this.events.map((event) => event.type);
  }
}

export function frame(payload: Uint8Array, type: number, dst: Uint8Array, src: Uint8Array): Uint8Array {
  return ethernet.build({ dst, src, type, payload });
}

export interface ArpFields {
  oper?: number;
  sha?: Uint8Array;
  spa?: number;
  tha?: Uint8Array;
  tpa?: number;
}

export function arpPacket(fields: ArpFields = {}): Uint8Array {
  const { oper = 1, sha = PEER_MAC, spa = PEER_IP, tha = mac.ZERO, tpa = HOST_IP } = fields;
  return arp.build({ oper, sha, spa, tha, tpa });
}

export function arpFrame(
  fields: ArpFields = {},
  dst: Uint8Array = mac.BROADCAST,
  src: Uint8Array = PEER_MAC,
): Uint8Array {
  return frame(arpPacket(fields), EtherType.Arp, dst, src);
}

export interface EchoFields extends Partial<ipv4.Ipv4Packet> {
  id_?: number;
  seq?: number;
  type?: number;
  data?: Uint8Array;
}

/** An ICMP message with its checksum. */
export function icmpMessage(type: number, code: number, word: number, data: Uint8Array): Uint8Array {
  const message = new Uint8Array(8 + data.length);
  icmp.setType(message, 0, type);
  icmp.setCode(message, 0, code);
  icmp.setSecondWord(message, 0, word);
  message.set(data, 8);
  icmp.updateChecksum(message, 0, message.length);
  return message;
}

export const DATA = Uint8Array.from({ length: 56 }, (_, i) => i);

/** A datagram from the bare end to the host: an echo request unless told otherwise. */
export function datagram(fields: EchoFields = {}): Uint8Array {
  const { id_ = 0x1234, seq = 1, type = icmp.Type.EchoRequest, data = DATA, ...rest } = fields;
  return ipv4.build({
    tos: 0,
    id: 7,
    flags: 0,
    fragmentOffset: 0,
    ttl: 64,
    protocol: ipv4.Protocol.Icmp,
    src: PEER_IP,
    dst: HOST_IP,
    options: new Uint8Array(0),
    payload: icmpMessage(type, 0, (id_ << 16) | seq, data),
    ...rest,
  });
}

export function echoFrame(fields: EchoFields = {}, dst: Uint8Array = HOST_MAC, src: Uint8Array = PEER_MAC): Uint8Array {
  return frame(datagram(fields), EtherType.Ipv4, dst, src);
}
