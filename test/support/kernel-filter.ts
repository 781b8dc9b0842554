/**
 * The kernel's own filter machine, as an oracle: programs are attached to one end of a socket pair (SO_ATTACH_FILTER), and
 * what comes out at that end says what the program returned.
 */
import koffi from "koffi";

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC_NONBLOCK = 2 | 0x80000 | 0x800;
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const EINVAL = 22;

const library = koffi.load("libc.so.6");
const socketpair = library.func("int socketpair(int domain, int type, int protocol, _Out_ int *fds)");
const send = library.func("long send(int fd, const void *buf, size_t len, int flags)");
const recv = library.func("long recv(int fd, _Out_ uint8_t *buf, size_t len, int flags)");
const close = library.func("int close(int fd)");
const sockFprog = koffi.struct({ length: "uint16_t", filter: koffi.pointer("uint8_t") });
const attach = library.func("setsockopt", "int", ["int", "int", "int", koffi.pointer(sockFprog), "uint"]);

/** Attaches a program to any socket. @returns false if the kernel refuses the program itself. */
export function attachProgram(fd: number, code: Uint8Array): boolean {
  if (attach(fd, SOL_SOCKET, SO_ATTACH_FILTER, { length: code.length / 8, filter: code }, 16) === 0) return true;
  if (koffi.errno() !== EINVAL) throw new Error(`SO_ATTACH_FILTER: errno ${koffi.errno()}`);
  return false;
}

export class KernelFilter implements Disposable {
  readonly #fds = [0, 0];
  readonly #buffer = new Uint8Array(4096);

  constructor() {
    if (socketpair(AF_UNIX, SOCK_DGRAM_CLOEXEC_NONBLOCK, 0, this.#fds) !== 0) throw new Error("socketpair");
  }

  /** @returns false if the kernel refuses the program. */
  attach(code: Uint8Array): boolean {
    return attachProgram(this.#fds[1]!, code);
  }

  /** How many bytes of the frame the program keeps: 0 for none, the frame's length for all of it or more. */
  run(frame: Uint8Array): number {
    const [from, to] = this.#fds;
    if (send(from, frame, frame.length, 0) !== frame.length) throw new Error(`send: errno ${koffi.errno()}`);
    const kept = Number(recv(to, this.#buffer, this.#buffer.length, 0));
    return kept < 0 ? 0 : kept;
  }

  [Symbol.dispose](): void {
    for (const fd of this.#fds) close(fd);
  }
}

const AF_PACKET = 17;
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0x80000 | 0x800;
const ETH_P_ALL = 3;
const ETH_P_ALL_BIG_ENDIAN = ETH_P_ALL << 8;

const socket = library.func("int socket(int domain, int type, int protocol)");
const bind = library.func("int bind(int fd, const void *address, uint length)");

/** A packet socket with a program, of the namespace that the thread is in when it is made. */
export class FilteredSocket implements Disposable {
  readonly #fd: number;
  readonly #buffer = new Uint8Array(4096);

  /** @param index the interface's. */
  constructor(index: number) {
    this.#fd = socket(AF_PACKET, SOCK_RAW_CLOEXEC_NONBLOCK, ETH_P_ALL_BIG_ENDIAN);
    const address = new DataView(new ArrayBuffer(20));
    address.setUint16(0, AF_PACKET, true);
    address.setUint16(2, ETH_P_ALL_BIG_ENDIAN, true);
    address.setInt32(4, index, true);
    if (this.#fd < 0 || bind(this.#fd, new Uint8Array(address.buffer), 20) !== 0)
      throw new Error(`packet socket: errno ${koffi.errno()}`);
  }

  /** @returns false if the kernel refuses the program. */
  attach(code: Uint8Array): boolean {
    return attachProgram(this.#fd, code);
  }

  /** Bytes kept of the next frame; -1 if none is there. */
  take(): number {
    return Number(recv(this.#fd, this.#buffer, this.#buffer.length, 0));
  }

  [Symbol.dispose](): void {
    close(this.#fd);
  }
}
