import { expect, test } from "vitest";
import { similar } from "../../src/cli/similar.ts";

const KNOWN = ["arp-flood", "arp-forged", "land", "echo-flood"];

test.each([
  ["arp-flud", "arp-flood"],
  ["arp-forge", "arp-forged"],
  ["lnad", "land"],
  ["ecoh-flood", "echo-flood"],
  ["teardrop", null],
  ["x", null],
  ["", null],
])("%s: %s", (typed, meant) => {
  expect(similar(typed, KNOWN)).toBe(meant);
});
