/** Whether an interface is up, down or gone, told as it changes: woken by the kernel's link messages, never by polling. */
import { drainLinkMonitor, InterfaceQuery, openLinkMonitor } from "../linux/interface.ts";
import { libc, type Watch, watchReadable } from "../linux/libc.ts";
import { Handlers } from "./handlers.ts";
import type { LinkEvent, LinkEventHandler } from "./link.ts";

export class LinkState {
  #name: string;
  readonly #index: number;
  readonly #monitor: number;
  readonly #query: InterfaceQuery;
  readonly #events = new Handlers<LinkEvent>();
  #state: "up" | "down" | "gone";
  #watch: Watch | null = null;
  #suspected = false;
  #closed = false;

  /** Watches an interface of the namespace that the thread is in. */
  constructor(name: string) {
    this.#name = name;
    this.#monitor = openLinkMonitor();
    this.#query = new InterfaceQuery(this.#monitor);
    this.#index = this.#query.index(name);
    this.#state = this.#look();
  }

  /** The interface's name, followed through renaming. */
  get name(): string {
    return this.#name;
  }

  onEvent(handler: LinkEventHandler): () => void {
    const remove = this.#events.add(handler);
    if (this.#watch === null && !this.#closed) {
      this.#watch = watchReadable(this.#monitor, () => {
        drainLinkMonitor(this.#monitor);
        this.#compare();
      });
      // The interface may have gone down or away between opening and listening.
      setImmediate(() => this.#compare());
    }
    return remove;
  }

  /** Looks again soon: a failed send may tell of a change up to a second before the kernel's message does. */
  suspect(): void {
    if (this.#watch === null || this.#suspected) return;
    this.#suspected = true;
    setImmediate(() => {
      this.#suspected = false;
      this.#compare();
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch?.close();
    libc.close(this.#monitor);
  }

  #look(): "up" | "down" | "gone" {
    const name = this.#query.name(this.#index);
    if (name === "") return "gone";
    this.#name = name;
    return this.#query.carries(name) ? "up" : "down";
  }

  #compare(): void {
    if (this.#closed || this.#state === "gone") return;
    const state = this.#look();
    if (state === this.#state) return;
    this.#state = state;
    this.#events.emit({ type: state });
  }
}
