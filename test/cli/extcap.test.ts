import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { isCaptureError, openCapture } from "../../src/capture/index.ts";
import { type Running, start, startVethlab, vethlab } from "../support/command.ts";
import { leftBehind, type MachineState, machineState } from "../support/machine.ts";
import { describeNetns, needs } from "../support/privilege.ts";
import { until } from "../support/until.ts";

const LAB = "vltestx";

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "vethlab-extcap-"));
});
afterAll(() => rmSync(home, { recursive: true }));

/** The program as `install` writes it. */
function installed(): string {
  const folder = join(home, "extcap");
  expect(vethlab("extcap", "install", "--dir", folder).code).toBe(0);
  return join(folder, "vethlab");
}

/** Runs the program to its end. */
function call(program: string, ...args: string[]) {
  return spawnSync(program, args, { encoding: "utf8" });
}

test("install writes a program, again over its own; uninstall takes it away", () => {
  const folder = join(home, "new", "extcap");
  for (const _ of [1, 2]) {
    const made = vethlab("extcap", "install", "--dir", folder);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toContain(join(folder, "vethlab"));
  }
  expect(statSync(join(folder, "vethlab")).mode & 0o111).toBe(0o111);
  expect(vethlab("extcap", "uninstall", "--dir", folder).code).toBe(0);
  expect(existsSync(join(folder, "vethlab"))).toBe(false);
  expect(vethlab("extcap", "uninstall", "--dir", folder)).toMatchObject({ code: 1, stderr: "" });
});

test("what others put there stays", () => {
  const folder = mkdtempSync(join(home, "others-"));
  writeFileSync(join(folder, "vethlab"), "#!/bin/sh\n# mine\n");
  for (const action of ["install", "uninstall"]) {
    const run = vethlab("extcap", action, "--dir", folder);
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr.trim().split("\n")).toHaveLength(1);
  }
  expect(readFileSync(join(folder, "vethlab"), "utf8")).toBe("#!/bin/sh\n# mine\n");
});

test("answers Wireshark's questions", () => {
  const program = installed();
  expect(call(program, "--extcap-interfaces", "--extcap-version=4.0").stdout).toMatch(
    /^extcap \{version=[\d.]+\}\{help=https:[^}]+\}\{display=vethlab: virtual Ethernet labs\}\n/,
  );
  const at = ["--extcap-interface", "vethlab-lab-ve0"];
  expect(call(program, "--extcap-dlts", ...at).stdout).toBe("dlt {number=1}{name=EN10MB}{display=Ethernet}\n");
  expect(call(program, "--extcap-config", ...at).stdout.match(/^arg \{number=\d\}\{call=--\w+\}/gm)).toHaveLength(2);
  expect(call(program, ...at, "--extcap-capture-filter", "arp")).toMatchObject({ status: 0, stdout: "" });
  expect(call(program, ...at, "--extcap-capture-filter", "arp or").stdout).toContain("syntax error");
});

test("a lab that is gone is a mistake, told in one line", () => {
  const pipe = join(home, "nobody");
  execFileSync("mkfifo", [pipe]);
  const reading = start("cat", [pipe]);
  const run = vethlab("extcap", "--capture", "--extcap-interface", "vethlab-gone-ve0", "--fifo", pipe);
  expect(run).toMatchObject({ code: 2, stdout: "" });
  expect(run.stderr).toBe("vethlab extcap: no end named vethlab-gone-ve0: its lab is no longer there\n");
  // Whoever waits at the other end is not left waiting.
  return reading.done;
});

test.each([[["extcap"]], [["extcap", "instal"]], [["extcap", "--capture"]]])("%j is a mistake", (args) => {
  const { code, stderr } = vethlab(...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^vethlab extcap: .*\n$/);
});

