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
import type { Prefix } from "../../packets/ipv4-address.ts";
import * as vlan from "../../packets/vlan.ts";
import type { FrameBatch, Link } from "../link/link.ts";
import { Direction } from "../link/link.ts";
import { ArpHandler, type ArpRequest } from "./arp/arp.ts";
import type { ArpOptions } from "./arp/arp-options.ts";
import { AddressClaims, type ClaimOptions } from "./claim/acd.ts";
import type { AcdOptions } from "./claim/acd-options.ts";
import type { AddressClaim } from "./claim/claim.ts";
import { type Clock, realClock } from "./clock.ts";
import { ANSWER_DEFAULTS, Core, type Membership } from "./core.ts";
import { ACCEPTED, Drop, type Verdict } from "./drop.ts";
import type { HostOptions, HostStats } from "./host-settings.ts";
import type { EchoHandler } from "./icmp/echo.ts";
import { EchoSockets } from "./icmp/echo.ts";
import { type EchoOptions, type EchoResult, EchoSocket, echoOnce } from "./icmp/echo-socket.ts";
import { IcmpHandler } from "./icmp/icmp.ts";
import { IcmpErrors, IcmpLimits } from "./icmp/icmp-errors.ts";
import { Identity, readAddress, readPrefix } from "./identity.ts";
import { Ipv4Handler } from "./ipv4/ipv4.ts";
import { DatagramHeader, Ipv4Output, NO_SEND_OPTIONS, type SendOptions } from "./ipv4/ipv4-output.ts";
import { PathMtu } from "./ipv4/path-mtu.ts";
import type { RouteTable } from "./ipv4/routes.ts";
import { NeighbourCache } from "./neighbour/neighbour.ts";
import type { NeighbourOptions, NeighbourUser, NeighbourView, SettableState } from "./neighbour/neighbour-options.ts";
import type { Observer } from "./observer.ts";
import { systemRandom } from "./random.ts";
import { Relay } from "./router/relay.ts";
import { SendResult } from "./send-result.ts";
import { type UdpHandler, type UdpOptions, type UdpSocket, UdpSockets } from "./udp.ts";

