import { type Command, InvalidArgumentError } from "commander";
import { ACTS, runDemo } from "../demo/index.ts";
import { requireLabPrivileges } from "../linux/privilege.ts";
import { dieWithParent } from "../linux/process.ts";
import type { Outcome } from "./command.ts";
import { type EndingSignal, onEnd, SIGNAL_EXIT } from "./signals.ts";
import { terminalOutput } from "./terminal.ts";

interface DemoFlags {
  readonly step?: boolean;
  readonly json?: boolean;
  readonly pcap?: string;
  readonly color: boolean;
}

export function define(command: Command, outcome: Outcome): void {
  command
    .argument("[act...]", `which acts, 1 to ${ACTS.length}; all if none is named`, actNumbers)
    .option("--step", "wait for a key between acts")
    .option("-j, --json", "no narration: one JSON object at the end")
    .option("--pcap <file>", "save the frames here (pcapng) instead of vethlab-demo.pcapng")
    .option("--no-color", "plain text")
    .addHelpText("before", `Acts:\n${ACTS.map((act, i) => `  ${i + 1}  ${act.title}`).join("\n")}\n`)
    .action(async (acts: number[] | undefined, options: DemoFlags) => {
      requireLabPrivileges();
      const parent = Number(process.env.VETHLAB_PARENT ?? 0);
      if (parent > 0) dieWithParent(parent);
      outcome.code = await demo(acts ?? [], options);
    });
}

async function demo(acts: readonly number[], options: DemoFlags): Promise<number> {
  const abort = new AbortController();
  let ended: EndingSignal | null = null;
  const stopListening = onEnd((signal) => {
    ended = signal;
    abort.abort(new Error(signal));
  });
  try {
    const result = await runDemo({
      acts,
      output: options.json ? { write: () => {}, colour: false, width: 80 } : terminalOutput(options.color),
      betweenActs: options.step && !options.json ? () => key(abort.signal) : undefined,
      capture: options.pcap,
      signal: abort.signal,
    });
    if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    return result.ok ? 0 : 1;
  } catch (error) {
    if (ended !== null) return SIGNAL_EXIT[ended];
    throw error;
  } finally {
    stopListening();
  }
}

function actNumbers(text: string, previous: number[] | undefined): number[] {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > ACTS.length)
    throw new InvalidArgumentError(`It must be a number from 1 to ${ACTS.length}.`);
  return [...(previous ?? []), number];
}

/** Waits for a key; Ctrl-C ends the demo as always. Without a keyboard there is nothing to wait for. */
function key(signal: AbortSignal): Promise<void> {
  const { stdin } = process;
  if (!stdin.isTTY) return Promise.resolve();
  process.stderr.write("\n   … press a key for the next act ");
  return new Promise((resolve, reject) => {
    const done = (finish: () => void) => {
      stdin.setRawMode(false);
      stdin.pause();
      process.stderr.write("\r\x1b[K");
      finish();
    };
    stdin.setRawMode(true);
    stdin.resume();
    stdin.once("data", (bytes) => {
      if (bytes.includes(3)) process.kill(process.pid, "SIGINT");
      else done(resolve);
    });
    signal.addEventListener("abort", () => done(() => reject(signal.reason)), { once: true });
  });
}
