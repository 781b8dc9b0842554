/**
 * What is besieged: a host as `answer` makes it, or a router as `router` does, in a process of its own. It tells its
 * counters, one JSON object for each line that it reads.
 */
import { createInterface } from "node:readline";
import { openPacketLink, type PacketLink } from "../../src/link/packet.ts";
import { realClock } from "../../src/stack/clock.ts";
import { Host, type HostStats } from "../../src/stack/host.ts";
import { Router } from "../../src/stack/router/router.ts";
import { startAnswer } from "../../src/tools/answer/index.ts";

/** One interface of the target: where it is, and its address. */
export interface TargetPort {
  readonly namespace: string;
  readonly name: string;
  readonly address: string;
  readonly gateway?: string;
}

export interface TargetState {
  /** Frames that the kernel dropped before they were read, on the interface that is attacked. */
  readonly lost: number;
  readonly forwarded: number;
  /** Bytes in use, garbage collected before. */
  readonly inUse: number;
  /** By interface; the first is attacked. */
  readonly hosts: readonly HostStats[];
}

const ports = JSON.parse(process.argv[2] ?? "[]") as TargetPort[];
const links: PacketLink[] = ports.map(({ name, namespace }) => openPacketLink(name, { namespace }));
const interfaces = ports.map(({ address, gateway }, i) => ({
  link: links[i]!,
  addresses: [address],
  ...(gateway === undefined ? {} : { gateway }),
}));
const router = interfaces.length > 1 ? new Router(interfaces) : null;
const hosts = router?.hosts ?? interfaces.map((one) => new Host(one.link, one));
if (router === null) startAnswer(hosts[0]!, { quiet: true }, { clock: realClock, out: () => {}, err: () => {} });

process.stdout.write(`${JSON.stringify({ mac: Array.from(hosts[0]!.mac) })}\n`);
function inUse(): number {
  // The process is started with --expose-gc.
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

createInterface({ input: process.stdin }).on("line", () => {
  const state: TargetState = {
    lost: links[0]!.stats().rxDropped,
    forwarded: router?.stats().forwarded ?? 0,
    inUse: inUse(),
    hosts: hosts.map((host) => host.stats()),
  };
  process.stdout.write(`${JSON.stringify(state)}\n`);
});
process.stdin.on("close", () => process.exit(0));
