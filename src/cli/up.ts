import type { Command } from "commander";
import * as ipv4 from "../../packets/ipv4-address.ts";
import { up } from "../lab/named.ts";
import type { Outcome } from "./command.ts";
import { prefix } from "./options.ts";
import { ownName } from "./own-name.ts";
import { onEnd } from "./signals.ts";

export function define(command: Command, outcome: Outcome): void {
  command
    .argument("[name]", "the lab's name: its namespaces are NAME-a (with ve0) and NAME-b (with ve1)", "lab")
    .option("--address0 <address>", "give the kernel this address on ve0, such as 10.0.0.1/24", prefix)
    .option("--address1 <address>", "give the kernel this address on ve1", prefix)
    .addHelpText(
      "before",
      "Examples:\n  vethlab up\n  vethlab up --address0 10.0.0.1/24 --address1 10.0.0.2/24\n  ip netns exec lab-a ping 10.0.0.2\n",
    )
    .action((name: string, options: { address0?: ipv4.Prefix; address1?: ipv4.Prefix }) => {
      // A lab half made belongs to nobody: a signal waits for its end, or for what failed to be taken back.
      onEnd(() => {});
      up(name, {
        address0: options.address0 && ipv4.formatPrefix(options.address0),
        address1: options.address1 && ipv4.formatPrefix(options.address1),
      });
      const vethlab = ownName();
      process.stdout.write(
        `${name} is up: ve0 in the namespace ${name}-a, ve1 in ${name}-b\n` +
          `  look:    ${vethlab} sniff --netns ${name}-b -i ve1 -n -e\n` +
          `  answer:  ${vethlab} answer --netns ${name}-b -I ve1 --ip 10.0.0.2\n` +
          `  ask:     ${vethlab} ping --netns ${name}-a -I ve0 --source-ip 10.0.0.1/24 10.0.0.2\n` +
          `  enter:   ip netns exec ${name}-a bash\n` +
          `  remove:  ${vethlab} down${name === "lab" ? "" : ` ${name}`}\n`,
      );
      outcome.code = 0;
    });
}
