import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { arp, ethernet, ipv4Address, mac, vlan } from "../../packets/index.ts";
import type { Link } from "../../src/link/link.ts";
import { type Running, VETHLAB, vethlab } from "../support/command.ts";
import { describeNetns, needs } from "../support/privilege.ts";
import { tcpdumpOnFiles } from "../support/unprivileged.ts";
import { until } from "../support/until.ts";
import { Wire } from "../support/wire.ts";

const CAPTURES = fileURLToPath(new URL("../captures/", import.meta.url));

needs({ commands: ["tcpdump"] }).describe("vethlab sniff -r", () => {
  const tcpdump = (...args: string[]) => {
    const [command, rest] = tcpdumpOnFiles(args);
    const { stdout, stderr, status } = spawnSync(command, rest, { encoding: "utf8", maxBuffer: 1 << 28 });
    expect(status, stderr).toBe(0);
    return stdout;
  };

  // ARP, echoes and ICMP errors of the kernel's and of other tools', VLAN tags: see test/captures/README.md.
  for (const name of ["arp", "echo", "errors", "vlan", "text/kernel"])
    test.each(["-n -e", "-nvvv -# -tttt", "-ttt -XXe"])(
      `${name}.pcap with %s: the lines that tcpdump prints`,
      (options) => {
        const args = [...options.split(" "), "-r", join(CAPTURES, `${name}.pcap`)];
        const ours = vethlab("sniff", ...args);
        expect(ours.stdout).toBe(tcpdump("-n", ...args));
        expect(ours.stdout).not.toBe("");
        expect(ours.code).toBe(0);
      },
    );

  test.each([
    "arp",
    "icmp and src host 10.0.0.1",
    "not arp",
    "ether broadcast",
    "vlan 10",
    "vlan and arp",
    "greater 90",
  ])("the filter %j picks the frames that tcpdump's picks", (filter) => {
    for (const name of ["text/kernel", "vlan"]) {
      const args = ["-n", "-e", "-t", "-r", join(CAPTURES, `${name}.pcap`), filter];
      expect(vethlab("sniff", ...args).stdout).toBe(tcpdump(...args));
    }
  });

  test("says what the file is on standard error, and -c, --count and --json keep to it", () => {
    const file = join(CAPTURES, "echo.pcap");
    const lines = vethlab("sniff", "-n", "-r", file).stdout.trimEnd().split("\n");
    expect(vethlab("sniff", "-nr", file, "-c1")).toMatchObject({
      stdout: `${lines[0]}\n`,
      stderr: `reading from file ${file}, link-type EN10MB (Ethernet), snapshot length 262144\n`,
    });
    expect(vethlab("sniff", "-r", file, "--count").stdout).toBe(`${lines.length} packets\n`);
    const objects = vethlab("sniff", "-r", file, "-j").stdout.trimEnd().split("\n");
    expect(objects.map((line) => (JSON.parse(line) as { number: number }).number)).toEqual(lines.map((_, i) => i + 1));
  });

  test("--tree: the lines, and below each its fields; no colour into a pipe, and not together with --json", () => {
    const file = join(CAPTURES, "arp.pcap");
    const { stdout } = vethlab("sniff", "-r", file, "--tree", "-c1");
    const [first] = vethlab("sniff", "-#", "-r", file, "-c1").stdout.split("\n");
    expect(stdout.startsWith(`${first}\n`)).toBe(true);
    expect(stdout).toMatch(/^ *28-31 {4}Sender protocol address {2,}10\.0\.0\.1 {2,}RFC 826$/m);
    expect(stdout).not.toContain("\x1b");
    expect(vethlab("sniff", "-r", file, "--tree", "--json")).toMatchObject({ code: 2, stdout: "" });
  });

  test("reads standard input, compressed too", () => {
    const input = execFileSync("gzip", ["-c", join(CAPTURES, "arp.pcap")]);
    const piped = spawnSync(process.execPath, [VETHLAB, "sniff", "-n", "-r", "-"], { input, encoding: "utf8" });
    expect(piped.stdout).toBe(vethlab("sniff", "-n", "-r", join(CAPTURES, "arp.pcap")).stdout);
  });
});

