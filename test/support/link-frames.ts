/**
 * Frames of what lies between Ethernet and IP, for comparing printers: LLDP, spanning tree, LLC and SNAP, 802.1X,
 * loopback, MPLS, MACsec. A part of them is cut by the capture, cut on the wire, or has a byte changed. The same seed
 * gives the same frames.
 */
import type { TextFrame } from "./tcpdump.ts";
import { Dice } from "./text-frames.ts";

type Bytes = readonly number[];
type Maker = (d: Dice) => Bytes;

/** @returns `count` frames, one a second, of one kind after the other. */
export function linkFrames(seed: number, count: number): TextFrame[] {
  const d = new Dice(seed);
  return Array.from({ length: count }, (_, i) => withFate(d, MAKERS[i % MAKERS.length]!(d), i));
}

/** A whole frame, or one that met one of the fates above. */
export function withFate(d: Dice, whole: Bytes, i: number): TextFrame {
  const bytes = Uint8Array.from(whole);
  const stamp = { second: 1_700_000_000 + i, microsecond: (i * 997) % 1_000_000 };
  const fate = d.unit();
  if (fate < 0.3) {
    const cut = bytes.slice(0, 1 + d.below(bytes.length));
    return { bytes: cut, length: d.chance(0.3) ? cut.length : bytes.length, ...stamp };
  }
  if (fate < 0.5) bytes[14 + d.below(bytes.length - 14)] = d.below(256);
  return { bytes, length: bytes.length, ...stamp };
}

const MAKERS: readonly Maker[] = [
  lldp,
  lldp,
  lldp,
  spanningTree,
  spanningTree,
  llc,
  snap,
  eapol,
  loopback,
  mpls,
  macsec,
];

const STATION = [2, 0, 0, 0, 0, 1];

function frame(d: Dice, type: number, payload: Bytes): Bytes {
  const tags = d.chance(0.1) ? [0x81, 0, d.below(256), d.below(256)] : [];
  return [1, 0x80, 0xc2, 0, 0, d.below(16), ...STATION, ...tags, type >> 8, type & 255, ...payload];
}

/** With the length that IEEE 802.3 has in the type's place; sometimes a wrong one, sometimes padding. */
function framed(d: Dice, payload: Bytes): Bytes {
  const length = d.chance(0.9) ? payload.length : d.below(1501);
  return [...frame(d, length, payload), ...(d.chance(0.3) ? new Uint8Array(d.below(20)) : [])];
}

function bytes(d: Dice, length: number): number[] {
  return [...d.bytes(length)];
}

function text(d: Dice): number[] {
  return bytes(d, d.below(12)).map((byte) => (d.chance(0.8) ? 32 + (byte % 95) : byte));
}

function ipv4(d: Dice): Bytes {
  const payload = bytes(d, d.below(20));
  const head = [0x45, 0, 0, 20 + payload.length, 0, 1, 0, 0, 64, d.pick([1, 17, 253]), 0, 0];
  return [...head, 10, 0, 0, 1, 10, 0, 0, 2, ...payload];
}

function tlv(type: number, value: Bytes, length = value.length): Bytes {
  return [((type << 1) | (length >> 8)) & 255, length & 255, ...value];
}

function lldp(d: Dice): Bytes {
  const tlvs = Array.from({ length: 1 + d.below(5) }, () => d.pick(LLDP_TLVS)(d)).flat();
  return frame(d, 0x88cc, [...tlvs, ...(d.chance(0.5) ? [0, 0] : [])]);
}

function networkAddress(d: Dice): Bytes {
  return [d.pick([1, 2, 6, 0, 3, 25, 26, 196, 255]), ...bytes(d, d.pick([0, 3, 4, 5, 6, 15, 16, 17]))];
}

function id(d: Dice, type: number, network: number): Bytes {
  if (d.chance(0.3)) return tlv(type, [network, ...networkAddress(d)]);
  return tlv(type, [d.below(9), ...(d.chance(0.5) ? bytes(d, 6) : text(d))]);
}

