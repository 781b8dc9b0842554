/** Probes: UDP datagrams to ports where nobody listens, or echo requests, of which every router on the way kills some. */
import * as icmp from "../../../packets/icmp.ts";
import type { Host } from "../../stack/host.ts";
import type { SendOptions } from "../../stack/ipv4/ipv4-output.ts";
import type { SendResult } from "../../stack/send-result.ts";
import type { UdpHandler, UdpSocket } from "../../stack/udp.ts";
import { type CompleteOptions, HEADERS } from "./options.ts";

/** One probe, and what became of it. */
export interface Probe {
  sent: boolean;
  /** When it was sent, on the link's clock. */
  sentNs: number;
  /** The same on the injected clock, in ms. */
  sentMs: number;
  /** It was answered, or is not waited for any more. */
  done: boolean;
  /** Somebody answered. */
  answered: boolean;
  /** Who, a signed 32-bit integer. */
  from: number;
  /** Something came of it, an answer or an error of our own, after so many nanoseconds; else 0. */
  rttNs: number;
  /** Such as `!H`. */
  note: string;
  /** Largest datagram in bytes that passes, learnt on the way to this hop; 0 if nothing was. */
  mtu: number;
  /** It came to its end: the destination answered, or somebody said that it goes no further. */
  final: boolean;
  /** The destination itself answered. */
  reached: boolean;
}

export function newProbe(): Probe {
  return {
    sent: false,
    sentNs: 0,
    sentMs: 0,
    done: false,
    answered: false,
    from: 0,
    rttNs: 0,
    note: "",
    mtu: 0,
    final: false,
    reached: false,
  };
}

/** What came back for a probe. */
export interface Answer {
  /** Who answers, a signed 32-bit integer. */
  readonly from: number;
  /** Arrival in nanoseconds since the link's epoch. */
  readonly time: number;
  /** The ICMP error, or null if the destination answers as it would any other question. */
  readonly error: { readonly icmpType: number; readonly icmpCode: number; readonly mtu: number } | null;
}

/** @param index of the probe. */
export type Answered = (index: number, answer: Answer) => void;

export interface Prober {
  /** Sends probe `index`, of `length` bytes with its headers. */
  send(index: number, ttl: number, length: number): SendResult;
  close(): void;
}

/** True if the answer says that the destination was reached. */
export function isArrival({ from, error }: Answer, dst: number): boolean {
  if (from !== dst) return false;
  const { Type, UnreachableCode } = icmp;
  return error === null || (error.icmpType === Type.DestinationUnreachable && error.icmpCode === UnreachableCode.Port);
}

export function openProber(host: Host, options: CompleteOptions, answered: Answered): Prober {
  const { tos, dontFragment, length, method } = options;
  // What exceeds the link's MTU is fragmented by the sender unless it must not be: as traceroute does.
  const how = (ttl: number): SendOptions => ({ ttl, tos, discovery: dontFragment ? "probe" : "dont" });
  // traceroute's bytes: they count from the ICMP header's first, but from behind the UDP header.
  const data = Uint8Array.from({ length: length - HEADERS }, (_, i) => 0x40 + ((method === "icmp" ? i + 8 : i) & 0x3f));
  const payload = (bytes: number) => data.subarray(0, bytes - HEADERS);
  if (method === "icmp") return new EchoProber(host, options, answered, how, payload);
  return method === "udp"
    ? new PortProber(host, options, answered, how, payload)
    : new PortsProber(host, options, answered, how, payload);
}

type How = (ttl: number) => SendOptions;
type Payload = (length: number) => Uint8Array;

/** Which probe bears a number of 16 bits: each gets the next one, and a probe that is sent again another. */
class Numbers {
  readonly #probes = new Map<number, number>();
  #next: number;

  constructor(first: number) {
    this.#next = first;
  }

