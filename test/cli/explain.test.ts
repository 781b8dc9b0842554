import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { vethlab } from "../support/command.ts";

const CAPTURES = fileURLToPath(new URL("../captures/", import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vethlab-test-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("echoes of iputils' ping and the kernel: nothing is wrong, exit 0", () => {
  const { code, stdout, stderr } = vethlab("explain", join(CAPTURES, "echo.pcap"), "--width", "100");
  expect(stderr).toBe("");
  expect(stdout).toContain("Echo: round-trip times");
  expect(stdout).toContain("What happened");
  expect([code, stdout.includes("!")]).toEqual([0, false]);
});

test("ICMP errors: exit 1, and --json says which frames", () => {
  const { code, stdout } = vethlab("explain", join(CAPTURES, "errors.pcap"), "--json");
  expect(code).toBe(1);
  const report = JSON.parse(stdout) as { schema: string; findings: { code: string; count: number }[] };
  expect(report.schema).toBe("vethlab-report-1");
  expect(report.findings.map((one) => one.code)).toContain("icmp-error");
});

test("a drawing and a page, and no text then", () => {
  const svg = join(folder, "a.svg");
  const html = join(folder, "a.html");
  const { stdout, code } = vethlab("explain", join(CAPTURES, "arp.pcap"), "--svg", svg, "--html", html);
  expect(stdout).toBe("");
  expect([0, 1]).toContain(code);
  expect(readFileSync(svg, "utf8")).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  expect(readFileSync(html, "utf8")).toMatch(/^<!DOCTYPE html>[\s\S]*<\/html>\n$/);
});

test("damage: what came before it is reported, and exit 2 with a line that says where", () => {
  const whole = readFileSync(join(CAPTURES, "echo.pcap"));
  const cut = join(folder, "cut.pcap");
  writeFileSync(cut, whole.subarray(0, whole.length - 5));
  const { code, stdout, stderr } = vethlab("explain", cut);
  expect(code).toBe(2);
  expect(stdout).toContain("The file is damaged");
  expect(stderr).toMatch(/^vethlab explain: .*cut\.pcap: .* \(at byte \d+\)\n$/);
});

test("mistakes are told in one line", () => {
  expect(vethlab("explain", join(folder, "absent.pcap"))).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^vethlab explain: .*absent\.pcap: no such file or directory\n$/),
  });
  expect(vethlab("explain").stderr).toMatch(/^vethlab explain: missing required argument 'file'/);
  const nowhere = vethlab("explain", join(CAPTURES, "arp.pcap"), "--svg", join(folder, "no", "a.svg"));
  expect(nowhere).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^vethlab explain: cannot write .*a\.svg: [^\n]*\n$/),
  });
});
