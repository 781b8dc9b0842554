/**
 * One station of the simulated segment: it comes and goes, changes its address and its card, and talks to others. Most
 * claim their address (RFC 5227) and defend it in one way or another; some are of the old kind that just uses one.
 */
import type { ImpairedLink } from "../../link/impair/index.ts";
import type { Defence } from "../../stack/claim/acd-options.ts";
import type { AddressClaim } from "../../stack/claim/claim.ts";
import { Host } from "../../stack/host.ts";
import type { EchoSocket } from "../../stack/icmp/echo-socket.ts";
import { isSent } from "../../stack/send-result.ts";
import type { Segment } from "./segment.ts";

/** Means of the times between things, in ms: exponentially distributed. */
const STAYS_MS = 3 * 3_600_000;
const AWAY_MS = 20 * 60_000;
const QUIET_MS = 10 * 60_000;
/** Requests of one conversation, and the time between two. */
const REQUESTS = 20;
const INTERVAL_MS = 1000;
/** What stations do about conflicts, by turns; null: they use an address without asking, and see conflicts late. */
const DEFENCES: readonly (Defence | null)[] = [null, "once", "once", "never", "always"];
/** How often a station that did not claim its address looks whether somebody else uses its address. */
const LOOK_MS = 10_000;
/** Answers are expected within so many of the latest requests. */
const WINDOW = 64;

const DATA_LENGTH = 56;

export class Station {
  readonly #segment: Segment;
  readonly #index: number;
  #link: ImpairedLink | null = null;
  #host: Host | null = null;
  #socket: EchoSocket | null = null;
  #address: number;
  readonly #defence: Defence | null;
  /** Counts the station's lives: what was planned in an earlier one does not happen any more. */
  #life = 0;
  #conflictsSeen = 0;
  #seq = 0;
  readonly #data = new Uint8Array(DATA_LENGTH);
  /** For each sequence number modulo the window: the number + 1 while it waits for its answer, and its negative after. */
  readonly #asked = new Int32Array(WINDOW);

  constructor(segment: Segment, index: number) {
    this.#segment = segment;
    this.#index = index;
    this.#address = segment.drawAddress();
    this.#defence = DEFENCES[index % DEFENCES.length] ?? null;
  }

  /** Where it is, or was last. */
  get address(): number {
    return this.#address;
  }

  /** Plans its first coming, within the first minutes. */
  start(): void {
    this.#later(this.#segment.below(120_000), () => this.#join());
  }

  /** Takes it away for good. */
  stop(): void {
    this.#life++;
    this.#host?.close();
    this.#dropLink();
  }

  #join(): void {
    const segment = this.#segment;
    segment.counters.joined++;
    const link = this.#link ?? this.#plugIn();
    segment.setUp(link, true);
    const isClaiming = this.#defence !== null;
    const host = new Host(link, {
      addresses: isClaiming ? [] : [{ address: this.#address, length: 24 }],
      mac: link.mac,
      clock: segment.clock,
      random: segment.random,
    });
    this.#host = host;
    this.#conflictsSeen = 0;
    this.#asked.fill(0);
    this.#socket = host.openEcho({
      onReply: (reply) => this.#answered(reply.seq, reply.buffer, reply.dataOffset, reply.length - 8),
      onError: () => {
        segment.counters.unreachable++;
      },
    });
    if (isClaiming) this.#claim(host);
    else {
      host.announce();
      this.#later(2000, () => host.announce());
      this.#later(LOOK_MS, () => this.#look());
    }
    this.#later(segment.exponential(STAYS_MS), () => this.#leave());
    this.#later(segment.exponential(QUIET_MS), () => this.#talk());
  }

  #claim(host: Host): void {
    const prefix = { address: this.#address, length: 24 };
    host.claim(prefix, { defence: this.#defence ?? "once", onChange: (claim) => this.#claimChanged(host, claim) });
  }

  /** Taken, or taken away: the next address. */
  #claimChanged(host: Host, { state }: AddressClaim): void {
    const { counters } = this.#segment;
    if (state === "conflict") counters.taken++;
    else if (state === "lost") counters.conflicts++;
    else return;
    this.#address = this.#segment.drawAddress();
    this.#claim(host);
  }

  /** Gone, to come back later: as it was, with another address, with another card, or both. */
  #leave(): void {
    const segment = this.#segment;
    segment.counters.left++;
    this.#close();
    const dice = segment.below(100);
    if (dice < 60) segment.counters.changed++;
    if (dice < 40) this.#address = segment.drawAddress();
    if (dice >= 30 && dice < 60) this.#dropLink();
    this.#later(segment.exponential(AWAY_MS), () => this.#join());
  }

  #close(): void {
    this.#life++;
    this.#socket?.close();
    this.#host?.close();
    this.#socket = null;
    this.#host = null;
    if (this.#link !== null) this.#segment.setUp(this.#link, false);
  }

  /** Gives its address up if somebody else speaks as it; one of the two stays. */
  #look(): void {
    const segment = this.#segment;
    const conflicts = this.#host?.stats().drops["arp-conflict"] ?? 0;
    if (conflicts > this.#conflictsSeen && segment.below(2) === 0) {
      segment.counters.conflicts++;
      this.#close();
      this.#address = segment.drawAddress();
      this.#later(1000, () => this.#join());
      return;
    }
    this.#conflictsSeen = conflicts;
    this.#later(LOOK_MS, () => this.#look());
  }

  /** Asks some other station a few times, whether it is there or not. */
  #talk(): void {
    const to = this.#segment.otherThan(this.#index);
    const ask = (left: number) => {
      this.#ask(to.address);
      if (left > 1) this.#later(INTERVAL_MS, () => ask(left - 1));
      else this.#later(this.#segment.exponential(QUIET_MS), () => this.#talk());
    };
    ask(REQUESTS);
  }

  #ask(dst: number): void {
    const seq = this.#seq;
    this.#seq = (seq + 1) & 0xffff;
    this.#data.fill((seq * 31 + this.#index) & 0xff);
    if (this.#socket === null || !isSent(this.#socket.send(dst, seq, this.#data))) return;
    this.#segment.counters.pings++;
    this.#asked[seq % WINDOW] = seq + 1;
  }

  #answered(seq: number, buf: Uint8Array, off: number, length: number): void {
    const { counters } = this.#segment;
    const expected = (seq * 31 + this.#index) & 0xff;
    let isRight = length === DATA_LENGTH;
    for (let i = 0; i < length; i++) if (buf[off + i] !== expected) isRight = false;
    if (!isRight) counters.wrong++;
    else if (this.#asked[seq % WINDOW] === seq + 1) {
      this.#asked[seq % WINDOW] = -(seq + 1);
      counters.answered++;
    } else counters.duplicates++;
  }

  #plugIn(): ImpairedLink {
    this.#link = this.#segment.plugIn();
    return this.#link;
  }

  #dropLink(): void {
    if (this.#link === null) return;
    this.#segment.unplug(this.#link);
    this.#link = null;
  }

  /** Does something after a while, unless the station has left by then. */
  #later(ms: number, what: () => void): void {
    const life = this.#life;
    this.#segment.clock.setTimer(ms, () => {
      if (this.#life === life) what();
    });
  }
}
