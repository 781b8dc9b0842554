/** The cases on a real cable, short: everybody sees all frames, the figures are there, and nothing is left behind. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Report } from "../../bench/report.ts";
import { MARK, machineState, nothingLeft } from "../support/machine.ts";
import { needs } from "../support/privilege.ts";
import { build } from "./built.ts";

const directory = mkdtempSync(join(tmpdir(), "vethlab-test-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** What each case's rounds say besides their figure. */
const DETAIL: Readonly<Record<string, readonly string[]>> = {
  rx: ["lost", "perSecond", "systemNs"],
  tx: ["perSecond"],
  "rtt/block": ["meanUs", "p90Us", "p99Us", "p999Us", "lost", "coldP50Us"],
  answer: ["perSecond", "sentPerSecond", "unanswered"],
};

needs({ netns: true, commands: ["gcc"] }).describe("cases on a wire", () => {
  let main = "";
  beforeAll(() => {
    main = pathToFileURL(join(build(), "bench", "main.js")).href;
  });

  test.each(Object.keys(DETAIL))("%s", { timeout: 120_000 }, async (name) => {
    const before = machineState();
    const path = join(directory, `${name.replace("/", "-")}.json`);
    const script = `import(${JSON.stringify(main)}).then((m) => m.main(process.argv.slice(1))).then((c) => { process.exitCode = c; })`;
    const args = ["-e", script, "--", name, "--quick", "--json", path];
    const { status, stderr } = spawnSync(process.execPath, args, {
      encoding: "utf8",
      env: { ...process.env, ...MARK },
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const { results, warnings } = JSON.parse(readFileSync(path, "utf8")) as Report;
    // Whoever was there saw the same frames as we.
    expect(warnings.filter((warning) => warning.includes("gets"))).toEqual([]);
    expect(results[0]).toMatchObject({ case: name, who: "vethlab" });
    expect(results.length).toBeGreaterThan(1);
    for (const { who, median, detail } of results) {
      // tcpdump's processor time is counted in hundredths of a second, and may be none.
      if (who !== "tcpdump") expect(median).toBeGreaterThan(0);
      expect(Object.keys(detail ?? {})).toEqual(expect.arrayContaining([...DETAIL[name]!]));
    }
    await nothingLeft(before);
  });
});
