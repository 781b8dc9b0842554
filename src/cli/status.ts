import type { Command } from "commander";
import { list, type NamedEnd } from "../lab/named.ts";
import type { Outcome } from "./command.ts";

export function define(command: Command, outcome: Outcome): void {
  command.option("-j, --json", "as one JSON object").action((options: { json?: boolean }) => {
    const labs = list();
    if (options.json) process.stdout.write(`${JSON.stringify({ labs })}\n`);
    else if (labs.length === 0) process.stdout.write("no lab is up; `vethlab up` makes one\n");
    else
      for (const lab of labs) {
        process.stdout.write(`${lab.name}\n`);
        for (const end of lab.ends) process.stdout.write(`  ${describe(end)}\n`);
      }
    outcome.code = 0;
  });
}

function describe(end: NamedEnd): string {
  const where = `${end.namespace.padEnd(8)} ${end.interface}`;
  if (!end.present) return `${where}  is gone (deleted, or moved to another namespace)`;
  const state = end.up ? (end.running ? "up" : "up, but the other end is down") : "down";
  const addresses = end.addresses.length === 0 ? "no address" : end.addresses.join(" ");
  return `${where}  ${state}  ${end.mac}  mtu ${end.mtu}  ${addresses}  rx ${end.rxPackets}  tx ${end.txPackets}`;
}
