import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import * as ipv4 from "../../packets/ipv4-address.ts";
import { UserError } from "../linux/errors.ts";
import { ipJson } from "../linux/iproute.ts";
import type { NetworkNamespace } from "../linux/namespace.ts";
import { realClock } from "../stack/clock.ts";
import { Host } from "../stack/host.ts";
import { checkTraceOptions, type Method, startTrace, type TraceOptions } from "../tools/trace/index.ts";
import { attach, checkGateway, droppedLine, sourceMacOf, sourceOf } from "./attach.ts";
import type { Outcome } from "./command.ts";
import {
  address,
  given,
  hostAddress,
  integer,
  interfaceName,
  NETNS_HELP,
  nonEmpty,
  prefix,
  seconds,
  stationMac,
} from "./options.ts";
import { onEnd } from "./signals.ts";

interface Flags {
  readonly interface: string;
  readonly sourceIp?: ipv4.Prefix;
  readonly sourceMac?: Uint8Array;
  readonly gateway?: number;
  readonly netns?: string;
  readonly icmp?: boolean;
  readonly udp?: boolean;
  readonly tcp?: boolean;
  readonly first?: number;
  readonly maxHops?: number;
  readonly queries?: number;
  readonly simQueries?: number;
  readonly wait?: Waits;
  readonly sendwait?: number;
  readonly port?: number;
  readonly sport?: number;
  readonly dontFragment?: boolean;
  readonly mtu?: boolean;
  readonly tos?: number;
  readonly json?: boolean;
}

type Waits = Pick<TraceOptions, "waitMs" | "here" | "near">;

export function define(command: Command, outcome: Outcome): void {
  command
    .argument("<destination>", "IPv4 address; names are not looked up", (text) => ipv4.format(address(text)))
    .argument(
      "[length]",
      "bytes of a probe, its headers included (60; with --mtu 65000), 28 at least",
      integer(0, 65_000),
    )
    .requiredOption("-i, --interface <interface>", "the interface to ask on", interfaceName)
    .option(
      "-s, --source-ip <address>",
      "speak from this address, such as 10.0.0.1/24; the interface's own unless given",
      prefix,
    )
    .option("--source-mac <mac>", "speak from this MAC address; the interface's own unless given", stationMac)
    .option(
      "--gateway <address>",
      "the router for all that is on no network of ours; the kernel's there unless given",
      hostAddress,
    )
    .option("--netns <namespace>", NETNS_HELP, nonEmpty)
    .option("-I, --icmp", "echo requests instead of UDP")
    .option("-U, --udp", "UDP to one port (53) instead of the next one with each probe")
    .addOption(new Option("-T, --tcp").hideHelp())
    .option("-f, --first <ttl>", "time to live of the first probes (1)", integer(1, 255))
    .option("-m, --max-hops <ttl>", "time to live of the last probes (30)", integer(1, 255))
    .option("-q, --queries <probes>", "probes a hop (3)", integer(1, 10))
    .option("-N, --sim-queries <probes>", "probes that are out at once (16)", integer(1, 255))
    .option(
      "-w, --wait <max[,here,near]>",
      "seconds to wait for an answer; with here and near no more than so many times what one from the same hop or a later one took (5,3,10)",
      waits,
    )
    .option("-z, --sendwait <time>", "between two probes at least: seconds, or from 10 on milliseconds (0)", seconds(0))
    .option(
      "-p, --port <port>",
      "UDP port of the first probe (33434); with -U of all; with -I the first sequence number (1)",
      integer(1, 65_535),
    )
    .option("--sport <port>", "send all probes from this UDP port, one by one", integer(1, 65_535))
    .option("-F, --dont-fragment", "routers must not fragment probes")
    .option("--mtu", "find out what passes whole: F=1400 where it gets narrower; implies -F -N 1")
    .option("-t, --tos <tos>", "type of service of probes (0)", integer(0, 255))
    .option("-n", "accepted and always so: addresses are shown as numbers")
    .option("-j, --json", "one JSON object a hop")
    .addHelpText(
      "before",
      "Examples:\n  vethlab trace -i ve0 10.0.9.9\n  vethlab trace -i ve0 -s 10.0.0.1/24 --gateway 10.0.0.254 -I 10.0.9.9\n" +
        "  vethlab trace -i ve0 --mtu 10.0.9.9\n",
    )
    .addHelpText("after", "\nExit code 0 if the destination answered, 1 if not.")
    .action(async (target: string, length: number | undefined, flags: Flags) => {
      outcome.code = await trace(target, length, flags);
    });
}

