import type { Command } from "commander";
import * as ipv4 from "../../packets/ipv4-address.ts";
import { UserError } from "../linux/errors.ts";
import { realClock } from "../stack/clock.ts";
import { Host } from "../stack/host.ts";
import { type AnswerRun, type AnswerToolOptions, startAnswer, startAnswerThread } from "../tools/answer/index.ts";
import { type Attachment, attach, droppedLine, kernelAddresses } from "./attach.ts";
import type { Outcome } from "./command.ts";
import { IMPAIR, type ImpairFlags, impairmentLines, SEED } from "./impair.ts";
import { choice, integer, interfaceName, NETNS_HELP, nonEmpty, prefix, stationMac } from "./options.ts";
import { onEnd } from "./signals.ts";

interface Flags extends ImpairFlags {
  readonly I: string;
  readonly ip: readonly ipv4.Prefix[];
  readonly mac?: Uint8Array;
  readonly vlan?: number;
  readonly netns?: string;
  readonly gear: string;
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
    .addHelpText("after", "\nCtrl-C ends with the totals; Ctrl-\\ prints them and goes on.")
    .action(async (flags: Flags) => {
      outcome.code = await answer(flags);
    });
}

/** An address named twice is one address. */
function anotherAddress(text: string, before: readonly ipv4.Prefix[] = []): ipv4.Prefix[] {
  const one = prefix(text);
  return [...before.filter((other) => other.address !== one.address), one];
}

/** A run, wherever it answers. */
interface Running {
  readonly run: Pick<AnswerRun, "done" | "interrupt" | "interim">;
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
  return { json: flags.json ?? false, quiet: flags.quiet ?? false, verbose: flags.verbose ?? false };
}

function inEventLoop(flags: Flags, { link }: Attachment): Running {
  const host = new Host(link, { addresses: flags.ip, mac: flags.mac, vlan: flags.vlan });
  const run = startAnswer(host, toolOptions(flags), { clock: realClock, ...OUTPUT });
  return { run, lost: () => link.stats().rxDropped };
}

function inThread(flags: Flags, { link, namespace }: Attachment): Running {
  // It was opened to see that it can be; the thread opens its own.
  link.close();
  const gear = flags.gear === "spin" ? "spin" : "block";
  const thread = startAnswerThread(
    { interface: flags.I, namespace: namespace?.path, gear },
    { addresses: flags.ip, mac: flags.mac, vlan: flags.vlan },
    toolOptions(flags),
    OUTPUT,
  );
  // What crosses from a thread keeps its words and its name, not its class.
  const done = thread.done.catch((error: Error) => {
    throw error.name === "UserError" ? new UserError(error.message) : error;
  });
  const { interrupt, interim } = thread;
  return { run: { done, interrupt, interim }, lost: () => thread.counters().lost };
}

/** Two that answer for one address would contradict each other. */
function refuseKernelAddresses(wanted: readonly ipv4.Prefix[], owned: ReadonlySet<number>): void {
  const taken = wanted.find((one) => owned.has(one.address));
  if (taken === undefined) return;
  throw new UserError(
    `the kernel owns ${ipv4.format(taken.address)} in this namespace and answers for it itself: choose another address, or --force`,
  );
}
