/** Small changes of frames, to build faulty hosts from. Frames are untagged; what is no fitting frame passes unchanged. */
import * as arp from "../../packets/arp.ts";
import * as icmp from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as address from "../../packets/ipv4-address.ts";
import * as mac from "../../packets/mac.ts";
import * as udp from "../../packets/udp.ts";
import type { Tamper } from "../../src/script/devices/tampered-link.ts";

/** First byte after the Ethernet header. */
export const NET = 14;
export const MESSAGE = NET + 20;

export const ip = (text: string): number => address.parse(text)!;

export const isArp = (frame: Uint8Array): boolean => frame[12] === 8 && frame[13] === 6 && frame.length >= NET + 8;
export const isIp = (frame: Uint8Array): boolean => frame[12] === 8 && frame[13] === 0 && frame.length >= MESSAGE;
export const isFragment = (frame: Uint8Array): boolean => isIp(frame) && ipv4.isFragment(frame, NET);
export const isIcmp = (frame: Uint8Array, ...types: number[]): boolean =>
  isIp(frame) &&
  ipv4.protocol(frame, NET) === 1 &&
  ipv4.fragmentOffset(frame, NET) === 0 &&
  (types.length === 0 || types.includes(icmp.type(frame, payload(frame))));
export const isArpOf = (frame: Uint8Array, operation: number): boolean =>
  isArp(frame) && arp.operation(frame, NET) === operation;

/** First byte of the datagram's payload. */
export function payload(frame: Uint8Array): number {
  return NET + (frame[NET]! & 15) * 4;
}

/** Makes a datagram's checksums right for what it holds. */
export function sum(frame: Uint8Array): Uint8Array {
  ipv4.updateChecksum(frame, NET);
  if (ipv4.isFragment(frame, NET)) return frame;
  const at = payload(frame);
  const end = Math.min(frame.length, NET + ipv4.totalLength(frame, NET));
  if (ipv4.protocol(frame, NET) === 1 && end >= at + 8) icmp.updateChecksum(frame, at, end);
  if (ipv4.protocol(frame, NET) === 17 && udp.check(frame, at, end) === 0)
    udp.updateChecksum(frame, at, ipv4.src(frame, NET), ipv4.dst(frame, NET));
  return frame;
}

/** Changes the frames that `which` says, and passes the others. */
export function change(which: (frame: Uint8Array) => boolean, how: (frame: Uint8Array) => unknown): Tamper {
  return (frame) => {
    if (which(frame)) how(frame);
    return [frame];
  };
}

/** As {@link change}, of datagrams, whose checksums are made right afterwards. */
export function changeIp(which: (frame: Uint8Array) => boolean, how: (frame: Uint8Array) => unknown): Tamper {
  return change(
    (frame) => isIp(frame) && which(frame),
    (frame) => {
      how(frame);
      sum(frame);
    },
  );
}

/** Loses the frames that `which` says. */
export function lose(which: (frame: Uint8Array) => boolean): Tamper {
  return (frame) => (which(frame) ? [] : [frame]);
}

/** Loses everything after the first frame that `which` says, and that frame. */
export function die(which: (frame: Uint8Array) => boolean): Tamper {
  let isDead = false;
  return (frame) => {
    isDead ||= which(frame);
    return isDead ? [] : [frame];
  };
}

/** Loses all but the first `n` of the frames that `which` says. */
export function atMost(n: number, which: (frame: Uint8Array) => boolean): Tamper {
  let seen = 0;
  return (frame) => (which(frame) && ++seen > n ? [] : [frame]);
}

/** The datagram cut to `total` bytes, or lengthened with zeros. */
export function resized(frame: Uint8Array, total: number): Uint8Array {
  const made = new Uint8Array(NET + total);
  made.set(frame.subarray(0, made.length));
  ipv4.setTotalLength(made, NET, total);
  return sum(made);
}

/** An ICMP error about the datagram in a frame, from its destination to its source. */
export function errorAbout(frame: Uint8Array, type: number, code: number): Uint8Array {
  const quoted = frame.subarray(NET, NET + 28);
  const made = new Uint8Array(MESSAGE + 8 + quoted.length);
  made.set(frame.subarray(6, 12), 0);
  made.set(frame.subarray(0, 6), 6);
  made.set(frame.subarray(12, MESSAGE), 12);
  made[NET] = 0x45;
  ipv4.setTotalLength(made, NET, made.length - NET);
  ipv4.setFragment(made, NET, 0, 0);
  ipv4.setProtocol(made, NET, 1);
  ipv4.setTtl(made, NET, 64);
  ipv4.setSrc(made, NET, ipv4.dst(frame, NET));
  ipv4.setDst(made, NET, ipv4.src(frame, NET));
  icmp.setType(made, MESSAGE, type);
  icmp.setCode(made, MESSAGE, code);
  made.set(quoted, MESSAGE + 8);
  return sum(made);
}

/** Fragments as a host sees them that lets the data that came first stand where fragments overlap. */
export function settleOverlaps(): Tamper {
  const taken = new Map<number, Set<number>>();
  return (frame) => {
    if (!isFragment(frame)) return [frame];
    const id = ipv4.identification(frame, NET);
    const known = taken.get(id) ?? new Set();
    taken.set(id, known);
    const at = payload(frame);
    const size = NET + ipv4.totalLength(frame, NET) - at;
    const base = ipv4.fragmentOffset(frame, NET);
    const parts: Uint8Array[] = [];
    for (let from = 0; from < size; ) {
      let to = from;
      while (to < size && !known.has(base + to)) to += 8;
      to = Math.min(to, size);
      if (to > from) {
        const part = new Uint8Array(at + to - from);
        part.set(frame.subarray(0, at));
        part.set(frame.subarray(at + from, at + to), at);
        ipv4.setTotalLength(part, NET, part.length - NET);
        const isLast = to === size && !ipv4.moreFragments(frame, NET);
        ipv4.setFragment(part, NET, isLast ? 0 : 1, base + from);
        ipv4.updateChecksum(part, NET);
        parts.push(part);
      }
      from = to + 8;
    }
    for (let i = 0; i < size; i += 8) known.add(base + i);
    return parts;
  };
}

export const setMac = (frame: Uint8Array, at: number, to: string): void => frame.set(mac.parse(to)!, at);
