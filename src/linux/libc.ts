/**
 * Every system call that vethlab makes itself, in one place: a table of libc functions called through koffi. Nothing else
 * in the project declares one (libpcap.ts declares libpcap's), so that the door can be re-hung on node:ffi one day.
 *
 * A call costs 110 to 180 ns. None of them may be made through koffi's asynchronous mode: setns and unshare act on the
 * calling thread, and a pool thread would keep the namespace.
 */
import koffi from "koffi";
import { SystemError } from "./errors.ts";

/** An address in this process's memory. */
export type Pointer = bigint;

const library = koffi.load("libc.so.6");

export const libc = {
  socket: library.func("int socket(int domain, int type, int protocol)") as (d: number, t: number, p: number) => number,
  bind: library.func("int bind(int fd, const void *addr, uint len)") as (
    fd: number,
    addr: Uint8Array,
    len: number,
  ) => number,
  setsockopt: library.func("int setsockopt(int fd, int level, int name, const void *value, uint len)") as (
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    len: number,
  ) => number,
  getsockopt: library.func("int getsockopt(int fd, int level, int name, _Out_ void *value, _Inout_ void *len)") as (
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    len: Uint8Array,
  ) => number,
  ioctl: library.func("int ioctl(int fd, ulong request, void *argument)") as (
    fd: number,
    request: number,
    argument: Uint8Array,
  ) => number,
  mmap: library.func("void *mmap(void *addr, size_t length, int prot, int flags, int fd, long offset)") as (
    addr: Pointer,
    length: number,
    prot: number,
    flags: number,
    fd: number,
    offset: number,
  ) => Pointer,
  munmap: library.func("int munmap(void *addr, size_t length)") as (addr: Pointer, length: number) => number,
  sendmmsg: library.func("int sendmmsg(int fd, void *msgvec, uint count, int flags)") as (
    fd: number,
    msgvec: Pointer,
    count: number,
    flags: number,
  ) => number,
  sendto: library.func("long sendto(int fd, const void *buf, size_t len, int flags, const void *addr, uint alen)") as (
    fd: number,
    buf: Uint8Array,
    len: number,
    flags: number,
    addr: Uint8Array,
    alen: number,
  ) => number,
  recv: library.func("long recv(int fd, void *buf, size_t len, int flags)") as (
    fd: number,
    buf: Uint8Array,
    len: number,
    flags: number,
  ) => number,
  recvmsg: library.func("long recvmsg(int fd, void *message, int flags)") as (
    fd: number,
    message: Pointer,
    flags: number,
  ) => number,
  poll: library.func("int poll(void *fds, ulong count, int timeout)") as (
    fds: Uint8Array,
    count: number,
    timeout: number,
  ) => number,
  close: library.func("int close(int fd)") as (fd: number) => number,
  setns: library.func("int setns(int fd, int type)") as (fd: number, type: number) => number,
  unshare: library.func("int unshare(int flags)") as (flags: number) => number,
  prctl: library.func("int prctl(int option, ulong a, ulong b, ulong c, ulong d)") as (
    option: number,
    a: number,
    b: number,
    c: number,
    d: number,
  ) => number,
  clockGettime: library.func("int clock_gettime(int clock, void *timespec)") as (
    clock: number,
    timespec: Uint8Array,
  ) => number,
  /** The C library's, not a system call: a stream over memory, which must stay where it is while the stream is read. */
  fmemopen: library.func("void *fmemopen(void *buf, size_t size, const char *mode)") as (
    buf: Pointer,
    size: number,
    mode: string,
  ) => Pointer | null,
  execve: library.func("int execve(const char *path, const char **argv, const char **envp)") as (
    path: string,
    argv: (string | null)[],
    envp: (string | null)[],
  ) => number,
};

const close = library.func("int close(int fd)");

/**
 * Closes a descriptor in a thread of libuv's pool, for those whose owner cannot wait: the kernel lets go of a packet socket
 * only after all processors have passed a quiet moment (synchronize_net), which takes 10 to 60 ms.
 */
export function closeLater(fd: number): void {
  close.async(fd, () => {});
}

/** The errno that the last failing call left. */
export function errno(): number {
  return koffi.errno();
}

/**
 * Passes a call's result on.
 * @throws {SystemError} when it is negative.
 */
export function must(syscall: string, result: number, detail?: string): number {
  if (result < 0) throw new SystemError(syscall, errno(), detail);
  return result;
}

