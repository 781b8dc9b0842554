/** The tree as a person sees it: to the letter without colour, and with colour the same one above and below. */
import { describe, expect, test } from "vitest";
import { FieldReader, type Row, TreePrinter, TreeSink } from "../../../packets/fields/index.ts";
import { arp, ethernet, ipv4, mac, udp } from "../../../packets/index.ts";
import { TextWriter } from "../../../packets/text/index.ts";

const A = Uint8Array.of(2, 0, 0, 0, 0, 1);
const B = Uint8Array.of(2, 0, 0, 0, 0, 2);
const request = ethernet.build({
  dst: mac.BROADCAST,
  src: A,
  type: 0x0806,
  payload: arp.build({ oper: 1, sha: A, spa: 0x0a000001, tha: mac.ZERO, tpa: 0x0a000002 }),
});

function datagram(checksum?: number): Uint8Array {
  const payload = udp.build({ srcPort: 5000, dstPort: 6000, payload: Uint8Array.of(1, 2, 3) }, 0x0a000001, 0x0a000002);
  if (checksum !== undefined) payload.set([checksum >> 8, checksum & 0xff], 6);
  const fixed = {
    tos: 0,
    id: 7,
    flags: 2,
    fragmentOffset: 100,
    ttl: 64,
    src: 0x0a000001,
    dst: 0x0a000002,
    protocol: 17,
  };
  const packet = ipv4.build({ ...fixed, fragmentOffset: 0, options: new Uint8Array(0), payload });
  return ethernet.build({ dst: B, src: A, type: 0x0800, payload: packet });
}

function draw(frame: Uint8Array, options: { colour?: boolean; width?: number; open?: boolean; length?: number } = {}) {
  const out = new TextWriter();
  const { open = false, length = frame.length, ...how } = options;
  new TreePrinter(out, how).print(frame, 0, frame.length, length, open);
  return out.toString();
}

function rows(frame: Uint8Array): readonly Row[] {
  const sink = new TreeSink(new TextWriter());
  sink.begin(frame, 0);
  new FieldReader().read(sink, frame, 0, frame.length, frame.length, false);
  return sink.rows;
}

describe("without colour", () => {
  test("an ARP request on 80 columns", () => {
    expect(draw(request, { width: 80 })).toMatchInlineSnapshot(`
      " 0-13  Ethernet                                                IEEE 802.3, 3.2
        0-5    Destination                ff:ff:ff:ff:ff:ff          IEEE 802.3, 3.2.4
                                            broadcast
       6-11    Source                     02:00:00:00:00:01          IEEE 802.3, 3.2.5
                                            locally administered
      12-13    Type                       0x0806 ARP                 IEEE 802.3, 3.2.6
      14-41  Address Resolution Protocol                             RFC 826
      14-15    Hardware type (ar$hrd)     1 Ethernet                 RFC 826
      16-17    Protocol type (ar$pro)     0x0800 IPv4                RFC 826
         18    Hardware address length    6 bytes                    RFC 826
               (ar$hln)
         19    Protocol address length    4 bytes                    RFC 826
               (ar$pln)
      20-21    Operation (ar$op)          1 request                  RFC 826
               Purpose                    request                    RFC 5227, 1.1
      22-27    Sender hardware address    02:00:00:00:00:01          RFC 826
                                            locally administered
      28-31    Sender protocol address    10.0.0.1                   RFC 826
      32-37    Target hardware address    00:00:00:00:00:00          RFC 826
                                            not known
      38-41    Target protocol address    10.0.0.2                   RFC 826
              0  1  2  3  4  5  6  7   8  9 10 11 12 13 14 15
          0  ff ff ff ff ff ff 02 00  00 00 00 01 08 06 00 01  ................
         16  08 00 06 04 00 01 02 00  00 00 00 01 0a 00 00 01  ................
         32  00 00 00 00 00 00 0a 00  00 02                    ..........
      "
    `);
  });

  test("a header that is cut says what is missing, and how much", () => {
    const text = draw(request.subarray(0, 30), { width: 80, length: 42 });
    expect(text.replace(/\s+/g, " ")).toContain(
      "[truncated] Sender protocol address needs 4 bytes, 2 left (captured length) 18 bytes required, 16 available",
    );
  });
});

describe("checksums", () => {
  test.each([
    ["right", datagram(), false, "correct"],
    ["wrong", datagram(0x1234), false, /wrong, should be 0x[0-9a-f]{4}/],
    ["none", datagram(0), false, "the sender did without"],
    ["left to the hardware", datagram(0x1234), true, "left to the sender's hardware, not computed yet"],
  ])("%s", (_, frame, open, text) => {
    const line = draw(frame, { width: 120, open })
      .split("\n")
      .find((one) => /\b40-41\b/.test(one));
    expect(line).toMatch(text);
  });

  test("what should be is what is right", () => {
    const expected = /should be 0x([0-9a-f]{4})/.exec(draw(datagram(0x1234), { width: 120 }))?.[1] ?? "";
    expect(draw(datagram(Number.parseInt(expected, 16)), { width: 120 })).not.toContain("wrong");
  });
});

describe("with colour", () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
  const CHIP = /\x1b\[38;5;16;48;5;(\d+)m([^\x1b]*)\x1b\[0m/g;

  test("each byte below has the colour of its field above", () => {
    const frame = datagram();
    const text = draw(frame, { colour: true, width: 100 });
    const [tree = "", dump = ""] = text.split(/^.*0 {2}1 {2}2 {2}3.*$/m);
    const above = new Map<number, string>();
    for (const line of tree.split("\n")) {
      const [chip] = [...line.matchAll(CHIP)];
      const range = /^(\d+)(?:\.\d)?(?:-(\d+)(\.\d)?)?$/.exec(chip?.[2] ?? "");
      if (chip === undefined || range === null) continue;
      const isBits = chip[2]!.includes(".");
      const last = range[2] === undefined || (isBits && range[3] === undefined) ? range[1] : range[2];
      for (let i = Number(range[1]); i <= Number(last); i++) above.set(i, chip[1]!);
    }
    let at = 0;
    for (const line of dump.split("\n")) {
      // The digits of a line come before its characters: sixteen bytes of two.
      let left = 16;
      for (const [, colour, shown] of line.matchAll(CHIP)) {
        if (left === 0 || !/^[0-9a-f]{2} *$/.test(shown!)) break;
        expect(above.get(at), `byte ${at}`).toBe(colour);
        at++;
        left--;
      }
    }
    expect(at).toBe(42);
    expect(rows(frame).some((row) => row.label === "Payload" && row.offset === 42)).toBe(true);
  });

  test("the letters are those without colour", () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the same
    const plain = draw(datagram(), { colour: true }).replace(/\x1b\[[0-9;]*m/g, "");
    expect(plain.replace(/ +$/gm, "")).toBe(draw(datagram()));
  });
});