describeNetns("with a lab", () => {
  let before: MachineState;
  beforeEach(() => {
    before = machineState();
    expect(vethlab("up", LAB).code).toBe(0);
  });
  afterEach(() => {
    expect(vethlab("down", LAB).code).toBe(0);
    expect(leftBehind(before, machineState())).toEqual([]);
  });

  /** Asks at ve0 until `ended` says that it is enough. */
  async function askUntil(ended: () => boolean): Promise<void> {
    while (!ended()) {
      const where = ["--netns", `${LAB}-a`, "-I", "ve0", "--source-ip", "10.0.0.1/24"];
      await startVethlab("arping", ...where, "-c", "1", "-w", "1", "10.0.0.2").done;
    }
  }

  test("captures into a pipe until SIGTERM, filtered and explained", async () => {
    const program = installed();
    const list = call(program, "--extcap-interfaces").stdout;
    expect(list).toContain(`interface {value=vethlab-${LAB}-ve0}{display=vethlab ${LAB}: ve0 in ${LAB}-a}\n`);
    expect(list).toContain(`interface {value=vethlab-${LAB}-ve1}{display=vethlab ${LAB}: ve1 in ${LAB}-b}\n`);

    const pipe = join(home, "pipe");
    execFileSync("mkfifo", [pipe]);
    const args = ["--capture", "--extcap-interface", `vethlab-${LAB}-ve1`, "--fifo", pipe];
    const capturing = start(program, [...args, "--extcap-capture-filter", "arp", "--explain", "--snaplen", "64"]);
    const saved = join(home, "saved.pcapng");
    const reading = start("sh", ["-c", 'cat "$0" > "$1"', pipe, saved]);
    // The header comes at once, the frames as they come.
    await until(() => existsSync(saved) && statSync(saved).size > 0);
    const header = statSync(saved).size;
    await askUntil(() => statSync(saved).size > header);
    process.kill(capturing.pid, "SIGTERM");
    expect(await capturing.done).toMatchObject({ code: 0, stdout: "", stderr: "" });
    await reading.done;

    const reader = await openCapture(saved);
    if (isCaptureError(reader)) throw new Error(reader.message);
    let frames = 0;
    for await (const batch of reader) {
      for (let i = 0; i < batch.count; i++) {
        const off = batch.offset[i]!;
        expect([batch.buffer[off + 12], batch.buffer[off + 13]]).toEqual([8, 6]);
        expect(batch.comments(i)).toHaveLength(1);
        frames++;
      }
    }
    expect(reader.error).toBeNull();
    expect(reader.interfaces).toMatchObject([{ name: "ve1", filter: "arp", linkType: 1, snapLength: 64 }]);
    expect(frames).toBeGreaterThan(0);
  });

  test("a reader that goes away ends it", async () => {
    const pipe = join(home, "leaving");
    execFileSync("mkfifo", [pipe]);
    const capturing = start(installed(), ["--capture", "--extcap-interface", `vethlab-${LAB}-ve1`, "--fifo", pipe]);
    const reading = start("head", ["-c", "1", pipe]);
    await reading.done;
    let ended = false;
    const done = capturing.done.finally(() => {
      ended = true;
    });
    await askUntil(() => ended);
    expect(await done).toMatchObject({ code: 0, stderr: "" });
  });

  test("a running shell's ends are there as well", async () => {
    const shell = startVethlab("shell", "--", "sh", "-c", "echo ready; sleep 60");
    await until(() => shell.stdout().includes("ready"));
    const list = vethlab("extcap", "--extcap-interfaces").stdout;
    process.kill(shell.pid, "SIGTERM");
    await shell.done;
    expect(list).toMatch(/interface \{value=vethlab-shell-(\d+)-ve0\}\{display=vethlab shell \1: ve0\}/);
  });

  // Only root's tshark captures.
  needs({ netns: true, root: true, commands: ["tshark"] }).test(
    "tshark lists the ends, and captures there",
    async () => {
      const env = { HOME: home, XDG_CONFIG_HOME: join(home, ".config") };
      const install = start(
        process.execPath,
        [join(import.meta.dirname, "../../bin/vethlab"), "extcap", "install"],
        env,
      );
      expect((await install.done).stdout).toContain(home);
      const listed = await start("tshark", ["-D"], env).done;
      expect(listed.stdout).toContain(`vethlab-${LAB}-ve1 (vethlab ${LAB}: ve1 in ${LAB}-b)\n`);

      const fields = ["-T", "fields", "-e", "arp.opcode", "-e", "arp.dst.proto_ipv4", "-l"];
      const tshark: Running = start("tshark", ["-i", `vethlab-${LAB}-ve1`, "-f", "arp", "-c", "2", ...fields], env);
      let ended = false;
      const done = tshark.done.finally(() => {
        ended = true;
      });
      await askUntil(() => ended);
      expect((await done).stdout).toBe("1\t10.0.0.2\n1\t10.0.0.2\n");
    },
  );
});
