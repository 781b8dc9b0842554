/**
 * A host's neighbours as iproute2 shows the kernel's: the objects of `ip -j neigh` and the lines of `ip neigh`, both with
 * the numbers of `-s` if asked for. Where iproute2 6.1 prints two spaces, or none, between two words, this prints one.
 */
import * as ipv4 from "../../../packets/ipv4-address.ts";
import * as mac from "../../../packets/mac.ts";
import type { Host } from "../../stack/host.ts";
import { NeighbourState, type NeighbourView, neighbourStateName } from "../../stack/neighbour/neighbour-options.ts";

/** One object of `ip -j neigh`, its members in iproute2's order. */
export interface NeighbourEntry {
  readonly dst: string;
  /** The interface's name. */
  readonly dev: string;
  /** Absent while unknown. */
  readonly lladdr?: string;
  /** 1 while a timer holds the entry, else absent. With `-s`, as are the next four. */
  readonly refcnt?: number;
  /** Whole seconds since it was sent to last; since it was made, if it never was. */
  readonly used?: number;
  /** Whole seconds since it was confirmed; if it never was, its age and two reachable times, as the kernel has it. */
  readonly confirmed?: number;
  /** Whole seconds since its state or MAC address changed. */
  readonly updated?: number;
  /** Requests sent; those for an unknown address begin after the unicast ones, with 4 unless set otherwise. */
  readonly probes?: number;
  /** One word, such as `REACHABLE`. */
  readonly state: readonly string[];
}

/** What is shown. */
export interface NeighbourShow {
  /** `-s`: the numbers, too. */
  readonly statistics?: boolean;
  /** `nud all`: entries that are never asked for (NOARP), too. */
  readonly all?: boolean;
}

type Neighbourly = Pick<Host, "link" | "neighbours" | "neighbourOptions">;

const { Incomplete, Reachable, Delay, Probe, Noarp } = NeighbourState;
/** States in which the kernel's timer holds the entry (NUD_IN_TIMER). */
const IN_TIMER: ReadonlySet<number> = new Set([Incomplete, Reachable, Delay, Probe]);

/** The entries of one host, or of a router's interfaces one after the other. */
export function neighbourEntries(
  hosts: Neighbourly | readonly Neighbourly[],
  show: NeighbourShow = {},
): NeighbourEntry[] {
  const all = "link" in hosts ? [hosts] : hosts;
  return all.flatMap((host) =>
    host
      .neighbours()
      .filter(({ state }) => show.all === true || state !== Noarp)
      .map((view) => entry(view, host, show.statistics === true)),
  );
}

/** What `ip -j neigh` prints. */
export function neighbourJson(hosts: Neighbourly | readonly Neighbourly[], show: NeighbourShow = {}): string {
  return `${JSON.stringify(neighbourEntries(hosts, show))}\n`;
}

/** What `ip neigh` prints: a line each, which ends with a space. */
export function neighbourText(hosts: Neighbourly | readonly Neighbourly[], show: NeighbourShow = {}): string {
  return neighbourEntries(hosts, show).map(line).join("");
}

function entry(view: NeighbourView, { link, neighbourOptions }: Neighbourly, statistics: boolean): NeighbourEntry {
  const { confirmedMs, usedMs, updatedMs, ageMs, probes, state } = view;
  const never = ageMs + 2 * neighbourOptions.baseReachableMs;
  const numbers = {
    ...(IN_TIMER.has(state) ? { refcnt: 1 } : {}),
    used: seconds(usedMs ?? ageMs),
    confirmed: seconds(confirmedMs ?? never),
    updated: seconds(updatedMs),
    probes,
  };
  return {
    dst: ipv4.format(view.ip),
    dev: link.name,
    ...(view.mac === null ? {} : { lladdr: mac.format(view.mac) }),
    ...(statistics ? numbers : {}),
    state: [neighbourStateName(state).toUpperCase()],
  };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

function line({ dst, dev, lladdr, refcnt, used, confirmed, updated, probes, state }: NeighbourEntry): string {
  const words = [dst, "dev", dev];
  if (lladdr !== undefined) words.push("lladdr", lladdr);
  if (refcnt !== undefined) words.push("ref", String(refcnt));
  if (used !== undefined) words.push("used", `${used}/${confirmed}/${updated}`, "probes", String(probes));
  return `${[...words, ...state].join(" ")} \n`;
}
