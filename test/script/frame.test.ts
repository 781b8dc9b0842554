/** Frames written from scripts, read by the codecs; and what is written is what an expectation of the same words takes. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as arp from "../../packets/arp.ts";
import { toHex } from "../../packets/bytes.ts";
import * as icmp from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import { format, parse } from "../../packets/ipv4-address.ts";
import * as udp from "../../packets/udp.ts";
import { buildFrame } from "../../src/script/build-frame.ts";
import type { FrameContext } from "../../src/script/context.ts";
import { LAYERS, readField, writeField } from "../../src/script/layers.ts";
import { matchFrame } from "../../src/script/match-frame.ts";
import { parseFrame } from "../../src/script/parse-frame.ts";
import { Words } from "../../src/script/tokens.ts";
import type { Value } from "../../src/script/value.ts";

const HOST = 0x0a000001;
const PEER = 0x0a000002;
const context: FrameContext = {
  variables: new Map<string, Value>([
    ["host", HOST],
    ["peer", PEER],
  ]),
  segment: {
    name: "eth0",
    deviceMac: 0x020000000001,
    prefixes: [{ address: HOST | 0, length: 24 }],
    stations: new Map([[PEER, 0x020000000002]]),
  },
  gateway: null,
};
const read = (text: string) => parseFrame(new Words(text, 1));
const build = (text: string) => buildFrame(read(text), context);
const match = (text: string, bytes: Uint8Array, isChecksumOpen = false) =>
  matchFrame(read(text), { bytes, isChecksumOpen }, context);
const wrong = (text: string, bytes: Uint8Array) =>
  match(text, bytes)
    .rows.filter(({ ok }) => !ok)
    .map(({ field, expected, seen }) => `${field} ${expected} ${seen}`);

describe("what is not said is as it should be", () => {
  test("an ARP request, byte for byte", () =>
    expect(toHex(build("arp request"))).toBe(
      "ffffffffffff0200000000020806" + "0001080006040001" + "0200000000020a000002" + "0000000000000a000001",
    ));
  test("an ARP reply goes to the device", () =>
    expect(arp.parse(build("arp reply $peer is-at 02:00:00:00:00:99"), 14)).toMatchObject({ oper: 2, tpa: HOST }));
  test("a datagram: length, checksums", () => {
    const bytes = build('ip $peer > $host: udp 4000 > 9, data "hello"');
    expect(ipv4.checksumOk(bytes, 14)).toBe(true);
    expect(ipv4.totalLength(bytes, 14)).toBe(33);
    expect(udp.checksumOk(bytes, 34, PEER, HOST)).toBe(true);
    expect(toHex(bytes.subarray(0, 14))).toBe("0200000000010200000000020800");
  });
  test.each([
    ["255.255.255.255", "ffffffffffff"],
    ["10.0.0.255", "ffffffffffff"],
    ["224.0.0.251", "01005e0000fb"],
    ["239.129.2.3", "01005e010203"],
    ["8.8.8.8", "020000000001"],
  ])("to %s goes to the MAC address %s", (dst, mac) =>
    expect(toHex(build(`ip $peer > ${dst}: icmp echo request`).subarray(0, 6))).toBe(mac),
  );
});

describe("what is said is as it says", () => {
  test("a checksum that is wrong, lengths that lie", () => {
    const bytes = build("ip $peer > $host, ihl 4, length 9, checksum bad: icmp echo request, checksum 0xffff");
    expect([bytes[14], ipv4.totalLength(bytes, 14)]).toEqual([0x44, 9]);
    expect(icmp.checksum(bytes, 34)).toBe(0xffff);
    const good = build("ip $peer > $host: icmp echo request, checksum bad");
    expect(ipv4.checksumOk(good, 14)).toBe(true);
    expect(icmp.checksumOk(good, 34, good.length)).toBe(false);
  });
  test("options are filled up", () => {
    const bytes = build("ip $peer > $host, options 0707040000: icmp echo request");
    expect([ipv4.headerLength(bytes, 14), ipv4.totalLength(bytes, 14)]).toEqual([28, 36]);
  });
  test("padding and cutting", () => {
    expect(build("arp request padded to 60")).toHaveLength(60);
    expect(toHex(build("arp request padded with ffff").subarray(42))).toBe("ffff");
    expect(build("arp request cut to 41")).toHaveLength(41);
    expect(build("arp request padded 3")).toHaveLength(45);
  });
  test("tags", () => {
    const bytes = build("vlan 10, prio 3: vlan 0xfff: arp request");
    expect(toHex(bytes.subarray(12, 22))).toBe("8100600a81000fff0806");
  });
  test("fragments of a datagram are it again when put together", () => {
    fc.assert(
      fc.property(fc.integer({ min: 9, max: 1400 }), fc.integer({ min: 1, max: 100 }), (size, eighths) => {
        const whole = build(`ip $peer > $host, id 7: icmp echo request, data ${size}`);
        const cut = Math.min(eighths * 8, (size >> 3) * 8);
        const here = { ...context, variables: new Map([...context.variables, ["d", whole] as const]) };
        const parts = [`fragment 0..${cut} of $d`, `fragment ${cut}.. of $d`].map((text) =>
          buildFrame(read(text), here),
        );
        expect(parts.map((part) => [ipv4.moreFragments(part, 14), ipv4.fragmentOffset(part, 14)])).toEqual([
          [true, 0],
          [false, cut],
        ]);
        expect(parts.every((part) => ipv4.checksumOk(part, 14))).toBe(true);
        expect(toHex(parts[0]!.subarray(34)) + toHex(parts[1]!.subarray(34))).toBe(toHex(whole.subarray(34)));
      }),
    );
  });
  test("an error quotes what came", () => {
    const sent = build("ip $peer > $host, id 9: udp 1 > 2, data 100");
    const here = { ...context, variables: new Map([...context.variables, ["sent", sent] as const]) };
    const error = buildFrame(read("ip $peer > $host: icmp unreachable port, quoting sent"), here);
    expect(toHex(error.subarray(42))).toBe(toHex(sent.subarray(14, 42)));
    const wanted = (text: string) =>
      matchFrame(
        read(`eth * > * : ip * > *: icmp unreachable port, ${text}`),
        { bytes: error, isChecksumOpen: false },
        here,
      );
    const fields = (text: string) =>
      wanted(text)
        .rows.filter(({ ok }) => !ok)
        .map(({ field }) => field);
    expect(fields("quoting sent")).toEqual([]);
    expect(fields("quoting sent 28")).toEqual([]);
    expect(fields("quoting sent 30")).toEqual(["quote"]);
  });
});

describe("an expectation takes what its own words write, and nothing that differs in one bit", () => {
  // From the device: the link layer's addresses are the other way round.
  const frames = [
    "eth 02:00:00:00:00:01 > broadcast: arp request who-has $peer tell $host sha 02:00:00:00:00:01",
    "eth 02:00:00:00:00:01 > 02:00:00:00:00:02: arp reply $host is-at 02:00:00:00:00:01 tha 02:00:00:00:00:02 tpa $peer",
    "eth 02:00:00:00:00:01 > 02:00:00:00:00:02: ip $host > $peer, ttl 64, id 77, tos 0, df 0: icmp echo reply, id 1, seq 2, data 9",
    'eth 02:00:00:00:00:01 > 02:00:00:00:00:02: ip $host > $peer, ttl 1, id 0, tos 4, df: udp 7 > 8, data "abcd"',
    "eth 02:00:00:00:00:01 > 02:00:00:00:00:02, type 0x88b5: data hex 00112233",
  ];
  test.each(frames)("%s", (text) => {
    const bytes = build(text);
    expect(wrong(text, bytes)).toEqual([]);
    // Types that Ethernet II does not have change what follows; every other bit is one field's.
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const other = bytes.slice();
      other[bit >> 3]! ^= 0x80 >> (bit & 7);
      // The target's MAC address in a request is nobody's business (RFC 826).
      if (text.includes("arp request") && bit >= 32 * 8 && bit < 38 * 8) continue;
      expect(match(text, other).ok, `bit ${bit}`).toBe(false);
    }
    for (let length = 0; length < bytes.length; length++) expect(match(text, bytes.slice(0, length)).ok).toBe(false);
  });

  test.each([
    ["version 5", "ip.version 4 5"],
    ["rf", "ip.rf 0 1"],
    ["mf", "ip.mf 0 1"],
    ["offset 8", "ip.offset 0 8"],
    ["proto 2", "ip.proto 1 (ICMP) 2 (IGMP)"],
    ["src 10.0.0.9", "ip.src 10.0.0.1 10.0.0.9"],
    ["options 01010101", "ip.options 0 bytes  4 bytes 01010101"],
  ])("a field that nobody named: %s, its checksum right", (field, difference) => {
    const name = frames[2]!.replace(", ttl 64", "");
    const other = build(name.replace(": icmp", `, ${field}: icmp`));
    expect(wrong(name, other)).toContain(difference);
  });

  test.each([
    ["htype 6", "arp.htype 1 6"],
    ["ptype 0x86dd", "arp.ptype 0x0800 0x86dd"],
    ["hlen 8", "arp.hlen 6 8"],
    ["plen 16", "arp.plen 4 16"],
    ["sha 02:00:00:00:00:07", "arp.sha 02:00:00:00:00:01 02:00:00:00:00:07"],
  ])("an ARP field that nobody named: %s", (field, difference) => {
    const other = build(`${frames[0]!} ${field}`);
    expect(wrong("arp request who-has $peer tell $host", other)).toEqual([difference]);
  });

  test("padding after a datagram is nobody's business", () => {
    const padded = new Uint8Array(60);
    padded.set(build(frames[2]!));
    expect(wrong(frames[2]!, padded)).toEqual([]);
  });

  test("no bytes at all make it throw", () => {
    fc.assert(
      fc.property(fc.constantFrom(...frames), fc.uint8Array({ maxLength: 80 }), (text, bytes) => {
        match(text, bytes);
      }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...frames), fc.nat(), fc.nat(255), fc.nat(90), (text, at, byte, cut) => {
        const bytes = build(text);
        bytes[at % bytes.length] = byte;
        match(text, bytes.slice(0, cut));
      }),
    );
  });
});

describe("what an expectation may leave open", () => {
  const bytes = build(
    "eth 02:00:00:00:00:01 > 02:00:00:00:00:02: ip $host > $peer, id 7: icmp echo reply, id 5, seq 2, data 8",
  );
  const reply = (fields: string) => `ip $host > $peer: icmp echo reply, ${fields}`;
  test.each(["id *, seq *", "id 1..5", "id !6", "id $new, seq 2", "data *", ""])("%s", (fields) =>
    expect(wrong(reply(fields), bytes)).toEqual([]),
  );
  test("and what it may not", () => {
    expect(wrong(reply("id 6..9"), bytes)).toEqual(["icmp.id 6..9 5"]);
    expect(wrong(reply("id !5"), bytes)).toEqual(["icmp.id !5 5"]);
    expect(wrong("ip $host > $peer: udp 1 > 2", bytes)).toEqual([
      "ip.proto 17 (UDP) 1 (ICMP)",
      "udp.sport 1 -",
      "udp.dport 2 -",
    ]);
    expect(wrong("arp reply $host is-at *", bytes)[0]).toBe("eth.type 0x0806 (ARP) 0x0800 (IPv4)");
  });
  test("a variable takes what comes, and is compared from then on", () => {
    expect(match(reply("id $a, seq 2"), bytes).captured.get("a")).toBe(5);
    expect(wrong(reply("id $a, seq $a"), bytes)).toEqual(["icmp.seq 5 2"]);
    expect(wrong(reply("id $a, seq $a-3"), bytes)).toEqual([]);
  });
  test("a UDP checksum that hardware would have filled in", () => {
    const text = "ip $host > $peer: udp 1 > 2";
    const open = build("eth 02:00:00:00:00:01 > 02:00:00:00:00:02: ip $host > $peer: udp 1 > 2, checksum bad");
    expect(match(text, open).ok).toBe(false);
    expect(match(text, open, true).ok).toBe(true);
  });
});

test("every field is written where it is read, and nowhere else", () => {
  const fields = Object.values(LAYERS).flatMap((table) => Object.values(table));
  fc.assert(
    fc.property(
      fc.constantFrom(...fields),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.maxSafeNat(),
      (field, bytes, n) => {
        const { at, bits, scale = 1 } = field;
        const value = (n % 2 ** bits) * scale;
        const before = bytes.slice();
        writeField(bytes, 0, field, value);
        expect(readField(bytes, 0, field)).toBe(value);
        for (let bit = 0; bit < 256; bit++) {
          if (bit >= at && bit < at + bits) continue;
          expect((bytes[bit >> 3]! ^ before[bit >> 3]!) & (0x80 >> (bit & 7))).toBe(0);
        }
      },
    ),
  );
});

test("addresses are those of the codecs", () => {
  fc.assert(
    fc.property(fc.integer(), (ip) => {
      expect(readField(build(`ip ${format(ip)} > $host`), 14, LAYERS.ip.src!) | 0).toBe(parse(format(ip)));
    }),
  );
});
