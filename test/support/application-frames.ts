/**
 * Frames with DNS, Multicast DNS and DHCP for comparing printers: sound ones, and ones with every kind of odd name, record,
 * option and count. The same seed gives the same frames. Changes are made to what UDP carries only, so that no other
 * protocol comes of them.
 */
import { dhcp, dns, ethernet, ipv4, mac, udp } from "../../packets/index.ts";
import type { TextFrame } from "./tcpdump.ts";
import { Dice } from "./text-frames.ts";

const SRC = 0x0a000001;
const DST = 0x0a000002;
/** Bytes before UDP's payload, and TCP's. */
const UDP_PAYLOAD = 42;
const TCP_PAYLOAD = 54;

/** @returns `count` frames, one a second: a quarter cut by the capture, and a half of all with bytes changed. */
export function applicationFrames(seed: number, count: number): TextFrame[] {
  const dice = new Dice(seed);
  return Array.from({ length: count }, (_, i) => {
    const isTcp = i % 5 === 4;
    const payload = isTcp ? dnsMessage(dice, false) : [dhcpMessage, dnsMessage][i % 2]!(dice, i % 3 === 0);
    const frame = isTcp ? tcpFrame(payload) : udpFrame(payload, i % 2 === 0 ? 67 : i % 3 === 0 ? 5353 : 53);
    const start = isTcp ? TCP_PAYLOAD : UDP_PAYLOAD;
    if (dice.chance(0.5)) damage(dice, frame, start);
    const captured = dice.chance(0.25) ? start + dice.below(frame.length - start + 1) : frame.length;
    return { bytes: frame.slice(0, captured), length: frame.length, second: 1_700_000_000 + i, microsecond: i };
  });
}

/** Up to four bytes become others, mostly such as lengths, pointers and labels are made of. */
function damage(dice: Dice, frame: Uint8Array, start: number): void {
  for (let left = 1 + dice.below(4); left > 0; left--) {
    const at = start + dice.below(frame.length - start);
    if (dice.chance(0.3)) frame[at] = dice.below(256);
    else if (dice.chance(0.4)) frame[at] = (frame[at]! + dice.below(5) - 2) & 0xff;
    else frame[at] = dice.pick([0, 1, 0x0c, 0x3f, 0x40, 0x41, 0x80, 0xc0, 0xff]);
  }
}

function inIpv4(protocol: number, payload: Uint8Array): Uint8Array {
  const fixed = { tos: 0, id: 1, flags: 0, fragmentOffset: 0, ttl: 64, src: SRC, dst: DST };
  const packet = ipv4.build({ ...fixed, protocol, options: new Uint8Array(0), payload });
  return ethernet.build({ dst: mac.BROADCAST, src: Uint8Array.of(2, 0, 0, 0, 0, 1), type: 0x0800, payload: packet });
}

/** A UDP datagram in a frame, from a port that nobody claims. */
export function udpFrame(payload: Uint8Array, dstPort: number, srcPort = 40_000): Uint8Array {
  return inIpv4(17, udp.build({ srcPort, dstPort, payload }, SRC, DST));
}

/** A TCP segment in a frame, with the length that DNS has before its message. */
export function tcpFrame(message: Uint8Array): Uint8Array {
  const header = [0x9c, 0x40, 0, 53, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0];
  return inIpv4(6, Uint8Array.of(...header, message.length >> 8, message.length & 0xff, ...message));
}

