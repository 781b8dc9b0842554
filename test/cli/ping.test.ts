/** ping and arping as people type them: beside iputils', and over the three ways. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { VETHLAB } from "../support/command.ts";
import { describeNetns, needs } from "../support/privilege.ts";
import { until } from "../support/until.ts";
import { Wire } from "../support/wire.ts";

const CHECKOUT = join(VETHLAB, "../..");

describeNetns("ping and arping on the command line", () => {
  let wire: Wire;
  beforeAll(async () => {
    wire = new Wire();
    wire.ve0.addAddress("10.0.0.1/24");
    const answer = wire.startVethlab(wire.ve1, "answer", "-I", "ve1", "--ip", "10.0.0.2", "-q");
    await until(() => answer.stdout().includes("ANSWERING"));
  });
  afterAll(() => wire.close());

  const ours = (...args: string[]) => wire.vethlab(wire.ve0, ...args);

  needs({ netns: true, commands: ["ping", "arping"] }).describe("iputils' text, times apart", () => {
    test.each([
      "-c3 -i.2",
      "-c 2 -i 0.2 -q",
      "-c 2 -i 0.2 -D",
      "-c 1 -s 0",
      "-c 1 -s 15",
      "-c 1 -p 123 -t 255 -n -W 5",
      "-c 1 -s 1472 -p 0102030405060708090a0b0c0d0e0f1011",
      "-c 2 -i 0.2 -w 5",
      "-c 1 -W 0",
      "-c 2 -i 0.2 -O",
    ])("ping %s", async (options) => {
      const args = ["-I", "ve0", ...options.split(" "), "10.0.0.2"];
      const [mine, theirs] = await Promise.all([ours("ping", ...args), wire.run(wire.ve0, "ping", ...args)]);
      expect(withoutTimes(mine.stdout)).toBe(withoutTimes(theirs.stdout));
      expect(mine).toMatchObject({ code: theirs.code, stderr: theirs.stderr });
    });

    test("ping of an address that nobody has", async () => {
      const [mine, theirs] = await Promise.all([
        ours("ping", "-I", "ve0", "-c", "1", "10.0.0.99"),
        // With -I it would not hear of it: that news arrives on lo.
        wire.run(wire.ve0, "ping", "-c", "1", "10.0.0.99"),
      ]);
      expect(withoutTimes(mine.stdout).replace("from 10.0.0.1 ve0: ", "")).toBe(withoutTimes(theirs.stdout));
      expect(mine).toMatchObject({ code: theirs.code, stderr: theirs.stderr });
    });

    test.each(["-c 2 -w 5", "-c 1 -b", "-f", "-D -c 2", "-f -q"])("arping %s", async (options) => {
      const args = ["-I", "ve0", ...options.split(" "), "10.0.0.2"];
      // One after the other: each would count the other's answers.
      const mine = await ours("arping", ...args);
      const theirs = await wire.run(wire.ve0, "arping", ...args);
      expect(withoutTimes(mine.stdout)).toBe(withoutTimes(theirs.stdout));
      expect(mine).toMatchObject({ code: theirs.code, stderr: theirs.stderr });
    });
  });

  test("-W 0 waits for ever, as iputils says; Ctrl-C ends it", async () => {
    // Nobody has this address, and asking a group takes no ARP.
    const args = ["ping", "-I", "ve0", "--source-ip", "10.0.0.4/24", "-c", "1", "224.0.0.9"];
    const patient = wire.startVethlab(wire.ve0, ...args, "-W", "0");
    await until(() => patient.stdout().includes("PING"));
    expect((await ours(...args, "-W", "0.05")).code).toBe(1);
    expect(patient.child.exitCode).toBe(null);
    process.kill(patient.pid, "SIGINT");
    expect((await patient.done).code).toBe(1);
  });

  for (const [way, packages] of [
    ["packet", []],
    ["cap", ["cap"]],
    ["kernel", ["raw-socket"]],
  ] as const)
    needs({ netns: true, packages }).test(`--via ${way}`, async () => {
      for (const options of [
        ["-c", "3", "-i", "0.02"],
        ["-c", "200", "-f", "-q"],
      ]) {
        const { code, stdout, stderr } = await ours("ping", "--via", way, "-I", "ve0", ...options, "10.0.0.2");
        expect(stdout).toMatch(/^(\d+) packets transmitted, \1 received, 0% packet loss/m);
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      }
    });

  test("without the optional packages, --via says what to install, and everything else works", async () => {
    // The same checkout without these packages.
    const copy = mkdtempSync(join(tmpdir(), "vethlab-test-"));
    try {
      for (const part of ["bin", "dist", "package.json"])
        cpSync(join(CHECKOUT, part), join(copy, part), { recursive: true });
      mkdirSync(join(copy, "node_modules"));
      for (const name of readdirSync(join(CHECKOUT, "node_modules")))
        if (name !== "cap" && name !== "raw-socket")
          symlinkSync(join(CHECKOUT, "node_modules", name), join(copy, "node_modules", name));
      const run = (...args: string[]) =>
        wire.run(wire.ve0, process.execPath, join(copy, "bin/vethlab"), "ping", ...args);
      expect((await run("-I", "ve0", "-c", "1", "10.0.0.2")).code).toBe(0);
      for (const [way, name] of [
        ["cap", "cap"],
        ["kernel", "raw-socket"],
      ] as const) {
        const { code, stdout, stderr } = await run("--via", way, "-I", "ve0", "10.0.0.2");
        expect(stderr).toMatch(
          new RegExp(`^vethlab ping: the optional package \`${name}\` is not built.*apt-get install .*\n$`),
        );
        expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      }
    } finally {
      rmSync(copy, { recursive: true });
    }
  });
});

/** The text with everything that the clock decides replaced. */
function withoutTimes(text: string): string {
  return text
    .replace(/^\[\d+\.\d{6}\]/gm, "[STAMP]")
    .replace(/time=[\d.]+ ms/g, "time=T ms")
    .replace(/time \d+ms/g, "time Tms")
    .replace(/= [\d.]+\/[\d.]+\/[\d.]+\/[\d.]+ ms/g, "= T/T/T/T ms")
    .replace(/ipg\/ewma [\d.]+\/[\d.]+ ms/g, "ipg/ewma T/T ms")
    .replace(/, pipe \d+/g, "")
    .replace(/ [\d.]+ms$/gm, " Tms");
}
