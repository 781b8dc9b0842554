/** ICMP errors that the host sends: about whom, how often, and what they quote (RFC 1122, 3.2.2; RFC 1812, 4.3.2). */
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as address from "../../../packets/ipv4-address.ts";
import * as options from "../../../packets/ipv4-options.ts";
import * as routeOptions from "../../../packets/ipv4-route-options.ts";
import type { Clock } from "../clock.ts";
import type { Core } from "../core.ts";
import { DatagramHeader, type Ipv4Output, NO_OPTIONS } from "../ipv4/ipv4-output.ts";
import { OptionBuffer } from "../ipv4/option-buffer.ts";
import { AddressBuckets, TokenBucket } from "../rate-limit.ts";
import { isSent } from "../send-result.ts";

export interface IcmpErrorOptions {
  /** Errors a second, and at once, to everybody together. Linux: icmp_msgs_per_sec 1000, icmp_msgs_burst 50. */
  readonly perSecond: number;
  readonly burst: number;
  /** Milliseconds between two errors to one address, after a burst of six; 0 for no such limit. Linux: icmp_ratelimit 1000. */
  readonly addressMs: number;
}

export const ICMP_ERROR_DEFAULTS: IcmpErrorOptions = { perSecond: 1000, burst: 50, addressMs: 1000 };

/** Linux, XRLIM_BURST_FACTOR. */
const ADDRESS_BURST = 6;
/** RFC 1812, 4.3.2.3: as much of the datagram as fits without the error exceeding 576 bytes. */
const QUOTED = ipv4.MIN_REASSEMBLY_LENGTH - ipv4.MIN_HEADER_LENGTH - icmp.HEADER_LENGTH;

const { Type } = icmp;
/** What asks, or answers; everything else is an error, or cannot be told from one. */
const QUERIES: ReadonlySet<number> = new Set([
  Type.EchoReply,
  Type.EchoRequest,
  Type.RouterAdvertisement,
  Type.RouterSolicitation,
  Type.TimestampRequest,
  Type.TimestampReply,
  Type.AddressMaskRequest,
  Type.AddressMaskReply,
]);

export interface IcmpErrorStats {
  readonly sent: number;
  /** Not sent, for they would have been too many. */
  readonly limited: number;
  /** Not sent, since nobody may be told of such a datagram. */
  readonly unsuitable: number;
  /** Not sent, since the way there had no room: the link, its neighbour table or what waits for a neighbour was full. */
  readonly failed: number;
}

/** How many errors may still be sent: one for all interfaces of a machine. */
export class IcmpLimits {
  readonly all: TokenBucket;
  readonly each: AddressBuckets;

  constructor(clock: Clock, options: Partial<IcmpErrorOptions> = {}) {
    const { perSecond, burst, addressMs } = { ...ICMP_ERROR_DEFAULTS, ...options };
    this.all = new TokenBucket(clock, perSecond, burst);
    const isLimited = addressMs > 0;
    this.each = new AddressBuckets(
      clock,
      isLimited ? 1000 / addressMs : 0,
      isLimited ? ADDRESS_BURST : Number.POSITIVE_INFINITY,
    );
  }
}

export class IcmpErrors {
  readonly #core: Core;
  readonly #output: Ipv4Output;
  readonly #limits: IcmpLimits;
  readonly #header = new DatagramHeader();
  #options: OptionBuffer | null = null;
  #sent = 0;
  #limited = 0;
  #unsuitable = 0;
  #failed = 0;

  constructor(core: Core, output: Ipv4Output, limits: IcmpLimits) {
    this.#core = core;
    this.#output = output;
    this.#limits = limits;
    this.#header.protocol = ipv4.Protocol.Icmp;
    // RFC 1812, 4.3.2.5: errors are sent with precedence 6.
    this.#header.tos = 0xc0;
    this.#header.isForStranger = true;
  }

