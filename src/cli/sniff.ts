import { type Command, Option } from "commander";
import type { TreeOptions } from "../../packets/fields/index.ts";
import type { TimestampMode } from "../../packets/text/index.ts";
import { openSink, type Sink } from "../capture/index.ts";
import { UserError } from "../linux/errors.ts";
import {
  closingLines,
  countLine,
  progressLine,
  type SniffCounters,
  type SniffOptions,
  sniff,
} from "../tools/sniff/index.ts";
import type { Outcome } from "./command.ts";
import { choice, given, integer, NETNS_HELP, nonEmpty } from "./options.ts";
import { onEnd } from "./signals.ts";
import { filterCompiler, programText } from "./sniff-filter.ts";
import {
  COUNTED,
  type Counts,
  collect,
  direction,
  type Flags,
  hexMode,
  linkType,
  snapLength,
  timestampMode,
} from "./sniff-flags.ts";
import { showCaptured, showFileProgress } from "./sniff-progress.ts";
import { refuse } from "./sniff-refused.ts";
import { openSource, type Source } from "./sniff-source.ts";
import { openWriter, rotationOf } from "./sniff-writer.ts";
import { wantsColour } from "./terminal.ts";

const EXAMPLES = `Examples:
  vethlab sniff -i ve1 -n -e arp                  ARP, with the Ethernet headers
  vethlab sniff -i ve1 --explain                  what each frame is for
  vethlab sniff -i any                            every interface here
  vethlab sniff -i ve0@lab-a -i ve1@lab-b icmp    both ends, in two namespaces
  vethlab sniff -i ve1 -w lab.pcapng              write; .pcap and .gz by name
  vethlab sniff -r lab.pcapng -v icmp             read that
  vethlab sniff -i ve1 -w - | wireshark -k -i -   watch in Wireshark
`;

/** tcpdump's options for what is always so here. */
const ALWAYS = ["-n", "-N", "-f", "--immediate-mode", "--micro"] as const;

