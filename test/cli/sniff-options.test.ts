import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  CaptureDirection,
  type CaptureReader,
  createCapture,
  isCaptureError,
  isWriteError,
  openCapture,
} from "../../src/capture/index.ts";
import { fileProgress } from "../../src/cli/sniff-progress.ts";
import { drain } from "../capture/files.ts";
import { type Running, VETHLAB, vethlab } from "../support/command.ts";
import { describeNetns, needs } from "../support/privilege.ts";
import { TCPDUMP_VERSION, tcpdumpVersion, writePcap } from "../support/tcpdump.ts";
import { tcpdumpOnFiles } from "../support/unprivileged.ts";
import { until } from "../support/until.ts";
import { Wire } from "../support/wire.ts";

const KERNEL = fileURLToPath(new URL("../captures/text/kernel.pcap", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "vethlab-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

function tcpdump(...args: string[]) {
  const [command, rest] = tcpdumpOnFiles(args);
  return spawnSync(command, rest, { encoding: "latin1", maxBuffer: 1 << 28 });
}

async function open(path: string): Promise<CaptureReader> {
  const reader = await openCapture(path);
  if (isCaptureError(reader)) throw new Error(reader.message);
  return reader;
}

describe("tcpdump's options that are not taken", () => {
  test.concurrent.each([
    [["-T", "vat"], "tcpdump's option -T is not taken: payload is told by its ports here"],
    [["-neTvat"], "tcpdump's option -T is not taken: payload is told by its ports here"],
    [["-b"], "tcpdump's option -b is not taken: it changes how BGP is shown, which is not decoded here"],
    [["-nIe"], "tcpdump's option -I is not taken: only Ethernets are looked at here"],
    [["--monitor-mode"], "tcpdump's option -I is not taken: only Ethernets are looked at here"],
    [["-Z", "root"], "tcpdump's option -Z is not taken: it stays the user that started it"],
    [["-E", "secret"], "tcpdump's option -E is not taken: ESP is not decrypted here"],
    [["-tttttt"], "only -t, -tt, -ttt, -tttt and -ttttt are supported"],
    [["-C", "1"], "-C and -G begin new files: name them with -w"],
    [["-G", "1", "-w", "-"], "-C and -G begin new files: name them with -w"],
    [["-w", "/nowhere/x", "-z", "gzip"], "-z runs when a file gives way to the next: say when with -C or -G"],
    [
      ["-F", "/nowhere/filter"],
      "the filter file /nowhere/filter: ENOENT: no such file or directory, open '/nowhere/filter'",
    ],
    [["-F", "/dev/null", "arp"], "a filter and -F do not go together: leave one out"],
  ])("%j is refused by name", (args, why) => {
    const { code, stdout, stderr } = vethlab("sniff", "-r", KERNEL, ...args);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: `vethlab sniff: ${why}\n` });
  });

  test("another link type than Ethernet cannot be asked for", () => {
    const { code, stderr } = vethlab("sniff", "-r", KERNEL, "-y", "RAW");
    expect(stderr).toMatch(/argument 'RAW' is invalid: it must be EN10MB: only Ethernet is looked at here;/);
    expect(code).toBe(2);
  });
});

test("-L and -D list what there is", () => {
  expect(vethlab("sniff", "-L", "-r", KERNEL).stdout).toBe(
    `Data link types for ${KERNEL} (use option -y to set):\n  EN10MB (Ethernet)\n`,
  );
  expect(vethlab("sniff", "-D").stdout).toMatch(
    /^(\d+\.\S+ \[.*\]\n)*\d+\.any \(Pseudo-device that captures on all interfaces\) \[Up, Running\]\n(\d+\.\S+ \[.*\]\n)*$/,
  );
});

test("how far it is with a file", () => {
  expect(fileProgress(512_000_000, 1_024_000_000, 5_200_000, 4)).toBe(
    "512.0 MB of 1.0 GB (50%), 5,200,000 frames, 1,300,000 frames/s",
  );
  expect(fileProgress(999, 0, 3, 0)).toBe("999 bytes, 3 frames, 0 frames/s");
});

const sameVersion = tcpdumpVersion() === TCPDUMP_VERSION;

