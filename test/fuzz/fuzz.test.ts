import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Finding } from "../../fuzz/check.ts";
import { fingerprint, readCaptures, readSeeds, unique } from "../../fuzz/corpus.ts";
import type { FuzzFrame } from "../../fuzz/frame.ts";
import { minimise, reproduce } from "../../fuzz/minimise.ts";
import { keep, readFinding } from "../../fuzz/record.ts";
import { framesOf, ROUND_FRAMES, roundSeed, runRound } from "../../fuzz/rounds.ts";
import type { Runner, Target } from "../../fuzz/target.ts";
import { CODECS, TARGETS } from "../../fuzz/targets/index.ts";
import { writePcap } from "../support/tcpdump.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FINDINGS = join(ROOT, "test/fuzz/findings");
const corpus = unique(readSeeds(join(ROOT, "fuzz/seeds.txt")));

/** A target that goes wrong somehow. */
function target(run: Runner, line?: Target["line"]): Target {
  return { name: "broken", ...(line === undefined ? {} : { line }), start: () => run };
}

/** Its first finding, made small. */
function found(broken: Target): Finding {
  for (let round = 0; round < 20; round++) {
    const task = { seed: 3, round, frames: ROUND_FRAMES };
    const finding = runRound(task, corpus, [broken]);
    if (typeof finding !== "number") return minimise(finding, [broken], roundSeed(task));
  }
  throw new Error("nothing found");
}

/** The frames that show it. */
const hex = (finding: Finding) => finding.frames.map(({ bytes }) => Buffer.from(bytes).toString("hex"));

describe("hostile frames", () => {
  test.each([1, 2, 3, 4])("seed %i: nothing is thrown, read beside the frame, or too long", (seed) => {
    const result = runRound({ seed, round: 0, frames: ROUND_FRAMES }, corpus, TARGETS);
    expect(typeof result === "number" ? null : { ...result, frames: result.frames.slice(-1) }).toBeNull();
  });

  test("the same seed gives the same frames, another one others", () => {
    const frames = (seed: number, round: number) => [...framesOf({ seed, round, frames: 50 }, corpus)];
    expect(frames(1, 2)).toEqual(frames(1, 2));
    expect(frames(1, 2)).not.toEqual(frames(2, 2));
    expect(frames(1, 2)).not.toEqual(frames(1, 3));
  });

  test("every codec with check and parse takes part", () => {
    const names = CODECS.map(({ name }) => name);
    for (const name of ["arp", "ethernet", "icmp", "ipv4", "llc", "udp", "vlan"]) expect(names).toContain(name);
  });
});

describe("what is kept", () => {
  const files = existsSync(FINDINGS) ? readdirSync(FINDINGS).filter((name) => name.endsWith(".json")) : [];

  test.each(["none", ...files])("%s: is mended, and stays so", (name) => {
    if (name === "none") return;
    const { target: broken, seed, frames } = readFinding(join(FINDINGS, name));
    const targets = TARGETS.filter((one) => broken === "any" || one.name === broken);
    expect(targets).not.toEqual([]);
    expect(reproduce(frames, targets, seed)).toBeNull();
  });

  test("is read back as it was written", () => {
    const folder = mkdtempSync(join(tmpdir(), "vethlab-fuzz-"));
    const frame: FuzzFrame = {
      bytes: Uint8Array.of(1, 2, 255),
      originalLength: 9,
      second: 5,
      nanosecond: 6,
      direction: 1,
      flags: 1,
    };
    const finding = { target: "text", fault: "outside", detail: "x", frames: [frame, frame], seed: -7 } as const;
    expect(readFinding(keep(folder, finding))).toEqual(finding);
    rmSync(folder, { recursive: true });
  });
});

