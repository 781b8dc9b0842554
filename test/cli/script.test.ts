import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isCaptureError, openCapture } from "../../src/capture/index.ts";
import { start, VETHLAB } from "../support/command.ts";
import { needs } from "../support/privilege.ts";

const GOOD =
  "# Head\ntest 1a MUST RFC 826: a request is answered\ninject arp request who-has $host\nexpect arp reply $host is-at $host.mac\n";
const BAD = "test: silence\ninject arp request who-has $host\nexpect nothing\n";
const OTHER = "kernel differs: it takes IEEE 802, too\ninject arp request who-has $host htype 6\nexpect nothing\n";
const ROUTER = "use router a 10.0.1.1/24 b 10.0.2.1/24\nuse gateway 10.0.9.9\nwait 1\n";

describe("vethlab script", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "vethlab-test-"));
    for (const [name, text] of Object.entries({
      good: GOOD,
      bad: BAD,
      other: OTHER,
      broken: "inject it\n",
      red: "test: \x1b[31mred\nwait 1\n",
      lost: ROUTER,
    }))
      writeFileSync(join(folder, `${name}.frames`), text);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const script = (...args: string[]) => start(process.execPath, [VETHLAB, "script", ...args]).done;
  const at = (name: string) => join(folder, `${name}.frames`);

  test("a line a test, a summary, exit code 0", async () => {
    const { code, stdout } = await script(at("good"), at("other"));
    expect(stdout).toBe("simulated  \nPASS       1a   a request is answered\nPASS       other\n2 passed, 0 failed\n");
    expect(code).toBe(0);
  });

  test("what fails is shown, exit code 1", async () => {
    const { code, stdout } = await script(at("bad"));
    expect(stdout).toContain(
      `    simulated: ${at("bad")}:3: expect nothing\n    a frame came after 0.000 s where none should\n`,
    );
    expect(stdout).toMatch(
      /inject 02:00:0a:00:00:02 > ff:ff:ff:ff:ff:ff, ethertype ARP .* Request who-has 10.0.0.1 tell 10.0.0.2/,
    );
    expect(stdout.endsWith("0 passed, 1 failed\n")).toBe(true);
    expect(code).toBe(1);
  });

  test("--json: an object a line", async () => {
    const { code, stdout } = await script("--json", at("good"), at("bad"));
    const [good, bad] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(good).toEqual({
      file: at("good"),
      line: 2,
      id: "1a",
      level: "MUST",
      source: "RFC 826",
      title: "a request is answered",
      device: "simulated",
      result: "pass",
      reason: "",
    });
    expect(bad).toMatchObject({
      result: "fail",
      failure: { line: 3, message: "a frame came after 0.000 s where none should" },
    });
    expect(code).toBe(1);
  });

  test("-w: every frame, test after test, each with its test's title", async () => {
    const file = join(folder, "frames.pcapng");
    expect((await script("-w", file, at("good"), at("bad"))).code).toBe(1);
    const reader = await openCapture(file);
    if (isCaptureError(reader)) throw new Error(reader.message);
    const titles: string[] = [];
    for await (const batch of reader) for (let i = 0; i < batch.count; i++) titles.push(batch.comments(i).join());
    expect(titles).toEqual(["1a a request is answered", "1a a request is answered", "silence", "silence"]);
    expect((await script("-w", "/nowhere/x.pcapng", at("good"))).stderr).toBe(
      "vethlab script: cannot write /nowhere/x.pcapng: no such file or directory\n",
    );
  });

  test("-w -: the capture alone on standard output, the rest beside it", async () => {
    const file = join(folder, "same.pcapng");
    await script("-w", file, at("good"));
    const { code, stdout, stderr } = await script("-w", "-", at("good"));
    expect(stdout).toBe(readFileSync(file, "utf8"));
    expect(stderr).toContain("1 passed, 0 failed\n");
    expect(code).toBe(0);
  });

  test.each([
    [
      ["broken"],
      "broken.frames:1:8: `it` begins no frame: write eth, vlan, arp, ip, icmp, udp, data, quoting, raw, fragment or $NAME\n",
    ],
    [["lost"], "lost.frames:3:1: gateway 10.0.9.9 is on no network of this router's\n"],
    [["nowhere"], "nowhere.frames: no such file or directory\n"],
    [["good", "--report", "x.md"], "vethlab script: --report compares all devices: add --on all\n"],
    [
      ["good", "--on", "all", "--report", "/nowhere/x.md"],
      "script: cannot write /nowhere/x.md: no such file or directory\n",
    ],
    [["red"], "red.frames:1:7: U+001B is a control character: a script is plain text\n"],
    [["good", "--on", "moon"], "It must be one of simulated, host, kernel, all"],
  ])("a mistake: %j", async (args, message) => {
    const { code, stdout, stderr } = await script(...args.map((word, i) => (i === 0 ? at(word) : word)));
    expect(stderr.toLowerCase()).toContain(message.toLowerCase());
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect([code, stdout.replace(/^simulated +\n/, "")]).toEqual([2, ""]);
  });

  test("a folder without scripts", async () => {
    const empty = mkdtempSync(join(folder, "empty-"));
    expect((await script(empty)).stderr).toBe(`vethlab script: no script in ${empty}: they end in .frames\n`);
  });

  needs({ netns: true }).test("all devices side by side, and a report", async () => {
    const report = join(folder, "report.md");
    const { code, stdout } = await script("--on", "all", "--report", report, at("good"), at("other"));
    expect(stdout.split("\n")).toEqual([
      "simulated  host       kernel     ",
      "PASS       PASS       PASS       1a   a request is answered",
      "PASS       PASS       differs    other",
      "                                 kernel: it takes IEEE 802, too",
      "5 passed, 0 failed, 1 differ as they say",
      "",
    ]);
    expect(code).toBe(0);
    const text = readFileSync(report, "utf8");
    expect(text).toContain("## Head\n\n[");
    expect(text).toContain("| 1a | MUST: a request is answered | RFC 826 | yes | yes | yes |\n");
    expect(text).toContain("- Linux: it takes IEEE 802, too\n");
  });
});
