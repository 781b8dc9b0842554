/** Echo through the kernel's IP stack: it routes, does the ARP and builds the IP header; ours is the ICMP message alone. */
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import * as address from "../../../packets/ipv4-address.ts";
import type { IcmpSocket } from "../../link/raw-icmp.ts";
import { type EchoTransport, errorText, type SendError, type TransportHandler } from "./transport.ts";

export interface KernelTransportOptions {
  /** Where to, a signed 32-bit integer. */
  readonly dst: number;
  /** The identifier in the messages, 0 to 65,535: the process's own. */
  readonly ident: number;
  /** Nanoseconds on a steady clock; the socket gives no times of its own, so replies are timed when they are read. */
  now(): number;
}

/** Pings through a raw socket, which it owns. */
export class KernelTransport implements EchoTransport {
  readonly ident: number;
  readonly #socket: IcmpSocket;
  readonly #dst: number;
  readonly #now: () => number;
  readonly #sentAt = new Float64Array(0x10000);
  #handler: TransportHandler | null = null;

  constructor(socket: IcmpSocket, options: KernelTransportOptions) {
    this.ident = options.ident;
    this.#socket = socket;
    this.#dst = options.dst;
    this.#now = options.now;
  }

  start(handler: TransportHandler): void {
    this.#handler = handler;
    this.#socket.onMessage((buffer, length) => this.#received(buffer, length));
  }

  send(seq: number, data: Uint8Array): SendError | null {
    const message = new Uint8Array(icmp.HEADER_LENGTH + data.length);
    icmp.setType(message, 0, icmp.Type.EchoRequest);
    icmp.setIdentifier(message, 0, this.ident);
    icmp.setSequence(message, 0, seq);
    message.set(data, icmp.DATA);
    icmp.updateChecksum(message, 0, message.length);
    this.#sentAt[seq] = this.#now();
    const failure = this.#socket.send(message, this.#dst);
    return failure === "" ? null : { text: `sendmsg: ${failure}`, counts: false };
  }

  close(): void {
    this.#handler = null;
    this.#socket.close();
  }

  /** The socket hears all ICMP for this machine: ours is what carries our identifier. */
  #received(buf: Uint8Array, length: number): void {
    const handler = this.#handler;
    if (handler === null || ipv4.checkHeader(buf, 0, length) !== 0) return;
    const at = ipv4.payloadOffset(buf, 0);
    if (icmp.check(buf, at, length) !== 0) return;
    if (icmp.type(buf, at) === icmp.Type.EchoReply) {
      if (icmp.identifier(buf, at) !== this.ident) return;
      const seq = icmp.sequence(buf, at);
      handler.onReply({
        seq,
        from: () => address.format(ipv4.src(buf, 0)),
        ttl: ipv4.ttl(buf, 0),
        length: length - at,
        rttNs: this.#now() - this.#sentAt[seq]!,
        buffer: buf,
        dataOffset: at + icmp.DATA,
        options: buf.subarray(ipv4.MIN_HEADER_LENGTH, at),
      });
    } else if (icmp.isError(icmp.type(buf, at))) this.#failed(handler, buf, at, length);
  }

  /** An error quotes the request that it is about. */
  #failed(handler: TransportHandler, buf: Uint8Array, at: number, length: number): void {
    const quoted = icmp.quotedOffset(at);
    if (icmp.checkQuoted(buf, at, length) !== 0 || ipv4.dst(buf, quoted) !== this.#dst) return;
    const request = ipv4.payloadOffset(buf, quoted);
    if (request + icmp.HEADER_LENGTH > length || ipv4.protocol(buf, quoted) !== ipv4.Protocol.Icmp) return;
    if (icmp.type(buf, request) !== icmp.Type.EchoRequest || icmp.identifier(buf, request) !== this.ident) return;
    const type = icmp.type(buf, at);
    const info = type === icmp.Type.ParameterProblem ? icmp.pointer(buf, at) : icmp.nextHopMtu(buf, at);
    handler.onError({
      seq: icmp.sequence(buf, request),
      from: address.format(ipv4.src(buf, 0)),
      text: errorText(type, icmp.code(buf, at), info),
    });
  }
}
