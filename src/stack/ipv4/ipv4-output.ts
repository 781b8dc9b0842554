/**
 * Datagrams on their way out: the next hop found, its MAC address resolved or waited for, and what exceeds the path's MTU
 * sent in fragments (RFC 791, 3.2). A payload is copied once, into the frame that leaves or into the queue of its next hop.
 */

import { copyBytes } from "../../../packets/bytes.ts";
import { EtherType } from "../../../packets/ethernet.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as address from "../../../packets/ipv4-address.ts";
import * as options from "../../../packets/ipv4-options.ts";
import { MAX_OPTIONS_LENGTH, update } from "../../../packets/ipv4-route-options.ts";
import type { Core } from "../core.ts";
import type { NeighbourCache } from "../neighbour/neighbour.ts";
import type { Forwarding } from "../router/forwarding.ts";
import { SendResult } from "../send-result.ts";
import { OptionBuffer } from "./option-buffer.ts";
import type { PathMtu } from "./path-mtu.ts";

/** Time to live of what the host sends (IANA's recommendation, and Linux's default). */
export const DEFAULT_TTL = 64;
/** RFC 1112, 6.1: what goes to a group stays on the link unless told otherwise. */
const MULTICAST_TTL = 1;

export const NO_OPTIONS = new Uint8Array(0);

/**
 * Who fragments what exceeds the path's MTU (ip(7), IP_MTU_DISCOVER): `want`, the sender does, and forbids it to others
 * (DF) on what fits; `do`, nobody; `dont`, anybody; `probe`, nobody, and what routers said of the path is not heeded.
 */
export type MtuDiscovery = "want" | "do" | "dont" | "probe";

/** How a datagram is sent. */
export interface SendOptions {
  /** Time to live, 1 to 255; 64 unless given, 1 to a multicast group. */
  readonly ttl?: number | undefined;
  /** Differentiated services and congestion notification, 0 to 255. */
  readonly tos?: number | undefined;
  /** `want` unless given. */
  readonly discovery?: MtuDiscovery | undefined;
  /**
   * IPv4 options, see `ipv4-options.build`; our address and the time are written where they are wanted (RFC 1122, 3.2.1.8e).
   * With a source route the destination is its first hop.
   */
  readonly options?: Uint8Array | undefined;
}

export const NO_SEND_OPTIONS: SendOptions = {};

/** What a datagram's header says beside its lengths. One object can serve any number of datagrams. */
export class DatagramHeader {
  /** Addresses as signed 32-bit integers; a source of 0 is filled in by {@link Ipv4Output.send}. */
  src = 0;
  dst = 0;
  protocol = 0;
  ttl: number = DEFAULT_TTL;
  tos = 0;
  dontFragment = false;
  /** What is known of the path does not count, only the link's MTU. */
  ignorePathMtu = false;
  /** Whoever it goes to was named by somebody else: see `NeighbourCache.use`. */
  isForStranger = false;
  /** Options, padded to a multiple of 4 bytes, 40 at most. */
  options: Uint8Array = NO_OPTIONS;
}

export class Ipv4Output {
  readonly #core: Core;
  readonly #neighbours: NeighbourCache;
  readonly #pathMtu: PathMtu;
  #identification: number;
  #scratch: Uint8Array | null = null;
  #options: OptionBuffer | null = null;
  #fragmented = 0;
  /** True while a datagram is on its way out: what is told of meanwhile may make somebody send another one. */
  #isSending = false;

  constructor(core: Core, neighbours: NeighbourCache, pathMtu: PathMtu) {
    this.#core = core;
    this.#neighbours = neighbours;
    this.#pathMtu = pathMtu;
    this.#identification = core.random.uint32() & 0xffff;
  }