needs({ commands: ["tcpdump"] }).describe("as tcpdump does", () => {
  test
    .runIf(sameVersion)
    .each([
      ["-A"],
      ["-nAAe"],
      ["-nKv"],
      ["-n", "--dont-verify-checksums", "-vv"],
      ["-nS", "-s", "40"],
      ["-nx", "-A"],
      ["--time-stamp-precision=nano", "-tt"],
      ["--micro", "--immediate-mode", "-N", "-f"],
      ["--absolute-tcp-sequence-numbers"],
      ["-O", "arp or icmp"],
      ["-c", "3", "--number"],
    ])("%j %j", (...args) => {
    const options = args.filter((arg) => arg !== undefined);
    const accepted = options.filter((arg) => arg !== "-f");
    const ours = vethlab("sniff", "-r", KERNEL, ...options);
    const theirs = tcpdump("-n", "-r", KERNEL, ...accepted);
    expect(ours.stdout).toBe(theirs.stdout);
    expect(ours.stderr).toBe(theirs.stderr);
    expect(ours.code).toBe(0);
  });

  test("a filter from a file, with comments", () => {
    const path = join(folder, "filter");
    writeFileSync(path, "# two kinds\nicmp or\n  arp # and no more\n");
    const ours = vethlab("sniff", "-t", "-r", KERNEL, "-F", path);
    expect(ours.stdout).toBe(tcpdump("-nt", "-r", KERNEL, "-F", path).stdout);
    expect(ours.stdout).not.toBe("");
  });

  test.each([[], ["-W", "1"], ["-W", "3"], ["-W", "12"]])("-C 1 %s %s: the same files", (...more) => {
    const frames = Array.from({ length: 80 }, (_, i) => ({
      bytes: new Uint8Array(60_000).fill(i),
      length: 60_000,
      second: 1000 + i,
      microsecond: i,
    }));
    const path = join(folder, "large.pcap");
    writeFileSync(path, writePcap(frames));
    const files = ["ours", "theirs"].map((name) => {
      const to = mkdtempSync(join(folder, name));
      const args = ["-r", path, "-C", "1", ...more, "-w", join(to, "x.pcap")];
      if (name === "ours") expect(vethlab("sniff", ...args).code).toBe(0);
      else expect(tcpdump(...args).status).toBe(0);
      return readdirSync(to)
        .sort()
        .map((file) => [file, readFileSync(join(to, file)).toString("base64").slice(0, 100_000)]);
    });
    expect(files[0]).toEqual(files[1]);
    expect(files[0]!.length).toBeGreaterThan(more[1] === "1" ? 0 : 2);
  });

  test("the snap length of a file is told", () => {
    const path = join(folder, "snap.pcap");
    const bytes = writePcap([]);
    new DataView(bytes.buffer).setUint32(16, 96, true);
    writeFileSync(path, bytes);
    expect(vethlab("sniff", "-r", path).stderr).toBe(tcpdump("-r", path).stderr);
  });
});

describe("files", () => {
  const FRAME = Uint8Array.from({ length: 60 }, (_, i) => i);

  test.each(["pcapng", "pcapng.gz"])(
    "a copy to .%s keeps comments, interfaces, directions, names and counters",
    async (suffix) => {
      const from = join(folder, "from.pcapng");
      const writer = createCapture(from, {
        hardware: "a machine",
        os: "an os",
        comments: ["of the whole", "Grüße"],
        interfaces: [
          { name: "ve0", description: "one end", mac: Uint8Array.of(2, 0, 0, 0, 0, 1), os: "linux", filter: "arp" },
          { name: "ve1", comments: ["the other end"] },
          { name: "idle" },
        ],
      });
      if (isWriteError(writer)) throw new Error(writer.message);
      writer.append(FRAME, 0, 60, 60, 1000, 1, 1, CaptureDirection.Out, 1);
      writer.append(FRAME, 0, 60, 90, 2_000_000_000, 123_456_789, 0, CaptureDirection.In, 0, {
        comments: ["why", "and again"],
        packetId: 77,
      });
      writer.addNames([[0x0a000001, "host.test"]]);
      writer.addStatistics(0, { received: 5, dropped: 2 });
      writer.close();
      const to = join(folder, `to.${suffix}`);
      expect(vethlab("sniff", "-r", from, "-w", to).code).toBe(0);
      const [before, after] = [await drain(await open(from)), await drain(await open(to))];
      expect(after.records).toEqual(before.records);
      expect(after.records[1]?.comments).toEqual(["why", "and again"]);
      expect(after.reader?.interfaces).toEqual(before.reader?.interfaces);
      expect(after.reader?.names).toEqual(before.reader?.names);
      const { hardware, os, comments } = before.reader!.sections[0]!;
      expect(after.reader?.sections[0]).toMatchObject({ hardware, os, comments });
    },
  );

  test("sections and interfaces of a file that others put together are all described", async () => {
    const parts = ["a", "b"].map((name) => {
      const path = join(folder, `${name}.pcapng`);
      const writer = createCapture(path, { interfaces: [{ name }] });
      if (isWriteError(writer)) throw new Error(writer.message);
      writer.append(FRAME, 0, 60, 60, 1000, 1, 0, CaptureDirection.In, 0);
      writer.close();
      return readFileSync(path);
    });
    const both = join(folder, "both.pcapng");
    writeFileSync(both, Buffer.concat(parts));
    const to = join(folder, "merged.pcapng");
    expect(vethlab("sniff", "-r", both, "-w", to).code).toBe(0);
    const { reader, records } = await drain(await open(to));
    expect(records.map((one) => reader!.interfaces[one.interfaceIndex]!.name)).toEqual(["a", "b"]);
  });

  test("-s cuts what is written", async () => {
    const to = join(folder, "short.pcap");
    expect(vethlab("sniff", "-r", KERNEL, "-s", "20", "-w", to).code).toBe(0);
    const { records } = await drain(await open(to));
    expect(records.every(({ bytes, originalLength }) => bytes.length <= 20 && originalLength >= 42)).toBe(true);
  });

  test("what is before the damage is shown, then one line says where and what", () => {
    const path = join(folder, "cut.pcap");
    writeFileSync(path, readFileSync(KERNEL).subarray(0, 300));
    const { code, stdout, stderr } = vethlab("sniff", "-r", path);
    expect(stdout.trimEnd().split("\n").length).toBeGreaterThan(1);
    expect(stderr.split("\n")[1]).toMatch(
      /^vethlab sniff: \/.*cut\.pcap: the file ends inside a record: \d+ of \d+ bytes are there \(at byte \d+\)$/,
    );
    expect(code).toBe(2);
  });

  test("frames of another link type: one line, and nothing that says otherwise", () => {
    const path = join(folder, "cooked.pcap");
    const bytes = writePcap([{ bytes: FRAME, length: 60, second: 1, microsecond: 0 }]);
    new DataView(bytes.buffer).setUint32(20, 113, true);
    writeFileSync(path, bytes);
    expect(vethlab("sniff", "-r", path)).toMatchObject({
      code: 2,
      stdout: "",
      stderr: `vethlab sniff: ${path}: its frames are LINUX_SLL (Linux cooked), link type 113; only ETHERNET (link type 1) is read (at byte 20)\n`,
    });
  });
});

