/**
 * ping as a function: iputils' behaviour and output over any {@link EchoTransport}. Time and output are injected, so that
 * a test pings for an hour on a simulated wire in no time.
 *
 * @example
 * const run = startPing(new HostTransport(host, { dst }), { target: "10.0.0.2", address: "10.0.0.2", count: 3 }, io);
 * process.on("SIGINT", () => run.interrupt());
 * process.exitCode = await run.done;
 */
import type { Timer } from "../../stack/clock.ts";
import { OptionPrinter, optionsObject } from "./ip-options.ts";
import { effectiveInterval, type PingIo, type PingOptions, TIMEVAL_LENGTH } from "./options.ts";
import * as print from "./print.ts";
import { Statistics } from "./statistics.ts";
import type { EchoTransport, TransportError, TransportReply } from "./transport.ts";

/** How long a flood without replies waits between requests, in ms: a hundred a second. */
const MIN_INTERVAL_MS = 10;
/** How long to wait for the last reply when none ever came, in ms. */
const DEFAULT_LINGER_MS = 10_000;
/** Flood's dots and backspaces are written together, at most so many ms late: one write each would slow it down. */
const FLOOD_WRITE_MS = 20;

export interface PingRun {
  /** The exit code: 0 replies came, 1 none (or fewer than asked for by the deadline), 2 the transport ended. */
  readonly done: Promise<number>;
  /** Ends the run with its summary: SIGINT. */
  interrupt(): void;
  /** Writes the interim line: SIGQUIT. */
  interim(): void;
  readonly statistics: Statistics;
}

/** Starts to ping. Options must have passed `checkPingOptions`. */
export function startPing(transport: EchoTransport, options: PingOptions, io: PingIo): PingRun {
  const pinger = new Pinger(transport, options, io);
  pinger.start();
  return pinger;
}

class Pinger implements PingRun {
  readonly statistics = new Statistics();
  readonly done: Promise<number>;
  readonly #transport: EchoTransport;
  readonly #options: PingOptions;
  readonly #io: PingIo;
  readonly #data: Uint8Array;
  readonly #timing: boolean;
  readonly #optionPrinter = new OptionPrinter();
  readonly #count: number;
  readonly #hasDeadline: boolean;
  #resolve: (code: number) => void = () => {};
  #interval: number;
  #startedAt = 0;
  #lastSentAt = 0;
  #isFirst = true;
  #ended = false;
  #checking = false;
  #next: Timer | null = null;
  #exit: Timer | null = null;
  #exitScheduled = false;
  #floodText = "";
  #floodTimer: Timer | null = null;

