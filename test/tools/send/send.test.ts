import { describe, expect, test } from "vitest";
import type { Link } from "../../../src/link/link.ts";
import { closingJson, closingLines, progressLine, ReplaySource, startSend } from "../../../src/tools/send/index.ts";
import type { FrameSource } from "../../../src/tools/send/source.ts";

/** A link that notes what is sent, and refuses frames of 13 bytes. */
function recorder() {
  const sent: { first: number; length: number; at: number }[] = [];
  const tx = new Uint8Array(64 * 128);
  let pending: number[] = [];
  let errors = 0;
  let flushes = 0;
  const link = {
    name: "rec",
    tx,
    reserve(length: number): number {
      if (length > 128) {
        errors++;
        return -1;
      }
      if (pending.length === 64) link.flush();
      return pending.length * 128;
    },
    commit(length: number): void {
      pending.push(length);
    },
    flush(): number {
      flushes++;
      for (const [i, length] of pending.entries()) {
        if (length === 13) errors++;
        else sent.push({ first: tx[i * 128]!, length, at: performance.now() });
      }
      const count = pending.length;
      pending = [];
      return count;
    },
    stats: () => ({
      txFrames: sent.length,
      txBytes: sent.reduce((sum, one) => sum + one.length, 0),
      txErrors: errors,
      lastTxError: errors > 0 ? "EMSGSIZE" : "",
    }),
  };
  return { link: link as unknown as Link, sent, flushes: () => flushes };
}

const numbered = (length: (n: number) => number = () => 60): FrameSource => ({
  longest: 60,
  count: Number.POSITIVE_INFINITY,
  length,
  write(n, buf, off) {
    buf[off] = n;
  },
});

describe("send", () => {
  test("as fast as it goes: exactly as many as asked for, in order, in batches", async () => {
    const { link, sent, flushes } = recorder();
    const result = await startSend(link, numbered(), { count: 1000 }).done;
    expect(result).toMatchObject({ sent: 1000, bytes: 60_000, failed: 0, lastError: "" });
    expect(sent.map((one) => one.first)).toEqual(Array.from({ length: 1000 }, (_, n) => n & 255));
    expect(flushes()).toBe(Math.ceil(1000 / 64));
  });

  test("at a rate: no frame before its time", async () => {
    const { link, sent } = recorder();
    const result = await startSend(link, numbered(), { count: 11, rate: 500 }).done;
    expect(result.sent).toBe(11);
    for (const [n, one] of sent.entries()) expect(one.at - sent[0]!.at).toBeGreaterThanOrEqual(2 * n - 2);
    expect(result.seconds).toBeGreaterThanOrEqual(0.02);
  });

  test("a capture's frames at their own pace, or flat out; to its end and no further", async () => {
    const frames = [1, 2, 3].map((first) => new Uint8Array(60 + first).fill(first));
    const source = new ReplaySource(frames, [0, 5, 30], 0);
    const paced = recorder();
    // From before the start: the first frame may leave late, and the others keep to the plan.
    const start = performance.now();
    expect((await startSend(paced.link, source).done).sent).toBe(3);
    expect(paced.sent.map(({ first, length }) => [first, length])).toEqual([
      [1, 61],
      [2, 62],
      [3, 63],
    ]);
    expect(paced.sent[2]!.at - start).toBeGreaterThanOrEqual(29);
    const flat = recorder();
    expect((await startSend(flat.link, source, { rate: "max", count: 99 }).done).sent).toBe(3);
    expect(flat.flushes()).toBe(1);
  });

  test("an interface that is gone ends it, and is named", async () => {
    const { link } = recorder();
    const gone = { ...link, stats: () => ({ ...link.stats(), txErrors: 64, lastTxError: "ENXIO" }) };
    const result = await startSend(gone, numbered()).done;
    expect(closingLines(result)).toContain("64 could not be sent (ENXIO: the interface is gone)\n");
  });

  test("what cannot be sent is counted, and the rest goes", async () => {
    const { link, sent } = recorder();
    const lengths = [60, 13, 200, 60];
    const result = await startSend(
      link,
      numbered((n) => lengths[n]!),
      { count: 4 },
    ).done;
    expect(result).toMatchObject({ sent: 2, failed: 2, lastError: "EMSGSIZE" });
    expect(sent.map((one) => one.first)).toEqual([0, 3]);
  });

  test("interrupted it ends with what was sent, even before a frame that is far away", async () => {
    const { link } = recorder();
    const run = startSend(link, numbered(), { rate: 0.001 });
    setTimeout(() => run.interrupt(), 20);
    expect((await run.done).sent).toBe(1);
    const flood = startSend(recorder().link, numbered());
    setTimeout(() => flood.interrupt(), 20);
    expect((await flood.done).sent).toBeGreaterThan(0);
  });
});

test("lines for people and for programs", () => {
  const before = { sent: 1000, bytes: 60_000, failed: 0, lastError: "", seconds: 1 };
  const now = { sent: 2_001_000, bytes: 120_060_000, failed: 3, lastError: "ENETDOWN", seconds: 3 };
  expect(progressLine(now, before)).toBe("2,001,000 frames sent, 1,000,000/s, 480.0 Mbit/s, 3 failed (ENETDOWN)");
  expect(progressLine(before, before)).toBe("1,000 frames sent, 0/s, 0.0 kbit/s");
  expect(closingLines(now)).toBe(
    "2,001,000 frames sent in 3.000 s: 667,000 frames/s, 320.2 Mbit/s\n3 could not be sent (ENETDOWN)\n",
  );
  expect(closingLines({ ...before, sent: 0, bytes: 0, seconds: 0 })).toBe(
    "0 frames sent in 0.000 s\n0 could not be sent\n",
  );
  expect(JSON.parse(closingJson(now))).toEqual({
    event: "totals",
    sent: 2_001_000,
    bytes: 120_060_000,
    failed: 3,
    seconds: 3,
    rate: 667_000,
    bits_per_second: 320_160_000,
    error: "ENETDOWN",
  });
});