const CLOCK_REALTIME = 0;
const timespec = new Uint8Array(16);
const timespecWords = new Int32Array(timespec.buffer);

/** Unix time (CLOCK_REALTIME) in nanoseconds since `epoch`, which is Unix time in whole seconds. */
export function clockRealtime(epoch: number): number {
  libc.clockGettime(CLOCK_REALTIME, timespec);
  // The seconds' upper half matters from 2106 on.
  return ((timespecWords[0]! >>> 0) - epoch) * 1e9 + timespecWords[2]!;
}

const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const MAP_FIXED = 0x10;

/** Memory that the kernel and this process see alike, at an address that never moves. */
export interface Mapping {
  readonly address: Pointer;
  readonly buffer: ArrayBuffer;
  /** Lets go of the memory. Views of `buffer` that are still held then read zeros; they do not crash. */
  release(): void;
}

// Unmapping while a view lives would crash the process, so the address range goes only when nobody can reach it.
const unmapped = new FinalizationRegistry<{ address: Pointer; length: number }>(({ address, length }) => {
  libc.munmap(address, length);
});

/**
 * Maps a descriptor's memory (a packet ring), or with `fd` -1 anonymous memory.
 * @param length in bytes, a multiple of the page size.
 * @param spare bytes of anonymous memory behind a descriptor's, in the same buffer; a multiple of the page size.
 * @throws {SystemError} when the kernel refuses.
 */
export function map(fd: number, length: number, spare = 0): Mapping {
  const address = spare === 0 ? mmap(0n, length, fd, 0) : mmap(0n, length + spare, -1, 0);
  if (spare > 0) mmap(address, length, fd, MAP_FIXED);
  return held(address, length + spare);
}

function mmap(at: Pointer, length: number, fd: number, extra: number): Pointer {
  const flags = (fd < 0 ? MAP_PRIVATE_ANONYMOUS : MAP_SHARED) | extra;
  const address = libc.mmap(at, length, PROT_READ_WRITE, flags, fd, 0);
  if (BigInt.asIntN(64, address) === -1n) throw new SystemError("mmap", errno(), `${length} bytes`);
  return address;
}

function held(address: Pointer, length: number): Mapping {
  const buffer = koffi.view(address, length);
  unmapped.register(buffer, { address, length });
  let isHeld = true;
  return {
    address,
    buffer,
    release() {
      if (!isHeld) return;
      isHeld = false;
      // Empty pages over the same addresses: the kernel gets its memory back at once, and the range stays readable.
      libc.mmap(address, length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS | MAP_FIXED, -1, 0);
    },
  };
}

const POLLIN = 1;
const POLLERR_HUP_NVAL = 8 | 16 | 32;
// struct pollfd: int fd, short events, short revents.
const pollfd = new Uint8Array(8);
const pollfdWords = new Int32Array(pollfd.buffer);

/**
 * Blocks the calling thread until `fd` is readable or in error.
 * @param ms milliseconds to wait at most. @returns 1 readable, 0 neither, -1 in error.
 */
export function waitReadable(fd: number, ms: number): number {
  pollfdWords[0] = fd;
  pollfdWords[1] = POLLIN;
  if (libc.poll(pollfd, 1, ms) <= 0) return 0;
  return ((pollfdWords[1]! >>> 16) & POLLERR_HUP_NVAL) === 0 ? 1 : -1;
}

/** The event loop watching one descriptor. */
export interface Watch {
  close(): void;
}

/** What koffi really passes: its types say one argument. */
type PollCallback = (status: number, events: unknown) => void;

/**
 * Calls back from the event loop whenever `fd` is readable (level triggered), 13 µs after the kernel's wake-up in the
 * median. The callback's own exceptions reach the process as uncaught ones: koffi would swallow them.
 * @param status 0, or a negative errno when the descriptor reports an error; watching has then been resumed.
 */
export function watchReadable(fd: number, callback: (status: number) => void): Watch {
  let open = true;
  const onPoll: PollCallback = (status) => {
    if (!open) return;
    try {
      // libuv stops polling on an error (a socket whose interface went down): go on, the owner clears the error.
      if (status < 0) start();
      callback(status);
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
  };
  const handle = koffi.node.poll(fd, { readable: true }, onPoll as never);
  const start = () => handle.start({ readable: true }, onPoll as never);
  return {
    close() {
      if (!open) return;
      open = false;
      handle.stop();
      handle.close();
    },
  };
}
