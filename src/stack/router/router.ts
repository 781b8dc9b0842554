/**
 * A router of our own (RFC 1812): hosts that are its interfaces, with one table of routes between them. Each interface has
 * its link, its MAC address and its neighbours; all of them answer for every address of the router (RFC 1122, 3.3.4.2: the
 * weak model, as Linux has it).
 *
 * @example
 * const router = new Router([
 *   { link: left, addresses: ["10.0.1.1/24"] },
 *   { link: right, addresses: ["10.0.2.1/24"] },
 * ]);
 * router.addRoute("10.0.9.0/24", "10.0.2.2");
 */
import * as ipv4 from "../../../packets/ipv4-address.ts";
import type { Link } from "../../link/link.ts";
import { realClock } from "../clock.ts";
import { Host, type HostOptions, type HostStats } from "../host.ts";
import type { EchoHandler } from "../icmp/echo.ts";
import type { EchoOptions, EchoResult, EchoSocket } from "../icmp/echo-socket.ts";
import { readAddress } from "../identity.ts";
import type { RouteTable } from "../ipv4/routes.ts";
import type { Observer } from "../observer.ts";
import type { UdpHandler, UdpOptions, UdpSocket } from "../udp.ts";
import { Forwarding, type ForwardingOptions } from "./forwarding.ts";

/** One interface, and what is particular to it. */
export interface RouterInterface extends Omit<HostOptions, "clock" | "random" | "observer" | "errors"> {
  readonly link: Link;
}

export interface RouterOptions
  extends Partial<ForwardingOptions>,
    Pick<HostOptions, "clock" | "random" | "observer" | "errors"> {}

export interface RouterStats {
  /** Datagrams passed on. */
  readonly forwarded: number;
  /** Of these, those that left in fragments. */
  readonly fragmented: number;
  readonly redirects: number;
  /** Datagrams passed on that asked routers to look at them (RFC 2113). */
  readonly alerts: number;
  /** By interface, in the order given. */
  readonly interfaces: readonly HostStats[];
}

export class Router {
  /** The interfaces, in the order given. */
  readonly hosts: readonly Host[];
  readonly #forwarding: Forwarding;

  /** @throws {RangeError} on an address, MAC, gateway or VLAN that is none, or no interface at all. */
  constructor(interfaces: readonly RouterInterface[], options: RouterOptions = {}) {
    if (interfaces.length === 0) throw new RangeError("a router has at least one interface");
    const { clock = realClock, random, observer, errors, ...forwarding } = options;
    this.#forwarding = new Forwarding(clock, forwarding, errors);
    const shared = {
      clock,
      ...(random === undefined ? {} : { random }),
      ...(observer === undefined ? {} : { observer }),
    };
    this.hosts = interfaces.map(
      ({ link, ...host }, index) =>
        // A router is no host that a better first hop is told to (RFC 1812, 5.2.7.2).
        new Host(link, { acceptRedirects: false, ...host, ...shared }, { forwarding: this.#forwarding, index }),
    );
  }

  /** Whether it passes on what is for others, and how: may be changed at any time. */
  get forwarding(): ForwardingOptions {
    return this.#forwarding.options;
  }

  set forwarding(options: Partial<ForwardingOptions>) {
    this.#forwarding.options = { ...this.#forwarding.options, ...options };
  }

  /** Where datagrams go: to be read, and changed; `Route.out` counts the interfaces from 0. */
  get routes(): RouteTable {
    return this.#forwarding.routes;
  }

  /**
   * Adds a route through a gateway, another router on a network of ours.
   * @param prefix text such as `10.0.9.0/24`, or parsed; `0.0.0.0/0` for all that is on no other route.
   * @throws {RangeError} if either is none, or the gateway is on no network of ours, or an address of ours,
   *   or the network is ours.
   */
  addRoute(prefix: string | ipv4.Prefix, gateway: string | number, metric = 0): void {
    const network = typeof prefix === "string" ? ipv4.parsePrefix(prefix) : prefix;
    if (network === null) throw new RangeError(`${prefix} is no IPv4 network: write it as 10.0.9.0/24`);
    const hop = readAddress(gateway, "gateway");
    const way = this.routes.lookup(hop);
    if (this.hosts.some((host) => host.identity.owns(hop)))
      throw new RangeError(`gateway ${ipv4.format(hop)} is this router itself`);
    if (way === null || way.gateway !== 0)
      throw new RangeError(`gateway ${ipv4.format(hop)} is on no network of this router's`);
    const isOurs = ({ address, length }: ipv4.Prefix): boolean =>
      length === network.length && ipv4.network({ address, length }) === ipv4.network(network);
    if (this.hosts.some((host) => host.identity.prefixes.some(isOurs)))
      throw new RangeError(`${ipv4.formatPrefix(network)} is a network of this router's own: no gateway leads there`);
    this.routes.add({ prefix: network, gateway: hop, out: way.out, metric });
  }

  /** Adds an observer of all interfaces. @returns a function that removes it. */
  observe(observer: Observer): () => void {
    const removers = this.hosts.map((host) => host.observe(observer));
    return () => {
      for (const remove of removers) remove();
    };
  }

  /** As `Host.echo`, through whichever interface leads there. */
  echo(dst: string | number, options: EchoOptions = {}): Promise<EchoResult> {
    const to = typeof dst === "number" ? dst : ipv4.parse(dst);
    return this.#towards(to ?? 0).echo(dst, options);
  }

  /** As `Host.openEcho`. */
  openEcho(handler: EchoHandler, id?: number): EchoSocket {
    return this.hosts[0]!.openEcho(handler, id);
  }

  /** As `Host.openUdp`: the socket hears all interfaces. */
  openUdp(handler: UdpHandler, options: UdpOptions = {}): UdpSocket {
    return this.hosts[0]!.openUdp(handler, options);
  }

  stats(): RouterStats {
    const { forwarded, fragmented, redirects, alerts } = this.#forwarding;
    return { forwarded, fragmented, redirects, alerts, interfaces: this.hosts.map((host) => host.stats()) };
  }

  /** Leaves the links, which stay open. */
  close(): void {
    for (const host of this.hosts) host.close();
  }

  #towards(dst: number): Host {
    return this.hosts[this.routes.lookup(dst)?.out ?? 0] ?? this.hosts[0]!;
  }
}
