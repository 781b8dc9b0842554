/** Packets that were seen, so that an error that quotes one, or a router that sends it back, can be tied to its frame. */
import * as ethernet from "../../../packets/ethernet.ts";
import * as mac from "../../../packets/mac.ts";
import type { Subject } from "./explanation.ts";
import { Memory } from "./memory.ts";

/** A packet as its header and its first bytes tell it from others. */
export interface PacketIdentity {
  readonly src: string;
  readonly dst: string;
  /** IP protocol number. */
  readonly protocol: number;
  /** What else the header tells it by: IPv4's identification and fragment offset. */
  readonly id: number;
  /** First byte after the header, and the byte after the last captured one. */
  readonly payload: number;
  readonly end: number;
}

export interface SeenPacket {
  readonly number: number;
  readonly ttl: number;
  /** The MAC that sent it. */
  readonly mac: string;
}

/** An ICMP error quotes 8 bytes at least (RFC 792). */
const QUOTED = 8;
const UDP = 17;
/** Of UDP's 8 bytes the last two are the checksum, which hardware may have filled in on the way. */
const QUOTED_OF_UDP = 6;

export class PacketMemory {
  private readonly packets: Memory<string, SeenPacket>;

  constructor(memory: number) {
    this.packets = new Memory(memory);
  }

  find(subject: Subject, packet: PacketIdentity): SeenPacket | undefined {
    return this.packets.get(keyOf(subject, packet));
  }

  /** Remembers the packet. @returns the same packet's earlier frame, if there was one. */
  note(subject: Subject, packet: PacketIdentity, ttl: number): SeenPacket | undefined {
    const key = keyOf(subject, packet);
    const before = this.packets.get(key);
    const sender = mac.format(subject.buf, subject.frame + ethernet.SRC);
    this.packets.set(key, { number: subject.number, ttl, mac: sender });
    return before;
  }
}

function keyOf(subject: Subject, packet: PacketIdentity): string {
  const { src, dst, protocol, id, payload } = packet;
  const bytes = Math.min(protocol === UDP ? QUOTED_OF_UDP : QUOTED, packet.end - payload);
  let key = `${subject.segment}${src} ${dst} ${protocol} ${id}`;
  for (let i = 0; i < bytes; i++) key += ` ${subject.buf[payload + i]!}`;
  return key;
}
