import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { arp, ethernet, ipv4Address, mac } from "../../packets/index.ts";
import type { Link } from "../../src/link/link.ts";
import type { Running } from "../support/command.ts";
import { needs } from "../support/privilege.ts";
import { Dice, textFrames } from "../support/text-frames.ts";
import { until } from "../support/until.ts";
import { Wire } from "../support/wire.ts";

const MILLION = 1_000_000;
const ROUND = 50_000;
const ADDRESS = "10.0.0.2";
const OURS = mac.forIpv4(ipv4Address.parse(ADDRESS)!);
/** Lines a second that `answer` prints at most, and the one that counts the rest. */
const LINES_PER_SECOND = 51;

needs({ netns: true, commands: ["ping", "arping"] }).describe(
  "a million truncated, oversized and random frames",
  () => {
    test.each(["event", "block", "spin"])(
      "answer --gear %s still answers, its memory does not grow, and it prints no more than it may",
      async (gear) => {
        using wire = new Wire();
        const { ve0, ve1 } = wire;
        ve0.addAddress("10.0.0.77/24");
        const started = performance.now();
        const answer = wire.startVethlab(ve1, "answer", "-I", "ve1", "--ip", ADDRESS, "-v", "--gear", gear);
        await until(() => answer.stdout().includes("ANSWERING"));
        // Larger than what it was opened for: such frames do not fit a slot of its ring.
        ve1.setMtu(9000);
        ve0.setMtu(9000);
        const storm = new Storm(wire.openLink(ve0));

        for (let i = 0; i < 4; i++) await storm.send(ROUND);
        const before = await memory(answer);
        while ((await received(answer)) < MILLION) await storm.send(ROUND);
        expect((await memory(answer)) - before).toBeLessThan(20 << 10);

        const ping = await wire.run(ve0, "ping", "-c", "20", "-i", "0.01", ADDRESS);
        expect(ping.stdout).toContain("20 packets transmitted, 20 received, 0% packet loss");
        const arping = await wire.run(ve0, "arping", "-c", "1", "-I", "ve0", ADDRESS);
        expect(arping.stdout).toContain(`Unicast reply from ${ADDRESS} [${mac.format(OURS).toUpperCase()}]`);

        process.kill(answer.pid, "SIGINT");
        const { code, stdout } = await answer.done;
        expect(code).toBe(0);
        const lines = stdout.slice(0, stdout.indexOf(`--- ${ADDRESS} answer statistics`)).split("\n");
        const seconds = (performance.now() - started) / 1000;
        expect(lines.length).toBeLessThan(LINES_PER_SECOND * (seconds + 2));
      },
      120_000,
    );
  },
);

/** Sends frames of every kind, whole and damaged, as fast as the kernel takes them. */
class Storm {
  readonly #link: Link;
  readonly #dice = new Dice(826);
  readonly #frames: readonly Uint8Array[];

  constructor(link: Link) {
    this.#link = link;
    // The kernel takes no frame without an Ethernet header.
    this.#frames = textFrames(826, 4096)
      .map((frame) => frame.bytes)
      .filter((bytes) => bytes.length >= ethernet.HEADER_LENGTH);
  }

  async send(count: number): Promise<void> {
    for (let sent = 0; sent < count; sent++) {
      this.#one();
      if (sent % 512 < 511) continue;
      this.#link.flush();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#link.flush();
  }

  #one(): void {
    const dice = this.#dice;
    const link = this.#link;
    const kind = dice.below(16);
    const frame = kind === 0 ? strangerAsks(dice) : dice.pick(this.#frames);
    // 1: longer than any slot. 2: cut anywhere. What follows the frame is what earlier ones left there.
    let length = frame.length;
    if (kind === 1) length = 2000 + dice.below(7000);
    if (kind === 2) length = ethernet.HEADER_LENGTH + dice.below(length - ethernet.HEADER_LENGTH + 1);
    const off = link.reserve(Math.max(length, frame.length));
    link.tx.set(frame, off);
    if (kind < 12) link.tx.set(OURS, off);
    if (kind >= 8) for (let left = dice.below(4); left > 0; left--) link.tx[off + dice.below(length)] = dice.below(256);
    link.commit(length);
  }
}

/** A well-formed request by a station that nobody has heard of: what answers it must not remember them all. */
function strangerAsks(dice: Dice): Uint8Array {
  const sha = Uint8Array.of(2, ...dice.bytes(5));
  const spa = (10 << 24) | (0x10000 + dice.below(0xfe0000));
  const tpa = ipv4Address.parse(ADDRESS)!;
  const payload = arp.build({ oper: arp.Operation.Request, sha, spa, tha: new Uint8Array(6), tpa });
  return ethernet.build({ dst: mac.BROADCAST, src: sha, type: ethernet.EtherType.Arp, payload });
}

/** Resident memory in KiB, once it has worked off what has arrived. */
async function memory(running: Running): Promise<number> {
  await received(running);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${running.pid}/status`, "utf8"))?.[1]);
}

/** Frames that `answer` has received, by its own count. */
async function received(running: Running): Promise<number> {
  const already = running.stderr().length;
  process.kill(running.pid, "SIGQUIT");
  const report = () => /([\d,]+) frames received.*\n.*dropped\n/.exec(running.stderr().slice(already));
  await until(() => report() !== null, 20_000);
  return Number(report()?.[1]?.replaceAll(",", ""));
}
