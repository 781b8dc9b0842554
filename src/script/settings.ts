/** What a script may set on the device, by Linux's names, and what that is on a host of ours. */
import type { ArpOptions } from "../stack/arp/arp-options.ts";
import type { HostOptions } from "../stack/host.ts";
import type { IcmpErrorOptions } from "../stack/icmp/icmp-errors.ts";
import type { ReassemblyOptions } from "../stack/ipv4/reassembly.ts";
import type { NeighbourOptions } from "../stack/neighbour/neighbour-options.ts";
import type { ForwardingOptions } from "../stack/router/forwarding.ts";
import { Unsupported } from "./device.ts";

type Mutable<T> = { -readonly [K in keyof T]?: T[K] };

/** The options that settings change, filled in one after the other. */
interface Options {
  readonly neighbours: Mutable<NeighbourOptions>;
  readonly arp: Mutable<ArpOptions>;
  readonly reassembly: Mutable<ReassemblyOptions>;
  readonly errors: Mutable<IcmpErrorOptions>;
  readonly host: Mutable<HostOptions>;
  readonly forwarding: Mutable<ForwardingOptions>;
}

/** `conf`, `neigh`: an interface's; `ipv4`: the whole machine's. */
type Scope = "conf" | "neigh" | "ipv4";

interface Setting {
  readonly scope: Scope;
  /** Null: a host of ours has no such setting. */
  readonly ours: ((options: Options, value: number) => void) | null;
}

/** A setting that is one of our options, in its unit. */
function option<G extends keyof Options>(scope: Scope, group: G, name: keyof Options[G], factor = 1): Setting {
  return { scope, ours: (options, value) => set(options[group], name, value * factor) };
}

/** One that is yes or no. */
function flag<G extends keyof Options>(scope: Scope, group: G, name: keyof Options[G]): Setting {
  return { scope, ours: (options, value) => set(options[group], name, value !== 0) };
}

function set<T extends object>(options: T, name: keyof T, value: number | boolean): void {
  Object.assign(options, { [name]: value });
}

/** USER_HZ: Linux tells these times in hundredths of a second. */
const TICK_MS = 10;
const NO_LIMIT_MS = 1e-6;
/** Does as a host of ours always does. */
const always = (scope: Scope): Setting => ({ scope, ours: () => {} });
const absent = (scope: Scope): Setting => ({ scope, ours: null });

/** By the sysctl's last word. */
export const SETTINGS: Readonly<Record<string, Setting>> = {
  base_reachable_time_ms: option("neigh", "neighbours", "baseReachableMs"),
  retrans_time_ms: option("neigh", "neighbours", "retransMs"),
  delay_first_probe_time: option("neigh", "neighbours", "delayFirstProbeMs", 1000),
  gc_stale_time: option("neigh", "neighbours", "gcStaleMs", 1000),
  ucast_solicit: option("neigh", "neighbours", "unicastRequests"),
  mcast_solicit: option("neigh", "neighbours", "broadcastRequests"),
  mcast_resolicit: option("neigh", "neighbours", "rebroadcastRequests"),
  locktime: option("neigh", "neighbours", "lockMs", TICK_MS),
  unres_qlen: option("neigh", "neighbours", "queueLimit"),
  unres_qlen_bytes: option("neigh", "neighbours", "queueBytesEach"),
  proxy_delay: option("neigh", "arp", "proxyDelayMs", TICK_MS),
  proxy_qlen: option("neigh", "arp", "proxyQlen"),
  arp_accept: option("conf", "arp", "arpAccept"),
  arp_ignore: option("conf", "arp", "arpIgnore"),
  arp_announce: option("conf", "arp", "arpAnnounce"),
  arp_notify: flag("conf", "arp", "arpNotify"),
  arp_filter: flag("conf", "arp", "arpFilter"),
  drop_gratuitous_arp: flag("conf", "arp", "dropGratuitousArp"),
  proxy_arp: flag("conf", "arp", "proxyArp"),
  proxy_arp_pvlan: flag("conf", "arp", "proxyArpPvlan"),
  accept_redirects: flag("conf", "host", "acceptRedirects"),
  accept_source_route: flag("conf", "host", "acceptSourceRoute"),
  send_redirects: flag("conf", "forwarding", "sendRedirects"),
  bc_forwarding: flag("conf", "forwarding", "directedBroadcasts"),
  // A host of ours is as one that has both 0.
  secure_redirects: always("conf"),
  shared_media: always("conf"),
  rp_filter: always("conf"),
  drop_unicast_in_l2_multicast: always("conf"),
  ipfrag_time: option("ipv4", "reassembly", "timeoutMs", 1000),
  icmp_ratelimit: {
    scope: "ipv4",
    ours: ({ errors }, value) => {
      errors.addressMs = value === 0 ? NO_LIMIT_MS : value;
    },
  },
  icmp_msgs_per_sec: option("ipv4", "errors", "perSecond"),
  icmp_msgs_burst: option("ipv4", "errors", "burst"),
  icmp_echo_ignore_broadcasts: absent("ipv4"),
};

/** The sysctls that a setting is, for an interface of this name: of many, `all` and the interface's count together. */
export function sysctlsOf(name: string, port: string): readonly string[] {
  const { scope } = SETTINGS[name]!;
  if (scope === "ipv4") return [`net.ipv4.${name}`];
  const interfaces = scope === "conf" ? ["all", port] : [port];
  return interfaces.map((one) => `net.ipv4.${scope}.${one}.${name}`);
}

/**
 * The options of a host of ours that has these settings.
 * @throws {Unsupported} for one that it does not have.
 */
export function ownOptions(settings: ReadonlyMap<string, number>): {
  readonly host: Partial<HostOptions>;
  readonly forwarding: Partial<ForwardingOptions>;
} {
  const options: Options = { neighbours: {}, arp: {}, reassembly: {}, errors: {}, host: {}, forwarding: {} };
  for (const [name, value] of settings) {
    const { ours } = SETTINGS[name]!;
    if (ours === null) throw new Unsupported(`a host of ours has no ${name}`);
    ours(options, value);
  }
  const { neighbours, arp, reassembly, errors, host, forwarding } = options;
  return { host: { neighbours, arp, reassembly, errors, ...host }, forwarding };
}
