/**
 * Segments for comparing printers: options of every kind and of wrong lengths, Multipath TCP, conversations in both
 * directions over IPv4 and IPv6, and text protocols as data. The same seed gives the same frames.
 */
import * as inet from "../../packets/checksum.ts";
import { withFate } from "./link-frames.ts";
import type { TextFrame } from "./tcpdump.ts";
import { Dice } from "./text-frames.ts";

type Bytes = readonly number[];

/** @returns `count` frames, one a second. */
export function tcpFrames(seed: number, count: number): TextFrame[] {
  const d = new Dice(seed);
  return Array.from({ length: count }, (_, i) => withFate(d, i % 3 < 2 ? optionsFrame(d) : textFrame(d), i));
}

function bytes(d: Dice, length: number): number[] {
  return [...d.bytes(length)];
}

function word(value: number): Bytes {
  return [value >> 8, value & 255];
}

/** Lengths that an option has by its subtype; others are wrong. */
const MPTCP_LENGTHS = [
  [12, 4, 20, 22, 21],
  [12, 16, 24, 13],
  [4, 8, 12, 16, 18, 20, 22, 24, 26, 28, 14],
  [8, 10, 16, 18, 20, 22, 28, 30, 9, 12],
  [3, 4, 5, 6],
  [3, 4, 5],
  [12, 11],
  [12, 13],
  [4],
  [3],
];

function multipath(d: Dice): Bytes {
  const subtype = d.below(MPTCP_LENGTHS.length);
  const length = d.chance(0.9) ? d.pick(MPTCP_LENGTHS[subtype]!) : 2 + d.below(30);
  const flags =
    subtype === 2 && d.chance(0.9) ? d.pick([0, 1, 2, 3, 4, 5, 7, 8, 12, 13, 15, 0x15, 0x1f]) : d.below(256);
  const low = d.pick([0, 1, 4, 6, 2, d.below(16)]);
  return [30, length, (subtype << 4) | low, flags, ...bytes(d, 30)].slice(0, length);
}

function option(d: Dice): Bytes {
  switch (d.below(9)) {
    case 0:
    case 1:
    case 2:
      return multipath(d);
    case 3:
      return [1];
    case 4:
      return d.pick([
        [2, 4, 5, 180],
        [8, 10, ...bytes(d, 8)],
        [3, 3, 7],
        [4, 2],
      ]);
    case 5: {
      const kinds = [3, 4, 5, 6, 7, 11, 12, 13, 19, 20, 28, 29, 34, 253, 254, 69, 9, 14, 25, 27, 172, 255];
      const length = d.pick([2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 26]);
      return [d.pick(kinds), length, ...bytes(d, length - 2)];
    }
    case 6: {
      const blocks = 1 + d.below(4);
      return [5, 2 + 8 * blocks, ...bytes(d, 8 * blocks)];
    }
    case 7:
      return d.pick([
        [34, 2],
        [34, 6, 1, 2, 3, 4],
        [254, 4, 0xf9, 0x89],
        [254, 8, 0xf9, 0x89, 1, 2, 3, 4],
        [29, 16, ...bytes(d, 14)],
        [28, 4, 0x80, 0x0a],
        [19, 18, ...bytes(d, 16)],
      ]);
    default:
      return [d.below(256), d.below(4)];
  }
}

function optionsFrame(d: Dice): Bytes {
  const options = Array.from({ length: d.below(5) }, () => option(d))
    .flat()
    .slice(0, 40);
  while (options.length % 4 !== 0) options.push(d.pick([0, 1]));
  const flags = d.chance(0.7) ? d.pick([2, 0x12, 0x10, 0x18, 4, 0x14, 0x11, 0x19, 0x38]) : d.below(256);
  const data = d.chance(0.4) ? [] : bytes(d, d.below(60));
  return frame(d, d.pick(UNCLAIMED), d.pick(UNCLAIMED), flags, options, data);
}

/** Ports that no protocol claims, few enough that segments meet their conversation again. */
const UNCLAIMED = [40_000, 40_001, 65_535];

const WORDS = [
  ..."GET get POST PROPFIND VERSION-CONTROL HTTP/1.1 RTSP/1.0 DESCRIBE SETUP 220 250-x EHLO".split(" "),
  ..."SSH-2.0-OpenSSH_9 SSH- 200 404 2000 20 a USER".split(" "),
  ...[126, 127, 128].map((length) => "x".repeat(length)),
];
const BREAKS = [" ", "\t", "  ", "\r\n", "\n", "\r", "\r\n\r\n", ": ", "\x01", "\xe9", " \t"];

function textFrame(d: Dice): Bytes {
  const port = d.pick([21, 22, 23, 25, 43, 80, 8080, 554, 8554]);
  const data = port === 23 ? telnet(d) : lines(d);
  const [src, dst] = d.chance(0.5) ? [port, 40_000] : [40_000, port];
  return frame(d, src, dst, d.chance(0.9) ? 0x18 : 0x14, [], data);
}

function lines(d: Dice): Bytes {
  const parts = Array.from({ length: 1 + d.below(6) }, () => d.pick(WORDS) + d.pick(BREAKS));
  return [...parts.join("")].map((character) => character.charCodeAt(0)).slice(0, d.chance(0.2) ? d.below(20) : 900);
}

function telnet(d: Dice): Bytes {
  const command = () =>
    d.pick([
      [255, 251, d.below(45)],
      [255, 253, d.below(256)],
      [255, d.below(256)],
      [255, 255],
      [255, 250, d.pick([37, 38, 24, 31, 39, 50]), ...bytes(d, d.below(6)).map((byte) => byte % 18), 255, 240],
      [255, 250, 24, 0],
      bytes(d, 2),
    ]);
  return Array.from({ length: 1 + d.below(5) }, command).flat();
}

function frame(d: Dice, src: number, dst: number, flags: number, options: Bytes, data: Bytes): Bytes {
  const header = ((20 + options.length) / 4) << 4;
  const fixed = [...word(src), ...word(dst), ...bytes(d, 8), d.chance(0.9) ? header : d.below(256), flags];
  const segment = [...fixed, ...bytes(d, 2), 0, 0, ...(d.chance(0.7) ? [0, 0] : bytes(d, 2)), ...options, ...data];
  const isIpv6 = d.chance(0.15);
  const ends = [d.pick([1, 2]), d.pick([1, 2])].map((last) =>
    isIpv6 ? [0xfe, 0x80, ...new Array<number>(13).fill(0), last] : [10, 0, 0, last],
  );
  if (d.chance(0.8)) {
    const pseudo = [...ends.flat(), ...word(6), ...word(segment.length)];
    segment.splice(
      16,
      2,
      ...word(inet.checksum(Uint8Array.from([...pseudo, ...segment]), 0, pseudo.length + segment.length)),
    );
  }
  if (isIpv6) {
    const packet = [0x60, 0, 0, 0, ...word(segment.length), 6, 64, ...ends.flat(), ...segment];
    return [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, ...packet];
  }
  const flagsOffset = [d.pick([0x40, 0x40, 0x40, 0x20, 0]), 0];
  const ip = [0x45, d.below(4), ...word(20 + segment.length), 0, 1, ...flagsOffset, 64, 6, 0, 0, ...ends.flat()];
  ip.splice(10, 2, ...word(inet.checksum(Uint8Array.from(ip), 0, ip.length)));
  return [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, ...ip, ...segment];
}
