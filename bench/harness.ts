/**
 * The harness. A case is one piece of work; its contenders do it on the same bytes. Each contender runs in a process of
 * its own, so that one's type feedback, garbage and code layout do not reach another's (in one V8, a codec first warmed
 * on a Buffer and then timed on a Uint8Array is not the codec that a program would run). All must give the same result
 * before any is timed. Then they take turns, one round each, A B C A B C, so that a slow minute of the machine falls on
 * all of them; what is compared is one round with the round beside it.
 *
 * Nothing here knows what a round does. A case of nanoseconds answers from a loop (see worker.ts), one that drives an
 * interface may run commands and count frames: it provides a {@link Session} of its own.
 */
import { median, ratios, type Summary, spread, summarize } from "./statistics.ts";

/** One piece of work, and who can do it. */
export interface Case {
  /** As in `parse/arp`: the part before the slash names a group. */
  readonly name: string;
  /** One line: what is done for each operation. */
  readonly about: string;
  /** What a figure means, such as `ns/frame`. Less is better. */
  readonly unit: string;
  /** Rounds at most, for work that takes long each time. */
  readonly rounds?: number;
  /** Makes what the contenders share (a file of frames, an interface) before the first is opened. */
  prepare(workdir: string): Promise<void>;
  /** The first is the one that the others are compared with. */
  readonly contenders: readonly Contender[];
}

export interface Contender {
  /** `vethlab`, `c`, `cap`, …: the same name in all cases. */
  readonly who: string;
  /** Gets ready to run, or says what is missing. */
  open(workdir: string): Promise<Session | Absent>;
}

/** A contender that cannot run here. */
export interface Absent {
  /** What is missing, and how to get it. */
  readonly absent: string;
}

/** A contender that is ready. Only one session runs at any time. */
export interface Session {
  readonly version: string;
  /** Runs, untimed, until the code is compiled and caches are filled: at least `nanoseconds`. */
  warm(nanoseconds: number): Promise<void>;
  /** Does the work once. What comes back must be the same for all contenders. */
  check(): Promise<string>;
  /** Does the work for about `nanoseconds` and measures. */
  round(nanoseconds: number): Promise<Sample>;
  /** Measures allocation in runs of their own, of at most `nanoseconds`; null where that means nothing (C). */
  memory(nanoseconds: number): Promise<Memory | null>;
  close(): void;
}

export interface Sample {
  /** Mean over the round in the case's unit, garbage collection included. */
  readonly value: number;
  /** Further figures of the round by name, unit in the name, such as `lost` or `p99Us`. */
  readonly detail?: Readonly<Record<string, number>>;
}

export interface Memory {
  /** Bytes allocated on the JavaScript heap for each operation. */
  readonly bytes: number;
  /** Garbage collections in a million operations. */
  readonly collections: number;
}

/** How long to run. */
export interface Effort {
  readonly rounds: number;
  /** Nanoseconds of one round. */
  readonly round: number;
  /** Nanoseconds of warming up. */
  readonly warm: number;
  /** Nanoseconds of a run that measures allocation, at most. */
  readonly memory: number;
}

export const FULL: Effort = { rounds: 11, round: 80e6, warm: 250e6, memory: 100e6 };
export const QUICK: Effort = { rounds: 5, round: 12e6, warm: 60e6, memory: 25e6 };

/** One line of the report. */
export interface Result extends Summary {
  readonly case: string;
  readonly who: string;
  readonly unit: string;
  /** Each round divided by the reference's round beside it; missing for the reference, or where it is missing. */
  readonly ratio?: Summary;
  readonly bytesPerFrame?: number;
  readonly collectionsPerMillion?: number;
  /** Medians of the rounds' further figures. */
  readonly detail?: Readonly<Record<string, number>>;
  readonly version: string;
  /** Every round's figure, in the order they ran. */
  readonly rounds: readonly number[];
}

export interface Outcome {
  readonly results: readonly Result[];
  readonly absent: readonly { readonly case: string; readonly who: string; readonly why: string }[];
  /** Contenders whose result was not the reference's: a line each. They were not timed. */
  readonly wrong: readonly string[];
  /** Contenders that failed: a line each, with their own words. */
  readonly failed: readonly string[];
  /** Results whose rounds lie too far apart, as `parse/arp c (31%)`. */
  readonly noisy: readonly string[];
}

/** The middle half of the rounds lies further apart than this share of the median: too noisy to trust. */
export const NOISY = 0.15;

