/** The siege at a gentle pace: what it tells is what happened. */
import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { packageFile } from "../../bench/root.ts";
import { main } from "../../bench/siege/main.ts";
import { page } from "../../bench/siege/report.ts";
import { type Result, Siege } from "../../bench/siege/siege.ts";
import { ATTACKS, totalBound } from "../../src/tools/attack/index.ts";
import { needs } from "../support/privilege.ts";

const attack = (name: string) => ATTACKS.find((one) => one.name === name)!;
const SECONDS = 0.5;
const RATE = 2000;

needs({ netns: true, commands: ["ping"] }).describe("npm run siege", () => {
  test.each([
    ["host", "land", { answered: [25, 60], drops: ["ip-source-own", "own-mac"] }],
    ["host", "arp-forged", { answered: [800, 1200], drops: [] }],
    ["router", "route-ttl", { forwarded: [40, 80], drops: ["ttl-exceeded"] }],
  ] as const)("%s: %s", async (aims, name, expected) => {
    using siege = await Siege.begin(aims);
    const result = await siege.run(attack(name), SECONDS, RATE);
    expect(result).toMatchObject({ attack: name, target: aims, lost: 0, pings: 25, pingsLost: 0 });
    expect(result.sent).toBeGreaterThan(0.8 * SECONDS * RATE);
    expect(result.received).toBeGreaterThanOrEqual(result.sent);
    expect(Object.keys(result.drops).sort()).toEqual([...expected.drops].sort());
    if (expected.drops.length > 0) expect(result.dropped).toBe(result.sent);
    for (const [key, [least, most]] of Object.entries(expected).filter(([key]) => key !== "drops") as [
      "answered" | "forwarded",
      readonly [number, number],
    ][]) {
      expect(result[key]).toBeGreaterThanOrEqual(least);
      expect(result[key]).toBeLessThanOrEqual(most);
    }
    expect(result.errors).toBeLessThan(20);
    expect(await siege.recovers(3)).toBe(true);
  });
});

test("docs/attacks.md was written for the attacks that there are", () => {
  const written = readFileSync(packageFile("docs", "attacks.md"), "utf8");
  for (const { name, about, defence } of ATTACKS) expect(written).toContain(`| \`${name}\` | ${about} | ${defence} |`);
});

test("the page has a line for each result, and the bound", () => {
  const result: Result = {
    attack: "land",
    target: "host",
    seconds: 2,
    sent: 400_000,
    received: 300_000,
    lost: 100_000,
    answered: 100,
    forwarded: 0,
    dropped: 299_900,
    drops: { "ip-source-own": 299_900 },
    errors: 3,
    pings: 100,
    pingsLost: 25,
    memory: [1 << 20, 3 << 20, 2 << 20],
    held: 1 << 19,
    idle: 0.014,
    neighbours: 1,
    fragments: 0,
  };
  const text = page([result], { seconds: 2, rate: "max", load: 0.5 });
  const { about, defence } = attack("land");
  expect(text).toContain(
    `| \`land\` | ${about} | ${defence} | 200,000 | 25.0% | 50 | 2 | 25 of 100 | 0.5 MiB | 3.0 MiB | 1% |\n`,
  );
  expect(text).toContain(`| together | ${totalBound().toLocaleString("en")} |`);
  expect(text).not.toContain("### A router");
});

test.each([
  [["--help"], 0, /^usage: npm run siege -- /],
  [["--seconds", "x"], 2, /^siege: x is no number above 0\n/],
  [["--report", "/nowhere/x.md"], 2, /^siege: ENOENT: no such file or directory, open '\/nowhere\/x\.md'\n/],
])("%j", async (args, code, text) => {
  let told = "";
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockImplementation((chunk) => {
      told += chunk;
      return true;
    }),
  );
  try {
    expect(await main(args)).toBe(code);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  expect(told).toMatch(text);
});
