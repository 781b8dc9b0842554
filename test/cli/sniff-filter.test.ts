import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { BpfProgram } from "../../packets/bpf.ts";
import { arp, EtherType, ethernet, ipv4Address, mac, vlan } from "../../packets/index.ts";
import { formatAssembler, formatC, formatDecimal } from "../../packets/text/bpf.ts";
import { isCaptureError, openCapture } from "../../src/capture/index.ts";
import type { Link } from "../../src/link/link.ts";
import { compileFilter, isFilterError } from "../../src/linux/libpcap.ts";
import { type Running, vethlab } from "../support/command.ts";
import { needs } from "../support/privilege.ts";
import { tcpdumpOnFiles } from "../support/unprivileged.ts";
import { until } from "../support/until.ts";
import { Wire } from "../support/wire.ts";

const CAPTURES = fileURLToPath(new URL("../captures", import.meta.url));

const EXPRESSIONS = [
  "",
  "arp",
  "icmp or arp",
  "ip broadcast",
  "ether multicast and not ip",
  "host 10.0.0.1",
  "src net 10.0.0.0/8 and dst port 53",
  "tcp portrange 80-443",
  "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
  "icmp[icmptype] = icmp-echo and greater 100",
  "vlan",
  "not vlan",
  "vlan 10",
  "vlan 10 and arp",
  "arp or vlan 10",
  "vlan and vlan",
  "ip6 protochain 6",
  "ip[8] * 3 - 2 > 60 or len / 7 = 6",
  "(ip[0] << 2) ^ 0xff != ip[2:2] % 9",
  "llc",
  "stp",
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vethlab-filter-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** tcpdump on a file: standard output. */
function tcpdump(...args: string[]): string {
  const run = spawnSync(...tcpdumpOnFiles(args), { encoding: "utf8", env: { ...process.env, TZ: "UTC" } });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout;
}

needs({ commands: ["tcpdump"] }).describe("the program", () => {
  test.each([[[]], [["-O"]], [["-s", "96"]]])(
    "with %j, for any Ethernet: every expression as tcpdump shows it",
    (more) => {
      for (const expression of EXPRESSIONS) {
        const options = more.includes("-O") ? { optimize: false } : more.includes("-s") ? { snapLength: 96 } : {};
        const filter = compileFilter(expression, { netmask: 0, ...options });
        if (isFilterError(filter)) throw new Error(filter.error);
        expect(formatAssembler(filter.code)).toBe(tcpdump(...more, "-d", expression));
        expect(formatC(filter.code)).toBe(tcpdump(...more, "-dd", expression));
        expect(formatDecimal(filter.code)).toBe(tcpdump(...more, "-ddd", expression));
      }
    },
  );

  test.each([
    [["-d"], "vlan 10 and arp"],
    [["-dd"], "ip broadcast"],
    [["-ddd"], "ip6 protochain 6"],
    [["-O", "-d"], "tcp portrange 80-443"],
    [["-d", "-s", "96"], "arp"],
    [["-d", "-y", "EN10MB"], ""],
    [["-d", "-d", "-d", "-d"], "arp"],
  ])("%j %s: by the command", (options, expression) => {
    expect(vethlab("sniff", ...options, expression)).toMatchObject({
      code: 0,
      stdout: tcpdump(...options, expression),
      stderr: options.includes("-y") ? "" : "Warning: assuming Ethernet\n",
    });
  });

  test("for a file, with its snap length", () => {
    for (const name of readdirSync(CAPTURES).filter((file) => /^(arp|icmp).*\.pcap$/.test(file))) {
      const file = join(CAPTURES, name);
      expect(vethlab("sniff", "-d", "-r", file, "arp").stdout).toBe(tcpdump("-d", "-r", file, "arp"));
    }
  });

  test("what only a live interface knows is refused for a file", () => {
    const run = vethlab("sniff", "-r", join(CAPTURES, "arp.pcap"), "inbound");
    expect(run.code).toBe(2);
    expect(run.stderr).toContain("inbound/outbound not supported on Ethernet when reading savefiles");
  });

  test("another link type is refused", () => {
    expect(vethlab("sniff", "-d", "-y", "RAW", "arp")).toMatchObject({ code: 2, stdout: "" });
  });
});

/** The frames of a capture that pass, by their bytes. */
async function frames(path: string, program?: BpfProgram): Promise<string[]> {
  const reader = await openCapture(path);
  if (isCaptureError(reader)) throw new Error(reader.message);
  const found: string[] = [];
  for await (const { buffer, offset, length, originalLength, count } of reader) {
    for (let i = 0; i < count; i++) {
      const off = offset[i]!;
      if (program?.matches(buffer, off, length[i]!, originalLength[i]!) === false) continue;
      found.push(Buffer.from(buffer.subarray(off, off + length[i]!)).toString("hex"));
    }
  }
  return found;
}

needs({ commands: ["tcpdump"] }).test("the same frames of a file pass as with tcpdump", async () => {
  let passed = 0;
  for (const name of readdirSync(CAPTURES).filter((file) => /\.pcap(ng)?$/.test(file))) {
    const file = join(CAPTURES, name);
    for (const expression of EXPRESSIONS) {
      const theirs = join(folder, "theirs.pcap");
      tcpdump("-r", file, "-w", theirs, expression);
      const filter = compileFilter(expression, { netmask: 0, file: true });
      if (isFilterError(filter)) throw new Error(filter.error);
      const ours = await frames(file, filter.program);
      expect(ours, `${name} ${expression}`).toEqual(await frames(theirs));
      passed += ours.length;
    }
  }
  expect(passed).toBeGreaterThan(100);
});

needs({ commands: ["tcpdump"] }).test("sniff -r counts them alike", () => {
  const file = join(CAPTURES, "vlan.pcap");
  expect(vethlab("sniff", "-r", file, "--count", "vlan and arp").stdout).toBe(
    tcpdump("-r", file, "--count", "vlan and arp"),
  );
});

test("-F takes the expression from a file, without its comments", () => {
  const file = join(folder, "filter");
  writeFileSync(file, "# who has what\narp # and\n  or icmp\n");
  expect(vethlab("sniff", "-ddd", "-F", file).stdout).toBe(vethlab("sniff", "-ddd", "arp or icmp").stdout);
  expect(vethlab("sniff", "-ddd", "-F", `${file}-gone`)).toMatchObject({ code: 2, stdout: "" });
});

needs({ netns: true, root: true, commands: ["tcpdump"] }).describe("on a live interface", () => {
  let wire: Wire;
  let link: Link;
  beforeEach(() => {
    wire = new Wire();
    link = wire.openLink(wire.ve0);
  });
  afterEach(() => wire.close());

  test("the program is tcpdump's for that interface", async () => {
    for (const expression of ["vlan", "vlan 10 and arp", "arp or vlan", "vlan and vlan", "not vlan", "ip broadcast"]) {
      const theirs = await wire.run(wire.ve1, "tcpdump", "-Z", "root", "-i", "ve1", "-d", expression);
      expect(theirs.code).toBe(0);
      const ours = vethlab("sniff", "--netns", wire.netns(wire.ve1), "-i", "ve1", "-d", expression);
      expect(ours.stdout).toBe(theirs.stdout);
    }
    const here = await wire.vethlab(wire.ve1, "sniff", "-i", "ve1", "-d", "vlan");
    expect(here.stdout).toContain("[vlanp]");
  });

  /** A frame from ve0 in these VLANs; the target address or the EtherType tells which it was. */
  function sendFrame(number: number, type: number, ...vids: number[]): void {
    const spa = ipv4Address.parse("10.0.0.1")!;
    const request = arp.build({ oper: 1, sha: link.mac, spa, tha: mac.ZERO, tpa: spa + number });
    const frame = ethernet.build({ dst: mac.BROADCAST, src: link.mac, type, payload: request });
    const off = link.reserve(64);
    link.tx.set(frame, off);
    let end = off + frame.length;
    for (const vid of [...vids].reverse()) end = vlan.insert(link.tx, off, end, 0x8100, vid);
    link.commit(end - off);
    link.flush();
  }

  async function listening(running: Running): Promise<Running> {
    await until(() => running.stderr().includes("listening on"));
    return running;
  }

  test.each(["vlan", "vlan 10", "vlan and arp", "not vlan", "arp or vlan", "arp or vlan 10", "vlan 10 or arp", "arp"])(
    "%s: the frames that tcpdump takes",
    async (expression) => {
      const args = ["-i", "ve1", "-n", "-e", "-t", "-l", expression];
      const theirs = await listening(wire.start(wire.ve1, "tcpdump", "-Z", "root", "--immediate-mode", ...args));
      const ours = await listening(wire.startVethlab(wire.ve1, "sniff", ...args));
      const all = await listening(wire.startVethlab(wire.ve1, "sniff", "-i", "ve1", "-n", "-e", "-t", "-l"));
      let number = 0;
      for (const type of [EtherType.Arp, 0x88b5]) {
        for (const vids of [[], [10], [20], [10, 20], [20, 10], [0]]) sendFrame(++number, type, ...vids);
      }
      await until(() => (all.stdout().match(/^\S.* length \d+/gm) ?? []).length >= number);
      // Nothing tells that a filter lets nothing more through: the frames behind the last one would.
      await new Promise((resolve) => setTimeout(resolve, 100));
      for (const { child } of [theirs, ours, all]) child.kill("SIGINT");
      // Interrupted, tcpdump ends its line.
      const shown = (await ours.done).stdout.trimEnd();
      expect(shown).toBe((await theirs.done).stdout.trimEnd());
      expect(shown.length).toBeGreaterThan(0);
    },
  );
});
