/**
 * arping as a function: iputils' behaviour and output over any link. It speaks ARP itself and needs no host; who answers
 * for the asker's own address is not its affair.
 */
import * as ipv4 from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import type { FrameBatch, Link } from "../../link/link.ts";
import { Direction } from "../../link/link.ts";
import type { Timer } from "../../stack/clock.ts";
import type { ArpingIo, ArpingOptions } from "./options.ts";
import { type Answer, AnswerReader, sendProbe } from "./probe.ts";

/** Stations that are told apart when looking for duplicates. */
const MAX_STATIONS = 64;

export interface ArpingRun {
  /**
   * The exit code: 0 if there were answers (all of -c with -w; with -D: none), 1 if not, 2 if the link ended.
   * Announcing (-U, -A) always succeeds.
   */
  readonly done: Promise<number>;
  /** Ends the run with its summary: SIGINT, SIGQUIT, SIGTERM. */
  interrupt(): void;
}

/** Starts to ask. Options must have passed `checkArpingOptions`. */
export function startArping(link: Link, options: ArpingOptions, io: ArpingIo): ArpingRun {
  const run = new Arping(link, options, io);
  run.start();
  return run;
}

class Arping implements ArpingRun {
  readonly done: Promise<number>;
  readonly #link: Link;
  readonly #options: ArpingOptions;
  readonly #io: ArpingIo;
  readonly #reader: AnswerReader;
  readonly #stations = new Set<string>();
  #resolve: (code: number) => void = () => {};
  #detach: () => void = () => {};
  #interval: Timer | null = null;
  #timeout: Timer | null = null;
  /** Whom to ask: null for all. */
  #to: Uint8Array | null = null;
  #lastSent = 0;
  #nextDue = 0;
  #rounds = 0;
  #sent = 0;
  #broadcasts = 0;
  #received = 0;
  #broadcastsReceived = 0;
  #requestsReceived = 0;
  #ended = false;

  constructor(link: Link, options: ArpingOptions, io: ArpingIo) {
    this.#link = link;
    this.#options = options;
    this.#io = io;
    this.#reader = new AnswerReader(options);
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  start(): void {
    const { target, source, quiet, json, timeoutMs = 0 } = this.#options;
    if (quiet !== true && json !== true)
      this.#io.out(`ARPING ${ipv4.format(target)} from ${ipv4.format(source)} ${this.#link.name}\n`);
    const frames = this.#link.onFrames((batch) => this.#input(batch));
    const events = this.#link.onEvent((event) => {
      const { name } = this.#link;
      if (event.type === "gone") this.#linkEnded(`${name} is gone: deleted, or moved to another namespace`);
      else if (event.type === "error") this.#linkEnded(`${name}: ${event.message}`);
      else if (event.type === "down" && this.#options.surviveDown !== true)
        this.#linkEnded(`${name} is down, or its peer is`);
    });
    this.#detach = () => {
      frames();
      events();
    };
    this.#nextDue = this.#io.clock.now();
    this.#round();
    if (timeoutMs > 0 && !this.#ended) this.#timeout = this.#io.clock.setTimer(timeoutMs, () => this.#expire());
  }

  interrupt(): void {
    this.#finish();
  }

  /** The time is up; a probe that is due at the same moment still goes out, as iputils sends it. */
  #expire(): void {
    if (this.#io.clock.now() + 0.5 >= this.#nextDue) this.#round();
    this.#finish();
  }

