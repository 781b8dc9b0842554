import type { Command } from "commander";
import * as ipv4 from "../../packets/ipv4-address.ts";
import { systemEpoch, systemNow } from "../link/clock.ts";
import { openRawIcmp } from "../link/raw-icmp.ts";
import { UserError } from "../linux/errors.ts";
import { realClock } from "../stack/clock.ts";
import { Host } from "../stack/host.ts";
import type { MtuDiscovery } from "../stack/ipv4/ipv4-output.ts";
import { HostTransport, whyNot } from "../tools/ping/host-transport.ts";
import {
  MAX_HOPS,
  MAX_PRESPECIFIED,
  recordRoute,
  sourceRoute,
  type TimestampKind,
  timestamp,
} from "../tools/ping/ip-options.ts";
import { KernelTransport } from "../tools/ping/kernel-transport.ts";
import { checkPingOptions, type PingIo, type PingOptions, parsePattern } from "../tools/ping/options.ts";
import { startPing } from "../tools/ping/ping.ts";
import type { EchoTransport } from "../tools/ping/transport.ts";
import { attach, checkGateway, droppedLine, enterNamespace, sourceMacOf, sourceOf } from "./attach.ts";
import type { Outcome } from "./command.ts";
import { IMPAIR, type ImpairFlags, impairmentLines, SEED } from "./impair.ts";
import {
  address,
  choice,
  given,
  hostAddress,
  integer,
  interfaceName,
  milliseconds,
  NETNS_HELP,
  nonEmpty,
  prefix,
  seconds,
  stationMac,
} from "./options.ts";
import { onEnd } from "./signals.ts";
import { superviseCap } from "./supervise.ts";

interface Flags extends ImpairFlags {
  readonly I?: string;
  readonly c?: number;
  readonly i?: number;
  readonly s?: number;
  readonly W?: number;
  readonly w?: number;
  readonly q?: boolean;
  readonly f?: boolean;
  readonly A?: boolean;
  readonly D?: boolean;
  readonly O?: boolean;
  readonly t?: number;
  readonly M?: MtuDiscovery;
  readonly R?: boolean;
  readonly T?: TimestampKind;
  readonly p?: Uint8Array;
  readonly json?: boolean;
  readonly netns?: string;
  readonly sourceIp?: ipv4.Prefix;
  readonly sourceMac?: Uint8Array;
  readonly gateway?: number;
  readonly via: "packet" | "cap" | "kernel";
}

export function define(command: Command, outcome: Outcome): void {
  command
    .argument(
      "<destination...>",
      "IPv4 address; names are not looked up; hops before it are a source route to it, or hosts that -T tsprespec asks",
      destinations,
    )
    .option("-I <interface>", "the interface to ask on", interfaceName)
    .option(
      "--source-ip <address>",
      "speak from this address, such as 10.0.0.1/24; the interface's own unless given",
      prefix,
    )
    .option("--source-mac <mac>", "speak from this MAC address; the interface's own unless given", stationMac)
    .option("--gateway <address>", "where packets go that are for no network of ours", hostAddress)
    .option("--netns <namespace>", NETNS_HELP, nonEmpty)
    .option(
      "--via <way>",
      "packet: our ARP and ICMP over a packet socket; cap: the same over libpcap; kernel: the kernel's IP stack",
      choice("packet", "cap", "kernel"),
      "packet",
    )
    .option("-c <count>", "stop after that many replies", integer(1))
    .option("-i <interval>", "seconds between requests (1)", seconds(0))
    .option("-s <size>", "bytes of data (56)", integer(0, 65_507))
    .option("-W <timeout>", "seconds to wait for the last reply (10); 0: for ever", seconds(0))
    .option("-w <deadline>", "stop after that many seconds", seconds(0))
    .option("-q", "quiet: the summary only")
    .option("-f", "flood: as fast as replies come, a dot for each request, a backspace for each reply")
    .option("-A", "adapt the interval to the round-trip time")
    .option("-D", "the time before each line")
    .option("-O", "report requests without an answer")
    .option("-t <ttl>", "time to live of requests (64)", integer(1, 255))
    .option(
      "-M <discovery>",
      "who fragments: want, this host (the default); do, nobody; dont, anybody; probe, nobody, whatever the path's MTU",
      choice("do", "want", "dont", "probe"),
    )
    .option("-R", "record the route: up to nine addresses, those of the way back included")
    .option(
      "-T <times>",
      "times in ms since midnight UT: tsonly, of everybody on the way; tsandaddr, with addresses; tsprespec, of hosts named before the destination",
      choice("tsonly", "tsandaddr", "tsprespec"),
    )
    .option("-p <pattern>", "up to 16 bytes in hexadecimal to fill the data with", pattern)
    .option("-n", "accepted and always so: addresses are shown as numbers")
    .option("-j, --json", "one JSON object a line")
    .option(...IMPAIR)
    .option(...SEED)
    .addHelpText(
      "before",
      "Examples:\n  vethlab ping -I ve0 --source-ip 10.0.0.1/24 10.0.0.2\n  vethlab ping -I ve0 -c 3 10.0.0.2\n" +
        "  vethlab ping --via kernel -c 3 10.0.0.2\n" +
        "  vethlab ping -I ve0 --gateway 10.0.0.254 -R 10.0.3.2\n",
    )
    .addHelpText("after", "\nCtrl-C ends with the summary; Ctrl-\\ prints an interim line.")
    .action(async (targets: string[], flags: Flags) => {
      outcome.code = await ping(targets.at(-1)!, targets.slice(0, -1), flags);
    });
}

