/**
 * Frames for comparing printers: IPv6 with every extension header, ICMPv6 with all that it carries, IGMP. Whole, or a
 * part of them cut by the capture, cut on the wire, or with random bytes changed. The same seed gives the same frames.
 */
import { ah, esp, ethernet, icmpv6, igmp, ipv4, ipv6, ipv6Options, mld, ndp, udp } from "../../packets/index.ts";
import { igmpSamples, informationSamples, mobilitySamples, renumberingSamples, rplSamples } from "./odd-messages.ts";
import type { TextFrame } from "./tcpdump.ts";
import { Dice } from "./text-frames.ts";

const NOTHING = new Uint8Array(0);
const HERE = Uint8Array.of(2, 0, 0, 0, 0, 1);
const GROUP = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1);
const SRC = address("20010db8000000000000000000000001");
const DST = address("20010db8000000000000000000000002");
const OTHER = address("fe80000000000000000000fffe000007");
const { HopByHop, DestinationOptions, Routing, Fragment, Esp, Ah, Icmpv6, None, Mobility, Ethernet } = ipv6.NextHeader;

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/\s/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function address(text: string): Uint8Array {
  return hex(text);
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function packet(nextHeader: number, payload: Uint8Array, wrong: { payloadLength?: number } = {}): Uint8Array {
  const header = { trafficClass: 0, flowLabel: 0, nextHeader, hopLimit: 64, src: SRC, dst: DST };
  return ipv6.build({ ...header, payload }, wrong);
}

function frame(payload: Uint8Array, type = 0x86dd): Uint8Array {
  return ethernet.build({ dst: GROUP, src: HERE, type, payload });
}

/** `count` frames, one a second. */
export function ipv6Frames(seed: number, count: number): TextFrame[] {
  const dice = new Dice(seed);
  const samples = ipv6Samples();
  return Array.from({ length: count }, (_, i) => {
    const bytes = dice.pick(samples).slice();
    const stamp = { second: 1_700_000_000 + i, microsecond: (i * 997) % 1_000_000 };
    const fate = dice.unit();
    if (fate < 0.4) {
      const cut = bytes.slice(0, 14 + dice.below(bytes.length - 13));
      return { bytes: cut, length: fate < 0.25 ? bytes.length : cut.length, ...stamp };
    }
    if (fate < 0.75)
      for (let left = 1 + dice.below(3); left > 0; left--) bytes[14 + dice.below(bytes.length - 14)] = pickByte(dice);
    return { bytes, length: bytes.length, ...stamp };
  });
}

/** Values that mean something to a length, a count or a next header more often than chance would. */
function pickByte(dice: Dice): number {
  return dice.chance(0.5) ? dice.below(256) : dice.pick([0, 1, 2, 4, 255, 0x80, 58, 17, 6, 44, 43, 60]);
}

/** One frame of every kind, whole. */
export function ipv6Samples(): Uint8Array[] {
  const v6 = [...plain(), ...extended(), ...nested(), ...errors(), ...discovery(), ...listeners()];
  const messages = [...informationSamples(), ...renumberingSamples(), ...rplSamples(), ...otherTypes()];
  for (const message of messages) v6.push(packet(Icmpv6, icmpv6.seal(message, SRC, DST)));
  for (const message of mobilitySamples()) v6.push(packet(Mobility, message));
  return [...v6.map((one) => frame(one)), ...v4().map((one) => frame(one, 0x0800))];
}

/** A datagram and a segment; their checksums are those of no particular addresses. */
const DATAGRAM = udp.build({ srcPort: 4001, dstPort: 4002, payload: hex("68656c6c6f") }, 1, 2);
const SEGMENT = hex("0fa1 0fa2 00000007 00000000 5002 2000 0000 0000");
const ECHO = icmpv6.build(
  { kind: "echo-request", code: 0, identifier: 3, sequence: 4, data: hex("61626364") },
  SRC,
  DST,
);
const UPPER = [
  [17, DATAGRAM],
  [6, SEGMENT],
  [Icmpv6, ECHO],
] as const;

function plain(): Uint8Array[] {
  const list = UPPER.map(([next, bytes]) => packet(next, bytes));
  for (const next of [0, 1, 2, 4, 6, 17, 41, 43, 44, 50, 51, 58, 59, 60, 62, 77, 108, 135, 143, 253]) {
    list.push(packet(next, hex("0001020304050607")), packet(next, NOTHING));
    list.push(packet(next, hex("3b0001040000000011001234abcdef00"), { payloadLength: 0 }));
  }
  const coloured = { trafficClass: 0x2e, flowLabel: 0x12345, nextHeader: None, hopLimit: 0, src: OTHER, dst: DST };
  list.push(ipv6.build({ ...coloured, payload: NOTHING }));
  return list;
}

const { Pad1, RouterAlert, JumboPayload, HomeAddress } = ipv6Options.OptionType;
const OPTIONS: readonly (readonly ipv6Options.Ipv6Option[])[] = [
  [{ type: RouterAlert, data: hex("0000") }],
  [{ type: RouterAlert, data: hex("00") }],
  [{ type: JumboPayload, data: hex("00011170") }],
  [{ type: JumboPayload, data: hex("00000064") }],
  [
    { type: JumboPayload, data: hex("00011170") },
    { type: JumboPayload, data: hex("00013880") },
  ],
  [{ type: HomeAddress, data: OTHER }],
  [{ type: HomeAddress, data: join(OTHER, hex("000102000007030102 03")) }],
  [{ type: 0x63, data: hex("3132333435363738") }],
  Array.from({ length: 6 }, () => ({ type: Pad1, data: NOTHING })),
];

function extended(): Uint8Array[] {
  const list: Uint8Array[] = [];
  for (const [next, bytes] of UPPER) {
    for (const options of OPTIONS) {
      const header = join(ipv6Options.build(next, options), bytes);
      list.push(packet(HopByHop, header), packet(HopByHop, header, { payloadLength: 0 }));
      list.push(packet(DestinationOptions, header));
    }
    const hop = (after: number) => ipv6Options.build(after, OPTIONS[0]!);
    for (const route of routes(next)) list.push(packet(Routing, join(route, bytes)));
    list.push(packet(HopByHop, join(hop(Routing), routes(next)[0]!, bytes)));
    list.push(packet(HopByHop, join(hop(HopByHop), hop(next), bytes)));
    list.push(packet(DestinationOptions, join(hop(HopByHop), hop(next), bytes)));
    for (const place of ["0001", "0029", "0000", "05c8", "000f"])
      list.push(packet(Fragment, join(Uint8Array.of(next, 0), hex(place), hex("00001234"), bytes)));
    const protect = { nextHeader: next, spi: 0x100, sequence: 5, icv: hex("313233343536373839306162") };
    list.push(packet(Ah, join(ah.build(protect), bytes)));
    list.push(packet(Ah, join(ah.build({ ...protect, nextHeader: Ah }), ah.build(protect), bytes)));
  }
  list.push(packet(Esp, esp.build({ spi: 0x100, sequence: 5, data: new Uint8Array(30) })));
  list.push(packet(108, hex("11001234616263646566")));
  return list;
}

function routes(next: number): Uint8Array[] {
  const header = (rest: string, ...addresses: readonly Uint8Array[]) =>
    join(Uint8Array.of(next, 2 * addresses.length), hex(rest), ...addresses);
  return [
    header("000100000000", OTHER, DST),
    header("000000000000"),
    header("00010000004d", OTHER),
    header("020100000000", OTHER),
    header("050100000000", OTHER),
    header("040102000000", OTHER, DST, SRC),
    header("040100201234", OTHER),
    join(Uint8Array.of(next, 3), hex("040100000000"), OTHER, hex("0406000000000000")),
  ];
}

function nested(): Uint8Array[] {
  const inner = packet(HopByHop, join(ipv6Options.build(Icmpv6, OPTIONS[0]!), ECHO));
  return [
    packet(4, datagram(17, DATAGRAM)),
    packet(41, packet(17, DATAGRAM)),
    packet(41, inner),
    packet(Ethernet, frame(inner)),
    packet(Ethernet, frame(datagram(17, DATAGRAM), 0x0800)),
    packet(Ethernet, ethernet.build({ dst: GROUP, src: HERE, type: 3, payload: hex("424203") })),
  ];
}

function datagram(protocol: number, payload: Uint8Array): Uint8Array {
  const fixed = { tos: 0, id: 1, flags: 0, fragmentOffset: 0, ttl: 1, src: 0x0a000001, dst: 0xe0000001 };
  return ipv4.build({ ...fixed, protocol, options: NOTHING, payload });
}

function errors(): Uint8Array[] {
  const quoted = [
    ...UPPER.map(([next, bytes]) => packet(next, bytes)),
    packet(HopByHop, join(ipv6Options.build(17, OPTIONS[0]!), DATAGRAM)),
    packet(Routing, join(routes(6)[0]!, SEGMENT)),
    packet(Fragment, join(hex("1100000100001234"), DATAGRAM)),
    packet(Fragment, join(hex("1100004100001234"), DATAGRAM)),
    packet(Ah, join(ah.build({ nextHeader: 17, spi: 1, sequence: 2, icv: hex("31323334") }), DATAGRAM)),
  ];
  const messages: icmpv6.Icmpv6Message[] = [];
  for (let code = 0; code < 7; code++) {
    for (const one of quoted)
      if (code === 4 || one === quoted[0]) messages.push({ kind: "unreachable", code, quoted: one });
    messages.push({ kind: "time-exceeded", code, quoted: quoted[0]! });
    messages.push({ kind: "parameter-problem", code, pointer: 40, quoted: quoted[0]! });
  }
  messages.push({ kind: "packet-too-big", code: 0, mtu: 1280, quoted: quoted[0]! });
  messages.push({ kind: "echo-reply", code: 0, identifier: 65_535, sequence: 65_535, data: NOTHING });
  const bad = icmpv6.build(messages[0]!, SRC, DST);
  bad[2]! ^= 0x55;
  return [...messages.map((one) => icmpv6.build(one, SRC, DST)), bad].map((one) => packet(Icmpv6, one));
}

const NDP_OPTIONS: readonly (readonly [type: number, data: string])[] = [
  [1, "020304050607"],
  [2, "020304050607"],
  [1, "000102030405060708090a0b0c0d"],
  [3, "40e000000e10ffffffff0000000020010db8000000000000000000000000"],
  [3, "4000000000000000000000000000000000000000000000000000000000000000000000000000"],
  [3, "000102030405060708090a0b0c0d"],
  [4, "000000000000600000000000"],
  [5, "0000000005c8"],
  [5, "0000000005c80000000000000000"],
  [7, "000000003039"],
  [8, "000000030009"],
  [14, "000102030405"],
  [24, "30080000006320010db800050000"],
  [24, "301800000063"],
  [24, "30100000006320010db80005000000000000000000000000000000000000"],
  [24, "300000000063000102030405060708090a0b0c0d0e0f1011121314151617"],
  [25, "00000000004d20010db8000000000000000000000053"],
  [25, "00000000004d"],
  [31, "0000ffffffff07656578616d706c650000"],
  [31, "0000ffffffff0361626300026465c00a0000"],
  [31, "00000000000503610 1ff4108616263"],
  [31, "0000000000054101ff"],
  [38, "02580064ff9b0000000000000000"],
];

function discovery(): Uint8Array[] {
  const options = NDP_OPTIONS.map(([type, data]) => ({ type, data: hex(data) }));
  const advice = { hopLimit: 64, flags: 0xea, lifetime: 1800, reachableTime: 30_000, retransmitTimer: 1000 };
  const list: ndp.NdpMessage[] = [
    { kind: "router-solicitation", options: options.slice(0, 1) },
    { kind: "router-advertisement", ...advice, options },
    { kind: "router-advertisement", ...advice, flags: 0x10, options: [] },
    { kind: "neighbor-solicitation", target: OTHER, options: options.slice(0, 1) },
    { kind: "neighbor-solicitation", target: hex("00000000000000000000ffff0a000001"), options: options.slice(11, 12) },
    { kind: "redirect", target: OTHER, destination: DST, options: options.slice(0, 8) },
  ];
  for (const flags of [0, 0xe0, 0x40])
    list.push({ kind: "neighbor-advertisement", flags, target: SRC, options: options.slice(1, 2) });
  for (const option of options) list.push({ kind: "router-advertisement", ...advice, flags: 8, options: [option] });
  return list.map((one) => packet(Icmpv6, ndp.build(one, SRC, DST)));
}

function listeners(): Uint8Array[] {
  const group = address("ff020000000000000000000000000005");
  const query = {
    kind: "query-v2",
    group,
    suppress: true,
    robustness: 2,
    queryInterval: 200,
    maxDelay: 40_000,
  } as const;
  const records = Array.from({ length: 8 }, (_, type) => ({ type, group, sources: Array<Uint8Array>(type).fill(SRC) }));
  const list: mld.MldMessage[] = [
    { kind: "query", maxDelay: 1000, group },
    { kind: "report", maxDelay: 0, group },
    { kind: "done", maxDelay: 0, group },
    { ...query, sources: [SRC, DST] },
    { ...query, suppress: false, robustness: 0, queryInterval: 125, maxDelay: 100, sources: [] },
    { kind: "report-v2", records: records.slice(4, 5) },
    { kind: "report-v2", records },
  ];
  const made = list.map((one) => mld.build(one, SRC, DST));
  const wrong = made[5]!.slice();
  wrong[7] = 9;
  return [...made, wrong, made[0]!.slice(0, 20), join(made[0]!, hex("0102"))].map((one) =>
    packet(HopByHop, join(ipv6Options.build(Icmpv6, OPTIONS[0]!), one)),
  );
}

/** Types that have a line of a few words, and those without a name. */
function otherTypes(): Uint8Array[] {
  const list: Uint8Array[] = [];
  for (const type of [5, 100, 127, 141, 142, 144, 145, 146, 147, 148, 160, 200, 201, 255])
    for (const data of ["", "1234c000", "1234400002030405060708090a0b0c0d0e0f1011", "123480000101020304050607"])
      list.push(join(Uint8Array.of(type, 3, 0, 0), hex(data)));
  return list;
}

function v4(): Uint8Array[] {
  const protect = { spi: 0x100, sequence: 5, icv: hex("313233343536373839306162") };
  const group = 0xe0010203;
  const sources = [0x0a000001, 0x0a000002];
  const queries = [0, 1, 100, 127, 200, 255].flatMap((maxResponse) => [
    igmp.build({ kind: "query", maxResponse, group }),
    igmp.build({ kind: "query", maxResponse, group: 0 }),
    igmp.build({ kind: "query-v3", maxResponse, group, suppress: true, robustness: 2, queryInterval: 125, sources }),
    igmp.build({
      kind: "query-v3",
      maxResponse,
      group: 0,
      suppress: false,
      robustness: 0,
      queryInterval: 0,
      sources: [],
    }),
  ]);
  const records = Array.from({ length: 8 }, (_, type) => ({
    type,
    group,
    sources: Array<number>(type).fill(0x0a000009),
  }));
  const reports = [
    igmp.build({ kind: "report-v1", group }),
    igmp.build({ kind: "report-v2", group }),
    igmp.build({ kind: "leave", group }),
    igmp.build({ kind: "report-v3", records: records.slice(4, 5) }),
    igmp.build({ kind: "report-v3", records }),
    join(igmp.build({ kind: "report-v1", group }), hex("0000")),
    hex("220000000000000204000005e0010203"),
  ];
  return [
    datagram(51, join(ah.build({ ...protect, nextHeader: 17 }), DATAGRAM)),
    datagram(51, join(ah.build({ ...protect, nextHeader: 6 }), SEGMENT)),
    datagram(50, esp.build({ spi: 0x100, sequence: 5, data: new Uint8Array(30) })),
    datagram(108, hex("11001234616263646566")),
    datagram(58, ECHO),
    datagram(143, hex("0001")),
    datagram(41, packet(Routing, join(routes(17)[0]!, DATAGRAM))),
    ...[...queries, ...reports, ...igmpSamples()].map((one) => datagram(2, one)),
  ];
}
