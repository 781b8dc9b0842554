/**
 * The command line: which command, its options in, an exit code out. Each command is a file of its own, loaded only when
 * it is asked for.
 *
 * Exit codes: 0 done, 1 the answer is no, 2 a mistake or a failure, told in one line.
 */
import { Command, CommanderError } from "commander";
import { UserError } from "../linux/errors.ts";
import { VERSION } from "../version.ts";
import type { CommandModule, Outcome } from "./command.ts";
import { printable } from "./printable.ts";
import { guardStreams } from "./streams.ts";

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  demo: { summary: "five narrated experiments with ARP and ping on a virtual cable", load: () => import("./demo.ts") },
  ping: { summary: "ask for echoes with our own ARP and ICMP", load: () => import("./ping.ts") },
  arping: { summary: "ask who owns an address, with our own ARP", load: () => import("./arping.ts") },
  trace: { summary: "which routers lead to an address, with our own probes", load: () => import("./trace.ts") },
  answer: {
    summary: "be a host: answer ARP and echo for an address that no kernel owns",
    load: () => import("./answer.ts"),
  },
  router: { summary: "be a router between interfaces", load: () => import("./router.ts") },
  claim: {
    summary: "claim an address as RFC 5227 has it: probe, announce, defend; or find a link-local one",
    load: () => import("./claim.ts"),
  },
  sniff: { summary: "show the frames on a wire or in a file, as tcpdump does", load: () => import("./sniff.ts") },
  explain: {
    summary: "report on a whole capture: hosts, questions and answers, what is wrong, and a drawing",
    load: () => import("./explain.ts"),
  },
  send: {
    summary: "send frames: made from a template, or a capture again, at a rate or flat out",
    load: () => import("./send.ts"),
  },
  attack: {
    summary: "attack a host or a router in a laboratory: floods, forgeries, fragments, lies; --list tells them",
    load: () => import("./attack.ts"),
  },
  simulate: {
    summary: "hours on a simulated segment in seconds: hosts come, go, collide and ping; no root, no Linux network",
    load: () => import("./simulate.ts"),
  },
  script: {
    summary:
      "run scripts for frames against our host, simulated or real, or the kernel: what is expected, what is seen",
    load: () => import("./script.ts"),
  },
  shell: { summary: "a shell inside a fresh lab; leaving it removes everything", load: () => import("./shell.ts") },
  up: { summary: "make a lasting lab: two namespaces and a cable (root)", load: () => import("./up.ts") },
  down: { summary: "remove a lasting lab, and only what `up` made", load: () => import("./down.ts") },
  status: { summary: "show the lasting labs", load: () => import("./status.ts") },
  extcap: {
    summary: "labs as capture interfaces inside Wireshark: install, uninstall",
    load: () => import("./extcap.ts"),
  },
  doctor: { summary: "what this machine allows, and the fix for what it does not", load: () => import("./doctor.ts") },
};

const EXAMPLES = `Examples:
  vethlab demo      watch ARP and ping on a real virtual cable, explained
  vethlab shell     a lab of your own, no root needed; then, inside it:
    vethlab answer -I ve1 --ip 10.0.0.2 &                  be 10.0.0.2 at ve1,
    vethlab ping -I ve0 --source-ip 10.0.0.1/24 10.0.0.2   ask for it at ve0,
    vethlab sniff -i ve1 -n -e arp                         and watch
  vethlab doctor    what does this machine allow?
`;

/**
 * Runs one command line.
 * @param argv the arguments without node and script. @returns the exit code.
 */
export async function main(argv: string[]): Promise<number> {
  const words = argv[0] === "help" ? helpAsOption(argv.slice(1)) : argv;
  const outcome: Outcome = { code: 0 };
  const name = words.find((word) => !word.startsWith("-")) ?? "";
  const who = Object.hasOwn(COMMANDS, name) ? `vethlab ${name}` : "vethlab";
  guardStreams(who);
  // Thrown by a timer or a handler, where nobody can catch it.
  process.on("uncaughtException", (error) => process.exit(report(error, who)));
  const program = new Command("vethlab")
    .description(
      "A layer-2 laboratory for Linux: namespaces, a virtual cable, and ARP and ICMP of its own on both ends.",
    )
    .version(VERSION)
    .addHelpText("beforeAll", (context) => (context.command.name() === "vethlab" ? EXAMPLES : ""))
    .configureHelp({ sortSubcommands: false })
    .showSuggestionAfterError(true)
    .helpCommand("help [command]", "show what a command takes")
    .enablePositionalOptions();
  quiet(program);
  try {
    for (const [word, entry] of Object.entries(COMMANDS)) {
      const command = quiet(program.command(word).description(entry.summary));
      if (word === name) (await entry.load()).define(command, outcome);
    }
    if (words.length === 0) {
      program.outputHelp();
      return 2;
    }
    await program.parseAsync(words, { from: "user" });
    return outcome.code;
  } catch (error) {
    return report(error, who);
  }
}

/** `help ping` as `ping --help`; commander answers a word that it does not know with the whole list. */
function helpAsOption([word]: readonly string[]): string[] {
  if (word === undefined || word === "help" || word.startsWith("-")) return ["--help"];
  return Object.hasOwn(COMMANDS, word) ? [word, "--help"] : [word];
}

/** Commander throws instead of exiting, and leaves the message to `report`. */
function quiet(command: Command): Command {
  return command.exitOverride().configureOutput({ outputError: () => {} });
}

/** One line for a mistake or a failure; a stack only for what is our own fault. */
export function report(error: unknown, who: string): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    process.stderr.write(`${who}: ${printable(halfSentence(error.message))}; \`${who} --help\` shows what it takes\n`);
    return 2;
  }
  const failure = error instanceof Error ? error : new Error(String(error));
  if (failure instanceof UserError || failure.name === "SystemError" || failure.name === "IpError")
    process.stderr.write(`${who}: ${printable(failure.message)}\n`);
  else process.stderr.write(`${who}: this is a defect in vethlab, please report it: ${failure.stack}\n`);
  return 2;
}

/** Commander's message as half a sentence: `option '-c <count>' argument 'x' is invalid: it must be …`. */
function halfSentence(message: string): string {
  return message
    .replace(/^error: /, "")
    .replace(/^command-argument value '(.*)' is invalid for argument '([^']*)'\. /s, "$2 '$1' is invalid. ")
    .replace(/^too many arguments for '.*'\. Expected (\d+) arguments? but got (\d+)/, tooMany)
    .replace(/\n(\(Did you mean .*\))$/, " $1")
    .replace(/ is invalid\. ([A-Z])/, (_, first: string) => ` is invalid: ${first.toLowerCase()}`)
    .replace(/\.$/, "");
}

function tooMany(_: string, expected: string, got: string): string {
  const takes = expected === "0" ? "no argument" : expected === "1" ? "one argument" : `${expected} arguments`;
  return `it takes ${takes}, not ${got}`;
}