async function ping(target: string, hops: readonly string[], flags: Flags): Promise<number> {
  if (flags.via === "cap" && !superviseCap.inside()) {
    const name = requireInterface(flags);
    // What is wrong with the interface is told here: a failure inside `cap` ends its process by an assertion.
    attach(name, { netns: flags.netns }).close();
    return superviseCap(name);
  }
  const asked = asking(target, hops, flags);
  const opened = flags.via === "kernel" ? throughKernel(target, flags, asked) : throughHost(flags, asked);
  try {
    const options = { ...pingOptions(target, flags, opened.from), withOptions: asked.options !== undefined };
    const problem = checkPingOptions(options);
    if (problem !== null) throw new UserError(problem);
    const stopListening = onEnd(() => run.interrupt());
    process.on("SIGQUIT", () => run.interim());
    const run = startPing(opened.transport, options, io());
    const code = await run.done;
    stopListening();
    return code;
  } finally {
    opened.close();
  }
}

function requireInterface({ I: name }: Flags): string {
  if (name === undefined) throw new UserError("which interface? Name it with -I, such as -I ve0");
  return name;
}

interface Opened {
  readonly transport: EchoTransport;
  readonly from: { address: string; device: string } | undefined;
  close(): void;
}

interface Asking {
  /** Where requests go first: to the destination, or the first hop of a source route. */
  readonly dst: number;
  readonly options: Uint8Array | undefined;
  readonly isRouted: boolean;
}

/** What -R, -T and hops before the destination make of a request. */
function asking(target: string, hops: readonly string[], flags: Flags): Asking {
  const dst = ipv4.parse(target) ?? 0;
  const before = hops.map((hop) => ipv4.parse(hop) ?? 0);
  if (flags.R === true && flags.T !== undefined) throw new UserError("only one of -T or -R may be used");
  if (flags.R === true || (flags.T !== undefined && flags.T !== "tsprespec")) {
    if (hops.length > 0) throw new UserError("one destination goes with that: hosts before it only with -T tsprespec");
    const options = flags.T === undefined ? recordRoute() : timestamp(flags.T);
    return { dst, options, isRouted: false };
  }
  if (flags.T !== undefined) {
    if (hops.length > MAX_PRESPECIFIED || hops.length === 0)
      throw new UserError(`-T tsprespec asks 1 to ${MAX_PRESPECIFIED} hosts, named before the destination`);
    return { dst, options: timestamp(flags.T, before), isRouted: false };
  }
  const [first, ...others] = before;
  if (first === undefined) return { dst, options: undefined, isRouted: false };
  if (hops.length > MAX_HOPS) throw new UserError(`a source route has at most ${MAX_HOPS} hops before the destination`);
  return { dst: first, options: sourceRoute([...others, dst]), isRouted: true };
}

