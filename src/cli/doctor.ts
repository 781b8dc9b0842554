import type { Command } from "commander";
import { examine, type Finding } from "../lab/doctor.ts";
import type { Outcome } from "./command.ts";

export function define(command: Command, outcome: Outcome): void {
  command.option("-j, --json", "as one JSON object").action((options: { json?: boolean }) => {
    const findings = examine();
    const ok = findings.every((finding) => finding.ok || !finding.required);
    if (options.json) process.stdout.write(`${JSON.stringify({ ok, findings })}\n`);
    else process.stdout.write(`${findings.map(describe).join("\n")}\n\n${verdict(ok)}\n`);
    outcome.code = ok ? 0 : 1;
  });
}

function describe(finding: Finding): string {
  const mark = finding.ok ? "ok     " : finding.required ? "MISSING" : "absent ";
  const line = `${mark}  ${finding.what.padEnd(15)}${finding.detail}`;
  return finding.fix === "" ? line : `${line}\n${" ".repeat(24)}fix: ${finding.fix}`;
}

function verdict(ok: boolean): string {
  return ok ? "All that vethlab needs is here." : "Something that vethlab needs is missing: see MISSING above.";
}
