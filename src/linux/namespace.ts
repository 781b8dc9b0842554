/**
 * Network namespaces by descriptor (namespaces(7), setns(2)). Entering one is synchronous and always undone: a socket or
 * a child process made inside keeps the namespace, the thread does not.
 */
import { closeSync, constants, openSync, statSync } from "node:fs";
import { SystemError, UserError } from "./errors.ts";
import { errno, libc, must } from "./libc.ts";

const CLONE_NEWNET = 0x40000000;
/** The calling thread's namespace; /proc/self would be the main thread's. */
const OWN = "/proc/thread-self/ns/net";
/** Where `ip netns` keeps its names. */
const NAMED = "/run/netns";

let entered = 0;
/** The namespace that this thread lives in, opened when first left. Nothing but `run` and `create` ever leaves it. */
let home = -1;

export class NetworkNamespace {
  /** How people call it: its name, its process, or `here`. */
  readonly label: string;
  #fd: number;

  private constructor(fd: number, label: string) {
    this.#fd = fd;
    this.label = label;
  }

  /**
   * Makes a new, anonymous namespace. It lives as long as this object, or anything made inside it, is open; when the
   * process dies, by SIGKILL too, the kernel takes it away with every interface in it.
   * @param inside what to do in there while one is there, as `run` would. If it throws, the namespace is let go of.
   * @throws {SystemError} EPERM without CAP_SYS_ADMIN.
   */
  static create(label: string, inside: () => void = () => {}): NetworkNamespace {
    const before = here();
    try {
      must("unshare", libc.unshare(CLONE_NEWNET), "making a network namespace");
      entered++;
      try {
        const namespace = new NetworkNamespace(openSync(OWN, "r"), label);
        try {
          inside();
        } catch (error) {
          namespace.close();
          throw error;
        }
        return namespace;
      } finally {
        entered--;
        goTo(before);
      }
    } finally {
      leave(before);
    }
  }

  /** The namespace that this process is in. */
  static current(): NetworkNamespace {
    return new NetworkNamespace(openSync(OWN, "r"), "here");
  }

  /**
   * Opens an existing namespace: a process's by its PID, any by a path (such as /proc/PID/ns/net), or one that
   * `ip netns` or `vethlab up` named.
   * @throws {UserError} when there is none, saying what was looked for.
   */
  static open(spec: string): NetworkNamespace {
    const path = /^\d+$/.test(spec) ? `/proc/${spec}/ns/net` : spec.includes("/") ? spec : `${NAMED}/${spec}`;
    let fd: number;
    try {
      // Not waiting for whoever might write into a named pipe.
      fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "EACCES" || code === "EPERM")
        throw new UserError(`no permission to open the namespace of ${spec} (${path}): run as root`);
      throw new UserError(missing(spec, path));
    }
    const namespace = new NetworkNamespace(fd, spec);
    try {
      namespace.run(() => undefined);
    } catch (error) {
      namespace.close();
      if (error instanceof SystemError && error.code === "EINVAL")
        throw new UserError(
          `${spec} is not a network namespace: name one, or give a PID or a path like /proc/PID/ns/net`,
        );
      if (error instanceof SystemError && error.code === "EPERM")
        throw new UserError(
          `no permission to enter the namespace ${spec}: run as root, or join its lab with \`vethlab shell --join PID\``,
        );
      throw error;
    }
    return namespace;
  }

  /** A path that names it to other programs (`ip … netns PATH`) while this object is open. */
  get path(): string {
    return `/proc/${process.pid}/fd/${this.#fd}`;
  }

  /** Its descriptor, -1 when closed: for calls to the kernel that name a namespace so. It stays this object's. */
  get descriptor(): number {
    return this.#fd;
  }

  /** The namespace's inode number, as `lsns` and `readlink /proc/PID/ns/net` show it. */
  get inode(): number {
    return statSync(this.path).ino;
  }

  /**
   * Runs `action` inside the namespace and returns to where the thread was, whatever happens. Synchronous only: what
   * it awaited would run elsewhere.
   * @throws {TypeError} if `action` returns a promise. @throws {SystemError} when the kernel refuses to enter.
   */
  run<T>(action: () => T): T {
    if (this.#fd < 0) throw new Error(`the namespace ${this.label} is closed`);
    const before = here();
    try {
      must("setns", libc.setns(this.#fd, CLONE_NEWNET), `entering the namespace ${this.label}`);
      entered++;
      try {
        const result = action();
        if (result instanceof Promise) throw new TypeError("NetworkNamespace.run takes a synchronous action");
        return result;
      } finally {
        entered--;
        goTo(before);
      }
    } finally {
      leave(before);
    }
  }

  /** Lets go of the descriptor. Safe to call twice. */
  close(): void {
    if (this.#fd < 0) return;
    closeSync(this.#fd);
    this.#fd = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** True while this thread is inside a namespace that it entered with `run`. */
export function insideNamespace(): boolean {
  return entered > 0;
}

/** A descriptor of the namespace that the thread is in: home, or within `run` one that is opened for this time. */
function here(): number {
  if (entered > 0) return openSync(OWN, "r");
  if (home < 0) home = openSync(OWN, "r");
  return home;
}

function leave(fd: number): void {
  if (fd !== home) closeSync(fd);
}

/** Goes back. A thread that stayed in the wrong namespace would do harm with every later call, so failing ends it all. */
function goTo(fd: number): void {
  if (libc.setns(fd, CLONE_NEWNET) === 0) return;
  process.stderr.write(`vethlab: cannot return to the namespace it came from (errno ${errno()}); stopping\n`);
  process.abort();
}

function missing(spec: string, path: string): string {
  if (/^\d+$/.test(spec)) return `no process ${spec}: give the PID of a running process, a namespace's name or a path`;
  if (spec.includes("/")) return `no namespace at ${path}`;
  return `no network namespace named ${spec}: \`ip netns list\` shows those that have names`;
}