async function trace(target: string, length: number | undefined, flags: Flags): Promise<number> {
  const method = methodOf(flags);
  const name = flags.interface;
  const { link, namespace, close } = attach(name, { netns: flags.netns });
  let host: Host | null = null;
  try {
    const source = sourceOf(name, namespace, flags.sourceIp);
    checkGateway(flags.gateway, source.prefix);
    const answer = { arp: !source.borrowed, echo: !source.borrowed, errors: !source.borrowed };
    const mac = sourceMacOf(link, flags.sourceMac, source.prefix.address);
    const dst = ipv4.parse(target) ?? 0;
    const gateway = flags.gateway ?? kernelGateway(source.prefix, target, name, namespace);
    host = new Host(link, { addresses: [source.prefix], mac, gateway, answer });
    const options: TraceOptions = {
      target,
      dst,
      method,
      discoverMtu: flags.mtu ?? false,
      dontFragment: flags.dontFragment ?? false,
      json: flags.json ?? false,
      ...given("first", flags.first),
      ...given("max", flags.maxHops),
      ...given("queries", flags.queries),
      ...given("simultaneous", flags.simQueries),
      ...given("sendWaitMs", inMs(flags.sendwait)),
      ...given("port", flags.port),
      ...given("sourcePort", flags.sport),
      ...given("tos", flags.tos),
      ...given("length", length),
      ...flags.wait,
    };
    const problem = checkTraceOptions(options) ?? whyNot(host, target, dst);
    if (problem !== null) throw new UserError(problem);
    const stopListening = onEnd(() => run.interrupt());
    const run = startTrace(host, options, {
      clock: realClock,
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
    });
    const code = await run.done;
    stopListening();
    const { rxDropped } = link.stats();
    if (rxDropped > 0) process.stderr.write(droppedLine("trace", rxDropped));
    return code;
  } finally {
    host?.close();
    close();
  }
}

function methodOf({ icmp, udp, tcp }: Flags): Method {
  if (tcp === true) throw new UserError("there are no TCP probes here: leave -T away, or ask with -U or -I");
  if (icmp === true && udp === true) throw new UserError("-I and -U are two kinds of probes: give one of them");
  return icmp === true ? "icmp" : udp === true ? "udp" : "default";
}

/** traceroute's: what is no number of seconds that anybody would wait is one of milliseconds. */
function inMs(time: number | undefined): number | undefined {
  return time === undefined || time >= 10 ? time : time * 1000;
}

/**
 * The kernel's first hop to `target` through the interface, if it is on our network as well; undefined if there is none, or
 * none is needed: an address without a network takes all others to be on the link.
 */
function kernelGateway(
  own: ipv4.Prefix,
  target: string,
  name: string,
  namespace: NetworkNamespace | null,
): number | undefined {
  if (own.length === 32 || ipv4.contains(own, ipv4.parse(target) ?? 0)) return undefined;
  const look = () => ipJson<{ gateway?: string }>("route", "get", target, "oif", name)[0]?.gateway;
  try {
    const gateway = ipv4.parse((namespace === null ? look() : namespace.run(look)) ?? "");
    return gateway !== null && ipv4.contains(own, gateway) ? gateway : undefined;
  } catch {
    // It has no route: what that means is said in our own words.
    return undefined;
  }
}

/** What is wrong with a destination that cannot be traced; null if nothing is. */
function whyNot(host: Host, target: string, dst: number): string | null {
  const own = host.identity.prefixes[0];
  if (host.identity.owns(dst)) return `${target} is the asking host's own address`;
  if (!ipv4.isUnicast(dst) || host.identity.isAnyBroadcast(dst))
    return `${target} is no address of one host: only to one is there a way`;
  if (host.routes.nextHop(dst) !== 0) return null;
  return `no way leads to ${target}${own === undefined ? "" : ` from ${ipv4.formatPrefix(own)}`}: name the router that knows one with --gateway`;
}

/** As traceroute has them: what is left out is no rule at all. */
function waits(text: string): Waits {
  const [max, here = 0, near = 0, ...more] = text.split(",").map((part) => seconds(0)(part));
  if (more.length > 0) throw new InvalidArgumentError("It must be one to three numbers, such as 5,3,10.");
  return { ...given("waitMs", max === undefined ? undefined : max * 1000), here, near };
}
