import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startVethlab } from "../support/command.ts";
import { until } from "../support/until.ts";

test("simulate: a line an hour, totals, and a capture that the same seed writes again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "vethlab-test-"));
  try {
    const run = async (name: string, seed: string) => {
      const args = ["--hosts", "5", "--hours", "2", "--seed", seed, "-w", join(folder, name)];
      const { code, stdout, stderr } = await startVethlab("simulate", ...args).done;
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return stdout;
    };
    const [a, b, c] = [await run("a", "1"), await run("b", "1"), await run("c", "2")];
    expect(a).toMatch(/^hour +frames.*\n +1 .*\n +2 .*\n\n5 hosts, 2 h, seed 1: \d+ frames, .* 0 with wrong data\n/);
    const fingerprint = (text: string) => /^fingerprint ([0-9a-f]{64})$/m.exec(text)?.[1];
    expect(fingerprint(a)).toBe(fingerprint(b));
    expect(fingerprint(a)).not.toBe(fingerprint(c));
    expect(readFileSync(join(folder, "a")).equals(readFileSync(join(folder, "b")))).toBe(true);
    expect(readFileSync(join(folder, "a")).equals(readFileSync(join(folder, "c")))).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("simulate --json: one object a line", async () => {
  const { stdout } = await startVethlab("simulate", "--hosts", "3", "--hours", "1", "--json").done;
  const objects = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(objects).toMatchObject([
    { event: "hour", hour: 1 },
    { event: "totals", seed: 1, wrong: 0 },
  ]);
});

test("simulate -w -: the capture on standard output, for a program; what is told beside it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "vethlab-test-"));
  try {
    const args = ["--hosts", "3", "--hours", "1", "-w"];
    const file = await startVethlab("simulate", ...args, join(folder, "a")).done;
    const piped = await startVethlab("simulate", ...args, "-").done;
    expect(piped.stdout).toBe(readFileSync(join(folder, "a"), "utf8"));
    const fingerprint = /^fingerprint .*$/m;
    expect(fingerprint.exec(piped.stderr)?.[0]).toBe(fingerprint.exec(file.stdout)?.[0]);
    expect(piped.code).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("simulate: Ctrl-C ends it with the totals of the hours that are over", async () => {
  const running = startVethlab("simulate", "--hosts", "3", "--hours", "8760");
  await until(() => running.stdout().includes("\n   2 "));
  running.child.kill("SIGINT");
  const { code, stdout } = await running.done;
  const hours = stdout.match(/^ +\d+ /gm)!.length;
  expect(stdout).toMatch(new RegExp(`\n\n3 hosts, ${hours} h, seed 1: .*\n.*\nfingerprint [0-9a-f]{64}\n$`));
  expect(hours).toBeLessThan(8760);
  expect(code).toBe(0);
});
