/**
 * Frames for the corpora. Written with DataView, not with vethlab's codecs: what is measured should not also be what
 * makes the measure. Addresses lie all over the number range, since V8 treats integers above 2^30 differently.
 */
import type { Random } from "./random.ts";

const ETHERNET = 14;
const ARP = 28;
const ICMP_ECHO = 8;

/** Built frames go into slots of this many bytes, */
export const SLOT = 128;
/** of which a batch has this many. */
export const SLOTS = 64;
/** The address of the station that answers. */
export const OUR_MAC = Uint8Array.of(0x02, 0x76, 0x0a, 0x00, 0x00, 0x02);

/** Echo data lengths: none, ping's 56, and up to what fills 1,500 bytes. */
const DATA_LENGTHS = [0, 8, 56, 56, 56, 120, 512, 1472 - 40] as const;

/** Requests and replies, half of them padded to Ethernet's 60 bytes. */
export function arpFrame(random: Random): Uint8Array {
  const frame = new Uint8Array(random.pick([ETHERNET + ARP, 60]));
  const view = new DataView(frame.buffer);
  addresses(frame, random);
  view.setUint16(12, 0x0806);
  view.setUint16(14, 1);
  view.setUint16(16, 0x0800);
  view.setUint8(18, 6);
  view.setUint8(19, 4);
  view.setUint16(20, random.pick([1, 2]));
  random.fill(frame, 22, 42);
  return frame;
}

/** Echo requests and replies of several lengths; one in eight carries IPv4 options. */
export function echoFrame(random: Random): Uint8Array {
  return echo(
    random,
    ETHERNET,
    random.pick([0, 0, 0, 0, 0, 0, 0, 4 * (1 + random.below(10))]),
    random.pick(DATA_LENGTHS),
  );
}

/** The same behind one 802.1Q tag. */
export function taggedEchoFrame(random: Random): Uint8Array {
  const plain = echoFrame(random);
  const frame = new Uint8Array(plain.length + 4);
  frame.set(plain.subarray(0, 12));
  frame.set(plain.subarray(12), 16);
  const view = new DataView(frame.buffer);
  view.setUint16(12, 0x8100);
  view.setUint16(14, (random.below(8) << 13) | (1 + random.below(4094)));
  return frame;
}

/** An echo request as ping sends it: no options, 56 bytes of data. */
export function pingFrame(random: Random): Uint8Array {
  const frame = echo(random, ETHERNET, 0, 56);
  frame[ETHERNET + 20] = 8;
  finishIcmp(frame, ETHERNET + 20, frame.length);
  return frame;
}

/** `length` random bytes, to be summed. */
export function randomBytes(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  random.fill(bytes, 0, length);
  return bytes;
}

function echo(random: Random, off: number, options: number, data: number): Uint8Array {
  const header = 20 + options;
  const total = header + ICMP_ECHO + data;
  const frame = new Uint8Array(off + total);
  const view = new DataView(frame.buffer);
  addresses(frame, random);
  view.setUint16(12, 0x0800);
  view.setUint8(off, 0x40 | (header / 4));
  view.setUint16(off + 2, total);
  view.setUint16(off + 4, random.below(0x10000));
  view.setUint16(off + 6, 0x4000);
  view.setUint8(off + 8, 64);
  view.setUint8(off + 9, 1);
  view.setUint32(off + 12, random.next());
  view.setUint32(off + 16, random.next());
  frame.fill(1, off + 20, off + header);
  view.setUint16(off + 10, internetChecksum(frame, off, off + header));
  const icmp = off + header;
  view.setUint8(icmp, random.pick([0, 8]));
  view.setUint16(icmp + 4, random.below(0x10000));
  view.setUint16(icmp + 6, random.below(0x10000));
  random.fill(frame, icmp + ICMP_ECHO, frame.length);
  finishIcmp(frame, icmp, frame.length);
  return frame;
}

function finishIcmp(frame: Uint8Array, off: number, end: number): void {
  const view = new DataView(frame.buffer);
  view.setUint16(off + 2, 0);
  view.setUint16(off + 2, internetChecksum(frame, off, end));
}

function addresses(frame: Uint8Array, random: Random): void {
  random.fill(frame, 0, 12);
  frame[0] = frame[0]! & 0xfe;
  frame[6] = frame[6]! & 0xfe;
}

/** RFC 1071 as it is written, word by word; even lengths only. */
function internetChecksum(buf: Uint8Array, off: number, end: number): number {
  const view = new DataView(buf.buffer);
  let sum = 0;
  for (let i = off; i < end; i += 2) sum += view.getUint16(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
