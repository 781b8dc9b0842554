import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import type { Command } from "commander";
import { createCapture, isWriteError, MemorySink } from "../capture/index.ts";
import { type LabEnd, runningEnds } from "../lab/ends.ts";
import { UserError } from "../linux/errors.ts";
import { findProgram } from "../linux/process.ts";
import {
  configText,
  type InstallError,
  install,
  interfacesText,
  linkTypesText,
  personalFolder,
  uninstall,
} from "../tools/extcap/index.ts";
import { sniff } from "../tools/sniff/index.ts";
import { VERSION } from "../version.ts";
import type { Outcome } from "./command.ts";
import { given, nonEmpty } from "./options.ts";
import { printable } from "./printable.ts";
import { onEnd } from "./signals.ts";
import { filterCompiler } from "./sniff-filter.ts";
import { snapLength } from "./sniff-flags.ts";
import { openSource } from "./sniff-source.ts";

/** What Wireshark passes, and --dir. */
interface Flags {
  readonly dir?: string;
  readonly extcapInterfaces?: boolean;
  readonly extcapDlts?: boolean;
  readonly extcapConfig?: boolean;
  readonly extcapInterface?: string;
  readonly extcapCaptureFilter?: string;
  readonly capture?: boolean;
  readonly fifo?: string;
  readonly snaplen?: number;
  readonly explain?: boolean;
}

const HELP_PAGE = "https://www.wireshark.org/docs/man-pages/extcap.html";

export function define(command: Command, outcome: Outcome): void {
  command
    .argument("[action]", "install: show labs as capture interfaces in Wireshark and tshark; uninstall: no longer")
    .option("--dir <folder>", "Wireshark's folder for capture programs (its own one for this user)", nonEmpty)
    .addHelpText(
      "before",
      "Examples:\n  vethlab extcap install     then, in Wireshark: capture on `vethlab lab: ve0`\n" +
        "  tshark -i vethlab-lab-ve0 -f arp\n  vethlab extcap uninstall\n",
    )
    .optionsGroup("As Wireshark calls it:")
    .option("--extcap-interfaces", "list the ends of all labs that run")
    .option("--extcap-version [version]", "Wireshark's version")
    .option("--extcap-interface <end>", "the end that is meant")
    .option("--extcap-dlts", "its link types")
    .option("--extcap-config", "the options of capturing there")
    .option("--capture", "capture there, until a signal or the pipe's reader ends it")
    .option("--extcap-capture-filter <filter>", "an expression of pcap-filter(7); without --capture, check it")
    .option("--fifo <path>", "write pcapng to this pipe or file")
    .option("--snaplen <bytes>", "keep that many bytes of each frame", snapLength)
    .option("--explain", "comments say what each frame means")
    // Others come with newer versions.
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (action: string | undefined, flags: Flags) => {
      outcome.code = await run(action, flags);
    });
}

async function run(action: string | undefined, flags: Flags): Promise<number> {
  if (flags.extcapInterfaces) {
    const points = runningEnds().map((end) => ({ name: nameOf(end), display: displayOf(end) }));
    process.stdout.write(interfacesText(VERSION, HELP_PAGE, points));
    return 0;
  }
  if (flags.extcapDlts) {
    process.stdout.write(linkTypesText());
    return 0;
  }
  if (flags.extcapConfig) {
    process.stdout.write(configText());
    return 0;
  }
  if (flags.capture) return captureOrLetGo(flags);
  if (flags.extcapCaptureFilter !== undefined) return checkFilter(flags.extcapCaptureFilter);
  if (action === "install" || action === "uninstall") return changeFolder(action, flags.dir ?? folderOfWireshark());
  throw new UserError(
    action === undefined
      ? "install or uninstall? `vethlab extcap install` shows labs as capture interfaces in Wireshark"
      : `"${action}" is neither install nor uninstall`,
  );
}

function nameOf({ lab, interface: name }: LabEnd): string {
  return `vethlab-${lab}-${name}`;
}

function displayOf({ lab, netns, interface: name }: LabEnd): string {
  return lab === `shell-${netns}` ? `vethlab shell ${netns}: ${name}` : `vethlab ${lab}: ${name} in ${netns}`;
}

