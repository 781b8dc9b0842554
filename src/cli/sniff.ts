import { type Command, InvalidArgumentError } from "commander";
import type { TimestampMode } from "../../packets/text/index.ts";
import {
  type CaptureReader,
  type CaptureWriter,
  createCapture,
  isCaptureError,
  isWriteError,
  openCapture,
  openSink,
  type Sink,
} from "../capture/index.ts";
import { UserError } from "../linux/errors.ts";
import type { Filter } from "../linux/libpcap.ts";
import {
  closingLines,
  countLine,
  listeningLine,
  progressLine,
  readingLine,
  type SniffOptions,
  type SniffSource,
  sniff,
} from "../tools/sniff/index.ts";
import { VERSION } from "../version.ts";
import type { Outcome } from "./command.ts";
import { choice, given, integer, interfaceName, NETNS_HELP, nonEmpty } from "./options.ts";
import { onEnd } from "./signals.ts";

/** Options that are counted: `-vv`, `-ttt`, `-xx`. */
const COUNTED = ["v", "t", "x", "X"] as const;
type Counts = Record<(typeof COUNTED)[number], number>;

interface Flags {
  readonly i?: string;
  readonly r?: string;
  readonly w?: string;
  readonly c?: number;
  readonly e?: boolean;
  readonly l?: boolean;
  readonly p?: boolean;
  readonly q?: boolean;
  readonly s?: number;
  readonly S?: boolean;
  readonly Q?: "in" | "out" | "inout";
  readonly packetBuffered?: boolean;
  readonly number?: boolean;
  readonly nano?: boolean;
  readonly count?: boolean;
  readonly print?: boolean;
  readonly json?: boolean;
  readonly explain?: boolean;
  readonly netns?: string;
}

export function define(command: Command, outcome: Outcome): void {
  const counts: Counts = { v: 0, t: 0, x: 0, X: 0 };
  command
    .argument("[filter...]", "an expression of pcap-filter(7), such as: arp or icmp and host 10.0.0.2")
    .option("-i <interface>", "look at this interface", interfaceName)
    .option(
      "-r <file>",
      "look at this capture file (pcap or pcapng, compressed or not); - for standard input",
      nonEmpty,
    )
    .option("--netns <namespace>", NETNS_HELP, nonEmpty)
    .option("-c <count>", "stop after that many frames", integer(1))
    .option("-n", "accepted and always so: addresses are shown as numbers")
    .option("-e", "show the Ethernet header")
    .option("-v", "more of each packet; -vv and -vvv still more")
    .option("-q", "less of each packet")
    .option("-x", "the bytes in hexadecimal; -xx with the Ethernet header")
    .option("-X", "the same with their ASCII; -XX with the Ethernet header")
    .option("-t", "no time; -tt since 1970, -ttt since the last, -tttt with the date, -ttttt since the first")
    .option("--nano", "nine digits of a second")
    .option("-#, --number", "number the frames")
    .option("-S", "TCP's sequence numbers as they are")
    .option("-Q <direction>", "in, out or inout", choice("in", "out", "inout"))
    .option(
      "-w <file>",
      "write the frames to a file: pcapng, or classic pcap if its name ends so; - for standard output",
      nonEmpty,
    )
    .option("-s <bytes>", "keep that many bytes of each frame (262144)", snapLength)
    .option("--print", "show the frames although they are written to a file")
    .option("-l", "write each line at once")
    .option("-U, --packet-buffered", "write each frame to the file at once")
    .option("-p", "do not ask the card for frames to other stations")
    .option("--count", "count the frames, and say how many in place of them")
    .option("--explain", "say what each frame means")
    .option("-j, --json", "one JSON object a frame")
    .addHelpText(
      "before",
      "Examples:\n  vethlab sniff -i ve1 -n -e arp\n  vethlab sniff -i ve1 --explain\n  vethlab sniff -i ve1 -w lab.pcapng\n" +
        "  vethlab sniff -r lab.pcapng -n -v icmp\n",
    )
    .addHelpText("after", "\nCtrl-C ends with the counters; Ctrl-\\ (or SIGUSR1) prints them and goes on.")
    .action(async (filter: string[], flags: Flags) => {
      outcome.code = await run(filter.join(" "), flags, counts);
    });
  for (const name of COUNTED)
    command.on(`option:${name}`, () => {
      counts[name]++;
    });
}