  stats(): IcmpErrorStats {
    return { sent: this.#sent, limited: this.#limited, unsuitable: this.#unsuitable, failed: this.#failed };
  }

  /**
   * Tells the source of the datagram at `ip` in `buf` what became of it.
   * @param end the byte after what is there of it. @param word the error's second word: 0, an MTU, a gateway or a pointer.
   * @param isGroup true if it came in a broadcast or multicast frame.
   * @returns true if the error was sent.
   */
  send(type: number, code: number, word: number, buf: Uint8Array, ip: number, end: number, isGroup: boolean): boolean {
    if (!this.#core.answer.errors || isGroup || !this.#mayBeTold(buf, ip, end)) {
      this.#unsuitable++;
      return false;
    }
    const to = ipv4.src(buf, ip);
    // In this order, as in Linux: an address that asks too often takes nothing from the others.
    // Redirects are limited by whoever sends them; without "fragmentation needed" a sender gets nothing through at all.
    const isFree =
      type === Type.Redirect ||
      (type === Type.DestinationUnreachable && code === icmp.UnreachableCode.FragmentationNeeded);
    if ((!isFree && !this.#limits.each.take(to)) || !this.#limits.all.take()) {
      this.#limited++;
      return false;
    }
    const header = this.#header;
    header.dst = to;
    header.options = NO_OPTIONS;
    if (ipv4.headerLength(buf, ip) > ipv4.MIN_HEADER_LENGTH && type !== Type.ParameterProblem) this.#wayBack(buf, ip);
    const quoted = Math.min(QUOTED - header.options.length, end - ip, ipv4.totalLength(buf, ip));
    const message = this.#output.scratch;
    icmp.setType(message, 0, type);
    icmp.setCode(message, 0, code);
    icmp.setSecondWord(message, 0, word);
    message.set(buf.subarray(ip, ip + quoted), icmp.DATA);
    icmp.updateChecksum(message, 0, icmp.DATA + quoted);
    const { identity } = this.#core;
    const asked = ipv4.dst(buf, ip);
    header.src = identity.owns(asked) ? asked : 0;
    if (!isSent(this.#output.send(header, message, 0, icmp.DATA + quoted))) {
      this.#failed++;
      return false;
    }
    this.#sent++;
    const core = this.#core;
    if (core.observers.listening)
      core.observers.emit({
        type: "icmp-error-sent",
        time: core.time(),
        to,
        icmpType: type,
        icmpCode: code,
        about: asked,
      });
    return true;
  }

  /** RFC 1812, 4.3.2.6: an error goes back along a source route, as far as that was followed. */
  #wayBack(buf: Uint8Array, ip: number): void {
    if (!this.#core.acceptSourceRoute) return;
    const at = routeOptions.findSourceRoute(buf, options.start(ip), options.end(buf, ip));
    if (at < 0) return;
    this.#options ??= new OptionBuffer();
    const { bytes } = this.#options;
    const count = routeOptions.recorded(buf, at);
    const hop = count === 0 ? 0 : routeOptions.routeAddress(buf, at, count - 1);
    // The sender chose it: never everybody.
    if (!this.#core.identity.mayBeHost(hop)) return;
    let length = routeOptions.reverse(buf, at, ipv4.src(buf, ip), bytes, 0);
    if (length === 0) return;
    while ((length & 3) !== 0) bytes[length++] = options.OptionType.EndOfList;
    this.#header.options = this.#options.view(length);
    this.#header.dst = hop;
  }

  /** RFC 1122, 3.2.2: never about an error, a group, a fragment but the first, or a source that is no single host. */
  #mayBeTold(buf: Uint8Array, ip: number, end: number): boolean {
    const { identity } = this.#core;
    const src = ipv4.src(buf, ip);
    if (!address.isUnicast(src) || identity.isAnyBroadcast(src)) return false;
    const dst = ipv4.dst(buf, ip);
    if (address.isMulticast(dst) || identity.isAnyBroadcast(dst)) return false;
    if (ipv4.fragmentOffset(buf, ip) !== 0) return false;
    if (ipv4.protocol(buf, ip) !== ipv4.Protocol.Icmp) return true;
    const message = ipv4.payloadOffset(buf, ip);
    // Of ICMP only what asks may be told of: an error, or what cannot be told from one, never (RFC 1122, 3.2.2).
    return message < end && QUERIES.has(icmp.type(buf, message));
  }
}