/** Where an option stands in the help; what is not named here comes first. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  "Where frames come from:": ["-i", "-r", "--netns", "-Q", "-p", "-s", "-B", "-y", "-D", "-L"],
  "Which frames:": ["-c", "-F", "-O", "-d"],
  "What is shown:": [
    "-e",
    "-v",
    "-q",
    "-S",
    "-K",
    "-x",
    "-X",
    "-A",
    "-#",
    "--explain",
    "--tree",
    "--no-color",
    "-j",
    "--count",
  ],
  "Time:": ["-t", "--nano", "--time-stamp-precision"],
  "Writing:": ["-w", "--print", "-l", "-U", "-C", "-G", "-W", "-z"],
};

export function define(command: Command, outcome: Outcome): void {
  const counts: Counts = { v: 0, t: 0, x: 0, X: 0, A: 0, d: 0 };
  command
    .argument("[filter...]", "an expression of pcap-filter(7), such as: arp or icmp and host 10.0.0.2")
    .option(
      "-i, --interface <name>",
      "look at this interface: NAME, NAME@NAMESPACE, a number of -D's list, or any; may be repeated",
      collect,
    )
    .option(
      "-r <file>",
      "look at this capture file (pcap or pcapng, compressed or not); - for standard input",
      nonEmpty,
    )
    .option("--netns <namespace>", NETNS_HELP, nonEmpty)
    .option("-D, --list-interfaces", "list the interfaces")
    .option("-L, --list-data-link-types", "list the link types: Ethernet")
    .option("-y, --linktype <type>", "the link type: EN10MB", linkType)
    .option("-Q, --direction <direction>", "in, out or inout", direction)
    .option("-p, --no-promiscuous-mode", "do not ask the card for frames to other stations")
    .option("-s, --snapshot-length <bytes>", "keep that many bytes of each frame (262144)", snapLength)
    .option("-B, --buffer-size <KiB>", "room for frames that are not read yet (32768)", integer(1, 1 << 21))
    .option("-c <count>", "stop after that many frames", integer(1))
    .option("-F <file>", "take the filter from a file", nonEmpty)
    .option("-O", "do not let libpcap simplify the filter")
    .option("-d", "show the filter's program instead of frames; -dd as C, -ddd as decimal numbers")
    .option("-e", "show the Ethernet header")
    .option("-v", "more of each packet; -vv and -vvv still more")
    .option("-q", "less of each packet")
    .option("-x", "the bytes in hexadecimal; -xx with the Ethernet header")
    .option("-X", "the same with their ASCII; -XX with the Ethernet header")
    .option("-A", "the bytes as text; -AA with the Ethernet header")
    .option("-t", "no time; -tt since 1970, -ttt since the last, -tttt with the date, -ttttt since the first")
    .option("--nano", "nine digits of a second")
    .option("--time-stamp-precision <precision>", "micro or nano", choice("micro", "nano"))
    .option("-#, --number", "number the frames")
    .option("-S, --absolute-tcp-sequence-numbers", "TCP's sequence numbers as they are")
    .option("-K, --dont-verify-checksums", "do not look at checksums of IP, TCP and UDP")
    .option("--explain", "say what each frame means")
    .option("--tree", "every field with its bytes, value, meaning and RFC, and the bytes in the same colours")
    .option("--no-color", "--tree without colour")
    .option("-j, --json", "one JSON object a frame")
    .option("--count", "count a file's frames, and say how many in place of them")
    .option(
      "-w <file>",
      "write the frames to a file: pcapng, or classic pcap if its name ends so; - for standard output",
      nonEmpty,
    )
    .option("--print", "show the frames although they are written to a file")
    .option("-l", "write each line at once")
    .option("-U, --packet-buffered", "write each frame to the file at once")
    .option("-C <size>", "begin another file after so many million bytes", integer(1, 1e9))
    .option("-G <seconds>", "begin another file after so many seconds; its name is a format of strftime(3)", integer(1))
    .option("-W <count>", "with -C: begin again with the first file after so many; with -G alone: stop", integer(1))
    .option("-z <command>", "run this with each file's name once it is complete", nonEmpty)
    .addHelpText("before", EXAMPLES)
    .addHelpText(
      "after",
      "\nAlways so, and accepted: -n -N -f (addresses are never looked up),\n--immediate-mode, --micro.\nCtrl-C ends with the counters; Ctrl-\\ (or SIGUSR1) prints them and goes on;\nSIGUSR2 writes out what is buffered.",
    )
    .action(async (filter: string[], flags: Flags) => {
      outcome.code = await run(filter.join(" "), flags, counts);
    });
  for (const flag of ALWAYS) command.addOption(new Option(flag).hideHelp());
  refuse(command);
  for (const [heading, names] of Object.entries(GROUPS))
    for (const option of command.options)
      if (names.includes(option.short ?? "") || names.includes(option.long ?? "")) option.helpGroup(heading);
  for (const name of COUNTED)
    command.on(`option:${name}`, () => {
      counts[name]++;
    });
}

async function run(words: string, flags: Flags, counts: Counts): Promise<number> {
  // Before anything is opened: what is refused must not cost a file.
  const timestamp = timestampMode(counts.t);
  if (flags.listInterfaces) return await listInterfaces(flags);
  const expression = flags.F === undefined ? words : await filterFile(flags.F, words);
  const compile = await filterCompiler(
    expression,
    { ...given("snapLength", flags.snapshotLength), optimize: flags.O !== true },
    counts.d > 0,
  );
  if (counts.d > 0 && flags.interface === undefined && flags.r === undefined) {
    if (flags.linktype === undefined) process.stderr.write("Warning: assuming Ethernet\n");
    process.stdout.write(programText(counts.d, compile()));
    return 0;
  }
  const source = await openSource(
    {
      interfaces: flags.interface ?? [],
      file: flags.r,
      netns: flags.netns,
      direction: flags.direction,
      promiscuous: flags.promiscuousMode !== false,
      ringBytes: flags.bufferSize === undefined ? undefined : flags.bufferSize * 1024,
      snapLength: flags.snapshotLength,
    },
    compile,
  );
  try {
    if (flags.listDataLinkTypes) {
      const names = (flags.interface ?? [flags.r]).join(", ");
      process.stdout.write(`Data link types for ${names} (use option -y to set):\n  EN10MB (Ethernet)\n`);
      return 0;
    }
    if (counts.d > 0) {
      if (!source.isLive) process.stderr.write(source.opening);
      process.stdout.write(programText(counts.d, source.program));
      return 0;
    }
    return await show(source, expression, timestamp, flags, counts);
  } finally {
    source.close();
  }
}

async function show(
  source: Source,
  expression: string,
  timestamp: TimestampMode,
  flags: Flags,
  counts: Counts,
): Promise<number> {
  const rotation = rotationOf(flags);
  const writer = openWriter(flags, source, expression, rotation);
  // Frames on standard output leave no room for text there.
  const shown = (flags.w === undefined || flags.print === true) && flags.count !== true;
  const options: SniffOptions = {
    format: !shown ? "none" : flags.json ? "json" : "text",
    text: {
      linkHeader: flags.e ?? false,
      verbose: Math.min(counts.v, 3),
      hex: hexMode(counts),
      timestamp,
      nano: flags.timeStampPrecision === "nano" || flags.nano === true,
      quiet: flags.q ?? false,
      absoluteSequence: flags.absoluteTcpSequenceNumbers ?? false,
      checksums: flags.dontVerifyChecksums !== true,
      ...given("number", flags.number),
    },
    ...given("tree", flags.tree ? treeOptions(flags) : undefined),
    explain: flags.explain ?? false,
    lineBuffered: flags.l ?? false,
    packetBuffered: flags.packetBuffered ?? false,
    ...given("direction", flags.direction),
    ...given("count", flags.c),
    ...given("snapLength", flags.snapshotLength),
    ...given("filter", source.filter),
    ...given("writer", writer),
    ...given("name", flags.r),
  };
  const toTerminal = (text: string) => void process.stderr.write(text);
  const isTerminal = process.stdout.isTTY === true;
  let interrupted = false;
  const stopListening = onEnd((signal) => {
    interrupted = signal === "SIGINT";
    sniffing.stop();
  });
  const progress = () => toTerminal(`vethlab sniff: ${progressLine(sniffing.counters())}`);
  process.on("SIGUSR1", progress);
  process.on("SIGQUIT", progress);
  process.on("SIGUSR2", () => writer?.flush());
  toTerminal(source.opening);
  const sniffing = sniff(source.frames, options, {
    out: standardOutput(),
    isTerminal,
    note: (message) => toTerminal(`vethlab sniff: ${message}\n`),
  });
  const stopProgress = progressOf(source, flags, counts, () => sniffing.counters());
  const result = await sniffing.done;
  stopProgress();
  stopListening();
  // The terminal has just shown ^C: what follows begins a line of its own.
  if (interrupted && isTerminal) process.stdout.write("\n");
  if (writer !== undefined && "isFull" in writer && writer.isFull)
    toTerminal(`Maximum file limit reached: ${rotation?.files}\n`);
  if (source.isLive) toTerminal(closingLines(result));
  else if (flags.count) process.stdout.write(countLine(result));
  if (result.error === null) return 0;
  toTerminal(`vethlab sniff: ${result.error}\n`);
  return 2;
}

/** Tells how far it is where nothing else does: of a file to a terminal, of a live capture that is written with -v. */
function progressOf(source: Source, flags: Flags, counts: Counts, counters: () => SniffCounters): () => void {
  const write = (text: string) => void process.stderr.write(text);
  const { reader } = source;
  if (reader === null) {
    const isWanted = counts.v > 0 && flags.w !== undefined && flags.print !== true;
    return isWanted ? showCaptured(counters, write) : () => {};
  }
  const isQuiet = process.stdout.isTTY !== true || flags.count === true || (flags.w !== undefined && !flags.print);
  if (process.stderr.isTTY !== true || !isQuiet) return () => {};
  return showFileProgress(
    {
      counters,
      get bytesRead() {
        return reader.bytesRead;
      },
      size: reader.size,
    },
    write,
  );
}

