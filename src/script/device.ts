/** The device under test: a host or router that a script speaks to over wires, and can tell to do things. */
import type { Prefix } from "../../packets/ipv4-address.ts";
import type { Link } from "../link/link.ts";
import type { Clock } from "../stack/clock.ts";
import type { Defence, DeviceKind, Setup } from "./script.ts";

/** One of the device's interfaces. */
export interface DevicePort {
  readonly name: string;
  /** The script's end of the wire. */
  readonly link: Link;
  /** The MAC address of the device's end. */
  readonly deviceMac: Uint8Array;
}

/** What the device knows of a neighbour. */
export interface NeighbourSeen {
  /** As 48 bits; null while unknown. */
  readonly mac: number | null;
  /** Linux's word, such as `STALE`. */
  readonly state: string;
}

export interface PingRequest {
  /** Unsigned. */
  readonly to: number;
  readonly id: number;
  readonly seq: number;
  readonly data: Uint8Array;
  readonly ttl: number | null;
  readonly discovery: "want" | "do" | "dont";
}

export interface UdpRequest {
  /** Unsigned. */
  readonly to: number;
  readonly port: number;
  readonly data: Uint8Array;
  readonly ttl: number | null;
  readonly discovery: "want" | "do" | "dont";
}

/** What a socket of the device gives its owner: a datagram, or an ICMP error about one that it sent. */
export type SocketEvent =
  | { readonly kind: "data"; readonly from: number; readonly fromPort: number; readonly data: Uint8Array }
  | {
      readonly kind: "error";
      readonly from: number;
      readonly type: number;
      readonly code: number;
      readonly mtu: number;
    };

/** A UDP socket on the device. */
export interface DeviceSocket {
  /** @returns a complaint, or nothing. */
  send(request: UdpRequest): string;
  /** The next that came, null if nothing did. */
  receive(): SocketEvent | null;
  close(): void;
}

/** What the device can be told. Addresses are unsigned. */
export interface Machine {
  /** Sends one echo request. @returns a complaint, or nothing. */
  ping(request: PingRequest): string;
  /** @param port 0 for any that is free. @throws {ScriptFault} if it is taken. */
  openUdp(port: number): DeviceSocket;
  addAddress(prefix: Prefix): void;
  removeAddress(prefix: Prefix): void;
  /** Claims an address as RFC 5227 has it. @throws {Unsupported} on a device that does not do so by itself. */
  claim(prefix: Prefix, defence: Defence): void;
  /** State of the last claim to an address, such as `probing`; null if there was none. */
  claimState(ip: number): string | null;
  neighbour(ip: number): NeighbourSeen | null | Promise<NeighbourSeen | null>;
  setNeighbour(ip: number, mac: Uint8Array): void;
  /** All, or one. */
  forgetNeighbours(ip: number | null): void;
}

export interface DeviceUnderTest {
  readonly kind: DeviceKind;
  readonly clock: Clock;
  readonly ports: readonly DevicePort[];
  readonly machine: Machine;
  /** Runs a script to its end: where time is virtual, it passes only here. */
  drive<T>(run: Promise<T>): Promise<T>;
  /** Resolves when frames that were sent just now have arrived, and were handed on. */
  settle(): Promise<void>;
  close(): void;
}

/** This machine's kernel cannot be such a device: the script is skipped, and told why. */
export class Unsupported extends Error {
  override readonly name = "Unsupported";
}

/** Makes a device for one run of one script. */
export type OpenDevice = (setup: Setup) => DeviceUnderTest;
