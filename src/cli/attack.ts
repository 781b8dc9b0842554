import { type Command, InvalidArgumentError } from "commander";
import * as ipv4 from "../../packets/ipv4-address.ts";
import * as mac from "../../packets/mac.ts";
import type { Link } from "../link/link.ts";
import { UserError } from "../linux/errors.ts";
import { ipJson } from "../linux/iproute.ts";
import type { NetworkNamespace } from "../linux/namespace.ts";
import { Host } from "../stack/host.ts";
import { ATTACKS, type Attack, framesOf, type Scene } from "../tools/attack/index.ts";
import { closingJson, closingLines, type SendRun, startSend } from "../tools/send/index.ts";
import { attach, sourceOf } from "./attach.ts";
import type { Outcome } from "./command.ts";
import { hostAddress, integer, interfaceName, NETNS_HELP, nonEmpty, prefix, seconds, stationMac } from "./options.ts";
import { rate, showProgress } from "./send.ts";
import { onEnd } from "./signals.ts";
import { similar } from "./similar.ts";

interface Flags {
  readonly I?: string;
  readonly netns?: string;
  readonly to?: Uint8Array;
  readonly sourceIp?: ipv4.Prefix;
  readonly sourceMac?: Uint8Array;
  readonly victim?: number;
  readonly gateway?: number;
  readonly beyond?: ipv4.Prefix;
  readonly seed: number;
  readonly rate: number | "max";
  readonly count?: number;
  readonly w?: number;
  readonly list?: boolean;
  readonly force?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Of several attacks each lasts so long unless told. */
const SECONDS_EACH = 10;
/** A network that a source address without a length is taken to be on. */
const USUAL_LENGTH = 24;
const ASKING_MS = 3000;
const LOOK_MS = 20;

export function define(command: Command, outcome: Outcome): void {
  command
    .argument("[attack]", "its name, several with commas, or all; --list tells them")
    .argument("[target]", "the address that is attacked", hostAddress)
    .option("-I <interface>", "send through this interface: one end of a laboratory's cable", interfaceName)
    .option("--netns <namespace>", NETNS_HELP, nonEmpty)
    .option("--to <mac>", "the target's MAC address; asked for unless given", stationMac)
    .option("--source-ip <address>", "the attacker's address and network; the interface's own unless given", prefix)
    .option("--source-mac <mac>", "the attacker's MAC address; the interface's own unless given", stationMac)
    .option(
      "--victim <address>",
      "the honest host in whose name some attacks speak; the attacker unless given",
      hostAddress,
    )
    .option(
      "--gateway <address>",
      "the router in whose name redirects come; the network's first address unless given",
      hostAddress,
    )
    .option("--beyond <network>", "the network behind the target, for attacks on a router", network)
    .option("--rate <rate>", "frames a second, or max", rate, "max")
    .option("-c, --count <count>", "stop each attack after that many frames", integer(1))
    .option("-w <seconds>", `stop each attack after that time (of several: ${SECONDS_EACH})`, seconds(0.001))
    .option("--seed <number>", "of the random parts", integer(0, 0xffffffff), 1)
    .option("--list", "tell the attacks, and what a host of ours does about each")
    .option("--force", "attack through an interface that is no laboratory's, too")
    .option("-q, --quiet", "no progress")
    .option("-j, --json", "one JSON object for each attack")
    .addHelpText(
      "before",
      "Examples:\n  vethlab attack --list\n  vethlab attack -I ve0 --source-ip 10.0.0.66/24 arp-forged 10.0.0.2 -c 1000000\n" +
        "  vethlab attack -I ve0 --source-ip 10.0.0.66/24 all 10.0.0.2 -w 2\n" +
        "  vethlab attack -I ve0 --source-ip 10.0.1.66/24 --beyond 10.0.2.0/24 \\\n    route-neighbours 10.0.1.1\n",
    )
    .addHelpText(
      "after",
      "\nFor a laboratory of one's own: it floods. An interface that is neither veth,\ndummy nor a bridge or its port, or that " +
        "the default route goes through, is\nrefused. Ctrl-C ends with the totals.",
    )
    .action(async (names: string | undefined, target: number | undefined, flags: Flags) => {
      outcome.code = flags.list === true ? list() : await attack(names, target, flags);
    });
}

function list(): number {
  for (const { name, about, defence, aims } of ATTACKS)
    process.stdout.write(
      `${name}${aims === "router" ? "  (on a router)" : ""}\n    sends: ${about}\n    answer: ${defence}\n`,
    );
  return 0;
}

async function attack(names: string | undefined, target: number | undefined, flags: Flags): Promise<number> {
  if (names === undefined || target === undefined || flags.I === undefined)
    throw new UserError("attack what? Give an interface, an attack and an address: -I ve0 arp-flood 10.0.0.2");
  const attacks = choose(names, flags);
  const at = { ...flags, I: flags.I };
  const scene = await sceneFor(at, target);
  let isOver = false;
  let current: SendRun | null = null;
  const stopListening = onEnd(() => {
    isOver = true;
    current?.interrupt();
  });
  let failed = 0;
  for (const one of attacks) {
    if (isOver) break;
    failed += await run(one, scene, at, attacks.length > 1, (started) => {
      current = started;
    });
  }
  stopListening();
  return failed === 0 ? 0 : 1;
}

/** Sends the frames of one attack. @returns how many could not be sent. */
async function run(
  one: Attack,
  scene: Scene,
  flags: Flags & { I: string },
  isOneOfSeveral: boolean,
  started: (run: SendRun) => void,
): Promise<number> {
  const { link, close } = attach(flags.I, { netns: flags.netns, ring: "none", promiscuous: false });
  try {
    const target = `${ipv4.format(scene.target.ip)} (${mac.format(scene.target.mac)})`;
    if (flags.json !== true)
      process.stdout.write(`ATTACKING ${target} through ${link.name} with ${one.name}: ${one.about}\n`);
    const sending = startSend(link, framesOf(one, scene, flags.seed), { count: flags.count, rate: flags.rate });
    started(sending);
    const limit = flags.w ?? (isOneOfSeveral && flags.count === undefined ? SECONDS_EACH : undefined);
    const timer = limit === undefined ? null : setTimeout(() => sending.interrupt(), 1000 * limit);
    const stopProgress = flags.quiet === true ? () => {} : showProgress(sending);
    const result = await sending.done;
    stopProgress();
    if (timer !== null) clearTimeout(timer);
    const totals =
      flags.json === true ? closingJson(result).replace("{", `{"attack":"${one.name}",`) : closingLines(result);
    process.stdout.write(totals);
    return result.failed;
  } finally {
    close();
  }
}

function choose(names: string, flags: Flags): Attack[] {
  const known = ATTACKS.map((one) => one.name);
  const isWhole = names === "all";
  const wanted = isWhole ? known : names.split(",");
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const meant = similar(unknown, known);
    throw new UserError(
      `there is no attack ${unknown}${meant === null ? "" : ` (Did you mean ${meant}?)`}: \`vethlab attack --list\` tells them`,
    );
  }
  const chosen = ATTACKS.filter((one) => wanted.includes(one.name));
  if (flags.beyond !== undefined) return chosen;
  const routed = chosen.find((one) => one.aims === "router");
  if (routed !== undefined && !isWhole)
    throw new UserError(`${routed.name} goes through a router: say to which network, such as --beyond 10.0.2.0/24`);
  return chosen.filter((one) => one.aims === "host");
}