  /** One interval: a probe, or the end if there were enough. */
  #round(): void {
    this.#io.clock.clearTimer(this.#interval);
    const { count = -1, intervalMs = 1000 } = this.#options;
    if (count > 0 && this.#rounds >= count) {
      this.#finish();
      return;
    }
    this.#rounds++;
    this.#lastSent = this.#link.now();
    if (sendProbe(this.#link, this.#options, this.#to)) {
      this.#sent++;
      if (this.#to === null) this.#broadcasts++;
    }
    if (this.#ended) return;
    if (this.#isAnnouncing && this.#sent === count) this.#finish();
    else {
      // Counted from the start, so that late timers do not add up.
      this.#nextDue += intervalMs;
      this.#interval = this.#io.clock.setTimer(this.#nextDue - this.#io.clock.now(), () => this.#round());
    }
  }

  get #isAnnouncing(): boolean {
    const { detect, unsolicited, advertise } = this.#options;
    return detect !== true && (unsolicited === true || advertise === true);
  }

  #input(batch: FrameBatch): void {
    for (let i = 0; i < batch.count && !this.#ended; i++) {
      if (batch.direction[i] === Direction.Out) continue;
      const off = batch.offset[i]!;
      const answer = this.#reader.read(batch.buffer, off, off + batch.length[i]!);
      if (answer !== null) this.#answered(answer, batch.time[i]! - this.#lastSent);
    }
  }

  #answered(answer: Answer, sinceNs: number): void {
    const { quiet, json, detect, first, broadcast, duplicates, timeoutMs = 0, count } = this.#options;
    if (this.#stations.size < MAX_STATIONS) this.#stations.add(mac.format(answer.mac));
    if (json === true) this.#answerObject(answer, sinceNs);
    else if (quiet !== true) this.#io.out(this.#answerLine(answer, sinceNs));
    this.#received++;
    if (!answer.isUnicast) this.#broadcastsReceived++;
    if (!answer.isReply) this.#requestsReceived++;
    const isEnough = timeoutMs > 0 && this.#received === count && duplicates !== true;
    if (detect === true || first === true || isEnough) this.#finish();
    else if (broadcast !== true && duplicates !== true) this.#to = answer.mac;
  }

  #answerLine(answer: Answer, sinceNs: number): string {
    const { target, source, mac: own } = this.#options;
    const cast = answer.isUnicast ? "Unicast" : "Broadcast";
    const kind = answer.isReply ? "reply" : "request";
    let text = `${cast} ${kind} from ${ipv4.format(target)} [${upper(answer.mac)}] `;
    const isForOther = answer.targetIp !== source;
    if (isForOther) text += `for ${ipv4.format(answer.targetIp)} `;
    if (!mac.equal(answer.targetMac, 0, own, 0)) text += `${isForOther ? "" : "for "}[${upper(answer.targetMac)}]`;
    return `${text} ${(Math.max(0, sinceNs) / 1e6).toFixed(3)}ms\n`;
  }

  #answerObject(answer: Answer, sinceNs: number): void {
    const { target } = this.#options;
    this.#object({
      host: ipv4.format(target),
      mac: mac.format(answer.mac),
      type: answer.isReply ? "reply" : "request",
      cast: answer.isUnicast ? "unicast" : "broadcast",
      time: Math.max(0, Math.round(sinceNs / 1000)) / 1000,
    });
  }

  #linkEnded(reason: string): void {
    if (this.#ended) return;
    if (this.#options.json === true) this.#object({ error: reason });
    else this.#io.err(`vethlab arping: ${reason}\n`);
    this.#finish(2);
  }

  #finish(code?: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#io.clock.clearTimer(this.#interval);
    this.#io.clock.clearTimer(this.#timeout);
    this.#detach();
    if (this.#options.json === true) this.#summaryObject();
    else if (this.#options.quiet !== true) this.#io.out(this.#summary());
    this.#resolve(code ?? this.#exitCode());
  }

  #exitCode(): number {
    const { detect, duplicates, timeoutMs = 0, count = -1, first } = this.#options;
    if (duplicates === true && this.#stations.size > 1) return 1;
    if (detect === true) return this.#received > 0 ? 1 : 0;
    if (this.#isAnnouncing) return 0;
    if (timeoutMs > 0 && count > 0 && first !== true) return this.#received >= count ? 0 : 1;
    return this.#received > 0 ? 0 : 1;
  }

  #summary(): string {
    const kinds: string[] = [];
    if (this.#requestsReceived > 0) kinds.push(`${this.#requestsReceived} request(s)`);
    if (this.#broadcastsReceived > 0) kinds.push(`${this.#broadcastsReceived} broadcast(s)`);
    const detail = kinds.length === 0 ? "" : ` (${kinds.join(", ")})`;
    let text = `Sent ${this.#sent} probes (${this.#broadcasts} broadcast(s))\nReceived ${this.#received} response(s)${detail}\n`;
    if (this.#options.duplicates === true && this.#stations.size > 1) {
      const stations = [...this.#stations].map((station) => station.toUpperCase()).join(", ");
      text += `Duplicate: ${ipv4.format(this.#options.target)} is used by ${this.#stations.size} stations: ${stations}\n`;
    }
    return text;
  }

  #summaryObject(): void {
    this.#object({
      host: ipv4.format(this.#options.target),
      sent: this.#sent,
      broadcasts: this.#broadcasts,
      received: this.#received,
      received_requests: this.#requestsReceived,
      received_broadcasts: this.#broadcastsReceived,
      macs: [...this.#stations],
    });
  }

  #object(object: Record<string, unknown>): void {
    this.#io.out(`${JSON.stringify(object)}\n`);
  }
}

function upper(address: Uint8Array): string {
  return mac.format(address).toUpperCase();
}
