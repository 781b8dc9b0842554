/** Parsing allocates nothing: the claim that the whole design rests on, held by measuring it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { layOut, writeCorpus } from "../../bench/corpus.ts";
import { malformedFrame } from "../../bench/frame-mix.ts";
import { arpFrame, echoFrame, pingFrame, taggedEchoFrame } from "../../bench/frames.ts";
import type { Memory } from "../../bench/harness.ts";
import { openProcess } from "../../bench/process-session.ts";
import { Random } from "../../bench/random.ts";
import { build } from "./built.ts";

const directory = mkdtempSync(join(tmpdir(), "vethlab-test-"));
afterAll(() => rmSync(directory, { recursive: true }));

let worker = "";
beforeAll(() => {
  worker = join(build(), "bench", "worker.js");
});

/** What one contender allocates a frame, over a million frames or a tenth of a second. */
async function memoryOf(who: string, work: string, make: (random: Random) => Uint8Array): Promise<Memory> {
  const random = new Random(1);
  const list = Array.from({ length: 256 }, () => make(random));
  const path = join(directory, work.replace("/", "-"));
  writeCorpus(path, layOut(list, random));
  const session = await openProcess(process.execPath, ["--expose-gc", worker, who, work, path]);
  if ("absent" in session) throw new Error(session.absent);
  try {
    await session.warm(100e6);
    return (await session.memory(100e6))!;
  } finally {
    session.close();
  }
}

describe("allocation", () => {
  test.each([
    ["parse/arp", arpFrame],
    ["parse/icmp", echoFrame],
    ["parse/vlan", taggedEchoFrame],
    ["parse/mixed", malformedFrame],
    ["build/arp", arpFrame],
    ["build/icmp", pingFrame],
  ])("%s allocates nothing a frame", async (work, make) => {
    const { bytes, collections } = await memoryOf("vethlab", work, make);
    expect(bytes).toBeLessThan(0.1);
    expect(collections).toBe(0);
  });

  test("the measure sees what is allocated: an object a frame, collected on the way", async () => {
    const { bytes, collections } = await memoryOf("buffer-layout", "parse/arp", arpFrame);
    expect(bytes).toBeGreaterThan(100);
    expect(collections).toBeGreaterThan(0);
  });
});