async function sceneFor(flags: Flags & { I: string }, target: number): Promise<Scene> {
  const { link, namespace, close } = attach(flags.I, { netns: flags.netns, promiscuous: false });
  try {
    if (flags.force !== true) refuseOutside(flags.I, namespace);
    const source = flags.sourceIp ?? sourceOf(flags.I, namespace, undefined).prefix;
    const around = source.length === 32 ? { ...source, length: USUAL_LENGTH } : source;
    const attacker = { mac: flags.sourceMac ?? link.mac, ip: source.address };
    const victim = flags.victim ?? source.address;
    return {
      target: { mac: flags.to ?? (await resolve(link, attacker.mac, around, target)), ip: target },
      attacker,
      victim: { mac: mac.forIpv4(victim), ip: victim },
      network: { ...around, address: ipv4.network(around) },
      gateway: flags.gateway ?? (ipv4.network(around) + 1) | 0,
      beyond: flags.beyond ?? { address: ipv4.network(around), length: around.length },
      mtu: link.mtu,
    };
  } finally {
    close();
  }
}

/** The MAC address of the target, by ARP. @throws {UserError} if it does not answer. */
async function resolve(link: Link, own: Uint8Array, source: ipv4.Prefix, target: number): Promise<Uint8Array> {
  const host = new Host(link, { addresses: [source], mac: own, answer: { arp: false, echo: false } });
  try {
    host.sendEcho(target, process.pid & 0xffff, 1, new Uint8Array(0));
    for (let waited = 0; waited <= ASKING_MS; waited += LOOK_MS) {
      const address = host.neighbours().find((one) => one.ip === target)?.mac ?? null;
      if (address !== null) return address;
      await new Promise((turn) => setTimeout(turn, LOOK_MS));
    }
  } finally {
    host.close();
  }
  throw new UserError(
    `${ipv4.format(target)} does not answer ARP on ${link.name}: start a target there, or give its MAC address with --to`,
  );
}

const KINDS: ReadonlySet<string> = new Set(["veth", "dummy", "bridge"]);

/** @throws {UserError} for an interface through which a flood could leave the laboratory. */
function refuseOutside(name: string, namespace: NetworkNamespace | null): void {
  interface Shown {
    readonly linkinfo?: { readonly info_kind?: string; readonly info_slave_kind?: string };
  }
  const look = () => ({
    link: ipJson<Shown>("-details", "link", "show", "dev", name)[0]?.linkinfo,
    ways: ipJson("route", "show", "default", "dev", name),
  });
  const { link, ways } = namespace === null ? look() : namespace.run(look);
  if (ways.length > 0)
    throw new UserError(`${name} is no laboratory's: the default route goes through it. --force attacks all the same`);
  if (KINDS.has(link?.info_kind ?? "") || link?.info_slave_kind === "bridge") return;
  throw new UserError(
    `${name} is no laboratory's: it is neither veth, dummy nor a bridge or its port. --force attacks all the same`,
  );
}

function network(text: string): ipv4.Prefix {
  const value = /\/\d+$/.test(text) ? ipv4.parsePrefix(text) : null;
  if (value === null || value.length > 30) throw new InvalidArgumentError("It must be a network such as 10.0.2.0/24.");
  return { ...value, address: ipv4.network(value) };
}
