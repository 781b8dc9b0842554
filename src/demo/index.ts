/** The demo: acts in order, a summary, and the capture that Wireshark opens. */
import { accessSync, constants, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { UserError } from "../linux/errors.ts";
import type { Act } from "./act.ts";
import { bothEnds } from "./acts/both-ends.ts";
import { moved } from "./acts/moved.ts";
import { nobodyAnswers } from "./acts/nobody-answers.ts";
import { oneNamespace } from "./acts/one-namespace.ts";
import { userlandAnswers } from "./acts/userland-answers.ts";
import { hasPing } from "./kernel-ping.ts";
import { Narrator, type Output } from "./narrator.ts";
import { Recorder } from "./recorder.ts";
import type { ActResult } from "./result.ts";
import { Stage } from "./stage.ts";

export const ACTS: readonly Act[] = [nobodyAnswers, userlandAnswers, oneNamespace, moved, bothEnds];

export interface DemoOptions {
  /** Which acts, counted from 1; all if empty. */
  readonly acts: readonly number[];
  readonly output: Output;
  /** Called before every act but the first: resolves when the audience is ready. */
  readonly betweenActs?: (() => Promise<void>) | undefined;
  /** Where the capture goes; `vethlab-demo.pcapng` here (or among the temporary files) if left out. */
  readonly capture?: string | undefined;
  /** Set when the demo should stop: the act that is running is cleared away. */
  readonly signal: AbortSignal;
}

export interface DemoResult {
  readonly ok: boolean;
  readonly acts: readonly ActResult[];
  /** Path of the saved capture. */
  readonly capture: string;
}

const DEFAULT_CAPTURE = "vethlab-demo.pcapng";

/**
 * Runs the demo. @throws what `signal` was aborted with, after clearing away.
 * @throws {UserError} when a lab cannot be built or the capture not be written.
 */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const narrator = new Narrator(options.output);
  const recorder = new Recorder(narrator);
  const wanted = options.acts.length === 0 ? ACTS.map((_, i) => i + 1) : options.acts;
  const results: ActResult[] = [];
  if (options.capture !== undefined) requireWritable(options.capture);
  if (!hasPing())
    narrator.prose(
      "Note",
      "this machine has no `ping` of its own; vethlab asks the kernel's IP stack for echoes instead.",
    );
  for (const number of wanted) {
    if (results.length > 0) await options.betweenActs?.();
    results.push(await runAct(number, wanted.length === ACTS.length, narrator, recorder, options.signal));
  }
  const capture = saveCapture(recorder, options.capture);
  const ok = results.every((result) => result.ok);
  summarise(narrator, results, capture, ok);
  return { ok, acts: results, capture };
}

async function runAct(
  number: number,
  all: boolean,
  narrator: Narrator,
  recorder: Recorder,
  signal: AbortSignal,
): Promise<ActResult> {
  const act = ACTS[number - 1]!;
  narrator.title(number, all ? ACTS.length : 1, act.title);
  narrator.drawing(act.scene);
  narrator.blank();
  narrator.prose("We expect:", act.expectation);
  narrator.blank();
  const started = performance.now();
  const firstFrame = recorder.frames;
  const stage = new Stage(number, narrator, recorder);
  try {
    await Promise.race([act.run(stage), aborted(signal)]);
  } finally {
    stage.close();
  }
  const ok = stage.checks.every((check) => check.ok);
  narrator.blank();
  if (ok) narrator.prose("So:", act.lesson);
  else narrator.prose("Not as predicted:", "see the lines marked ✗ above.");
  return {
    act: number,
    title: act.title,
    ok,
    frames: recorder.frames - firstFrame,
    seconds: (performance.now() - started) / 1000,
    commands: stage.commands,
    checks: stage.checks,
    frameLines: recorder.shown.slice(firstFrame),
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Says before the acts what would fail after them; whether the disk has room shows only then. */
function requireWritable(path: string): void {
  try {
    const info = statSync(path, { throwIfNoEntry: false });
    if (info?.isDirectory()) throw captureError(path, "it is a folder");
    accessSync(info === undefined ? dirname(path) : path, constants.W_OK);
  } catch (error) {
    if (error instanceof UserError) throw error;
    // `ENOENT: no such file or directory, access '/nowhere'`
    const { message } = error as Error;
    throw captureError(path, /^[A-Z0-9]+: (.*?), /.exec(message)?.[1] ?? message);
  }
}

function captureError(path: string, reason: string): UserError {
  return new UserError(`cannot write the capture ${path}: ${reason}; choose another place with --pcap FILE`);
}

/** A place that was asked for must work; the default falls back to the folder for temporary files. */
function saveCapture(recorder: Recorder, wanted: string | undefined): string {
  const places = wanted === undefined ? [DEFAULT_CAPTURE, join(tmpdir(), DEFAULT_CAPTURE)] : [wanted];
  let failure: UserError | null = null;
  for (const path of places) {
    const error = recorder.save(path);
    if (error === null) return path;
    failure = captureError(path, error.message);
  }
  throw failure;
}

function summarise(narrator: Narrator, results: readonly ActResult[], capture: string, ok: boolean): void {
  narrator.blank();
  narrator.line(narrator.paint("bold", "══ Summary"));
  const width = Math.max(...results.map((result) => result.title.length));
  for (const result of results) {
    const right = result.checks.filter((check) => check.ok).length;
    const mark = narrator.paint(result.ok ? "green" : "red", result.ok ? "✓" : "✗");
    const counts = `${String(result.frames).padStart(3)} frames ${`${right}/${result.checks.length}`.padStart(6)} ✓`;
    narrator.line(
      ` ${mark} ${result.act}  ${result.title.padEnd(width)} ${counts} ${result.seconds.toFixed(1).padStart(4)} s`,
    );
  }
  narrator.blank();
  narrator.line(`   Every frame with its explanation, for Wireshark: ${capture}`);
  const checks = results.flatMap((result) => result.checks);
  const right = checks.filter((check) => check.ok).length;
  narrator.line(
    ok
      ? `   Every act saw what it predicted: ${right} of ${checks.length} predictions came true.`
      : `   Not every act saw what it predicted: ${right} of ${checks.length} predictions came true.`,
  );
}
