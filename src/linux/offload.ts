/**
 * What a sender left to its network card, as the kernel tells and is told it: struct virtio_net_hdr (linux/virtio_net.h)
 * before each frame of a packet socket with PACKET_VNET_HDR. A virtual cable has no card: the kernel hands on TCP
 * "segments" of up to 64 KiB, longer than any MTU, with a checksum of the pseudo-header alone. With this header they can be
 * received whole, and sent on as they are. Fields are in host byte order.
 */
import * as ipv4 from "../../packets/ipv4.ts";
import * as tcp from "../../packets/tcp.ts";
import * as udp from "../../packets/udp.ts";
import { libc } from "./libc.ts";
import { LINK_HEADER } from "./packet-ring.ts";

/** Bytes of the header. */
export const OFFLOAD_HEADER = 10;
/** Room before a frame for the header, so that the frame stays aligned. */
export const OFFLOAD_LEAD = 16;
/** The longest frame that the kernel makes of IPv4: 65,535 bytes and their link-layer header. */
export const LONGEST_FRAME = ipv4.MAX_LENGTH + LINK_HEADER;

const FLAGS = 0;
const GSO_TYPE = 1;
const HDR_LEN = 2;
const GSO_SIZE = 4;
const CSUM_START = 6;
const CSUM_OFFSET = 8;

const NEEDS_CSUM = 1;
const GSO_NONE = 0;
const GSO_TCPV4 = 1;
const GSO_UDP_L4 = 5;
/** A congestion flag is on the first segment only (RFC 3168, 6.1.2). */
const GSO_ECN = 0x80;

const MSG_DONTWAIT = 0x40;

/** Payload bytes of each segment that the frame at `off` stands for; 0 if it is a single one. The header lies before it. */
export function segmentSize(words: DataView, off: number): number {
  const at = off - OFFLOAD_HEADER;
  const type = words.getUint8(at + GSO_TYPE) & ~GSO_ECN;
  return type === GSO_TCPV4 || type === GSO_UDP_L4 ? words.getUint16(at + GSO_SIZE, true) : 0;
}

/** Writes the header of a frame that leaves nothing to the card. */
export function writeFinished(words: DataView, off: number): void {
  words.setBigUint64(off - OFFLOAD_HEADER, 0n, true);
  words.setUint16(off - OFFLOAD_HEADER + CSUM_OFFSET, 0, true);
}

/**
 * Writes the header of a TCP or UDP frame whose checksum is unfinished.
 * @param network where its IPv4 header begins, from `off`. @param segment payload bytes of each segment; 0 for a single one.
 */
export function writeUnfinished(words: DataView, buf: Uint8Array, off: number, network: number, segment: number): void {
  const at = off - OFFLOAD_HEADER;
  const transport = ipv4.payloadOffset(buf, off + network);
  const isTcp = ipv4.protocol(buf, off + network) === ipv4.Protocol.Tcp;
  const headers = transport + (isTcp ? tcp.headerLength(buf, transport) : udp.HEADER_LENGTH) - off;
  const kind = isTcp ? GSO_TCPV4 | ((tcp.flags(buf, transport) & tcp.Flag.Cwr) === 0 ? 0 : GSO_ECN) : GSO_UDP_L4;
  words.setUint8(at + FLAGS, NEEDS_CSUM);
  words.setUint8(at + GSO_TYPE, segment === 0 ? GSO_NONE : kind);
  words.setUint16(at + HDR_LEN, headers, true);
  words.setUint16(at + GSO_SIZE, segment, true);
  words.setUint16(at + CSUM_START, transport - off, true);
  words.setUint16(at + CSUM_OFFSET, isTcp ? tcp.CHECKSUM : udp.CHECKSUM, true);
}

/**
 * Frames too long for their slot in a ring: with PACKET_COPY_THRESH the kernel queues each of them whole as well. They are
 * fetched into memory behind the ring, in the order of their slots.
 */
export class LongFrames {
  /** Bytes of memory behind the ring for `count` frames, a multiple of the page size. */
  static memory(count: number): number {
    return (count * LongFrames.#size + 4095) & ~4095;
  }

  static readonly #size = (OFFLOAD_LEAD + LONGEST_FRAME + 63) & ~63;
  readonly words: DataView;
  readonly #fd: number;
  readonly #start: number;
  readonly #rooms: readonly Uint8Array[];

  /** @param start where that memory begins within `buffer`. */
  constructor(fd: number, buffer: ArrayBuffer, start: number, count: number) {
    this.#fd = fd;
    this.#start = start;
    this.words = new DataView(buffer);
    const room = (i: number) => start + i * LongFrames.#size + OFFLOAD_LEAD - OFFLOAD_HEADER;
    const length = OFFLOAD_HEADER + LONGEST_FRAME;
    this.#rooms = Array.from({ length: count }, (_, i) => new Uint8Array(buffer, room(i), length));
  }

  /**
   * Fetches the frame that was queued for a slot.
   * @param i where to, from 0. @param length of the whole frame.
   * @returns the offset of its first byte, or -1 if it is not there.
   */
  fetch(i: number, length: number): number {
    const room = this.#rooms[i]!;
    const wanted = OFFLOAD_HEADER + length;
    if (wanted > room.length) return -1;
    // One try more: an error of the interface is reported once. Another length is another slot's, which was passed over.
    for (let tries = 0; tries < 3; tries++)
      if (Number(libc.recv(this.#fd, room, room.length, MSG_DONTWAIT)) === wanted)
        return this.#start + i * LongFrames.#size + OFFLOAD_LEAD;
    return -1;
  }
}
