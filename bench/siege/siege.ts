/** One target on a real cable, and what each attack at full rate does to it. */
import * as mac from "../../packets/mac.ts";
import { Lab } from "../../src/lab/lab.ts";
import type { LabNamespace } from "../../src/lab/namespace.ts";
import type { Attack } from "../../src/tools/attack/index.ts";
import { packageFile } from "../root.ts";
import { Running } from "./process.ts";
import type { TargetPort, TargetState } from "./target.ts";

const TARGET = packageFile("dist", "bench", "siege", "target.js");
const VETHLAB = packageFile("bin", "vethlab");
/** The kernel that pings is the victim in whose name attacks speak; the attacker is nobody's address. */
const ADDRESS = { target: "10.0.0.2", honest: "10.0.0.5", attacker: "10.0.0.66", inside: "10.1.0.7" } as const;
const LENGTH = 16;
const BEYOND = "10.1.0.0/16";
const PINGS_A_SECOND = 50;
/** A poisoned neighbour counts as confirmed for 45 s at most; others are over at once. */
const REST_MS = 300;
const IDLE_MS = 500;
const LOOK_MS = 50;

/** What one attack did to the target. */
export interface Result {
  readonly attack: string;
  readonly target: "host" | "router";
  readonly seconds: number;
  readonly sent: number;
  readonly received: number;
  /** Frames that the kernel dropped since the target did not read them in time. */
  readonly lost: number;
  /** ARP and echo. */
  readonly answered: number;
  readonly forwarded: number;
  readonly dropped: number;
  readonly drops: Readonly<Record<string, number>>;
  /** ICMP errors sent. */
  readonly errors: number;
  readonly pings: number;
  readonly pingsLost: number;
  /** Resident memory in bytes: before, at most during, after. */
  readonly memory: readonly [number, number, number];
  /** Bytes in use after it, garbage not counted, more than when the siege began. */
  readonly held: number;
  /** Share of one processor that the target takes when it is over. */
  readonly idle: number;
  readonly neighbours: number;
  /** Bytes of fragments kept, at the end. */
  readonly fragments: number;
}

export class Siege implements Disposable {
  readonly #aims: Attack["aims"];
  readonly #lab = Lab.create();
  readonly #outside: LabNamespace;
  readonly #target: Running;
  #atRest = 0;

