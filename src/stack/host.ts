/**
 * A host of our own on a link: it has a MAC address and IPv4 addresses, resolves its neighbours, answers ARP and echo,
 * and asks. It sees nothing of the machine but the link, so that it runs alike on a packet socket and on a simulated wire.
 *
 * @example
 * const host = new Host(link, { addresses: ["10.0.0.1/24"] });
 * const reply = await host.echo("10.0.0.2");
 * console.log("rttNs" in reply ? `${reply.rttNs / 1e6} ms` : reply.error);
 * host.close();
 */
import { EtherType, SRC } from "../../packets/ethernet.ts";
import * as icmp from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as address from "../../packets/ipv4-address.ts";
import * as vlan from "../../packets/vlan.ts";
import type { FrameBatch, Link } from "../link/link.ts";
import { Direction } from "../link/link.ts";
import { ArpHandler, type ArpRequest } from "./arp.ts";
import { type Clock, realClock } from "./clock.ts";
import { type AnswerOptions, Core } from "./core.ts";
import { ACCEPTED, Drop, type Verdict } from "./drop.ts";
import type { EchoHandler } from "./echo.ts";
import { EchoSockets } from "./echo.ts";
import { type EchoOptions, type EchoResult, EchoSocket, echoOnce } from "./echo-socket.ts";
import { DEFAULT_TTL, IcmpHandler } from "./icmp.ts";
import { Identity, type IdentityOptions, readAddress } from "./identity.ts";
import { Ipv4Handler } from "./ipv4.ts";
import { NeighbourCache } from "./neighbour.ts";
import type { NeighbourOptions, NeighbourStats, NeighbourUser, NeighbourView } from "./neighbour-options.ts";
import type { Observer } from "./observer.ts";
import { type Random, systemRandom } from "./random.ts";
import { SendResult } from "./send-result.ts";

export interface HostOptions extends IdentityOptions {
  /** What the host answers; everything unless told. */
  readonly answer?: Partial<AnswerOptions>;
  readonly neighbours?: Partial<NeighbourOptions>;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly observer?: Observer;
}

/** Counters since the host was made. */
export interface HostStats {
  /** Frames that the link delivered. */
  readonly received: number;
  readonly arpAnswered: number;
  /** Requests, probes and announcements. */
  readonly arpSent: number;
  readonly echoAnswered: number;
  readonly echoSent: number;
  readonly echoReplies: number;
  /** Frames dropped, by reason's name; see `dropText`. */
  readonly drops: Readonly<Record<string, number>>;
  readonly txFailed: number;
  readonly neighbours: NeighbourStats;
}

/** The group bit of an address (the first byte's lowest) in its upper 16 bits. */
const GROUP = 0x0100;

export class Host {
  readonly link: Link;
  readonly clock: Clock;
  readonly identity: Identity;
  readonly #core: Core;
  readonly #neighbours: NeighbourCache;
  readonly #arp: ArpHandler;
  readonly #ipv4: Ipv4Handler;
  readonly #icmp: IcmpHandler;
  readonly #sockets: EchoSockets;
  readonly #detach: () => void;
  #received = 0;
  #echoSent = 0;
  #echoReplies = 0;
  #closed = false;

  /** @throws {RangeError} on an address, MAC, gateway or VLAN that is none. */
  constructor(link: Link, options: HostOptions) {
    const { answer, neighbours, clock = realClock, random = systemRandom, observer } = options;
    this.link = link;
    this.clock = clock;
    this.identity = new Identity(options);
    const core = new Core(link, clock, random, this.identity, { arp: true, echo: true, ...answer });
    this.#core = core;
    if (observer !== undefined) core.observers.add(observer);
    const frameSize = core.output.headerLength + link.mtu;
    this.#neighbours = new NeighbourCache(clock, random, this.#user(), frameSize, neighbours);
    this.#sockets = new EchoSockets(core);
    this.#arp = new ArpHandler(core, this.#neighbours);
    this.#icmp = new IcmpHandler(core, this.#neighbours, this.#sockets);
    this.#ipv4 = new Ipv4Handler(core, this.#icmp);
    this.#detach = link.onFrames((batch) => this.#input(batch));
  }

