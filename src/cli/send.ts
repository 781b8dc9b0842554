import { type Command, InvalidArgumentError } from "commander";
import { fromHex } from "../../packets/bytes.ts";
import type * as ipv4 from "../../packets/ipv4-address.ts";
import * as mac from "../../packets/mac.ts";
import { isCaptureError, openCapture } from "../capture/index.ts";
import type { Link } from "../link/link.ts";
import { UserError } from "../linux/errors.ts";
import {
  type Addresses,
  arpTemplate,
  closingJson,
  closingLines,
  echoTemplate,
  type FrameSource,
  PART_NAMES,
  progressLine,
  rawTemplate,
  readFrames,
  type SendRun,
  startSend,
  TemplateSource,
  type Vary,
} from "../tools/send/index.ts";
import { type Attachment, attach, sourceOf } from "./attach.ts";
import type { Outcome } from "./command.ts";
import { address, integer, NETNS_HELP, prefix, stationMac } from "./options.ts";
import { onEnd } from "./signals.ts";

interface Flags {
  readonly I: string;
  readonly netns?: string;
  readonly arp?: number;
  readonly echo?: number;
  readonly raw?: Uint8Array;
  readonly r?: string;
  readonly to?: Uint8Array;
  readonly sourceIp?: ipv4.Prefix;
  readonly sourceMac?: Uint8Array;
  readonly id?: number;
  readonly length?: number;
  readonly vary?: readonly Vary[];
  readonly seed?: number;
  readonly rate?: number | "max";
  readonly count?: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

const ECHO_LENGTH = 98;
const PROGRESS_MS = 500;

export function define(command: Command, outcome: Outcome): void {
  command
    .requiredOption("-I <interface>", "send through this interface")
    .option("--netns <namespace>", NETNS_HELP)
    .option("--arp <address>", "ARP requests for this address", address)
    .option("--echo <address>", "ICMP echo requests to this address; --to names the station", address)
    .option("--raw <hex>", "this frame, its bytes in hexadecimal", hex)
    .option(
      "-r <file>",
      "the frames of this capture (pcap or pcapng), at the pace they were captured; - for standard input",
    )
    .option("--to <mac>", "the station to send to; everybody unless given, with --arp", anyMac)
    .option("--source-ip <address>", "the sender's address; the interface's own unless given", prefix)
    .option("--source-mac <mac>", "the sender's MAC address; the interface's own unless given", stationMac)
    .option("--id <id>", "the echo requests' identifier", integer(0, 65_535))
    .option("--length <bytes>", `the echo requests' length as frames (${ECHO_LENGTH})`, integer(42, 65_549))
    .option(
      "--vary <part=how>",
      `let a part differ: inc or random, as seq=inc or source-ip=random:1000 for so many values; parts: ${PART_NAMES.icmp.join(", ")}; ` +
        "in --raw OFFSET:WIDTH",
      (text: string, before: readonly Vary[] = []) => [...before, varyOption(text)],
    )
    .option("--seed <number>", "of the random parts; the same again with the same", integer(0, 0xffffffff))
    .option("--rate <rate>", "frames a second, or max, which is how templates go unless told", rate)
    .option("-c, --count <count>", "stop after that many frames", integer(1))
    .option("-q, --quiet", "no progress")
    .option("-j, --json", "the totals as a JSON object")
    .addHelpText(
      "before",
      "Examples:\n  vethlab send -I ve0 --arp 10.0.0.2 --source-ip 10.0.0.1 --rate 10\n" +
        "  vethlab send -I ve0 --echo 10.0.0.2 --to 02:76:0a:00:00:02 \\\n    --source-ip 10.0.0.1 -c 1000000\n" +
        "  vethlab send -I ve0 --arp 10.0.0.2 --source-ip 10.9.0.0 \\\n    --vary source-ip=inc:65536 --vary source-mac=random\n" +
        "  vethlab send -I ve0 -r lab.pcapng --rate max\n",
    )
    .addHelpText("after", "\nCtrl-C ends with the totals. Exit code 1: some frames could not be sent.")
    .action(async (flags: Flags) => {
      outcome.code = await send(flags);
    });
}

async function send(flags: Flags): Promise<number> {
  const kinds = [flags.arp, flags.echo, flags.raw, flags.r].filter((one) => one !== undefined);
  if (kinds.length !== 1) throw new UserError("send what? Give one of --arp, --echo, --raw and -r");
  const attachment = attach(flags.I, { netns: flags.netns, ring: "none", promiscuous: false });
  try {
    const { link } = attachment;
    const source = await sourceFor(flags, attachment);
    refuseTooLong(source, link);
    const run = startSend(link, source, { count: flags.count, rate: flags.rate });
    const stopListening = onEnd(() => run.interrupt());
    const stopProgress = flags.quiet === true ? () => {} : showProgress(run);
    const result = await run.done;
    stopProgress();
    stopListening();
    process.stdout.write(flags.json === true ? closingJson(result) : closingLines(result));
    if (result.failed === 0) return 0;
    // Some went: the answer to "could all be sent" is no. None did: that is a failure.
    if (result.sent > 0) return 1;
    throw new UserError(`nothing could be sent on ${link.name}: ${failure(result.lastError, link.name)}`);
  } finally {
    attachment.close();
  }
}

function failure(error: string, name: string): string {
  if (error === "ENETDOWN") return `it is down (ENETDOWN): \`ip link set dev ${name} up\` brings it up`;
  if (error === "ENXIO") return "it is gone (ENXIO)";
  if (error === "EMSGSIZE") return "the frames are longer than its MTU allows (EMSGSIZE)";
  return error;
}

async function sourceFor(flags: Flags, attachment: Attachment): Promise<FrameSource> {
  if (flags.r !== undefined) return replay(flags.r);
  const seed = flags.seed ?? Date.now();
  const vary = flags.vary ?? [];
  try {
    if (flags.raw !== undefined) return new TemplateSource(rawTemplate(flags.raw, vary), seed);
    const addresses = addressesFor(flags, attachment);
    const template =
      flags.arp !== undefined
        ? arpTemplate(addresses, vary)
        : echoTemplate(addresses, flags.id ?? process.pid & 0xffff, flags.length ?? ECHO_LENGTH, vary);
    return new TemplateSource(template, seed);
  } catch (error) {
    throw error instanceof RangeError ? new UserError(error.message) : error;
  }
}

function addressesFor(flags: Flags, { link, namespace }: Attachment): Addresses {
  if (flags.echo !== undefined && flags.to === undefined)
    throw new UserError(
      "echo requests to which station? Give its MAC address: --to 02:00:00:00:00:02 (arping finds it)",
    );
  return {
    sourceMac: flags.sourceMac ?? link.mac,
    targetMac: flags.to ?? mac.BROADCAST,
    sourceIp: flags.sourceIp?.address ?? sourceOf(flags.I, namespace, undefined).prefix.address,
    targetIp: (flags.arp ?? flags.echo)!,
  };
}

async function replay(path: string): Promise<FrameSource> {
  const reader = await openCapture(path);
  if (isCaptureError(reader)) throw new UserError(`${path}: ${reader.message}`);
  try {
    const source = await readFrames(reader);
    if (source.cut > 0)
      process.stderr.write(`vethlab send: ${source.cut} frames of ${path} were cut when captured, and are left out\n`);
    return source;
  } catch (error) {
    throw error instanceof RangeError ? new UserError(`${path}: ${error.message}`) : error;
  } finally {
    void reader.close();
  }
}

function refuseTooLong(source: FrameSource, link: Link): void {
  if (source.longest <= link.mtu + 18) return;
  throw new UserError(
    `frames of ${source.longest} bytes do not fit ${link.name}, whose MTU is ${link.mtu}: set a larger one with \`ip link set dev ${link.name} mtu …\``,
  );
}

/** Live figures on a terminal's standard error. @returns a function that ends them. */
export function showProgress(run: SendRun): () => void {
  if (process.stderr.isTTY !== true) return () => {};
  let before = run.counters();
  const timer = setInterval(() => {
    const now = run.counters();
    process.stderr.write(`\r\x1b[K${progressLine(now, before)}`);
    before = now;
  }, PROGRESS_MS);
  return () => {
    clearInterval(timer);
    process.stderr.write("\r\x1b[K");
  };
}

function hex(text: string): Uint8Array {
  try {
    return fromHex(text);
  } catch {
    throw new InvalidArgumentError("It must be hexadecimal bytes, such as ffffffffffff02000000000188b5.");
  }
}

function anyMac(text: string): Uint8Array {
  const value = mac.parse(text);
  if (value !== null) return value;
  throw new InvalidArgumentError("It must be a MAC address such as 02:00:00:00:00:02.");
}

/** Frames a second, or `max`. */
export function rate(text: string): number | "max" {
  if (text === "max") return "max";
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new InvalidArgumentError("It must be a number of frames a second, or max.");
}

function varyOption(text: string): Vary {
  const match = /^([a-z-]+|\d+:\d)=(inc|random)(?::(\d+))?$/.exec(text);
  if (match === null || match[3] === "0")
    throw new InvalidArgumentError("It must be PART=inc or PART=random, with :COUNT for so many values.");
  const [, part = "", variation, count] = match;
  return { part, variation: variation as Vary["variation"], count: count === undefined ? undefined : Number(count) };
}
