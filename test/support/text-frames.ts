/**
 * Frames for comparing printers: every kind that ours decodes, a part of them cut by the capture, cut on the wire, or
 * with random bytes changed. The same seed gives the same frames.
 */
import { arp, checksum, ethernet, icmp, ipv4, mac, udp, vlan } from "../../packets/index.ts";
import type { TextFrame } from "./tcpdump.ts";

const NOBODY = new Uint8Array(0);
const HERE = Uint8Array.of(2, 0, 0, 0, 0, 1);
const THERE = Uint8Array.of(2, 0, 0, 0, 0, 2);
const SRC = 0x0a000001;
const DST = 0x0a000002;

/** @returns `count` frames, one a second. */
export function textFrames(seed: number, count: number): TextFrame[] {
  const dice = new Dice(seed);
  return Array.from({ length: count }, (_, i) => {
    const frame = KINDS[i % KINDS.length]!(dice);
    const stamp = { second: 1_700_000_000 + i, microsecond: (i * 997) % 1_000_000 };
    const fate = dice.unit();
    if (fate < 0.3) return { bytes: frame.slice(0, 1 + dice.below(frame.length)), length: frame.length, ...stamp };
    if (fate < 0.4) {
      const bytes = frame.slice(0, 1 + dice.below(frame.length));
      return { bytes, length: bytes.length, ...stamp };
    }
    if (fate < 0.7) {
      for (let left = 1 + dice.below(3); left > 0; left--) frame[12 + dice.below(frame.length - 12)] = dice.below(256);
    }
    return { bytes: frame, length: frame.length, ...stamp };
  });
}

/** Pseudo-random numbers (mulberry32). */
export class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  /** 0 to 1, 1 excluded. */
  unit(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 0x100000000;
  }

  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

type Maker = (dice: Dice) => Uint8Array;

const KINDS: readonly Maker[] = [
  arpFrame,
  atmArpFrame,
  (d) => icmpFrame(d, { kind: "echo-request", code: 0, identifier: word(d), sequence: word(d), data: data(d) }),
  (d) => icmpFrame(d, { kind: "echo-reply", code: 0, identifier: word(d), sequence: word(d), data: data(d) }),
  (d) => {
    const nextHopMtu = d.chance(0.5) ? 0 : d.below(2000);
    return icmpFrame(d, { kind: "unreachable", code: d.below(18), nextHopMtu, quotedLength: 0, quoted: quoted(d) });
  },
  (d) => {
    const error = { code: d.below(3), quotedLength: d.chance(0.5) ? 0 : 32, quoted: extended(d) };
    if (d.chance(0.5)) return icmpFrame(d, { kind: "time-exceeded", ...error });
    if (d.chance(0.5)) return icmpFrame(d, { kind: "parameter-problem", pointer: d.below(40), ...error });
    return icmpFrame(d, { kind: "unreachable", nextHopMtu: 0, ...error });
  },
  (d) => icmpFrame(d, { kind: "redirect", code: d.below(6), gateway: 0x0a0000fe, quoted: quoted(d) }),
  (d) => icmpFrame(d, { kind: "source-quench", code: 0, quoted: quoted(d) }),
  (d) => {
    const kind = d.chance(0.5) ? "timestamp-request" : "timestamp-reply";
    const times = { originate: d.below(86_400_000), receive: d.below(0x80000000), transmit: 0xffffffff };
    return icmpFrame(d, { kind, code: 0, identifier: 1, sequence: 2, ...times });
  },
  (d) => {
    const kind = d.chance(0.5) ? "address-mask-request" : "address-mask-reply";
    return icmpFrame(d, { kind, code: 0, identifier: 1, sequence: 2, mask: -256 });
  },
  routerFrame,
  (d) => {
    const rest = d.chance(0.5) ? quoted(d) : d.bytes(d.below(40));
    return icmpFrame(d, { kind: "other", type: d.below(256), code: d.below(5), word: d.below(0x7fffffff), data: rest });
  },
  (d) => ipFrame(d, { options: options(d), payload: echo(d) }),
  (d) => {
    const fragment = { tos: d.below(256), flags: d.below(8), fragmentOffset: 8 * d.below(100), ttl: d.below(3) };
    return ipFrame(d, { ...fragment, protocol: d.pick([1, 6, 17, 2, 58, 59, 77, 253, 143]), payload: data(d) });
  },
  (d) => ipFrame(d, { flags: d.below(8), protocol: d.pick([253, 59, 77, 58, 143, 4, 61]), payload: data(d) }),
  (d) => ipFrame(d, { protocol: 4, payload: packet(d) }),
  udpFrame,
  (d) => ipFrame(d, { protocol: 6, payload: tcp(d), options: d.chance(0.1) ? options(d) : NOBODY }),
  taggedFrame,
  llcFrame,
  (d) => frame(d, d.pick([0x88b5, 0x1234, 0x05dd, 0x22f0]), data(d)),
];

