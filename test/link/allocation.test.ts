/** Receiving in bulk, and answering in place, allocate nothing a frame: over a real cable, from system call to system call. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as ipv4 from "../../packets/ipv4-address.ts";
import * as mac from "../../packets/mac.ts";
import { Lab } from "../../src/lab/lab.ts";
import type { PacketLink } from "../../src/link/packet.ts";
import { Host } from "../../src/stack/host.ts";
import { echoTemplate, TemplateSource } from "../../src/tools/send/index.ts";
import { describeNetns } from "../support/privilege.ts";

const BATCH = 64;
/** Batches that are sent before any is read; a block is only handed over when it is full or some milliseconds old. */
const BATCHES = { latency: 1, bulk: 32 } as const;
/** Frames that are measured at once. */
const FRAMES = 20_000;
const ADDRESS = "192.168.0.2";
const MAC = "02:00:00:00:00:02";

describeNetns("memory", () => {
  let pair: ReturnType<typeof Lab.pair>;
  beforeEach(() => {
    pair = Lab.pair();
  });
  afterEach(() => pair.lab.close());

  /** Bytes a frame that `receive` and the sender allocate; the least of some attempts, since V8 allocates for itself. */
  function bytesPerFrame(sender: PacketLink, batches: number, receive: () => number): number {
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as () => void;
    const targetMac = mac.parse(MAC)!;
    const addresses = {
      sourceMac: sender.mac,
      targetMac,
      sourceIp: ipv4.parse("192.168.0.1")!,
      targetIp: ipv4.parse(ADDRESS)!,
    };
    const source = new TemplateSource(echoTemplate(addresses, 1, 98, []), 1);
    let n = 0;
    const round = () => {
      for (let i = 0; i < BATCH * batches; i++) {
        const at = sender.reserve(98);
        source.write(n++, sender.tx, at);
        sender.commit(98);
      }
      sender.flush();
      // A frame that got lost must end the test, not hang it; the clock is read where nothing came.
      for (let got = 0, since = 0; got < BATCH * batches; ) {
        const more = receive();
        got += more;
        if (more > 0) since = 0;
        else if (since === 0) since = Date.now();
        else if (Date.now() - since > 5000) throw new Error(`${got} of ${BATCH * batches} frames came`);
      }
    };
    const rounds = Math.ceil(FRAMES / BATCH / batches);
    for (let i = 0; i < rounds; i++) round();
    let least = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < 5; attempt++) {
      gc();
      const before = process.memoryUsage().heapUsed;
      for (let i = 0; i < rounds; i++) round();
      least = Math.min(least, process.memoryUsage().heapUsed - before);
    }
    return least / (rounds * BATCH * batches);
  }

  test.each(["latency", "bulk"] as const)("receiving through a %s ring", (ring) => {
    const a = pair.ve0.openLink({ wake: "calls" });
    const b = pair.ve1.openLink({ ring, wake: "calls" });
    let sum = 0;
    b.onFrames(({ count, buffer, offset }) => {
      for (let i = 0; i < count; i++) sum = (sum + buffer[offset[i]! + 40]!) | 0;
    });
    // One object a frame would be 16 bytes at least; what a batch or a system call costs is spread over its frames.
    expect(bytesPerFrame(a, BATCHES[ring], () => (b.wait(100) ? b.poll() : 0))).toBeLessThan(1);
    expect(sum).not.toBe(0);
    a.close();
    b.close();
  });

  test("answering in place", () => {
    const a = pair.ve0.openLink({ wake: "calls" });
    const b = pair.ve1.openLink({ wake: "calls" });
    const host = new Host(b, { addresses: [`${ADDRESS}/24`], mac: MAC });
    let answers = 0;
    a.onFrames(({ count }) => {
      answers += count;
    });
    const receive = () => {
      b.poll();
      return a.poll();
    };
    expect(bytesPerFrame(a, BATCHES.latency, receive)).toBeLessThan(1);
    expect(host.stats().echoAnswered).toBe(answers);
    expect(b.stats().txFrames).toBe(answers);
    host.close();
    a.close();
    b.close();
  });
});
