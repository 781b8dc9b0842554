import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import * as ipv4 from "../../packets/ipv4-address.ts";
import { UserError } from "../linux/errors.ts";
import { realClock } from "../stack/clock.ts";
import { Router, type RouterInterface } from "../stack/router/router.ts";
import { startRouter } from "../tools/router/index.ts";
import { type Attachment, attach, kernelAddresses } from "./attach.ts";
import type { Outcome } from "./command.ts";
import { given, hostAddress, integer, interfacePlace, NETNS_HELP, nonEmpty, prefix } from "./options.ts";
import { onEnd } from "./signals.ts";

interface InterfaceFlag {
  readonly place: string;
  readonly addresses: readonly ipv4.Prefix[];
}

interface RouteFlag {
  readonly network: ipv4.Prefix;
  readonly gateway: number;
}

interface Flags {
  readonly if: readonly InterfaceFlag[];
  readonly route?: readonly RouteFlag[];
  readonly netns?: string;
  readonly redirects: boolean;
  readonly icmpRatelimit?: number;
  readonly directedBroadcasts?: boolean;
  readonly proxyArp?: boolean;
  readonly acceptSourceRoute?: boolean;
  readonly force?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

export function define(command: Command, outcome: Outcome): void {
  command
    .requiredOption(
      "--if <interface=address>",
      "route on this interface, as this address: ve1=10.0.1.1/24, or ve1@NAMESPACE=10.0.1.1/24; several with commas; once for each interface",
      anotherInterface,
    )
    .option(
      "--route <network=gateway>",
      "a network behind another router: 10.0.9.0/24=10.0.2.2, or default=10.0.2.2 for all the rest; may be given more than once",
      anotherRoute,
    )
    .option("--netns <namespace>", NETNS_HELP, nonEmpty)
    .option("--no-redirects", "do not tell senders of a better first hop")
    .option("--directed-broadcasts", "pass on broadcasts to a whole network")
    .option("--proxy-arp", "answer ARP on each interface for what is behind the others (RFC 1027)")
    .option("--accept-source-route", "follow source routes; datagrams with one are dropped unless told")
    .option(
      "--icmp-ratelimit <ms>",
      "between two ICMP errors to one address, after six at once; 0 for no such limit (1000, as Linux)",
      integer(0, 3_600_000),
    )
    .option("--force", "route even as an address that the kernel here owns")
    .option("-q, --quiet", "the totals only")
    .option("-v, --verbose", "everything that happens: each datagram passed on, dropped frames and why")
    .option("-j, --json", "one JSON object a line")
    .addHelpText(
      "before",
      "Examples:\n  vethlab router --if ve1=10.0.1.1/24 --if ve2=10.0.2.1/24\n" +
        "  vethlab router --if ve1=10.0.1.1/24 --if ve2=10.0.2.1/24 \\\n    --route 10.0.9.0/24=10.0.2.2\n",
    )
    .addHelpText(
      "after",
      "\nCtrl-C ends with the totals; Ctrl-\\ prints them and goes on.\nSIGUSR1 shows the neighbour tables, as `ip -s neigh` does.",
    )
    .action(async (flags: Flags) => {
      outcome.code = await route(flags);
    });
}

async function route(flags: Flags): Promise<number> {
  const attachments: Attachment[] = [];
  try {
    const interfaces: RouterInterface[] = flags.if.map(({ place, addresses }) => {
      const at = place.indexOf("@");
      const netns = at < 0 ? flags.netns : place.slice(at + 1);
      const attachment = attach(at < 0 ? place : place.slice(0, at), { netns, offload: true });
      attachments.push(attachment);
      if (flags.force !== true) refuseKernelAddresses(addresses, attachment);
      const { proxyArp = false, acceptSourceRoute = false } = flags;
      return { link: attachment.link, addresses, acceptSourceRoute, arp: { proxyArp } };
    });
    const router = new Router(interfaces, {
      sendRedirects: flags.redirects,
      directedBroadcasts: flags.directedBroadcasts ?? false,
      errors: { ...given("addressMs", flags.icmpRatelimit) },
    });
    addRoutes(router, flags.route ?? []);
    const stopListening = onEnd(() => run.interrupt());
    process.on("SIGQUIT", () => run.interim());
    process.on("SIGUSR1", () => run.neighbours());
    const run = startRouter(
      router,
      { ...flags, names: namesOf(flags.if) },
      {
        clock: realClock,
        out: (text) => void process.stdout.write(text),
        err: (text) => void process.stderr.write(text),
      },
    );
    const code = await run.done;
    stopListening();
    return code;
  } finally {
    for (const { close } of attachments) close();
  }
}

/** Interfaces of one name in several namespaces are told apart by these. */
function namesOf(interfaces: readonly InterfaceFlag[]): string[] {
  const short = interfaces.map(({ place }) => place.replace(/@.*/s, ""));
  return interfaces.map(({ place }, i) =>
    short.indexOf(short[i]!) === short.lastIndexOf(short[i]!) ? short[i]! : place,
  );
}

function addRoutes(router: Router, routes: readonly RouteFlag[]): void {
  try {
    for (const { network, gateway } of routes) router.addRoute(network, gateway);
  } catch (error) {
    router.close();
    throw error instanceof RangeError ? new UserError(error.message) : error;
  }
}

/** Two that answer for one address would contradict each other. */
function refuseKernelAddresses(wanted: readonly ipv4.Prefix[], { namespace }: Attachment): void {
  const owned = kernelAddresses(namespace);
  const taken = wanted.find((one) => owned.has(one.address));
  if (taken === undefined) return;
  throw new UserError(
    `the kernel owns ${ipv4.format(taken.address)} in this namespace and answers for it itself: choose another address, or --force`,
  );
}

function anotherInterface(text: string, before: readonly InterfaceFlag[] = []): InterfaceFlag[] {
  const equals = text.indexOf("=");
  if (equals < 0) throw new InvalidArgumentError("It must be an interface and its address, such as ve1=10.0.1.1/24.");
  const place = interfacePlace(text.slice(0, equals));
  if (before.some((other) => other.place === place))
    throw new InvalidArgumentError(`${place} is there already: give its addresses with commas between.`);
  const addresses = text
    .slice(equals + 1)
    .split(",")
    .map(prefix);
  const others = before.flatMap((one) => one.addresses.map((address) => ({ place: one.place, address })));
  for (const one of addresses) {
    if (one.length === 32)
      throw new InvalidArgumentError(
        `${ipv4.format(one.address)} needs the length of its network, such as ${ipv4.format(one.address)}/24.`,
      );
    const shared = others.find(
      ({ address }) => ipv4.contains(address, one.address) || ipv4.contains(one, address.address),
    );
    if (shared !== undefined)
      throw new InvalidArgumentError(
        `${ipv4.formatPrefix(one)} and ${shared.place}'s ${ipv4.formatPrefix(shared.address)} overlap: each interface needs a network of its own.`,
      );
  }
  return [...before, { place, addresses }];
}

function anotherRoute(text: string, before: readonly RouteFlag[] = []): RouteFlag[] {
  const [network = "", gateway, ...more] = text.split("=");
  const parsed = ipv4.parsePrefix(network === "default" ? "0.0.0.0/0" : network);
  if (parsed === null || gateway === undefined || more.length > 0)
    throw new InvalidArgumentError("It must be a network and its gateway, such as 10.0.9.0/24=10.0.2.2.");
  if (
    before.some(
      (other) => ipv4.network(other.network) === ipv4.network(parsed) && other.network.length === parsed.length,
    )
  )
    throw new InvalidArgumentError(`${network} has a gateway already: each network goes one way.`);
  return [...before, { network: parsed, gateway: hostAddress(gateway) }];
}
