import type { Command } from "commander";
import type * as ipv4 from "../../packets/ipv4-address.ts";
import { UserError } from "../linux/errors.ts";
import { realClock } from "../stack/clock.ts";
import { type ArpingOptions, checkArpingOptions, startArping } from "../tools/arping/index.ts";
import { type Attachment, attach, sourceMacOf, sourceOf } from "./attach.ts";
import type { Outcome } from "./command.ts";
import {
  address,
  given,
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

interface Flags {
  readonly I: string;
  readonly sourceIp?: ipv4.Prefix;
  readonly sourceMac?: Uint8Array;
  readonly netns?: string;
  readonly c?: number;
  readonly w?: number;
  readonly i?: number;
  readonly D?: boolean;
  readonly U?: boolean;
  readonly A?: boolean;
  readonly b?: boolean;
  readonly f?: boolean;
  readonly q?: boolean;
  readonly json?: boolean;
  readonly duplicates?: boolean;
  readonly vlan?: number;
}

export function define(command: Command, outcome: Outcome): void {
  command
    .argument("<destination>", "the IPv4 address to ask for", address)
    .requiredOption("-I <interface>", "the interface to ask on", interfaceName)
    .option("-s, --source-ip <address>", "ask as this address; the interface's own unless given", prefix)
    .option("--source-mac <mac>", "ask from this MAC address; the interface's own unless given", stationMac)
    .option("--netns <namespace>", NETNS_HELP, nonEmpty)
    .option("-c <count>", "stop after that many probes", integer(1))
    .option("-w <timeout>", "stop after that many seconds", seconds(0))
    .option("-i <interval>", "seconds between probes (1)", seconds(0.001))
    .option("-D", "duplicate address detection: exit 0 if nobody has the address")
    .option("-U", "announce the address as ours, by requests")
    .option("-A", "announce the address as ours, by replies")
    .option("-b", "keep broadcasting; without it, probes go to who answered first")
    .option("-f", "stop at the first reply")
    .option("-q", "quiet")
    .option("--duplicates", "look for a second station with the same address: exit 1 if there is one")
    .option("--vlan <id>", "tag the probes for this VLAN", integer(1, 4094))
    .option("-j, --json", "one JSON object a line")
    .addHelpText(
      "before",
      "Examples:\n  vethlab arping -I ve0 -s 10.0.0.1 -c 3 10.0.0.2\n  vethlab arping -I ve0 -D -c 2 10.0.0.2    is it free?\n",
    )
    .action(async (target: number, flags: Flags) => {
      outcome.code = await arping(target, flags);
    });
}

async function arping(target: number, flags: Flags): Promise<number> {
  const attachment = attach(flags.I, { netns: flags.netns });
  try {
    const source = askAs(target, flags, attachment);
    const options: ArpingOptions = {
      target,
      source,
      mac: sourceMacOf(attachment.link, flags.sourceMac, source),
      detect: flags.D ?? false,
      unsolicited: flags.U ?? false,
      advertise: flags.A ?? false,
      broadcast: flags.b ?? false,
      first: flags.f ?? false,
      quiet: flags.q ?? false,
      json: flags.json ?? false,
      duplicates: flags.duplicates ?? false,
      ...given("count", flags.c),
      ...given("timeoutMs", milliseconds(flags.w)),
      ...given("intervalMs", milliseconds(flags.i)),
      ...given("vlan", flags.vlan),
    };
    const problem = checkArpingOptions(options);
    if (problem !== null) throw new UserError(problem);
    const stopListening = onEnd(() => run.interrupt());
    process.on("SIGQUIT", () => run.interrupt());
    const run = startArping(attachment.link, options, {
      clock: realClock,
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
    });
    const code = await run.done;
    stopListening();
    return code;
  } finally {
    attachment.close();
  }
}

/** Who asks: with -D nobody (0.0.0.0), with -U and -A the address itself. */
function askAs(target: number, flags: Flags, { namespace }: Attachment): number {
  if (flags.sourceIp !== undefined) return flags.sourceIp.address;
  if (flags.D) return 0;
  if (flags.U || flags.A) return target;
  return sourceOf(flags.I, namespace, undefined).prefix.address;
}
