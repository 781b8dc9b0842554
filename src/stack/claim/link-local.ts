/**
 * An address without anybody's help (RFC 3927): one of 169.254/16 is chosen at random and claimed; after a conflict the
 * next one is. The sequence follows from the MAC address, so that a host mostly gets the address that it had before.
 */
import type { Prefix } from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import type { Host } from "../host.ts";
import { between, type Random, seededRandom } from "../random.ts";
import type { ClaimOptions } from "./acd.ts";
import type { AddressClaim } from "./claim.ts";

/** 169.254.1.0 and 169.254.254.255: the first and the last 256 addresses are reserved (2.1). */
const FIRST = 0xa9fe0100;
const LAST = 0xa9fefeff;
const PREFIX_LENGTH = 16;

export interface LinkLocalOptions extends Omit<ClaimOptions, "defence"> {
  /** RFC 3927, 2.5, knows no defence for ever: an address like any other is not worth it. `once` unless given. */
  readonly defence?: "never" | "once";
  /** The address to try first, such as the one of the last time (2.1): a signed 32-bit integer. */
  readonly first?: number;
  /** Chooses the addresses; a sequence that follows from the host's MAC address unless given. */
  readonly choice?: Random;
}

/** Claims a link-local address on the host's interface, and another one whenever it is contested. */
export function claimLinkLocal(host: Host, options: LinkLocalOptions = {}): LinkLocalClaim {
  return new LinkLocalClaim(host, options);
}

/** Made by {@link claimLinkLocal}. */
export class LinkLocalClaim {
  readonly #host: Host;
  readonly #options: ClaimOptions;
  readonly #choice: Random;
  #claim: AddressClaim;
  #tried = 0;

  /** @throws {RangeError} on a first address that is not link-local, or on options that make no sense. */
  constructor(host: Host, { first, choice, onChange, ...options }: LinkLocalOptions) {
    this.#host = host;
    this.#choice = choice ?? seededRandom(seedOf(host.mac));
    this.#options = {
      ...options,
      onChange: (claim) => {
        onChange?.(claim);
        if (claim === this.#claim && (claim.state === "conflict" || claim.state === "lost"))
          this.#claim = this.#next(this.#draw());
      },
    };
    if (first !== undefined && !isSelectable(first))
      throw new RangeError("a link-local address to claim is one from 169.254.1.0 to 169.254.254.255");
    this.#claim = this.#next(first ?? this.#draw());
  }

  /** The claim to the address that is being tried, or that was got. */
  get claim(): AddressClaim {
    return this.#claim;
  }

  /** How many addresses have been tried, this one included. */
  get tried(): number {
    return this.#tried;
  }

  /** Gives the address back, and tries no other. */
  release(): void {
    this.#claim.release();
  }

  #next(address: number): AddressClaim {
    this.#tried++;
    const prefix: Prefix = { address, length: PREFIX_LENGTH };
    return this.#host.claim(prefix, this.#options);
  }

  /** One that is not this host's already: the one drawn, or the next after it. */
  #draw(): number {
    let address = Math.floor(between(this.#choice, FIRST, LAST + 1));
    while (this.#isTaken(address | 0)) address = address === LAST ? FIRST : address + 1;
    return address | 0;
  }

  #isTaken(address: number): boolean {
    return this.#host.identity.owns(address) || this.#host.claims().some(({ prefix }) => prefix.address === address);
  }
}

/** True for an address that may be selected (2.1). */
export function isSelectable(ip: number): boolean {
  return ip >>> 0 >= FIRST && ip >>> 0 <= LAST;
}

function seedOf(address: Uint8Array): number {
  // Golden ratio: neighbouring MAC addresses should not start neighbouring sequences.
  return Math.imul(mac.high16(address, 0), 0x9e3779b1) ^ mac.low32(address, 0);
}
