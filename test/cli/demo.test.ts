import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DemoResult } from "../../src/demo/index.ts";
import { start, startVethlab, VETHLAB, vethlab } from "../support/command.ts";
import { leftBehind, machineState, nothingLeft } from "../support/machine.ts";
import { describeNetns, needs, privilege } from "../support/privilege.ts";

describeNetns("vethlab demo", () => {
  let folder: string;
  let file: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "vethlab-test-"));
    file = join(folder, "demo.pcapng");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("every act sees what it predicted, and nothing is left behind", () => {
    const before = machineState();
    const { code, stdout, stderr } = vethlab("demo", "--json", "--pcap", file);
    const result = JSON.parse(stdout) as DemoResult;
    const wrong = result.acts.flatMap((act) => act.checks.filter((check) => !check.ok));
    expect(wrong).toEqual([]);
    expect({ code, stderr, ok: result.ok, capture: result.capture }).toEqual({
      code: 0,
      stderr: "",
      ok: true,
      capture: file,
    });
    expect(result.acts.map((act) => act.act)).toEqual([1, 2, 3, 4, 5]);
    expect(result.acts.every((act) => act.frames === act.frameLines.length && act.frames > 0)).toBe(true);
    expect(leftBehind(before, machineState())).toEqual([]);
  });

  needs({ netns: true, commands: ["tshark"] }).test(
    "tshark reads its capture: every frame, its comment, no complaint",
    () => {
      const { stdout } = vethlab("demo", "--json", "--pcap", file, "2", "5");
      const { acts } = JSON.parse(stdout) as DemoResult;
      const lines = acts.flatMap((act) => act.frameLines);
      const fields = ["frame.number", "frame.interface_name", "frame.comment"].flatMap((field) => ["-e", field]);
      const read = execFileSync("tshark", ["-r", file, "-T", "fields", ...fields], { encoding: "utf8" });
      expect(read.trimEnd().split("\n")).toEqual(
        lines.map((line) => `${line.number}\t${line.interface}\t${line.explanation}`),
      );
      const bad =
        "_ws.malformed || _ws.expert.severity >= 4194304 || icmp.checksum.status == 0 || ip.checksum.status == 0";
      const checks = ["-o", "ip.check_checksum:TRUE", "-Y", bad];
      expect(execFileSync("tshark", ["-r", file, ...checks], { encoding: "utf8" })).toBe("");
    },
  );

  test("narrates: predictions, commands, frames with their meaning, a summary", () => {
    const { code, stdout } = vethlab("demo", "--pcap", file, "5");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^══ Act 5: Our host on both ends/m);
    expect(stdout).toMatch(/^ {3}We expect: /m);
    expect(stdout).toMatch(/^ {3}\$ vethlab ping -I ve0 --source-ip 10\.0\.5\.1\/24 -c 3 /m);
    expect(stdout).toMatch(/^ {2}#1 ve1 <- [\d:.]+ ARP, Request who-has 10\.0\.5\.2 tell 10\.0\.5\.1, length 28$/m);
    expect(stdout).toMatch(/^ {10}10\.0\.5\.1 at 02:76:0a:00:05:01 asks everybody: who has 10\.0\.5\.2\?$/m);
    expect(stdout).toMatch(/^ {3}✓ ve0 sent exactly what our host wrote/m);
    expect(stdout).toMatch(/^ ✓ 5 .* 8 frames +9\/9 ✓/m);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: no colour where nobody sees it.
    expect(stdout).not.toMatch(/\x1b/);
  });

  test.each([
    [["6"], /'6' is invalid.*from 1 to 5/],
    [["x"], /'x' is invalid/],
    [["--pcap", "/nowhere/x.pcapng", "5"], /cannot write the capture \/nowhere\/x\.pcapng: .*--pcap FILE/],
    [["--stop"], /unknown option '--stop'.*--step/],
  ])("%j is refused with one line and exit code 2", (args, message) => {
    const { code, stderr } = vethlab("demo", ...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  // From start-up to the last act; SIGKILL leaves it all to the kernel.
  test.each(
    (["SIGINT", "SIGTERM", "SIGKILL"] as const).flatMap((signal) =>
      [60, 180, 300, 900, 3600, 4500].map((delay) => [signal, delay] as const),
    ),
  )("%s after %i ms leaves nothing behind", async (signal, delay) => {
    const before = machineState();
    const interrupted = join(folder, "interrupted.pcapng");
    const demo = startVethlab("demo", "--pcap", interrupted);
    await new Promise((resolve) => setTimeout(resolve, delay));
    process.kill(demo.pid, signal);
    const { code, signal: by } = await demo.done;
    if (signal === "SIGKILL") expect(by).toBe("SIGKILL");
    else if (by === null) expect(code).toBe(signal === "SIGINT" ? 130 : 143);
    await nothingLeft(before);
    expect(existsSync(interrupted)).toBe(false);
  });

  if (privilege === "root") {
    test("works for an ordinary user, and a kill leaves nothing behind", async () => {
      const before = machineState();
      const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"];
      const own = join(mkdtempSync(join(tmpdir(), "vethlab-test-")), "demo.pcapng");
      execFileSync("chown", ["-R", "65534", join(own, "..")]);
      const args = [...nobody, process.execPath, VETHLAB, "demo", "--pcap", own];
      const run = await start("setpriv", [...args, "--json"], { HOME: "/tmp" }).done;
      expect(run.stderr).toBe("");
      expect((JSON.parse(run.stdout) as DemoResult).ok).toBe(true);
      for (const [signal, delay] of [
        ["SIGKILL", 150],
        ["SIGKILL", 500],
        ["SIGKILL", 4000],
        ["SIGTERM", 1000],
        ["SIGINT", 1000],
      ] as const) {
        const demo = start("setpriv", args, { HOME: "/tmp" });
        await new Promise((resolve) => setTimeout(resolve, delay));
        process.kill(demo.pid, signal);
        await demo.done;
        await nothingLeft(before);
      }
      rmSync(join(own, ".."), { recursive: true });
    });
  }
});
