/** Failures of the kernel's door: a system call or the `ip` command said no. */

/** A system call failed. `code` is the errno's name, as node's own errors carry it. */
export class SystemError extends Error {
  override readonly name = "SystemError";
  readonly syscall: string;
  readonly errno: number;
  readonly code: string;

  constructor(syscall: string, errno: number, detail = "") {
    const code = errnoName(errno);
    super(`${syscall}: ${errnoText(errno)} (${code})${detail === "" ? "" : `: ${detail}`}`);
    this.syscall = syscall;
    this.errno = errno;
    this.code = code;
  }
}

/** What the user asked for cannot be done, and the message says what to do about it: shown as it is, without a stack. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** The few errno values that callers tell apart, and those that people meet here (asm-generic/errno.h). */
export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  EMSGSIZE: 90,
  EOPNOTSUPP: 95,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ENOBUFS: 105,
  ENXIO: 6,
  EADDRINUSE: 98,
  ECONNREFUSED: 111,
  EHOSTUNREACH: 113,
} as const;

const NAMES = new Map<number, string>(Object.entries(Errno).map(([name, value]) => [value, name]));

const TEXTS: Readonly<Record<string, string>> = {
  EPERM: "operation not permitted",
  ENOENT: "no such file or directory",
  ESRCH: "no such process",
  EBADF: "bad file descriptor",
  EAGAIN: "try again",
  ENOMEM: "out of memory",
  EACCES: "permission denied",
  EBUSY: "device or resource busy",
  EEXIST: "exists already",
  ENODEV: "no such device",
  EINVAL: "invalid argument",
  EMSGSIZE: "message too long",
  EOPNOTSUPP: "operation not supported",
  ENETDOWN: "network is down",
  ENETUNREACH: "network is unreachable",
  ENOBUFS: "no buffer space",
  ENXIO: "no such device or address",
};

/** `ENETDOWN` for 100; an unknown one stays a number. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `errno ${errno}`;
}

/** The errno in words. */
export function errnoText(errno: number): string {
  return TEXTS[errnoName(errno)] ?? "failed";
}
