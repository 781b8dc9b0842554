/** Runs many scripts on many devices in little time. */
import { HostBenches, settle } from "./devices/host.ts";
import type { LoggedFrame } from "./failure.ts";
import type { DeviceKind, Script, Step, When } from "./script.ts";
import { OPEN, type Prepared, prepare, type Verdict } from "./verdict.ts";

/** Runs on real wires at once: most of their time is spent waiting. Asking a kernel takes a process, so fewer of them. */
const ROUND = { host: 64, kernel: 24 };
/** Seconds from which on a script is a long one. */
const LONG = 2.5;
/** Seconds that `expect nothing` waits unless told. */
const NOTHING = 0.3;

interface Job {
  readonly script: Script;
  readonly device: DeviceKind;
  verdict: Verdict | null;
}

export interface JudgeAllOptions {
  /** Told of each script's verdicts, in the order of the kinds, script after script. */
  readonly onDone?: (verdicts: readonly Verdict[]) => void;
  /** Told after each run how many are done: long before their turn to be told comes. */
  readonly onProgress?: (done: number, of: number) => void;
  /** Told of every frame; those of scripts that run at once come mixed. */
  readonly onFrame?: (script: Script, device: DeviceKind, frame: LoggedFrame) => void;
}

/**
 * Runs scripts on several kinds of device each: on simulated wires one after the other, on real ones many at a time.
 * @returns the verdicts of the first script in the order of `kinds`, then those of the next.
 * @throws {UserError} without the privileges that it takes. @throws {ScriptError} for a device that cannot be.
 */
export async function judgeAll(
  scripts: readonly Script[],
  kinds: readonly DeviceKind[],
  { onDone, onProgress, onFrame }: JudgeAllOptions = {},
): Promise<Verdict[]> {
  const jobs = scripts.flatMap((script) => kinds.map((device): Job => ({ script, device, verdict: null })));
  let told = 0;
  let count = 0;
  const done = (job: Job, verdict: Verdict): void => {
    job.verdict = verdict;
    count++;
    onProgress?.(count, jobs.length);
    for (; told < jobs.length; told += kinds.length) {
      const verdicts = verdictsOf(jobs.slice(told, told + kinds.length));
      if (verdicts.length < kinds.length) break;
      onDone?.(verdicts);
    }
  };
  const run = async (job: Job, prepared: Prepared): Promise<void> =>
    done(job, await prepared.run((frame) => onFrame?.(job.script, job.device, frame)));
  for (const job of jobs) if (job.device === "simulated") await run(job, prepare(job.script, job.device));
  const benches = new HostBenches();
  try {
    await runReal(
      jobs.filter(({ device }) => device !== "simulated"),
      benches,
      run,
    );
  } finally {
    benches.close();
  }
  return verdictsOf(jobs);
}

type RunJob = (job: Job, prepared: Prepared) => Promise<void>;

/**
 * Making a device takes the whole process 20 to 100 ms, and several times that while the kernel takes namespaces down: no
 * script may run meanwhile. So all devices of a round are made before its scripts begin. Hosts of ours come first: their
 * cables are all made at the beginning, so that the long scripts can run beside the rounds of the short ones.
 */
async function runReal(jobs: readonly Job[], benches: HostBenches, run: RunJob): Promise<void> {
  const host = split(
    jobs.filter(({ device }) => device === "host"),
    ROUND.host,
  );
  for (const short of host.rounds) benches.reserve([...host.long, ...short].map(({ script }) => script.setup));
  await all([runRound(host.long, benches, run), runRounds(host.rounds, benches, run)]);
  benches.close();
  const kernel = split(
    jobs.filter(({ device }) => device !== "host"),
    ROUND.kernel,
  );
  await runRounds([kernel.long, ...kernel.rounds], benches, run);
}

/** Scripts that take as long as each other go together: a round takes as long as its longest. */
function split(
  jobs: readonly Job[],
  round: number,
): { readonly long: readonly Job[]; readonly rounds: readonly (readonly Job[])[] } {
  const sorted = jobs.map((job) => ({ job, seconds: duration(job.script) })).sort((a, b) => a.seconds - b.seconds);
  const of = (list: typeof sorted): Job[] => list.map(({ job }) => job);
  const short = of(sorted.filter(({ seconds }) => seconds < LONG));
  const rounds: Job[][] = [];
  for (let i = 0; i < short.length; i += round) rounds.push(short.slice(i, i + round));
  return { long: of(sorted.filter(({ seconds }) => seconds >= LONG)), rounds };
}

async function runRounds(rounds: readonly (readonly Job[])[], benches: HostBenches, run: RunJob): Promise<void> {
  for (const round of rounds) await runRound(round, benches, run);
}

/** Waits for all, also where one fails. @throws the first failure. */
async function all(runs: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(runs)) if (result.status === "rejected") throw result.reason;
}

async function runRound(jobs: readonly Job[], benches: HostBenches, run: RunJob): Promise<void> {
  const ready: Prepared[] = [];
  try {
    for (const { script, device } of jobs) {
      ready.push(prepare(script, device, device === "host" ? (setup) => benches.open(setup) : OPEN[device]));
      await settle();
    }
  } catch (error) {
    for (const prepared of ready) prepared.close();
    throw error;
  }
  const running: Promise<void>[] = [];
  for (const [i, prepared] of ready.entries()) {
    running.push(run(jobs[i]!, prepared));
    // The one before sees its frames before the next begins.
    await settle();
  }
  await all(running);
}

function verdictsOf(jobs: readonly Job[]): Verdict[] {
  return jobs.map(({ verdict }) => verdict).filter((verdict) => verdict !== null);
}

/** About how many seconds a script takes, as far as its text says. */
function duration({ steps }: Script): number {
  let now = 0;
  for (const { when, step } of steps) {
    const from = when === null ? now : startOf(when, now);
    now = from + waits(step);
  }
  return now;
}

function startOf({ isRelative, from }: When, now: number): number {
  return isRelative ? now + from : Math.max(now, from);
}

function waits(step: Step): number {
  if (step.kind === "nothing") return step.seconds ?? NOTHING;
  if (step.kind === "inject") return (step.times - 1) * step.every;
  if (step.kind !== "expect") return 0;
  const within = step.within ?? 0;
  // A number of frames that may be larger is waited for to the end.
  if (step.times.max > step.times.min) return within;
  // Who allows much time expects to need it.
  return within > 1 ? within / 2 : 0;
}
