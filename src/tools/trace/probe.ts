/** Probes: UDP datagrams to ports where nobody listens, or echo requests, of which every router on the way kills some. */
import * as icmp from "../../../packets/icmp.ts";
import type { Host } from "../../stack/host.ts";
import type { SendOptions } from "../../stack/ipv4-output.ts";
import { isSent, sendResultText } from "../../stack/send-result.ts";
import { type CompleteOptions, HEADERS } from "./options.ts";
import { note } from "./print.ts";

/** One probe, and what became of it. */
export interface Probe {
  sent: boolean;
  /** When it was sent, on the link's clock. */
  sentNs: number;
  /** The same on the injected clock, in ms. */
  sentMs: number;
  /** It was answered, or is not waited for any more. */
  done: boolean;
  answered: boolean;
  /** Who answered, a signed 32-bit integer. */
  from: number;
  rttNs: number;
  /** Such as `!H`. */
  note: string;
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
    final: false,
    reached: false,
  };
}

/** Called for each answer. @param index of the probe. */
export type Answered = (
  index: number,
  from: number,
  time: number,
  note: string,
  final: boolean,
  reached: boolean,
) => void;

export interface Prober {
  /** Sends probe `index`. @returns an error for the user, or null. */
  send(index: number, ttl: number): string | null;
  close(): void;
}

const { Type, UnreachableCode } = icmp;

export function openProber(host: Host, options: CompleteOptions, answered: Answered): Prober {
  const { dst, port, tos, dontFragment, length } = options;
  // traceroute's bytes.
  const data = Uint8Array.from({ length: length - HEADERS }, (_, i) => 0x40 + (i & 0x3f));
  const failed = (index: number, from: number, time: number, type: number, code: number, mtu: number) => {
    const final = type !== Type.TimeExceeded || code !== icmp.TimeExceededCode.InTransit;
    const reached = from === dst && type === Type.DestinationUnreachable && code === UnreachableCode.Port;
    answered(index, from, time, note(type, code, mtu), final, reached);
  };
  // Only what the sender itself must fragment does it fragment, unless told not to: as traceroute does.
  const how = (ttl: number): SendOptions => ({ ttl, tos, discovery: dontFragment ? "probe" : "dont" });
  const sent = (result: ReturnType<Host["sendEcho"]>) =>
    isSent(result) ? null : sendResultText(result, host.link.mtu);
  if (options.echo) {
    const socket = host.openEcho({
      onReply: ({ seq, from, time }) => answered(index(seq), from, time, "", true, from === dst),
      onError: ({ seq, from, time, icmpType, icmpCode, mtu }) =>
        failed(index(seq), from, time, icmpType, icmpCode, mtu),
    });
    const index = (seq: number) => (seq - port) & 0xffff;
    return {
      send: (i, ttl) => sent(socket.send(dst, (port + i) & 0xffff, data, how(ttl))),
      close: () => socket.close(),
    };
  }
  const socket = host.openUdp({
    onMessage: ({ from, fromPort, time }) => answered(fromPort - port, from, time, "", true, from === dst),
    onError: ({ to, toPort, from, time, icmpType, icmpCode, mtu }) => {
      if (to === dst) failed(toPort - port, from, time, icmpType, icmpCode, mtu);
    },
  });
  return {
    send: (i, ttl) => sent(socket.send(dst, port + i, data, how(ttl))),
    close: () => socket.close(),
  };
}
