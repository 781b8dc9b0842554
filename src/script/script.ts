/** A script, read: what it needs of the device under test, and its steps. */
import type { Prefix } from "../../packets/ipv4-address.ts";
import type { FrameSpec } from "./frame.ts";
import type { Operand, Pattern } from "./value.ts";

/** What a script can be run on. */
export const DEVICE_KINDS = ["simulated", "host", "kernel"] as const;
export type DeviceKind = (typeof DEVICE_KINDS)[number];

/** How much the RFC wants it (RFC 2119). */
export type Level = "MUST" | "MUST NOT" | "SHOULD" | "SHOULD NOT" | "MAY" | "";

export interface InterfaceSetup {
  /** `left` and `right` for a router's, `eth0` for a host's only one. */
  readonly name: string;
  readonly prefixes: readonly Prefix[];
  readonly mtu: number;
  /** 0 for none. */
  readonly vlan: number;
}

export interface Station {
  readonly ip: number;
  readonly mac: number;
  /** Names its variables, `$NAME` and `$NAME.mac`. */
  readonly name: string;
  readonly port: string;
}

export interface Route {
  readonly prefix: Prefix;
  readonly gateway: number;
}

export interface Setup {
  readonly interfaces: readonly InterfaceSetup[];
  readonly isRouter: boolean;
  readonly stations: readonly Station[];
  /** Unsigned; null for none. */
  readonly gateway: number | null;
  readonly routes: readonly Route[];
  /** By Linux's sysctl names. */
  readonly settings: ReadonlyMap<string, number>;
  /** The runner answers the device's ARP requests for the script's stations, and shows the script no ARP. */
  readonly isArpAnswered: boolean;
  /** Seconds by which a frame may come early or late on a real wire. */
  readonly tolerance: number;
}

/** When: seconds from the last event, or from the script's start. */
export interface When {
  readonly isRelative: boolean;
  readonly from: number;
  /** Equal to `from` unless a window is given; infinite if it is open. */
  readonly to: number;
}

/** A step that the device itself takes. */
export type HostAction =
  | {
      readonly kind: "ping";
      readonly to: Operand;
      readonly id: number;
      readonly seq: number;
      readonly data: number;
      readonly ttl: number | null;
      readonly discovery: "want" | "do" | "dont";
    }
  | { readonly kind: "udp-bind"; readonly port: number }
  | {
      readonly kind: "udp-send";
      readonly to: Operand;
      readonly port: number;
      /** 0 for any. */
      readonly from: number;
      readonly data: Pattern;
      readonly ttl: number | null;
      readonly discovery: "want" | "do" | "dont";
    }
  | { readonly kind: "address"; readonly prefix: Prefix; readonly isAdded: boolean }
  | { readonly kind: "claim"; readonly prefix: Prefix; readonly defence: Defence }
  | { readonly kind: "forget"; readonly ip: Operand | null }
  | { readonly kind: "neighbour"; readonly ip: Operand; readonly mac: Operand };

/** What the device does about whoever uses an address that it has claimed (RFC 5227, 2.4). */
export type Defence = "never" | "once" | "always";

/** How often a frame is expected. */
export interface Times {
  readonly min: number;
  readonly max: number;
}

/** What a socket of the device is expected to give. */
export type SocketWish =
  | { readonly kind: "data"; readonly data: Pattern; readonly from: Operand | null; readonly fromPort: number | null }
  | {
      readonly kind: "error";
      readonly type: number;
      readonly code: number | null;
      readonly mtu: number | null;
      readonly from: Operand | null;
    }
  | { readonly kind: "nothing" };

export type Step =
  | {
      readonly kind: "socket";
      readonly port: number;
      readonly wish: SocketWish;
      /** Seconds; null for the usual time. */
      readonly within: number | null;
    }
  | {
      readonly kind: "inject";
      readonly frame: FrameSpec;
      readonly times: number;
      readonly every: number;
      readonly save: string | null;
      readonly port: string | null;
    }
  | { readonly kind: "let"; readonly name: string; readonly frame: FrameSpec; readonly port: string | null }
  | {
      readonly kind: "expect";
      readonly frame: FrameSpec;
      readonly times: Times;
      readonly isOptional: boolean;
      /** Seconds; null for the usual one. */
      readonly within: number | null;
      readonly save: string | null;
      readonly port: string | null;
    }
  | {
      readonly kind: "any-order";
      readonly frames: readonly { readonly frame: FrameSpec; readonly line: number }[];
      readonly within: number | null;
      readonly port: string | null;
    }
  | {
      readonly kind: "nothing";
      readonly frame: FrameSpec | null;
      readonly seconds: number | null;
      readonly port: string | null;
    }
  | { readonly kind: "ignore"; readonly frame: FrameSpec }
  | { readonly kind: "wait" }
  | { readonly kind: "host"; readonly action: HostAction }
  /** What has become of a claim, in the word for its state. */
  | { readonly kind: "claim"; readonly ip: Operand; readonly states: readonly string[] }
  | {
      readonly kind: "entry";
      readonly ip: Operand;
      readonly mac: Operand | null;
      readonly states: readonly string[];
      readonly isAbsent: boolean;
    };

export interface TimedStep {
  readonly line: number;
  readonly text: string;
  readonly when: When | null;
  readonly step: Step;
  /** Only on these devices; null for all. */
  readonly only: readonly DeviceKind[] | null;
}

/** One test: a requirement, and the steps that show it kept. */
export interface Script {
  readonly file: string;
  readonly line: number;
  /** What the file's first line says as a comment, or its name. */
  readonly heading: string;
  /** The requirement's number, such as `2a`; empty if it has none. */
  readonly id: string;
  readonly level: Level;
  /** Such as `RFC 826, Packet Reception`; may be empty. */
  readonly source: string;
  readonly title: string;
  readonly setup: Setup;
  readonly steps: readonly TimedStep[];
  /** Devices on which it is known to fail, and why. */
  readonly differs: ReadonlyMap<DeviceKind, string>;
  /** Devices on which it cannot be run, and why. */
  readonly skipped: ReadonlyMap<DeviceKind, string>;
}

/** The frames that a step speaks of. */
export function framesOf(step: Step): readonly FrameSpec[] {
  if (step.kind === "any-order") return step.frames.map(({ frame }) => frame);
  return "frame" in step && step.frame !== null ? [step.frame] : [];
}
