/** `vethlab send` as a user starts it, seen from the other end of the cable. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { toHex } from "../../packets/bytes.ts";
import { Lab } from "../../src/lab/lab.ts";
import type { FrameBatch, Link } from "../../src/link/link.ts";
import { startVethlab } from "../support/command.ts";
import { describeNetns } from "../support/privilege.ts";
import { until } from "../support/until.ts";

const directory = mkdtempSync(join(tmpdir(), "vethlab-test-"));
afterAll(() => rmSync(directory, { recursive: true }));

describeNetns("vethlab send", () => {
  let pair: ReturnType<typeof Lab.pair>;
  let link: Link;
  let seen: { hex: string; time: number }[];

  beforeEach(() => {
    pair = Lab.pair();
    link = pair.ve1.openLink();
    seen = [];
    link.onFrames(({ count, buffer, offset, length, time }: FrameBatch) => {
      for (let i = 0; i < count; i++) {
        const bytes = buffer.subarray(offset[i], offset[i]! + length[i]!);
        seen.push({ hex: toHex(bytes), time: time[i]! });
      }
    });
  });
  afterEach(() => {
    link.close();
    pair.lab.close();
  });

  /** Starts it at the left end, and lets this process receive meanwhile. */
  const send = (...args: string[]) =>
    startVethlab("send", "--netns", pair.ve0.namespace.kernel.path, "-I", "ve0", ...args);
  const FRAME = "ffffffffffff02000000000188b500000000";

  test("sends what it is told, counts, and closes with the totals", async () => {
    const { code, stdout, stderr } = await send("--raw", FRAME, "--vary", "14:4=inc", "-c", "300").done;
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^300 frames sent in \d+\.\d{3} s: [\d,]+ frames\/s, .*bit\/s\n0 could not be sent\n$/);
    expect(code).toBe(0);
    await until(() => seen.length === 300);
    expect(seen.map(({ hex }) => hex)).toEqual(
      Array.from({ length: 300 }, (_, n) => FRAME.slice(0, 28) + n.toString(16).padStart(8, "0")),
    );
  });

  test("--json; ARP from the interface's own MAC, at a rate", async () => {
    const { code, stdout } = await send(
      "--arp",
      "10.0.0.2",
      "--source-ip",
      "10.0.0.1",
      "--rate",
      "100",
      "-c",
      "3",
      "-j",
    ).done;
    expect(JSON.parse(stdout)).toMatchObject({ event: "totals", sent: 3, bytes: 126, failed: 0 });
    expect(code).toBe(0);
    await until(() => seen.length === 3);
    const own = pair.ve0.state().mac.replaceAll(":", "");
    expect(seen[0]!.hex).toBe(`ffffffffffff${own}08060001080006040001${own}0a0000010000000000000a000002`);
    expect(seen[2]!.time - seen[0]!.time).toBeGreaterThanOrEqual(18e6);
  });

  test("a capture again: the same frames, and Ctrl-C ends it with the totals", async () => {
    const path = join(directory, "again.pcap");
    const sniffer = startVethlab(
      "sniff",
      "--netns",
      pair.ve1.namespace.kernel.path,
      "-i",
      "ve1",
      "-c",
      "4",
      "-w",
      path,
    );
    await until(() => sniffer.stderr().includes("listening"));
    await send("--echo", "10.0.0.2", "--to", "02:00:00:00:00:02", "--source-ip", "10.0.0.1", "-c", "4").done;
    expect((await sniffer.done).code).toBe(0);
    const before = seen.splice(0).map(({ hex }) => hex);
    expect((await send("-r", path, "--rate", "max").done).code).toBe(0);
    await until(() => seen.length === 4);
    expect(seen.splice(0).map(({ hex }) => hex)).toEqual(before);
    const slow = send("-r", path, "--rate", "0.01");
    await until(() => seen.length === 1);
    slow.child.kill("SIGINT");
    const { code, stdout } = await slow.done;
    expect(stdout).toMatch(/^1 frames sent in /);
    expect(code).toBe(0);
  });

  test.each([
    [[], "send what? Give one of --arp, --echo, --raw and -r"],
    [["--raw", FRAME, "--arp", "10.0.0.2"], "send what? Give one of --arp, --echo, --raw and -r"],
    [["--echo", "10.0.0.2", "--source-ip", "10.0.0.1"], "echo requests to which station? Give its MAC address: --to"],
    [["--arp", "10.0.0.2"], "ve0 has no IPv4 address to speak from"],
    [["--raw", "abc"], "option '--raw <hex>' argument 'abc' is invalid: it must be hexadecimal bytes"],
    [["--raw", FRAME, "--vary", "99:2=inc"], "99:2 is no part of this frame"],
    [
      ["--raw", FRAME, "--vary", "seq"],
      "option '--vary <part=how>' argument 'seq' is invalid: it must be PART=inc or PART=random",
    ],
    [
      ["--raw", FRAME, "--rate", "0"],
      "option '--rate <rate>' argument '0' is invalid: it must be a number of frames a second, or max",
    ],
    [["--raw", "ff".repeat(1600)], "frames of 1600 bytes do not fit ve0, whose MTU is 1500"],
    [["-r", "/nonexistent.pcap"], "/nonexistent.pcap: "],
  ])("%j: one line, exit 2", async (args, line) => {
    const { code, stdout, stderr } = await send(...args).done;
    expect(stdout).toBe("");
    expect(stderr).toContain(`vethlab send: ${line}`);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(code).toBe(2);
  });

  test("on an interface that is down: what to do, exit 2", async () => {
    pair.ve0.down();
    const { code, stdout, stderr } = await send("--raw", FRAME, "-c", "2").done;
    expect(stdout).toBe("");
    expect(stderr).toBe("vethlab send: ve0 is down: `ip link set dev ve0 up` sets it up\n");
    expect(code).toBe(2);
  });

  test("an interface that goes down under it: what was sent, what was not, exit 1", async () => {
    const run = send("--raw", FRAME, "--rate", "200", "-c", "60");
    await until(() => seen.length > 3);
    pair.ve0.down();
    const { code, stdout } = await run.done;
    const [, sent, failed] = /^(\d+) frames sent in .*\n(\d+) could not be sent \(ENETDOWN\)\n$/.exec(stdout) ?? [];
    expect(Number(sent) + Number(failed)).toBe(60);
    expect(Number(failed)).toBeGreaterThan(0);
    expect(code).toBe(1);
  });
});
