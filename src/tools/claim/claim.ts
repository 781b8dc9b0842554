/**
 * claim as a function: claims an address for a host as RFC 5227 has it, and tells each step, wait, conflict and defence as
 * it happens. It keeps the address until it is lost, the time is up, or somebody says that it is enough.
 */
import * as ipv4 from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import { ACD_DEFAULTS, type AcdOptions, acdOptions } from "../../stack/claim/acd-options.ts";
import type { AddressClaim } from "../../stack/claim/claim.ts";
import { claimLinkLocal, type LinkLocalClaim } from "../../stack/claim/link-local.ts";
import type { Timer } from "../../stack/clock.ts";
import { describe } from "../../stack/describe.ts";
import type { Host } from "../../stack/host.ts";
import type { ArpRequestSent, ClaimChanged, ClaimConflict, StackEvent } from "../../stack/observer.ts";
import { eventJson } from "../answer/format.ts";
import { type ClaimIo, type ClaimToolOptions, scaled } from "./options.ts";
import { conflictText, planText, responseText, waitText, wrapped } from "./words.ts";

export interface ClaimRun {
  /**
   * The exit code: 0 if the address is ours at the end, 1 if it is not (taken, lost, or not got in time), 2 if the link
   * ended. The host is closed then; the link is its owner's.
   */
  readonly done: Promise<number>;
  /** Gives the address back and ends the run: SIGINT, SIGTERM. */
  interrupt(): void;
}

/** Begins. @throws {RangeError} on an address that no host can have, or that cannot be claimed. */
export function startClaim(host: Host, options: ClaimToolOptions, io: ClaimIo): ClaimRun {
  const run = new Claiming(host, options, io);
  run.start();
  return run;
}

const SECOND_MS = 1000;
const TOLD: ReadonlySet<string> = new Set([
  "claim-changed",
  "claim-waits",
  "claim-conflict",
  "arp-request-sent",
  "arp-answered",
  "echo-answered",
  "tx-failed",
]);
/** Before what a line says: its time. */
const INDENT = " ".repeat(12);
const LEAST_WIDTH = 20;
const STYLE = { bold: "1", dim: "2", green: "32", red: "31" } as const;

class Claiming implements ClaimRun {
  readonly done: Promise<number>;
  readonly #host: Host;
  readonly #options: ClaimToolOptions;
  readonly #io: ClaimIo;
  readonly #acd: AcdOptions;
  readonly #started: number;
  #resolve: (code: number) => void = () => {};
  #release: () => void = () => {};
  readonly #detach: (() => void)[] = [];
  #timeout: Timer | null = null;
  #claim: AddressClaim | null = null;
  #linkLocal: LinkLocalClaim | null = null;
  /** What was sent, until it is known what is waited for after it. */
  #pending: { readonly time: number; readonly text: string } | null = null;
  #window = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #unshown = 0;
  #wasOurs = false;
  #isTimeUp = false;
  /** Time of the last line. */
  #told: number;
  #ended = false;