async function captureOrLetGo(flags: Flags): Promise<number> {
  try {
    return await capture(flags);
  } catch (error) {
    if (!(error instanceof UserError) || flags.fifo === undefined) throw error;
    // Told first: once the pipe has ended, Wireshark listens no more.
    process.stderr.write(`vethlab extcap: ${printable(error.message)}\n`);
    await letGo(flags.fifo);
    return 2;
  }
}

/** Milliseconds that Wireshark gets to open its end of the pipe. */
const LET_GO_MS = 3000;
const LOOK_MS = 50;

/** Whoever opens a pipe to read waits for a writer, even if none will ever come: shows one, and its end. */
async function letGo(fifo: string): Promise<void> {
  for (let waited = 0; waited < LET_GO_MS; waited += LOOK_MS) {
    try {
      closeSync(openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK));
      return;
    } catch (error) {
      // Nobody has opened it to read yet.
      if ((error as NodeJS.ErrnoException).code !== "ENXIO") return;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function capture({ extcapInterface: wanted, extcapCaptureFilter = "", fifo, ...flags }: Flags): Promise<number> {
  if (wanted === undefined || fifo === undefined)
    throw new UserError("--capture needs --extcap-interface and --fifo, as Wireshark gives them");
  const end = runningEnds().find((one) => nameOf(one) === wanted);
  if (end === undefined) throw new UserError(`no end named ${wanted}: its lab is no longer there`);
  const { snaplen } = flags;
  const source = await openSource(
    {
      interfaces: [end.interface],
      file: undefined,
      netns: end.netns,
      direction: undefined,
      promiscuous: true,
      ringBytes: undefined,
      snapLength: snaplen,
    },
    await filterCompiler(extcapCaptureFilter, given("snapLength", snaplen), false),
  );
  try {
    // Opening a pipe waits for its reader; until then a signal ends the process as it ends any other.
    const writer = createCapture(fifo, {
      application: `vethlab ${VERSION}`,
      interfaces: source.interfaces.map((one) => ({ ...one, ...given("filter", extcapCaptureFilter || undefined) })),
      ...given("snapLength", snaplen),
    });
    if (isWriteError(writer)) throw new UserError(`cannot write ${fifo}: ${writer.message}`);
    // The reader waits for the file's header before it shows anything.
    writer.flush();
    const options = {
      format: "none",
      writer,
      packetBuffered: true,
      explain: flags.explain ?? false,
      ...given("filter", source.filter),
      ...given("snapLength", snaplen),
    } as const;
    const note = (message: string) => void process.stderr.write(`vethlab extcap: ${message}\n`);
    const sniffing = sniff(source.frames, options, { out: new MemorySink(), note });
    const stopListening = onEnd(() => sniffing.stop());
    const { error } = await sniffing.done;
    stopListening();
    if (error === null) return 0;
    note(error);
    return 2;
  } finally {
    source.close();
  }
}

/** What it prints is what Wireshark shows as wrong; nothing means that all is well. */
async function checkFilter(expression: string): Promise<number> {
  const { compileFilter, isFilterError } = await import("../linux/libpcap.ts");
  const filter = compileFilter(expression, { netmask: 0 });
  if (!isFilterError(filter)) return 0;
  process.stdout.write(`${filter.error}\n`);
  return 0;
}

function changeFolder(action: "install" | "uninstall", folder: string): number {
  if (action === "install") {
    const path = orThrow(install(folder, [process.execPath, ...process.execArgv, process.argv[1] ?? "vethlab"]));
    process.stdout.write(
      `${path}: Wireshark and tshark show the ends of all labs that run, as vethlab-LAB-INTERFACE\n`,
    );
    return 0;
  }
  const path = orThrow(uninstall(folder));
  process.stdout.write(path === null ? `nothing to remove in ${folder}\n` : `${path} is removed\n`);
  return path === null ? 1 : 0;
}

function orThrow<T>(result: T | InstallError): T {
  if (typeof result === "object" && result !== null && "error" in result) throw new UserError(result.error);
  return result as T;
}

/** @throws {UserError} when neither tshark nor Wireshark tells. */
function folderOfWireshark(): string {
  for (const name of ["tshark", "wireshark"]) {
    const program = findProgram(name);
    if (program === null) continue;
    try {
      const folder = personalFolder(said(program, "-G", "folders"));
      if (folder !== null) return folder;
    } catch {
      // The other one may know.
    }
  }
  throw new UserError(
    "neither tshark nor wireshark is here to tell where its capture programs lie: name the folder with --dir",
  );
}

function said(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 20_000 });
}
