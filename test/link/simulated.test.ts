import { describe, expect, test } from "vitest";
import { BpfProgram } from "../../packets/bpf.ts";
import { Direction, FrameFlag, type LinkEvent } from "../../src/link/link.ts";
import { type SimulatedLink, SimulatedWire, type WireOptions } from "../../src/link/simulated.ts";
import { VirtualClock } from "../../src/stack/clock.ts";

/** Ends of one wire; `heard` notes what each receives as `end:first byte:length@ns`. */
function wire(count = 2, options: Partial<WireOptions> = {}) {
  const clock = new VirtualClock();
  const segment = new SimulatedWire({ clock, ...options });
  const ends = Array.from({ length: count }, () => segment.attach());
  const heard: string[] = [];
  const batches: number[] = [];
  for (const end of ends) {
    end.onFrames((batch) => {
      batches.push(batch.count);
      for (let i = 0; i < batch.count; i++)
        heard.push(`${end.name}:${batch.buffer[batch.offset[i]!]}:${batch.length[i]}@${batch.time[i]}`);
    });
  }
  return { clock, segment, ends, heard, batches };
}

function queue(link: SimulatedLink, mark: number, length = 60): number {
  const at = link.reserve(length);
  if (at < 0) return at;
  link.tx.fill(mark, at, at + length);
  link.commit(length);
  return at;
}

function program(...instructions: [code: number, jt: number, jf: number, k: number][]): BpfProgram {
  const view = new DataView(new ArrayBuffer(8 * instructions.length));
  instructions.forEach(([code, jt, jf, k], i) => {
    view.setUint16(8 * i, code, true);
    view.setUint8(8 * i + 2, jt);
    view.setUint8(8 * i + 3, jf);
    view.setUint32(8 * i + 4, k, true);
  });
  return new BpfProgram(new Uint8Array(view.buffer));
}

