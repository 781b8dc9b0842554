/**
 * A lab: network namespaces and veth pairs as one object with a lifetime. Namespaces are anonymous, held by descriptors, so
 * that when the process dies, by SIGKILL too, the kernel takes everything away. A lab removes only what it made, and every
 * step that it takes can be seen as the shell command that does the same.
 */
import { UserError } from "../linux/errors.ts";
import { MAX_NAME } from "../linux/interface.ts";
import { ipBatch } from "../linux/iproute.ts";
import { NetworkNamespace } from "../linux/namespace.ts";
import { LabNamespace } from "./namespace.ts";
import { Port } from "./port.ts";

/** One thing that a lab did, as somebody would type it. */
export interface Step {
  /** The namespace's label it was done in. */
  readonly namespace: string;
  /** The shell command that does the same. */
  readonly command: string;
}

export interface LabOptions {
  /** Told of every step, after it was taken. */
  readonly onStep?: (step: Step) => void;
  /** Leave IPv6 on. Default false: its neighbour and multicast discovery is noise on a wire that one wants to read. */
  readonly ipv6?: boolean;
}

/** One end of a pair to be made. */
export interface PortOptions {
  /** Interface name, 15 bytes at most. */
  readonly name: string;
  readonly namespace: LabNamespace;
}

export class Lab {
  readonly #options: LabOptions;
  readonly #namespaces: LabNamespace[] = [];
  #closed = false;

  private constructor(options: LabOptions) {
    this.#options = options;
  }

  /** An empty lab: add namespaces and pairs. */
  static create(options: LabOptions = {}): Lab {
    return new Lab(options);
  }

  /**
   * The usual bench: ve0 and ve1, the two ends of one virtual cable, each in a namespace of its own, up and unaddressed.
   * @throws {UserError} without the privileges, saying how to get them.
   */
  static pair(options: LabOptions = {}): { lab: Lab; ve0: Port; ve1: Port } & Disposable {
    const lab = Lab.create(options);
    try {
      const [ve0, ve1] = lab.addPair(
        { name: "ve0", namespace: lab.addNamespace("left") },
        { name: "ve1", namespace: lab.addNamespace("right") },
      );
      ve0.up();
      ve1.up();
      return { lab, ve0, ve1, [Symbol.dispose]: () => lab.close() };
    } catch (error) {
      lab.close();
      throw error;
    }
  }

  /**
   * Makes a namespace with lo up, and with the IPv4 settings that the kernel documents as defaults: a new namespace
   * would inherit the host's.
   * @throws {UserError} without the privileges, saying how to get them.
   */
  addNamespace(label: string): LabNamespace {
    this.#mustBeOpen();
    let kernel: NetworkNamespace;
    try {
      kernel = NetworkNamespace.create(label);
    } catch (error) {
      if ((error as { code?: string }).code === "EPERM")
        throw new UserError(
          "no permission to make a network namespace: run as root, or inside `vethlab shell`, or start the program with " +
            "`unshare --user --map-root-user --net --mount`",
        );
      throw error;
    }
    const namespace = new LabNamespace(kernel, label, (command) => this.#step(label, command));
    this.#namespaces.push(namespace);
    this.#step(label, "unshare --net");
    namespace.setDefaults(this.#options.ipv6 ?? false);
    namespace.ip("link set dev lo up");
    return namespace;
  }

  /**
   * Makes a veth pair; each end appears in its namespace, down.
   * @throws {UserError} for a name that cannot be one.
   */
  addPair(a: PortOptions, b: PortOptions): [Port, Port] {
    this.#mustBeOpen();
    for (const { name } of [a, b]) requireInterfaceName(name);
    const far = a.namespace === b.namespace ? "" : ` netns ${b.namespace.kernel.path}`;
    const command = `link add name ${a.name} type veth peer name ${b.name}${far}`;
    a.namespace.kernel.run(() => ipBatch([command]));
    const shown = far === "" ? "" : ` netns ${b.namespace.shownAs}`;
    this.#step(a.namespace.label, `ip link add name ${a.name} type veth peer name ${b.name}${shown}`);
    return [new Port(a.name, a.namespace), new Port(b.name, b.namespace)];
  }

  /** Takes everything away: child processes that the lab holds, then the namespaces with all that is in them. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const namespace of this.#namespaces) namespace.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new Error("this lab is closed");
  }

  #step(namespace: string, command: string): void {
    this.#options.onStep?.({ namespace, command });
  }
}

/** @throws {UserError} for a name that the kernel would refuse. */
export function requireInterfaceName(name: string): void {
  if (/^[^\s/:]{1,15}$/.test(name) && name !== "." && name !== ".." && Buffer.byteLength(name) <= MAX_NAME) return;
  throw new UserError(
    `"${name}" cannot be an interface's name: 1 to ${MAX_NAME} bytes, without spaces, slashes or colons`,
  );
}
