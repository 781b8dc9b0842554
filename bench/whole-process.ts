/**
 * Contenders that are timed as whole processes: from before the program is started until it has ended, as its user waits
 * for it.
 */
import { type Command, time } from "./command.ts";
import type { Absent, Contender } from "./harness.ts";

export interface WholeProcess {
  readonly who: string;
  /** The program's version, or how to get it. */
  version(): string | Absent;
  /** What is timed. */
  command(workdir: string): Command;
  /** What it comes to: the same for all contenders. */
  check(workdir: string): Promise<string>;
  /** Operations of one run: the figure is nanoseconds for each. */
  readonly operations: number;
  /** Runs after each run, untimed. */
  after?(workdir: string): Promise<void>;
}

/** A contender whose round is a run, or several if they are short. */
export function wholeProcess(subject: WholeProcess): Contender {
  return {
    who: subject.who,
    async open(workdir) {
      const version = subject.version();
      if (typeof version !== "string") return version;
      const command = subject.command(workdir);
      const once = async (): Promise<number> => {
        const taken = await time(command);
        await subject.after?.(workdir);
        return taken;
      };
      return {
        version,
        // The check runs the same: by then files are in memory.
        async warm() {},
        check: () => subject.check(workdir),
        async round(nanoseconds) {
          let runs = 0;
          let total = 0;
          do {
            total += await once();
            runs++;
          } while (total < nanoseconds);
          return { value: total / runs / subject.operations };
        },
        memory: async () => null,
        close() {},
      };
    },
  };
}