function join(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function u16(value: number): number[] {
  return [value >> 8, value & 0xff];
}

const NAMES = ["example.com.", "www.example.com.", "_sip._tcp.example.net.", ".", `${"x".repeat(63)}.org.`];

function name(dice: Dice): Uint8Array {
  switch (dice.below(9)) {
    case 0:
      return join(dice.pick([[0xc0, 12], [1, 0x61, 0xc0, 12], [0xc0, dice.below(80)], [0xc0]]));
    case 1:
      return dice.pick([
        // Characters that are not printed as they are.
        Uint8Array.of(5, 0, 0x1f, 0x7f, 0x80, 0xff, 0),
        // Bit strings of 8, 12, 3 and 256 bits; another type of label, which nobody knows.
        Uint8Array.of(0x41, 8, 0xab, 0),
        Uint8Array.of(0x41, 12, 0xab, 0xcd, 3, 0x63, 0x6f, 0x6d, 0),
        Uint8Array.of(0x41, 3, 0xff, 0),
        join([0x41, 0], new Uint8Array(32).fill(0x5a), [0]),
        Uint8Array.of(0x42, 1, 0),
        Uint8Array.of(0x80, 1, 0),
      ]);
    case 2: {
      // Around the length at which tcpdump stops.
      const label = join([63], new Uint8Array(63).fill(0x79));
      const last = 58 + dice.below(6);
      return join(label, label, label, [last], new Uint8Array(last).fill(0x7a), [0]);
    }
    default:
      return dns.encodeName(dice.pick(NAMES));
  }
}

const TYPES = [1, 2, 5, 6, 12, 13, 15, 16, 28, 33, 35, 38, 39, 41, 43, 47, 65, 99, 104, 250, 255, 256, 257, 65_280];
const CLASSES = [1, 1, 1, 3, 4, 7, 254, 255, 0x8001, 0x8003];

function recordData(dice: Dice, type: number): Uint8Array {
  if (dice.chance(0.2)) return dice.bytes(dice.below(24));
  switch (type) {
    case 1:
      return dice.bytes(4);
    case 28:
      return dice.chance(0.5) ? dice.bytes(16) : join(new Uint8Array(10), [0xff, 0xff], dice.bytes(4));
    case 6:
      return join(name(dice), name(dice), dice.bytes(20));
    case 15:
      return join(u16(10), name(dice));
    case 16:
      return join([3, 0x61, 0x62, 0x63], [dice.below(6)], dice.bytes(dice.below(6)));
    case 33:
      return join(u16(1), u16(2), u16(5060), name(dice));
    case 38: {
      const bits = dice.pick([0, 1, 8, 64, 120, 127, 128, 129]);
      return join([bits], dice.bytes(16 - (Math.min(bits, 128) >> 3)), bits > 0 ? name(dice) : []);
    }
    case 41:
      return join(...Array.from({ length: dice.below(4) }, () => ednsOption(dice)));
    case 250:
      return join(name(dice), dice.bytes(6), u16(300), u16(4), dice.bytes(4), u16(7), u16(0), u16(0));
    case 256:
      return join(u16(1), u16(2), [0x68, 0x74, 0x74, 0x70, 0x3a]);
    default:
      return dice.chance(0.7) ? name(dice) : dice.bytes(dice.below(30));
  }
}

function ednsOption(dice: Dice): Uint8Array {
  const code = dice.pick([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 65_001]);
  const data = dice.pick([
    dice.bytes(dice.pick([0, 1, 2, 3, 4, 8, 16, 24, 40, 41])),
    Uint8Array.of(0, 1, 24, 0, 192, 0, 2),
    Uint8Array.of(0, 2, 56, 0, 0x20, 1, 0xd, 0xb8, 0, 0, 0),
    Uint8Array.of(0, 1, 33, 0, 192, 0, 2, 1, 0),
    Uint8Array.of(1, 2, 3, 4, 5, 8, 13, 15, 252, 255),
    name(dice),
  ]);
  return join(u16(code), u16(data.length), data);
}

function dnsMessage(dice: Dice, isMulticast: boolean): Uint8Array {
  const counts = [dice.pick([1, 1, 1, 0, 2]), dice.below(3), dice.below(2), dice.below(3)];
  const parts: (Uint8Array | number[])[] = [];
  for (let i = 0; i < counts[0]!; i++) parts.push(name(dice), u16(dice.pick(TYPES)), u16(dice.pick(CLASSES)));
  for (let left = counts[1]! + counts[2]! + counts[3]!; left > 0; left--) {
    const type = dice.pick(TYPES);
    const data = recordData(dice, type);
    const ttl = dice.pick([
      [0, 0, 0, 0],
      [0, 1, 0x51, 0x80],
      [0xff, 0xff, 0xff, 0xff],
      [1, 0, 0x80, 0],
      [0, 0, 14, 17],
    ]);
    parts.push(type === 41 ? [0] : name(dice), u16(type), u16(dice.pick(CLASSES)), ttl, u16(data.length), data);
  }
  // Counts that do not tell the truth.
  if (dice.chance(0.1)) counts[dice.below(4)] = dice.pick([0, 1, 5, 65_535]);
  const ordinary = dice.pick([0x0100, 0x8180, 0x8580, 0x8400, 0x8183]);
  const flags = isMulticast ? dice.pick([0, 0x8400]) : dice.chance(0.7) ? ordinary : dice.below(65_536);
  return join(u16(dice.below(65_536)), u16(flags), ...counts.map(u16), ...parts);
}

const OPTIONS_OF_LENGTH_4 = [1, 3, 6, 51, 54, 50, 58, 59, 28, 42, 2, 91, 108, 150];

function dhcpOption(dice: Dice): Uint8Array {
  const option = (code: number, data: Uint8Array | readonly number[]) => join([code, data.length], data);
  switch (dice.below(9)) {
    case 0:
      return option(53, [dice.below(15)]);
    case 1:
      return option(55, dice.bytes(dice.below(12)));
    case 2:
      return option(dice.pick(OPTIONS_OF_LENGTH_4), dice.bytes(4 * (1 + dice.below(3))));
    case 3:
      return option(dice.pick([12, 15, 40, 56, 60, 66, 67]), [0x61, 0x62, 0x2d, dice.below(256)]);
    case 4: {
      const data = dice.pick([
        [0, 10, 0, 0, 1],
        [24, 192, 168, 1, 10, 0, 0, 1],
        [33, 1, 2, 3, 4],
        [20, 1, 2, 3, 4, 5, 6],
      ]);
      return option(dice.pick([121, 249]), data);
    }
    case 5: {
      const known = join([dice.pick([1, 2, 6]), 4], dice.bytes(4));
      return option(82, join(known, dice.pick([[], [5, 4, 1, 2, 3, 4], [151, 0], [9], [1, 9, 1]])));
    }
    case 6:
      return option(dice.pick([46, 52, 61, 77, 81]), join([dice.below(9)], dice.bytes(dice.below(9))));
    case 7:
      return new Uint8Array(1 + dice.below(3));
    default:
      return option(1 + dice.below(254), dice.bytes(dice.below(13)));
  }
}

function dhcpMessage(dice: Dice): Uint8Array {
  const bytes = dhcp.build({
    op: dice.pick([1, 2, 1, 2, 3]),
    htype: dice.chance(0.8) ? 1 : dice.below(256),
    hlen: dice.chance(0.9) ? 6 : dice.below(20),
    hops: dice.below(2),
    xid: dice.below(0x7fffffff),
    secs: dice.below(2) * 300,
    flags: dice.pick([0, 0x8000, 1]),
    ciaddr: dice.chance(0.3) ? SRC : 0,
    yiaddr: dice.chance(0.5) ? SRC : 0,
    siaddr: dice.chance(0.5) ? DST : 0,
    giaddr: dice.chance(0.3) ? DST : 0,
    chaddr: join([2, 0, 0, 0, 0, 1], new Uint8Array(10)),
    sname: new Uint8Array(64).fill(0x73, 0, dice.pick([0, 0, 5, 64])),
    file: new Uint8Array(128).fill(0x66, 0, dice.pick([0, 0, 5, 128])),
    options: [],
  });
  if (dice.chance(0.1)) return join(bytes.slice(0, dhcp.VEND), dice.pick([CMU, [1, 2, 3, 4], [0, 0, 0, 0], [99]]));
  const options = Array.from({ length: dice.below(9) }, () => dhcpOption(dice));
  return join(bytes.slice(0, dhcp.OPTIONS), ...options, dice.pick([[], [255], [255, 0, 0, 0, 1, 2, 3]]));
}

/** `CMU`: flags, mask, gateway, and a name server. */
const CMU = [0x43, 0x4d, 0x55, 0, 1, 0, 0, 0, 255, 255, 255, 0, 10, 0, 0, 254, 0, 0, 0, 0, 10, 0, 0, 53, 0, 0];
