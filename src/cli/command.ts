/** What every command's file has in common. */
import type { Command } from "commander";

/** What a command's file gives: its options declared on `command`, and what it does. */
export interface CommandModule {
  /** Declares arguments and options. `run` must be set as the action's outcome through {@link Outcome}. */
  define(command: Command, outcome: Outcome): void;
}

/** Where an action leaves its exit code. */
export interface Outcome {
  code: number;
}
