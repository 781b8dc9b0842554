/**
 * answer as a function: tells what a host answers, and sums up at the end. A flood costs it nothing: past so many lines a
 * second it stops listening, and the host stops building events, until the second is over; its counters tell the rest.
 */
import * as ipv4 from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import type { Timer } from "../../stack/clock.ts";
import { Drop, dropName } from "../../stack/drop.ts";
import type { Host } from "../../stack/host.ts";
import type { StackEvent } from "../../stack/observer.ts";
import { neighbourEntries, neighbourText } from "../neigh/index.ts";
import { dropLines, dropped, eventJson, eventLine, grouped } from "./format.ts";
import type { AnswerIo, AnswerToolOptions } from "./options.ts";

const WINDOW_MS = 1000;

export interface AnswerRun {
  /** The exit code: 0 if it was interrupted, 2 if the link ended. The host is closed then; the link is its owner's. */
  readonly done: Promise<number>;
  /** Ends the run with its totals: SIGINT, SIGTERM. */
  interrupt(): void;
  /** Writes the totals so far to standard error: SIGQUIT. */
  interim(): void;
  /** Shows the neighbour table, on standard error unless as JSON: SIGUSR1. */
  neighbours(): void;
}

/** Tells what the host answers until it is interrupted, or its link ends. */
export function startAnswer(host: Host, options: AnswerToolOptions, io: AnswerIo): AnswerRun {
  return new Answer(host, options, io);
}

class Answer implements AnswerRun {
  readonly done: Promise<number>;
  readonly #host: Host;
  readonly #options: AnswerToolOptions;
  readonly #io: AnswerIo;
  readonly #limit: number;
  #resolve: (code: number) => void = () => {};
  #unobserve: (() => void) | null = null;
  readonly #unlisten: () => void;
  #windowStart = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #window: Timer | null = null;
  /** What had happened when the host was last left unobserved. */
  #countAtPause = 0;
  #ended = false;

