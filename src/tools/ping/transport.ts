/**
 * What `ping` needs of whoever carries its echo requests: a userland host, or the kernel through a raw socket. It numbers,
 * times and reports; ping counts and prints.
 */
import { Type } from "../../../packets/icmp-types.ts";

/** An echo reply, in place: may be one object that is refilled for each, valid only until the handler returns. */
export interface TransportReply {
  /** 0 to 65,535. */
  readonly seq: number;
  /** Who answered, dotted decimal. Called only where it is printed. */
  from(): string;
  /** Time to live as received; -1 if unknown. */
  readonly ttl: number;
  /** Bytes of the ICMP message, its 8-byte header included. */
  readonly length: number;
  /** From the request's sending to the reply's arrival, on one clock, in nanoseconds. */
  readonly rttNs: number;
  /** Memory that holds the data that came back. */
  readonly buffer: Uint8Array;
  /** First byte of the data within `buffer`; `length` - 8 bytes follow. */
  readonly dataOffset: number;
  /** IPv4 options of the reply; empty if it has none, or nobody knows. */
  readonly options: Uint8Array;
}

/** An echo request that failed on its way. */
export interface TransportError {
  readonly seq: number;
  /** Who says so, dotted decimal. */
  readonly from: string;
  /** In iputils' words, see {@link errorText}. */
  readonly text: string;
}

export interface TransportHandler {
  onReply(reply: TransportReply): void;
  onError(error: TransportError): void;
  /** Nothing will come any more, for instance because the interface is gone: one line for the user. */
  onEnd(reason: string): void;
}

/** Why a request could not be sent. */
export interface SendError {
  /** Such as `local error: message too long, mtu=1500`. */
  readonly text: string;
  /** True if iputils counts it among the errors of the summary: what the kernel's error queue reports. */
  readonly counts: boolean;
}

export interface EchoTransport {
  /** The identifier in the messages, 0 to 65,535. */
  readonly ident: number;
  /** Begins to report. Called once, before the first `send`. */
  start(handler: TransportHandler): void;
  /**
   * Sends an echo request with this data.
   * @param seq 0 to 65,535.
   * @returns null if it is on its way.
   */
  send(seq: number, data: Uint8Array): SendError | null;
  /** Stops reporting, and gives back what it took. */
  close(): void;
}

const UNREACHABLE = [
  "Destination Net Unreachable",
  "Destination Host Unreachable",
  "Destination Protocol Unreachable",
  "Destination Port Unreachable",
  "Frag needed and DF set",
  "Source Route Failed",
  "Destination Net Unknown",
  "Destination Host Unknown",
  "Source Host Isolated",
  "Destination Net Prohibited",
  "Destination Host Prohibited",
  "Destination Net Unreachable for Type of Service",
  "Destination Host Unreachable for Type of Service",
  "Packet filtered",
  "Precedence Violation",
  "Precedence Cutoff",
];

/**
 * An ICMP error in iputils' words.
 * @param info the next hop's MTU in "fragmentation needed", the pointer in a parameter problem.
 */
export function errorText(type: number, code: number, info = 0): string {
  switch (type) {
    case Type.DestinationUnreachable:
      if (code === 4) return `Frag needed and DF set (mtu = ${info})`;
      return UNREACHABLE[code] ?? `Dest Unreachable, Bad Code: ${code}`;
    case Type.SourceQuench:
      return "Source Quench";
    case Type.TimeExceeded:
      if (code === 0) return "Time to live exceeded";
      return code === 1 ? "Frag reassembly time exceeded" : `Time exceeded, Bad Code: ${code}`;
    case Type.ParameterProblem:
      return `Parameter problem: pointer = ${info}`;
    default:
      return `Bad ICMP type: ${type}`;
  }
}