  constructor(transport: EchoTransport, options: PingOptions, io: PingIo) {
    this.#transport = transport;
    this.#options = options;
    this.#io = io;
    const { size = 56, pattern } = options;
    this.#data = Uint8Array.from({ length: size }, (_, i) =>
      pattern === undefined ? i : pattern[i % pattern.length]!,
    );
    this.#timing = size >= TIMEVAL_LENGTH;
    this.#interval = effectiveInterval(options);
    this.#count = options.count ?? 0;
    this.#hasDeadline = (options.deadlineMs ?? 0) > 0;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  start(): void {
    if (this.#options.json !== true) this.#io.out(print.headline(this.#options));
    this.#transport.start({
      onReply: (reply) => this.#replied(reply),
      onError: (error) => this.#failed(error),
      onEnd: (reason) => this.#transportEnded(reason),
    });
    this.#startedAt = this.#io.clock.now();
    this.#lastSentAt = this.#startedAt;
    if (this.#hasDeadline) this.#exit = this.#io.clock.setTimer(this.#options.deadlineMs!, () => this.#finish());
    this.#pump();
  }

  interrupt(): void {
    this.#finish();
  }

  interim(): void {
    this.#writeFlood();
    this.#io.err(print.interim(this.statistics, this.#timing));
  }

  /** Sends what is due, and sets a timer for what comes next. */
  #pump(): void {
    this.#io.clock.clearTimer(this.#next);
    this.#next = null;
    if (this.#ended) return;
    // One at a time: with an interval of 0 the next follows from the reply, or from the timer.
    const wait = this.#sendDue();
    if (this.#ended) return;
    if (this.#allSent()) this.#scheduleExit();
    else this.#next = this.#io.clock.setTimer(wait, () => this.#pump());
  }

  /** True if a reply may make the next request due before the timer does. */
  get #followsReplies(): boolean {
    return this.#interval === 0 || this.#options.adaptive === true;
  }

  #allSent(): boolean {
    return this.#count > 0 && this.statistics.transmitted >= this.#count && !this.#hasDeadline;
  }

  /** Sends one request if it is time. @returns ms until the next may follow. */
  #sendDue(): number {
    if (this.#allSent()) return MIN_INTERVAL_MS;
    const now = this.#io.clock.now();
    if (!this.#isFirst) {
      const passed = now - this.#lastSentAt;
      if (this.#interval === 0) {
        if (passed < MIN_INTERVAL_MS && this.statistics.inFlight >= 1) return MIN_INTERVAL_MS - passed;
      } else if (passed < this.#interval) return this.#interval - passed;
      this.#reportOutstanding();
    }
    this.#isFirst = false;
    this.#lastSentAt = now;
    this.#send();
    return this.#interval === 0 ? MIN_INTERVAL_MS : this.#interval;
  }

  #reportOutstanding(): void {
    const { transmitted } = this.statistics;
    if (this.#options.outstanding !== true || this.statistics.isAnswered(transmitted)) return;
    const seq = transmitted % 0x10000;
    if (this.#options.json === true) this.#object({ seq, error: "no answer yet" });
    else this.#line(`no answer yet for icmp_seq=${seq}\n`);
  }

  #send(): void {
    const stats = this.statistics;
    const seq = stats.nextSeq;
    stats.prepare();
    if (this.#timing) this.#stampData();
    const { flood, quiet, json } = this.#options;
    const error = this.#transport.send(seq, this.#data);
    stats.sent();
    if (error === null) {
      if (flood === true && quiet !== true && json !== true) this.#flood(".");
      return;
    }
    if (error.counts) {
      stats.errors++;
      this.#checkSoon();
    }
    if (quiet === true) return;
    if (json === true) this.#object({ seq, error: error.text });
    else if (flood === true) this.#flood("E");
    else this.#io.err(`ping: ${error.text}\n`);
  }

  /** The sending time as the kernel's 64-bit `struct timeval`: what tools that look into echo data expect there. */
  #stampData(): void {
    const micros = this.#io.unixMicros();
    const view = new DataView(this.#data.buffer, this.#data.byteOffset);
    view.setBigInt64(0, BigInt(Math.trunc(micros / 1e6)), true);
    view.setBigInt64(8, BigInt(Math.trunc(micros % 1e6)), true);
  }

  #replied(reply: TransportReply): void {
    if (this.#ended) return;
    const stats = this.statistics;
    const micros = Math.max(0, Math.round(reply.rttNs / 1000));
    if (this.#timing) {
      stats.time(micros);
      if (this.#options.adaptive === true) this.#adapt();
    }
    const isDuplicate = stats.reply(reply.seq);
    const { quiet, flood, json } = this.#options;
    if (json === true) {
      if (quiet !== true && flood !== true) this.#replyObject(reply, micros, isDuplicate);
    } else if (quiet !== true) {
      if (flood === true) this.#flood("\b \b");
      else this.#replyLine(reply, micros, isDuplicate);
    }
    if (this.#isComplete()) this.#checkSoon();
    else if (this.#followsReplies && stats.inFlight === 0) this.#pump();
  }

  /** The interval follows the round-trip time, so that about one request is out at any moment (-A). */
  #adapt(): void {
    const interval = Math.trunc((this.statistics.ewma + 500) / 1000);
    this.#interval = Math.max(interval, this.#options.minIntervalMs ?? 0);
  }

  #replyLine(reply: TransportReply, micros: number, isDuplicate: boolean): void {
    const size = this.#data.length;
    let text = `${reply.length} bytes from ${reply.from()}: icmp_seq=${reply.seq}`;
    if (reply.ttl >= 0) text += ` ttl=${reply.ttl}`;
    if (reply.length < size + 8) {
      this.#line(`${text} (truncated)\n`);
      return;
    }
    if (this.#timing) text += ` time=${print.timeText(micros)} ms`;
    if (isDuplicate) text += " (DUP!)";
    const wrong = this.#firstWrong(reply);
    if (wrong >= 0) text += print.wrongData(wrong, this.#data[wrong]!, reply.buffer, reply.dataOffset, size);
    if (reply.options.length > 0) text += this.#optionPrinter.text(reply.options);
    this.#line(`${text}\n`);
  }

  #replyObject(reply: TransportReply, micros: number, isDuplicate: boolean): void {
    const object: Record<string, unknown> = {
      bytes: reply.length,
      host: reply.from(),
      seq: reply.seq,
      ident: this.#transport.ident,
      ttl: reply.ttl,
    };
    if (this.#timing) object.time = micros / 1000;
    if (isDuplicate) object.duplicate = true;
    if (reply.options.length > 0) Object.assign(object, optionsObject(reply.options));
    if (reply.length < this.#data.length + 8) object.truncated = true;
    else {
      const wrong = this.#firstWrong(reply);
      if (wrong >= 0)
        object.wrong = { byte: wrong, expected: this.#data[wrong], got: reply.buffer[reply.dataOffset + wrong] };
    }
    this.#object(object);
  }

  /** Index of the first byte of data that is not what was sent, the time aside; -1 if all are. */
  #firstWrong(reply: TransportReply): number {
    for (let i = TIMEVAL_LENGTH; i < this.#data.length; i++)
      if (reply.buffer[reply.dataOffset + i] !== this.#data[i]) return i;
    return -1;
  }

  #failed(error: TransportError): void {
    if (this.#ended) return;
    this.statistics.acknowledge(error.seq);
    this.statistics.errors++;
    const { quiet, flood, json } = this.#options;
    if (quiet !== true) {
      if (json === true) this.#object({ host: error.from, seq: error.seq, error: error.text });
      else if (flood === true) this.#flood("\bE");
      else this.#line(`From ${error.from} icmp_seq=${error.seq} ${error.text}\n`);
    }
    this.#checkSoon();
  }

  #transportEnded(reason: string): void {
    if (this.#ended) return;
    this.#writeFlood();
    if (this.#options.json === true) this.#object({ error: reason });
    else this.#io.err(`vethlab ping: ${reason}\n`);
    this.#finish(2);
  }

  #isComplete(): boolean {
    const { received, errors } = this.statistics;
    return (this.#count > 0 && received + errors >= this.#count) || (this.#hasDeadline && errors > 0);
  }

  /** Looks whether all has come once everything that arrived together has been reported. */
  #checkSoon(): void {
    if (this.#checking) return;
    this.#checking = true;
    queueMicrotask(() => {
      this.#checking = false;
      if (this.#ended) return;
      if (this.#isComplete()) this.#finish();
      else if (this.#followsReplies && this.statistics.inFlight === 0) this.#pump();
    });
  }

  /** All is sent: wait for stragglers, twice the longest round trip or an interval, or -W (0: for ever) if nothing came at all. */
  #scheduleExit(): void {
    if (this.#exitScheduled) return;
    this.#exitScheduled = true;
    const { received, max } = this.statistics;
    const linger = this.#options.lingerMs ?? DEFAULT_LINGER_MS;
    if (received === 0 && linger === 0) return;
    const wait = received > 0 ? Math.max((2 * max) / 1000, this.#interval) : linger;
    this.#exit = this.#io.clock.setTimer(wait, () => this.#finish());
  }

  #finish(code?: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#io.clock.clearTimer(this.#next);
    this.#io.clock.clearTimer(this.#exit);
    this.#transport.close();
    this.#writeFlood();
    const stats = this.statistics;
    const { flood, adaptive, json } = this.#options;
    const times = {
      elapsedMicros: Math.trunc((this.#lastSentAt - this.#startedAt) * 1000),
      timing: this.#timing,
      showGap: this.#interval === 0 || flood === true || adaptive === true,
    };
    if (json === true) this.#io.out(`${JSON.stringify(print.summaryObject(this.#options, stats, times))}\n`);
    else this.#io.out(print.summary(this.#options, stats, times));
    const isShort = stats.received === 0 || (this.#hasDeadline && stats.received < this.#count);
    this.#resolve(code ?? (isShort ? 1 : 0));
  }

  #line(text: string): void {
    this.#io.out(this.#options.timestamps === true ? print.timestamp(this.#io.unixMicros()) + text : text);
  }

  #object(object: Record<string, unknown>): void {
    const stamp = this.#options.timestamps === true ? { timestamp: this.#io.unixMicros() / 1e6 } : {};
    this.#io.out(`${JSON.stringify({ ...stamp, ...object })}\n`);
  }

  /** Dots and backspaces; none beyond the terminal's width, which backspaces could not take away again. */
  #flood(text: string): void {
    const columns = this.#io.columns ?? Number.MAX_SAFE_INTEGER;
    if (text === "." && this.statistics.pipe >= columns && this.statistics.inFlight >= columns) return;
    this.#floodText += text;
    this.#floodTimer ??= this.#io.clock.setTimer(FLOOD_WRITE_MS, () => this.#writeFlood());
  }

  #writeFlood(): void {
    this.#io.clock.clearTimer(this.#floodTimer);
    this.#floodTimer = null;
    if (this.#floodText === "") return;
    const text = this.#floodText;
    this.#floodText = "";
    this.#io.out(text);
  }
}
