/**
 * What the stack says of itself: what it does and why, as it happens. Events are built only while somebody listens, so
 * that an unobserved host allocates nothing for them. Addresses are signed 32-bit integers; MAC addresses are copies.
 */
import type { ClaimState, ClaimStep, ConflictKind, ConflictResponse } from "./claim/acd-options.ts";
import type { Drop } from "./drop.ts";

interface Event<T extends string> {
  readonly type: T;
  /** Nanoseconds since the link's epoch: the frame's arrival where one caused the event, else the present. */
  readonly time: number;
}

/** No MAC address is known for an address that a packet must go to: it will be asked for. */
export interface ArpMiss extends Event<"arp-miss"> {
  readonly ip: number;
}

/** A packet waits for an address to be resolved. */
export interface PacketQueued extends Event<"packet-queued"> {
  readonly ip: number;
  /** Packets that wait for it now. */
  readonly waiting: number;
}

export interface ArpRequestSent extends Event<"arp-request-sent"> {
  readonly ip: number;
  /** 1 for the first; 0 if it was sent by hand. */
  readonly attempt: number;
  /** The station asked, or null if all are. */
  readonly to: Uint8Array | null;
  readonly purpose: "request" | "probe" | "announcement" | "gratuitous-reply";
}

/** A MAC address was learnt, or changed. */
export interface NeighbourLearnt extends Event<"neighbour-learnt"> {
  readonly ip: number;
  readonly mac: Uint8Array;
  readonly from: "request" | "reply" | "gratuitous";
}

/** A neighbour's state changed; see `neighbourStateName`. */
export interface NeighbourChanged extends Event<"neighbour-changed"> {
  readonly ip: number;
  readonly from: number;
  readonly to: number;
}

/** Nobody answered for an address: `waiting` packets are given up. */
export interface ResolutionFailed extends Event<"resolution-failed"> {
  readonly ip: number;
  readonly waiting: number;
}

export interface ArpAnswered extends Event<"arp-answered"> {
  /** The address asked for. */
  readonly ip: number;
  /** Who asked; 0 if it was a probe. */
  readonly to: number;
  readonly mac: Uint8Array;
  /** Present if the address is another host's, whom we answered for. */
  readonly proxy?: true;
}

/** Somebody announced an address (RFC 5227). */
export interface Gratuitous extends Event<"gratuitous"> {
  readonly ip: number;
  readonly mac: Uint8Array;
  /** True if the cache had that address. */
  readonly known: boolean;
}

/** Somebody else uses an address of ours. */
export interface Conflict extends Event<"conflict"> {
  readonly ip: number;
  readonly mac: Uint8Array;
}

export interface EchoRequestSent extends Event<"echo-request-sent"> {
  readonly to: number;
  readonly id: number;
  readonly seq: number;
  /** Bytes of the ICMP message. */
  readonly length: number;
}

export interface EchoAnswered extends Event<"echo-answered"> {
  readonly from: number;
  /** Our address that was asked. */
  readonly to: number;
  readonly mac: Uint8Array;
  readonly id: number;
  readonly seq: number;
  /** Bytes of the ICMP message. */
  readonly length: number;
  readonly ttl: number;
}

export interface EchoReplied extends Event<"echo-reply"> {
  readonly from: number;
  readonly id: number;
  readonly seq: number;
  readonly length: number;
  readonly ttl: number;
}

/** An ICMP error about something we sent. */
export interface IcmpErrorReceived extends Event<"icmp-error"> {
  readonly from: number;
  readonly icmpType: number;
  readonly icmpCode: number;
  /** Where the packet that it quotes was going. */
  readonly about: number;
  /** The next hop's MTU, in "fragmentation needed"; else 0. */
  readonly mtu: number;
}

/** An ICMP error about something that came here. */
export interface IcmpErrorSent extends Event<"icmp-error-sent"> {
  readonly to: number;
  readonly icmpType: number;
  readonly icmpCode: number;
  /** Where the datagram that it quotes was going. */
  readonly about: number;
}

/** A router named a better first hop, and is believed. */
export interface Redirected extends Event<"redirected"> {
  readonly from: number;
  /** The destination that goes through `gateway` from now on. */
  readonly about: number;
  readonly gateway: number;
}

/** A router passed a datagram on. */
export interface Forwarded extends Event<"forwarded"> {
  readonly from: number;
  readonly to: number;
  /** Whom it was handed. */
  readonly hop: number;
  /** The interface's name. */
  readonly out: string;
  /** Time to live that is left. */
  readonly ttl: number;
}

/** An ICMP timestamp request was answered. */
export interface TimestampAnswered extends Event<"timestamp-answered"> {
  readonly from: number;
  /** Our address that was asked. */
  readonly to: number;
  readonly mac: Uint8Array;
  readonly id: number;
  readonly seq: number;
}

/** A router passes on a datagram that asks routers to look at it (RFC 2113): IGMP, RSVP. */
export interface RouterAlert extends Event<"router-alert"> {
  readonly from: number;
  readonly to: number;
  readonly protocol: number;
}

/** Fragments of a datagram had come, and the others not in time. */
export interface ReassemblyExpired extends Event<"reassembly-expired"> {}

export interface TxFailed extends Event<"tx-failed"> {
  readonly frames: number;
  /** Such as ENETDOWN. */
  readonly error: string;
}

export interface Dropped extends Event<"drop"> {
  readonly reason: Drop;
  /** Bytes of the frame. */
  readonly length: number;
  /** The frame's source, or null if there was not so much of it. */
  readonly mac: Uint8Array | null;
}

/** A claim to an address (RFC 5227) changed its state; see `ClaimState`. */
export interface ClaimChanged extends Event<"claim-changed"> {
  readonly ip: number;
  readonly from: ClaimState | "new";
  readonly to: ClaimState;
}

/** A claim waits. */
export interface ClaimWaits extends Event<"claim-waits"> {
  readonly ip: number;
  /** Milliseconds until the next step. */
  readonly ms: number;
  /** What that will be. */
  readonly for: ClaimStep;
}

/** Another station uses an address that is being claimed, or probes for it as well, or speaks as one that was claimed. */
export interface ClaimConflict extends Event<"claim-conflict"> {
  readonly ip: number;
  /** Who. */
  readonly mac: Uint8Array;
  /** How it showed. */
  readonly seen: ConflictKind;
  readonly response: ConflictResponse;
}

export type StackEvent =
  | ArpMiss
  | PacketQueued
  | ArpRequestSent
  | NeighbourLearnt
  | NeighbourChanged
  | ResolutionFailed
  | ArpAnswered
  | Gratuitous
  | Conflict
  | EchoRequestSent
  | EchoAnswered
  | EchoReplied
  | IcmpErrorReceived
  | IcmpErrorSent
  | Forwarded
  | Redirected
  | ReassemblyExpired
  | TxFailed
  | Dropped
  | RouterAlert
  | TimestampAnswered
  | ClaimChanged
  | ClaimWaits
  | ClaimConflict;

/** Is called while a frame is being handled: it should be quick, and must not throw. */
export type Observer = (event: StackEvent) => void;

/** The observers of one host. */
export class Observers {
  /** True if somebody listens: look here before building an event. */
  listening = false;
  #list: Observer[] = [];

  /** @returns a function that removes the observer. */
  add(observer: Observer): () => void {
    this.#list = [...this.#list, observer];
    this.listening = true;
    return () => {
      this.#list = this.#list.filter((other) => other !== observer);
      this.listening = this.#list.length > 0;
    };
  }

  emit(event: StackEvent): void {
    for (const observer of this.#list) observer(event);
  }
}
