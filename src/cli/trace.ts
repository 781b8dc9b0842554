import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import * as ipv4 from "../../packets/ipv4-address.ts";
import { UserError } from "../linux/errors.ts";
import { realClock } from "../stack/clock.ts";
import { Host } from "../stack/host.ts";
import { whyNot } from "../tools/ping/host-transport.ts";
import { checkTraceOptions, startTrace, type TraceOptions } from "../tools/trace/index.ts";
import { attach, droppedLine, sourceMacOf, sourceOf } from "./attach.ts";
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
  readonly f?: number;
  readonly m?: number;
  readonly q?: number;
  readonly N?: number;
  readonly w?: Waits;
  readonly p?: number;
  readonly F?: boolean;
  readonly t?: number;
  readonly json?: boolean;
}

type Waits = Pick<TraceOptions, "waitMs" | "here" | "near">;

export function define(command: Command, outcome: Outcome): void {
  command
    .argument("<destination>", "IPv4 address; names are not looked up", (text) => ipv4.format(address(text)))
    .argument("[length]", "bytes of a probe, its headers included (60)", integer(28, 65_000))
    .requiredOption("-i, --interface <interface>", "the interface to ask on", interfaceName)
    .option(
      "-s, --source-ip <address>",
      "speak from this address, such as 10.0.0.1/24; the interface's own unless given",
      prefix,
    )
    .option("--source-mac <mac>", "speak from this MAC address; the interface's own unless given", stationMac)
    .option("--gateway <address>", "where probes go that are for no network of ours", hostAddress)
    .option("--netns <namespace>", NETNS_HELP, nonEmpty)
    .option("-I, --icmp", "echo requests instead of UDP")
    .option("-f <ttl>", "time to live of the first probes (1)", integer(1, 255))
    .option("-m <ttl>", "time to live of the last probes (30)", integer(1, 255))
    .option("-q <probes>", "probes a hop (3)", integer(1, 10))
    .option("-N <probes>", "probes that are out at once (16)", integer(1, 255))
    .option(
      "-w <max[,here,near]>",
      "seconds to wait for an answer (5), but no more than so many times what one from the same hop (3) or a later one (10) took",
      waits,
    )
    .option("-p <port>", "UDP port of the first probe (33434); with -I its sequence number (1)", integer(1, 65_535))
    .option("-F", "routers must not fragment probes")
    .option("-t <tos>", "type of service of probes (0)", integer(0, 255))
    .option("-n", "accepted and always so: addresses are shown as numbers")
    .option("-j, --json", "one JSON object a hop")
    .addHelpText(
      "before",
      "Examples:\n  vethlab trace -i ve0 10.0.9.9\n  vethlab trace -i ve0 -s 10.0.0.1/24 --gateway 10.0.0.254 -I 10.0.9.9\n",
    )
    .addHelpText("after", "\nExit code 0 if the destination answered, 1 if not.")
    .action(async (target: string, length: number | undefined, flags: Flags) => {
      outcome.code = await trace(target, length, flags);
    });
}

async function trace(target: string, length: number | undefined, flags: Flags): Promise<number> {
  const name = flags.interface;
  const { link, namespace, close } = attach(name, { netns: flags.netns });
  let host: Host | null = null;
  try {
    const source = sourceOf(name, namespace, flags.sourceIp);
    const answer = { arp: !source.borrowed, echo: !source.borrowed, errors: !source.borrowed };
    const mac = sourceMacOf(link, flags.sourceMac, source.prefix.address);
    host = new Host(link, { addresses: [source.prefix], mac, gateway: flags.gateway, answer });
    const dst = ipv4.parse(target) ?? 0;
    const options: TraceOptions = {
      target,
      dst,
      echo: flags.icmp ?? false,
      dontFragment: flags.F ?? false,
      json: flags.json ?? false,
      ...given("first", flags.f),
      ...given("max", flags.m),
      ...given("queries", flags.q),
      ...given("simultaneous", flags.N),
      ...given("port", flags.p),
      ...given("tos", flags.t),
      ...given("length", length),
      ...flags.w,
    };
    const problem = checkTraceOptions(options) ?? whyNot(host, dst);
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

function waits(text: string): Waits {
  const parts = text.split(",").map((part) => (part === "" ? undefined : seconds(0)(part)));
  if (parts.length > 3) throw new InvalidArgumentError("It must be one to three numbers, such as 5,3,10.");
  const [max, here, near] = parts;
  return {
    ...given("waitMs", max === undefined ? undefined : max * 1000),
    ...given("here", here),
    ...given("near", near),
  };
}