describeNetns("vethlab sniff on a cable", () => {
  let wire: Wire;
  beforeEach(() => {
    wire = new Wire();
    wire.ve0.addAddress("10.0.0.1/24");
    wire.ve1.addAddress("10.0.0.2/24");
  });
  afterEach(() => wire.close());

  async function listening(running: Running): Promise<Running> {
    await until(() => running.stderr().includes("listening on"));
    return running;
  }

  const ping = (count: number) => wire.run(wire.ve0, "ping", "-c", String(count), "-i", "0.01", "10.0.0.2");

  needs({ netns: true, commands: ["ping"] }).test("both ends of a cable, in two namespaces, in order", async () => {
    const path = join(folder, "ends.pcapng");
    const [near, far] = ["ve0", `ve1@${wire.netns(wire.ve1)}`] as const;
    const sniff = await listening(
      wire.startVethlab(wire.ve0, "sniff", "-t", "-i", near, "-i", far, "-w", path, "--print", "-c", "8", "icmp"),
    );
    await ping(2);
    const { stdout, stderr, code } = await sniff.done;
    const step = (seq: number) => [
      `ve0   Out IP 10.0.0.1 > 10.0.0.2: ICMP echo request, seq ${seq}`,
      `${far} In  IP 10.0.0.1 > 10.0.0.2: ICMP echo request, seq ${seq}`,
      `${far} Out IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, seq ${seq}`,
      `ve0   In  IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, seq ${seq}`,
    ];
    const lines = stdout.replace(/ id \d+,/g, "").replaceAll(", length 64", "");
    expect(lines.trimEnd().split("\n")).toEqual([...step(1), ...step(2)]);
    expect(stderr).toMatch(
      /^listening on ve0, ve1@\S+, link-type EN10MB .*\n8 packets captured\n\d+ packets received by filter\n0 packets dropped by kernel\n$/,
    );
    expect(code).toBe(0);
    const { reader } = await drain(await open(path));
    expect(reader?.interfaces.map(({ name, statistics }) => [name, statistics?.dropped])).toEqual([
      [near, 0],
      [far, 0],
    ]);
  });

  needs({ netns: true, root: true, commands: ["ping", "tcpdump"] }).test(
    "-i any prints what tcpdump's prints",
    async () => {
      const [command, args] = tcpdumpOnFiles(["-nt", "-i", "any", "--immediate-mode", "-l", "arp or icmp"]);
      const theirs = await listening(wire.start(wire.ve0, command, ...args));
      const ours = await listening(wire.startVethlab(wire.ve0, "sniff", "-t", "-i", "any", "-l", "arp or icmp"));
      await ping(3);
      await wire.run(wire.ve0, "ping", "-c", "1", "127.0.0.1");
      const lines = (text: string) => text.split("\n").filter((line) => line !== "");
      await until(() => lines(ours.stdout()).length >= 10 && lines(theirs.stdout()).length >= 10);
      for (const { pid } of [ours, theirs]) process.kill(pid, "SIGINT");
      const [our, their] = await Promise.all([ours.done, theirs.done]);
      expect(lines(our.stdout)).toEqual(lines(their.stdout));
      expect(our.stdout).toMatch(/^lo {4}In {2}IP 127/m);
    },
  );

  test("-i any: an interface that comes later is looked at as well", async () => {
    const sniff = await listening(wire.startVethlab(wire.ve0, "sniff", "-t", "-l", "-i", "any", "arp"));
    await wire.run(
      wire.ve0,
      "sh",
      "-c",
      "ip link add late0 type veth peer name late1; ip link set late0 up; ip link set late1 up",
    );
    // It is looked at when the kernel has told of it, which is soon.
    for (let i = 0; i < 20 && !sniff.stdout().includes("late1"); i++) {
      const ask = ["-I", "late0", "--source-ip", "10.1.1.1", "-c", "1", "-w", "0.1", "10.1.1.2"];
      await wire.vethlab(wire.ve0, "arping", ...ask);
    }
    process.kill(sniff.pid, "SIGTERM");
    expect((await sniff.done).stdout).toMatch(
      /^late1 B {3}ARP, Request who-has 10\.1\.1\.2 tell 10\.1\.1\.1, length 28$/m,
    );
  });

  needs({ netns: true, commands: ["ping"] }).test(
    "-i takes a number of -D's list; --count prints none of a live capture",
    async () => {
      const list = (await wire.vethlab(wire.ve0, "sniff", "-D")).stdout;
      expect(list).toMatch(/^1\.ve0 \[Up, Running, Connected\]\n2\.any .*\n3\.lo \[Up, Running, Loopback\]\n$/);
      const sniff = await listening(wire.startVethlab(wire.ve0, "sniff", "-i", "1", "--count", "-c", "2", "icmp"));
      await ping(1);
      expect(await sniff.done).toMatchObject({
        code: 0,
        stdout: "",
        stderr: expect.stringMatching(
          /^listening on ve0, .*\n2 packets captured\n\d+ packets rec.*\n0 packets dropped.*\n$/,
        ),
      });
    },
  );

  needs({ netns: true, commands: ["ping"] }).test(
    "-G and -W: files by time, then it ends; -z is run with each",
    async () => {
      const to = join(folder, "by-time");
      mkdirSync(to);
      const log = join(to, "log");
      const script = join(to, "done");
      writeFileSync(script, `#!/bin/sh\necho "$1" >> ${log}\n`, { mode: 0o755 });
      const name = join(to, "%s.pcap");
      const sniff = await listening(
        wire.startVethlab(wire.ve0, "sniff", "-i", "ve0", "-G", "1", "-W", "2", "-w", name, "-z", script),
      );
      const pinging = wire.run(wire.ve0, "ping", "-c", "60", "-i", "0.05", "-W", "1", "10.0.0.2");
      const { code, stderr } = await sniff.done;
      expect(stderr).toMatch(/\nMaximum file limit reached: 2\n\d+ packets captured\n/);
      expect(code).toBe(0);
      const files = readdirSync(to).filter((file) => /^\d+\.pcap$/.test(file));
      expect(files).toHaveLength(2);
      await until(() => readFileSync(log, "utf8").trimEnd().split("\n").length === 2);
      expect(readFileSync(log, "utf8").trimEnd().split("\n").sort()).toEqual(
        files.sort().map((file) => join(to, file)),
      );
      await pinging;
    },
  );

  needs({ netns: true, commands: ["ping", "tshark"] }).test(
    "tshark watches through a pipe, frame by frame",
    async () => {
      const command = `${process.execPath} ${VETHLAB} sniff -i ve0 -w - icmp | tshark -l -i - -c 4 -T fields -e icmp.seq -e frame.interface_name`;
      const watching = await listening(wire.start(wire.ve0, "bash", "-c", command));
      await until(() => watching.stderr().includes("Capturing on"));
      // tshark takes its time to begin; then nothing is held back.
      await ping(1);
      await until(() => watching.stdout().split("\n").length > 2, 20_000);
      await ping(1);
      await until(() => watching.stdout().split("\n").length > 4, 20_000);
      expect(watching.stdout()).toBe("1\tve0\n".repeat(4));
      // It has seen enough; at the next frame sniff notices.
      let ended = false;
      const done = watching.done.finally(() => {
        ended = true;
      });
      while (!ended) await ping(1);
      expect((await done).stderr).toMatch(/\n\d+ packets? captured\n/);
    },
  );
});
