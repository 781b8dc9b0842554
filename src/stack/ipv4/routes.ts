/**
 * Where a datagram goes next: networks that an interface is on, and gateways for the rest; the longest prefix wins
 * (RFC 1812, 5.2.4.3), the lower metric among equals.
 */
import * as ipv4 from "../../../packets/ipv4-address.ts";

/** One entry, as `ip route` shows it. */
export interface Route {
  readonly prefix: ipv4.Prefix;
  /** The next hop, a signed 32-bit integer; 0 if the destination itself is on the link. */
  readonly gateway: number;
  /** Which interface of the host, counted from 0. */
  readonly out: number;
  /** Less is better; 0 unless given. */
  readonly metric: number;
  /** `link` for the network of an address, `static` for what was set by hand, `redirect` for what a gateway said. */
  readonly origin: "link" | "static" | "redirect";
}

/** Redirects that are remembered: what a gateway says must not fill the memory. */
const REDIRECTS = 1024;

export class RouteTable {
  /** By prefix length: networks and their routes, the best first. */
  readonly #byLength: (Map<number, Route[]> | undefined)[] = new Array(33).fill(undefined);
  /** Destinations that redirects are about, the oldest first, with the hop that each names. */
  readonly #redirects = new Map<number, number>();
  /** By hop: which of them name it, so that forgetting one that does not answer looks at no other. */
  readonly #redirectsTo = new Map<number, Set<number>>();

  /** Adds a route; one for the same prefix through the same interface and with the same metric is replaced. */
  add(route: Partial<Route> & Pick<Route, "prefix">): void {
    const { prefix, gateway = 0, out = 0, metric = 0, origin = "static" } = route;
    const full: Route = { prefix: { ...prefix, address: ipv4.network(prefix) }, gateway, out, metric, origin };
    const network = full.prefix.address;
    this.#byLength[prefix.length] ??= new Map();
    const routes = this.#byLength[prefix.length]!;
    const others = (routes.get(network) ?? []).filter((one) => one.out !== out || one.metric !== metric);
    if (prefix.length === 32) this.#note(network, [...others, full]);
    routes.set(
      network,
      [...others, full].sort((a, b) => a.metric - b.metric),
    );
  }

  /** Removes the routes for a prefix: all of them, or those that `which` says. @returns how many went. */
  remove(prefix: ipv4.Prefix, which: (route: Route) => boolean = () => true): number {
    const network = ipv4.network(prefix);
    const routes = this.#byLength[prefix.length];
    const before = routes?.get(network) ?? [];
    const left = before.filter((one) => !which(one));
    if (prefix.length === 32 && left.length < before.length) this.#note(network, left);
    if (left.length > 0) routes?.set(network, left);
    else routes?.delete(network);
    return before.length - left.length;
  }

  /** The best route to `dst`, or null. */
  lookup(dst: number): Route | null {
    for (let length = 32; length >= 0; length--) {
      const routes = this.#byLength[length];
      if (routes === undefined || routes.size === 0) continue;
      const found = routes.get(dst & ipv4.mask(length));
      if (found !== undefined) return found[0]!;
    }
    return null;
  }

  /** Whom to hand a datagram for `dst`: itself if it is on the link, else the gateway; 0 if there is no way. */
  nextHop(dst: number): number {
    const route = this.lookup(dst);
    if (route === null) return 0;
    return route.gateway === 0 ? dst : route.gateway;
  }

  /**
   * Takes in a redirect (RFC 1122, 3.2.2.2): from now on `dst` alone goes through `gateway`.
   * @param from who says so. @returns false unless `from` is the present first hop and `gateway` is on the same link.
   */
  redirect(dst: number, gateway: number, from: number): boolean {
    const present = this.lookup(dst);
    if (present === null || present.gateway !== from || gateway === from) return false;
    const way = this.lookup(gateway);
    if (way === null || way.gateway !== 0 || way.out !== present.out) return false;
    const prefix = { address: dst, length: 32 };
    // RFC 1122, 3.3.1.2: a route to one host that was set by hand stands.
    if (present.prefix.length === 32 && present.origin === "static") return false;
    if (present.origin !== "redirect" && this.#redirects.size >= REDIRECTS) this.#forgetOldestRedirect();
    this.add({ prefix, gateway: gateway === dst ? 0 : gateway, out: present.out, origin: "redirect" });
    return true;
  }

  /** Forgets what redirects said of a gateway that does not answer (RFC 1122, 3.3.1.4). */
  forgetRedirects(gateway: number): void {
    const about = this.#redirectsTo.get(gateway);
    if (about !== undefined) for (const dst of [...about]) this.#forgetRedirect(dst);
  }

  /** What comes last is worth more than a table that somebody filled long ago; what is forgotten is told again. */
  #forgetOldestRedirect(): void {
    const oldest = this.#redirects.keys().next();
    if (!oldest.done) this.#forgetRedirect(oldest.value);
  }

  #forgetRedirect(dst: number): void {
    this.remove({ address: dst, length: 32 }, (one) => one.origin === "redirect");
  }

  /** Keeps the account of redirects when the routes to `dst` alone have changed to these. */
  #note(dst: number, routes: readonly Route[]): void {
    const redirect = routes.find((one) => one.origin === "redirect");
    const before = this.#redirects.get(dst);
    if (redirect === undefined && before === undefined) return;
    if (before !== undefined) {
      this.#redirects.delete(dst);
      const others = this.#redirectsTo.get(before);
      others?.delete(dst);
      if (others?.size === 0) this.#redirectsTo.delete(before);
    }
    if (redirect === undefined) return;
    const hop = redirect.gateway === 0 ? dst : redirect.gateway;
    this.#redirects.set(dst, hop);
    const about = this.#redirectsTo.get(hop) ?? new Set();
    this.#redirectsTo.set(hop, about.add(dst));
  }

  /** All routes, the longest prefix first, the best of one prefix first. */
  list(): Route[] {
    const longestFirst = [...this.#byLength].reverse();
    return longestFirst.flatMap((routes) => (routes === undefined ? [] : [...routes.values()].flat()));
  }
}
