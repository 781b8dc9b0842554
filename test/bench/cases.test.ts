import { describe, expect, test } from "vitest";
import { CASES, selectCases } from "../../bench/cases.ts";
import type { Case } from "../../bench/harness.ts";

function names(selected: ReturnType<typeof selectCases>): string[] {
  if ("unknown" in selected) throw new Error(`no case ${selected.unknown}`);
  return (selected as readonly Case[]).map((one) => one.name);
}

const PARSE = CASES.map((one) => one.name).filter((name) => name.startsWith("parse/"));

describe("cases", () => {
  test("each has a name of its own", () => {
    expect(new Set(CASES.map((one) => one.name)).size).toBe(CASES.length);
  });

  test("none named: all; one by its name; a group by the part before the slash", () => {
    expect(selectCases([])).toBe(CASES);
    expect(names(selectCases(["parse/arp"]))).toEqual(["parse/arp"]);
    expect(names(selectCases(["parse"]))).toEqual(PARSE);
    // checksum-update begins with the same letters but is no member of the group.
    expect(names(selectCases(["checksum"]))).not.toContain("checksum-update");
  });

  test("each once, in the report's order", () => {
    expect(names(selectCases(["build/arp", "parse/arp", "parse"]))).toEqual([...PARSE, "build/arp"]);
    expect(names(selectCases(["parse/icmp"]))).toEqual(["parse/icmp", "parse/icmp/uncached"]);
  });

  test.each([
    ["parse/arq", "parse/arp"],
    ["prase", "parse"],
    ["checksum/15000", "checksum/1500"],
    ["juggle", undefined],
    ["", undefined],
  ])("%j is none; %j may be meant", (name, meant) => {
    expect(selectCases([name])).toEqual({ unknown: name, meant });
  });
});
