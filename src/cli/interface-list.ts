/** Which interfaces there are to look at, in libpcap's order and tcpdump's words (-D). */
import { ARPHRD_ETHER, ARPHRD_LOOPBACK, InterfaceFlag, queryInterfaces, readNames } from "../linux/interface.ts";
import type { NetworkNamespace } from "../linux/namespace.ts";

/** Stands for all interfaces. */
export const ANY = "any";

export interface ListedInterface {
  readonly name: string;
  readonly isUp: boolean;
  readonly isRunning: boolean;
  readonly isLoopback: boolean;
}

/** Ethernets and the loopback of a namespace (the thread's own if null), running ones first; `any` is among them. */
export function listInterfaces(namespace: NetworkNamespace | null): ListedInterface[] {
  const found = namespace === null ? look() : namespace.run(look);
  const any = { name: ANY, isUp: true, isRunning: true, isLoopback: false };
  return [...found, any].sort((a, b) => merit(a) - merit(b));
}

/** The names that `any` stands for. */
export function allInterfaces(namespace: NetworkNamespace | null): string[] {
  return listInterfaces(namespace).flatMap(({ name }) => (name === ANY ? [] : name));
}

/** `1.ve0 [Up, Running, Connected]` */
export function listing(interfaces: readonly ListedInterface[]): string {
  return interfaces.map((one, i) => `${i + 1}.${describe(one)}\n`).join("");
}

function describe({ name, isUp, isRunning, isLoopback }: ListedInterface): string {
  const words = [...(isUp ? ["Up"] : []), ...(isRunning ? ["Running"] : []), ...(isLoopback ? ["Loopback"] : [])];
  if (words.length === 0) words.push("none");
  if (name === ANY) return `${name} (Pseudo-device that captures on all interfaces) [${words.join(", ")}]`;
  if (!isLoopback) words.push(isRunning ? "Connected" : "Disconnected");
  return `${name} [${words.join(", ")}]`;
}

function look(): ListedInterface[] {
  return queryInterfaces((query) =>
    readNames().flatMap((name) => {
      const type = query.hardware(name)?.type;
      if (type !== ARPHRD_ETHER && type !== ARPHRD_LOOPBACK) return [];
      const flags = query.flags(name);
      const isUp = (flags & InterfaceFlag.Up) !== 0;
      return { name, isUp, isRunning: (flags & InterfaceFlag.Running) !== 0, isLoopback: type === ARPHRD_LOOPBACK };
    }),
  );
}

/** Running before what is not, up before down, a cable before `any`, and the loopback last. */
function merit({ name, isUp, isRunning, isLoopback }: ListedInterface): number {
  return (isRunning ? 0 : 8) + (isUp ? 0 : 4) + (isLoopback ? 2 : 0) + (name === ANY ? 1 : 0);
}