async function listInterfaces({ netns }: Flags): Promise<number> {
  const [{ enterNamespace }, list] = await Promise.all([import("./attach.ts"), import("./interface-list.ts")]);
  const namespace = enterNamespace(netns);
  process.stdout.write(list.listing(list.listInterfaces(namespace)));
  namespace?.close();
  return 0;
}

/** The text of -F's file, comments taken out. */
async function filterFile(path: string, words: string): Promise<string> {
  if (words !== "") throw new UserError("a filter and -F do not go together: leave one out");
  const { readFileSync } = await import("node:fs");
  try {
    return readFileSync(path === "-" ? 0 : path, "utf8")
      .replace(/#.*$/gm, "")
      .replace(/\s+/g, " ")
      .trim();
  } catch (error) {
    throw new UserError(`the filter file ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function treeOptions(flags: Flags): TreeOptions {
  if (flags.json)
    throw new UserError("--tree and --json do not go together: the one is for people, the other for programs");
  const checksums = flags.dontVerifyChecksums !== true;
  return { colour: wantsColour(flags.color !== false), checksums, ...given("width", process.stdout.columns) };
}

function standardOutput(): Sink {
  const sink = openSink("-");
  if (!("write" in sink)) throw new UserError(`cannot write standard output: ${sink.message}`);
  return sink;
}
