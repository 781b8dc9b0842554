/** What the parts of a host share. */
import * as mac from "../../packets/mac.ts";
import type { Link } from "../link/link.ts";
import type { Clock } from "./clock.ts";
import { DROP_COUNT, type Drop, dropName } from "./drop.ts";
import type { Identity } from "./identity.ts";
import { Observers } from "./observer.ts";
import { Output } from "./output.ts";
import type { Random } from "./random.ts";
import { Received } from "./received.ts";
import type { RouteTable } from "./routes.ts";

/** Which questions a host answers. */
export interface AnswerOptions {
  readonly arp: boolean;
  readonly echo: boolean;
}

export class Core {
  readonly link: Link;
  readonly clock: Clock;
  readonly random: Random;
  readonly identity: Identity;
  readonly answer: AnswerOptions;
  readonly observers = new Observers();
  readonly output: Output;
  readonly received = new Received();
  /** Where datagrams go. */
  readonly routes: RouteTable;
  readonly #drops = new Float64Array(DROP_COUNT);

  constructor(link: Link, clock: Clock, random: Random, identity: Identity, answer: AnswerOptions) {
    this.link = link;
    this.clock = clock;
    this.random = random;
    this.identity = identity;
    this.answer = answer;
    this.routes = identity.routes();
    this.output = new Output(link, identity, this.observers);
  }

  /** The time of what is happening: the arrival of the frame being handled, or the present. */
  time(): number {
    return this.received.batch === null ? this.link.now() : this.received.time;
  }

  /** Counts the frame being handled as dropped, and tells whoever listens why. */
  drop(reason: Drop): void {
    this.#drops[reason]!++;
    if (this.observers.listening) this.#report(reason);
  }

  #report(reason: Drop): void {
    const { buf, frame, length } = this.received;
    const source = length >= 12 ? buf.slice(frame + mac.LENGTH, frame + 2 * mac.LENGTH) : null;
    this.observers.emit({ type: "drop", time: this.time(), reason, length, mac: source });
  }

  /** Drops by reason's name, those that happened only. */
  drops(): Record<string, number> {
    const counts: Record<string, number> = {};
    this.#drops.forEach((count, reason) => {
      if (count > 0) counts[dropName(reason)] = count;
    });
    return counts;
  }
}