/** Our ARP and our ICMP, over a packet socket or libpcap. */
function throughHost(flags: Flags, { dst, options, isRouted }: Asking): Opened {
  const name = requireInterface(flags);
  const { link, namespace, close } = attach(name, {
    netns: flags.netns,
    via: flags.via === "cap" ? "cap" : "packet",
    impairment: flags,
  });
  try {
    const source = sourceOf(name, namespace, flags.sourceIp);
    checkGateway(flags.gateway, source.prefix);
    // The kernel answers for what is its own; for an address of ours we must, or no reply finds its way back.
    const answer = { arp: !source.borrowed, echo: !source.borrowed, errors: !source.borrowed };
    const mac = sourceMacOf(link, flags.sourceMac, source.prefix.address);
    const host = new Host(link, {
      addresses: [source.prefix],
      mac,
      gateway: flags.gateway,
      answer,
      acceptSourceRoute: isRouted,
    });
    const problem = whyNot(host, dst);
    if (problem !== null) throw new UserError(problem);
    const transport = new HostTransport(host, { dst, ttl: flags.t, discovery: flags.M, options });
    const from = { address: ipv4.format(source.prefix.address), device: name };
    return {
      transport,
      from,
      close() {
        transport.close();
        host.close();
        const { rxDropped } = link.stats();
        process.stderr.write(impairmentLines("ping", link));
        close();
        if (rxDropped > 0) process.stderr.write(droppedLine("ping", rxDropped));
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** The kernel's IP stack, through raw-socket. */
function throughKernel(target: string, flags: Flags, { isRouted }: Asking): Opened {
  for (const [given, name] of [
    [flags.R, "-R"],
    [flags.T, "-T"],
    [isRouted || undefined, "a source route"],
    [flags.sourceIp, "--source-ip"],
    [flags.sourceMac, "--source-mac"],
    [flags.gateway, "--gateway"],
    [flags.M, "-M"],
    [flags.impair, "--impair"],
    [flags.seed, "--seed"],
  ] as const)
    if (given !== undefined) throw new UserError(`${name} does not go with --via kernel: there the kernel decides`);
  const namespace = enterNamespace(flags.netns);
  try {
    const socket = openRawIcmp({ interface: flags.I, ttl: flags.t, namespace: namespace ?? undefined });
    const dst = ipv4.parse(target) ?? 0;
    const transport = new KernelTransport(socket, { dst, ident: process.pid & 0xffff, now: systemNow });
    return {
      transport,
      from: undefined,
      close() {
        transport.close();
        namespace?.close();
      },
    };
  } catch (error) {
    namespace?.close();
    throw error;
  }
}

function pingOptions(target: string, flags: Flags, from: Opened["from"]): PingOptions {
  return {
    target,
    address: target,
    ...(from === undefined ? {} : { from }),
    ...given("count", flags.c),
    ...given("intervalMs", milliseconds(flags.i)),
    ...given("size", flags.s),
    ...given("lingerMs", milliseconds(flags.W)),
    ...given("deadlineMs", milliseconds(flags.w)),
    ...given("pattern", flags.p),
    quiet: flags.q ?? false,
    flood: flags.f ?? false,
    adaptive: flags.A ?? false,
    timestamps: flags.D ?? false,
    outstanding: flags.O ?? false,
    json: flags.json ?? false,
  };
}

function io(): PingIo {
  return {
    clock: realClock,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    unixMicros: () => systemEpoch * 1e6 + systemNow() / 1000,
    ...given("columns", process.stdout.columns),
  };
}

function destinations(text: string, before: readonly string[] = []): string[] {
  return [...before, ipv4.format(address(text))];
}

function pattern(text: string): Uint8Array {
  const bytes = parsePattern(text);
  if (typeof bytes === "string") throw new UserError(bytes);
  return bytes;
}
