/** What went wrong in a run, with all that helps to see why. */
import type { Row } from "./match-frame.ts";

/** A frame on the wire, as the script saw it. */
export interface LoggedFrame {
  /** Nanoseconds since the script's start. */
  readonly time: number;
  /** True if the script sent it. */
  readonly isOurs: boolean;
  readonly port: string;
  readonly bytes: Uint8Array;
}

export interface Failure {
  /** Of the script, counted from 1, and its text. */
  readonly line: number;
  readonly text: string;
  readonly message: string;
  /** Expected and seen, field by field; empty if it is not a frame that was wrong. */
  readonly rows: readonly Row[];
  /** The last frames, oldest first. */
  readonly frames: readonly LoggedFrame[];
}

/** Ends a run: caught where it began. */
export class StepFailed extends Error {
  readonly rows: readonly Row[];

  constructor(message: string, rows: readonly Row[] = []) {
    super(message);
    this.rows = rows;
  }
}