  /** Memory for one payload that is being put together, of the greatest length. What it holds is gone with the next send. */
  get scratch(): Uint8Array {
    const { MAX_LENGTH, MIN_HEADER_LENGTH } = ipv4;
    if (this.#isSending) return new Uint8Array(MAX_LENGTH - MIN_HEADER_LENGTH);
    this.#scratch ??= new Uint8Array(MAX_LENGTH - MIN_HEADER_LENGTH);
    return this.#scratch;
  }

  /** The header to fill in: the sender's own, or another one while that is in use. */
  headerFor(own: DatagramHeader): DatagramHeader {
    if (!this.#isSending) return own;
    const header = new DatagramHeader();
    header.protocol = own.protocol;
    return header;
  }

  /** Datagrams that left in fragments. */
  get fragmented(): number {
    return this.#fragmented;
  }

  /** The next identification: one sequence for all destinations, so that none repeats before 65,536 datagrams. */
  nextIdentification(): number {
    this.#identification = (this.#identification + 1) & 0xffff;
    return this.#identification;
  }

  /** Largest datagram in bytes that reaches `dst` whole, as far as is known. */
  mtuTo(dst: number): number {
    const { link, forwarding } = this.#core;
    const known = this.#pathMtu.get(dst);
    return Math.min(forwarding === null ? link.mtu : this.#linkTo(dst, forwarding), known);
  }

  #linkTo(dst: number, { routes, ports }: Forwarding): number {
    const route = routes.lookup(dst);
    const { link } = (route === null ? undefined : ports[route.out]?.core) ?? this.#core;
    return link.mtu;
  }

  /**
   * Writes into the header what the options say of a datagram with `length` bytes of payload for `dst`.
   * @throws {RangeError} on a time to live that is none, or options that are too long.
   */
  prepare(header: DatagramHeader, dst: number, length: number, given: SendOptions): void {
    header.dst = dst;
    header.ttl = given.ttl ?? (address.isMulticast(dst) ? MULTICAST_TTL : DEFAULT_TTL);
    // RFC 1122, 3.2.1.7: a datagram is never sent with a time to live of 0.
    if (!(header.ttl >= 1 && header.ttl <= 255)) throw new RangeError(`time to live ${header.ttl} is none: 1 to 255`);
    header.tos = given.tos ?? 0;
    header.options = given.options === undefined ? NO_OPTIONS : this.#originate(header, given.options);
    const discovery = given.discovery ?? "want";
    const total = ipv4.MIN_HEADER_LENGTH + header.options.length + length;
    header.ignorePathMtu = discovery === "probe";
    header.dontFragment =
      discovery === "want"
        ? total <= this.mtuTo(dst) && this.#pathMtu.mayForbidFragments(dst)
        : discovery === "do" || discovery === "probe";
  }

  #originate({ src, dst }: DatagramHeader, given: Uint8Array): Uint8Array {
    const { length } = given;
    if (length > MAX_OPTIONS_LENGTH || length % 4 !== 0)
      throw new RangeError(`options take a multiple of 4 bytes up to ${MAX_OPTIONS_LENGTH}, not ${length}`);
    const core = this.#core;
    this.#options ??= new OptionBuffer();
    const buffer = this.#isSending ? new OptionBuffer() : this.#options;
    const { bytes } = buffer;
    bytes.set(given);
    update(bytes, 0, length, src === 0 ? core.sourceFor(dst) : src, core.timeOfDay(), core.identity, false);
    return buffer.view(length);
  }

  /**
   * Sends a datagram with `length` bytes of payload from `buf`, or lets it wait until its next hop is resolved.
   * @returns `TooLong` if it must not be fragmented and would have to be, or exceeds 65,535 bytes.
   */
  send(header: DatagramHeader, buf: Uint8Array, off: number, length: number): SendResult {
    const wasSending = this.#isSending;
    this.#isSending = true;
    const result = this.#send(header, buf, off, length);
    this.#isSending = wasSending;
    return result;
  }

  #send(header: DatagramHeader, buf: Uint8Array, off: number, length: number): SendResult {
    const { identity, routes, index, forwarding } = this.#core;
    const { dst } = header;
    if (identity.owns(dst)) return SendResult.OwnAddress;
    if (address.isMulticast(dst) || identity.isBroadcast(dst)) return this.#sendToAll(header, buf, off, length);
    // 0.0.0.0 goes to all at most: a host that asks for a neighbour without an address of its own would be probing.
    if (identity.prefixes.length === 0 && forwarding === null) return SendResult.NoAddress;
    // RFC 1122, 3.2.1.3: 0/8 and 127/8 are nobody's on a wire; and who had one of 240/4 we would not hear.
    const route = address.isUnicast(dst) ? routes.lookup(dst) : null;
    if (route === null) return SendResult.NoRoute;
    // RFC 3927, 2.6.2: a link-local destination is on the link, and no router's business.
    const hop = route.gateway === 0 || address.isLinkLocal(dst) ? dst : route.gateway;
    if (route.out === index) return this.#sendThrough(hop, header, buf, off, length);
    const other = forwarding?.ports[route.out]?.output;
    if (other === undefined) return SendResult.NoRoute;
    if (other.#core.identity.isBroadcast(dst)) return other.#sendToAll(header, buf, off, length);
    return other.#sendThrough(hop, header, buf, off, length);
  }

  #sendToAll(header: DatagramHeader, buf: Uint8Array, off: number, length: number): SendResult {
    const { dst } = header;
    // RFC 1112, 6.4: 01:00:5e and the address's lower 23 bits.
    if (address.isMulticast(dst)) return this.sendTo(0x0100, 0x5e000000 | (dst & 0x7fffff), header, buf, off, length);
    return this.sendTo(0xffff, -1, header, buf, off, length);
  }

  /** The same to a station whose MAC address the caller knows: an answer goes back to where the question came from. */
  sendTo(high: number, low: number, header: DatagramHeader, buf: Uint8Array, off: number, length: number): SendResult {
    const tooLong = this.#tooLong(header, length);
    return tooLong === SendResult.Sent ? this.#sendNow(high, low, header, buf, off, length) : tooLong;
  }

