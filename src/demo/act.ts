/** What an act is. */
import type { Stage } from "./stage.ts";

/** One experiment: predicted, carried out, compared. */
export interface Act {
  readonly title: string;
  /** Who is where: one line that draws the wire. */
  readonly scene: string;
  /** What we expect, and why. */
  readonly expectation: string;
  /** What it showed, once it went as expected. */
  readonly lesson: string;
  /** Carries it out; every prediction becomes a check on the stage. */
  run(stage: Stage): Promise<void>;
}
