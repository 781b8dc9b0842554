import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { compareFile } from "../../bench/agree/compare.ts";
import { compareHeader, compareLines, linesOf, splitFrames } from "../../bench/agree/lines.ts";
import { optionSet } from "../../bench/agree/options.ts";
import { report, summarize } from "../../bench/agree/report.ts";
import { headerOf, outOfScope } from "../../bench/agree/scope.ts";
import { needs } from "../support/privilege.ts";
import { TCPDUMP_VERSION, tcpdumpVersion, writePcap } from "../support/tcpdump.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "vethlab-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("option sets", () => {
  test("mean to our printer what they mean to tcpdump", () => {
    expect(optionSet("-nvv  -e")).toMatchObject({ name: "-nvv -e", args: ["-nvv", "-e"], isHex: false });
    expect(optionSet("-n -vv -e").text).toMatchObject({ linkHeader: true, verbose: 2, hex: "none", number: true });
    expect(optionSet("-n -XX -ttttt").text).toMatchObject({ hex: "XX", timestamp: "elapsed" });
    expect(optionSet("-xx --nano -S -q").text).toMatchObject({
      hex: "xx",
      nano: true,
      absoluteSequence: true,
      quiet: true,
    });
  });

  test.each(["-w", "-n arp", "--count", ""])("%j is refused", (text) => {
    if (text === "") expect(optionSet(text).args).toEqual([]);
    else expect(() => optionSet(text)).toThrow(/what changes tcpdump's lines/);
  });
});

describe("which protocols are out of scope, from tcpdump's text", () => {
  test.each([
    ["IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 64", null],
    ["IP 10.0.0.1.1000 > 10.0.0.2.9999: UDP, length 8", null],
    ["IP 10.0.0.1.1000 > 10.0.0.2.4789: VXLAN, flags [I] (0x08), vni 1", "VXLAN"],
    ["IP 10.0.0.1.1000 > 10.0.0.2.53: 44845+ [1au] A? example.com. (55)", null],
    ["IP 10.0.0.1.1000 > 10.0.0.2.8053: 44845+ A? example.com. (55)", "port 1000"],
    ["IP 10.0.0.1.1000 > 10.0.0.2.179: Flags [P.], seq 1:20, ack 1, win 16384, length 19: BGP", "BGP"],
    ["IP 10.0.0.1.1000 > 10.0.0.2.80: Flags [P.], seq 1:20, ack 1, win 16384, length 19", null],
    ["IP6 fe80::1 > ff02::5: OSPFv3, Hello, length 40", "OSPFv3"],
    ["IP6 fe80::1 > ff02::16: HBH ICMP6, multicast listener report v2, 1 group record(s), length 28", null],
    ["IP6 ::1 > ::2: HBH 41851 > 43913: Flags [P.], seq 1:2, ack 2, win 2, length 1", null],
    ["IP6 fe80::1.546 > ff02::1:2.547: dhcp6 solicit", "dhcp6"],
    ["IP 10.0.0.1 > 224.0.0.1: igmp query v1", null],
    ["IP 10.0.0.1 > 224.0.0.1: igmp pimv1 Query", "igmp"],
    ["IP 10.0.0.1 > 10.0.0.2: ip-proto-200 20", null],
    ["IP 10.0.0.1 > 10.0.0.2: GREv0, length 88: IP 1.2.3.4 > 1.2.3.5: ICMP echo request", "GREv0"],
    ["IP 10.0.0.1 > 10.0.0.2: IP 1.2.3.4 > 1.2.3.5: ICMP echo request", "IP"],
    ["IP 10.0.0.1.88 > 10.0.0.2.514: ", "port 88"],
    ["IP 10.0.0.1.4500 > 10.0.0.2.4500: isakmp-nat-keep-alive", "isakmp-nat-keep-alive"],
    ["IP 10.0.0.1 > 10.0.0.2: udp", null],
    ["IP 10.0.0.1.2104 > 10.0.0.2.514:  (invalid)", "port 514"],
    ["IP 10.0.0.1 > 10.0.0.2:  [|tcp]", null],
    ["IP 10.0.0.1.4500 > 10.0.0.2.4500:  [|isakmp_rfc3948]", "isakmp_rfc3948"],
    ["IP  [|dccp]", "dccp"],
    ["IP  [|ip]", null],
    ["ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28", null],
    [" [|arp]", null],
    [" [|isoclns]", "isoclns"],
    ["STP 802.1d, Config, Flags [none], bridge-id 8000.00:00:00:00:00:01.8001, length 43", null],
    ["CDPv2, ttl: 180s, Device-ID 'a', length 100", "CDPv2"],
    ["02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype Unknown (0x88b5), length 60: ", null],
    ["02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype DN (0x6003), length 60: ", "DN"],
    ["[Invalid header: caplen==0, len==0]", null],
  ])("%s", (text, name) => {
    expect(outOfScope(`${text}\n\t0x0000:  4500`)).toBe(name);
  });

  test("their frames must agree up to the transport header", () => {
    expect(headerOf("    1  12:00:00.1 IP 10.0.0.1.1 > 10.0.0.2.4789: VXLAN, flags")).toBe(
      "    1  12:00:00.1 IP 10.0.0.1.1 > 10.0.0.2.4789: ",
    );
    expect(headerOf("IP (tos 0x0, length 64)\n    1.0.0.1.1 > 1.0.0.2.2: [udp sum ok] NTPv4")).toBe(
      "IP (tos 0x0, length 64)\n    1.0.0.1.1 > 1.0.0.2.2: [udp sum ok] ",
    );
    expect(
      headerOf("    7  2020-01-01 12:00:00.1 IP 1.0.0.1.1 > 1.0.0.2.179: Flags [P.], seq 1:20, length 19: BGP\n\tOpen"),
    ).toBe("    7  2020-01-01 12:00:00.1 IP 1.0.0.1.1 > 1.0.0.2.179: Flags [P.], seq 1:20, length 19");
    expect(headerOf("12:00 IP 1.0.0.1.1 > 1.0.0.2.2: DCCP DCCP-Ack")).toBe("12:00 IP 1.0.0.1");
    expect(
      headerOf(
        "12:00 aa:00:00:00:00:01 > aa:00:00:00:00:02, ethertype IPv4 (0x0800), length 60: 1.0.0.1 > 1.0.0.2: AH",
      ),
    ).toBe("12:00 aa:00:00:00:00:01 > aa:00:00:00:00:02, ethertype IPv4 (0x0800), length 60: 1.0.0.1 > 1.0.0.2: ");
    const arista =
      "12:00 aa:00:00:00:00:01 > aa:00:00:00:00:02, ethertype Arista Vendor Specific Protocol (0xd28b), length 110:";
    expect(headerOf(`${arista} SubType 1, ethertype IPv4 (0x0800), length 96: 1.0.0.1 > 1.0.0.2: ICMP`)).toBe(arista);
    const link = "12:00 02:00:00:00:00:01 > 01:00:0c:cc:cc:cc, 802.3, length 399:";
    expect(headerOf(`${link} LLC, dsap SNAP`)).toBe(link);
    expect(headerOf("12:00 CDPv2, ttl: 180s")).toBe("");
  });
});

describe("lines", () => {
  test("tcpdump's output is split by frame number, whatever follows a first line", () => {
    const text = "    1  a\n\t0x0000:  31\n    3  not a frame\n    2  b\n";
    expect(splitFrames(text)).toEqual(["    1  a\n\t0x0000:  31\n    3  not a frame\n", "    2  b\n"]);
    expect(splitFrames("")).toEqual([]);
  });

  test("hexadecimal lines are told from text", () => {
    const text = "IP a > b: UDP, length 4\n\t0x0000:  4500 0020\n\t  0x0000:  0408\n\tChassis ID\n";
    expect(linesOf(text)).toEqual({
      text: ["IP a > b: UDP, length 4", "\tChassis ID"],
      hex: ["\t0x0000:  4500 0020", "\t  0x0000:  0408"],
    });
  });

  test.each([
    ["a b c", "a b c", 3, 3],
    ["a b c", "a x c", 2, 3],
    ["a b c", "b c", 2, 3],
    ["a", "a b c", 1, 3],
    ["a b c d", "b a d c", 2, 4],
    ["", "a", 0, 1],
  ])("of %j and %j, %i of %i agree", (theirs, ours, agree, total) => {
    const tally = { agree: 0, total: 0 };
    const split = (text: string) => text.split(" ").filter((line) => line !== "");
    const first = compareLines(split(theirs), split(ours), tally, 7);
    expect(tally).toEqual({ agree, total });
    expect(first === null).toBe(agree === total);
  });

  test("a header is compared to its end, and no further", () => {
    const tally = { agree: 0, total: 0 };
    expect(
      compareHeader("IP 1.0.0.1.1 > 1.0.0.2.123: NTPv4", "IP 1.0.0.1.1 > 1.0.0.2.123: UDP, length 48", tally, 1),
    ).toBe(null);
    expect(tally).toEqual({ agree: 1, total: 1 });
    expect(compareHeader("IP 1.0.0.1.1 > 1.0.0.2.123: NTPv4", "IP 1.0.0.1.9 > 1.0.0.2.123: UDP", tally, 2)).toEqual({
      frame: 2,
      theirs: "IP 1.0.0.1.1 > 1.0.0.2.123: ",
      ours: "IP 1.0.0.1.9 > 1.0.0.2.123: UDP",
    });
    expect(tally).toEqual({ agree: 1, total: 2 });
  });
});

needs({ commands: ["tcpdump"] }).describe("npm run agree", () => {
  const agree = (...args: string[]) =>
    spawnSync(
      process.execPath,
      [
        "-e",
        'import("./dist/bench/agree/main.js").then((m) => m.main(process.argv.slice(1))).then((c) => { process.exitCode = c; })',
        "--",
        ...args,
      ],
      {
        encoding: "utf8",
        cwd: ROOT,
      },
    );

  test.runIf(tcpdumpVersion() === TCPDUMP_VERSION)("finds that our own capture agrees, and says so", () => {
    const json = join(folder, "agree.json");
    const file = join(ROOT, "test/captures/text/kernel.pcap");
    const { status, stdout, stderr } = agree(file, "--options", "-n -XX", "--json", json);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/files equal 1 of 1; text lines (\d+) of \1 \(100\.00%\), .*; hex lines (\d+) of \2 \(100/);
    expect(status).toBe(0);
    expect(JSON.parse(readFileSync(json, "utf8"))).toMatchObject({ text: 1, files: [{ damage: null, outside: {} }] });
  });

  test("names what is out of scope, what is damaged, and what is no capture", async () => {
    // UDP to VXLAN's port, then a frame that the file ends in.
    const bytes = Uint8Array.from([
      ...[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0],
      ...[0x45, 0, 0, 36, 0, 0, 0, 0, 64, 17, 0x66, 0xc7, 10, 0, 0, 1, 10, 0, 0, 2],
      ...[4, 0, 0x12, 0xb5, 0, 16, 0, 0, 8, 0, 0, 0, 0, 0, 1, 0],
    ]);
    const frame = { bytes, length: bytes.length, second: 1, microsecond: 2 };
    const file = writePcap([frame, frame]);
    const path = join(folder, "cut.pcap");
    writeFileSync(path, file.subarray(0, file.length - 1));
    const result = await compareFile(path, [optionSet("-n -e")]);
    expect(result).toMatchObject({
      skipped: null,
      frames: 1,
      outside: { VXLAN: 1 },
      sets: [{ headers: { agree: 1, total: 1 }, text: { agree: 0, total: 0 }, first: null }],
    });
    expect(result.damage).toMatch(/^the file ends inside a record: .* \(at byte 90\)$/);
    const text = report(summarize([result]), true);
    expect(text).toContain("cut.pcap: VXLAN in 1 of 1 frame\n");
    const other = join(folder, "no.pcap");
    writeFileSync(other, "no capture");
    expect(await compareFile(other, [])).toMatchObject({
      skipped: "neither pcap nor pcapng (the file begins with 6e6f2063)",
    });
  });

  test.each([
    [["/nonexistent"], /^agree: \/nonexistent does not exist: name a folder with captures, or capture files\n$/],
    [["--options", "-w x", "."], /^agree: --options takes what changes tcpdump's lines .*, not '-w'\n$/],
    [["test/cli"], /^agree: no captures \(\.pcap, \.pcapng, \.cap\) in test\/cli\n$/],
    [["--fast"], /^agree: Unknown option '--fast'.*\n$/],
  ])("%j is refused with one line and exit 2", (args, line) => {
    const { status, stderr } = agree(...args);
    expect(stderr).toMatch(line);
    expect(status).toBe(2);
  });
});
