import { createHash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { simulate } from "../../../src/tools/simulate/index.ts";
import { readAll } from "../../capture/files.ts";

describe("a simulated segment", () => {
  test("50 hosts, 24 hours: no wrong data, memory flat, and the same again from the same seed", () => {
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as () => void;
    const memory = () => {
      gc();
      return process.memoryUsage().heapUsed;
    };
    const report = simulate({ hosts: 50, hours: 24, seed: 1, memory });
    expect(report.hours).toHaveLength(24);
    expect(report.wrong).toBe(0);
    expect(report.pings).toBeGreaterThan(100_000);
    expect(report.answered).toBeGreaterThan(report.pings * 0.8);
    expect(report.answered + report.unreachable).toBeLessThanOrEqual(report.pings);
    for (const happened of [
      "duplicates",
      "unreachable",
      "left",
      "changed",
      "conflicts",
      "taken",
      "lost",
      "corrupted",
    ] as const)
      expect(report[happened], happened).toBeGreaterThan(10);
    // All were there in the second hour; what leaks a card that was swapped (100 times and more) grows by a megabyte and more.
    const mean = (from: number, to: number) =>
      report.hours.slice(from, to).reduce((sum, hour) => sum + hour.memory, 0) / (to - from);
    expect(mean(20, 24) - mean(2, 6)).toBeLessThan(700_000);
    const again = simulate({ hosts: 50, hours: 24, seed: 1 });
    expect(again.fingerprint).toBe(report.fingerprint);
  }, 120_000);

  test("captures are the same to the byte from one seed, and differ from another's", async () => {
    const run = (seed: number) => {
      const chunks: Buffer[] = [];
      const { fingerprint, frames } = simulate({
        hosts: 8,
        hours: 1,
        seed,
        write: (bytes) => chunks.push(Buffer.from(bytes)),
      });
      return { capture: Buffer.concat(chunks), fingerprint, frames };
    };
    const [first, second, other] = [run(5), run(5), run(6)];
    expect(first.capture.equals(second.capture)).toBe(true);
    expect(first.fingerprint).toBe(second.fingerprint);
    expect(first.capture.equals(other.capture)).toBe(false);
    expect(first.fingerprint).not.toBe(other.fingerprint);
    expect(createHash("sha256").update(first.capture).digest("hex")).not.toBe(first.fingerprint);
    expect((await readAll(first.capture)).records).toHaveLength(first.frames);
  });

  test("links of other quality", () => {
    const none = simulate({ hosts: 5, hours: 1, impairments: {} });
    expect(none).toMatchObject({ lost: 0, duplicated: 0, corrupted: 0, duplicates: 0 });
    const dead = simulate({ hosts: 5, hours: 1, impairments: { in: { loss: { model: "random", percent: 100 } } } });
    expect(dead.answered).toBe(0);
    expect(dead.pings).toBeGreaterThan(0);
  });

  test("refuses what makes no sense", () => {
    expect(() => simulate({ hosts: 1 })).toThrow("hosts: from 2 to 200");
    expect(() => simulate({ hours: 0 })).toThrow("hours: at least 1");
    expect(() => simulate({ impairments: { in: { limit: 0 } } })).toThrow("limit");
  });
});
