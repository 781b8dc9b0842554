/** An impaired link allocates nothing a frame where nothing is delayed, and bounded memory where something is. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { ImpairedLink, type Impairment } from "../../../src/link/impair/index.ts";
import type { FrameBatch, FrameHandler, Link } from "../../../src/link/link.ts";
import { VirtualClock } from "../../../src/stack/clock.ts";
import { until } from "../../support/until.ts";

const BATCH = 64;
const LENGTH = 98;

/** A link that delivers one batch again and again, and sends into nothing. */
class Source implements Link {
  readonly name = "source";
  readonly mac = new Uint8Array(6);
  readonly mtu = 1500;
  readonly epoch = 0;
  readonly tx = new Uint8Array(BATCH * 1536);
  sent = 0;
  #pending = 0;
  #handler: FrameHandler = () => {};
  readonly #batch: FrameBatch = {
    count: BATCH,
    buffer: new Uint8Array(BATCH * 1536),
    offset: Int32Array.from({ length: BATCH }, (_, i) => i * 1536),
    length: new Int32Array(BATCH).fill(LENGTH),
    originalLength: new Int32Array(BATCH).fill(LENGTH),
    direction: new Uint8Array(BATCH),
    flags: new Uint8Array(BATCH),
    time: new Float64Array(BATCH).fill(1e9),
  };

  now(): number {
    return 0;
  }

  onFrames(handler: FrameHandler): () => void {
    this.#handler = handler;
    return () => {};
  }

  onEvent(): () => void {
    return () => {};
  }

  deliver(): void {
    this.#handler(this.#batch);
  }

  reserve(): number {
    return this.#pending * 1536;
  }

  commit(): void {
    this.#pending++;
  }

  flush(): number {
    const count = this.#pending;
    this.#pending = 0;
    this.sent += count;
    return count;
  }

  stats() {
    return {
      rxFrames: 0,
      rxBytes: 0,
      rxDropped: 0,
      rxTruncated: 0,
      txFrames: 0,
      txBytes: 0,
      txErrors: 0,
      lastTxError: "",
    };
  }

  close(): void {}
}

function gc(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

describe("memory", () => {
  test.each<[string, Impairment]>([
    ["nothing", {}],
    ["random loss", { loss: { model: "random", percent: 5, correlation: 25 } }],
    ["Gilbert-Elliott", { loss: { model: "gemodel", p: 1, r: 10, lossBad: 70, lossGood: 0.1 } }],
    ["four states", { loss: { model: "state", p13: 1, p31: 10, p32: 10, p23: 50, p14: 1 } }],
    ["duplicates", { duplicate: { percent: 5 } }],
    ["corruption", { corrupt: { percent: 5 } }],
    ["an MTU", { mtu: 1000 }],
  ])("%s: no byte a frame", (_, settings) => {
    const source = new Source();
    const link = new ImpairedLink(source, { clock: new VirtualClock(), seed: 1, in: settings, out: settings });
    let seen = 0;
    link.onFrames(({ count }) => {
      seen += count;
    });
    const round = () => {
      source.deliver();
      for (let i = 0; i < BATCH; i++) {
        link.reserve(LENGTH);
        link.commit(LENGTH);
      }
      link.flush();
    };
    const rounds = 1500;
    for (let i = 0; i < rounds; i++) round();
    let least = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < 5; attempt++) {
      gc();
      const before = process.memoryUsage().heapUsed;
      for (let i = 0; i < rounds; i++) round();
      least = Math.min(least, process.memoryUsage().heapUsed - before);
    }
    // A boxed number a frame would be 16 bytes.
    expect(least / (rounds * BATCH * 2)).toBeLessThan(1);
    expect(Math.min(seen, source.sent)).toBeGreaterThan(rounds * BATCH * 4);
  });

  test("delayed frames: no more memory than the limit asks for, whatever comes", async () => {
    const source = new Source();
    const clock = new VirtualClock();
    const delay = { delay: { ms: 1000 }, limit: 256 };
    const link = new ImpairedLink(source, { clock, seed: 1, in: delay });
    link.onFrames(() => {});
    gc();
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 1000; i++) source.deliver();
    // Memory of buffers is freed in the background.
    await until(() => {
      gc();
      return process.memoryUsage().arrayBuffers - before < 256 * 1600;
    });
    // 256 slots of 1,528 bytes, and what describes them.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(256 * 1600);
    expect(link.impairments().in).toMatchObject({ held: 256, overLimit: 1000 * BATCH - 256 });
    clock.advance(1000);
    expect(link.impairments().in).toMatchObject({ held: 0, passed: 256 });
  });

  test("frames that have left give their memory to the next", async () => {
    const source = new Source();
    const clock = new VirtualClock();
    const settings = { delay: { ms: 1 }, duplicate: { percent: 50 }, corrupt: { percent: 50 } };
    const link = new ImpairedLink(source, { clock, seed: 1, in: settings, out: settings });
    let seen = 0;
    link.onFrames(({ count }) => {
      seen += count;
    });
    gc();
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 300; i++) {
      source.deliver();
      for (let k = 0; k < BATCH; k++) {
        link.reserve(LENGTH);
        link.commit(LENGTH);
      }
      link.flush();
      // Half of the time nothing is delayed: then copies and corrupted frames alone need memory.
      const delay = { ms: i % 2 };
      link.change({ in: { delay }, out: { delay } });
      clock.advance(2);
    }
    expect(Math.min(seen, source.sent)).toBeGreaterThan(300 * BATCH);
    // Each way 128 slots, for 64 frames and their copies; 19,200 frames came.
    await until(() => {
      gc();
      return process.memoryUsage().arrayBuffers - before < 2 * 128 * 1600;
    });
  });
});
