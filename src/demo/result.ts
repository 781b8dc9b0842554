/** What comes out of an act: checks and frames. */

/** One prediction and what was seen. */
export interface Check {
  readonly what: string;
  readonly ok: boolean;
  readonly seen: string;
}

/** One frame as the demo showed it. */
export interface ShownFrame {
  /** Counted through all acts; the frame's number in the saved capture. */
  readonly number: number;
  readonly interface: string;
  readonly direction: "in" | "out";
  /** tcpdump's line. */
  readonly text: string;
  readonly explanation: string;
}

export interface ActResult {
  readonly act: number;
  readonly title: string;
  /** True if every prediction came true. */
  readonly ok: boolean;
  /** Frames that crossed the wire. */
  readonly frames: number;
  readonly seconds: number;
  readonly commands: readonly string[];
  readonly checks: readonly Check[];
  readonly frameLines: readonly ShownFrame[];
}