  give(index: number): number {
    const number = this.#next;
    this.#probes.set(number, index);
    this.#next = (number + 1) & 0xffff;
    return number;
  }

  /** @returns -1 for nobody's. */
  probe(number: number): number {
    return this.#probes.get(number) ?? -1;
  }
}

class EchoProber implements Prober {
  readonly #socket: ReturnType<Host["openEcho"]>;
  readonly #numbers: Numbers;
  readonly #dst: number;
  readonly #how: How;
  readonly #payload: Payload;

  constructor(host: Host, { dst, port }: CompleteOptions, answered: Answered, how: How, payload: Payload) {
    this.#dst = dst;
    this.#how = how;
    this.#payload = payload;
    const numbers = new Numbers(port);
    this.#numbers = numbers;
    this.#socket = host.openEcho({
      onReply: ({ seq, from, time }) => answered(numbers.probe(seq), { from, time, error: null }),
      onError: (error) => answered(numbers.probe(error.seq), { from: error.from, time: error.time, error }),
    });
  }

  send(index: number, ttl: number, length: number): SendResult {
    return this.#socket.send(this.#dst, this.#numbers.give(index), this.#payload(length), this.#how(ttl));
  }

  close(): void {
    this.#socket.close();
  }
}

/** One socket; each probe goes to the next port. */
class PortsProber implements Prober {
  readonly #socket: UdpSocket;
  readonly #numbers: Numbers;
  readonly #dst: number;
  readonly #how: How;
  readonly #payload: Payload;

  constructor(host: Host, options: CompleteOptions, answered: Answered, how: How, payload: Payload) {
    const { dst, port } = options;
    this.#dst = dst;
    this.#how = how;
    this.#payload = payload;
    const numbers = new Numbers(port);
    this.#numbers = numbers;
    this.#socket = host.openUdp(
      {
        onMessage: ({ from, fromPort, time }) => answered(numbers.probe(fromPort), { from, time, error: null }),
        onError: (error) => {
          if (error.to === dst) answered(numbers.probe(error.toPort), { from: error.from, time: error.time, error });
        },
      },
      sourceOf(options),
    );
  }

  send(index: number, ttl: number, length: number): SendResult {
    return this.#socket.send(this.#dst, this.#numbers.give(index), this.#payload(length), this.#how(ttl));
  }

  close(): void {
    this.#socket.close();
  }
}

/** One port; each probe comes from a socket of its own, or where they share one, goes alone. */
class PortProber implements Prober {
  readonly #sockets = new Map<number, UdpSocket>();
  readonly #host: Host;
  readonly #options: CompleteOptions;
  readonly #answered: Answered;
  readonly #how: How;
  readonly #payload: Payload;

  constructor(host: Host, options: CompleteOptions, answered: Answered, how: How, payload: Payload) {
    this.#host = host;
    this.#options = options;
    this.#answered = answered;
    this.#how = how;
    this.#payload = payload;
  }

  send(index: number, ttl: number, length: number): SendResult {
    const { dst, port, sourcePort } = this.#options;
    if (sourcePort !== 0) this.close();
    this.#sockets.get(index)?.close();
    const handler: UdpHandler = {
      onMessage: ({ from, fromPort, time }) => {
        if (fromPort === port) this.#end(index, { from, time, error: null });
      },
      onError: (error) => {
        if (error.to === dst && error.toPort === port) this.#end(index, { from: error.from, time: error.time, error });
      },
    };
    const socket = this.#host.openUdp(handler, sourceOf(this.#options));
    this.#sockets.set(index, socket);
    return socket.send(dst, port, this.#payload(length), this.#how(ttl));
  }

  #end(index: number, answer: Answer): void {
    this.#sockets.get(index)?.close();
    this.#sockets.delete(index);
    this.#answered(index, answer);
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }
}

function sourceOf({ sourcePort }: CompleteOptions): { port?: number } {
  return sourcePort === 0 ? {} : { port: sourcePort };
}