  private constructor(aims: Attack["aims"]) {
    this.#aims = aims;
    const [outside, middle, inside] = this.#lab.addNamespaces(["outside", "target", "inside"]);
    this.#outside = outside!;
    const { target, honest, inside: within } = ADDRESS;
    this.#lab.addPair(
      { name: "ve0", namespace: outside!, address: `${honest}/${LENGTH}`, up: true },
      { name: "ve1", namespace: middle!, up: true },
    );
    const namespace = middle!.kernel.path;
    const ports: TargetPort[] = [{ namespace, name: "ve1", address: `${target}/${LENGTH}` }];
    if (aims === "host") ports[0] = { ...ports[0]!, gateway: "10.0.0.1" };
    else {
      this.#lab.addPair(
        { name: "ve3", namespace: inside!, address: `${within}/${LENGTH}`, up: true },
        { name: "ve2", namespace: middle!, up: true },
      );
      ports.push({ namespace, name: "ve2", address: "10.1.0.1/16" });
      inside!.ip("route add default via 10.1.0.1");
      outside!.ip(`route add ${BEYOND} via ${target}`);
    }
    this.#target = new Running(null, process.execPath, ["--expose-gc", TARGET, JSON.stringify(ports)], true);
  }

  static async begin(aims: Attack["aims"]): Promise<Siege> {
    const siege = new Siege(aims);
    await siege.#target.line();
    return siege;
  }

  /** What the target holds now is what it holds without an attack: compiled code, and what is made at the first use. */
  async settle(): Promise<void> {
    this.#atRest = (await this.#state()).inUse;
  }

  /** Lets one attack last so long. @param rate frames a second, or `max`. */
  async run(attack: Attack, seconds: number, rate: number | "max"): Promise<Result> {
    const before = await this.#state();
    const memoryBefore = this.#target.memory();
    const attacker = this.#attack(attack, seconds, rate);
    const pings = Math.max(1, Math.floor(seconds * PINGS_A_SECOND));
    // The attack's process takes a while to begin.
    await pause(400);
    const ping = this.#ping(pings);
    let most = memoryBefore;
    const looking = setInterval(() => {
      most = Math.max(most, this.#target.memory());
    }, LOOK_MS);
    const [sent, answered] = await Promise.all([attacker.ended, ping.ended]);
    clearInterval(looking);
    if (sent.code !== 0) throw new Error(`${attack.name}: ${sent.stderr}${sent.stdout}`);
    await pause(REST_MS);
    const busy = this.#target.processor();
    await pause(IDLE_MS);
    const idle = (this.#target.processor() - busy) / (IDLE_MS / 1000);
    const after = await this.#state();
    return {
      attack: attack.name,
      target: this.#aims,
      seconds,
      sent: (JSON.parse(sent.stdout) as { sent: number }).sent,
      ...difference(before, after),
      pings,
      pingsLost: pings - Number(/(\d+) received/.exec(answered.stdout)?.[1] ?? 0),
      memory: [memoryBefore, most, this.#target.memory()],
      held: after.inUse - this.#atRest,
      idle,
    };
  }

  /** What was poisoned is found again, as long as it takes. @returns false if the target does not answer. */
  async recovers(seconds: number): Promise<boolean> {
    for (let tried = 0; tried < seconds; tried++) {
      const { stdout } = await this.#ping(1).ended;
      if (stdout.includes(" 1 received")) return true;
    }
    return false;
  }

  close(): void {
    this.#target.end();
    this.#lab.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #attack(attack: Attack, seconds: number, rate: number | "max"): Running {
    const { attacker, honest, target } = ADDRESS;
    // As the scene has it: the victim is the kernel's end.
    const who = ["--source-ip", `${attacker}/${LENGTH}`, "--victim", honest, "--gateway", "10.0.0.1"];
    const more = [
      "--source-mac",
      mac.format(mac.parse("02:00:00:00:00:66")!),
      "--beyond",
      BEYOND,
      "--rate",
      String(rate),
    ];
    const how = ["-w", String(seconds), "-q", "-j"];
    return new Running(this.#outside, process.execPath, [
      VETHLAB,
      "attack",
      "-I",
      "ve0",
      ...who,
      ...more,
      ...how,
      attack.name,
      target,
    ]);
  }

  #ping(count: number): Running {
    const to = this.#aims === "host" ? ADDRESS.target : ADDRESS.inside;
    return new Running(this.#outside, "ping", ["-q", "-c", `${count}`, "-i", `${1 / PINGS_A_SECOND}`, "-W", "1", to]);
  }

  async #state(): Promise<TargetState> {
    return JSON.parse(await this.#target.ask()) as TargetState;
  }
}

function difference(before: TargetState, after: TargetState) {
  const [was, is] = [before.hosts[0]!, after.hosts[0]!];
  const drops = Object.entries(is.drops).map(([name, n]) => [name, n - (was.drops[name] ?? 0)] as const);
  const answers = (stats: typeof is) => stats.arpAnswered + stats.echoAnswered + stats.timestampsAnswered;
  const errors = ({ hosts }: TargetState) => hosts.reduce((sum, one) => sum + one.errors.sent, 0);
  return {
    received: is.received - was.received,
    lost: after.lost - before.lost,
    answered: answers(is) - answers(was),
    forwarded: after.forwarded - before.forwarded,
    dropped: drops.reduce((sum, [, n]) => sum + n, 0),
    drops: Object.fromEntries(drops.filter(([, n]) => n > 0)),
    errors: errors(after) - errors(before),
    neighbours: Math.max(...after.hosts.map((one) => one.neighbours.entries)),
    fragments: is.reassembly?.bytes ?? 0,
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