  constructor(host: Host, options: ClaimToolOptions, io: ClaimIo) {
    this.#host = host;
    this.#options = options;
    this.#io = io;
    this.#acd = acdOptions(ACD_DEFAULTS, scaled(options.scale ?? 1));
    this.#started = host.link.now();
    this.#told = this.#started;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  start(): void {
    const { address, timeoutMs = 0 } = this.#options;
    this.#announce();
    this.#detach.push(
      this.#host.observe((event) => this.#event(event)),
      this.#host.link.onEvent((event) => {
        const { name } = this.#host.link;
        if (event.type === "gone") this.#linkEnded(`${name} is gone: deleted, or moved to another namespace`);
        else if (event.type === "error") this.#linkEnded(`${name}: ${event.message}`);
        else if (event.type === "down") this.#note(`${name} is down: the address is tested again when it is back`);
        else this.#note(`${name} is up again: the address is tested again (RFC 5227, 2.1)`);
      }),
    );
    try {
      this.#begin(address);
    } catch (error) {
      for (const detach of this.#detach) detach();
      throw error;
    }
    if (timeoutMs > 0) this.#timeout = this.#io.clock.setTimer(timeoutMs, () => this.#timeIsUp(timeoutMs));
  }

  #begin(address: ipv4.Prefix | null): void {
    const options = { ...this.#acd, onChange: (claim: AddressClaim) => this.#changed(claim) };
    const { defence, first } = this.#options;
    if (address !== null) {
      const claim = this.#host.claim(address, { ...options, defence });
      this.#release = () => claim.release();
      return;
    }
    const linkLocal = claimLinkLocal(this.#host, {
      ...options,
      defence: defence === "never" ? "never" : "once",
      ...(first === undefined ? {} : { first }),
    });
    this.#linkLocal = linkLocal;
    this.#release = () => linkLocal.release();
  }

  interrupt(): void {
    this.#finish();
  }

  #announce(): void {
    const { address, json, quiet } = this.#options;
    const { link, identity } = this.#host;
    const what = address === null ? null : ipv4.formatPrefix(address);
    const station = mac.format(identity.mac);
    if (json === true) this.#object({ event: "claiming", address: what, interface: link.name, mac: station });
    else if (quiet !== true) {
      const whose = what ?? "a link-local address";
      this.#io.out(`CLAIMING ${this.#paint("bold", whose)} at ${station} on ${link.name}\n`);
      this.#io.out(`${planText(this.#acd)}\n\n`);
    }
  }

  /** After the observers were told. */
  #changed(claim: AddressClaim): void {
    this.#claim = claim;
    if (this.#ended) return;
    if (claim.state === "claimed" && this.#options.once === true) this.#finish();
    // A link-local claim goes on to the next address.
    else if (claim.hasEnded && this.#options.address !== null) this.#finish();
  }

  #event(event: StackEvent): void {
    // The last thing that happens is that the address is given back.
    if (!TOLD.has(event.type) || (this.#ended && event.type !== "claim-changed")) return;
    if (this.#options.json === true) {
      if (this.#hasRoom()) this.#io.out(eventJson(event, this.#host.link.epoch));
      return;
    }
    if (event.type === "arp-request-sent") this.#sent(event);
    else if (event.type === "claim-waits") this.#waits(event.time, waitText(event));
    else if (event.type === "claim-changed") this.#becomes(event);
    else if (event.type === "claim-conflict") this.#conflict(event);
    else this.#line(event.time, describe(event));
  }

  #sent({ time, ip, purpose, attempt }: ArpRequestSent): void {
    this.#flush();
    const { probeNum, announceNum } = this.#acd;
    const address = ipv4.format(ip);
    if (purpose === "probe")
      this.#pending = { time, text: `probe ${attempt} of ${probeNum}: does anybody have ${address}?` };
    else if (purpose === "announcement" && attempt > 0)
      this.#pending = {
        time,
        text: `announcement ${attempt} of ${announceNum}: ${address} is at ${mac.format(this.#host.mac)}`,
      };
  }

  #waits(time: number, text: string): void {
    const pending = this.#pending;
    this.#pending = null;
    this.#line(pending?.time ?? time, pending === null ? text : `${pending.text}  ${this.#paint("dim", text)}`);
  }

  /** Prints what was sent if nothing is waited for after it. */
  #flush(): void {
    const pending = this.#pending;
    this.#pending = null;
    if (pending !== null) this.#line(pending.time, pending.text);
  }

  #becomes({ time, ip, from, to }: ClaimChanged): void {
    const address = ipv4.format(ip);
    this.#wasOurs = to === "announcing" || to === "claimed";
    // The first announcement waits to be printed: it comes after what it announces.
    if (to === "announcing") this.#line(time, this.#paint("green", `nobody objected: ${address} is ours`));
    else this.#flush();
    if (to === "waiting" && from !== "new" && from !== "limited") this.#line(time, `${address} is tested again`);
    else if (to === "waiting" && this.#options.address === null) this.#line(time, `trying ${address}`);
    else if (to === "claimed") this.#line(time, `${this.#paint("green", "claimed")}, ${this.#intention()}`);
    else if (to === "released") this.#line(time, `${address} given back`);
  }

  #intention(): string {
    const { defence, once } = this.#options;
    if (once === true) return "that was all";
    const how = { never: "given up at the first conflict", once: "defended once", always: "defended always" }[defence];
    return `and ${how} (--defend ${defence}); Ctrl-C gives it back`;
  }

  #conflict(event: ClaimConflict): void {
    this.#flush();
    this.#line(event.time, `${this.#paint("red", "CONFLICT")}: ${conflictText(event)}`);
    this.#line(event.time, responseText(event, this.#wasOurs, this.#options.defence, this.#acd));
  }

  #line(time: number, text: string): void {
    if (this.#options.quiet === true || !this.#hasRoom()) return;
    // What had arrived before it was looked at is told after what was done meanwhile: the times never go back.
    this.#told = Math.max(this.#told, time);
    const seconds = ((this.#told - this.#started) / 1e9).toFixed(3);
    const width = (this.#options.width ?? Number.POSITIVE_INFINITY) - INDENT.length;
    const lines = wrapped(text, Math.max(LEAST_WIDTH, width)).join(`\n${INDENT}`);
    this.#io.out(`${this.#paint("dim", `${seconds.padStart(8)} s`)}  ${lines}\n`);
  }

  /** Whether another line may be printed in this second; what may not is counted. */
  #hasRoom(): boolean {
    const now = this.#io.clock.now();
    if (now - this.#window >= SECOND_MS) {
      this.#window = now;
      this.#lines = 0;
      this.#tellUnshown();
    }
    if (this.#lines >= (this.#options.linesPerSecond ?? 50)) {
      this.#unshown++;
      return false;
    }
    this.#lines++;
    return true;
  }

  #tellUnshown(): void {
    if (this.#unshown === 0) return;
    if (this.#options.json === true) this.#object({ event: "not-shown", count: this.#unshown });
    else this.#io.out(`            … and ${this.#unshown} more that were too many to print\n`);
    this.#unshown = 0;
  }

  #paint(style: keyof typeof STYLE, text: string): string {
    return this.#options.colour === true ? `\x1b[${STYLE[style]}m${text}\x1b[0m` : text;
  }

  #note(text: string): void {
    if (this.#options.json === true) this.#object({ event: "link", text });
    else this.#line(this.#host.link.now(), text);
  }

  #linkEnded(reason: string): void {
    if (this.#ended) return;
    if (this.#options.json === true) this.#object({ event: "error", error: reason });
    else this.#io.err(`vethlab claim: ${reason}\n`);
    this.#finish(2);
  }

  #timeIsUp(ms: number): void {
    this.#isTimeUp = true;
    if (this.#options.json !== true) this.#line(this.#host.link.now(), `${ms / 1000} s are over`);
    this.#finish();
  }

  #finish(code?: number): void {
    if (this.#ended) return;
    this.#flush();
    this.#ended = true;
    const claim = this.#claim;
    const isOurs = claim?.isUsable === true;
    this.#release();
    this.#tellUnshown();
    this.#outcome(claim, isOurs);
    for (const detach of this.#detach) detach();
    this.#io.clock.clearTimer(this.#timeout);
    this.#host.close();
    this.#resolve(code ?? (isOurs ? 0 : 1));
  }

  #outcome(claim: AddressClaim | null, isOurs: boolean): void {
    const address = claim === null ? null : ipv4.format(claim.prefix.address);
    const rival = claim?.rival ?? null;
    const stats = this.#host.stats();
    const { conflicts, defended } = stats.claims ?? { conflicts: 0, defended: 0 };
    const tried = this.#linkLocal?.tried ?? 1;
    if (this.#options.json === true) {
      const state = isOurs ? "claimed" : (claim?.state ?? null);
      const who = rival === null ? null : mac.format(rival);
      this.#object({ event: "result", claimed: isOurs, address, state, tried, conflicts, defended, rival: who });
      return;
    }
    const rest = `${count(conflicts, "conflict")}, ${count(defended, "defence")}${tried > 1 ? `, ${tried} addresses tried` : ""}`;
    const early = this.#isTimeUp ? "was not claimed in time" : "was not claimed yet";
    const inVain = claim?.state === "released" ? early : "is not ours";
    const what = `${address ?? "no address"} ${isOurs ? "was ours" : inVain}`;
    this.#io.out(`${this.#options.quiet === true ? "" : "\n"}${what}: ${rest}\n`);
  }

  #object(object: Record<string, unknown>): void {
    this.#io.out(`${JSON.stringify(object)}\n`);
  }
}

function count(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? "" : "s"}`;
}
