/** What a host or router of ours is as a device under test, whatever its wires are. */
import * as ipv4 from "../../../packets/ipv4-address.ts";
import type { Link } from "../../link/link.ts";
import type { Clock } from "../../stack/clock.ts";
import { Host, type HostOptions } from "../../stack/host.ts";
import { NeighbourState } from "../../stack/neighbour-options.ts";
import type { Random } from "../../stack/random.ts";
import { Router } from "../../stack/router.ts";
import { isSent, sendResultText } from "../../stack/send-result.ts";
import type { NeighbourSeen, PingRequest } from "../device.ts";
import type { Setup } from "../script.ts";
import { hostOptionsOf } from "../settings.ts";
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

export class OwnMachine {
  readonly hosts: readonly Host[];
  /** Who sends by which identifier: errors are believed of what a socket sent alone. */
  readonly #senders = new Set<number>();
  readonly #close: () => void;

  constructor(setup: Setup, links: readonly Link[], clock: Clock, random: Random | undefined, fault: Fault = {}) {
    const common = hostOptionsOf(setup.settings);
    const options = setup.interfaces.map(({ prefixes, vlan }): HostOptions => {
      const own: HostOptions = {
        ...common,
        addresses: prefixes,
        ...(vlan === 0 ? {} : { vlan }),
        ...(setup.gateway === null ? {} : { gateway: setup.gateway | 0 }),
        clock,
        ...(random === undefined ? {} : { random }),
      };
      return fault.options?.(own) ?? own;
    });
    const wires = links.map((link) => fault.link?.(link) ?? link);
    if (setup.isRouter) {
      const router = new Router(
        options.map(({ clock: _, random: __, observer: ___, errors: ____, ...rest }, i) => ({
          ...rest,
          link: wires[i]!,
        })),
        {
          clock,
          ...(random === undefined ? {} : { random }),
          ...(common.errors === undefined ? {} : { errors: common.errors }),
        },
      );
      for (const { prefix, gateway } of setup.routes) router.addRoute(prefix, gateway | 0);
      this.hosts = router.hosts;
      this.#close = () => router.close();
    } else {
      const host = new Host(wires[0]!, options[0]!);
      for (const { prefix, gateway } of setup.routes) host.routes.add({ prefix, gateway: gateway | 0, out: 0 });
      this.hosts = [host];
      this.#close = () => host.close();
    }
    for (const host of this.hosts) fault.host?.(host);
  }

  ping({ to, id, seq, data, ttl, discovery }: PingRequest): string {
    const options = { ...(ttl === null ? {} : { ttl }), discovery };
    const host = this.#towards(to);
    if (!this.#senders.has(id)) host.openEcho({ onReply: () => {} }, id);
    this.#senders.add(id);
    const result = host.sendEcho(to | 0, id, seq, data, options);
    return isSent(result) ? "" : sendResultText(result, host.link.mtu);
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
