import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../packets/bytes.ts";
import * as dns from "../../packets/dns.ts";
import { Fault } from "../../packets/fault.ts";
import { parsed, u16, u32 } from "../support/arbitraries.ts";
import { expectSound, guarded, hostile } from "../support/guarded.ts";
import { readPcap } from "../support/tcpdump.ts";

/** Messages of dig, nsupdate, dnsmasq and avahi. */
const SAMPLES = ["dns", "mdns"].flatMap((name) =>
  readPcap(readFileSync(new URL(`../captures/text/${name}.pcap`, import.meta.url)))
    .filter(({ bytes }) => bytes[12] === 8 && bytes[23] === 17)
    .map(({ bytes }) => Uint8Array.from(bytes.subarray(42))),
);

const label = fc.uint8Array({ minLength: 1, maxLength: 20 });
const name = fc.array(fc.oneof(label, fc.constant(Uint8Array.of(0x61, 0x62))), { maxLength: 6 }).map((parts) => {
  const bytes = Uint8Array.of(...parts.flatMap((part) => [part.length, ...part]), 0);
  return dns.readName(bytes, 0, 0, bytes.length) as string;
});
const question = fc.record({ name, type: u16, recordClass: u16 });
// Types whose data holds names are written out by `parse`, so data at random would not come back as it was.
const plainType = fc.constantFrom(1, 16, 28, 41, 43, 65, 250, 65_280);
const record = fc.record({ name, type: plainType, recordClass: u16, ttl: u32, data: fc.uint8Array({ maxLength: 30 }) });
const message = fc.record({
  id: u16,
  flags: u16,
  questions: fc.array(question, { maxLength: 3 }),
  answers: fc.array(record, { maxLength: 3 }),
  authorities: fc.array(record, { maxLength: 3 }),
  additionals: fc.array(record, { maxLength: 3 }),
});