describe("the simulated wire", () => {
  test("carries frames to all other ends, after the latency, stamped with their arrival", () => {
    const { clock, ends, heard } = wire(3, { latencyMs: 2 });
    queue(ends[0]!, 1);
    clock.advance(10);
    expect(heard).toEqual([]);
    expect(ends[0]!.flush()).toBe(1);
    clock.advance(1.9);
    expect(heard).toEqual([]);
    clock.advance(0.1);
    expect(heard).toEqual(["sim1:1:60@12000000", "sim2:1:60@12000000"]);
  });

  test("frames that leave together arrive together, in order", () => {
    const { clock, ends, heard, batches } = wire();
    for (let mark = 1; mark <= 5; mark++) queue(ends[0]!, mark);
    ends[0]!.flush();
    clock.advance(1);
    expect(batches).toEqual([5]);
    expect(heard.map((line) => line.split(":")[1])).toEqual(["1", "2", "3", "4", "5"]);
  });

  test("a filter decides what an end receives, and how much of it", () => {
    // `ldb [type]` is 1 for broadcasts, 3 for frames to other stations; then `ret #40` for the others alone.
    const toOthers = program([0x30, 0, 0, 0xfffff004], [0x15, 0, 1, 3], [0x06, 0, 0, 40], [0x06, 0, 0, 0]);
    const clock = new VirtualClock();
    const segment = new SimulatedWire({ clock });
    const from = segment.attach();
    const to = segment.attach({ filter: toOthers });
    const heard: number[][] = [];
    to.onFrames(({ count, buffer, offset, length, originalLength, flags }) => {
      for (let i = 0; i < count; i++)
        heard.push([buffer[offset[i]!]!, length[i]!, originalLength[i]!, flags[i]! & FrameFlag.Truncated]);
    });
    for (const mark of [0xff, 4, 6]) queue(from, mark);
    queue(from, 8, 30);
    from.flush();
    clock.advance(1);
    expect(heard).toEqual([
      [4, 40, 60, FrameFlag.Truncated],
      [6, 40, 60, FrameFlag.Truncated],
      [8, 30, 30, 0],
    ]);
    expect(to.stats()).toMatchObject({ rxFrames: 3, rxDropped: 0 });
  });

  test("two runs are the same", () => {
    const run = () => {
      const { clock, ends, heard } = wire(3, { latencyMs: 0.123 });
      for (let i = 0; i < 100; i++) {
        queue(ends[i % 3]!, i, 60 + i);
        if (i % 4 === 0) ends[i % 3]!.flush();
        clock.advance(0.05);
      }
      return heard;
    };
    expect(run()).toEqual(run());
  });

  test("an answer sent by a handler arrives in its own batch", () => {
    const { clock, ends, heard } = wire();
    ends[1]!.onFrames(() => {
      queue(ends[1]!, 9);
      ends[1]!.flush();
    });
    queue(ends[0]!, 1);
    ends[0]!.flush();
    clock.advance(1);
    expect(heard).toEqual(["sim1:1:60@50000", "sim0:9:60@100000"]);
  });

  test("a handler may write into a frame, and sees each as it was sent", () => {
    const { clock, ends, heard } = wire(2, { slots: 2 });
    ends[1]!.onFrames((batch) => batch.buffer.fill(0xff, batch.offset[0]!, batch.offset[0]! + 60));
    for (let mark = 1; mark <= 6; mark++) {
      queue(ends[0]!, mark);
      ends[0]!.flush();
      clock.advance(1);
    }
    expect(heard.map((line) => line.split(":")[1])).toEqual(["1", "2", "3", "4", "5", "6"]);
  });

  test("what is not read in time is dropped and counted", () => {
    const { clock, ends, heard } = wire(2, { slots: 3 });
    for (let mark = 1; mark <= 5; mark++) queue(ends[0]!, mark);
    ends[0]!.flush();
    clock.advance(1);
    expect(heard).toHaveLength(3);
    expect(ends[1]!.stats()).toMatchObject({ rxFrames: 3, rxBytes: 180, rxDropped: 2 });
    expect(ends[0]!.stats()).toMatchObject({ txFrames: 5, txBytes: 300, txErrors: 0 });
  });

  test("reserving more than all slots sends what is pending", () => {
    const { clock, ends, heard } = wire(2, { slots: 4 });
    for (let mark = 1; mark <= 5; mark++) queue(ends[0]!, mark);
    expect(ends[0]!.flush()).toBe(1);
    clock.advance(1);
    expect(ends[0]!.stats().txFrames).toBe(5);
    expect(heard).toHaveLength(4);
  });

  test("a frame longer than a slot is refused; one longer than the MTU as well, when it is sent", () => {
    const { ends } = wire(2, { mtu: 100 });
    expect(ends[0]!.reserve(200)).toBe(-1);
    queue(ends[0]!, 1, 115);
    expect(ends[0]!.flush()).toBe(0);
    expect(ends[0]!.stats()).toMatchObject({ txFrames: 0, txErrors: 2, lastTxError: "EMSGSIZE" });
    queue(ends[0]!, 1, 114);
    expect(ends[0]!.flush()).toBe(1);
    // A tag does not count: the kernel lets four bytes more pass.
    const at = queue(ends[0]!, 0, 118);
    ends[0]!.tx.set([0x81, 0x00], at + 12);
    expect(ends[0]!.flush()).toBe(1);
  });

  test("a frame from an end with a larger MTU is cut, and says so", () => {
    const clock = new VirtualClock();
    const segment = new SimulatedWire({ clock, mtu: 100 });
    const end = segment.attach();
    const flags: number[] = [];
    end.onFrames((batch) =>
      flags.push(batch.flags[0]!, batch.length[0]!, batch.originalLength[0]!, batch.direction[0]!),
    );
    end.arrive(new Uint8Array(500), 0, 500);
    clock.advance(1);
    expect(flags).toEqual([FrameFlag.Truncated, 128, 500, Direction.In]);
    expect(end.stats()).toMatchObject({ rxTruncated: 1, rxBytes: 500 });
  });

  test("nobody who listens, nothing received", () => {
    const clock = new VirtualClock();
    const [a, b] = SimulatedWire.pair({ clock });
    queue(a, 1);
    a.flush();
    clock.advance(1);
    expect(b.stats()).toMatchObject({ rxFrames: 0, rxDropped: 0 });
    const stop = b.onFrames(() => expect.unreachable());
    stop();
    queue(a, 1);
    a.flush();
    clock.advance(1);
    expect(b.stats().rxFrames).toBe(0);
  });
});

