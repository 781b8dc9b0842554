import { type Command, InvalidArgumentError } from "commander";
import * as ipv4 from "../../packets/ipv4-address.ts";
import { UserError } from "../linux/errors.ts";
import type { Defence } from "../stack/claim/acd-options.ts";
import { isSelectable } from "../stack/claim/link-local.ts";
import { realClock } from "../stack/clock.ts";
import { Host } from "../stack/host.ts";
import { type ClaimRun, type ClaimToolOptions, startClaim } from "../tools/claim/index.ts";
import { type Attachment, attach, kernelAddresses, sourceMacOf } from "./attach.ts";
import type { Outcome } from "./command.ts";
import { IMPAIR, type ImpairFlags, impairmentLines, SEED } from "./impair.ts";
import {
  choice,
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
import { wantsColour } from "./terminal.ts";

/** So that the longest time stays below what a timer can wait. */
const MOST = 1000;

interface Flags extends ImpairFlags {
  readonly I: string;
  readonly linkLocal?: boolean;
  readonly defend: Defence;
  readonly sourceMac?: Uint8Array;
  readonly answer?: boolean;
  readonly once?: boolean;
  readonly timeout?: number;
  readonly scale: number;
  readonly vlan?: number;
  readonly netns?: string;
  readonly force?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
  readonly color: boolean;
}

export function define(command: Command, outcome: Outcome): void {
  command
    .argument("[address]", "the address to claim, such as 10.0.0.2/24; with --link-local, the one to try first", prefix)
    .requiredOption("-I <interface>", "the interface to claim it on", interfaceName)
    .option("--link-local", "find a free address in 169.254.0.0/16 (RFC 3927), and another one after a conflict")
    .option(
      "--defend <when>",
      "once it is ours and another station speaks as it: never, give it up at once; once, announce it again and give " +
        "it up if that does not help; always, never give it up",
      choice("never", "once", "always"),
      "once",
    )
    .option("--source-mac <mac>", "claim it for this MAC address; the interface's own unless given", stationMac)
    .option("--answer", "answer ping as well once it is ours; ARP is answered anyway")
    .option("-1, --once", "end as soon as it is claimed")
    .option("-w, --timeout <seconds>", "end after that many seconds", seconds(0.001))
    .option("--scale <factor>", "multiply all times of RFC 5227, such as 0.1 on a fast network", factor, 1)
    .option("--vlan <id>", "live in this VLAN alone", integer(1, 4094))
    .option("--netns <namespace>", NETNS_HELP, nonEmpty)
    .option("--force", "claim even an address that the kernel here owns")
    .option("-q, --quiet", "the outcome only")
    .option("-j, --json", "one JSON object a line")
    .option("--no-color", "no colour")
    .option(...IMPAIR)
    .option(...SEED)
    .addHelpText(
      "before",
      "Examples:\n  vethlab claim -I ve1 10.0.0.2/24             claim it, hold it, defend it\n" +
        "  vethlab claim -I ve1 --once 10.0.0.2         is it free? by the book\n" +
        "  vethlab claim -I ve1 --link-local --answer   one without any server; ping it\n",
    )
    .addHelpText(
      "after",
      "\nRFC 5227: probe for the address, announce it if nobody objects, defend it;\nCtrl-C gives it back." +
        "\nExit 0 if the address was ours at the end, 1 if it is another's, was lost, or\nwas not got in time.",
    )
    .action(async (address: ipv4.Prefix | undefined, flags: Flags) => {
      outcome.code = await claim(address, flags);
    });
}

function factor(text: string): number {
  const value = /^\d+(\.\d*)?$|^\.\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value <= MOST) return value;
  throw new InvalidArgumentError(`It must be a number above 0, up to ${MOST}.`);
}

async function claim(address: ipv4.Prefix | undefined, flags: Flags): Promise<number> {
  checkTogether(address, flags);
  const attachment = attach(flags.I, { netns: flags.netns, impairment: flags });
  try {
    if (address !== undefined && flags.force !== true) refuseKernelAddress(address, attachment);
    const { link } = attachment;
    const host = new Host(link, {
      addresses: [],
      mac: sourceMacOf(link, flags.sourceMac, address?.address ?? 0),
      vlan: flags.vlan,
      answer: { echo: flags.answer ?? false },
    });
    let run: ClaimRun | null = null;
    const stopListening = onEnd(() => run?.interrupt());
    run = begin(host, address, flags);
    const code = await run.done;
    stopListening();
    process.stderr.write(impairmentLines("claim", link));
    return code;
  } finally {
    attachment.close();
  }
}

function begin(host: Host, address: ipv4.Prefix | undefined, flags: Flags): ClaimRun {
  const { linkLocal = false, json = false, quiet = false, once = false, defend, scale } = flags;
  const options: ClaimToolOptions = {
    address: linkLocal || address === undefined ? null : address,
    ...given("first", linkLocal ? address?.address : undefined),
    ...given("timeoutMs", milliseconds(flags.timeout)),
    defence: defend,
    scale,
    once,
    json,
    quiet,
    colour: wantsColour(flags.color),
    ...given("width", process.stdout.columns),
  };
  try {
    return startClaim(host, options, {
      clock: realClock,
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
    });
  } catch (error) {
    throw error instanceof RangeError ? new UserError(error.message) : error;
  }
}

function checkTogether(address: ipv4.Prefix | undefined, { linkLocal = false, defend }: Flags): void {
  if (!linkLocal) {
    if (address === undefined) throw new UserError("say which address to claim, such as 10.0.0.2/24, or --link-local");
    return;
  }
  if (address !== undefined && !isSelectable(address.address))
    throw new UserError(
      `${ipv4.format(address.address)} is no link-local address to claim: they go from 169.254.1.0 to 169.254.254.255`,
    );
  if (defend === "always")
    throw new UserError("--defend always is not for link-local addresses (RFC 3927, 2.5): use once, or never");
}

/** The kernel would not hear our probes, and answer for its address all the same. */
function refuseKernelAddress({ address }: ipv4.Prefix, { namespace }: Attachment): void {
  if (!kernelAddresses(namespace).has(address)) return;
  throw new UserError(
    `the kernel owns ${ipv4.format(address)} in this namespace and does not hear what we ask here: choose another address, or --force`,
  );
}
