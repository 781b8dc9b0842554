/** `npm run siege -- [ATTACK…] [--seconds N] [--rate N] [--json FILE]`: every attack at full rate on a real cable. */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ATTACKS, memoryBound, totalBound } from "../../src/tools/attack/index.ts";
import { machine } from "../machine.ts";
import { type Result, Siege } from "./siege.ts";

const USAGE = `usage: npm run siege -- [ATTACK…] [--seconds N] [--rate N] [--json FILE]

  npm run siege                          all attacks, 5 s each, as fast as they go: some ten minutes
  npm run siege -- --seconds 40          an hour
  npm run siege -- arp-forged land       these
  npm run siege -- --rate 20000          at so many frames a second

Each attack is sent through one end of a virtual cable while the kernel at the same end pings the target 50 times a second;
the target is a host of ours, or a router of ours with a kernel behind it that is pinged. All in namespaces of its own.
Exit code 1 if the target did not recover, or held more memory than its limits say.
`;

const SECONDS = 5;
/** A poisoned entry counts as confirmed for 45 s, then is verified for 8. */
const RECOVERY_SECONDS = 60;
const WARM_UP = ["garbage", "echo-flood"];
/** Interfaces of each target: each has limits of its own. */
const INTERFACES = { host: 1, router: 2 } as const;
/** @returns the exit code. */
export async function main(args: string[]): Promise<number> {
  let parsed: ReturnType<typeof read>;
  try {
    parsed = read(args);
  } catch (error) {
    process.stderr.write(`siege: ${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  const { names, seconds, rate, json } = parsed;
  const results: Result[] = [];
  let failed = 0;
  process.stdout.write(heading());
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
      process.stdout.write(row(result));
      if (!(await siege.recovers(RECOVERY_SECONDS))) {
        failed++;
        process.stdout.write(`${attack.name}: the target does not answer any more\n`);
      }
    }
  }
  const worst = results.reduce((most, { held }) => Math.max(most, held), 0);
  const isOver = results.some(({ held, target }) => held > INTERFACES[target] * totalBound());
  process.stdout.write(
    `\nAt most ${mib(worst)} were held after an attack; the limits of an interface allow ${mib(totalBound())}:\n`,
  );
  for (const { what, bytes } of memoryBound()) process.stdout.write(`  ${mib(bytes).padStart(9)}  ${what}\n`);
  if (isOver) failed++;
  if (json !== undefined) writeFileSync(json, JSON.stringify({ machine: machine(), seconds, rate, results }, null, 1));
  return failed === 0 ? 0 : 1;
}

function read(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { seconds: { type: "string" }, rate: { type: "string" }, json: { type: "string" } },
  });
  const unknown = positionals.find((name) => !ATTACKS.some((one) => one.name === name));
  if (unknown !== undefined) throw new Error(`there is no attack ${unknown}`);
  const number = (text: string | undefined, otherwise: number) => {
    const value = text === undefined ? otherwise : Number(text);
    if (!(value > 0)) throw new Error(`${text} is no number above 0`);
    return value;
  };
  return {
    names: positionals,
    seconds: number(values.seconds, SECONDS),
    rate: values.rate === undefined ? ("max" as const) : number(values.rate, 0),
    json: values.json,
  };
}

const COLUMNS = [
  "attack",
  "frames/s sent",
  "read",
  "not read",
  "answered/s",
  "errors/s",
  "pings lost",
  "held",
  "resident before, most, after",
  "idle",
  "dropped as",
] as const;

function heading(): string {
  return `| ${COLUMNS.join(" | ")} |\n|${COLUMNS.map(() => " --- |").join("")}\n`;
}

function row(result: Result): string {
  const { attack, seconds, sent, received, lost, answered, forwarded, errors, pings, pingsLost, memory, drops } =
    result;
  const each = (n: number) => Math.round(n / seconds).toLocaleString("en");
  const share = (n: number) => `${((100 * n) / Math.max(1, received + lost)).toFixed(1)}%`;
  const cells = [
    attack,
    each(sent),
    share(received),
    share(lost),
    each(answered + forwarded),
    each(errors),
    `${pingsLost} of ${pings} (${((100 * pingsLost) / pings).toFixed(1)}%)`,
    mib(result.held),
    memory.map(mib).join(", "),
    `${(100 * result.idle).toFixed(0)}%`,
    Object.keys(drops).join(", "),
  ];
  return `| ${cells.join(" | ")} |\n`;
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
