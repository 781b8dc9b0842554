/** Echo over a userland host: our ARP, our ICMP. */
import { Type } from "../../../packets/icmp-types.ts";
import * as ipv4 from "../../../packets/ipv4-address.ts";
import type { Host } from "../../stack/host.ts";
import type { EchoReply } from "../../stack/icmp/echo.ts";
import type { EchoSocket } from "../../stack/icmp/echo-socket.ts";
import { NO_OPTIONS, type SendOptions } from "../../stack/ipv4/ipv4-output.ts";
import { isSent, SendResult, sendResultText } from "../../stack/send-result.ts";
import {
  type EchoTransport,
  errorText,
  type SendError,
  type TransportHandler,
  type TransportReply,
} from "./transport.ts";

export interface HostTransportOptions extends SendOptions {
  /** Where to, a signed 32-bit integer. */
  readonly dst: number;
  /** Whether to go on when the interface is set down; it ends the run unless told. */
  readonly surviveDown?: boolean;
}

/** Why this host cannot ping that address at all, in iputils' words; null if it can. */
export function whyNot(host: Host, dst: number, allowBroadcast = false): string | null {
  if (host.identity.owns(dst)) return `${ipv4.format(dst)} is the asking host's own address`;
  if (host.identity.isBroadcast(dst)) {
    if (allowBroadcast) return null;
    return "Do you want to ping broadcast? Then -b. If not, check your local firewall rules";
  }
  if (!ipv4.isMulticast(dst) && host.routes.nextHop(dst) === 0) return "connect: Network is unreachable";
  return null;
}

class ReplyView implements TransportReply {
  seq = 0;
  ttl = 0;
  length = 0;
  rttNs = 0;
  buffer: Uint8Array = new Uint8Array(0);
  dataOffset = 0;
  options: Uint8Array = NO_OPTIONS;
  source = 0;

  from(): string {
    return ipv4.format(this.source);
  }
}

/** Pings through a host. The host stays its owner's: `close` leaves it open. */
export class HostTransport implements EchoTransport {
  readonly #host: Host;
  readonly #options: HostTransportOptions;
  readonly #socket: EchoSocket;
  /** When each sequence number was sent, in ns on the link's clock, which stamps the replies too. */
  readonly #sentAt = new Float64Array(0x10000);
  readonly #view = new ReplyView();
  #handler: TransportHandler | null = null;
  #unlisten: () => void = () => {};

  constructor(host: Host, options: HostTransportOptions) {
    this.#host = host;
    this.#options = options;
    this.#socket = host.openEcho({
      onReply: (reply) => this.#replied(reply),
      onError: (error) => {
        const { seq, from, icmpType, icmpCode, mtu, pointer } = error;
        const info = icmpType === Type.ParameterProblem ? pointer : mtu;
        this.#handler?.onError({ seq, from: ipv4.format(from), text: errorText(icmpType, icmpCode, info) });
      },
    });
  }

  get ident(): number {
    return this.#socket.id;
  }

  start(handler: TransportHandler): void {
    this.#handler = handler;
    const name = this.#host.link.name;
    this.#unlisten = this.#host.link.onEvent((event) => {
      if (event.type === "gone") handler.onEnd(`${name} is gone: deleted, or moved to another namespace`);
      else if (event.type === "error") handler.onEnd(`${name}: ${event.message}`);
      else if (event.type === "down" && this.#options.surviveDown !== true)
        handler.onEnd(`${name} is down, or its peer is`);
    });
  }

  send(seq: number, data: Uint8Array): SendError | null {
    const failedBefore = this.#host.failedSends;
    const { link } = this.#host;
    // Noted when the frame is built, just before it leaves: what happens before is no part of the round trip.
    this.#host.cork();
    const result = this.#socket.send(this.#options.dst, seq, data, this.#options);
    this.#sentAt[seq] = link.now();
    this.#host.uncork();
    if (!isSent(result)) {
      const isLocal = result === SendResult.TooLong;
      const text = sendResultText(
        result,
        this.#options.discovery === "probe" ? link.mtu : this.#host.mtuTo(this.#options.dst),
      );
      return { text: `${isLocal ? "local error" : "sendmsg"}: ${text}`, counts: isLocal };
    }
    if (this.#host.failedSends === failedBefore) return null;
    return { text: `sendmsg: ${systemErrorText(link.stats().lastTxError)}`, counts: false };
  }

  close(): void {
    this.#unlisten();
    this.#socket.close();
    this.#handler = null;
  }

  #replied(reply: EchoReply): void {
    if (this.#handler === null) return;
    const view = this.#view;
    view.seq = reply.seq;
    view.ttl = reply.ttl;
    view.length = reply.length;
    view.rttNs = reply.time - this.#sentAt[reply.seq]!;
    view.buffer = reply.buffer;
    view.dataOffset = reply.dataOffset;
    view.options = reply.options;
    view.source = reply.from;
    this.#handler.onReply(view);
  }
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENETDOWN: "Network is down",
  ENETUNREACH: "Network is unreachable",
  ENXIO: "No such device or address",
  ENODEV: "No such device",
  ENOBUFS: "No buffer space available",
  EMSGSIZE: "Message too long",
  EPERM: "Operation not permitted",
};

/** A system error's name in the C library's words. */
function systemErrorText(name: string): string {
  return SYSTEM_ERRORS[name] ?? name;
}
