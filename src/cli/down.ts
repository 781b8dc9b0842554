import type { Command } from "commander";
import { down } from "../lab/named.ts";
import type { Outcome } from "./command.ts";
import { onEnd } from "./signals.ts";

export function define(command: Command, outcome: Outcome): void {
  command.argument("[name]", "the lab's name", "lab").action((name: string) => {
    // A signal waits until all of it is gone.
    onEnd(() => {});
    const { removed, remaining } = down(name);
    process.stdout.write(`${name} is down: removed ${removed.join(" and ")}\n`);
    if (remaining.length > 0)
      process.stderr.write(`vethlab down: still running in there, without the cable: PID ${remaining.join(", ")}\n`);
    outcome.code = 0;
  });
}
