/**
 * traceroute as a function: which routers a datagram passes, told by letting it die at each of them in turn (RFC 1393 calls
 * it "the current traceroute"). Its behaviour and its output are those of Linux's traceroute -n.
 */
import type { Timer } from "../../stack/clock.ts";
import type { Host } from "../../stack/host.ts";
import { type CompleteOptions, complete, type TraceIo, type TraceOptions } from "./options.ts";
import * as print from "./print.ts";
import { newProbe, openProber, type Probe, type Prober } from "./probe.ts";

export interface TraceRun {
  /** The exit code: 0 if the destination answered, 1 if not, 2 if the link ended or nothing could be sent. */
  readonly done: Promise<number>;
  /** Ends the run: SIGINT, SIGTERM. */
  interrupt(): void;
}

/** Starts to trace. Options must have passed `checkTraceOptions`. The host stays its owner's. */
export function startTrace(host: Host, options: TraceOptions, io: TraceIo): TraceRun {
  const run = new Trace(host, complete(options), io);
  run.start();
  return run;
}

/** What is added to a measured time before it is multiplied to know how long to wait, in ms: traceroute's. */
const PRECISION_MS = 1;

class Trace implements TraceRun {
  readonly done: Promise<number>;
  readonly #host: Host;
  readonly #options: CompleteOptions;
  readonly #io: TraceIo;
  readonly #probes: Probe[];
  readonly #prober: Prober;
  readonly #unlisten: () => void;
  #resolve: (code: number) => void = () => {};
  /** Probes from `#end` on are not sent any more. */
  #end: number;
  #next: number;
  #printed: number;
  #timer: Timer | null = null;
  #ended = false;

  constructor(host: Host, options: CompleteOptions, io: TraceIo) {
    this.#host = host;
    this.#options = options;
    this.#io = io;
    const { first, max, queries } = options;
    this.#end = max * queries;
    this.#probes = Array.from({ length: this.#end }, newProbe);
    this.#next = (first - 1) * queries;
    this.#printed = this.#next;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#prober = openProber(host, options, (index, from, time, text, final, reached) => {
      const probe = this.#probes[index];
      // What nobody waits for any more is no answer: it was shown as none.
      if (this.#ended || probe === undefined || !probe.sent || probe.done) return;
      Object.assign(probe, { done: true, answered: true, from, note: text, final, reached });
      probe.rttNs = Math.max(0, time - probe.sentNs);
      if (final) this.#end = Math.min(this.#end, (Math.floor(index / queries) + 1) * queries);
      this.#proceed();
    });
    const { name } = host.link;
    this.#unlisten = host.link.onEvent((event) => {
      if (event.type === "gone") this.#fail(`${name} is gone: deleted, or moved to another namespace`);
      else if (event.type === "error") this.#fail(`${name}: ${event.message}`);
      else if (event.type === "down") this.#fail(`${name} is down, or its peer is`);
    });
  }

  start(): void {
    if (!this.#options.json) this.#io.out(print.headline(this.#options));
    this.#proceed();
  }

  interrupt(): void {
    this.#finish();
  }

  /** Gives up what has waited long enough, sends what may be sent, and shows what is known, in order. */
  #proceed(): void {
    if (this.#ended) return;
    this.#io.clock.clearTimer(this.#timer);
    this.#timer = null;
    const now = this.#io.clock.now();
    let out = 0;
    let wait = Number.POSITIVE_INFINITY;
    for (let i = this.#printed; i < Math.min(this.#next, this.#end); i++) {
      const probe = this.#probes[i]!;
      if (probe.done) continue;
      const left = probe.sentMs + this.#patience(i) - now;
      if (left <= 0) probe.done = true;
      else {
        out++;
        wait = Math.min(wait, left);
      }
    }
    this.#host.cork();
    for (; this.#next < this.#end && out < this.#options.simultaneous; out++) {
      if (!this.#send(this.#next)) break;
      wait = Math.min(wait, this.#patience(this.#next++));
    }
    this.#host.uncork();
    if (this.#ended) return;
    this.#show();
    if (this.#printed >= this.#end) this.#finish();
    else if (wait < Number.POSITIVE_INFINITY) this.#timer = this.#io.clock.setTimer(wait, () => this.#proceed());
  }

  #send(i: number): boolean {
    const probe = this.#probes[i]!;
    const problem = this.#prober.send(i, Math.floor(i / this.#options.queries) + 1);
    if (problem !== null) {
      this.#fail(problem);
      return false;
    }
    probe.sent = true;
    probe.sentNs = this.#host.link.now();
    probe.sentMs = this.#io.clock.now();
    return true;
  }

  /** How long to wait for probe `i`, in ms: less if others show how quick answers are. */
  #patience(i: number): number {
    const { waitMs, here, near, queries } = this.#options;
    const start = i - (i % queries);
    const bound = (from: number, to: number, factor: number): number | null => {
      if (factor === 0) return null;
      for (let k = from; k < to; k++) {
        const probe = this.#probes[k]!;
        if (probe.answered && probe.rttNs > 0) return Math.min(waitMs, (probe.rttNs / 1e6 + PRECISION_MS) * factor);
      }
      return null;
    };
    return bound(start, start + queries, here) ?? bound(i + 1, this.#next, near) ?? waitMs;
  }

  #show(): void {
    const { queries, json } = this.#options;
    while (this.#printed < this.#end && this.#probes[this.#printed]!.done) {
      const i = this.#printed % queries;
      const ttl = Math.floor(this.#printed / queries) + 1;
      const hop = this.#probes.slice(this.#printed - i, this.#printed - i + queries);
      if (!json) this.#io.out(print.probeText(hop, i, ttl));
      else if (i === queries - 1) this.#io.out(`${JSON.stringify(print.hopObject(hop, ttl))}\n`);
      this.#printed++;
    }
  }

  #fail(reason: string): void {
    if (this.#ended) return;
    if (this.#options.json) this.#io.out(`${JSON.stringify({ error: reason })}\n`);
    else this.#io.err(`\nvethlab trace: ${reason}`);
    this.#finish(2);
  }

  #finish(code?: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#io.clock.clearTimer(this.#timer);
    this.#unlisten();
    this.#prober.close();
    const reached = this.#probes.some((probe) => probe.reached);
    if (this.#options.json) this.#io.out(`${JSON.stringify({ host: this.#options.target, reached })}\n`);
    else this.#io.out("\n");
    this.#resolve(code ?? (reached ? 0 : 1));
  }
}
