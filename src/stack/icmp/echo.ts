/** Who waits for which echo replies: sockets, told apart by the identifier in the messages. */
import * as icmp from "../../../packets/icmp.ts";
import * as ipv4 from "../../../packets/ipv4.ts";
import type { Core } from "../core.ts";
import { NO_OPTIONS } from "../ipv4/ipv4-output.ts";

/** An echo reply, in place: one object that is refilled for each, valid only until the handler returns. */
export interface EchoReply {
  /** Who answered, a signed 32-bit integer. */
  readonly from: number;
  readonly id: number;
  readonly seq: number;
  readonly ttl: number;
  /** Bytes of the ICMP message, its 8-byte header included. */
  readonly length: number;
  /** Arrival in nanoseconds since the link's epoch. */
  readonly time: number;
  /** Memory of the frame. */
  readonly buffer: Uint8Array;
  /** First byte of the data within `buffer`; `length` - 8 bytes follow. */
  readonly dataOffset: number;
  /** The reply's IPv4 options with our own address and time in them; empty for nearly every one. */
  readonly options: Uint8Array;
}

/** An echo request that came to nothing. */
export interface EchoError {
  /** Who says so: a router or host, or our own address if nobody answered ARP. A signed 32-bit integer. */
  readonly from: number;
  /** Where the request was going. */
  readonly to: number;
  readonly seq: number;
  readonly icmpType: number;
  readonly icmpCode: number;
  /** The next hop's MTU, in "fragmentation needed"; else 0. */
  readonly mtu: number;
  /** The byte of its header at fault, counted from 0, in a parameter problem; else 0. */
  readonly pointer: number;
  /** Arrival in nanoseconds since the link's epoch. */
  readonly time: number;
}

export interface EchoHandler {
  onReply(reply: EchoReply): void;
  onError?(error: EchoError): void;
}

class ReplyView implements EchoReply {
  from = 0;
  id = 0;
  seq = 0;
  ttl = 0;
  length = 0;
  time = 0;
  buffer: Uint8Array = new Uint8Array(0);
  dataOffset = 0;
  options: Uint8Array = NO_OPTIONS;
}

/** The handlers of one host by identifier. */
export class EchoSockets {
  readonly #core: Core;
  readonly #handlers: Map<number, EchoHandler>;
  readonly #view = new ReplyView();

  constructor(core: Core) {
    this.#core = core;
    this.#handlers = core.forwarding?.echoHandlers ?? new Map();
  }

  /**
   * Registers a handler.
   * @param id 0 to 65,535; drawn at random from the free ones unless given.
   * @returns the identifier.
   * @throws {RangeError} if it is taken, or all are.
   */
  open(handler: EchoHandler, id: number = this.#freeId()): number {
    if (this.#handlers.has(id)) throw new RangeError(`echo identifier ${id} is in use on this host`);
    this.#handlers.set(id, handler);
    return id;
  }

  close(id: number): void {
    this.#handlers.delete(id);
  }

  #freeId(): number {
    if (this.#handlers.size > 0xffff) throw new RangeError("all 65,536 echo identifiers are in use on this host");
    let id = this.#core.random.uint32() & 0xffff;
    while (this.#handlers.has(id)) id = (id + 1) & 0xffff;
    return id;
  }

  /** Hands the echo reply in the frame being handled to its socket. @returns false if there is none. */
  deliver(off: number, end: number, options: Uint8Array): boolean {
    const received = this.#core.received;
    const { buf, network } = received;
    const id = icmp.identifier(buf, off);
    const handler = this.#handlers.get(id);
    if (handler === undefined) return false;
    const view = this.#view;
    view.from = ipv4.src(buf, network);
    view.id = id;
    view.seq = icmp.sequence(buf, off);
    view.ttl = ipv4.ttl(buf, network);
    view.length = end - off;
    view.time = received.time;
    view.buffer = buf;
    view.dataOffset = off + icmp.DATA;
    view.options = options;
    handler.onReply(view);
    return true;
  }

  /**
   * Tells the socket that sent the datagram at `ip` what became of it. At least 8 bytes of its payload must be there.
   * @param info the next hop's MTU in "fragmentation needed", the pointer in a parameter problem, else 0.
   * @returns false if it was no echo request, or nobody's.
   */
  fail(buf: Uint8Array, ip: number, from: number, icmpType: number, icmpCode: number, info: number): boolean {
    if (ipv4.protocol(buf, ip) !== ipv4.Protocol.Icmp || ipv4.fragmentOffset(buf, ip) !== 0) return false;
    const message = ipv4.payloadOffset(buf, ip);
    if (icmp.type(buf, message) !== icmp.Type.EchoRequest) return false;
    const handler = this.#handlers.get(icmp.identifier(buf, message));
    if (handler === undefined) return false;
    const seq = icmp.sequence(buf, message);
    const isProblem = icmpType === icmp.Type.ParameterProblem;
    const mtu = isProblem ? 0 : info;
    const pointer = isProblem ? info : 0;
    handler.onError?.({ from, to: ipv4.dst(buf, ip), seq, icmpType, icmpCode, mtu, pointer, time: this.#core.time() });
    return true;
  }
}
