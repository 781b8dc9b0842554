/** `npm run siege -- [ATTACK…] [--seconds N] [--rate N] [--json FILE] [--report FILE]`: every attack at full rate on a real cable. */
import { closeSync, openSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { ATTACKS, totalBound } from "../../src/tools/attack/index.ts";
import { machine } from "../machine.ts";
import { mib, page, percent } from "./report.ts";
import { type Result, Siege } from "./siege.ts";

const USAGE = `usage: npm run siege -- [ATTACK…] [--seconds N] [--rate N] [--json FILE] [--report FILE]

  npm run siege                          all attacks, 5 s each, as fast as they go: some ten minutes
  npm run siege -- --seconds 40          an hour
  npm run siege -- arp-forged land       these
  npm run siege -- --rate 20000          at so many frames a second

  npm run siege -- --report docs/attacks.md
                                         writes the page

Each attack is sent through one end of a virtual cable while the kernel at the same end pings the target 50 times a second;
the target is a host of ours, or a router of ours with a kernel behind it that is pinged. All in namespaces of its own.
Exit code 1 if the target did not recover, or held more memory than its limits say.
`;

const SECONDS = 5;
/** A poisoned entry counts as confirmed for 45 s, then is verified for 8. */
const RECOVERY_SECONDS = 60;
const WARM_UP = ["garbage", "echo-flood"];
/** Code that is compiled on the way, and what V8 notes of it, lies in the same heap. */
const CODE = 2 << 20;
/** Interfaces of each target: each has limits of its own. */
const INTERFACES = { host: 1, router: 2 } as const;

/** @returns the exit code. */
export async function main(args: string[]): Promise<number> {
  let parsed: ReturnType<typeof read>;
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(USAGE);
    return 0;
  }
  try {
    parsed = read(args);
  } catch (error) {
    process.stderr.write(`siege: ${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  const { names, seconds, rate, json, report } = parsed;
  const results: Result[] = [];
  let failed = 0;
  const [load = 0] = loadavg();
  for (const aims of ["host", "router"] as const) {
    const attacks = ATTACKS.filter((one) => one.aims === aims && (names.length === 0 || names.includes(one.name)));
    if (attacks.length === 0) continue;
    using siege = await Siege.begin(aims);
    // First uses and compiled code are no attack's doing.
    for (const attack of ATTACKS.filter((one) => WARM_UP.includes(one.name))) await siege.run(attack, 1, rate);
    await siege.settle();
    for (const attack of attacks) {
      const result = await siege.run(attack, seconds, rate);
      results.push(result);
      process.stdout.write(line(result));
      if (!(await siege.recovers(RECOVERY_SECONDS))) {
        failed++;
        process.stdout.write(`${attack.name}: the target does not answer any more\n`);
      }
    }
  }
  if (results.some(({ held, target }) => held > INTERFACES[target] * totalBound() + CODE)) {
    failed++;
    process.stdout.write(`more is held than the limits of an interface allow, ${mib(totalBound())}\n`);
  }
  if (report !== undefined) writeFileSync(report, page(results, { seconds, rate, load }));
  if (json !== undefined) writeFileSync(json, JSON.stringify({ machine: machine(), seconds, rate, results }, null, 1));
  return failed === 0 ? 0 : 1;
}

function read(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seconds: { type: "string" },
      rate: { type: "string" },
      json: { type: "string" },
      report: { type: "string" },
    },
  });
  const unknown = positionals.find((name) => !ATTACKS.some((one) => one.name === name));
  if (unknown !== undefined) throw new Error(`there is no attack ${unknown}`);
  const number = (text: string | undefined, otherwise: number) => {
    const value = text === undefined ? otherwise : Number(text);
    if (!(value > 0)) throw new Error(`${text} is no number above 0`);
    return value;
  };
  // An hour's results want a place: what cannot be written is told before it begins.
  for (const path of [values.json, values.report]) if (path !== undefined) closeSync(openSync(path, "a"));
  return {
    names: positionals,
    seconds: number(values.seconds, SECONDS),
    rate: values.rate === undefined ? ("max" as const) : number(values.rate, 0),
    json: values.json,
    report: values.report,
  };
}

/** A line while it goes on. */
function line(result: Result): string {
  const { attack, target, seconds, sent, received, lost, pings, pingsLost, held, drops } = result;
  const rate = `${Math.round(sent / seconds).toLocaleString("en")}/s`.padStart(11);
  const unread = `${percent(lost, received + lost)} not read`.padStart(15);
  const missed = `${pingsLost} of ${pings} pings lost`.padStart(20);
  const names = Object.keys(drops).join(", ");
  return `${target.padEnd(6)} ${attack.padEnd(18)} ${rate} ${unread} ${missed}  ${mib(held).padStart(8)} held  ${names}\n`;
}
