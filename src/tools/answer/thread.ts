/**
 * answer in a thread of its own, which opens the interface itself and does nothing but answer: for the gears `block` and
 * `spin`. What it prints comes over as text, at the bounded rate that answer keeps anyway; its counters lie in memory that
 * both threads see.
 */
import { Worker } from "node:worker_threads";
import type { Gear } from "../../link/drive.ts";
import type { HostOptions } from "../../stack/host.ts";
import type { AnswerToolOptions } from "./options.ts";
import { type AnswerCounters, SharedCounters } from "./shared.ts";

/** Where the thread finds its interface. */
export interface AnswerPlace {
  readonly interface: string;
  /** A path to the network namespace that holds it; the process's own unless given. It must stay valid until the end. */
  readonly namespace?: string | undefined;
  readonly gear: Exclude<Gear, "event">;
}

/** What the thread is told; all of it can be copied between threads. */
export interface AnswerJob extends AnswerPlace {
  readonly host: Pick<HostOptions, "addresses" | "mac" | "vlan" | "arp">;
  readonly options: AnswerToolOptions;
  readonly shared: SharedArrayBuffer;
}

/** What the thread is asked to show. */
export type AnswerRequest = "interim" | "neighbours";

/** What the thread tells. */
export type AnswerMessage =
  | { readonly type: "out" | "err"; readonly text: string }
  | { readonly type: "done"; readonly code: number }
  | { readonly type: "failed"; readonly name: string; readonly message: string };

export interface AnswerThread {
  /** The exit code, as of `AnswerRun`. Rejects when the interface cannot be opened, with the error's own name and words. */
  readonly done: Promise<number>;
  /** Ends the run with its totals; the thread sees it within milliseconds. */
  interrupt(): void;
  /** Has the thread write the totals so far to standard error. */
  interim(): void;
  /** Has the thread show the neighbour table, as `AnswerRun.neighbours`. */
  neighbours(): void;
  /** As they were at most some milliseconds ago. */
  counters(): AnswerCounters;
}

/** Starts the thread. */
export function startAnswerThread(
  place: AnswerPlace,
  host: AnswerJob["host"],
  options: AnswerToolOptions,
  io: { out(text: string): void; err(text: string): void },
): AnswerThread {
  const shared = new SharedCounters();
  const workerData: AnswerJob = { ...place, host, options, shared: shared.memory };
  // The built file: threads cannot be started from TypeScript on every Node.
  const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData });
  const done = new Promise<number>((resolve, reject) => {
    worker.on("message", (message: AnswerMessage) => {
      if (message.type === "out") io.out(message.text);
      else if (message.type === "err") io.err(message.text);
      else if (message.type === "done") resolve(message.code);
      else if (message.type === "failed") reject(Object.assign(new Error(message.message), { name: message.name }));
    });
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the answering thread ended without a word")));
  });
  return {
    done,
    interrupt: () => shared.stop(),
    interim: () => worker.postMessage("interim" satisfies AnswerRequest),
    neighbours: () => worker.postMessage("neighbours" satisfies AnswerRequest),
    counters: () => shared.read(),
  };
}