describe("its ends go down, up and away", () => {
  function events(...ends: SimulatedLink[]) {
    const seen: string[] = [];
    for (const end of ends) end.onEvent((event: LinkEvent) => seen.push(`${end.name} ${event.type}`));
    return seen;
  }

  test("set down: both ends hear of it, sending fails, what was on its way is lost", () => {
    const { clock, ends, heard } = wire();
    const seen = events(...ends);
    queue(ends[0]!, 1);
    ends[0]!.flush();
    ends[1]!.setUp(false);
    expect(seen).toEqual(["sim0 down", "sim1 down"]);
    clock.advance(1);
    expect(heard).toEqual([]);
    queue(ends[1]!, 2);
    expect(ends[1]!.flush()).toBe(0);
    expect(ends[1]!.stats()).toMatchObject({ txErrors: 1, lastTxError: "ENETDOWN" });
    ends[1]!.setUp(true);
    expect(seen.slice(2)).toEqual(["sim0 up", "sim1 up"]);
    queue(ends[0]!, 3);
    ends[0]!.flush();
    clock.advance(1);
    expect(heard).toHaveLength(1);
  });

  test("on a segment of three the other two go on", () => {
    const { ends } = wire(3);
    const seen = events(...ends);
    ends[0]!.setUp(false);
    expect(seen).toEqual(["sim0 down"]);
  });

  test("removed: gone for good, the other end loses its carrier", () => {
    const { ends } = wire();
    const seen = events(...ends);
    ends[0]!.remove();
    ends[0]!.remove();
    ends[0]!.setUp(true);
    expect(seen).toEqual(["sim0 gone", "sim1 down"]);
    queue(ends[0]!, 1);
    expect(ends[0]!.flush()).toBe(0);
    expect(ends[0]!.stats().lastTxError).toBe("ENXIO");
  });

  test("the whole wire destroyed: every end is gone", () => {
    const { segment, ends } = wire();
    const seen = events(...ends);
    segment.destroy();
    expect(seen.filter((line) => line.endsWith("gone"))).toEqual(["sim0 gone", "sim1 gone"]);
  });

  test("a handler that takes the interface down still finishes its batch", () => {
    const { clock, ends, heard } = wire();
    ends[1]!.onFrames(() => ends[1]!.setUp(false));
    for (let mark = 1; mark <= 3; mark++) queue(ends[0]!, mark);
    ends[0]!.flush();
    clock.advance(1);
    expect(heard).toHaveLength(3);
    ends[1]!.setUp(true);
    queue(ends[0]!, 4);
    ends[0]!.flush();
    clock.advance(1);
    expect(heard).toHaveLength(4);
  });

  test("closed: it neither receives nor sends nor reports; twice is once", () => {
    const { clock, ends, heard } = wire();
    const seen = events(...ends);
    queue(ends[0]!, 1);
    ends[0]!.flush();
    ends[1]!.close();
    ends[1]!.close();
    clock.advance(1);
    ends[0]!.setUp(false);
    queue(ends[1]!, 1);
    expect(ends[1]!.flush()).toBe(0);
    expect(heard).toEqual([]);
    expect(seen).toEqual(["sim0 down"]);
  });
});
