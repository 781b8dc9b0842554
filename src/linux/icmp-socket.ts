/**
 * ICMP through the kernel's IP stack: a raw socket (raw(7)) in whose service the kernel does routing and ARP. The last
 * resort where a machine has no `ping` of its own.
 */
import { Errno, errnoText, SystemError, UserError } from "./errors.ts";
import { errno, libc, type Watch, watchReadable } from "./libc.ts";

const AF_INET = 2;
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0x80000 | 0x800;
const IPPROTO_ICMP = 1;
const IPPROTO_IP = 0;
const IP_TTL = 2;
const IP_MTU_DISCOVER = 10;
const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;

export interface IcmpSocketOptions {
  /** Bind to this interface, as `ping -I` does. */
  readonly interface?: string | undefined;
  /** Time to live of what is sent, 1 to 255. */
  readonly ttl?: number | undefined;
  /** Who fragments (ip(7), IP_MTU_DISCOVER): this host and, of what fits, nobody; nobody at all; anybody. */
  readonly discovery?: "want" | "do" | "dont" | undefined;
}

const DISCOVERY = { dont: 0, want: 1, do: 2 } as const;

export interface IcmpSocket {
  /**
   * Sends an ICMP message (checksum included) to an address given as 32 bits.
   * @returns nothing, or the failure in the C library's words.
   */
  send(message: Uint8Array, destination: number): string;
  /** Every ICMP message for this machine arrives here, from its IPv4 header on; the buffer is reused. */
  onMessage(handler: (buffer: Uint8Array, length: number) => void): void;
  close(): void;
}

/**
 * Opens a raw ICMP socket in the namespace that the thread is in.
 * @throws {UserError} without permission. @throws {SystemError} otherwise.
 */
export function openIcmpSocket(options: IcmpSocketOptions = {}): IcmpSocket {
  const fd = libc.socket(AF_INET, SOCK_RAW_CLOEXEC_NONBLOCK, IPPROTO_ICMP);
  if (fd < 0) {
    if (errno() === Errno.EPERM) throw new UserError("no permission to open a raw ICMP socket: run as root");
    throw new SystemError("socket", errno(), "raw ICMP");
  }
  const { ttl, discovery } = options;
  if (ttl !== undefined) setOption(fd, IPPROTO_IP, IP_TTL, integer(ttl));
  if (discovery !== undefined) setOption(fd, IPPROTO_IP, IP_MTU_DISCOVER, integer(DISCOVERY[discovery]));
  if (options.interface !== undefined)
    setOption(fd, SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${options.interface}\0`));
  const address = new DataView(new ArrayBuffer(16));
  address.setUint16(0, AF_INET, true);
  const addressBytes = new Uint8Array(address.buffer);
  const buffer = new Uint8Array(65_536);
  let watch: Watch | null = null;
  return {
    send(message, destination) {
      address.setInt32(4, destination, false);
      if (libc.sendto(fd, message, message.length, 0, addressBytes, 16) >= 0) return "";
      const text = errnoText(errno());
      return text.charAt(0).toUpperCase() + text.slice(1);
    },
    onMessage(handler) {
      watch ??= watchReadable(fd, () => {
        for (let length = libc.recv(fd, buffer, buffer.length, 0); length > 0; ) {
          handler(buffer, length);
          length = watch === null ? 0 : libc.recv(fd, buffer, buffer.length, 0);
        }
      });
    },
    close() {
      watch?.close();
      watch = null;
      libc.close(fd);
    },
  };
}

function integer(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}

function setOption(fd: number, level: number, option: number, value: Uint8Array): void {
  if (libc.setsockopt(fd, level, option, value, value.length) === 0) return;
  const error = new SystemError("setsockopt", errno(), `option ${option}`);
  libc.close(fd);
  throw error;
}