interface Running {
  readonly who: string;
  readonly session: Session;
  readonly values: number[];
  readonly details: Readonly<Record<string, number>>[];
  memory: Memory | null;
}

/**
 * Runs one case. `progress` hears what is going on. A contender that fails is closed and named, and costs nobody else's
 * figures.
 * @throws what `prepare` throws: without what they share, nobody can run.
 */
export async function runCase(
  subject: Case,
  effort: Effort,
  workdir: string,
  progress: (what: string) => void,
): Promise<Outcome> {
  const absent: { case: string; who: string; why: string }[] = [];
  const wrong: string[] = [];
  const failed: string[] = [];
  progress(`${subject.name}: getting ready`);
  await subject.prepare(workdir);
  // All settle before any is looked at: one that fails must not hide another that has to be closed.
  const opened = await Promise.allSettled(subject.contenders.map(({ open }) => open(workdir)));
  let running: Running[] = [];
  for (const [i, one] of opened.entries()) {
    const { who } = subject.contenders[i]!;
    if (one.status === "rejected") failed.push(failure(subject.name, who, one.reason));
    else if ("absent" in one.value) absent.push({ case: subject.name, who, why: one.value.absent });
    else running.push({ who, session: one.value, values: [], details: [], memory: null });
  }

  /** Has everybody do something, in turns; who fails does not go on. */
  async function inTurns(what: string, action: (one: Running) => Promise<void>): Promise<void> {
    const going: Running[] = [];
    for (const one of running) {
      progress(`${subject.name}: ${what} ${one.who}`);
      try {
        await action(one);
        going.push(one);
      } catch (reason) {
        failed.push(failure(subject.name, one.who, reason));
        one.session.close();
      }
    }
    running = going;
  }

  try {
    await inTurns("warming up", ({ session }) => session.warm(effort.warm));
    const answers = new Map<Running, string>();
    await inTurns("checking", async (one) => void answers.set(one, await one.session.check()));
    running = keepAgreeing(subject.name, running, answers, wrong);
    await inTurns("weighing", async (one) => {
      one.memory = await one.session.memory(effort.memory);
    });
    const rounds = Math.min(effort.rounds, subject.rounds ?? effort.rounds);
    for (let round = 0; round < rounds; round++) {
      await inTurns(`round ${round + 1} of ${rounds},`, async ({ session, values, details }) => {
        const { value, detail } = await session.round(effort.round);
        values.push(value);
        if (detail) details.push(detail);
      });
    }
    const results = running.map((one) => result(subject, one, running[0]!));
    return { results, absent, wrong, failed, noisy: running.flatMap((one) => noise(subject.name, one)) };
  } finally {
    for (const { session } of running) session.close();
  }
}

function failure(name: string, who: string, reason: unknown): string {
  const message = reason instanceof Error ? reason.message : String(reason);
  return `${name}: ${who} failed: ${message.trim().split("\n")[0]}`;
}

/** Those that give what the first gives; a line in `wrong` for each other, which is closed. */
function keepAgreeing(
  name: string,
  running: readonly Running[],
  answers: ReadonlyMap<Running, string>,
  wrong: string[],
): Running[] {
  const [reference] = running;
  return running.filter((one) => {
    const [value, right] = [answers.get(one), answers.get(reference!)];
    if (value === right) return true;
    wrong.push(`${name}: ${one.who} gets ${value}, ${reference!.who} gets ${right}; not timed`);
    one.session.close();
    return false;
  });
}

function result(subject: Case, one: Running, reference: Running): Result {
  // A ratio is to the case's first contender. If that one is absent, there is nothing to compare with.
  const compared = one !== reference && reference.who === subject.contenders[0]?.who;
  return {
    case: subject.name,
    who: one.who,
    unit: subject.unit,
    ...summarize(one.values),
    ...(compared ? { ratio: ratios(one.values, reference.values) } : {}),
    ...(one.memory ? { bytesPerFrame: one.memory.bytes, collectionsPerMillion: one.memory.collections } : {}),
    ...(one.details.length > 0 ? { detail: medians(one.details) } : {}),
    version: one.session.version,
    rounds: one.values,
  };
}

/** The median of each figure that the first round has. */
function medians(details: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const names = Object.keys(details[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(details.map((detail) => detail[name] ?? 0))]));
}

function noise(name: string, one: Running): string[] {
  const share = spread(one.values);
  if (share <= NOISY) return [];
  return [`${name} ${one.who} (${Math.round(share * 100)}%)`];
}
