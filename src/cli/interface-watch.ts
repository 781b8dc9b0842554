/** Interfaces that appear while `any` is looked at. */
import { drainLinkMonitor, openLinkMonitor } from "../linux/interface.ts";
import { libc, watchReadable } from "../linux/libc.ts";
import type { NetworkNamespace } from "../linux/namespace.ts";
import { allInterfaces } from "./interface-list.ts";

export interface InterfaceWatch {
  /** Those that are there now. */
  readonly names: readonly string[];
  close(): void;
}

/**
 * Lists the interfaces of a namespace (the thread's own if null), and calls back with each that comes later.
 * @param appeared returns false if it could not be used yet: it is then told again at the next change.
 */
export function watchInterfaces(
  namespace: NetworkNamespace | null,
  appeared: (name: string) => boolean,
): InterfaceWatch {
  // Before the list is made: what comes in between is told.
  const monitor = namespace === null ? openLinkMonitor() : namespace.run(openLinkMonitor);
  const names = allInterfaces(namespace);
  let known = new Set(names);
  const watch = watchReadable(monitor, () => {
    drainLinkMonitor(monitor);
    const now = allInterfaces(namespace);
    // A name that went away and came back is another interface.
    known = new Set(now.filter((name) => known.has(name) || appeared(name)));
  });
  return {
    names,
    close() {
      watch.close();
      libc.close(monitor);
    },
  };
}