export type { HostOptions, HostStats } from "./host-settings.ts";

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
  readonly #udp: UdpSockets;
  readonly #output: Ipv4Output;
  readonly #errors: IcmpErrors;
  readonly #header = new DatagramHeader();
  readonly #detach: () => void;
  readonly #acd: Partial<AcdOptions> | undefined;
  #claims: AddressClaims | null = null;
  #received = 0;
  #echoSent = 0;
  #echoReplies = 0;
  #closed = false;

  /**
   * @param membership for an interface of a {@link Router}, which makes it.
   * @throws {RangeError} on an address, MAC, gateway or VLAN that is none.
   */
  constructor(link: Link, options: HostOptions, membership: Membership | null = null) {
    const { answer, neighbours, clock = realClock, random = systemRandom, observer, reassembly = {}, errors } = options;
    this.link = link;
    this.clock = clock;
    this.identity = new Identity(options, membership?.forwarding);
    const core = new Core(
      link,
      clock,
      random,
      this.identity,
      { ...ANSWER_DEFAULTS, ...answer },
      membership,
      options.arp,
    );
    this.#core = core;
    core.acceptSourceRoute = options.acceptSourceRoute ?? false;
    if (observer !== undefined) core.observers.add(observer);
    const frameSize = core.output.headerLength + link.mtu;
    this.#neighbours = new NeighbourCache(clock, random, this.#user(), frameSize, neighbours);
    this.#sockets = new EchoSockets(core);
    this.#arp = new ArpHandler(core, this.#neighbours);
    const pathMtu = membership?.forwarding.pathMtu ?? new PathMtu(clock);
    this.#output = new Ipv4Output(core, this.#neighbours, pathMtu);
    this.#errors = new IcmpErrors(core, this.#output, membership?.forwarding.limits ?? new IcmpLimits(clock, errors));
    this.#udp = new UdpSockets(core, this.#output, this.#errors);
    this.#icmp = new IcmpHandler(
      core,
      this.#neighbours,
      this.#output,
      pathMtu,
      this.#sockets,
      this.#udp,
      options.acceptRedirects ?? true,
      this.#errors,
    );
    this.#ipv4 = new Ipv4Handler(core, this.#icmp, this.#udp, this.#errors, reassembly);
    this.#header.protocol = ipv4.Protocol.Icmp;
    this.#acd = options.acd;
    membership?.forwarding.ports.push({
      core,
      neighbours: this.#neighbours,
      output: this.#output,
      errors: this.#errors,
      relay: new Relay(core, this.#neighbours),
    });
    this.#detach = link.onFrames((batch) => this.#input(batch));
    this.#arp.start();
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
   * Sends an echo request, or lets it wait until its way is resolved. What exceeds the path's MTU goes in fragments,
   * unless `discovery` forbids that.
   * @param data what the receiver has to return, up to 65,507 bytes.
   */
  sendEcho(dst: number, id: number, seq: number, data: Uint8Array, options: SendOptions = NO_SEND_OPTIONS): SendResult {
    if (this.#closed) return SendResult.Closed;
    const length = icmp.HEADER_LENGTH + data.length;
    if (length > ipv4.MAX_LENGTH - ipv4.MIN_HEADER_LENGTH) return SendResult.TooLong;
    const message = this.#output.scratch;
    message.set(data, icmp.DATA);
    icmp.setType(message, 0, icmp.Type.EchoRequest);
    icmp.setCode(message, 0, 0);
    icmp.setIdentifier(message, 0, id);
    icmp.setSequence(message, 0, seq);
    icmp.updateChecksum(message, 0, length);
    const header = this.#output.headerFor(this.#header);
    this.#output.prepare(header, dst, length, options);
    const result = this.#output.send(header, message, 0, length);
    if (result !== SendResult.Sent && result !== SendResult.Waiting) return result;
    this.#echoSent++;
    const { observers } = this.#core;
    if (observers.listening)
      observers.emit({ type: "echo-request-sent", time: this.#core.time(), to: dst, id, seq, length });
    return result;
  }

  /**
   * A UDP socket (RFC 768).
   * @throws {RangeError} on a port that is none or taken, or an address that is not the host's.
   */
  openUdp(handler: UdpHandler, options: UdpOptions = {}): UdpSocket {
    return this.#udp.open(handler, options);
  }

  /** Largest datagram in bytes that reaches `dst` whole, as far as is known (RFC 1191). */
  mtuTo(dst: number): number {
    return this.#output.mtuTo(dst);
  }

  /** Where datagrams go: to be read, and changed. */
  get routes(): RouteTable {
    return this.#core.routes;
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

  /** Linux's switches for ARP: may be changed at any time, by naming what is to change. */
  get arp(): ArpOptions {
    return this.#core.switches.options;
  }

  set arp(options: Partial<ArpOptions>) {
    this.#core.switches.set(options);
    this.#arp.watch();
  }

  /**
   * Claims an address as RFC 5227 has it: probes for it, and if nobody objects announces, uses and defends it. While it is
   * probed for, the host neither answers for it nor speaks as it. The claim ends with the host.
   * @param address text such as `10.0.0.2/24`, or parsed.
   * @throws {RangeError} on an address that is none, is ours or claimed already, or on options that make no sense.
   */
  claim(address: string | Prefix, options: ClaimOptions = {}): AddressClaim {
    if (this.#closed) throw new RangeError("the host is closed");
    const prefix = readPrefix(address);
    if (this.#claims === null) {
      this.#claims = new AddressClaims(this.#core, this.#arp, this.#neighbours, this.#acd);
      this.#arp.watcher = this.#claims;
    }
    return this.#claims.claim(prefix, options);
  }

  /** The claims that have not ended. */
  claims(): AddressClaim[] {
    return this.#claims?.list() ?? [];
  }

  /** What the neighbour cache was told. */
  get neighbourOptions(): NeighbourOptions {
    return this.#neighbours.options;
  }

  /** The neighbour cache, for people. */
  neighbours(): NeighbourView[] {
    return this.#neighbours.list();
  }

  /** Sets a neighbour by hand: for good, unless another state is given. @returns false if the table is full. */
  setNeighbour(ip: string | number, address: Uint8Array, state?: SettableState): boolean {
    return this.#neighbours.set(readAddress(ip), address, state);
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
      timestampsAnswered: this.#icmp.timesAnswered,
      echoSent: this.#echoSent,
      echoReplies: this.#echoReplies,
      drops: this.#core.drops(),
      txFailed: this.#core.output.failed,
      neighbours: this.#neighbours.stats(),
      udpSent: this.#udp.sent,
      udpReceived: this.#udp.delivered,
      fragmented: this.#output.fragmented,
      reassembly: this.#ipv4.reassembly(),
      errors: this.#errors.stats(),
      claims: this.#claims?.stats() ?? null,
    };
  }

  /** Leaves the link, which stays open: it is its owner's. */
  close(): void {
    this.#closed = true;
    this.#udp.shut();
    this.#detach();
    this.#neighbours.close();
    this.#arp.close();
    this.#ipv4.close();
    // Last, since it tells whoever made them.
    this.#claims?.close();
  }

  #input(batch: FrameBatch): void {
    const core = this.#core;
    const { received, output } = core;
    received.batch = batch;
    received.buf = batch.buffer;
    this.#neighbours.touch();
    output.cork();
    core.forwarding?.cork();
    // A handler may close the host: what comes after is not for it.
    for (let i = 0; i < batch.count && !this.#closed; i++) {
      received.index = i;
      received.frame = batch.offset[i]!;
      const verdict = this.#frame(batch.direction[i]!, received.frame + batch.length[i]!);
      if (verdict !== ACCEPTED) core.drop(verdict);
    }
    this.#received += batch.count;
    core.forwarding?.uncork();
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
      solicit: (ip, attempt, high, low, asker) => this.#arp.solicit(ip, attempt, high, low, asker),
      transmit: (buf, off, length, high, low) => core.output.sendCopy(buf, off, length, high, low),
      failed: (ip, waiting) => {
        core.routes.forgetRedirects(ip);
        if (core.observers.listening)
          core.observers.emit({ type: "resolution-failed", time: core.time(), ip, waiting });
      },
      unreachable: (_ip, buf, off) => {
        const ip = off + core.output.headerLength;
        const { Type, UnreachableCode } = icmp;
        const source = ipv4.src(buf, ip);
        const { DestinationUnreachable } = Type;
        if (!core.identity.owns(source)) {
          // A router tells the host whose datagram it could not deliver (RFC 1812, 4.3.3.1).
          const end = ip + ipv4.totalLength(buf, ip);
          this.#errors.send(DestinationUnreachable, UnreachableCode.Host, 0, buf, ip, end, false);
        } else if (!this.#sockets.fail(buf, ip, source, DestinationUnreachable, UnreachableCode.Host, 0))
          this.#udp.fail(buf, ip, source, DestinationUnreachable, UnreachableCode.Host, 0);
      },
      changed: (ip, from, to) => {
        if (core.observers.listening)
          core.observers.emit({ type: "neighbour-changed", time: core.time(), ip, from, to });
      },
    };
  }
}
