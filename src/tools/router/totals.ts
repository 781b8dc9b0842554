/** router's words: the routes it begins with, and what it did. */
import * as ipv4 from "../../../packets/ipv4-address.ts";
import type { Router } from "../../stack/router/router.ts";
import { dropLines, dropped, grouped } from "../answer/format.ts";

/** What interfaces are called unless told. */
export function linkNames({ hosts }: Router): string[] {
  return hosts.map(({ link }) => link.name);
}

/** The routes through other routers. @param names of the interfaces, in their order. */
export function routeObjects({ routes }: Router, names: readonly string[]) {
  const through = routes.list().filter(({ gateway }) => gateway !== 0);
  return through.map(({ prefix, gateway, out }) => ({
    event: "route",
    network: prefix.length === 0 ? "default" : ipv4.formatPrefix(prefix),
    gateway: ipv4.format(gateway),
    interface: names[out] ?? "",
  }));
}

/** The same as `ip route` shows them. */
export function routesText(router: Router, names: readonly string[]): string {
  const routes = routeObjects(router, names);
  return routes.map((route) => `  ${route.network} via ${route.gateway} dev ${route.interface}\n`).join("");
}

/** What the router did, interface by interface. */
export function totalsText(router: Router, names: readonly string[]): string {
  const { forwarded, fragmented, redirects, interfaces } = router.stats();
  const sum = (of: (stats: (typeof interfaces)[number]) => number) => interfaces.reduce((n, one) => n + of(one), 0);
  const errors = sum((one) => one.errors.sent);
  const limited = sum((one) => one.errors.limited);
  let text = `\n--- router statistics ---\n${grouped(forwarded)} datagrams passed on`;
  if (fragmented > 0) text += `, ${grouped(fragmented)} of them in fragments`;
  text += `; ${grouped(redirects)} redirects, ${grouped(errors - redirects)} other ICMP errors sent`;
  if (limited > 0) text += `, ${grouped(limited)} held back as too many`;
  text += "\n";
  for (const [i, { received, drops, txFailed, echoAnswered }] of interfaces.entries()) {
    const { link } = router.hosts[i]!;
    const { rxDropped } = link.stats();
    text += `${names[i]}: ${grouped(received)} frames received, ${grouped(dropped(drops))} dropped`;
    if (echoAnswered > 0) text += `, ${grouped(echoAnswered)} echo requests answered`;
    if (rxDropped > 0) text += `, ${grouped(rxDropped)} lost before they were read`;
    if (txFailed > 0) text += `, ${grouped(txFailed)} could not be sent`;
    text += `\n${dropLines(drops)}`;
    if ((drops["frame-cut"] ?? 0) > 0)
      text +=
        "  (frames longer than the MTU came faster than they were read: `ethtool -K IFACE tso off gso off`, or gso_max_size, at the sender)\n";
  }
  return text;
}

/** The same for programs. */
export function totalsObject(router: Router, names: readonly string[]): Record<string, unknown> {
  const { forwarded, fragmented, redirects, interfaces } = router.stats();
  const each = interfaces.map(({ received, drops, errors, txFailed, echoAnswered }, i) => {
    const { link } = router.hosts[i]!;
    const { sent, limited } = errors;
    return {
      interface: names[i],
      received,
      lost: link.stats().rxDropped,
      echo_answered: echoAnswered,
      errors_sent: sent,
      errors_limited: limited,
      tx_failed: txFailed,
      drops,
    };
  });
  return { event: "totals", forwarded, fragmented, redirects, interfaces: each };
}
