/** UDP for one host (RFC 768, RFC 1122 4.1): sockets by port, and "port unreachable" in both directions. */
import { Fault } from "../../packets/fault.ts";
import * as icmp from "../../packets/icmp.ts";
import * as ipv4 from "../../packets/ipv4.ts";
import * as routeOptions from "../../packets/ipv4-route-options.ts";
import * as udp from "../../packets/udp.ts";
import type { Core } from "./core.ts";
import { ACCEPTED, Drop, type Verdict } from "./drop.ts";
import type { IcmpErrors } from "./icmp/icmp-errors.ts";
import { HostOptionBuffers } from "./ipv4/host-options.ts";
import { DatagramHeader, type Ipv4Output, NO_OPTIONS, NO_SEND_OPTIONS, type SendOptions } from "./ipv4/ipv4-output.ts";
import { between } from "./random.ts";
import { isSent, SendResult } from "./send-result.ts";

/** A datagram that has come, in place: one object that is refilled for each, valid only until the handler returns. */
export interface UdpMessage {
  /** Addresses as signed 32-bit integers. */
  readonly from: number;
  readonly fromPort: number;
  /** Where it was sent to: an address of ours, or a broadcast one. */
  readonly to: number;
  readonly ttl: number;
  /** Arrival in nanoseconds since the link's epoch. */
  readonly time: number;
  readonly buffer: Uint8Array;
  /** First byte of the data within `buffer`, and how many bytes there are. */
  readonly offset: number;
  readonly length: number;
  /** Its IPv4 options with our own address and time in them; empty for nearly every one (RFC 1122, 4.1.3.2). */
  readonly options: Uint8Array;
}

/** A datagram of ours that came to nothing. */
export interface UdpError {
  /** Who says so: a router or host, or our own address if nobody answered ARP. */
  readonly from: number;
  /** Where the datagram was going. */
  readonly to: number;
  readonly toPort: number;
  readonly icmpType: number;
  readonly icmpCode: number;
  /** The next hop's MTU, in "fragmentation needed"; else 0. */
  readonly mtu: number;
  /** The byte of its header at fault, counted from 0, in a parameter problem; else 0. */
  readonly pointer: number;
  /** Arrival in nanoseconds since the link's epoch. */
  readonly time: number;
}

export interface UdpHandler {
  onMessage?(message: UdpMessage): void;
  onError?(error: UdpError): void;
}

export interface UdpOptions {
  /** 1 to 65,535; a free one from 49,152 on, drawn at random (RFC 6056), unless given. */
  readonly port?: number;
  /** Take only what is sent to this address of ours, and speak from it; any unless given. */
  readonly address?: number;
}

const FIRST_EPHEMERAL = 49_152;
const PORTS = 65_536;
const TAKEN = "is in use on this host";

class MessageView implements UdpMessage {
  from = 0;
  fromPort = 0;
  to = 0;
  ttl = 0;
  time = 0;
  buffer: Uint8Array = new Uint8Array(0);
  offset = 0;
  length = 0;
  options: Uint8Array = NO_OPTIONS;
}

/** Made by `Host.openUdp`. */
export class UdpSocket {
  readonly port: number;
  /** 0 for any. */
  readonly address: number;
  readonly handler: UdpHandler;
  readonly #sockets: UdpSockets;
  #closed = false;

  /** @internal */
  constructor(sockets: UdpSockets, port: number, address: number, handler: UdpHandler) {
    this.#sockets = sockets;
    this.port = port;
    this.address = address;
    this.handler = handler;
  }

  /** Sends up to 65,507 bytes; more than the path's MTU takes goes in fragments. */
  send(dst: number, port: number, data: Uint8Array, options: SendOptions = NO_SEND_OPTIONS): SendResult {
    return this.#closed ? SendResult.Closed : this.#sockets.send(this, dst, port, data, options);
  }

  close(): void {
    this.#closed = true;
    this.#sockets.close(this);
  }
}

export class UdpSockets {
  readonly #core: Core;
  readonly #output: Ipv4Output;
  readonly #errors: IcmpErrors;
  readonly #byPort: Map<number, UdpSocket[]>;
  readonly #view = new MessageView();
  readonly #options: HostOptionBuffers;
  readonly #header = new DatagramHeader();
  #sent = 0;
  #delivered = 0;
  #closed = false;

  constructor(core: Core, output: Ipv4Output, errors: IcmpErrors) {
    this.#core = core;
    this.#output = output;
    this.#errors = errors;
    this.#options = new HostOptionBuffers(core);
    this.#byPort = core.forwarding?.udpPorts ?? new Map();
    this.#header.protocol = ipv4.Protocol.Udp;
  }

  get sent(): number {
    return this.#sent;
  }

  get delivered(): number {
    return this.#delivered;
  }

