/** The `use` lines of a script: who is on the wire, and how the device is set. */
import * as ipv4 from "../../packets/ipv4-address.ts";
import { parseSpan } from "./parse-time.ts";
import type { InterfaceSetup, Route, Setup, Station } from "./script.ts";
import { SETTINGS } from "./settings.ts";
import type { Words } from "./tokens.ts";
import { evaluate, parseOperand } from "./value.ts";

const DEFAULT_HOST = "10.0.0.1/24";
const DEFAULT_TOLERANCE = 0.25;
const HOST_PORT = "eth0";

interface Port {
  name: string;
  prefixes: ipv4.Prefix[];
  mtu: number;
  vlan: number;
}

interface Peer {
  ip: number;
  mac: number;
  name: string;
  port: string;
}

/** Gathers `use` lines; what a file says before its first test holds for all of them. */
export class SetupBuilder {
  #ports: Port[] = [];
  #isRouter = false;
  #peers: Peer[] = [];
  #gateway: number | null = null;
  #routes: Route[] = [];
  #settings = new Map<string, number>();
  #arp: boolean | null = null;
  #tolerance = DEFAULT_TOLERANCE;

  copy(): SetupBuilder {
    const copy = new SetupBuilder();
    copy.#ports = this.#ports.map((port) => ({ ...port, prefixes: [...port.prefixes] }));
    copy.#isRouter = this.#isRouter;
    copy.#peers = [...this.#peers];
    copy.#gateway = this.#gateway;
    copy.#routes = [...this.#routes];
    copy.#settings = new Map(this.#settings);
    copy.#arp = this.#arp;
    copy.#tolerance = this.#tolerance;
    return copy;
  }

  /** Takes what follows `use`. @throws {ScriptError} */
  use(words: Words): void {
    const column = words.column;
    const what = words.take("what to use: host, router, peer, gateway, route, mtu, vlan, arp, tolerance or a setting");
    switch (what) {
      case "host":
        this.#host(words);
        break;
      case "router":
        this.#router(words);
        break;
      case "peer":
        this.#peer(words);
        break;
      case "gateway":
        this.#gateway = address(words, "the gateway");
        break;
      case "route": {
        const prefix = prefixOf(words);
        words.demand("via", "after the route's network");
        this.#routes.push({ prefix, gateway: address(words, "the gateway") });
        break;
      }
      case "mtu": {
        const mtu = integer(words, "an MTU", 68, 65_535);
        this.#port(words).mtu = mtu;
        break;
      }
      case "vlan":
        this.#port(words).vlan = integer(words, "a VLAN", 1, 4094);
        break;
      case "arp":
        if (words.accept("answered")) this.#arp = true;
        else if (words.accept("by", "hand")) this.#arp = false;
        else words.fail("expected `use arp answered` or `use arp by hand`");
        break;
      case "tolerance":
        this.#tolerance = parseSpan(words);
        break;
      default:
        if (!Object.hasOwn(SETTINGS, what))
          words.fail(`there is no setting \`${what}\`: there are ${Object.keys(SETTINGS).join(", ")}`, column);
        this.#settings.set(what, integer(words, "the setting's value", 0, 2 ** 31 - 1));
    }
    words.finish();
  }

