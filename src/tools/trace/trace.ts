/**
 * traceroute as a function: which routers a datagram passes, told by letting it die at each of them in turn (RFC 1393 calls
 * it "the current traceroute"). Its behaviour and its output are those of Linux's traceroute -n.
 */
import type { Timer } from "../../stack/clock.ts";
import type { Host } from "../../stack/host.ts";
import { isSent, SendResult, sendResultText } from "../../stack/send-result.ts";
import { moveEnd } from "./expired.ts";
import { type CompleteOptions, complete, HEADERS, type TraceIo, type TraceOptions } from "./options.ts";
import * as print from "./print.ts";
import { type Answer, isArrival, newProbe, openProber, type Probe, type Prober } from "./probe.ts";

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
  /** Bytes of a probe: fewer as it turns out what passes. */
  #length: number;
  /** Probes from `#end` on are not sent any more. */
  #end: number;
  #printed: number;
  #lastSentMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | null = null;
  #ended = false;

  constructor(host: Host, options: CompleteOptions, io: TraceIo) {
    this.#host = host;
    this.#options = options;
    this.#io = io;
    const { first, max, queries, length } = options;
    this.#length = length;
    this.#end = max * queries;
    this.#probes = Array.from({ length: this.#end }, newProbe);
    this.#printed = (first - 1) * queries;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#prober = openProber(host, options, (index, answer) => this.#answered(index, answer));
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

  #answered(index: number, answer: Answer): void {
    const probe = this.#probes[index];
    // What nobody waits for any more is no answer: it was shown as none.
    if (this.#ended || probe === undefined || !probe.sent || probe.done) return;
    const { from, time, error } = answer;
    if (error === null || !this.#learnMtu(index, error.mtu))
      Object.assign(probe, {
        done: true,
        answered: true,
        from,
        rttNs: Math.max(1, time - probe.sentNs),
        note: error === null ? "" : print.note(error),
        final: error === null || !print.isOnTheWay(error),
        reached: isArrival(answer, this.#options.dst),
      });
    this.#proceed();
  }

  /** Takes in that only `mtu` bytes pass, and has the probe sent again with so many. @returns false if that is no news. */
  #learnMtu(index: number, mtu: number): boolean {
    if (!this.#options.discoverMtu || mtu < HEADERS || mtu >= this.#length) return false;
    this.#length = mtu;
    this.#probes[index] = { ...newProbe(), mtu };
    return true;
  }

  /** traceroute's loop (do_it): gives up what has waited long enough, shows what is known, in order, and sends. */
  #proceed(): void {
    if (this.#ended) return;
    this.#io.clock.clearTimer(this.#timer);
    this.#timer = null;
    this.#host.cork();
    const until = this.#walk(this.#io.clock.now());
    this.#host.uncork();
    if (this.#ended) return;
    if (this.#printed >= this.#end) this.#finish();
    else this.#timer = this.#io.clock.setTimer(Math.max(0, until - this.#io.clock.now()), () => this.#proceed());
  }

  /** @returns when to look again, in ms. */
  #walk(now: number): number {
    const { simultaneous, queries, sendWaitMs } = this.#options;
    let until = Number.POSITIVE_INFINITY;
    let out = 0;
    for (let n = this.#printed; n < this.#end; n++) {
      const expiry = this.#probes[n]!.sentMs + this.#patience(n);
      if (n === this.#printed && this.#probes[n]!.sent && !this.#probes[n]!.done) {
        if (expiry > now) until = expiry;
        else {
          this.#probes[n]!.done = true;
          moveEnd(this.#probes, n, queries);
        }
      }
      const probe = this.#probes[n]!;
      if (probe.done) {
        if (n === this.#printed) this.#show();
        if (probe.final) this.#end = (Math.floor(n / queries) + 1) * queries;
        continue;
      }
      if (!probe.sent) {
        if (this.#lastSentMs + sendWaitMs > now) return Math.min(until, this.#lastSentMs + sendWaitMs);
        if (!this.#send(n)) return until;
        // What this machine itself refuses to send is done.
        if (this.#probes[n]!.done) {
          n--;
          continue;
        }
      }
      if (until === Number.POSITIVE_INFINITY) until = this.#probes[n]!.sentMs + this.#patience(n);
      if (++out >= simultaneous) break;
    }
    return until;
  }

  /** @returns false if that was the end. */
  #send(n: number): boolean {
    const ttl = Math.floor(n / this.#options.queries) + 1;
    let result = this.#prober.send(n, ttl, this.#length);
    const { link } = this.#host;
    if (result === SendResult.TooLong && this.#learnMtu(n, link.mtu)) result = this.#prober.send(n, ttl, this.#length);
    const probe = this.#probes[n]!;
    probe.sent = true;
    probe.sentNs = link.now();
    probe.sentMs = this.#lastSentMs = this.#io.clock.now();
    if (result === SendResult.TooLong) {
      Object.assign(probe, { done: true, final: true, rttNs: 1, note: `!F-${link.mtu}` });
      return true;
    }
    if (isSent(result)) return true;
    this.#fail(sendResultText(result, link.mtu));
    return false;
  }

  /** How long to wait for probe `i`, in ms: less if others show how quick answers are. */
  #patience(i: number): number {
    const { waitMs, here, near, queries } = this.#options;
    const start = i - (i % queries);
    let sent = i + 1;
    while (sent < this.#probes.length && this.#probes[sent]!.sent) sent++;
    return this.#quick(start, start + queries, here) ?? this.#quick(i + 1, sent, near) ?? waitMs;
  }

  /** What the first answer among these probes says of how long to wait, in ms; null if there is none. */
  #quick(from: number, to: number, factor: number): number | null {
    if (factor === 0) return null;
    const { waitMs } = this.#options;
    for (let k = from; k < to; k++) {
      const { done, rttNs } = this.#probes[k]!;
      if (done && rttNs > 0) return Math.min(waitMs, (rttNs / 1e6 + PRECISION_MS) * factor);
    }
    return null;
  }

  /** Shows the next probe, or with its last one a hop. */
  #show(): void {
    const { queries, json } = this.#options;
    const i = this.#printed % queries;
    const ttl = Math.floor(this.#printed / queries) + 1;
    const hop = this.#probes.slice(this.#printed - i, this.#printed - i + queries);
    if (!json) this.#io.out(print.probeText(hop, i, ttl));
    else if (i === queries - 1) this.#io.out(`${JSON.stringify(print.hopObject(hop, ttl))}\n`);
    this.#printed++;
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