  /** The host's MAC address. */
  get mac(): Uint8Array {
    return this.identity.mac;
  }

  /** Frames that the link could not send so far: cheaper to look at than {@link stats}. */
  get failedSends(): number {
    return this.#core.output.failed;
  }

  /** Adds an observer. @returns a function that removes it. */
  observe(observer: Observer): () => void {
    return this.#core.observers.add(observer);
  }

  /**
   * A socket for echo requests of one's own.
   * @param id the identifier, 0 to 65,535; a free one at random unless given.
   */
  openEcho(handler: EchoHandler, id?: number): EchoSocket {
    const sockets = this.#sockets;
    const counting: EchoHandler = {
      onReply: (reply) => {
        this.#echoReplies++;
        handler.onReply(reply);
      },
      onError: (error) => handler.onError?.(error),
    };
    const used = id === undefined ? sockets.open(counting) : sockets.open(counting, id);
    return new EchoSocket(this, used, () => sockets.close(used));
  }

  /**
   * Sends one echo request and waits for what becomes of it. It never rejects.
   * @param dst text or a number; malformed text is an error in the result.
   */
  echo(dst: string | number, options: EchoOptions = {}): Promise<EchoResult> {
    return echoOnce(this, dst, options);
  }

  /**
   * Sends an echo request, or lets it wait until its way is resolved.
   * @param data what the receiver has to return, up to the MTU less 28 bytes.
   */
  sendEcho(dst: number, id: number, seq: number, data: Uint8Array, ttl: number = DEFAULT_TTL): SendResult {
    if (this.#closed) return SendResult.Closed;
    const length = ipv4.MIN_HEADER_LENGTH + icmp.HEADER_LENGTH + data.length;
    if (length > this.link.mtu) return SendResult.TooLong;
    if (this.identity.owns(dst)) return SendResult.OwnAddress;
    const isGroup = address.isMulticast(dst) || this.identity.isBroadcast(dst);
    const hop = isGroup ? dst : this.identity.nextHop(dst);
    if (hop === 0) return SendResult.NoRoute;
    const result = isGroup
      ? this.#sendGroup(dst, id, seq, data, ttl)
      : this.#sendThrough(hop, dst, id, seq, data, ttl, length);
    if (result !== SendResult.Sent && result !== SendResult.Waiting) return result;
    this.#echoSent++;
    const { observers } = this.#core;
    if (observers.listening)
      observers.emit({
        type: "echo-request-sent",
        time: this.#core.time(),
        to: dst,
        id,
        seq,
        length: length - ipv4.MIN_HEADER_LENGTH,
      });
    return result;
  }

  #sendThrough(
    hop: number,
    dst: number,
    id: number,
    seq: number,
    data: Uint8Array,
    ttl: number,
    length: number,
  ): SendResult {
    const cache = this.#neighbours;
    if (this.#core.observers.listening) this.#reportMiss(hop);
    this.#core.output.cork();
    const entry = cache.use(hop);
    let result: SendResult = SendResult.Waiting;
    if (entry < 0) result = SendResult.TableFull;
    else if (cache.usable(entry)) result = this.#sendNow(cache.high(entry), cache.low(entry), dst, id, seq, data, ttl);
    else {
      const at = cache.enqueue(entry, this.#core.output.headerLength + length);
      if (at < 0) result = SendResult.QueueFull;
      else this.#writeEcho(cache.queueBuffer, at, 0, 0, dst, id, seq, data, ttl);
      if (at >= 0 && this.#core.observers.listening)
        this.#core.observers.emit({
          type: "packet-queued",
          time: this.#core.time(),
          ip: hop,
          waiting: cache.waiting(entry),
        });
    }
    this.#core.output.uncork();
    return result;
  }

  #reportMiss(hop: number): void {
    this.#neighbours.touch();
    const entry = this.#neighbours.find(hop);
    if (entry < 0 || (!this.#neighbours.usable(entry) && this.#neighbours.waiting(entry) === 0))
      this.#core.observers.emit({ type: "arp-miss", time: this.#core.time(), ip: hop });
  }

  /** To a group (RFC 1112, 6.4: 01:00:5e and the address's lower 23 bits), or to everybody. */
  #sendGroup(dst: number, id: number, seq: number, data: Uint8Array, ttl: number): SendResult {
    if (!address.isMulticast(dst)) return this.#sendNow(0xffff, -1, dst, id, seq, data, ttl);
    return this.#sendNow(0x0100, 0x5e000000 | (dst & 0x7fffff), dst, id, seq, data, ttl);
  }

  #sendNow(high: number, low: number, dst: number, id: number, seq: number, data: Uint8Array, ttl: number): SendResult {
    const { output, link } = this.#core;
    const length = ipv4.MIN_HEADER_LENGTH + icmp.HEADER_LENGTH + data.length;
    const at = output.reserve(length);
    if (at < 0) return SendResult.LinkFull;
    this.#writeEcho(link.tx, at, high, low, dst, id, seq, data, ttl);
    output.commit(length);
    return SendResult.Sent;
  }