  #tooLong(header: DatagramHeader, length: number): SendResult {
    const total = ipv4.MIN_HEADER_LENGTH + header.options.length + length;
    if (total > ipv4.MAX_LENGTH) return SendResult.TooLong;
    return header.dontFragment && total > this.#mtuFor(header) ? SendResult.TooLong : SendResult.Sent;
  }

  #mtuFor(header: DatagramHeader): number {
    return header.ignorePathMtu ? this.#core.link.mtu : this.mtuTo(header.dst);
  }

  #sendThrough(hop: number, header: DatagramHeader, buf: Uint8Array, off: number, length: number): SendResult {
    const cache = this.#neighbours;
    const { observers, output } = this.#core;
    const tooLong = this.#tooLong(header, length);
    if (tooLong !== SendResult.Sent) return tooLong;
    if (observers.listening) this.#core.reportMiss(cache, hop);
    output.cork();
    const asker = this.#core.switches.namesAsker ? header.src || this.#core.sourceFor(header.dst) : 0;
    const entry = cache.use(hop, asker, !header.isForStranger);
    let result: SendResult = SendResult.Waiting;
    if (entry < 0) result = SendResult.TableFull;
    else if (cache.usable(entry)) result = this.#sendNow(cache.high(entry), cache.low(entry), header, buf, off, length);
    else {
      result = this.#pieces(entry, 0, 0, header, buf, off, length);
      if (result === SendResult.Waiting && observers.listening)
        observers.emit({ type: "packet-queued", time: this.#core.time(), ip: hop, waiting: cache.waiting(entry) });
    }
    output.uncork();
    return result;
  }

  #sendNow(
    high: number,
    low: number,
    header: DatagramHeader,
    buf: Uint8Array,
    off: number,
    length: number,
  ): SendResult {
    return this.#pieces(-1, high, low, header, buf, off, length);
  }

  /** The whole datagram, or its fragments, into the link's slots or (`entry` not -1) into a neighbour's queue. */
  #pieces(
    entry: number,
    high: number,
    low: number,
    header: DatagramHeader,
    buf: Uint8Array,
    off: number,
    length: number,
  ): SendResult {
    const id = this.nextIdentification();
    const first = ipv4.MIN_HEADER_LENGTH + header.options.length;
    const mtu = this.#mtuFor(header);
    if (first + length <= mtu)
      return this.#piece(entry, high, low, header, header.options, id, 0, false, buf, off, length);
    this.#fragmented++;
    const { output } = this.#core;
    output.cork();
    // RFC 791, 3.1: only options marked so are copied into the fragments after the first.
    const later = header.options.length === 0 ? NO_OPTIONS : options.copied(header.options);
    let result: SendResult = SendResult.Sent;
    for (let done = 0; done < length; ) {
      const carried = done === 0 ? header.options : later;
      // All but the last carry a multiple of 8 bytes.
      const room = (mtu - ipv4.MIN_HEADER_LENGTH - carried.length) & ~7;
      const size = Math.min(room, length - done);
      // RFC 791, 3.2: every link takes 68 bytes, which are a header and 8 bytes of data.
      if (size <= 0) return this.#tooNarrow();
      const more = done + size < length;
      result = this.#piece(entry, high, low, header, carried, id, done, more, buf, off + done, size);
      if (result !== SendResult.Sent && result !== SendResult.Waiting) break;
      done += size;
    }
    output.uncork();
    return result;
  }

  #tooNarrow(): SendResult {
    this.#core.output.uncork();
    return SendResult.TooLong;
  }

  #piece(
    entry: number,
    high: number,
    low: number,
    header: DatagramHeader,
    carried: Uint8Array,
    id: number,
    offset: number,
    more: boolean,
    buf: Uint8Array,
    off: number,
    length: number,
  ): SendResult {
    const { output, link } = this.#core;
    const total = ipv4.MIN_HEADER_LENGTH + carried.length + length;
    const queued = entry >= 0;
    const at = queued
      ? this.#neighbours.enqueue(entry, output.headerLength + total, !header.isForStranger)
      : output.reserve(total);
    if (at < 0) return queued ? SendResult.QueueFull : SendResult.LinkFull;
    const frame = queued ? this.#neighbours.queueBuffer : link.tx;
    output.writeHeader(frame, at, high, low, EtherType.Ipv4);
    const ip = at + output.headerLength;
    const src = header.src === 0 ? this.#core.sourceFor(header.dst) : header.src;
    const flags = header.dontFragment ? ipv4.Flag.DontFragment : 0;
    output.writer.ipv4(ip, total, id, flags, header.ttl, header.protocol, src, header.dst, header.tos);
    if (carried.length > 0 || more || offset > 0) {
      copyBytes(carried, 0, frame, ip + ipv4.MIN_HEADER_LENGTH, carried.length);
      ipv4.setHeaderLength(frame, ip, ipv4.MIN_HEADER_LENGTH + carried.length);
      ipv4.setFragment(frame, ip, more ? flags | ipv4.Flag.MoreFragments : flags, offset);
      ipv4.updateChecksum(frame, ip);
    }
    output.copy(buf, off, frame, ip + ipv4.MIN_HEADER_LENGTH + carried.length, length);
    if (queued) return SendResult.Waiting;
    output.commit(total);
    return SendResult.Sent;
  }
}