const LLDP_TLVS: readonly Maker[] = [
  (d) => id(d, 1, 5),
  (d) => id(d, 2, 4),
  (d) => tlv(3, bytes(d, d.pick([2, 2, 2, 1, 3]))),
  (d) => tlv(d.pick([4, 5, 6]), text(d)),
  (d) => tlv(7, bytes(d, d.pick([4, 4, 4, 3, 5]))),
  (d) => {
    const address = networkAddress(d);
    const oid = bytes(d, d.below(6));
    const tail = d.chance(0.5) ? [] : [d.chance(0.8) ? oid.length : d.below(9), ...oid];
    return tlv(8, [d.chance(0.9) ? address.length : d.below(30), ...address, d.below(5), ...bytes(d, 4), ...tail]);
  },
  (d) => tlv(d.below(128), bytes(d, d.below(20))),
  (d) => tlv(127, [0, 0x80, 0xc2, d.below(16), ...bytes(d, d.pick([0, 1, 2, 3, 4, 5, 6, 8, 9, 21, 22, 26]))]),
  (d) => tlv(127, [0, 0x12, 0x0f, d.below(7), ...bytes(d, d.below(8)).map((byte) => byte % 48)]),
  (d) => tlv(127, [0, 0x12, 0xbb, d.below(14), ...(d.chance(0.5) ? bytes(d, d.below(9)) : text(d))]),
  civicAddress,
  (d) => tlv(127, [0, 0x12, 0xbb, 3, 1, ...bytes(d, d.pick([16, 16, 15]))]),
  (d) => {
    const one = () => tlv(d.below(6), bytes(d, d.pick([4, 6, 10, 16, 17, 22])));
    return tlv(127, [0, 0x1b, 0x21, d.pick([1, 2, 2, 2, 3]), ...Array.from({ length: d.below(4) }, one).flat()]);
  },
  (d) =>
    tlv(127, [
      ...d.pick([
        [0, 0, 0x5e],
        [0, 0x90, 0x69],
        [1, 2, 3],
      ] as const),
      d.below(3),
      ...text(d),
    ]),
];

function civicAddress(d: Dice): Bytes {
  const one = () => {
    const value = text(d);
    return [d.below(8), d.chance(0.9) ? value.length : d.below(20), ...value];
  };
  const elements = Array.from({ length: d.below(4) }, one).flat();
  const length = d.chance(0.9) ? 3 + elements.length : d.below(30);
  return tlv(127, [0, 0x12, 0xbb, 3, 2, length, d.below(4), 65, 66, ...elements, ...(d.chance(0.8) ? [0] : [])]);
}

function spanningTree(d: Dice): Bytes {
  const version = d.pick([0, 2, 3, 3, 4, 4, 1, 5]);
  const type = d.pick([0, 2, 2, 2, 0x80, 3]);
  // Halves of a hundredth of a second among the times, which are rounded to even.
  const times = bytes(d, 8).map((byte) => (d.chance(0.4) ? d.pick([32, 96, 160, 224, 0]) : byte));
  const bpdu = [0, d.chance(0.05) ? 1 : 0, version, type, d.below(256), ...bytes(d, 22), ...times];
  if (type !== 0) bpdu.push(d.chance(0.95) ? 0 : 1);
  if (version >= 3) {
    const instances = d.below(4);
    const name = bytes(d, 32).map((byte, i) => (i > d.below(30) ? 0 : byte));
    bpdu.push(0, d.chance(0.9) ? 64 + 16 * instances : d.below(256), 0, ...name, ...bytes(d, 31 + 16 * instances));
    if (version === 4) bpdu.push(0, d.chance(0.8) ? 85 : d.below(200), ...bytes(d, d.chance(0.9) ? 85 : d.below(100)));
  }
  const snaps = [
    [0, 0, 0xc, 1, 0xb],
    [0, 0, 0xc, 1, 0xc],
    [0, 0x80, 0xc2, 0, 0xe],
  ];
  const head = d.chance(0.15) ? [0xaa, 0xaa, 3, ...d.pick(snaps)] : [0x42, 0x42, 3];
  return framed(d, [...head, ...bpdu]);
}

/** Access points without those of IPX (0xe0), IS-IS (0xfe) and raw IPX (0xff), whose bodies are not followed. */
function llc(d: Dice): Bytes {
  const sap = () => d.pick([0, 2, 3, 4, 6, 14, 0x42, 0x4e, 0x7e, 0x8e, 0xf0, 0x43, 0xf1, 0x10, 0x11]);
  const source = sap();
  const target = d.chance(0.6) ? (d.chance(0.9) ? source : source ^ 1) : sap();
  const control = d.chance(0.8) ? d.pick([3, 0x13, 0xaf, 0xbf, 0xe3, 0x63, 0x43, 0x0f, 0x6f, 0x87]) : d.below(256);
  const second = (control & 3) === 3 ? [] : bytes(d, 1);
  const isXid = (control & 0xef) === 0xaf;
  const rest =
    isXid && d.chance(0.7) ? [0x81, ...bytes(d, d.below(6))] : source === 6 ? ipv4(d) : bytes(d, d.below(40));
  return framed(d, [target, source, control, ...second, ...rest]);
}

