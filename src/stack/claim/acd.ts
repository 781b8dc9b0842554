/**
 * IPv4 Address Conflict Detection (RFC 5227) on one interface: the claims made on it, what the ARP packets that come in
 * mean to them, and how fast new ones may be made.
 */
import * as ipv4 from "../../../packets/ipv4-address.ts";
import { ZERO as NOBODY } from "../../../packets/mac.ts";
import type { ArpHandler, ArpWatcher } from "../arp/arp.ts";
import type { Core } from "../core.ts";
import type { NeighbourCache } from "../neighbour/neighbour.ts";
import { ACD_DEFAULTS, type AcdOptions, acdOptions, type ConflictKind, type Defence } from "./acd-options.ts";
import { AddressClaim, type ClaimUser } from "./claim.ts";

/** How an address is claimed. */
export interface ClaimOptions extends Partial<AcdOptions> {
  /** `once` unless given. */
  readonly defence?: Defence;
  /** As `AddressClaim.onChange`, from the first change on. */
  readonly onChange?: (claim: AddressClaim) => void;
}

/** Counters of one interface. */
export interface ClaimStats {
  /** Claims that have not ended. */
  readonly active: number;
  /** Conflicting packets, those that a defence was no longer due against included. */
  readonly conflicts: number;
  readonly defended: number;
  /** Addresses given up after they had been in use. */
  readonly lost: number;
}

export class AddressClaims implements ArpWatcher {
  readonly #core: Core;
  readonly #arp: ArpHandler;
  readonly #neighbours: NeighbourCache;
  readonly #options: AcdOptions;
  readonly #claims = new Map<number, AddressClaim>();
  /** Of all interfaces of the machine. */
  readonly #claimed: Set<number>;
  readonly #user: ClaimUser;
  readonly #unlisten: () => void;
  /** When the last claim was begun, or will be. */
  #lastStart = Number.NEGATIVE_INFINITY;
  #conflicts = 0;
  #defended = 0;
  #lost = 0;

  /** @throws {RangeError} on options that make no sense. */
  constructor(core: Core, arp: ArpHandler, neighbours: NeighbourCache, options: Partial<AcdOptions> = {}) {
    this.#core = core;
    this.#arp = arp;
    this.#neighbours = neighbours;
    this.#options = acdOptions(ACD_DEFAULTS, options);
    this.#claimed = core.forwarding?.claimed ?? new Set();
    this.#user = this.#claimUser();
    // 2.1: a host that was cut off tests its addresses again; it may be on another network.
    this.#unlisten = core.link.onEvent((event) => {
      if (event.type === "up") for (const claim of [...this.#claims.values()]) claim.restart();
    });
  }

  /**
   * Begins to claim an address.
   * @throws {RangeError} on an address that no host can have, that is ours already or being claimed, or on options that
   * make no sense.
   */
  claim(prefix: ipv4.Prefix, { defence = "once", onChange, ...given }: ClaimOptions): AddressClaim {
    const options = acdOptions(this.#options, given);
    const { address } = prefix;
    const text = ipv4.format(address);
    const isWhole = prefix.length < 31 && (ipv4.broadcast(prefix) === address || ipv4.network(prefix) === address);
    if (!ipv4.isUnicast(address) || isWhole || this.#core.identity.isAnyBroadcast(address))
      throw new RangeError(`${text} cannot be a host's address`);
    if (this.#core.identity.owns(address)) throw new RangeError(`${text} is this host's already`);
    if (this.#claimed.has(address)) throw new RangeError(`${text} is being claimed already`);
    const claim = new AddressClaim(this.#user, prefix, defence, options);
    this.#claims.set(address, claim);
    this.#claimed.add(address);
    if (onChange !== undefined) claim.onChange(onChange);
    claim.start(this.#delay(options));
    return claim;
  }

  /** 2.1.1: how long a new attempt has to wait for the one before it, in milliseconds. */
  #delay({ maxConflicts, rateLimitIntervalMs }: AcdOptions): number {
    const now = this.#core.clock.now();
    const due = this.#conflicts < maxConflicts ? now : Math.max(now, this.#lastStart + rateLimitIntervalMs);
    this.#lastStart = due;
    return due - now;
  }

  /** Those that have not ended. */
  list(): AddressClaim[] {
    return [...this.#claims.values()];
  }

  stats(): ClaimStats {
    return { active: this.#claims.size, conflicts: this.#conflicts, defended: this.#defended, lost: this.#lost };
  }

  spokenFrom(ip: number, kind: ConflictKind, high: number, low: number): boolean {
    const claim = this.#claims.get(ip);
    if (claim === undefined || !(claim.isTentative || claim.isUsable)) return false;
    this.#conflicts++;
    claim.conflict(kind, high, low);
    return true;
  }

  probedFor(ip: number, high: number, low: number): boolean {
    const claim = this.#claims.get(ip);
    // An address in use is answered for; that the other one probes for it is no conflict then.
    if (claim === undefined || !claim.isTentative) return false;
    this.#conflicts++;
    claim.conflict("probe", high, low);
    return true;
  }

  isClaimed(ip: number): boolean {
    return this.#claims.has(ip);
  }

  /** Gives everything back. */
  close(): void {
    this.#unlisten();
    for (const claim of [...this.#claims.values()]) claim.release();
  }

  #claimUser(): ClaimUser {
    const core = this.#core;
    const { observers } = core;
    return {
      clock: core.clock,
      random: core.random,
      send: (ip, isProbe, attempt) => {
        const failed = core.output.failed;
        const left = this.#arp.send({ target: ip, source: isProbe ? 0 : ip, attempt });
        return left && core.output.failed === failed;
      },
      acquire: (prefix) => core.identity.add(prefix, core.routes, core.index),
      abandon: (prefix) => {
        core.identity.remove(prefix.address, core.routes, core.index);
        this.#forgetWaiting();
      },
      changed: (claim, from) => {
        const { state, prefix } = claim;
        if (claim.hasEnded) {
          this.#claims.delete(prefix.address);
          this.#claimed.delete(prefix.address);
        }
        if (state === "lost") this.#lost++;
        this.#arp.tentative = this.#countTentative();
        if (!observers.listening) return;
        const ip = prefix.address;
        observers.emit({ type: "claim-changed", time: core.time(), ip, from, to: state });
      },
      waits: ({ prefix }, ms, step) => {
        if (observers.listening)
          observers.emit({ type: "claim-waits", time: core.time(), ip: prefix.address, ms, for: step });
      },
      answered: (claim, seen, response) => {
        if (response === "defended") this.#defended++;
        if (!observers.listening) return;
        const ip = claim.prefix.address;
        const mac = claim.rival ?? NOBODY;
        observers.emit({ type: "claim-conflict", time: core.time(), ip, mac, seen, response });
      },
    };
  }

  #countTentative(): number {
    let count = 0;
    for (const claim of this.#claims.values()) if (claim.isTentative) count++;
    return count;
  }

  /** What waits for a neighbour may speak as the address that is ours no more. */
  #forgetWaiting(): void {
    for (const { ip, waiting } of this.#neighbours.list()) if (waiting > 0) this.#neighbours.remove(ip);
  }
}
