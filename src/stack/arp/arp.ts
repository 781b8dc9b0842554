/** ARP for one host: answers for its addresses, learns from what passes, asks (RFC 826, RFC 1122 2.3.2, RFC 5227). */
import * as arp from "../../../packets/arp.ts";
import { EtherType } from "../../../packets/ethernet.ts";
import { Fault } from "../../../packets/fault.ts";
import * as ipv4 from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import type { ConflictKind } from "../claim/acd-options.ts";
import type { Core } from "../core.ts";
import { ACCEPTED, Drop, type Verdict } from "../drop.ts";
import type { NeighbourCache } from "../neighbour/neighbour.ts";
import { ProxyArp } from "./proxy-arp.ts";

/** What an ARP packet sent by hand says. */
export interface ArpRequest {
  readonly target: number;
  /** Sender's address; the host's own for the target unless given. 0 makes a probe. */
  readonly source?: number;
  /** The station to ask; all unless given. */
  readonly to?: Uint8Array;
  readonly operation?: 1 | 2;
  /** Which of several it is, from 1; told to observers alone. */
  readonly attempt?: number;
}

/** Who is told of packets that bear on an address being claimed (RFC 5227): see acd.ts. `high`, `low`: the sender's MAC. */
export interface ArpWatcher {
  /** Another station speaks as `ip`. @returns false if that address is not claimed. */
  spokenFrom(ip: number, kind: ConflictKind, high: number, low: number): boolean;
  /** Another station probes for `ip`. @returns true if that is a conflict. */
  probedFor(ip: number, high: number, low: number): boolean;
  /** True if `ip` is claimed, or was got by a claim. */
  isClaimed(ip: number): boolean;
}

export class ArpHandler {
  readonly #core: Core;
  readonly #neighbours: NeighbourCache;
  readonly #proxy: ProxyArp;
  #unlisten: (() => void) | null = null;
  /** Null while no address was ever claimed. */
  watcher: ArpWatcher | null = null;
  /** Claimed addresses that are being probed for. */
  tentative = 0;
  #requests = 0;
  #answered = 0;