  constructor(host: Host, options: AnswerToolOptions, io: AnswerIo) {
    this.#host = host;
    this.#options = options;
    this.#io = io;
    this.#limit = Math.max(1, options.linesPerSecond ?? 50);
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    for (const { ip, mac: address } of options.neighbours ?? []) host.setNeighbour(ip, address);
    this.#announce();
    this.#observe();
    const { name } = host.link;
    this.#unlisten = host.link.onEvent((event) => {
      if (event.type === "gone") this.#linkEnded(`${name} is gone: deleted, or moved to another namespace`);
      else if (event.type === "error") this.#linkEnded(`${name}: ${event.message}`);
      else if (event.type === "down" && options.surviveDown !== true)
        this.#linkEnded(`${name} is down, or its peer is`);
      else this.#note(event.type === "down" ? `${name} is down: waiting for it` : `${name} is up again`);
    });
  }

  interrupt(): void {
    this.#finish(0);
  }

  interim(): void {
    this.#io.err(this.#totalsText());
  }

  neighbours(): void {
    this.#showNeighbours((text) => this.#io.err(text));
  }

  #showNeighbours(write: (text: string) => void): void {
    if (this.#options.json === true)
      this.#object({ event: "neighbours", neighbours: neighbourEntries(this.#host, { statistics: true }) });
    else write(neighbourText(this.#host, { statistics: true }) || "no neighbours\n");
  }

  get #addresses(): string {
    return this.#host.identity.prefixes.map((prefix) => ipv4.format(prefix.address)).join(", ");
  }

  #announce(): void {
    const { link, identity } = this.#host;
    const address = mac.format(identity.mac);
    const addresses = identity.prefixes.map((prefix) => ipv4.format(prefix.address));
    const proxies = this.#host.arp.proxies.map((one) => networkText(one));
    if (this.#options.json === true)
      this.#object({
        event: "answering",
        interface: link.name,
        mac: address,
        addresses,
        ...(proxies.length > 0 ? { proxy_arp: proxies } : {}),
      });
    else {
      const others = proxies.length > 0 ? `, ARP also for ${proxies.join(", ")}` : "";
      this.#io.out(`ANSWERING for ${addresses.join(", ")} at ${address} on ${link.name}${others}\n`);
    }
  }

  #observe(): void {
    if (this.#options.quiet !== true) this.#unobserve = this.#host.observe((event) => this.#event(event));
  }

  #isWorthALine(event: StackEvent): boolean {
    if (event.type === "arp-answered" || event.type === "echo-answered") return true;
    if (event.type === "timestamp-answered" || event.type === "conflict" || event.type === "tx-failed") return true;
    // The conflict has a line of its own.
    return this.#options.verbose === true && !(event.type === "drop" && event.reason === Drop.ArpConflict);
  }

  #event(event: StackEvent): void {
    if (this.#ended || !this.#isWorthALine(event)) return;
    const now = this.#io.clock.now();
    if (now - this.#windowStart >= WINDOW_MS) {
      this.#windowStart = now;
      this.#lines = 0;
    }
    const { epoch } = this.#host.link;
    this.#io.out(this.#options.json === true ? eventJson(event, epoch) : eventLine(event, epoch));
    if (++this.#lines >= this.#limit) this.#pause(this.#windowStart + WINDOW_MS - now, event);
  }

  /** Leaves the host unobserved until the second is over. */
  #pause(ms: number, last: StackEvent): void {
    // A conflict is reported before it is counted, all else after.
    const counted = this.#count() + (last.type === "conflict" ? 1 : 0);
    this.#unobserve?.();
    this.#unobserve = null;
    this.#countAtPause = counted;
    this.#window = this.#io.clock.setTimer(ms, () => this.#resume());
  }

  #resume(): void {
    this.#window = null;
    this.#reportUnshown();
    this.#observe();
  }

  #reportUnshown(): void {
    const more = this.#count() - this.#countAtPause;
    if (more <= 0) return;
    if (this.#options.json === true) this.#object({ event: "not-shown", count: more });
    else this.#io.out(`… and ${grouped(more)} more in the last second\n`);
  }

  /** Everything that would have had a line. */
  #count(): number {
    const stats = this.#host.stats();
    const answers = stats.arpAnswered + stats.echoAnswered + (stats.drops[dropName(Drop.ArpConflict)] ?? 0);
    return this.#options.verbose === true ? answers + dropped(stats.drops) : answers;
  }

  #linkEnded(reason: string): void {
    if (this.#ended) return;
    if (this.#options.json === true) this.#object({ event: "error", error: reason });
    else this.#io.err(`vethlab answer: ${reason}\n`);
    this.#finish(2);
  }

  #note(text: string): void {
    if (this.#options.json === true) this.#object({ event: "link", text });
    else this.#io.err(`vethlab answer: ${text}\n`);
  }

  #finish(code: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#unobserve?.();
    this.#unlisten();
    this.#io.clock.clearTimer(this.#window);
    if (this.#window !== null) this.#reportUnshown();
    if (this.#options.json === true) this.#totalsObject();
    else this.#io.out(this.#totalsText());
    if (this.#options.neigh === true) this.#showNeighbours((text) => this.#io.out(text));
    this.#host.close();
    this.#resolve(code);
  }

  #totalsText(): string {
    const stats = this.#host.stats();
    const { rxDropped } = this.#host.link.stats();
    const lost = rxDropped > 0 ? `, ${grouped(rxDropped)} lost before they were read` : "";
    const failed = stats.txFailed > 0 ? `, ${grouped(stats.txFailed)} answers could not be sent` : "";
    let text = `\n--- ${this.#addresses} answer statistics ---\n`;
    text += `${grouped(stats.received)} frames received${lost}${failed}\n`;
    text += `${grouped(stats.arpAnswered)} ARP requests answered, ${grouped(stats.echoAnswered)} echo requests answered, ${grouped(dropped(stats.drops))} frames dropped\n`;
    return text + dropLines(stats.drops);
  }

  #totalsObject(): void {
    const { received, arpAnswered, echoAnswered, drops, txFailed } = this.#host.stats();
    const { rxDropped } = this.#host.link.stats();
    const answered = { arp_answered: arpAnswered, echo_answered: echoAnswered };
    this.#object({ event: "totals", received, lost: rxDropped, ...answered, tx_failed: txFailed, drops });
  }

  #object(object: Record<string, unknown>): void {
    this.#io.out(`${JSON.stringify(object)}\n`);
  }
}

/** `10.0.9.0/24`, and a single address without its 32. */
function networkText(one: string | ipv4.Prefix): string {
  return (typeof one === "string" ? one : ipv4.formatPrefix(one)).replace(/\/32$/, "");
}
