/** What a host or router of ours is as a device under test, whatever its wires are. */
import * as ipv4 from "../../../packets/ipv4-address.ts";
import type { Link } from "../../link/link.ts";
import type { AddressClaim } from "../../stack/claim/claim.ts";
import type { Clock } from "../../stack/clock.ts";
import { Host, type HostOptions } from "../../stack/host.ts";
import { NeighbourState } from "../../stack/neighbour/neighbour-options.ts";
import type { Random } from "../../stack/random.ts";
import { Router, type RouterInterface } from "../../stack/router/router.ts";
import { isSent, sendResultText } from "../../stack/send-result.ts";
import {
  type DeviceSocket,
  type Machine,
  type NeighbourSeen,
  type PingRequest,
  type SocketEvent,
  Unsupported,
} from "../device.ts";
import type { Defence, Route, Setup } from "../script.ts";
import { ownOptions } from "../settings.ts";
import { macNumber } from "../value.ts";

/** Changes a device on purpose, to see that scripts notice. */
export interface Fault {
  /** Stands between the wire and the host. */
  readonly link?: (link: Link) => Link;
  /** The host's options. */
  readonly options?: (options: HostOptions) => HostOptions;
  /** The host itself, once it is made. */
  readonly host?: (host: Host) => void;
}

export class OwnMachine implements Machine {
  readonly hosts: readonly Host[];
  /** Who sends by which identifier: errors are believed of what a socket sent alone. */
  readonly #senders = new Set<number>();
  readonly #claims = new Map<number, AddressClaim>();
  readonly #close: () => void;

  constructor(setup: Setup, links: readonly Link[], clock: Clock, random: Random | undefined, fault: Fault = {}) {
    const { host: settings, forwarding } = ownOptions(setup.settings);
    const wires = links.map((link) => fault.link?.(link) ?? link);
    const shared = { clock, ...(random === undefined ? {} : { random }) };
    const options = setup.interfaces.map(({ prefixes, vlan }): HostOptions => {
      const gateway = setup.gateway === null || setup.isRouter ? {} : { gateway: setup.gateway | 0 };
      const own = { ...settings, ...shared, addresses: prefixes, ...gateway, ...(vlan === 0 ? {} : { vlan }) };
      return fault.options?.(own) ?? own;
    });
    const machine = setup.isRouter
      ? new Router(interfaces(options, wires), { ...forwarding, ...shared, errors: options[0]!.errors ?? {} })
      : new Host(wires[0]!, options[0]!);
    this.hosts = machine instanceof Router ? machine.hosts : [machine];
    this.#close = () => machine.close();
    for (const route of setup.routes) this.#addRoute(machine, route);
    if (setup.isRouter && setup.gateway !== null)
      this.#addRoute(machine, { prefix: { address: 0, length: 0 }, gateway: setup.gateway });
    for (const host of this.hosts) fault.host?.(host);
  }

  #addRoute(machine: Host | Router, { prefix, gateway }: Route): void {
    if (machine instanceof Router) machine.addRoute(prefix, gateway | 0);
    else machine.routes.add({ prefix, gateway: gateway | 0 });
  }

  ping({ to, id, seq, data, ttl, discovery }: PingRequest): string {
    const options = { ...(ttl === null ? {} : { ttl }), discovery };
    const host = this.#towards(to);
    if (!this.#senders.has(id)) host.openEcho({ onReply: () => {} }, id);
    this.#senders.add(id);
    const result = host.sendEcho(to | 0, id, seq, data, options);
    return isSent(result) ? "" : sendResultText(result, host.link.mtu);
  }

  openUdp(port: number): DeviceSocket {
    const [host] = this.hosts;
    const events: SocketEvent[] = [];
    const options = port === 0 ? {} : { port };
    const socket = host!.openUdp(
      {
        onMessage({ from, fromPort, buffer, offset, length }) {
          events.push({ kind: "data", from: from >>> 0, fromPort, data: buffer.slice(offset, offset + length) });
        },
        onError({ from, icmpType, icmpCode, mtu }) {
          events.push({ kind: "error", from: from >>> 0, type: icmpType, code: icmpCode, mtu });
        },
      },
      options,
    );
    return {
      send({ to, port: toPort, data, ttl, discovery }) {
        const result = socket.send(to | 0, toPort, data, { ...(ttl === null ? {} : { ttl }), discovery });
        return isSent(result) ? "" : sendResultText(result, host!.link.mtu);
      },
      receive: () => events.shift() ?? null,
      close: () => socket.close(),
    };
  }

  addAddress(prefix: ipv4.Prefix): void {
    const { identity, routes } = this.#only("given an address");
    identity.add(prefix, routes, 0);
  }

  removeAddress({ address }: ipv4.Prefix): void {
    const { identity, routes } = this.#only("taken an address");
    identity.remove(address, routes, 0);
  }

  claim(prefix: ipv4.Prefix, defence: Defence): void {
    const { address } = prefix;
    this.#claims.set(address >>> 0, this.#only("told to claim an address").claim(prefix, { defence }));
  }

  claimState(ip: number): string | null {
    return this.#claims.get(ip)?.state ?? null;
  }

  #only(what: string): Host {
    if (this.hosts.length > 1) throw new Unsupported(`a router of ours cannot be ${what} while it runs`);
    return this.hosts[0]!;
  }

  neighbour(ip: number): NeighbourSeen | null {
    for (const host of this.hosts) {
      const entry = host.neighbours().find((one) => one.ip === (ip | 0));
      if (entry === undefined) continue;
      const state = Object.keys(NeighbourState).find(
        (name) => NeighbourState[name as keyof typeof NeighbourState] === entry.state,
      );
      return { mac: entry.mac === null ? null : macNumber(entry.mac), state: (state ?? "NONE").toUpperCase() };
    }
    return null;
  }

  setNeighbour(ip: number, mac: Uint8Array): void {
    this.#towards(ip).setNeighbour(ip | 0, mac);
  }

  forgetNeighbours(ip: number | null): void {
    for (const host of this.hosts) host.forgetNeighbours(ip === null ? undefined : ip | 0);
  }

  close(): void {
    this.#close();
  }

  #towards(ip: number): Host {
    const on = this.hosts.find(({ identity }) => identity.prefixes.some((prefix) => ipv4.contains(prefix, ip | 0)));
    return on ?? this.hosts[0]!;
  }
}

/** What is the router's as a whole is told it as a whole. */
function interfaces(options: readonly HostOptions[], links: readonly Link[]): RouterInterface[] {
  return options.map(({ clock: _, random: __, observer: ___, errors: ____, ...rest }, i) => ({
    ...rest,
    link: links[i]!,
  }));
}
