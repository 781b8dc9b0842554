/**
 * The hot path of sending: writes the headers of Ethernet, ARP, IPv4 and ICMP through one DataView, made once per buffer.
 * For the reasons that reader.ts gives; the protocols' modules have setters for every field.
 *
 * Values are cut to their fields. Nothing checks that there is room in the protocols' sense, but a write beyond the
 * buffer throws a RangeError. Offsets are counted from the buffer's first byte.
 */
import { addWords, fold } from "./checksum.ts";
import { viewOf } from "./view.ts";

/** See reader.ts. */
const PLACE = 0x3fffffff;
const NOTHING = new Uint8Array(0);

export class PacketWriter {
  private buffer: Uint8Array = NOTHING;
  private view: DataView = new DataView(NOTHING.buffer);
  private source: Uint8Array = NOTHING;
  private sourceView: DataView = new DataView(NOTHING.buffer);

  /**
   * Writes into `buf` from now on; costs nothing if it does already.
   * @throws {RangeError} if the buffer is longer than 2^30 bytes.
   */
  attach(buf: Uint8Array): void {
    if (buf !== this.buffer) this.change(buf);
  }

  private change(buf: Uint8Array): void {
    this.view = viewOf(buf);
    this.buffer = buf;
  }

  /** An unsigned 16-bit integer. */
  u16(at: number, value: number): void {
    this.view.setUint16(at & PLACE, value);
  }

  /** A 32-bit integer, signed or unsigned. */
  i32(at: number, value: number): void {
    this.view.setInt32(at & PLACE, value);
  }

  /** Six bytes, given as their upper 16 and lower 32 bits. */
  mac(at: number, high: number, low: number): void {
    this.view.setUint16(at & PLACE, high);
    this.view.setInt32((at & PLACE) + 2, low);
  }

  /** An Ethernet header of 14 bytes; addresses as {@link mac} takes them. */
  ethernet(off: number, dstHigh: number, dstLow: number, srcHigh: number, srcLow: number, type: number): void {
    const view = this.view;
    const at = off & PLACE;
    view.setUint16(at, dstHigh);
    view.setInt32(at + 2, dstLow);
    view.setUint16(at + 6, srcHigh);
    view.setInt32(at + 8, srcLow);
    view.setUint16(at + 12, type);
  }

  /** The 28 bytes of ARP for IPv4 over Ethernet. */
  arp(
    off: number,
    operation: number,
    shaHigh: number,
    shaLow: number,
    spa: number,
    thaHigh: number,
    thaLow: number,
    tpa: number,
  ): void {
    const view = this.view;
    const at = off & PLACE;
    view.setInt32(at, 0x00010800);
    view.setInt32(at + 4, 0x06040000 | (operation & 0xffff));
    view.setUint16(at + 8, shaHigh);
    view.setInt32(at + 10, shaLow);
    view.setInt32(at + 14, spa);
    view.setUint16(at + 18, thaHigh);
    view.setInt32(at + 20, thaLow);
    view.setInt32(at + 24, tpa);
  }

  /** As `ipv4.writeHeader`: 20 bytes, checksum included, of a datagram that is no fragment. */
  ipv4(
    off: number,
    length: number,
    id: number,
    flags: number,
    ttl: number,
    protocol: number,
    src: number,
    dst: number,
    tos: number,
  ): void {
    const view = this.view;
    const at = off & PLACE;
    const first = 0x4500 | (tos & 0xff);
    const hop = ((ttl & 0xff) << 8) | (protocol & 0xff);
    const fragment = (flags & 7) << 13;
    const addresses = (src >>> 16) + (src & 0xffff) + (dst >>> 16) + (dst & 0xffff);
    const sum = first + (length & 0xffff) + (id & 0xffff) + fragment + hop + addresses;
    const once = (sum & 0xffff) + (sum >>> 16);
    view.setInt32(at, (first << 16) | (length & 0xffff));
    view.setInt32(at + 4, (id << 16) | fragment);
    view.setInt32(at + 8, (hop << 16) | (~(once + (once >>> 16)) & 0xffff));
    view.setInt32(at + 12, src);
    view.setInt32(at + 16, dst);
  }

  /**
   * The 8 bytes of an echo, with the checksum over the message to `end`, whose data must be there already.
   * @param type `icmp.Type.EchoRequest` or `EchoReply`; the code is 0.
   */
  echo(off: number, end: number, type: number, identifier: number, sequence: number): void {
    const view = this.view;
    const at = off & PLACE;
    const word = (identifier << 16) | (sequence & 0xffff);
    const header = ((type & 0xff) << 8) + (word >>> 16) + (word & 0xffff);
    view.setInt32(at + 4, word);
    view.setInt32(at, ((type & 0xff) << 24) | (~fold(header + addWords(view, at + 8, end)) & 0xffff));
  }

  /** Copies bytes from `from`, four at a time and without a view for each call. The ranges must not overlap. */
  copy(from: Uint8Array, fromOff: number, off: number, length: number): void {
    if (from !== this.source) this.changeSource(from);
    const source = this.sourceView;
    const view = this.view;
    const start = fromOff & PLACE;
    const at = off & PLACE;
    const whole = length & 0x3ffffffc;
    let i = 0;
    for (; i < whole; i = (i + 4) & PLACE) view.setInt32(at + i, source.getInt32(start + i, true), true);
    for (; i < length; i = (i + 1) & PLACE) view.setUint8(at + i, source.getUint8(start + i));
  }

  private changeSource(from: Uint8Array): void {
    this.sourceView = viewOf(from);
    this.source = from;
  }
}
