/** The device under test: a host or router that a script speaks to over wires, and can tell to do things. */
import type { Link } from "../link/link.ts";
import type { Clock } from "../stack/clock.ts";
import type { DeviceKind, Setup } from "./script.ts";

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

export interface DeviceUnderTest {
  readonly kind: DeviceKind;
  readonly clock: Clock;
  readonly ports: readonly DevicePort[];
  /** Runs a script to its end: where time is virtual, it passes only here. */
  drive<T>(run: Promise<T>): Promise<T>;
  /** Resolves when frames that have arrived were handed on. */
  settle(): Promise<void>;
  /** Sends one echo request. @returns a complaint, or nothing. */
  ping(request: PingRequest): string;
  /** Addresses are unsigned. */
  neighbour(ip: number): NeighbourSeen | null | Promise<NeighbourSeen | null>;
  setNeighbour(ip: number, mac: Uint8Array): void;
  /** All, or one. */
  forgetNeighbours(ip: number | null): void;
  close(): void;
}

/** This machine's kernel cannot be such a device: the script is skipped, and told why. */
export class Unsupported extends Error {
  override readonly name = "Unsupported";
}

/** Makes a device for one run of one script. */
export type OpenDevice = (setup: Setup) => DeviceUnderTest;
