import { type Running, start, VETHLAB } from "./command.ts";

/** Starts `vethlab …` as an ordinary user without any rights; needs real root and setpriv(1). */
export function startAsNobody(...args: string[]): Running {
  const drop = ["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"];
  return start("setpriv", [...drop, process.execPath, VETHLAB, ...args], { HOME: "/tmp" });
}
