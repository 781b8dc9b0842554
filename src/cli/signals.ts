/** Signals that end a command: the first asks it to finish, a second of the same kind forces it. */
import { readFileSync } from "node:fs";

/** Exit codes of a process ended by a signal, as shells show them. */
export const SIGNAL_EXIT = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
export type EndingSignal = keyof typeof SIGNAL_EXIT;

/**
 * Calls `finish` at the first SIGINT, SIGTERM or SIGHUP; at the second the process exits at once, and the kernel takes
 * away what it held. @returns a function that stops listening.
 */
export function onEnd(finish: (signal: EndingSignal) => void): () => void {
  let asked = false;
  const handlers = (Object.keys(SIGNAL_EXIT) as EndingSignal[]).map((signal) => {
    const handler = () => {
      if (asked) process.exit(SIGNAL_EXIT[signal]);
      asked = true;
      finish(signal);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return () => {
    for (const remove of handlers) remove();
  };
}

/** True if this process's group owns its terminal, so that a SIGINT most likely came from the keyboard. */
export function ownsTerminal(): boolean {
  const stat = readFileSync("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[2] === fields[5];
}
