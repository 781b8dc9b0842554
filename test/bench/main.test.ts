import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Report } from "../../bench/report.ts";
import { describeNetns } from "../support/privilege.ts";
import { until } from "../support/until.ts";
import { build, root } from "./built.ts";

const directory = mkdtempSync(join(tmpdir(), "vethlab-test-"));
afterAll(() => rmSync(directory, { recursive: true }));

let script = "";
beforeAll(() => {
  const url = pathToFileURL(join(build(), "bench", "main.js")).href;
  script = `import(${JSON.stringify(url)}).then((m) => m.main(process.argv.slice(1))).then((c) => { process.exitCode = c; })`;
});

/** Runs the benchmark as its command does, with a directory of its own for temporary files. */
function bench(...args: string[]) {
  const env = { ...process.env, TMPDIR: directory };
  return spawnSync(process.execPath, ["-e", script, "--", ...args], { encoding: "utf8", env });
}

describe("bench", () => {
  test.each([
    [
      ["parse/arq"],
      /^bench: no case parse\/arq \(did you mean parse\/arp\?\); there are parse\/arp, .*checksum\/20.*\n$/,
    ],
    [["juggle"], /^bench: no case juggle; there are parse\/arp, .*\n$/],
    [["--fast"], /^bench: Unknown option '--fast'.*\n$/],
    [["parse/arp", "--compare", "no-such-revision"], /^bench: there is no revision no-such-revision here: .*\n$/],
    [["parse/arp", "--compare", "HEAD", "--html", "x"], /^bench: --html shows results, not a comparison.*\n$/],
    [["parse/arp", "--html", "/nonexistent/x.html"], /^bench: .*ENOENT.*\/nonexistent\/x\.html.*\n$/],
    [["parse/arp", "--json", "/nonexistent/x.json"], /^bench: .*ENOENT.*\/nonexistent\/x\.json.*\n$/],
  ])("%j is refused with one line and exit 2", (args, line) => {
    const { status, stdout, stderr } = bench(...args);
    expect(stderr).toMatch(line);
    expect(stdout).not.toContain("median");
    expect(status).toBe(2);
  });

  test("--help names every case", () => {
    const { status, stdout } = bench("--help");
    expect(stdout).toContain("checksum/65536");
    expect(status).toBe(0);
  });

  test("a case gives a table and JSON, everybody agrees, and nothing is left behind", () => {
    const path = join(directory, "out.json");
    const htmlPath = join(directory, "out.html");
    const { status, stdout, stderr } = bench("parse/arp", "--quick", "--json", path, "--html", htmlPath);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^parse\/arp +vethlab +[\d.]+ /m);
    const { machine, results, absent, warnings } = JSON.parse(readFileSync(path, "utf8")) as Report;
    expect(machine.node).toBe(process.versions.node);
    // buffer-layout is a dependency; cap, gopacket and a C compiler may be missing, and then say how to get them.
    const present = results.map((result) => result.who);
    const all = ["buffer-layout", "c", "cap", "gopacket", "pcap", "scapy", "vethlab"];
    expect([...present, ...absent.map(({ who }) => who)].toSorted()).toEqual(all);
    expect(present).toContain("buffer-layout");
    expect(warnings.filter((warning) => warning.includes("gets"))).toEqual([]);
    for (const result of results) {
      expect(result.case).toBe("parse/arp");
      expect(result.unit).toBe("ns/frame");
      expect(result.min).toBeGreaterThan(0);
      expect(result.min).toBeLessThanOrEqual(result.median);
      expect(result.median).toBeLessThanOrEqual(result.max);
      expect(result.version).toMatch(/\d/);
    }
    expect(readFileSync(htmlPath, "utf8")).toContain("parse/arp");
    expect(readdirSync(directory)).toEqual(["out.html", "out.json"]);
  });

  const noHistory = spawnSync("git", ["-C", root, "rev-parse", "HEAD"]).status !== 0;
  const skipped = noHistory ? " (skipped: no git repository with a commit)" : "";
  test.skipIf(noHistory)(
    `a comparison with the last commit, and nothing is left behind, not even after Ctrl-C${skipped}`,
    async () => {
      const before = readdirSync(directory);
      const { status, stdout, stderr } = bench("parse/arp", "--quick", "--compare", "HEAD");
      expect(stderr).toBe("");
      expect(stdout).toMatch(/^before: [0-9a-f]{7,} /m);
      expect(stdout).toMatch(/^parse\/arp +[\d.]+ +[\d.]+ +ns\/frame +[\d.]+ /m);
      expect([0, 1]).toContain(status);
      expect(readdirSync(directory)).toEqual(before);

      const env = { ...process.env, TMPDIR: directory };
      const interrupted = spawn(process.execPath, ["-e", script, "--", "parse", "--compare", "HEAD"], { env });
      const ended = once(interrupted, "exit");
      await until(() => readdirSync(directory).length > before.length);
      // Somewhere within checking out and building.
      await new Promise((resolve) => setTimeout(resolve, 700));
      interrupted.kill("SIGINT");
      expect(await ended).toEqual([130, null]);
      expect(readdirSync(directory)).toEqual(before);
    },
  );
});

describeNetns("bench", () => {
  test("a network is brought up and looked at by everybody, and nothing is left behind", () => {
    const path = join(directory, "network.json");
    const { status, stderr } = bench("bring-up/1", "--quick", "--json", path);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const { results, warnings } = JSON.parse(readFileSync(path, "utf8")) as Report;
    expect(results.map(({ who, unit }) => [who, unit])).toEqual([
      ["vethlab", "ms"],
      ["ip", "ms"],
    ]);
    expect(warnings.filter((warning) => warning.includes("gets"))).toEqual([]);
  });
});