  /** @throws {RangeError} on a port that is none or taken, or an address that is not the host's. */
  open(handler: UdpHandler, options: UdpOptions = {}): UdpSocket {
    const { port = this.#freePort(), address = 0 } = options;
    if (!(Number.isInteger(port) && port > 0 && port < PORTS))
      throw new RangeError(`port ${port} is none: they go from 1 to 65535`);
    if (address !== 0 && !this.#core.identity.owns(address)) throw new RangeError("the address is not this host's");
    const there = this.#byPort.get(port) ?? [];
    if (there.some((other) => other.address === 0 || address === 0 || other.address === address))
      throw new RangeError(`UDP port ${port} ${TAKEN}`);
    const socket = new UdpSocket(this, port, address, handler);
    this.#byPort.set(port, [...there, socket]);
    return socket;
  }

  /** The host leaves its link: nothing is sent any more. */
  shut(): void {
    this.#closed = true;
  }

  close(socket: UdpSocket): void {
    const left = (this.#byPort.get(socket.port) ?? []).filter((other) => other !== socket);
    if (left.length > 0) this.#byPort.set(socket.port, left);
    else this.#byPort.delete(socket.port);
  }

  #freePort(): number {
    let port = Math.floor(between(this.#core.random, FIRST_EPHEMERAL, PORTS));
    for (let tries = FIRST_EPHEMERAL; tries < PORTS; tries++) {
      if (!this.#byPort.has(port)) return port;
      port = port + 1 === PORTS ? FIRST_EPHEMERAL : port + 1;
    }
    throw new RangeError(`every UDP port from ${FIRST_EPHEMERAL} on ${TAKEN}`);
  }

  send(socket: UdpSocket, dst: number, port: number, data: Uint8Array, options: SendOptions): SendResult {
    if (this.#closed) return SendResult.Closed;
    const length = udp.HEADER_LENGTH + data.length;
    if (length > ipv4.MAX_LENGTH - ipv4.MIN_HEADER_LENGTH) return SendResult.TooLong;
    // Given up since (RFC 5227, 2.4).
    if (socket.address !== 0 && !this.#core.identity.owns(socket.address)) return SendResult.NoAddress;
    const header = this.#output.headerFor(this.#header);
    header.src = socket.address === 0 ? this.#core.sourceFor(dst) : socket.address;
    this.#output.prepare(header, dst, length, options);
    const { scratch } = this.#output;
    udp.setSrcPort(scratch, 0, socket.port);
    udp.setDstPort(scratch, 0, port);
    udp.setLength(scratch, 0, length);
    scratch.set(data, udp.HEADER_LENGTH);
    // What the receiver sees in the destination's place, also at the end of a source route.
    const last = options.options === undefined ? dst : routeOptions.finalDestination(options.options, dst);
    udp.updateChecksum(scratch, 0, header.src, last);
    const result = this.#output.send(header, scratch, 0, length);
    if (isSent(result)) this.#sent++;
    return result;
  }

  /** Takes in the datagram from `off` to `end` in the frame being handled. */
  input(off: number, end: number): Verdict {
    const { received } = this.#core;
    const { buf, network } = received;
    if (udp.check(buf, off, end) !== Fault.None) return Drop.UdpTruncated;
    const src = ipv4.src(buf, network);
    const dst = ipv4.dst(buf, network);
    if (!received.isChecksumOpen && !udp.checksumOk(buf, off, src, dst)) return Drop.UdpChecksum;
    const socket = this.#find(udp.dstPort(buf, off), dst);
    if (socket === undefined) {
      const { Type, UnreachableCode } = icmp;
      this.#errors.send(Type.DestinationUnreachable, UnreachableCode.Port, 0, buf, network, end, received.isGroup);
      return Drop.UdpPort;
    }
    const view = this.#view;
    view.from = src;
    view.fromPort = udp.srcPort(buf, off);
    view.to = dst;
    view.ttl = ipv4.ttl(buf, network);
    view.time = received.time;
    view.buffer = buf;
    view.offset = off + udp.HEADER_LENGTH;
    view.length = udp.length(buf, off) - udp.HEADER_LENGTH;
    view.options = off - network > ipv4.MIN_HEADER_LENGTH ? this.#options.received() : NO_OPTIONS;
    this.#delivered++;
    socket.handler.onMessage?.(view);
    return ACCEPTED;
  }

  #find(port: number, dst: number): UdpSocket | undefined {
    return this.#byPort.get(port)?.find(({ address }) => address === 0 || address === dst);
  }

  /** As `EchoSockets.fail`. */
  fail(buf: Uint8Array, ip: number, from: number, icmpType: number, icmpCode: number, info: number): boolean {
    if (ipv4.protocol(buf, ip) !== ipv4.Protocol.Udp || ipv4.fragmentOffset(buf, ip) !== 0) return false;
    const at = ipv4.payloadOffset(buf, ip);
    const socket = this.#find(udp.srcPort(buf, at), ipv4.src(buf, ip));
    if (socket === undefined) return false;
    const to = ipv4.dst(buf, ip);
    const toPort = udp.dstPort(buf, at);
    const isProblem = icmpType === icmp.Type.ParameterProblem;
    const mtu = isProblem ? 0 : info;
    const pointer = isProblem ? info : 0;
    socket.handler.onError?.({ from, to, toPort, icmpType, icmpCode, mtu, pointer, time: this.#core.time() });
    return true;
  }
}
