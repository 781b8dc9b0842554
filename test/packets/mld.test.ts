import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Fault } from "../../packets/fault.ts";
import { Type } from "../../packets/icmpv6.ts";
import * as mld from "../../packets/mld.ts";
import { ip6, parsed, u8, u16 } from "../support/arbitraries.ts";
import { expectSound, guarded, hostile } from "../support/guarded.ts";

const NOBODY = new Uint8Array(16);
const sources = fc.array(ip6, { maxLength: 3 });
const message: fc.Arbitrary<mld.MldMessage> = fc.oneof(
  fc.record({ kind: fc.constantFrom("query", "report", "done"), maxDelay: u16, group: ip6 }),
  fc.record({
    kind: fc.constant("query-v2"),
    maxDelay: u16,
    group: ip6,
    suppress: fc.boolean(),
    robustness: fc.nat(7),
    queryInterval: u8,
    sources,
  }),
  fc.record({
    kind: fc.constant("report-v2"),
    records: fc.array(fc.record({ type: u8, group: ip6, sources }), { maxLength: 3 }),
  }),
);

describe("mld", () => {
  test("a message comes back as it was built; accessors and layout agree", () => {
    fc.assert(
      fc.property(message, fc.nat(9), (value, off) => {
        const made = mld.build(value, NOBODY, NOBODY);
        const buf = Uint8Array.of(...new Uint8Array(off), ...made);
        expect(mld.isMld(buf[off]!)).toBe(true);
        expect(mld.check(buf, off, buf.length)).toBe(Fault.None);
        expect(parsed(mld.parse(buf, off))).toEqual(value);
        if (value.kind === "report-v2") {
          expect(mld.recordCount(buf, off)).toBe(value.records.length);
          let at = off + mld.RECORDS;
          for (const { sources } of value.records) {
            expect(mld.recordLength(buf, at)).toBe(20 + 16 * sources.length);
            at += mld.recordLength(buf, at);
          }
          expect(at).toBe(buf.length);
          return;
        }
        const fields = mld.layout.decode(buf, off);
        expect(fields.group).toEqual(value.group);
        expect(fields.maxDelay).toBe(value.maxDelay);
        if (value.kind !== "query-v2") {
          expect(mld.maxDelay(buf, off, made.length)).toBe(value.maxDelay);
          return;
        }
        expect(mld.suppresses(buf, off)).toBe(value.suppress);
        expect(mld.robustness(buf, off)).toBe(value.robustness);
        expect(mld.sourceCount(buf, off)).toBe(value.sources.length);
      }),
    );
    expect(mld.layout.fields.map(({ offset }) => offset)).toEqual([0, 1, 2, mld.MAX_DELAY, 6, mld.GROUP]);
  });

  test("long times are floating point (RFC 3810, 5.1.3 and 5.1.9)", () => {
    const query = (maxDelay: number, queryInterval: number) =>
      mld.build(
        { kind: "query-v2", maxDelay, group: NOBODY, suppress: false, robustness: 2, queryInterval, sources: [] },
        NOBODY,
        NOBODY,
      );
    expect(mld.maxDelay(query(0x7fff, 127), 0, 28)).toBe(32_767);
    expect(mld.maxDelay(query(0x8000, 127), 0, 28)).toBe(32_768);
    expect(mld.maxDelay(query(0xffff, 127), 0, 28)).toBe(8_387_584);
    expect(mld.queryInterval(query(0, 127), 0)).toBe(127);
    expect(mld.queryInterval(query(0, 128), 0)).toBe(128);
    expect(mld.queryInterval(query(0, 255), 0)).toBe(31_744);
  });

  test("no input makes it read beside the message", () => {
    const records = [{ type: 4, group: NOBODY, sources: [NOBODY] }];
    const samples = [
      mld.build({ kind: "report-v2", records: [...records, ...records] }, NOBODY, NOBODY),
      mld.build({ kind: "query", maxDelay: 1, group: NOBODY }, NOBODY, NOBODY),
      mld.build(
        {
          kind: "query-v2",
          maxDelay: 1,
          group: NOBODY,
          suppress: true,
          robustness: 2,
          queryInterval: 9,
          sources: [NOBODY],
        },
        NOBODY,
        NOBODY,
      ),
    ];
    fc.assert(
      fc.property(hostile(samples), ({ buf, off, end }) => {
        const view = guarded(buf, off, end);
        const fault = mld.check(view, off, end);
        expect(typeof mld.parse(buf, off, end)).toBe(fault === Fault.None ? "object" : "number");
        if (fault !== Fault.None) return;
        if (buf[off] === Type.MulticastListenerReportV2) expectSound(mld.recordCount(view, off));
        else expectSound(mld.maxDelay(view, off, end - off));
      }),
      { numRuns: 1000 },
    );
  });

  test("says why a message cannot be read", () => {
    const query = mld.build({ kind: "query", maxDelay: 1, group: NOBODY }, NOBODY, NOBODY);
    for (let end = 0; end < 24; end++) expect(mld.check(query, 0, end)).toBe(Fault.Truncated);
    const between = Uint8Array.of(...query, 0, 0);
    expect(mld.check(between, 0, 26)).toBe(Fault.Length);
    const report = mld.build(
      { kind: "report-v2", records: [{ type: 1, group: NOBODY, sources: [NOBODY] }] },
      NOBODY,
      NOBODY,
    );
    for (let end = 0; end < report.length; end++) expect(mld.check(report, 0, end)).toBe(Fault.Truncated);
    query[0] = Type.EchoRequest;
    expect(mld.check(query, 0, 24)).toBe(Fault.Truncated);
  });

  test("building refuses what does not fit", () => {
    const records = [{ type: 1, group: new Uint8Array(4), sources: [] }];
    expect(() => mld.build({ kind: "report-v2", records }, NOBODY, NOBODY)).toThrow(/16 bytes/);
    expect(() => mld.build({ kind: "done", maxDelay: 65_536, group: NOBODY }, NOBODY, NOBODY)).toThrow(/mld\.maxDelay/);
  });
});
