/**
 * A process in which one contender does one kind of work: `node --expose-gc worker.js WHO WORK CORPUS`. It says what it
 * is on its first line and then answers one JSON object a line to each command on standard input: `check`, `warm NS`,
 * `round NS`, `memory NS`. The C programs speak the same.
 */
import { createInterface } from "node:readline";
import { GCProfiler } from "node:v8";
import { do_not_optimize, measure } from "mitata";
import { readCorpus } from "./corpus.ts";
import type { Absent } from "./harness.ts";
import type { Peer, Workload } from "./peer.ts";

const PEERS: Readonly<Record<string, () => Promise<{ load(): Peer | Absent }>>> = {
  vethlab: () => import("./peers/vethlab.ts"),
  cap: () => import("./peers/cap.ts"),
  pcap: () => import("./peers/pcap.ts"),
  "buffer-layout": () => import("./peers/buffer-layout.ts"),
  "raw-socket": () => import("./peers/raw-socket.ts"),
  map: () => import("./peers/table.ts"),
};

/** Operations of a run that measures allocation: enough to drown what the measuring itself allocates. */
const MEMORY_OPERATIONS = 1e6;

async function main([who = "", work = "", path = ""]: string[]): Promise<void> {
  const peer = (await PEERS[who]?.())?.load();
  if (!peer || "absent" in peer) return say(peer ?? { absent: `no contender is called ${who}` });
  const prepare = peer.workloads[work];
  if (!prepare) return say({ absent: `${who} does not do ${work}` });
  const corpus = readCorpus(path);
  const workload = prepare(corpus);
  const first = workload.pass();
  say({ version: peer.version });
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, argument] = line.split(" ");
    if (command === "check") say({ value: String(workload.check?.() ?? first) });
    else if (command === "warm") say(warm(workload, Number(argument)));
    else if (command === "round") say(await round(workload, corpus.count, Number(argument), first));
    else if (command === "memory") say(memory(workload, corpus.count, Number(argument)));
  }
}

function say(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

function warm(workload: Workload, time: number): object {
  const start = process.hrtime.bigint();
  while (Number(process.hrtime.bigint() - start) < time) do_not_optimize(workload.pass());
  return {};
}

/** Nanoseconds of a pass that is long enough not to be repeated for its length alone. */
const LONG_PASS = 10e6;

/** Nanoseconds of one pass; the least of five, lest an interrupted one mislead; a long one need not be repeated. */
function onePass(workload: Workload): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5 && (i === 0 || least < LONG_PASS); i++) {
    const start = process.hrtime.bigint();
    do_not_optimize(workload.pass());
    least = Math.min(least, Number(process.hrtime.bigint() - start));
  }
  return least;
}

async function round(workload: Workload, count: number, time: number, expected: number): Promise<object> {
  let value = expected;
  const pass = (): number => {
    value = workload.pass();
    return value;
  };
  const once = onePass(workload);
  const batch = Math.max(4, Math.min(4096, 4 * Math.ceil(time / 40 / once / 4)));
  const { avg } = await measure(pass, { min_cpu_time: time, min_samples: 3, batch_samples: batch, gc: false });
  if (value !== expected) throw new Error(`a pass gave ${value}, the first gave ${expected}`);
  return { value: avg / count };
}

/**
 * Bytes allocated and collections run for an operation. The least of three measurements counts: what the work allocates,
 * it allocates every time; what V8 allocates for itself (code, feedback) comes once or twice. What measuring nothing
 * seems to allocate is taken off, and the rest rounded to a hundredth of a byte.
 */
function memory(workload: Workload, count: number, time: number): object {
  const passes = Math.ceil(Math.min(MEMORY_OPERATIONS / count, time / onePass(workload)));
  const least = (times: number): Allocated =>
    [1, 2, 3].map(() => allocate(workload, times)).reduce((a, b) => (b.bytes < a.bytes ? b : a));
  const nothing = least(0);
  const { bytes, collections } = least(passes);
  const operations = passes * count;
  return {
    bytes: Math.round((Math.max(0, bytes - nothing.bytes) / operations) * 100) / 100,
    collections: (collections / operations) * 1e6,
  };
}

interface Allocated {
  readonly bytes: number;
  readonly collections: number;
}

/** What V8's heap grew by, plus what each collection on the way took off it: right for any size of young generation. */
function allocate(workload: Workload, passes: number): Allocated {
  globalThis.gc?.();
  const profiler = new GCProfiler();
  profiler.start();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < passes; i++) do_not_optimize(workload.pass());
  const after = process.memoryUsage().heapUsed;
  const { statistics } = profiler.stop();
  let bytes = after - before;
  for (const { beforeGC, afterGC } of statistics) {
    bytes += beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize;
  }
  return { bytes, collections: statistics.length };
}

await main(process.argv.slice(2));