  constructor(core: Core, neighbours: NeighbourCache) {
    this.#core = core;
    this.#neighbours = neighbours;
    this.#proxy = new ProxyArp(
      core,
      (target, sender, high, low) => this.#reply(target, sender, high, low, true),
      (ip) => this.watcher?.isClaimed(ip) === true,
    );
  }

  /** Packets sent that were no answers. */
  get sent(): number {
    return this.#requests;
  }

  get answered(): number {
    return this.#answered;
  }

  /** Takes in the ARP packet in the frame being handled: RFC 826's "packet reception", the operation looked at last. */
  input(): Verdict {
    const core = this.#core;
    const { buf, cursor, network: off, end } = core.received;
    const fault = cursor.checkArp(off, end);
    if (fault !== Fault.None) return fault === Fault.Truncated ? Drop.ArpTruncated : Drop.ArpFormat;
    const sha = off + arp.SHA;
    if (mac.isMulticast(buf, sha) || mac.isZero(buf, sha)) return Drop.ArpSenderMac;
    const sender = cursor.arpSenderIp(off);
    const operation = cursor.arpOperation(off);
    const isReply = operation === arp.Operation.Reply;
    // 0.0.0.0 is a probe's sender (RFC 5227): it is answered, and never learnt.
    const isHost = ipv4.isUnicast(sender) && !core.identity.isBroadcast(sender);
    if (!isHost && (sender !== 0 || isReply)) return Drop.ArpSenderIp;
    if (!isReply && operation !== arp.Operation.Request) return Drop.ArpOperation;
    if (core.identity.owns(sender)) return this.#conflict(sender);
    const target = cursor.arpTargetIp(off);
    const isOurs = core.identity.owns(target);
    if (!core.switches.isPlain || this.tentative > 0) return this.#inputSwitched(sender, target, isReply, isOurs);
    const learnt = sender !== 0 && this.#learn(sender, isReply, isOurs);
    if (isReply) return learnt ? ACCEPTED : Drop.ArpUnsolicited;
    if (!isOurs) return Drop.ArpNotForUs;
    return core.answer.arp ? this.#answer(target, sender) : Drop.ArpOff;
  }

  /** The same where Linux's switches have a say, or an address is being claimed: apart, so that the usual way stays short. */
  #inputSwitched(sender: number, target: number, isReply: boolean, isOurs: boolean): Verdict {
    const { switches, answer, received } = this.#core;
    const contests = this.tentative > 0 && this.#contests(sender);
    const verdict = switches.check(sender, target, isOurs && !isReply);
    if (verdict !== ACCEPTED) return verdict;
    const isProxied = switches.isProxy && !isOurs && !isReply && this.#proxy.covers(sender, target);
    const learnt = sender !== 0 && this.#learnSwitched(sender, isReply, isOurs || isProxied);
    if (isReply) return learnt || contests ? ACCEPTED : Drop.ArpUnsolicited;
    if (!isOurs && !isProxied) return contests ? ACCEPTED : Drop.ArpNotForUs;
    if (!answer.arp) return Drop.ArpOff;
    if (!isProxied) return this.#answer(target, sender);
    const { cursor, network: off } = received;
    return this.#proxy.answer(target, sender, cursor.arpSenderMacHigh(off), cursor.arpSenderMacLow(off));
  }

  /** @returns true if the cache has the sender now as the packet says. */
  #learn(sender: number, isReply: boolean, isOurs: boolean): boolean {
    const { buf, network: off, isGroup } = this.#core.received;
    const isGratuitous = arp.isGratuitous(buf, off);
    // A reply sent to us alone confirms; what was shouted to all does not (RFC 4861, 7.3.3, as Linux applies it).
    // Replies from link-local addresses are shouted always (RFC 3927, 2.5).
    const confirms = isReply && isOurs && (!isGroup || ipv4.isLinkLocal(sender));
    return this.#take(sender, isReply, isGratuitous, isOurs && !isReply, confirms, isGratuitous);
  }

  /** @param isOurs it is ours to answer. */
  #learnSwitched(sender: number, isReply: boolean, isOurs: boolean): boolean {
    const { received, switches } = this.#core;
    const { buf, network: off, isGroup } = received;
    const { isLinux } = switches;
    const isStrict = !isLinux || !isReply || mac.equal(buf, off + arp.SHA, buf, off + arp.THA);
    const isGratuitous = arp.isGratuitous(buf, off) && isStrict;
    const confirms = isReply && (isOurs || isLinux) && (!isGroup || ipv4.isLinkLocal(sender));
    const isAsker = isOurs && !isReply;
    const insert = isAsker || switches.accepts(sender, isReply, isGratuitous);
    return this.#take(sender, isReply, isGratuitous, insert, confirms, isGratuitous || (isLinux && isAsker));
  }

  #take(
    sender: number,
    isReply: boolean,
    isGratuitous: boolean,
    insert: boolean,
    confirms: boolean,
    override: boolean,
  ): boolean {
    const core = this.#core;
    if (isGratuitous) {
      if (core.observers.listening) this.#reportGratuitous(sender);
      if (!this.#neighbours.options.acceptGratuitous) return false;
    }
    const { buf, network: off } = core.received;
    const high = mac.high16(buf, off + arp.SHA);
    const low = mac.low32(buf, off + arp.SHA);
    if (this.#neighbours.learn(sender, high, low, insert, confirms, override) < 0) return false;
    if (core.observers.listening)
      core.observers.emit({
        type: "neighbour-learnt",
        time: core.time(),
        ip: sender,
        mac: this.#senderMac(),
        from: isGratuitous ? "gratuitous" : isReply ? "reply" : "request",
      });
    return true;
  }

  #senderMac(): Uint8Array {
    const { buf, network } = this.#core.received;
    return buf.slice(network + arp.SHA, network + arp.SHA + mac.LENGTH);
  }

  #reportGratuitous(ip: number): void {
    const known = this.#neighbours.find(ip) >= 0;
    this.#core.observers.emit({ type: "gratuitous", time: this.#core.time(), ip, mac: this.#senderMac(), known });
  }

  /** Another station speaks as one of our addresses. Nothing is learnt and nothing is answered. */
  #conflict(ip: number): Verdict {
    const core = this.#core;
    if (this.#isFromUs()) return Drop.OwnMac;
    if (core.observers.listening)
      core.observers.emit({ type: "conflict", time: core.time(), ip, mac: this.#senderMac() });
    const { buf, network } = core.received;
    const high = mac.high16(buf, network + arp.SHA);
    this.watcher?.spokenFrom(ip, this.#kind(), high, mac.low32(buf, network + arp.SHA));
    return Drop.ArpConflict;
  }

  /** RFC 5227, 2.1.1: the packet speaks as an address that is being probed for, or is another host's probe for it. */
  #contests(sender: number): boolean {
    const { buf, network } = this.#core.received;
    if (this.watcher === null || this.#isFromUs()) return false;
    const high = mac.high16(buf, network + arp.SHA);
    const low = mac.low32(buf, network + arp.SHA);
    if (sender !== 0) return this.watcher.spokenFrom(sender, this.#kind(), high, low);
    return this.watcher.probedFor(arp.targetIp(buf, network), high, low);
  }

  /** True if the packet's sender is an interface of ours: it was sent back to us, or went from one to the other. */
  #isFromUs(): boolean {
    const { received, identity, forwarding } = this.#core;
    const sha = received.network + arp.SHA;
    if (mac.equal(received.buf, sha, identity.mac, 0)) return true;
    if (forwarding === null) return false;
    // No closure: it would be made for every packet of a flood.
    for (const { core } of forwarding.ports) if (mac.equal(received.buf, sha, core.identity.mac, 0)) return true;
    return false;
  }

  #kind(): ConflictKind {
    const { buf, network } = this.#core.received;
    if (arp.operation(buf, network) === arp.Operation.Reply) return "reply";
    return arp.isGratuitous(buf, network) ? "announcement" : "request";
  }

  /** Answers the request being handled. */
  #answer(target: number, sender: number): Verdict {
    const { cursor, network: off } = this.#core.received;
    return this.#reply(target, sender, cursor.arpSenderMacHigh(off), cursor.arpSenderMacLow(off), false);
  }

  #reply(target: number, sender: number, high: number, low: number, isProxy: boolean): Verdict {
    const core = this.#core;
    const { macHigh, macLow } = core.identity;
    const at = core.output.reserve(arp.LENGTH);
    if (at < 0) return Drop.TxFull;
    // RFC 3927, 2.5: so that whoever else has the address hears of it.
    const isForAll = ipv4.isLinkLocal(target);
    core.output.writeHeader(core.link.tx, at, isForAll ? 0xffff : high, isForAll ? -1 : low, EtherType.Arp);
    const out = at + core.output.headerLength;
    core.output.writer.arp(out, arp.Operation.Reply, macHigh, macLow, target, high, low, sender);
    core.output.commit(arp.LENGTH);
    this.#answered++;
    if (core.observers.listening)
      core.observers.emit({
        type: "arp-answered",
        time: core.time(),
        ip: target,
        to: sender,
        mac: macOf(high, low),
        ...(isProxy ? { proxy: true } : {}),
      });
    return ACCEPTED;
  }

  /** Asks for an address on the cache's behalf: everybody if `high` is -1. @param asker whose packet waits, or 0. */
  solicit(ip: number, attempt: number, high: number, low: number, asker: number): void {
    const source = this.#core.switches.source(ip, asker);
    // Without an address of ours it would be a probe, and the neighbour take it for a rival (RFC 5227, 2.1.1).
    if (source !== 0) this.#send(arp.Operation.Request, source, ip, high, low, attempt);
  }

  /** Sends an ARP packet by hand. @returns false if the link had no room for it. */
  send(request: ArpRequest): boolean {
    const source = request.source ?? this.#core.identity.sourceFor(request.target);
    const to = request.to;
    const high = to === undefined ? -1 : mac.high16(to, 0);
    const low = to === undefined ? -1 : mac.low32(to, 0);
    return this.#send(
      request.operation ?? arp.Operation.Request,
      source,
      request.target,
      high,
      low,
      request.attempt ?? 0,
    );
  }

  #send(operation: number, source: number, target: number, high: number, low: number, attempt: number): boolean {
    const core = this.#core;
    const at = core.output.reserve(arp.LENGTH);
    if (at < 0) return false;
    const tx = core.link.tx;
    const isBroadcast = high < 0;
    const isForAll = isBroadcast || ipv4.isLinkLocal(source);
    core.output.writeHeader(tx, at, isForAll ? 0xffff : high, isForAll ? -1 : low, EtherType.Arp);
    const out = at + core.output.headerLength;
    const { macHigh, macLow } = core.identity;
    // Unknown: zero (RFC 5227, 2.1.1). A gratuitous reply repeats the sender (RFC 2002, 4.6).
    const isReply = operation === arp.Operation.Reply;
    const isEmpty = isBroadcast || core.switches.isLinux;
    const thaHigh = isReply ? macHigh : isEmpty ? 0 : high;
    const thaLow = isReply ? macLow : isEmpty ? 0 : low;
    core.output.writer.arp(out, operation, macHigh, macLow, source, thaHigh, thaLow, target);
    const purpose = core.observers.listening ? arp.purpose(tx, out) : "request";
    core.output.commit(arp.LENGTH);
    this.#requests++;
    if (core.observers.listening) this.#reportSent(target, attempt, purpose, high, low);
    return true;
  }

  #reportSent(ip: number, attempt: number, purpose: arp.Purpose, high: number, low: number): void {
    const to = high < 0 ? null : macOf(high, low);
    const known = purpose === "probe" || purpose === "announcement" || purpose === "gratuitous-reply";
    this.#core.observers.emit({
      type: "arp-request-sent",
      time: this.#core.time(),
      ip,
      attempt,
      to,
      purpose: known ? purpose : "request",
    });
  }

  /** The interface is up, with its addresses. */
  start(): void {
    this.watch();
    this.#notify();
  }

  /** Heeds what happens to the link, once a switch asks for it. */
  watch(): void {
    const { link, switches } = this.#core;
    const { arpNotify, arpEvictNocarrier } = switches.options;
    if (this.#unlisten !== null || !(arpNotify || arpEvictNocarrier)) return;
    this.#unlisten = link.onEvent(({ type }) => {
      if (type === "up") this.#notify();
      else if (type === "down" && switches.options.arpEvictNocarrier) this.#neighbours.clear();
    });
  }

  close(): void {
    this.#proxy.close();
    this.#unlisten?.();
  }

  /** Linux: inetdev_send_gratuitous_arp. */
  #notify(): void {
    const { identity, switches } = this.#core;
    if (!switches.options.arpNotify) return;
    // What was claimed is tested first (RFC 5227, 2.1), and announced after.
    for (const { address } of identity.prefixes)
      if (this.watcher?.isClaimed(address) !== true) this.send({ target: address, source: address });
  }
}

function macOf(high: number, low: number): Uint8Array {
  const address = new Uint8Array(mac.LENGTH);
  mac.set(address, 0, high, low);
  return address;
}
