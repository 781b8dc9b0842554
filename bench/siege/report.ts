/** docs/attacks.md: what was sent, what became of it, and what no host can help. */
import { ATTACKS, memoryBound, totalBound } from "../../src/tools/attack/index.ts";
import { machine } from "../machine.ts";
import type { Result } from "./siege.ts";

export interface Conditions {
  readonly seconds: number;
  readonly rate: number | "max";
  /** Processes that wanted a processor meanwhile, on average (the kernel's load average over a minute), at the beginning. */
  readonly load: number;
}

const INTRODUCTION = `# Attacks

What a host and a router of ours do when somebody on their network means them ill. Each attack is defined once, as frames in
order (\`src/tools/attack/\`), and used three times:

- \`test/tools/attack/hour.test.ts\` lets all of them come in turn for an hour of virtual time, against a host and against a
  router, in some seconds. An honest host pings the target once a second, every other time in three fragments, and the
  target pings it: no answer may be missing (but for \`arp-poison\`, below). Every frame must be used, or dropped under a reason
  that the attack names, and the counts must add up; memory, tables and errors must stay within their limits; afterwards no
  timer may be left.
- \`vethlab attack\` sends one, some or all through a real interface: \`vethlab attack --list\`.
- \`npm run siege\` sends each as fast as one process can while the kernel at the same end of the cable pings the target 50 times a
  second, and writes this page: \`npm run siege -- --seconds 40 --report docs/attacks.md\` is an hour of it.

## What is lost, and why

On a simulated wire, where every frame is read, no ping is lost to any of them but \`arp-poison\`. On a real cable at full rate most
of what is lost is lost before it is read: sender and target share the machine, and what the target has not read when its ring
of 2,048 frames is full the kernel drops, honest or not. "Not read" says how much that was. Where it is next to nothing, one
ping of a hundred was missing now and then all the same; which way it went is not found out. Attacks that make the target send
much for each frame (datagrams of 60,000 bytes put together and answered, frames passed on) cost the most; those that are only
dropped cost 25 to 500 ns a frame.

What a host of ours does not prevent, since ARP and IP as they are do not:

- **Poisoning** (\`arp-poison\`). An entry that exists believes what it is told, once a second at most; the target's own packets
  to that neighbour, and what a router passes on to it, then go astray, until the entry is verified: 53 s at most after the
  last forgery. Answers to pings go back to the station that asked, and are not lost. \`neigh add … permanent\` and
  \`Host.setNeighbour\` make entries that nobody changes.
- **Conflicts** (\`arp-conflict\`). A host that defends its address once, as RFC 5227 has it by default, gives it up at the second
  conflict within ten seconds: that is how an attacker takes it away. One that was told to defend it always keeps it, and
  announces it every ten seconds at most.
- **Resolving through a router** (\`route-neighbours\`). Whom it does not know while it is asked for a whole network, a router may
  not reach for others: half its neighbour table is asked for already. Whom it knows it reaches, whoever asks it it learns,
  and its own packets have the other half.
- **Errors** are 1,000 a second to everybody together, as Linux has it: a flood in many names takes them from the honest.

## What each does
`;

/** The whole page. */
export function page(results: readonly Result[], conditions: Conditions): string {
  const { cpu, kernel, node } = machine();
  const pace =
    conditions.rate === "max" ? "as fast as it goes" : `at ${conditions.rate.toLocaleString("en")} frames a second`;
  const run = `${cpu}, Linux ${kernel}, Node ${node}; each attack for ${conditions.seconds} s, ${pace}; load average ${conditions.load.toFixed(1)} when it began.`;
  const bound = memoryBound().map(({ what, bytes }) => `| ${what} | ${bytes.toLocaleString("en")} |`);
  const worst = Math.max(...results.map((one) => one.held));
  const resident = Math.max(...results.map((one) => one.memory[1]));
  return `${INTRODUCTION}
${run}

${tables(results)}"Held" is the memory in use after the attack, garbage not counted, beyond what the target held when it was at rest; "resident"
is the most that the process took meanwhile. "Idle" is the share of a processor that it takes 0.3 s after the last frame.

## The bound

However much is sent, an interface can be made to hold ${mib(totalBound())} and no more: the sum of its limits, with their defaults.
The most that was held after any attack, code compiled on the way included, is ${mib(worst)}; the most that the process was resident with is ${mib(resident)}.

| what | bytes at most |
| --- | --- |
${bound.join("\n")}
| together | ${totalBound().toLocaleString("en")} |
`;
}

function tables(results: readonly Result[]): string {
  return (["host", "router"] as const)
    .map((target) => {
      const rows = results.filter((one) => one.target === target);
      if (rows.length === 0) return "";
      const title = target === "host" ? "A host (`vethlab answer`)" : "A router (`vethlab router`)";
      return `### ${title}\n\n${heading()}${rows.map(row).join("")}\n`;
    })
    .join("");
}

const COLUMNS = [
  "attack",
  "sends",
  "what is done about it",
  "frames/s",
  "not read",
  "answered, passed on /s",
  "errors/s",
  "pings lost",
  "held",
  "resident",
  "idle",
] as const;

function heading(): string {
  return `| ${COLUMNS.join(" | ")} |\n|${COLUMNS.map(() => " --- |").join("")}\n`;
}

function row(result: Result): string {
  const { name, about, defence } = ATTACKS.find((one) => one.name === result.attack)!;
  const each = (n: number) => Math.round(n / result.seconds).toLocaleString("en");
  const cells = [
    `\`${name}\``,
    about,
    defence,
    each(result.sent),
    percent(result.lost, result.received + result.lost),
    each(result.answered + result.forwarded),
    each(result.errors),
    `${result.pingsLost} of ${result.pings}`,
    mib(result.held),
    mib(result.memory[1]),
    `${Math.round(100 * result.idle)}%`,
  ];
  return `| ${cells.join(" | ")} |\n`;
}

/** `0.0%`. */
export function percent(part: number, whole: number): string {
  return `${((100 * part) / Math.max(1, whole)).toFixed(1)}%`;
}

/** `5.8 MiB`. */
export function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