  #writeEcho(
    buf: Uint8Array,
    at: number,
    high: number,
    low: number,
    dst: number,
    id: number,
    seq: number,
    data: Uint8Array,
    ttl: number,
  ): void {
    const { output } = this.#core;
    output.writeHeader(buf, at, high, low, EtherType.Ipv4);
    const ip = at + output.headerLength;
    const length = ipv4.MIN_HEADER_LENGTH + icmp.HEADER_LENGTH + data.length;
    const source = this.identity.sourceFor(dst);
    // Linux's ping sets DF as well: path MTU discovery is on unless told otherwise.
    const flags = ipv4.Flag.DontFragment;
    ipv4.writeHeader(buf, ip, length, this.#icmp.nextIdentification(), flags, ttl, ipv4.Protocol.Icmp, source, dst);
    const message = ip + ipv4.MIN_HEADER_LENGTH;
    icmp.setType(buf, message, icmp.Type.EchoRequest);
    icmp.setCode(buf, message, 0);
    icmp.setIdentifier(buf, message, id);
    icmp.setSequence(buf, message, seq);
    buf.set(data, message + icmp.DATA);
    icmp.updateChecksum(buf, message, ip + length);
  }

  /**
   * Holds back what is sent until {@link uncork}, so that it leaves together; calls nest. Between the two, a packet is
   * built and not yet sent: the moment to note as its sending time.
   */
  cork(): void {
    this.#core.output.cork();
  }

  /** Sends what was held back. */
  uncork(): void {
    this.#core.output.uncork();
  }

  /** Sends an ARP packet by hand: a request for `target` unless told otherwise. @returns false if the link is full. */
  sendArp(request: ArpRequest): boolean {
    return !this.#closed && this.#arp.send(request);
  }

  /** Asks whether anybody uses `ip` (RFC 5227, 2.1.1), once. */
  probe(ip: string | number): boolean {
    return this.sendArp({ target: readAddress(ip), source: 0 });
  }

  /** Tells everybody where `ip` is (RFC 5227, 2.3), once: our first address unless given. */
  announce(ip: string | number = this.identity.sourceFor(0)): boolean {
    const target = readAddress(ip);
    return this.sendArp({ target, source: target });
  }

  /** The neighbour cache, for people. */
  neighbours(): NeighbourView[] {
    return this.#neighbours.list();
  }

  /** Sets a neighbour by hand, for good. @returns false if the table is full. */
  setNeighbour(ip: string | number, address: Uint8Array): boolean {
    return this.#neighbours.setPermanent(readAddress(ip), address);
  }

  /** Forgets a neighbour, or all but those set by hand. */
  forgetNeighbours(ip?: string | number): void {
    if (ip === undefined) this.#neighbours.clear();
    else this.#neighbours.remove(readAddress(ip));
  }

  stats(): HostStats {
    return {
      received: this.#received,
      arpAnswered: this.#arp.answered,
      arpSent: this.#arp.sent,
      echoAnswered: this.#icmp.answered,
      echoSent: this.#echoSent,
      echoReplies: this.#echoReplies,
      drops: this.#core.drops(),
      txFailed: this.#core.output.failed,
      neighbours: this.#neighbours.stats(),
    };
  }

  /** Leaves the link, which stays open: it is its owner's. */
  close(): void {
    this.#closed = true;
    this.#detach();
    this.#neighbours.close();
  }

  #input(batch: FrameBatch): void {
    const core = this.#core;
    const { received, output } = core;
    received.batch = batch;
    received.buf = batch.buffer;
    this.#neighbours.touch();
    output.cork();
    for (let i = 0; i < batch.count; i++) {
      received.index = i;
      received.frame = batch.offset[i]!;
      const verdict = this.#frame(batch.direction[i]!, received.frame + batch.length[i]!);
      if (verdict !== ACCEPTED) core.drop(verdict);
    }
    this.#received += batch.count;
    output.uncork();
    received.batch = null;
  }

  #frame(direction: number, end: number): Verdict {
    const { received, identity } = this.#core;
    const { buf, frame, cursor } = received;
    if (direction === Direction.Out) return Drop.Outgoing;
    const network = cursor.network(buf, frame, end);
    if (network < 0) return Drop.FrameMalformed;
    const high = cursor.u16(frame);
    const sourceHigh = cursor.u16(frame + SRC);
    const sourceLow = cursor.i32(frame + SRC + 2);
    received.isGroup = (high & GROUP) !== 0;
    if (received.isGroup) {
      if ((sourceHigh & GROUP) !== 0) return Drop.SourceMac;
    } else if (cursor.i32(frame + 2) !== identity.macLow || high !== identity.macHigh) return Drop.OtherMac;
    if ((sourceHigh & GROUP) !== 0 || (sourceHigh | sourceLow) === 0) return Drop.SourceMac;
    if (sourceLow === identity.macLow && sourceHigh === identity.macHigh) return Drop.OwnMac;
    if (!this.#isOurVlan()) return Drop.OtherVlan;
    received.network = network;
    received.end = cursor.networkEnd;
    if (cursor.etherType === EtherType.Ipv4) return this.#ipv4.input();
    if (cursor.etherType === EtherType.Arp) return this.#arp.input();
    return Drop.EtherType;
  }

  /** Untagged for a host in no VLAN, or with a tag that carries a priority alone (IEEE 802.1Q, 6.9.1); else our tag. */
  #isOurVlan(): boolean {
    const { cursor } = this.#core.received;
    const ours = this.identity.vlan;
    if (cursor.vlanCount === 0) return ours < 0;
    if (cursor.vlanCount > 1 || cursor.vlanTpid(0) !== EtherType.Vlan) return false;
    const vid = vlan.tciVid(cursor.vlanTci(0));
    return vid === (ours < 0 ? vlan.VID_PRIORITY_ONLY : ours);
  }

  /** What the cache needs of the rest; its members are looked up late, since the cache is made before them. */
  #user(): NeighbourUser {
    const core = this.#core;
    return {
      solicit: (ip, attempt, high, low) => this.#arp.solicit(ip, attempt, high, low),
      transmit: (buf, off, length, high, low) => core.output.sendCopy(buf, off, length, high, low),
      failed: (ip, waiting) => {
        if (core.observers.listening)
          core.observers.emit({ type: "resolution-failed", time: core.time(), ip, waiting });
      },
      unreachable: (_ip, buf, off) => {
        const ip = off + core.output.headerLength;
        const { Type, UnreachableCode } = icmp;
        const source = ipv4.src(buf, ip);
        this.#sockets.fail(buf, ip, source, Type.DestinationUnreachable, UnreachableCode.Host, 0);
      },
      changed: (ip, from, to) => {
        if (core.observers.listening)
          core.observers.emit({ type: "neighbour-changed", time: core.time(), ip, from, to });
      },
    };
  }
}