async function run(expression: string, flags: Flags, counts: Counts): Promise<number> {
  const source = await openSource(flags, await compile(expression, flags));
  try {
    const writer = openWriter(flags, source.name, expression, source.mac);
    // Frames on standard output leave no room for text there.
    const shown = (flags.w === undefined || flags.print === true) && flags.count !== true;
    const options: SniffOptions = {
      format: !shown ? "none" : flags.json ? "json" : "text",
      text: {
        linkHeader: flags.e ?? false,
        verbose: Math.min(counts.v, 3),
        hex: counts.X > 1 ? "XX" : counts.X === 1 ? "X" : counts.x > 1 ? "xx" : counts.x === 1 ? "x" : "none",
        timestamp: timestampMode(counts.t),
        nano: flags.nano ?? false,
        quiet: flags.q ?? false,
        absoluteSequence: flags.S ?? false,
        ...given("number", flags.number),
      },
      explain: flags.explain ?? false,
      lineBuffered: flags.l ?? false,
      packetBuffered: flags.packetBuffered ?? false,
      ...given("direction", flags.Q),
      ...given("count", flags.c),
      ...given("snapLength", flags.s),
      ...given("filter", source.filter),
      ...given("writer", writer),
      ...given("name", flags.r),
    };
    const stopListening = onEnd(() => sniffing.stop());
    const progress = () => process.stderr.write(`vethlab sniff: ${progressLine(sniffing.counters())}`);
    process.on("SIGUSR1", progress);
    process.on("SIGQUIT", progress);
    process.stderr.write(source.opening);
    const sniffing = sniff(source.frames, options, {
      out: standardOutput(),
      isTerminal: process.stdout.isTTY === true,
      note: (message) => void process.stderr.write(`vethlab sniff: ${message}\n`),
    });
    const result = await sniffing.done;
    stopListening();
    if (flags.count) process.stdout.write(countLine(result));
    else if (source.isLive) process.stderr.write(closingLines(result));
    if (result.error === null) return 0;
    process.stderr.write(`vethlab sniff: ${result.error}\n`);
    return 2;
  } finally {
    source.close();
  }
}

interface Source {
  readonly frames: SniffSource;
  readonly isLive: boolean;
  readonly name: string;
  readonly mac: Uint8Array | undefined;
  /** What is left for us to filter. */
  readonly filter: Filter["program"] | undefined;
  readonly opening: string;
  close(): void;
}

async function openSource(flags: Flags, filter: Filter | null): Promise<Source> {
  if (flags.i === undefined && flags.r === undefined)
    throw new UserError("look at what? Name an interface with -i, or a file with -r");
  if (flags.i !== undefined && flags.r !== undefined)
    throw new UserError("-i and -r do not go together: look at an interface, or at a file");
  return flags.i === undefined ? fileSource(flags.r!, flags, filter) : liveSource(flags.i, flags, filter);
}

// What opens an interface or compiles an expression is loaded when it is needed: a file is shown 30 ms sooner without.
async function liveSource(name: string, flags: Flags, filter: Filter | null): Promise<Source> {
  const { attach, whyNothingPasses } = await import("./attach.ts");
  const inKernel = filter?.kernel === true;
  const { link, namespace, close } = attach(name, {
    netns: flags.netns,
    mayBeDown: true,
    outgoing: flags.Q !== "in",
    promiscuous: flags.p !== true,
    // A sniffer reads what it can and misses as little as possible: 32 MiB hold 160,000 small frames, or 20,000 full ones.
    ring: "bulk",
    ringBytes: 32 << 20,
    filter: inKernel ? filter : undefined,
  });
  const problem = whyNothingPasses(name, namespace);
  return {
    frames: link,
    isLive: true,
    name,
    mac: link.mac,
    filter: inKernel ? undefined : filter?.program,
    opening: listeningLine(link, flags.s) + (problem === null ? "" : `vethlab sniff: ${problem}\n`),
    close,
  };
}

async function fileSource(path: string, flags: Flags, filter: Filter | null): Promise<Source> {
  const reader = await openCapture(path);
  if (isCaptureError(reader)) throw new UserError(`${path}: ${reader.message}`);
  const opened: CaptureReader = reader;
  return {
    frames: opened,
    isLive: false,
    name: path,
    mac: undefined,
    filter: filter?.program,
    opening: readingLine(path, flags.s),
    close: () => void opened.close(),
  };
}

/** @throws {UserError} with libpcap's own words. */
async function compile(expression: string, flags: Flags): Promise<Filter | null> {
  if (expression.trim() === "") return null;
  const { compileFilter, isFilterError } = await import("../linux/libpcap.ts");
  const filter = compileFilter(expression, given("snapLength", flags.s));
  if (isFilterError(filter)) throw new UserError(`the filter "${expression}": ${filter.error}`);
  return filter;
}

function openWriter(
  flags: Flags,
  name: string,
  filter: string,
  mac: Uint8Array | undefined,
): CaptureWriter | undefined {
  if (flags.w === undefined) return undefined;
  const writer = createCapture(flags.w, {
    application: `vethlab ${VERSION}`,
    interfaces: [{ name, ...given("mac", mac), ...given("filter", filter === "" ? undefined : filter) }],
    ...given("snapLength", flags.s),
  });
  if (isWriteError(writer)) throw new UserError(`cannot write ${flags.w}: ${writer.message}`);
  return writer;
}

function standardOutput(): Sink {
  const sink = openSink("-");
  if (!("write" in sink)) throw new UserError(`cannot write standard output: ${sink.message}`);
  return sink;
}

function timestampMode(count: number): TimestampMode {
  const modes: readonly TimestampMode[] = ["time", "none", "epoch", "delta", "date", "elapsed"];
  return modes[Math.min(count, modes.length - 1)]!;
}

function snapLength(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value > 262_144 || Number.isNaN(value))
    throw new InvalidArgumentError("It must be a whole number from 0 to 262144.");
  // 0 means all of it, as with tcpdump.
  return value === 0 ? 262_144 : value;
}
