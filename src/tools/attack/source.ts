/** The frames of an attack, in order and without end: templates that take turns, each with counters of its own. */
import type { FrameSource } from "../send/source.ts";
import { type Template, TemplateSource } from "../send/template.ts";

/** One turn of a round: so many frames of one template, one after the other. */
export interface Turn {
  readonly template: Template;
  /** 1 unless given. */
  readonly repeat?: number;
}

/**
 * Rounds of turns. Within a template the frames are counted on from round to round, so that a counter that stays for as
 * many frames as a turn has (`Field.every`) is the same for one turn, and for the turns of other templates in that round.
 */
export class AttackSource implements FrameSource {
  readonly longest: number;
  readonly count = Number.POSITIVE_INFINITY;
  readonly #sources: readonly TemplateSource[];
  readonly #repeats: readonly number[];
  /** Which turn each frame of a round belongs to, and which one of it that is. */
  readonly #turn: Int32Array;
  readonly #place: Int32Array;

  /** @param seed for the random fields; 32 bits. */
  constructor(turns: readonly Turn[], seed: number) {
    this.#sources = turns.map(({ template }, i) => new TemplateSource(template, (seed + Math.imul(i, 0x9e3779b1)) | 0));
    this.#repeats = turns.map(({ repeat = 1 }) => repeat);
    const owners = this.#repeats.flatMap((repeat, turn) => new Array<number>(repeat).fill(turn));
    this.#turn = Int32Array.from(owners);
    this.#place = Int32Array.from(owners, (turn, i) => i - owners.indexOf(turn));
    this.longest = Math.max(...this.#sources.map((source) => source.longest));
  }

  /** Frames of one round. */
  get round(): number {
    return this.#turn.length;
  }

  length(n: number): number {
    return this.#sources[this.#turn[n % this.#turn.length]!]!.longest;
  }

  write(n: number, buf: Uint8Array, off: number): void {
    const at = n % this.#turn.length;
    const turn = this.#turn[at]!;
    const round = (n - at) / this.#turn.length;
    const k = round * this.#repeats[turn]! + this.#place[at]!;
    const source = this.#sources[turn]!;
    if (this.#sources.length === 1) source.write(k, buf, off);
    else source.writeWhole(k, buf, off);
  }
}
