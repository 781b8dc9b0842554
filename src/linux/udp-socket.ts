/**
 * A UDP socket of the kernel's in any namespace, which Node's own cannot be, and which tells the ICMP errors that come back
 * (udp(7); IP_RECVERR, ip(7)).
 */
import { Errno, errnoText, SystemError, UserError } from "./errors.ts";
import { errno, libc, type Mapping, map } from "./libc.ts";

const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC_NONBLOCK = 2 | 0x80000 | 0x800;
const SOL_SOCKET = 1;
const SO_BROADCAST = 6;
const IPPROTO_IP = 0;
const IP_TTL = 2;
const IP_MTU_DISCOVER = 10;
const IP_RECVERR = 11;
const MSG_ERRQUEUE = 0x2000;
const SO_EE_ORIGIN_ICMP = 2;
const DISCOVERY = { dont: 0, want: 1, do: 2 } as const;
const DEFAULT_TTL = 64;

// What recvmsg(2) fills in: struct msghdr, its iovec, an address, control messages, data.
const IOVEC = 64;
const NAME = 96;
const CONTROL = 128;
const CONTROL_LENGTH = 512;
const DATA = 1024;
const DATA_LENGTH = 65_536;
/** struct cmsghdr. */
const CMSG = 16;

export interface UdpSendOptions {
  readonly ttl?: number | undefined;
  readonly discovery?: keyof typeof DISCOVERY | undefined;
}

/** Addresses are signed 32-bit integers. */
export type UdpSocketEvent =
  | { readonly kind: "data"; readonly from: number; readonly fromPort: number; readonly data: Uint8Array }
  /** An ICMP error: who sent it, and what it says. `mtu` is the next hop's, in "fragmentation needed". */
  | {
      readonly kind: "error";
      readonly from: number;
      readonly type: number;
      readonly code: number;
      readonly mtu: number;
    };

/** Messages and errors are fetched, not told: `receive` never waits. */
export class UdpSocket {
  readonly #fd: number;
  readonly #memory: Mapping;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #closed = false;

  /** @internal */
  constructor(fd: number) {
    this.#fd = fd;
    this.#memory = map(-1, (DATA + DATA_LENGTH + 4095) & ~4095);
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#view = new DataView(this.#memory.buffer);
  }

  /** @returns nothing, or the failure in the C library's words. */
  send(
    data: Uint8Array,
    to: number,
    port: number,
    { ttl = DEFAULT_TTL, discovery = "want" }: UdpSendOptions = {},
  ): string {
    this.#set(IPPROTO_IP, IP_TTL, ttl);
    this.#set(IPPROTO_IP, IP_MTU_DISCOVER, DISCOVERY[discovery]);
    const address = socketAddress(to, port);
    // An error that waits to be told is told here first; it is in the queue of errors as well.
    for (let tries = 0; tries < 3; tries++) {
      if (libc.sendto(this.#fd, data, data.length, 0, address, address.length) >= 0) return "";
      if (errno() !== Errno.ECONNREFUSED && errno() !== Errno.EHOSTUNREACH) break;
    }
    return errnoText(errno());
  }

  /** The next error, or else the next message; null if there is neither. */
  receive(): UdpSocketEvent | null {
    if (this.#receive(MSG_ERRQUEUE) >= 0) return this.#error() ?? this.receive();
    const length = this.#receive(0);
    if (length < 0) return null;
    return {
      kind: "data",
      from: this.#view.getInt32(NAME + 4, false),
      fromPort: this.#view.getUint16(NAME + 2, false),
      data: this.#bytes.slice(DATA, DATA + length),
    };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    libc.close(this.#fd);
    this.#memory.release();
  }

  #receive(flags: number): number {
    const { address } = this.#memory;
    const view = this.#view;
    view.setBigUint64(0, address + BigInt(NAME), true);
    view.setUint32(8, 16, true);
    view.setBigUint64(16, address + BigInt(IOVEC), true);
    view.setBigUint64(24, 1n, true);
    view.setBigUint64(32, address + BigInt(CONTROL), true);
    view.setBigUint64(40, BigInt(CONTROL_LENGTH), true);
    view.setBigUint64(IOVEC, address + BigInt(DATA), true);
    view.setBigUint64(IOVEC + 8, BigInt(DATA_LENGTH), true);
    let length = -1;
    // A pending error is told once by a failing call; then the call works.
    for (let tries = 0; tries < 3 && length < 0; tries++) {
      length = libc.recvmsg(this.#fd, address, flags);
      if (length < 0 && errno() === Errno.EAGAIN) return -1;
    }
    return length;
  }

  /** struct sock_extended_err, then the address of who sent the error; null for one that is no ICMP error. */
  #error(): UdpSocketEvent | null {
    const end = CONTROL + Number(this.#view.getBigUint64(40, true));
    for (let at = CONTROL; at + CMSG <= end; ) {
      const length = Number(this.#view.getBigUint64(at, true));
      if (length < CMSG) return null;
      const isError =
        this.#view.getInt32(at + 8, true) === IPPROTO_IP && this.#view.getInt32(at + 12, true) === IP_RECVERR;
      const error = at + CMSG;
      if (isError && this.#bytes[error + 4] === SO_EE_ORIGIN_ICMP)
        return {
          kind: "error",
          type: this.#bytes[error + 5]!,
          code: this.#bytes[error + 6]!,
          mtu: this.#view.getUint32(error + 8, true),
          from: this.#view.getInt32(error + 16 + 4, false),
        };
      at += (length + 7) & ~7;
    }
    return null;
  }

  #set(level: number, option: number, value: number): void {
    libc.setsockopt(this.#fd, level, option, new Uint8Array(Int32Array.of(value).buffer), 4);
  }
}

/**
 * Opens a socket in the namespace that the thread is in, bound to a port.
 * @param port 0 for one that is free.
 * @throws {UserError} if the port is taken. @throws {SystemError} otherwise.
 */
export function openUdpSocket(port: number): UdpSocket {
  const fd = libc.socket(AF_INET, SOCK_DGRAM_CLOEXEC_NONBLOCK, 0);
  if (fd < 0) throw new SystemError("socket", errno(), "UDP");
  const one = Uint8Array.of(1, 0, 0, 0);
  libc.setsockopt(fd, SOL_SOCKET, SO_BROADCAST, one, 4);
  libc.setsockopt(fd, IPPROTO_IP, IP_RECVERR, one, 4);
  const address = socketAddress(0, port);
  if (libc.bind(fd, address, address.length) === 0) return new UdpSocket(fd);
  const failure = errno();
  libc.close(fd);
  if (failure === Errno.EADDRINUSE) throw new UserError(`UDP port ${port} is in use`);
  throw new SystemError("bind", failure, `UDP port ${port}`);
}

/** struct sockaddr_in. */
function socketAddress(ip: number, port: number): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET, true);
  view.setUint16(2, port, false);
  view.setInt32(4, ip, false);
  return bytes;
}
