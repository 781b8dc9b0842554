import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../packets/bytes.ts";
import { Fault } from "../../packets/fault.ts";
import * as igmp from "../../packets/igmp.ts";
import { ip, parsed, u8 } from "../support/arbitraries.ts";
import { expectSound, guarded, hostile } from "../support/guarded.ts";

const sources = fc.array(ip, { maxLength: 4 });
const known = new Set<number>([0x11, 0x12, 0x16, 0x17, 0x22]);
const message: fc.Arbitrary<igmp.IgmpMessage> = fc.oneof(
  fc.record({ kind: fc.constant("query"), maxResponse: u8, group: ip }),
  fc.record({
    kind: fc.constant("query-v3"),
    maxResponse: u8,
    group: ip,
    suppress: fc.boolean(),
    robustness: fc.nat(7),
    queryInterval: u8,
    sources,
  }),
  fc.record({ kind: fc.constantFrom("report-v1", "report-v2", "leave"), group: ip }),
  fc.record({
    kind: fc.constant("report-v3"),
    records: fc.array(fc.record({ type: u8, group: ip, sources }), { maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant("other"), type: u8.filter((type) => !known.has(type)), maxResponse: u8, word: ip }),
);

describe("igmp", () => {
  test("a message comes back as it was built, with a right checksum", () => {
    fc.assert(
      fc.property(message, fc.nat(9), (value, off) => {
        const made = igmp.build(value);
        const buf = Uint8Array.of(...new Uint8Array(off), ...made);
        expect(igmp.check(buf, off, buf.length)).toBe(Fault.None);
        expect(igmp.checksumOk(buf, off, buf.length)).toBe(true);
        expect(parsed(igmp.parse(buf, off))).toEqual(value);
        const fields = igmp.layout.decode(buf, off);
        expect(igmp.type(buf, off)).toBe(fields.type);
        expect(igmp.group(buf, off)).toBe(fields.group);
        if (value.kind === "query") expect(igmp.maxResponseTime(buf, off, made.length)).toBe(fields.maxResponse);
        if (value.kind === "query-v3") {
          expect(igmp.suppresses(buf, off)).toBe(value.suppress);
          expect(igmp.robustness(buf, off)).toBe(value.robustness);
          expect(igmp.queryInterval(buf, off)).toBe(igmp.floating(value.queryInterval));
          expect(igmp.sourceCount(buf, off)).toBe(value.sources.length);
          for (const [i, address] of value.sources.entries()) expect(igmp.source(buf, off, i)).toBe(address);
        }
        if (value.kind === "report-v3") expect(igmp.recordCount(buf, off)).toBe(value.records.length);
      }),
    );
    const { TYPE, MAX_RESPONSE, CHECKSUM, GROUP } = igmp;
    expect(igmp.layout.fields.map(({ offset }) => offset)).toEqual([TYPE, MAX_RESPONSE, CHECKSUM, GROUP]);
  });

  test("a report of version 3 as Linux sends it", () => {
    const linux = fromHex("2200 f902 0000 0001 0400 0000 e000 00fb");
    const records = [{ type: igmp.RecordType.ChangeToExclude, group: 0xe00000fb | 0, sources: [] }];
    expect(parsed(igmp.parse(linux))).toEqual({ kind: "report-v3", records });
    expect(igmp.checksumOk(linux, 0, linux.length)).toBe(true);
    expect(toHex(igmp.build({ kind: "report-v3", records }))).toBe(toHex(linux));
  });

  test("a query's version follows from its length and time (RFC 3376, 7.1)", () => {
    const query = fromHex("1100 eeff 0000 0000 0000 0000");
    expect(igmp.version(query, 0, 8)).toBe(1);
    query[1] = 100;
    expect(igmp.version(query, 0, 8)).toBe(2);
    expect(igmp.version(query, 0, 12)).toBe(3);
    expect(igmp.maxResponseTime(query, 0, 12)).toBe(100);
    query[1] = 0xff;
    expect(igmp.maxResponseTime(query, 0, 8)).toBe(255);
    expect(igmp.maxResponseTime(query, 0, 12)).toBe(31_744);
    expect([0x12, 0x16, 0x17, 0x22, 0x13].map((type) => igmp.version(Uint8Array.of(type), 0, 8))).toEqual([
      1, 2, 2, 3, 0,
    ]);
  });

  test("auxiliary data of a record is passed over", () => {
    const report = fromHex("2200 0000 0000 0002 0101 0001 e0000001 0a000001 deadbeef 0200 0000 e0000002");
    const { records } = parsed(igmp.parse(report)) as igmp.IgmpMessage & { kind: "report-v3" };
    expect(records.map(({ type, sources }) => [type, sources])).toEqual([
      [1, [0x0a000001]],
      [2, []],
    ]);
    expect(igmp.recordLength(report, igmp.RECORDS)).toBe(16);
  });

  test("no input makes it read beside the message", () => {
    const records = [{ type: 1, group: 5, sources: [1, 2] }];
    const samples = [
      igmp.build({ kind: "report-v3", records: [...records, ...records] }),
      igmp.build({
        kind: "query-v3",
        maxResponse: 1,
        group: 5,
        suppress: true,
        robustness: 2,
        queryInterval: 9,
        sources: [7],
      }),
      igmp.build({ kind: "leave", group: 5 }),
    ];
    fc.assert(
      fc.property(hostile(samples), ({ buf, off, end }) => {
        const view = guarded(buf, off, end);
        const fault = igmp.check(view, off, end);
        expect(typeof igmp.parse(buf, off, end)).toBe(fault === Fault.None ? "object" : "number");
        if (fault !== Fault.None) return;
        expectSound(igmp.group(view, off));
        expectSound(igmp.version(view, off, end - off));
        expectSound(igmp.maxResponseTime(view, off, end - off));
        expectSound(igmp.checksumOk(view, off, end));
      }),
      { numRuns: 1000 },
    );
  });

  test("says why a message cannot be read, and names types", () => {
    for (const made of [
      igmp.build({ kind: "leave", group: 1 }),
      igmp.build({ kind: "report-v3", records: [{ type: 1, group: 1, sources: [2] }] }),
    ])
      for (let end = 0; end < made.length; end++) expect(igmp.check(made, 0, end)).toBe(Fault.Truncated);
    const query = fromHex("1100 0000 00000000 0000 0001");
    expect(igmp.check(query, 0, 12)).toBe(Fault.Truncated);
    for (const type of Object.values(igmp.Type)) expect(igmp.typeName(type)).not.toMatch(/^type-/);
    expect(igmp.typeName(0x99)).toBe("type-153");
  });

  test("building refuses what does not fit", () => {
    expect(() => igmp.build({ kind: "query", maxResponse: 256, group: 0 })).toThrow(/igmp\.maxResponse takes/);
    expect(() => igmp.build({ kind: "report-v3", records: [{ type: 256, group: 0, sources: [] }] })).toThrow(
      /igmp\.record\.type/,
    );
  });
});
