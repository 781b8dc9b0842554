import type { Command } from "commander";
import { Lab } from "../lab/lab.ts";
import { joinShell, shellCommand, startShell } from "../lab/shell.ts";
import { requireLabPrivileges } from "../linux/privilege.ts";
import type { Outcome } from "./command.ts";
import { integer } from "./options.ts";
import { ownName } from "./own-name.ts";
import { ownsTerminal, SIGNAL_EXIT } from "./signals.ts";

export function define(command: Command, outcome: Outcome): void {
  command
    .argument("[command...]", "run this instead of a shell, such as `vethlab shell -- ip link`")
    .option("--join <pid>", "a second console in the lab of another `vethlab shell`", integer(1))
    .addHelpText("before", "Examples:\n  vethlab shell\n  vethlab shell --join 1234\n  vethlab shell -- ip -br link\n")
    .passThroughOptions()
    .action(async (words: string[], options: { join?: number }) => {
      const wanted = words.length === 0 ? shellCommand() : words;
      if (options.join !== undefined) joinShell(options.join, wanted);
      requireLabPrivileges();
      outcome.code = await runShell(wanted, words.length === 0 && process.stdin.isTTY === true);
    });
}

async function runShell(command: readonly string[], interactive: boolean): Promise<number> {
  const lab = Lab.create();
  try {
    const namespace = lab.addNamespace("lab");
    const [ve0, ve1] = lab.addPair({ name: "ve0", namespace }, { name: "ve1", namespace });
    ve0.up();
    ve1.up();
    if (interactive) process.stdout.write(banner());
    const child = startShell(namespace, command);
    return await new Promise<number>((resolve, reject) => {
      let ended = 0;
      const end = (signal: keyof typeof SIGNAL_EXIT) => {
        ended = SIGNAL_EXIT[signal];
        child.kill("SIGHUP");
        setTimeout(() => child.kill("SIGKILL"), 200);
      };
      // A Ctrl-C at the keyboard belongs to what runs in the shell; one sent to this process alone ends it.
      process.on("SIGINT", () => ownsTerminal() || end("SIGINT"));
      process.on("SIGTERM", () => end("SIGTERM"));
      process.on("SIGHUP", () => end("SIGHUP"));
      child.on("error", reject);
      child.on("exit", (code, signal) => resolve(ended || (code ?? (signal === null ? 2 : 128 + 9))));
    });
  } finally {
    lab.close();
  }
}

function banner(): string {
  return `A lab of your own: ve0 and ve1 are the two ends of one virtual cable, up and
without addresses, in a network namespace that nobody else sees. Leave with
\`exit\`: everything made here disappears.

  try    ip -br link
         ip address add 10.0.0.1/24 dev ve0      the kernel owns it, on ve0
         vethlab answer -I ve1 --ip 10.0.0.2 &   vethlab plays 10.0.0.2, on ve1
         ping -c 3 10.0.0.2                      the kernel pings it
  watch  in a second terminal:
         ${ownName()} shell --join ${process.pid}
         vethlab sniff -i ve1 -n -e

`;
}