function snap(d: Dice): Bytes {
  const oui = d.pick([
    [0, 0, 0],
    [0, 0, 0xf8],
    [0, 0x80, 0xc2],
    [0, 0, 0x5e],
    [0, 0x90, 0x69],
    [1, 2, 3],
    [8, 0, 7],
  ]);
  if (oui[1] === 0x80) {
    // A bridged Ethernet frame after two bytes, or a kind that nobody knows.
    const inner = [
      ...bytes(d, 12),
      ...d.pick([
        [8, 0],
        [0x81, 0, 0, 5, 8, 0],
        [0x88, 0xb5],
      ] as const),
      ...ipv4(d),
    ];
    const bridged = d.chance(0.8) ? inner : bytes(d, d.below(20));
    return framed(d, [0xaa, 0xaa, 3, ...oui, 0, d.pick([1, 7, 2, 0x40]), 0, 0, ...bridged]);
  }
  const isIp = d.chance(0.4);
  const pid = isIp
    ? [8, 0]
    : d.pick([
        [0x88, 0xcc],
        [0x88, 0xb5],
        [0x12, 0x34],
        [0x81, 0],
      ] as const);
  return framed(d, [0xaa, 0xaa, 3, ...oui, ...pid, ...(isIp ? ipv4(d) : bytes(d, d.below(40)))]);
}

function eapol(d: Dice): Bytes {
  const method = d.pick([0, 1, 1, 2, 3, 4, 5, 6, 13, 21, 18, 23, 43, 254, 255, 77]);
  const body = d.chance(0.9) ? [method, ...text(d)] : [];
  const length = d.chance(0.9) ? 4 + body.length : d.below(30);
  const eap = [d.pick([1, 2, 1, 2, 3, 4, 0, 9]), d.below(256), 0, length, ...body];
  return frame(d, 0x888e, [
    d.below(4),
    d.chance(0.8) ? 0 : d.below(7),
    0,
    d.chance(0.9) ? length : d.below(30),
    ...eap,
  ]);
}

function loopback(d: Dice): Bytes {
  const message = () => d.pick([[1, 0, ...bytes(d, 2)], [2, 0, 2, ...bytes(d, 5)], bytes(d, 4)]);
  const messages = Array.from({ length: 1 + d.below(3) }, message).flat();
  return frame(d, 0x9000, [d.pick([0, 0, 8, 1, 200]), 0, ...messages, ...bytes(d, d.below(6))]);
}

function mpls(d: Dice): Bytes {
  const depth = 1 + d.below(3);
  const entry = (_: unknown, i: number) => {
    const label = d.chance(0.5) ? d.below(20) : d.below(1 << 20);
    const bottom = i === depth - 1 && d.chance(0.9) ? 1 : 0;
    return [label >> 12, (label >> 4) & 255, ((label & 15) << 4) | (d.below(8) << 1) | bottom, d.below(256)];
  };
  // First bytes of what is unknown, of IPv4, and not of the ISO protocols, whose bodies are not followed.
  const payload = d.chance(0.7) ? ipv4(d) : [d.pick([0, 0x10, 0x50]), ...bytes(d, d.below(20))];
  return frame(d, d.pick([0x8847, 0x8848]), [...Array.from({ length: depth }, entry).flat(), ...payload]);
}

function macsec(d: Dice): Bytes {
  const tci = d.chance(0.6) ? d.pick([0x20, 0x2c, 0, 0x0c, 4, 8, 0x24]) : d.below(256);
  const sci = (tci & 0x20) === 0 ? [] : bytes(d, 8);
  const secret = d.chance(0.6) ? [8, 0, ...ipv4(d)] : [0x88, 0xb5, ...bytes(d, d.below(20))];
  const tag = [tci, d.chance(0.6) ? 0 : d.below(70), ...bytes(d, 4), ...sci];
  return frame(d, 0x88e5, [...tag, ...secret, ...bytes(d, d.pick([16, 16, 8, 0]))]);
}