describe("what it finds", () => {
  test("an exception, in the smallest frame that throws it", () => {
    const finding = found(
      target(({ buf, off, end }) => {
        if (end - off > 20 && buf[off + 15]! > 0x45) throw new RangeError("too much");
      }),
    );
    expect(finding).toMatchObject({ fault: "exception", detail: expect.stringContaining("RangeError: too much") });
    expect(hex(finding)).toHaveLength(1);
    expect(hex(finding)[0]).toMatch(/^(00){15}(4[6-9a-f]|[5-9a-f].)(00){5}$/);
  });

  test("a byte read behind the frame, and one before it", () => {
    for (const beside of [0, -1]) {
      const finding = found(
        target(({ buf, off, end }, _, __, out) => out.ascii(`${buf[(beside < 0 ? off : end) + beside]}`)),
      );
      expect(finding).toMatchObject({ fault: "outside", frames: [{ bytes: new Uint8Array(0) }] });
    }
  });

  test("a frame that is written to", () => {
    const writes: Runner = ({ buf, off }) => buf.fill(~buf[off]!, off, off + 1);
    expect(found(target(writes))).toMatchObject({ fault: "written" });
  });

  test("a line that is too long", () => {
    const long: Runner = ({ off, end }, _, __, out) => out.ascii(`short\n${"x".repeat(3 * (end - off))}\n`);
    expect(found(target(long, { constant: 100, perByte: 2 }))).toMatchObject({
      fault: "line",
      frames: [{ bytes: new Uint8Array(101) }],
    });
  });

  test("what only a sequence of frames brings about", () => {
    const start = () => {
      let sum = 0;
      const run: Runner = ({ buf, off, end }) => {
        if (end - off > 13 && buf[off + 12] === 8) sum++;
        if (sum === 3) throw new Error("three");
      };
      return run;
    };
    const finding = found({ name: "broken", start });
    expect(hex(finding)).toEqual(Array(3).fill(`${"00".repeat(12)}0800`));
  });

  test("a frame that takes long", () => {
    const slow: Runner = ({ off, end }) => {
      const until = performance.now() + (end - off > 1000 ? 120 : 0);
      while (performance.now() < until);
    };
    const round = { seed: 3, round: 0, frames: ROUND_FRAMES };
    expect(runRound(round, corpus, [target(slow)])).toMatchObject({ fault: "slow" });
  });
});

describe("npm run fuzz", () => {
  const fuzz = (...args: string[]) =>
    spawnSync(process.execPath, [join(ROOT, "scripts/fuzz.js"), ...args], { encoding: "utf8" });

  test("says what it did", () => {
    const run = fuzz("--count", "700", "--seed", "5", "--jobs", "2");
    expect(run.stderr).toBe("");
    expect(run.status).toBe(0);
    expect(run.stdout).toMatch(/^fuzz: seed 5, \d+ frames to begin with \([0-9a-f]{8}\), [12] threads?, \d+ targets/);
    expect(run.stdout).toMatch(
      /\nfuzz: 700 frames in [\d.]+ s, [\d,]+ a second, the slowest [\d.]+ ms, no findings\n$/,
    );
  });

  test("takes captures, of which each frame counts once", async () => {
    const folder = mkdtempSync(join(tmpdir(), "vethlab-fuzz-"));
    const frame = { bytes: new Uint8Array(20), length: 20, second: 1, microsecond: 2 };
    writeFileSync(join(folder, "a.pcap"), writePcap([frame, frame, { ...frame, bytes: new Uint8Array(21) }]));
    writeFileSync(join(folder, "b.pcap"), "no capture");
    const frames = unique(await readCaptures(folder));
    expect(frames.map(({ length }) => length)).toEqual([20, 21]);
    expect(fingerprint(frames)).not.toBe(fingerprint(frames.slice(1)));
    expect(fuzz("--count", "10", folder).status).toBe(0);
    rmSync(folder, { recursive: true });
  });

  test.each([[["--count", "many"]], [["--sed", "1"]], [["/nowhere"]]])("%j is a mistake", (args) => {
    const run = fuzz(...args);
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(/^fuzz: .*\n$/);
  });
});
