/** In place of a missing `ping` program: our ping over a raw ICMP socket, so that it is still the kernel who does the ARP. */
import * as ipv4 from "../../packets/ipv4-address.ts";
import type { LabNamespace } from "../lab/namespace.ts";
import { systemNow } from "../link/clock.ts";
import { openIcmpSocket } from "../linux/icmp-socket.ts";
import { realClock } from "../stack/clock.ts";
import { KernelTransport } from "../tools/ping/kernel-transport.ts";
import { startPing } from "../tools/ping/ping.ts";
import { lineWriter } from "./narrator.ts";

/**
 * Pings as `ping ARGS` would. @param args `-c`, `-i`, `-W`, `-I` with their values, then the address: what the acts use.
 * @returns the exit code.
 */
export async function pingThroughKernel(
  namespace: LabNamespace,
  args: readonly string[],
  onLine: (line: string) => void,
): Promise<number> {
  const value = (option: string) => {
    const at = args.indexOf(option);
    return at < 0 ? undefined : args[at + 1];
  };
  const target = args.at(-1) ?? "";
  const device = value("-I");
  const socket = namespace.kernel.run(() => openIcmpSocket({ interface: device }));
  const ident = process.pid & 0xffff;
  const transport = new KernelTransport(socket, { dst: ipv4.parse(target) ?? 0, ident, now: systemNow });
  const write = lineWriter(onLine);
  const milliseconds = (option: string) => (value(option) === undefined ? undefined : Number(value(option)) * 1000);
  const run = startPing(
    transport,
    {
      target,
      address: target,
      count: Number(value("-c")),
      ...defined("intervalMs", milliseconds("-i")),
      ...defined("lingerMs", milliseconds("-W")),
    },
    { clock: realClock, out: write, err: write, unixMicros: () => Date.now() * 1000 },
  );
  return run.done;
}

/** An option only where it was given. */
function defined<K extends string>(name: K, value: number | undefined): { [P in K]?: number } {
  return value === undefined ? {} : ({ [name]: value } as { [P in K]: number });
}