describeNetns("vethlab sniff -i", () => {
  let wire: Wire;
  let link: Link | null;
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "vethlab-test-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(() => {
    wire = new Wire();
    link = null;
  });
  afterEach(() => wire.close());

  /** A sniffer at ve1 that is listening. */
  async function sniffing(...args: string[]): Promise<Running> {
    const sniff = wire.startVethlab(wire.ve1, "sniff", "-i", "ve1", ...args);
    await until(() => sniff.stderr().includes("listening on"));
    return sniff;
  }

  /** An ARP request from ve0, in these VLANs. */
  function ask(target: string, ...vids: number[]): void {
    link ??= wire.openLink(wire.ve0);
    const spa = ipv4Address.parse("10.0.0.1")!;
    const request = arp.build({ oper: 1, sha: link.mac, spa, tha: mac.ZERO, tpa: ipv4Address.parse(target)! });
    const frame = ethernet.build({ dst: mac.BROADCAST, src: link.mac, type: ethernet.EtherType.Arp, payload: request });
    const off = link.reserve(64);
    link.tx.set(frame, off);
    let end = off + frame.length;
    for (const vid of [...vids].reverse()) end = vlan.insert(link.tx, off, end, 0x8100, vid);
    link.commit(end - off);
    link.flush();
  }

  test("a VLAN tag that the kernel took off is shown, saved and filtered by", async () => {
    const file = join(folder, "tagged.pcapng");
    const saving = await sniffing("-w", file, "-c", "3", "-U");
    const both = await sniffing("-e", "-n", "-t", "-l", "-c", "3");
    const ten = await sniffing("-e", "-n", "-t", "-l", "-c", "1", "vlan", "10");
    const none = await sniffing("-n", "-t", "-l", "-c", "1", "not", "vlan");
    ask("10.0.0.20", 20);
    ask("10.0.0.30", 10, 30);
    ask("10.0.0.40");
    const tag10 =
      "vlan 10, p 0, ethertype 802.1Q (0x8100), vlan 30, p 0, ethertype ARP (0x0806), Request who-has 10.0.0.30";
    expect((await ten.done).stdout).toContain(tag10);
    expect((await none.done).stdout).toBe("ARP, Request who-has 10.0.0.40 tell 10.0.0.1, length 28\n");
    const lines = (await both.done).stdout;
    expect(lines).toMatch(/ethertype 802\.1Q \(0x8100\), length 46: vlan 20, p 0, ethertype ARP \(0x0806\), Request/);
    await saving.done;
    expect(vethlab("sniff", "-e", "-n", "-t", "-r", file).stdout).toBe(lines);
  });

  needs({ netns: true, commands: ["tcpdump", "tshark", "ping"] }).test(
    "what it writes, pcapng and classic, tshark and tcpdump read",
    async () => {
      wire.ve0.addAddress("10.0.0.1/24");
      wire.ve1.addAddress("10.0.0.2/24");
      for (const name of ["live.pcapng", "live.pcap"]) {
        const file = join(folder, name);
        const saving = await sniffing("-w", file, "-c", "8", "icmp");
        const shown = await sniffing("-n", "-t", "-c", "8", "icmp");
        await wire.run(wire.ve0, "ping", "-c", "4", "-i", "0.01", "10.0.0.2");
        expect((await saving.done).stderr).toMatch(
          /\n8 packets captured\n\d+ packets received by filter\n0 packets dropped/,
        );
        const { stdout } = await shown.done;
        expect(stdout.match(/ICMP echo reply/g)).toHaveLength(4);
        const [command, args] = tcpdumpOnFiles(["-n", "-t", "-r", file]);
        expect(execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })).toBe(stdout);
        const fields = ["-T", "fields", "-e", "icmp.seq"];
        const seqs = execFileSync("tshark", ["-r", file, ...fields], {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "ignore"],
        })
          .trimEnd()
          .split("\n");
        expect(seqs).toEqual(["1", "1", "2", "2", "3", "3", "4", "4"]);
      }
    },
  );

  needs({ netns: true, commands: ["ping"] }).test(
    "beside answer: each frame once, -Q tells its direction, and nobody echoes its own",
    async () => {
      wire.ve0.addAddress("10.0.0.1/24");
      const answer = wire.startVethlab(wire.ve1, "answer", "-I", "ve1", "--ip", "10.0.0.2");
      await until(() => answer.stdout().includes("ANSWERING"));
      const all = await sniffing("-n", "-t", "-l", "--explain");
      const inward = await sniffing("-n", "-t", "-l", "-Q", "in", "icmp");
      const outward = await sniffing("-n", "-t", "-l", "-Q", "out", "icmp");
      await wire.run(wire.ve0, "ping", "-c", "3", "-i", "0.01", "10.0.0.2");
      await until(() => all.stdout().split("ICMP").length > 6);
      // Sent through the interface that answer sits on: to the wire, not to answer.
      expect((await wire.vethlab(wire.ve1, "arping", "-I", "ve1", "-D", "-w", "0.2", "10.0.0.2")).code).toBe(0);
      await until(() => all.stdout().includes("tell 0.0.0.0"));
      for (const { pid } of [all, inward, outward, answer]) process.kill(pid, "SIGINT");
      const text = (await all.done).stdout;
      expect(text.match(/who-has 10\.0\.0\.2 tell 10\.0\.0\.1/g)).toHaveLength(1);
      expect(text.match(/ICMP echo request/g)).toHaveLength(3);
      expect(text.match(/ICMP echo reply/g)).toHaveLength(3);
      expect(text).toMatch(/^\t= 10\.0\.0\.1 pings 10\.0\.0\.2: echo request 1 with 56 bytes of data\.$/m);
      expect((await inward.done).stdout).toMatch(/^(IP 10\.0\.0\.1 > 10\.0\.0\.2: ICMP echo request, .*\n){3}$/);
      expect((await outward.done).stdout).toMatch(/^(IP 10\.0\.0\.2 > 10\.0\.0\.1: ICMP echo reply, .*\n){3}$/);
      // Its replies came back to nobody: 1 ARP request and 3 echoes is all it heard.
      expect((await answer.done).stdout).toMatch(
        /\n4 frames received\n1 ARP requests answered, 3 echo requests answered, 0/,
      );
    },
  );

  test("SIGQUIT and SIGUSR1 print the counters and go on; SIGINT ends with them", async () => {
    const sniff = await sniffing();
    for (const signal of ["SIGQUIT", "SIGUSR1"] as const) {
      const before = sniff.stderr().length;
      process.kill(sniff.pid, signal);
      await until(() => sniff.stderr().length > before);
      expect(sniff.stderr().slice(before)).toBe(
        "vethlab sniff: 0 packets captured, 0 packets received by filter, 0 packets dropped by kernel\n",
      );
    }
    process.kill(sniff.pid, "SIGINT");
    expect(await sniff.done).toMatchObject({ code: 0 });
  });

  test("-w on a full disk: one line, exit code 2, and a file that can be read up to there", async () => {
    const file = join(folder, "disk", "full.pcapng");
    // A disk of its own, of one page, that only this process sees.
    const small = `mkdir -p ${folder}/disk && mount -t tmpfs -o size=4k tmpfs ${folder}/disk && "$@"; code=$?
      cp ${file} ${folder}/saved.pcapng; exit $code`;
    const sniff = wire.start(
      wire.ve1,
      "unshare",
      ...["--mount", "sh", "-c", small, "sh", process.execPath, VETHLAB, "sniff", "-i", "ve1", "-U", "-w", file],
    );
    await until(() => sniff.stderr().includes("listening on"));
    for (let i = 0; i < 100; i++) ask("10.0.0.9");
    const { code, stderr } = await sniff.done;
    expect(code).toBe(2);
    expect(stderr.trimEnd().split("\n").at(-1)).toBe(
      "vethlab sniff: cannot write the capture: no space left on device; make room, or write elsewhere",
    );
    expect(existsSync(file)).toBe(false);
    const saved = vethlab("sniff", "-n", "-r", join(folder, "saved.pcapng"));
    expect(saved.code).toBe(0);
    expect(saved.stdout.trimEnd().split("\n").length).toBeGreaterThan(10);
    expect(readFileSync(join(folder, "saved.pcapng")).length).toBeLessThanOrEqual(4096);
  });

  test.each([
    [["-w", "-"], "head -c 24 | wc -c", "24\n"],
    [["-l", "-n"], "head -n 1 | cut -c 17-36", "ARP, Request who-has"],
    [["--json"], "head -n 1 | cut -c 1-11", '{"number":1'],
  ])("a reader that closes its pipe ends %j quietly", async (args, reader, seen) => {
    const command = [process.execPath, VETHLAB, "sniff", "-i", "ve1", ...args].join(" ");
    const sniff = wire.start(wire.ve1, "bash", "-c", `${command} | ${reader}; exit \${PIPESTATUS[0]}`);
    await until(() => sniff.stderr().includes("listening on"));
    let ended = false;
    sniff.done.then(() => {
      ended = true;
    });
    while (!ended) {
      ask("10.0.0.9");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const { code, stdout, stderr } = await sniff.done;
    expect({ code, stdout: stdout.slice(0, seen.length) }).toEqual({ code: 0, stdout: seen });
    expect(stderr).toMatch(
      /^listening on .*\n\d+ packets? captured\n\d+ packets? received by filter\n0 packets dropped by kernel\n$/,
    );
  });
});
