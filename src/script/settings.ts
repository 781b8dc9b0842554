/** What a script may set on the device, by Linux's names, and what that is on a host of ours. */
import type { HostOptions } from "../stack/host.ts";
import { ICMP_ERROR_DEFAULTS, type IcmpErrorOptions } from "../stack/icmp-errors.ts";
import { NEIGHBOUR_DEFAULTS, type NeighbourOptions } from "../stack/neighbour-options.ts";
import { REASSEMBLY_DEFAULTS, type ReassemblyOptions } from "../stack/reassembly.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The options that settings change, filled in one after the other. */
export interface SettingTarget {
  neighbours: Mutable<NeighbourOptions>;
  reassembly: Mutable<ReassemblyOptions>;
  errors: Mutable<IcmpErrorOptions>;
  host: Mutable<Partial<HostOptions>>;
}

interface Setting {
  /** The sysctl's name, the interface's in place of `IF`. */
  readonly sysctl: string;
  readonly ours: (target: SettingTarget, value: number) => void;
}

const neigh = (name: string, ours: Setting["ours"]): Setting => ({ sysctl: `net.ipv4.neigh.IF.${name}`, ours });

export const SETTINGS: Readonly<Record<string, Setting>> = {
  base_reachable_time_ms: neigh("base_reachable_time_ms", ({ neighbours }, value) => {
    neighbours.baseReachableMs = value;
  }),
  retrans_time_ms: neigh("retrans_time_ms", ({ neighbours }, value) => {
    neighbours.retransMs = value;
  }),
  delay_first_probe_time: neigh("delay_first_probe_time", ({ neighbours }, value) => {
    neighbours.delayFirstProbeMs = value * 1000;
  }),
  gc_stale_time: neigh("gc_stale_time", ({ neighbours }, value) => {
    neighbours.gcStaleMs = value * 1000;
  }),
  ucast_solicit: neigh("ucast_solicit", ({ neighbours }, value) => {
    neighbours.unicastRequests = value;
  }),
  mcast_solicit: neigh("mcast_solicit", ({ neighbours }, value) => {
    neighbours.broadcastRequests = value;
  }),
  // In hundredths of a second (USER_HZ).
  locktime: neigh("locktime", ({ neighbours }, value) => {
    neighbours.lockMs = value * 10;
  }),
  ipfrag_time: {
    sysctl: "net.ipv4.ipfrag_time",
    ours: ({ reassembly }, value) => {
      reassembly.timeoutMs = value * 1000;
    },
  },
  icmp_ratelimit: {
    sysctl: "net.ipv4.icmp_ratelimit",
    ours: ({ errors }, value) => {
      // 0: no limit.
      errors.addressMs = value === 0 ? 1e-6 : value;
    },
  },
  icmp_msgs_per_sec: {
    sysctl: "net.ipv4.icmp_msgs_per_sec",
    ours: ({ errors }, value) => {
      errors.perSecond = value;
    },
  },
  icmp_msgs_burst: {
    sysctl: "net.ipv4.icmp_msgs_burst",
    ours: ({ errors }, value) => {
      errors.burst = value;
    },
  },
  // What these switch on a host of ours always does.
  rp_filter: { sysctl: "net.ipv4.conf.IF.rp_filter", ours: () => {} },
  drop_unicast_in_l2_multicast: { sysctl: "net.ipv4.conf.IF.drop_unicast_in_l2_multicast", ours: () => {} },
  accept_redirects: {
    sysctl: "net.ipv4.conf.IF.accept_redirects",
    ours: ({ host }, value) => {
      host.acceptRedirects = value !== 0;
    },
  },
};

/** The options of a host of ours that has these settings. */
export function hostOptionsOf(settings: ReadonlyMap<string, number>): Partial<HostOptions> {
  const target: SettingTarget = {
    neighbours: { ...NEIGHBOUR_DEFAULTS },
    reassembly: { ...REASSEMBLY_DEFAULTS },
    errors: { ...ICMP_ERROR_DEFAULTS },
    host: {},
  };
  for (const [name, value] of settings) SETTINGS[name]!.ours(target, value);
  const { neighbours, reassembly, errors, host } = target;
  return { neighbours, reassembly, errors, ...host };
}
