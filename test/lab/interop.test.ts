/**
 * Our host and tools against other people's programs on a real wire: the kernel's ping and arping against `answer`, ours
 * against the kernel. ve0 is the kernel's (10.0.0.1), ve1 has no address: there speaks vethlab.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FrameBatch } from "../../src/link/link.ts";
import type { Running } from "../support/command.ts";
import { missing, needs } from "../support/privilege.ts";
import { until } from "../support/until.ts";
import { Wire } from "../support/wire.ts";

const KERNEL = "10.0.0.1";
const ANSWERER = "10.0.0.2";
const ANSWERER_MAC = "02:76:0A:00:00:02";
const ASKER = "10.0.0.3";
/** Data of an echo request that fills an Ethernet's MTU. */
const FULL = 1472;
const PROGRAMS = { netns: true, commands: ["ping", "arping"] } as const;
/** Only real root's tcpdump captures. */
const RECORDER = { netns: true, root: true, commands: ["tcpdump", "tshark"] } as const;

needs(PROGRAMS).describe("beside iputils and the kernel", () => {
  let wire: Wire;
  let answer: Running;
  let tcpdump: Running | null = null;
  let folder: string;
  let capture: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "vethlab-test-"));
    capture = join(folder, "everything.pcap");
    wire = new Wire();
    wire.ve0.addAddress(`${KERNEL}/24`);
    if (missing(RECORDER) === "") {
      tcpdump = wire.start(wire.ve0, "tcpdump", "-Z", "root", "-i", "ve0", "-B", "65536", "-U", "-w", capture);
      await until(() => tcpdump?.stderr().includes("listening on") === true);
    }
    answer = wire.startVethlab(wire.ve1, "answer", "-I", "ve1", "--ip", ANSWERER);
    await until(() => answer.stdout().includes("ANSWERING"));
  });
  afterAll(() => {
    wire.close();
    rmSync(folder, { recursive: true });
  });

  const kernel = (program: string, ...args: string[]) => wire.run(wire.ve0, program, ...args);
  const ours = (...args: string[]) => wire.vethlab(wire.ve1, ...args);
  const asAsker = ["-I", "ve1", "--source-ip", `${ASKER}/24`];

  test("the kernel's ping -c 100 -i 0.01 against answer", async () => {
    const { code, stdout } = await kernel("ping", "-c", "100", "-i", "0.01", ANSWERER);
    expect(stdout).toContain("100 packets transmitted, 100 received, 0% packet loss");
    expect(stdout).not.toContain("DUP!");
    expect(code).toBe(0);
  });

  test("the kernel's ping -f -c 20000 against answer", async () => {
    const { code, stdout } = await kernel("ping", "-f", "-q", "-c", "20000", ANSWERER);
    expect(stdout).toContain("20000 packets transmitted, 20000 received, 0% packet loss");
    expect(code).toBe(0);
  }, 60_000);

  test("the kernel's ping with a pattern in every size up to the MTU: all data comes back whole", async () => {
    const link = wire.openLink(wire.ve0, { outgoing: true });
    const echoes = new Echoes();
    link.onFrames((batch) => echoes.read(batch));
    // Bytes that no size gets right by accident: their places differ from message to message.
    const loop = `for size in $(seq 0 ${FULL}); do
        ping -M do -c 1 -W 5 -s $size -p $(printf 'a5%02x5a%02x' $((size % 256)) $((255 - size % 256))) ${ANSWERER}
      done`;
    const { stdout } = await kernel("sh", "-c", loop);
    expect(stdout.match(/ 0% packet loss/g)).toHaveLength(FULL + 1);
    expect(stdout).not.toMatch(/wrong data|truncated|DUP!/);
    await until(() => echoes.returned >= FULL + 1);
    link.close();
    expect(echoes.differences).toEqual([]);
    expect(echoes.sizes.size).toBe(FULL + 1);
  }, 90_000);

  test("iputils' arping against answer: broadcast, then unicast", async () => {
    const { code, stdout } = await kernel("arping", "-c", "2", "-I", "ve0", ANSWERER);
    expect(stdout.match(new RegExp(`^Unicast reply from ${ANSWERER} \\[${ANSWERER_MAC}\\] `, "gm"))).toHaveLength(2);
    expect(stdout).toMatch(/^Sent 2 probes \(1 broadcast\(s\)\)\nReceived 2 response\(s\)$/m);
    expect(code).toBe(0);
    expect((await kernel("arping", "-b", "-c", "1", "-I", "ve0", ANSWERER)).code).toBe(0);
  });

  test("iputils' arping -D finds the address taken, and -U is understood", async () => {
    const taken = await kernel("arping", "-D", "-c", "1", "-I", "ve0", ANSWERER);
    expect(taken.stdout).toMatch(/^ARPING 10\.0\.0\.2 from 0\.0\.0\.0 ve0\nUnicast reply from 10\.0\.0\.2 /);
    expect(taken.code).toBe(1);
    expect((await kernel("arping", "-D", "-w", "1", "-I", "ve0", "10.0.0.99")).code).toBe(0);
    expect((await kernel("arping", "-U", "-c", "1", "-I", "ve0", KERNEL)).code).toBe(0);
    expect((await kernel("ping", "-c", "1", ANSWERER)).code).toBe(0);
  });

  test("our ping against the kernel: 100 in a row, and a flood of 20000", async () => {
    const row = await ours("ping", ...asAsker, "-c", "100", "-i", "0.01", KERNEL);
    expect(row.stdout).toContain("100 packets transmitted, 100 received, 0% packet loss");
    expect(row).toMatchObject({ code: 0, stderr: "" });
    const flood = await ours("ping", ...asAsker, "-f", "-q", "-c", "20000", KERNEL);
    expect(flood.stdout).toContain("20000 packets transmitted, 20000 received, 0% packet loss");
    expect(flood).toMatchObject({ code: 0, stderr: "" });
  }, 60_000);

  test("our ping against the kernel in the sizes where something changes", async () => {
    for (const size of [0, 1, 7, 8, 15, 16, 17, 255, 1023, FULL - 1, FULL]) {
      const args = [...asAsker, "-c", "2", "-i", "0.002", "-s", String(size), "-p", "00ff55aa", KERNEL];
      const { stdout, code } = await ours("ping", ...args);
      expect(stdout).toMatch(new RegExp(`^${size + 8} bytes from ${KERNEL}: icmp_seq=2 ttl=64`, "m"));
      expect(stdout).not.toMatch(/wrong data|truncated|DUP!/);
      expect(code).toBe(0);
    }
  });

  test("our arping against the kernel", async () => {
    const twice = await ours("arping", ...asAsker, "-c", "2", "-i", "0.05", KERNEL);
    expect(twice.stdout).toMatch(/^Sent 2 probes \(1 broadcast\(s\)\)\nReceived 2 response\(s\)$/m);
    expect(twice.code).toBe(0);
    expect(await ours("arping", "-I", "ve1", "-D", "-c", "1", KERNEL)).toMatchObject({ code: 1, stderr: "" });
    expect((await ours("arping", "-I", "ve1", "-D", "-w", "0.2", "10.0.0.99")).code).toBe(0);
    expect((await ours("arping", "-I", "ve1", "-U", "-c", "2", "-i", "0.05", ASKER)).code).toBe(0);
  });

  test("at an MTU of 9000 and of 68, whole to the last byte", async () => {
    process.kill(answer.pid, "SIGINT");
    await answer.done;
    for (const mtu of [9000, 68]) {
      wire.ve0.setMtu(mtu);
      wire.ve1.setMtu(mtu);
      answer = wire.startVethlab(wire.ve1, "answer", "-I", "ve1", "--ip", ANSWERER);
      await until(() => answer.stdout().includes("ANSWERING"));
      const size = String(mtu - 28);
      const theirs = await kernel("ping", "-M", "do", "-c", "3", "-i", "0.01", "-s", size, "-p", "5a", ANSWERER);
      expect(theirs.stdout).toContain("3 packets transmitted, 3 received, 0% packet loss");
      expect(theirs.stdout).not.toMatch(/wrong data|truncated/);
      const mine = await ours("ping", ...asAsker, "-c", "3", "-i", "0.01", "-s", size, "-p", "5a", KERNEL);
      expect(mine.stdout).toContain("3 packets transmitted, 3 received, 0% packet loss");
      const tooLong = await ours("ping", ...asAsker, "-M", "do", "-c", "1", "-W", "1", "-s", String(mtu - 27), KERNEL);
      expect(tooLong).toMatchObject({ code: 1, stderr: `ping: local error: message too long, mtu=${mtu}\n` });
      process.kill(answer.pid, "SIGINT");
      expect(await answer.done).toMatchObject({ code: 0, stderr: "" });
    }
  });

  needs(RECORDER).test(
    "tshark finds nothing wrong in all that was sent above",
    async () => {
      tcpdump?.child.kill("SIGINT");
      await tcpdump?.done;
      const read = (filter: string) => {
        const fields = ["-T", "fields", "-e", "frame.number", "-e", "_ws.col.Info", "-e", "_ws.expert.message"];
        const checks = ["-o", "ip.check_checksum:TRUE", "-Y", filter, ...fields];
        return execFileSync("tshark", ["-r", capture, ...checks], {
          encoding: "utf8",
          maxBuffer: 1 << 28,
          stdio: ["ignore", "pipe", "ignore"],
        }).split("\n");
      };
      const sent = read(`icmp.type == 0 && ip.src == ${ANSWERER}`).length + read(`ip.src == ${ASKER}`).length;
      expect(sent).toBeGreaterThan(40_000);
      const wrong = "_ws.malformed || ip.checksum.status == 0 || icmp.checksum.status == 0";
      // What tcpdump itself may have missed is no fault of a frame.
      const expert = "(_ws.expert.severity >= 4194304 && !icmp.resp_not_found)";
      expect(read(`${wrong} || ${expert}`).slice(0, 10)).toEqual([""]);
    },
    60_000,
  );
});

/** Holds every echo reply against its request: same identifier, same sequence number, same data. */
class Echoes {
  returned = 0;
  readonly sizes = new Set<number>();
  readonly differences: string[] = [];
  readonly #asked = new Map<number, Buffer>();

  read(batch: FrameBatch): void {
    const frames = Buffer.from(batch.buffer.buffer, batch.buffer.byteOffset, batch.buffer.length);
    for (let i = 0; i < batch.count; i++) {
      const off = batch.offset[i]!;
      // IPv4 without options that carries ICMP.
      if (frames.readUInt32BE(off + 12) >>> 8 !== 0x080045 || frames[off + 23] !== 1) continue;
      const message = frames.subarray(off + 34, off + 14 + frames.readUInt16BE(off + 16));
      // All but type, code and checksum must come back.
      if (message[0] === 8) this.#asked.set(message.readUInt32BE(4), Buffer.from(message.subarray(4)));
      if (message[0] === 0) this.#returns(message.subarray(4));
    }
  }

  #returns(message: Buffer): void {
    this.returned++;
    this.sizes.add(message.length - 4);
    if (this.#asked.get(message.readUInt32BE(0))?.equals(message) === true) return;
    this.differences.push(message.toString("hex"));
  }
}
