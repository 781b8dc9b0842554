/** A cable between two namespaces, and programs at its ends that end with the test. */
import { Lab, type LabOptions } from "../../src/lab/lab.ts";
import type { Port } from "../../src/lab/port.ts";
import type { Link } from "../../src/link/link.ts";
import type { PacketLinkOptions } from "../../src/link/packet.ts";
import { type Finished, type Running, start, VETHLAB } from "./command.ts";

export class Wire implements Disposable {
  readonly lab: Lab;
  readonly ve0: Port;
  readonly ve1: Port;
  readonly #running = new Set<Running>();
  readonly #links: Link[] = [];

  constructor(options: LabOptions = {}) {
    const { lab, ve0, ve1 } = Lab.pair(options);
    this.lab = lab;
    this.ve0 = ve0;
    this.ve1 = ve1;
  }

  /** What `--netns` takes for the namespace of this end. */
  netns(port: Port): string {
    return port.namespace.kernel.path;
  }

  /** A link of the test's own at this end. */
  openLink(port: Port, options: Omit<PacketLinkOptions, "namespace"> = {}): Link {
    const link = port.openLink(options);
    this.#links.push(link);
    return link;
  }

  /** Starts a program in the namespace of this end. */
  start(port: Port, program: string, ...args: string[]): Running {
    const running = port.namespace.kernel.run(() => start(program, args));
    this.#running.add(running);
    running.done.then(
      () => this.#running.delete(running),
      () => this.#running.delete(running),
    );
    return running;
  }

  /** Runs it to its end. */
  run(port: Port, program: string, ...args: string[]): Promise<Finished> {
    return this.start(port, program, ...args).done;
  }

  /** Starts `vethlab …` in the namespace of this end. */
  startVethlab(port: Port, ...args: string[]): Running {
    return this.start(port, process.execPath, VETHLAB, ...args);
  }

  vethlab(port: Port, ...args: string[]): Promise<Finished> {
    return this.startVethlab(port, ...args).done;
  }

  /** Ends what still runs, then takes the cable away. */
  close(): void {
    for (const { child } of this.#running) child.kill("SIGKILL");
    for (const link of this.#links) link.close();
    this.lab.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
