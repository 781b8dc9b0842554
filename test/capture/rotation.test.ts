import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  createRotation,
  isWriteError,
  openCapture,
  type RotatingCapture,
  type Rotation,
} from "../../src/capture/index.ts";
import { numberedName } from "../../src/capture/rotation.ts";
import { strftime } from "../../src/capture/strftime.ts";
import { drain } from "./files.ts";

const root = mkdtempSync(join(tmpdir(), "vethlab-test-"));
afterAll(() => rmSync(root, { recursive: true }));
let folder = "";
let turn = 0;
beforeEach(() => {
  folder = mkdtempSync(join(root, `${turn++}-`));
});

const FRAME = new Uint8Array(100);

/** A rotation with a clock of its own, and what it reported as closed. */
function rotating(name: string, rotation: Rotation) {
  const clock = { now: 1_000_000_000 };
  const closed: string[] = [];
  const capture = createRotation(join(folder, name), { interfaces: [{ name: "ve0" }] }, rotation, {
    now: () => clock.now,
    closed: (path) => void closed.push(path.slice(folder.length + 1)),
  });
  if (isWriteError(capture)) throw new Error(capture.message);
  return { capture, clock, closed };
}

/** Appends frame number `n`, which bears its number. */
function append(capture: RotatingCapture, n: number): boolean {
  FRAME[0] = n;
  return capture.append(FRAME, 0, FRAME.length, FRAME.length, 1000 + n, 0, 0, 0);
}

/** The numbers of the frames in each file. */
async function contents(): Promise<Record<string, number[]>> {
  const found: Record<string, number[]> = {};
  for (const file of readdirSync(folder).sort()) {
    const { records, error } = await drain(await openCapture(join(folder, file)));
    expect(error).toBeNull();
    found[file] = records.map(({ bytes }) => bytes[0]!);
  }
  return found;
}

describe("names", () => {
  test.each([
    [0, undefined, "x"],
    [1, undefined, "x1"],
    [12, undefined, "x12"],
    [0, 1, "x"],
    [0, 2, "x0"],
    [9, 10, "x9"],
    [0, 11, "x00"],
    [10, 11, "x10"],
    [7, 1000, "x007"],
  ])("number %i of %s files is %s", (number, files, name) => {
    expect(numberedName("x", number, files)).toBe(name);
  });

  const zone = process.env.TZ;
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  test.each(["UTC", "America/New_York", "Asia/Kolkata"])("strftime agrees with date(1) in %s", (TZ) => {
    process.env.TZ = TZ;
    const letters = [..."aAbBCdDeFgGhHIjklmMpPrRsStTuUVwWxXyYz%"];
    const format = letters.map((letter) => `${letter}%${letter}`).join("|");
    for (const time of [0, 86_399, 951_782_400, 1_234_567_890, 1_735_689_599, 1_704_067_200, 1_798_761_600]) {
      const theirs = execFileSync("date", ["-d", `@${time}`, `+${format}`], {
        encoding: "utf8",
        env: { ...process.env, TZ, LC_ALL: "C" },
      });
      expect(`${strftime(format, time)}\n`).toBe(theirs);
    }
    expect(strftime("%Q-%-d-%", 0)).toBe("%Q-%-d-%");
    expect(strftime("%c", 0)).toMatch(/^(Thu Jan {2}1|Wed Dec 31) \d\d:\d\d:00 19(70|69)$/);
  });
});

describe("-C: another file before the frame that follows so many bytes", () => {
  // A file's head takes 24 bytes, a frame 116.
  test("as many as it takes, each whole", async () => {
    const { capture, closed } = rotating("x.pcap", { size: 240 });
    for (let n = 0; n < 7; n++) expect(append(capture, n)).toBe(true);
    expect(capture.close()).toBeNull();
    expect(await contents()).toEqual({ "x.pcap": [0, 1], "x.pcap1": [2, 3], "x.pcap2": [4, 5], "x.pcap3": [6] });
    expect(closed).toEqual(["x.pcap", "x.pcap1", "x.pcap2"]);
  });

  test("-W: begins again with the first", async () => {
    const { capture } = rotating("x.pcap", { size: 240, files: 2 });
    for (let n = 0; n < 5; n++) append(capture, n);
    capture.close();
    expect(await contents()).toEqual({ "x.pcap0": [4], "x.pcap1": [2, 3] });
  });

  test("every pcapng file describes all interfaces", async () => {
    const { capture } = rotating("x.pcapng.gz", { size: 500 });
    expect(capture.addInterface({ name: "ve1" })).toBe(1);
    for (let n = 0; n < 6; n++) append(capture, n);
    capture.close();
    const files = readdirSync(folder).sort();
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      // The name's end is a number, and yet it is what the whole name says.
      expect(readFileSync(join(folder, file)).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
      const { reader } = await drain(await openCapture(join(folder, file)));
      expect(reader?.interfaces.map(({ name }) => name)).toEqual(["ve0", "ve1"]);
    }
  });

  test("a file that cannot be created ends it, with the frames that are safe", async () => {
    const { capture } = rotating("x.pcap", { size: 100 });
    append(capture, 0);
    rmSync(folder, { recursive: true });
    expect(append(capture, 1)).toBe(false);
    expect(capture.error).toMatchObject({ kind: "io", code: "ENOENT", frames: 1 });
    expect(append(capture, 2)).toBe(false);
    expect(capture.close()).toMatchObject({ code: "ENOENT" });
  });
});

describe("-G: another file with the first frame after so many seconds", () => {
  const zone = process.env.TZ;
  beforeEach(() => {
    process.env.TZ = "UTC";
  });
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  test("named by the time of its beginning", async () => {
    const { capture, clock, closed } = rotating("%H%M%S.pcap", { seconds: 10 });
    append(capture, 0);
    clock.now += 9;
    append(capture, 1);
    clock.now += 1;
    append(capture, 2);
    clock.now += 35;
    append(capture, 3);
    capture.close();
    expect(await contents()).toEqual({ "014640.pcap": [0, 1], "014650.pcap": [2], "014725.pcap": [3] });
    expect(closed).toEqual(["014640.pcap", "014650.pcap"]);
  });

  test("-W: stops after so many", async () => {
    const { capture, clock } = rotating("%s.pcap", { seconds: 10, files: 2 });
    for (let n = 0; n < 2; n++) {
      append(capture, n);
      clock.now += 10;
    }
    expect(append(capture, 2)).toBe(false);
    expect(capture.isFull).toBe(true);
    expect(capture.error).toBeNull();
    expect(append(capture, 3)).toBe(false);
    expect(capture.close()).toBeNull();
    expect(Object.values(await contents())).toEqual([[0], [1]]);
  });

  test("with -C: numbered within the time, and anew with the next", async () => {
    const { capture, clock } = rotating("%M%S.pcap", { seconds: 10, size: 100, files: 3 });
    for (let n = 0; n < 2; n++) append(capture, n);
    clock.now += 10;
    for (let n = 2; n < 6; n++) append(capture, n);
    capture.close();
    expect(await contents()).toEqual({
      "4640.pcap0": [0],
      "4640.pcap1": [1],
      "4650.pcap0": [5],
      "4650.pcap1": [3],
      "4650.pcap2": [4],
    });
  });
});