function word(d: Dice): number {
  return d.below(65_536);
}

function data(d: Dice): Uint8Array {
  return d.bytes(d.below(60));
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function frame(d: Dice, type: number, payload: Uint8Array): Uint8Array {
  return ethernet.build({ dst: d.chance(0.3) ? mac.BROADCAST : THERE, src: HERE, type, payload });
}

function ip(d: Dice, fields: Partial<ipv4.Ipv4Packet>): Uint8Array {
  const fixed = { tos: 0, id: word(d), flags: 2, fragmentOffset: 0, ttl: 64, protocol: 1, src: SRC, dst: DST };
  return ipv4.build({ ...fixed, options: NOBODY, payload: NOBODY, ...fields });
}

function ipFrame(d: Dice, fields: Partial<ipv4.Ipv4Packet>): Uint8Array {
  return frame(d, 0x0800, ip(d, fields));
}

function icmpFrame(d: Dice, message: icmp.IcmpMessage): Uint8Array {
  return ipFrame(d, { payload: icmp.build(message) });
}

function echo(d: Dice): Uint8Array {
  return icmp.build({ kind: "echo-request", code: 0, identifier: 7, sequence: 3, data: data(d) });
}

function arpFrame(d: Dice): Uint8Array {
  const oper = d.pick([1, 2, 3, 4, 8, 9, 10, 0, 24, 65_535]);
  const tha = d.chance(0.5) ? new Uint8Array(6) : THERE;
  const bytes = arp.build({ oper, sha: HERE, spa: SRC, tha, tpa: DST });
  if (d.chance(0.3)) bytes[1] = d.pick([1, 6, 7, 15, 19, 23, 24, 32, 33]);
  if (d.chance(0.3)) bytes[4] = d.below(9);
  if (d.chance(0.2)) bytes[5] = d.below(7);
  if (d.chance(0.2)) bytes.set(d.bytes(2), 2);
  if (d.chance(0.1)) bytes.set([0x10, 0], 2);
  return frame(d, d.chance(0.1) ? 0x8035 : 0x0806, join(bytes, new Uint8Array(d.below(20))));
}

function atmArpFrame(d: Dice): Uint8Array {
  const oper = d.pick([1, 2, 8, 9, 10, 3, 77]);
  const length = () => (d.chance(0.8) ? 4 : d.below(6));
  const header = [0, 19, 8, 0, d.below(8), d.below(4), 0, oper, length(), d.below(8), d.below(4), length()];
  return frame(d, 0x0806, join(Uint8Array.from(header), d.bytes(40)));
}

function routerFrame(d: Dice): Uint8Array {
  const routers = Array.from({ length: d.below(4) }, () => ({ address: SRC, preference: d.below(100) - 50 }));
  const lifetime = d.pick([30, 90, 1800, 9000, 65_535]);
  const payload = icmp.build({ kind: "router-advertisement", code: 0, lifetime, routers });
  if (d.chance(0.2)) payload[5] = d.below(5);
  return ipFrame(d, { payload });
}

/** What an ICMP error quotes: a whole packet, or its header and eight bytes. */
function quoted(d: Dice): Uint8Array {
  const whole = packet(d);
  return d.chance(0.5) ? whole : whole.slice(0, 28);
}

function packet(d: Dice): Uint8Array {
  switch (d.below(5)) {
    case 0:
      return ip(d, { protocol: 17, payload: datagram(d) });
    case 1:
      return ip(d, { protocol: 6, payload: tcp(d) });
    case 2:
      return ip(d, { payload: echo(d) });
    case 3:
      return ip(d, { protocol: 253, payload: d.bytes(20) });
    default:
      return ip(d, { options: options(d), payload: echo(d) });
  }
}

/** A quoted packet of 128 bytes and an extension structure (RFC 4884). */
function extended(d: Dice): Uint8Array {
  const objects = Array.from({ length: 1 + d.below(3) }, () => {
    const kind = d.pick([1, 1, 2, 3, 9]);
    const length = kind === 1 ? 4 : d.below(12);
    return join(Uint8Array.of(0, length + 4, kind, d.below(3)), d.bytes(length));
  });
  const extension = join(Uint8Array.of(d.chance(0.8) ? 0x20 : 0x10, 0, 0, 0), ...objects);
  if (d.chance(0.8)) {
    const sum = checksum.checksum(extension, 0, extension.length);
    extension.set([sum >> 8, sum & 255], 2);
  }
  return join(join(quoted(d), new Uint8Array(128)).slice(0, 128), extension);
}

function options(d: Dice): Uint8Array {
  const parts = Array.from({ length: 1 + d.below(3) }, () => {
    const type = d.pick([1, 7, 68, 130, 131, 137, 148, 82, 222, 136]);
    if (type === 1) return Uint8Array.of(1);
    const bytes = d.bytes(d.pick([3, 4, 7, 11, 12, 15]));
    bytes[0] = type;
    bytes[1] = bytes.length;
    if (d.chance(0.8)) bytes[2] = 4 + 4 * d.below(4);
    return bytes;
  });
  return pad(join(...parts), 0);
}

/** To a multiple of 4 bytes, at most 40. */
function pad(bytes: Uint8Array, filler: number): Uint8Array {
  const cut = bytes.slice(0, 40);
  return join(cut, new Uint8Array((4 - (cut.length % 4)) % 4).fill(filler));
}

function datagram(d: Dice): Uint8Array {
  return udp.build({ srcPort: 0x9000 + d.below(5), dstPort: 0x9100, payload: data(d) }, SRC, DST);
}

function udpFrame(d: Dice): Uint8Array {
  const payload = datagram(d);
  if (d.chance(0.2)) payload.set([0, 0], 6);
  if (d.chance(0.2)) payload[5] = d.below(40);
  return ipFrame(d, {
    protocol: 17,
    flags: d.chance(0.2) ? 1 : 0,
    options: d.chance(0.2) ? options(d) : NOBODY,
    payload,
  });
}

const TCP_OPTION_LENGTHS: ReadonlyMap<number, readonly number[]> = new Map([
  [0, [0]],
  [1, [0]],
  [2, [2]],
  [3, [1]],
  [4, [0]],
  [5, [8, 16, 7]],
  [6, [4]],
  [8, [8]],
  [28, [2]],
  [29, [1, 2, 6]],
  [34, [0, 4, 8, 3]],
  [253, [0, 1, 4]],
  [254, [1, 2, 6]],
]);

function tcp(d: Dice): Uint8Array {
  const kinds = [...TCP_OPTION_LENGTHS.keys()];
  const parts = Array.from({ length: d.below(5) }, () => {
    const kind = d.pick(kinds);
    const length = d.pick(TCP_OPTION_LENGTHS.get(kind)!);
    return kind < 2 ? Uint8Array.of(kind) : join(Uint8Array.of(kind, length + 2), d.bytes(length));
  });
  const tail = pad(join(...parts), 1);
  const header = d.bytes(20);
  // Ports that no protocol claims; mostly the same two, so that segments meet their conversation again.
  header.set(d.chance(0.7) ? [0x90, 1, 0x90, 2] : [0x90, d.below(256), 0x90, d.below(256)]);
  header[12] = ((20 + tail.length) / 4) << 4;
  if (d.chance(0.8)) header[13] = header[13]! & 0x1f;
  return join(header, tail, d.chance(0.5) ? NOBODY : data(d));
}

function taggedFrame(d: Dice): Uint8Array {
  const inner = d.pick(KINDS.slice(0, 15))(d);
  const buf = new Uint8Array(inner.length + 12);
  buf.set(inner);
  let end = inner.length;
  for (let left = 1 + d.below(3); left > 0; left--) {
    end = vlan.insert(buf, 0, end, d.pick([0x8100, 0x88a8, 0x9100, 0x9200]), word(d));
  }
  return buf.slice(0, end);
}

function llcFrame(d: Dice): Uint8Array {
  const bytes = d.bytes(9 + d.below(80));
  bytes[0] = d.pick([0, 0x02, 0x03, 0x04, 0x06, 0x42, 0x7e, 0xaa, 0x43, 0xab, 0x7c, 0x11]);
  bytes[1] = d.chance(0.5) ? bytes[0]! : d.pick([0, 2, 4, 0x42, 0xaa, 0x43, 0xab]);
  bytes[2] = d.pick([3, 0x13, 0xaf, 0xbf, 0xe3, 0x0f, 1, 5, 9, 0]);
  if (bytes[2] === 0xaf && d.chance(0.5)) bytes[3] = 0x81;
  if (bytes[0] === 0x42) bytes.set([0, 0, d.pick([0, 2, 5]), d.pick([0, 2, 0x80, 7])], 3);
  if (bytes[0] === 0xaa) bytes.set([0, 0, d.pick([0, 0xf8, 1]), d.pick([0x08, 0x90]), d.pick([0, 6])], 3);
  return frame(d, d.chance(0.7) ? bytes.length : d.below(1500), bytes);
}
