/** What happens to a running command: interfaces that go, signals at any moment, outputs that close. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Finished, type Running, VETHLAB, vethlab } from "../support/command.ts";
import { machineState, nothingLeft } from "../support/machine.ts";
import { describeNetns, needs } from "../support/privilege.ts";
import { until } from "../support/until.ts";
import { Wire } from "../support/wire.ts";

const CAPTURE = fileURLToPath(new URL("../captures/arp.pcap", import.meta.url));
const NAMED = "vltest-named";

describeNetns("bad luck", () => {
  let wire: Wire;
  beforeEach(() => {
    wire = new Wire();
    wire.ve0.addAddress("10.0.0.1/24");
  });
  afterEach(() => wire.close());

  /** `answer` as 10.0.0.2 at ve1. */
  async function answering(): Promise<Running> {
    const answer = wire.startVethlab(wire.ve1, "answer", "-I", "ve1", "--ip", "10.0.0.2", "-q");
    await until(() => answer.stdout().includes("ANSWERING"));
    return answer;
  }

  /** All four at ve0, and what each has printed when it is at work. */
  async function atWork(): Promise<Record<"ping" | "arping" | "answer" | "sniff", Running>> {
    await answering();
    const here = (...args: string[]) => wire.startVethlab(wire.ve0, ...args);
    const running = {
      ping: here("ping", "-I", "ve0", "-i", "0.05", "10.0.0.2"),
      arping: here("arping", "-I", "ve0", "-i", "0.05", "10.0.0.2"),
      answer: here("answer", "-I", "ve0", "--ip", "10.0.0.9"),
      sniff: here("sniff", "-i", "ve0", "-l", "icmp"),
    };
    await until(() => running.ping.stdout().includes("icmp_seq=3"));
    await until(() => running.arping.stdout().includes("reply"));
    await until(() => running.answer.stdout().includes("ANSWERING"));
    await until(() => running.sniff.stdout().includes("echo reply"));
    return running;
  }

  const events: Record<string, () => void> = {
    deleted: () => wire.ve0.namespace.ip("link delete dev ve0"),
    "moved away": () => void wire.ve0.moveTo(wire.lab.addNamespace("elsewhere")),
  };
  for (const [name, happens] of Object.entries(events))
    test(`the interface is ${name}: ping, arping, answer and sniff end with one line each`, async () => {
      const { ping, arping, answer, sniff } = await atWork();
      happens();
      const gone = "ve0 is gone: deleted, or moved to another namespace\n";
      expect(await ping.done).toMatchObject({ code: 2, stderr: `vethlab ping: ${gone}` });
      expect((await ping.done).stdout).toMatch(/\n--- 10\.0\.0\.2 ping statistics ---\n/);
      expect(await arping.done).toMatchObject({ code: 2, stderr: `vethlab arping: ${gone}` });
      expect(await answer.done).toMatchObject({ code: 2, stderr: `vethlab answer: ${gone}` });
      const end = await sniff.done;
      expect(end.code).toBe(2);
      expect(end.stderr).toMatch(
        /dropped by kernel\nvethlab sniff: ve0 is gone: it was deleted, or moved to another namespace\n$/,
      );
    });

  for (const end of ["ve0", "ve1"] as const)
    test(`${end} is set down: ping, arping and answer end with one line each; sniff says so and waits`, async () => {
      const { ping, arping, answer, sniff } = await atWork();
      wire[end].down();
      const down = "ve0 is down, or its peer is\n";
      // A request that was just being sent may fail before the news comes.
      expect((await ping.done).stderr).toMatch(new RegExp(`^(ping: sendmsg: [\\w ]+\n)?vethlab ping: ${down}$`));
      expect((await ping.done).code).toBe(2);
      expect(await arping.done).toMatchObject({ code: 2, stderr: `vethlab arping: ${down}` });
      expect(await answer.done).toMatchObject({ code: 2, stderr: `vethlab answer: ${down}` });
      await until(() => sniff.stderr().includes("vethlab sniff: ve0 is down; frames come again when it is up\n"));
      wire[end].up();
      await until(() => sniff.stderr().includes("vethlab sniff: ve0 is up again\n"));
      const before = sniff.stdout().length;
      wire.ve1.addAddress("10.0.0.2/24");
      await until(() => {
        execFileSync("nsenter", [`--net=${wire.netns(wire.ve0)}`, "ping", "-c", "1", "-W", "1", "10.0.0.2"]);
        return sniff.stdout().length > before;
      });
      process.kill(sniff.pid, "SIGINT");
      expect(await sniff.done).toMatchObject({ code: 0 });
    });

  test("opened on an interface that is down, or whose other end is: one line that says which", async () => {
    const commands = [
      ["ping", "-I", "ve0", "10.0.0.2"],
      ["arping", "-I", "ve0", "10.0.0.2"],
      ["answer", "-I", "ve0", "--ip", "10.0.0.9"],
    ];
    wire.ve1.down();
    for (const args of commands) {
      const stderr = `vethlab ${args[0]}: ve0 is up, but the other end of its cable is not: set that up as well\n`;
      expect(await wire.vethlab(wire.ve0, ...args)).toMatchObject({ code: 2, stdout: "", stderr });
    }
    wire.ve0.down();
    for (const args of commands) {
      const stderr = `vethlab ${args[0]}: ve0 is down: \`ip link set dev ve0 up\` sets it up\n`;
      expect(await wire.vethlab(wire.ve0, ...args)).toMatchObject({ code: 2, stdout: "", stderr });
    }
    const sniff = wire.startVethlab(wire.ve0, "sniff", "-i", "ve0");
    await until(() => sniff.stderr().includes("vethlab sniff: ve0 is down: `ip link set dev ve0 up` sets it up\n"));
    process.kill(sniff.pid, "SIGTERM");
    expect(await sniff.done).toMatchObject({ code: 0 });
  });

  needs({ netns: true, packages: ["cap"] }).test(
    "over libpcap, too: down at the start, and while it pings",
    async () => {
      await answering();
      const cap = ["ping", "--via", "cap", "-I", "ve0", "-i", "0.05", "10.0.0.2"];
      const ping = wire.startVethlab(wire.ve0, ...cap);
      await until(() => ping.stdout().includes("icmp_seq=3"));
      wire.ve0.down();
      const { code, stderr } = await ping.done;
      expect(stderr).toMatch(/^vethlab ping: ve0 (went down, .*|is down, or its peer is)\n$/);
      expect(code).toBe(2);
      const stopped = "vethlab ping: ve0 is down: `ip link set dev ve0 up` sets it up\n";
      expect(await wire.vethlab(wire.ve0, ...cap)).toMatchObject({ code: 2, stdout: "", stderr: stopped });
    },
  );

  // From start-up to steady work; SIGKILL leaves it all to the kernel.
  test.each(["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGKILL"] as const)(
    "%s at any moment: nothing is left behind, and no stack is shown",
    async (signal) => {
      const before = machineState();
      const commands = [
        ["ping", "-I", "ve0", "-i", "0.01", "10.0.0.2"],
        ["ping", "--via", "kernel", "-i", "0.01", "10.0.0.2"],
        ["arping", "-I", "ve0", "-i", "0.01", "10.0.0.2"],
        ["answer", "-I", "ve0", "--ip", "10.0.0.9"],
        ["sniff", "-i", "ve0"],
      ];
      const delays = [0, 50, 100, 150, 300, 600];
      for (const delay of delays) {
        const running = commands.map((args) => wire.startVethlab(wire.ve0, ...args));
        await new Promise((resolve) => setTimeout(resolve, delay));
        for (const { child } of running) child.kill(signal);
        // What takes SIGQUIT for a question goes on.
        if (signal === "SIGQUIT") for (const { child } of running) child.kill("SIGTERM");
        for (const { done } of running) {
          const { code, signal: by, stderr } = await done;
          expect(stderr).not.toMatch(/defect|^ +at /m);
          expect(by !== null || code === 0 || code === 1 || (code ?? 0) > 128).toBe(true);
        }
      }
      await nothingLeft(before);
    },
  );

  test("SIGINT ends all four in order: the summary, once, and exit code 0", async () => {
    const { ping, arping, answer, sniff } = await atWork();
    for (const { pid } of [ping, arping, answer, sniff]) process.kill(pid, "SIGINT");
    const ends = await Promise.all([ping, arping, answer, sniff].map(({ done }) => done));
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(ends[0]?.stdout.match(/ping statistics/g)).toHaveLength(1);
    expect(ends[1]?.stdout.match(/^Sent \d+ probes/gm)).toHaveLength(1);
    expect(ends[2]?.stdout.match(/answer statistics/g)).toHaveLength(1);
    expect(ends[3]?.stderr.match(/packets? captured/g)).toHaveLength(1);
    expect(ends.slice(0, 3).map(({ stderr }) => stderr)).toEqual(["", "", ""]);
  });

  test("SIGKILL of `ping --via cap` takes the process along that it started", async () => {
    const before = machineState();
    await answering();
    const ping = wire.startVethlab(wire.ve0, "ping", "--via", "cap", "-I", "ve0", "-i", "0.05", "10.0.0.2");
    await until(() => ping.stdout().includes("icmp_seq=1") || ping.stderr() !== "");
    process.kill(ping.pid, "SIGKILL");
    await ping.done;
    wire.close();
    await nothingLeft(before);
  });

  /** A shell at ve0, in which `vethlab` is on the PATH. */
  function shell(script: string, ...args: string[]): Promise<Finished> {
    const PATH = `${join(VETHLAB, "..")}:${process.env.PATH}`;
    return wire.run(wire.ve0, "env", `PATH=${PATH}`, "bash", "-o", "pipefail", "-c", script, "bash", ...args);
  }

  test("a reader that closes its pipe ends every command quietly", async () => {
    await answering();
    for (const command of [
      "ping -I ve0 -i 0.01 10.0.0.2",
      "ping -I ve0 -f 10.0.0.2",
      "ping -I ve0 -i 0.01 --json 10.0.0.2",
      "arping -I ve0 -i 0.01 10.0.0.2",
      "doctor",
      "--help",
      "sniff --help",
    ]) {
      const { code, stdout, stderr } = await shell(`vethlab ${command} | head -c 1`);
      expect({ command, code, length: stdout.length, stderr }).toEqual({ command, code: 0, length: 1, stderr: "" });
    }
    const asked = "ping -i 0.02 -w 20 10.0.0.9 >/dev/null & vethlab answer -I ve0 --ip 10.0.0.9 | head -c 1; kill $!";
    // From ve1, whose kernel has an address for this alone.
    wire.ve1.addAddress("10.0.0.8/24");
    const PATH = `${join(VETHLAB, "..")}:${process.env.PATH}`;
    const script = asked.replace("vethlab answer", `nsenter --net=${wire.netns(wire.ve0)} vethlab answer`);
    const run = await wire.run(wire.ve1, "env", `PATH=${PATH}`, "bash", "-c", script);
    expect(run).toMatchObject({ stdout: "A", stderr: "" });
  });

  test("standard output on a full disk: one line, exit code 2", async () => {
    for (const command of ["ping -I ve0 10.0.0.2", "answer -I ve0 --ip 10.0.0.9", "doctor", "--help"]) {
      const { code, stderr } = await shell(`vethlab ${command} >/dev/full`);
      expect(stderr).toMatch(
        /^vethlab( \w+)?: cannot write standard output: no space left on device; make room, .*\n$/,
      );
      expect(code).toBe(2);
    }
    const { code, stderr } = await shell(
      "vethlab sniff -r $0 >/dev/full 2>/dev/null; echo $? >&2".replace("$0", CAPTURE),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "2\n" });
  });

  test("standard streams that are closed, or full, change nothing else", async () => {
    await answering();
    const ping = "vethlab ping -I ve0 -c 2 -i 0.01 10.0.0.2";
    expect(await shell(`${ping} <&-`)).toMatchObject({ code: 0, stderr: "" });
    expect(await shell(`${ping} >&-`)).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect((await shell(`${ping} 2>&-`)).stdout).toContain("2 received");
    expect(await shell(`${ping} <&- >&- 2>&-`)).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(await shell("vethlab nonesuch 2>/dev/full")).toMatchObject({ code: 2, stdout: "", stderr: "" });
    expect(await shell("vethlab nonesuch 2>&-")).toMatchObject({ code: 2, stdout: "", stderr: "" });
  });

  test("in a folder that is gone, without TERM, HOME and PATH, and on a terminal of no width", async () => {
    const folder = join(mkdtempSync(join(tmpdir(), "vethlab-test-")), "gone");
    mkdirSync(folder);
    await answering();
    const ping = "ping -I ve0 -c 2 -i 0.01 10.0.0.2";
    const gone = await shell(`cd ${folder} && rmdir ${folder} && vethlab ${ping} && vethlab sniff -r x.pcap`);
    expect(gone.stdout).toContain("2 received");
    expect(gone).toMatchObject({ code: 2, stderr: "vethlab sniff: x.pcap: no such file or directory\n" });
    rmdirSync(join(folder, ".."));
    const bare = await shell(`env -i ${process.execPath} ${VETHLAB} ${ping}`);
    expect(bare).toMatchObject({ code: 0, stderr: "" });
    for (const columns of ["1", "0", "-5", "x"])
      expect((await shell(`COLUMNS=${columns} TERM=dumb vethlab sniff --help`)).stdout).toContain("--packet-buffered");
  });

  test("--netns takes a name, a PID and a path", async () => {
    await answering();
    const holder = wire.ve0.namespace.hold();
    const PATH = `/proc/${holder.pid}/ns/net`;
    for (const netns of [String(holder.pid), PATH]) {
      const ping = vethlab("ping", "--netns", netns, "-I", "ve0", "-c", "1", "10.0.0.2");
      expect(ping).toMatchObject({ code: 0, stderr: "" });
      expect(ping.stdout).toContain("PING 10.0.0.2 (10.0.0.2) from 10.0.0.1 ve0: 56(84) bytes of data.");
    }
    execFileSync("ip", ["netns", "attach", NAMED, String(holder.pid)]);
    try {
      const arping = vethlab("arping", "--netns", NAMED, "-I", "ve0", "-c", "1", "10.0.0.2");
      expect(arping).toMatchObject({ code: 0, stderr: "" });
    } finally {
      execFileSync("ip", ["netns", "delete", NAMED]);
    }
  });
});
