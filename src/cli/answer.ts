import { type Command, InvalidArgumentError } from "commander";
import * as ipv4 from "../../packets/ipv4-address.ts";
import { UserError } from "../linux/errors.ts";
import type { ArpOptions } from "../stack/arp/arp-options.ts";
import { realClock } from "../stack/clock.ts";
import { Host, type HostOptions } from "../stack/host.ts";
import {
  type AnswerRun,
  type AnswerToolOptions,
  type StaticNeighbour,
  startAnswer,
  startAnswerThread,
} from "../tools/answer/index.ts";
import { type Attachment, attach, droppedLine, kernelAddresses } from "./attach.ts";
import type { Outcome } from "./command.ts";
import { IMPAIR, type ImpairFlags, impairmentLines, SEED } from "./impair.ts";
import {
  choice,
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

interface Flags extends ImpairFlags {
  readonly I: string;
  readonly ip: readonly ipv4.Prefix[];
  readonly mac?: Uint8Array;
  readonly vlan?: number;
  readonly netns?: string;
  readonly gear: string;
  readonly proxyArp?: readonly ipv4.Prefix[];
  readonly proxyDelay: number;
  readonly arpIgnore: number;
  readonly arpAccept: number;
  readonly arpNotify?: boolean;
  readonly neighbour?: readonly StaticNeighbour[];
  readonly neigh?: boolean;
  readonly acceptSourceRoute?: boolean;
  readonly force?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

export function define(command: Command, outcome: Outcome): void {
  command
    .requiredOption("-I <interface>", "the interface to answer on", interfaceName)
    .requiredOption(
      "--ip <address>",
      "be this address, such as 10.0.0.2 or 10.0.0.2/24; may be given more than once",
      anotherAddress,
    )
    .option("--mac <mac>", "be this MAC address; a locally administered one, always the same, unless given", stationMac)
    .option("--vlan <id>", "live in this VLAN alone", integer(1, 4094))
    .option("--netns <namespace>", NETNS_HELP, nonEmpty)
    .option(
      "--gear <gear>",
      "how frames are waited for: event, in the event loop; block, asleep in a thread of its own; spin, the fastest, " +
        "at the price of a whole processor",
      choice("event", "block", "spin"),
      "event",
    )
    .option(
      "--proxy-arp <network>",
      "answer ARP, and nothing else, for this address or network of others as well; may be given more than once",
      anotherNetwork,
    )
    .option(
      "--proxy-delay <seconds>",
      "let such answers wait for a random time of up to so long, as Linux does",
      seconds(0),
      0.8,
    )
    .option(
      "--arp-ignore <level>",
      "Linux's arp_ignore: 0 answer whoever asks; 1 the same, with one interface; 2 who is on the network of the address " +
        "that he asks for; 8 nobody",
      integer(0, 8),
      0,
    )
    .option(
      "--arp-accept <level>",
      "Linux's arp_accept: whether an announcement makes a neighbour: 0 no; 1 yes; 2 if it comes from our network",
      integer(0, 2),
      0,
    )
    .option("--arp-notify", "announce our addresses at the beginning")
    .option(
      "--neighbour <address=mac>",
      "a neighbour that is known for good: 10.0.0.1=02:00:00:00:00:01; may be given more than once",
      anotherNeighbour,
    )
    .option("--neigh", "show the neighbour table at the end, as `ip -s neigh` shows the kernel's")
    .option("--accept-source-route", "take source-routed datagrams, and answer along the way that they came")
    .option("--force", "answer even for an address that the kernel here owns")
    .option("-q, --quiet", "the totals only")
    .option("-v, --verbose", "everything that happens, dropped frames and why included")
    .option("-j, --json", "one JSON object a line")
    .option(...IMPAIR)
    .option(...SEED)
    .addHelpText(
      "before",
      "Examples:\n  vethlab answer -I ve1 --ip 10.0.0.2\n  vethlab answer -I ve1 --ip 10.0.0.2 --ip 10.0.0.3 -v\n" +
        "  vethlab answer -I ve1 --ip 10.0.0.2 --gear spin -q\n",
    )
    .addHelpText(
      "after",
      "\nCtrl-C ends with the totals; Ctrl-\\ prints them and goes on.\nSIGUSR1 shows the neighbour table, as `ip -s neigh` does.",
    )
    .action(async (flags: Flags) => {
      outcome.code = await answer(flags);
    });
}

/** An address named twice is one address. */
function anotherAddress(text: string, before: readonly ipv4.Prefix[] = []): ipv4.Prefix[] {
  const one = prefix(text);
  return [...before.filter((other) => other.address !== one.address), one];
}

function anotherNetwork(text: string, before: readonly ipv4.Prefix[] = []): ipv4.Prefix[] {
  const network = ipv4.parsePrefix(text);
  if (network !== null) return [...before, network];
  throw new InvalidArgumentError("It must be an IPv4 address or network, such as 10.0.9.0/24.");
}

function anotherNeighbour(text: string, before: readonly StaticNeighbour[] = []): StaticNeighbour[] {
  const [ip = "", address, ...more] = text.split("=");
  if (address === undefined || more.length > 0)
    throw new InvalidArgumentError("It must be an address and its MAC address, such as 10.0.0.1=02:00:00:00:00:01.");
  return [...before, { ip: hostAddress(ip), mac: stationMac(address) }];
}

/** A run, wherever it answers. */
interface Running {
  readonly run: Pick<AnswerRun, "done" | "interrupt" | "interim" | "neighbours">;
  /** Frames that the kernel dropped, once the run is over. */
  lost(): number;
}

async function answer(flags: Flags): Promise<number> {
  if (flags.impair !== undefined && flags.gear !== "event")
    throw new UserError(
      "--impair goes with --gear event: a thread that only fetches frames is late with those that wait",
    );
  const attachment = attach(flags.I, { netns: flags.netns, impairment: flags });
  try {
    if (!flags.force) refuseKernelAddresses(flags.ip, kernelAddresses(attachment.namespace));
    // Before the first line: whoever reads it may send a signal at once.
    const stopListening = onEnd(() => run.interrupt());
    process.on("SIGQUIT", () => run.interim());
    process.on("SIGUSR1", () => run.neighbours());
    const { run, lost } = flags.gear === "event" ? inEventLoop(flags, attachment) : inThread(flags, attachment);
    const code = await run.done;
    stopListening();
    if (lost() > 0) process.stderr.write(droppedLine("answer", lost()));
    process.stderr.write(impairmentLines("answer", attachment.link));
    return code;
  } finally {
    attachment.close();
  }
}

const OUTPUT = {
  out: (text: string) => void process.stdout.write(text),
  err: (text: string) => void process.stderr.write(text),
};

function toolOptions(flags: Flags): AnswerToolOptions {
  const { json = false, quiet = false, verbose = false, neigh = false, neighbour: neighbours = [] } = flags;
  return { json, quiet, verbose, neigh, neighbours };
}

function hostOptions(flags: Flags): HostOptions {
  const { ip: addresses, mac, vlan, arpIgnore, arpNotify = false, proxyArp: proxies = [], proxyDelay } = flags;
  const arpAccept = flags.arpAccept as ArpOptions["arpAccept"];
  const arp = { arpIgnore, arpAccept, arpNotify, proxies, proxyDelayMs: proxyDelay * 1000 };
  return { addresses, mac, vlan, arp, acceptSourceRoute: flags.acceptSourceRoute ?? false };
}

function inEventLoop(flags: Flags, { link }: Attachment): Running {
  const host = new Host(link, hostOptions(flags));
  const run = startAnswer(host, toolOptions(flags), { clock: realClock, ...OUTPUT });
  return { run, lost: () => link.stats().rxDropped };
}

function inThread(flags: Flags, { link, namespace }: Attachment): Running {
  // It was opened to see that it can be; the thread opens its own.
  link.close();
  const gear = flags.gear === "spin" ? "spin" : "block";
  const thread = startAnswerThread(
    { interface: flags.I, namespace: namespace?.path, gear },
    hostOptions(flags),
    toolOptions(flags),
    OUTPUT,
  );
  // What crosses from a thread keeps its words and its name, not its class.
  const done = thread.done.catch((error: Error) => {
    throw error.name === "UserError" ? new UserError(error.message) : error;
  });
  const { interrupt, interim, neighbours } = thread;
  return { run: { done, interrupt, interim, neighbours }, lost: () => thread.counters().lost };
}

/** Two that answer for one address would contradict each other. */
function refuseKernelAddresses(wanted: readonly ipv4.Prefix[], owned: ReadonlySet<number>): void {
  const taken = wanted.find((one) => owned.has(one.address));
  if (taken === undefined) return;
  throw new UserError(
    `the kernel owns ${ipv4.format(taken.address)} in this namespace and answers for it itself: choose another address, or --force`,
  );
}
