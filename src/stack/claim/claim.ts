/**
 * A claim to one address: the state machine of RFC 5227. Probed for first, announced when nobody objects, defended after.
 *
 *     limited -> waiting -> probing -> announcing -> claimed
 *                     \        |            \          /
 *                      `-> conflict          `-> lost <
 */
import type * as ipv4 from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import type { Clock, Timer } from "../clock.ts";
import { between, type Random } from "../random.ts";
import type { AcdOptions, ClaimState, ClaimStep, ConflictKind, ConflictResponse, Defence } from "./acd-options.ts";

/** What a claim needs of the interface that it is made on. */
export interface ClaimUser {
  readonly clock: Clock;
  readonly random: Random;
  /** Sends probe or announcement number `attempt`. @returns false if it did not leave. */
  send(ip: number, isProbe: boolean, attempt: number): boolean;
  /** The address is ours from now on. */
  acquire(prefix: ipv4.Prefix): void;
  /** It is ours no more: nothing may leave or be answered from it. */
  abandon(prefix: ipv4.Prefix): void;
  changed(claim: AddressClaim, from: ClaimState | "new"): void;
  waits(claim: AddressClaim, ms: number, step: ClaimStep): void;
  answered(claim: AddressClaim, kind: ConflictKind, response: ConflictResponse): void;
}

/** Made by `Host.claim`. */
export class AddressClaim {
  /** The address, and the network that it is in. */
  readonly prefix: ipv4.Prefix;
  readonly defence: Defence;
  readonly options: AcdOptions;
  readonly #user: ClaimUser;
  #state: ClaimState | "new" = "new";
  /** Upper 16 bits of the rival's MAC address, -1 if there was none, and its lower 32: a flood of conflicts must cost nothing. */
  #rivalHigh = -1;
  #rivalLow = 0;
  #listeners: ((claim: AddressClaim) => void)[] = [];
  #timer: Timer | null = null;
  #defendedAt = Number.NEGATIVE_INFINITY;

  /** @internal */
  constructor(user: ClaimUser, prefix: ipv4.Prefix, defence: Defence, options: AcdOptions) {
    this.#user = user;
    this.prefix = prefix;
    this.defence = defence;
    this.options = options;
  }

  get state(): ClaimState {
    return this.#state === "new" ? "waiting" : this.#state;
  }

  /** True while the host may speak as the address, and answers for it: from the first announcement on (2.3). */
  get isUsable(): boolean {
    return this.#state === "announcing" || this.#state === "claimed";
  }

  /** True while the address is tested, and may not be used: until ANNOUNCE_WAIT after the last probe (2.1.1). */
  get isTentative(): boolean {
    return this.#state === "waiting" || this.#state === "probing";
  }

  /** True if nothing more will happen: `conflict`, `lost` or `released`. */
  get hasEnded(): boolean {
    return this.#state === "conflict" || this.#state === "lost" || this.#state === "released";
  }

  /** MAC address of the station that the last conflict was with; null if there was none. */
  get rival(): Uint8Array | null {
    if (this.#rivalHigh < 0) return null;
    const rival = new Uint8Array(mac.LENGTH);
    mac.set(rival, 0, this.#rivalHigh, this.#rivalLow);
    return rival;
  }

  /** Calls `listener` after each change of the state. @returns a function that removes it. */
  onChange(listener: (claim: AddressClaim) => void): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  /** Resolves as soon as the address may be used (true), or the claim has come to nothing (false). It never rejects. */
  outcome(): Promise<boolean> {
    return new Promise((resolve) => {
      const remove = this.onChange(() => settle());
      const settle = () => {
        if (!this.isUsable && !this.hasEnded) return;
        remove();
        resolve(this.isUsable);
      };
      settle();
    });
  }

  /** Gives the address back. */
  release(): void {
    if (!this.hasEnded) this.#end("released");
  }

  /** @internal Begins, after `ms` milliseconds if the interface has seen too many conflicts. */
  start(ms: number): void {
    if (ms <= 0) {
      this.#begin();
      return;
    }
    this.#become("limited");
    this.#wait(ms, "start", () => this.#begin());
  }

  /** @internal Tests the address anew: the interface was away, and may be on another network now (2.1). */
  restart(): void {
    if (this.hasEnded || this.#state === "limited") return;
    if (this.isUsable) this.#user.abandon(this.prefix);
    this.#begin();
  }

  /** @internal Another station uses the address, or is about to. @param high @param low its MAC address. */
  conflict(kind: ConflictKind, high: number, low: number): void {
    this.#rivalHigh = high;
    this.#rivalLow = low;
    if (this.isTentative) {
      this.#user.answered(this, kind, "given-up");
      this.#end("conflict");
    } else if (this.isUsable) this.#respond(kind);
  }

  /** 2.4: a defence is remembered, so that two that both defend do not fill the network with announcements. */
  #respond(kind: ConflictKind): void {
    const now = this.#user.clock.now();
    const isRecent = now - this.#defendedAt < this.options.defendIntervalMs;
    if (this.defence === "never" || (this.defence === "once" && isRecent)) {
      this.#user.answered(this, kind, "given-up");
      this.#end("lost");
    } else if (isRecent) {
      this.#user.answered(this, kind, "ignored");
    } else {
      this.#defendedAt = now;
      this.#user.answered(this, kind, "defended");
      if (this.isUsable) this.#user.send(this.prefix.address, false, 0);
    }
  }

  #begin(): void {
    this.#become("waiting");
    this.#wait(between(this.#user.random, 0, this.options.probeWaitMs), "first-probe", () => {
      this.#become("probing");
      if (this.#state === "probing") this.#probe(1);
    });
  }

  #probe(attempt: number): void {
    const { probeNum, probeMinMs, probeMaxMs, announceWaitMs } = this.options;
    // One that did not leave has asked nobody.
    const done = this.#user.send(this.prefix.address, true, attempt) ? attempt : attempt - 1;
    if (done >= probeNum) this.#wait(announceWaitMs, "announcement", () => this.#take());
    else this.#wait(between(this.#user.random, probeMinMs, probeMaxMs), "next-probe", () => this.#probe(done + 1));
  }

  #take(): void {
    this.#user.send(this.prefix.address, false, 1);
    // An observer may have given it back meanwhile; so below.
    if (this.#state !== "probing") return;
    this.#user.acquire(this.prefix);
    this.#become("announcing");
    this.#announced(1);
  }

  #announced(count: number): void {
    const { announceNum, announceIntervalMs } = this.options;
    if (this.#state !== "announcing") return;
    if (count >= announceNum) this.#become("claimed");
    else
      this.#wait(announceIntervalMs, "next-announcement", () => {
        this.#user.send(this.prefix.address, false, count + 1);
        this.#announced(count + 1);
      });
  }

  #end(state: "conflict" | "lost" | "released"): void {
    this.#clear();
    if (this.isUsable) this.#user.abandon(this.prefix);
    if (!this.hasEnded) this.#become(state);
  }

  #become(state: ClaimState): void {
    const from = this.#state;
    this.#state = state;
    this.#user.changed(this, from);
    for (const listener of this.#listeners) listener(this);
  }

  #wait(ms: number, step: ClaimStep, then: () => void): void {
    this.#clear();
    if (this.hasEnded) return;
    this.#timer = this.#user.clock.setTimer(ms, () => {
      this.#timer = null;
      then();
    });
    this.#user.waits(this, ms, step);
  }

  #clear(): void {
    this.#user.clock.clearTimer(this.#timer);
    this.#timer = null;
  }
}