describe("dns", () => {
  test("what is built is parsed again, with names compressed or not, wherever it lies", () => {
    fc.assert(
      fc.property(message, fc.boolean(), fc.nat(20), fc.nat(9), (value, isCompressed, off, trailer) => {
        const made = dns.build(value, isCompressed);
        const buf = Uint8Array.of(...new Uint8Array(off), ...made, ...new Uint8Array(trailer).fill(0xee));
        expect(parsed(dns.parse(buf, off))).toEqual(value);
        expect(parsed(dns.parse(buf, off, off + made.length))).toEqual(value);
        if (made.length > 12) expect(dns.parse(buf, off, off + made.length - 1)).toBe(Fault.Truncated);
      }),
    );
  });

  test("compressing never makes a message longer, and repeated names shorter", () => {
    fc.assert(
      fc.property(message, (value) => {
        expect(dns.build(value, true).length).toBeLessThanOrEqual(dns.build(value).length);
      }),
    );
    const answer = { name: "mail.example.com.", type: 1, recordClass: 1, ttl: 60, data: Uint8Array.of(192, 0, 2, 1) };
    const value = { id: 1, flags: 0, questions: [], answers: [answer, answer, { ...answer, name: "example.com." }] };
    const made = dns.build({ ...value, authorities: [], additionals: [] }, true);
    expect(toHex(made.slice(-32))).toBe("c00c000100010000003c0004c0000201c011000100010000003c0004c0000201");
  });

  test("what stands beyond the reach of a pointer is not pointed at", () => {
    const far = { name: "far.example.", type: 16, recordClass: 1, ttl: 1, data: new Uint8Array(0) };
    const filler = { ...far, name: "near.example.", data: new Uint8Array(0x4000) };
    const value = { id: 1, flags: 0, questions: [], answers: [filler, far, far], authorities: [], additionals: [] };
    const made = dns.build(value, true);
    expect(parsed(dns.parse(made))).toEqual(value);
    // The second one cannot point at the first, but at `example` it can.
    expect(toHex(made.slice(-16))).toBe("03666172c01100100001000000010000");
  });

  test("accessors and layout agree", () => {
    fc.assert(
      fc.property(message, fc.nat(20), (value, off) => {
        const buf = Uint8Array.of(...new Uint8Array(off), ...dns.build(value));
        expect(dns.check(buf, off, buf.length)).toBe(Fault.None);
        const fields = dns.layout.decode(buf, off);
        expect(dns.id(buf, off)).toBe(fields.id);
        expect(dns.flags(buf, off)).toBe(fields.flags);
        expect(dns.questionCount(buf, off)).toBe(fields.qdcount);
        expect(dns.answerCount(buf, off)).toBe(fields.ancount);
        expect(dns.authorityCount(buf, off)).toBe(fields.nscount);
        expect(dns.additionalCount(buf, off)).toBe(fields.arcount);
        expect(dns.isResponse(buf, off)).toBe((value.flags & dns.Flag.Response) !== 0);
        expect(dns.opcode(buf, off)).toBe((value.flags >> 11) & 15);
        expect(dns.responseCode(buf, off)).toBe(value.flags & 15);
      }),
    );
    expect(dns.layout.span).toBe(dns.HEADER_LENGTH);
    expect(dns.layout.fields.map(({ offset }) => offset)).toEqual([
      dns.ID,
      dns.FLAGS,
      dns.QDCOUNT,
      dns.ANCOUNT,
      dns.NSCOUNT,
      dns.ARCOUNT,
    ]);
  });

  test("names in the data of the older types are written out (RFC 3597, 4)", () => {
    const soa = [0xc0, 12, 1, 0x61, 0xc0, 12, ...new Uint8Array(20).fill(9)];
    const head = [0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
    const bytes = Uint8Array.of(
      ...head,
      1,
      0x78,
      0,
      0,
      6,
      0,
      1,
      0xc0,
      12,
      0,
      6,
      0,
      1,
      0,
      0,
      0,
      5,
      0,
      soa.length,
      ...soa,
    );
    const [answer] = parsed(dns.parse(bytes)).answers;
    expect(answer?.name).toBe("x.");
    expect(toHex(answer!.data)).toBe(`017800 0161017800 ${"09".repeat(20)}`.replaceAll(" ", ""));
    const srv = Uint8Array.of(0, 1, 0, 2, 0, 80, 1, 0x78, 0);
    const record = { name: "a.", type: dns.RecordType.Srv, recordClass: 1, ttl: 1, data: srv };
    const made = dns.build({ id: 1, flags: 0, questions: [], answers: [record], authorities: [], additionals: [] });
    expect(parsed(dns.parse(made)).answers).toEqual([record]);
  });

  test("messages of other programs are read whole, and mean the same when built anew", () => {
    expect(SAMPLES.length).toBeGreaterThan(60);
    for (const sample of SAMPLES) {
      const value = parsed(dns.parse(sample));
      expect(parsed(dns.parse(dns.build(value, true)))).toEqual(value);
    }
  });

  test("no input makes it read beside the message, or for long", () => {
    fc.assert(
      fc.property(hostile(SAMPLES), ({ buf, off, end }) => {
        const view = guarded(buf, off, end);
        const records = new dns.RecordCursor();
        expect(records.start(view, off, end)).toBe(dns.check(view, off, end));
        let entries = 0;
        while (records.next()) {
          entries++;
          for (const value of [records.type, records.recordClass, records.ttl]) expectSound(value);
          expect(records.data).toBeLessThanOrEqual(records.dataEnd);
          expect(records.dataEnd).toBeLessThanOrEqual(end);
          const read = dns.readName(view, off, records.name, end);
          if (typeof read === "string") expect(read.length).toBeLessThan(4 * dns.MAX_NAME_LENGTH);
          for (let at = records.data; at >= 0 && at < records.dataEnd; ) {
            const next = dns.ednsOptionEnd(view, at, records.dataEnd);
            expect(next === -1 || next >= at + dns.EDNS_OPTION_HEADER_LENGTH).toBe(true);
            at = next;
          }
        }
        expect(entries).toBeLessThanOrEqual(end - off);
        if (dns.check(view, off, end) === Fault.None) expectSound(dns.extendedResponseCode(view, off, end));
        const whole = dns.parse(buf, off, end);
        expect(typeof whole === "number").toBe(typeof dns.parse(buf.slice(0, end), off) === "number");
      }),
      { numRuns: 1000 },
    );
  });

  test("EDNS: flags in the time to live, options in the data, four more bits than four of response code", () => {
    const ttl = 0x01_02_8000;
    expect([dns.ednsResponseCode(ttl), dns.ednsVersion(ttl), dns.ednsWantsDnssec(ttl)]).toEqual([1, 2, true]);
    expect(dns.ednsWantsDnssec(0x7fff)).toBe(false);
    const opt = { name: ".", type: dns.RecordType.Opt, recordClass: 1232, ttl, data: Uint8Array.of(0, 10, 0, 1, 7) };
    const made = dns.build({ id: 1, flags: 0x8180, questions: [], answers: [], authorities: [], additionals: [opt] });
    expect(dns.extendedResponseCode(made, 0, made.length)).toBe(dns.ResponseCode.BadVersion);
    expect(dns.responseCodeName(16)).toBe("BADVERS");
    expect(dns.ednsOptionEnd(made, made.length - 5, made.length)).toBe(made.length);
    expect(dns.ednsOptionEnd(made, made.length - 5, made.length - 1)).toBe(-1);
  });

  test("names: what has a name, and what keeps its number (RFC 3597, 5)", () => {
    expect([1, 28, 65, 255, 65_400].map(dns.typeName)).toEqual(["A", "AAAA", "HTTPS", "ANY", "TYPE65400"]);
    expect([1, 3, 7].map(dns.className)).toEqual(["IN", "CH", "CLASS7"]);
    expect([0, 5, 9].map(dns.opcodeName)).toEqual(["QUERY", "UPDATE", "OPCODE9"]);
    expect([0, 3, 12, 23].map(dns.responseCodeName)).toEqual(["NOERROR", "NXDOMAIN", "RCODE12", "BADCOOKIE"]);
  });

  test("building refuses what does not fit", () => {
    const empty = { id: 1, flags: 0, questions: [], answers: [], authorities: [], additionals: [] };
    expect(() => dns.build({ ...empty, id: 65_536 })).toThrow(/dns\.id takes/);
    const wrong = (bad: string) => () => dns.build({ ...empty, questions: [{ name: bad, type: 1, recordClass: 1 }] });
    expect(wrong("a..b")).toThrow(/1 to 63 bytes, not 0/);
    expect(wrong("")).toThrow(/1 to 63 bytes/);
    expect(wrong("x".repeat(64))).toThrow(/not 64/);
    expect(wrong(`${"x".repeat(63)}.`.repeat(4))).toThrow(/255 bytes, not 257/);
    expect(wrong("\\256")).toThrow(/not a domain name/);
    expect(wrong("a\\")).toThrow(/not a domain name/);
    expect(wrong("é€")).toThrow(/not a domain name/);
  });
});

describe("domain names", () => {
  test("any labels as text, and back", () => {
    fc.assert(
      fc.property(fc.array(label, { maxLength: 12 }), (parts) => {
        const bytes = Uint8Array.of(...parts.flatMap((part) => [part.length, ...part]), 0);
        fc.pre(bytes.length <= dns.MAX_NAME_LENGTH);
        const text = dns.readName(bytes, 0, 0, bytes.length) as string;
        expect(text).toMatch(/^[!-~]+$/);
        expect(toHex(dns.encodeName(text))).toBe(toHex(bytes));
        expect(dns.skipName(bytes, 0, bytes.length)).toBe(bytes.length);
        expect(dns.skipName(bytes, 0, bytes.length - 1)).toBe(-1);
        expect(dns.readName(bytes, 0, 0, bytes.length - 1)).toBe(Fault.Truncated);
      }),
    );
  });

  test("dots and backslashes within a label, and bytes that are no visible ASCII", () => {
    const bytes = Uint8Array.of(5, 0x61, 0x2e, 0x5c, 0x20, 0xff, 0);
    expect(dns.readName(bytes, 0, 0, bytes.length)).toBe("a\\.\\\\\\032\\255.");
    expect(dns.readName(Uint8Array.of(0), 0, 0, 1)).toBe(".");
    expect(toHex(dns.encodeName("www.example"))).toBe(toHex(dns.encodeName("www.example.")));
  });

  test.each([
    ["at itself", [0xc0, 0], 0, Fault.Length],
    ["forwards", [0xc0, 2, 1, 0x61, 0], 0, Fault.Length],
    ["at each other", [0xc0, 2, 0xc0, 0], 2, Fault.Length],
    ["beyond the message", [0xff, 0xff], 0, Fault.Length],
    ["with its second byte missing", [0, 0xc0], 1, Fault.Truncated],
    ["at a name that the message's end cuts", [1, 0x61, 0xc0, 0], 2, Fault.Length],
  ])("a pointer %s", (_, bytes, off, fault) => {
    expect(dns.readName(Uint8Array.from(bytes), 0, off, bytes.length)).toBe(fault);
  });

  test("a pointer of which one byte is there ends no name", () => {
    expect(dns.skipName(Uint8Array.of(1, 0x61, 0xc0), 0, 3)).toBe(-1);
    expect(dns.skipName(Uint8Array.of(1, 0x61, 0xc0, 0), 0, 4)).toBe(4);
  });

  test("labels of other kinds are refused, and names of more than 255 bytes", () => {
    for (const first of [0x40, 0x41, 0x80, 0xbf]) {
      expect(dns.readName(Uint8Array.of(first, 0, 0), 0, 0, 3)).toBe(Fault.Length);
      expect(dns.skipName(Uint8Array.of(first, 0, 0), 0, 3)).toBe(-1);
    }
    const long = Uint8Array.of(...Array.from({ length: 128 }, () => [1, 0x61]).flat(), 0);
    expect(dns.readName(long, 0, 0, long.length)).toBe(Fault.Length);
    expect(dns.readName(long, 0, 2, long.length)).toHaveLength(254);
  });
});