  /** @param mentionsArp whether the steps speak of ARP frames: unless told, they then see all of it. */
  build(mentionsArp: boolean): Setup {
    const ports = this.#hostPorts();
    const stations = this.#peers.map((peer): Station => ({ ...peer, port: peer.port || this.#portOf(ports, peer.ip) }));
    for (const port of ports) {
      if (stations.some((station) => station.port === port.name)) continue;
      const ip = neighbourOf(port.prefixes[0]);
      // The first station is $peer; a router's other ones are $left and $right.
      if (ip !== null)
        stations.push({ ip, mac: defaultMac(ip), name: this.#isRouter ? port.name : "peer", port: port.name });
    }
    return {
      interfaces: ports as InterfaceSetup[],
      isRouter: this.#isRouter,
      stations,
      gateway: this.#gateway,
      routes: this.#routes,
      settings: this.#settings,
      isArpAnswered: this.#arp ?? !mentionsArp,
      tolerance: this.#tolerance,
    };
  }

  #hostPorts(): Port[] {
    if (this.#ports.length === 0) this.#ports.push(newPort(HOST_PORT));
    const [first] = this.#ports;
    if (!this.#isRouter && first!.prefixes.length === 0) first!.prefixes.push(ipv4.parsePrefix(DEFAULT_HOST)!);
    return this.#ports;
  }

  #portOf(ports: readonly Port[], ip: number): string {
    const on = ports.find(({ prefixes }) => prefixes.some((prefix) => ipv4.contains(prefix, ip | 0)));
    return (on ?? ports[0]!).name;
  }

  #host(words: Words): void {
    this.#isRouter = false;
    const [old] = this.#ports;
    const port = newPort(HOST_PORT);
    if (old !== undefined) Object.assign(port, { mtu: old.mtu, vlan: old.vlan });
    while (!words.done) port.prefixes.push(prefixOf(words));
    if (port.prefixes.length === 0) words.fail("expected the host's address, such as 10.0.0.1/24");
    this.#ports = [port];
  }

  #router(words: Words): void {
    this.#isRouter = true;
    this.#ports = [];
    while (!words.done) {
      const column = words.column;
      const port = newPort(words.take("an interface's name"));
      if (this.#ports.some(({ name }) => name === port.name))
        words.fail(`there is an interface ${port.name} already`, column);
      do port.prefixes.push(prefixOf(words));
      while (/^\d/.test(words.peek()));
      this.#ports.push(port);
    }
    if (this.#ports.length < 2) words.fail("a router is written `use router left 10.0.1.1/24 right 10.0.2.1/24`");
  }

  #peer(words: Words): void {
    const ip = address(words, "the peer's address");
    let mac = defaultMac(ip);
    if (words.peek().includes(":")) {
      const column = words.column;
      const operand = parseOperand(words, words.take("a MAC address"), "mac", 48, "the peer", column);
      mac = evaluate(operand, new Map()) as number;
    }
    const name = words.accept("as") ? words.take("a name").replace("$", "") : this.#peers.length === 0 ? "peer" : "";
    const port = words.accept("on") ? words.take("an interface's name") : "";
    this.#peers = this.#peers.filter((other) => other.ip !== ip && (name === "" || other.name !== name));
    this.#peers.push({ ip, mac, name, port });
  }

  #port(words: Words): Port {
    if (this.#ports.length === 0) this.#ports.push(newPort(HOST_PORT));
    if (!words.accept("on")) return this.#ports[0]!;
    const name = words.take("an interface's name");
    return this.#ports.find((port) => port.name === name) ?? words.fail(`there is no interface ${name}`);
  }
}

function newPort(name: string): Port {
  return { name, prefixes: [], mtu: 1500, vlan: 0 };
}

/** 02:00 and the address: everybody's MAC address unless told. */
export function defaultMac(ip: number): number {
  return 0x020000000000 + ip;
}

/** The address after the device's, or before it where that one is the broadcast address. */
function neighbourOf(prefix: ipv4.Prefix | undefined): number | null {
  if (prefix === undefined) return null;
  const after = (prefix.address + 1) | 0;
  return (after === ipv4.broadcast(prefix) ? prefix.address - 1 : after) >>> 0;
}

function address(words: Words, what: string): number {
  const column = words.column;
  const ip = ipv4.parse(words.take(what));
  return ip === null ? words.fail(`${what} is written as 10.0.0.2`, column) : ip >>> 0;
}

function prefixOf(words: Words): ipv4.Prefix {
  const column = words.column;
  const text = words.take("an address such as 10.0.0.1/24");
  return ipv4.parsePrefix(text) ?? words.fail(`an address is written 10.0.0.1/24, not \`${text}\``, column);
}

function integer(words: Words, what: string, min: number, max: number): number {
  const column = words.column;
  const text = words.take(what);
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max
    ? value
    : words.fail(`${what} is a number from ${min} to ${max}, not \`${text}\``, column);
}
