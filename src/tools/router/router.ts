/**
 * router as a function: tells what a router does, and sums up at the end. Past so many lines a second it stops listening
 * until the second is over, so that a flood costs nothing: the totals tell the rest.
 */
import * as ipv4 from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import type { Clock, Timer } from "../../stack/clock.ts";
import type { StackEvent } from "../../stack/observer.ts";
import type { Router } from "../../stack/router/router.ts";
import { eventJson, eventLine } from "../answer/format.ts";
import { neighbourEntries, neighbourText } from "../neigh/index.ts";
import { linkNames, routeObjects, routesText, totalsObject, totalsText } from "./totals.ts";

export interface RouterToolOptions {
  /** One JSON object a line. */
  readonly json?: boolean;
  /** No lines but the first ones and the totals. */
  readonly quiet?: boolean;
  /** Tell of everything that happens, each datagram passed on and each drop included. */
  readonly verbose?: boolean;
  /** Lines a second, at most. 50 unless given. */
  readonly linesPerSecond?: number;
  /** What the interfaces are called, in their order: where those of two namespaces have one name. */
  readonly names?: readonly string[];
}

export interface RouterIo {
  readonly clock: Clock;
  /** Writes to standard output. */
  out(text: string): void;
  /** Writes to standard error. */
  err(text: string): void;
}

export interface RouterRun {
  /** The exit code: 0 if it was interrupted, 2 if a link ended. The router is closed then; its links are their owner's. */
  readonly done: Promise<number>;
  interrupt(): void;
  /** Writes the totals so far to standard error: SIGQUIT. */
  interim(): void;
  /** Shows the neighbour tables of all interfaces, on standard error unless as JSON: SIGUSR1. */
  neighbours(): void;
}

const WINDOW_MS = 1000;

/** What has a line without being asked for: what goes wrong, and who asks the router itself. */
const WORTH: ReadonlySet<StackEvent["type"]> = new Set([
  "icmp-error-sent",
  "echo-answered",
  "timestamp-answered",
  "conflict",
  "resolution-failed",
  "tx-failed",
]);

/** Tells what the router does until it is interrupted, or a link of its ends. */
export function startRouter(router: Router, options: RouterToolOptions, io: RouterIo): RouterRun {
  return new RouterTool(router, options, io);
}

class RouterTool implements RouterRun {
  readonly done: Promise<number>;
  readonly #router: Router;
  readonly #options: RouterToolOptions;
  readonly #io: RouterIo;
  readonly #names: readonly string[];
  readonly #unlisten: (() => void)[];
  #resolve: (code: number) => void = () => {};
  #unobserve: (() => void)[] = [];
  #windowStart = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #pause: Timer | null = null;
  #ended = false;

  constructor(router: Router, options: RouterToolOptions, io: RouterIo) {
    this.#router = router;
    this.#options = options;
    this.#io = io;
    this.#names = options.names ?? linkNames(router);
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#announce();
    this.#observe();
    this.#unlisten = router.hosts.map(({ link }, i) =>
      link.onEvent((event) => {
        const name = this.#names[i]!;
        if (event.type === "gone") this.#linkEnded(`${name} is gone: deleted, or moved to another namespace`);
        else if (event.type === "error") this.#linkEnded(`${name}: ${event.message}`);
        else this.#note(`${name} is ${event.type === "down" ? "down: waiting for it" : "up again"}`);
      }),
    );
  }

  interrupt(): void {
    this.#finish(0);
  }

  interim(): void {
    this.#io.err(totalsText(this.#router, this.#names));
  }

  neighbours(): void {
    const { hosts } = this.#router;
    const show = { statistics: true };
    if (this.#options.json === true) this.#object({ event: "neighbours", neighbours: neighbourEntries(hosts, show) });
    else this.#io.err(neighbourText(hosts, show) || "no neighbours\n");
  }

  #announce(): void {
    for (const [i, { identity }] of this.#router.hosts.entries()) {
      const name = this.#names[i]!;
      const addresses = identity.prefixes.map(ipv4.formatPrefix);
      const address = mac.format(identity.mac);
      if (this.#options.json === true) this.#object({ event: "routing", interface: name, mac: address, addresses });
      else this.#io.out(`ROUTING on ${name} as ${addresses.join(", ")} at ${address}\n`);
    }
    if (this.#options.json === true) for (const route of routeObjects(this.#router, this.#names)) this.#object(route);
    else this.#io.out(routesText(this.#router, this.#names));
  }

  #observe(): void {
    if (this.#options.quiet === true) return;
    this.#unobserve = this.#router.hosts.map((host, i) =>
      host.observe((event) => this.#event(event, this.#names[i]!, host.link.epoch)),
    );
  }

  #event(event: StackEvent, name: string, epoch: number): void {
    if (this.#ended || (this.#options.verbose !== true && !WORTH.has(event.type))) return;
    const now = this.#io.clock.now();
    if (now - this.#windowStart >= WINDOW_MS) {
      this.#windowStart = now;
      this.#lines = 0;
    }
    this.#io.out(this.#options.json === true ? eventJson(event, epoch, name) : eventLine(event, epoch, name));
    if (++this.#lines < (this.#options.linesPerSecond ?? 50)) return;
    for (const stop of this.#unobserve) stop();
    this.#unobserve = [];
    this.#pause = this.#io.clock.setTimer(this.#windowStart + WINDOW_MS - now, () => {
      this.#pause = null;
      this.#note("more in the last second than is shown");
      this.#observe();
    });
  }

  #linkEnded(reason: string): void {
    if (this.#ended) return;
    if (this.#options.json === true) this.#object({ event: "error", error: reason });
    else this.#io.err(`vethlab router: ${reason}\n`);
    this.#finish(2);
  }

  #note(text: string): void {
    if (this.#ended) return;
    if (this.#options.json === true) this.#object({ event: "note", text });
    else this.#io.err(`vethlab router: ${text}\n`);
  }

  #finish(code: number): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const stop of [...this.#unobserve, ...this.#unlisten]) stop();
    this.#io.clock.clearTimer(this.#pause);
    if (this.#options.json === true) this.#object(totalsObject(this.#router, this.#names));
    else this.#io.out(totalsText(this.#router, this.#names));
    this.#router.close();
    this.#resolve(code);
  }

  #object(object: Record<string, unknown>): void {
    this.#io.out(`${JSON.stringify(object)}\n`);
  }
}
